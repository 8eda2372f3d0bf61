"""Free text as people type or paste it: notes, reasons, places, titles.

Kept as written, apart from three documented changes: composed to NFC, line ends become ``\\n`` (a space in a one-line field),
and blanks at both ends go. Anything that cannot be shown or printed truthfully is refused, not cleaned away in silence.
"""

from __future__ import annotations

import re
import unicodedata

from ktpel_kiosk.domain.errors import BadInput

NOTE_LENGTH = 2000
LINE_LENGTH = 200
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the reading order around: what is read would not be what is stored."""
_LONG_NUMBER = re.compile(r"\+?\d(?:[ .\-/]?\d){7,}")
_LINE_ENDS = str.maketrans({"\u2028": "\n", "\u2029": "\n", "\x85": "\n", "\x0b": "\n", "\x0c": "\n"})


def free_text(text: str, field: str, *, limit: int = LINE_LENGTH, lines: bool = False) -> str:
    """``text`` ready to be stored. ``lines``: several lines are kept; otherwise every blank run with a line end becomes one space.

    Raises:
        BadInput: ``text.too_long`` (facts field, limit, count) or ``text.signs`` (fact field); the text itself is not repeated.
    """
    if not isinstance(text, str):
        raise BadInput("text.signs", field=field)
    if len(text) > 4 * limit + 1000:
        raise BadInput("text.too_long", field=field, limit=limit, count=len(text))
    plain = text.replace("\r\n", "\n").replace("\r", "\n").translate(_LINE_ENDS).replace("\t", " ")
    if any(_unshowable(c) for c in plain):
        raise BadInput("text.signs", field=field)
    plain = unicodedata.normalize("NFC", plain)
    if not lines:
        plain = " ".join(part.strip() for part in plain.split("\n") if part.strip()) if "\n" in plain else plain
    plain = plain.strip()
    if len(plain) > limit:
        raise BadInput("text.too_long", field=field, limit=limit, count=len(plain))
    return plain


def _unshowable(c: str) -> bool:
    """Control signs, lone surrogates, private and never-to-be-used code points, and signs that turn the reading order."""
    code = ord(c)
    if 0x20 <= code < 0x7f or c == "\n":
        return False
    return c in _TURNS or unicodedata.category(c) in ("Cc", "Cs", "Co") or code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def note(text: str, field: str = "catatan") -> str:
    """Several lines, at most ``NOTE_LENGTH`` signs."""
    return free_text(text, field, limit=NOTE_LENGTH, lines=True)


def for_audit(text: str) -> str:
    """A reason as the audit may hold it: long numbers (NIK, No. KK, phones) become dots."""
    return _LONG_NUMBER.sub("••••", text)
