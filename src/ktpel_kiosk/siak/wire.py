"""Words of the gateway contract shared by client and simulator: headers, biodata, receipts and status events as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from ktpel_kiosk.domain.outbox import Receipt
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak

TUS_VERSION = "1.0.0"
RECEIPT_TYPE = "ktpel-receipt+jwt"
STATION_HEADER = "Ktpel-Station"
UPLOAD_TYPE = "application/offset+octet-stream"


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(value: object) -> datetime:
    """Aware datetime of an RFC 3339 text. Raises ValueError."""
    at = datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError("no time zone")
    return at.astimezone(UTC)


def biodata_from_json(untrusted: object) -> Penduduk:
    """Biodata as the server sent it, checked field by field. Raises BadInput, or TypeError when it is not an object."""
    from ktpel_kiosk.domain.biodata import make_penduduk

    if not isinstance(untrusted, Mapping):
        raise TypeError("biodata")
    return make_penduduk(**{f.name: untrusted[f.name] for f in fields(Penduduk) if f.name in untrusted})


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or len(value) > 300:
        raise ValueError(name)
    return value


def receipt_payload(packet_id: str, sha256: str, station: str, sequence: int, received_at: datetime) -> dict[str, Any]:
    return {
        "packet_id": packet_id, "sha256": sha256, "station": station, "sequence": sequence, "received_at": stamp(received_at),
    }


def receipt_of(payload: Mapping[str, Any], jws: str) -> Receipt:
    """Raises ValueError, TypeError or KeyError."""
    sequence = payload["sequence"]
    if not isinstance(sequence, int) or sequence < 1:
        raise ValueError("sequence")
    return Receipt(str(payload["packet_id"]), str(payload["sha256"]), str(payload["station"]), sequence,
                   moment(payload["received_at"]), jws)


def event_to_json(e: StatusEvent) -> dict[str, Any]:
    return {
        "sequence": e.sequence, "packet_id": e.packet_id, "nik": e.nik, "status": e.status.value, "at": stamp(e.at),
        "reason": e.reason,
    }


def event_of(untrusted: Mapping[str, Any]) -> StatusEvent | None:
    """A status event; ``None`` for a status word this version does not know. Raises ValueError, TypeError, KeyError."""
    sequence = untrusted["sequence"]
    if not isinstance(sequence, int) or sequence < 1:
        raise ValueError("sequence")
    word, at = str(untrusted["status"]), moment(untrusted["at"])
    if word not in StatusSiak.__members__:
        return None
    return StatusEvent(sequence, _text(untrusted["packet_id"], "packet_id"), _text(untrusted.get("nik", ""), "nik"),
                       StatusSiak(word), at, _text(untrusted.get("reason", ""), "reason")[:200])
