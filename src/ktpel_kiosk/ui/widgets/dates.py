"""The date field: reads dates as people write them, asks where they are unclear, says the long form; arrows and a calendar change it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import QDate, QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from ktpel_kiosk.domain.tanggal import DateReading, Span, read_date, shift
from ktpel_kiosk.domain.text import date_card, date_full
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import clear_layout
from ktpel_kiosk.ui.widgets.field import TextField

if TYPE_CHECKING:
    from ktpel_kiosk.ui.widgets.calendar import CalendarPopover

PARTS = (("day", 0, 2), ("month", 3, 5), ("year", 6, 10))
"""Parts of ``05-02-2008`` and where they stand."""
K = Qt.Key


def age_years(born: date, today: date) -> int:
    """Whole years lived."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def _machine_day() -> date:
    today = QDate.currentDate()
    return date(today.year(), today.month(), today.day())


class DateEdit(QLineEdit):
    """The line. Up and down change the part under the caret, with Alt, or F4, opens the calendar; so does its picture."""

    opened = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setInputMethodHints(Qt.InputMethodHint.ImhDate)
        self.read: Callable[[], DateReading] = lambda: DateReading()
        self.today: Callable[[], date] = date.today
        self.setMouseTracking(True)
        self._indent()

    def _indent(self) -> None:
        self.setTextMargins(0, 0, theme_of(self).px(30), 0)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._indent()
        super().changeEvent(event)

    def icon_rect(self) -> QRectF:
        """Where the calendar's picture is pressed: 48 px wide."""
        wide = max(48, theme_of(self).px(48))
        return QRectF(self.width() - wide, 0, wide, self.height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {K.Key_Up: 1, K.Key_Down: -1, K.Key_PageUp: 1, K.Key_PageDown: -1}.get(K(event.key()))
        if event.key() == K.Key_F4 or (step and event.modifiers() & Qt.KeyboardModifier.AltModifier):
            self.opened.emit()
        elif step and not self.isReadOnly():
            self._step(step, "month" if event.key() in (K.Key_PageUp, K.Key_PageDown) else "")
        else:
            super().keyPressEvent(event)

    def _step(self, by: int, part: str) -> None:
        """Change the part under the caret; an empty line begins with today."""
        reading = self.read()
        at = self.cursorPosition()
        if reading.on is None:
            if not self.text().strip():
                self._write(self.today(), "day")
            return
        shown = date_card(reading.on)
        if self.text() != shown:
            at = 0
        part = part or next((name for name, _first, last in PARTS if at <= last), "year")
        self._write(shift(reading.on, part, by), part)

    def _write(self, on: date, part: str) -> None:
        self.setText(date_card(on))
        first, last = next((a, b) for name, a, b in PARTS if name == part)
        self.setSelection(last, first - last)
        self.textEdited.emit(self.text())

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.left.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.setCursor(Qt.CursorShape.PointingHandCursor if self.icon_rect().contains(event.position()) else Qt.CursorShape.IBeamCursor)
        super().mouseMoveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.icon_rect().contains(event.position()) and self.isEnabled():
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.opened.emit()
            return
        super().mousePressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = theme_of(self)
        side = theme.px(18)
        icons.draw(QPainter(self), "calendar", theme.color("muted"), self.width() - side - theme.px(14), (self.height() - side) / 2, side)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), max(48, theme_of(self).px(48)))


class DateField(TextField):
    """A date as people write it (see :func:`read_date`).

    Args:
        birth: a birth date: two-digit years ask, the age stands beside the long form, the calendar begins with the years.
        brief: the line beneath leaves the weekday out (narrow columns).

    ``value`` is ``05-02-2008`` once the text means one day, else the text as typed.
    """

    def __init__(self, name: str, title: str, *, birth: bool = False, brief: bool = False) -> None:
        self.birth, self._brief = birth, brief
        edit = DateEdit()
        super().__init__(name, title, placeholder="HH-BB-TTTT", limit=40, line=edit)
        self.edit = edit
        self.likely: date | None = None
        self._calendar: CalendarPopover | None = None
        self._answers: QWidget | None = None
        edit.read = self.reading
        edit.today = self.today
        edit.textEdited.connect(self._typed)
        edit.left.connect(self.settle)
        edit.returnPressed.connect(self.settle)
        edit.opened.connect(self.show_calendar)

    def today(self) -> date:
        """The office's day; this machine's where the field stands in no window of an office."""
        session = getattr(self.window(), "session", None)
        return session.today() if session is not None else _machine_day()

    def span(self) -> Span:
        return Span.birth(self.today()) if self.birth else Span.near(self.today())

    def reading(self) -> DateReading:
        return read_date(self.line.text(), self.today(), self.span())

    def day(self) -> date | None:
        """The day, where the text means one."""
        return self.reading().on

    def value(self) -> str:
        on = self.day()
        return date_card(on) if on is not None else super().value()

    def set_value(self, value: object) -> None:
        super().set_value(value)
        self._show()

    # -- while typing -------------------------------------------------------------------------------------------------

    def _typed(self, text: str) -> None:
        digits = text.replace("-", "")
        if digits.isdigit() and len(digits) == 8 and "-" not in text and self.day() is not None:
            self.line.setText(self.value())
        self._show()

    def _show(self) -> None:
        """The long form beneath; a question only when one can be answered."""
        found = self.reading()
        self._ask(found.choices)
        if found.on is not None:
            self.say(found.told or self._long(found.on), "attention" if found.problem else "")
        elif found.choices:
            self.say(f"Maksudnya {found.question}", "attention")
        else:
            self.say("")

    def _long(self, on: date) -> str:
        text = date_full(on) if not self._brief else date_full(on).partition(", ")[2]
        return f"{text} · {age_years(on, self.today())} tahun" if self.birth else text

    def settle(self) -> None:
        """Left: a clear date is written as on the card, an unclear one asks, a wrong one says why."""
        found = self.reading()
        if found.on is not None and not found.problem:
            if self.line.text() != date_card(found.on):
                self.line.setText(date_card(found.on))
        elif found.told:
            self.say(found.told, "trouble" if found.on is None else "attention")

    def _ask(self, choices: tuple[date, ...]) -> None:
        """One button per day the text may mean; the day of the NIK first."""
        layout = self.layout()
        if self._answers is None:
            if not choices or layout is None:
                return
            self._answers = QWidget()
            line = QHBoxLayout(self._answers)
            line.setContentsMargins(0, 0, 0, 0)
            line.setSpacing(8)
            layout.addWidget(self._answers)
        inner = self._answers.layout()
        assert inner is not None
        clear_layout(inner)
        if choices:
            from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
            same_day = len({(d.day, d.month) for d in choices}) == 1
            for day in sorted(choices, key=lambda d: d != self.likely):
                chip = ChoiceChip(str(day.year) if same_day else date_card(day), day)
                chip.setAccessibleName(date_full(day))
                chip.clicked.connect(lambda _on=False, day=day: self.choose(day))
                inner.addWidget(chip)
            inner.addStretch(1)  # type: ignore[attr-defined]
        self._answers.setVisible(bool(choices))

    def choose(self, on: date) -> None:
        """One of the answers, or a day of the calendar."""
        self.line.setText(date_card(on))
        self.line.setFocus()
        self._show()
        self.changed.emit()

    def show_calendar(self) -> None:
        if self._calendar is None:
            from ktpel_kiosk.ui.widgets.calendar import CalendarPopover
            self._calendar = CalendarPopover(self.line)
            self._calendar.chosen.connect(self.choose)
        found = self.reading()
        on = found.on or (found.choices[0] if found.choices else None) or self.likely
        self._calendar.begin(on, self.today(), self.span(), years_first=self.birth and on is None)
