"""Section of Pengaturan: the office server, what this desk can do without it, and what became of the work done alone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.presenters.away import AwayPresenter, AwayView, ReturnRow
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.extra import Stat
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage


class AwaySection(Section):
    """Figures above, the list for the superior below."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.presenter = AwayPresenter(page.session)
        self._copies: tuple[str, ...] = ()
        self.frame.setSpacing(12)
        self.frame.addWidget(label(word("server", "mengapa"), "body", tone="muted", wrap=True))
        self.figures = [Stat() for _ in range(3)]
        top = QHBoxLayout()
        top.setSpacing(16)
        for figure in self.figures:
            top.addWidget(figure, 1)
        self.frame.addLayout(top)
        self.message = NoticeBar(closable=False)
        self.message.hide()
        self.frame.addWidget(self.message)
        card = Card(24, 12)
        card.body.addWidget(label(word("server", "hasil"), "strong", weight="semibold"))
        self.rows = QVBoxLayout()
        self.rows.setSpacing(10)
        card.body.addLayout(self.rows)
        self.empty = EmptyState("shield-check", word("server", "hasil_kosong"), word("server", "hasil_kosong_arti"))
        card.body.addWidget(self.empty, 1)
        self.primary = self.done = Button(word("server", "sudah_baca"), "primary", icon="check", key="F9")
        self.done.clicked.connect(self._settle)
        card.body.addWidget(self.done, 0, Qt.AlignmentFlag.AlignRight)
        self.frame.addWidget(card)
        self.frame.addStretch(1)

    def opened(self) -> None:
        self.message.hide()
        self.refresh()

    def refresh(self) -> None:
        self.page.ask_latest("server", self.presenter.load, self._show, self._refused)

    def _show(self, view: AwayView) -> None:
        for figure, shown in zip(self.figures, (*view.figures, *[None] * 3), strict=False):
            figure.setVisible(shown is not None)
            if shown is not None:
                figure.show_figure(*shown)
        self._copies = view.copies
        clear_layout(self.rows)
        for shown_row in view.rows:
            self.rows.addLayout(self._row(shown_row))
        self.empty.text.setText(word("server", "hasil_sendiri" if len(view.figures) > 2 else "hasil_kosong_arti"))
        self.empty.setVisible(not view.rows)
        self.done.setVisible(view.open)

    def _row(self, r: ReturnRow) -> QHBoxLayout:
        """Whole desk: when, which, how many. One application: its number, what became of it."""
        line = QHBoxLayout()
        line.setSpacing(14)
        left = label(r.number or r.when, "body", weight="semibold" if r.number else "medium", tone="" if r.number else "muted")
        left.setFixedWidth(theme_of(self).px(250))
        text = label(r.text if r.number else f"{r.desk}: {r.text}", "body", tone=r.tone, wrap=True)
        line.addWidget(left, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(text, 1)
        return line

    def _settle(self) -> None:
        self.page.act(partial(self.presenter.settle, self._copies), self._settled, self._refused)

    def _settled(self, view: AwayView) -> None:
        self.message.hide()
        self._show(view)

    def _refused(self, error: KioskError) -> None:
        self.message.show_text("attention", self.page.session.sentence(error))
