"""The composition root: one office folder becomes a running kiosk."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.certificates import KnownEnds
from ktpel_kiosk.app.clock import PracticeClock, SystemClock, Uuid7
from ktpel_kiosk.app.late import LateDevices, LateHistory
from ktpel_kiosk.app.lazy import lazily
from ktpel_kiosk.app.network import Network
from ktpel_kiosk.app.niks import check_own_regions
from ktpel_kiosk.app.office import (
    PRACTICE_PASSWORD,
    PRACTICE_USERS,
    OfficeSettings,
    create_practice_office,
    mark_furnished,
    open_register,
    public_holidays,
)
from ktpel_kiosk.app.officer_keys import Ed25519Keys
from ktpel_kiosk.app.passwords import Argon2Hasher
from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.app.spool import FileSpool
from ktpel_kiosk.desk.card_acts import CardActs
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.capture_rules import CaptureRules
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.outbox import WaitCause
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.hal.driver import Driver
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.courier import Courier
from ktpel_kiosk.ports.devices import CardReader, DeviceKind
from ktpel_kiosk.ports.practice import PracticeControls
from ktpel_kiosk.ports.services import Biometrics, CardPersonaliser, CardRenderer, Documents, PasswordHasher, PublicCard, Sealer
from ktpel_kiosk.register.store import SqlRegister

if TYPE_CHECKING:
    from types import ModuleType

    from ktpel_kiosk.app.source import Source
    from ktpel_kiosk.desk.packet_files import SlowCheck
    from ktpel_kiosk.domain.outbox import Packet
    from ktpel_kiosk.domain.transaction import Transaction
    from ktpel_kiosk.domain.wilayah import RegionTable
    from ktpel_kiosk.hal.history import HistoryKeeper
    from ktpel_kiosk.hal.manager import DeviceManager
    from ktpel_kiosk.packet.keys import DemoKeys
    from ktpel_kiosk.ports.tables import TableFile
    from ktpel_kiosk.siak.http_gateway import HttpGateway
    from ktpel_kiosk.siak.key_keeper import KeyKeeper
    from ktpel_kiosk.siak.simulator.server import GatewaySimulator
    from ktpel_kiosk.siak.uploader import Uploader

PRACTICE_BLANKS = 200
HISTORY = Path("perangkat") / "riwayat.json"
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
    _seated: str = ""

    @cached_property
    def network(self) -> Network:
        return Network(self.register, self.clock, lambda proxy: _gateway(self, proxy), lambda: self.desk)

    @cached_property
    def keys(self) -> DemoKeys:
        from ktpel_kiosk.packet.keys import DemoKeys

        return DemoKeys(self.data / "keys")

    @cached_property
    def key_keeper(self) -> KeyKeeper:
        """Keys that verify receipts: those installed with this machine, and those the centre announced since."""
        from ktpel_kiosk.siak.key_keeper import KeyKeeper
        from ktpel_kiosk.siak.receipt_keys import KeySet

        return KeyKeeper(self.register, KeySet.pinned({self.keys.receipt_kid: self.keys.receipt_cert.read_bytes()}))

    def _beside(self) -> None:
        beside_feed(self.desk)
        if self.network.first is not None:
            self.key_keeper.refresh_daily(self.network.first.key_statements)

    @cached_property
    def file_check(self) -> SlowCheck:
        from ktpel_kiosk.desk.packet_files import SlowCheck

        return SlowCheck()

    @property
    def uploader(self) -> Uploader:
        """The uploader of this station; used by its own threads, or pumped by the demonstration."""
        return self.network.uploader

    def start_network(self) -> None:
        """Start the lanes of the network; they wait until there is something due."""
        self.network.start(beside=self._beside, always=lambda: always_due(self.desk, self.file_check))

    def seat(self, permohonan_id: str, person_seed: int, penduduk: Penduduk) -> None:
        """Let the simulated devices show this person; somebody already seated keeps the chair (a new body costs seconds)."""
        if self.world is not None and self._seated != permohonan_id:
            self._seated = permohonan_id
            self.world.seat(person_seed, penduduk.tanggal_lahir.year, penduduk.jenis_kelamin.value)

    def card_to_reader(self, job_id: str) -> None:
        """Lay the card this job printed on the simulated reader."""
        job = self.register.read(lambda v: v.card_job(job_id))
        if self.world is not None and job is not None:
            self.world.card_in_reader(job.printer_job)

    def stood_up(self) -> None:
        """Whoever sits at the simulated devices was not seated by :meth:`seat`: the next one takes the chair in any case."""
        self._seated = ""

    def close(self) -> None:
        self.network.stop()
        if self.world is not None:
            self.world.close()
        self.devices.close()
        self.network.close()
        if self.simulator is not None:
            self.simulator.stop()
        self.register.close()

    def __enter__(self) -> Kiosk:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()


def open_practice_kiosk(data: Path, office: str, *, clock: SystemClock | PracticeClock | None = None, world: SimulatedWorld | None = None,
                        source: Source | None = None, hasher: PasswordHasher | None = None,
                        rules: CaptureRules | None = None, camera: str = "", reader: str = "", mode: str = "",
                        settle: bool = True) -> Kiosk:
    """A kiosk in practice mode: simulated devices, invented accounts, specimen cards.

    Args:
        source: real images to be served by the camera, finger and iris devices instead of the simulated person.
        camera: a real camera instead of the simulated one: ``auto``, an index, a path or an http address.
        reader: a real PC/SC reader instead of the simulated one: part of its name, or ``auto``.
        mode: ``real`` or ``simulated`` devices whatever ``devices.toml`` says; empty: what it says (:mod:`ktpel_kiosk.app.devices`).
        settle: ask the register now which SOP is in force; the windows do it behind their first picture (:func:`settle_sop`).
    """
    sop = sops.in_force(data, office)
    clock = clock or SystemClock()
    check_own_regions(data)
    settings = create_practice_office(data, sop.id if not office.endswith(".toml") else office)
    ids = Uuid7(clock)
    register = open_register(data, clock, ids, late=True)
    world = world or _practice_world(data)
    history = LateHistory(lambda: _history(data, clock))
    devices = LateDevices(lambda: _devices(data, settings, world, _given(source, camera, reader), mode, history),
                          lambda kind, wanted: _remember(data, kind, wanted), history)
    spool = FileSpool(data / "documents")
    kiosk: list[Kiosk] = []
    desk = Desk(
        register=register, devices=devices, biometrics=lazily(lambda: _biometrics(settings)),
        sealer=lazily(lambda: _sealer(data, kiosk[0].keys)),
        documents=lazily(_documents), renderer=lazily(_renderer), personaliser=lazily(_personaliser), read_public_card=_public_card,
        gateway=lazily(lambda: kiosk[0].network.gateway), hasher=hasher or Argon2Hasher(),
        officer_keys=Ed25519Keys(), spool=spool, clock=clock,
        ids=ids, sop=sop, parse_sop=lambda text: parse_sop(text, name="register"), regions=cache(lambda: _regions(data)),
        holidays=lambda: _calendar().days_off(kiosk[0].desk), extra_open=lambda: _calendar().open_days(kiosk[0].desk),
        public_holidays=public_holidays, read_table=_tables, write_transaction=_transactions, keep_sop=lambda sop: sops.keep(data, sop),
        station=settings.station, sentences=load_sentences(), capture_rules=rules or CaptureRules(), specimen=True,
        card_acts=CardActs(data / "register" / "kartu.lock"),
        practice_hint=f"Mode latihan. Masuk sebagai {_names()}; kata sandi: {PRACTICE_PASSWORD}.",
        wake_uploader=lambda: kiosk[0].network.wake(), line_report=lambda: kiosk[0].network.report(),
        line_changed=lambda: kiosk[0].network.changed(), receipt_holds=lambda packet: _receipt_holds(kiosk[0], packet),
        gateway_address=lambda: kiosk[0].gateway_url or settings.gateway_url, cause_of=_cause_of,
        certificate_ends=KnownEnds(lambda: kiosk[0].keys, clock.monotonic),
        device_history=history, practice=lazily(lambda: _practice(world)), courier=lazily(lambda: _courier(kiosk[0])),
    )
    kiosk.append(Kiosk(data, settings, desk, register, devices, clock, world))
    spool.sweep()
    if not settings.furnished:
        _furnish(desk)
        mark_furnished(data, settings)
    if settle:
        settle_sop(kiosk[0])
    return kiosk[0]


def _cause_of(error: KioskError) -> WaitCause:
    from ktpel_kiosk.siak.answers import action_for
    return action_for(error)[1]


def settle_sop(kiosk: Kiosk) -> None:
    """Let the register say which SOP is in force; an office that never adopted one adopts the one it was opened with."""
    from ktpel_kiosk.desk import sop_versions
    sop_versions.settle(kiosk.desk)


def _devices(data: Path, settings: OfficeSettings, world: SimulatedWorld, given: list[Driver], mode: str,
             history: LateHistory) -> DeviceManager:
    """The manager of this desk; simulated devices where ``devices.toml`` leaves a kind open."""
    from ktpel_kiosk.app.devices import compose_office
    from ktpel_kiosk.hal.manager import DeviceManager

    made = compose_office(data, simulated=world.drivers(), production=settings.mode == "production", mode=mode, given=given)
    return DeviceManager(made.drivers, made.deadlines, made.prefer, history.keeper())


def _practice_world(data: Path) -> SimulatedWorld:
    from ktpel_kiosk.app.practice_controls import script_of
    from ktpel_kiosk.hal.simulators.faults import Faults

    return SimulatedWorld(out_dir=data / "perangkat", faults=Faults(script_of(data)), hands_free=True)


def _practice(world: SimulatedWorld) -> PracticeControls:
    from ktpel_kiosk.app.practice_controls import WorldControls
    return WorldControls(world)


def _given(source: Source | None, camera: str, reader: str) -> list[Driver]:
    """Devices asked for by name; no others serve their kinds."""
    given: list[Driver] = []
    if source:
        from ktpel_kiosk.hal.drivers.still_source import StillSource
        still = StillSource(source.images, source.slaps)
        given += [d for d in still.drivers() if still.has(d.kind)]
    if camera:
        from ktpel_kiosk.hal.drivers.opencv_camera import OpenCvCameraDriver
        given.append(OpenCvCameraDriver(sources=(camera,)))
    if reader:
        from ktpel_kiosk.hal.drivers.pcsc_reader import PcscReaderDriver
        given.append(PcscReaderDriver() if reader == "auto" else PcscReaderDriver(wanted=(reader,)))
    return given


def _remember(data: Path, kind: DeviceKind, wanted: str) -> None:
    from ktpel_kiosk.app import device_config
    device_config.remember(data, kind, wanted)


def _history(data: Path, clock: SystemClock | PracticeClock) -> HistoryKeeper:
    from ktpel_kiosk.hal.history import HistoryKeeper
    return HistoryKeeper(data / HISTORY, clock.now)


def _regions(data: Path) -> RegionTable:
    from ktpel_kiosk.app.niks import office_regions
    return office_regions(data)


def _calendar() -> ModuleType:
    from ktpel_kiosk.desk import kalender_kantor
    return kalender_kantor


def _tables(path: Path) -> TableFile:
    from ktpel_kiosk.app.population_file import open_table
    return open_table(path)


def _transactions(content: Transaction, format: str) -> bytes:
    from ktpel_kiosk.biometrics import interchange
    return interchange.write(content, format)


def _biometrics(settings: OfficeSettings) -> Biometrics:
    from ktpel_kiosk.biometrics.plugins import Plugins
    from ktpel_kiosk.biometrics.service import BiometricService
    return BiometricService(plugins=Plugins(settings.plugins))


def _sealer(data: Path, keys: DemoKeys) -> Sealer:
    from ktpel_kiosk.packet.keys import load_certificate, load_signing_key
    from ktpel_kiosk.packet.seal import PacketSealer
    return PacketSealer(
        data / "packets", load_signing_key(keys.station_key.read_bytes()), load_certificate(keys.station_cert.read_bytes()),
        [load_certificate(keys.central_cert.read_bytes()), load_certificate(keys.next_cert.read_bytes())],
    )


def _courier(kiosk: Kiosk) -> Courier:
    from ktpel_kiosk.hal.removable import machine_disks
    from ktpel_kiosk.packet.courier import CourierBundles
    from ktpel_kiosk.packet.keys import load_certificate, load_signing_key
    from ktpel_kiosk.siak.courier_tokens import GatewayTokens
    keys = kiosk.keys
    station = load_signing_key(keys.station_key.read_bytes()), load_certificate(keys.station_cert.read_bytes())
    keeper = kiosk.key_keeper
    return Courier(CourierBundles(*station), GatewayTokens(lambda: keeper.ring.keys, keeper.refresh), machine_disks())


def _documents() -> Documents:
    from ktpel_kiosk.documents.office import OfficeDocuments
    return OfficeDocuments(resources())


def _renderer() -> CardRenderer:
    from ktpel_kiosk.cards.face import PillowCardRenderer
    return PillowCardRenderer(resources())


def _public_card(reader: CardReader) -> PublicCard:
    from ktpel_kiosk.cards.chip import read_public
    return read_public(reader)


def _personaliser() -> CardPersonaliser:
    from ktpel_kiosk.cards.chip import SpecimenPersonaliser
    return SpecimenPersonaliser()


def _gateway(kiosk: Kiosk, proxy: str) -> HttpGateway:
    from ktpel_kiosk.siak.http_gateway import HttpGateway, tls_context
    keys, keeper = kiosk.keys, kiosk.key_keeper
    made = HttpGateway(
        kiosk.gateway_url or kiosk.settings.gateway_url or UNREACHABLE, kiosk.settings.station,
        receipt_keys=keeper.ring,
        tls=tls_context(keys.ca_cert, keys.client_cert, keys.client_key, crl_file=keys.ca_crl), proxy=proxy, now=kiosk.clock.now,
    )
    made.on_unknown_key = lambda: keeper.refresh(made.key_statements)
    return made


def _receipt_holds(kiosk: Kiosk, packet: Packet) -> bool:
    from ktpel_kiosk.siak.stored_receipts import receipt_holds
    return receipt_holds(packet, kiosk.key_keeper.ring.keys)


def _names() -> str:
    *some, last = (user[0] for user in PRACTICE_USERS)
    return f"{', '.join(some)}, atau {last}"


def _furnish(desk: Desk) -> None:
    """Whatever a practice office still lacks of SOP, accounts and blank cards; a start that was cut off is completed."""
    from ktpel_kiosk.desk import printing, sop_versions, users

    sop_versions.settle(desk)
    have, blanks = desk.register.read(lambda v: ({u.username for u in v.users()}, v.blangko_balance().masuk))
    for username, nama, jabatan, nip, peran in PRACTICE_USERS:
        if username not in have:
            users.save_user(desk, None, username, nama, peran, PRACTICE_PASSWORD, nip=nip, jabatan=jabatan)
    if not blanks:
        supervisor = Actor("camat", "Bambang Sutrisno, S.STP", frozenset({Peran.SUPERVISOR, Peran.ADMIN, Peran.CAMAT}))
        printing.receive_blangko(desk, supervisor, [f"{n:05d}" for n in range(1, PRACTICE_BLANKS + 1)], "BAST-PRAKTIK-1")


def pump(kiosk: Kiosk) -> None:
    """One pass of the uploader and of the status feed (demonstrations; the windows use the network thread)."""
    kiosk.uploader.run_once()
    kiosk.uploader.pull_statuses()
    beside_feed(kiosk.desk)
    always_due(kiosk.desk, kiosk.file_check)


def beside_feed(desk: Desk) -> None:
    """What goes over the line beside packets and their statuses: reports of cards, people whose recording was skipped."""
    from ktpel_kiosk.desk import reports, statuses

    reports.send_reports(desk)
    statuses.poll_skipped(desk)


def always_due(desk: Desk, check: SlowCheck) -> None:
    """What is due with a line or without: packet files that were damaged, the work of a new day."""
    from ktpel_kiosk.desk import daily, resend

    check.step(desk)
    resend.repair_damaged(desk)
    daily.run_due(desk)


def warm(kiosk: Kiosk) -> None:
    """Load the biometric libraries when somebody sits down to be recorded, so that the first capture is quick."""
    with suppress(KioskError):
        kiosk.desk.biometrics.ready()
