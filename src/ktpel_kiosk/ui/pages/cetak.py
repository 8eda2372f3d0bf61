"""Cetak: from the print-ready record to the verified chip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ktpel_kiosk.ui.pages.base import Page
from ktpel_kiosk.ui.widgets.base import label

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow


class CetakPage(Page):
    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.frame.addWidget(label("Cetak", "title", weight="bold"))
        self.frame.addStretch(1)
