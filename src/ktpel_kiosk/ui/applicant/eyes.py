"""The page of the eyes: come to the right distance, blink, open wide, look straight."""

from __future__ import annotations

from math import cos, pi, sin

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.ui.applicant.beat import Beat
from ktpel_kiosk.ui.applicant.lang import Tongue, hint_key
from ktpel_kiosk.ui.applicant.parts import ApplicantPage
from ktpel_kiosk.ui.applicant.steps import StepStrip
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import Painted, set_tone

STEPS = ("jarak", "kedip", "buka")
STEP_ICONS = ("scan-face", "refresh-cw", "eye")
SHOWS = {"iris.too_far": "jarak", "iris.not_found": "jarak", "iris.covered": "buka", "iris.blurred": "buka"}
"""What the picture shows for a hint; the whole round for the others."""
PHASE_MS = 1700


class EyesPicture(Painted):
    """Two eyes: the distance between head and device, a blink, wide open."""

    ROLE = "Graphic"

    def __init__(self, told: str) -> None:
        super().__init__()
        self._only = ""
        self.done = False
        self.beat = Beat(self, len(STEPS), PHASE_MS, 2.0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(130)
        self.setAccessibleName(told)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(900), self.theme.px(300))

    def show_only(self, step: str) -> None:
        """``jarak``, ``kedip``, ``buka``; empty: one after the other."""
        self._only = step
        self.update()

    def step(self) -> str:
        return self._only or STEPS[int(self.beat.at) % len(STEPS)]

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        at = self.beat.at
        share, step = at - int(at), self.step()
        swell, open_ = 1.0, 1.0
        if self.beat.moving:
            swell = 0.88 - 0.12 * cos(pi * 2 * share) if step == "jarak" else 1.0
            open_ = max(0.04, 1 - sin(pi * min(1.0, share * 2.2))) if step == "kedip" and share < 0.46 else 1.0
        if step == "buka":
            open_ = 1.0 + (0.16 * sin(pi * share) if self.beat.moving else 0.16)
        unit = min(self.width() / 9.0, self.height() / 3.2) * swell
        for side in (-1, 1):
            self._eye(painter, theme, QPointF(self.width() / 2 + side * unit * 2.15, self.height() / 2), unit, open_)
        if step == "jarak":
            self._frame(painter, theme)

    def _eye(self, painter: QPainter, theme: Theme, c: QPointF, unit: float, open_: float) -> None:
        path = QPainterPath(QPointF(c.x() - 1.7 * unit, c.y()))
        path.quadTo(c.x(), c.y() - 1.75 * unit * open_, c.x() + 1.7 * unit, c.y())
        path.quadTo(c.x(), c.y() + 1.75 * unit * open_, c.x() - 1.7 * unit, c.y())
        tone = "good" if self.done else "accent"
        painter.setPen(QPen(theme.color(tone), theme.px(4), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.setBrush(theme.color("surface"))
        painter.drawPath(path)
        painter.save()
        painter.setClipPath(path)
        painter.setPen(QPen(theme.color(tone), theme.px(3)))
        painter.setBrush(theme.color(f"{tone}_soft"))
        painter.drawEllipse(c, 0.78 * unit, 0.78 * unit)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("ink"))
        painter.drawEllipse(c, 0.34 * unit, 0.34 * unit)
        painter.setBrush(theme.color("surface"))
        painter.drawEllipse(c + QPointF(0.14 * unit, -0.14 * unit), 0.1 * unit, 0.1 * unit)
        painter.restore()

    def _frame(self, painter: QPainter, theme: Theme) -> None:
        """Four corners the eyes have to fill: nearer or farther."""
        unit = min(self.width() / 9.0, self.height() / 3.2)
        box = QRectF(0, 0, 8.6 * unit, 2.9 * unit)
        box.moveCenter(QPointF(self.width() / 2, self.height() / 2))
        arm = 0.55 * unit
        painter.setPen(QPen(theme.color("muted"), theme.px(4), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for x, across in ((box.left(), arm), (box.right(), -arm)):
            for y, down in ((box.top(), arm), (box.bottom(), -arm)):
                painter.drawLine(QPointF(x, y), QPointF(x + across, y))
                painter.drawLine(QPointF(x, y), QPointF(x, y + down))


class EyesPage(ApplicantPage):
    """Look ahead; one hint at a time."""

    def __init__(self, tongue: Tongue | None = None) -> None:
        super().__init__(tongue, centred=True)
        w = self.tongue
        self.head(w("mata_judul"), w("mata_kecil"))
        self.picture = EyesPicture(w("mata_gambar"))
        self.steps = StepStrip([w(f"mata_{s}") for s in STEPS], STEP_ICONS, self.picture.beat,
                               lambda: STEPS.index(self.picture.step()))
        self.frame.addWidget(self.picture, 1)
        self.frame.addWidget(self.steps)

    def show_hint(self, hint: str) -> None:
        before = self.subtitle.text()
        self.subtitle.setText(self.tongue.hint(hint) if hint else self.tongue("mata_kecil"))
        set_tone(self.subtitle, "attention" if hint else "muted")
        self.picture.show_only(SHOWS.get(hint_key(hint), ""))
        if hint and self.subtitle.text() != before:
            self.told.emit(self.subtitle.text())

    def forget(self) -> None:
        self.show_hint("")
