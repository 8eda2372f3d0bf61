"""The strict pieces of JOSE that receipts and courier manifests share: one text per value, no name twice. Standard library only."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any


def encode(data: bytes) -> str:
    """Base64url without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Bytes of a base64url text; exactly one text stands for each value. Raises ValueError."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as e:
        raise ValueError("base64") from e
    if encode(data) != text:
        raise ValueError("base64")
    return data


def strict_object(data: bytes | str) -> dict[str, Any]:
    """A JSON object in which no name stands twice, at any depth, and no number is NaN or infinite. Raises ValueError."""
    try:
        value = json.loads(data, object_pairs_hook=_no_twice, parse_constant=_no_constant)
    except RecursionError as e:
        raise ValueError("nesting") from e
    if not isinstance(value, dict):
        raise ValueError("object")
    return value


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)
