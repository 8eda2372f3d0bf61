"""Laying the Standar Pelayanan out on pages of two columns that can be read from a few steps away. Measures in design pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFont, QFontMetrics

from ktpel_kiosk.domain.sop import Komponen

COLUMN_WIDTH = 595
COLUMN_HEIGHT = 462
TITLE_GAP, LINE_GAP, BLOCK_GAP, BULLET = 6, 5, 20, 26
CONTINUED = "(lanjutan)"


@dataclass(frozen=True, slots=True)
class Block:
    """A component, or a part of a long one, as it stands in a column."""

    number: int
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StandardPage:
    """Two columns of blocks."""

    left: tuple[Block, ...]
    right: tuple[Block, ...]


Measure = Callable[[str, bool, int], int]
"""(text, is a title, width) -> height in design pixels."""


def font_measure(title: QFont, body: QFont) -> Measure:
    """Measures with the faces the page is set in."""
    def measure(text: str, is_title: bool, width: int) -> int:
        metrics = QFontMetrics(title if is_title else body)
        return metrics.boundingRect(QRect(0, 0, width, 10_000), int(Qt.TextFlag.TextWordWrap), text).height()

    return measure


def height(block: Block, measure: Measure, width: int = COLUMN_WIDTH) -> int:
    """Of a block with the gap below it."""
    indent = BULLET if len(block.lines) > 1 else 0
    lines = sum(measure(x, False, width - 44 - indent) + LINE_GAP for x in block.lines)
    return measure(block.title, True, width - 44) + TITLE_GAP + lines + BLOCK_GAP


def numbered(components: Sequence[Komponen]) -> list[Block]:
    """Components numbered from 1; those that share the words before a colon (one per service) share a number."""
    made: list[Block] = []
    number, last = 0, ""
    for component in components:
        stem = component.judul.split(":")[0]
        number += stem != last
        last = stem
        made.append(Block(number, component.judul, component.isi))
    return made


def pages(components: Sequence[Komponen], measure: Measure, width: int = COLUMN_WIDTH, room_high: int = COLUMN_HEIGHT,
          ) -> tuple[StandardPage, ...]:
    """Columns filled in order, two to a page; every line of every component is on exactly one.

    ``width`` and ``room_high`` are those of one column, in the measure's pixels.

    A component goes on in the next column when at least two of its lines fit below what is there, or when it fits nowhere whole.
    """
    columns: list[list[Block]] = [[]]
    used = 0
    waiting = numbered(components)
    while waiting:
        block = waiting.pop(0)
        room = room_high - used + BLOCK_GAP
        if height(block, measure, width) <= room:
            columns[-1].append(block)
            used += height(block, measure, width)
            continue
        fit = _lines_that_fit(block, room, measure, width)
        whole = not columns[-1]
        if (2 <= fit <= len(block.lines) - 2) or whole:
            fit = max(1, fit)
            columns[-1].append(Block(block.number, block.title, block.lines[:fit]))
            if block.lines[fit:]:
                title = block.title if block.title.endswith(CONTINUED) else f"{block.title} {CONTINUED}"
                waiting.insert(0, Block(block.number, title, block.lines[fit:]))
        else:
            waiting.insert(0, block)
        columns.append([])
        used = 0
    if not columns[-1]:
        columns.pop()
    if len(columns) % 2:
        columns.append([])
    return tuple(StandardPage(tuple(columns[i]), tuple(columns[i + 1])) for i in range(0, len(columns), 2))


def _lines_that_fit(block: Block, room: int, measure: Measure, width: int) -> int:
    count = 0
    while count < len(block.lines) and height(Block(block.number, block.title, block.lines[:count + 1]), measure, width) <= room:
        count += 1
    return count
