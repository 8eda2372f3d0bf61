"""Parts of the counter's form: services and kinds, what is still missing, what is known of an earlier recording, jemput bola and proxy."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ui.widgets.base import clear_layout, label, set_tone, text_width
from ktpel_kiosk.ui.widgets.buttons import TONES, ChoiceChip, Pressable
from ktpel_kiosk.ui.widgets.extra import Tick
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.flow import Flow

HAS_CARD = "memegang, atau pernah memegang"


class ServiceChip(ChoiceChip):
    """A service with the number that chooses it (Alt and the number anywhere, the number alone among the services)."""

    wanted = Signal(str)
    """A character was typed here: a number, or the first letter of another service."""

    def __init__(self, text: str, value: object, number: int) -> None:
        super().__init__(text, value)
        self.number = number if number <= 9 else 0
        if self.number:
            self.setAccessibleDescription(f"Alt {self.number}")
            self.setToolTip(f"Alt+{self.number}")

    def sizeHint(self) -> QSize:
        size = super().sizeHint()
        return QSize(size.width() + (self.theme.px(14) if self.number else 0), size.height())

    def paintEvent(self, event: QEvent) -> None:
        super().paintEvent(event)
        if self.number:
            theme = self.theme
            painter = self.brush()
            painter.setFont(theme.font("tiny", 500))
            painter.setPen(theme.color("accent" if self.isChecked() else "muted"))
            painter.drawText(QRectF(self.rect()).adjusted(0, 0, -theme.px(9), 0),
                             Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(self.number))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.text().isalnum() and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
            self.wanted.emit(event.text().lower())
        else:
            super().keyPressEvent(event)


class KindChips(QWidget):
    """The kinds of the chosen service; hidden where there is only one."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._row = Flow(8)
        self.setLayout(self._row)
        self.group = QButtonGroup(self)

    def show_kinds(self, kinds: Sequence[tuple[str, str]], chosen: str = "") -> None:
        """The first is the usual one."""
        for old in self.group.buttons():
            self.group.removeButton(old)
        clear_layout(self._row)
        for i, (kode, text) in enumerate(kinds):
            chip = ChoiceChip(text, kode)
            chip.setChecked(kode == chosen or (not chosen and i == 0))
            chip.toggled.connect(lambda on: self.changed.emit() if on else None)
            self.group.addButton(chip)
            self._row.addWidget(chip)
        self.setVisible(bool(kinds))

    def value(self) -> str:
        chosen = self.group.checkedButton()
        return str(chosen.value) if chosen is not None else ""  # type: ignore[attr-defined]


class MissingButton(Pressable):
    """How much is still missing; a press leads to the first of it."""

    def __init__(self) -> None:
        super().__init__("")
        self._tone = "attention"

    def set(self, text: str, tone: str, told: str) -> None:
        """``told``: where a press leads."""
        self.setText(text)
        self._tone = tone
        self.setAccessibleName(text)
        self.setAccessibleDescription(told)
        self.setToolTip(told)
        self.setEnabled(tone != "good")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(text_width(self.theme.font("small", 600), self.text()) + self.theme.px(24), max(48, self.theme.px(48)))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = self.brush()
        painter.setOpacity(1.0)  # "lengkap" is said in full colour, although there is nowhere to go
        back, ink = TONES[self._tone]
        high = theme.px(28)
        pill = QRectF(0.5, (self.height() - high) / 2, self.width() - 1, high)
        painter.setPen(theme.color(ink) if self._tone != "good" or theme.contrast != "light" else Qt.PenStyle.NoPen)
        painter.setBrush(self.shade(theme.color(back)))
        painter.drawRoundedRect(pill, high / 2, high / 2)
        painter.setFont(theme.font("small", 600))
        painter.setPen(theme.color(ink))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, self.text())
        self.ring(painter, pill, high / 2, theme)


class RecordedLine(QWidget):
    """One sentence on an earlier recording, and the officer's own statement where nothing is known."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        self.text = label("", "small", tone="muted", wrap=True)
        self.has_card = Tick("Sudah punya KTP-el", HAS_CARD)
        self.has_card.toggled.connect(lambda _on: self.changed.emit())
        box.addWidget(self.text)
        box.addWidget(self.has_card)

    def show_line(self, text: str, tone: str, ask: bool) -> None:
        """``text`` may be empty: the question says enough."""
        self.text.setText(text)
        self.text.setVisible(bool(text))
        set_tone(self.text, tone)
        self.has_card.setVisible(ask)

    def stated(self) -> bool:
        return self.has_card.isChecked() and self.has_card.isVisibleTo(self)


class MoreOptions(QWidget):
    """Jemput bola with its place, where something is recorded; a proxy with the name, where the SOP allows one."""

    changed = Signal()
    proxy_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.mobile = Tick("Jemput bola", "direkam di luar kantor")
        self.place = TextField("tempat", "Tempat perekaman", placeholder="Mis. SMAN 1 Tempeh", limit=80)
        self.proxy = Tick("Dibawa kuasa", "dengan surat kuasa F-1.07")
        self.receiver = TextField("kuasa", "Nama penerima kuasa", upper=True, limit=60)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(8)
        line = QHBoxLayout()
        line.addWidget(self.mobile, 1)
        line.addWidget(self.proxy, 1)
        box.addLayout(line)
        box.addWidget(self.place)
        box.addWidget(self.receiver)
        self.mobile.toggled.connect(self._toggled)
        self.proxy.toggled.connect(self._toggled)
        self.place.changed.connect(self.changed)
        self.receiver.changed.connect(self.changed)

    def offer(self, *, records: bool, proxy: bool) -> None:
        """What the chosen service allows."""
        self.mobile.setVisible(records)
        self.proxy.setVisible(proxy)
        self._fit()

    def _toggled(self, _on: bool) -> None:
        self._fit()
        self.changed.emit()
        self.proxy_changed.emit()

    def _fit(self) -> None:
        self.place.setVisible(self.mobile.isChecked() and self.mobile.isVisibleTo(self))
        self.receiver.setVisible(self.proxy.isChecked() and self.proxy.isVisibleTo(self))

    def where(self) -> str:
        return self.place.value() if self.place.isVisibleTo(self) else ""

    def kuasa(self) -> str | None:
        """Name of the proxy (may still be empty); None without one."""
        return self.receiver.value() if self.receiver.isVisibleTo(self) else None

    def set_values(self, place: object = "", kuasa: object = "") -> None:
        self.place.set_value(place)
        self.receiver.set_value(kuasa)
        self.receiver.say("")
        self.mobile.setChecked(bool(place))
        self.proxy.setChecked(bool(kuasa))
        self._fit()
