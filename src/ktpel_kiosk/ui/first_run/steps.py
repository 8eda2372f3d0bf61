"""The list at the left: what is done, what is at hand, what comes; done lines lead back to their page."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.ports.setup import SetupStage
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.widgets.base import elided
from ktpel_kiosk.ui.widgets.buttons import Pressable

TITLES: dict[SetupStage, str] = {
    SetupStage.MODE: "Selamat datang", SetupStage.SOP: "SOP kantor", SetupStage.OFFICE: "Kantor dan kop surat",
    SetupStage.USERS: "Petugas", SetupStage.KEYS: "Kunci dan sambungan", SetupStage.DEVICES: "Perangkat",
    SetupStage.BACKUP: "Tempat cadangan", SetupStage.FINISH: "Selesai",
}
STATES = {"done": "selesai", "active": "sedang diisi", "open": "belum lengkap", "todo": "belum"}


class StageItem(Pressable):
    """One line. ``state``: ``done``, ``active``, ``open`` (visited, something is missing), ``todo`` (not yet, cannot be pressed)."""

    moved = Signal(int)

    def __init__(self, number: int, title: str) -> None:
        super().__init__(title)
        self.number, self.state, self.detail = number, "todo", ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def show_state(self, state: str, detail: str, *, here: bool) -> None:
        self.state, self.detail = state, detail
        self.here = here
        self.setEnabled(state != "todo")
        self.setCursor(Qt.CursorShape.PointingHandCursor if state != "todo" else Qt.CursorShape.ArrowCursor)
        self.setAccessibleName(f"{self.number}. {self.text()}: {STATES['active' if here else state]}")
        self.setToolTip(detail)
        self.update()

    here = False

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(220), max(48, self.theme.px(54)))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(150), max(48, self.theme.px(38)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.moved.emit(step)

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        if self.here or (self.underMouse() and self.isEnabled()):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent_soft" if self.here else "canvas"))
            painter.drawRoundedRect(rect, theme.radius("control"), theme.radius("control"))
        side = theme.px(26)
        disc = QRectF(theme.px(12), (rect.height() - side) / 2, side, side)
        tone = {"done": "good", "open": "attention"}.get(self.state, "") if not self.here else "accent"
        painter.setPen(Qt.PenStyle.NoPen if tone else QPen(theme.color("field_line"), 1))
        painter.setBrush(theme.color(tone or "surface"))
        painter.drawEllipse(disc.adjusted(0.5, 0.5, -0.5, -0.5))
        if self.state == "done" and not self.here:
            inset = theme.px(6)
            icons.draw(painter, "check", theme.color("on_accent"), disc.left() + inset, disc.top() + inset, theme.px(14), 3.2)
        else:
            painter.setFont(theme.font("small", 600))
            painter.setPen(theme.color("on_accent" if tone else "muted"))
            painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, "!" if self.state == "open" and not self.here else str(self.number))
        left = disc.right() + theme.px(12)
        room = QRectF(left, 0, rect.width() - left - theme.px(8), rect.height())
        font = theme.font("body", 600 if self.here else 500)
        painter.setFont(font)
        painter.setPen(theme.color("accent" if self.here else "muted" if self.state == "todo" else "ink"))
        if not self.detail or self.state == "todo":
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, elided(font, self.text(), room.width()))
        else:
            middle, small = rect.height() / 2, theme.font("tiny")
            painter.drawText(QRectF(left, middle - theme.px(19), room.width(), theme.px(20)), Qt.AlignmentFlag.AlignVCenter,
                             elided(font, self.text(), room.width()))
            painter.setFont(small)
            painter.setPen(theme.color("attention" if self.state == "open" else "muted"))
            painter.drawText(QRectF(left, middle + theme.px(1), room.width(), theme.px(18)), Qt.AlignmentFlag.AlignVCenter,
                             elided(small, self.detail, room.width()))
        self.ring(painter, rect, theme.px(10), theme)


class StageList(QWidget):
    """All pages from above; ``chosen`` names a page that was visited before."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Langkah penyiapan")
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(2)
        self.items: dict[SetupStage, StageItem] = {}
        for i, stage in enumerate(SetupStage, 1):
            item = StageItem(i, TITLES[stage])
            item.clicked.connect(lambda _on=False, stage=stage: self.chosen.emit(str(stage)))
            item.moved.connect(lambda step, at=i - 1: self._move(at, step))
            self.items[stage] = item
            box.addWidget(item)
        box.addStretch(1)

    def _move(self, at: int, step: int) -> None:
        items = list(self.items.values())
        target = items[max(0, min(len(items) - 1, at + step))]
        if target.isEnabled():
            target.setFocus(Qt.FocusReason.TabFocusReason)
