"""Gate: the cross comparison of a person's ten fingers raises no false alarm and finds every finger that was used twice."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
import platen as lab
from bio_samples import finger_png, sample

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.finger_service import FingerService
from ktpel_kiosk.biometrics.records.read import read_record, to_raw
from ktpel_kiosk.domain.biometric import FINGERS, LEFT_FOUR, RIGHT_FOUR, THUMBS, Position

PEOPLE = int(os.environ.get("KTPEL_PEOPLE", "60"))
CACHE = os.environ.get("KTPEL_PRINTS", "")


def person(seed: int, impression: int = 0) -> dict[Position, bytes]:
    return {p: finger_png(lab.touch(seed, p, impression, "normal", CACHE)) for p in FINGERS}


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_synthetic_people() -> None:
    service = FingerService()
    false: list[str] = []
    lost: list[str] = []
    for seed in range(1000, 1000 + PEOPLE):
        ten = person(seed)
        accepted: list[tuple[Position, bytes]] = []
        for touch in (RIGHT_FOUR, LEFT_FOUR, THUMBS):
            new = [(p, ten[p]) for p in touch]
            false += [f"{seed} {c.position} {c.found} {c.similarity:.2f}" for c in service.conflicts(new, accepted)]
            accepted += new
        victim, under = FINGERS[seed % 10], FINGERS[(seed * 3 + 5) % 10]
        if victim is not under:
            again = finger_png(lab.touch(seed, victim, 1, "normal", CACHE))
            others = [(p, d) for p, d in accepted if p is not under]
            if [c.found for c in service.conflicts([(under, again)], others)] != [victim]:
                lost.append(f"{seed} {victim} as {under}")
    print(f"{PEOPLE} people: {len(false)} false alarms, {len(lost)} duplicates lost", false[:5], lost[:5])
    assert false == []
    assert lost == []


@pytest.mark.gate
@pytest.mark.timeout(600)
def test_the_mock_applicant_and_its_second_session() -> None:
    root = "mosip-mock-services/MockMDS/Profile/Default/"
    first = {p: images.encode_png(to_raw(read_record(sample(f"{root}Registration/{p.value.title()}.iso").read_bytes()))) for p in FINGERS}
    service = FingerService()
    assert service.conflicts(list(first.items()), ()) == []
    for p in FINGERS:
        again = images.encode_png(to_raw(read_record(sample(f"{root}Auth/{p.value.title()}.iso").read_bytes())))
        other = FINGERS[(FINGERS.index(p) + 3) % 10]
        assert [c.found for c in service.conflicts([(other, again)], [(q, d) for q, d in first.items() if q is not other])] == [p]
