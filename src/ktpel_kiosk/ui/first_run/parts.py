"""Widgets of the assistant: big choices, the SOP's steps as a trail, groups of fields, a picture of a sheet."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import Painted, elided
from ktpel_kiosk.ui.widgets.buttons import TONES as CHIP_TONES
from ktpel_kiosk.ui.widgets.buttons import Pressable


def wrapped_height(theme: Theme, step: str, weight: int, text: str, width: int) -> int:
    """Height of ``text`` when it is broken into lines of ``width`` pixels."""
    if not text:
        return 0
    flags = int(Qt.TextFlag.TextWordWrap)
    return QFontMetrics(theme.font(step, weight)).boundingRect(0, 0, max(40, width), 10_000, flags, text).height()


class BigChoice(Pressable):
    """A card to choose: icon, title, one or two sentences, a chip; below it, where there are any, the steps of a SOP."""

    moved = Signal(int)

    def __init__(self, value: str, title: str, text: str = "", *, icon: str = "", chip: tuple[str, str] = ("", ""),
                 steps: Sequence[str] = ()) -> None:
        super().__init__(title)
        self.value, self.detail, self.icon_name, self.chip, self.steps = value, text, icon, chip, tuple(steps)
        self.setCheckable(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        said = ". ".join(x for x in (title, chip[0], text, "Langkah: " + ", ".join(steps) if steps else "") if x)
        self.setAccessibleName(said)
        self.setAccessibleDescription(text)

    def _sides(self) -> tuple[int, int]:
        """Left edge of the words and width of what stands at the right."""
        p = self.theme.px
        wide = QFontMetrics(self.theme.font("small", 600)).horizontalAdvance(self.chip[0]) + p(32) if self.chip[0] else 0
        return p(70) if self.icon_name else p(20), p(52) + wide

    def heightForWidth(self, width: int) -> int:
        theme, p = self.theme, self.theme.px
        left, right = self._sides()
        words = wrapped_height(theme, "strong", 600, self.text(), width - left - right)
        words += wrapped_height(theme, "body", 400, self.detail, width - left - p(52)) + (p(3) if self.detail else 0)
        trail = p(62) if self.steps else 0
        return max(p(72), words + p(32)) + trail

    def hasHeightForWidth(self) -> bool:
        return True

    def sizeHint(self) -> QSize:
        width = max(self.width(), self.theme.px(320))
        return QSize(self.theme.px(420), self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(220), self.heightForWidth(max(self.width(), self.theme.px(220))))

    def resizeEvent(self, event: QResizeEvent) -> None:
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif step is None:
            super().keyPressEvent(event)
        else:
            self.moved.emit(step)

    def paintEvent(self, event: QEvent) -> None:
        theme, p, on = self.theme, self.theme.px, self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(QPen(theme.color("accent" if on or self.underMouse() else "line"), 2 if on else 1))
        painter.setBrush(theme.color("accent_soft" if on else "surface"))
        painter.drawRoundedRect(rect, theme.radius("card"), theme.radius("card"))
        left, right = self._sides()
        width = self.width()
        trail = p(62) if self.steps else 0
        high = self.height() - trail
        title_high = wrapped_height(theme, "strong", 600, self.text(), width - left - right)
        text_high = wrapped_height(theme, "body", 400, self.detail, width - left - p(52))
        top = (high - title_high - (text_high + p(3) if text_high else 0)) / 2
        if self.icon_name:
            side = p(26)
            icons.draw(painter, self.icon_name, theme.color("accent"), p(24), (high - side) / 2, side)
        painter.setPen(theme.color("ink"))
        painter.setFont(theme.font("strong", 600))
        flags = Qt.TextFlag.TextWordWrap
        painter.drawText(QRectF(left, top, width - left - right, title_high + 2), flags, self.text())
        painter.setPen(theme.color("muted"))
        painter.setFont(theme.font("body"))
        painter.drawText(QRectF(left, top + title_high + p(3), width - left - p(52), text_high + 2), flags, self.detail)
        self._paint_mark(painter, theme, top + title_high / 2, on)
        if self.chip[0]:
            self._paint_chip(painter, theme, right, top + title_high / 2)
        if self.steps:
            paint_trail(painter, theme, self.steps, QRectF(left, high - p(8), width - left - p(20), trail))
        self.ring(painter, QRectF(self.rect()), p(12), theme)

    def _paint_mark(self, painter: QPainter, theme: Theme, middle: float, on: bool) -> None:
        """The round mark of a choice at the right end of the title's line."""
        side = theme.px(22)
        disc = QRectF(self.width() - theme.px(20) - side, middle - side / 2, side, side).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.color("accent" if on else "field_line"), 1.5))
        painter.setBrush(theme.color("accent" if on else "surface"))
        painter.drawEllipse(disc)
        if on:
            inset = theme.px(4)
            icons.draw(painter, "check", theme.color("on_accent"), disc.left() + inset, disc.top() + inset, theme.px(14), 3.2)

    def _paint_chip(self, painter: QPainter, theme: Theme, right: int, middle: float) -> None:
        text, tone = self.chip
        back, ink = CHIP_TONES[tone]
        font = theme.font("small", 600)
        wide, high = right - theme.px(64), theme.px(24)
        pill = QRectF(self.width() - right + theme.px(2), middle - high / 2, wide, high)
        painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else QPen(theme.color(ink), 1))
        painter.setBrush(theme.color(back))
        painter.drawRoundedRect(pill, high / 2, high / 2)
        painter.setFont(font)
        painter.setPen(theme.color(ink))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)


def paint_trail(painter: QPainter, theme: Theme, steps: Sequence[str], room: QRectF) -> None:
    """The steps of a SOP side by side: numbered discs on a line, their names below."""
    p, count = theme.px, len(steps)
    cell, side = room.width() / max(1, count), p(24)
    font, name = theme.font("tiny", 600), theme.font("tiny" if cell < p(76) else "small", 500)
    y = room.top() + side / 2
    painter.setPen(QPen(theme.color("field_line"), 2))
    painter.drawLine(round(room.left() + cell / 2), round(y), round(room.right() - cell / 2), round(y))
    for i, text in enumerate(steps):
        middle = room.left() + cell * (i + 0.5)
        disc = QRectF(middle - side / 2, y - side / 2, side, side)
        painter.setPen(QPen(theme.color("accent"), 1.5))
        painter.setBrush(theme.color("surface"))
        painter.drawEllipse(disc)
        painter.setFont(font)
        painter.setPen(theme.color("accent"))
        painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(i + 1))
        painter.setFont(name)
        painter.setPen(theme.color("ink"))
        painter.drawText(QRectF(middle - cell / 2, y + side / 2 + p(1), cell, p(20)), Qt.AlignmentFlag.AlignCenter,
                         elided(name, text, cell - 2))


class ChoiceList(QWidget):
    """Big choices of which one is chosen; arrows move, ``chosen`` tells."""

    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(10)
        self.group = QButtonGroup(self)
        self.items: dict[str, BigChoice] = {}

    def clear(self) -> None:
        for item in self.items.values():
            self.group.removeButton(item)
            item.hide()
            item.deleteLater()
        self.items.clear()

    def add(self, item: BigChoice) -> None:
        self.items[item.value] = item
        self.group.addButton(item)
        self.box.addWidget(item)
        item.clicked.connect(lambda _on=False, value=item.value: self.chosen.emit(value))
        item.moved.connect(lambda step, item=item: self._move(item, step))

    def _move(self, item: BigChoice, step: int) -> None:
        items = list(self.items.values())
        target = items[(items.index(item) + step) % len(items)]
        target.setFocus(Qt.FocusReason.TabFocusReason)
        target.click()

    def choose(self, value: str) -> None:
        if value in self.items:
            self.items[value].setChecked(True)

    def value(self) -> str:
        return next((v for v, item in self.items.items() if item.isChecked()), "")

    def focus(self) -> None:
        items = list(self.items.values())
        target = next((i for i in items if i.isChecked()), items[0] if items else None)
        if target is not None:
            target.setFocus()


class Views(QWidget):
    """Parts of a page of which one is shown; only that one asks for room. (A QStackedWidget asks for the height of all, whatever their
    policies, where words are broken into lines.)"""

    def __init__(self) -> None:
        super().__init__()
        self._views: list[QWidget] = []
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)

    def addWidget(self, view: QWidget) -> None:
        self._views.append(view)
        self._box.addWidget(view)
        if len(self._views) > 1:
            view.hide()

    def setCurrentIndex(self, at: int) -> None:
        self.setCurrentWidget(self._views[at])

    def setCurrentWidget(self, view: QWidget) -> None:
        for other in self._views:
            if other is not view:
                other.hide()
        view.show()

    def currentIndex(self) -> int:
        return next(i for i, view in enumerate(self._views) if not view.isHidden())

    def currentWidget(self) -> QWidget:
        return self._views[self.currentIndex()]


class FactLine(Painted):
    """One thing that is there or still to come: a sign, its name, words below, the state at the right."""

    def __init__(self, title: str, words: str, *, good: bool, detail: str) -> None:
        super().__init__()
        self._title, self._words, self._good, self._detail = title, words, good, detail
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{title}: {detail}. {words}".strip())
        self.setToolTip(words)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(240), self.theme.px(52 if self._words else 42))

    def paintEvent(self, event: QEvent) -> None:
        theme, p = self.theme, self.theme.px
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side, high = p(22), self.height()
        tone = "good" if self._good else "muted"
        icons.draw(painter, "circle-check" if self._good else "circle", theme.color(tone), 0, (high - side) / 2, side)
        small, font = theme.font("small"), theme.font("body", 600)
        wide = QFontMetrics(small).horizontalAdvance(self._detail) + 2
        painter.setFont(small)
        painter.setPen(theme.color(tone))
        painter.drawText(QRectF(self.width() - wide, 0, wide, high), Qt.AlignmentFlag.AlignVCenter, self._detail)
        room = QRectF(p(34), 0, self.width() - p(34) - wide - p(10), high)
        upper = QRectF(room.left(), high / 2 - p(20), room.width(), p(21)) if self._words else room
        painter.setFont(font)
        painter.setPen(theme.color("ink"))
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, elided(font, self._title, room.width()))
        if self._words:
            painter.setFont(small)
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(room.left(), high / 2, room.width(), p(20)), Qt.AlignmentFlag.AlignVCenter,
                             elided(small, self._words, room.width()))
        painter.fillRect(QRectF(0, high - 1, self.width(), 1), theme.color("line"))


class SheetPicture(Painted):
    """A sheet of paper as it will come out of the printer, its upper part, fitted to the width."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._pixmap: QPixmap | None = None
        self._waiting = ""
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(220, 180)

    def set_png(self, data: bytes) -> None:
        made = QPixmap()
        made.loadFromData(data)
        self._pixmap = None if made.isNull() else made
        self.update()

    def set_waiting(self, text: str) -> None:
        self._waiting = text
        self.update()

    def has_picture(self) -> bool:
        return self._pixmap is not None

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(rect, theme.radius("tick"), theme.radius("tick"))
        if self._pixmap is None:
            painter.setPen(theme.color("muted"))
            painter.setFont(theme.font("body"))
            painter.drawText(rect.adjusted(16, 16, -16, -16), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._waiting)
            return
        inner = rect.adjusted(2, 2, -2, -2)
        share = inner.width() / self._pixmap.width()
        high = min(self._pixmap.height(), inner.height() / share)
        painter.drawPixmap(QRectF(inner.left(), inner.top(), inner.width(), high * share), self._pixmap,
                           QRectF(0, 0, self._pixmap.width(), high))
