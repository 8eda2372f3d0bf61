"""What ``demo --source`` takes: folders of names, whole platens, AN2K files; and what it refuses, naming the file."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[1] / "biometrics"))
from bio_samples import ROOT, sample

from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.app.source import load_source
from ktpel_kiosk.biometrics import images
from ktpel_kiosk.domain.biometric import FINGERS, LEFT_FOUR, RIGHT_FOUR, THUMBS, Position, RawImage
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.hal.drivers.still_source import StillSource
from ktpel_kiosk.ports.devices import DeviceKind

NBIS = "nbis-5.0.0/misc/an2kconvert/testdata/"


def grey(width: int = 120, height: int = 160, ppi: int = 500) -> RawImage:
    return images.from_array(np.random.default_rng(1).integers(0, 256, (height, width), dtype=np.uint8), ppi)


def put(folder: Path, name: str, image: RawImage) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(images.encode_png(image))


def test_transaction_alone_gives_its_platens_and_their_fingers() -> None:
    found = load_source(sample(NBIS + "valid1.8.an2"))
    assert set(found.slaps) == {frozenset(RIGHT_FOUR), frozenset(LEFT_FOUR), frozenset(THUMBS)}
    assert set(found.images) == set(FINGERS)
    scanner = next(d for d in StillSource(found.images, found.slaps).drivers() if d.kind is DeviceKind.FINGERPRINT)
    device = scanner.open(scanner.discover()[0])
    whole, one = (device.capture(asked, 1, lambda _: None) for asked in (RIGHT_FOUR, (Position.RIGHT_RING,)))
    assert (whole.slap, whole.fingers) == (found.slaps[frozenset(RIGHT_FOUR)], ())
    assert [p for p, _ in one.fingers] == [Position.RIGHT_RING]


def test_folder_of_transactions_is_one_person(tmp_path: Path) -> None:
    for name in ("face_jpb_DOM_GMT_DCS.an2", "sign_vec.an2", "valid1.1.an2"):
        (tmp_path / name).symlink_to(sample(NBIS + name))
    put(tmp_path, "slap_right.png", grey(1600, 1000))
    found = load_source(tmp_path)
    assert set(found.images) >= {Position.FACE, Position.LEFT_LITTLE}
    assert set(found.slaps) == {frozenset(RIGHT_FOUR)}


def test_plain_thumbs_of_type_4_and_rolled_fingers(tmp_path: Path) -> None:
    if not ROOT.is_dir():
        pytest.skip("no samples")
    found = load_source(sample("libbiomeval/src/test/test_data/type4-slaps.an2k"))
    assert set(found.images) >= set(THUMBS)
    assert set(found.slaps) == {frozenset(RIGHT_FOUR), frozenset(LEFT_FOUR)}


@pytest.mark.parametrize(("name", "image", "key", "word"), [
    ("right_index.png", grey(ppi=1000), "source.resolution", "1000 ppi"),
    ("left_ring.png", grey(ppi=300), "source.resolution", "300 ppi"),
    ("slap_left.png", grey(ppi=96), "source.resolution", "96 ppi"),
])
def test_fingers_of_another_resolution_are_refused_not_resampled(tmp_path: Path, name: str, image: RawImage, key: str, word: str) -> None:
    put(tmp_path, name, image)
    with pytest.raises(BadInput) as caught:
        load_source(tmp_path)
    assert caught.value.message_key == key
    text = load_sentences().of(caught.value)
    assert name in text
    assert word in text


def test_a_face_may_have_any_resolution(tmp_path: Path) -> None:
    put(tmp_path, "face.png", grey(ppi=72))
    assert load_source(tmp_path).images[Position.FACE].width == 120


@pytest.mark.parametrize(("name", "content", "said"), [
    ("orang.an2", b"1.001:99\x1d1.002:0500", "rekaman ke-1"), ("face.png", b"GIF89a" + bytes(30), "tidak dikenal"),
    ("right_index.iso", b"FIR\x00020\x00" + bytes(20), "tidak sesuai"),
])
def test_what_cannot_be_read_says_which_file_and_why(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput) as caught:
        load_source(tmp_path)
    assert caught.value.message_key == "source.corrupt"
    text = load_sentences().of(caught.value)
    assert name in text
    assert said in text
    assert "record." not in text


def test_one_file_that_is_no_transaction_and_nothing_at_all(tmp_path: Path) -> None:
    put(tmp_path, "face.png", grey())
    with pytest.raises(BadInput, match=r"source\.corrupt"):
        load_source(tmp_path / "face.png")
    with pytest.raises(BadInput, match=r"source\.folder"):
        load_source(tmp_path / "tiada")
    (tmp_path / "face.png").unlink()
    (tmp_path / "catatan.txt").write_text("x")
    with pytest.raises(BadInput, match=r"source\.empty"):
        load_source(tmp_path)


def test_a_finger_given_twice_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.an2").symlink_to(sample(NBIS + "valid1.1.an2"))
    put(tmp_path, "left_little.png", grey())
    with pytest.raises(BadInput, match=r"source\.twice"):
        load_source(tmp_path)
