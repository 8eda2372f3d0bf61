"""A small calendar: days of a month, months of a year, twenty years at once; by keyboard, mouse and touch (cells of 48 px)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from ktpel_kiosk.domain.tanggal import Span, shift
from ktpel_kiosk.domain.text import MONTHS, MONTHS_SHORT, WEEKDAYS, date_full, month_year
from ktpel_kiosk.ui.widgets.base import Painted
from ktpel_kiosk.ui.widgets.buttons import Button, IconButton
from ktpel_kiosk.ui.widgets.popover import Popover

DAYS, MONTHS_OF_YEAR, YEARS = "days", "months", "years"
SHAPE = {DAYS: (7, 6), MONTHS_OF_YEAR: (3, 4), YEARS: (4, 5)}
"""Columns and rows of each view."""
PER_PAGE = 20
WORKING_AGE = 25
"""The years first shown where no date is known: around people of this age."""
K = Qt.Key


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    on: date
    inside: bool
    """Belongs to the month shown and to the days asked for."""


class CalendarGrid(Painted):
    """The cells of one view; ``at`` is the day the keyboard stands on."""

    ROLE = "Table"
    picked = Signal(object)
    moved = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.view = DAYS
        self.at = date(2000, 1, 1)
        self.chosen: date | None = None
        self.today = self.at
        self.span = Span.near(self.at)
        self._keys = False
        self._hover = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)

    def show_view(self, view: str) -> None:
        self.view = view
        self.go(self.at)

    def go(self, on: date) -> None:
        """Stand on a day, kept inside the days asked for."""
        self.at = min(max(on, self.span.first), self.span.last)
        what = {DAYS: date_full(self.at), MONTHS_OF_YEAR: month_year(self.at), YEARS: str(self.at.year)}[self.view]
        self.setAccessibleName(f"Kalender, {what}")
        self.setAccessibleDescription("Panah memindah, Enter memilih, Page Up dan Page Down berganti bulan, Esc menutup.")
        self.update()
        self.moved.emit()

    def page_start(self) -> int:
        """First of the twenty years shown."""
        return self.at.year - self.at.year % PER_PAGE

    def cells(self) -> list[_Cell]:
        if self.view == YEARS:
            return [self._year(y) for y in range(self.page_start(), self.page_start() + PER_PAGE)]
        if self.view == MONTHS_OF_YEAR:
            return [self._month(m) for m in range(1, 13)]
        first = self.at.replace(day=1)
        start = first.toordinal() - first.weekday()
        found = []
        for ordinal in range(start, start + 42):
            day = date.fromordinal(max(1, min(ordinal, date.max.toordinal())))
            found.append(_Cell(str(day.day), day, day.month == self.at.month and self.span.first <= day <= self.span.last))
        return found

    def _year(self, year: int) -> _Cell:
        on = self.at.replace(year=max(1, min(year, 9999)), day=min(self.at.day, 28))
        return _Cell(str(year), on, self.span.first.year <= year <= self.span.last.year)

    def _month(self, month: int) -> _Cell:
        on = self.at.replace(month=month, day=min(self.at.day, 28))
        ends = (self.at.year, month)
        inside = (self.span.first.year, self.span.first.month) <= ends <= (self.span.last.year, self.span.last.month)
        return _Cell(MONTHS_SHORT[month - 1], on, inside)

    def page(self, by: int) -> None:
        """A month, a year, or twenty years on."""
        self.go(shift(self.at, *{DAYS: ("month", by), MONTHS_OF_YEAR: ("year", by), YEARS: ("year", PER_PAGE * by)}[self.view]))

    def _same(self, a: date, b: date | None) -> bool:
        if b is None:
            return False
        return a == b if self.view == DAYS else (a.year, a.month) == (b.year, b.month) if self.view == MONTHS_OF_YEAR else a.year == b.year

    # -- input --------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._keys = True
        key, columns = K(event.key()), SHAPE[self.view][0]
        unit = {DAYS: "day", MONTHS_OF_YEAR: "month", YEARS: "year"}[self.view]
        steps = {K.Key_Left: -1, K.Key_Right: 1, K.Key_Up: -columns, K.Key_Down: columns}
        if key in steps:
            self.go(shift(self.at, unit, steps[key]))
        elif key in (K.Key_PageUp, K.Key_PageDown):
            by = -1 if key == K.Key_PageUp else 1
            if event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier):
                self.go(shift(self.at, "year", by * (1 if self.view == DAYS else 10)))
            else:
                self.page(by)
        elif key == K.Key_Home:
            self.go(self.today)
        elif key in (K.Key_Return, K.Key_Enter, K.Key_Space):
            self.picked.emit(self.at)
        elif key == K.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() == K.Key_Escape:
            event.accept()  # Esc closes the calendar, not the page
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def cell_rect(self, index: int) -> QRectF:
        columns, rows = SHAPE[self.view]
        head = self.theme.px(26) if self.view == DAYS else 0
        wide, high = self.width() / columns, (self.height() - head) / rows
        return QRectF(index % columns * wide, head + index // columns * high, wide, high)

    def _cell_at(self, event: QMouseEvent) -> int:
        return next((i for i in range(len(self.cells())) if self.cell_rect(i).contains(event.position())), -1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover = self._cell_at(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._keys = False

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        index = self._cell_at(event)
        if index < 0:
            return
        cell = self.cells()[index]
        if not self.span.first <= cell.on <= self.span.last and not cell.inside:
            return
        self.go(cell.on)
        self.picked.emit(self.at)

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.view == DAYS:
            painter.setFont(theme.font("tiny", 600))
            painter.setPen(theme.color("muted"))
            for i, name in enumerate(WEEKDAYS):
                box = QRectF(i * self.width() / 7, 0, self.width() / 7, theme.px(26))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, name[:3])
        for i, cell in enumerate(self.cells()):
            box = self.cell_rect(i).adjusted(2, 2, -2, -2)
            here, picked = self._same(cell.on, self.at) and (cell.inside or self.view != DAYS), self._same(cell.on, self.chosen)
            picked = picked and cell.inside
            painter.setPen(Qt.PenStyle.NoPen)
            if picked or (i == self._hover and cell.inside):
                painter.setBrush(theme.color("accent" if picked else "soft"))
                painter.drawRoundedRect(box, theme.radius("plate"), theme.radius("plate"))
            if here and (self.hasFocus() or self.view != DAYS):
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(theme.color("focus"), 2))
                painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), theme.radius("plate"), theme.radius("plate"))
            painter.setFont(theme.font("body", 600 if picked or self._same(cell.on, self.today) else 400))
            now = self._same(cell.on, self.today) and cell.inside
            painter.setPen(theme.color("on_accent" if picked else "accent" if now else "ink" if cell.inside else "faint"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cell.text)


class CalendarPopover(Popover):
    """Head with the way back and on, the title that leads to the years, the grid. ``chosen`` carries the day."""

    chosen = Signal(object)

    def __init__(self, anchor: QLineEdit) -> None:
        super().__init__(anchor, "Kalender")
        self.grid = CalendarGrid()
        self.title = Button("", "link")
        self.title.setToolTip("Pilih tahun")
        self.earlier = IconButton("Sebelumnya", "chevron-left")
        self.later = IconButton("Berikutnya", "chevron-right")
        line = QHBoxLayout()
        line.setSpacing(0)
        line.addWidget(self.earlier)
        line.addStretch(1)
        line.addWidget(self.title)
        line.addStretch(1)
        line.addWidget(self.later)
        self.body.addLayout(line)
        self.body.addWidget(self.grid, 1)
        self.earlier.clicked.connect(lambda: self.grid.page(-1))
        self.later.clicked.connect(lambda: self.grid.page(1))
        self.title.clicked.connect(self._up)
        self.grid.picked.connect(self._picked)
        self.grid.moved.connect(self._name)
        self.grid.left.connect(self._leave)

    def begin(self, on: date | None, today: date, span: Span, *, years_first: bool = False) -> None:
        """Open at ``on``; without one at today, or at the years of grown-ups where birth years are asked."""
        self.grid.chosen, self.grid.today, self.grid.span = on, today, span
        self.grid.at = on or (today - timedelta(days=WORKING_AGE * 365) if years_first else today)
        self.grid.show_view(YEARS if years_first else DAYS)
        theme = self.grid.theme
        self.open(max(7 * 48, theme.px(7 * 48)) + 16, max(6 * 48, theme.px(6 * 48)) + theme.px(26) + max(48, theme.px(48)) + 20)
        self.grid.setFocus(Qt.FocusReason.PopupFocusReason)

    def _name(self) -> None:
        at, view = self.grid.at, self.grid.view
        start = self.grid.page_start()
        self.title.set_text({DAYS: f"{MONTHS[at.month - 1]} {at.year}", MONTHS_OF_YEAR: str(at.year),
                             YEARS: f"{start}–{start + PER_PAGE - 1}"}[view])
        self.title.setAccessibleName(f"{self.title.text()}, pilih tahun")

    def _up(self) -> None:
        """From the days to the years, and back to the days."""
        self.grid.show_view(YEARS if self.grid.view != YEARS else DAYS)
        self.grid.setFocus(Qt.FocusReason.PopupFocusReason)

    def _picked(self, on: date) -> None:
        """A year leads to its months, a month to its days, a day is the answer."""
        if self.grid.view != DAYS:
            self.grid.show_view(MONTHS_OF_YEAR if self.grid.view == YEARS else DAYS)
            return
        self.close_up()
        self.chosen.emit(on)

    def _leave(self) -> None:
        self.close_up()
        self.anchor.setFocus(Qt.FocusReason.PopupFocusReason)
