"""A stack of pages that asks only for the room of the page in front.

Qt's own asks for the largest of all, hidden ones too, so one tall panel would push the foot of a page off a low screen.
"""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QStackedWidget, QWidget


class BehindSilent(QWidget):
    """Something that stands in such a stack: behind another it has no height to tell. Qt's stack asks each of its pages for theirs at
    every width it thinks of, and the labels of pages nobody sees were measured ten thousand times while one applicant was served."""

    def heightForWidth(self, width: int) -> int:
        return -1 if self.isHidden() else super().heightForWidth(width)


class FrontStack(QStackedWidget):
    def __init__(self) -> None:
        super().__init__()
        self.currentChanged.connect(lambda _i: self.updateGeometry())

    def sizeHint(self) -> QSize:
        front = self.currentWidget()
        return front.sizeHint() if front is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        front = self.currentWidget()
        if front is None:
            return super().minimumSizeHint()
        return front.minimumSizeHint().expandedTo(front.minimumSize())

    def hasHeightForWidth(self) -> bool:
        front = self.currentWidget()
        return front is not None and front.hasHeightForWidth()

    def heightForWidth(self, width: int) -> int:
        front = self.currentWidget()
        return front.heightForWidth(width) if front is not None else -1
