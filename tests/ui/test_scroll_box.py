"""What is scrolled may ask for any size it likes: the program lives, and rows of words come to rest."""

from __future__ import annotations

import subprocess
import sys

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.reading import DEEPEST, ScrollBox
from ktpel_kiosk.ui.theme import Theme, set_theme
from ktpel_kiosk.ui.widgets.status import ChecklistRow


class Restless(QWidget):
    """High when it is wide, low when it is narrow: with the scroll bar it needs none, without it it needs one."""

    def __init__(self, edge: int) -> None:
        super().__init__()
        self.edge, self.sizes = edge, 0

    def minimumSizeHint(self) -> QSize:
        return QSize(10, 900 if self.width() >= self.edge else 20)

    def resizeEvent(self, event: object) -> None:
        self.sizes += 1


def restless(area: QScrollArea) -> Restless:
    area.setWidgetResizable(True)
    area.resize(300, 200)
    inner = Restless(area.maximumViewportSize().width())
    area.setWidget(inner)
    area.show()
    for width in (320, 300, 280, 300):
        area.resize(width, 200)
        QApplication.processEvents()
        inner.edge = area.maximumViewportSize().width()
        inner.updateGeometry()
        QApplication.processEvents()
    return inner


def test_what_never_comes_to_rest_ends(qtbot: QtBot) -> None:
    area = ScrollBox()
    qtbot.addWidget(area)
    inner = restless(area)
    assert inner.sizes <= 16 * DEEPEST


def test_qt_alone_fills_the_stack() -> None:
    """Why the guard is there. When this fails Qt has one of its own."""
    done = subprocess.run([sys.executable, "-c", "from PySide6.QtWidgets import QApplication, QScrollArea\n"
                           "from test_scroll_box import restless\napp = QApplication([])\nrestless(QScrollArea())"],
                          cwd=__file__.rpartition("/")[0], capture_output=True, check=False, timeout=60)
    assert done.returncode == -11


def test_rows_of_words_are_as_high_as_their_width_asks(qtbot: QtBot) -> None:
    board = QWidget()
    set_theme(board, Theme())
    column = QVBoxLayout(board)
    row = ChecklistRow("Surat keterangan hilang dari kepolisian untuk penggantian KTP-el")
    column.addWidget(row)
    column.addStretch(1)
    qtbot.addWidget(board)
    board.show()
    heights = []
    for width in (700, 420, 300, 260, 700):
        board.resize(width, 400)
        QApplication.processEvents()
        heights.append(row.height())
        assert row.height() == row.heightForWidth(row.width())
    assert heights[0] == heights[-1] < heights[1] <= heights[2] < heights[3]
    before = row.sizeHint(), row.minimumSizeHint()
    board.resize(200, 400)
    QApplication.processEvents()
    assert (row.sizeHint(), row.minimumSizeHint()) == before  # whatever width it has
