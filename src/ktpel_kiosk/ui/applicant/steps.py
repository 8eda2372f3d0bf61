"""What to do, in words under the picture that shows it: the step shown now stands out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.applicant.beat import Beat
from ktpel_kiosk.ui.widgets.base import Painted, text_width


class StepStrip(Painted):
    """``now`` says which step the picture shows; with less motion all of them are equal, in order."""

    ROLE = "StaticText"

    def __init__(self, words: Sequence[str], pictures: Sequence[str], beat: Beat, now: Callable[[], int]) -> None:
        super().__init__()
        self._words, self._pictures, self._beat, self._now = tuple(words), tuple(pictures), beat, now
        self._shown = -1
        self.setAccessibleName(", ".join(words))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        beat.stepped.connect(self._look)

    def _look(self) -> None:
        if self._now() != self._shown:
            self._shown = self._now()
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._width(), QFontMetrics(self.theme.font("applicant_small", 600)).height() + self.theme.px(20))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def _widths(self) -> list[int]:
        theme = self.theme
        return [text_width(theme.font("applicant_small", 600), w) + theme.px(24 + 10 + 36) for w in self._words]

    def _width(self) -> int:
        return sum(self._widths()) + self.theme.px(26) * (len(self._words) - 1)

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        shrink = min(1.0, self.width() / max(1, self._width()))
        painter.translate(self.width() / 2, self.height() / 2)
        painter.scale(shrink, shrink)
        painter.setFont(theme.font("applicant_small", 600))
        high, gap, side = self.height() - 2.0, theme.px(26), theme.px(24)
        x = -self._width() / 2
        moving, now = self._beat.moving, self._now()
        for i, width in enumerate(self._widths()):
            on = moving and i == now
            box = QRectF(x, -high / 2, width, high)
            if on:
                painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else QPen(theme.color("accent"), 2))
                painter.setBrush(theme.color("accent_soft"))
                painter.drawRoundedRect(box, high / 2, high / 2)
            ink = theme.color("accent" if on else "muted" if moving else "ink")
            icons.draw(painter, self._pictures[i], ink, x + theme.px(18), -side / 2, side)
            painter.setPen(ink)
            painter.drawText(box.adjusted(theme.px(18) + side + theme.px(10), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self._words[i])
            if i + 1 < len(self._words):
                arrow = theme.px(20)
                icons.draw(painter, "chevron-right", theme.color("faint"), x + width + (gap - arrow) / 2, -arrow / 2, arrow)
            x += width + gap
