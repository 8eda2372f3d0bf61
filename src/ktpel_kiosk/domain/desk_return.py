"""What became of the work of desks that recorded alone, as a superior reads it: kept as one setting of the office's register."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

SETTING: Final = "meja.kembali"
FINGERS: Final = "meja.kembali.sidik"
"""Setting of the office's register: ids of applications that were recorded alone, whose fingers nobody at the office has compared yet."""
MOST: Final = 50
"""Returns kept until somebody has read them; the audit knows of all."""


@dataclass(frozen=True, slots=True)
class Apart:
    """One application that did not simply go over.

    Attributes:
        number: its register number; empty where not even that could be read.
        key: message key of the reason.
        other: number of the application in its way, where there is one.
    """

    number: str
    key: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class DeskReturn:
    """``copy``: of which work copy. ``joined``: applications that are on the server now. ``closed``: the same person was served at another
    desk, everything is kept and the application closed. ``held``: still at the desk alone."""

    station: str
    copy: str
    at: datetime
    joined: int
    closed: tuple[Apart, ...] = ()
    held: tuple[Apart, ...] = ()


def as_text(returns: Sequence[DeskReturn]) -> str:
    """The newest of them."""
    return json.dumps([{"station": r.station, "copy": r.copy, "at": r.at.isoformat(), "joined": r.joined,
                        "closed": [_row(a) for a in r.closed], "held": [_row(a) for a in r.held]} for r in returns[-MOST:]],
                      separators=(",", ":"))


def read(text: str | None) -> tuple[DeskReturn, ...]:
    """As :func:`as_text` wrote it, oldest first; what cannot be read counts as nothing (the audit has the numbers)."""
    try:
        return tuple(DeskReturn(str(r["station"]), str(r["copy"]), datetime.fromisoformat(r["at"]), int(r["joined"]),
                                tuple(Apart(*map(str, a)) for a in r["closed"]), tuple(Apart(*map(str, a)) for a in r["held"]))
                     for r in json.loads(text or "[]"))
    except (ValueError, TypeError, KeyError, RecursionError):
        return ()


def with_it(known: Sequence[DeskReturn], new: DeskReturn) -> tuple[DeskReturn, ...]:
    """``new`` in the place of what was said of the same work copy before, else behind the others."""
    same = next((r for r in known if r.copy == new.copy), None)
    if same is not None and (same.joined, same.closed, same.held) == (new.joined, new.closed, new.held):
        return tuple(known)
    return (*(r for r in known if r.copy != new.copy), new)


def _row(a: Apart) -> list[str]:
    return [a.number, a.key, a.other]


def read_ids(text: str | None) -> tuple[str, ...]:
    """As ``ids_text`` wrote them; what cannot be read counts as none."""
    return tuple((text or "").split())


def ids_text(ids: Sequence[str]) -> str:
    """Each once, in order."""
    return " ".join(dict.fromkeys(ids))
