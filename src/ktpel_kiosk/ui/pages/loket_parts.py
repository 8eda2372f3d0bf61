"""Parts of the counter's form: kinds of a service, what is known of an earlier recording, jemput bola and proxy."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ui.widgets.base import clear_layout, label, set_tone
from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
from ktpel_kiosk.ui.widgets.extra import Tick
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.flow import Flow

ASK_CARD = "Pernah direkam? Tandai bila pemohon memegang, atau pernah memegang, KTP-el."


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


class RecordedLine(QWidget):
    """One sentence on an earlier recording, and the officer's own statement where nothing is known."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        self.text = label(ASK_CARD, "small", tone="muted", wrap=True)
        self.has_card = ChoiceChip("Sudah punya KTP-el", "kartu")
        self.has_card.toggled.connect(lambda _on: self.changed.emit())
        line.addWidget(self.text, 1)
        line.addWidget(self.has_card)

    def show_line(self, text: str, tone: str, ask: bool) -> None:
        self.text.setText(text)
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
