"""The portrait at the desk: live hints, the KTP-el crop, the picture for the chip.

Thread-safe; computes in the caller's thread. Raises CaptureFailed ``face.*`` for unusable frames, BadInput for an unknown cloth.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.face import mask, models
from ktpel_kiosk.biometrics.face.ofiq_plugin import NAME as OFIQ
from ktpel_kiosk.biometrics.face.ofiq_plugin import OfiqQuality
from ktpel_kiosk.biometrics.images import assessed
from ktpel_kiosk.biometrics.plugins import BUILT_IN, Plugins
from ktpel_kiosk.biometrics.quality import face
from ktpel_kiosk.domain.biometric import Position, Quality, RawImage
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.ports.services import Assessed

CLOTHS = ("merah", "biru")


class FaceService:
    """Construction is free. ``plugins`` may name ``face.quality`` (``ofiq`` is known here) and ``face.segment``."""

    def __init__(self, plugins: Plugins | None = None) -> None:
        self._plugins = plugins or Plugins()
        self._plugins.register(OFIQ, OfiqQuality)

    def assess(self, frame: RawImage, latar: str, *, replace_background: bool = False) -> Assessed:
        """Portrait 600 x 800 PNG; the crop is never rotated. ``replace_background``: a wrong or uneven cloth becomes a plain one."""
        portrait, built_in = face.assess(_colour(frame), _cloth(latar), replace_background=replace_background, person=self._person)
        image = images.from_array(portrait)
        return assessed(Position.FACE, image, self._score(image, built_in))

    def _score(self, image: RawImage, built_in: Quality) -> Quality:
        """The plug-in's score with our measures and hints besides. Of the cloth no foreign algorithm knows anything: a wrong one stays
        our failing score, as does a picture that the plug-in could not assess."""
        if self._plugins.name("face.quality") == BUILT_IN or built_in.measures["cloth"] < 50:
            return built_in
        found: Quality = self._plugins.call("face.quality", lambda: built_in, image, Position.FACE)
        if found is built_in or found.score == 255:
            return built_in
        return replace(found, measures=built_in.measures | found.measures, hints=tuple(dict.fromkeys(found.hints + built_in.hints)))

    def _person(self, portrait: face.RGB, head: tuple[float, float, float, float]) -> mask.F32:
        if self._plugins.name("face.segment") == BUILT_IN:
            return mask.person_mask(portrait, head)
        image = images.from_array(portrait)

        def built_in() -> RawImage:
            return images.from_array(np.asarray(np.round(mask.person_mask(portrait, head) * 255), np.uint8))

        found: RawImage = self._plugins.call("face.segment", built_in, image)
        return mask.f32(images.to_array(found)) / np.float32(255)

    def preview(self, frame: RawImage, latar: str) -> Quality:
        return face.preview(_colour(frame), _cloth(latar))

    def ready(self) -> str:
        """``ok`` or what is missing."""
        cascade = face.CASCADES / "haarcascade_frontalface_alt2.xml"
        return "ok" if cascade.is_file() else "detector file missing"

    def models_ready(self) -> str:
        """``ok``, or why the face is judged without eyes, mouth, pose and person mask."""
        return models.trouble() or "ok"


def _cloth(latar: str) -> str:
    if latar not in CLOTHS:
        raise BadInput("face.cloth", value=latar, expected="/".join(CLOTHS))
    return latar


def _colour(frame: RawImage) -> face.RGB:
    array = images.to_array(frame)
    return np.repeat(array[:, :, None], 3, axis=2) if frame.channels == 1 else array
