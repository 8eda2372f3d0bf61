"""Finger scanners, iris cameras and face cameras of every vendor that brings a MOSIP Secure Biometric Interface service.

The service runs on this machine (127.0.0.1:4501-4600), speaks HTTP with verbs of its own, and signs what it captures. Editions 0.9.5
and 1.0. How it is set up and what was proven: drivers/sbi/README.md.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.hal.driver import Driver, Found
from ktpel_kiosk.hal.drivers.sbi.chain import SessionChain
from ktpel_kiosk.hal.drivers.sbi.devices import SbiCamera, SbiFingerScanner, SbiIrisCamera
from ktpel_kiosk.hal.drivers.sbi.discovery import Scanner, Timing
from ktpel_kiosk.hal.drivers.sbi.jws import Trust
from ktpel_kiosk.hal.drivers.sbi.messages import ENVIRONMENTS, Decode, Reading
from ktpel_kiosk.hal.drivers.sbi.session import Session
from ktpel_kiosk.ports.devices import Device, DeviceKind

APP_NAME = "ktpel-kiosk"
_NAMES = {DeviceKind.FINGERPRINT: "sbi-fingerprint", DeviceKind.IRIS: "sbi-iris", DeviceKind.CAMERA: "sbi-camera"}


def _system_time() -> datetime:
    return datetime(*time.gmtime()[:6], tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SbiDriver:
    """The devices of one kind among those the shared scanner sees."""

    kind: DeviceKind
    scanner: Scanner
    open_session: Callable[[str], Session]

    @property
    def name(self) -> str:
        return _NAMES[self.kind]

    def discover(self) -> Sequence[Found]:
        return [Found(d.key, " ".join(filter(None, (d.digital.make, d.digital.model))) or d.key, d.digital.serial)
                for d in self.scanner.devices(self.kind)]

    def open(self, found: Found) -> Device:
        """Raises DeviceTrouble when the device is gone or its signature does not count."""
        session = self.open_session(found.key)
        try:
            info = session.device()
        except BaseException:
            session.close()
            raise
        if self.kind is DeviceKind.FINGERPRINT:
            return SbiFingerScanner(session, info)
        if self.kind is DeviceKind.IRIS:
            return SbiIrisCamera(session, info)
        timing = self.scanner.timing
        return SbiCamera(session, info, frame_s=timing.frame, idle_s=timing.idle, still_s=timing.still)


def sbi_drivers(decode: Decode, *, ports: tuple[int, int] = (4501, 4600), host: str = "127.0.0.1",
                trust: Sequence[bytes | str | Path] = (), environment: str = "", app_name: str = APP_NAME, allow_unsigned: bool = False,
                now: Callable[[], datetime] = _system_time, timing: Timing | None = None) -> tuple[Driver, ...]:
    """Drivers for fingerprint, iris and camera that share one look at the ports.

    Args:
        decode: pixels of an ISO record, see ``messages.Decode``.
        ports: first and last.
        host: an IPv4 address; anything but the loopback is the administrator's explicit wish.
        trust: certificates of device providers (files, folders, or PEM/DER bytes); without any, every device is refused.
        environment: refuse devices of another MOSIP environment, e.g. ``"Production"``; empty takes the device's own.
        app_name: told to the services.
        allow_unsigned: take devices without certificate; for practice only.
        now: aware wall clock.

    Raises:
        BadInput: ``sbi.settings`` (fact field).
    """
    try:
        local = ipaddress.IPv4Address(host).is_loopback
    except ValueError as error:
        raise BadInput("sbi.settings", field="host") from error
    if not 1 <= ports[0] <= ports[1] <= 65535:
        raise BadInput("sbi.settings", field="ports")
    if environment and environment not in ENVIRONMENTS:
        raise BadInput("sbi.settings", field="environment")
    hosts = frozenset({host, "127.0.0.1"} if local else {host})
    reading = Reading(Trust(trust, allow_unsigned, now), decode, hosts, environment, now)
    scanner = Scanner(reading, host, ports, app_name, timing or Timing())
    chain = SessionChain()

    def open_session(key: str) -> Session:
        return Session(scanner, key, chain, environment, allow_unsigned, now)

    return tuple(SbiDriver(kind, scanner, open_session) for kind in (DeviceKind.FINGERPRINT, DeviceKind.IRIS, DeviceKind.CAMERA))
