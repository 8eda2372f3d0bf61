"""Laporan: a day, month or year at a glance, in figures, in times, in what came back and waits, in what people say; and on paper."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError, NotAllowed
from ktpel_kiosk.domain.laporan import Masa
from ktpel_kiosk.ui.pages.base import Page, scroll
from ktpel_kiosk.ui.pages.register_export import FORMATS, choose_file
from ktpel_kiosk.ui.presenters.report import PERIODS, TABS, Glance, ReportPresenter, ReportView
from ktpel_kiosk.ui.widgets.base import Card, column, label
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip, IconButton
from ktpel_kiosk.ui.widgets.charts import Bar, BarChart, Share, ShareBars
from ktpel_kiosk.ui.widgets.extra import Panel, Stat, Tabs, chosen_value
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.report_section import SectionList
from ktpel_kiosk.ui.widgets.status import EmptyState

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

FIGURES = 5
IN_TIME = ("Tepat waktu per langkah", "Bagian yang selesai dalam mutu baku. Waktu tunggu (jeda) tidak dihitung.")
HOW_LONG = ("Waktu per langkah", "Waktu tengah. SOP kantor ini tidak menetapkan mutu baku per langkah; waktu tunggu (jeda) tidak dihitung.")
KINDS: tuple[tuple[str, str], ...] = (("bulanan", "Lengkap"), ("waktu", "Waktu layanan"))
REPORT_FORMATS = tuple(sorted(FORMATS, key=lambda f: f[0] != "pdf"))


class LaporanPage(Page):
    """Computed from the register whenever it is shown; nothing is kept beside it."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = ReportPresenter(window.session)
        self.view: ReportView | None = None
        self.masa = self.presenter.period("bulan")
        self.stack = QStackedWidget()
        self.stack.addWidget(self._build())
        self.stack.addWidget(EmptyState("lock", "Laporan tidak terbuka untuk peran Anda",
                                        "Masuk sebagai petugas pelayanan atau atasan untuk melihat angka."))
        self.frame.addWidget(self.stack, 1)

    def _build(self) -> QWidget:
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(14)
        layout.addLayout(self._head())
        self.tabs = Tabs(TABS, "Bagian laporan")
        self.tabs.choose("ringkasan")
        self.tabs.chosen.connect(lambda _key: self.refresh())
        layout.addWidget(self.tabs)
        self.body = QStackedWidget()
        self.body.addWidget(self._glance())
        self.sections = SectionList()
        self.body.addWidget(scroll(self.sections))
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self.body, 1)
        self.export_panel = ReportExport(self)
        self.export_panel.closed.connect(lambda: self._ask_export(False))
        self.export_panel.hide()
        both.addWidget(self.export_panel)
        layout.addLayout(both, 1)
        return side

    def _head(self) -> QHBoxLayout:
        self.subtitle = label("", "body", tone="muted", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addLayout(column(label("Laporan", "title", weight="bold"), self.subtitle, spacing=2), 1)
        self.earlier, self.later = IconButton("Masa sebelumnya", "chevron-left"), IconButton("Masa berikutnya", "chevron-right")
        self.earlier.clicked.connect(lambda: self.go_to(self.masa.sebelum()))
        self.later.clicked.connect(lambda: self.go_to(self.masa.sesudah()))
        head.addWidget(self.earlier)
        self.periods = QButtonGroup(self)
        for value, text in PERIODS:
            chip = ChoiceChip(text, value)
            chip.setChecked(value == self.masa.jenis)
            self.periods.addButton(chip)
            head.addWidget(chip)
        self.periods.buttonClicked.connect(lambda _b: self.go_to(self._other_kind(chosen_value(self.periods))))
        head.addWidget(self.later)
        self.export = Button("Ekspor", "primary", icon="download", key="F9")
        self.export.clicked.connect(lambda: self._ask_export(True))
        head.addWidget(self.export)
        return head

    def _glance(self) -> QWidget:
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        tiles = QHBoxLayout()
        tiles.setSpacing(12)
        self.figures = [Stat() for _ in range(FIGURES)]
        for tile in self.figures:
            tiles.addWidget(tile, 1)
        layout.addLayout(tiles)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._steps_card(), 6)
        self.bars_card = self._bars_card()
        both.addWidget(self.bars_card, 5)
        layout.addLayout(both, 1)
        return inner

    def _steps_card(self) -> Card:
        card = Card(0, 0)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(24, 18, 20, 14)
        box.setSpacing(4)
        self.shares_title = label("", "strong", weight="semibold")
        self.shares_hint = label("", "small", tone="muted", wrap=True)
        box.addWidget(self.shares_title)
        box.addWidget(self.shares_hint)
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

    # -- period ---------------------------------------------------------------------------------------------------------------

    def _other_kind(self, jenis: str) -> Masa:
        """The day, month or year around what is shown; of a longer period its last part that has begun."""
        day = min(self.masa.akhir.fromordinal(self.masa.akhir.toordinal() - 1), self.session.today())
        return Masa.of(jenis, max(day, self.masa.mulai))

    def go_to(self, masa: Masa) -> None:
        self.masa = masa
        if not self.export_panel.isHidden():
            self.export_panel.name_file()
        self.refresh()

    def opened(self, **args: Any) -> None:
        self.export.setVisible(self.presenter.may_export() and self.export_panel.isHidden())
        self.primary = self.export if self.export_panel.isHidden() else self.export_panel.go_button
        self.refresh()

    def refresh(self) -> None:
        self.later.setEnabled(not self.presenter.running(self.masa))
        self.ask_latest("report", partial(self.presenter.load, self.tabs.current, self.masa), self._show, self._refused)

    def _refused(self, error: KioskError) -> None:
        if isinstance(error, NotAllowed):
            self.stack.setCurrentIndex(1)
        else:
            self.trouble(error)

    def _show(self, view: ReportView) -> None:
        self.view = view
        self.stack.setCurrentIndex(0)
        running = " · belum selesai" if self.presenter.running(view.masa) else ""
        self.subtitle.setText(f"{view.period}{running} · {self.session.office()}")
        if view.glance is not None:
            self._show_glance(view.glance)
        else:
            self.sections.show_sections(view.sections)
        self.body.setCurrentIndex(0 if view.glance is not None else 1)

    def _show_glance(self, glance: Glance) -> None:
        for tile, figure in zip(self.figures, glance.figures, strict=True):
            tile.show_figure(*figure)
        title, hint = IN_TIME if any(s.within is not None for s in glance.steps) else HOW_LONG
        self.shares_title.setText(title)
        self.shares_hint.setText(hint)
        self.shares.set_lines([Share(s.title, s.detail, s.within, s.share_text, s.tone) for s in glance.steps])
        self.bars_title.setText(glance.bars_title)
        self.bars.set_bars([Bar(name, value, spoken, strong) for name, spoken, value, strong in glance.bars])

    # -- export ---------------------------------------------------------------------------------------------------------------

    def _ask_export(self, on: bool) -> None:
        self.export_panel.setVisible(on)
        self.export.setVisible(not on)
        self.bars_card.setVisible(not on)
        self.primary = self.export_panel.go_button if on else self.export
        if on:
            self.export_panel.begin()

    def back(self) -> bool:
        if not self.export_panel.isHidden():
            self._ask_export(False)
            return True
        return False


class ReportExport(Panel):
    """Which report of the period shown, in what form, into which file."""

    def __init__(self, page: LaporanPage) -> None:
        super().__init__("Ekspor laporan", wide=360)
        self.page = page
        self.kinds, kinds = self._chips(KINDS)
        self.formats, formats = self._chips(REPORT_FORMATS)
        self.path = TextField("berkas", "Simpan sebagai", limit=400)
        choose = Button("Pilih …", icon="folder-open")
        choose.clicked.connect(lambda: choose_file(self, self.path.value(), self.path.set_value))
        self.go_button = Button("Simpan berkas", "primary", icon="download", key="F9")
        self.go_button.clicked.connect(self._export)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 8, 0)
        box.setSpacing(12)
        for item in (label("Isi", "small", weight="medium"), kinds, label("Bentuk", "small", weight="medium"), formats, self.path):
            box.addWidget(item)
        box.addWidget(choose, 0, Qt.AlignmentFlag.AlignLeft)
        box.addWidget(label("PDF untuk dicetak dan ditandatangani; Excel dan CSV berisi angka yang sama, satu baris satu angka.",
                            "small", tone="muted", wrap=True))
        box.addStretch(1)
        self.form.addWidget(scroll(inner), 1)
        self.form.addWidget(self.go_button, 0, Qt.AlignmentFlag.AlignRight)
        for group in (self.kinds, self.formats):
            group.buttonClicked.connect(lambda _b: self.name_file())
        self.path.changed.connect(lambda: self.go_button.setEnabled(bool(self.path.value())))

    def _chips(self, items: tuple[tuple[str, str], ...]) -> tuple[QButtonGroup, QWidget]:
        from ktpel_kiosk.ui.widgets.flow import Flow
        group, holder, flow = QButtonGroup(self), QWidget(), Flow(8)
        holder.setLayout(flow)
        for value, text in items:
            chip = ChoiceChip(text, value)
            group.addButton(chip)
            flow.addWidget(chip)
        group.buttons()[0].setChecked(True)
        return group, holder

    def begin(self) -> None:
        self.path.set_value("")
        self.name_file()
        self.go_button.setFocus()

    def name_file(self) -> None:
        """A name that says what and when, in the folder chosen last."""
        from ktpel_kiosk.ui.pages.register_export import _documents
        folder = Path(self.path.value()).parent if self.path.value() else _documents()
        name = self.page.presenter.file_name(self.page.masa, chosen_value(self.kinds), chosen_value(self.formats))
        self.path.set_value(folder / name)

    def _export(self) -> None:
        kind, form, path, masa = chosen_value(self.kinds), chosen_value(self.formats), Path(self.path.value()), self.page.masa
        self.page.act(lambda: self.page.presenter.export(masa, kind, form, path), self._exported)

    def _exported(self, result: tuple[Path, str]) -> None:
        path, digest = result
        self.closed.emit()
        self.page.shell.tell("good", f"{path}. Sidik SHA-256 {digest[:8]}…{digest[-8:]} dicatat.", bold="Laporan tersimpan.")
