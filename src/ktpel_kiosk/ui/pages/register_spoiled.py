"""Part of the blank-card section: spoiled cards that lie in the office, and how they leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout

from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.presenters.books import METHODS
from ktpel_kiosk.ui.presenters.spoiled import SpoiledPresenter, SpoiledView
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import GrowingRows
from ktpel_kiosk.ui.widgets.fields import ChoiceField, TextField
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.register import RegisterPage

COLUMNS = ("", "Dicatat", "Blangko", "Nama", "NIK", "Alasan rusak", "Keluar")
WIDTHS = (44, 122, 84, 170, 165, 130, 250)


class SpoiledCards(Card):
    """Hidden while no card was ever spoiled. A press ticks a card; ticked ones go back to the Dinas or are destroyed."""

    def __init__(self, page: RegisterPage) -> None:
        super().__init__(0, 0)
        self.body.setContentsMargins(2, 8, 2, 12)
        self.page = page
        self.presenter = SpoiledPresenter(page.session)
        self.ticked: set[str] = set()
        self.view: SpoiledView | None = None
        head = QHBoxLayout()
        head.setContentsMargins(18, 4, 14, 4)
        head.setSpacing(12)
        self.title = label("Kartu rusak", "strong", weight="semibold")
        self.figures = label("", "small", tone="muted", wrap=True)
        self.every = Button("Pilih semua", icon="list-checks")
        self.every.clicked.connect(self._all)
        self.back = Button("Kembalikan ke Dinas …", icon="undo-2")
        self.back.clicked.connect(lambda: self._ask("kembali"))
        self.burn = Button("Musnahkan …", icon="trash-2")
        self.burn.clicked.connect(lambda: self._ask("musnah"))
        head.addWidget(self.title)
        head.addWidget(self.figures, 1)
        for button in (self.every, self.back, self.burn):
            head.addWidget(button)
        self.body.addLayout(head)
        self.rows = GrowingRows("Kartu rusak", COLUMNS, WIDTHS, (0, 0, 0, 3, 1, 2, 5))
        self.rows.clicked.connect(lambda index: self._tick(self.rows.rows.key(index.row())))
        self.rows.opened.connect(self._tick)
        self.body.addWidget(self.rows)
        self._build_form()
        self._asked = ""
        self.hide()

    def _build_form(self) -> None:
        self.number = TextField("bast_rusak", "Nomor BAST dari Dinas", limit=80)
        self.place = TextField("tempat_rusak", "Tempat", limit=120)
        self.method = ChoiceField("cara_rusak", "Cara", METHODS, empty="")
        self.witnesses = [TextField(f"saksi_rusak_{n}", f"Saksi {n}", limit=80) for n in (1, 2)]
        self.go = Button("Catat", "primary", icon="check")
        self.go.clicked.connect(self._go)
        self.stop = Button("Batal")
        self.stop.clicked.connect(lambda: self._ask(""))
        line = QHBoxLayout()
        line.setContentsMargins(18, 6, 14, 0)
        line.setSpacing(14)
        for field, share in ((self.number, 4), (self.place, 3), (self.method, 2), *((w, 2) for w in self.witnesses)):
            line.addWidget(field, share, Qt.AlignmentFlag.AlignTop)
        ends = QHBoxLayout()
        ends.setContentsMargins(18, 8, 14, 0)
        ends.setSpacing(10)
        ends.addStretch(1)
        ends.addWidget(self.stop)
        ends.addWidget(self.go)
        self.body.addLayout(line)
        self.body.addLayout(ends)
        self.fields = (self.number, self.place, self.method, *self.witnesses)
        for item in (*self.fields, self.go, self.stop):
            item.hide()

    def shown(self) -> None:
        self.page.ask_latest("rusak", self.presenter.load, self._show, self.page.refused)

    def _show(self, view: SpoiledView) -> None:
        self.view = view
        self.setVisible(bool(view.rows))
        self.ticked &= {r.job_id for r in view.rows if not r.where}
        if not view.here:
            self._ask("")
        self._fill()

    def _fill(self) -> None:
        view = self.view
        if view is None:
            return
        self.rows.set_rows([TableRow(r.job_id, (
            Cell("✓" if r.job_id in self.ticked else "", tone="solid" if r.job_id in self.ticked else ""), Cell(r.date), Cell(r.blangko),
            Cell(r.nama, bold=not r.where), Cell(r.nik), Cell(r.reason), Cell(r.where or "di kantor", tone="" if r.where else "attention")))
            for r in view.rows])
        self.rows.setFixedHeight(min(5, max(1, len(view.rows))) * 46 + 46)
        count = len(self.ticked)
        self.title.setText(f"{number_text(count)} kartu rusak dipilih" if count else "Kartu rusak")
        self.figures.setText(view.sentence)
        may_back, may_burn = self._may("return_blangko"), self._may("destroy_cards")
        self.every.setVisible(view.here > 1)
        self.back.setEnabled(bool(count) and may_back)
        self.burn.setEnabled(bool(count) and may_burn)
        for button, may in ((self.back, may_back), (self.burn, may_burn)):
            button.setToolTip("" if may else "Dilakukan Kepala Seksi atau Supervisor")
        self.go.setEnabled(bool(count))

    def _may(self, use_case: str) -> bool:
        from ktpel_kiosk.domain.permissions import PERMISSIONS
        return bool(self.page.session.actor.peran & PERMISSIONS[use_case])

    def _tick(self, key: str) -> None:
        if self.view is not None and any(r.job_id == key and not r.where for r in self.view.rows):
            self.ticked ^= {key}
            self._fill()

    def _all(self) -> None:
        if self.view is not None:
            every = {r.job_id for r in self.view.rows if not r.where}
            self.ticked = set() if self.ticked == every else every
            self._fill()

    def _ask(self, what: str) -> None:
        self._asked = what
        for field in self.fields:
            field.setVisible(bool(what) and (field is self.number) == (what == "kembali"))
        for button in (self.go, self.stop):
            button.setVisible(bool(what))
        self.go.set_text("Catat pengembalian" if what == "kembali" else "Buat berita acara")
        if what == "musnah" and not self.place.value():
            self.place.set_value(f"Halaman Kantor {self.page.session.desk.sop.kantor.nama}")
        if what:
            (self.number if what == "kembali" else self.witnesses[0]).editor.setFocus()

    def _go(self) -> None:
        chosen = [r.job_id for r in self.view.rows if r.job_id in self.ticked] if self.view is not None else []
        if self._asked == "kembali":
            number = self.number.value()
            self.page.act(lambda: self.presenter.send_back(chosen, number), lambda n: self._gone(
                f"{number_text(n)} kartu rusak dikembalikan.", f"Serahkan ke Dinas bersama BAST {number}."))
        else:
            place, method, seen = self.place.value(), self.method.value(), [w.value() for w in self.witnesses]
            self.page.act(lambda: self.presenter.destroy(chosen, place, method, seen), lambda nomor: self._gone(
                f"Berita acara {nomor} dibuat.", f"{number_text(len(chosen))} kartu rusak tercatat musnah."))

    def _gone(self, bold: str, text: str) -> None:
        self.page.shell.tell("good", text, bold=bold)
        for field in (self.number, *self.witnesses):
            field.set_value("")
        self._ask("")
        self.shown()
