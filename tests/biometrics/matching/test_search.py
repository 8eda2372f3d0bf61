"""1:N on made-up minutiae: mates found, strangers not, one finger alone never, damage and cancelling."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from test_cylinders import Points, moved, scattered

from ktpel_kiosk.biometrics.matching import form, mcc, search
from ktpel_kiosk.biometrics.matching.thresholds import DECISION, EVIDENCE_FROM
from ktpel_kiosk.domain.biometric import FINGERS, Position
from ktpel_kiosk.domain.errors import BadInput

PEOPLE = 80
ASKED = FINGERS[1:4]


def touch(person: int, position: Position, seed: int) -> Points:
    """One touch: turned, shifted, a fifth of the minutiae lost, each a little off."""
    rng = random.Random((person, position, seed).__repr__())
    kept = [m for m in scattered(1000 * person + position.iso_finger_code, 40) if rng.random() > 0.2]
    off = [type(m)(m.kind, m.x + rng.randrange(-2, 3), m.y + rng.randrange(-2, 3), (m.angle + rng.randrange(-4, 5)) % 256, m.quality)
           for m in kept]
    return moved(off, rng.uniform(-12, 12), rng.uniform(-15, 15), rng.uniform(-15, 15))


def kept(person: int, position: Position, seed: int = 0) -> bytes:
    return form.encode(mcc.cylinders(touch(person, position, seed)))


GALLERY = [(f"p{n}", position, kept(n, position)) for n in range(PEOPLE) for position in ASKED]


def chunks(items: list[search.Retained], size: int = 50) -> Iterator[list[search.Retained]]:
    for at in range(0, len(items), size):
        yield items[at : at + size]


def probes(person: int, positions: tuple[Position, ...] = ASKED) -> dict[Position, bytes]:
    return {p: kept(person, p, 1) for p in positions}


@pytest.mark.parametrize("person", [0, PEOPLE - 1])
def test_the_mate_is_first_and_alone(person: int) -> None:
    (found,) = search.identify(probes(person), chunks(GALLERY))
    assert found.person == f"p{person}"
    assert found.score >= 1
    assert {a for a, _, _ in found.fingers} == set(ASKED)
    assert all(a is b and 0.5 < likeness < 1 for a, b, likeness in found.fingers)


def test_a_stranger_warns_of_nobody() -> None:
    assert search.identify(probes(PEOPLE + 7), chunks(GALLERY)) == []


def test_one_finger_alone_never_warns() -> None:
    (found, *_) = search.rank(probes(5, ASKED[:1]), chunks(GALLERY)).ranked
    assert found.person == "p5"
    assert found.fingers[0][2] > 0.6
    assert search.identify(probes(5, ASKED[:1]), chunks(GALLERY)) == []
    mixed = {ASKED[0]: kept(5, ASKED[0], 1), ASKED[1]: kept(500, ASKED[1]), ASKED[2]: kept(501, ASKED[2])}
    assert search.identify(mixed, chunks(GALLERY)) == []


def test_order_and_size_of_chunks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = search.identify(probes(9), chunks(GALLERY))
    assert search.identify(probes(9), [GALLERY]) == expected
    monkeypatch.setattr(search, "BLOCK", 60)
    by_position = sorted(GALLERY, key=lambda item: item[1].iso_finger_code)
    assert search.identify(probes(9), chunks(by_position)) == expected


def test_the_shortlist_holds_the_mate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BLOCK", 60)
    for person in (2, 31, 77):
        outcome = search.rank(probes(person), chunks(GALLERY), shortlist=4)
        assert outcome.ranked[0].person == f"p{person}"
        assert len(outcome.ranked) <= 4
        assert outcome.searched == len(GALLERY)


def test_swapped_fingers_are_found_only_when_any_position_is_searched() -> None:
    swapped = {ASKED[0]: kept(33, ASKED[1], 1), ASKED[1]: kept(33, ASKED[0], 1), ASKED[2]: kept(33, ASKED[2], 1)}
    assert search.identify(swapped, chunks(GALLERY)) == []
    (found,) = search.identify(swapped, chunks(GALLERY), any_position=True)
    assert found.person == "p33"
    assert {(a, b) for a, b, _ in found.fingers} == {(ASKED[0], ASKED[1]), (ASKED[1], ASKED[0]), (ASKED[2], ASKED[2])}


def test_damaged_and_empty_forms_are_passed_over() -> None:
    bad = [("x", ASKED[0], b""), ("x", ASKED[0], b"KTPM"), ("x", ASKED[1], GALLERY[1][2][:-1] + b"\0"),
           ("y", ASKED[0], form.encode(mcc.nothing()))]
    outcome = search.rank(probes(4), chunks(bad + GALLERY))
    assert (outcome.damaged, outcome.searched) == (3, len(GALLERY))
    assert outcome.warnings()[0].person == "p4"
    with pytest.raises(BadInput) as caught:
        search.identify({ASKED[0]: b"KTPM\x01"}, chunks(GALLERY))
    assert caught.value.facts["entry"] == "right_index"


def test_nothing_asked_or_nothing_kept() -> None:
    assert search.identify({}, chunks(GALLERY)) == []
    assert search.identify({ASKED[0]: form.encode(mcc.nothing())}, chunks(GALLERY)) == []
    assert search.identify(probes(1), []) == []


def test_cancelled_between_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "BLOCK", 30)
    taken = []

    def watched() -> Iterator[list[search.Retained]]:
        for chunk in chunks(GALLERY, 30):
            taken.append(len(chunk))
            yield chunk

    assert search.identify(probes(1), watched(), cancelled=lambda: len(taken) > 3) == []
    assert len(taken) < len(GALLERY) // 30


def test_evidence_of_one_finger_is_bounded() -> None:
    assert [search.evidence(s) for s in (0, EVIDENCE_FROM, DECISION, 9)] == [0, 0, 1, 1]
    assert search.evidence((EVIDENCE_FROM + DECISION) / 2) == pytest.approx(0.5)
