"""A plate with a live or a still picture: outline for the face, corners around it, one hint, the ring that counts down."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import Painted, elided, text_width

OVAL_HEIGHT, OVAL_WIDTH, OVAL_MIDDLE = 0.62, 0.75, 0.46
"""Of the plate's height; of the oval's own height; from the top."""


@dataclass(frozen=True, slots=True)
class Plate:
    """How a plate shows frames: its size in device pixels, their ratio to logical ones, the whole frame or filled, mirrored or not."""

    width: int
    height: int
    ratio: float = 1.0
    whole: bool = False
    mirrored: bool = False

    def target(self, width: int, height: int) -> QRectF:
        """Where a frame of this size lies, in device pixels; parts outside of the plate are not seen."""
        choose = min if self.whole else max
        k = choose(self.width / width, self.height / height)
        return QRectF((self.width - width * k) / 2, (self.height - height * k) / 2, width * k, height * k)


def to_qimage(raw: RawImage) -> QImage:
    """A QImage of its own from raw pixels."""
    form = QImage.Format.Format_RGB888 if raw.channels == 3 else QImage.Format.Format_Grayscale8
    return QImage(raw.data, raw.width, raw.height, raw.width * raw.channels, form).copy()


class PreviewView(Painted):
    """The latest frame, filling its plate or ``whole`` inside it; optional oval for the face, one hint line at the bottom or top.

    Live frames come as finished pixels (:meth:`set_rendered`, made by :mod:`ktpel_kiosk.ui.feed`); a still picture is scaled once and
    kept. ``mirrored``: as people know themselves from the mirror.
    """

    ROLE = "Graphic"

    def __init__(self, *, oval: bool = False, hint_on_top: bool = False, radius: int = 10, whole: bool = False,
                 mirrored: bool = False) -> None:
        super().__init__()
        self.mirrored = mirrored
        self._whole, self._oval, self._top, self._radius = whole, oval, hint_on_top, radius
        self._image: QImage | None = None
        self._pixels: QImage | None = None
        self._fitted: Plate | None = None
        self._source = QSize()
        self._hint, self._hint_icon, self._tone = "", "", ""
        self._waiting, self._waiting_icon = "", ""
        self._outline: tuple[QRectF, str] | None = None
        self._countdown: float | None = None
        self._count_word = ""
        self._corners: tuple[tuple[QSize, float], QPainterPath] | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 200)
        self.setAccessibleName("Gambar langsung")

    # -- the picture --------------------------------------------------------------------------------------------------

    def plate(self) -> Plate | None:
        """What a live feed has to make for this view; None while nobody can see it."""
        if not self.isVisible() or self.window().isMinimized() or self.width() < 2 or self.height() < 2:
            return None
        return self._own_plate()

    def _own_plate(self) -> Plate:
        ratio = self.devicePixelRatioF()
        return Plate(round(self.width() * ratio), round(self.height() * ratio), ratio, self._whole, self.mirrored)

    def set_rendered(self, pixels: QImage, source: QSize) -> None:
        """A live frame of ``source`` pixels, already made for :meth:`plate`."""
        self._image, self._pixels, self._source = None, pixels, source
        self.update()

    def set_frame(self, image: QImage | None) -> None:
        """A still picture, or none."""
        self._image, self._pixels, self._fitted = image, None, None
        self._source = image.size() if image is not None else QSize()
        self.update()

    def has_frame(self) -> bool:
        return self._image is not None or self._pixels is not None

    def set_hint(self, text: str, icon: str = "", tone: str = "") -> None:
        """``tone``: empty (white), ``good`` or ``attention``."""
        if (text, icon, tone) != (self._hint, self._hint_icon, self._tone):
            self._hint, self._hint_icon, self._tone = text, icon, tone
            self.setAccessibleDescription(text)
            self.update()

    def hint(self) -> str:
        return self._hint

    def set_outline(self, face: QRectF | None, tone: str = "good") -> None:
        """Where the face was seen last, in shares of the frame; None: nowhere."""
        wanted = None if face is None else (face, tone)
        if wanted != self._outline:
            self._outline = wanted
            self.update()

    def set_countdown(self, share: float | None, text: str = "") -> None:
        """How much of the time until the automatic picture is over (0..1), with the seconds left; None: no countdown."""
        if (share, text) != (self._countdown, self._count_word):
            self._countdown, self._count_word = share, text
            self.update()

    def countdown(self) -> float | None:
        return self._countdown

    def set_waiting(self, text: str, icon: str = "") -> None:
        """What stands in the empty plate."""
        if (text, icon) != (self._waiting, self._waiting_icon):
            self._waiting, self._waiting_icon = text, icon
            self.update()

    # -- painting -----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pixels = self._shown()
        if pixels is None or self._whole:
            painter.fillRect(self.rect(), theme.color("stage"))
        if pixels is not None:
            size = pixels.deviceIndependentSize()
            painter.drawImage(QPointF(round((self.width() - size.width()) / 2), round((self.height() - size.height()) / 2)), pixels)
        elif self._waiting:
            self._paint_waiting(painter, theme)
        if self._oval and (pixels is not None or not self._waiting):
            self._paint_oval(painter, theme)
        if self._outline is not None and pixels is not None:
            self._paint_outline(painter, theme, *self._outline)
        if self._hint:
            self._paint_hint(painter, theme)
        self._round_corners(painter, theme)

    def _shown(self) -> QImage | None:
        """Pixels of this plate's size: the live ones, or the still picture scaled once."""
        if self._image is None:
            return self._pixels
        plate = self._own_plate()
        if self._fitted != plate or self._pixels is None:
            self._pixels, self._fitted = fitted(self._image, plate), plate
        return self._pixels

    def _round_corners(self, painter: QPainter, theme: Theme) -> None:
        """The view paints all of its rectangle, so the corners are given back to what lies behind."""
        if self._corners is None or self._corners[0] != (self.size(), theme.scale):
            self._corners = ((self.size(), theme.scale), _corners(QRectF(self.rect()), theme.px(self._radius)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("surface"))
        painter.drawPath(self._corners[1])

    def _paint_waiting(self, painter: QPainter, theme: Theme) -> None:
        painter.setPen(theme.color("on_stage"))
        painter.setFont(theme.font("body", 500))
        room = QRectF(self.rect()).adjusted(24, 24, -24, -24)
        if self._hint and not self._top:
            room.setBottom(room.bottom() - theme.px(56))
        flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
        if self._waiting_icon:
            side = theme.px(36)
            high = painter.boundingRect(room, flags, self._waiting).height()
            icons.draw(painter, self._waiting_icon, theme.color("stage_line"), room.center().x() - side / 2,
                       max(room.top(), room.center().y() - high / 2 - side / 2 - theme.px(8)), side)
            room.adjust(0, side + theme.px(16), 0, 0)
        painter.drawText(room, flags, self._waiting)

    def _oval_box(self) -> QRectF:
        height = self.height() * OVAL_HEIGHT
        oval = QRectF(0, 0, height * OVAL_WIDTH, height)
        oval.moveCenter(QPointF(self.width() / 2, self.height() * OVAL_MIDDLE))
        return oval

    def _paint_oval(self, painter: QPainter, theme: Theme) -> None:
        oval = self._oval_box()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._countdown is None:
            pen = QPen(theme.color("stage_frame"), theme.px(3))
            pen.setDashPattern([4, 2.6])
            painter.setPen(pen)
            painter.drawEllipse(oval)
            return
        painter.setPen(QPen(theme.color("stage_track"), theme.px(6)))
        painter.drawEllipse(oval)
        painter.setPen(QPen(theme.color("stage_good"), theme.px(6), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawArc(oval, 90 * 16, -round(360 * 16 * max(0.0, min(1.0, self._countdown))))

    def _paint_outline(self, painter: QPainter, theme: Theme, face: QRectF, tone: str) -> None:
        """Four corners around the face, so that the face itself stays free."""
        ratio = self.devicePixelRatioF()
        place = self._own_plate().target(max(1, self._source.width()), max(1, self._source.height()))
        left = 1 - face.right() if self.mirrored else face.left()
        box = QRectF((place.left() + left * place.width()) / ratio, (place.top() + face.top() * place.height()) / ratio,
                     face.width() * place.width() / ratio, face.height() * place.height() / ratio)
        arm = min(box.width(), box.height()) * 0.16
        painter.setPen(QPen(theme.color(f"stage_{tone}"), theme.px(3), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        for x, across in ((box.left(), arm), (box.right(), -arm)):
            for y, down in ((box.top(), arm), (box.bottom(), -arm)):
                painter.drawLine(QPointF(x, y), QPointF(x + across, y))
                painter.drawLine(QPointF(x, y), QPointF(x, y + down))

    def _paint_hint(self, painter: QPainter, theme: Theme) -> None:
        font = theme.font("hint", 600)
        margin, count = theme.px(16), theme.px(56 if self._countdown is not None else 12)
        room = self.width() - 2 * margin - theme.px(14 + (32 if self._hint_icon else 0)) - count
        two = text_width(font, self._hint) > room  # what to do is never cut: a long hint takes two lines
        height = theme.px(66 if two else 46)
        top = margin if self._top else self.height() - margin - height
        bar = QRectF(margin, top, self.width() - 2 * margin, height)
        ink = theme.color("stage_frame") if not self._tone else theme.color(f"stage_{self._tone}")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(f"veil_{self._tone}" if self._tone else "veil"))
        painter.drawRoundedRect(bar, theme.radius("plate"), theme.radius("plate"))
        x = bar.left() + theme.px(14)
        if self._countdown is not None:
            side = theme.px(32)
            self._paint_seconds(painter, theme, QRectF(bar.right() - theme.px(44), bar.center().y() - side / 2, side, side))
        if self._hint_icon:
            icons.draw(painter, self._hint_icon, ink, x, bar.center().y() - theme.px(10), theme.px(20))
            x += theme.px(32)
        painter.setFont(font)
        painter.setPen(ink)
        painter.drawText(QRectF(x, bar.top(), room, height), int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap),
                         elided(font, self._hint, room * 1.9) if two else self._hint)

    def _paint_seconds(self, painter: QPainter, theme: Theme, box: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color("stage_good"), theme.px(2)))
        painter.drawEllipse(box)
        painter.setFont(theme.font("body", 700))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._count_word)


def _corners(rect: QRectF, radius: float) -> QPainterPath:
    """What a rounded rectangle leaves of its four corners."""
    out = QPainterPath()
    side = 2 * radius
    for corner, circle, start in ((rect.topLeft(), QRectF(rect.left(), rect.top(), side, side), 180),
                                  (rect.topRight(), QRectF(rect.right() - side, rect.top(), side, side), 90),
                                  (rect.bottomRight(), QRectF(rect.right() - side, rect.bottom() - side, side, side), 0),
                                  (rect.bottomLeft(), QRectF(rect.left(), rect.bottom() - side, side, side), 270)):
        out.moveTo(corner)
        out.arcTo(circle, start, -90)
        out.closeSubpath()
    return out


def fitted(image: QImage, plate: Plate) -> QImage:
    """A still picture as ``plate`` shows it, smoothly scaled."""
    target = plate.target(image.width(), image.height())
    size = QSize(max(1, round(target.width())), max(1, round(target.height())))
    scaled = image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    if not plate.whole:
        scaled = scaled.copy(max(0, round(-target.left())), max(0, round(-target.top())), min(size.width(), plate.width),
                             min(size.height(), plate.height))
    if plate.mirrored:
        scaled = scaled.flipped(Qt.Orientation.Horizontal)
    scaled.setDevicePixelRatio(plate.ratio)
    return scaled

