"""What every use case works with: the ports, the SOP, the office's rules. Built once by ``app``."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from ktpel_kiosk.desk.card_acts import CardActs
from ktpel_kiosk.desk.held import HeldCaptures
from ktpel_kiosk.desk.seats import Seats
from ktpel_kiosk.domain.errors import BadInput, CardRefused, KioskError
from ktpel_kiosk.domain.messages import Sentences
from ktpel_kiosk.ports.courier import Courier
from ktpel_kiosk.ports.night_check import LastCheck
from ktpel_kiosk.ports.room import Endless, Room

if TYPE_CHECKING:
    from ktpel_kiosk.domain.capture_rules import CaptureRules
    from ktpel_kiosk.domain.certificates import CertificateEnd
    from ktpel_kiosk.domain.line import LineReport
    from ktpel_kiosk.domain.outbox import Packet, WaitCause
    from ktpel_kiosk.domain.sop import Sop
    from ktpel_kiosk.domain.transaction import Transaction, TransactionWriter
    from ktpel_kiosk.domain.wilayah import RegionTable
    from ktpel_kiosk.ports.away import OfficeServer
    from ktpel_kiosk.ports.clock import Clock, Ids
    from ktpel_kiosk.ports.device_history import DeviceHistory
    from ktpel_kiosk.ports.devices import CardReader, Devices
    from ktpel_kiosk.ports.heartbeat import HeartbeatLine
    from ktpel_kiosk.ports.practice import PracticeControls
    from ktpel_kiosk.ports.register import Register
    from ktpel_kiosk.ports.services import (
        Biometrics,
        CardPersonaliser,
        CardRenderer,
        Documents,
        Gateway,
        OfficerKeys,
        PasswordHasher,
        PublicCard,
        PublicCardReader,
        Sealer,
    )
    from ktpel_kiosk.ports.station_care import StationCare
    from ktpel_kiosk.ports.tables import TableFile, TableReader
    from ktpel_kiosk.ports.updates import Updates


class Spool(Protocol):
    """Where finished papers land as files, whether or not a printer took them."""

    def keep(self, name: str, data: bytes, folder: str = "") -> Path:
        """Write durably below the documents folder (in ``folder`` of it); the same name is replaced whole. Returns the path."""
        ...

    def place(self, name: str, folder: str = "") -> Path:
        """Where :meth:`keep` puts a paper of this name."""
        ...

    def older(self, before: datetime) -> Sequence[str]:
        """Names of finished papers written before then, not those in folders of it (closed months)."""
        ...

    def remove(self, names: Sequence[str]) -> None:
        """Delete papers :meth:`older` named; what is held open stays for the next time."""
        ...

    def sink(self, path: Path) -> AbstractContextManager[BinaryIO]:
        """A file to write and read back; it takes its name only when the block ends well. IoFailure or DiskFull otherwise."""
        ...

    def scratch(self) -> Path:
        """A private folder of the office for temporary files that hold personal data."""
        ...

    def write_file(self, path: Path, data: bytes) -> None:
        """Write a file the user named: temp, fsync, rename; IoFailure or DiskFull with the path otherwise."""
        ...


def _no_tables(path: Path) -> TableFile:
    """A desk that was given no reader refuses every file."""
    raise BadInput("table.kind", path=path.name)


def _no_transactions(content: Transaction, format: str) -> bytes:
    """A desk that was given no writer makes no interchange files."""
    raise BadInput("export.format", format=format, expected="-")


def _no_public_card(reader: CardReader) -> PublicCard:
    """A desk that was given no reader of real cards knows none."""
    raise CardRefused("chip.not_ktp", device_kind="card_reader", operation="select", status="")


def _usual_rules() -> CaptureRules:
    from ktpel_kiosk.domain.capture_rules import CaptureRules
    return CaptureRules()


def _no_line() -> LineReport:
    from ktpel_kiosk.domain.line import LineReport
    return LineReport()


def _no_receipt(packet: Packet) -> bool:
    """A desk that was given no keys takes no receipt for verified: it purges nothing."""
    return False


def _no_history() -> DeviceHistory:
    """A desk that was given none; imported late, for the way to the first window does not need it."""
    from ktpel_kiosk.ports.device_history import NoDeviceHistory
    return NoDeviceHistory()


class _NoCourier:
    """A desk that was given no courier finds no disk and writes to none."""

    def removable(self) -> tuple[()]:
        return ()

    def __getattr__(self, name: str) -> Any:
        raise BadInput("courier.not_here")


def _no_courier() -> Courier:
    absent = _NoCourier()
    return Courier(absent, absent, absent)


@dataclass(frozen=True)
class Desk:
    """Everything a use case may touch.

    Attributes:
        sop: the SOP in force for new applications; :meth:`sop_of` gives the one an application began with. It changes while the
            kiosk runs when the office adopts another version (:meth:`put_in_force`).
        holidays, extra_open: days off, and days open although they fall on one or on a weekend (:mod:`ktpel_kiosk.desk.kalender_kantor`).
        public_holidays: year -> the state's holidays with their names, before the office's own changes.
        write_transaction: makes AN2K and CBEFF files of one recording.
        read_table: opens a CSV or XLSX file from outside (:mod:`ktpel_kiosk.ports.tables`).
        keep_sop: called after a version came into force, so that the next start begins with it.
        station: id of this desk's station, part of the packet manifest.
        practice_hint: shown at sign-in of a practice office: which invented accounts there are; empty in production.
        seats: whose signing key is unlocked now, and who has to wait after wrong passwords; memory only.
        capture_rules: how recordings are judged while the office has set nothing (:mod:`ktpel_kiosk.desk.capture_rules`).
        held: captures that were refused and may yet count; memory only.
        card_acts: cards a printer or reader works on right now; memory only.
        practice: what a trainer may do to the simulated devices; ``None`` wherever they are real.
        specimen: cards carry the SPESIMEN watermark (always outside production).
        no_cards: message key of the reason why this desk makes no cards; empty: it does.
        line_report: what the sender knows of the line now; line_changed: the office changed the rules of the line.
        gateway_address: where this station sends; cause_of: why a request failed, as the sender judges it, ``None`` when it does not know.
        certificate_ends: until when the certificates of this desk count.
        receipt_holds: the stored receipt of a packet, its signature checked again, speaks of exactly this packet.
        device_history: what this desk has lived through with each device.
        read_public_card: reads what any KTP-el shows without a secret.
        courier: disks that carry packets where there is no line.
        room: the disk everything lies on.
        last_check: what the nightly check of the register found; memory only.
        station_care: certificates, address and copies of a desk that serves people; ``None`` in practice.
        updates: new versions of the program; ``None`` in practice.
        heartbeat: signs and sends the daily sign of life; ``None``: none is made.
        office_server: where the register is shared with other desks; ``None``: it is this desk's own.
    """

    register: Register
    devices: Devices
    biometrics: Biometrics
    sealer: Sealer
    documents: Documents
    renderer: CardRenderer
    personaliser: CardPersonaliser
    gateway: Gateway
    hasher: PasswordHasher
    officer_keys: OfficerKeys
    spool: Spool
    clock: Clock
    ids: Ids
    sop: Sop
    parse_sop: Callable[[str], Sop]
    regions: Callable[[], RegionTable]
    holidays: Callable[[], frozenset[date]]
    station: str
    sentences: Sentences = field(default_factory=lambda: Sentences({}))
    capture_rules: CaptureRules = field(default_factory=_usual_rules)
    specimen: bool = True
    no_cards: str = ""
    practice_hint: str = ""
    capture_timeout_s: float = 30.0
    print_timeout_s: float = 60.0
    seal_lock: threading.Lock = field(default_factory=threading.Lock)
    seats: Seats = field(default_factory=Seats)
    held: HeldCaptures = field(default_factory=HeldCaptures)
    card_acts: CardActs = field(default_factory=CardActs)
    wake_uploader: Callable[[], None] = lambda: None
    line_report: Callable[[], LineReport] = _no_line
    line_changed: Callable[[], None] = lambda: None
    receipt_holds: Callable[[Packet], bool] = _no_receipt
    certificate_ends: Callable[[], tuple[CertificateEnd, ...]] = tuple
    gateway_address: Callable[[], str] = str
    cause_of: Callable[[KioskError], WaitCause | None] = lambda _error: None
    extra_open: Callable[[], frozenset[date]] = frozenset
    public_holidays: Callable[[int], Mapping[date, str]] = lambda _year: {}
    keep_sop: Callable[[Sop], None] = lambda _sop: None
    read_table: TableReader = _no_tables
    write_transaction: TransactionWriter = _no_transactions
    device_history: DeviceHistory = field(default_factory=_no_history)
    read_public_card: PublicCardReader = _no_public_card
    practice: PracticeControls | None = None
    courier: Courier = field(default_factory=_no_courier)
    room: Room = field(default_factory=Endless)
    last_check: LastCheck = field(default_factory=LastCheck)
    station_care: StationCare | None = None
    updates: Updates | None = None
    heartbeat: HeartbeatLine | None = None
    office_server: OfficeServer | None = None
    _sops: dict[str, Sop] = field(default_factory=dict)

    def put_in_force(self, sop: Sop) -> None:
        """From now on new applications follow ``sop``. Only :mod:`ktpel_kiosk.desk.sop_versions` calls this, after the register took it."""
        self._sops[self.sop.digest] = self.sop
        object.__setattr__(self, "sop", sop)

    def sop_of(self, digest: str) -> Sop:
        """The SOP version with this digest: the one in force, or the text kept in the register."""
        if digest == self.sop.digest:
            return self.sop
        if digest not in self._sops:
            text = self.register.read(lambda v: v.sop_text(digest))
            self._sops[digest] = self.parse_sop(text) if text else self.sop
        return self._sops[digest]
