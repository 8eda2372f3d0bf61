"""What all painted widgets share: theme lookup, remeasuring, a focus ring that only the keyboard shows."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QSizePolicy, QVBoxLayout, QWidget
from shiboken6 import delete

from ktpel_kiosk.ui.style_care import bury
from ktpel_kiosk.ui.theme import Theme, remeasure, theme_of

KEYBOARD_REASONS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class Painted(QWidget):
    """Base of widgets that draw themselves from the theme. ``ROLE``: what a screen reader takes them for (ui/accessible.py)."""

    ROLE = "StaticText"

    @property
    def theme(self) -> Theme:
        return theme_of(self)

    def changeEvent(self, event: QEvent) -> None:
        remeasure(self, event)
        super().changeEvent(event)


class KeyboardRing:
    """Remembers whether focus came by keyboard; mix in before a QWidget class."""

    _ring = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._ring = event.reason() in KEYBOARD_REASONS
        super().focusInEvent(event)  # type: ignore[misc]
        self.update()  # type: ignore[attr-defined]

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._ring = False
        super().focusOutEvent(event)  # type: ignore[misc]
        self.update()  # type: ignore[attr-defined]

    def ring(self, painter: QPainter, rect: QRectF, radius: float, theme: Theme) -> None:
        """Draw the focus ring just inside ``rect``, with a light gap to what it surrounds."""
        if self._ring and self.hasFocus():  # type: ignore[attr-defined]
            painter.setBrush(Qt.BrushStyle.NoBrush)
            line, gap = max(3, theme.px(3)), max(2, theme.px(2))
            inner = line + gap / 2
            painter.setPen(QPen(theme.color("surface"), gap))
            painter.drawRoundedRect(rect.adjusted(inner, inner, -inner, -inner), radius - inner, radius - inner)
            painter.setPen(QPen(theme.color("focus"), line))
            half = line / 2
            painter.drawRoundedRect(rect.adjusted(half, half, -half, -half), radius - half, radius - half)


def text_width(font: QFont, text: str) -> int:
    return QFontMetrics(font).horizontalAdvance(text)


def elided(font: QFont, text: str, width: float) -> str:
    """Qt counts the letters one by one and may be off by a pixel where they stand closer or wider together."""
    metrics, room = QFontMetrics(font), int(width)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
    while room > 0 and metrics.horizontalAdvance(shown) > width:
        room -= 1
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
    return shown


def two_lines(font: QFont, text: str, width: float) -> list[str]:
    """``text`` broken between words into at most two lines of ``width``; what the second cannot hold is elided."""
    metrics = QFontMetrics(font)
    if metrics.horizontalAdvance(text) <= width:
        return [text]
    words = text.split()
    first = 1
    while first < len(words) and metrics.horizontalAdvance(" ".join(words[:first + 1])) <= width:
        first += 1
    lines = (" ".join(words[:first]), " ".join(words[first:]))
    return [elided(font, line, width) for line in lines if line]


class Wrapped(QLabel):
    """A label of several lines that remembers how high it is at a width.

    Boxes within boxes ask for it again and again, and Qt shapes the whole text at each asking: half of what it took to show a page.
    """

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self._heights: dict[int, int] = {}

    def heightForWidth(self, width: int) -> int:
        found = self._heights.get(width)
        if found is None:
            if len(self._heights) > HEIGHTS_KEPT:
                self._heights.clear()
            found = self._heights[width] = super().heightForWidth(width)
        return found

    def setText(self, text: str) -> None:
        self._heights.clear()
        super().setText(text)

    def setWordWrap(self, on: bool) -> None:
        self._heights.clear()
        super().setWordWrap(on)

    def changeEvent(self, event: QEvent) -> None:
        self._heights.clear()  # another font, another style
        super().changeEvent(event)


HEIGHTS_KEPT = 64


def label(text: str = "", step: str = "body", *, tone: str = "", weight: str = "", wrap: bool = False,
          align: Qt.AlignmentFlag | None = None) -> QLabel:
    """A text label by type step, tone and weight (``medium``, ``semibold``, ``bold``)."""
    made = Wrapped(text) if wrap else QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("step", step)
    if tone:
        made.setProperty("tone", tone)
    if weight:
        made.setProperty("weight", weight)
    made.setWordWrap(wrap)
    if wrap:
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    if align is not None:
        made.setAlignment(align)
    return made


def set_tone(target: QWidget, tone: str) -> None:
    """Change a label's tone and let the style sheet see it."""
    if (target.property("tone") or "") != tone:
        target.setProperty("tone", tone)
        target.style().unpolish(target)
        target.style().polish(target)


def set_state(target: QWidget, state: str) -> None:
    if (target.property("state") or "") != state:  # never set is as good as none: nothing to style anew
        target.setProperty("state", state)
        target.style().unpolish(target)
        target.style().polish(target)


class Card(QFrame):
    """A white panel with a hairline and radius 12. ``body`` is its vertical layout."""

    def __init__(self, margin: int = 24, spacing: int = 16, *, radius: str = "card", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._radius = radius
        self.fill = "surface"
        self.line = "line"
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(margin, margin, margin, margin)
        self.body.setSpacing(spacing)

    def paintEvent(self, event: QEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color(self.line), 1) if self.line else Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(self.fill))
        radius = theme.radius(self._radius)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)


class Line(Painted):
    """A hairline."""

    ROLE = "Separator"

    def __init__(self, *, vertical: bool = False) -> None:
        super().__init__()
        self._vertical = vertical
        if vertical:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)

    def paintEvent(self, event: QEvent) -> None:
        QPainter(self).fillRect(self.rect(), self.theme.color("line"))


def row(*items: QWidget | int | None, spacing: int = 12, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QHBoxLayout:
    """Horizontal layout; an int is a fixed gap, None stretches."""
    return _fill(QHBoxLayout(), items, spacing, margins)  # type: ignore[return-value]


def column(*items: QWidget | int | None, spacing: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)) -> QVBoxLayout:
    """Vertical layout; an int is a fixed gap, None stretches."""
    return _fill(QVBoxLayout(), items, spacing, margins)  # type: ignore[return-value]


def _fill(layout: QHBoxLayout | QVBoxLayout, items: tuple[object, ...], spacing: int, margins: tuple[int, int, int, int]) -> QLayout:
    layout.setSpacing(spacing)
    layout.setContentsMargins(*margins)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        elif isinstance(item, QWidget):
            layout.addWidget(item)
    return layout


def take_all(layout: QLayout) -> Iterator[QWidget | QLayout]:
    """The widgets and layouts in a layout, taken out of it one after the other.

    What Qt keeps around each of them is deleted: it hands it over for that, and Python's face of it does not (88 octets each, measured).
    """
    while (item := layout.takeAt(0)) is not None:
        widget, inner = item.widget(), item.layout()
        if inner is None:
            delete(item)
        if (taken := widget if widget is not None else inner) is not None:
            yield taken


def clear_layout(layout: QLayout) -> None:
    """Remove and delete everything in a layout."""
    for taken in take_all(layout):
        if isinstance(taken, QWidget):
            taken.hide()
            bury(taken)
        else:
            clear_layout(taken)
            taken.deleteLater()


def blend(a: QColor, b: QColor, share: float) -> QColor:
    """``a`` with ``share`` of ``b`` mixed in."""
    return QColor(*(round(x + (y - x) * share) for x, y in
                    ((a.red(), b.red()), (a.green(), b.green()), (a.blue(), b.blue()))))
