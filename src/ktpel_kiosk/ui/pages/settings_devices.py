"""Section of Pengaturan: devices live, with what to do now and a camera test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from ktpel_kiosk.ports.devices import DeviceKind, DeviceState
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.pages.settings_slips import SlipChoice
from ktpel_kiosk.ui.presenters.settings import DeviceCard
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, Painted, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.capture import PreviewView, to_qimage
from ktpel_kiosk.ui.widgets.extra import Panel

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent

    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

ICONS: dict[str, str] = {
    DeviceKind.CAMERA: "camera", DeviceKind.FINGERPRINT: "fingerprint-pattern", DeviceKind.IRIS: "eye", DeviceKind.SIGNATURE: "pen-line",
    DeviceKind.SCANNER: "scan-line", DeviceKind.CARD_READER: "id-card", DeviceKind.CARD_PRINTER: "credit-card",
    DeviceKind.DOCUMENT_PRINTER: "printer", DeviceKind.RECEIPT_PRINTER: "receipt", DeviceKind.BARCODE: "barcode",
}
FRAME_MS = 66


class DeviceIcon(Painted):
    """The device's icon on a soft plate."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.setFixedSize(44, 44)

    def paintEvent(self, event: QEvent) -> None:
        from PySide6.QtGui import QPainter
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("soft"))
        painter.drawRoundedRect(self.rect(), 10, 10)
        icons.draw(painter, self._name, theme.color("ink"), 11, 11, 22)


class DeviceTile(Card):
    """One device: name, model, state, advice, and a test where there is one."""

    def __init__(self, kind: str) -> None:
        super().__init__(18, 8)
        self.name = label("", "body", weight="semibold")
        self.model = label("", "small", tone="muted", wrap=True)
        self.chip = Chip("")
        self.advice = label("", "small", tone="muted", wrap=True)
        self.advice.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.test = Button("Uji kamera", icon="eye")
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(DeviceIcon(ICONS[kind]))
        head.addWidget(self.name, 1)
        head.addWidget(self.chip)
        self.body.addLayout(head)
        self.body.addWidget(self.model)
        foot = QHBoxLayout()
        foot.addWidget(self.advice, 1)
        foot.addWidget(self.test, 0, Qt.AlignmentFlag.AlignBottom)
        self.body.addLayout(foot, 1)

    def show_card(self, card: DeviceCard) -> None:
        self.name.setText(card.name)
        self.model.setText(card.model)
        self.model.setToolTip(card.model)
        self.chip.set(card.state, card.tone)
        self.advice.setText(card.advice)
        self.test.setVisible(card.can_test)
        self.setAccessibleName(f"{card.name}: {card.state}. {card.advice}")


class DevicesSection(Section):
    """Tiles follow the devices as they come and go; the camera's picture can be looked at."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.slips = SlipChoice(page)
        self.frame.addWidget(self.slips)
        inner = QWidget()
        self._grid = QGridLayout(inner)
        self._grid.setContentsMargins(0, 0, 4, 0)
        self._grid.setSpacing(14)
        self.tiles: dict[str, DeviceTile] = {}
        for kind in DeviceKind:
            tile = DeviceTile(kind)
            tile.test.clicked.connect(lambda: self._test(True))
            self.tiles[kind] = tile
        self._place(3)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(scroll(inner), 1)
        self.panel = Panel("Uji kamera")
        self.panel.setFixedWidth(400)
        self.panel.closed.connect(lambda: self._test(False))
        self.preview = PreviewView(oval=True)
        self.panel.form.addWidget(self.preview, 1)
        self.panel.form.addWidget(label("Gambar harus tajam, terang merata dan mengikuti gerak tanpa jeda.", "body", tone="muted",
                                        wrap=True))
        self.restart = Button("Mulai ulang gambar", icon="refresh-cw")
        self.restart.clicked.connect(self._restart)
        self.panel.form.addWidget(self.restart, 0, Qt.AlignmentFlag.AlignLeft)
        self.panel.hide()
        both.addWidget(self.panel)
        self.frame.addLayout(both, 1)
        self._serial = 0
        self._frames = QTimer(self)
        self._frames.setInterval(FRAME_MS)
        self._frames.timeout.connect(self._frame)
        page.shell.bridge.device_changed.connect(self._changed)

    def _place(self, columns: int) -> None:
        for i, tile in enumerate(self.tiles.values()):
            self._grid.addWidget(tile, i // columns, i % columns)
        for c in range(3):
            self._grid.setColumnStretch(c, 1 if c < columns else 0)
        self._grid.setRowStretch(len(self.tiles), 1)

    def _columns(self, beside_panel: bool) -> int:
        """As many tiles side by side as the room allows."""
        room = self.width() - (self.panel.width() if beside_panel else 0)
        return max(1, min(3, room // theme_of(self).px(350)))

    def opened(self) -> None:
        self.slips.opened()
        for card in self.page.presenter.devices():
            self.tiles[card.kind].show_card(card)

    def closed(self) -> None:
        self._test(False)

    def back(self) -> bool:
        if self.panel.isHidden():
            return False
        self._test(False)
        return True

    def _changed(self, state: DeviceState) -> None:
        self.tiles[state.kind].show_card(self.page.presenter.device(state))

    def _test(self, on: bool) -> None:
        if on == self._frames.isActive() and on != self.panel.isHidden():
            return
        self.panel.setVisible(on)
        self._place(self._columns(on))
        devices = self.page.shell.desk.devices
        if on:
            self._serial = 0
            self.preview.set_frame(None)
            self.preview.set_waiting("Menunggu gambar …")
            devices.start_preview(DeviceKind.CAMERA)
            self._frames.start()
        else:
            self._frames.stop()
            devices.stop_preview(DeviceKind.CAMERA)

    def _restart(self) -> None:
        devices = self.page.shell.desk.devices
        devices.stop_preview(DeviceKind.CAMERA)
        self.preview.set_frame(None)
        self._serial = 0
        devices.start_preview(DeviceKind.CAMERA)

    def _frame(self) -> None:
        found = self.page.shell.desk.devices.preview(DeviceKind.CAMERA).latest(self._serial)
        if found is not None:
            self._serial, raw = found
            self.preview.set_frame(to_qimage(raw))
