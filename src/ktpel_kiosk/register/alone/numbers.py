"""Register numbers set aside for one desk, so that it can give numbers while it is alone and none is given twice.

No number disappears: it is given, or still set aside (and given next), or struck on record with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ktpel_kiosk.domain.errors import Corrupt
from ktpel_kiosk.domain.numbering import NUMBERS

if TYPE_CHECKING:
    from ktpel_kiosk.ports.register import Tx, View

SERIES: Final = "register"
SET_ASIDE: Final = "nomor.cadangan"
"""Setting of a work copy; on the office server one for each station: ``nomor.cadangan.STATION``."""


@dataclass(frozen=True, slots=True)
class NumberBlock:
    """``spans``: first and last of each run, ascending."""

    year: int
    spans: tuple[tuple[int, int], ...] = ()

    @property
    def left(self) -> int:
        return sum(last - first + 1 for first, last in self.spans)

    def after(self, number: int) -> NumberBlock:
        """What is left when everything up to ``number`` is given."""
        return replace(self, spans=tuple((max(first, number + 1), last) for first, last in self.spans if last > number))

    def text(self) -> str:
        return f"{self.year}:" + ",".join(f"{first}-{last}" for first, last in self.spans)


def read_block(text: str | None) -> NumberBlock | None:
    """As :meth:`NumberBlock.text` wrote it; ``None`` where nothing is set aside. Raises Corrupt."""
    if not text:
        return None
    try:
        year, _, spans = text.partition(":")
        return NumberBlock(int(year), tuple(_span(span) for span in spans.split(",") if span))
    except ValueError as error:
        raise Corrupt("register.corrupt", path=SET_ASIDE) from error


def _span(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first), int(last)


def block_of(view: View, station: str) -> NumberBlock | None:
    """What the office set aside for this desk."""
    return read_block(view.setting(_key(station)))


def set_aside(tx: Tx, station: str, year: int, count: int) -> NumberBlock:
    """At least half of ``count`` numbers for this desk: those it has still, and new ones where they are fewer. Those of a year gone by are
    struck."""
    known = block_of(tx, station)
    if known is not None and known.year != year:
        strike(tx, station, "tahun berganti")
        known = None
    block = known or NumberBlock(year)
    if block.left * 2 >= count:
        return block
    first = tx.next_number(SERIES, year)
    last = first + count - block.left - 1
    if last > first:
        tx.raise_number(SERIES, year, last)
    block = NumberBlock(year, tuple(_joined((*block.spans, (first, last)))))
    tx.put_setting(_key(station), block.text())
    tx.log("NumbersSetAside", "register", "-", station=station, year=year, first=first, last=last)
    return block


def given(tx: Tx, station: str, year: int, number: int) -> None:
    """Numbers up to ``number`` of this desk's were given while it was alone."""
    block = block_of(tx, station)
    if block is not None and block.year == year:
        tx.put_setting(_key(station), block.after(number).text())


def strike(tx: Tx, station: str, reason: str, actor: str = "-") -> int:
    """Numbers of a desk that will not be given any more, on record; returns how many."""
    block = block_of(tx, station)
    if block is None:
        return 0
    for first, last in block.spans:
        tx.log("NumbersStruck", NUMBERS, actor, station=station, year=block.year, first=first, last=last, reason=reason)
    tx.put_setting(_key(station), "")
    return block.left


def _key(station: str) -> str:
    return f"{SET_ASIDE}.{station}"


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for first, last in spans:
        if made and made[-1][1] + 1 == first:
            made[-1] = (made[-1][0], last)
        else:
            made.append((first, last))
    return made
