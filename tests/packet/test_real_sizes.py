"""How large a packet of real pictures is; skipped where the sample collection is absent."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import golden_sessions
import pytest

from ktpel_kiosk.biometrics.images import encode_png
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))
from real_samples import sizes


@pytest.mark.gate
def test_the_median_packet_is_below_one_megabyte():
    """Fingers at 15:1, irises and faces at 10:1; with the faces of the collection, and with a portrait as large as a kiosk takes."""
    base = replace(golden_sessions.plain(), samples=())

    def sample(position, image):
        return golden_sessions.sample(position, data=encode_png(image))

    for portrait in (None, SyntheticPerson(3).portrait("biru")):
        found = sizes(base, sample, 5, portrait)
        if not found:
            pytest.skip("the sample collection is not on this machine (KTPEL_SHARED)")
        assert found[len(found) // 2] < 1_000_000
        assert found[-1] < 1_000_000
