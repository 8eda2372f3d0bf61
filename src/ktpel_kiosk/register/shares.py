"""Sharing a secret: any ``needed`` of ``count`` sheets open it, fewer say nothing about it (Shamir over GF(256); docs/adr/0012).

A share is 21 bytes, written as 21 words or as capital letters in a QR code: set (2), needed and number (1), value (16), check (2). The
field is that of AES (x^8 + x^4 + x^3 + x + 1); the secret lies at 0 and share ``n`` at ``n``.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.register.share_words import WORDS

SECRET_BYTES: Final = 16
MOST: Final = 9
"""Sheets of one set: more than anybody can look after."""
_LENGTH: Final = 2 + 1 + SECRET_BYTES + 2
_PREFIX: Final = 4
_AT: Final = {word[:_PREFIX]: n for n, word in enumerate(WORDS)}
QR_MARK: Final = "KTPEL-KUNCI:"


@dataclass(frozen=True, slots=True)
class Share:
    """One sheet. ``set_id``: which set it belongs to, 0..65535; ``needed``: so many sheets open it; ``number``: 1.. of this sheet."""

    set_id: int
    needed: int
    number: int
    value: bytes


def _tables() -> tuple[tuple[int, ...], tuple[int, ...]]:
    exp, log, x = [0] * 255, [0] * 256, 1
    for i in range(255):
        exp[i], log[x] = x, i
        x ^= (x << 1) ^ (0x11B if x & 0x80 else 0)  # times 3, a generator
        x &= 0xFF
    return tuple(exp), tuple(log)


_EXP, _LOG = _tables()


def _times(a: int, b: int) -> int:
    return _EXP[(_LOG[a] + _LOG[b]) % 255] if a and b else 0


def _over(a: int, b: int) -> int:
    return _EXP[(_LOG[a] - _LOG[b]) % 255] if a else 0


def interpolate(points: Sequence[tuple[int, bytes]], at: int) -> bytes:
    """The value at ``at`` of the polynomials (one a byte) through ``points``, whose x are distinct and differ from ``at``."""
    found = bytearray(len(points[0][1]))
    for x, value in points:
        weight = 1
        for other, _ in points:
            if other != x:
                weight = _times(weight, _over(at ^ other, x ^ other))
        for i, byte in enumerate(value):
            found[i] ^= _times(byte, weight)
    return bytes(found)


def split(secret: bytes, needed: int, count: int) -> tuple[Share, ...]:
    """``count`` sheets of a new set, any ``needed`` of which give ``secret`` (16 bytes) back.

    Raises:
        BadInput: ``shares.numbers`` unless 2 <= needed <= count <= 9.
    """
    if not 2 <= needed <= count <= MOST:
        raise BadInput("shares.numbers", found=f"{needed}/{count}")
    set_id = secrets.randbelow(1 << 16)
    drawn = [(n, secrets.token_bytes(SECRET_BYTES)) for n in range(1, needed)]
    points = [(0, secret), *drawn]
    values = [*drawn, *((n, interpolate(points, n)) for n in range(needed, count + 1))]
    return tuple(Share(set_id, needed, n, value) for n, value in values)


def combine(shares: Sequence[Share]) -> bytes:
    """The secret. A forged share gives another one: whatever it opens must itself be authenticated.

    Raises:
        BadInput: ``shares.mixed`` (sheets of different sets), ``shares.too_few`` (facts needed, found).
    """
    by_number = {s.number: s for s in shares}
    if len({(s.set_id, s.needed) for s in shares}) > 1 or any(by_number[s.number].value != s.value for s in shares):
        raise BadInput("shares.mixed")
    if not shares or len(by_number) < shares[0].needed:
        raise BadInput("shares.too_few", count=len(by_number), expected=str(shares[0].needed if shares else 2))
    return interpolate([(s.number, s.value) for s in by_number.values()][:shares[0].needed], 0)


def _packed(share: Share) -> bytes:
    body = share.set_id.to_bytes(2, "big") + bytes([share.needed << 4 | share.number]) + share.value
    return body + hashlib.sha256(QR_MARK.encode() + body).digest()[:2]


def words_of(share: Share) -> tuple[str, ...]:
    """21 words for the sheet."""
    return tuple(WORDS[b] for b in _packed(share))


def qr_text(share: Share) -> str:
    """The same for a QR code, in letters of its compact alphabet."""
    return QR_MARK + _packed(share).hex().upper()


def read_share(typed: str) -> Share:
    """What somebody typed (21 words, or four letters of each) or a scanner read.

    Raises:
        BadInput: ``shares.word`` (fact ``number``: the first word that is none, from 1), ``shares.length`` (fact ``count``),
            ``shares.typo``: all words are known but do not belong together.
    """
    text = typed.strip()
    if text.upper().startswith(QR_MARK):
        try:
            packed = bytes.fromhex(text[len(QR_MARK):])
        except ValueError as error:
            raise BadInput("shares.typo") from error
    else:
        found = re.findall(r"[a-z]+", text.lower())
        numbers = [_word(word) for word in found]
        if None in numbers:
            raise BadInput("shares.word", number=numbers.index(None) + 1)
        packed = bytes(n for n in numbers if n is not None)
    if len(packed) != _LENGTH:
        raise BadInput("shares.length", count=len(packed), expected=str(_LENGTH))
    share = Share(int.from_bytes(packed[:2], "big"), packed[2] >> 4, packed[2] & 15, packed[3:-2])
    if _packed(share) != packed or not 2 <= share.needed <= MOST or not 1 <= share.number <= MOST:
        raise BadInput("shares.typo")
    return share


def _word(typed: str) -> int | None:
    """Its number; a longer typed text must be the word itself."""
    n = _AT.get(typed[:_PREFIX])
    return n if n is not None and (len(typed) <= _PREFIX or WORDS[n] == typed) else None
