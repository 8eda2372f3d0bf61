"""Fingers that look alike: both records side by side, and an officer's word. A warning only; the applicant's way goes on meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ktpel_kiosk.domain.ganda import DuplicateCheck, Putusan
from ktpel_kiosk.ui.pages.base import footer, scroll, turn_by_turn
from ktpel_kiosk.ui.presenters.alike import AlikePresenter, AlikeSide, AlikeView
from ktpel_kiosk.ui.presenters.tasks import TaskView
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip, uncheck
from ktpel_kiosk.ui.widgets.capture import Picture
from ktpel_kiosk.ui.widgets.fields import NoteField
from ktpel_kiosk.ui.widgets.flow import Flow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.tugas import TugasPage

BESIDE = 4
"""Rows that stand beside the photo."""
ROOMY_HEIGHT = 480
"""Design pixels from which faces and question stand one above the other; below they are scrolled together."""

CHOICES: tuple[tuple[Putusan, str], ...] = ((Putusan.ORANG_LAIN, "Orang lain"), (Putusan.ORANG_SAMA, "Orang yang sama"))


class AlikePanel(QWidget):
    """Right side of Tindak lanjut for one finding."""

    def __init__(self, page: TugasPage) -> None:
        super().__init__()
        self.page = page
        self.presenter = AlikePresenter(page.presenter.session)
        self.view: AlikeView | None = None
        self._task: TaskView | None = None
        self._frame = frame = QVBoxLayout(self)
        frame.setContentsMargins(0, 0, 0, 0)
        frame.setSpacing(12)
        self.title = label("", "strong", weight="semibold", wrap=True)
        self.text = label("", "small", tone="muted", wrap=True)
        frame.addWidget(self.title)
        frame.addWidget(self.text)
        inner = QWidget()
        self._inside = QVBoxLayout(inner)
        self._inside.setContentsMargins(0, 0, 0, 0)
        self._inside.setSpacing(12)
        self._sides = QHBoxLayout()
        self._sides.setSpacing(16)
        self._inside.addLayout(self._sides)
        self._inside.addStretch(1)
        frame.addWidget(scroll(inner), 1)
        self.decision = self._deciding()
        self.tight = False
        frame.addWidget(self.decision)
        self.goto = Button("Buka permohonan", icon="folder-open")
        self.goto.clicked.connect(self._go)
        self.primary = Button("Simpan putusan", "primary", icon="check", key="F9")
        self.primary.clicked.connect(self._act)
        frame.addLayout(footer([self.goto], [self.primary]))

    def _deciding(self) -> QWidget:
        card = Card(16, 6)
        line = QHBoxLayout()
        line.setSpacing(16)
        self.choices = QButtonGroup(self)
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(label("Menurut Anda, siapa ini?", "small", weight="medium"))
        holder = QWidget()
        chips = Flow(8)
        holder.setLayout(chips)
        for value, text in CHOICES:
            chip = ChoiceChip(text, value.value)
            chip.clicked.connect(lambda _on=False: self.ready())
            self.choices.addButton(chip)
            chips.addWidget(chip)
        left.addWidget(holder)
        self.what = label("", "small", tone="muted", wrap=True)
        left.addWidget(self.what)
        left.addStretch(1)
        line.addLayout(left, 1)
        self.reason = NoteField("reason", "Alasan", placeholder="Misalnya: wajah dan orang tua berbeda", lines=2)
        self.reason.changed.connect(self.ready)
        line.addWidget(self.reason, 1, Qt.AlignmentFlag.AlignTop)
        card.body.addLayout(line)
        return card

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Large letters on a low screen: the question is scrolled with the faces it is about, else neither is seen."""
        super().resizeEvent(event)
        tight = self.height() < theme_of(self).px(ROOMY_HEIGHT)
        if tight != self.tight:
            self.tight = tight
            if tight:
                self._inside.insertWidget(1, self.decision)
            else:
                self._frame.insertWidget(self._frame.count() - 1, self.decision)

    def show_task(self, task: TaskView) -> None:
        fresh = self._task is None or self._task.task.permohonan_id != task.task.permohonan_id
        self._task = task
        self.title.setText(task.title)
        if fresh:
            self._show(None)
        self.page.ask_latest("alike", partial(self.presenter.open, task.task.permohonan_id), self._show)

    def _show(self, view: AlikeView | None) -> None:
        if view is not None and self.view is not None and view.check_id == self.view.check_id:
            return
        self.view = view
        clear_layout(self._sides)
        uncheck(self.choices)
        self.reason.set_value("")
        if view is None:
            self.text.setText("Peringatan ini hanya dapat dibuka petugas yang berwenang memutus data ganda.")
        else:
            self.text.setText(f"{view.compared} Ini peringatan, bukan putusan: pemohon tetap dilayani.")
            turn_by_turn(self.page.shell.bridge, self, self._fill(view))
        self.ready()

    def _fill(self, view: AlikeView) -> Iterator[None]:
        """One side a turn."""
        titled = [("Perekaman ini", view.new)]
        alone = len(view.others) == 1
        titled += [("Rekaman lain" if alone else f"Rekaman lain {number}", other) for number, other in enumerate(view.others, 1)]
        for title, side in titled:
            if self.view is not view:
                return
            self._sides.addWidget(self._side(title, side), 1, Qt.AlignmentFlag.AlignTop)
            yield

    def _side(self, title: str, side: AlikeSide) -> Card:
        card = Card(16, 8)
        image = QImage.fromData(side.portrait) if side.portrait else QImage()
        picture = Picture(QSize(72, 96) if self.tight else QSize(96, 128), fill=True)
        picture.setAccessibleName(f"Foto, {title.lower()}" if not image.isNull() else f"Foto tidak disimpan lagi, {title.lower()}")
        picture.set_image(None if image.isNull() else image)
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        beside = QVBoxLayout()
        beside.setSpacing(4)
        beside.addWidget(label(title, "small", tone="muted", weight="medium"))
        for name, value in side.rows[:BESIDE]:
            beside.addWidget(self._value(name, value, side, "strong" if name == "Nama" else "body"))
        if image.isNull():
            beside.addWidget(label("Foto tidak disimpan lagi.", "small", tone="muted", wrap=True))
        if side.fingers:
            beside.addWidget(label(f"Jari mirip: {side.fingers}", "small", tone="attention", wrap=True))
        beside.addStretch(1)
        top.addLayout(beside, 1)
        card.body.addLayout(top)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for row, (name, value) in enumerate(side.rows[BESIDE:]):
            grid.addWidget(label(name, "small", tone="muted"), row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(self._value(name, value, side, "small"), row, 1)
        card.body.addLayout(grid)
        return card

    def _value(self, name: str, value: str, side: AlikeSide, step: str) -> QLabel:
        same = name in side.same
        return label(f"{value} (sama)" if same else value, step, weight="semibold" if same or step == "strong" else "",
                     tone="attention" if same else "", wrap=True)

    def _chosen(self) -> str:
        button = self.choices.checkedButton()
        return str(button.value) if button is not None else ""  # type: ignore[attr-defined]

    def ready(self) -> None:
        chosen = self._chosen()
        self.what.setText({
            "": "Bandingkan foto, nama, dan tanggal lahir. Kembar dan saudara dapat mirip.",
            Putusan.ORANG_LAIN.value: "Peringatan ditutup; permohonan berjalan seperti biasa.",
            Putusan.ORANG_SAMA.value: "Bila paket belum disegel, permohonan ditahan untuk SOP Data Ganda; bila sudah, pusat yang memutus.",
        }[chosen])
        able = self.view is not None and bool(chosen) and bool(self.reason.value())
        self.primary.setEnabled(able and not self.page.busy)
        for part in (*self.choices.buttons(), self.reason):
            part.setEnabled(self.view is not None)

    def _act(self) -> None:
        view, chosen, reason = self.view, self._chosen(), self.reason.value()
        if view is not None and chosen:
            self.page.act(lambda: self.presenter.decide(view.check_id, chosen, reason), self._decided)

    def _decided(self, check: DuplicateCheck) -> None:
        other = check.decision is Putusan.ORANG_LAIN
        self.page.settled("Permohonan berjalan terus." if other else "Ditangani menurut SOP Data Ganda.",
                          "Tercatat sebagai orang lain." if other else "Tercatat sebagai orang yang sama.")

    def _go(self) -> None:
        if self._task is not None:
            self.page.shell.go(self._task.page, id=self._task.task.permohonan_id)
