"""Section of the register page: what waits at the centre under which status, and lists of statuses from the dinas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.desk.status_list import Imported, StatusPlan
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.register_books import BookSection
from ktpel_kiosk.ui.pages.settings_files import choose_to_open
from ktpel_kiosk.ui.presenters.statuses import OverviewRow, PlanRow, StatusPresenter
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.explain import StatusText
from ktpel_kiosk.ui.widgets.extra import GrowingRows
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.register import RegisterPage

SHOWN = 2000
PLAN_COLUMNS = ("No.", "Pemohon", "Sekarang", "Menjadi", "Waktu", "Catatan")
PLAN_WIDTHS = (54, 298, 122, 140, 164, 316)


class StatusSection(BookSection):
    """Two views: the statuses with their counts, and what a list holds before it is taken."""

    def __init__(self, page: RegisterPage) -> None:
        super().__init__(page)
        self.statuses = StatusPresenter(page.session)
        self.plan: StatusPlan | None = None
        self._rows: dict[str, OverviewRow] = {}
        self.views = QStackedWidget()
        self.home, self.result = self._home(), self._result()
        self.views.addWidget(self.home)
        self.views.addWidget(self.result)
        self.frame.addWidget(self.views, 1)
        self.primary = self.load

    # -- statuses -----------------------------------------------------------------------------------------------------

    def _home(self) -> QWidget:
        view, box = _view()
        both = QHBoxLayout()
        both.setSpacing(16)
        table = Card(0, 0)
        table.body.setContentsMargins(2, 5, 2, 5)
        self.rows = GrowingRows("Permohonan yang menunggu pusat menurut status", ("Menunggu", "Status", "Yang bertindak"), (116, 250, 240),
                                (0, 3, 2))
        self.rows.clicked.connect(lambda index: self._explain(self.rows.rows.key(index.row())))
        self.rows.opened.connect(self._explain)
        table.body.addWidget(self.rows, 1)
        both.addWidget(table, 3)
        side = QVBoxLayout()
        side.setSpacing(16)
        meaning = Card(24, 10)
        meaning.body.addWidget(label("Arti status", "strong", weight="semibold"))
        self.text = StatusText()
        self.hint = label("Pilih satu status untuk membaca artinya dan apa yang dikatakan kepada pemohon.", "body", tone="muted", wrap=True)
        meaning.body.addWidget(self.hint)
        meaning.body.addWidget(self.text)
        side.addWidget(meaning)
        self.card = Card(24, 10)
        self.card.body.addWidget(label("Daftar status dari Disdukcapil", "strong", weight="semibold"))
        self.card.body.addWidget(label(
            "CSV atau Excel dengan kolom NIK (atau nomor register, nomor paket), status, dan tanggal. Berkas diperiksa dahulu; belum ada "
            "yang disimpan sebelum Anda setuju.", "body", tone="muted", wrap=True))
        self.load = Button("Pilih berkas", "primary", icon="folder-open", key="F9")
        self.load.clicked.connect(lambda: choose_to_open(self, "Pilih daftar status", "Tabel (*.csv *.xlsx *.txt *.tsv)", self.take_file))
        self.card.body.addWidget(self.load, 0, Qt.AlignmentFlag.AlignRight)
        side.addWidget(self.card)
        side.addStretch(1)
        held = QWidget()
        side.setContentsMargins(0, 0, 0, 0)
        held.setLayout(side)
        both.addWidget(scroll(held), 2)
        box.addLayout(both, 1)
        return view

    def shown(self) -> None:
        if self.isVisible():
            may = self.statuses.may("import_statuses")
            self.card.setVisible(may)
            self.load.setEnabled(may)
            self.page.ask_latest("overview", self.statuses.overview, self._show, self.page.refused)

    def _show(self, rows: tuple[OverviewRow, ...]) -> None:
        self._rows = {r.key or "-": r for r in rows}
        self.rows.set_rows([TableRow(key, (Cell(number_text(r.count) if r.count else "–", bold=bool(r.count), muted=not r.count),
                                           Cell(r.title, tone=r.tone if r.count else ""), Cell(r.who, muted=not r.count)))
                            for key, r in self._rows.items()])

    def _explain(self, key: str) -> None:
        said = self.statuses.explain(key)
        self.text.show_status(said if key != "-" and key in self._rows and key != "lain" else None)
        row = self._rows.get(key)
        plain = row is not None and self.text.isHidden()
        self.hint.setVisible(self.text.isHidden())
        if plain and row is not None:
            self.hint.setText(f"{row.meaning} {row.next}")

    # -- a list -------------------------------------------------------------------------------------------------------

    def _result(self) -> QWidget:
        view, box = _view()
        self.verdict = NoticeBar(closable=False)
        box.addWidget(self.verdict)
        table = Card(0, 0)
        table.body.setContentsMargins(2, 5, 2, 5)
        self.lines = GrowingRows("Baris daftar status", PLAN_COLUMNS, PLAN_WIDTHS, (0, 2, 1, 0, 0, 3))
        table.body.addWidget(self.lines, 1)
        box.addWidget(table, 1)
        foot = QHBoxLayout()
        self.cancel = Button("Batal", icon="arrow-left")
        self.cancel.clicked.connect(self._home_again)
        self.store = Button("Simpan", "primary", icon="check", key="F9")
        self.store.clicked.connect(self._store)
        foot.addWidget(self.cancel)
        foot.addStretch(1)
        foot.addWidget(self.store)
        box.addLayout(foot)
        return view

    def take_file(self, path: str) -> None:
        """Look at this list; nothing is stored."""
        self.page.act(lambda: self._looked_at(Path(path)), lambda found: self._looked(*found))

    def _looked_at(self, path: Path) -> tuple[StatusPlan, tuple[PlanRow, ...]]:
        plan = self.statuses.examine(path)
        return plan, self.statuses.plan_rows(plan)

    def _looked(self, plan: StatusPlan, rows: tuple[PlanRow, ...]) -> None:
        self.plan = plan
        good, bad = len(plan.taken), len({p.line for p in plan.problems})
        if bad:
            self.verdict.show_text("attention", "Perbaiki di berkas lalu impor lagi, atau simpan dahulu yang benar.",
                                   bold=self.statuses.plan_text(plan))
        else:
            self.verdict.show_text("good" if good else "info", "" if good else "Tidak ada yang baru.", bold=self.statuses.plan_text(plan))
        self.lines.set_rows([TableRow(r.line, (Cell(r.line, bold=True), Cell(r.who), Cell(r.before, muted=True), Cell(r.after, tone=r.tone),
                                               Cell(r.at), Cell(r.note, muted=True))) for r in rows[:SHOWN]])
        self.store.set_text(f"Simpan {number_text(good)} status")
        self.store.setEnabled(bool(good))
        self.views.setCurrentWidget(self.result)
        self.primary = self.page.primary = self.store
        self.store.setFocus()

    def _store(self) -> None:
        plan = self.plan
        if plan is not None:
            self.page.act(lambda: self.statuses.adopt(plan), self._stored)

    def _stored(self, done: Imported) -> None:
        moved = f"{number_text(done.moved)} permohonan berpindah." if done.moved else "Tidak ada permohonan yang berpindah."
        self.page.shell.tell("good", moved, bold=f"{number_text(done.stored)} status tersimpan.")
        self._home_again()
        self.shown()

    def _home_again(self) -> None:
        self.plan = None
        self.views.setCurrentWidget(self.home)
        self.primary = self.page.primary = self.load

    def back(self) -> bool:
        if self.views.currentWidget() is self.result:
            self._home_again()
            return True
        return False


def _view() -> tuple[QWidget, QVBoxLayout]:
    made = QWidget()
    box = QVBoxLayout(made)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(14)
    return made, box
