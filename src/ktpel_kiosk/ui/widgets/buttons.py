"""Buttons with a key hint, choice chips, badges and navigation items."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFont, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QWidget

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import Theme, remeasure, theme_of
from ktpel_kiosk.ui.widgets.base import KeyboardRing, Painted, blend, elided, text_width

OFF, HOVER, PRESSED = 0.45, 0.05, 0.12
"""Opacity of what is switched off; how much ink is mixed in under the pointer and while pressed."""


class Pressable(KeyboardRing, QAbstractButton):
    """Shared manners of everything that is pressed. ``ROLE``: empty is a button, a check box or one of several, as it behaves."""

    ROLE = ""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(text)
        self.setAccessibleName(text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def theme(self) -> Theme:
        return theme_of(self)

    def changeEvent(self, event: QEvent) -> None:
        remeasure(self, event)
        super().changeEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.update()
        super().leaveEvent(event)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def brush(self) -> QPainter:
        """A painter on this widget; pale while it is switched off."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(OFF)
        return painter

    def touched(self) -> bool:
        """Pointed at or pressed, and able to answer."""
        return self.isEnabled() and (self.underMouse() or self.isDown())

    def shade(self, fill: QColor) -> QColor:
        """``fill`` a little darker under the pointer, clearly darker while pressed."""
        if not self.touched():
            return fill
        return blend(fill, self.theme.color("ink"), PRESSED if self.isDown() else HOVER)


class Button(Pressable):
    """A button: ``primary`` (one per screen), ``secondary``, ``danger`` or ``link``; ``key`` is drawn as a chip.

    ``large`` gives the applicant's 84 px form.
    """

    def __init__(self, text: str, kind: str = "secondary", *, icon: str = "", key: str = "", large: bool = False,
                 icon_after: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.kind, self.icon_name, self.key, self.large, self.icon_after = kind, icon, key, large, icon_after
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        if key:
            self.setToolTip(f"{text} ({key})")

    def set_text(self, text: str) -> None:
        self.setText(text)
        self.setAccessibleName(text)
        self.updateGeometry()
        self.update()

    def setEnabled(self, on: bool) -> None:
        """Switched off while it has the focus, it gives the focus to what it stands in, not to the next thing of the window."""
        holder = self.parentWidget() if not on and self.hasFocus() else None
        while holder is not None and holder.focusPolicy() == Qt.FocusPolicy.NoFocus:
            holder = holder.parentWidget()
        if holder is not None:
            holder.setFocus()
        super().setEnabled(on)

    def _metrics(self) -> tuple[int, int, int, int]:
        """Padding, icon size, gap and height in this theme's pixels."""
        p = self.theme.px
        return (p(42), p(30), p(14), self.theme.height("applicant")) if self.large else (p(20), p(18), p(10), self.theme.height("control"))

    def sizeHint(self) -> QSize:
        return QSize(self._width(self.icon_name, self.key), self._metrics()[3])

    def minimumSizeHint(self) -> QSize:
        """Where room is short the key's chip goes first, then the icon; the words stay."""
        return QSize(self._width("" if not self.large else self.icon_name, ""), self._metrics()[3])

    def _width(self, icon: str, key: str) -> int:
        pad, icon_size, gap, _ = self._metrics()
        width = 2 * pad + text_width(self.theme.font("applicant_button" if self.large else "body", 600), self.text())
        width += icon_size + gap if icon else 0
        return width + (text_width(self.theme.font("small", 600), key) + self.theme.px(14) + gap if key else 0)

    def _shown(self) -> tuple[str, str]:
        """Icon and key that there is room for."""
        key = self.key if self.width() >= self._width(self.icon_name, self.key) - 1 else ""
        icon = self.icon_name if self.large or self.width() >= self._width(self.icon_name, key) - 1 else ""
        return icon, key

    def _colors(self) -> tuple[str, str, str]:
        """Fill, line, text token."""
        return {
            "primary": ("accent", "accent", "on_accent"), "danger": ("surface", "trouble", "trouble"),
            "good": ("good", "good", "on_accent"), "link": ("surface", "", "accent"),
        }.get(self.kind, ("surface", "field_line", "ink"))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        fill_name, line_name, text_name = self._colors()
        fill, ink = theme.color(fill_name), theme.color(text_name)
        fill = theme.color("accent_press") if self.isDown() and self.kind == "primary" else self.shade(fill)
        painter = self.brush()
        radius = theme.radius("applicant" if self.large else "control")
        rect = QRectF(self.rect())
        width = (2 if self.large else 1) if line_name else 0  # its middle on the half pixel: a hairline stays crisp and dark
        painter.setPen(QPen(theme.color(line_name), width) if line_name else Qt.PenStyle.NoPen)
        painter.setBrush(Qt.BrushStyle.NoBrush if self.kind == "link" and not self.touched() else fill)
        painter.drawRoundedRect(rect.adjusted(width / 2, width / 2, -width / 2, -width / 2), radius, radius)
        self._paint_content(painter, theme, ink)
        self.ring(painter, rect, radius, theme)

    def _paint_content(self, painter: QPainter, theme: Theme, ink: object) -> None:
        pad, icon_size, gap, _ = self._metrics()
        font = theme.font("applicant_button" if self.large else "body", 600)
        key_font = theme.font("small", 600)
        icon, key = self._shown()
        key_width = text_width(key_font, key) + theme.px(14) if key else 0
        wanted = self._width(icon, key)
        x = pad + max(0, (self.width() - wanted) / 2)
        middle = self.height() / 2
        if icon and not self.icon_after:
            icons.draw(painter, icon, ink, x, middle - icon_size / 2, icon_size)  # type: ignore[arg-type]
            x += icon_size + gap
        painter.setFont(font)
        painter.setPen(ink)
        room = self.width() - x - pad - (key_width + gap if key else 0) - (icon_size + gap if icon and self.icon_after else 0)
        painter.drawText(QRectF(x, 0, room + 2, self.height()), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                         elided(font, self.text(), room + 2))
        x += min(room, text_width(font, self.text())) + gap
        if icon and self.icon_after:
            icons.draw(painter, icon, ink, x, middle - icon_size / 2, icon_size)  # type: ignore[arg-type]
        if key:
            chip = QRectF(x, middle - theme.px(11), key_width, theme.px(22))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(ink, 1))  # type: ignore[call-overload]
            painter.drawRoundedRect(chip.adjusted(0.5, 0.5, -0.5, -0.5), theme.radius("key"), theme.radius("key"))
            painter.setFont(key_font)
            painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, key)


class IconButton(Pressable):
    """A square button that is only an icon; the name is spoken and shown as a tip."""

    def __init__(self, name: str, icon: str, *, side: int = 48) -> None:
        super().__init__(name)
        self.icon_name, self._side = icon, side
        self.setToolTip(name)

    def sizeHint(self) -> QSize:
        side = max(48, self.theme.px(self._side))
        return QSize(side, side)

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = self.brush()
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.touched():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.shade(theme.color("soft")))
            painter.drawRoundedRect(rect, theme.radius("control"), theme.radius("control"))
        size = theme.px(20)
        icons.draw(painter, self.icon_name, theme.color("muted"), (self.width() - size) / 2, (self.height() - size) / 2, size)
        self.ring(painter, rect, theme.radius("control"), theme)


class ChoiceChip(Pressable):
    """One of several choices; the chosen one has a tick, the accent frame and fill. ``large`` is the applicant's form."""

    def __init__(self, text: str, value: object = None, *, large: bool = False) -> None:
        super().__init__(text)
        self.value, self.large = value, large
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def _font(self) -> QFont:
        return self.theme.font("applicant_fact" if self.large else "body", 600)

    def sizeHint(self) -> QSize:
        return QSize(text_width(self._font(), self.text()) + self.theme.px(42), max(48, self.theme.px(64 if self.large else 48)))

    def paintEvent(self, event: QEvent) -> None:
        theme, on = self.theme, self.isChecked()
        painter = self.brush()
        half = 1.0 if on else 0.5
        rect = QRectF(self.rect()).adjusted(half, half, -half, -half)
        painter.setPen(QPen(theme.color("accent" if on else "field_line"), 2 * half))
        painter.setBrush(self.shade(theme.color("accent_soft" if on else "surface")))
        painter.drawRoundedRect(rect, theme.radius("control"), theme.radius("control"))
        painter.setFont(self._font())
        painter.setPen(theme.color("accent" if on else "ink"))
        side = theme.px(12)
        painter.drawText(rect.adjusted(side if on else 0, 0, 0, 0), Qt.AlignmentFlag.AlignCenter, self.text())
        if on:  # colour is never the only sign; it stands in the margin, so that no chip moves when the choice does
            icons.draw(painter, "check", theme.color("accent"), rect.left() + theme.px(8), rect.center().y() - side / 2, side, 3.2)
        self.ring(painter, QRectF(self.rect()), theme.radius("control"), theme)


TONES = {
    "neutral": ("soft", "muted"), "accent": ("accent_soft", "accent"), "good": ("good_soft", "good"),
    "attention": ("attention_soft", "attention"), "trouble": ("trouble_soft", "trouble"), "solid": ("accent", "on_accent"),
}


class Chip(Painted):
    """A small rounded statement in a tone: ``neutral accent good attention trouble solid``."""

    def __init__(self, text: str = "", tone: str = "neutral", *, icon: str = "", compact: bool = False) -> None:
        super().__init__()
        self._text, self._tone, self._icon, self._compact = text, tone, icon, compact
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def set(self, text: str, tone: str = "neutral", icon: str = "") -> None:
        if (text, tone, icon) != (self._text, self._tone, self._icon):
            self._text, self._tone, self._icon = text, tone, icon
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()

    def text(self) -> str:
        return self._text

    def sizeHint(self) -> QSize:
        theme = self.theme
        font = theme.font("tiny" if self._compact else "small", 600)
        width = text_width(font, self._text) + theme.px(20) + (theme.px(20) if self._icon else 0)
        return QSize(width, theme.px(22 if self._compact else 24))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QEvent) -> None:
        if not self._text:
            return
        theme = self.theme
        back, ink = TONES[self._tone]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else QPen(theme.color(ink), 1))
        painter.setBrush(theme.color(back))
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
        font = theme.font("tiny" if self._compact else "small", 600)
        painter.setFont(font)
        painter.setPen(theme.color(ink))
        if self._icon:
            icons.draw(painter, self._icon, theme.color(ink), theme.px(8), (self.height() - theme.px(14)) / 2, theme.px(14))
            rect = rect.adjusted(theme.px(16), 0, 0, 0)
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, elided(font, self._text, rect.width() - theme.px(8)))


class NavItem(Pressable):
    """A line of the left navigation with icon, word and counter; in a ``narrow`` one the word stands below the icon."""

    ROLE = "PageTab"

    def __init__(self, text: str, icon: str) -> None:
        super().__init__(text)
        self.icon_name = icon
        self.count = 0
        self.narrow = False
        self.setCheckable(True)
        self.setAutoExclusive(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_count(self, count: int) -> None:
        if count != self.count:
            self.count = count
            self.setAccessibleName(f"{self.text()}, {count}" if count else self.text())
            self.update()

    def set_narrow(self, on: bool) -> None:
        """Narrow where large letters leave the page too little room."""
        if on != self.narrow:
            self.narrow = on
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        if self.narrow:
            return QSize(max(self.theme.px(64), text_width(self.theme.font("tiny", 600), self.text()) + self.theme.px(10)),
                         max(48, self.theme.px(40)))
        return QSize(self.theme.px(183), max(48, self.theme.px(48)))

    def paintEvent(self, event: QEvent) -> None:
        theme, on = self.theme, self.isChecked()
        painter = self.brush()
        rect = QRectF(self.rect())
        if on or self.touched():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.shade(theme.color("accent_soft")) if on else self.shade(theme.color("surface")))
            painter.drawRoundedRect(rect, theme.radius("control"), theme.radius("control"))
        ink = theme.color("accent" if on else "ink")
        shade = ink if on else blend(ink, theme.color("muted"), 0.55)
        size = theme.px(17 if self.narrow else 20)
        painter.setPen(shade)
        if self.narrow:
            icons.draw(painter, self.icon_name, shade, (self.width() - size) / 2, theme.px(4), size)
            painter.setFont(theme.font("tiny", 600 if on else 500))
            painter.drawText(rect.adjusted(0, theme.px(21), 0, -theme.px(2)), Qt.AlignmentFlag.AlignCenter, self.text())
        else:
            icons.draw(painter, self.icon_name, shade, theme.px(12), (self.height() - size) / 2, size)
            painter.setFont(theme.font("body", 600 if on else 500))
            painter.drawText(rect.adjusted(theme.px(44), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text())
        if self.count:
            self._paint_count(painter, theme, on)
        self.ring(painter, rect, theme.radius("control"), theme)

    def _paint_count(self, painter: QPainter, theme: Theme, on: bool) -> None:
        most = 99 if self.narrow else 999
        text = str(self.count) if self.count <= most else f"{most}+"
        font = theme.font("micro" if self.narrow else "tiny", 600)
        high = theme.px(15 if self.narrow else 20)
        width = max(theme.px(18 if self.narrow else 24), text_width(font, text) + theme.px(8 if self.narrow else 16))
        left = self.width() / 2 + theme.px(7) if self.narrow else self.width() - width - theme.px(12)
        pill = QRectF(min(left, self.width() - width), theme.px(1) if self.narrow else (self.height() - high) / 2, width, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("accent" if on else "soft"))
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setFont(font)
        painter.setPen(theme.color("on_accent" if on else "ink"))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, text)


def uncheck(group: QButtonGroup) -> None:
    """Nothing chosen any more; an exclusive group lets go of its last choice only so."""
    group.setExclusive(False)
    for button in group.buttons():
        button.setChecked(False)
    group.setExclusive(True)
