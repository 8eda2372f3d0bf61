"""The portrait at the desk: live hints, the KTP-el crop, the picture for the chip.

Thread-safe; computes in the caller's thread. Raises CaptureFailed ``face.*`` for unusable frames, BadInput for an unknown cloth.
"""

from __future__ import annotations

import numpy as np

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.images import assessed
from ktpel_kiosk.biometrics.quality import face
from ktpel_kiosk.domain.biometric import Position, Quality, RawImage
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.services import Assessed

CLOTHS = ("merah", "biru")


class FaceService:
    """Construction is free."""

    def assess(self, frame: RawImage, latar: str, *, replace_background: bool = False) -> Assessed:
        """Portrait 600 x 800 PNG; the crop is never rotated. ``replace_background``: a wrong or uneven cloth becomes a plain one."""
        portrait, quality = face.assess(_colour(frame), _cloth(latar), replace_background=replace_background)
        return assessed(Position.FACE, images.from_array(portrait), quality)

    def preview(self, frame: RawImage, latar: str) -> Quality:
        return face.preview(_colour(frame), _cloth(latar))

    def ready(self) -> str:
        """``ok`` or what is missing."""
        cascade = face.CASCADES / "haarcascade_frontalface_alt2.xml"
        return "ok" if cascade.is_file() else "detector file missing"


def _cloth(latar: str) -> str:
    if latar not in CLOTHS:
        raise BadInput("face.cloth", value=latar, expected="/".join(CLOTHS))
    return latar


def _colour(frame: RawImage) -> face.RGB:
    array = images.to_array(frame)
    return np.repeat(array[:, :, None], 3, axis=2) if frame.channels == 1 else array
