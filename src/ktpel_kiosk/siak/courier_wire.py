"""Signed pages of the status feed, for a disk: as JSON, written by the gateway and read by the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ktpel_kiosk.domain.courier import SignedStatuses
from ktpel_kiosk.domain.status import StatusEvent
from ktpel_kiosk.siak import wire

BUNDLES_PATH = "/v1/courier/bundles"
STATUS_PATH = "/v1/courier/status"
MAX_PAGE_EVENTS = 1000


def statuses_payload(station: str, after: int, events: Sequence[StatusEvent], issued_at: datetime) -> dict[str, Any]:
    """All events of ``station`` above ``after`` up to the last one given. No NIK goes onto a disk: the packet id is enough for its desk."""
    shown = [{k: v for k, v in wire.event_to_json(e).items() if k != "nik"} for e in events]
    return {
        "station": station, "from": after, "upto": events[-1].sequence if events else after, "events": shown,
        "issued_at": wire.stamp(issued_at),
    }


def statuses_of(payload: Mapping[str, Any]) -> SignedStatuses:
    """Words this version does not know are passed over. Raises ValueError, TypeError, KeyError, AttributeError."""
    raw, after, upto = list(payload["events"]), payload["from"], wire.sequence_of(payload["upto"])
    if not isinstance(after, int) or isinstance(after, bool) or after < 0 or len(raw) > MAX_PAGE_EVENTS:
        raise ValueError("from")
    numbers = [wire.sequence_of(e["sequence"]) for e in raw]
    if numbers != sorted(set(numbers)) or not numbers or numbers[0] <= after or numbers[-1] > upto:
        raise ValueError("events")
    station = payload["station"]
    if not isinstance(station, str) or not 0 < len(station) <= 64:
        raise ValueError("station")
    known = tuple(e for e in map(wire.event_of, raw) if e is not None)
    return SignedStatuses(station, after, upto, known, wire.moment(payload["issued_at"]))
