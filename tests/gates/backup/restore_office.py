"""An office in a folder that lives a while, is copied, and loses its disk: what the gates of copies and restores share."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "register"))
from register_makers import application, packet, sample

from ktpel_kiosk.app import backup, copy_sets
from ktpel_kiosk.app.clock import PracticeClock, Uuid7
from ktpel_kiosk.app.copy_sets import CopySet
from ktpel_kiosk.app.office import PRODUCTION, OfficeSettings, open_register, write_settings
from ktpel_kiosk.domain.outbox import Packet
from ktpel_kiosk.register.keys import KeyStore, SecretCost
from ktpel_kiosk.register.store import SqlRegister

START = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
CODE = "ABCDEFGHJKLMNPQRSTUVWXYZ2"
CHEAP = SecretCost(1, 64, 1)
SETTINGS = OfficeSettings("tempeh", "3508050-meja-1", mode=PRODUCTION, furnished=True)
SERIES = "register"


class Small:
    """``<root>/data`` and ``<root>/usb``; applications carry the number they were given."""

    def __init__(self, root: Path) -> None:
        self.root, self.data, self.usb = root, root / "data", root / "usb"
        self.clock = PracticeClock(START)
        self.content: Callable[[int], bytes] = lambda n: f"paket {n} ".encode() * 200
        self.usb.mkdir(parents=True, exist_ok=True)
        (self.data / "packets").mkdir(parents=True, exist_ok=True)
        if not (self.data / "register" / "register.key").exists():
            write_settings(self.data, SETTINGS)
            KeyStore(self.data / "register" / "register.key", cost=CHEAP).create(machine=True, secret=CODE)

    def open(self) -> SqlRegister:
        return open_register(self.data, self.clock, Uuid7(self.clock))

    @property
    def key(self) -> bytes:
        return KeyStore(self.data / "register" / "register.key").unlock_with_machine()

    def serve(self, register: SqlRegister, count: int, *, seal: bool = True) -> list[int]:
        """``count`` applicants come, are numbered, and their packets sealed; returns the numbers."""
        return [self._one(register, seal) for _ in range(count)]

    def _one(self, register: SqlRegister, seal: bool) -> int:
        def number(tx: Any) -> int:
            given = tx.next_number(SERIES, 2026)
            tx.save_permohonan(application(given, nomor_register=f"{given:04d}/KTP/XI/2026"))
            tx.log("IntakeRegistered", f"a{given}", "rina")
            return int(given)

        given = register.write(number)
        if seal:
            self._seal(register, given)
        return given

    def _seal(self, register: SqlRegister, given: int) -> None:
        content = self.content(given)
        made: Packet = packet(application(given), given)
        name = f"{made.packet_id}.ktpelpkt"
        (self.data / "packets" / name).write_bytes(content)
        made = replace(made, path=name, size=len(content), sha256=hashlib.sha256(content).hexdigest())
        register.write(lambda tx: (tx.add_packet(made), tx.add_sample(sample(application(given), size=2000)),
                                   tx.log("PacketSealed", made.permohonan_id, "rina")))

    def copy(self, register: SqlRegister) -> CopySet:
        self.clock.advance(3600)
        made = backup.make_copy(register, self.data, self.usb, "-")
        return next(c for c in self.copies() if c.path == made)

    def copies(self) -> list[CopySet]:
        return copy_sets.sets_in(self.usb, self.clock.now() + timedelta(days=1))


def numbers(register: SqlRegister) -> list[str]:
    return sorted(register.read(lambda v: [r.nomor_register for r in _all(v)]))


def _all(view: Any) -> list[Any]:
    return [p for p in (view.by_number(f"{n:04d}/KTP/XI/2026") for n in range(1, 400)) if p is not None]

