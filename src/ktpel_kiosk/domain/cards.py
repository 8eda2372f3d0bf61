"""Cards: the job from intent to confirmed or spoiled, the blank-card (blangko) ledger.

Two live cards for one credential cannot exist: the register holds at most one job per credential in a LIVE state.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ktpel_kiosk.domain.errors import SopViolation


class JobState(StrEnum):
    INTENT = "intent"
    SENT = "sent"
    UNKNOWN = "unknown"
    PRINTED = "printed"        # the operator looked at it
    ENCODING = "encoding"      # intent to write the chip
    CONFIRMED = "confirmed"    # printed, written, read back; of the official machine: looked at and found good
    SPOILED = "spoiled"
    CANCELLED = "cancelled"    # never reached the printer; the blank is back in stock


LIVE: frozenset[JobState] = frozenset({
    JobState.INTENT, JobState.SENT, JobState.UNKNOWN, JobState.PRINTED, JobState.ENCODING, JobState.CONFIRMED,
})
RECONCILE: frozenset[JobState] = frozenset({JobState.INTENT, JobState.SENT, JobState.UNKNOWN, JobState.ENCODING})
"""States that, found at start-up, go to the reconcile screen."""

UNWRITTEN: tuple[JobState, ...] = (JobState.INTENT, JobState.SENT, JobState.UNKNOWN, JobState.PRINTED, JobState.ENCODING)
"""A card that may lie on the desk with a face and without a chip record."""

NEXT: dict[JobState, frozenset[JobState]] = {
    JobState.INTENT: frozenset({JobState.SENT, JobState.UNKNOWN, JobState.CANCELLED, JobState.SPOILED, JobState.ENCODING}),
    JobState.SENT: frozenset({JobState.PRINTED, JobState.UNKNOWN, JobState.SPOILED, JobState.CANCELLED}),
    JobState.UNKNOWN: frozenset({JobState.SENT, JobState.PRINTED, JobState.SPOILED, JobState.CANCELLED}),
    JobState.PRINTED: frozenset({JobState.ENCODING, JobState.CONFIRMED, JobState.SPOILED}),
    JobState.ENCODING: frozenset({JobState.CONFIRMED, JobState.PRINTED, JobState.SPOILED, JobState.INTENT, JobState.UNKNOWN}),
    JobState.CONFIRMED: frozenset({JobState.SPOILED}),
    JobState.SPOILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
"""INTENT to ENCODING and back, and PRINTED to CONFIRMED, are the way of a printer that writes the chip before it prints
(docs/adr/0020)."""

STATION = "@stasiun"
"""In place of the printer's own job id: the card stands at the chip station inside the printer, no print job was made yet."""

OFFICIAL = "@mesin-resmi"
"""In place of the printer's own job id: the card was made on the ministry's machine. This desk held neither its printer nor its chip:
such a job has no face and no digest of its own, and the chip's UID only where the finished card was read at the reader."""


class BlangkoState(StrEnum):
    STOK = "stok"
    DIPAKAI = "dipakai"
    BAIK = "baik"
    RUSAK = "rusak"
    DIKEMBALIKAN = "dikembalikan"


@dataclass(frozen=True, slots=True)
class CardJob:
    """One attempt to make one card.

    Attributes:
        credential: what may exist once: ``<permohonan id>``-based key of the credential.
        blangko: serial of the blank taken from the ledger.
        printer_job: the printer's own job id once SENT; :data:`STATION` before that in a printer that writes chips.
        face_hash: SHA-256 (hex) of the rendered front, bound before encode.
        chip_uid: hex, bound before encode.
        readback_hash: digest of the chip's record as it was read back; before CONFIRMED only where the chip was written
            before printing.
    """

    id: str
    permohonan_id: str
    credential: str
    nik: str
    blangko: str
    state: JobState
    created_at: datetime
    updated_at: datetime
    face_hash: str = ""
    printer_job: str = ""
    chip_uid: str = ""
    readback_hash: str = ""
    spoil_reason: str = ""
    operator: str = ""

    @property
    def at_station(self) -> bool:
        """The card stands in the printer with its chip over the reader, not printed yet."""
        return self.printer_job == STATION

    @property
    def official(self) -> bool:
        """Made on the official machine; nothing of its chip but the UID can be read or compared here."""
        return self.printer_job == OFFICIAL

    @property
    def written(self) -> bool:
        """The chip holds this person's record and was read back."""
        return bool(self.readback_hash)

    def to(self, state: JobState, now: datetime, **changes: str) -> CardJob:
        """The same job in ``state``.

        Raises:
            SopViolation: the transition is not in ``NEXT``, or would put a blank back whose chip was already written to
                (``card.chip_begun``).
        """
        if state not in NEXT[self.state]:
            raise SopViolation("card.transition", found=self.state, expected=state)
        if state is JobState.CANCELLED and self.chip_uid:
            raise SopViolation("card.chip_begun", job=self.id)
        return replace(self, state=state, updated_at=now, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Blangko:
    """One blank card by serial; ``job_id`` is the job that took it."""

    serial: str
    state: BlangkoState
    batch: str
    job_id: str = ""


@dataclass(frozen=True, slots=True)
class BlangkoBalance:
    """The ledger must balance: ``masuk == stok + dipakai + baik + rusak + dikembalikan``."""

    masuk: int
    stok: int
    dipakai: int
    baik: int
    rusak: int
    dikembalikan: int

    @property
    def balanced(self) -> bool:
        return self.masuk == self.stok + self.dipakai + self.baik + self.rusak + self.dikembalikan
