"""Charts people read at a glance: bars over days or hours, shares side by side with their limit, bars with a mark, number tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPainterPath, QPen
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


LEAST_TOP = 5
"""A scale never ends below this: one applicant on an empty day must not look like a record."""


class BarChart(Painted):
    """Vertical bars with the number above each that has one; faint lines at round values, so that heights can be compared."""

    ROLE = "Chart"

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
        most = max(LEAST_TOP, *(b.value for b in self._bars))
        pitch = self.width() / len(self._bars)
        wide = min(theme.px(44), pitch * 0.66)
        tiny, bold = theme.font("tiny"), theme.font("tiny", 600)
        self._lines(painter, theme, most, base, room)
        if not any(b.value for b in self._bars):
            painter.setFont(theme.font("body"))
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(0, 0, self.width(), base), Qt.AlignmentFlag.AlignCenter, "Belum ada pada masa ini")
        widest = max(text_width(bold, b.name) for b in self._bars) + theme.px(5)
        each = next((n for n in (1, 2, 3, 5, 10) if pitch * n >= widest), 15)
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
            near = any(b.strong for b in self._bars[max(0, i - each + 1):i + each])
            if not bar.strong and ((i + 1) % each or (each > 1 and near)):
                continue
            painter.setFont(bold if bar.strong else tiny)
            painter.setPen(theme.color("accent" if bar.strong else "muted"))
            painter.drawText(QRectF(center - pitch, base + theme.px(4), pitch * 2, foot - theme.px(4)),
                             Qt.AlignmentFlag.AlignCenter, bar.name)

    def _lines(self, painter: QPainter, theme: Theme, most: int, base: float, room: float) -> None:
        """The ground, and two to four lines above it at 1, 2 or 5 times a power of ten, their value at the left end."""
        step = next(n * 10 ** k for k in range(9) for n in (1, 2, 5) if most / (n * 10 ** k) <= 4)
        painter.fillRect(QRectF(0, base, self.width(), 1), theme.color("field_line"))
        painter.setFont(theme.font("tiny"))
        faint = blend(theme.color("line"), theme.color("surface"), 0.0 if theme.contrast == "light" else 0.6)
        for value in range(step, most + 1, step):
            y = base - room * value / most
            painter.fillRect(QRectF(0, y, self.width(), 1), faint)
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(0, y - theme.px(16), theme.px(60), theme.px(16)), Qt.AlignmentFlag.AlignVCenter, str(value))

    @staticmethod
    def _bar(painter: QPainter, theme: Theme, box: QRectF, strong: bool) -> None:
        radius = min(theme.radius("key"), box.height() / 2, box.width() / 2)
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

    ROLE = "Chart"
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
        name = elided(font, line.title, upper.width())
        painter.setFont(font)
        painter.setPen(theme.color("ink"))
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, name)
        room = upper.width() - text_width(font, name) - theme.px(10)  # the detail gives way, never the name
        if room > theme.px(70):
            painter.setFont(small)
            painter.setPen(theme.color("muted"))
            painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, elided(small, line.detail, room))
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


@dataclass(frozen=True, slots=True)
class MarkedBar:
    """One horizontal bar: ``text`` is its number as read; ``mark`` a limit on the same scale, None where there is none."""

    title: str
    value: float
    text: str
    mark: float | None = None
    mark_text: str = ""


class MarkedBars(Painted):
    """Horizontal bars with the name at the left and the number at the end; a mark shows the mutu baku, beyond it the bar is red."""

    ROLE = "Chart"
    LINE = 38
    NAME_SHARE = 0.3

    def __init__(self, title: str, mark_name: str = "") -> None:
        super().__init__()
        self._title, self._mark_name = title, mark_name
        self._bars: tuple[MarkedBar, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)

    def set_bars(self, bars: Sequence[MarkedBar]) -> None:
        self._bars = tuple(bars)
        self.setAccessibleName(f"{self._title}: " + "; ".join(self._spoken(b) for b in bars))
        self.updateGeometry()
        self.update()

    def _spoken(self, bar: MarkedBar) -> str:
        return f"{bar.title} {bar.text}" + (f", {self._mark_name.lower()} {bar.mark_text}" if bar.mark is not None else "")

    def bars(self) -> tuple[MarkedBar, ...]:
        return self._bars

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(360), self.theme.px(self.LINE) * max(1, len(self._bars)))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = max((v for b in self._bars for v in (b.value, b.mark or 0.0)), default=0.0) or 1.0
        number = max((text_width(theme.font("body", 600), b.text) for b in self._bars), default=0) + theme.px(14)
        left = self.width() * self.NAME_SHARE
        scale = max(0.0, self.width() - left - number) / top
        for i, bar in enumerate(self._bars):
            self._line(painter, theme, bar, QRectF(0, theme.px(self.LINE) * i, self.width(), theme.px(self.LINE)), left, scale)

    @staticmethod
    def _line(painter: QPainter, theme: Theme, bar: MarkedBar, box: QRectF, left: float, scale: float) -> None:
        font, strong = theme.font("body"), theme.font("body", 600)
        over = bar.mark is not None and bar.value > bar.mark
        painter.setFont(font)
        painter.setPen(theme.color("ink"))
        painter.drawText(QRectF(0, box.top(), left - theme.px(12), box.height()), Qt.AlignmentFlag.AlignVCenter,
                         elided(font, bar.title, left - theme.px(12)))
        high = theme.px(14)
        long = max(float(theme.px(3)) if bar.value else 0.0, bar.value * scale)
        plate = QRectF(left, box.center().y() - high / 2, long, high)
        painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else QPen(theme.color("ink"), 1))
        painter.setBrush(theme.color("trouble" if over else "accent"))
        painter.drawRoundedRect(plate, min(theme.radius("key"), long / 2), theme.radius("key"))
        if bar.mark is not None:
            x = left + bar.mark * scale
            painter.fillRect(QRectF(x - 1, box.center().y() - theme.px(13), 2, theme.px(26)), theme.color("ink"))
        end = max(long, (bar.mark or 0.0) * scale if bar.mark is not None and bar.mark * scale - long < theme.px(6) else long)
        painter.setFont(strong)
        painter.setPen(theme.color("trouble" if over else "ink"))
        width = text_width(strong, bar.text) + theme.px(4)
        x = left + end + theme.px(8)
        if bar.mark is not None and left + end + theme.px(8) < left + bar.mark * scale < x + width:
            x = left + bar.mark * scale + theme.px(8)
        painter.drawText(QRectF(x, box.top(), width, box.height()), Qt.AlignmentFlag.AlignVCenter, bar.text)


class NumberTable(Painted):
    """A small table as the report prints it: first column left, numbers right; ``total`` below a line. Not for thousands of rows."""

    ROLE = "Table"
    LINE, HEAD = 34, 46

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title
        self._columns: tuple[str, ...] = ()
        self._rows: tuple[tuple[str, ...], ...] = ()
        self._right: tuple[bool, ...] = ()
        self._weights: tuple[float, ...] = ()
        self._total: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)

    def set_table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool], weights: Sequence[float],
                  total: Sequence[str] = ()) -> None:
        self._columns, self._rows, self._total = tuple(columns), tuple(tuple(r) for r in rows), tuple(total)
        self._right, self._weights = tuple(right), tuple(weights) if len(weights) == len(columns) else (1.0,) * len(columns)
        self.setAccessibleName(f"{self._title}. " + ". ".join(self._spoken(r) for r in (*self._rows, *((self._total,) if total else ()))))
        self.updateGeometry()
        self.update()

    def _spoken(self, row: Sequence[str]) -> str:
        return f"{row[0]}: " + ", ".join(f"{name} {cell}" for name, cell in zip(self._columns[1:], row[1:], strict=True))

    def rows(self) -> tuple[tuple[str, ...], ...]:
        return self._rows

    def sizeHint(self) -> QSize:
        lines = len(self._rows) + (1 if self._total else 0)
        return QSize(self.theme.px(320), self.theme.px(self.HEAD) + self.theme.px(self.LINE) * lines + self.theme.px(2))

    minimumSizeHint = sizeHint

    def _edges(self, theme: Theme) -> list[float]:
        """Left edges and the last right one: by weight, but numbers get what they and the longest word of their heading need; of the
        first column."""
        body, small = theme.font("body", 600), theme.font("small", 600)
        every = (*self._rows, *((self._total,) if self._total else ()))
        wide = [self.width() * w / sum(self._weights) for w in self._weights]
        for c in range(1, len(wide)):
            if c < len(self._right) and self._right[c]:
                words = max((text_width(small, w) for w in self._columns[c].split()), default=0)
                need = max(words, max((text_width(body, r[c]) for r in every), default=0)) + theme.px(12)
                if need > wide[c]:
                    wide[0] -= need - wide[c]
                    wide[c] = need
        edges = [0.0]
        for w in wide:
            edges.append(edges[-1] + w)
        return edges

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        if not self._columns:
            return
        edges = self._edges(theme)
        head = theme.px(self.HEAD)
        for c, name in enumerate(self._columns):
            box = QRectF(edges[c], 0, edges[c + 1] - edges[c], head)
            self._cell(painter, theme, name, c, box, theme.font("small", 600), "muted", wrap=True)
        painter.fillRect(QRectF(0, head - 1, self.width(), 1), theme.color("line"))
        y = float(head)
        for i, row in enumerate((*self._rows, *((self._total,) if self._total else ()))):
            total = i == len(self._rows)
            font = theme.font("body", 600 if total else 400)
            if total:
                painter.fillRect(QRectF(0, y, self.width(), theme.px(self.LINE)), theme.color("canvas"))
            for c, text in enumerate(row):
                tone = "muted" if c and text in ("0", "tetap") and not total else "ink"
                self._cell(painter, theme, text, c, QRectF(edges[c], y, edges[c + 1] - edges[c], theme.px(self.LINE)), font, tone)
            y += theme.px(self.LINE)
            painter.fillRect(QRectF(0, y - 1, self.width(), 1), theme.color("line"))

    def _cell(self, painter: QPainter, theme: Theme, text: str, column: int, box: QRectF, font: QFont, tone: str, *,
              wrap: bool = False) -> None:
        right = column < len(self._right) and self._right[column]
        room = box.adjusted(theme.px(18 if column and not right else 4), 0, -theme.px(6), 0)
        painter.setFont(font)
        painter.setPen(theme.color(tone))
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        if wrap:
            painter.drawText(room, int(side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap), text)
        else:
            painter.drawText(room, side | Qt.AlignmentFlag.AlignVCenter, elided(font, text, room.width()))
