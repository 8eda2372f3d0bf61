"""``month_chart.py month.json month.png``: the days of a simulated month as six small charts. QPainter, offscreen."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from drift import LEAST_DAYS, grown, measures
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QPainter, QPainterPath, QPen

WIDE, HIGH, COLUMNS = 1500, 1290, 2
MARGIN, TITLE, GAP = 48.0, 92.0, 40.0
INK, MUTED, LINE, PAPER = QColor("#1b2430"), QColor("#5b6675"), QColor("#e3e7ec"), QColor("#ffffff")
COLOURS = tuple(QColor(c) for c in ("#0f6cbd", "#b4590a", "#2a7d4f", "#8e3a8e", "#a4262c", "#5c6b00", "#00737f"))
HEAVY = (("rekam", "rekam"), ("kirim", "segel"), ("cari_ganda", "cari ganda"))
LIGHT = (("cetak_encode", "cetak"), ("serah_pemohon", "serah"), ("terima_berkas", "berkas"), ("verifikasi", "verifikasi"),
         ("aktivasi", "aktivasi"))
LOOKS = (("lihat_antrean", "antrean"), ("cari", "cari"), ("laporan", "laporan"))
Days = Sequence[Mapping[str, Any]]


def charts(month: Mapping[str, Any]) -> list[tuple[str, str, list[tuple[str, list[float]]]]]:
    """(title, unit, series with their names), in reading order."""
    days: Days = month["days"]

    def steps(which: str, names: Sequence[tuple[str, str]]) -> list[tuple[str, list[float]]]:
        return [(shown, [1000 * d["seconds"].get(step, {}).get(which, 0.0) for d in days]) for step, shown in names
                if any(step in d["seconds"] for d in days)]

    return [
        ("Memori", "MB", [("program", [d["memory"] / 1e6 for d in days])]),
        ("Pegangan berkas dan utas", "", [(shown, [float(d[name]) for d in days])
                                          for name, shown in (("handles", "pegangan"), ("threads", "utas"))]),
        ("Register", "kB per pemohon", [("tumbuh", [g / 1e3 for g in grown(month)])]),
        ("Melihat, mencari, laporan bulan: p95", "ms", steps("p95", LOOKS)),
        ("Rekam, segel, cari data ganda: p50", "ms", steps("p50", HEAVY)),
        ("Rekam, segel, cari data ganda: p95", "ms", steps("p95", HEAVY)),
        ("Langkah lain: p50", "ms", steps("p50", LIGHT)), ("Langkah lain: p95", "ms", steps("p95", LIGHT)),
    ]


class Chart:
    """One small chart in its rectangle: a scale from zero, a line for each series, its name at the end of the line."""

    def __init__(self, painter: QPainter, box: QRectF, font: Callable[..., QFont]) -> None:
        self.p, self.box, self.font = painter, box, font
        self.plot = box.adjusted(56, 40, -96, -26)

    def draw(self, title: str, unit: str, series: list[tuple[str, list[float]]]) -> None:
        top = _round_up(max((v for _, values in series for v in values), default=1.0) or 1.0)
        self._text(QRectF(self.box.left(), self.box.top(), self.box.width(), 24), title, self.font(13, bold=True), INK)
        if unit:
            across = QRectF(self.box.left(), self.box.top() + 2, self.plot.right() - self.box.left(), 22)
            self._text(across, unit, self.font(10), MUTED, right=True)
        for share in (0.0, 0.5, 1.0):
            y = self.plot.bottom() - share * self.plot.height()
            self.p.setPen(QPen(LINE, 1))
            self.p.drawLine(QPointF(self.plot.left(), y), QPointF(self.plot.right(), y))
            self._text(QRectF(self.box.left(), y - 10, 48, 20), _number(top * share), self.font(10), MUTED, right=True)
        for place, (_, values) in enumerate(series):
            self._line(values, top, COLOURS[place % len(COLOURS)])
        self._names(series, top)
        count = max((len(v) for _, v in series), default=0)
        for n in {0, count // 2, count - 1} - {-1}:
            x = self._x(n, count)
            self._text(QRectF(x - 40, self.plot.bottom() + 6, 80, 18), f"hari {n + 1}", self.font(10), MUTED, middle=True)

    def _x(self, n: int, count: int) -> float:
        return self.plot.left() + (self.plot.width() * n / (count - 1) if count > 1 else self.plot.width() / 2)

    def _y(self, value: float, top: float) -> float:
        return self.plot.bottom() - self.plot.height() * value / top

    def _line(self, values: list[float], top: float, colour: QColor) -> None:
        path = QPainterPath()
        for n, value in enumerate(values):
            at = QPointF(self._x(n, len(values)), self._y(value, top))
            path.lineTo(at) if n else path.moveTo(at)
        self.p.setPen(QPen(colour, 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        self.p.setBrush(Qt.BrushStyle.NoBrush)
        self.p.drawPath(path)
        self.p.setBrush(colour)
        for n, value in enumerate(values):
            self.p.drawEllipse(QPointF(self._x(n, len(values)), self._y(value, top)), 2.0, 2.0)

    def _names(self, series: list[tuple[str, list[float]]], top: float) -> None:
        """At the ends of their lines, moved apart where they would cover each other."""
        ends = sorted((self._y(values[-1], top), name, i) for i, (name, values) in enumerate(series) if values)
        places = [y for y, _, _ in ends]
        for n in range(1, len(places)):
            places[n] = max(places[n], places[n - 1] + 16)
        for n in reversed(range(len(places))):
            places[n] = min(places[n], self.plot.bottom() - 16 * (len(places) - 1 - n))
        for y, (_, name, i) in zip(places, ends, strict=True):
            self._text(QRectF(self.plot.right() + 10, y - 10, 90, 20), name, self.font(10, bold=True), COLOURS[i % len(COLOURS)])

    def _text(self, box: QRectF, text: str, font: QFont, colour: QColor, *, right: bool = False, middle: bool = False) -> None:
        where = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignHCenter if middle else Qt.AlignmentFlag.AlignLeft
        self.p.setFont(font)
        self.p.setPen(colour)
        self.p.drawText(box, where | Qt.AlignmentFlag.AlignVCenter, text)


def _round_up(value: float) -> float:
    step = 10.0 ** (len(str(int(value))) - 1)
    return next(step * k for k in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if step * k >= value)


def _number(value: float) -> str:
    return f"{value:,.0f}".replace(",", ".") if value >= 10 or value == int(value) else f"{value:.1f}".replace(".", ",")


def _verdict(month: Mapping[str, Any]) -> str:
    judged = measures(month)
    if not judged or len(judged[0].values) < LEAST_DAYS:
        return "terlalu pendek untuk dinilai"
    drifting = [m.name for m in judged if m.drifts]
    return f"melar: {', '.join(drifting)}" if drifting else "tidak ada yang melar"


def draw(month: Mapping[str, Any]) -> QImage:
    from ktpel_kiosk.ui.theme import load_fonts

    family = load_fonts()
    image = QImage(WIDE, HIGH, QImage.Format.Format_RGB32)
    image.fill(PAPER)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def font(size: int, *, bold: bool = False) -> QFont:
        made = QFont(family)
        made.setPixelSize(size + 4)
        made.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
        return made

    days: Days = month["days"]
    last = days[-1]
    painter.setPen(INK)
    painter.setFont(font(20, bold=True))
    painter.drawText(QRectF(MARGIN, 24, WIDE, 32), f"Bulan simulasi: {_verdict(month)}")
    painter.setFont(font(12))
    painter.setPen(MUTED)
    told = (f"{len(days)} hari kerja, {month['people']} pemohon sehari, {last['applicants']} seluruhnya; {last['faults']} gangguan alat, "
            f"{last['restarts']} kali dibuka ulang, jaringan hidup satu jam sehari")
    painter.drawText(QRectF(MARGIN, 58, WIDE, 24), told)
    all_charts = charts(month)
    rows = -(-len(all_charts) // COLUMNS)
    wide = (WIDE - 2 * MARGIN - GAP * (COLUMNS - 1)) / COLUMNS
    high = (HIGH - TITLE - MARGIN - GAP * (rows - 1)) / rows
    for n, (title, unit, series) in enumerate(all_charts):
        row, column = divmod(n, COLUMNS)
        box = QRectF(MARGIN + column * (wide + GAP), TITLE + 12 + row * (high + GAP), wide, high)
        Chart(painter, box, font).draw(title, unit, series)
    painter.end()
    return image


def main() -> None:
    app = QGuiApplication([])
    source, target = Path(sys.argv[1]), sys.argv[2]
    if not draw(json.loads(source.read_text())).save(target):
        raise SystemExit(f"cannot write {target}")
    del app


if __name__ == "__main__":
    main()
