"""Verifikasi and validasi: papers beside the entries; paraf, or back with reasons."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.desk import intake, verification
from ktpel_kiosk.domain.permohonan import RETURN_REASONS, Permohonan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ui.pages.base import ApplicationHead, Page, footer, scroll
from ktpel_kiosk.ui.presenters.work import WorkPresenter, biodata_rows
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, column, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip, ChoiceChip
from ktpel_kiosk.ui.widgets.fields import NoteField
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.status import ChecklistRow, EmptyState
from ktpel_kiosk.ui.widgets.worklist import WorkItem, WorkList
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.desk.queries import Dossier
    from ktpel_kiosk.ui.operator_window import OperatorWindow


class VerifikasiPage(Page):
    """List at the left, the application at the right."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = WorkPresenter(window.session, Stage.VERIFIKASI, Stage.VALIDASI)
        self.dossier: Dossier | None = None
        self._wanted = self._chosen = ""
        self.list = WorkList("Menunggu pemeriksaan", "file-check", "Tidak ada yang menunggu", "Permohonan baru akan tampil di sini.")
        self.list.chosen.connect(self._choose)
        self.list.setFixedWidth(300)
        self.work = QStackedWidget()
        self.work.addWidget(EmptyState("file-check", "Pilih permohonan di kiri", "Berkas dan isian ditampilkan berdampingan."))
        self.work.addWidget(self._build())
        line = QHBoxLayout()
        line.setSpacing(16)
        line.addWidget(self.list)
        line.addWidget(self.work, 1)
        self.frame.addLayout(line, 1)

    def _build(self) -> QWidget:
        holder = QWidget()
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        self.head = ApplicationHead(compact=True)
        layout.addWidget(self.head)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._entries(), 11)
        both.addWidget(self._papers(), 9)
        layout.addLayout(both, 1)
        self.back_button = Button("Kembalikan berkas", icon="undo-2")
        self.back_button.clicked.connect(lambda: self._ask_reasons(True))
        self.hint = label("", "small", tone="muted")
        self.primary = Button("Setujui & paraf", "primary", icon="check", key="F9")
        self.primary.clicked.connect(self._approve)
        layout.addLayout(footer([self.back_button], [self.hint, self.primary]))
        return holder

    def _entries(self) -> QWidget:
        card = Card(24, 10)
        card.body.addWidget(label("Isian", "strong", weight="semibold"))
        inner = QWidget()
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(20)
        self._grid.setVerticalSpacing(11)
        self._grid.setColumnStretch(1, 1)
        card.body.addWidget(scroll(inner), 1)
        return card

    def _papers(self) -> QWidget:
        self.side = QStackedWidget()
        papers = Card(24, 8)
        papers.body.addWidget(label("Berkas", "strong", weight="semibold"))
        inner = QWidget()
        self._list = QVBoxLayout(inner)
        self._list.setContentsMargins(0, 0, 4, 0)
        self._list.setSpacing(0)
        papers.body.addWidget(scroll(inner), 1)
        self.side.addWidget(papers)
        back = Card(24, 12)
        back.body.addWidget(label("Mengapa dikembalikan?", "strong", weight="semibold"))
        chips = QWidget()
        flow = Flow(8)
        chips.setLayout(flow)
        self.reasons: list[ChoiceChip] = []
        for reason in RETURN_REASONS:
            chip = ChoiceChip(word("kembali", reason), reason)
            chip.toggled.connect(lambda _on: self._reasons_changed())
            self.reasons.append(chip)
            flow.addWidget(chip)
        back.body.addWidget(scroll(chips), 1)
        self.note = NoteField("note", "Catatan untuk pemohon", placeholder="Apa yang harus dibawa atau dibetulkan", lines=2)
        back.body.addWidget(self.note)
        line = QHBoxLayout()
        cancel = Button("Batal")
        cancel.clicked.connect(lambda: self._ask_reasons(False))
        self.send_back = Button("Kembalikan", "danger", icon="undo-2")
        self.send_back.clicked.connect(self._return)
        line.addWidget(cancel)
        line.addStretch(1)
        line.addWidget(self.send_back)
        back.body.addLayout(line)
        self.side.addWidget(back)
        return self.side

    # -- opening ------------------------------------------------------------------------------------------------------

    def opened(self, **args: Any) -> None:
        self._wanted = args.get("id", "") or self._wanted
        self.refresh()

    def refresh(self) -> None:
        self.ask_latest("items", self.presenter.items, self._listed)

    def _listed(self, rows: tuple[tuple[str, str, str, str, str], ...]) -> None:
        items = [WorkItem(*r) for r in rows]
        ids = {i.id for i in items}
        if self.dossier is not None and self.dossier.permohonan.id not in ids:
            self._close()
        wanted = self._wanted if self._wanted in ids else ""
        self.list.set_items(items, wanted or self._chosen)
        if wanted and wanted != self._chosen:
            self._choose(wanted)

    def _close(self) -> None:
        self.dossier = None
        self._chosen = ""
        self.work.setCurrentIndex(0)

    def back(self) -> bool:
        if self.side.currentIndex() == 1:
            self._ask_reasons(False)
            return True
        return False

    def _choose(self, permohonan_id: str) -> None:
        self._chosen = permohonan_id
        if permohonan_id == self._wanted:
            self._wanted = ""
        self.ask_latest("dossier", partial(self.presenter.open, permohonan_id), self._show)

    def tick(self) -> None:
        if self.dossier is not None and not self.busy:
            pid = self.dossier.permohonan.id
            self.ask(partial(self.presenter.read, pid), self._show_time, lambda _e: None)

    def _show_time(self, dossier: Dossier) -> None:
        if dossier.permohonan.id == self._chosen:
            self.head.show_dossier(self.session, dossier)

    def _show(self, dossier: Dossier) -> None:
        if dossier.permohonan.id != self._chosen:
            return
        self.dossier = dossier
        p = dossier.permohonan
        self.work.setCurrentIndex(1)
        self._ask_reasons(False)
        self.head.show_dossier(self.session, dossier)
        clear_layout(self._grid)
        for i, (_name, title, value) in enumerate(biodata_rows(p.penduduk)):
            self._grid.addWidget(label(title, "small", tone="muted"), i, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(_selectable(value), i, 1)
        self._grid.setRowStretch(99, 1)
        self._show_papers(dossier)
        may = self.presenter.may_act(p)
        stage = p.current().stage if p.current() else ""  # type: ignore[union-attr]
        self.primary.set_text("Setujui & validasi" if stage == Stage.VALIDASI else "Setujui & paraf")
        self.primary.setEnabled(may)
        self.back_button.setEnabled(may)
        self.hint.setText("" if may else f"Langkah ini milik {self.presenter.who_may(p)}")

    def _show_papers(self, dossier: Dossier) -> None:
        p = dossier.permohonan
        clear_layout(self._list)
        for item in p.kelengkapan:
            row = ChecklistRow(item.teks, required=item.wajib, fixed=True)
            row.setChecked(item.ada)
            self._list.addWidget(row)
        if p.warnings:
            self._list.addSpacing(12)
            for warning in p.warnings:
                self._list.addLayout(column(Chip("Perhatian", "attention", icon="triangle-alert"),
                                            label(warning.text, "small", tone="attention", wrap=True), spacing=6))
        if dossier.approvals:
            self._list.addSpacing(12)
            self._list.addWidget(Line())
            self._list.addSpacing(8)
            for a in dossier.approvals:
                twice = " · petugas yang sama" if a.second_same_officer else ""
                text = f"{word('stage', a.stage)} · {a.officer} · {self.session.when(a.at)}{twice}"
                self._list.addWidget(label(text, "small", tone="muted", wrap=True))
        self._list.addStretch(1)

    # -- deciding -----------------------------------------------------------------------------------------------------

    def _approve(self) -> None:
        if self.dossier is None:
            return
        p = self.dossier.permohonan
        desk, actor = self.shell.desk, self.session.actor
        tahap = p.current()
        act = verification.validate if tahap is not None and tahap.stage is Stage.VALIDASI else verification.verify
        twice = any(a.officer == actor.username for a in self.dossier.approvals)
        self.act(lambda: act(desk, actor, p.id), partial(self._approved, twice))

    def _approved(self, twice: bool, p: Permohonan) -> None:
        now = p.current()
        following = word("stage", now.stage) if now else "selesai"
        if twice:
            self.shell.tell("attention", f"Lanjut ke {following}. Petugas yang sama memeriksa dua kali; ini dicatat.",
                            bold=f"{p.nomor_register} disetujui.")
        else:
            self.shell.tell("good", f"Lanjut ke {following}.", bold=f"{p.nomor_register} disetujui.")
        if now is not None and now.stage in (Stage.VERIFIKASI, Stage.VALIDASI) and self.presenter.may_act(p):
            self._choose(p.id)
        else:
            self._close()
        self.refresh()

    def _ask_reasons(self, on: bool) -> None:
        if on:
            for chip in self.reasons:
                chip.setChecked(False)
            self.note.set_value("")
            self.reasons[0].setFocus()
        self.side.setCurrentIndex(1 if on else 0)
        self._reasons_changed()

    def _reasons_changed(self) -> None:
        self.send_back.setEnabled(any(c.isChecked() for c in self.reasons))

    def _return(self) -> None:
        if self.dossier is None:
            return
        pid, note = self.dossier.permohonan.id, self.note.value()
        chosen = tuple(str(c.value) for c in self.reasons if c.isChecked())
        desk, actor = self.shell.desk, self.session.actor
        self.act(lambda: intake.return_application(desk, actor, pid, chosen, note), self._returned)

    def _returned(self, p: Permohonan) -> None:
        self.shell.tell("info", "Lembar pengembalian tersimpan dan dapat dicetak.", bold=f"{p.nomor_register} dikembalikan.")
        self._close()
        self.refresh()


def _selectable(value: str) -> QLabel:
    made = label(value, "body", weight="medium", wrap=True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made
