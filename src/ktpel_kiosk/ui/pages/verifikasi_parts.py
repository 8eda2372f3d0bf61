"""Parts of the check: entries with what differs, papers with their pictures, who gave a paraf."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QLabel, QVBoxLayout, QWidget

from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.checking import EntryRow
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, column, label, row
from ktpel_kiosk.ui.widgets.buttons import Chip, ChoiceChip
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.paper_view import PaperView
from ktpel_kiosk.ui.widgets.status import ChecklistRow

LIST = ""
"""The choice that shows the list instead of a picture."""


class EntriesCard(Card):
    """Every entry of the application; those that differ from what the office knows carry the other value below."""

    def __init__(self) -> None:
        super().__init__(24, 10)
        self._rows: tuple[EntryRow, ...] = ()
        self._stacked = False
        self.differs = Chip("", "attention", icon="triangle-alert")
        self.body.addLayout(row(label("Isian", "strong", weight="semibold"), None, self.differs))
        inner = QWidget()
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(20)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(1, 1)
        self.body.addWidget(scroll(inner), 1)

    def show_entries(self, rows: Sequence[EntryRow]) -> None:
        self._rows = tuple(rows)
        count = sum(1 for r in rows if r.other)
        self.differs.set(f"{count} berbeda", "attention", "triangle-alert")
        self.differs.setVisible(bool(count))
        self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._stacked != self._narrow():
            self._fill()

    def _narrow(self) -> bool:
        return self.width() < theme_of(self).px(400)

    def _fill(self) -> None:
        """Names beside the values, or above them where there is little room."""
        self._stacked = self._narrow()
        clear_layout(self._grid)
        for i, r in enumerate(self._rows):
            name = label(r.title, "small", tone="attention" if r.other else "muted")
            parts = [selectable(r.value), *([label(r.other, "small", tone="attention", wrap=True)] if r.other else [])]
            box = QWidget()
            box.setLayout(column(*([name] if self._stacked else []), *parts, spacing=2))
            if self._stacked:
                self._grid.addWidget(box, i, 0, 1, 2)
            else:
                self._grid.addWidget(name, i, 0, Qt.AlignmentFlag.AlignTop)
                self._grid.addWidget(box, i, 1)
        self._grid.setRowStretch(99, 1)


class PapersPane(Card):
    """The papers: the list; where something was scanned the pictures, with the list one press away."""

    def __init__(self) -> None:
        super().__init__(24, 8)
        self._heading = label("Berkas", "strong", weight="semibold")
        self.body.addWidget(self._heading)
        self._choice = QWidget()
        self._flow = Flow(8)
        self._choice.setLayout(self._flow)
        self._group = QButtonGroup(self)
        self.body.addWidget(self._choice)
        self.view = PaperView(titled=False)
        self.body.addWidget(self.view, 1)
        inner = QWidget()
        self._list = QVBoxLayout(inner)
        self._list.setContentsMargins(0, 0, 4, 0)
        self._list.setSpacing(0)
        self._area = scroll(inner)
        self.body.addWidget(self._area, 1)
        self._pictures: dict[str, list[QImage]] = {}
        self._titles: dict[str, str] = {}
        self.show_pictures({}, {})

    def show_rows(self, rows: Sequence[tuple[str, bool, bool]], warnings: Sequence[str], parafs: Sequence[tuple[str, str]]) -> None:
        """Papers (text, obligatory, there); warnings; who gave a paraf (text, tone)."""
        clear_layout(self._list)
        for text, required, there in rows:
            made = ChecklistRow(text, required=required, fixed=True)
            made.setMinimumWidth(120)
            made.setChecked(there)
            self._list.addWidget(made)
        if warnings:
            self._list.addSpacing(12)
        for text in warnings:
            self._list.addLayout(column(Chip("Perhatian", "attention", icon="triangle-alert"),
                                        label(text, "small", tone="attention", wrap=True), spacing=6))
        if parafs:
            self._list.addSpacing(12)
            self._list.addWidget(Line())
            self._list.addSpacing(8)
        for text, tone in parafs:
            self._list.addWidget(label(text, "small", tone=tone, wrap=True))
        self._list.addStretch(1)

    def show_pictures(self, pictures: Mapping[str, list[QImage]], titles: Mapping[str, str]) -> None:
        """Pages by code of the paper; none: the list has the room."""
        self._pictures, self._titles = {k: v for k, v in pictures.items() if v}, dict(titles)
        for old in self._group.buttons():
            self._group.removeButton(old)
        clear_layout(self._flow)
        for kode in (*self._pictures, LIST) if self._pictures else ():
            chip = ChoiceChip("Daftar" if kode == LIST else self._titles.get(kode, kode), kode)
            chip.clicked.connect(partial(self.look, kode))
            self._group.addButton(chip)
            self._flow.addWidget(chip)
        some = bool(self._pictures)
        self._choice.setVisible(some)
        self._heading.setHidden(some)
        self.look(next(iter(self._pictures)) if some else LIST)

    @property
    def pictured(self) -> bool:
        """Something was scanned."""
        return bool(self._pictures)

    def look(self, kode: str, _on: bool = False) -> None:
        for button in self._group.buttons():
            button.setChecked(button.value == kode)  # type: ignore[attr-defined]
        self.view.setHidden(kode == LIST)
        self._area.setVisible(kode == LIST)
        self.view.show_paper(self._titles.get(kode, kode), self._pictures.get(kode, []))


def selectable(value: str) -> QLabel:
    made = label(value, "body", weight="medium", wrap=True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made
