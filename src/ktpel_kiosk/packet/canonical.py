"""Canonical JSON (RFC 8785), so that the same manifest always gives the same bytes.

Numbers are integers within +-(2**53 - 1) only: a fraction in a manifest is a programming error here, and refusing it
spares every reader the number formatting rules of ECMAScript.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ktpel_kiosk.domain.errors import BugError

SAFE_INTEGER = 2**53 - 1
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPES = {code: _SHORT.get(chr(code), f"\\u{code:04x}") for code in range(0x20)}
_ESCAPES.update({ord(c): text for c, text in _SHORT.items()})

JsonValue = None | bool | int | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]


def canonical(value: JsonValue) -> bytes:
    """UTF-8 bytes of ``value`` after RFC 8785.

    Raises:
        BugError: a float, an integer beyond 2**53 - 1, a lone surrogate or another type.
    """
    parts: list[str] = []
    _write(value, parts)
    try:
        return "".join(parts).encode("utf-8")
    except UnicodeEncodeError as e:
        raise BugError("packet.canonical", reason="lone surrogate") from e


def _write(value: JsonValue, out: list[str]) -> None:
    if value is None or isinstance(value, bool):
        out.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, str):
        out.append(f'"{value.translate(_ESCAPES)}"')
    elif isinstance(value, int):
        if abs(value) > SAFE_INTEGER:
            raise BugError("packet.canonical", reason="integer too large")
        out.append(int.__repr__(value))
    elif isinstance(value, Mapping):
        _write_object(value, out)
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        out.append("[")
        for i, item in enumerate(value):
            if i:
                out.append(",")
            _write(item, out)
        out.append("]")
    else:
        raise BugError("packet.canonical", reason=type(value).__name__)


def _write_object(value: Mapping[str, JsonValue], out: list[str]) -> None:
    if not all(isinstance(k, str) for k in value):
        raise BugError("packet.canonical", reason="key is not text")
    out.append("{")
    for i, key in enumerate(sorted(value, key=_utf16)):
        if i:
            out.append(",")
        out.append(f'"{key.translate(_ESCAPES)}":')
        _write(value[key], out)
    out.append("}")


def _utf16(key: str) -> bytes:
    """Sort order of RFC 8785 3.2.3: UTF-16 code units; big-endian bytes compare the same way."""
    return key.encode("utf-16-be", "surrogatepass")
