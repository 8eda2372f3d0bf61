"""What the recording desk shows when a capture is refused: the two prints side by side, the missing finger, the second officer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import Modality, Position
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.record_view import RecordView, Rejected
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.capture import Picture
from ktpel_kiosk.ui.widgets.fields import NoteField
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.words import position_word, word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage

FINGER_SIDE, EYE_SIDE = QSize(108, 126), QSize(216, 162)
ROOMY_HEIGHT = 400
"""From this height on the two pictures are shown larger."""
LOW_HEIGHT = 320
"""Below it they are shown smaller: large letters on a low screen."""


def _w(key: str, **facts: object) -> str:
    return word("rekam", key).format(**facts)


class RefusedCard(QWidget):
    """Stands where the plate was; the page's F7 captures again and F6 excuses. ``replace``: the accepted one was wrong; ``excuse``: this
    finger is not there; ``keep``: a second officer is asked."""

    replace = Signal(object)
    excuse = Signal(object)
    keep = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.rejected: Rejected | None = None
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(10)
        head = QHBoxLayout()
        self.title = label("", "strong", tone="attention", weight="semibold", wrap=True)
        self.count = Chip("", "attention")
        head.addWidget(self.title, 1)
        head.addWidget(self.count)
        box.addLayout(head)
        self.text = label("", "body", wrap=True)
        box.addWidget(self.text)
        self._pair = QHBoxLayout()
        self._pair.setSpacing(24)
        box.addLayout(self._pair)
        self.detail = label("", "small", tone="muted", wrap=True)
        box.addWidget(self.detail)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(10)
        box.addLayout(self._buttons)
        box.addStretch(1)
        self.buttons: dict[str, Button] = {}

    def show_rejected(self, r: Rejected, similarity: float = 0.0) -> None:
        self.rejected = r
        eyes = r.position is not None and r.position.modality is Modality.IRIS
        titles = {"alike": "serupa_judul_mata" if eyes else "serupa_judul", "print": "cap_judul", "hand": "tangan_judul",
                  "missing": "kurang_judul"}
        self.title.setText(_w(titles[r.kind]))
        self.text.setText(r.text)
        self.count.setVisible(bool(r.count))
        self.count.set(f"{min(r.count, r.limit)} dari {r.limit}" if r.count <= r.limit else f"{r.count} kali", "attention")
        self.detail.setText(_w("kurang_tanya") if r.kind == "missing" else
                            _w("ditolak_habis", kali=r.count) if r.may_keep else _w("ditolak", kali=r.count, batas=r.limit))
        clear_layout(self._pair)
        if r.kind in ("alike", "print"):
            self._show_pair(r, EYE_SIDE if eyes else FINGER_SIDE, similarity)
        clear_layout(self._buttons)
        self.buttons = {}
        if r.kind == "missing":
            for position in (r.position,) if r.position else r.asked:
                self._add(f"excuse {position}", Button(_short(position), icon="hand")).clicked.connect(partial(self._excuse, position))
        else:
            self._refused_buttons(r)
        self._buttons.addStretch(1)

    def _refused_buttons(self, r: Rejected) -> None:
        if r.found is not None and r.replaceable:
            button = self._add("replace", Button(_w("lama_salah", posisi=word("posisi", r.found))))
            button.setToolTip("Rekam ulang bagian itu; hasil baru menggantikan yang lama")
            button.clicked.connect(lambda: self.replace.emit(r.found))
        if r.may_keep:
            self._add("keep", Button(_w("tetap_pakai"), "danger")).clicked.connect(self.keep)

    def _show_pair(self, r: Rejected, side: QSize, similarity: float) -> None:
        room = self.parentWidget()
        if room is not None and room.height() > theme_of(self).px(ROOMY_HEIGHT):
            side = side * 1.6
        elif room is not None and room.height() < theme_of(self).px(LOW_HEIGHT):
            side = side * 0.55
        old = "serupa_lama" if r.replaceable or r.kind == "print" else "serupa_juga"
        for position, data, key in ((r.position, r.new, "serupa_baru"), (r.found, r.old, old)):
            if key != "serupa_baru" and similarity:
                self._pair.addWidget(label(_w("mirip", persen=round(100 * similarity)), "small", tone="attention", weight="semibold"),
                                     0, Qt.AlignmentFlag.AlignVCenter)
            picture = Picture(side, fill=False)
            image = QImage.fromData(data)
            picture.set_image(None if image.isNull() else image)
            words = _w("cap_baru") if position is Position.SIGNATURE else _w(key, posisi=position_word(position))
            picture.setAccessibleName(words)
            column = QVBoxLayout()
            column.setSpacing(6)
            column.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(label(words, "small", weight="medium", wrap=True, align=Qt.AlignmentFlag.AlignHCenter))
            column.addStretch(1)
            self._pair.addLayout(column, 1)

    def _excuse(self, position: Position) -> None:
        self.excuse.emit(position)

    def _add(self, key: str, button: Button) -> Button:
        self.buttons[key] = button
        self._buttons.addWidget(button)
        return button


def _short(position: Position) -> str:
    return word("jari", position.value.split("_")[1]) if "_" in position.value else word("posisi", position)


class KeepPanel(Card):
    """"Tetap pakai": reason and the second officer who looked at the finger too."""

    def __init__(self, page: PerekamanPage) -> None:
        super().__init__(0, 0)
        self.page = page
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(24, 14, 24, 14)
        column.setSpacing(10)
        self.body.addWidget(scroll(inner), 1)
        column.addWidget(label(_w("tetap_judul"), "title", weight="bold"))
        self.about = label("", "body", tone="muted", wrap=True)
        column.addWidget(self.about)
        self.what = label("", "body", weight="medium", wrap=True)
        column.addWidget(self.what)
        self.reason = NoteField("reason", "Alasan", placeholder=_w("tetap_alasan"), lines=2)
        column.addWidget(self.reason)
        self.second = SecondPerson("Persetujuan petugas kedua")
        self.second.entered.connect(self.save)
        column.addWidget(self.second)
        column.addStretch(1)

    def ask(self, rejected: Rejected) -> None:
        new, old = rejected.position, rejected.found
        self.about.setText(_w("tetap_teks_cap" if rejected.kind == "print" else "tetap_teks"))
        key = "tetap_tangan" if old is None else "tetap_cap" if rejected.kind == "print" else "tetap_serupa"
        self.what.setText(_w(key, posisi=word("posisi", new), lama=position_word(old)))
        self.reason.text.setPlaceholderText(_w("tetap_alasan_cap" if rejected.kind == "print" else "tetap_alasan"))
        self.reason.set_value("")
        self.second.clear()
        self.reason.editor.setFocus()

    def save(self) -> None:
        view = self.page.view
        if view is None or not self.second.ready():
            return
        pid, reason, (name, secret) = view.permohonan.id, self.reason.value(), self.second.values()
        presenter = self.page.presenter
        self.page.act(lambda: presenter.keep(pid, reason, name, secret), self._saved, self._refused)

    def _saved(self, view: RecordView) -> None:
        self.second.clear()
        self.page.close_panel(settled=True)
        self.page.set_view(view)
        self.page.shell.tell("info", _w("tetap_selesai"))

    def _refused(self, error: KioskError) -> None:
        self.second.refuse(self.page.session.sentence(error))
