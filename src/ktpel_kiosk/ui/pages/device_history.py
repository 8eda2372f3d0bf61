"""Riwayat: how much of the last 30 days a device worked, what failed and how often, the last troubles, the last tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.device_state import DevicePanel
from ktpel_kiosk.ui.presenters.devices import DeviceCard, HistoryView, TestedRow
from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.charts import MarkedBar, MarkedBars, NumberTable
from ktpel_kiosk.ui.widgets.extra import Stat

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.settings_devices import DevicesSection


class ErrorBars(MarkedBars):
    """Reasons are long: the names get more room than numbers do."""

    NAME_SHARE = 0.62
    LINE = 32


class HistoryPanel(DevicePanel):
    def __init__(self, section: DevicesSection) -> None:
        super().__init__(section)
        self.sentence = label("", "small", tone="muted", wrap=True)
        self.figures = tuple(Stat() for _ in range(3))
        line = QHBoxLayout()
        line.setSpacing(12)
        for figure in self.figures:
            line.addWidget(figure)
        self.errors_title = label("Gangguan menurut jenis", "body", weight="semibold")
        self.errors = ErrorBars("Gangguan menurut jenis")
        self.troubles_title = label("Gangguan terakhir", "body", weight="semibold")
        self.troubles = NumberTable("Gangguan terakhir")
        self.tests_title = label("Uji terakhir", "body", weight="semibold")
        self.tests = NumberTable("Uji terakhir")
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 8, 4)
        box.setSpacing(8)
        box.addWidget(self.sentence)
        box.addLayout(line)
        for title, body in ((self.errors_title, self.errors), (self.troubles_title, self.troubles), (self.tests_title, self.tests)):
            box.addSpacing(4)
            box.addWidget(title)
            box.addWidget(body)
        box.addStretch(1)
        self.frame.addWidget(scroll(inner), 1)

    def opened(self, card: DeviceCard) -> None:
        self.show_history(self.presenter.history(card))
        self.show_tests(())
        self.page.ask_latest("uji terakhir", lambda: self.presenter.tested(card.kind), self.show_tests)

    def show_history(self, view: HistoryView) -> None:
        self.sentence.setText(view.sentence)
        for figure, given in zip(self.figures, view.figures or ((),) * 3, strict=True):
            figure.setVisible(bool(given))
            if given:
                figure.show_figure(*given)
        self.errors.set_bars([MarkedBar(title, float(count), f"{count} kali") for title, count in view.errors])
        self.troubles.set_table(("Waktu", "Yang terjadi", "Lamanya"), view.troubles, (False, False, False), (1.3, 3.6, 1.4))
        for title, body, there in ((self.errors_title, self.errors, view.errors), (self.troubles_title, self.troubles, view.troubles)):
            title.setVisible(bool(there))
            body.setVisible(bool(there))

    def show_tests(self, rows: tuple[TestedRow, ...]) -> None:
        self.tests.set_table(("Waktu", "Pengujian", "Hasil"), [(r.when, r.test, r.result) for r in rows], (False,) * 3, (1.3, 2.0, 3.0))
        self.tests_title.setVisible(bool(rows))
        self.tests.setVisible(bool(rows))
