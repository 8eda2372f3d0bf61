"""Live pictures from a device's slot to the plates that show them.

The device's thread only wakes a thread of ours; that one takes the newest frame, makes for each visible plate the pixels it will show
(crop, scale, mirror, in that order) and posts them once. While the windows have not taken the last picture nothing more is made, so a
slow screen shows fewer frames, never older ones, and nothing queues up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter

from ktpel_kiosk.domain.biometric import RawImage

if TYPE_CHECKING:
    from ktpel_kiosk.ports.devices import PreviewSlot
    from ktpel_kiosk.ui.bridge import Bridge
    from ktpel_kiosk.ui.widgets.preview import Plate

IDLE_S = 0.5
"""So often a feed whose plates are all hidden looks whether one is shown again."""


class Shows(Protocol):
    """A widget that shows live frames."""

    def plate(self) -> Plate | None:
        """How; None while nobody sees it."""
        ...

    def set_rendered(self, pixels: QImage, source: QSize) -> None: ...


class PreviewFeed:
    """One device's live picture on several plates. Made and used in the GUI thread.

    Args:
        views: the plates, each with its own size, crop and mirror; asked again after every frame.
        on_frame: told of each frame that was shown, in the GUI thread.
    """

    def __init__(self, bridge: Bridge, slot: Callable[[], PreviewSlot], views: Callable[[], Sequence[Shows]],
                 on_frame: Callable[[RawImage], None]) -> None:
        self._bridge, self._slot, self._views, self._on_frame = bridge, slot, views, on_frame
        self._cond = threading.Condition()
        self._plates: tuple[tuple[Shows, Plate], ...] = ()
        self._fresh = self._posted = False
        self._made: tuple[RawImage, list[tuple[Shows, QImage]]] | None = None
        self._run = 0
        self._unlisten: Callable[[], None] = lambda: None

    @property
    def running(self) -> bool:
        return self._run > 0 and self._active

    _active = False

    def start(self) -> None:
        """Begin with the next new frame. Idempotent."""
        if self._active:
            return
        slot = self._slot()
        with self._cond:
            self._active = True
            self._run += 1
            self._fresh, self._posted, self._made = True, False, None
            self._plates = self._visible()
        self._unlisten = slot.listen(self._came)
        threading.Thread(target=self._work, args=(slot, self._run), daemon=True, name="preview-feed").start()

    def stop(self) -> None:
        """No frame is shown after this. Idempotent."""
        with self._cond:
            self._active = False
            self._run += 1
            self._made = None
            self._cond.notify_all()
        self._unlisten()
        self._unlisten = lambda: None

    def _came(self) -> None:
        """On the device's thread."""
        with self._cond:
            self._fresh = True
            self._cond.notify_all()

    def _work(self, slot: PreviewSlot, run: int) -> None:
        serial = 0
        while True:
            with self._cond:
                self._cond.wait_for(lambda: self._run != run or (self._fresh and not self._posted), IDLE_S)
                if self._run != run:
                    return
                if self._posted:
                    continue
                plates, self._fresh = self._plates, False
            latest = slot.latest(serial)
            if latest is None:
                continue
            serial, raw = latest
            made = list(zip((view for view, _ in plates), rendered(raw, [plate for _, plate in plates]), strict=True))
            with self._cond:
                if self._run != run:
                    return
                self._made, self._posted = (raw, made), True
            self._bridge.post(self._deliver)

    def _deliver(self) -> None:
        with self._cond:
            made, self._made, run = self._made, None, self._run
            self._posted = False
            self._cond.notify_all()
        if made is None or not self._active:
            return
        raw, pictures = made
        for view, image in pictures:
            view.set_rendered(image, QSize(raw.width, raw.height))
        self._on_frame(raw)
        with self._cond:
            if self._run == run:
                self._plates = self._visible()

    def _visible(self) -> tuple[tuple[Shows, Plate], ...]:
        found = ((view, view.plate()) for view in self._views())
        return tuple((view, plate) for view, plate in found if plate is not None)


def rendered(raw: RawImage, plates: Sequence[Plate]) -> list[QImage]:
    """The pixels each plate shows of a frame: what no plate shows is cut away first, so that only what is seen is converted and scaled."""
    parts = [_part(raw, plate) for plate in plates]
    if not parts:
        return []
    seen = parts[0]
    for part in parts[1:]:
        seen = seen.united(part)
    left, top = int(seen.left()), int(seen.top())
    right, bottom = min(raw.width, int(seen.right() + 0.999)), min(raw.height, int(seen.bottom() + 0.999))
    image = _cut(raw, left, top, right - left, bottom - top)
    return [_shown(image, part.translated(-left, -top), plate, raw) for part, plate in zip(parts, plates, strict=True)]


def _part(raw: RawImage, plate: Plate) -> QRectF:
    """What of the frame the plate shows, in pixels of the frame."""
    target = plate.target(raw.width, raw.height)
    k = target.width() / raw.width
    x, y = max(0.0, -target.left() / k), max(0.0, -target.top() / k)
    return QRectF(x, y, min(raw.width - x, plate.width / k), min(raw.height - y, plate.height / k))


def _shown(image: QImage, part: QRectF, plate: Plate, raw: RawImage) -> QImage:
    k = plate.target(raw.width, raw.height).width() / raw.width
    made = _scaled(image, part, QSize(max(1, round(part.width() * k)), max(1, round(part.height() * k))))
    if plate.mirrored:
        made = made.flipped(Qt.Orientation.Horizontal)
    made.setDevicePixelRatio(plate.ratio)
    return made


def _cut(raw: RawImage, left: int, top: int, width: int, height: int) -> QImage:
    """A part of the frame as 32-bit pixels, which Qt scales four times as fast as 24."""
    begin = (top * raw.width + left) * raw.channels
    form = QImage.Format.Format_RGB888 if raw.channels == 3 else QImage.Format.Format_Grayscale8
    image = QImage(memoryview(raw.data)[begin:], width, height, raw.width * raw.channels, form)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def _scaled(image: QImage, part: QRectF, size: QSize) -> QImage:
    """Bilinear, halved first as often as it goes: bilinear alone would leave out pixels of a large frame."""
    while part.width() >= 2 * size.width() and part.height() >= 2 * size.height():
        half = QSize(max(1, image.width() // 2), max(1, image.height() // 2))
        k = half.width() / image.width(), half.height() / image.height()
        image = _drawn(image, QRectF(image.rect()), half)
        part = QRectF(part.x() * k[0], part.y() * k[1], part.width() * k[0], part.height() * k[1])
    return _drawn(image, part, size)


def _drawn(image: QImage, part: QRectF, size: QSize) -> QImage:
    out = QImage(size, QImage.Format.Format_RGB32)
    painter = QPainter(out)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
    painter.drawImage(QRectF(0, 0, size.width(), size.height()), image, part)
    painter.end()
    return out
