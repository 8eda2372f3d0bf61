"""Makers of what a desk is composed of; each imports what it needs when it is called, so that a start pays for nothing early."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app.kiosk import UNREACHABLE
from ktpel_kiosk.app.lazy import lazily
from ktpel_kiosk.app.resources import resources
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.courier import Courier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from ktpel_kiosk.app.clock import PracticeClock, SystemClock
    from ktpel_kiosk.app.kiosk import Kiosk
    from ktpel_kiosk.app.late import LateHistory
    from ktpel_kiosk.app.office import OfficeSettings
    from ktpel_kiosk.app.source import Source
    from ktpel_kiosk.domain.errors import KioskError
    from ktpel_kiosk.domain.outbox import Packet, WaitCause
    from ktpel_kiosk.domain.transaction import Transaction
    from ktpel_kiosk.domain.wilayah import RegionTable
    from ktpel_kiosk.hal.driver import Driver
    from ktpel_kiosk.hal.history import HistoryKeeper
    from ktpel_kiosk.hal.manager import DeviceManager
    from ktpel_kiosk.hal.simulators.world import SimulatedWorld
    from ktpel_kiosk.packet.courier import CourierBundles
    from ktpel_kiosk.ports.devices import CardReader, DeviceKind
    from ktpel_kiosk.ports.heartbeat import HeartbeatLine
    from ktpel_kiosk.ports.practice import PracticeControls
    from ktpel_kiosk.ports.services import Biometrics, CardPersonaliser, CardRenderer, Documents, PublicCard, Sealer
    from ktpel_kiosk.ports.station_care import StationCare
    from ktpel_kiosk.ports.tables import TableFile
    from ktpel_kiosk.ports.updates import Updates
    from ktpel_kiosk.siak.http_gateway import HttpGateway

HISTORY = Path("perangkat") / "riwayat.json"


def manager(folder: Path, settings: OfficeSettings, world: SimulatedWorld | None, given: Sequence[Driver], mode: str,
            history: LateHistory) -> DeviceManager:
    """The manager of this desk. In practice the simulated devices serve where ``devices.toml`` leaves a kind open; production has none."""
    from ktpel_kiosk.app.devices import compose_office
    from ktpel_kiosk.hal.manager import DeviceManager

    made = compose_office(folder, simulated=world.drivers() if world is not None else (), production=settings.production, mode=mode,
                          given=given)
    return DeviceManager(made.drivers, made.deadlines, made.prefer, history.keeper())


def cause_of(error: KioskError) -> WaitCause:
    from ktpel_kiosk.siak.answers import action_for
    return action_for(error)[1]


def practice_world(data: Path) -> SimulatedWorld:
    from ktpel_kiosk.app.practice_controls import script_of
    from ktpel_kiosk.hal.simulators.faults import Faults
    from ktpel_kiosk.hal.simulators.world import SimulatedWorld

    return SimulatedWorld(out_dir=data / "perangkat", faults=Faults(script_of(data)), hands_free=True)


def practice(world: SimulatedWorld, kiosk: Callable[[], Kiosk]) -> PracticeControls:
    from ktpel_kiosk.app.practice_controls import WorldControls
    return WorldControls(world, kiosk().trainees)


def asked_for(source: Source | None, camera: str, reader: str) -> list[Driver]:
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


def remember(data: Path, kind: DeviceKind, wanted: str) -> None:
    from ktpel_kiosk.app import device_config
    device_config.remember(data, kind, wanted)


def history(data: Path, clock: SystemClock | PracticeClock) -> HistoryKeeper:
    from ktpel_kiosk.hal.history import HistoryKeeper
    return HistoryKeeper(data / HISTORY, clock.now)


def regions(data: Path) -> RegionTable:
    from ktpel_kiosk.app.niks import office_regions
    return office_regions(data)


def calendar() -> ModuleType:
    from ktpel_kiosk.desk import kalender_kantor
    return kalender_kantor


def tables(path: Path) -> TableFile:
    from ktpel_kiosk.app.population_file import open_table
    return open_table(path)


def transactions(content: Transaction, format: str) -> bytes:
    from ktpel_kiosk.biometrics import interchange
    return interchange.write(content, format)


def biometrics(settings: OfficeSettings) -> Biometrics:
    from ktpel_kiosk.biometrics.plugins import Plugins
    from ktpel_kiosk.biometrics.service import BiometricService
    return BiometricService(plugins=Plugins(settings.plugins))


def sealer(kiosk: Kiosk) -> Sealer:
    from ktpel_kiosk.packet.office_sealer import OfficeSealer
    return OfficeSealer(kiosk.data / "packets", kiosk.station_keys)


def courier(kiosk: Kiosk) -> Courier:
    """Disks are found with or without certificates; what is signed says which one is missing."""
    from ktpel_kiosk.hal.removable import machine_disks
    from ktpel_kiosk.siak.courier_tokens import GatewayTokens
    tokens = GatewayTokens(lambda: kiosk.key_keeper.ring.keys, lambda fetch: kiosk.key_keeper.refresh(fetch))
    return Courier(lazily(lambda: _bundles(kiosk)), tokens, machine_disks())


def _bundles(kiosk: Kiosk) -> CourierBundles:
    from ktpel_kiosk.packet.courier import CourierBundles
    from ktpel_kiosk.packet.station_keys import STATION
    own, found = kiosk.station_keys.own(), kiosk.station_keys.certificates()
    if own is None or STATION not in found:
        raise BadInput("keys.courier_missing", expected=kiosk.station_keys.lacking(STATION) or "kunci stasiun")
    return CourierBundles(own[0], found[STATION][0])


def heartbeat(kiosk: Kiosk) -> HeartbeatLine:
    from ktpel_kiosk.app.heartbeat_line import StationHeartbeat
    return StationHeartbeat(kiosk)


def station_care(kiosk: Kiosk, certificates_changed: Callable[[], None]) -> StationCare:
    from ktpel_kiosk.app.station_care import FolderCare
    return FolderCare(kiosk, certificates_changed)


def updates(kiosk: Kiosk) -> Updates:
    from ktpel_kiosk.app.update_care import FolderUpdates
    return FolderUpdates(kiosk.data, lambda: kiosk.network.first)


def documents() -> Documents:
    from ktpel_kiosk.documents.office import OfficeDocuments
    return OfficeDocuments(resources())


def practice_documents() -> Documents:
    """Every page says that it was made for practice."""
    from ktpel_kiosk.documents.practice import PracticeDocuments
    return PracticeDocuments(resources())


def renderer() -> CardRenderer:
    from ktpel_kiosk.cards.face import PillowCardRenderer
    return PillowCardRenderer(resources())


def public_card(reader: CardReader) -> PublicCard:
    from ktpel_kiosk.cards.chip import read_public
    return read_public(reader)


def personaliser() -> CardPersonaliser:
    from ktpel_kiosk.cards.chip import SpecimenPersonaliser
    return SpecimenPersonaliser()


def gateway(kiosk: Kiosk, proxy: str) -> HttpGateway:
    """A client of the centre. Raises StationRefused while this station cannot say where to send or who it is."""
    from ktpel_kiosk.packet.station_keys import LINE, LINE_CA
    from ktpel_kiosk.siak.answers import StationRefused
    from ktpel_kiosk.siak.http_gateway import HttpGateway, tls_context
    keys, keeper, url = kiosk.keys, kiosk.key_keeper, kiosk.address()
    if kiosk.settings.production:
        if not url:
            raise StationRefused("keys.no_gateway")
        if lacking := kiosk.station_keys.lacking(LINE_CA, LINE):
            raise StationRefused("keys.line_missing", expected=lacking)
    made = HttpGateway(
        url or UNREACHABLE, kiosk.settings.station, receipt_keys=keeper.ring,
        tls=tls_context(keys.ca_cert, keys.client_cert, keys.client_key, crl_file=keys.ca_crl), proxy=proxy, now=kiosk.clock.now,
    )
    made.on_unknown_key = lambda: keeper.refresh(made.key_statements)
    return made


def receipt_holds(kiosk: Kiosk, packet: Packet) -> bool:
    from ktpel_kiosk.siak import stored_receipts
    return stored_receipts.receipt_holds(packet, kiosk.key_keeper.ring.keys)
