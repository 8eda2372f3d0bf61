"""What is asked before a card counts as spoiled: why, and a second officer who saw it."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.second import SecondPerson

REASONS = ("Cetakan cacat", "Warna salah", "Chip tidak terbaca", "Kartu macet")


class SpoilForm(QWidget):
    """Chips write into the reason; ``second.entered`` comes with Enter in the second officer's password."""

    def __init__(self) -> None:
        super().__init__()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        self.title = label("Mengapa kartu ini rusak?", "strong", weight="semibold")
        box.addWidget(self.title)
        chips = Flow(8)
        self.reasons = [ChoiceChip(t) for t in REASONS]
        for chip in self.reasons:
            chip.clicked.connect(partial(self._chosen, chip))
            chips.addWidget(chip)
        self._chips = holder = QWidget()
        holder.setLayout(chips)
        box.addWidget(holder)
        self.reason = TextField("reason", "Keterangan", limit=200)
        box.addWidget(self.reason)
        self.second = SecondPerson("Petugas kedua melihat kartunya", "Blangko rusak hanya tercatat bila petugas lain ikut memeriksa kartu.")
        box.addSpacing(4)
        box.addWidget(self.second)

    def ask_whole(self, whole: bool) -> None:
        """Ask whether the blank is whole after all, instead of why the card is spoiled."""
        self._whole = whole
        self.title.setText("Blangko ini tidak tercetak dan masih utuh?" if whole else "Mengapa kartu ini rusak?")
        for item in (self._chips, self.reason):
            item.setVisible(not whole)
        self.second.say(*(("Petugas kedua melihat blangkonya", "Printer melaporkan kartu selesai, jadi blangko kembali ke stok hanya bila "
                           "petugas lain ikut melihatnya.") if whole else
                          ("Petugas kedua melihat kartunya", "Blangko rusak hanya tercatat bila petugas lain ikut memeriksa kartu.")))

    _whole = False

    def _chosen(self, chip: ChoiceChip, _on: bool = True) -> None:
        for other in self.reasons:
            other.setChecked(other is chip)
        self.reason.set_value(chip.text())

    def ready(self) -> bool:
        """Everything is filled in; otherwise what is missing is pointed at."""
        if not self._whole and not self.reason.value():
            self.reason.say("Pilih atau tulis alasannya.", "attention")
            return False
        return self.second.ready()

    def values(self) -> tuple[str, str, str]:
        """Reason, the second officer's name and password."""
        return self.reason.value(), *self.second.values()

    def clear(self) -> None:
        self.second.clear()
        for chip in self.reasons:
            chip.setChecked(False)
        self.reason.set_value("")
        self.reason.say("")
