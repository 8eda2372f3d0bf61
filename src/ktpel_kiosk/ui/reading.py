"""Reading order for the keyboard: Tab goes as the layouts stand, also through what was built or filled in later.

Qt's own order is that of construction: rows that came from the register after the button below them would be reached last.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QGridLayout, QLayout, QScrollArea, QStackedWidget, QWidget

from ktpel_kiosk.ui.widgets.flow import Flow

BY_TAB = frozenset({Qt.FocusPolicy.TabFocus, Qt.FocusPolicy.StrongFocus, Qt.FocusPolicy.WheelFocus})
"""What Tab stops at; asked of every widget of a page, and Python's flags take their time over an ``&``."""
DEEPEST = 8
"""Sizes of what is scrolled that may follow from one another; two or three are usual, scroll bar and all."""


def in_order(root: QWidget) -> Iterator[QWidget]:
    """Everything below ``root`` that may have the keyboard, as a reader meets it: layouts from the first item to the last."""
    if isinstance(root, QStackedWidget):
        shown = root.currentWidget()
        yield from _one(shown) if shown is not None else ()
        return
    if isinstance(root, QScrollArea):
        held = root.widget()
        yield from _one(held) if held is not None else ()
        return
    if isinstance(root, QAbstractScrollArea | QAbstractButton):
        return
    layout, met = root.layout(), set()
    if layout is not None:
        for widget in _laid_out(layout):
            met.add(widget)
            yield from _one(widget)
    for child in root.children():
        if isinstance(child, QWidget) and not child.isWindow() and child not in met:
            yield from _one(child)


def _one(widget: QWidget) -> Iterator[QWidget]:
    if widget.focusPolicy() != Qt.FocusPolicy.NoFocus:
        yield widget
    yield from in_order(widget)


def _laid_out(layout: QLayout) -> Iterator[QWidget]:
    """No item of a layout is asked for: PySide keeps the Python face of an item Qt made when Qt deletes it, and whatever stands at that
    address next wears it (a scroll bar was a QWidgetItem once in some seventy applicants)."""
    if isinstance(layout, Flow):
        yield from (w for i in range(layout.count()) if (item := layout.itemAt(i)) is not None and (w := item.widget()) is not None)
        return
    holder = layout.parentWidget()
    parts: list[tuple[int, QWidget | QLayout]] = []
    for child in (*(holder.children() if holder is not None else ()), *layout.children()):
        if isinstance(child, QWidget | QLayout) and (at := layout.indexOf(child)) >= 0:
            parts.append((at, child))
    parts.sort(key=lambda part: part[0])
    if isinstance(layout, QGridLayout):
        parts.sort(key=lambda part: layout.getItemPosition(part[0])[:2])  # type: ignore[index]
    for _, part in parts:
        if isinstance(part, QWidget):
            yield part
        else:
            yield from _laid_out(part)


def arrange(root: QWidget) -> None:
    """Let Tab follow :func:`in_order` within ``root``; nothing is touched where it does since the last time.

    Qt's chain is not asked: PySide makes the widget ``nextInFocusChain`` returns a child of the one that was asked, and a page that was
    thrown away then lived on with all its parts as the child of a button in the head of the window.
    """
    wanted = [w for w in in_order(root) if w.focusProxy() is None]
    stands = tuple(map(id, wanted))
    if getattr(root, "_reads", ()) != stands:
        root._reads = stands  # type: ignore[attr-defined]
        for a, b in pairwise(wanted):
            QWidget.setTabOrder(a, b)


class ScrollBox(QScrollArea):
    """Scrolls; a stop for Tab only while nothing inside is one, so that long words can be read with the arrow keys."""

    _deep = 0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Of what is inside. Qt fits its size anew within each change of it; what asks for another size every time would fill the stack
        and take the program with it, so that ends after a few turns: whatever size it has then, it is scrolled."""
        if event.type() != QEvent.Type.Resize:
            return super().eventFilter(watched, event)
        if self._deep >= DEEPEST:
            return False
        self._deep += 1
        try:
            return super().eventFilter(watched, event)
        finally:
            self._deep -= 1

    def _fit_focus(self) -> None:
        inner = self.widget()
        stops = inner is not None and any(w.focusPolicy() in BY_TAB and not w.isHidden() for w in in_order(inner))
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus if stops else Qt.FocusPolicy.StrongFocus)

    def focusNextPrevChild(self, forward: bool) -> bool:
        self._fit_focus()
        return super().focusNextPrevChild(forward)

    def showEvent(self, event: object) -> None:
        self._fit_focus()
        super().showEvent(event)  # type: ignore[arg-type]

    def resizeEvent(self, event: object) -> None:
        self._fit_focus()
        super().resizeEvent(event)  # type: ignore[arg-type]
