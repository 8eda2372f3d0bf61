"""Fingers at the desk: one touch becomes one assessed sample a finger; comparison and templates.

Thread-safe; computes in the caller's thread, fingers of one slap on two. Libraries load on first use. Raises CaptureFailed for
unusable captures, BadInput for damaged stored data, EnvironmentTrouble ``biometrics.nbis_missing`` when fingers are to be compared
and nbis-py is not usable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from ktpel_kiosk.biometrics import images, segment
from ktpel_kiosk.biometrics.images import Grey, assessed
from ktpel_kiosk.biometrics.match import MATCH_THRESHOLD, FingerMatcher
from ktpel_kiosk.biometrics.matching import search
from ktpel_kiosk.biometrics.nbis_engine import NFIQ2_MAX_HEIGHT, NFIQ2_MAX_WIDTH, NFIQ2_MIN, NFIQ2_NAME, NbisEngine
from ktpel_kiosk.biometrics.plugins import Plugins
from ktpel_kiosk.biometrics.quality import finger
from ktpel_kiosk.biometrics.records import fmr
from ktpel_kiosk.biometrics.records.read import read_minutiae
from ktpel_kiosk.domain.biometric import FINGERS, Position, Quality, RawImage
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed, EnvironmentTrouble
from ktpel_kiosk.ports.devices import FingerCapture
from ktpel_kiosk.ports.services import Assessed, Candidate, Conflict

FINGER_PPI = 500
PNG_LEVEL = 1
"""Ridges hardly compress: level 4 costs half as much time again for 5 % less."""

LEAST_PIXELS = 80
"""Shorter side of a cut-out, 4 mm: less cannot hold a print."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """One finger's pixels, and how much it leaned on the platen (degrees)."""

    grey: Grey
    lean: float = 0.0


class FingerService:
    """Segmentation, quality, comparison. Construction is cheap; ``engine``, ``matcher`` and, by name, ``plugins`` can be replaced."""

    def __init__(self, engine: NbisEngine | None = None, matcher: FingerMatcher | None = None, *, threads: int = 2,
                 plugins: Plugins | None = None) -> None:
        self.engine = engine or NbisEngine()
        self._plugins = plugins or Plugins()
        self._matcher = matcher or FingerMatcher(self.engine, plugins=self._plugins)
        self._threads = threads

    @property
    def match_threshold(self) -> float:
        return MATCH_THRESHOLD

    def assess(self, capture: FingerCapture, positions: Sequence[Position]) -> Sequence[Assessed]:
        """One result per asked position, in the asked order.

        A cut-out that shows no ridges counts 0 with the hint ``finger.not_a_finger``; when none shows any, CaptureFailed of that name.

        Raises:
            CaptureFailed: ``finger.none``; ``finger.count`` (facts found, expected, and position: the finger that seems to lack, where
                the place of the others tells); ``finger.upside_down``, ``finger.inverted``, ``finger.resolution``, ``finger.too_small``
                (a wrong driver or setting); ``finger.not_a_finger``.
        """
        asked = tuple(positions)
        if len(set(asked)) != len(asked) or not asked or any(p not in FINGERS for p in asked):
            raise BadInput("finger.positions", count=len(asked))
        cuts, wrong = self._cut_outs(capture, asked)
        measured = {p: finger.measure(cut.grey) for p, cut in cuts.items()}
        if not any(m.is_finger for m in measured.values()):
            raise CaptureFailed("finger.not_a_finger", device_kind="fingerprint", count=len(cuts))
        with ThreadPoolExecutor(max_workers=self._threads, thread_name_prefix="finger") as pool:
            return list(pool.map(lambda p: self._finger(p, cuts[p], measured[p], wrong), asked))

    def _cut_outs(self, capture: FingerCapture, positions: Sequence[Position]) -> tuple[dict[Position, _Cut], bool]:
        """One cut-out per position, and whether they look like the other hand's: the device's own cut-outs when it gave all of them,
        else from the slap."""
        own = dict(capture.fingers)
        if all(p in own for p in positions):
            return {p: _Cut(self._own_cut(own[p])) for p in positions}, False
        if capture.slap is None:
            raise CaptureFailed("finger.count", device_kind="fingerprint", expected=len(positions), found=len(own))
        slap = _grey_500(capture.slap)
        tips = self._segmented(slap, capture.slap, len(positions))
        if not tips:
            raise CaptureFailed("finger.none", device_kind="fingerprint", expected=len(positions))
        if segment.inverted(slap):
            raise CaptureFailed("finger.inverted", device_kind="fingerprint")
        if segment.upside_down(tips):
            raise CaptureFailed("finger.upside_down", device_kind="fingerprint")
        if len(tips) != len(positions):
            missing = segment.seems_missing(tips, positions)
            facts = {"position": missing.value} if missing else {}
            raise CaptureFailed("finger.count", device_kind="fingerprint", expected=len(positions), found=len(tips), **facts)
        order = segment.left_to_right(positions)
        return dict(zip(order, (_Cut(t.image, t.angle) for t in tips), strict=True)), segment.wrong_hand(tips, positions)

    def _segmented(self, slap: Grey, image: RawImage, expected: int) -> list[segment.Tip]:
        """By our own means, or by the plug-in's boxes, of which lean and ridge flow are not known."""

        def tips(boxes: Sequence[tuple[int, int, int, int]]) -> list[segment.Tip]:
            return [segment.Tip(x, y, w, h, slap[y : y + h, x : x + w].copy()) for x, y, w, h in sorted(boxes)]

        found: list[segment.Tip] = self._plugins.call(
            "finger.segment", lambda: segment.segment(slap, expected), image, expected, convert=tips)
        return found

    def _own_cut(self, image: RawImage) -> Grey:
        """A cut-out of the device: used as it is, but one print at 500 ppi, dark on light."""
        grey = _grey_500(image)
        if min(grey.shape) < LEAST_PIXELS:
            size = f"{image.width} x {image.height}"
            raise CaptureFailed("finger.too_small", device_kind="fingerprint", found=size, expected=LEAST_PIXELS)
        if segment.inverted(grey):
            raise CaptureFailed("finger.inverted", device_kind="fingerprint")
        return grey

    def _finger(self, position: Position, cut: _Cut, measured: finger.Measures, wrong_hand: bool) -> Assessed:
        """Scored are exactly the pixels that are stored, and later written into the record."""
        image = images.from_array(_fit_nfiq2(cut.grey), FINGER_PPI)
        png = images.encode_png(image, PNG_LEVEL)

        def built_in() -> Quality:
            if self.engine.failure():
                return finger.quality(measured, None, position=position, lean=cut.lean)
            extracted = self.engine.extract(png, image.width, image.height, quality=True)
            self._matcher.learn(png, extracted)
            return finger.quality(measured, extracted, position=position, lean=cut.lean)

        if measured.is_finger:
            quality: Quality = self._plugins.call("finger.quality", built_in, image, position)
        else:
            quality = Quality(NFIQ2_NAME if not self.engine.failure() else finger.OWN_NAME, 0, hints=("finger.not_a_finger",))
        if wrong_hand:
            quality = replace(quality, hints=("finger.wrong_hand", *quality.hints))
        return assessed(position, image, quality, png)

    def compare(self, probe_png: bytes, reference_png: bytes) -> float:
        return self._matcher.same(probe_png, reference_png)

    def template(self, png: bytes) -> bytes:
        return self._matcher.template(png)

    def compare_template(self, probe_png: bytes, template: bytes) -> float:
        return self._matcher.same_as_template(probe_png, template)

    def retained_form(self, png: bytes) -> bytes:
        return self._matcher.retained_form(png)

    def identify(self, probes: Mapping[Position, bytes], gallery: Iterable[Sequence[tuple[str, Position, bytes]]],
                 cancelled: Callable[[], bool] = lambda: False, *, any_position: bool = False) -> list[Candidate]:
        return search.identify(probes, gallery, cancelled=cancelled, any_position=any_position)

    def pairs(self, pngs: Sequence[bytes], least: float | None = None) -> list[tuple[int, int, float]]:
        """Pairs (i, j, similarity) of a person's images that look like one finger, best first; stricter than 1:1."""
        return self._matcher.pairs(pngs, least)

    def conflicts(self, new: Sequence[tuple[Position, bytes]], accepted: Sequence[tuple[Position, bytes]]) -> list[Conflict]:
        """New fingers against each other and against accepted fingers of other positions, most alike first.

        None where this machine cannot compare fingers: the screens say so (:meth:`BiometricService.ready`), the recording goes on.
        """
        try:
            return self._conflicts(new, accepted)
        except EnvironmentTrouble:
            return []

    def _conflicts(self, new: Sequence[tuple[Position, bytes]], accepted: Sequence[tuple[Position, bytes]]) -> list[Conflict]:
        found = []
        for i, (position, png) in enumerate(new):
            others = [(p, d) for p, d in accepted if p is not position] + list(new[:i])
            for other, data in others:
                similarity = self._matcher.same(png, data)
                if similarity >= self._matcher.alarm:
                    found.append(Conflict(position, other, similarity))
        return sorted(found, key=lambda c: -c.similarity)

    def card_template(self, untrusted: bytes, entry: str) -> bytes:
        """One finger view of either edition as ISO/IEC 19794-2:2005, without what a vendor appended."""
        record = read_minutiae(untrusted, entry)
        if len(record.views) != 1 or not record.views[0].minutiae:
            raise BadInput("record.representations", entry=entry, expected=1, found=len(record.views))
        return fmr.encode(replace(record, views=(replace(record.views[0], extended=b"", overstated=0),)))


def _grey_500(image: RawImage) -> Grey:
    """Grey pixels of a 500 ppi image; 0 means the driver vouches for 500, anything else is refused rather than resampled."""
    if image.ppi not in (0, FINGER_PPI):
        raise CaptureFailed("finger.resolution", device_kind="fingerprint", expected=FINGER_PPI, found=image.ppi)
    return images.to_grey(image)


def _fit_nfiq2(cut: Grey) -> Grey:
    """NFIQ 2 wants 197..799 x 197..999 pixels: small cut-outs get a white border, of large ones a window over the ink's middle and from
    the ink's top down is kept."""
    if cut.shape[1] > NFIQ2_MAX_WIDTH:
        left = _ink(cut, 0).sum() / 2 - NFIQ2_MAX_WIDTH / 2
        left = int(np.clip(left, 0, cut.shape[1] - NFIQ2_MAX_WIDTH))
        cut = cut[:, left : left + NFIQ2_MAX_WIDTH]
    if cut.shape[0] > NFIQ2_MAX_HEIGHT:
        top = int(np.clip(_ink(cut, 1)[0] - 10, 0, cut.shape[0] - NFIQ2_MAX_HEIGHT))
        cut = cut[top : top + NFIQ2_MAX_HEIGHT]
    down, right = max(0, NFIQ2_MIN + 3 - cut.shape[0]), max(0, NFIQ2_MIN + 3 - cut.shape[1])
    if down or right:
        cut = np.pad(cut, ((down // 2, down - down // 2), (right // 2, right - right // 2)), constant_values=255)
    return np.ascontiguousarray(cut)


def _ink(cut: Grey, axis: int) -> np.ndarray:
    """First and last column (axis 0) or row (axis 1) with a fair share of the ink."""
    ink = (255.0 - cut).sum(axis=axis)
    ink = np.flatnonzero(ink > 0.25 * ink.max())
    return ink[[0, -1]] if ink.size else np.array([0, cut.shape[1 - axis] - 1])
