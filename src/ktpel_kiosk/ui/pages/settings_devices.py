"""Section of Pengaturan: every kind of device with its state; the chosen one in full, with tests, history and berita acara."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.ports.devices import DeviceKind, DeviceState
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.device_damage import DamagePanel
from ktpel_kiosk.ui.pages.device_history import HistoryPanel
from ktpel_kiosk.ui.pages.device_state import DevicePanel, StatePanel
from ktpel_kiosk.ui.pages.device_tests import TestPanel
from ktpel_kiosk.ui.pages.settings_office import Section
from ktpel_kiosk.ui.pages.settings_slips import SlipChoice
from ktpel_kiosk.ui.presenters.devices import DeviceCard, DevicePresenter
from ktpel_kiosk.ui.widgets.base import Card, elided, label
from ktpel_kiosk.ui.widgets.buttons import Chip, Pressable
from ktpel_kiosk.ui.widgets.extra import Tabs

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

ICONS: dict[str, str] = {
    DeviceKind.CAMERA: "camera", DeviceKind.FINGERPRINT: "fingerprint-pattern", DeviceKind.IRIS: "eye", DeviceKind.SIGNATURE: "pen-line",
    DeviceKind.SCANNER: "scan-line", DeviceKind.CARD_READER: "id-card", DeviceKind.CARD_PRINTER: "credit-card",
    DeviceKind.DOCUMENT_PRINTER: "printer", DeviceKind.RECEIPT_PRINTER: "receipt", DeviceKind.BARCODE: "barcode",
}
TABS: tuple[tuple[str, str], ...] = (("keadaan", "Keadaan"), ("uji", "Uji"), ("riwayat", "Riwayat"), ("kerusakan", "Berita acara"))
PANELS: dict[str, type[DevicePanel]] = {"keadaan": StatePanel, "uji": TestPanel, "riwayat": HistoryPanel, "kerusakan": DamagePanel}
LIST_WIDTH = 224
MARKS = {"good": "circle-check", "accent": "clock", "neutral": "minus", "trouble": "triangle-alert"}


class DeviceRow(Pressable):
    """One kind of device: icon, name, below it its state with a sign of its own; the chosen one has the accent bar."""

    moved = Signal(int)

    def __init__(self, kind: DeviceKind) -> None:
        super().__init__("")
        self.kind = kind
        self.card: DeviceCard | None = None
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_card(self, card: DeviceCard) -> None:
        self.card = card
        self.setAccessibleName(f"{card.name}: {card.state}. {card.model}. {card.advice}")
        self.setToolTip(card.advice)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(220), max(48, self.theme.px(53)))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(180), self.sizeHint().height())  # beside the list's scroll bar

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.moved.emit(step)

    def paintEvent(self, event: QEvent) -> None:
        if self.card is None:
            return
        theme, card, on = self.theme, self.card, self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        if on or self.underMouse():
            painter.fillRect(rect, theme.color("accent_soft" if on else "canvas"))
        if on:
            painter.fillRect(QRectF(0, 0, theme.px(4), rect.height()), theme.color("accent"))
        elif theme.contrast != "light":
            painter.setPen(QPen(theme.color("line"), 1))
            painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        icons.draw(painter, ICONS[card.kind], theme.color("accent" if on else "ink"), theme.px(18), (rect.height() - theme.px(22)) / 2,
                   theme.px(22))
        small, strong = theme.font("small", 600), theme.font("body", 600)
        tone = "muted" if card.tone == "neutral" else card.tone
        left, half = theme.px(54), rect.height() / 2
        room = rect.width() - left - theme.px(10)
        painter.setFont(strong)
        painter.setPen(theme.color("ink"))
        painter.drawText(QRectF(left, theme.px(6), room, half - theme.px(4)), Qt.AlignmentFlag.AlignVCenter,
                         elided(strong, card.name, room))
        side = theme.px(14)
        icons.draw(painter, MARKS[card.tone], theme.color(tone), left, half + (half - theme.px(6) - side) / 2, side)
        painter.setFont(small)
        painter.setPen(theme.color(tone))
        painter.drawText(QRectF(left + theme.px(19), half, room - theme.px(19), half - theme.px(6)), Qt.AlignmentFlag.AlignVCenter,
                         elided(small, card.state, room - theme.px(19)))
        self.ring(painter, rect, theme.px(6), theme)


class DevicesSection(Section):
    """The list follows the devices as they come and go; the panel of the chosen kind is built when it is first looked at."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.presenter = DevicePresenter(page.shell.session)
        self.kind = DeviceKind.CAMERA
        self.cards: dict[str, DeviceCard] = {}
        self.rows: dict[str, DeviceRow] = {}
        self.panels: dict[str, DevicePanel] = {}
        self.slips = SlipChoice(page)
        self.slips.hide()
        self.slips.setParent(self)  # until a panel shows it; on its own it would outlive the page and hold all of it
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._list())
        both.addWidget(self._detail(), 1)
        self.frame.addLayout(both, 1)
        page.shell.bridge.device_changed.connect(self._changed)

    def dropped(self) -> None:
        self.page.shell.bridge.device_changed.disconnect(self._changed)

    def _list(self) -> Card:
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        group = QButtonGroup(self)
        for kind in DeviceKind:
            row = DeviceRow(kind)
            row.clicked.connect(lambda _on=False, kind=kind: self.choose(kind))
            row.moved.connect(self._move)
            group.addButton(row)
            self.rows[kind] = row
            box.addWidget(row)
        box.addStretch(1)
        card = Card(1, 0)
        card.body.setContentsMargins(1, 6, 1, 6)
        card.body.addWidget(scroll(inner))
        card.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.list = card
        return card

    def _detail(self) -> Card:
        card = Card(22, 8)
        card.body.setContentsMargins(22, 14, 22, 18)
        self.name = label("", "strong", weight="bold")
        self.model = label("", "small", tone="muted")
        self.chip = Chip("")
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(self.name)
        head.addWidget(self.model, 1)
        head.addWidget(self.chip)
        self.tabs = Tabs(TABS, "Bagian perangkat")
        self.tabs.chosen.connect(self._tab)
        self.stack = QStackedWidget()
        card.body.addLayout(head)
        card.body.addWidget(self.tabs)
        card.body.addWidget(self.stack, 1)
        return card

    # -- moving about -------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        self._fit()
        self.slips.opened()
        self.cards = {c.kind: c for c in self.presenter.cards()}
        for kind, card in self.cards.items():
            self.rows[kind].show_card(card)
        self.rows[self.kind].setChecked(True)
        self._head()
        if self.tabs.current:
            self._tab(self.tabs.current)
        else:
            self.tabs.choose("keadaan")

    def closed(self) -> None:
        if self.tabs.current:
            self.panel(self.tabs.current).closed()

    def refresh(self) -> None:
        """The register changed; nothing here shows it by itself."""

    def choose(self, kind: str, tab: str = "") -> None:
        """Show a kind of device; ``tab`` as in :data:`TABS`."""
        self.closed()
        self.kind = DeviceKind(kind)
        self.rows[self.kind].setChecked(True)
        self._head()
        if tab and tab != self.tabs.current:
            self.tabs.choose(tab)
        elif self.tabs.current:
            self._tab(self.tabs.current)

    def back(self) -> bool:
        """Esc: ends a running test, then leaves a form, then goes to the state of the device."""
        if self.tabs.current and self.panel(self.tabs.current).back():
            return True
        if self.tabs.current not in ("", "keadaan"):
            self.tabs.choose("keadaan")
            return True
        return False

    def panel(self, key: str) -> DevicePanel:
        """The tab, built now if it was never opened."""
        if key not in self.panels:
            made = PANELS[key](self)
            self.panels[key] = made
            self.stack.addWidget(made)
        return self.panels[key]

    def _tab(self, key: str) -> None:
        before = self.stack.currentWidget()
        panel = self.panel(key)
        if isinstance(before, DevicePanel) and before is not panel:
            before.closed()
        self.stack.setCurrentWidget(panel)
        panel.opened(self.card)
        self.lead(panel.primary)

    def lead(self, primary: object) -> None:
        """F9 presses this from now on."""
        self.primary = self.page.primary = primary  # type: ignore[assignment]

    def _move(self, step: int) -> None:
        kinds = list(DeviceKind)
        kind = kinds[(kinds.index(self.kind) + step) % len(kinds)]
        self.choose(kind)
        self.rows[kind].setFocus(Qt.FocusReason.TabFocusReason)

    # -- showing ------------------------------------------------------------------------------------------------------

    @property
    def card(self) -> DeviceCard:
        return self.cards[self.kind]

    def _head(self) -> None:
        card = self.card
        self.name.setText(card.name)
        self.model.setText(card.model)
        self.chip.set(card.state, card.tone)

    def _changed(self, state: DeviceState) -> None:
        card = self.presenter.card(state)
        self.cards[state.kind] = card
        self.rows[state.kind].show_card(card)
        if state.kind is self.kind and self.isVisible():
            self._head()
            if self.tabs.current:
                self.panel(self.tabs.current).changed(card)

    def _fit(self) -> None:
        from ktpel_kiosk.ui.theme import theme_of
        self.list.setFixedWidth(theme_of(self).px(LIST_WIDTH))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "list"):
            self._fit()
        super().changeEvent(event)
