"""One section of a report on the screen: the same heading, figures, chart, table and note as on paper."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ports.papers import Cell, Chart, Section, Table
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.charts import Bar, BarChart, MarkedBar, MarkedBars, NumberTable
from ktpel_kiosk.ui.widgets.extra import Stat

NARROW_COLUMNS = 6
"""A section whose table has no more columns stands beside the next one like it."""
BESIDE_FROM = 1040
"""Design pixels of room from which two do."""


def cell_text(value: Cell, decimals: int = 1) -> str:
    if isinstance(value, str):
        return "–" if value == "-" else value
    return number_text(value) if isinstance(value, int) else number_text(value, decimals)


def narrow(section: Section) -> bool:
    return section.chart is None and (section.table is None or len(section.table.columns) <= NARROW_COLUMNS)


class SectionCard(Card):
    """Built once from a section; never changes."""

    def __init__(self, section: Section) -> None:
        super().__init__(20, 8)
        self.section = section
        self.body.addWidget(label(section.heading, "strong", weight="semibold"))
        for text in section.text:
            self.body.addWidget(label(text, "body", wrap=True))
        if section.facts:
            line = QHBoxLayout()
            line.setSpacing(12)
            for fact in section.facts:
                tile = Stat()
                tile.show_figure(fact.label, fact.value, fact.note)
                line.addWidget(tile, 1)
            self.body.addLayout(line)
        if section.chart is not None and section.chart.labels:
            self._chart(section.chart)
        if section.table is not None:
            self.body.addWidget(number_table(section.heading, section.table))
        if section.note:
            self.body.addWidget(label(section.note, "small", tone="muted", wrap=True))
        self.body.addStretch(1)

    def _chart(self, chart: Chart) -> None:
        if chart.kind == "hbar":
            marks = chart.series[1] if len(chart.series) > 1 else None
            legend = f"{chart.title}{f', {chart.unit}' if chart.unit else ''}" + (f". Garis tegak: {marks.label.lower()}." if marks else "")
            self.body.addWidget(label(legend, "small", tone="muted", wrap=True))
            bars = MarkedBars(chart.title or self.section.heading, marks.label if marks else "")
            bars.set_bars([_marked(chart, i) for i in range(len(chart.labels))])
            self.body.addWidget(bars)
            return
        columns = BarChart(chart.title)
        columns.setMinimumHeight(columns.theme.px(170))
        columns.set_bars([Bar(name, int(value or 0)) for name, value in zip(chart.labels, chart.series[0].values, strict=True)])
        self.body.addWidget(columns)


def _marked(chart: Chart, i: int) -> MarkedBar:
    value = chart.series[0].values[i] or 0.0
    mark = chart.series[1].values[i] if len(chart.series) > 1 else None
    return MarkedBar(chart.labels[i], value, number_text(value, chart.decimals), mark,
                     "" if mark is None else number_text(mark, chart.decimals))


def number_table(title: str, table: Table) -> NumberTable:
    """The paper's table as a widget: a column of numbers (and dashes) stands right."""
    every = (*table.rows, *((table.total,) if table.total else ()))
    right = [c > 0 and all(not isinstance(row[c], str) or row[c] in ("-", "") for row in every) for c in range(len(table.columns))]
    right = [r or name == "Selisih" for r, name in zip(right, table.columns, strict=True)]
    made = NumberTable(title)
    made.set_table(table.columns, [[cell_text(x, table.decimals) for x in row] for row in table.rows], right, table.widths,
                   [cell_text(x, table.decimals) for x in table.total])
    return made


class SectionList(QWidget):
    """Sections below each other, narrow neighbours side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(16)
        self.cards: tuple[SectionCard, ...] = ()
        self._lines: list[QBoxLayout] = []

    def show_sections(self, sections: Sequence[Section]) -> None:
        if tuple(c.section for c in self.cards) == tuple(sections):
            return
        clear_layout(self._column)
        self._lines = []
        self.cards = tuple(SectionCard(s) for s in sections)
        waiting = list(self.cards)
        while waiting:
            holder = QWidget()
            line = QBoxLayout(QBoxLayout.Direction.LeftToRight, holder)
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(16)
            first = waiting.pop(0)
            line.addWidget(first, 1)
            if waiting and narrow(first.section) and narrow(waiting[0].section):
                line.addWidget(waiting.pop(0), 1)
            self._lines.append(line)
            self._column.addWidget(holder)
        self._column.addStretch(1)
        self._fit()

    def _fit(self) -> None:
        """Two beside each other only where their tables keep their words."""
        wide = self.width() >= theme_of(self).px(BESIDE_FROM)
        for line in self._lines:
            line.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
