"""Section of Pengaturan: the SOP in force, a new version beside it, earlier versions, local extras."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.settings_files import choose_to_open
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.office_data import ReviewView
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Panel, Tick
from ktpel_kiosk.ui.widgets.front import FrontStack
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


class SopSection(Section):
    """What is in force; choosing a file shows what it would change before anything happens."""

    COLUMNS = ("No.", "Langkah", "Dikerjakan oleh", "Mutu baku", "Tahap aplikasi")
    WIDTHS = (54, 120, 210, 108, 250)

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.data = page.office_data
        self.review: ReviewView | None = None
        self.views = FrontStack()
        self.now, self.new = self._now(), self._new()
        self.views.addWidget(self.now)
        self.views.addWidget(self.new)
        self.frame.addWidget(self.views, 1)
        self.primary = self.load

    # -- in force -------------------------------------------------------------------------------------------------------

    def _now(self) -> QWidget:
        view, box = _view()
        top = QHBoxLayout()
        top.setSpacing(16)
        self.facts, facts = _scrolled_card()
        self.found, found = _scrolled_card()
        top.addWidget(facts, 5)
        top.addWidget(found, 6)
        self.past = Panel("Versi yang pernah berlaku", wide=420)
        self.past.closed.connect(lambda: self._show_past(False))
        self.past_rows = QVBoxLayout()
        self.past_rows.setSpacing(10)
        holder = QWidget()
        holder.setLayout(self.past_rows)
        self.past.form.addWidget(scroll(holder), 1)
        self.past.hide()
        left = QVBoxLayout()
        left.setSpacing(12)
        left.addLayout(top, 5)
        table = Card(0, 0)
        table.body.setContentsMargins(2, 5, 2, 5)
        self.rows = GrowingRows("Langkah SOP", self.COLUMNS, self.WIDTHS, (0, 2, 3, 0, 4))
        table.body.addWidget(self.rows)
        left.addWidget(table, 6)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addLayout(left, 1)
        both.addWidget(self.past)
        box.addLayout(both, 1)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        self.extras = Tick("Minta syarat tambahan kantor", " ")
        self.extras.clicked.connect(lambda _on=False: self._turn(self.extras.isChecked()))
        self.history = Button("Versi terdahulu", icon="clock")
        self.history.clicked.connect(lambda: self._show_past(self.past.isHidden()))
        self.load = Button("Pilih berkas SOP baru", "primary", icon="folder-open", key="F9")
        self.load.clicked.connect(lambda: choose_to_open(self, "Pilih berkas SOP", "SOP (*.toml)", self.take_file))
        foot.addWidget(self.extras, 1)
        foot.addStretch(0)
        foot.addWidget(self.history)
        foot.addWidget(self.load)
        box.addLayout(foot)
        return view

    def opened(self) -> None:
        may = self.page.presenter.may("adopt_sop")
        self.load.setVisible(may)
        self.extras.setEnabled(self.page.presenter.may("change_settings"))
        self._fill()
        self.refresh()

    def refresh(self) -> None:
        self.page.ask(self.data.local_extras, self._show_extras)
        if not self.past.isHidden():
            self.page.ask(self.data.history, self._fill_past)

    def _fill(self) -> None:
        view = self.page.presenter.sop()
        clear_layout(self.facts)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        grid.addWidget(label(view.title, "body", weight="semibold", wrap=True), 0, 0, 1, 2)
        for i, (title, value) in enumerate(view.facts, 1):
            grid.addWidget(label(title, "small", tone="muted"), i, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label(value, "small", weight="medium", wrap=True), i, 1)
        self.facts.addLayout(grid)
        self.facts.addStretch(1)
        fill_findings(self.found, view.findings)
        self.rows.set_rows([TableRow(s.number, (
            Cell(s.number, bold=True), Cell(s.title, bold=True), Cell(s.roles), Cell(s.time), Cell(s.stages, muted=True)))
            for s in view.steps])

    def _show_extras(self, found: tuple[bool, int]) -> None:
        on, count = found
        self.extras.setChecked(on)
        self.extras.set_hint(f"{count} syarat yang tidak diminta undang-undang. Permohonan yang sudah berjalan tidak berubah." if count else
                             "SOP ini tidak mempunyai syarat tambahan.")
        self.extras.setEnabled(bool(count) and self.page.presenter.may("change_settings"))

    def _turn(self, on: bool) -> None:
        text = "Syarat tambahan diminta mulai permohonan berikutnya." if on else "Syarat tambahan tidak diminta lagi."
        self.page.act(lambda: self.data.turn_local_extras(on), lambda _on: self.page.shell.tell("good", "", bold=text))

    def _show_past(self, on: bool) -> None:
        self.past.setVisible(on)
        self.rows.hide_columns((2,) if on else ())
        if on:
            self.page.ask(self.data.history, self._fill_past)

    def _fill_past(self, made: tuple[tuple[str, str, str, bool], ...]) -> None:
        clear_layout(self.past_rows)
        for when, what, who, in_force in made:
            line = QHBoxLayout()
            text = QVBoxLayout()
            text.setSpacing(1)
            text.addWidget(label(when, "body", weight="medium"))
            text.addWidget(label(what, "small", tone="muted", wrap=True))
            text.addWidget(label(f"Diberlakukan oleh {who}" if who != "Awal kantor" else who, "small", tone="muted"))
            line.addLayout(text, 1)
            if in_force:
                line.addWidget(Chip("Berlaku", "good", compact=True), 0, Qt.AlignmentFlag.AlignTop)
            self.past_rows.addLayout(line)
        self.past_rows.addStretch(1)

    # -- a new version --------------------------------------------------------------------------------------------------

    def _new(self) -> QWidget:
        view, box = _view()
        self.verdict = NoticeBar(closable=False)
        box.addWidget(self.verdict)
        both = QHBoxLayout()
        both.setSpacing(16)
        changes = Card(0, 0)
        changes.body.setContentsMargins(2, 5, 2, 5)
        self.changes = GrowingRows("Yang berubah", ("Bagian", "Apa", "Sekarang", "Menjadi"), (120, 130, 160, 160), (1, 1, 3, 3))
        changes.body.addWidget(self.changes)
        both.addWidget(changes, 7)
        self.new_found, found = _scrolled_card()
        both.addWidget(found, 4)
        box.addLayout(both, 1)
        self.whole = label("", "body", wrap=True)
        detail = Card(20, 4)
        detail.body.addWidget(self.whole)
        self.detail = detail
        self.changes.selectionModel().currentChanged.connect(lambda _a, _b: self._show_whole())
        box.addWidget(detail)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        self.cancel = Button("Batal", icon="arrow-left")
        self.cancel.clicked.connect(self._back_to_now)
        self.adopt = Button("Berlakukan SOP ini", "primary", icon="check", key="F9")
        self.adopt.clicked.connect(self._adopt)
        foot.addWidget(self.cancel)
        foot.addWidget(label("Permohonan yang sudah berjalan tetap selesai menurut SOP lama.", "small", tone="muted", wrap=True), 1)
        foot.addWidget(self.adopt)
        box.addLayout(foot)
        return view

    def take_file(self, path: str) -> None:
        """Show what this file would change."""
        self.page.act(lambda: self.data.review(Path(path)), self._reviewed)

    def _reviewed(self, found: ReviewView) -> None:
        self.review = found
        count = len(found.changes)
        warned = sum(1 for kind, _ in found.findings if kind == "attention")
        if found.same:
            self.verdict.show_text("info", "Tidak ada yang perlu diberlakukan.", bold="Naskah ini sedang berlaku.")
        elif warned:
            self.verdict.show_text("attention", "Baca temuan di sebelah kanan sebelum memberlakukannya.",
                                   bold=f"{count} perubahan, {warned} hal perlu perhatian.")
        else:
            self.verdict.show_text("good", "Berlaku untuk permohonan baru begitu disetujui.",
                                   bold=f"{count} perubahan." if count else "Hanya keterangan atau spasi yang berubah.")
        self.changes.set_rows([TableRow(str(i), (Cell(c.part, bold=True), Cell(c.what), Cell(c.before, muted=True), Cell(c.after)))
                               for i, c in enumerate(found.changes)])
        self.changes.choose_first()
        self._show_whole()
        fill_findings(self.new_found, found.findings)
        self.views.setCurrentWidget(self.new)
        self.primary = self.page.primary = self.adopt
        self.adopt.setEnabled(not found.same)
        self.changes.setFocus()

    def _show_whole(self) -> None:
        """The chosen change in full; table cells are short."""
        key = self.changes.current_key()
        change = self.review.changes[int(key)] if self.review is not None and key else None
        self.detail.setVisible(change is not None)
        if change is not None:
            self.whole.setText(f"{change.part}, {change.what.lower()}\nSekarang: {change.before}\nMenjadi: {change.after}")

    def _adopt(self) -> None:
        if self.review is not None:
            text = self.review.text
            self.page.act(lambda: self.data.adopt_sop(text), self._adopted)

    def _adopted(self, title: str) -> None:
        self._back_to_now()
        self.page.shell.tell("good", "Berlaku mulai permohonan berikutnya.", bold=f"{title} diberlakukan.")
        self._fill()
        self.refresh()

    def _back_to_now(self) -> None:
        self.review = None
        self.views.setCurrentWidget(self.now)
        self.primary = self.page.primary = self.load
        self.load.setFocus()

    def back(self) -> bool:
        if self.views.currentWidget() is self.new:
            self._back_to_now()
            return True
        if not self.past.isHidden():
            self._show_past(False)
            return True
        return False


def fill_findings(box: QVBoxLayout, findings: tuple[tuple[str, str], ...]) -> None:
    """Findings of the check as lines with a chip; refills ``box``."""
    clear_layout(box)
    warned = sum(1 for kind, _ in findings if kind == "attention")
    head = QHBoxLayout()
    head.addWidget(label("Temuan pemeriksaan", "body", weight="semibold"), 1)
    head.addWidget(Chip(f"{warned} perlu perhatian" if warned else "tidak ada masalah", "attention" if warned else "good"))
    box.addLayout(head)
    for kind, text in findings:
        line = QHBoxLayout()
        line.setSpacing(10)
        line.addWidget(Chip("Perhatian" if kind == "attention" else "Catatan", "attention" if kind == "attention" else "neutral",
                            compact=True), 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(label(text, "small", wrap=True), 1)
        box.addLayout(line)
    box.addStretch(1)


def _scrolled_card() -> tuple[QVBoxLayout, Card]:
    card, inner = Card(0, 0), QWidget()
    box = QVBoxLayout(inner)
    box.setContentsMargins(24, 16, 16, 16)
    box.setSpacing(8)
    card.body.addWidget(scroll(inner))
    return box, card


def _view() -> tuple[QWidget, QVBoxLayout]:
    made = QWidget()
    box = QVBoxLayout(made)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(12)
    return made, box
