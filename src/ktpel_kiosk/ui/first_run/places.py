"""Choosing a disk or folder: the disks of this machine as cards, any folder beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ktpel_kiosk.ports.setup import BackupPlace
from ktpel_kiosk.ui.first_run.facts import bytes_words
from ktpel_kiosk.ui.first_run.parts import BigChoice, ChoiceList
from ktpel_kiosk.ui.widgets.base import row
from ktpel_kiosk.ui.widgets.buttons import Button


class PlaceList(QWidget):
    """``chosen(path)`` when a disk or a folder was chosen; ``wanted`` when the list should be read again."""

    chosen = Signal(str)
    wanted = Signal()

    def __init__(self, name: str, ask: Callable[[QWidget, Callable[[str], object]], None]) -> None:
        """``ask(parent, chosen)`` opens the panel for another folder."""
        super().__init__()
        self.list = ChoiceList(name)
        self.list.chosen.connect(self.chosen)
        self.again = Button("Cari lagi", icon="refresh-cw")
        self.again.clicked.connect(self.wanted)
        self.other = Button("Pilih folder lain", icon="folder-open")
        self.other.clicked.connect(lambda: ask(self, self.take))
        self._own: dict[str, BackupPlace] = {}
        self._found: tuple[BackupPlace, ...] = ()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addWidget(self.list)
        box.addLayout(row(self.again, self.other, None))

    def take(self, path: str) -> None:
        """A folder of the technician's own choice."""
        self._own[path] = BackupPlace(Path(path), Path(path).name or path, 0, False)
        self._refill(path)
        self.chosen.emit(path)

    def show_places(self, found: Sequence[BackupPlace], chosen: str = "") -> None:
        self._found = tuple(found)
        if chosen and chosen not in [str(p.path) for p in found] and chosen not in self._own:
            self._own[chosen] = BackupPlace(Path(chosen), Path(chosen).name or chosen, 0, False)
        self._refill(chosen)

    def tell(self, place: BackupPlace) -> None:
        """What a test found out about one of them."""
        key = str(place.path)
        if key in self._own:
            self._own[key] = place
        self._found = tuple(place if str(p.path) == key else p for p in self._found)
        self._refill(key)

    def _refill(self, chosen: str) -> None:
        self.list.clear()
        for place in (*self._found, *(p for k, p in self._own.items() if k not in [str(f.path) for f in self._found])):
            free = f"{bytes_words(place.free_bytes)} kosong" if place.free_bytes else ""
            text = " · ".join(x for x in (str(place.path), free) if x)
            if place.problem:
                text = f"{text}\n{place.problem}"
            chip = ("Tidak cocok", "attention") if place.problem else ("USB", "accent") if place.removable else ("", "")
            self.list.add(BigChoice(str(place.path), place.title, text, icon="usb" if place.removable else "hard-drive", chip=chip))
        self.list.choose(chosen)
