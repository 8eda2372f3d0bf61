"""Words of the gateway contract shared by client and simulator: headers, biodata, receipts and status events as JSON."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from ktpel_kiosk.domain.biometric import FINGERS, Position
from ktpel_kiosk.domain.outbox import Receipt
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak, status_of
from ktpel_kiosk.ports.services import CardMaterial, RecordStatus

TUS_VERSION = "1.0.0"
RECEIPT_TYPE = "ktpel-receipt+jwt"
MATERIAL_TYPE = "ktpel-card-material+jwt"
STATUS_TYPE = "ktpel-status+jwt"
KEYS_TYPE = "ktpel-keys+jwt"
STATION_HEADER = "Ktpel-Station"
COURIER_HEADER = "Ktpel-Courier"
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


def text_of(value: object, name: str, limit: int = 300) -> str:
    """A text of at most ``limit`` characters. Raises ValueError."""
    if not isinstance(value, str) or len(value) > limit:
        raise ValueError(name)
    return value


def sequence_of(value: object) -> int:
    """A positive whole number. Raises ValueError."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 1 << 53:
        raise ValueError("sequence")
    return value


def receipt_payload(packet_id: str, sha256: str, station: str, sequence: int, received_at: datetime) -> dict[str, Any]:
    return {
        "packet_id": packet_id, "sha256": sha256, "station": station, "sequence": sequence, "received_at": stamp(received_at),
    }


def receipt_of(payload: Mapping[str, Any], jws: str) -> Receipt:
    """Raises ValueError, TypeError or KeyError."""
    return Receipt(text_of(payload["packet_id"], "packet_id"), text_of(payload["sha256"], "sha256"), text_of(payload["station"], "station"),
                   sequence_of(payload["sequence"]), moment(payload["received_at"]), jws)


def event_to_json(e: StatusEvent) -> dict[str, Any]:
    return {
        "sequence": e.sequence, "packet_id": e.packet_id, "nik": e.nik, "status": e.status.value, "at": stamp(e.at),
        "reason": e.reason,
    }


def event_of(untrusted: Mapping[str, Any]) -> StatusEvent | None:
    """A status event; a word this version does not know is kept as it is. ``None`` where there is no word at all.

    Raises:
        ValueError, TypeError, KeyError.
    """
    sequence = sequence_of(untrusted["sequence"])
    at = moment(untrusted["at"])
    try:
        status = status_of(str(untrusted["status"])[:300])
    except ValueError:
        return None
    return StatusEvent(sequence, text_of(untrusted["packet_id"], "packet_id"), text_of(untrusted.get("nik", ""), "nik"),
                       status, at, text_of(untrusted.get("reason", ""), "reason")[:200])


def record_status_to_json(found: RecordStatus) -> dict[str, Any]:
    return {"nik": found.nik, "status": found.status.value, "at": stamp(found.at), "reason": found.reason}


def record_status_of(untrusted: Mapping[str, Any]) -> RecordStatus:
    """Raises ValueError (also where there is no status word), TypeError, KeyError."""
    return RecordStatus(text_of(untrusted["nik"], "nik"), status_of(str(untrusted["status"])[:300]), moment(untrusted["at"]),
                        text_of(untrusted.get("reason", ""), "reason")[:200])


PART_LIMITS: dict[str, int] = {"portrait": 256 * 1024, "signature": 128 * 1024, "minutiae": 4 * 1024}
"""Bytes per part of a card's material."""
PICTURE_TYPES: tuple[str, ...] = ("image/jp2", "image/png")
MINUTIAE_TYPE = "application/x-fmr"
MINUTIAE_PREFIX = "minutiae."
_HEX64 = re.compile(r"[0-9a-f]{64}")


class WrongPart(Exception):
    """A part of the material is missing, too large or not the one that was signed; the text says which."""


@dataclass(frozen=True, slots=True)
class Part:
    media_type: str
    data: bytes


def material_parts(material: CardMaterial) -> dict[str, Part]:
    """Names and contents as they go over the line."""
    parts = {"portrait": Part(material.portrait_type, material.portrait), "signature": Part(material.signature_type, material.signature)}
    return parts | {f"{MINUTIAE_PREFIX}{p.value}": Part(MINUTIAE_TYPE, data) for p, data in material.minutiae}


def material_to_json(material: CardMaterial, status: StatusSiak, at: datetime) -> tuple[dict[str, Any], dict[str, str]]:
    """(payload to be signed, parts in Base64). The payload holds the biodata and the hash of every part."""
    from ktpel_kiosk.domain.biodata import penduduk_to_dict

    parts = material_parts(material)
    payload = {
        "nik": material.penduduk.nik, "status": status.value, "issued_at": stamp(at), "biodata": penduduk_to_dict(material.penduduk),
        "parts": {n: {"media_type": p.media_type, "size": len(p.data), "sha256": hashlib.sha256(p.data).hexdigest()}
                  for n, p in parts.items()},
    }
    return payload, {n: base64.b64encode(p.data).decode() for n, p in parts.items()}


def material_of(payload: Mapping[str, Any], untrusted_parts: Mapping[str, Any], nik: str) -> CardMaterial:
    """The material a verified payload speaks of, with every part held against its hash.

    Raises:
        WrongPart, BadInput (biodata), ValueError, TypeError, KeyError.
    """
    if payload["nik"] != nik or payload["status"] != StatusSiak.PRINT_READY_RECORD.value:
        raise WrongPart("nik" if payload["nik"] != nik else "status")
    person = biodata_from_json(payload["biodata"])
    if person.nik != nik:
        raise WrongPart("nik")
    parts = {str(n): _part(str(n), listed, untrusted_parts) for n, listed in payload["parts"].items()}
    found = ((Position(n.removeprefix(MINUTIAE_PREFIX)), p.data) for n, p in parts.items() if n.startswith(MINUTIAE_PREFIX))
    fingers = tuple(sorted(found, key=lambda f: f[0] is not Position.RIGHT_INDEX))
    if not 1 <= len(fingers) <= 2 or any(p not in FINGERS for p, _ in fingers):
        raise WrongPart("minutiae")
    portrait, ink = parts["portrait"], parts["signature"]
    return CardMaterial(person, portrait.data, portrait.media_type, ink.data, ink.media_type, fingers)


def _part(name: str, listed: Mapping[str, Any], untrusted_parts: Mapping[str, Any]) -> Part:
    kind = "minutiae" if name.startswith(MINUTIAE_PREFIX) else name
    allowed = (MINUTIAE_TYPE,) if kind == "minutiae" else PICTURE_TYPES
    limit = PART_LIMITS.get(kind)
    text = untrusted_parts.get(name)
    if limit is None or listed["media_type"] not in allowed or not isinstance(text, str) or len(text) > limit * 2:
        raise WrongPart(name[:40])
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as e:
        raise WrongPart(name[:40]) from e
    wanted = str(listed["sha256"])
    if len(data) > limit or not _HEX64.fullmatch(wanted) or hashlib.sha256(data).hexdigest() != wanted:
        raise WrongPart(name[:40])
    return Part(str(listed["media_type"]), data)
