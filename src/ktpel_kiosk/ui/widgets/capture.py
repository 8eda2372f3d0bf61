"""Captured pictures: finger tiles, hand map, card preview. Live ones: :mod:`.preview`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPainterPath, QPen, QTransform
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import KeyboardRing, Painted, elided, text_width
from ktpel_kiosk.ui.widgets.preview import Plate, PreviewView, to_qimage

__all__ = ["CardPreview", "FingerPlate", "FingerView", "HandMap", "Picture", "PreviewView", "to_qimage"]


@dataclass(frozen=True, slots=True)
class FingerView:
    """One finger on the plate. ``state``: ``empty``, ``good``, ``low`` or ``exception``; ``minimum`` is its mark on the bar."""

    position: Position
    title: str
    state: str = "empty"
    score: int | None = None
    image: QImage | None = None
    minimum: int | None = None
    grade: str = ""


PLATE_LEAST = 140
"""Height of the plate where notices need the room, pixels."""


class FingerPlate(Painted):
    """The dark plate of the scanner: whole picture while it is live, one tile per finger once captured."""

    ROLE = "Graphic"

    def __init__(self) -> None:
        super().__init__()
        self._fingers: tuple[FingerView, ...] = ()
        self._slap: QImage | None = None
        self._hint, self._icon, self._tone = "", "hand", ""
        self._waiting = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(PLATE_LEAST)

    def set_fingers(self, fingers: Sequence[FingerView]) -> None:
        self._fingers = tuple(fingers)
        self._slap = None
        words = [f"{f.title}: {f.grade} {f.score if f.score is not None else 'belum'}".replace(":  ", ": ") for f in fingers]
        self.setAccessibleName("Sidik jari. " + "; ".join(words))
        self.update()

    def plate(self) -> Plate | None:
        """Live frames lie whole on the glass."""
        if not self.isVisible() or self.window().isMinimized():
            return None
        area, ratio = self._glass(), self.devicePixelRatioF()
        return Plate(max(1, round(area.width() * ratio)), max(1, round(area.height() * ratio)), ratio, whole=True)

    def set_rendered(self, pixels: QImage, source: QSize) -> None:
        self._slap = pixels
        self.update()

    def end_live(self) -> None:
        """The fingers were lifted, or the scanner gave up."""
        self._slap = None
        self.update()

    def _glass(self) -> QRectF:
        """Below the hint, where fingers and tiles lie."""
        theme = self.theme
        top = theme.px(16) + self._hint_bar(theme).height() if self._hint else theme.px(14)
        return QRectF(theme.px(14), top, self.width() - theme.px(28), self.height() - top - theme.px(12))

    def set_hint(self, text: str, tone: str = "", icon: str = "hand") -> None:
        self._hint, self._tone, self._icon = text, tone, icon
        self.setAccessibleDescription(text)
        self.update()

    def hint(self) -> str:
        return self._hint

    def set_waiting(self, text: str) -> None:
        """Stands in place of the fingers while there is no scanner."""
        if text != self._waiting:
            self._waiting = text
            self.update()

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("stage"))
        painter.drawRoundedRect(QRectF(self.rect()), theme.radius("control"), theme.radius("control"))
        if self._waiting:
            painter.setPen(theme.color("on_stage"))
            painter.setFont(theme.font("body", 500))
            painter.drawText(QRectF(self.rect()).adjusted(24, 12, -24, -12),
                             int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), self._waiting)
            return
        if self._hint:
            self._paint_hint(painter, theme)
        area = self._glass()
        if self._slap is not None:
            size, middle = self._slap.deviceIndependentSize(), area.center()
            painter.drawImage(QPointF(round(middle.x() - size.width() / 2), round(middle.y() - size.height() / 2)), self._slap)
        else:
            self._paint_tiles(painter, theme, area)

    def _paint_hint(self, painter: QPainter, theme: Theme) -> None:
        ink = theme.color(f"stage_{self._tone}") if self._tone else theme.color("on_stage")
        bar = self._hint_bar(theme)
        back = QColor(ink)
        back.setAlpha(38)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(back)
        painter.drawRoundedRect(bar, theme.radius("plate"), theme.radius("plate"))
        icons.draw(painter, self._icon, ink, bar.left() + theme.px(14), bar.center().y() - theme.px(10), theme.px(20))
        font = theme.font("body", 600)
        painter.setFont(font)
        painter.setPen(ink)
        room = bar.adjusted(theme.px(44), 0, -theme.px(12), 0)
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap), elided(font, self._hint, room.width() * 1.9))

    def _hint_bar(self, theme: Theme) -> QRectF:
        """A long hint takes two lines: what to do is never cut."""
        wide = self.width() - theme.px(16)
        two = text_width(theme.font("body", 600), self._hint) > wide - theme.px(58)
        return QRectF(theme.px(8), theme.px(8), wide, theme.px(54 if two else 38))

    def _paint_tiles(self, painter: QPainter, theme: Theme, area: QRectF) -> None:
        count = max(1, len(self._fingers))
        gap = theme.px(14)
        width = min(theme.px(118), (area.width() - gap * (count - 1)) / count)
        height = min(area.height(), width * 2.05)
        x = area.center().x() - (width * count + gap * (count - 1)) / 2
        lift = {"middle": 0.0, "ring": 0.06, "index": 0.09, "little": 0.2, "thumb": 0.05}
        for finger in self._fingers:
            drop = (area.height() - height) * 0.5 + height * 0.25 * lift[finger.position.value.split("_")[1]]
            box = QRectF(x, area.top() + min(drop, area.height() - height * 0.85), width, 0)
            box.setBottom(min(area.bottom(), box.top() + height * (1 - 0.25 * lift[finger.position.value.split("_")[1]])))
            self._tile(painter, theme, finger, box)
            x += width + gap

    def _tile(self, painter: QPainter, theme: Theme, finger: FingerView, box: QRectF) -> None:
        color = {"good": theme.color("stage_good"), "low": theme.color("stage_attention")}.get(finger.state, theme.color("stage_line"))
        path = QPainterPath()
        arc = box.width() / 2
        path.moveTo(box.left(), box.bottom() - theme.px(12))
        path.lineTo(box.left(), box.top() + arc)
        path.arcTo(QRectF(box.left(), box.top(), box.width(), box.width()), 180, -180)
        path.lineTo(box.right(), box.bottom() - theme.px(12))
        path.quadTo(box.right(), box.bottom(), box.right() - theme.px(12), box.bottom())
        path.lineTo(box.left() + theme.px(12), box.bottom())
        path.quadTo(box.left(), box.bottom(), box.left(), box.bottom() - theme.px(12))
        painter.fillPath(path, theme.color("stage_tile"))
        foot = theme.px(58)
        if finger.image is not None:
            painter.save()
            painter.setClipPath(path)
            room = box.adjusted(theme.px(6), theme.px(8), -theme.px(6), -foot - theme.px(8))
            size = finger.image.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
            target = QRectF(room.center().x() - size.width() / 2, room.center().y() - size.height() / 2, size.width(), size.height())
            inner = QPainterPath()
            inner.addRoundedRect(target, target.width() * 0.42, target.width() * 0.42)
            painter.setClipPath(inner, Qt.ClipOperation.IntersectClip)
            painter.drawImage(target, finger.image)
            painter.restore()
        pen = QPen(color, max(2, theme.px(2)))
        if finger.state == "exception":
            pen.setDashPattern([3, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)
        score = "–" if finger.score is None else "gagal" if finger.score == 255 else str(finger.score)
        self._score(painter, theme, score, finger.grade, color, QRectF(box.left(), box.bottom() - foot - theme.px(8), box.width(),
                                                                       theme.px(24)))
        if finger.minimum is not None:
            self._bar(painter, theme, finger, color, box)
        font = theme.font("tiny", 500)
        painter.setFont(font)
        painter.setPen(theme.color("on_stage"))
        painter.drawText(QRectF(box.left(), box.bottom() - theme.px(28), box.width(), theme.px(20)),
                         Qt.AlignmentFlag.AlignCenter, elided(font, finger.title, box.width() - theme.px(8)))

    def _score(self, painter: QPainter, theme: Theme, score: str, grade: str, color: QColor, box: QRectF) -> None:
        """The number, and beside it the word where there is room."""
        large, small = theme.font("strong", 700), theme.font("tiny", 600)
        number, word = text_width(large, score), text_width(small, grade) + theme.px(5) if grade else 0
        if number + word > box.width() - theme.px(10):
            word = 0
        left = box.center().x() - (number + word) / 2
        painter.setPen(color)
        painter.setFont(large)
        painter.drawText(QRectF(left, box.top(), number + 2, box.height()), Qt.AlignmentFlag.AlignVCenter, score)
        if word:
            painter.setFont(small)
            painter.drawText(QRectF(left + number + theme.px(5), box.top() + theme.px(2), word + 2, box.height()),
                             Qt.AlignmentFlag.AlignVCenter, grade)

    def _bar(self, painter: QPainter, theme: Theme, finger: FingerView, color: QColor, box: QRectF) -> None:
        """The score on a line from 0 to 100, with a mark where this finger has to reach."""
        line = QRectF(box.left() + theme.px(12), box.bottom() - theme.px(37), box.width() - theme.px(24), theme.px(4))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("stage_track"))
        painter.drawRoundedRect(line, 2, 2)
        if finger.score is not None and finger.score <= 100:
            done = QRectF(line)
            done.setWidth(max(line.height(), line.width() * finger.score / 100))
            painter.setBrush(color)
            painter.drawRoundedRect(done, 2, 2)
        mark = line.left() + line.width() * (finger.minimum or 0) / 100
        painter.setBrush(theme.color("on_stage"))
        painter.drawRect(QRectF(mark - theme.px(1), line.top() - theme.px(4), max(2, theme.px(2)), line.height() + theme.px(8)))


# Fingers of a right hand seen from its back, in units of the hand's own 100 x 100 box: tip x, tip y, root x, root y, width.
_RIGHT = {
    "index": (25, 14, 31, 52, 11.0), "middle": (44, 6, 44, 51, 11.0), "ring": (63, 12, 59, 51, 11.0),
    "little": (81, 25, 73, 54, 9.0), "thumb": (2, 55, 20, 76, 11.5),
}
_STATES = {"target": ("accent_soft", "accent"), "good": ("good_soft", "good"), "attention": ("attention_soft", "attention"),
           "todo": ("surface", "field_line"), "exception": ("soft", "faint")}


class HandMap(KeyboardRing, Painted):
    """Two hands; each finger ``todo``, ``target`` (lit), ``good``, ``attention`` or ``exception`` (dashed).

    ``pressed`` carries the finger touched, for exceptions and repeats.
    """

    ROLE = "Graphic"
    pressed = Signal(object)

    def __init__(self, *, large: bool = False, selectable: bool = False) -> None:
        super().__init__()
        self._states: dict[Position, str] = {}
        self._captions = ("Kiri", "Kanan")
        self._large, self._selectable = large, selectable
        self._shapes: dict[Position, QPainterPath] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(150)
        self.setAccessibleName("Peta jari")
        if selectable:
            self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_states(self, states: Mapping[Position, str], captions: tuple[str, str] = ("Kiri", "Kanan")) -> None:
        self._states, self._captions = dict(states), captions
        lit = ", ".join(p.value for p, s in states.items() if s == "target")
        self.setAccessibleDescription(f"Diminta: {lit}" if lit else "")
        self.update()

    def states(self) -> dict[Position, str]:
        return dict(self._states)

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        foot = 0 if self._large else theme.px(28)
        self._shapes.clear()
        active = {"left": self._active("left"), "right": self._active("right")}
        for index, side in enumerate(("left", "right")):
            half = QRectF(index * self.width() / 2, 0, self.width() / 2, self.height() - foot)
            shrink = 0.8 if self._large and not active[side] and any(active.values()) else 1.0
            unit = min(half.width() / 124, half.height() / 104) * shrink
            center = half.center().x() + (half.width() * 0.05 if side == "left" else -half.width() * 0.05)
            origin = QPointF(center - 50 * unit, half.bottom() - 102 * unit)
            painter.setOpacity(1.0 if not self._large or active[side] or not any(active.values()) else 0.62)
            self._hand(painter, theme, side, origin, unit)
            painter.setOpacity(1.0)
            if foot:
                lit = active[side]
                painter.setFont(theme.font("small", 600 if lit else 400))
                painter.setPen(theme.color("accent" if lit else "muted"))
                painter.drawText(QRectF(half.left(), self.height() - foot, half.width(), foot), Qt.AlignmentFlag.AlignCenter,
                                 self._captions[index])

    def _active(self, side: str) -> bool:
        return any(s in ("target", "attention") for p, s in self._states.items() if p.value.startswith(side))

    def _hand(self, painter: QPainter, theme: Theme, side: str, origin: QPointF, unit: float) -> None:
        place = QTransform().translate(origin.x(), origin.y()).scale(unit, unit)
        if side == "left":
            place = QTransform().translate(origin.x() + 100 * unit, origin.y()).scale(-unit, unit)
        palm = QPainterPath()
        palm.moveTo(25, 57)
        palm.quadTo(49, 50, 74, 59)
        palm.cubicTo(76, 74, 75, 82, 67, 94)
        palm.quadTo(50, 102, 35, 94)
        palm.cubicTo(25, 80, 24, 70, 25, 57)
        line = max(1.2, theme.px(1.4) * (1.7 if self._large else 1))
        painter.setPen(QPen(theme.color("field_line"), line))
        painter.setBrush(theme.color("surface"))
        painter.drawPath(place.map(palm))
        for name, (tx, ty, rx, ry, width) in _RIGHT.items():
            position = Position(f"{side}_{name}")
            shape = place.map(_capsule(QPointF(tx, ty), QPointF(rx, ry), width))
            self._shapes[position] = shape
            fill, edge = _STATES[self._states.get(position, "todo")]
            state = self._states.get(position, "todo")
            pen = QPen(theme.color(edge), line * (1.6 if state in ("target", "attention") else 1.0))
            if state == "exception":
                pen.setDashPattern([3, 2.5])
            painter.setPen(pen)
            painter.setBrush(theme.color(fill))
            painter.drawPath(shape)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._selectable:
            for position, shape in self._shapes.items():
                if shape.contains(event.position()):
                    self.pressed.emit(position)
                    return
        super().mousePressEvent(event)


def _capsule(tip: QPointF, root: QPointF, width: float) -> QPainterPath:
    """A rounded finger from tip to root."""
    dx, dy = root.x() - tip.x(), root.y() - tip.y()
    length = (dx * dx + dy * dy) ** 0.5
    path = QPainterPath()
    path.addRoundedRect(QRectF(-width / 2, 0, width, length), width / 2, width / 2)
    from math import atan2, degrees
    turn = QTransform().translate(tip.x(), tip.y()).rotate(degrees(atan2(dy, dx)) - 90)
    return turn.map(path)


class CardPreview(Painted):
    """A rendered card side at true proportions (85.60 x 53.98 mm)."""

    ROLE = "Graphic"

    def __init__(self) -> None:
        super().__init__()
        self._image: QImage | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Gambar kartu")

    def set_image(self, image: QImage | None) -> None:
        self._image = image
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return round(width * 53.98 / 85.60)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(428), self.theme.px(270))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        height = min(self.height(), self.width() * 53.98 / 85.60)
        width = height * 85.60 / 53.98
        box = QRectF(0, (self.height() - height) / 2, width, height).adjusted(0.5, 0.5, -0.5, -0.5)
        path = QPainterPath()
        path.addRoundedRect(box, width * 0.037, width * 0.037)
        painter.fillPath(path, theme.color("soft"))
        if self._image is not None:
            painter.save()
            painter.setClipPath(path)
            painter.drawImage(box, self._image)
            painter.restore()
        painter.setPen(QPen(theme.color("field_line"), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(path)


class Picture(Painted):
    """A still image with rounded corners, kept whole or filled; ``caption`` below."""

    ROLE = "Graphic"

    def __init__(self, side: QSize, caption: str = "", *, fill: bool = True) -> None:
        super().__init__()
        self._image: QImage | None = None
        self._side, self._fill = side, fill
        self.caption = caption
        self.chosen = False
        self.setAccessibleName(caption or "Gambar")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_image(self, image: QImage | None) -> None:
        self._image = image
        self.update()

    def sizeHint(self) -> QSize:
        p = self.theme.px
        return QSize(p(self._side.width()), p(self._side.height()) + (p(22) if self.caption else 0))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        box = QRectF(0, 0, self.width(), theme.px(self._side.height())).adjusted(1, 1, -1, -1)
        path = QPainterPath()
        path.addRoundedRect(box, theme.radius("plate"), theme.radius("plate"))
        painter.fillPath(path, theme.color("surface" if not self._fill else "soft"))
        if self._image is not None:
            mode = Qt.AspectRatioMode.KeepAspectRatioByExpanding if self._fill else Qt.AspectRatioMode.KeepAspectRatio
            size = self._image.size().scaled(box.size().toSize(), mode)
            painter.save()
            painter.setClipPath(path)
            painter.drawImage(QRectF(box.center().x() - size.width() / 2, box.center().y() - size.height() / 2,
                                     size.width(), size.height()), self._image)
            painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("good" if self.chosen else "line"), 2 if self.chosen else 1))
        painter.drawPath(path)
        if self.caption:
            font = theme.font("tiny")
            painter.setFont(font)
            painter.setPen(theme.color("muted"))
            painter.drawText(QRectF(0, box.bottom() + 2, self.width(), theme.px(20)), Qt.AlignmentFlag.AlignCenter,
                             elided(font, self.caption, self.width()))

