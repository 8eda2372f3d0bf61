"""Antrean: unsent packets, oldest first, why each waits and when it is tried next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget

from ktpel_kiosk.ui.pages.base import Page
from ktpel_kiosk.ui.presenters.books import QueuePresenter, QueueView
from ktpel_kiosk.ui.widgets.base import Card, column, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.tables import Cell, RowsView, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

LOAD_EVERY_S = 5


class AntreanPage(Page):
    """The queue is a query; this page only looks."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = QueuePresenter(window.session)
        self._wait = 0
        self.headline = label("", "body", tone="muted")
        head = QHBoxLayout()
        head.addLayout(column(label("Antrean kirim", "title", weight="bold"), self.headline, spacing=2), 1)
        self.primary = Button("Coba kirim sekarang", "primary", icon="refresh-cw", key="F9")
        self.primary.clicked.connect(self._try)
        head.addWidget(self.primary)
        self.frame.addLayout(head)
        self.why = NoticeBar(closable=False)
        self.frame.addWidget(self.why)
        card = Card(0, 0)
        card.body.setContentsMargins(1, 4, 1, 8)
        self.table = RowsView("Antrean kirim", QueuePresenter.COLUMNS, stretch=1, widths=(70, 260, 130, 110, 100, 240, 120))
        self.pages = QStackedWidget()
        self.pages.addWidget(self.table)
        self.pages.addWidget(EmptyState("circle-check", "Semua sudah terkirim", "Paket baru akan tampil di sini sampai diterima pusat."))
        card.body.addWidget(self.pages)
        self.frame.addWidget(card, 1)

    def opened(self, **args: Any) -> None:
        self.refresh()

    def refresh(self) -> None:
        self.ask(self.presenter.load, self._show)

    def tick(self) -> None:
        self._wait += 1
        if self._wait >= LOAD_EVERY_S:
            self._wait = 0
            self.refresh()

    def _show(self, view: QueueView) -> None:
        self.headline.setText(view.headline)
        self.pages.setCurrentIndex(0 if view.rows else 1)
        self.primary.setVisible(bool(view.rows))
        if view.rows and view.detail:
            self.why.show_text(view.tone, view.detail)
        else:
            self.why.hide()
        self.table.rows.set_rows([TableRow(r.id, tuple(
            Cell(text, r.tone if i == 5 else "", bold=i == 1) for i, text in enumerate(r.cells))) for r in view.rows])

    def _try(self) -> None:
        self.ask(self.presenter.try_now, lambda _r: self.shell.tell("info", "Pengiriman dicoba sekarang, yang tertua dahulu."))
