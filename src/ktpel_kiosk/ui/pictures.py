"""Pictures of papers between devices, register and screen: pixels to JPEG and back. Safe on workers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QBuffer, QIODevice, Qt
from PySide6.QtGui import QImage

from ktpel_kiosk.domain.biometric import RawImage

LONGEST = 2340
"""Pixels of a page's longer side: A4 at 200 per inch, enough to read the small print of a Kartu Keluarga."""
QUALITY = 80


def page_jpeg(raw: RawImage) -> bytes:
    """A scanned page as JPEG, no larger than :data:`LONGEST`."""
    form = QImage.Format.Format_Grayscale8 if raw.channels == 1 else QImage.Format.Format_RGB888
    image = QImage(raw.data, raw.width, raw.height, raw.width * raw.channels, form)
    if max(raw.width, raw.height) > LONGEST:
        image = image.scaled(LONGEST, LONGEST, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPEG", QUALITY)  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def images(pages: Sequence[bytes]) -> list[QImage]:
    """Pages ready to be drawn; a page that cannot be read is left out."""
    made = (QImage.fromData(p) for p in pages)
    return [i for i in made if not i.isNull()]
