"""Small tools of the simulator's HTTP face: bodies with a limit, problems as a word, what clients may send."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.records import StoreFull

MAX_JSON_BYTES = 64 * 1024
MAX_NUMBER = 2**53 - 1
ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")
SHA256 = re.compile(r"[0-9a-f]{64}")
NIK = re.compile(r"[0-9]{16}")
TUS = {"Tus-Resumable": wire.TUS_VERSION, "Cache-Control": "no-store"}


class Refused(Exception):
    """The request is answered with this problem."""

    def __init__(self, status: int, error: str, **more: Any) -> None:
        super().__init__(error)
        self.status, self.error, self.more = status, error, more


def problem(status: int, error: str, *, tus: bool = False, **more: Any) -> Response:
    """``{"error": word}``, with further machine-readable facts where they help."""
    return JSONResponse({"error": error, **more}, status, headers=TUS if tus else None)


def full(trouble: StoreFull, *, tus: bool = False) -> Response:
    more = {"held_bytes": trouble.held, "quota_bytes": trouble.quota} if trouble.quota else {}
    return problem(507, "storage_full", tus=tus, **more)


async def drain(request: Request) -> None:
    async for _ in request.stream():
        pass


async def body_of(request: Request, limit: int) -> tuple[bytes, bool]:
    """(body, whether all of it came). Raises Refused 413 when it is longer than ``limit``."""
    parts: list[bytes] = []
    length = 0
    try:
        async for part in request.stream():
            parts.append(part)
            length += len(part)
            if length > limit:
                raise Refused(413, "too_large", limit=limit)
    except ClientDisconnect:
        return b"".join(parts), False
    return parts[0] if len(parts) == 1 else b"".join(parts), True


async def json_of(request: Request) -> dict[str, Any]:
    """The JSON object in the body. Raises Refused 415, 413, 400 ``json``; ClientDisconnect."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "content_type")
    body, whole = await body_of(request, MAX_JSON_BYTES)
    if not whole:
        raise ClientDisconnect
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as e:
        raise Refused(400, "json") from e
    if not isinstance(value, dict):
        raise Refused(400, "json")
    return value


def text(value: object, pattern: re.Pattern[str]) -> str:
    """The text when it fits. Raises Refused 422 ``bad_field``."""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Refused(422, "bad_field")
    return value


def number(value: object, lowest: int = 1) -> int:
    """A whole number from ``lowest`` on, ``1.0`` too, as JSON knows one kind of numbers only. Raises Refused 422 ``bad_field``."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= MAX_NUMBER:
        raise Refused(422, "bad_field")
    return value


def digits(value: str | None) -> int | None:
    """A decimal number of at most 15 digits; ``None`` for anything else."""
    return int(value) if value is not None and value.isascii() and value.isdigit() and len(value) <= 15 else None


def checksum_problem(header: str | None, body: bytes) -> int | None:
    """HTTP status of a checksum that is unusable (400) or does not fit (460); ``None`` when it is fine or absent."""
    if header is None:
        return None
    algorithm, _, encoded = header.partition(" ")
    try:
        wanted = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return 400
    if algorithm != "sha256":
        return 400
    return None if hashlib.sha256(body).digest() == wanted else 460


def metadata(header: str) -> dict[str, str]:
    """tus Upload-Metadata; what cannot be read is left out."""
    found: dict[str, str] = {}
    for item in header.split(","):
        key, _, value = item.strip().partition(" ")
        try:
            found[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            continue
    return found
