"""Irises at the desk. Thread-safe; computes in the caller's thread. Raises CaptureFailed ``iris.*`` for unusable images."""

from __future__ import annotations

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.images import assessed
from ktpel_kiosk.biometrics.quality import iris
from ktpel_kiosk.domain.biometric import Position, RawImage
from ktpel_kiosk.ports.services import Assessed


class IrisService:
    """Construction is free."""

    def assess(self, position: Position, image: RawImage) -> Assessed:
        """Whole frame as grey PNG with its measures."""
        grey = images.to_grey(image)
        quality = iris.quality(iris.measure(grey, iris.locate(grey)))
        return assessed(position, images.from_array(grey), quality)
