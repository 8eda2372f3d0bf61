"""Reading a TOML table strictly: each key once, of the right type, and nothing that nobody asked for.

Everything that is wrong becomes one BadInput that names the file, the line, the key and the value.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import time
from enum import StrEnum
from typing import Never, TypeVar

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.toml_lines import TomlLines
from ktpel_kiosk.domain.toml_text import parse_toml

E = TypeVar("E", bound=StrEnum)
_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_MISSING = object()


class Source:
    """A parsed file with its name and lines; ``room`` is the first part of every message key."""

    def __init__(self, text: str, name: str, room: str) -> None:
        self.name, self.room = name, room
        try:
            self.data = parse_toml(text)
        except ValueError as error:
            found = _AT.search(str(error))
            line = int(found[1]) if found and found[1] else text.count("\n") + 1
            column = int(found[2]) if found and found[2] else 1
            raise BadInput(f"{room}.toml", path=name, line=line, column=column, reason=_AT.sub("", str(error))) from error
        self.lines = TomlLines(text)

    def fail(self, rule: str, path: tuple[str | int, ...], value: object = "", **facts: str) -> Never:
        """Raise BadInput ``<room>.<rule>`` pointing at ``path``."""
        key = next((str(p) for p in reversed(path) if isinstance(p, str)), "")
        raise BadInput(f"{self.room}.{rule}", path=self.name, line=self.lines.line(*path), key=key, value=shown(value), **facts)


def shown(value: object) -> str:
    """A value for a message: short, on one line."""
    text = ", ".join(str(v) for v in value) if isinstance(value, list | tuple) else str(value)
    return " ".join(text.split())[:60]


def nearest(word: str, known: Iterable[str]) -> str:
    """What was probably meant, else all that is known."""
    options = list(known)
    close = difflib.get_close_matches(word, options, n=1)
    return close[0] if close else ", ".join(options)


class Table:
    """One table of the file. Read every key with a method, then call :meth:`end`."""

    def __init__(self, source: Source, data: dict[str, object], path: tuple[str | int, ...]) -> None:
        self.source, self.path = source, path
        self._data = data
        self._asked: set[str] = set()

    def fail(self, rule: str, key: str, value: object = "", **facts: str) -> Never:
        self.source.fail(rule, (*self.path, key), value, **facts)

    def has(self, key: str) -> bool:
        return key in self._data

    def _get(self, key: str, default: object) -> object:
        self._asked.add(key)
        if key in self._data:
            return self._data[key]
        if default is _MISSING:
            meant = difflib.get_close_matches(key, [k for k in self._data if k not in self._asked], n=1, cutoff=0.8)
            if meant:
                self.fail("unknown_key", meant[0], meant[0], expected=key)
            self.source.fail("missing_key", (*self.path, key))
        return default

    def _wrong(self, key: str, value: object, expected: str) -> Never:
        self.fail("wrong_type", key, value, expected=expected)

    def text(self, key: str, default: object = _MISSING, *, allow_empty: bool = False) -> str:
        value = self._get(key, default)
        if not isinstance(value, str):
            self._wrong(key, value, "teks dalam tanda petik")
        if default is _MISSING and not allow_empty and not value.strip():
            self.fail("empty", key)
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self._get(key, default)
        if not isinstance(value, bool):
            self._wrong(key, value, "true atau false")
        return value

    def whole(self, key: str, *, least: int) -> int:
        value = self._get(key, _MISSING)
        if isinstance(value, bool) or not isinstance(value, int):
            self._wrong(key, value, "bilangan bulat")
        if value < least:
            self.fail("too_small", key, value, expected=str(least))
        return value

    def number(self, key: str, default: float | None = None) -> float | None:
        """A number of zero or more, or the default."""
        value = self._get(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value or value in (float("inf"), -float("inf")):
            self._wrong(key, value, "bilangan")
        if value < 0:
            self.fail("negative_time", key, value)
        return float(value)

    def clock(self, key: str, default: time) -> time:
        """``08:00:00`` or the text ``"08.00"``."""
        value = self._get(key, default)
        if isinstance(value, str) and (m := re.fullmatch(r"([01]?\d|2[0-3])[.:]([0-5]\d)", value)):
            return time(int(m[1]), int(m[2]))
        if not isinstance(value, time):
            self._wrong(key, value, "jam, misalnya 08:00:00")
        return value

    def texts(self, key: str, default: object = ()) -> tuple[str, ...]:
        value = self._get(key, default)
        if not isinstance(value, list | tuple):
            self._wrong(key, value, "daftar teks")
        for index, item in enumerate(value):
            if not isinstance(item, str) or not item.strip():
                self.source.fail("wrong_type", (*self.path, key, index), item, expected="teks dalam tanda petik")
        return tuple(value)

    def choice(self, key: str, known: tuple[str, ...], default: object = _MISSING, rule: str = "unknown_value") -> str:
        value = self.text(key, default)
        if value not in known:
            self.fail(rule, key, value, expected=nearest(value, known))
        return value

    def choices(self, key: str, kind: type[E], rule: str, default: object = ()) -> tuple[E, ...]:
        """A list of enum values; an unknown one is named at its own line."""
        words = self.texts(key, default)
        known = [str(member) for member in kind]
        for index, word in enumerate(words):
            if word not in known:
                self.source.fail(rule, (*self.path, key, index), word, expected=nearest(word, known))
        return tuple(kind(w) for w in words)

    def tables(self, key: str, *, required: bool = False) -> list[Table]:
        """The array table ``key``; empty when it is not there and not required."""
        value = self._get(key, _MISSING if required else [])
        if not isinstance(value, list):
            self._wrong(key, value, f"[[{key}]]")
        out = []
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                self.source.fail("wrong_type", (*self.path, key, index), item, expected=f"[[{key}]]")
            out.append(Table(self.source, item, (*self.path, key, index)))
        return out

    def table(self, key: str) -> Table:
        value = self._get(key, _MISSING)
        if not isinstance(value, dict):
            self._wrong(key, value, f"[{key}]")
        return Table(self.source, value, (*self.path, key))

    def end(self) -> None:
        """Raise for the first key nobody asked for."""
        for key in self._data:
            if key not in self._asked:
                self.source.fail("unknown_key", (*self.path, key), key, expected=nearest(key, sorted(self._asked)))
