"""A SIAK status in plain words: what it means, what to tell the applicant, who acts, what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ui.widgets.base import clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Chip

if TYPE_CHECKING:
    from ktpel_kiosk.ui.presenters.statuses import Explained, SaidRow


class StatusText(QWidget):
    """The explanation; hidden while there is none. ``short``: only what it means and what comes next."""

    def __init__(self, *, short: bool = False) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        head = QHBoxLayout()
        head.setSpacing(10)
        self.chip = Chip("", "neutral")
        self.since = label("", "small", tone="muted")
        head.addWidget(self.chip)
        head.addWidget(self.since, 1)
        box.addLayout(head)
        self.operator = label("", "body", wrap=True)
        box.addWidget(self.operator)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        self.values = []
        for row, title in enumerate(("Untuk pemohon", "Bertindak", "Berikutnya")):
            name = label(title, "small", tone="muted")
            value = label("", "body", wrap=True, weight="medium" if row == 2 else "")
            grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1, Qt.AlignmentFlag.AlignTop)
            name.setVisible(not short or row == 2)
            value.setVisible(not short or row == 2)
            self.values.append(value)
        box.addLayout(grid)
        self.hide()

    def show_status(self, said: Explained | None, since: str = "") -> None:
        self.setVisible(said is not None)
        if said is None:
            return
        self.chip.set(said.title, said.tone)
        self.since.setText(since)
        self.operator.setText(said.operator)
        for value, text in zip(self.values, (f"\u201c{said.applicant}\u201d", said.who, said.next), strict=True):
            value.setText(text)


class StatusHistory(QWidget):
    """Everything said so far with its source, newest first."""

    def __init__(self) -> None:
        super().__init__()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(8)

    def show_rows(self, rows: tuple[SaidRow, ...]) -> None:
        clear_layout(self._box)
        for row in rows:
            line = QHBoxLayout()
            line.setSpacing(10)
            text = QVBoxLayout()
            text.setSpacing(0)
            text.addWidget(label(row.title, "body", weight="medium", wrap=True))
            reason = f" · {row.reason}" if row.reason else ""
            text.addWidget(label(f"{row.when} · {row.source}{reason}", "small", tone="muted", wrap=True))
            line.addLayout(text, 1)
            self._box.addLayout(line)
        self.setVisible(bool(rows))
