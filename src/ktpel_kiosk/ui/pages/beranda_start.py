"""Beranda without applications: one friendly sentence, and in a new office the first things to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ktpel_kiosk.ui.presenters.board import Start
from ktpel_kiosk.ui.widgets.base import clear_layout, row
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.status import EmptyState


class StartArea(QWidget):
    """``wanted``: page and its arguments."""

    wanted = Signal(str, dict)

    def __init__(self) -> None:
        super().__init__()
        self._shown: Start | None = None
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)

    def show_start(self, start: Start) -> None:
        """Built anew only where something changed; the keyboard's place stays."""
        if start == self._shown:
            return
        self._shown = start
        clear_layout(self._box)
        self._box.addStretch(2)
        self._box.addWidget(EmptyState(start.icon, start.title, start.text))
        line = row(spacing=12)
        line.addStretch(1)
        for words, icon, page, args in start.steps:
            button = Button(words, icon=icon)
            button.clicked.connect(lambda _on=False, page=page, args=args: self.wanted.emit(page, dict(args)))
            line.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        line.addStretch(1)
        self._box.addLayout(line)
        self._box.addStretch(3)
