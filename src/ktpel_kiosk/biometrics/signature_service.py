"""The signature at the desk: pen ink kept as a series, or a thumb print kept as image; the picture of both.

Thread-safe. Raises CaptureFailed ``signature.*``.
"""

from __future__ import annotations

from dataclasses import replace

from ktpel_kiosk.biometrics import ink, pen, thumbprint
from ktpel_kiosk.biometrics.quality import signature
from ktpel_kiosk.domain.biometric import Position, SignatureKind
from ktpel_kiosk.ports.devices import SignatureCapture
from ktpel_kiosk.ports.services import Assessed


class SignatureService:
    """Construction is free."""

    def assess(self, capture: SignatureCapture, kind: SignatureKind) -> Assessed:
        quality = signature.assess(capture, kind)
        return Assessed(Position.SIGNATURE, pen.MEDIA_TYPE, pen.encode(capture), capture.width, capture.height, 0, quality)

    def from_thumb(self, thumb: Assessed) -> Assessed:
        """CAP JEMPOL: an assessed thumb (PNG, 500 ppi) as the signature. The image and its score stay; ``measures["finger"]`` is the
        ISO/IEC 19794-4 finger code."""
        quality = replace(thumb.quality, measures={**thumb.quality.measures, "finger": float(thumb.position.iso_finger_code)})
        return replace(thumb, position=Position.SIGNATURE, quality=quality)

    def png(self, data: bytes) -> bytes:
        """Black ink on white of a stored signature: a pen series or the PNG of a thumb. Raises BadInput ``record.*``, ``image.*``."""
        if thumbprint.is_picture(data):
            return thumbprint.picture(data)
        return ink.ink_png(pen.decode(data))
