"""The register's statements, which are written for SQLite, in PostgreSQL's words.

There is one set of statements. What PostgreSQL spells otherwise is put right here, once per text, and what it lacks are functions of its
own (:mod:`functions`); so both databases answer the same questions, and no statement can be forgotten on one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*")
_HELD = re.compile("\x00(\\d+)\x00")
_DML = re.compile(r"\s*(INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)\"?", re.IGNORECASE)
_RETURNING = re.compile(r"\sRETURNING\s+(.*)$", re.IGNORECASE | re.DOTALL)
_FROM_BRACKET = re.compile(r"\b(?:FROM|JOIN)\s*\(", re.IGNORECASE)
_ALIASED = re.compile(r"\s*(?:AS\s+)?(?!WHERE\b|GROUP\b|ORDER\b|LIMIT\b|JOIN\b|CROSS\b|LEFT\b|ON\b|UNION\b|HAVING\b|AND\b|SET\b)[\w\x00]+",
                      re.IGNORECASE)
_JSON_PATH = re.compile(r"json_extract\(([\w.]+), (\x00\d+\x00)\)")
_NUMBERS: Final = ("numbers", "chapters")
"""Parameters that hold JSON lists of whole numbers; every other list holds text."""
_CACHED: Final = 4096

_PLAIN: Final = (
    (re.compile(r"\s+INDEXED BY \w+"), ""),
    (re.compile(r"\s+NOT INDEXED\b"), ""),
    (re.compile(r"\bCROSS JOIN\b"), "JOIN"),
    (re.compile(r"\bmain\."), ""),
    (re.compile(r"\bAS INTEGER\)"), "AS BIGINT)"),
    (re.compile(r"\bAS REAL\)"), "AS DOUBLE PRECISION)"),
    (re.compile(r"(?<![\w.])(\d+\.\d+)(?![\w.])"), r"\1::float8"),
    (re.compile(r"\bjson_each\((:(?:" + "|".join(_NUMBERS) + r"))\)"), r"json_numbers(\1)"),
    (re.compile(r"\bjson_each\("), "json_texts("),
    (re.compile(r"\b(FROM|INTO|UPDATE|JOIN|TABLE)\s+user\b"), r'\1 "user"'),
    (re.compile(r"\buser\."), '"user".'),
)
_PARAMETER: Final = re.compile(r"(?<![:\w]):([A-Za-z_]\w*)")


class Held:
    """A statement with its quoted parts taken out, so that rules see code alone."""

    def __init__(self, sql: str) -> None:
        self._parts: list[str] = []
        self.code = _QUOTED.sub(self._take, sql)

    def _take(self, found: re.Match[str]) -> str:
        if found[0].startswith("--"):
            return " "
        return self.put(found[0])

    def put(self, quoted: str) -> str:
        self._parts.append(quoted)
        return f"\x00{len(self._parts) - 1}\x00"

    def part(self, place: str) -> str:
        """The quoted text that stands at ``place``."""
        return self._parts[int(place.strip("\x00"))]

    def whole(self, quote: Callable[[str], str] = lambda part: part) -> str:
        return _HELD.sub(lambda m: quote(self._parts[int(m[1])]), self.code)


@dataclass(frozen=True, slots=True)
class Statement:
    """``sql`` with ``%(name)s`` parameters. For a change: its ``table``, its ``act`` and what it returns itself."""

    sql: str
    table: str = ""
    act: str = ""
    returning: str = ""


@lru_cache(_CACHED)
def translated(sql: str) -> Statement:
    """A statement of the register, whose parameters are named (or ``?``)."""
    held = Held(sql)
    held.code = _JSON_PATH.sub(lambda m: _json_member(held, m), held.code)
    for pattern, becomes in _PLAIN:
        held.code = pattern.sub(becomes, held.code)
    held.code = _named_tables(held.code).replace("%", "%%")
    held.code = _PARAMETER.sub(r"%(\1)s", held.code).replace("?", "%s")
    change = _DML.match(sql)
    returning = _RETURNING.search(held.code) if change else None
    done = held.whole(lambda part: part.replace("%", "%%"))
    if change is None:
        return Statement(done)
    return Statement(done, change[2], change[1].split()[0].upper(), returning[1] if returning else "")


def _json_member(held: Held, found: re.Match[str]) -> str:
    path = held.part(found[2]).strip("'")
    assert path.startswith("$.")
    return f"({found[1]}::json ->> {held.put(repr(path[2:]))})"


def _named_tables(code: str) -> str:
    """Every table in brackets gets a name, which PostgreSQL insists on."""
    at, count = 0, 0
    while found := _FROM_BRACKET.search(code, at):
        end = _closing(code, found.end() - 1)
        if not _ALIASED.match(code, end + 1):
            rest = code[end + 1:]
            code = f"{code[:end + 1]} AS q{count}_{' ' if rest[:1].isalnum() else ''}{rest}"
            count += 1
        at = found.end()
    return code


def _closing(code: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(code)):
        depth += (code[at] == "(") - (code[at] == ")")
        if not depth:
            return at
    raise ValueError("brackets")
