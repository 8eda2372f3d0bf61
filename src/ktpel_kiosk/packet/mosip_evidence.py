"""What a MOSIP device signed itself, taken out of its capture answer without writing any of it anew.

A registration packet keeps of the device's JWS the record (as BDB), ``header..signature`` (as SB) and the payload's text with the record
cut out. The receiver puts the three together again and verifies the device's signature. So a proof is made only where exactly that gives
the device's token back, byte for byte. Whether the device is trusted was decided when it captured. No I/O; any thread.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ktpel_kiosk.biometrics.cbeff import TYPE_NAME, subtype
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.jose import encode

PLACEHOLDER = "<bioValue>"
_POSITIONS = {(TYPE_NAME[p.modality], subtype(p)): p for p in Position if p.modality in TYPE_NAME}


@dataclass(frozen=True, slots=True)
class Proof:
    """``record``: the ISO record the device delivered; ``payload``: the signed JSON text with its record cut out; ``signature``:
    ``header..signature``; ``version``: of the interface."""

    record: bytes
    payload: str
    signature: str
    version: str


def proofs(evidence: bytes) -> Mapping[Position, Proof]:
    """Per position what can be proven again from one capture answer; empty for evidence of another kind or without signatures."""
    found: dict[Position, Proof] = {}
    for element in _elements(evidence):
        told = _proof(element)
        if told is not None:
            found.setdefault(*told)
    return found


def _elements(evidence: bytes) -> list[dict[str, Any]]:
    try:
        answer = json.loads(evidence)
    except (ValueError, RecursionError):
        return []
    elements = answer.get("biometrics") if isinstance(answer, dict) else None
    return [e for e in elements if isinstance(e, dict)] if isinstance(elements, list) else []


def _proof(element: Mapping[str, Any]) -> tuple[Position, Proof] | None:
    token, version = element.get("data"), element.get("specVersion")
    if not isinstance(token, str) or token.count(".") != 2:
        return None
    header, body, signature = token.split(".")
    try:
        payload = _decode(body).decode("utf-8")
        told = json.loads(payload)
        value = told["bioValue"]
        position = _position(told.get("bioType"), told.get("bioSubType"))
        record = _decode(value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    if not signature or position is None or payload.count(value) != 1 or PLACEHOLDER in payload or not _fits_xml(payload):
        return None
    cut = payload.replace(value, PLACEHOLDER)
    if f"{header}.{encode(cut.replace(PLACEHOLDER, encode(record)).encode())}.{signature}" != token:
        return None
    return position, Proof(record, cut, f"{header}..{signature}", version if isinstance(version, str) and version.isprintable() else "")


def _position(kind: object, part: object) -> Position | None:
    if kind == TYPE_NAME[Position.FACE.modality]:
        return Position.FACE
    return _POSITIONS.get((str(kind), str(part)))


def _decode(text: str) -> bytes:
    """base64url without padding, and nothing but its letters."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as e:
        raise ValueError("base64url") from e
    if not data or encode(data) != text:
        raise ValueError("base64url")
    return data


def _fits_xml(text: str) -> bool:
    """Every character may stand in an XML 1.0 document."""
    return all(c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c >= "\U00010000" for c in text)
