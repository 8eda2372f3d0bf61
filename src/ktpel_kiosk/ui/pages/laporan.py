"""Laporan: the month in plain figures, SLA per step as bars one can read at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.domain.text import duration_text, percent_text
from ktpel_kiosk.ui.pages.base import Page, scroll
from ktpel_kiosk.ui.presenters.books import ReportPresenter, ReportView, StepFigure, share_text
from ktpel_kiosk.ui.widgets.base import Card, Painted, clear_layout, column, elided, label

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow


class StepBarRow(Painted):
    """A step's median time as a bar against its mutu baku."""

    def __init__(self, step: StepFigure, longest: float) -> None:
        super().__init__()
        self._step, self._longest = step, max(1.0, longest)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{step.title}: median {duration_text(step.middle_s)}, mutu baku {step.limit}, {step.count} permohonan")

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(420), self.theme.px(46))

    def paintEvent(self, event: QEvent) -> None:
        theme, s = self.theme, self._step
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = theme.px(120), theme.px(210)
        middle, high = self.height() / 2, theme.px(14)
        font = theme.font(14, 600)
        painter.setFont(font)
        painter.setPen(theme.color("ink"))
        painter.drawText(QRectF(0, 0, left, self.height()), Qt.AlignmentFlag.AlignVCenter, elided(font, s.title, left - 8))
        track = QRectF(left, middle - high / 2, max(10.0, self.width() - left - right - theme.px(16)), high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("soft"))
        painter.drawRoundedRect(track, high / 2, high / 2)
        over = bool(s.limit_s and s.middle_s > s.limit_s)
        if s.middle_s:
            bar = QRectF(track)
            bar.setWidth(max(high, track.width() * min(1.0, s.middle_s / self._longest)))
            painter.setBrush(theme.color("trouble" if over else "accent"))
            painter.drawRoundedRect(bar, high / 2, high / 2)
        if s.limit_s:
            x = track.left() + track.width() * min(1.0, s.limit_s / self._longest)
            painter.fillRect(QRectF(x - 1, track.top() - 4, 2, high + 8), theme.color("ink"))
        small = theme.font("small")
        painter.setFont(small)
        painter.setPen(theme.color("muted"))
        text = f"{duration_text(s.middle_s)} dari {s.limit}" if s.limit_s else f"{duration_text(s.middle_s)}, tanpa mutu baku"
        if not s.count:
            text = "belum ada"
        painter.drawText(QRectF(self.width() - right, 0, right, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        if s.within is not None:
            painter.setFont(theme.font("small", 600))
            painter.setPen(theme.color("good" if s.within >= 0.9 else "attention"))
            painter.drawText(QRectF(self.width() - right, 0, right, self.height()),
                             Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, share_text(s.within))


class LaporanPage(Page):
    """Figures now, from the register itself."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = ReportPresenter(window.session)
        self.period = label("", "body", tone="muted")
        self.frame.addLayout(column(label("Laporan", "title", weight="bold"), self.period, spacing=2))
        self.figures = QHBoxLayout()
        self.figures.setSpacing(16)
        self.frame.addLayout(self.figures)
        body = QHBoxLayout()
        body.setSpacing(16)
        steps = Card(24, 4)
        steps.body.addWidget(label("Waktu tengah per langkah dibanding mutu baku", "strong", weight="semibold"))
        steps.body.addWidget(label("Garis tegak: mutu baku. Angka kanan: bagian yang selesai tepat waktu.", "small", tone="muted"))
        inner = QWidget()
        self.steps = QVBoxLayout(inner)
        self.steps.setContentsMargins(0, 4, 6, 0)
        self.steps.setSpacing(0)
        steps.body.addWidget(scroll(inner), 1)
        side = Card(24, 10)
        self.side = QVBoxLayout()
        self.side.setSpacing(10)
        side.body.addLayout(self.side)
        side.body.addStretch(1)
        body.addWidget(steps, 7)
        body.addWidget(side, 4)
        self.frame.addLayout(body, 1)

    def opened(self, **args: Any) -> None:
        self.refresh()

    def refresh(self) -> None:
        self.ask(self.presenter.load, self._show)

    def _show(self, view: ReportView) -> None:
        self.period.setText(f"{view.period} · {self.session.office()}")
        clear_layout(self.figures)
        share = view.returned / view.received if view.received else 0.0
        for title, value, detail in (("Permohonan masuk", str(view.received), "bulan ini"), ("Selesai", str(view.finished), "diserahkan"),
                                     ("Dikembalikan", str(view.returned), percent_text(share)),
                                     ("Belum terkirim", str(sum(n for _t, n in view.ages)), "paket")):
            card = Card(18, 2)
            line = QHBoxLayout()
            line.setSpacing(10)
            line.addWidget(label(value, "figure", weight="bold"))
            line.addWidget(label(detail, "small", tone="muted"), 1)
            card.body.addWidget(label(title, "small", tone="muted"))
            card.body.addLayout(line)
            self.figures.addWidget(card, 1)
        clear_layout(self.steps)
        longest = max([s.limit_s or 0.0 for s in view.steps] + [s.middle_s for s in view.steps] + [60.0])
        for step in view.steps:
            self.steps.addWidget(StepBarRow(step, longest))
        self.steps.addStretch(1)
        clear_layout(self.side)
        self._list("Jenis layanan", view.services)
        self.side.addSpacing(8)
        self._list("Umur paket di antrean", view.ages)

    def _list(self, title: str, rows: tuple[tuple[str, int], ...]) -> None:
        self.side.addWidget(label(title, "strong", weight="semibold"))
        for name, count in rows or (("belum ada", 0),):
            line = QHBoxLayout()
            line.addWidget(label(name, "body"), 1)
            line.addWidget(label(str(count), "body", weight="semibold"))
            self.side.addLayout(line)
