"""The courier's disk: packets out, receipts and statuses back in. Opened from the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QVBoxLayout

from ktpel_kiosk.ui.widgets.base import label

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow


class CourierDialog(QDialog):
    """``open()`` shows it over the window and returns at once; it closes itself by Esc or its button."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.shell = window
        self.setWindowTitle("Kurir USB")
        self.frame = QVBoxLayout(self)
        self.frame.addWidget(label("Kurir USB", "title", weight="bold"))
