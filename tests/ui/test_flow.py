"""The wrapping layout keeps its own items: those that Qt makes may share a Python face with one long gone."""

from __future__ import annotations

import gc

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ktpel_kiosk.ui.widgets.flow import Flow

COUNT = 20


def test_items_outlive_layouts_that_stood_at_their_address(qtbot: object) -> None:
    """A layout is looked through (as Tab does), its widgets go, a new line takes their memory, then the old layout goes too."""
    former = QWidget()
    box = QVBoxLayout(former)
    buttons = [QPushButton(str(i)) for i in range(COUNT)]
    for button in buttons:
        box.addWidget(button)
    assert all(box.itemAt(i) is not None for i in range(COUNT))
    for button in buttons:
        shiboken6.delete(button)
    holder = QWidget()
    line = Flow()
    holder.setLayout(line)
    for i in range(COUNT):
        line.addWidget(QPushButton(str(i)))
    shiboken6.delete(former)
    del box, former
    gc.collect()
    assert line.heightForWidth(200) > 0
    assert all(line.itemAt(i).widget().text() == str(i) for i in range(COUNT))
    holder.deleteLater()


def test_widgets_that_go_leave_the_line(qtbot: object) -> None:
    holder = QWidget()
    line = Flow()
    holder.setLayout(line)
    buttons = [QPushButton(str(i)) for i in range(4)]
    for button in buttons:
        line.addWidget(button)
    assert buttons[0].parentWidget() is holder
    shiboken6.delete(buttons[0])
    buttons[1].setParent(None)
    assert line.count() == 2
    taken = line.takeAt(0)
    assert taken is not None and taken.widget() is buttons[2]
    taken.widget().deleteLater()
    del taken
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert line.count() == 1 and line.takeAt(5) is None
    holder.deleteLater()
