"""The desk's :class:`~ktpel_kiosk.ports.services.Biometrics`: one door, one part a modality behind it.

Thread-safe; every method computes in the caller's thread (call from a worker). Libraries load on first use. Raises CaptureFailed for
unusable captures, BadInput for damaged stored data, EnvironmentTrouble ``biometrics.nbis_missing`` when fingers are to be compared
and nbis-py is not usable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import cv2
import numpy as np

from ktpel_kiosk.biometrics import codecs, images
from ktpel_kiosk.biometrics.face_service import FaceService
from ktpel_kiosk.biometrics.finger_service import FINGER_PPI, FingerService
from ktpel_kiosk.biometrics.iris_service import IrisService
from ktpel_kiosk.biometrics.match import MCC_NAME
from ktpel_kiosk.biometrics.nbis_engine import NBIS_NAME, NFIQ2_NAME
from ktpel_kiosk.biometrics.plugins import Plugins
from ktpel_kiosk.biometrics.quality import face, iris, signature
from ktpel_kiosk.biometrics.sandbox import decode_untrusted
from ktpel_kiosk.biometrics.signature_service import SignatureService
from ktpel_kiosk.domain.biometric import Position, Quality, RawImage, SignatureKind
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.ports.devices import FingerCapture, SignatureCapture
from ktpel_kiosk.ports.services import Assessed, Candidate, Conflict

cv2.setNumThreads(1)  # pictures here are small and fingers already run on two threads: sharing a row costs more than it saves

CARD_PIXELS = 2_000_000
"""Largest portrait or ink taken from the centre; ours is 600 x 800."""


class BiometricService:
    """Built-in quality, segmentation and matching. Construction is cheap; each part can be replaced."""

    def __init__(self, fingers: FingerService | None = None, faces: FaceService | None = None, irises: IrisService | None = None,
                 signatures: SignatureService | None = None, plugins: Plugins | None = None) -> None:
        self.plugins = plugins or Plugins()
        self.fingers = fingers or FingerService(plugins=self.plugins)
        self.faces = faces or FaceService(self.plugins)
        self.irises = irises or IrisService()
        self.signatures = signatures or SignatureService()

    @property
    def match_threshold(self) -> float:
        return self.fingers.match_threshold

    def assess_face(self, frame: RawImage, latar: str, *, replace_background: bool = False) -> Assessed:
        return self.faces.assess(frame, latar, replace_background=replace_background)

    def preview_face(self, frame: RawImage, latar: str) -> Quality:
        return self.faces.preview(frame, latar)

    def assess_fingers(self, capture: FingerCapture, positions: Sequence[Position]) -> Sequence[Assessed]:
        return self.fingers.assess(capture, positions)

    def assess_iris(self, position: Position, image: RawImage) -> Assessed:
        return self.irises.assess(position, image)

    def assess_signature(self, capture: SignatureCapture, kind: SignatureKind) -> Assessed:
        return self.signatures.assess(capture, kind)

    def assess_thumbprint(self, capture: FingerCapture, position: Position = Position.LEFT_THUMB) -> Assessed:
        return self.signatures.from_thumb(self.fingers.assess(capture, (position,))[0])

    def compare_fingers(self, probe_png: bytes, reference_png: bytes) -> float:
        return self.fingers.compare(probe_png, reference_png)

    def template(self, png: bytes) -> bytes:
        return self.fingers.template(png)

    def compare_template(self, probe_png: bytes, template: bytes) -> float:
        return self.fingers.compare_template(probe_png, template)

    def finger_conflicts(self, new: Sequence[tuple[Position, bytes]],
                         accepted: Sequence[tuple[Position, bytes]]) -> Sequence[Conflict]:
        return self.fingers.conflicts(new, accepted)

    def iris_conflicts(self, new: Sequence[tuple[Position, bytes]], accepted: Sequence[tuple[Position, bytes]]) -> Sequence[Conflict]:
        return self.irises.conflicts(new, accepted)

    def iris_form(self, png: bytes) -> bytes:
        return self.irises.form(png)

    def compare_iris(self, probe_png: bytes, form: bytes) -> float:
        return self.irises.compare_form(probe_png, form)

    @property
    def iris_threshold(self) -> float:
        return self.irises.threshold

    def iris_hints(self, eyes: Sequence[tuple[Position, Quality]]) -> Sequence[str]:
        return self.irises.hints(eyes)

    def retained_form(self, png: bytes) -> bytes:
        return self.fingers.retained_form(png)

    def identify(self, probes: Mapping[Position, bytes], gallery: Iterable[Sequence[tuple[str, Position, bytes]]],
                 cancelled: Callable[[], bool] = lambda: False, *, any_position: bool = False) -> Sequence[Candidate]:
        return self.fingers.identify(probes, gallery, cancelled, any_position=any_position)

    def signature_png(self, data: bytes) -> bytes:
        return self.signatures.png(data)

    def chip_portrait(self, png: bytes) -> bytes:
        from ktpel_kiosk.biometrics.encode import chip_portrait

        return chip_portrait(png)

    def card_picture(self, untrusted: bytes, media_type: str, entry: str) -> bytes:
        """Decoded in the child process within card limits, written anew as PNG."""
        if media_type not in ("image/jp2", "image/png"):
            raise BadInput("image.media_type", entry=entry, found=media_type[:40])
        return images.encode_png(decode_untrusted(untrusted, media_type, entry=entry, max_pixels=CARD_PIXELS))

    def card_template(self, untrusted: bytes, entry: str) -> bytes:
        return self.fingers.card_template(untrusted, entry)

    def ready(self) -> Mapping[str, str]:
        """Each algorithm, configured plug-ins as ``slot=name``, with ``ok`` or why it cannot be used; loads everything, about a second."""
        fingers = self.fingers.engine.failure() or "ok"
        return {
            NFIQ2_NAME: fingers,
            MCC_NAME: fingers,
            NBIS_NAME: fingers,
            "WSQ": _codec("WSQ"),
            "JPEG 2000": _codec("JP2"),
            face.ALGORITHM: self.faces.ready(),
            "face models": self.faces.models_ready(),
            iris.ALGORITHM: "ok",
            signature.ALGORITHM: "ok",
            **self.plugins.troubles(),
        }


def _codec(name: str) -> str:
    """Encode and decode a patch of rings at ridge distance; the codec is fine when they come back."""
    y, x = np.mgrid[0:128, 0:128]
    rings = (128 + 100 * np.sin(np.hypot(x - 50, y - 40) * 2 * np.pi / 9)).astype(np.uint8)
    try:
        image = images.from_array(rings, FINGER_PPI)
        back = codecs.decode_wsq(codecs.encode_wsq(image)) if name == "WSQ" else codecs.decode_jp2(codecs.encode_jp2(image))
        error = float(np.abs(images.to_array(back).astype(int) - rings).mean())
    except (KioskError, ImportError) as trouble:
        return f"{type(trouble).__name__}: {trouble}"[:200]
    return "ok" if error < 8 else f"self-test error {error:.1f}"
