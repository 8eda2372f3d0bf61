"""Words of the gateway contract shared by client and simulator: paths, biodata and receipts as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from ktpel_kiosk.domain.outbox import Receipt
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak

TUS_VERSION = "1.0.0"
RECEIPT_TYPE = "ktpel-receipt+jwt"
STATION_HEADER = "Ktpel-Station"
UPLOAD_TYPE = "application/offset+octet-stream"
_TEXT_FIELDS = (
    "nik", "nama", "tempat_lahir", "alamat", "rt", "rw", "desa", "kecamatan", "kabupaten", "provinsi", "no_kk", "kewarganegaraan",
    "berlaku_hingga", "kode_pos",
)
_CODE_FIELDS = ("golongan_darah", "agama", "status_perkawinan", "pekerjaan")


def stamp(at: datetime) -> str:
    """RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(value: object) -> datetime:
    """Aware datetime of an RFC 3339 text. Raises ValueError."""
    at = datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError("no time zone")
    return at.astimezone(UTC)


def biodata_to_json(p: Penduduk) -> dict[str, Any]:
    """Flat object, codes as numbers."""
    return {
        **{name: getattr(p, name) for name in _TEXT_FIELDS}, **{name: getattr(p, name) for name in _CODE_FIELDS},
        "tanggal_lahir": p.tanggal_lahir.isoformat(), "jenis_kelamin": p.jenis_kelamin.value,
    }


def biodata_from_json(untrusted: Mapping[str, Any]) -> Penduduk:
    """Raises ValueError, TypeError, KeyError or BadInput when it is not complete, valid biodata."""
    from ktpel_kiosk.domain.biodata import make_penduduk

    fields: dict[str, Any] = {name: _text(untrusted.get(name, ""), name) for name in _TEXT_FIELDS}
    fields.update({name: int(untrusted[name]) for name in _CODE_FIELDS})
    fields["kewarganegaraan"] = fields["kewarganegaraan"] or "WNI"
    fields["berlaku_hingga"] = fields["berlaku_hingga"] or "SEUMUR HIDUP"
    return make_penduduk(
        tanggal_lahir=date.fromisoformat(str(untrusted["tanggal_lahir"])),
        jenis_kelamin=JenisKelamin(untrusted["jenis_kelamin"]).value, **fields,
    )


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
