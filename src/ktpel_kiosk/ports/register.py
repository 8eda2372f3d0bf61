"""The register: one writer, one transaction per act, no change without an audit link.

Threads: every method may be called from any thread. ``write`` runs ``work`` on the writer thread and returns after the
commit is durable (SQLite ``synchronous=FULL``); ``read`` runs ``work`` on a read connection in the caller's thread
against one consistent snapshot. ``work`` must not keep the ``View``/``Tx`` beyond its own end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

from ktpel_kiosk.domain.sop import Stage  # rows are read by their hints
from ktpel_kiosk.ports.alerts import AlertView
from ktpel_kiosk.ports.ledgers import LedgerTx, LedgerView
from ktpel_kiosk.ports.outbox import OutboxTx, OutboxViews
from ktpel_kiosk.ports.privacy import PrivacyTx, PrivacyView
from ktpel_kiosk.ports.queue import QueueTx, QueueView
from ktpel_kiosk.ports.statistics import StatisticsView

if TYPE_CHECKING:
    from ktpel_kiosk.domain.actor import UserAccount
    from ktpel_kiosk.domain.audit import AuditLink
    from ktpel_kiosk.domain.biometric import BiometricException, Position, Sample
    from ktpel_kiosk.domain.cards import Blangko, BlangkoBalance, CardJob, JobState
    from ktpel_kiosk.domain.outbox import Packet
    from ktpel_kiosk.domain.permohonan import Permohonan
    from ktpel_kiosk.domain.status import StatusEvent

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ListItem:
    """One line of a list: enough for the board and the register table, no biodata beyond it."""

    id: str
    nomor_register: str
    nama: str
    nik: str
    layanan: str
    desa: str
    keadaan: str
    stage: str
    step_no: int
    tahap_state: str
    created_at: datetime
    updated_at: datetime
    active_s: float
    limit_s: float | None
    petugas: str
    running_since: datetime | None
    pause_reason: str
    status_siak: str
    nomor_hp: str = ""
    status_at: datetime | None = None
    """Since when ``status_siak`` holds; while there is none, when the packet's receipt came."""


@dataclass(frozen=True, slots=True)
class Query:
    """Filter of a list; empty fields do not filter. ``text`` matches prefixes of name words, NIK, register number, phone and village.

    ``after``: id of the last row of the page before, to go on from there; as fast on any page, where ``offset`` skips row by row.
    ``count_limit``: :meth:`View.count` stops counting one above it; 0 counts all. A count takes no notice of the page.
    """

    text: str = ""
    keadaan: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    layanan: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    desa: str = ""
    limit: int = 200
    offset: int = 0
    newest_first: bool = True
    after: str = ""
    count_limit: int = 0


@dataclass(frozen=True, slots=True)
class ScannedDocument:
    """A scanned paper or produced letter kept with the application."""

    id: str
    permohonan_id: str
    kind: str
    media_type: str
    data: bytes
    created_at: datetime
    title: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """Paraf, validation or sign-off: who, as what, bound to the SHA-256 of exactly what was approved."""

    id: str
    permohonan_id: str
    stage: Stage
    kind: str  # paraf | validasi | tanda_tangan_pemohon | pengesahan_operator | pengecualian | paksa | tetap_pakai | aktivasi
    officer: str
    role: str
    content_hash: str
    at: datetime
    note: str = ""
    second_same_officer: bool = False
    signature: str = ""  # hex, by the officer's own key over domain.approval.approval_message; empty where the applicant acts
    public_key: str = ""  # hex, the key that verifies it

@dataclass(frozen=True, slots=True)
class Handover:
    """Terminal proof that the applicant (or proxy) holds the card or the letters.

    Attributes:
        receiver_nik, proxy_letter: of a proxy: NIK and number of the surat kuasa (F-1.07).
        card_read: the card itself lay in the reader and was the right one.
        binding: SHA-256 (hex) that ties signature, card, receiver and receipt number together (:func:`ktpel_kiosk.desk.handover.binding`).
        ikd: remark on the Identitas Kependudukan Digital.
    """

    permohonan_id: str
    kind: str  # kartu | surat
    receiver_name: str
    receiver_relation: str  # ybs | kuasa
    officer: str
    at: datetime
    signature_png: bytes
    card_uid: str = ""
    activated: bool = False
    old_card_withdrawn: bool = False
    number: str = ""
    receiver_nik: str = ""
    proxy_letter: str = ""
    card_read: bool = False
    binding: str = ""
    ikd: str = ""


class View(LedgerView, StatisticsView, OutboxViews, QueueView, AlertView, PrivacyView, Protocol):
    """Read side; also available inside a transaction."""

    def permohonan(self, id: str) -> Permohonan:
        """Raises NotFound."""
        ...

    def by_number(self, nomor_register: str) -> Permohonan | None: ...
    def open_for_nik(self, nik: str) -> Permohonan | None: ...
    def recorded_before(self, nik: str) -> datetime | None:
        """When this NIK was last sealed here, if ever."""
        ...

    def list(self, query: Query) -> Sequence[ListItem]: ...
    def count(self, query: Query) -> int: ...
    def counts_by_stage(self) -> Mapping[str, int]:
        """Running applications per current stage (``Stage`` values)."""
        ...

    def running_without_packet(self, stages: Sequence[str]) -> Sequence[str]:
        """Ids of running applications at one of these stages for which nothing was sealed here, oldest first."""
        ...

    def samples(self, permohonan_id: str, *, with_data: bool = True) -> Sequence[Sample]:
        """Oldest first. ``with_data=False`` leaves ``data`` empty."""
        ...

    def exceptions(self, permohonan_id: str) -> Sequence[BiometricException]: ...
    def documents(self, permohonan_id: str, *, with_data: bool = True) -> Sequence[ScannedDocument]: ...
    def approvals(self, permohonan_id: str) -> Sequence[Approval]: ...
    def handover(self, permohonan_id: str) -> Handover | None: ...
    def draft(self, key: str) -> str | None: ...
    def drafts(self, prefix: str) -> Mapping[str, str]: ...

    def packet(self, packet_id: str) -> Packet | None: ...
    def packet_of(self, permohonan_id: str) -> Packet | None:
        """The newest packet of an application."""
        ...

    def packets(self, *, unsent_only: bool = False) -> Sequence[Packet]:
        """Oldest (lowest counter) first. ``unsent_only``: as :attr:`Packet.unsent` says."""
        ...

    def packet_paths(self) -> frozenset[str]:
        """Where every packet that was not purged lies."""
        ...

    def packets_received(self, since: datetime) -> int:
        """How many were received at the centre since then."""
        ...

    def due_packets(self, now: datetime, limit: int) -> Sequence[Packet]:
        """Unsent, not refused, ``next_try_at`` reached, empty, or further ahead than ``FARTHEST_TRY``; oldest first."""
        ...

    def last_packet(self) -> Packet | None:
        """Highest counter, for chaining the next one."""
        ...

    def status_events(self, packet_id: str) -> Sequence[StatusEvent]: ...
    def status_cursor(self) -> int:
        """Highest gateway sequence applied."""
        ...

    def card_job(self, id: str) -> CardJob | None: ...
    def card_jobs(self, permohonan_id: str) -> Sequence[CardJob]: ...
    def live_card_job(self, credential: str) -> CardJob | None: ...
    def jobs_to_reconcile(self) -> Sequence[CardJob]: ...
    def card_jobs_in_state(self, *states: JobState) -> Sequence[CardJob]:
        """Oldest first."""
        ...

    def card_jobs_of_chip(self, chip_uid: str) -> Sequence[CardJob]:
        """Every job this chip was ever bound to."""
        ...

    def blangko(self, serial: str) -> Blangko | None:
        """This blank of the ledger; ``None`` for a serial that never came in."""
        ...

    def next_blangko(self) -> Blangko | None: ...
    def last_blangko(self, limit: int) -> Sequence[Blangko]:
        """In stock, the ones received last first."""
        ...

    def blangko_balance(self) -> BlangkoBalance: ...

    def user(self, username: str) -> UserAccount | None: ...
    def users(self) -> Sequence[UserAccount]: ...
    def sop_text(self, digest: str) -> str | None: ...
    def setting(self, key: str) -> str | None: ...

    def audit(self, *, subject: str = "", after: int = 0, limit: int = 1000) -> Sequence[AuditLink]:
        """Links in order; ``subject`` filters (application id)."""
        ...

    def audit_length(self) -> int: ...


class Tx(View, LedgerTx, OutboxTx, QueueTx, PrivacyTx, Protocol):
    """Write side. At least one :meth:`log` per transaction, else the commit is refused (BugError)."""

    def log(self, event: str, subject: str, actor: str, **facts: str | int | float | bool | None) -> None:
        """Add one audit link. ``event`` is a name of the catalogue ``resources/audit/events.toml``."""
        ...

    def save_permohonan(self, p: Permohonan) -> Permohonan:
        """Insert (version 0) or update. Returns the stored value with version + 1. Raises StaleView, DuplicateRequest."""
        ...

    def next_number(self, series: str, year: int) -> int:
        """1, 2, 3 ... without gaps per (series, year); never reused."""
        ...

    def raise_number(self, series: str, year: int, last: int) -> bool:
        """Numbers of the series go on after ``last``; never back. True when that changed something (a restored register)."""
        ...

    def add_sample(self, sample: Sample) -> None:
        """Store a sample; all samples of its position lose ``best`` if this one has it."""
        ...

    def mark_forced(self, sample_id: str) -> None:
        """Flag a stored sample as accepted below threshold. Raises NotFound."""
        ...

    def drop_samples(self, permohonan_id: str) -> int:
        """Delete raw samples (after sealing). Returns how many."""
        ...

    def put_exception(self, permohonan_id: str, exception: BiometricException) -> None: ...
    def drop_exception(self, permohonan_id: str, position: Position) -> None: ...
    def add_document(self, document: ScannedDocument) -> None: ...
    def drop_documents(self, permohonan_id: str, kind_prefix: str) -> int:
        """Delete kept documents whose kind starts with ``kind_prefix`` (card material after the handover)."""
        ...

    def add_approval(self, approval: Approval) -> None: ...
    def put_handover(self, handover: Handover) -> None:
        """Once per application; a second raises DuplicateRequest."""
        ...

    def put_draft(self, key: str, text: str) -> None: ...
    def drop_draft(self, key: str) -> None: ...

    def add_packet(self, packet: Packet) -> None: ...
    def save_packet(self, packet: Packet) -> None: ...
    def add_status(self, event: StatusEvent) -> bool:
        """Keep an event, late ones too; False when this one (packet and sequence) is there already. Changes nothing that is shown."""
        ...

    def add_card_job(self, job: CardJob) -> None:
        """Raises DuplicateRequest while a live job of the same credential exists."""
        ...

    def save_card_job(self, job: CardJob) -> None: ...
    def add_blangko(self, serials: Iterable[str], batch: str, at: datetime) -> int: ...
    def save_blangko(self, blangko: Blangko) -> None: ...
    def save_user(self, user: UserAccount) -> None: ...
    def put_sop(self, digest: str, sop_id: str, text: str) -> None: ...
    def put_setting(self, key: str, value: str) -> None: ...


@dataclass(frozen=True, slots=True)
class RowFault:
    """A stored row that is not what the audit last saw. ``kind``: ``changed`` | ``missing`` | ``extra`` | ``unreadable``."""

    table: str
    key: str
    kind: str


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """Result of checking the whole chain and every row it vouches for.

    Attributes:
        broken_at: sequence number of the first link that does not fit.
        rows: how many rows were compared. unsealed: those from before rows were sealed, not written since.
        faults: rows that differ.
    """

    length: int
    head: str
    broken_at: int | None
    rows: int = 0
    unsealed: int = 0
    faults: tuple[RowFault, ...] = ()

    @property
    def whole(self) -> bool:
        return self.broken_at is None and not self.faults


class Register(Protocol):
    def write(self, work: Callable[[Tx], T]) -> T:
        """Run ``work`` as one transaction on the writer thread; durable when it returns; rolled back on any exception."""
        ...

    def read(self, work: Callable[[View], T]) -> T: ...

    def subscribe(self, listener: Callable[[frozenset[str]], None]) -> Callable[[], None]:
        """Call ``listener(subjects)`` after each commit, on the writer thread; returns the unsubscriber."""
        ...

    def check_audit(self) -> AuditCheck: ...

    def rest(self) -> None:
        """Nobody works now: what is kept in memory only to answer sooner goes back to the system."""
        ...

    def close(self) -> None: ...
