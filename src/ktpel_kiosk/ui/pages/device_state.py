"""Keadaan: what to do now, who the device is, which others are seen, and what is left in the card printer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.devices import DeviceCard, SeenRow, SupplyRow
from ktpel_kiosk.ui.widgets.base import Line, Painted, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.status import NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.settings_devices import DevicesSection

NOTICES = {"good": "good", "accent": "info", "neutral": "attention", "trouble": "trouble"}


class DevicePanel(QWidget):
    """One tab of the device page. ``primary`` is its F9 button."""

    def __init__(self, section: DevicesSection) -> None:
        super().__init__()
        self.section = section
        self.page, self.presenter = section.page, section.presenter
        self.primary: Button | None = None
        self.frame = QVBoxLayout(self)
        self.frame.setContentsMargins(0, 8, 0, 0)
        self.frame.setSpacing(12)

    def opened(self, card: DeviceCard) -> None:
        """Shown for this kind of device."""

    def changed(self, card: DeviceCard) -> None:
        """The device's state changed while this is shown."""

    def closed(self) -> None:
        """Left, or another kind is chosen."""

    def back(self) -> bool:
        return False


def fact_grid() -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(20)
    grid.setVerticalSpacing(8)
    grid.setColumnStretch(1, 1)
    return grid


def fill_facts(grid: QGridLayout, facts: tuple[tuple[str, str], ...]) -> None:
    """Label and value, one row each; values can be selected with the mouse to be read out on the phone."""
    clear_layout(grid)
    for i, (title, value) in enumerate(facts):
        shown = label(value, "body", weight="medium", wrap=True)
        shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(label(title, "small", tone="muted"), i, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(shown, i, 1)


class SupplyBar(Painted):
    """What is left of one supply: a bar with its number and a word."""

    def __init__(self, row: SupplyRow) -> None:
        super().__init__()
        self.row = row
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{row.title}: {row.text}")

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(260), self.theme.px(34))

    def paintEvent(self, event: QEvent) -> None:
        theme, row = self.theme, self.row
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font, strong, high = theme.font("body"), theme.font("body", 600), self.height()
        name, number = theme.px(150), theme.px(220)
        painter.setFont(font)
        painter.setPen(theme.color("ink"))
        painter.drawText(QRectF(0, 0, name, high), Qt.AlignmentFlag.AlignVCenter, row.title)
        left = float(name)
        if row.share is not None:
            track = QRectF(left, high / 2 - theme.px(5), max(theme.px(60), self.width() - name - number), theme.px(10))
            painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else theme.color("ink"))
            painter.setBrush(theme.color("soft"))
            painter.drawRoundedRect(track, theme.radius("key"), theme.radius("key"))
            painter.setBrush(theme.color(row.tone))
            filled = QRectF(track.left(), track.top(), track.width() * row.share, track.height())
            painter.drawRoundedRect(filled, theme.radius("key"), theme.radius("key"))
            left = track.right() + theme.px(14)
        painter.setFont(strong if row.share is not None else font)
        painter.setPen(theme.color(row.tone))
        painter.drawText(QRectF(left, 0, self.width() - left, high), Qt.AlignmentFlag.AlignVCenter, row.text)


class StatePanel(DevicePanel):
    def __init__(self, section: DevicesSection) -> None:
        super().__init__(section)
        self.advice = NoticeBar(closable=False)
        self.facts = fact_grid()
        self.supplies_title = label("Isi printer kartu", "body", weight="semibold")
        self.supplies = QVBoxLayout()
        self.supplies.setSpacing(0)
        self.seen_title = label("", "body", weight="semibold")
        self.seen = QVBoxLayout()
        self.seen.setSpacing(0)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 4, 8, 4)
        box.setSpacing(10)
        for item in (self.facts, 6, self.supplies_title, self.supplies, section.slips, 6, self.seen_title, self.seen):
            if isinstance(item, int):
                box.addSpacing(item)
            elif isinstance(item, QWidget):
                box.addWidget(item)
            else:
                box.addLayout(item)
        box.addStretch(1)
        self.report = Button("Lapor rusak", icon="file-text")
        self.report.clicked.connect(lambda: section.tabs.choose("kerusakan"))
        self.test = Button("Uji perangkat", "primary", key="F9")
        self.test.clicked.connect(lambda: section.tabs.choose("uji"))
        self.primary = self.test
        foot = QHBoxLayout()
        foot.addWidget(self.report)
        foot.addStretch(1)
        foot.addWidget(self.test)
        self.frame.addWidget(self.advice)
        self.frame.addWidget(scroll(inner), 1)
        self.frame.addLayout(foot)

    def opened(self, card: DeviceCard) -> None:
        self.changed(card)
        self._supplies(())
        self.section.slips.setVisible(card.kind in (DeviceKind.DOCUMENT_PRINTER, DeviceKind.RECEIPT_PRINTER))
        if card.kind is DeviceKind.CARD_PRINTER and card.usable:
            self.page.ask_latest("isi printer", self.presenter.supplies, lambda rows: self._supplies(rows, card.kind), lambda _e: None)

    def changed(self, card: DeviceCard) -> None:
        self.advice.show_text(NOTICES[card.tone], card.advice, bold=f"{card.state}.")
        fill_facts(self.facts, self.presenter.facts(card))
        self.test.setEnabled(card.usable)
        self._seen(card.kind)

    def _supplies(self, rows: tuple[SupplyRow, ...], kind: DeviceKind | None = None) -> None:
        if kind is not None and kind is not self.section.kind:
            return
        clear_layout(self.supplies)
        self.supplies_title.setVisible(bool(rows))
        for row in rows:
            self.supplies.addWidget(SupplyBar(row))

    def _seen(self, kind: DeviceKind) -> None:
        clear_layout(self.seen)
        rows = self.presenter.seen(kind)
        self.seen_title.setText("Perangkat yang terlihat sekarang" if rows else "Tidak ada perangkat jenis ini yang terlihat")
        may = self.presenter.may("change_settings")
        for i, row in enumerate(rows):
            if i:
                self.seen.addWidget(Line())
            self.seen.addWidget(self._row(kind, row, may, several=len(rows) > 1))

    def _row(self, kind: DeviceKind, row: SeenRow, may: bool, *, several: bool) -> QWidget:
        made = QWidget()
        line = QHBoxLayout(made)
        line.setContentsMargins(0, 6, 0, 6)
        line.setSpacing(12)
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(label(row.title, "body", weight="medium"))
        text.addWidget(label(row.detail, "small", tone="muted", wrap=True))
        line.addLayout(text, 1)
        line.addWidget(Chip(row.chip, row.tone))
        if may and (several or row.wanted):
            use = Button("Lepas pilihan" if row.wanted else "Pakai perangkat ini")
            use.setAccessibleName(f"{use.text()}: {row.title}")
            use.clicked.connect(lambda: self._prefer(kind, "" if row.wanted else row.key, row.title))
            line.addWidget(use)
        return made

    def _prefer(self, kind: DeviceKind, wanted: str, title: str) -> None:
        def done(_result: None) -> None:
            self._seen(self.section.kind)
            self.page.shell.tell("good", f"{title} dipakai selama tersambung; yang lain menjadi cadangan." if wanted
                                 else "Perangkat pertama yang siap akan dipakai.")

        self.page.act(lambda: self.presenter.prefer(kind, wanted), done)
