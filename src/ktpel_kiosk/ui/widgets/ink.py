"""Signing with pen, finger or mouse: ink as it is drawn, and the pen reports a signature is made of."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPen, QTabletEvent
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.ports.devices import SignatureCapture
from ktpel_kiosk.ui.widgets.base import KeyboardRing, Painted

MOUSE_PRESSURE = 640
"""A mouse has no pressure; this is a firm pen."""
UNITS = 10
"""Pad units per pixel: keeps the fractions a tablet reports."""


class SignatureField(KeyboardRing, Painted):
    """A dashed area to sign in. ``changed`` after each stroke; also shows ink that comes from a pad."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._points: list[PenPoint] = []
        self._clock = QElapsedTimer()
        self._down = False
        self._picture: QImage | None = None
        self.enabled_ink = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(140)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Bidang tanda tangan")
        self.setCursor(Qt.CursorShape.CrossCursor)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(640), self.theme.px(300))

    def points(self) -> tuple[PenPoint, ...]:
        return tuple(self._points)

    def is_empty(self) -> bool:
        return sum(1 for p in self._points if p.down) < 8

    def show_picture(self, image: QImage) -> None:
        """A stored signature, black on white, in place of live ink."""
        self._points.clear()
        self._picture = image
        self.update()

    def clear(self) -> None:
        self._points.clear()
        self._picture = None
        self.update()
        self.changed.emit()

    def capture(self) -> SignatureCapture:
        """The strokes in pad units (a tenth of a pixel)."""
        return SignatureCapture(tuple(self._points), self.width() * UNITS, self.height() * UNITS)

    def show_ink(self, points: Sequence[PenPoint], width: int, height: int) -> None:
        """Ink from a pad of ``width`` x ``height`` units, scaled into this area."""
        factor = min(self.width() / max(1, width), self.height() / max(1, height)) * 0.9
        dx, dy = (self.width() - width * factor) / 2, (self.height() - height * factor) / 2
        self._points = [PenPoint(round((p.x * factor + dx) * UNITS), round((p.y * factor + dy) * UNITS), p.pressure, p.t_ms)
                        for p in points]
        self.update()

    def _add(self, at: QPointF, pressure: int) -> None:
        if not self._clock.isValid():
            self._clock.start()
        x = min(max(at.x(), 0.0), self.width() - 1.0)
        y = min(max(at.y(), 0.0), self.height() - 1.0)
        self._points.append(PenPoint(round(x * UNITS), round(y * UNITS), pressure, int(self._clock.elapsed())))
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.enabled_ink and event.button() == Qt.MouseButton.LeftButton:
            self._down = True
            self._add(event.position(), MOUSE_PRESSURE)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._down:
            self._add(event.position(), MOUSE_PRESSURE)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._down:
            self._down = False
            self._add(event.position(), 0)
            self.changed.emit()

    def tabletEvent(self, event: QTabletEvent) -> None:
        if not self.enabled_ink:
            return
        pressed = event.type() != QEvent.Type.TabletRelease
        self._add(event.position(), max(1, round(event.pressure() * 1023)) if pressed and event.pressure() > 0 else 0)
        event.accept()
        if not pressed:
            self.changed.emit()

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        pen = QPen(theme.color("field_line"), max(1.5, theme.px(2)))
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(theme.color("canvas").lighter(102))
        painter.drawRoundedRect(rect, theme.px(18), theme.px(18))
        base = self.height() * 0.77
        painter.setPen(QPen(theme.color("line"), max(1, theme.px(1.5))))
        painter.drawLine(QPointF(self.width() * 0.05, base), QPointF(self.width() * 0.95, base))
        if self._picture is not None:
            size = self._picture.size().scaled(rect.size().toSize() * 0.8, Qt.AspectRatioMode.KeepAspectRatio)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(rect.center().x() - size.width() / 2, rect.center().y() - size.height() / 2,
                                     size.width(), size.height()), self._picture)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        for last, now in zip(self._points, self._points[1:], strict=False):
            if last.down and now.t_ms >= last.t_ms and (now.down or last.down):
                width = theme.px(2.2) + theme.px(3.0) * last.pressure / 1023
                painter.setPen(QPen(theme.color("ink"), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap,
                                    Qt.PenJoinStyle.RoundJoin))
                painter.drawLine(QPointF(last.x / UNITS, last.y / UNITS), QPointF(now.x / UNITS, now.y / UNITS))
        self.ring(painter, rect, theme.px(18), theme)
