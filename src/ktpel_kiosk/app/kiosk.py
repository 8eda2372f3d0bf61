"""A running kiosk: one office folder with its register, devices and network; and what goes on beside the windows."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app.network import Network
from ktpel_kiosk.domain.errors import KioskError

if TYPE_CHECKING:
    from ktpel_kiosk.app.away import AwayServer
    from ktpel_kiosk.app.clock import PracticeClock, SystemClock
    from ktpel_kiosk.app.late import LateDevices
    from ktpel_kiosk.app.night_check import NightWatch
    from ktpel_kiosk.app.office import OfficeSettings
    from ktpel_kiosk.app.practice_trainees import Trainees
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.desk.packet_files import SlowCheck
    from ktpel_kiosk.domain.penduduk import Penduduk
    from ktpel_kiosk.hal.simulators.world import SimulatedWorld
    from ktpel_kiosk.packet.keys import DemoKeys
    from ktpel_kiosk.packet.station_keys import StationKeys
    from ktpel_kiosk.register.store import SqlRegister
    from ktpel_kiosk.siak.http_gateway import HttpGateway
    from ktpel_kiosk.siak.key_keeper import KeyKeeper
    from ktpel_kiosk.siak.receipt_keys import KeySet
    from ktpel_kiosk.siak.simulator.server import GatewaySimulator
    from ktpel_kiosk.siak.uploader import Uploader

log = logging.getLogger(__name__)
COPY_LOOK_S, COPY_END_S = 900.0, 60.0
UNREACHABLE = "https://127.0.0.1:9"
"""Where a station without a gateway address sends: nobody listens there, so everything stays queued."""


@dataclass
class Kiosk:
    """A running kiosk of one office folder. Close it; it is also a context manager."""

    data: Path
    settings: OfficeSettings
    desk: Desk
    register: SqlRegister
    devices: LateDevices
    clock: SystemClock | PracticeClock
    world: SimulatedWorld | None = None
    simulator: GatewaySimulator | None = None
    gateway_url: str = ""
    shared: AwayServer | None = None
    """Where several desks share a register and the windows opened it."""
    _seated: str = ""
    _settings_seen: object = None
    _pinned_of: object = None
    _look_for_copy: float = 0.0
    _copying: threading.Thread | None = None
    _night: NightWatch | None = None

    @property
    def alone(self) -> bool:
        """The office server is away: this desk records in its work copy."""
        return self.shared is not None and self.shared.alone

    @cached_property
    def network(self) -> Network:
        return Network(self.register, self.clock, self._gateway, lambda: self.desk, self._line_stamp)

    def address(self) -> str:
        """Where this station sends: the practice gateway, or what ``office.json`` says now, also when another program wrote it."""
        if not self.gateway_url and self.settings.production:
            from ktpel_kiosk.app.office import SETTINGS, settings_of
            from ktpel_kiosk.app.renewing import stamps

            now = stamps((self.data / SETTINGS,))
            if now != self._settings_seen:
                self._settings_seen = now
                with suppress(KioskError):  # unreadable for a moment: the address that was known goes on
                    found = settings_of(self.data)
                    self.settings = replace(self.settings, gateway_url=found.gateway_url) if found is not None else self.settings
        return self.gateway_url or self.settings.gateway_url

    def _line_stamp(self) -> object:
        from ktpel_kiosk.app.renewing import stamps

        keys = self.keys
        return self.address(), stamps((keys.ca_cert, keys.client_cert, keys.client_key, keys.folder / "gateway-ca.crl"))

    @property
    def keys(self) -> DemoKeys:
        """Files of this station's keys; a production station has no private keys but its own, and may lack certificates."""
        return self.station_keys.files

    @cached_property
    def station_keys(self) -> StationKeys:
        from ktpel_kiosk.packet.station_keys import StationKeys

        return StationKeys(self.data / "keys")

    @property
    def key_keeper(self) -> KeyKeeper:
        """Keys that verify receipts: those installed with this machine, and those the centre announced since. A key that is installed
        while the kiosk runs counts from the next time somebody asks."""
        from ktpel_kiosk.app.renewing import stamps

        keeper, now = self._keeper, stamps((self.keys.receipt_cert,))
        if now != self._pinned_of or not keeper.ring.keys.keys:
            self._pinned_of = now
            keeper.pin(self._pinned())
        return keeper

    @cached_property
    def _keeper(self) -> KeyKeeper:
        from ktpel_kiosk.siak.key_keeper import KeyKeeper

        return KeyKeeper(self.register, self._pinned())

    def _pinned(self) -> KeySet:
        from ktpel_kiosk.siak.receipt_keys import KeySet

        keys = self.keys
        return KeySet.pinned({keys.receipt_kid: keys.receipt_cert.read_bytes()} if keys.receipt_cert.exists() else {})

    def _gateway(self, proxy: str) -> HttpGateway:
        from ktpel_kiosk.app.makers import gateway
        return gateway(self, proxy)

    def _beside(self) -> None:
        beside_feed(self.desk)
        keeper = self.key_keeper
        if self.network.first is not None:
            keeper.refresh_daily(self.network.first.key_statements)

    @cached_property
    def file_check(self) -> SlowCheck:
        from ktpel_kiosk.desk.packet_files import SlowCheck

        return SlowCheck()

    @property
    def uploader(self) -> Uploader:
        """The uploader of this station; used by its own threads, or pumped by the demonstration."""
        return self.network.uploader

    def start_network(self) -> None:
        """Start the lanes of the network; they wait until there is something due. Not while this desk works alone: packets, statuses,
        sign of life, nightly work and copies are the office register's."""
        if self.alone:
            return
        self.network.start(beside=self._beside, always=self._always)

    def _always(self) -> None:
        always_due(self.desk, self.file_check)
        if self.settings.production:
            self.desk.room.keep()
            self.check_when_due()
            self.update_tonight()
        self.copy_when_due()

    def copy_when_due(self) -> None:
        """Look for the day's copy of the register now and then; made on a thread of its own, for a large one takes minutes."""
        now = self.clock.monotonic()
        if not self.settings.production or now < self._look_for_copy or (self._copying is not None and self._copying.is_alive()) or (
                self._night is not None and self._night.busy):
            return
        self._look_for_copy = now + COPY_LOOK_S
        self._copying = threading.Thread(target=self._copy, name="daily-copy", daemon=True)
        self._copying.start()

    def update_tonight(self) -> None:
        """End the windows at night where a new version waits for it; the launcher tries it and opens them again."""
        from ktpel_kiosk.app import update_layout
        if not (self.data / update_layout.FOLDER / update_layout.WANTED).exists():
            return
        from ktpel_kiosk.desk import updates
        if self.desk.updates is not None and updates.tonight(self.desk):
            self.desk.updates.restart()

    def check_when_due(self) -> None:
        """Look for the night's check of the register now and then; while a copy is made the disk has enough to do."""
        if self._night is None:
            from ktpel_kiosk.app.night_check import NightWatch
            self._night = NightWatch(self.desk, self.register)
        if self._copying is None or not self._copying.is_alive():
            self._night.look()

    def _copy(self) -> None:
        from ktpel_kiosk.app.backup import daily_copy
        from ktpel_kiosk.app.update_store import forget_before

        try:
            forget_before(self.data, self.clock.now())
            daily_copy(self.register, self.data, self.clock.now())
        except KioskError as error:  # the disk went, or is full: doctor tells of the last copy
            log.warning("daily copy: %s", error)

    @cached_property
    def trainees(self) -> Trainees:
        """Invented applicants to practise on."""
        from ktpel_kiosk.app.practice_trainees import Trainees

        return Trainees(lambda: self.desk)

    def seat(self, permohonan_id: str, person_seed: int, penduduk: Penduduk) -> None:
        """Let the simulated devices show this person; somebody already seated keeps the chair (a new body costs seconds)."""
        if self.world is not None and self._seated != permohonan_id:
            self._seated = permohonan_id
            self.world.seat(person_seed, penduduk.tanggal_lahir.year, penduduk.jenis_kelamin.value,
                            missing=self.trainees.body_of(penduduk.nik))

    def card_to_reader(self, job_id: str) -> None:
        """Lay the card this job printed on the simulated reader."""
        job = self.register.read(lambda v: v.card_job(job_id))
        if self.world is not None and job is not None:
            self.world.card_in_reader(job.printer_job)

    def stood_up(self) -> None:
        """Whoever sits at the simulated devices was not seated by :meth:`seat`: the next one takes the chair in any case."""
        self._seated = ""

    def close(self) -> None:
        if self.shared is not None:
            self.shared.stop()
        self.network.stop()
        if self._night is not None:
            self._night.stop()
        if self._copying is not None:
            self._copying.join(COPY_END_S)
        if self.world is not None:
            self.world.close()
        self.devices.close()
        self.desk.card_acts.close()
        self.network.close()
        if self.simulator is not None:
            self.simulator.stop()
        self.register.close()

    def __enter__(self) -> Kiosk:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def settle_sop(kiosk: Kiosk) -> None:
    """Let the register say which SOP is in force; an office that never adopted one adopts the one it was opened with."""
    from ktpel_kiosk.desk import sop_versions
    sop_versions.settle(kiosk.desk)


def pump(kiosk: Kiosk) -> None:
    """One pass of the uploader and of the status feed (demonstrations; the windows use the network thread)."""
    kiosk.uploader.run_once()
    kiosk.uploader.pull_statuses()
    beside_feed(kiosk.desk)
    always_due(kiosk.desk, kiosk.file_check)


def beside_feed(desk: Desk) -> None:
    """What goes over the line beside packets and their statuses: reports of cards, people whose recording was skipped."""
    from ktpel_kiosk.desk import heartbeat, reports, statuses

    reports.send_reports(desk)
    heartbeat.send_waiting(desk)
    statuses.poll_skipped(desk)


def always_due(desk: Desk, check: SlowCheck) -> None:
    """What is due with a line or without: packet files that were damaged, the work of a new day."""
    from ktpel_kiosk.desk import daily, heartbeat, resend

    check.step(desk)
    resend.repair_damaged(desk)
    daily.run_due(desk)
    heartbeat.make_due(desk)


def warm(kiosk: Kiosk) -> None:
    """Load the biometric libraries when somebody sits down to be recorded, so that the first capture is quick."""
    with suppress(KioskError):
        kiosk.desk.biometrics.ready()
