"""The words an application is found by, and what a typed text means.

Names are found by the beginning of each word, NIK and register number by their beginning. Case, accents and apostrophes do not
matter; any sign in a number counts as ``/``.
"""

from __future__ import annotations

import re
import unicodedata

_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʼ"))
_PIECES = re.compile(r"[^\W_]+")

LAST = "\U0010ffff"
"""Sorts after every continuation of a word."""


def pieces(text: str) -> list[str]:
    """Upper-case letter and digit runs without accents."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    bare = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _PIECES.findall(bare.upper())


def words_of(nama: str, nik: str, nomor_register: str) -> frozenset[str]:
    """Every word an application is stored under."""
    number = "/".join(pieces(nomor_register))
    return frozenset(w for w in (*pieces(nama), "".join(pieces(nik)), number) if w)


def terms(text: str) -> list[tuple[str, ...]]:
    """What has to match: for each term any of its alternatives, as prefixes.

    ``"siti 0042/ktp"`` -> ``[("SITI",), ("0042/KTP", "0042KTP")]``. Empty when the text holds no letter or digit.
    """
    found = pieces(text)
    if len(found) > 1 and all(p.isdigit() for p in found):
        return [("/".join(found), "".join(found))]
    out: list[tuple[str, ...]] = []
    for chunk in text.split():
        parts = pieces(chunk)
        if len(parts) > 1 and any(c.isdigit() for c in chunk):
            out.append(("/".join(parts), "".join(parts)))
        else:
            out.extend((p,) for p in parts)
    return out
