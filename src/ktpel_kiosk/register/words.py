"""The words an application is found by, and what a typed text means.

Names and villages are found by the beginning of each word, NIK, register number and phone by their beginning. Case, accents and
apostrophes do not matter; any sign in a number counts as ``/``. A phone is kept as it is dialled at home (``0812...``).
"""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼ"))
_PIECES = re.compile(r"[^\W_]+")
_COUNTRY = "62"

LAST = "\U0010ffff"
"""Sorts after every continuation of a word."""


def pieces(text: str) -> list[str]:
    """Upper-case letter and digit runs without accents."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _PIECES.findall(bare.upper())


def words_of(nama: str, nik: str, nomor_register: str, nomor_hp: str = "", desa: str = "") -> frozenset[str]:
    """Every word an application is stored under."""
    number = "/".join(pieces(nomor_register))
    return frozenset(w for w in (*pieces(nama), "".join(pieces(nik)), number, phone_word(nomor_hp), *pieces(desa)) if w)


def phone_word(nomor_hp: str) -> str:
    """``+62 812 3456`` -> ``08123456``."""
    digits = "".join(pieces(nomor_hp))
    return "0" + digits[2:] if digits.startswith(_COUNTRY) else digits


def terms(text: str) -> list[tuple[str, ...]]:
    """What has to match: for each term any of its alternatives, as prefixes.

    ``"siti 0042/ktp"`` -> ``[("SITI",), ("0042/KTP", "0042KTP")]``; ``"+62812"`` -> ``[("62812", "0812")]``. Empty when the text
    holds no letter or digit.
    """
    found = pieces(text)
    if len(found) > 1 and all(p.isdigit() for p in found):
        return [_number(found)]
    out: list[tuple[str, ...]] = []
    for chunk in text.split():
        parts = pieces(chunk)
        if parts and any(c.isdigit() for c in chunk):
            out.append(_number(parts))
        else:
            out.extend((p,) for p in parts)
    return out


def _number(parts: list[str]) -> tuple[str, ...]:
    """A number as typed, without its signs, and as a phone where it begins like one of this country."""
    bare = "".join(parts)
    found = ["/".join(parts), bare] if len(parts) > 1 else [bare]
    if bare.startswith(_COUNTRY) and bare.isdigit() and len(bare) > len(_COUNTRY):
        found.append("0" + bare[len(_COUNTRY):])
    return tuple(found)
