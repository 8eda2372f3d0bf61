"""installer/windows/kiosk.ico: the card of the windows' own icons on the accent colour, in the sizes Windows asks for."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

ROOT = Path(__file__).resolve().parents[1]
SIZES = (16, 24, 32, 48, 64, 128, 256)


def drawn(side: int, accent: str, ink: str) -> Image.Image:
    text = (ROOT / "resources" / "icons" / "id-card.svg").read_text("utf-8").replace("currentColor", ink)
    image = QImage(side, side, QImage.Format.Format_RGBA8888)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(accent))
    painter.drawRoundedRect(QRectF(0, 0, side, side), side * 0.2, side * 0.2)
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(side * 0.14, side * 0.14, side * 0.72, side * 0.72))
    painter.end()
    return Image.frombytes("RGBA", (side, side), bytes(image.constBits()))


def main() -> None:
    app = QGuiApplication([])
    colours = tomllib.loads((ROOT / "resources" / "theme" / "tokens.toml").read_text("utf-8"))["light"]
    pictures = [drawn(side, colours["accent"], colours["on_accent"]) for side in SIZES]
    pictures[-1].save(ROOT / "installer" / "windows" / "kiosk.ico", sizes=[(s, s) for s in SIZES], append_images=pictures[:-1])
    app.quit()


if __name__ == "__main__":
    main()
