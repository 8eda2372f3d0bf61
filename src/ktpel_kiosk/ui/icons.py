"""Lucide icons (ISC) as pixmaps in a token's colour, rendered on demand and kept."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPainter, QPixmap

from ktpel_kiosk.ui.resources import resource_root


@lru_cache(maxsize=256)
def _source(name: str) -> str:
    return (resource_root() / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def pixmap(name: str, color: str, size: int, ratio: float = 1.0, stroke: float = 2.0) -> QPixmap:
    """The icon in ``color`` (``#RRGGBB``) at ``size`` logical pixels. GUI thread only."""
    from PySide6.QtSvg import QSvgRenderer

    text = _source(name).replace("currentColor", color).replace('stroke-width="2"', f'stroke-width="{stroke}"')
    renderer = QSvgRenderer(QByteArray(text.encode()))
    image = QImage(round(size * ratio), round(size * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, image.width(), image.height()))
    painter.end()
    result = QPixmap.fromImage(image)
    result.setDevicePixelRatio(ratio)
    return result


def draw(painter: QPainter, name: str, color: QColor, x: float, y: float, size: int, stroke: float = 2.0) -> None:
    """Paint the icon with its top left corner at x, y."""
    ratio = painter.device().devicePixelRatio()
    painter.drawPixmap(round(x), round(y), pixmap(name, color.name(), size, ratio, stroke))


def icon(name: str, color: str, size: int = 20) -> QIcon:
    return QIcon(pixmap(name, color, size))
