"""Two charts people read at a glance: bars over days or hours, and shares side by side with their limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import Painted, blend, elided, text_width


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: ``name`` below it (may be empty), ``value`` its height, ``spoken`` what a screen reader says."""

    name: str
    value: int
    spoken: str = ""
    strong: bool = False


class BarChart(Painted):
    """Vertical bars with the number above each that has one; a line at zero and at the top value."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._bars: tuple[Bar, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(110)
        self.setAccessibleName(title)

    def set_bars(self, bars: Sequence[Bar]) -> None:
        if tuple(bars) != self._bars:
            self._bars = tuple(bars)
            self.setAccessibleName(f"{self._title}: " + ", ".join(f"{b.spoken or b.name} {b.value}" for b in bars if b.value))
            self.update()

    def bars(self) -> tuple[Bar, ...]:
        return self._bars

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(360), self.theme.px(150))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._bars:
            return
        foot, head = theme.px(22), theme.px(20)
        base, room = self.height() - foot, self.height() - foot - head
        painter.fillRect(QRectF(0, base, self.width(), 1), theme.color("line"))
        most = max(1, *(b.value for b in self._bars))
        pitch = self.width() / len(self._bars)
        wide = min(theme.px(44), pitch * 0.66)
        tiny, bold = theme.font("tiny"), theme.font("tiny", 600)
        for i, bar in enumerate(self._bars):
            center = pitch * (i + 0.5)
            if bar.value:
                high = max(theme.px(3), room * bar.value / most)
                self._bar(painter, theme, QRectF(center - wide / 2, base - high, wide, high), bar.strong)
                painter.setFont(bold)
                painter.setPen(theme.color("ink"))
                if pitch >= text_width(bold, str(bar.value)) + 2:
                    painter.drawText(QRectF(center - pitch / 2, base - high - theme.px(18), pitch, theme.px(16)),
                                     Qt.AlignmentFlag.AlignCenter, str(bar.value))
            painter.setFont(bold if bar.strong else tiny)
            painter.setPen(theme.color("accent" if bar.strong else "muted"))
            painter.drawText(QRectF(center - pitch, base + theme.px(4), pitch * 2, foot - theme.px(4)),
                             Qt.AlignmentFlag.AlignCenter, bar.name)

    @staticmethod
    def _bar(painter: QPainter, theme: Theme, box: QRectF, strong: bool) -> None:
        radius = min(theme.px(5), box.height() / 2, box.width() / 2)
        path = QPainterPath()
        path.setFillRule(Qt.FillRule.WindingFill)
        path.addRoundedRect(box, radius, radius)
        path.addRect(box.adjusted(0, radius, 0, 0))
        painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else QPen(theme.color("ink"), 1))
        pale = 0.0 if strong or theme.contrast != "light" else 0.5
        painter.setBrush(blend(theme.color("accent"), theme.color("accent_soft"), pale))
        painter.drawPath(path)


@dataclass(frozen=True, slots=True)
class Share:
    """One line: ``share`` 0..1 or None where nothing was counted; ``text`` stands at the right."""

    title: str
    detail: str
    share: float | None
    text: str
    tone: str = "good"


class ShareBars(Painted):
    """Horizontal shares, one line each."""

    LINE = 46

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._lines: tuple[Share, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)

    def set_lines(self, lines: Sequence[Share]) -> None:
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self.setAccessibleName(f"{self._title}: " + "; ".join(f"{s.title} {s.text} {s.detail}" for s in lines))
            self.updateGeometry()
            self.update()

    def lines(self) -> tuple[Share, ...]:
        return self._lines

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(360), self.theme.px(self.LINE) * max(1, len(self._lines)))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for i, line in enumerate(self._lines):
            self._line(painter, theme, line, QRectF(0, theme.px(self.LINE) * i, self.width(), theme.px(self.LINE)))

    @staticmethod
    def _line(painter: QPainter, theme: Theme, line: Share, box: QRectF) -> None:
        right = theme.px(64)
        font, small, strong = theme.font("body", 500), theme.font("small"), theme.font("body", 600)
        upper = QRectF(box.left(), box.top() + theme.px(4), box.width() - right, theme.px(22))
        painter.setFont(small)
        painter.setPen(theme.color("muted"))
        wide = text_width(small, line.detail)
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, line.detail)
        painter.setFont(font)
        painter.setPen(theme.color("ink"))
        room = upper.width() - wide - theme.px(10)
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, elided(font, line.title, room))
        if line.share is not None:
            ShareBars._track(painter, theme, line, QRectF(box.left(), box.top() + theme.px(29), box.width() - right, theme.px(8)))
        else:
            painter.fillRect(QRectF(box.left(), box.bottom() - theme.px(8), box.width(), 1), theme.color("line"))
        painter.setFont(strong)
        painter.setPen(theme.color(line.tone if line.share is not None else "ink"))
        painter.drawText(QRectF(box.right() - right, box.top() + theme.px(4), right, theme.px(40 if line.share is not None else 22)),
                         Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, line.text)

    @staticmethod
    def _track(painter: QPainter, theme: Theme, line: Share, track: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("soft"))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        if line.share:
            fill = QRectF(track.left(), track.top(), max(track.height(), track.width() * min(1.0, line.share)), track.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color(line.tone))
            painter.drawRoundedRect(fill, track.height() / 2, track.height() / 2)
