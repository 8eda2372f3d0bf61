"""The sheet a printer is tried with, before there are any papers: edges, a grey ramp, small letters, the office's letterhead."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QPageLayout, QPageSize, QPainter, QPdfWriter, QPen

from ktpel_kiosk.ui.theme import load_fonts

DPI = 300
SMALL = "Huruf kecil harus terbaca 0123456789"
A4 = (210.0, 297.0)
SLIP = (72.0, 110.0)
"""Printable part of an 80 mm roll, in millimetres."""


def sheet_pdf(kop: Sequence[str], *, slip: bool) -> bytes:
    """The PDF of one test page. GUI thread."""
    width, height = SLIP if slip else A4
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(DPI)
    writer.setTitle("Halaman uji")
    writer.setPageLayout(QPageLayout(QPageSize(QSizeF(width, height), QPageSize.Unit.Millimeter), QPageLayout.Orientation.Portrait,
                                     QMarginsF(0, 0, 0, 0)))
    painter = QPainter(writer)
    dot = DPI / 25.4
    painter.scale(dot, dot)  # millimetres from here
    _draw(painter, kop, width, height, edge=3.0 if slip else 12.0)
    painter.end()
    return bytes(buffer.data().data())


def _font(size_mm: float, weight: int = 400) -> QFont:
    font = QFont(load_fonts())
    font.setPixelSize(100)
    font.setPointSizeF(size_mm * 72 / DPI)
    font.setWeight(QFont.Weight(weight))
    return font


def _draw(painter: QPainter, kop: Sequence[str], width: float, height: float, edge: float) -> None:
    painter.setPen(QPen(Qt.GlobalColor.black, 0.2))
    painter.drawRect(QRectF(edge, edge, width - 2 * edge, height - 2 * edge))
    y = edge + 6
    for text in (*(kop or ("KTP-EL KIOSK",)), "Halaman uji"):
        painter.setFont(_font(4.0 if width > 100 else 3.0, 600))
        painter.drawText(QRectF(edge, y, width - 2 * edge, 8), Qt.AlignmentFlag.AlignCenter, text)
        y += 7
    y += 4
    cell = (width - 2 * edge - 8) / 10
    for i in range(10):
        grey = round(255 * i / 9)
        painter.fillRect(QRectF(edge + 4 + i * cell, y, cell, 10), QColor(grey, grey, grey))
    y += 16
    for step in range(11):
        painter.drawLine(round(edge + 4 + step * cell), round(y), round(edge + 4 + step * cell), round(y + 10))
    y += 16
    for size in (4.0, 3.0, 2.4, 2.0):
        painter.setFont(_font(size))
        painter.drawText(QRectF(edge + 4, y, width - 2 * edge - 8, size * 2), Qt.AlignmentFlag.AlignLeft, SMALL)
        y += size * 1.9
