"""Irises at the desk. Thread-safe; computes in the caller's thread. Raises CaptureFailed ``iris.*`` for unusable images."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.images import Grey, assessed
from ktpel_kiosk.biometrics.iris import code, occlusion
from ktpel_kiosk.biometrics.quality import iris
from ktpel_kiosk.domain.biometric import Position, Quality, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed
from ktpel_kiosk.ports.services import Assessed, Conflict

REMEMBERED = 64


class IrisService:
    """Construction is free. Codes of the last images are remembered, so that an assessed eye is compared without being found again."""

    def __init__(self) -> None:
        self._codes: OrderedDict[bytes, code.IrisCode | None] = OrderedDict()
        self._lock = Lock()

    def assess(self, position: Position, image: RawImage) -> Assessed:
        """Whole frame as grey PNG with its measures; where the iris lies stands in ``iris_x``, ``iris_y``, ``iris_d`` (pixels)."""
        grey = images.to_grey(image)
        eye = iris.locate(grey)
        hidden = occlusion.find(grey, eye)
        sample = assessed(position, images.from_array(grey), iris.assess(grey, eye, hidden))
        self._learn(sample.data, code.encode(grey, eye, hidden))
        return sample

    def hints(self, eyes: Sequence[tuple[Position, Quality]]) -> tuple[str, ...]:
        """``iris.maybe_swapped`` when both eyes of one person look like the other side by their anatomy."""
        return ("iris.maybe_swapped",) if iris.maybe_swapped(eyes) else ()

    def conflicts(self, new: Sequence[tuple[Position, bytes]], accepted: Sequence[tuple[Position, bytes]]) -> list[Conflict]:
        """New eyes (PNG) that equal another new one or an accepted one of the other side, most alike first.

        An image without a readable eye is compared with nothing. Raises BadInput ``image.*`` for damaged PNG.
        """
        found = []
        for i, (position, png) in enumerate(new):
            others = [(p, d) for p, d in accepted if p is not position] + [(p, d) for p, d in new[:i] if p is not position]
            for other, data in others:
                similarity = self.similarity(png, data)
                if similarity >= code.likeness(code.SAME_EYE):
                    found.append(Conflict(position, other, similarity))
        return sorted(found, key=lambda c: -c.similarity)

    def similarity(self, a: bytes, b: bytes) -> float:
        """Likeness of two PNG images of eyes: 0 unrelated, 1 identical."""
        first, second = self._code(a), self._code(b)
        return code.likeness(code.distance(first, second)) if first is not None and second is not None else 0.0

    def form(self, png: bytes) -> bytes:
        """The code of one eye, without its picture. Raises CaptureFailed ``iris.not_found`` when no eye can be read in it."""
        made = self._code(png)
        if made is None:
            raise CaptureFailed("iris.not_found")
        return code.pack(made)

    def compare_form(self, png: bytes, form: bytes) -> float:
        """Likeness 0..1 of a fresh picture and a kept code; 0 when no eye can be read in it. Raises BadInput for a damaged code."""
        kept, seen = code.unpack(form), self._code(png)
        return code.likeness(code.distance(seen, kept)) if seen is not None else 0.0

    @property
    def threshold(self) -> float:
        """Likeness from which two pictures show one eye."""
        return code.likeness(code.SAME_EYE)

    def _code(self, png: bytes) -> code.IrisCode | None:
        key = hashlib.sha256(png).digest()
        with self._lock:
            if key in self._codes:
                self._codes.move_to_end(key)
                return self._codes[key]
        grey: Grey = images.to_grey(images.decode_png(png, entry="iris"))
        try:
            made = code.encode(grey, iris.locate(grey))
        except CaptureFailed:
            made = None
        self._learn(png, made)
        return made

    def _learn(self, png: bytes, made: code.IrisCode | None) -> None:
        with self._lock:
            self._codes[hashlib.sha256(png).digest()] = made
            while len(self._codes) > REMEMBERED:
                self._codes.popitem(last=False)
