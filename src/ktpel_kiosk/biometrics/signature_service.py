"""The signature at the desk: pen ink kept as a series, its picture. Thread-safe. Raises CaptureFailed ``signature.*``."""

from __future__ import annotations

from ktpel_kiosk.biometrics import pen
from ktpel_kiosk.biometrics.quality import signature
from ktpel_kiosk.domain.biometric import Position, SignatureKind
from ktpel_kiosk.ports.devices import SignatureCapture
from ktpel_kiosk.ports.services import Assessed


class SignatureService:
    """Construction is free."""

    def assess(self, capture: SignatureCapture, kind: SignatureKind) -> Assessed:
        quality = signature.assess(capture, kind)
        return Assessed(Position.SIGNATURE, pen.MEDIA_TYPE, pen.encode(capture), capture.width, capture.height, 0, quality)

    def png(self, data: bytes) -> bytes:
        return pen.ink_png(pen.decode(data))
