"""The register's books beside applications. Mixed into ``View`` and ``Tx`` of :mod:`ktpel_kiosk.ports.register`.

Iterators stream: they hold one page in memory, and are valid only inside the ``work`` they were made in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # every window needs these protocols at its start, and only few of the values they speak of
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    from ktpel_kiosk.domain.biometric import BiometricException, Position
    from ktpel_kiosk.domain.cards import CardJob
    from ktpel_kiosk.domain.ganda import DuplicateCheck, KeptFinger, Putusan
    from ktpel_kiosk.domain.ikm import SurveyAnswer
    from ktpel_kiosk.domain.ledgers import (
        BlangkoDay,
        BlangkoMove,
        ContactAttempt,
        Destruction,
        Letter,
        MonthLock,
        Pause,
        WithdrawnCard,
    )
    from ktpel_kiosk.domain.outbox import Packet
    from ktpel_kiosk.domain.pengaduan import LangkahPengaduan, Pengaduan
    from ktpel_kiosk.domain.permohonan import Permohonan
    from ktpel_kiosk.domain.population import PopulationBatch, PopulationEntry
    from ktpel_kiosk.domain.status import StatusEvent
    from ktpel_kiosk.ports.register import Handover


@dataclass(frozen=True, slots=True)
class Recorded:
    """One line of the buku perekaman: an application whose recording was finished at ``at``."""

    at: datetime
    officer: str
    permohonan: Permohonan
    exceptions: tuple[BiometricException, ...]
    packet: Packet | None
    events: tuple[StatusEvent, ...]


class LedgerView(Protocol):
    """All periods are half open: ``since <= x < until``, aware UTC; everything in order of its moment."""

    def applications_in(self, since: datetime, until: datetime) -> Iterator[Permohonan]:
        """Numbered applications in the order of their numbers, by :attr:`Permohonan.numbered_at`."""
        ...

    def recordings_in(self, since: datetime, until: datetime) -> Iterator[Recorded]:
        """By the moment the last ``rekam`` stage was finished (skipped ones do not count)."""
        ...

    def card_jobs_in(self, since: datetime, until: datetime) -> Iterator[tuple[CardJob, Permohonan]]:
        """By ``created_at``; cancelled jobs are left out."""
        ...

    def handovers_in(self, since: datetime, until: datetime) -> Iterator[tuple[Handover, Permohonan]]: ...
    def withdrawn_in(self, since: datetime, until: datetime) -> Iterator[tuple[WithdrawnCard, Destruction | None]]: ...
    def complaints_in(self, since: datetime, until: datetime) -> Iterator[Pengaduan]: ...
    def blangko_moves_in(self, since: datetime, until: datetime) -> Iterator[BlangkoMove]: ...
    def letters_in(self, since: datetime, until: datetime) -> Iterator[Letter]: ...

    def count_in(self, book: str, since: datetime, until: datetime) -> int:
        """Lines the book's iterator would give; ``book`` as in :data:`BOOKS`."""
        ...

    def blangko_stock_at(self, at: datetime) -> int:
        """Blank cards in stock by the moves before ``at``."""
        ...

    def withdrawn_waiting(self) -> Sequence[WithdrawnCard]:
        """Not yet destroyed, oldest first."""
        ...

    def destructions(self, limit: int = 100) -> Sequence[Destruction]:
        """Newest first."""
        ...

    def complaint(self, id: str) -> Pengaduan:
        """Raises NotFound ``complaint.not_found``."""
        ...

    def complaints_open(self) -> Sequence[Pengaduan]:
        """Soonest deadline first."""
        ...

    def complaint_steps(self, id: str) -> Sequence[LangkahPengaduan]: ...
    def letters_of(self, permohonan_id: str) -> Sequence[Letter]: ...
    def letter(self, nomor: str) -> Letter | None: ...
    def blangko_days(self, since: date, until: date) -> Sequence[BlangkoDay]: ...
    def contacts(self, permohonan_id: str) -> Sequence[ContactAttempt]: ...
    def month_locks(self, year: int | None = None) -> Sequence[MonthLock]:
        """Every act on months, oldest first."""
        ...

    def month_closed(self, year: int, month: int) -> bool: ...
    def pauses(self, permohonan_id: str) -> Sequence[Pause]: ...
    def surveys(self, since_month: str, until_month: str) -> Iterator[SurveyAnswer]:
        """``YYYY-MM``, both included; in no meaningful order."""
        ...

    def population(self, nik: str) -> PopulationEntry | None: ...
    def population_count(self) -> int: ...
    def population_batches(self) -> Sequence[PopulationBatch]:
        """Newest first."""
        ...

    def population_villages(self) -> Sequence[str]:
        """Distinct village names of the list, sorted."""
        ...

    def population_figures(self) -> Mapping[str, int]:
        """Residents of the list by ``ektp_status``."""
        ...

    def kept_fingers(self, position: Position) -> Iterator[KeptFinger]:
        """Every kept finger of one position, oldest first."""
        ...

    def kept_fingers_of(self, permohonan_id: str) -> Sequence[KeptFinger]: ...
    def kept_people(self) -> int:
        """Applications with kept fingers."""
        ...

    def duplicate_checks(self, permohonan_id: str) -> Sequence[DuplicateCheck]:
        """Oldest first."""
        ...

    def duplicate_check(self, id: str) -> DuplicateCheck:
        """Raises NotFound ``ganda.not_found``."""
        ...

    def duplicate_checks_open(self) -> Sequence[DuplicateCheck]:
        """Those that found somebody and wait for an officer's word, oldest first."""
        ...


BOOKS: tuple[str, ...] = (
    "permohonan", "perekaman", "pencetakan", "pengambilan", "ktp_ditarik", "pengaduan", "blangko", "agenda_surat",
)


class LedgerTx(Protocol):
    def add_withdrawn(self, card: WithdrawnCard) -> None: ...
    def add_destruction(self, destruction: Destruction, card_ids: Iterable[str]) -> None:
        """Marks the cards. Raises NotFound for an unknown card, DuplicateRequest for one already destroyed."""
        ...

    def save_complaint(self, complaint: Pengaduan) -> Pengaduan:
        """Insert (version 0) or update. Raises StaleView."""
        ...

    def add_complaint_step(self, step: LangkahPengaduan) -> None: ...
    def add_letter(self, letter: Letter) -> None:
        """Raises DuplicateRequest for a number already used."""
        ...

    def void_letter(self, nomor: str, reason: str) -> None:
        """Raises NotFound."""
        ...

    def add_blangko_move(self, move: BlangkoMove) -> None: ...
    def put_blangko_day(self, day: BlangkoDay) -> None:
        """Once per day. Raises DuplicateRequest."""
        ...

    def add_contact(self, attempt: ContactAttempt) -> None: ...
    def add_month_lock(self, lock: MonthLock) -> None: ...
    def add_survey(self, answer: SurveyAnswer) -> None:
        """Stored under a random key, so that no order of arrival remains."""
        ...

    def put_population(self, entries: Iterable[PopulationEntry], batch: PopulationBatch) -> PopulationBatch:
        """Insert or update by NIK in bulk; returns the batch with added, changed and unchanged counted."""
        ...

    def keep_fingers(self, fingers: Sequence[KeptFinger]) -> None: ...
    def drop_fingers_of(self, permohonan_id: str) -> int:
        """How many were deleted."""
        ...

    def drop_fingers_before(self, before: datetime) -> tuple[int, int]:
        """Applications and fingers deleted."""
        ...

    def add_duplicate_check(self, check: DuplicateCheck) -> None: ...
    def decide_duplicate(self, id: str, decision: Putusan, by: str, at: datetime, note: str) -> DuplicateCheck:
        """Once. Raises StaleView ``ganda.decided``, NotFound."""
        ...
