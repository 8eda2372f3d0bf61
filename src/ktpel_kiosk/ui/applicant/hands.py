"""The page of the fingers: which to place, what to do with them, how far it is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from ktpel_kiosk.domain.biometric import LEFT_FOUR, RIGHT_FOUR, Position
from ktpel_kiosk.ui.applicant.hand_picture import HandPicture
from ktpel_kiosk.ui.applicant.lang import Tongue
from ktpel_kiosk.ui.applicant.parts import ApplicantPage
from ktpel_kiosk.ui.applicant.steps import StepStrip
from ktpel_kiosk.ui.widgets.base import Painted, set_tone

STEPS = ("letakkan", "tekan", "tahan", "angkat")
STEP_ICONS = ("chevron-down", "pointer", "clock", "arrow-up")


class ProgressBar(Painted):
    """A thick calm bar, 0 to 1."""

    ROLE = "ProgressBar"

    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set(self, share: float, told: str = "") -> None:
        self._share = max(0.0, min(1.0, share))
        self.setAccessibleName(told or f"{round(self._share * 100)} persen")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(560), self.theme.px(16))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("field_line"), 1))
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setBrush(theme.color("soft"))
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        if self._share > 0:
            rect.setWidth(max(rect.height(), rect.width() * self._share))
            painter.setBrush(theme.color("accent"))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)


class HandsPage(ApplicantPage):
    """Two hands; the fingers to place are lit."""

    def __init__(self, tongue: Tongue | None = None) -> None:
        super().__init__(tongue, centred=True)
        self.head("", self.tongue("jari_kecil"))
        self.hands = HandPicture()
        self.steps = StepStrip([self.tongue(f"jari_{s}") for s in STEPS], STEP_ICONS, self.hands.beat, lambda: int(self.hands.beat.at))
        self.bar = ProgressBar()
        self.frame.addWidget(self.hands, 1)
        self.frame.addWidget(self.steps)
        line = QHBoxLayout()
        line.addStretch(1)
        line.addWidget(self.bar, 2)
        line.addStretch(1)
        self.frame.addLayout(line)

    def show_hands(self, states: dict[Position, str], positions: tuple[Position, ...], share: float, done: bool, hint: str = "") -> None:
        w = self.tongue
        self.hands.set_states(states, self._told(states))
        self.bar.set(share)
        self.steps.setVisible(not done)
        before = (self.title.text(), self.subtitle.text())
        self.title.setText(w("jari_selesai") if done else hand_title(positions, w))
        self.subtitle.setText(w("jari_selesai_kecil") if done else (w.hint(hint) if hint else w("jari_kecil")))
        set_tone(self.subtitle, "attention" if hint and not done else "muted")
        if (self.title.text(), self.subtitle.text()) != before:
            self.told.emit(self.subtitle.text() if self.title.text() == before[0] else self.spoken())

    def _told(self, states: dict[Position, str]) -> str:
        """The picture in words."""
        w, parts = self.tongue, []
        for state in ("target", "good", "attention", "exception"):
            names = [w.position(p) for p, s in states.items() if s == state]
            if names:
                parts.append(f"{w(f'jari_keadaan_{state}')}: {', '.join(names)}")
        return ". ".join(parts)

    def forget(self) -> None:
        self.hands.set_states({})
        self.bar.set(0.0)
        self.title.setText("")
        self.subtitle.setText(self.tongue("jari_kecil"))


def hand_title(positions: tuple[Position, ...], w: Tongue) -> str:
    """``Letakkan empat jari kanan``, ``Letakkan telunjuk kiri``."""
    if set(positions) == set(RIGHT_FOUR):
        return w("jari_kanan")
    if set(positions) == set(LEFT_FOUR):
        return w("jari_kiri")
    if len(positions) == 2 and all("thumb" in p.value for p in positions):
        return w("jari_jempol")
    return w("jari_satu", jari=w("dan").join(w.position(p) for p in positions))
