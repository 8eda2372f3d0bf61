"""Right side of the counter: the checklist with the scanner's button at each paper, and looking at what was scanned."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.loket_parts import MissingButton, MoreOptions, RecordedLine
from ktpel_kiosk.ui.presenters.intake import CheckLine
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import Panel
from ktpel_kiosk.ui.widgets.paper_view import PaperView
from ktpel_kiosk.ui.widgets.status import ChecklistRow


class PapersCard(Card):
    """The checklist. ``scanner``: papers can be scanned here."""

    ticked = Signal(str, bool)
    scan = Signal(str)
    look = Signal(str)

    def __init__(self, standard: str) -> None:
        super().__init__(20, 8)
        self.rows: dict[str, ChecklistRow] = {}
        self.pages: dict[str, int] = {}
        self.scanner = False
        self._buttons: dict[str, Button] = {}
        self.missing = MissingButton()
        head = QHBoxLayout()
        head.addWidget(label("Kelengkapan", "title", weight="bold"), 1)
        head.addWidget(self.missing)
        self.body.addLayout(head)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 4, 0)
        box.setSpacing(8)
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self.recorded, self.more = RecordedLine(), MoreOptions()
        box.addLayout(self._list)
        box.addStretch(1)
        for item in (Line(), self.recorded, self.more, label(standard, "small", tone="muted", wrap=True)):
            box.addWidget(item)
        self.body.addWidget(scroll(inner), 1)

    def show_lines(self, lines: Sequence[CheckLine], present: dict[str, bool]) -> None:
        """The papers of this service; what was ticked before stays ticked. Rows that stay the same keep the keyboard's focus."""
        if [(x.kode, x.text, x.required, x.fixed) for x in lines] == [
                (k, r.text(), r.required, r.fixed) for k, r in self.rows.items()]:
            for line in lines:
                row = self.rows[line.kode]
                if line.fixed:
                    row.detail = line.detail
                    row.setChecked(line.present)
                    row.update()
            return
        clear_layout(self._list)
        self.rows, self._buttons = {}, {}
        for line in lines:
            self._list.addLayout(self._row(line, present))
        self.show_pages(self.pages)

    def _row(self, line: CheckLine, present: dict[str, bool]) -> QHBoxLayout:
        made = ChecklistRow(line.text, required=line.required, fixed=line.fixed, detail=line.detail)
        made.setChecked(line.present or (not line.fixed and present.get(line.kode, False)))
        made.toggled.connect(partial(self.ticked.emit, line.kode))
        made.setMinimumWidth(120)
        self.rows[line.kode] = made
        both = QHBoxLayout()
        both.setSpacing(8)
        both.addWidget(made, 1)
        if not line.fixed:
            button = Button("Pindai", icon="scan-line")
            button.clicked.connect(lambda _on=False, kode=line.kode: (self.look if self.pages.get(kode) else self.scan).emit(kode))
            both.addWidget(button)
            self._buttons[line.kode] = button
        return both

    def show_pages(self, pages: dict[str, int]) -> None:
        """How many pages of each paper are scanned."""
        self.pages = dict(pages)
        for kode, button in self._buttons.items():
            n, name = pages.get(kode, 0), self.rows[kode].text()
            button.setVisible(self.scanner or bool(n))
            self.rows[kode].detail = " " if button.isVisibleTo(self) and self.rows[kode].required else ""  # the mark says it; narrow
            button.set_text(f"{n} hal." if n else "Pindai")
            button.icon_name = "eye" if n else "scan-line"
            button.setAccessibleName(f"Lihat {n} halaman {name}" if n else f"Pindai {name}")
            button.updateGeometry()

    def show_scanning(self, kode: str) -> None:
        """While the scanner works; empty: it is done."""
        for k, button in self._buttons.items():
            button.setEnabled(not kode)
            if k == kode:
                button.set_text("Memindai …")
        if not kode:
            self.show_pages(self.pages)

    def left(self) -> list[tuple[str, str, bool]]:
        """(code, text, there) of the obligatory papers that are ticked by hand."""
        return [(k, r.text(), r.isChecked()) for k, r in self.rows.items() if r.required and not r.fixed]

    def ticked_codes(self) -> frozenset[str]:
        return frozenset(k for k, r in self.rows.items() if r.isChecked() and not r.fixed)


class ScanPanel(Panel):
    """The scanned pages of one paper: look, one more page, or away with them."""

    more = Signal(str)
    drop = Signal(str)

    def __init__(self) -> None:
        super().__init__("Hasil pindai")
        self.kode = ""
        self.view = PaperView(titled=False)
        self.form.addWidget(self.view, 1)
        line = QHBoxLayout()
        self.away = Button("Hapus", "danger", icon="trash-2")
        self.again = Button("Pindai lagi", icon="scan-line")
        self.away.clicked.connect(lambda: self.drop.emit(self.kode))
        self.again.clicked.connect(lambda: self.more.emit(self.kode))
        line.addWidget(self.away)
        line.addStretch(1)
        line.addWidget(self.again)
        self.form.addLayout(line)

    def show_pages(self, kode: str, title: str, pages: Sequence[QImage]) -> None:
        self.kode = kode
        self.title.setText(title)
        self.view.show_paper(title, pages)
        self.view.sheet.setFocus()
