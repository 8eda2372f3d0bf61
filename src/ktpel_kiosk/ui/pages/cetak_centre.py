"""Cetak, for who waits for the centre: why, since when, and asking now; and the two biodata side by side where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ui.pages.base import ApplicationHead, footer, scroll
from ktpel_kiosk.ui.presenters.cards import PrintView
from ktpel_kiosk.ui.presenters.printing_queue import Asked, CentreView, CompareRow, PrintQueuePresenter
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, column, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.decisions import ReasonPanel
from ktpel_kiosk.ui.widgets.extra import Tick
from ktpel_kiosk.ui.widgets.status import NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.cetak_view import CetakView

LARGE = 1.4
"""From this text size on the two biodata need the room of the step bar."""
RETURNS = ("data_invalid", "berkas_tidak_benar", "bukan_ybs", "lain")
WEIGHTS = {"stops": ("menghentikan cetak", "trouble"), "differs": ("berbeda", "attention"), "same": ("", "")}


class CentrePanel(QWidget):
    """An application without PRINT READY RECORD, or whose card material was not fetched yet."""

    def __init__(self, page: CetakView) -> None:
        super().__init__()
        self.page = page
        self.presenter = PrintQueuePresenter(page.session)
        self.view: CentreView | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        self.head = ApplicationHead(compact=True)
        layout.addWidget(self.head)
        card = Card(24, 14)
        self.title = label("", "title", weight="bold")
        self.text = label("", "body", tone="muted", wrap=True)
        card.body.addWidget(self.title)
        card.body.addWidget(self.text)
        card.body.addWidget(Line())
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(24)
        self._grid.setVerticalSpacing(12)
        self._grid.setColumnStretch(1, 1)
        card.body.addLayout(self._grid)
        self.message = NoticeBar(closable=False)
        card.body.addWidget(self.message)
        card.body.addStretch(1)
        layout.addWidget(card, 1)
        self.queue = Button("Buka antrean kirim", icon="send")
        self.queue.clicked.connect(lambda: page.shell.go("antrean"))
        self.primary = Button("Tanya pusat sekarang", "primary", icon="refresh-cw", key="F9")
        self.primary.clicked.connect(self._ask)
        layout.addLayout(footer([self.queue], [self.primary]))

    def show_view(self, view: CentreView) -> None:
        if self.view is None or self.view.dossier.permohonan.id != view.dossier.permohonan.id:
            self.message.hide()
        self.view = view
        self.head.show_dossier(self.page.session, view.dossier)
        self.title.setText(view.title)
        self.text.setText(view.text)
        clear_layout(self._grid)
        for i, (name, value) in enumerate(view.rows):
            self._grid.addWidget(label(name, "small", tone="muted"), i, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(label(value, "body", weight="medium", wrap=True), i, 1)
        self.primary.setVisible(view.may_ask)
        self.queue.setVisible(not view.may_ask)
        self.show_busy(self.page.busy)

    def show_busy(self, on: bool) -> None:
        self.primary.setEnabled(not on)

    def _ask(self) -> None:
        if self.view is not None:
            pid = self.view.dossier.permohonan.id
            self.message.show_text("info", "Menanyakan status dan bahan cetak ke pusat …")
            self.page.act(lambda: self.presenter.ask(pid), self._answered, self._failed)

    def _answered(self, asked: Asked) -> None:
        if asked.page:
            self.message.hide()
            pid = self.view.dossier.permohonan.id if self.view is not None else ""
            away = asked.page not in ("cetak", "register")
            self.page.shell.tell(asked.tone, asked.text, bold=asked.bold, action="Buka" if away else "",
                                 act=(lambda: self.page.shell.go(asked.page, id=pid)) if away else None)
        else:
            self.message.show_text(asked.tone, asked.text, bold=asked.bold)
        self.page.refresh()
        self.page.look_again()

    def _failed(self, error: KioskError) -> None:
        self.message.show_text("attention", self.page.session.sentence(error), action="Coba lagi", act=self._ask)
        self.page.refresh()
        self.page.look_again()


class ComparePanel(QWidget):
    """The centre names another person: field by field, what this application says and what the centre says; then one decision."""

    taken = Signal(object)
    returned = Signal(tuple, frozenset, str)

    def __init__(self, page: CetakView) -> None:
        super().__init__()
        self.page = page
        self._shown = ""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        self.head = ApplicationHead(compact=True)
        layout.addWidget(self.head)
        self.sides = QStackedWidget()
        self.sides.addWidget(self._table())
        self.reasons = ReasonPanel("Mengapa dikembalikan?", "Kembalikan & cetak", RETURNS, note="Catatan untuk pemohon",
                                   placeholder="Misalnya: nama di pusat lain; bawa akta kelahiran ke Dinas Dukcapil")
        self.reasons.closed.connect(self.back)
        self.reasons.decided.connect(self.returned)
        self.sides.addWidget(self.reasons)
        layout.addWidget(self.sides, 1)
        self.back_button = Button("Kembalikan berkas", icon="undo-2")
        self.back_button.clicked.connect(self._ask_reasons)
        self.again = Button("Tanya lagi", icon="refresh-cw", key="F8")
        self.again.setToolTip("Tanya pusat sekali lagi (F8)")
        self.again.clicked.connect(self._again)
        self.primary = Button("Pakai data pusat", "primary", icon="check", key="F9")
        self.primary.clicked.connect(self._take)
        self._foot = QWidget()
        line = footer([self.back_button], [self.again, self.primary])
        line.setContentsMargins(0, 0, 0, 0)
        self._foot.setLayout(line)
        layout.addWidget(self._foot)

    def _table(self) -> QWidget:
        card = Card(24, 10)
        self.title = label("Data pusat berbeda dari permohonan ini", "strong", weight="semibold", wrap=True)
        self.text = label("Cocokkan dengan Kartu Keluarga. Bila pusat yang benar, pakai data pusat. Bila permohonan yang benar, pusat "
                          "harus membetulkan dulu: kembalikan berkas dan beri tahu pemohon.", "small", tone="muted", wrap=True)
        card.body.addWidget(self.title)
        card.body.addWidget(self.text)
        inner = QWidget()
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(0, 0, 8, 0)
        self._grid.setHorizontalSpacing(18)
        self._grid.setVerticalSpacing(9)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(2, 1)
        card.body.addWidget(scroll(inner), 1)
        card.body.addWidget(Line())
        self.checked = Tick("Sudah dicocokkan dengan Kartu Keluarga: pusat yang benar")
        self.checked.toggled.connect(lambda _on: self.show_busy(self.page.busy))
        card.body.addWidget(self.checked)
        self.message = NoticeBar(closable=False)
        card.body.addWidget(self.message)
        return card

    def show_view(self, view: PrintView) -> None:
        p = view.dossier.permohonan
        if self._shown != p.id:
            self._shown = p.id
            self.checked.setChecked(False)
            self.message.hide()
            self.back()
        self.head.show_dossier(self.page.session, view.dossier)
        if view.compared is not None:
            self._fill(PrintQueuePresenter.rows(view.compared))
        may = self.page.work.may_act(p)
        self.back_button.setEnabled(may)
        self.checked.setEnabled(may)
        if not may:
            self.message.show_text("info", f"Langkah ini milik {self.page.work.who_may(p)}.")
        self.show_busy(self.page.busy)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "back_button"):
            roomy = self.page.shell.theme.scale < LARGE
            self.head.bar.setVisible(roomy)
            self.back_button.set_text("Kembalikan berkas" if roomy else "Kembalikan")
        super().changeEvent(event)

    def _fill(self, rows: tuple[CompareRow, ...]) -> None:
        clear_layout(self._grid)
        heads = ("", "Permohonan ini", "Pusat (SIAK)")
        for at, text in enumerate(heads):
            self._grid.addWidget(label(text, "small", tone="muted", weight="semibold"), 0, at)
        for i, row in enumerate(rows, 1):
            word, tone = WEIGHTS[row.weight]
            name = label(row.title, "small", tone="muted")
            if word:
                self._grid.addLayout(column(name, Chip(word, tone), spacing=4), i, 0)
            else:
                self._grid.addWidget(name, i, 0, Qt.AlignmentFlag.AlignVCenter)
            for at, value in ((1, row.ours), (2, row.theirs)):
                self._grid.addWidget(label(value, "body", weight="semibold" if word else "", tone=tone if at == 2 else "",
                                           wrap=True), i, at)
        self._grid.setRowStretch(len(rows) + 1, 1)

    def show_busy(self, on: bool) -> None:
        self.primary.setEnabled(self.checked.isChecked() and not on)
        self.again.setEnabled(not on)

    def back(self) -> bool:
        """From the reasons to the table; False when it is shown already."""
        asking = self.sides.currentIndex() == 1
        self.sides.setCurrentIndex(0)
        self._foot.show()
        return asking

    def _ask_reasons(self) -> None:
        view = self.page.view
        if view is not None:
            papers = [(i.kode, i.teks, False) for i in view.dossier.permohonan.kelengkapan if i.ada or i.wajib]
            self.reasons.ask(("data_invalid",), papers)
            self.sides.setCurrentIndex(1)
            self._foot.hide()

    def _take(self) -> None:
        if self._shown:
            pid = self._shown
            self.page.act(lambda: self.page.presenter.take_centre(pid), self.taken.emit, self._failed)

    def _again(self) -> None:
        """The centre may have mended its record meanwhile."""
        if self._shown:
            pid = self._shown
            self.page.act(lambda: self.page.presenter.check(pid), self._checked, self._failed)

    def _checked(self, view: PrintView) -> None:
        if view.stopped:
            self.message.show_text("info", "Data di pusat masih sama seperti ini.")
        self.page.show_checked(view)

    def _failed(self, error: KioskError) -> None:
        self.message.show_text("attention", self.page.session.sentence(error))

