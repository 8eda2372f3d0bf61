"""A vendor's plug-in does the work when configuration names it, and never stops the desk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import bio_synth
import pytest
from bio_samples import finger_png

from ktpel_kiosk.app.office import OfficeSettings
from ktpel_kiosk.biometrics.finger_service import FingerService
from ktpel_kiosk.biometrics.match import MCC_NAME, FingerMatcher
from ktpel_kiosk.biometrics.nbis_engine import NbisEngine
from ktpel_kiosk.biometrics.plugins import BUILT_IN, Plugins, slots
from ktpel_kiosk.biometrics.service import BiometricService
from ktpel_kiosk.domain.biometric import Position, Quality, RawImage
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed

VENDOR = Path(__file__).parent / "vendor"
ENGINE = NbisEngine()
PLAIN = FingerMatcher(ENGINE)
GREY = RawImage(4, 3, 1, bytes(12), 500)


@pytest.fixture
def vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendor's package lies where an installed one would."""
    monkeypatch.syspath_prepend(str(VENDOR))


@pytest.fixture(scope="module")
def pngs() -> tuple[bytes, bytes, bytes]:
    """A finger, its second touch, another finger."""
    return finger_png(bio_synth.finger(1)), finger_png(bio_synth.finger(1, pressure_seed=1)), finger_png(bio_synth.finger(2))


@pytest.mark.usefixtures("vendor")
def test_a_vendor_matcher_compares_fingers(pngs: tuple[bytes, bytes, bytes]) -> None:
    import acme_fingers

    plugins = Plugins({"finger.match": "acme"})
    service = FingerService(ENGINE, plugins=plugins)
    before = acme_fingers.CALLS["match"]
    same, other = service.compare(pngs[0], pngs[1]), service.compare(pngs[0], pngs[2])
    assert acme_fingers.CALLS["match"] == before + 2
    assert same > 0.5 > other
    assert service.compare_template(pngs[1], service.template(pngs[0])) > 0.5
    assert plugins.troubles() == {"finger.match=acme": "ok"}
    assert FingerMatcher(ENGINE, plugins=plugins).name == "acme"


@pytest.mark.usefixtures("vendor")
@pytest.mark.parametrize(
    ("slot", "name", "why"),
    [
        ("finger.match", "raises", "ZeroDivisionError: licence expired"),
        ("finger.match", "nan", "answered float nan"),
        ("finger.match", "range", "answered float 73.0"),
        ("finger.match", "method", "has no match()"),
        ("finger.match", "start", "OSError: libacme.so.3"),
        ("finger.match", "module", "ModuleNotFoundError"),
        ("finger.match", "absent", "LookupError: no entry point 'absent'"),
        ("finger.extract", "record", "BadInput: BAD_INPUT record."),
        ("finger.smell", "acme", "no such slot"),
    ],
)
def test_a_broken_plugin_is_named_and_the_built_in_works_on(slot: str, name: str, why: str, pngs: tuple[bytes, bytes, bytes]) -> None:
    plugins = Plugins({slot: name})
    matcher = FingerMatcher(ENGINE, plugins=plugins)
    assert matcher.same(pngs[0], pngs[1]) == PLAIN.same(pngs[0], pngs[1])
    assert matcher.same(pngs[0], pngs[2]) == PLAIN.same(pngs[0], pngs[2])
    assert plugins.troubles()[f"{slot}={name}"].startswith(why)
    assert matcher.name == MCC_NAME


@pytest.mark.usefixtures("vendor")
def test_ready_says_what_became_of_a_plugin() -> None:
    said = BiometricService(plugins=Plugins({"finger.match": "acme", "face.quality": "start"})).ready()
    assert said["finger.match=acme"] == "ok"
    assert said["face.quality=start"].startswith("OSError: libacme.so.3")


def test_nothing_is_looked_up_unless_named() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from ktpel_kiosk.biometrics.plugins import Plugins; p = Plugins();"
        "assert p.name('finger.match') == 'built-in' and p.troubles() == {}; assert 'acme_fingers' not in sys.modules;"
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(VENDOR)], check=True, timeout=60)


def test_built_in_may_be_said_aloud() -> None:
    assert Plugins({"finger.match": BUILT_IN}).troubles() == {}
    assert FingerMatcher(ENGINE, plugins=Plugins({"finger.match": BUILT_IN})).name == MCC_NAME


def test_answers_about_the_sample_are_no_failure() -> None:
    class Strict:
        def quality(self, image: RawImage, position: Position) -> Quality:
            raise CaptureFailed("face.none")

        def extract(self, image: RawImage) -> bytes:
            raise BadInput("image.mode", entry="finger", found="x")

    plugins = Plugins({"face.quality": "strict", "finger.extract": "strict"})
    plugins.register("strict", Strict)
    with pytest.raises(CaptureFailed):
        plugins.call("face.quality", lambda: None, GREY, Position.FACE)
    with pytest.raises(BadInput):
        plugins.call("finger.extract", lambda: None, GREY)
    assert set(plugins.troubles().values()) == {"ok"}


@pytest.mark.parametrize(
    ("slot", "answer", "fine"),
    [
        ("face.quality", Quality("acme", 77), True),
        ("face.quality", Quality("acme", 255), True),
        ("face.quality", Quality("acme", 120), False),
        ("face.quality", 77, False),
        ("finger.segment", [(0, 0, 4, 3)], True),
        ("finger.segment", [], True),
        ("finger.segment", [(1, 0, 4, 3)], False),
        ("finger.segment", [(0, 0, 4)], False),
        ("finger.segment", None, False),
        ("face.segment", GREY, True),
        ("face.segment", RawImage(3, 3, 1, bytes(9)), False),
        ("iris.extract", b"x", True),
        ("iris.extract", b"", False),
        ("iris.match", 1, True),
        ("iris.match", -0.1, False),
        ("iris.match", "0.5", False),
    ],
)
def test_each_kind_of_answer_is_checked(slot: str, answer: object, fine: bool) -> None:
    class Fixed:
        def quality(self, *_a: object) -> object:
            return answer

        extract = match = segment = quality

    plugins = Plugins({slot: "fixed"})
    plugins.register("fixed", Fixed)
    for _ in range(2):
        assert plugins.call(slot, lambda: "own", GREY, GREY) == (answer if fine else "own")
    assert (plugins.troubles()[f"{slot}=fixed"] == "ok") == fine


def test_office_settings_carry_names_only() -> None:
    assert set(slots()) >= {"finger.match", "face.quality"}
    assert OfficeSettings("tempeh", "meja", plugins={"face.quality": "ofiq"}).plugins == {"face.quality": "ofiq"}
    with pytest.raises(TypeError):
        OfficeSettings("tempeh", "meja", plugins=["ofiq"])  # type: ignore[arg-type]
