"""What tells how things stand: device strip, line pill, clock, step bar, notice bar, checklist, progress dots, avatar."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.accessible import announce
from ktpel_kiosk.ui.theme import Theme, theme_of
from ktpel_kiosk.ui.widgets.base import Painted, label, text_width
from ktpel_kiosk.ui.widgets.buttons import TONES, Button, Chip, Pressable

HEALTH = {"ready": ("good", "siap"), "busy": ("accent", "sedang dipakai"), "missing": ("faint", "tidak terpasang"),
          "trouble": ("trouble", "bermasalah")}


class DeviceItem(Pressable):
    """One device of the strip: icon and state; trouble opens up into words. A click asks what to do."""

    def __init__(self, name: str, icon: str) -> None:
        super().__init__(name)
        self.name, self.icon_name = name, icon
        self.health, self.word, self.remark = "missing", "", ""
        self.set_state("missing", "")

    def set_state(self, health: str, word: str) -> None:
        """``word``: two or three words shown beside the icon when there is trouble."""
        self.health, self.word = health, word if health == "trouble" else ""
        spoken = f"{self.name}: {word or HEALTH[health][1]}" + (f". {self.remark}" if self.remark else "")
        self.setAccessibleName(spoken)
        self.setToolTip(spoken)
        self.updateGeometry()
        self.update()

    def set_remark(self, text: str) -> None:
        """Something to know although the device works; shown as a small sign on the icon."""
        self.remark = text
        self.set_state(self.health, self.word)

    def sizeHint(self) -> QSize:
        theme = self.theme
        wide = text_width(theme.font("small", 600), self.word) + theme.px(4) if self.word else 0
        return QSize(theme.px(54) + wide, max(48, theme.px(48)))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tone = HEALTH[self.health][0]
        height = theme.px(32)
        plate = QRectF(0, (self.height() - height) / 2, self.width(), height)
        if self.word or self.touched():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.shade(theme.color("trouble_soft" if self.word else "surface")))
            painter.drawRoundedRect(plate, theme.radius("plate"), theme.radius("plate"))
        ink = theme.color("trouble" if self.word else "muted" if self.health != "missing" else "faint")
        size = theme.px(17)
        icons.draw(painter, self.icon_name, ink, theme.px(10), (self.height() - size) / 2, size)
        if self.remark and self.health in ("ready", "busy"):
            icons.draw(painter, "triangle-alert", theme.color("attention"), theme.px(29), (self.height() - theme.px(14)) / 2, theme.px(14))
        else:
            self._mark(painter, theme, theme.px(32), tone)
        if self.word:
            painter.setPen(ink)
            painter.setFont(theme.font("small", 600))
            painter.drawText(plate.adjusted(theme.px(46), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.word)
        self.ring(painter, plate, theme.radius("plate"), theme)

    def _mark(self, painter: QPainter, theme: Theme, x: float, tone: str) -> None:
        """Colour is never the only sign: disc ready, ring busy, dash missing, square trouble."""
        side, color = theme.px(8), theme.color(tone)
        box = QRectF(x, (self.height() - side) / 2, side, side)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        if self.health == "ready":
            painter.drawEllipse(box)
        elif self.health == "trouble":
            painter.drawRect(box)
        elif self.health == "busy":
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(color, max(2, theme.px(2.5))))
            painter.drawEllipse(box.adjusted(0.5, 0.5, -0.5, -0.5))
        else:
            painter.drawRect(QRectF(x, self.height() / 2 - 1, side, 2))


class LinePill(Pressable):
    """Connection and number of unsent packets; opens the queue."""

    def __init__(self) -> None:
        super().__init__("Daring")
        self.setAccessibleName("Antrean kirim")
        self._tone, self._icon = "good", "wifi"

    def set_state(self, text: str, tone: str, icon: str) -> None:
        if (text, tone, icon) == (self.text(), self._tone, self._icon):
            return
        self.setText(text)
        self._tone, self._icon = tone, icon
        self.setAccessibleName(f"Antrean kirim: {text}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        theme = self.theme
        return QSize(text_width(theme.font("small", 600), self.text()) + theme.px(48), max(48, theme.px(48)))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        back, ink = TONES[self._tone]
        height = theme.px(32)
        plate = QRectF(0, (self.height() - height) / 2, self.width(), height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.shade(theme.color(back)))
        painter.drawRoundedRect(plate, theme.radius("plate"), theme.radius("plate"))
        size = theme.px(17)
        icons.draw(painter, self._icon, theme.color(ink), theme.px(12), (self.height() - size) / 2, size)
        painter.setPen(theme.color(ink))
        painter.setFont(theme.font("small", 600))
        painter.drawText(plate.adjusted(theme.px(36), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
        self.ring(painter, plate, theme.radius("plate"), theme)


class ClockLabel(Painted):
    """``09.15 WIB``."""

    ROLE = "Clock"

    def __init__(self) -> None:
        super().__init__()
        self._time, self._zone = "--.--", ""
        self.setAccessibleName("Jam")
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    def set(self, time: str, zone: str) -> None:
        if (time, zone) != (self._time, self._zone):
            self._time, self._zone = time, zone
            self.setAccessibleName(f"Jam {time} {zone}")
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        theme = self.theme
        width = text_width(theme.font("clock", 600), self._time) + text_width(theme.font("small", 600), self._zone) + theme.px(6)
        return QSize(width, theme.px(32))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setFont(theme.font("clock", 600))
        painter.setPen(theme.color("ink"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self._time)
        painter.setFont(theme.font("small", 600))
        painter.setPen(theme.color("muted"))
        painter.drawText(self.rect().adjusted(0, theme.px(1), 0, 0), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                         self._zone)


NOTICE_ICONS = {"info": ("accent", "info"), "good": ("good", "circle-check"), "attention": ("attention", "triangle-alert"),
                "trouble": ("trouble", "circle-alert")}


class NoticeBar(QFrame):
    """A quiet bar: what happened, what it means, what to do; with at most one action. Never blocks; a screen reader says it at once."""

    ROLE = "AlertMessage"

    closed = Signal()

    def __init__(self, *, closable: bool = True) -> None:
        super().__init__()
        self.kind = "info"
        self._icon = QLabel()
        self._text = label("", "body", wrap=True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._action = Button("", "secondary")
        self._action.hide()
        self._act: Callable[[], None] | None = None
        self._action.clicked.connect(lambda: self._act() if self._act else None)
        from ktpel_kiosk.ui.widgets.buttons import IconButton
        self._close = IconButton("Tutup pemberitahuan", "x")
        self._close.setVisible(closable)
        self._closable = closable
        self._close.clicked.connect(self.dismiss)
        layout = self._row = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 8, 8)
        layout.setSpacing(12)
        for item, stretch in ((self._icon, 0), (self._text, 1), (self._action, 0), (self._close, 0)):
            layout.addWidget(item, stretch)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        self.hide()

    def show_text(self, kind: str, text: str, *, bold: str = "", action: str = "", act: Callable[[], None] | None = None) -> None:
        """Show ``bold`` (what happened) and ``text`` in a tone; ``action`` is the button's word."""
        from html import escape
        self.kind = kind
        tone, icon_name = NOTICE_ICONS[kind]
        theme = theme_of(self)
        self._icon.setPixmap(icons.pixmap(icon_name, theme.hex(tone), theme.px(20), self.devicePixelRatioF()))
        strong = f"<b>{escape(bold)}</b> " if bold else ""
        self._text.setText(f'<span style="color:{theme.hex(tone)}">{strong}{escape(text)}</span>')
        self._act = act
        if action:
            self._action.kind = "danger" if kind == "trouble" else "secondary"
            self._action.set_text(action)
        self._action.setVisible(bool(action))
        said = f"{bold} {text}".strip()
        if said != self.accessibleName() or self.isHidden():
            announce(self, said, urgent=kind in ("trouble", "attention"))
        self.setAccessibleName(said)
        self.show()
        self.update()

    def set_slim(self, on: bool) -> None:
        """No higher than its button needs."""
        margin = 4 if on else 8
        self._row.setContentsMargins(16, margin, 8, margin)

    def plain(self) -> str:
        return self.accessibleName() if not self.isHidden() else ""

    def dismiss(self) -> None:
        self.hide()
        self.closed.emit()

    def paintEvent(self, event: QEvent) -> None:
        theme = theme_of(self)
        tone = NOTICE_ICONS[self.kind][0]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else QPen(theme.color(tone), 2))
        painter.setBrush(theme.color(f"{tone}_soft"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.radius("control"), theme.radius("control"))


class ChecklistRow(Pressable):
    """One paper of the checklist: pressed when it is there. ``fixed`` rows are computed and cannot be pressed."""

    def __init__(self, text: str, *, required: bool = True, fixed: bool = False, detail: str = "") -> None:
        super().__init__(text)
        self.required, self.fixed, self.detail = required, fixed, detail
        self.setCheckable(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.toggled.connect(lambda _on: self._speak())
        if fixed:
            self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self.setCursor(Qt.CursorShape.ArrowCursor)
        self._speak()

    def _speak(self) -> None:
        self.setAccessibleName(f"{self.text()}: {'ada' if self.isChecked() else 'belum ada'}")

    def nextCheckState(self) -> None:
        if not self.fixed:
            super().nextCheckState()

    def _detail(self) -> str:
        return self.detail or ("ada" if self.isChecked() else "belum ada" if self.required else "opsional")

    def heightForWidth(self, width: int) -> int:
        return self._high(self._lines(width))

    def sizeHint(self) -> QSize:
        wide = self.theme.px(280)
        return QSize(wide, self.heightForWidth(wide))

    def minimumSizeHint(self) -> QSize:
        """The words wrap, so a row may be narrow. A size that followed the width it has would never let what holds it come to rest."""
        return QSize(self.theme.px(120), self._high(1))

    def _high(self, lines: int) -> int:
        return max(48, self.theme.px(36) + self.theme.px(20) * lines)

    def _lines(self, width: int) -> int:
        theme = self.theme
        room = width - theme.px(50) - text_width(theme.font("small"), self._detail()) - theme.px(22)
        high = QFontMetrics(theme.font("body", 600))
        wrapped = high.boundingRect(QRect(0, 0, max(1, int(room)), 9999), Qt.TextFlag.TextWordWrap, self.text()).height()
        return max(1, round(wrapped / high.lineSpacing()))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = self.brush()
        if self.touched() and not self.fixed:
            painter.fillRect(self.rect(), self.shade(theme.color("surface")))
        size, middle, left = theme.px(22), self.height() / 2, theme.px(6)
        if self.isChecked():
            icons.draw(painter, "circle-check", theme.color("good"), left, middle - size / 2, size)
        elif self.required:
            icons.draw(painter, "circle-alert", theme.color("attention"), left, middle - size / 2, size)
        else:
            icons.draw(painter, "minus", theme.color("faint"), left + theme.px(2), middle - size / 2 + theme.px(2), size - theme.px(4))
        detail = self._detail()
        small = theme.font("small")
        wide = text_width(small, detail)
        painter.setFont(small)
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(self.width() - wide - left, 0, wide + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, detail)
        painter.setFont(theme.font("body", 600))
        painter.setPen(theme.color("ink"))
        room = QRectF(theme.px(40), 0, self.width() - theme.px(40) - wide - theme.px(22), self.height())
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap, self.text())
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.color("line"))
        self.ring(painter, QRectF(self.rect()), theme.radius("plate"), theme)


class ProgressDots(Painted):
    """Where the applicant is: done dots, the present one long, the coming ones pale."""

    def __init__(self) -> None:
        super().__init__()
        self._count, self._at = 0, 0
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def set(self, count: int, at: int) -> None:
        self._count, self._at = count, at
        self.setAccessibleName(f"Langkah {at + 1} dari {count}" if count else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        p = self.theme.px
        return QSize(max(1, self._count - 1) * p(24) + p(36), p(14))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        x, side = 0, theme.px(14)
        for i in range(self._count):
            wide = theme.px(36) if i == self._at else side
            coming = i > self._at
            half = theme.px(1.5) / 2 if coming else 0.0  # rings, so that done and coming differ without colour
            painter.setPen(QPen(theme.color("field_line"), 2 * half) if coming else Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("surface" if coming else "good" if i < self._at else "accent"))
            painter.drawRoundedRect(QRectF(x, 0, wide, side).adjusted(half, half, -half, -half), side / 2, side / 2)
            x += wide + theme.px(10)


class LogoTile(Painted):
    """The house's tile, or a person's initials."""

    def __init__(self, text: str = "KTP", side: int = 28) -> None:
        super().__init__()
        self._text, self._side = text, side
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        side = self.theme.px(self._side)
        return QSize(side, side)

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent"))
        painter.drawRoundedRect(QRectF(self.rect()), self.width() * 0.25, self.width() * 0.25)
        painter.setFont(theme.font(self._side * 0.42, 700))
        painter.setPen(theme.color("on_accent"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)


class EmptyState(QWidget):
    """A friendly sentence where a list has nothing to show."""

    def __init__(self, icon: str, title: str, text: str) -> None:
        super().__init__()
        self._name = icon
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        from ktpel_kiosk.ui.widgets.base import column
        center = Qt.AlignmentFlag.AlignCenter
        self.title = label(title, "strong", weight="semibold", wrap=True, align=center)
        self.text = label(text, "body", tone="muted", wrap=True, align=center)
        self.setLayout(column(None, self._picture, 4, self.title, self.text, None, spacing=6, margins=(24, 24, 24, 24)))

    def set_quiet(self, on: bool) -> None:
        """Says nothing where another empty place beside it says it already."""
        for part in (self._picture, self.title, self.text):
            part.setVisible(not on)

    def showEvent(self, event: QShowEvent) -> None:
        theme = theme_of(self)
        self._picture.setPixmap(icons.pixmap(self._name, theme.hex("faint"), theme.px(40), self.devicePixelRatioF(), 1.5))
        super().showEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is no room for both, the words stay and the picture goes."""
        super().resizeEvent(event)
        wide, theme = self.width() - 48, theme_of(self)
        words = sum(part.heightForWidth(wide) for part in (self.title, self.text))
        self._picture.setMaximumHeight(theme.px(40) if self.height() >= words + theme.px(40) + 70 else 0)


def chip_for(text: str, tone: str) -> Chip:
    return Chip(text, tone)
