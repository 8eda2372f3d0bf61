"""Eyes told apart by their codes: the swap between the two real sessions, one eye served twice, and the anatomy's opinion."""

from __future__ import annotations

from itertools import combinations

import cv2
import eye_pictures as pictures
import numpy as np
import pytest

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.images import Grey
from ktpel_kiosk.biometrics.iris import code
from ktpel_kiosk.biometrics.iris_service import IrisService
from ktpel_kiosk.biometrics.quality import iris
from ktpel_kiosk.domain.biometric import Position, Quality
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.hal.simulators.synth import eyes

RIGHT, LEFT = Position.RIGHT_EYE, Position.LEFT_EYE


def _code(image: Grey) -> code.IrisCode:
    return code.encode(image, iris.locate(image))


def _png(image: Grey) -> bytes:
    return images.encode_png(images.from_array(image))


def test_real_registration_labels_are_swapped_against_auth() -> None:
    codes = {name: _code(pictures.real(name)) for name in pictures.REAL}
    same = {frozenset(p) for p in combinations(codes, 2) if code.distance(codes[p[0]], codes[p[1]]) < code.SAME_EYE}
    assert same == {frozenset({"reg_right", "auth_left"}), frozenset({"reg_left", "auth_right"})}
    for a, b in same:
        assert code.distance(codes[a], codes[b]) < 0.2
    for a, b in combinations(codes, 2):
        if frozenset({a, b}) not in same:
            assert code.distance(codes[a], codes[b]) > 0.36


@pytest.mark.parametrize(("mine", "same", "other"), [("reg_right", "auth_left", "auth_right"), ("reg_left", "auth_right", "auth_left")])
def test_the_swap_is_found_in_poor_pictures_too(mine: str, same: str, other: str) -> None:
    image, circle = pictures.real(mine), pictures.CIRCLES[mine][0]
    turn = cv2.getRotationMatrix2D(circle[:2], 10, 1)
    poor = (
        cv2.GaussianBlur(image, (0, 0), 4),
        pictures.lid(image, circle, 0.3, 240),
        pictures.squeezed(image, circle, 0.9),
        pictures.lit(image, circle),
        cv2.warpAffine(image, turn, image.shape[::-1], borderMode=cv2.BORDER_REFLECT),
        cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    )
    auth, wrong = _code(pictures.real(same)), _code(pictures.real(other))
    for picture in poor:
        taken = _code(np.asarray(picture, np.uint8))
        assert code.distance(taken, auth) < 0.26
        assert code.distance(taken, wrong) > 0.38


def test_the_service_catches_the_swap_and_one_eye_served_twice() -> None:
    service = IrisService()
    reg = {p: _png(pictures.real(n)) for p, n in ((RIGHT, "reg_right"), (LEFT, "reg_left"))}
    auth = {p: _png(pictures.real(n)) for p, n in ((RIGHT, "auth_right"), (LEFT, "auth_left"))}
    assert service.conflicts(list(reg.items()), ()) == []
    swapped = service.conflicts(list(auth.items()), list(reg.items()))
    assert {(c.position, c.found) for c in swapped} == {(RIGHT, LEFT), (LEFT, RIGHT)}
    assert all(0.6 < c.similarity <= 1 for c in swapped)
    twice = service.conflicts([(RIGHT, reg[RIGHT]), (LEFT, auth[LEFT])], ())
    assert [(c.position, c.found) for c in twice] == [(LEFT, RIGHT)]
    again = service.conflicts([(RIGHT, auth[LEFT])], [(RIGHT, reg[RIGHT])])
    assert again == []  # the same eye of the same side is no conflict


def test_an_eye_that_cannot_be_found_conflicts_with_nothing_and_damage_is_refused() -> None:
    service, grey = IrisService(), _png(np.full((480, 640), 90, np.uint8))
    assert service.conflicts([(RIGHT, grey), (LEFT, grey)], ()) == []
    with pytest.raises(BadInput):
        service.conflicts([(RIGHT, b"\x89PNG"), (LEFT, grey)], ())


def test_assessed_eyes_are_not_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    service = IrisService()
    taken = [(p, service.assess(p, images.from_array(pictures.synthetic(4, p))).data) for p in (RIGHT, LEFT)]
    monkeypatch.setattr(iris, "locate", lambda _image: pytest.fail("found again"))
    assert service.conflicts(taken, ()) == []


def test_anatomy_takes_the_registration_labels_for_right() -> None:
    def judged(name: str) -> Quality:
        image = pictures.real(name)
        return iris.assess(image, iris.locate(image))

    service = IrisService()
    assert service.hints([(RIGHT, judged("reg_right")), (LEFT, judged("reg_left"))]) == ()
    assert service.hints([(RIGHT, judged("auth_right")), (LEFT, judged("auth_left"))]) == ("iris.maybe_swapped",)
    assert service.hints([(RIGHT, judged("auth_right"))]) == ()
    assert judged("utils_right").measures["nasal"] > 0


def test_one_eye_on_other_days_and_other_eyes() -> None:
    codes = {(s, p): [_code(pictures.synthetic(s, p, i)) for i in (0, 1)] for s in range(3) for p in (RIGHT, LEFT)}
    genuine = [code.distance(*pair) for pair in codes.values()]
    impostor = [code.distance(codes[a][0], codes[b][1]) for a, b in combinations(codes, 2)]
    assert max(genuine) < code.SAME_EYE - 0.05
    assert min(impostor) > code.SAME_EYE + 0.02


def test_a_turned_head_and_a_code_against_itself() -> None:
    one = _code(pictures.synthetic(2))
    assert code.distance(one, one) == 0
    turned = code.IrisCode(*(np.packbits(np.roll(np.unpackbits(b, axis=2), 9, axis=2), axis=2) for b in (one.bits, one.valid)))
    assert code.distance(one, turned) == 0
    nothing = code.IrisCode(one.bits, np.zeros_like(one.valid))
    assert code.distance(one, nothing) == 0.5


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_three_hundred_synthetic_eyes() -> None:
    """Equal error rate 0, d' above 8, over 300 eyes on two days."""
    first, second = ([_code(eyes.iris_image(s, p, i)) for s in range(150) for p in (RIGHT, LEFT)] for i in (0, 1))
    genuine = np.array([code.distance(a, b) for a, b in zip(first, second, strict=True)])
    rng = np.random.default_rng(3)
    pairs = [(i, j) for i, j in rng.integers(0, len(first), (20_000, 2)) if i != j]
    impostor = np.array([code.distance(first[i], second[j]) for i, j in pairs])
    print(f"genuine {genuine.mean():.3f} +- {genuine.std():.3f} max {genuine.max():.3f};"
          f" impostor {impostor.mean():.3f} +- {impostor.std():.3f} min {impostor.min():.3f}")
    assert genuine.max() < code.SAME_EYE < impostor.min()
    assert abs(impostor.mean() - genuine.mean()) / np.sqrt((impostor.var() + genuine.var()) / 2) > 8
