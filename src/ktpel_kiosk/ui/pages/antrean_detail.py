"""Beside the queue: one packet, why it waits, who can help, its facts and what happened to it; and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.queue import AGAIN, REPAIR, PacketDetail, PacketRow
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip, IconButton

WIDTH = 312
LONG = 34
"""Characters of one unbroken word (a packet's id) that need the smaller letters."""
REMEDIES = {REPAIR: ("Perbaiki", "wrench"), AGAIN: ("Rekam ulang", "rotate-ccw")}


class PacketPane(Card):
    """``show_row`` at once, ``show_detail`` when the rest was read. ``remedied`` carries what the button offers."""

    retried = Signal()
    remedied = Signal(str)
    wanted_open = Signal()
    copied = Signal()

    def __init__(self) -> None:
        super().__init__(0, 0)
        self.packet_id = ""
        self.detail: PacketDetail | None = None
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(18, 12, 10, 14)
        box.setSpacing(8)
        self.name = label("", "strong", weight="semibold", wrap=True)
        self.reason = Chip("")
        self.sentence = label("", "body", wrap=True)
        self.fixer = label("", "body", weight="semibold", wrap=True)
        self.advice = label("", "body", tone="muted", wrap=True)
        self._facts, self._history = QVBoxLayout(), QVBoxLayout()
        self._facts.setSpacing(0)
        self._history.setSpacing(4)
        self._past = label("Riwayat", "small", tone="muted")
        self.copy = IconButton("Salin laporan untuk Disdukcapil", "copy")
        self.copy.clicked.connect(self.copied)
        head = QHBoxLayout()
        head.setSpacing(4)
        head.addWidget(self.name, 1)
        head.addWidget(self.copy)
        box.addLayout(head)
        box.addWidget(self.reason)
        for item in (self.sentence, Line(), label("Yang bisa membantu", "small", tone="muted"), self.fixer,
                     self.advice, Line()):
            box.addWidget(item)
        box.addLayout(self._facts)
        box.addSpacing(4)
        box.addWidget(self._past)
        box.addLayout(self._history)
        box.addStretch(1)
        self.body.addWidget(scroll(inner), 1)
        self.body.addLayout(self._foot())
        self.hide()

    def _foot(self) -> QHBoxLayout:
        self.remedy = Button("Perbaiki", "primary", icon="wrench")
        self.remedy.clicked.connect(lambda: self.remedied.emit(self.detail.remedy if self.detail else ""))
        self.remedy.hide()
        self.retry = Button("Coba yang ini", icon="refresh-cw")
        self.retry.clicked.connect(self.retried)
        self.open = Button("Buka", icon="folder-open")
        self.open.setToolTip("Buka permohonan")
        self.open.setAccessibleName("Buka permohonan")
        self.open.clicked.connect(self.wanted_open)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.remedy)
        line.addWidget(self.retry)
        line.addWidget(self.open)
        line.addStretch(1)
        line.setContentsMargins(16, 8, 16, 16)
        return line

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.ParentChange):
            self.setFixedWidth(theme_of(self).px(WIDTH))
        super().changeEvent(event)

    def show_row(self, row: PacketRow) -> None:
        """What the list knows of it; the rest of another packet is taken away."""
        if row.id != self.packet_id:
            self.packet_id, self.detail = row.id, None
            for text in (self.sentence, self.fixer, self.advice):
                text.setText("")
            self._fill(())
            self._tell(())
            self.remedy.hide()
        self.name.setText(f"{row.number} · {row.name}" if row.name else row.number)
        self.reason.set(row.reason, row.reason_tone)
        self.setAccessibleName(f"Paket {row.number} {row.name}: {row.reason}")
        self.show()

    def show_detail(self, detail: PacketDetail, *, may_retry: bool, may_repair: bool) -> None:
        self.show_row(detail.row)
        self.sentence.setText(detail.sentence)
        self.fixer.setText(detail.fixer)
        self.advice.setText(detail.advice)
        before, self.detail = self.detail, detail
        if before is None or before.facts != detail.facts:
            self._fill(detail.facts)
        if before is None or before.history != detail.history:
            self._tell(detail.history)
        self.retry.set_text("Kirim lagi" if detail.refused else "Coba yang ini")
        self.retry.setToolTip("Masukkan lagi ke antrean, setelah sebabnya diperbaiki" if detail.refused else
                              "Coba kirim paket ini sekarang")
        self.retry.setAccessibleName(self.retry.toolTip())
        self.retry.setVisible(may_retry and not detail.remedy)
        if detail.remedy:
            text, icon = REMEDIES[detail.remedy]
            self.remedy.icon_name = icon
            self.remedy.set_text(text)
        self.remedy.setVisible(bool(detail.remedy) and may_repair)

    def _fill(self, facts: tuple[tuple[str, str], ...]) -> None:
        clear_layout(self._facts)
        for title, value in facts:
            self._facts.addWidget(label(title, "small", tone="muted"))
            self._facts.addWidget(_selectable(value, title))
            self._facts.addSpacing(5)

    def _tell(self, history: tuple[tuple[str, str], ...]) -> None:
        clear_layout(self._history)
        self._past.setVisible(bool(history))
        for at, text in history:
            line = QHBoxLayout()
            line.setSpacing(8)
            when = label(at, "small", tone="muted")
            when.setFixedWidth(theme_of(self).px(84))
            line.addWidget(when, 0, Qt.AlignmentFlag.AlignTop)
            line.addWidget(label(text, "small", wrap=True), 1)
            self._history.addLayout(line)


def _selectable(text: str, title: str) -> QLabel:
    made = label(text, "tiny" if len(max(text.split(), key=len)) > LONG else "small", weight="medium", wrap=True)
    made.setAccessibleName(f"{title}: {text}")
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made
