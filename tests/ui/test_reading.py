"""The order Tab goes in, and what looking for it must not leave behind."""

from __future__ import annotations

import gc

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ktpel_kiosk.ui.reading import in_order
from ktpel_kiosk.ui.widgets.flow import Flow


def fields(*names: str) -> list[QLineEdit]:
    return [QLineEdit(n) for n in names]


def page() -> QWidget:
    """Parts put in out of order: a row within a column, a grid, a flow."""
    root = QWidget()
    column, row, grid, flow = QVBoxLayout(root), QHBoxLayout(), QGridLayout(), Flow()
    last, first, second, third, g1, g2, f1, f2 = fields("last", "first", "second", "third", "g1", "g2", "f1", "f2")
    column.addWidget(last)
    column.insertLayout(0, row)
    row.addWidget(second)
    row.insertWidget(0, first)
    column.insertWidget(1, third)
    grid.addWidget(g2, 1, 0)
    grid.addWidget(g1, 0, 0)
    column.insertLayout(2, grid)
    holder = QWidget()
    holder.setLayout(flow)
    flow.addWidget(f1)
    flow.addWidget(f2)
    column.insertWidget(3, holder)
    return root


def test_layouts_are_read_from_the_first_item_to_the_last(qtbot) -> None:
    root = page()
    qtbot.addWidget(root)
    assert [w.text() for w in in_order(root) if isinstance(w, QLineEdit)] == ["first", "second", "third", "g1", "g2", "f1", "f2", "last"]


def items() -> int:
    gc.collect()
    return sum(type(o).__name__ == "QWidgetItem" for o in gc.get_objects())


def test_no_python_face_of_an_item_of_qt_stays(qtbot) -> None:
    """One that stays is worn by whatever Qt puts at that address next."""
    root = page()
    qtbot.addWidget(root)
    before = items()
    assert len(list(in_order(root))) == 8
    assert items() == before
