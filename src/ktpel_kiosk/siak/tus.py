"""tus 1.0.0 as a client: what a server can do, checksums, offsets."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.answers import Operation, unreadable

_ALGORITHMS: tuple[str, ...] = ("sha256", "sha512", "sha384", "sha1")
"""In this order. SHA-1 guards against a damaged line only; the packet's own SHA-256 guards against people."""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What an upload origin offers: a checksum algorithm this client knows (empty: none), the largest upload (0: it does not say)."""

    checksum: str = ""
    max_size: int = 0


def abilities_of(headers: Mapping[str, str]) -> Abilities:
    """From the answer to OPTIONS."""
    offered = _list(headers.get("Tus-Checksum-Algorithm", "")) if "checksum" in _list(headers.get("Tus-Extension", "")) else ()
    largest = headers.get("Tus-Max-Size", "")
    return Abilities(next((a for a in _ALGORITHMS if a in offered), ""),
                     int(largest) if largest.isascii() and largest.isdigit() and len(largest) < 16 else 0)


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in text.split(","))


def speaks_tus(headers: Mapping[str, str]) -> bool:
    return wire.TUS_VERSION in _list(headers.get("Tus-Version", "")) or headers.get("Tus-Resumable") == wire.TUS_VERSION


def checksum(algorithm: str, chunk: bytes) -> dict[str, str]:
    """The header that goes with a chunk; empty without an algorithm."""
    if not algorithm:
        return {}
    digest = hashlib.new(algorithm, chunk, usedforsecurity=False).digest()
    return {"Upload-Checksum": f"{algorithm} {base64.b64encode(digest).decode('ascii')}"}


def metadata(values: Mapping[str, str]) -> str:
    """``Upload-Metadata``: names with Base64 values."""
    return ",".join(f"{name} {base64.b64encode(value.encode()).decode('ascii')}" for name, value in values.items())


def offset_of(headers: httpx.Headers, operation: Operation) -> int:
    """``Upload-Offset``. Raises ServerTrouble when it is not a plain number."""
    text = headers.get("Upload-Offset", "")
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise unreadable(operation)
    return int(text)


def collection(url: httpx.URL) -> list[httpx.URL]:
    """Where OPTIONS is asked: the collection an upload stands in, without and with the last slash (servers differ)."""
    parent = url.path.rsplit("/", 1)[0] or "/"
    bare = url.copy_with(path=parent, query=None, fragment=None)
    return [bare] if parent == "/" else [bare, bare.copy_with(path=parent + "/")]
