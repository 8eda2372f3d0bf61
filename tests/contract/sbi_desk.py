"""The desk's side of the SBI tests: drivers with short waits, devices opened from a service, free ports."""

from __future__ import annotations

import random
import socket
from collections.abc import Sequence
from typing import Any

from sbi_service import SbiService, authority

from ktpel_kiosk.app.sbi_records import decode_record
from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.driver import Driver
from ktpel_kiosk.hal.drivers.sbi import sbi_drivers
from ktpel_kiosk.hal.drivers.sbi.discovery import Timing
from ktpel_kiosk.ports.devices import DeviceKind

QUICK = Timing(connect=1.0, probe=3.0, check=3.0, busy=3.0, fresh=0.01, foreign=0.3, margin=3.0, first_frame=0.4, frame=3.0, idle=0.05,
               still=2.0)
"""Short where a test always waits, long where it waits only on a busy machine."""
BRISK = Deadlines({"discovery.interval": 0.05, "discovery.first": 0.3, "actor.reopen": 0.05, "actor.probe": 2.0,
                   "actor.probe_interval": 0.1, "actor.gone": 0.3, "manager.close": 2.0, "preview.interval": 0.005})
FINGERPRINT, IRIS, CAMERA = DeviceKind.FINGERPRINT, DeviceKind.IRIS, DeviceKind.CAMERA


def drivers_at(ports: tuple[int, int], **options: Any) -> dict[DeviceKind, Driver]:
    options = {"trust": (authority().root_pem,), "timing": QUICK, **options}
    return {driver.kind: driver for driver in sbi_drivers(options.pop("decode", decode_record), ports=ports, **options)}


def opened(service: SbiService, kind: DeviceKind, **options: Any) -> Any:
    driver = drivers_at((service.port, service.port), **options)[kind]
    found = driver.discover()
    assert len(found) == 1
    return driver.open(found[0])


def free_ports(count: int) -> tuple[int, int]:
    """First and last of ``count`` neighbours nobody listens on."""
    pick = random.Random()
    for _ in range(200):
        first = pick.randrange(20_000, 31_000)
        try:
            for port in range(first, first + count):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
        except OSError:
            continue
        return first, first + count - 1
    raise AssertionError("no free ports")


def ignore(_frame: RawImage) -> None:
    return None


def names(parts: Sequence[tuple[Any, RawImage]]) -> list[Any]:
    return [position for position, _ in parts]
