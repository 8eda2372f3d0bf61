"""Four faces from unhappy to glad, drawn by ourselves, and the large card that answers a question with one."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.buttons import Pressable

TONES = {1: "trouble", 2: "attention", 3: "accent", 4: "good"}
"""Ink of a score; its soft form fills the face. The mouth says the same without colour."""


def draw_face(painter: QPainter, theme: Theme, score: int, box: QRectF) -> None:
    """A round face of score 1..4 inside ``box``."""
    tone = TONES[score]
    ink, line = theme.color(tone), box.width() * 0.035
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(ink, line))
    painter.setBrush(theme.color(f"{tone}_soft"))
    painter.drawEllipse(box.adjusted(line, line, -line, -line))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    unit, centre = box.width() / 100, box.center()
    for side in (-1, 1):
        painter.drawEllipse(QPointF(centre.x() + side * 17 * unit, centre.y() - 10 * unit), 4.6 * unit, 6.2 * unit)
    painter.setPen(QPen(ink, line * 1.35, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    _mouth(painter, score, centre, unit, theme)
    painter.restore()


def _mouth(painter: QPainter, score: int, centre: QPointF, unit: float, theme: Theme) -> None:
    """Bent down, nearly straight, bent up, open and glad."""
    half, top = {1: 20.0, 2: 18.0, 3: 21.0, 4: 25.0}[score] * unit, centre.y() + {1: 30.0, 2: 22.0, 3: 15.0, 4: 11.0}[score] * unit
    bend = {1: -19.0, 2: -5.0, 3: 19.0, 4: 40.0}[score] * unit
    path = QPainterPath(QPointF(centre.x() - half, top))
    path.quadTo(centre.x(), top + bend, centre.x() + half, top)
    if score == 4:
        path.closeSubpath()
        painter.setBrush(theme.color("surface"))
    painter.drawPath(path)


class FaceCard(Pressable):
    """One answer: the face above, its words below, its key in the corner."""

    def __init__(self, score: int) -> None:
        super().__init__("")
        self.score = score
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_words(self, words: str) -> None:
        self.setText(words)
        self.setAccessibleName(f"{self.score}: {words}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(270), self.theme.px(300))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(150), self.theme.px(190))

    def paintEvent(self, event: QEvent) -> None:
        theme, on = self.theme, self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tone, radius = TONES[self.score], theme.radius("applicant")
        rect = QRectF(self.rect()).adjusted(2, 2, -2, -2)
        painter.setPen(QPen(theme.color(tone if on or self.isDown() else "field_line"), theme.px(4 if on else 2)))
        painter.setBrush(theme.color(f"{tone}_soft" if on or self.isDown() else "canvas" if self.underMouse() else "surface"))
        painter.drawRoundedRect(rect, radius, radius)
        font = theme.font("applicant_answer", 600)
        words = theme.px(84)
        side = min(rect.width() * 0.62, rect.height() - words - theme.px(44))
        face = QRectF(rect.center().x() - side / 2, rect.top() + (rect.height() - words - side) / 2, side, side)
        draw_face(painter, theme, self.score, face)
        painter.setFont(font)
        painter.setPen(theme.color("ink"))
        room = QRectF(rect.left() + theme.px(14), rect.bottom() - words - theme.px(6), rect.width() - theme.px(28), words)
        if QFontMetrics(font).boundingRect(room.toRect(), Qt.TextFlag.TextWordWrap, self.text()).height() > words:
            painter.setFont(theme.font("applicant_fact", 600))
        painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, self.text())
        self.ring(painter, QRectF(self.rect()), radius, theme)
