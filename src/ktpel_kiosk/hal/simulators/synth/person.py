"""A whole synthetic person: fingers, eyes, face and signature, all from one seed.

The simulators serve these images; no real person is behind them. Same arguments give the same bytes. Thread-safe: state
is only in caches of arrays that nobody writes to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ktpel_kiosk.domain.biometric import EYES, FINGERS, PenPoint, Position, RawImage
from ktpel_kiosk.hal.simulators.synth import face, fingers, pen
from ktpel_kiosk.hal.simulators.synth.eyes import iris_image
from ktpel_kiosk.hal.simulators.synth.looks import DRAWN_IN
from ktpel_kiosk.hal.simulators.synth.noise import U8
from ktpel_kiosk.hal.simulators.synth.ridges import master_print


def raw_image(pixels: U8, ppi: int = 0) -> RawImage:
    height, width = pixels.shape[:2]
    return RawImage(width, height, 1 if pixels.ndim == 2 else pixels.shape[2], pixels.tobytes(), ppi)


class SyntheticPerson:
    """One invented applicant.

    Args:
        seed: who it is; everything individual follows from it.
        birth_year: ages the face and the fingers.
        sex: ``L`` or ``P`` as on the card.
        cache_dir: folder that keeps grown finger prints between processes; none when empty.

    Raises:
        ValueError: for a position, condition, cloth or sex that does not exist.
    """

    def __init__(self, seed: int, birth_year: int = 2000, sex: str = "L", *, cache_dir: str | Path = "") -> None:
        if sex not in ("L", "P"):
            raise ValueError("sex: L or P")
        self.seed, self.birth_year, self.sex = seed, birth_year, sex
        self.age = max(0, DRAWN_IN - birth_year)
        self._cache_dir = str(cache_dir)
        self._who = face.Who(seed, birth_year, sex)

    def warm(self) -> None:
        """Do the slow work now: ten masters (about 3 s, or from the cache) and the person at frame size."""
        for position in FINGERS:
            master_print(self.seed, position, self._cache_dir)
        face.frame_sprites(self._who)

    def finger(self, position: Position, impression: int = 0, *, condition: str = "normal") -> RawImage:
        """One plain touch, grey 400x500 at 500 ppi; ``condition``: a name of ``fingers.CONDITIONS``."""
        self._check(position, condition)
        return raw_image(fingers.finger_image(self.seed, position, impression, condition, self._cache_dir, self.age), fingers.PPI)

    def slap(self, positions: Sequence[Position], impression: int = 0, *, condition: str = "normal",
             instead: Mapping[Position, Position] | None = None) -> RawImage:
        """The platen, grey 1600x1000 at 500 ppi, with fingers of one hand or two thumbs; none: empty platen.

        ``instead``: positions at which another finger is placed.
        """
        for position in positions:
            self._check(position, condition)
        return raw_image(fingers.slap_image(self.seed, tuple(positions), impression, condition, self._cache_dir, self.age, instead),
                         fingers.PPI)

    def iris(self, position: Position, impression: int = 0) -> RawImage:
        """One eye in near infrared, grey 640x480."""
        if position not in EYES:
            raise ValueError(f"not an eye: {position}")
        return raw_image(iris_image(self.seed, position, impression))

    def camera_frame(self, latar: str, t: float, *, look: str = "plain") -> RawImage:
        """The live picture ``t`` seconds after start, RGB 1280x720, before the ``merah`` or ``biru`` cloth; ``look`` of ``face.LOOKS``."""
        self._check_cloth(latar, look)
        return raw_image(face.camera_frame(self._who, latar, t, look))

    def portrait(self, latar: str, jitter: int = 0, *, look: str = "plain") -> RawImage:
        """Frontal portrait, RGB 960x1280; ``look`` of ``face.LOOKS``."""
        self._check_cloth(latar, look)
        return raw_image(face.portrait(self._who, latar, jitter, look))

    def signature(self, impression: int = 0) -> tuple[PenPoint, ...]:
        """Pen reports at 200/s on a pad of 9600x6000 units."""
        return pen.signature_points(self.seed, impression)

    @staticmethod
    def _check(position: Position, condition: str) -> None:
        if position not in FINGERS or condition not in fingers.CONDITIONS:
            raise ValueError(f"no such finger or condition: {position}, {condition}")

    @staticmethod
    def _check_cloth(latar: str, look: str) -> None:
        if latar not in face.CLOTH or look not in face.LOOKS:
            raise ValueError(f"no such cloth or look: {latar}, {look}")
