"""The curves of ISO/IEC 29794-5 against OFIQ's own table and configuration, and fixed pairs that run anywhere."""

from __future__ import annotations

import csv
import json
import math
import re

import numpy as np
import pytest
from bio_samples import sample
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.biometrics.face import scores


def test_all_784_values_of_ofiq_are_reproduced() -> None:
    with sample("OFIQ-Project/data/tests/expected_results/expected_results.csv").open() as file:
        rows = [{k: v for k, v in row.items() if k} for row in csv.DictReader(file, delimiter=";")]
    pairs = [(m, float(row[m]), int(row[f"{m}.scalar"])) for row in rows for m in scores.CURVES]
    assert len(pairs) == 784
    assert {m for m in rows[0] if f"{m}.scalar" in rows[0]} == set(scores.CURVES)
    wrong = [(m, native, wanted, scores.quality_value(m, native)) for m, native, wanted in pairs
             if scores.quality_value(m, native) != wanted]
    assert wrong == []


def test_sigmoids_carry_the_constants_of_the_configuration() -> None:
    """The table has few values on the slopes; here the whole slope is compared."""
    text = sample("OFIQ-Project/data/ofiq_config.jaxn").read_text()
    measures = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))["config"]["params"]["measures"]
    compared = 0
    for name, block in measures.items():
        curve = block.get("Sigmoid")
        name = {"NaturalColor": "NaturalColour"}.get(name, name)
        if not curve or name == "HeadSize":  # its argument is |x - 0.45|; covered by the table
            continue
        h, a, s = curve["h"], curve.get("a", 0.0), curve.get("s", 1.0)
        x0, w = curve["x0"], curve["w"]
        for x in np.linspace(x0 - 6 * w, x0 + 6 * w, 25):
            wanted = min(100.0, max(0.0, h * (a + s / (1 + math.exp((x0 - x) / w)))))
            assert scores.fine_value(name, float(x)) == pytest.approx(wanted, abs=1e-9), (name, x)
        compared += 1
    assert compared == 14


@pytest.mark.parametrize(
    ("measure", "native", "value"),
    [
        ("InterEyeDistance", 70, 50),
        ("InterEyeDistance", 110, 88),
        ("HeadSize", 0.45, 100),
        ("HeadSize", 0.40, 54),
        ("EyesOpen", 0.02, 50),
        ("MouthClosed", 0.0, 97),
        ("HeadPoseYaw", 30, 75),
        ("HeadPosePitch", -45, 50),
        ("HeadPoseRoll", 100, 0),
        ("LuminanceMean", 0.5, 100),
        ("OverExposurePrevention", 0.04, 20),
        ("DynamicRange", 7, 88),
        ("SingleFacePresent", 0.25, 75),
        ("NoHeadCoverings", 0.0, 100),
        ("NoHeadCoverings", 0.95, 0),
        ("IlluminationUniformity", 0.0, 0),
    ],
)
def test_fixed_pairs(measure: str, native: float, value: int) -> None:
    assert scores.quality_value(measure, native) == value


@given(st.sampled_from(sorted(scores.CURVES)), st.floats(-1e12, 1e12))
def test_any_finite_value_gives_0_to_100(measure: str, native: float) -> None:
    if measure in ("LuminanceVariance", "OverExposurePrevention"):  # a variance, a share
        native = abs(native)
    assert 0 <= scores.quality_value(measure, native) <= 100


def test_unknown_measure_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        scores.quality_value("Beauty", 1.0)
