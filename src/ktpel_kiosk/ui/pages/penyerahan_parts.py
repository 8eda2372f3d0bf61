"""What the pick-up page asks at each of its steps: a finger, the eyes, two officers, the receiver's signature."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.desk.book_layouts import CONDITIONS, IKD_WORDS
from ktpel_kiosk.desk.handover import PROXY_LETTER_LENGTH, Receiver
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.ports.devices import DeviceKind, Devices
from ktpel_kiosk.ui.feed import PreviewFeed
from ktpel_kiosk.ui.widgets.base import label, row
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip
from ktpel_kiosk.ui.widgets.capture import HandMap, PreviewView
from ktpel_kiosk.ui.widgets.extra import chosen_value
from ktpel_kiosk.ui.widgets.fields import Choice, TextField
from ktpel_kiosk.ui.widgets.ink import SignatureField
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.widgets.status import ChecklistRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.bridge import Bridge

INDEX_FINGERS = ((Position.RIGHT_INDEX, "Telunjuk kanan"), (Position.LEFT_INDEX, "Telunjuk kiri"))


class FingerArea(QWidget):
    """Which index finger is placed now; ``picked`` carries another one."""

    picked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        self.map = HandMap()
        side = QVBoxLayout()
        side.setSpacing(8)
        side.addWidget(label("Jari", "small", weight="medium"))
        self.fingers = QButtonGroup(self)
        for position, text in INDEX_FINGERS:
            chip = ChoiceChip(text, position)
            chip.clicked.connect(partial(self.pick, position))
            self.fingers.addButton(chip)
            side.addWidget(chip)
        self.tries = label("", "small", tone="muted")
        side.addWidget(self.tries)
        side.addStretch(1)
        line.addWidget(self.map, 1)
        line.addLayout(side)
        self.finger = Position.RIGHT_INDEX
        self.pick(self.finger)

    def pick(self, position: Position, _on: bool = True) -> None:
        self.finger = position
        self.map.set_states({position: "target"})
        for chip in self.fingers.buttons():
            chip.setChecked(isinstance(chip, ChoiceChip) and chip.value is position)
        self.picked.emit(position)

    def other(self) -> None:
        """The index of the other hand."""
        self.pick(Position.LEFT_INDEX if self.finger is Position.RIGHT_INDEX else Position.RIGHT_INDEX)


class SightArea(QWidget):
    """Where fingers cannot do it: why, and the second officer who compared face and card."""

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        self.reason = TextField("reason", "Mengapa tanpa sidik jari", placeholder="Misalnya: sidik jari aus", limit=200)
        self.second = SecondPerson("Petugas kedua", "Bandingkan wajah pemohon dengan foto di kartu, bersama-sama. Keduanya tercatat.")
        layout.addWidget(self.reason)
        layout.addWidget(self.second)
        layout.addStretch(1)

    def clear(self) -> None:
        self.second.clear()
        self.reason.set_value("")


class EyesArea(QWidget):
    """Where fingers cannot do it but eyes were recorded for this card; shows the iris camera while it works."""

    def __init__(self, bridge: Bridge, devices: Devices) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        self.picture = PreviewView()
        self.picture.setMinimumHeight(110)
        self.picture.set_waiting("Kedua mata pemohon tampil di sini saat dicocokkan.")
        layout.addWidget(self.picture, 1)
        self.skip = Button("Tidak bisa: dua petugas", icon="users")
        self.skip.setToolTip("Dua petugas membandingkan wajah pemohon dengan foto di kartu")
        layout.addWidget(self.skip, 0, Qt.AlignmentFlag.AlignLeft)
        self._feed = PreviewFeed(bridge, lambda: devices.preview(DeviceKind.IRIS), lambda: (self.picture,), lambda _raw: None)

    def watch(self) -> None:
        self._feed.start()

    def stop(self) -> None:
        """No frame comes any more; what was seen last goes, so that nobody's eyes stay on the screen."""
        self._feed.stop()
        self.picture.set_frame(None)


class ReceiverArea(QWidget):
    """The signature, the old card, and who takes the new one. ``changed``: look again whether everything is there."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        self.ink = SignatureField()
        self.ink.setMinimumHeight(96)  # with an old card and a proxy there is little room for it
        self.ink.changed.connect(self.changed)
        layout.addWidget(self.ink, 1)
        layout.addLayout(self._old_card())
        self.proxy = QWidget()
        self.relation = QButtonGroup(self)
        chips = row(spacing=8)
        for value, text in (("ybs", "Pemohon sendiri"), ("kuasa", "Penerima kuasa")):
            chip = ChoiceChip(text, value)
            chip.clicked.connect(self._say)
            self.relation.addButton(chip)
            chips.addWidget(chip)
        self.relation.buttons()[0].setChecked(True)
        self.proxy.setLayout(chips)
        self.ikd = Choice()
        self.ikd.setMinimumContentsLength(17)
        self.ikd.setMinimumWidth(120)  # beside the chips, in large letters
        self.ikd.setAccessibleName("Identitas Kependudukan Digital")
        self.ikd.setToolTip("Identitas Kependudukan Digital pemohon")
        self.ikd.fill((("", "IKD: belum ditanya"), *IKD_WORDS.items()))
        last = row(spacing=10)
        last.addWidget(self.proxy)
        last.addStretch(1)
        last.addWidget(self.ikd)
        layout.addLayout(last)
        self.proxy_data = QWidget()
        who = row(spacing=10)
        self.receiver = TextField("receiver", "Nama penerima", upper=True)
        self.receiver_nik = TextField("receiver_nik", "NIK penerima", limit=20)
        self.letter = TextField("letter", "Nomor surat kuasa", limit=PROXY_LETTER_LENGTH)
        for field, stretch in ((self.receiver, 4), (self.receiver_nik, 3), (self.letter, 3)):
            field.changed.connect(self.changed)
            who.addWidget(field, stretch)
        self.proxy_data.setLayout(who)
        layout.addWidget(self.proxy_data)

    def _old_card(self) -> QHBoxLayout:
        self.old_card = ChecklistRow("KTP lama sudah ditarik", required=True)
        self.old_card.toggled.connect(self._say)
        self.old_condition = Choice()
        self.old_condition.setAccessibleName("Kondisi KTP lama")
        self.old_condition.setToolTip("Kondisi KTP lama")
        self.old_condition.fill((k, f"Kondisi: {v.lower()}") for k, v in CONDITIONS.items())
        self.old_condition.setMinimumWidth(120)
        self.old_card.setMinimumWidth(180)
        old = row(spacing=10)
        old.addWidget(self.old_card, 3)
        old.addWidget(self.old_condition, 2)
        return old

    def _say(self, _on: bool = False) -> None:
        self.changed.emit()

    @property
    def by_proxy(self) -> bool:
        return chosen_value(self.relation) == "kuasa"

    def who(self) -> Receiver:
        return Receiver(chosen_value(self.relation) or "ybs", self.receiver.value(), self.receiver_nik.value(), self.letter.value())

    def complete(self) -> bool:
        """The old card is there where it is asked for, and a proxy left everything."""
        old = not self.old_card.isVisibleTo(self) or self.old_card.isChecked()
        return old and (not self.by_proxy or all(f.value() for f in (self.receiver, self.receiver_nik, self.letter)))

    def reset(self) -> None:
        """For the next applicant."""
        self.relation.buttons()[0].setChecked(True)
        for field in (self.receiver, self.receiver_nik, self.letter):
            field.set_value("")
        self.ikd.setCurrentIndex(0)
        self.old_card.setChecked(False)
