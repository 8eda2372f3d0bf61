"""Native value to quality value: the 28 curves of ISO/IEC 29794-5 as OFIQ's configuration sets them.

Source: constants in ``data/ofiq_config.jaxn`` and the documented formulas of BSI's OFIQ 1.x (MIT); the arithmetic is our own and is
checked against all 28 x 28 pairs of OFIQ's ``expected_results.csv``. Only the *curves* are OFIQ's: the values the desk feeds into them
come from other detectors and landmarks, so results carry our own algorithm name and never a registered OFIQ identifier.
Pure Python; any thread.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

Curve = Callable[[float], float]


def sigmoid(x: float, x0: float, w: float) -> float:
    """1 / (1 + e^((x0 - x) / w)); far from ``x0`` it is 0 or 1 instead of an overflow."""
    return 1.0 / (1.0 + math.exp(max(-700.0, min(700.0, (x0 - x) / w))))


def rising(height: float, x0: float, w: float) -> Curve:
    """``height`` times the sigmoid: more is better."""
    return lambda x: height * sigmoid(x, x0, w)


def falling(height: float, top: float, x0: float, w: float) -> Curve:
    """``height`` times (``top`` minus the sigmoid): less is better."""
    return lambda x: height * (top - sigmoid(x, x0, w))


def _free_share(x: float) -> float:
    return 100 * (1 - x)


def _luminance_mean(x: float) -> float:
    return 100 * sigmoid(x, 0.2, 0.05) * (1 - sigmoid(x, 0.8, 0.05))


def _luminance_variance(x: float) -> float:
    return 100 * math.sin(60 * x / (60 * x + 1) * math.pi)


def _over_exposure(x: float) -> float:
    return 1 / (x + 0.01)


def _angle(x: float) -> float:
    return 100 * max(0.0, math.cos(math.radians(x))) ** 2


def _head_size(x: float) -> float:
    return 200 * (1 - sigmoid(abs(x - 0.45), 0, 0.05))


def _head_coverings(x: float, low: float = 0.0, high: float = 0.95, x0: float = 0.02, w: float = 0.1) -> float:
    """100 up to ``low``, 0 from ``high``, between them the falling sigmoid stretched so that it meets both ends."""
    if x <= low:
        return 100.0
    if x >= high:
        return 0.0
    at_low, at_high = sigmoid(low, x0, w), sigmoid(high, x0, w)
    return 100 * (at_high - sigmoid(x, x0, w)) / (at_high - at_low)


CURVES: Mapping[str, Curve] = {
    "UnifiedQualityScore": rising(100, 23.0, 2.6),
    "BackgroundUniformity": falling(190, 1, 10, 100),
    "IlluminationUniformity": lambda x: 100 * max(0.0, x) ** 0.3,
    "LuminanceMean": _luminance_mean,
    "LuminanceVariance": _luminance_variance,
    "UnderExposurePrevention": falling(120, 0.832, 0.92, 0.05),
    "OverExposurePrevention": _over_exposure,
    "DynamicRange": lambda x: 12.5 * x,
    "Sharpness": lambda x: -14 + 115 * sigmoid(x, -20, 15),
    "CompressionArtifacts": lambda x: -0.0278 + 103 * sigmoid(x, 0.3308, 0.092),
    "NaturalColour": falling(200, 1, 0, 10),
    "SingleFacePresent": _free_share,
    "EyesOpen": rising(100, 0.02, 0.01),
    "MouthClosed": falling(100, 1, 0.2, 0.06),
    "EyesVisible": _free_share,
    "MouthOcclusionPrevention": _free_share,
    "FaceOcclusionPrevention": _free_share,
    "InterEyeDistance": rising(100, 70, 20),
    "HeadSize": _head_size,
    "LeftwardCropOfTheFaceImage": rising(100, 0.9, 0.1),
    "RightwardCropOfTheFaceImage": rising(100, 0.9, 0.1),
    "MarginAboveOfTheFaceImage": rising(100, 1.4, 0.1),
    "MarginBelowOfTheFaceImage": rising(100, 1.8, 0.1),
    "HeadPoseYaw": _angle,
    "HeadPosePitch": _angle,
    "HeadPoseRoll": _angle,
    "ExpressionNeutrality": rising(100, -5000, 5000),
    "NoHeadCoverings": _head_coverings,
}
"""Measure of the standard -> its curve, unbounded and not rounded."""


def quality_value(measure: str, native: float) -> int:
    """Quality value 0..100 of a native value, rounded half up like OFIQ. KeyError for a name the standard does not have."""
    return int(max(0, min(100, math.floor(CURVES[measure](native) + 0.5))))


def fine_value(measure: str, native: float) -> float:
    """The same without rounding, for scores that are combined further."""
    return max(0.0, min(100.0, CURVES[measure](native)))
