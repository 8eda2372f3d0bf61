"""The desk's :class:`~ktpel_kiosk.ports.services.Biometrics`: assess, compare, template, ink, self-test.

Thread-safe; every method computes in the caller's thread (call from a worker), fingers of one slap on two threads. Libraries load on
first use. Raises CaptureFailed for unusable captures, BadInput for damaged stored data, EnvironmentTrouble
``biometrics.nbis_missing`` when fingers are to be compared and nbis-py is not usable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from ktpel_kiosk.biometrics import codecs, images, pen, segment
from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.biometrics.match import ALARM_SIMILARITY, MATCH_THRESHOLD, BozorthMatcher
from ktpel_kiosk.biometrics.nbis_engine import NBIS_NAME, NFIQ2_MAX_HEIGHT, NFIQ2_MAX_WIDTH, NFIQ2_MIN, NFIQ2_NAME, NbisEngine
from ktpel_kiosk.biometrics.quality import face, finger, iris, signature
from ktpel_kiosk.biometrics.records import fmr
from ktpel_kiosk.biometrics.sandbox import decode_untrusted
from ktpel_kiosk.domain.biometric import Position, Quality, RawImage, SignatureKind
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed, KioskError
from ktpel_kiosk.ports.devices import FingerCapture, SignatureCapture
from ktpel_kiosk.ports.services import Assessed

PNG = "image/png"
FINGER_PPI = 500
CLOTHS = ("merah", "biru")
CARD_PIXELS = 2_000_000
"""Largest portrait or ink taken from the centre; ours is 600 x 800."""


class BiometricService:
    """Built-in quality, segmentation and matching. Construction is cheap; ``engine`` and ``matcher`` can be replaced."""

    def __init__(self, engine: NbisEngine | None = None, matcher: BozorthMatcher | None = None, *, finger_threads: int = 2) -> None:
        self._engine = engine or NbisEngine()
        self._matcher = matcher or BozorthMatcher(self._engine)
        self._finger_threads = finger_threads

    @property
    def match_threshold(self) -> float:
        return MATCH_THRESHOLD

    def assess_face(self, frame: RawImage, latar: str) -> Assessed:
        """Portrait 600 x 800 PNG; the crop is never rotated."""
        rgb = _colour(frame)
        quality, _, framing = face.judge(rgb, _cloth(latar))
        portrait = images.from_array(face.crop(rgb, framing))
        return _assessed(Position.FACE, portrait, quality)

    def preview_face(self, frame: RawImage, latar: str) -> Quality:
        return face.preview(_colour(frame), _cloth(latar))

    def assess_fingers(self, capture: FingerCapture, positions: Sequence[Position]) -> Sequence[Assessed]:
        """One result per asked position, in the asked order.

        A cut-out that shows no ridges counts 0 with the hint ``finger.not_a_finger``; when none shows any, CaptureFailed of that name.
        """
        cuts, wrong = self._cut_outs(capture, positions)
        measured = {p: finger.measure(g) for p, g in cuts.items()}
        if not any(m.is_finger for m in measured.values()):
            raise CaptureFailed("finger.not_a_finger", device_kind="fingerprint", count=len(cuts))
        with ThreadPoolExecutor(max_workers=self._finger_threads, thread_name_prefix="finger") as pool:
            results = list(pool.map(lambda p: self._finger(p, cuts[p], measured[p], wrong), positions))
        return results

    def _cut_outs(self, capture: FingerCapture, positions: Sequence[Position]) -> tuple[dict[Position, Grey], bool]:
        """Grey image per position: the device's own cut-outs when it gave all of them, else from the slap."""
        own = dict(capture.fingers)
        if all(p in own for p in positions):
            return {p: _grey_500(own[p]) for p in positions}, False
        if capture.slap is None:
            raise CaptureFailed("finger.count", device_kind="fingerprint", expected=len(positions), found=len(own))
        tips = segment.segment(_grey_500(capture.slap), len(positions))
        if not tips:
            raise CaptureFailed("finger.none", device_kind="fingerprint", expected=len(positions))
        if len(tips) != len(positions):
            raise CaptureFailed("finger.count", device_kind="fingerprint", expected=len(positions), found=len(tips))
        order = segment.left_to_right(positions)
        return dict(zip(order, (t.image for t in tips), strict=True)), segment.wrong_hand(tips, positions)

    def _finger(self, position: Position, cut: Grey, measured: finger.Measures, wrong_hand: bool) -> Assessed:
        image = images.from_array(_fit_nfiq2(cut), FINGER_PPI)
        png = images.encode_png(image)
        if not measured.is_finger:
            quality = Quality(NFIQ2_NAME if not self._engine.failure() else finger.OWN_NAME, 0, hints=("finger.not_a_finger",))
        elif self._engine.failure():
            quality = finger.quality(measured, None)
        else:
            extracted = self._engine.extract(png, image.width, image.height, quality=True)
            self._matcher.learn(png, extracted)
            quality = finger.quality(measured, extracted)
        hints = (("finger.wrong_hand",) if wrong_hand else ()) + quality.hints
        return _assessed(
            position,
            image,
            Quality(quality.algorithm, quality.score, quality.vendor_id, quality.algorithm_id, quality.measures, hints),
            png,
        )

    def assess_iris(self, position: Position, image: RawImage) -> Assessed:
        """Whole frame as grey PNG with its measures."""
        grey = images.to_grey(image)
        quality = iris.quality(iris.measure(grey, iris.locate(grey)))
        return _assessed(position, images.from_array(grey), quality)

    def assess_signature(self, capture: SignatureCapture, kind: SignatureKind) -> Assessed:
        quality = signature.assess(capture, kind)
        return Assessed(Position.SIGNATURE, pen.MEDIA_TYPE, pen.encode(capture), capture.width, capture.height, 0, quality)

    def compare_fingers(self, probe_png: bytes, reference_png: bytes) -> float:
        return self._matcher.same(probe_png, reference_png)

    def template(self, png: bytes) -> bytes:
        return self._matcher.template(png)

    def compare_template(self, probe_png: bytes, template: bytes) -> float:
        return self._matcher.same_as_template(probe_png, template)

    def same_finger_pairs(self, pngs: Sequence[bytes], least: float = ALARM_SIMILARITY) -> list[tuple[int, int, float]]:
        """Pairs (i, j, similarity) of a person's images that look like one finger, best first; stricter than 1:1."""
        return self._matcher.pairs(pngs, least)

    def signature_png(self, data: bytes) -> bytes:
        return pen.ink_png(pen.decode(data))

    def chip_portrait(self, png: bytes) -> bytes:
        from ktpel_kiosk.biometrics.encode import chip_portrait

        return chip_portrait(png)

    def card_picture(self, untrusted: bytes, media_type: str, entry: str) -> bytes:
        """Decoded in the child process within card limits, written anew as PNG."""
        if media_type not in ("image/jp2", "image/png"):
            raise BadInput("image.media_type", entry=entry, found=media_type[:40])
        return images.encode_png(decode_untrusted(untrusted, media_type, entry=entry, max_pixels=CARD_PIXELS))

    def card_template(self, untrusted: bytes, entry: str) -> bytes:
        """One finger view, without what a vendor appended."""
        record = fmr.decode(untrusted, entry)
        if len(record.views) != 1 or not record.views[0].minutiae:
            raise BadInput("record.representations", entry=entry, expected=1, found=len(record.views))
        return fmr.encode(replace(record, views=(replace(record.views[0], extended=b""),)))

    def ready(self) -> Mapping[str, str]:
        """Each algorithm with ``ok`` or the reason it cannot be used; loads everything, about a second."""
        fingers = self._engine.failure() or "ok"
        cascade = face.CASCADES / "haarcascade_frontalface_alt2.xml"
        return {
            NFIQ2_NAME: fingers,
            NBIS_NAME: fingers,
            "WSQ": _codec("WSQ"),
            "JPEG 2000": _codec("JP2"),
            face.ALGORITHM: "ok" if cascade.is_file() else "detector file missing",
            iris.ALGORITHM: "ok",
            signature.ALGORITHM: "ok",
        }


def _assessed(position: Position, image: RawImage, quality: Quality, png: bytes = b"") -> Assessed:
    return Assessed(position, PNG, png or images.encode_png(image), image.width, image.height, image.ppi, quality)


def _cloth(latar: str) -> str:
    if latar not in CLOTHS:
        raise BadInput("face.cloth", value=latar, expected="/".join(CLOTHS))
    return latar


def _colour(frame: RawImage) -> face.RGB:
    array = images.to_array(frame)
    return np.repeat(array[:, :, None], 3, axis=2) if frame.channels == 1 else array


def _grey_500(image: RawImage) -> Grey:
    """Grey pixels of a 500 ppi image; 0 means the driver vouches for 500, anything else is refused rather than resampled."""
    if image.ppi not in (0, FINGER_PPI):
        raise CaptureFailed("finger.resolution", device_kind="fingerprint", expected=FINGER_PPI, found=image.ppi)
    return images.to_grey(image)


def _fit_nfiq2(cut: Grey) -> Grey:
    """NFIQ 2 wants 197..799 x 197..999 pixels: small cut-outs get a white border, large ones lose their lower and outer edge."""
    width = cut.shape[1]
    if width > NFIQ2_MAX_WIDTH:
        left = (width - NFIQ2_MAX_WIDTH) // 2
        cut = cut[:, left : left + NFIQ2_MAX_WIDTH]
    cut = cut[:NFIQ2_MAX_HEIGHT]
    down, right = max(0, NFIQ2_MIN + 3 - cut.shape[0]), max(0, NFIQ2_MIN + 3 - cut.shape[1])
    if down or right:
        cut = np.pad(cut, ((down // 2, down - down // 2), (right // 2, right - right // 2)), constant_values=255)
    return np.ascontiguousarray(cut)


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
