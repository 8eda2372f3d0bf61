"""A menu inside its window: what seldom has to be chosen, below or above the button that opens it.

Not a QMenu: that is a window of its own, which screen readers are told nothing of on X11, whose grab swallows what the applicant touches
on the other screen, and which goes away when the kiosk hands the keyboard back to the officer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QKeyEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget
from shiboken6 import isValid

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.reading import ScrollBox
from ktpel_kiosk.ui.widgets.base import Line, elided, text_width
from ktpel_kiosk.ui.widgets.buttons import Pressable
from ktpel_kiosk.ui.widgets.popover import Popover

K = Qt.Key
STEPS = {K.Key_Up: -1, K.Key_Down: 1, K.Key_Backtab: -1, K.Key_Tab: 1}
ENDS = {K.Key_Home: 0, K.Key_PageUp: 0, K.Key_End: -1, K.Key_PageDown: -1}
MOST_LETTERS = 420
"""Design pixels of a line's words; a longer name is elided and told in full by its tip."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``apart``: a rule stands above it."""

    text: str
    act: Callable[[], object]
    icon: str = ""
    apart: bool = False


class MenuItem(Pressable):
    """A line of a menu; the one with the keyboard is lit, whatever brought it there."""

    ROLE = "MenuItem"

    def __init__(self, entry: Entry, menu: Menu) -> None:
        super().__init__(entry.text)
        self.entry, self._menu = entry, menu
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda: menu.choose(self))

    def _left(self) -> int:
        return self.theme.px(46 if self.entry.icon else 14)

    def _words(self) -> int:
        return text_width(self.theme.font("body", 500), self.text()) + 2

    def shortened(self) -> bool:
        return self._words() > self.theme.px(MOST_LETTERS)

    def sizeHint(self) -> QSize:
        theme = self.theme
        return QSize(self._left() + min(theme.px(MOST_LETTERS), self._words()) + theme.px(20), max(48, theme.px(48)))

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.setFocus(Qt.FocusReason.MouseFocusReason)  # one line is lit, not two

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride:
            event.accept()  # while the menu is open, the page's keys wait
            return True
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        self._menu.step(self, 1 if forward else -1)
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = K(event.key())
        if key in STEPS:
            self._menu.step(self, STEPS[key])
        elif key in ENDS:
            self._menu.items[ENDS[key]].setFocus(Qt.FocusReason.PopupFocusReason)
        elif key in (K.Key_Return, K.Key_Enter):
            self.click()
        elif key == K.Key_Escape:
            self._menu.leave()
        elif key == K.Key_Space:
            super().keyPressEvent(event)

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = self.brush()
        rect, lit = QRectF(self.rect()), self.hasFocus()
        if lit or self.touched():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.shade(theme.color("accent_soft")))
            painter.drawRoundedRect(rect, theme.radius("control"), theme.radius("control"))
        if self.entry.icon:
            side = theme.px(20)
            icons.draw(painter, self.entry.icon, theme.color("accent" if lit else "muted"), theme.px(14), (self.height() - side) / 2, side)
        font = theme.font("body", 500)
        painter.setFont(font)
        painter.setPen(theme.color("accent" if lit else "ink"))
        room = rect.adjusted(self._left(), 0, -theme.px(12), 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, elided(font, self.text(), room.width()))
        self.ring(painter, rect, theme.radius("control"), theme)


class Menu(Popover):
    """Open it with :func:`open_menu`. Arrows, Home, End, Tab go round; Enter, Space or a touch chooses; Esc or a press elsewhere leaves."""

    ROLE = "PopupMenu"

    def __init__(self, anchor: QWidget, name: str, entries: Iterable[Entry]) -> None:
        super().__init__(anchor, name)
        self.items: list[MenuItem] = []
        inner = self._inner = QWidget()
        self.box = ScrollBox()
        self.box.setStyleSheet("QScrollArea { border: none; }")  # its lines show the keyboard, not the box around them
        self.box.setWidgetResizable(True)
        self.box.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inner.setProperty("surface", "clear")
        inner.setAutoFillBackground(False)
        self.box.setWidget(inner)
        self.box.viewport().setAutoFillBackground(False)
        self.body.addWidget(self.box)
        lines = QVBoxLayout(inner)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(0)
        for entry in entries:
            if entry.apart:
                lines.addSpacing(5)
                lines.addWidget(Line())
                lines.addSpacing(5)
            item = MenuItem(entry, self)
            lines.addWidget(item)
            if item.shortened():
                item.setToolTip(entry.text)
            self.items.append(item)
        lines.addStretch(1)
        self.closed.connect(self.deleteLater)

    def texts(self) -> list[str]:
        return [item.text() for item in self.items]

    def choose(self, item: MenuItem) -> None:
        self.leave()
        item.entry.act()

    def choose_text(self, text: str) -> None:
        """As a press on the line that says so."""
        next(item for item in self.items if item.text() == text).click()

    def step(self, item: MenuItem, by: int) -> None:
        wanted = self.items[(self.items.index(item) + by) % len(self.items)]
        wanted.setFocus(Qt.FocusReason.PopupFocusReason)
        self.box.ensureWidgetVisible(wanted, 0, 0)

    def leave(self) -> None:
        """Close; the keyboard goes back to the button."""
        if isValid(self.anchor) and self.anchor.isVisible():
            self.anchor.setFocus(Qt.FocusReason.PopupFocusReason)
        self.close_up()

    def show_lines(self) -> None:
        around = self.body.contentsMargins()
        room = self._inner.sizeHint()
        high = room.height() + around.top() + around.bottom()
        self.open(max(self.anchor.width(), room.width() + around.left() + around.right()), high)
        if self.height() < high:  # the scroll bar needs room of its own
            self.resize(self.width() + self.box.verticalScrollBar().sizeHint().width(), self.height())
        self.items[0].setFocus(Qt.FocusReason.PopupFocusReason)


def open_menu(anchor: QWidget, name: str, entries: Iterable[Entry]) -> Menu | None:
    """Show the choice at ``anchor``; a second press on the button closes it. ``None``: closed, or nothing to choose from."""
    for menu in anchor.window().findChildren(Menu):
        if menu.anchor is anchor and not menu.isHidden():
            menu.leave()
            return None
    made = list(entries)
    if not made:
        return None
    menu = Menu(anchor, name, made)
    menu.show_lines()
    return menu
