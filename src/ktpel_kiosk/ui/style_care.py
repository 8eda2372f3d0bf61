"""What Qt's style sheets keep of widgets that are gone.

Qt 6.11 keeps its rules by widget and forgets them when the widget says that it is destroyed. It listens to every widget it styles, but not
to viewports and to the frame a combo box opens, which it styles by what holds them; their entries (960 octets each, measured) stay for
ever, and a kiosk throws pages away all day. A sheet of its own, for a moment before it dies, makes Qt listen to such a widget too.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractScrollArea, QComboBox, QFrame, QWidget

ANY = "*{}"
"""A sheet without a rule."""


def bury(widget: QWidget) -> None:
    """Destroyed with the next turn of the loop, with nothing left behind."""
    let_go(widget)
    widget.deleteLater()


def let_go(dying: QWidget) -> None:
    """Call it on a widget that is about to be destroyed, with all that is in it.

    A viewport that still holds something is passed over: its sheet would be told to all of that, which may be half gone.
    """
    for widget in list(_unheard(dying)):
        widget.ensurePolished()
        widget.setStyleSheet(ANY)
        widget.setStyleSheet("")


def _unheard(dying: QWidget) -> Iterator[QWidget]:
    areas = dying.findChildren(QAbstractScrollArea)
    if isinstance(dying, QAbstractScrollArea):
        areas.append(dying)
    for area in areas:
        view = area.viewport()
        if view.testAttribute(Qt.WidgetAttribute.WA_WState_Polished) and not view.findChildren(QWidget):
            yield view
    boxes = dying.findChildren(QComboBox)
    if isinstance(dying, QComboBox):
        boxes.append(dying)
    for box in boxes:
        yield from (child for child in box.children() if isinstance(child, QFrame) and child.inherits("QComboBoxPrivateContainer"))
