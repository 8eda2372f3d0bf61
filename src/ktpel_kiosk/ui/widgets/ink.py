"""Signing with pen, finger or mouse: ink as it is drawn, and the pen reports a signature is made of.

Every point bears the time the system gave its event, so a busy window draws late but loses and bends nothing. Each report paints its
own piece only (:mod:`ink_layer`), so the ink stays at the pen however long the signature is.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QElapsedTimer, QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QEventPoint,
    QImage,
    QInputEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPointingDevice,
    QTabletEvent,
    QTouchEvent,
)
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.ports.devices import SignatureCapture
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.widgets.base import KeyboardRing, Painted
from ktpel_kiosk.ui.widgets.ink_layer import InkLayer

MOUSE_PRESSURE = 640
"""Mouse and finger have no pressure; this is a firm pen."""
UNITS = 10
"""Pad units per pixel: keeps the fractions a tablet reports."""
WIDEST = 0x7FFF
"""Largest pad in units (ISO/IEC 19794-7); a wider field gives coarser units."""
PEN_NEAR_MS = 700
"""So long after a pen was seen a touch is the hand that holds it."""
PLAUSIBLE_DPI = (40.0, 500.0)
PALM_MM = 20.0
"""A touch as broad as this in both directions is no fingertip."""


class SignatureField(KeyboardRing, Painted):
    """A dashed area to sign in. ``changed`` after each stroke; also shows ink that comes from a pad.

    One signature is drawn with one tool. A pen takes over from finger and mouse (what they left was a resting hand), never the other way.
    """

    ROLE = "Canvas"
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._points: list[PenPoint] = []
        self._hover: list[PenPoint] = []
        self._starts: list[int] = []
        self._undone: list[list[PenPoint]] = []
        self._layer = InkLayer(UNITS)
        self._relayed: tuple[int, float, PenPoint | None] = (0, 0.0, None)
        self._left_handed = False
        self._clock = QElapsedTimer()
        self._clock.start()
        self._base: int | None = None
        self._tool = ""
        self._down = False
        self._finger: int | None = None
        self._pen_seen = -PEN_NEAR_MS
        self.setTabletTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self._picture: QImage | None = None
        self.enabled_ink = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(140)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Bidang tanda tangan")
        self.setCursor(Qt.CursorShape.CrossCursor)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(640), self.theme.px(300))

    def points(self) -> tuple[PenPoint, ...]:
        return tuple(self._points)

    def is_empty(self) -> bool:
        return sum(1 for p in self._points if p.down) < 8

    def show_picture(self, image: QImage) -> None:
        """A stored signature, black on white, in place of live ink."""
        self._forget()
        self._picture = image
        self.update()

    def clear(self) -> None:
        self._forget()
        self._picture = None
        self.update()
        self.changed.emit()

    def _forget(self) -> None:
        self._points.clear()
        self._hover.clear()
        self._starts.clear()
        self._undone.clear()
        self._relayed = (0, 0.0, None)
        self._base, self._tool, self._down, self._finger = None, "", False, None
        self._layer.forget()

    @property
    def drawing(self) -> bool:
        """A stroke is under way: whatever else is touched now is the hand."""
        return self._down

    @property
    def can_undo(self) -> bool:
        return bool(self._starts) and not self._down

    @property
    def can_redo(self) -> bool:
        return bool(self._undone) and not self._down

    def undo(self) -> None:
        """Take the last stroke back."""
        if self.can_undo:
            start = self._starts.pop()
            self._undone.append(self._points[start:])
            del self._points[start:]
            self._hover.clear()
            self._after_undo()

    def redo(self) -> None:
        """The stroke taken back last, again."""
        if self.can_redo:
            self._starts.append(len(self._points))
            self._points += self._undone.pop()
            self._after_undo()

    def _after_undo(self) -> None:
        if not self._points and not self._undone:
            self._forget()
        self._layer.forget()
        self.update()
        self.changed.emit()

    def set_left_handed(self, on: bool) -> None:
        """The mark where to begin stands on the side the hand does not cover."""
        self._left_handed = on
        self.update()

    def capture(self) -> SignatureCapture:
        """The strokes in pad units (a tenth of a pixel; coarser where the field is wider than a record may be)."""
        units = min(UNITS, WIDEST // max(1, self.width(), self.height()))
        points = tuple(self._points) if units == UNITS else tuple(
            PenPoint(p.x * units // UNITS, p.y * units // UNITS, p.pressure, p.t_ms) for p in self._points)
        dpi = self.screen().physicalDotsPerInch()
        known = PLAUSIBLE_DPI[0] <= dpi <= PLAUSIBLE_DPI[1]
        return SignatureCapture(points, self.width() * units, self.height() * units,
                                units_per_mm=units * dpi / 25.4 if known else 0.0)

    def show_ink(self, points: Sequence[PenPoint], width: int, height: int) -> None:
        """Ink from a pad of ``width`` x ``height`` units, scaled into this area."""
        factor = min(self.width() / max(1, width), self.height() / max(1, height)) * 0.9
        dx, dy = (self.width() - width * factor) / 2, (self.height() - height * factor) / 2
        known, used, last = self._relayed
        if not (0 < known <= len(points) and used == factor and points[known - 1] == last and len(self._points) == known):
            self._forget()
            self._picture, known = None, 0
            self.update()
        self._points += [PenPoint(round((p.x * factor + dx) * UNITS), round((p.y * factor + dy) * UNITS), p.pressure, p.t_ms)
                         for p in points[known:]]
        self._relayed = (len(points), factor, points[-1] if points else None)
        self._show_new()

    # -- what the tools do -----------------------------------------------------------------------------------------------------------

    def _when(self, event: QInputEvent) -> int:
        """Milliseconds of the event itself; of now, where the system gives none."""
        return int(event.timestamp()) or self._clock.elapsed()

    def _point(self, at: QPointF, pressure: int, when: int) -> PenPoint:
        if self._base is None:
            self._base = when
        x = min(max(at.x(), 0.0), self.width() - 1.0)
        y = min(max(at.y(), 0.0), self.height() - 1.0)
        earliest = self._points[-1].t_ms if self._points else 0
        return PenPoint(round(x * UNITS), round(y * UNITS), pressure, max(earliest, when - self._base))

    def _begin(self, tool: str) -> bool:
        """May this tool draw? A pen sweeps away what other tools left."""
        if not self.enabled_ink or self._tool not in ("", tool):
            if not self.enabled_ink or tool != "pen":
                return False
            self._forget()
        self._tool, self._down = tool, True
        self._starts.append(len(self._points))
        self._undone.clear()
        return True

    def _draw(self, at: QPointF, pressure: int, when: int) -> None:
        if self._hover and self._points:
            self._points += self._hover
        self._hover.clear()
        self._points.append(self._point(at, pressure, when))
        self._show_new()

    def _show_new(self) -> None:
        """Paint the new piece and nothing else."""
        if self._layer.stale(self.size(), self.devicePixelRatioF()):
            self.update()
            return
        where = self._draw_layer()
        if not where.isEmpty():
            self.update(where)

    def _draw_layer(self) -> QRect:
        theme = self.theme
        return self._layer.extend(self._points, theme.color("ink"), max(1.6, 2.2 * theme.scale), max(3.4, 5.2 * theme.scale))

    def _lift(self, at: QPointF, when: int) -> None:
        self._down = False
        self._draw(at, 0, when)
        self.changed.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._begin("mouse"):
            self._draw(event.position(), MOUSE_PRESSURE, self._when(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._down and self._tool == "mouse":
            self._draw(event.position(), MOUSE_PRESSURE, self._when(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._down and self._tool == "mouse":
            self._lift(event.position(), self._when(event))

    def tabletEvent(self, event: QTabletEvent) -> None:
        event.accept()  # else the same stroke comes again as a mouse
        when = self._when(event)
        self._pen_seen = when
        if event.pointerType() == QPointingDevice.PointerType.Eraser:
            return
        kind = event.type()
        drawing = self._down and self._tool == "pen"
        if (kind == QEvent.Type.TabletPress and self._begin("pen")) or (kind == QEvent.Type.TabletMove and drawing):
            self._draw(event.position(), max(1, round(event.pressure() * 1023)), when)
        elif kind == QEvent.Type.TabletRelease and drawing:
            self._lift(event.position(), when)
        elif kind == QEvent.Type.TabletMove and self._tool == "pen" and self._points:
            self._hover.append(self._point(event.position(), 0, when))

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QTouchEvent):
            event.accept()  # else a resting palm comes again as a mouse
            self._touched(event)
            return True
        return super().event(event)

    def _touched(self, event: QTouchEvent) -> None:
        when = self._when(event)
        if event.type() == QEvent.Type.TouchCancel:
            self._palm()
            return
        for point in event.points():
            state = point.state()
            if state == QEventPoint.State.Pressed and self._finger is None and when - self._pen_seen >= PEN_NEAR_MS \
                    and not self._down and not self._broad(point) and self._begin("touch"):
                self._finger = point.id()
                self._draw(point.position(), MOUSE_PRESSURE, when)
            elif point.id() == self._finger and self._tool == "touch":
                if state == QEventPoint.State.Released:
                    self._finger = None
                    self._lift(point.position(), when)
                elif self._broad(point):
                    self._palm()
                elif state == QEventPoint.State.Updated:
                    self._draw(point.position(), MOUSE_PRESSURE, when)

    def _broad(self, point: QEventPoint) -> bool:
        """A palm, as far as the screen measures what touches it (many report no size: 0)."""
        dpi = self.screen().physicalDotsPerInch()
        dpi = dpi if PLAUSIBLE_DPI[0] <= dpi <= PLAUSIBLE_DPI[1] else 96.0
        size = point.ellipseDiameters()
        return min(size.width(), size.height()) * 25.4 / dpi >= PALM_MM

    def _palm(self) -> None:
        """The system says the touch was none: the stroke under way goes."""
        if self._finger is not None and self._tool == "touch":
            last_lift = max((i for i, p in enumerate(self._points) if not p.down), default=-1)
            del self._points[last_lift + 1:]
            self._finger, self._down = None, False
            if self._starts:
                self._starts.pop()
            if not self._points:
                self._forget()
            self._layer.forget()
            self.update()
            self.changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._layer.forget()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        pen = QPen(theme.color("field_line"), max(1.5, theme.px(2)))
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(theme.color("canvas").lighter(102))
        painter.drawRoundedRect(rect, theme.radius("applicant"), theme.radius("applicant"))
        self._paint_guide(painter)
        if self._picture is not None:
            size = self._picture.size().scaled(rect.size().toSize() * 0.8, Qt.AspectRatioMode.KeepAspectRatio)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Multiply)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(QRectF(rect.center().x() - size.width() / 2, rect.center().y() - size.height() / 2,
                                     size.width(), size.height()), self._picture)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        if self._layer.stale(self.size(), self.devicePixelRatioF()):
            self._layer.begin(self.size(), self.devicePixelRatioF())
        self._draw_layer()
        self._layer.paint(painter, event.rect())
        self.ring(painter, rect, theme.radius("applicant"), theme)

    def _paint_guide(self, painter: QPainter) -> None:
        """The line to sign on and a pen at its free end."""
        theme, base = self.theme, self.height() * 0.77
        painter.setPen(QPen(theme.color("line"), max(1, theme.px(1.5))))
        painter.drawLine(QPointF(self.width() * 0.05, base), QPointF(self.width() * 0.95, base))
        side = theme.px(26)
        x = self.width() * 0.95 - side if self._left_handed else self.width() * 0.05
        icons.draw(painter, "pen-line", theme.color("faint"), x, base - side - theme.px(6), side)
