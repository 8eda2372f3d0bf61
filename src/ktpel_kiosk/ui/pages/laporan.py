"""Laporan: figures of the day and of the month against the mutu baku, with charts read at a glance."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError, NotAllowed
from ktpel_kiosk.ui.pages.base import Page, scroll
from ktpel_kiosk.ui.presenters.report import ReportPresenter, ReportView
from ktpel_kiosk.ui.widgets.base import Card, column, label
from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
from ktpel_kiosk.ui.widgets.charts import Bar, BarChart, Share, ShareBars
from ktpel_kiosk.ui.widgets.extra import Stat, chosen_value
from ktpel_kiosk.ui.widgets.status import EmptyState

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

PERIODS: tuple[tuple[str, str], ...] = (("hari", "Hari ini"), ("bulan", "Bulan ini"))
FIGURES = 5


class LaporanPage(Page):
    """Computed from the register whenever it is shown; nothing is kept beside it."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = ReportPresenter(window.session)
        self.view: ReportView | None = None
        self._serial = 0
        self.stack = QStackedWidget()
        self.stack.addWidget(self._build())
        self.stack.addWidget(EmptyState("lock", "Laporan tidak terbuka untuk peran Anda",
                                        "Masuk sebagai petugas pelayanan atau atasan untuk melihat angka."))
        self.frame.addWidget(self.stack, 1)

    def _build(self) -> QWidget:
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        self.subtitle = label("", "body", tone="muted")
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addLayout(column(label("Laporan", "title", weight="bold"), self.subtitle, spacing=2), 1)
        self.periods = QButtonGroup(self)
        for value, text in PERIODS:
            chip = ChoiceChip(text, value)
            self.periods.addButton(chip)
            head.addWidget(chip)
        self.periods.buttons()[1].setChecked(True)
        self.periods.buttonClicked.connect(lambda _b: self.refresh())
        layout.addLayout(head)
        figures = QHBoxLayout()
        figures.setSpacing(12)
        self.figures = [Stat() for _ in range(FIGURES)]
        for tile in self.figures:
            figures.addWidget(tile, 1)
        layout.addLayout(figures)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._steps_card(), 6)
        both.addWidget(self._bars_card(), 5)
        layout.addLayout(both, 1)
        return side

    def _steps_card(self) -> Card:
        card = Card(0, 0)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(24, 18, 20, 14)
        box.setSpacing(4)
        box.addWidget(label("Tepat waktu per langkah", "strong", weight="semibold"))
        box.addWidget(label("Bagian yang selesai dalam mutu baku. Waktu tunggu (jeda) tidak dihitung.", "small", tone="muted", wrap=True))
        box.addSpacing(4)
        self.shares = ShareBars("Tepat waktu per langkah")
        box.addWidget(self.shares)
        box.addStretch(1)
        card.body.addWidget(scroll(inner))
        return card

    def _bars_card(self) -> Card:
        card = Card(24, 8)
        card.body.setContentsMargins(24, 18, 24, 18)
        self.bars_title = label("", "strong", weight="semibold")
        self.bars = BarChart("Permohonan masuk")
        card.body.addWidget(self.bars_title)
        card.body.addWidget(self.bars, 1)
        return card

    def opened(self, **args: Any) -> None:
        self.refresh()

    def period(self) -> str:
        return chosen_value(self.periods)

    def refresh(self) -> None:
        self._serial += 1
        self.ask(partial(self.presenter.load, self.period()), partial(self._show, self._serial), self._refused)

    def _refused(self, error: KioskError) -> None:
        if isinstance(error, NotAllowed):
            self.stack.setCurrentIndex(1)
        else:
            self.trouble(error)

    def _show(self, serial: int, view: ReportView) -> None:
        if serial != self._serial:
            return
        self.view = view
        self.stack.setCurrentIndex(0)
        self.subtitle.setText(f"{view.period} · {self.session.office()}")
        for tile, figure in zip(self.figures, view.figures, strict=True):
            tile.show_figure(*figure)
        self.shares.set_lines([Share(s.title, s.detail, s.within, s.share_text, s.tone) for s in view.steps])
        self.bars_title.setText(view.bars_title)
        self.bars.set_bars([Bar(name, value, spoken, strong) for name, spoken, value, strong in view.bars])
