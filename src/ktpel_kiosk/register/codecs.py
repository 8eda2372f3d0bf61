"""Turning domain values into columns and back by their declared types, exactly.

Moments become INTEGER microseconds since 1970 UTC, days ISO text, flags 0/1, enums their value; nested values and lists become
JSON text. A stored value that no longer fits its type raises Corrupt ``register.row``; it is never guessed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import cache
from operator import attrgetter, itemgetter
from types import NoneType, UnionType
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from ktpel_kiosk.domain.errors import BugError, Corrupt, KioskError

T = TypeVar("T")
Convert = Callable[[Any], Any]
Codec = tuple[Convert, Convert]
"""(to stored, from stored)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Microseconds since 1970 UTC. Raises BugError ``register.naive_time`` for a moment without a zone."""
    if at.tzinfo is None:
        raise BugError("register.naive_time")
    return (at - _EPOCH) // _TICK


def moment(value: int) -> datetime:
    return _EPOCH + _TICK * value


def _same(value: Any) -> Any:
    return value


def _exactly(*kinds: type) -> Convert:
    def check(value: Any) -> Any:
        if type(value) not in kinds:
            raise TypeError(kinds[0].__name__)
        return value

    return check


_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@cache
def json_codec(hint: Any) -> Codec:
    """Codec between a value of type ``hint`` and what JSON can hold."""
    inner = _optional(hint)
    if inner is not None:
        put, get = json_codec(inner)
        return (lambda v: None if v is None else put(v)), (lambda v: None if v is None else get(v))
    if hint is str or hint is bool:
        return _same, _exactly(hint)
    if hint is int:
        return _same, _exactly(int)
    if hint is float:
        return _same, _exactly(float, int)
    if hint is date:
        return date.isoformat, date.fromisoformat
    if hint is datetime:
        return micros, moment
    if isinstance(hint, type) and issubclass(hint, Enum):
        return attrgetter("_value_"), hint._value2member_map_.__getitem__
    if isinstance(hint, type) and is_dataclass(hint):
        return _dataclass_codec(hint)
    if get_origin(hint) is tuple:
        put, get = json_codec(get_args(hint)[0])
        return (lambda vs: [put(v) for v in vs]), (lambda vs: tuple(get(v) for v in _exactly(list)(vs)))
    if get_origin(hint) is dict:
        put, get = json_codec(get_args(hint)[1])
        return (lambda d: {k: put(v) for k, v in d.items()}), (lambda d: {k: get(v) for k, v in _exactly(dict)(d).items()})
    raise TypeError(f"no codec for {hint!r}")


def _dataclass_codec(kind: type) -> Codec:
    """By field name. A field added later with a default may be missing in what was stored before."""
    hints = get_type_hints(kind)
    codecs = {f.name: json_codec(hints[f.name]) for f in fields(kind)}
    needed = {f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING}

    def put(value: Any) -> Any:
        return {name: codec[0](getattr(value, name)) for name, codec in codecs.items()}

    def get(stored: Any) -> Any:
        if not needed <= stored.keys() <= codecs.keys():
            raise KeyError(kind.__name__)
        return kind(**{name: codecs[name][1](value) for name, value in stored.items()})

    return put, get


def _optional(hint: Any) -> Any:
    """``X`` of ``X | None``; None for any other type."""
    if get_origin(hint) in (Union, UnionType):
        rest = [a for a in get_args(hint) if a is not NoneType]
        if len(rest) == 1 and len(get_args(hint)) == 2:
            return rest[0]
    return None


@cache
def column_codec(hint: Any) -> Codec:
    """Codec between a value of type ``hint`` and one column."""
    inner = _optional(hint)
    if inner is not None:
        put, get = column_codec(inner)
        return (lambda v: None if v is None else put(v)), (lambda v: None if v is None else get(v))
    if hint is bool:
        return int, bool
    if get_origin(hint) is tuple:
        put, get = json_codec(hint)
        return (lambda v: _dumps(put(v)) if v else "[]"), (lambda v: () if v == "[]" else get(json.loads(v)))
    if hint in (str, int, float, bytes):
        return _same, _same
    if hint is date or hint is datetime or (isinstance(hint, type) and issubclass(hint, Enum)):
        return json_codec(hint)
    put, get = json_codec(hint)
    return (lambda v: _dumps(put(v))), (lambda v: get(json.loads(v)))


class Mapper(Generic[T]):
    """Rows of one table <-> values of one dataclass.

    Args:
        columns: names in the table; a field without a column is left out of both directions and must be given to
            :meth:`value` by the caller.
        names: field -> column where they differ.
        special: field -> codec where the declared type is not enough.
    """

    def __init__(self, kind: type[T], columns: Iterable[str], *, names: Mapping[str, str] | None = None,
                 special: Mapping[str, Codec] | None = None) -> None:
        self.kind = kind
        known, renamed, special = set(columns), dict(names or {}), special or {}
        hints = get_type_hints(kind)
        self._fields: list[tuple[str, str, Convert, Convert]] = []  # (field, column, to stored, from stored)
        for name, hint in hints.items():
            column = renamed.get(name, name)
            if column in known:
                put, get = special[name] if name in special else column_codec(hint)
                self._fields.append((name, column, put, get))
        self._names = tuple(name for name, _, _, _ in self._fields)
        self._columns = tuple(column for _, column, _, _ in self._fields)
        self._put = tuple((column, put) for _, column, put, _ in self._fields if put is not _same)
        self._get = tuple((name, get) for name, _, _, get in self._fields if get is not _same)
        self._from_value, self._from_row = attrgetter(*self._names), itemgetter(*self._columns)

    def columns(self) -> tuple[str, ...]:
        return self._columns

    def values(self, value: T) -> dict[str, Any]:
        """Column -> stored value."""
        stored = dict(zip(self._columns, self._from_value(value), strict=True))
        for column, put in self._put:
            stored[column] = put(stored[column])
        return stored

    def changes(self, old: T, new: T) -> dict[str, Any]:
        """Column -> stored value of the fields that differ."""
        before, after = self._from_value(old), self._from_value(new)
        return {
            column: put(now) for (_, column, put, _), was, now in zip(self._fields, before, after, strict=True)
            if was is not now and was != now
        }

    def reader(self, columns: Sequence[str]) -> Callable[[Sequence[Any]], T]:
        """How rows of these columns become values, for thousands of rows at once; every field has to stand among the columns.

        Raises (the reader): Corrupt ``register.row``.
        """
        assert self._names == tuple(f.name for f in fields(self.kind))  # type: ignore[arg-type]
        picked = itemgetter(*(list(columns).index(c) for c in self._columns))
        wanted, hints = dict(self._get), get_type_hints(self.kind)
        inner = {name: _optional(hints[name]) for name in wanted}
        optional = [(n, column_codec(inner[name])[1]) for n, name in enumerate(self._names) if inner.get(name) is not None]
        needed = [(n, wanted[name]) for n, name in enumerate(self._names) if name in wanted and inner[name] is None]
        kind = self.kind

        def read(row: Sequence[Any]) -> T:
            try:
                found = list(picked(row))
                for n, get in needed:
                    found[n] = get(found[n])
                for n, get in optional:
                    if found[n] is not None:
                        found[n] = get(found[n])
                return kind(*found)
            except (ValueError, KeyError, TypeError, AttributeError, KioskError) as error:
                raise Corrupt("register.row", rule=kind.__name__) from error

        return read

    def value(self, row: Mapping[Any, Any], **rest: Any) -> T:
        """The domain value of a row.

        Raises:
            Corrupt: ``register.row`` with the type's name.
        """
        try:
            found = dict(zip(self._names, self._from_row(row), strict=True))
            for name, get in self._get:
                found[name] = get(found[name])
            return self.kind(**found, **rest)
        except (ValueError, KeyError, TypeError, AttributeError, KioskError) as error:
            raise Corrupt("register.row", rule=self.kind.__name__) from error
