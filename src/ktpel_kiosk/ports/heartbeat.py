"""Signing and sending the desk's daily sign of life."""

from __future__ import annotations

from typing import Protocol

from ktpel_kiosk.domain.heartbeat import Heartbeat


class HeartbeatLine(Protocol):
    def sign(self, beat: Heartbeat) -> str:
        """Signed by the station. Raises BadInput ``keys.courier_missing`` while it has no key or certificate, ``heartbeat.schema``."""
        ...

    def send(self, token: str) -> None:
        """To the gateway. Raises TransportTrouble."""
        ...
