"""Finding an entry of a list by what people type: words anywhere, codes, without accents, one letter off. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FUZZY_FROM = 4
"""Letters a word needs before one wrong letter is forgiven."""
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """Lower case, accents taken off, signs turned to blanks: ``Bedéng–Kulon`` and ``bedeng kulon`` are the same."""
    plain = unicodedata.normalize("NFKD", text)
    return " ".join(_WORD.findall("".join(c for c in plain if not unicodedata.combining(c)).casefold()))


def one_off(a: str, b: str) -> bool:
    """One letter changed, too many, too few, or two neighbours exchanged; equal words are not off."""
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    rest_a, rest_b = a[at:], b[at:]
    if len(a) == len(b):
        return rest_a[1:] == rest_b[1:] or (rest_a[:2] == rest_b[:2][::-1] and rest_a[2:] == rest_b[2:])
    return rest_a[1:] == rest_b if len(a) > len(b) else rest_a == rest_b[1:]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list: what is stored, what is shown, the words it is found by."""

    value: str
    text: str
    words: tuple[str, ...]
    key: str

    @classmethod
    def of(cls, value: object, text: str) -> Entry:
        key = fold(text)
        return cls(str(value), text, tuple(key.split()), key)


def find_entries(query: str, entries: Sequence[Entry], first: Iterable[str] = ()) -> list[Entry]:
    """Entries that fit, best first: the code itself, texts that begin so, words that begin so, words anywhere, one letter off.

    Without a query all of them, those of ``first`` (values used lately) in front. Among equals those of ``first`` win, then the list's
    order.
    """
    order = {value: i for i, value in enumerate(dict.fromkeys(first))}
    late = len(order)
    wanted = fold(query)
    if not wanted:
        return sorted(entries, key=lambda e: order.get(e.value, late))
    parts = wanted.split()
    ranked = [(rank, order.get(e.value, late), i, e) for i, e in enumerate(entries) if (rank := _rank(wanted, parts, e)) is not None]
    if not ranked:
        ranked = [(5, order.get(e.value, late), i, e) for i, e in enumerate(entries) if all(_near(p, e) for p in parts)]
    return [e for _rank_, _order, _i, e in sorted(ranked, key=lambda r: r[:3])]


def _rank(wanted: str, parts: list[str], entry: Entry) -> int | None:
    if wanted == entry.value.casefold():
        return 0
    if entry.key.startswith(wanted):
        return 1 if entry.key != wanted else 0
    if all(any(w.startswith(p) for w in entry.words) for p in parts):
        return 2
    if all(p in entry.key for p in parts):
        return 3
    return None


def _near(part: str, entry: Entry) -> bool:
    if any(w.startswith(part) for w in entry.words):
        return True
    return len(part) >= FUZZY_FROM and any(
        one_off(part, w[:n]) for w in entry.words for n in range(len(part) - 1, len(part) + 2) if n <= len(w))
