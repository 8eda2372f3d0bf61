"""Ink that is drawn once and stays: each new piece goes onto a picture, and only where it lies has the screen to be painted anew."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPixmap

from ktpel_kiosk.domain.biometric import PenPoint


class InkLayer:
    """A transparent picture of the strokes. ``thin`` and ``thick`` are line widths in pixels at no and at full pressure."""

    def __init__(self, units: int) -> None:
        self._units = units
        self._map: QPixmap | None = None
        self._drawn = 0
        self.repainted = 0
        """Pieces drawn since the field was made: one per report, however long the signature is."""

    def forget(self) -> None:
        self._map, self._drawn = None, 0

    def stale(self, size: QSize, ratio: float) -> bool:
        return self._map is None or self._map.deviceIndependentSize().toSize() != size or self._map.devicePixelRatio() != ratio

    def begin(self, size: QSize, ratio: float) -> None:
        """An empty picture for a field of ``size``."""
        self._map = QPixmap(size * ratio)
        self._map.setDevicePixelRatio(ratio)
        self._map.fill(Qt.GlobalColor.transparent)
        self._drawn = 0

    def extend(self, points: Sequence[PenPoint], color: QColor, thin: float, thick: float) -> QRect:
        """Draw what came since the last call; returns where, empty when nothing is to be seen."""
        if self._map is None:
            return QRect()
        painter = QPainter(self._map)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        where = QRectF()
        for at in range(max(1, self._drawn), len(points)):
            where = where.united(self._piece(painter, points, at, color, thin, thick))
            self.repainted += 1
        painter.end()
        self._drawn = len(points)
        return where.toAlignedRect()

    def _piece(self, painter: QPainter, points: Sequence[PenPoint], at: int, color: QColor, thin: float, thick: float) -> QRectF:
        """From the middle before the last point, round it, to the newest point: nothing of the newest waits for the next."""
        last, now = points[at - 1], points[at]
        if not last.down:
            return QRectF()
        before = points[at - 2] if at > 1 and points[at - 2].down else last
        width = thin + (thick - thin) * (before.pressure + last.pressure) / 2046
        a, b, c = (QPointF(p.x / self._units, p.y / self._units) for p in (before, last, now))
        path = QPainterPath((a + b) / 2)
        path.quadTo(b, (b + c) / 2)
        path.lineTo(c)
        painter.setPen(QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawPath(path)
        edge = width / 2 + 2
        return path.boundingRect().adjusted(-edge, -edge, edge, edge)

    def paint(self, painter: QPainter, area: QRect) -> None:
        """Copy ``area`` to the screen."""
        if self._map is not None:
            ratio = self._map.devicePixelRatio()
            source = QRectF(area.x() * ratio, area.y() * ratio, area.width() * ratio, area.height() * ratio)
            painter.drawPixmap(QRectF(area), self._map, source)
