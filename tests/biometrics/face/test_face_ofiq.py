"""OFIQ as a plug-in, played by a stand-in with python-ofiq's interface; the real library was never run in these tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from face_scenes import frame_of

from ktpel_kiosk.biometrics import images
from ktpel_kiosk.biometrics.face.ofiq_plugin import NAME, OfiqQuality
from ktpel_kiosk.biometrics.face_service import FaceService
from ktpel_kiosk.biometrics.plugins import Plugins
from ktpel_kiosk.domain.biometric import Position, RawImage

STAND_IN = '''
import os, time
__version__, __ofiq_version__ = "0.3.1", "1.1.2"

class OFIQError(Exception): pass
class ConfigError(OFIQError): pass
class QualityError(OFIQError): pass
class FaceDetectionError(QualityError): pass

class OFIQ:
    def __init__(self, config_dir="", config_file="ofiq_config.jaxn"):
        print("loading models")  # must not disturb the protocol
        if not os.path.isfile(os.path.join(config_dir, config_file)):
            raise ConfigError("no configuration")

    def vector_quality(self, image_rgb, include_raw=False):
        assert image_rgb.ndim == 3 and image_rgb.dtype.name == "uint8"
        code = int(image_rgb[0, 0, 0])
        if code == 1:
            raise FaceDetectionError("no face")
        if code == 2:
            os._exit(139)
        if code == 3:
            time.sleep(60)
        return {"UnifiedQualityScore": 71.6, "Sharpness": 88.0, "HeadPoseYaw": None, "mean": float(image_rgb.mean())}
'''


@pytest.fixture
def ofiq(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder, with the stand-in importable here and in the child."""
    library = tmp_path / "library" / "ofiq"
    library.mkdir(parents=True)
    (library / "__init__.py").write_text(STAND_IN)
    data = tmp_path / "data"
    data.mkdir()
    (data / "ofiq_config.jaxn").write_text("{}")
    monkeypatch.setenv("PYTHONPATH", str(library.parent))
    monkeypatch.setattr(sys, "path", [str(library.parent), *sys.path])
    monkeypatch.setenv("OFIQ_DATA_DIR", str(data))
    return data


@pytest.fixture
def engine(ofiq: Path) -> Iterator[OfiqQuality]:
    found = OfiqQuality(image_timeout_s=20)
    yield found
    found.close()


def picture(code: int) -> RawImage:
    pixels = np.full((8, 6, 3), 100, np.uint8)
    pixels[0, 0, 0] = code
    return images.from_array(pixels)


def test_scores_carry_the_registered_ids_and_the_child_is_kept(engine: OfiqQuality) -> None:
    first = engine.quality(picture(0), Position.FACE)
    child = engine._child
    again = engine.quality(RawImage(4, 3, 1, bytes(range(12))), Position.FACE)
    assert (first.algorithm, first.score, first.vendor_id, first.algorithm_id) == ("OFIQ 1.1.2", 72, 0x0101, 0x41)
    assert first.measures["ofiq.Sharpness"] == 88.0
    assert "ofiq.HeadPoseYaw" not in first.measures
    assert again.measures["ofiq.mean"] == 5.5
    assert engine._child is child


def test_a_picture_without_a_face_is_not_assessed(engine: OfiqQuality) -> None:
    assert engine.quality(picture(1), Position.FACE).score == 255
    assert engine.quality(picture(0), Position.FACE).score == 72


def test_a_crash_is_an_error_and_the_next_picture_starts_anew(engine: OfiqQuality) -> None:
    with pytest.raises(RuntimeError, match="stopped"):
        engine.quality(picture(2), Position.FACE)
    assert engine.quality(picture(0), Position.FACE).score == 72


def test_a_slow_child_is_killed(ofiq: Path) -> None:
    slow = OfiqQuality(ofiq, image_timeout_s=0.4)
    with pytest.raises(TimeoutError):
        slow.quality(picture(3), Position.FACE)
    assert slow._child is None


def test_without_folder_or_package_it_says_what_is_missing(ofiq: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match=r"no ofiq_config\.jaxn"):
        OfiqQuality(ofiq.parent)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if "library" not in p])
    with pytest.raises(OSError, match="python-ofiq is not installed"):
        OfiqQuality(ofiq)


def test_service_writes_ofiq_scores_and_falls_back_without_it(ofiq: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugins = Plugins({"face.quality": NAME})
    service = FaceService(plugins)
    frame = images.from_array(frame_of("merah"))
    found = service.assess(frame, "merah").quality
    assert (found.algorithm, found.score) == ("OFIQ 1.1.2", 72)
    assert {"cloth", "roll", "ofiq.Sharpness"} <= set(found.measures)
    wrong = service.assess(frame, "biru").quality
    assert wrong.score < 40
    assert wrong.vendor_id == 0
    plugins._made[NAME].close()  # type: ignore[attr-defined]

    monkeypatch.setenv("OFIQ_DATA_DIR", str(ofiq.parent))
    absent = Plugins({"face.quality": NAME})
    kept = FaceService(absent).assess(frame, "merah").quality
    assert "no ofiq_config.jaxn" in absent.troubles()["face.quality=ofiq"]
    assert kept.algorithm.startswith("ktpel-face 2")
    assert kept.vendor_id == kept.algorithm_id == 0
