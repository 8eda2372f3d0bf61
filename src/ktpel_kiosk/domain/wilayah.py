"""Kemendagri region codes: names of provinces, regencies, districts and the villages we know, current and historic.

The table is text, one region per line (``kode,nama,level,historis``), parsed once and kept as plain strings; a
:class:`Region` is made only when asked for. Never BPS codes: 11.01 is Aceh Selatan here (DOMAIN.md 2.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ktpel_kiosk.domain.errors import BadInput

HEADER = "kode,nama,level,historis"
LEVEL_OF_LENGTH: dict[int, int] = {2: 1, 4: 2, 6: 3, 10: 4}
_LENGTHS = (2, 4, 6)


def plain_code(code: str) -> str:
    """``35.08.05`` -> ``350805``."""
    return code.replace(".", "").strip()


def dotted_code(code: str) -> str:
    """``350805`` -> ``35.08.05``; villages end in four digits."""
    plain = plain_code(code)
    return ".".join(part for part in (plain[:2], plain[2:4], plain[4:6], plain[6:]) if part)


@dataclass(frozen=True, slots=True)
class Region:
    """One region. ``level``: 1 province, 2 regency or city, 3 district, 4 village.

    ``successor`` is the code that replaced a historic one, empty where unknown.
    """

    code: str
    name: str
    level: int
    historic: bool = False
    successor: str = ""


BELOW_KEPT = 64


class RegionTable:
    """Lookups by code. Built by :func:`parse_region_table`; immutable after that, safe from any thread.

    Villages are many (83,762) and an office needs those of one province: ``village_text`` gives the CSV text of a province's
    villages when they are first asked for.
    """

    __slots__ = ("_below", "_loaded", "_names", "_past", "_uncoded", "_village_text")

    def __init__(self, names: dict[str, str], past: dict[str, str], uncoded: dict[str, list[str]] | None = None,
                 village_text: Callable[[str], str] | None = None) -> None:
        self._names = names
        self._past = past
        self._uncoded = uncoded or {}
        self._village_text = village_text
        self._loaded: dict[str, dict[str, str]] = {}
        self._below: dict[tuple[str, bool], tuple[Region, ...]] = {}

    def _villages_of(self, province: str) -> dict[str, str]:
        """Code -> name of the province's villages from ``village_text``; empty without one."""
        found = self._loaded.get(province)
        if found is None:
            text = self._village_text(province) if self._village_text is not None and province in self._names else ""
            found = parse_region_table(text)._names if text else {}
            self._loaded[province] = found
        return found

    def _name(self, plain: str) -> str | None:
        name = self._names.get(plain)
        return self._villages_of(plain[:2]).get(plain) if name is None and len(plain) == 10 else name

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, code: str) -> bool:
        return self._name(plain_code(code)) is not None

    def region(self, code: str) -> Region | None:
        plain = plain_code(code)
        name = self._name(plain)
        if name is None:
            return None
        past = self._past.get(plain)
        return Region(plain, name, LEVEL_OF_LENGTH[len(plain)], past is not None, past or "")

    def province(self, code: str) -> str:
        """Name of the province of any code; empty when unknown. The other lookups behave the same."""
        return self._names.get(plain_code(code)[:2], "")

    def regency(self, code: str) -> str:
        """``Kabupaten Lumajang`` or ``Kota Samarinda``."""
        plain = plain_code(code)
        return self._names.get(plain[:4], "") if len(plain) >= 4 else ""

    def regency_short(self, code: str) -> str:
        """``Lumajang``, ``Kota Samarinda``: a city keeps its word, as people say it."""
        return self.regency(code).removeprefix("Kabupaten ")

    def district(self, code: str) -> str:
        plain = plain_code(code)
        return self._names.get(plain[:6], "") if len(plain) >= 6 else ""

    def village(self, code: str) -> str:
        plain = plain_code(code)
        return (self._name(plain) or "") if len(plain) == 10 else ""

    def villages(self, district: str) -> tuple[str, ...]:
        """Names of the villages known below a district, by name; also those whose own code is not known."""
        plain = plain_code(district)[:6]
        coded = [r.name for r in self.children(plain)] if len(plain) == 6 else []
        return tuple(sorted({*coded, *self._uncoded.get(plain, [])}))

    def is_historic(self, code: str) -> bool:
        """The regency (or district) of the code exists in the past only."""
        plain = plain_code(code)
        return any(plain[:n] in self._past for n in _LENGTHS if n <= len(plain))

    def successor(self, code: str) -> str:
        """Today's regency code for a historic one, else the code's own regency."""
        regency = plain_code(code)[:4]
        return self._past.get(regency) or regency

    def describe(self, code: str) -> str:
        """``Tempeh, Lumajang`` (most precise first); empty when nothing is known."""
        return ", ".join(part for part in (self.district(code), self.regency_short(code)) if part) or self.province(code)

    def children(self, code: str = "", *, historic: bool = False) -> tuple[Region, ...]:
        """Regions right below ``code`` (provinces for ``""``), by code; historic ones only when asked for."""
        asked = plain_code(code), historic
        found = self._below.get(asked)
        if found is None:  # all of the country is gone through for it, and every form of an office asks for the same few
            if len(self._below) >= BELOW_KEPT:
                self._below = {}
            found = self._below[asked] = tuple(self._children(*asked))
        return found

    def _children(self, plain: str, historic: bool) -> Iterator[Region]:
        wanted = {0: 2, 2: 4, 4: 6, 6: 10}.get(len(plain), 0)
        known = self._names if wanted != 10 else {**self._villages_of(plain[:2]), **self._names}
        for code in sorted(c for c in known if len(c) == wanted and c.startswith(plain)):
            if historic or code not in self._past:
                region = self.region(code)
                if region is not None:
                    yield region

    def search(self, words: str, *, level: int, limit: int = 20) -> tuple[Region, ...]:
        """Regions of a level whose name holds all words; names beginning with the text come first."""
        parts = words.lower().split()
        if not parts:
            return ()
        length = next(n for n, lv in LEVEL_OF_LENGTH.items() if lv == level)
        hits = [
            (not name.lower().startswith(parts[0]), name, code) for code, name in self._names.items()
            if len(code) == length and code not in self._past and all(p in name.lower() for p in parts)
        ]
        found = (self.region(code) for _, _, code in sorted(hits)[:limit])
        return tuple(r for r in found if r is not None)


def parse_region_table(*texts: str, village_text: Callable[[str], str] | None = None) -> RegionTable:
    """A table from one or more CSV texts (base file, villages, additions of the office); a later line replaces an earlier one.

    ``village_text``: province code -> text of its villages, read when they are first asked for (empty: none known).

    ``historis`` is empty for a current code, the successor's code or ``1`` for a historic one. A village (level 4) whose own
    code is not known stands under its district's code.

    Raises:
        BadInput: ``wilayah.format`` with the 1-based line (and the number of the text when there are several).
    """
    names: dict[str, str] = {}
    past: dict[str, str] = {}
    uncoded: dict[str, list[str]] = {}
    for number, text in enumerate(texts, start=1):
        lines = text.split("\n")
        if lines[0].rstrip("\r").removeprefix("\ufeff") != HEADER:
            raise BadInput("wilayah.format", line=1, number=number, expected=HEADER)
        for index, raw in enumerate(lines[1:], start=2):
            line = raw.rstrip("\r")
            if not line:
                continue
            fields = line.split(",")
            if len(fields) != 4 or not _fits(fields):
                raise BadInput("wilayah.format", line=index, number=number, expected=HEADER)
            code, name, level, historic = fields
            if level == "4" and len(code) == 6:
                uncoded.setdefault(code, []).append(name)
                continue
            names[code] = name
            past.pop(code, None)
            if historic:
                past[code] = "" if historic == "1" else historic
    return RegionTable(names, past, uncoded, village_text)


def _fits(fields: list[str]) -> bool:
    code, name, level, historic = fields
    known_level = level == str(LEVEL_OF_LENGTH.get(len(code))) or (level == "4" and len(code) == 6)
    return (
        known_level and code.isdecimal() and code.isascii() and bool(name.strip())
        and (historic in ("", "1") or (historic.isdecimal() and historic.isascii() and len(historic) == len(code)))
    )
