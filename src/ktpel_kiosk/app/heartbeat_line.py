"""The station's heartbeat: signed with its packet key, sent over the gateway's small lane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.siak.answers import StationRefused

if TYPE_CHECKING:
    from ktpel_kiosk.app.kiosk import Kiosk
    from ktpel_kiosk.domain.heartbeat import Heartbeat


class StationHeartbeat:
    """Implements :class:`ktpel_kiosk.ports.heartbeat.HeartbeatLine`."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk

    def sign(self, beat: Heartbeat) -> str:
        from ktpel_kiosk.packet.heartbeat_seal import sign_heartbeat
        from ktpel_kiosk.packet.station_keys import STATION

        keys = self._kiosk.station_keys
        own, found = keys.own(), keys.certificates()
        if own is None or STATION not in found:
            raise BadInput("keys.courier_missing", expected=keys.lacking(STATION) or "kunci stasiun")
        return sign_heartbeat(beat, own[0], found[STATION][0])

    def send(self, token: str) -> None:
        line = self._kiosk.network.first
        if line is None:
            raise StationRefused("keys.no_gateway")
        line.send_heartbeat(token, self._kiosk.clock.now())
