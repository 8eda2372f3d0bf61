"""Charts for reports: columns, horizontal bars, lines and shares, drawn with a :class:`Pen`.

Made for office printers: every series differs in tone, hatching, dash and marker, never in hue alone, and every value that fits
is written out. Values that are not numbers leave a gap; nothing raises for its content.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from ktpel_kiosk.documents.flow import Block
from ktpel_kiosk.documents.pen import INK, LINE, MM, MUTED, PALE, REGULAR, SEMIBOLD, Pen, width_mm, wrap
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.papers import Chart

ACCENT, ACCENT_SOFT, TROUBLE, WHITE = (0.043, 0.361, 0.678), (0.906, 0.941, 0.980), (0.706, 0.137, 0.094), (1.0, 1.0, 1.0)
GREY = (0.66, 0.71, 0.75)
SIZE = 7.8
PLOT = 50.0
"""Height of the plot of columns and lines, mm."""
ROW = 6.4
BARS_ON_A_PAGE = 24


class Fill(NamedTuple):
    tone: tuple[float, float, float]
    hatch: str = ""  # rising | falling
    light: bool = True


FILLS = (Fill(ACCENT, light=False), Fill(ACCENT_SOFT, "rising"), Fill(GREY), Fill(WHITE, "falling"), Fill(INK, light=False), Fill(PALE))
DASHES: tuple[tuple[float, ...], ...] = ((), (2.2, 1.2), (0.6, 1.0), (3.4, 1.0, 0.7, 1.0))


def chart_blocks(chart: Chart, width: float, gap: float = 0.0) -> list[Block]:
    """The chart as blocks: one, or several for more bars than a page holds."""
    labels = chart.labels
    clean = replace(chart, series=tuple(replace(s, values=_clean(s.values, len(labels))) for s in chart.series))
    title = [Block(lambda pen: pen.line(chart.title, SEMIBOLD, 9), gap, keep=True)] if chart.title else []
    if not labels or not any(v is not None for s in clean.series for v in s.values):
        return [*title, Block(lambda pen: pen.paragraph("Belum ada data untuk grafik ini.", size=9, color=MUTED), 1.0)]
    if len(clean.series) > 1 or chart.target is not None:
        title.append(Block(lambda pen: _legend(pen, clean, width), gap if not title else 0.8, keep=True))
    above = 1.2 if title else gap
    if chart.kind in ("hbar", "share"):
        return title + [_rows(clean, width, range(i, min(i + BARS_ON_A_PAGE, len(labels))), above if i == 0 else 0.0)
                        for i in range(0, len(labels), BARS_ON_A_PAGE)]
    return [*title, Block(lambda pen: (_lines if chart.kind == "line" else _columns)(pen, clean, width), above)]


def _rows(chart: Chart, width: float, rows: range, gap: float) -> Block:
    draw = _shares if chart.kind == "share" else _bars
    return Block(lambda pen: draw(pen, chart, width, rows), gap)


LARGEST = 1e12
"""No figure of an office comes near; beyond it axis and labels lose their sense, near the end of a double their arithmetic."""


def _clean(values: Sequence[float | None], count: int) -> tuple[float | None, ...]:
    good = [v if v is not None and abs(v) <= LARGEST else None for v in values[:count]]  # NaN and infinity fail this too
    return (*good, *([None] * (count - len(good))))


def _text(chart: Chart, value: float) -> str:
    return number_text(value, chart.decimals)


def nice_top(value: float) -> tuple[float, float]:
    """(end of the axis, step): at most five steps of 1, 2, 2.5 or 5 times a power of ten, none smaller than 1 for whole numbers."""
    if value <= 0:
        return 1.0, 1.0
    raw = value / 5
    base = 10.0 ** math.floor(math.log10(raw))
    step = next(base * m for m in (1, 2, 2.5, 5, 10) if base * m >= raw * 0.9999)
    return math.ceil(value / step - 1e-9) * step, step


def _top(chart: Chart) -> tuple[float, float]:
    most = max(v for s in chart.series for v in s.values if v is not None)
    top, step = nice_top(max(most, chart.target or 0.0))
    return (max(top, 1.0), max(step, 1.0)) if chart.decimals == 0 and step < 1 else (top, step)


def _legend(pen: Pen, chart: Chart, width: float) -> None:
    x, side = pen.left, 2.8
    pen.y += 3.6
    for i, series in enumerate(chart.series if len(chart.series) > 1 else ()):
        need = side + 1.5 + width_mm(series.label, REGULAR, SIZE) + 5
        if x + need > pen.left + width and x > pen.left:
            x, pen.y = pen.left, pen.y + 4.0
        if chart.kind == "line":
            pen.path(((x - 1, pen.y - 1.1), (x + side + 1, pen.y - 1.1)), thick=0.5, color=_stroke(i), dash=DASHES[i % len(DASHES)])
            _marker(pen, x + side / 2, pen.y - 1.1, i)
        else:
            _filled(pen, x, pen.y - side + 0.4, side, side, i)
        pen.text(x + side + 1.8, pen.y, series.label, REGULAR, SIZE)
        x += need
    if chart.target is not None:
        label = f"{chart.target_label or 'Sasaran'} {_text(chart, chart.target)}{_unit(chart)}"
        if x + 8 + width_mm(label, REGULAR, SIZE) > pen.left + width and x > pen.left:
            x, pen.y = pen.left, pen.y + 4.0
        pen.path(((x, pen.y - 1.1), (x + 6, pen.y - 1.1)), thick=0.45, color=TROUBLE, dash=(1.4, 0.9))
        pen.text(x + 7.2, pen.y, label, REGULAR, SIZE)
    pen.y += 1.2


def _unit(chart: Chart) -> str:
    return f" {chart.unit}" if chart.unit else ""


def _filled(pen: Pen, x: float, y: float, width: float, height: float, index: int) -> None:
    fill = FILLS[index % len(FILLS)]
    pen.box(x, y, width, height, thick=0, fill=fill.tone)
    if fill.hatch:
        pen.hatch(x, y, width, height, rising=fill.hatch == "rising", color=ACCENT if fill.tone == ACCENT_SOFT else INK)
    pen.box(x, y, width, height, thick=0.16, color=_stroke(index))


def _stroke(index: int) -> tuple[float, float, float]:
    return ACCENT if index in (0, 1) else INK


def _axis(pen: Pen, chart: Chart, width: float) -> tuple[float, float, float, Callable[[float], float]]:
    """Grid and numbers; returns (left, right, base line y, value -> y)."""
    top, step = _top(chart)
    places = chart.decimals if chart.decimals else (0 if step == int(step) else 1)
    count = round(top / step)
    names = [number_text(step * i, places) for i in range(count + 1)]
    left = pen.left + max(width_mm(n, REGULAR, SIZE) for n in names) + 2
    pen.y += 4.5
    if chart.unit:
        pen.text(pen.left, pen.y - 2.2, chart.unit, REGULAR, 7, color=MUTED)
    first, right = pen.y, pen.left + width
    base = first + PLOT

    def at(value: float) -> float:
        return base - max(0.0, min(value, top)) / top * PLOT

    for i, name in enumerate(names):
        pen.rule(at(step * i), left, right, thick=0.3 if i == 0 else 0.1, color=INK if i == 0 else LINE)
        pen.text(left - 1.4, at(step * i) + 0.9, name, REGULAR, SIZE, "r", MUTED)
    return left, right, base, at


def _target(pen: Pen, chart: Chart, left: float, right: float, at: Callable[[float], float]) -> None:
    if chart.target is not None:
        pen.path(((left, at(chart.target)), (right, at(chart.target))), thick=0.45, color=TROUBLE, dash=(1.4, 0.9))


def _names(pen: Pen, labels: Sequence[str], left: float, slot: float, base: float) -> None:
    """Labels under their slots, wrapped; only every n-th where there is no room for all."""
    size = SIZE
    longest = max((width_mm(word, REGULAR, 1.0) for label in labels for word in label.split()), default=0.0)
    while size > 5.6 and longest * size > slot - 1:
        size -= 0.2
    every = max(1, math.ceil(min(longest * size + 1, 22.0) / slot))
    most = 1
    for i in range(0, len(labels), every):
        lines = wrap(labels[i], REGULAR, size, slot * every - 1)[:3]
        most = max(most, len(lines))
        for n, text in enumerate(lines):
            pen.text(left + (i + 0.5) * slot, base + 3.4 + n * size * 1.2 / MM, text, REGULAR, size, "m")
    pen.y = base + 3.4 + most * size * 1.2 / MM


def _columns(pen: Pen, chart: Chart, width: float) -> None:
    left, right, base, at = _axis(pen, chart, width)
    slot = (right - left) / len(chart.labels)
    bar = min(slot * 0.72 / len(chart.series), 16.0)
    for s, series in enumerate(chart.series):
        for i, value in enumerate(series.values):
            if value is None:
                continue
            x = left + (i + 0.5) * slot - bar * len(chart.series) / 2 + s * bar
            _filled(pen, x + bar * 0.04, at(value), bar * 0.92, base - at(value), s)
            label = _text(chart, value)
            if width_mm(label, REGULAR, 7.2) <= max(bar * 1.15, bar + 0.8):
                pen.text(x + bar / 2, at(value) - 0.9, label, REGULAR, 7.2, "m")
    _target(pen, chart, left, right, at)
    _names(pen, chart.labels, left, slot, base)


def _lines(pen: Pen, chart: Chart, width: float) -> None:
    left, right, base, at = _axis(pen, chart, width)
    slot = (right - left) / len(chart.labels)
    _target(pen, chart, left, right, at)
    for s, series in enumerate(chart.series):
        run: list[tuple[float, float]] = []
        for i, value in enumerate((*series.values, None)):
            if value is None:
                pen.path(run, thick=0.55, color=_stroke(s), dash=DASHES[s % len(DASHES)])
                run = []
                continue
            run.append((left + (i + 0.5) * slot, at(value)))
        for i, value in enumerate(series.values):
            if value is not None:
                x = left + (i + 0.5) * slot
                _marker(pen, x, at(value), s)
                label = _text(chart, value)
                wide = width_mm(label, REGULAR, 7.2)
                if wide + (0.6 if len(chart.series) == 1 else 5.0) < slot and len(chart.series) <= 2:
                    y = at(value) - 1.7 if _above(chart, s, i) else min(at(value) + 3.8, base - 0.6)
                    pen.text(x, y, label, REGULAR, 7.2, "m")
    _names(pen, chart.labels, left, slot, base)


def _above(chart: Chart, index: int, at: int) -> bool:
    """The higher of two lines is labelled above, the lower below."""
    if len(chart.series) == 1:
        return True
    own, other = chart.series[index].values[at], chart.series[1 - index].values[at]
    return other is None or own is None or own > other or (own == other and index == 0)


def _marker(pen: Pen, x: float, y: float, index: int) -> None:
    r, color = 0.95, _stroke(index)
    shapes = (((-r, -r), (r, -r), (r, r), (-r, r)), ((0, -r * 1.35), (r * 1.2, r), (-r * 1.2, r)),
              ((0, -r * 1.4), (r * 1.4, 0), (0, r * 1.4), (-r * 1.4, 0)))
    shape = shapes[index % len(shapes)]
    pen.path([(x + dx, y + dy) for dx, dy in shape], thick=0.3, color=color, fill=color if index % 2 == 0 else WHITE)


def _label_column(pen: Pen, chart: Chart, width: float) -> float:
    longest = max(width_mm(label, REGULAR, 8.2) for label in chart.labels)
    return min(longest + 3, width * 0.36)


def _row_label(pen: Pen, label: str, column: float, middle: float) -> None:
    lines = wrap(label, REGULAR, 8.2, column - 3)
    size = 8.2 if len(lines) == 1 else 7.0
    lines = wrap(label, REGULAR, size, column - 3)[:2]
    leading = size * 1.15 / MM
    first = middle + 1.0 - (len(lines) - 1) * leading / 2
    for i, text in enumerate(lines):
        pen.text(pen.left + column - 2, first + i * leading, text, REGULAR, size, "r")


def _bars(pen: Pen, chart: Chart, width: float, rows: range) -> None:
    top, _ = _top(chart)
    column = _label_column(pen, chart, width)
    unit = " %" if chart.unit == "%" else ""
    room = max(width_mm(_text(chart, v) + unit, REGULAR, SIZE) for s in chart.series for v in s.values if v is not None) + 2.5
    left = pen.left + column
    scale = (width - column - room) / top
    bar = (ROW - 1.6) if len(chart.series) == 1 else 3.6
    tall = bar * len(chart.series) + 1.8
    if chart.unit and not unit and rows.start == 0:
        pen.text(left, pen.y + 2.4, f"dalam {chart.unit}", REGULAR, 7, color=MUTED)
        pen.y += 3.6
    start = pen.y
    for i in rows:
        _row_label(pen, chart.labels[i], column, pen.y + tall / 2)
        for s, series in enumerate(chart.series):
            value = series.values[i]
            y = pen.y + 0.9 + s * bar
            if value is None:
                pen.text(left + 1.5, y + bar / 2 + 1.0, "-", REGULAR, SIZE, color=MUTED)
                continue
            long = max(0.0, value) * scale
            if long > 0:
                _filled(pen, left, y, long, bar - 0.3, s)
            pen.text(left + long + 1.5, y + bar / 2 + 0.9, _text(chart, value) + unit, REGULAR, SIZE)
        pen.y += tall
    pen.upright(left, start, pen.y, thick=0.3)
    if chart.target is not None:
        x = left + chart.target * scale
        pen.path(((x, start), (x, pen.y)), thick=0.45, color=TROUBLE, dash=(1.4, 0.9))


def _shares(pen: Pen, chart: Chart, width: float, rows: range) -> None:
    column = _label_column(pen, chart, width)
    left, whole = pen.left + column, width - column
    for i in rows:
        parts = [max(0.0, s.values[i] or 0.0) for s in chart.series]
        total = sum(parts)
        _row_label(pen, chart.labels[i], column, pen.y + ROW / 2)
        x = left
        for s, part in enumerate(parts):
            if not total or not part:
                continue
            long = whole * part / total
            _filled(pen, x, pen.y + 0.7, long, ROW - 1.4, s)
            _share_label(pen, f"{number_text(part / total * 100, chart.decimals)} %", x, pen.y + ROW / 2, long, FILLS[s % len(FILLS)])
            x += long
        if not total:
            pen.text(left + 1.5, pen.y + ROW / 2 + 1, "Belum ada data", REGULAR, SIZE, color=MUTED)
        pen.y += ROW


def _share_label(pen: Pen, text: str, x: float, middle: float, long: float, fill: Fill) -> None:
    wide = width_mm(text, SEMIBOLD, 7.4)
    if wide + 2.4 > long:
        return
    if fill.hatch:
        pen.box(x + long / 2 - wide / 2 - 0.8, middle - 1.7, wide + 1.6, 3.4, thick=0, fill=WHITE)
    pen.text(x + long / 2, middle + 0.95, text, SEMIBOLD, 7.4, "m", INK if fill.light else WHITE)
