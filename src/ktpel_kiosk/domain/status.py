"""SIAK statuses, what each means to the operator, and which step is possible next (DOMAIN.md 5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
class StatusEvent:
    """One event of the ordered status feed.

    ``sequence`` is the gateway's; an event at or below the highest applied one for its packet changes nothing.
    ``source``: ``gateway``, ``courier``, ``manual`` or ``csv``.
    """

    sequence: int
    packet_id: str
    nik: str
    status: StatusSiak
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
    status: StatusSiak
    at: datetime
    reason: str
    source: str
    officer: str
    entered_at: datetime


PRINTABLE: frozenset[StatusSiak] = frozenset({StatusSiak.PRINT_READY_RECORD})
TROUBLE: frozenset[StatusSiak] = frozenset({
    StatusSiak.ENROLL_FAILURE_AT_REGIONAL, StatusSiak.ENROLL_FAILURE_AT_CENTRAL, StatusSiak.SEARCH_FAILURE_AT_CENTRAL,
    StatusSiak.ADJUDICATE_RECORD, StatusSiak.REQUEST_VALIDATION, StatusSiak.DUPLICATE_RECORD,
})
