"""SIAK statuses and the words that name them (DOMAIN.md 5.2). What they mean and who acts is in :mod:`status_guide`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

WORD_LIMIT = 60
"""Letters of a status word that are kept."""


class StatusSiak(StrEnum):
    UNREGISTERED = "UNREGISTERED"
    BIO_CAPTURED = "BIO_CAPTURED"
    PROCESSING = "PROCESSING"
    SENT_FOR_ENROLLMENT = "SENT_FOR_ENROLLMENT"
    RECEIVED_AT_CENTRAL = "RECEIVED_AT_CENTRAL"
    ENROLL_FAILURE_AT_REGIONAL = "ENROLL_FAILURE_AT_REGIONAL"
    ENROLL_FAILURE_AT_CENTRAL = "ENROLL_FAILURE_AT_CENTRAL"
    SEARCH_FAILURE_AT_CENTRAL = "SEARCH_FAILURE_AT_CENTRAL"
    ADJUDICATE_RECORD = "ADJUDICATE_RECORD"
    REQUEST_VALIDATION = "REQUEST_VALIDATION"
    DUPLICATE_RECORD = "DUPLICATE_RECORD"
    PRINT_READY_RECORD = "PRINT_READY_RECORD"
    SENT_FOR_CARD_PRINTING = "SENT_FOR_CARD_PRINTING"
    CARD_PRINTED = "CARD_PRINTED"
    CARD_SHIPPED = "CARD_SHIPPED"
    CARD_ISSUED = "CARD_ISSUED"


@dataclass(frozen=True, slots=True)
class OtherStatus:
    """A word this program does not know ("status lain"): kept and shown as it came, and it moves nothing."""

    value: str

    def __str__(self) -> str:
        return self.value


Status = StatusSiak | OtherStatus

_SPELLINGS: Mapping[str, StatusSiak] = {
    "PRR": StatusSiak.PRINT_READY_RECORD, "PRINT_READY": StatusSiak.PRINT_READY_RECORD, "SIAP_CETAK": StatusSiak.PRINT_READY_RECORD,
    "SIAP_CETAK_PRR": StatusSiak.PRINT_READY_RECORD, "SFE": StatusSiak.SENT_FOR_ENROLLMENT,
    "SENT_FOR_ENROLMENT": StatusSiak.SENT_FOR_ENROLLMENT, "TERKIRIM_SFE": StatusSiak.SENT_FOR_ENROLLMENT,
    "BIOCAPTURED": StatusSiak.BIO_CAPTURED, "BIO_CAPTURE": StatusSiak.BIO_CAPTURED, "BELUM_REKAM": StatusSiak.UNREGISTERED,
    "DUPLICATE": StatusSiak.DUPLICATE_RECORD, "DATA_GANDA": StatusSiak.DUPLICATE_RECORD,
    "DUPLICATE_ONE_TO_ONE": StatusSiak.DUPLICATE_RECORD, "DUPLICATE_ONE_TO_MANY": StatusSiak.DUPLICATE_RECORD,
    "DUPLICATE_RECORD_ONE_TO_ONE": StatusSiak.DUPLICATE_RECORD, "DUPLICATE_RECORD_ONE_TO_MANY": StatusSiak.DUPLICATE_RECORD,
    "ADJUDICATE": StatusSiak.ADJUDICATE_RECORD, "ADJUDICATE_IN_PROCESS": StatusSiak.ADJUDICATE_RECORD,
    "ADJUDICATE_RECORD_IN_PROCESS": StatusSiak.ADJUDICATE_RECORD, "SEARCH_FAILURE": StatusSiak.SEARCH_FAILURE_AT_CENTRAL,
    "RECEIVED_AT_CENTER": StatusSiak.RECEIVED_AT_CENTRAL, "DITERIMA_PUSAT": StatusSiak.RECEIVED_AT_CENTRAL,
    "ENROLLMENT_FAILURE_AT_REGIONAL": StatusSiak.ENROLL_FAILURE_AT_REGIONAL,
    "ENROLLMENT_FAILURE_AT_CENTRAL": StatusSiak.ENROLL_FAILURE_AT_CENTRAL, "TERCETAK": StatusSiak.CARD_PRINTED,
}


def status_of(word: str) -> Status:
    """The status a word names, in any usual spelling (``PRR``, ``print ready record``); an unknown word as :class:`OtherStatus`.

    Raises:
        ValueError: nothing in it can be read.
    """
    key = re.sub(r"[^A-Z0-9]+", "_", word.upper()).strip("_")
    known = StatusSiak.__members__.get(key) or _SPELLINGS.get(key)
    if known is not None:
        return known
    shown = " ".join("".join(c if c.isprintable() else " " for c in word).split())[:WORD_LIMIT]
    if not any(c.isalnum() for c in shown):
        raise ValueError("status")
    return OtherStatus(shown)


def stored_status(value: str) -> Status:
    """From what was stored: exactly one of the known values, or a word kept as it came."""
    return StatusSiak(value) if value in StatusSiak.__members__ else OtherStatus(value)


@dataclass(frozen=True, slots=True)
class StatusEvent:
    """One event of the ordered status feed.

    ``sequence`` is the gateway's; per packet it decides which of two events is the newer one, whatever their moments say.
    ``source``: ``gateway`` or ``courier`` (the same feed, carried on a disk).
    """

    sequence: int
    packet_id: str
    nik: str
    status: Status
    at: datetime
    reason: str = ""
    source: str = "gateway"


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """A status that did not come by the feed: read in SIAK by an officer, imported from a list, or answered to a question about a NIK.

    ``source``: ``manual``, ``csv`` or ``lookup``; ``at`` is when it was true at the centre, ``entered_at`` when it came here.
    """

    id: str
    permohonan_id: str
    nik: str
    status: Status
    at: datetime
    reason: str
    source: str
    officer: str
    entered_at: datetime


PRINTABLE: frozenset[Status] = frozenset({StatusSiak.PRINT_READY_RECORD, StatusSiak.SENT_FOR_CARD_PRINTING})
"""A card may be made."""
BEYOND: frozenset[Status] = PRINTABLE | {StatusSiak.CARD_PRINTED, StatusSiak.CARD_SHIPPED, StatusSiak.CARD_ISSUED}
"""The recording is accepted; a packet that was replaced meanwhile may still say so."""
TROUBLE: frozenset[Status] = frozenset({
    StatusSiak.ENROLL_FAILURE_AT_REGIONAL, StatusSiak.ENROLL_FAILURE_AT_CENTRAL, StatusSiak.SEARCH_FAILURE_AT_CENTRAL,
    StatusSiak.ADJUDICATE_RECORD, StatusSiak.REQUEST_VALIDATION, StatusSiak.DUPLICATE_RECORD,
})
