"""Pengaturan, Sambungan: until when the certificates count, and card reports the centre refused with the way to send them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.presenters.line_facts import CertificateRow, FactsView, LineFactsPresenter, ReportRow
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, column, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

SHOWN = 20


class LineFacts(QWidget):
    """Two cards; the second only where something was refused."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__()
        self.page, self.presenter = page, LineFactsPresenter(page.session)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        self.trust = Card(20, 8)
        self.trust.body.addWidget(label("Sertifikat", "strong", weight="semibold"))
        self.certificates = QVBoxLayout()
        self.certificates.setSpacing(8)
        self.trust.body.addLayout(self.certificates)
        self.refused = Card(20, 8)
        self.title = label("", "strong", weight="semibold", wrap=True)
        self.refused.body.addWidget(self.title)
        self.refused.body.addWidget(label("Kartunya sudah benar; hanya laporannya yang belum diterima pusat. Tanyakan sebabnya ke "
                                          "Disdukcapil, lalu kirim lagi.", "small", tone="muted", wrap=True))
        self.reports = QVBoxLayout()
        self.reports.setSpacing(8)
        self.refused.body.addLayout(self.reports)
        self.again = Button("Kirim lagi", icon="refresh-cw")
        self.again.setAccessibleName("Kirim lagi laporan kartu yang ditolak pusat")
        self.again.clicked.connect(self._send)
        self.refused.body.addWidget(self.again, 0, Qt.AlignmentFlag.AlignRight)
        for card in (self.trust, self.refused):
            box.addWidget(card)
            card.hide()

    def refresh(self) -> None:
        self.page.ask_latest("sambungan-fakta", self.presenter.load, self._show)

    def _show(self, view: FactsView) -> None:
        clear_layout(self.certificates)
        for number, row in enumerate(view.certificates):
            if number:
                self.certificates.addWidget(Line())
            self.certificates.addLayout(_certificate(row))
        self.trust.setVisible(bool(view.certificates))
        clear_layout(self.reports)
        for report in view.reports[:SHOWN]:
            self.reports.addLayout(_report(report))
        more = len(view.reports) - SHOWN
        if more > 0:
            self.reports.addWidget(label(f"dan {number_text(more)} laporan lain", "small", tone="muted"))
        self.title.setText(f"{number_text(len(view.reports))} laporan kartu ditolak pusat")
        self.again.setVisible(self.presenter.may_send())
        self.refused.setVisible(bool(view.reports))

    def _send(self) -> None:
        self.page.act(self.presenter.send_again, self._sent)

    def _sent(self, count: int) -> None:
        self.refresh()
        told = f"{number_text(count)} laporan kartu dikirim lagi."
        self.page.shell.tell("info", "Yang ditolak lagi akan muncul lagi di sini.", bold=told)


def _certificate(row: CertificateRow) -> QVBoxLayout:
    line = QHBoxLayout()
    name = label(row.name, "body", weight="medium")
    name.setAccessibleName(f"{row.name}: {row.until}, {row.left}")
    line.addLayout(column(name, label(row.until, "small", tone="muted"), spacing=0), 1)
    line.addWidget(Chip(row.left, row.tone), 0, Qt.AlignmentFlag.AlignTop)
    made = QVBoxLayout()
    made.setSpacing(4)
    made.addLayout(line)
    if row.advice:
        made.addWidget(label(row.advice, "small", wrap=True))
    return made


def _report(row: ReportRow) -> QVBoxLayout:
    why = " · ".join(x for x in (row.when, row.reason) if x)
    return column(label(row.what, "body", weight="medium", wrap=True), label(why, "small", tone="muted", wrap=True), spacing=0)
