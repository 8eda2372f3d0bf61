"""The page of the fingers: which to place, what to do with them, how far it is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy

from ktpel_kiosk.domain.biometric import LEFT_FOUR, RIGHT_FOUR, Position
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.applicant.hand_picture import PHASES, HandPicture
from ktpel_kiosk.ui.applicant.lang import Tongue
from ktpel_kiosk.ui.applicant.parts import ApplicantPage
from ktpel_kiosk.ui.widgets.base import Painted, set_tone, text_width

STEPS = ("letakkan", "tekan", "tahan", "angkat")
STEP_ICONS = ("chevron-down", "pointer", "clock", "arrow-up")


class ProgressBar(Painted):
    """A thick calm bar, 0 to 1."""

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


class StepStrip(Painted):
    """Place, press, hold, lift: the one the picture shows now stands out."""

    def __init__(self, picture: HandPicture, words: tuple[str, ...]) -> None:
        super().__init__()
        self._picture, self._words = picture, words
        self._shown = -1
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(", ".join(words))
        picture.beat._timer.timeout.connect(self._look)

    def _look(self) -> None:
        now = int(self._picture.beat.at)
        if now != self._shown:
            self._shown = now
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(640), self.theme.px(40) if self.theme.scale >= 1 else 36)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font, side, gap = theme.font("applicant_small", 600), theme.px(24), theme.px(30)
        widths = [text_width(font, w) + side + theme.px(10) for w in self._words]
        x = (self.width() - sum(widths) - gap * (PHASES - 1)) / 2
        moving = self._picture.beat.moving
        painter.setFont(font)
        for i, (text, width) in enumerate(zip(self._words, widths, strict=True)):
            ink = theme.color("accent" if moving and i == int(self._picture.beat.at) else "muted" if moving else "ink")
            icons.draw(painter, STEP_ICONS[i], ink, x, (self.height() - side) / 2, side)
            painter.setPen(ink)
            painter.drawText(QRectF(x + side + theme.px(10), 0, width, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
            if i + 1 < PHASES:
                at = x + width + gap / 2 - theme.px(8)
                icons.draw(painter, "chevron-right", theme.color("faint"), at, (self.height() - theme.px(16)) / 2, theme.px(16))
            x += width + gap


class HandsPage(ApplicantPage):
    """Two hands; the fingers to place are lit."""

    def __init__(self, tongue: Tongue | None = None) -> None:
        super().__init__(tongue, centred=True)
        self.head("", self.tongue("jari_kecil"))
        self.hands = HandPicture()
        self.steps = StepStrip(self.hands, tuple(self.tongue(f"jari_{s}") for s in STEPS))
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
