"""DSLR cameras: libgphoto2's own virtual PTP camera, and a double of the module for what it cannot have."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from ktpel_kiosk.domain.errors import Busy, CaptureFailed, DeviceTrouble, KioskError, MediaEmpty, NotConnected
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.gphoto_camera import GphotoCameraDriver

CAMERA = Found("usb:001,004", "Contoh D1")


def jpeg(path: Path, level: int, width: int = 600, height: int = 400) -> None:
    picture = np.full((height, width, 3), (20, 40, level), np.uint8)
    cv2.imwrite(str(path), picture)


class Scene:
    """The double's camera: its settings, what it does next, what it was told to delete."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(Path(__file__).with_name("gphoto_double.py"), folder / "gphoto2.py")
        jpeg(folder / "preview.jpg", 100, 320, 240)
        jpeg(folder / "still.jpg", 200)
        self.set()
        self.driver = GphotoCameraDriver(sys.executable, env={"PYTHONPATH": str(folder), "KTPEL_GPHOTO_SCENE": str(folder)})

    def set(self, **more) -> None:
        config = {"batterylevel": "80%", "serialnumber": "42", "capturetarget": "Memory card", "imageformat": "RAW"}
        (self.folder / "scene.json").write_text(json.dumps({"config": config, **more}))

    def told(self) -> dict:
        return json.loads((self.folder / "scene.json").read_text())

    @property
    def deleted(self) -> list[str]:
        path = self.folder / "deleted"
        return path.read_text().split() if path.exists() else []


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


@pytest.fixture
def camera(scene: Scene) -> Iterator:
    device = scene.driver.open(CAMERA)
    yield device
    device.close()


def test_preview_still_identity_and_a_clean_card(scene, camera) -> None:
    frame, still = camera.frame(), camera.still()
    assert (frame.width, frame.height, frame.channels) == (320, 240, 3)
    assert (still.width, still.height) == (600, 400)
    assert abs(still.data[0] - 200) < 4 and abs(still.data[2] - 20) < 4
    assert scene.deleted == ["IMG_1.JPG"]
    assert scene.told()["config"]["capturetarget"] == "Internal RAM"
    assert scene.told()["config"]["imageformat"] == "Large Fine JPEG"
    identity = camera.identity()
    assert (identity.make, identity.model, identity.serial) == ("Contoh", "D1", "42")
    camera.healthy()


@pytest.mark.parametrize(("fault", "error", "key"), [
    ({"capture": [-1, "Nikon: Out of Focus", 1]}, CaptureFailed, "camera.focus"),
    pytest.param({"capture": [-1, "", 1]}, CaptureFailed, "camera.focus", marks=pytest.mark.gate),
    ({"capture": [-113, "PTP Store Full", 1]}, MediaEmpty, "camera.card_full"),
    pytest.param({"capture": [-115, "", 1]}, MediaEmpty, "camera.card_full", marks=pytest.mark.gate),
    pytest.param({"capture": [-6, "", 1]}, DeviceTrouble, "camera.no_still", marks=pytest.mark.gate),
    ({"capture": [-52, "", 1]}, NotConnected, "device.unplugged"),
    pytest.param({"get": [-7, "", 1]}, NotConnected, "device.unplugged", marks=pytest.mark.gate),
    ({"capture": [-113, "Canon EOS Full-Press failed (0x2019: PTP Device Busy)", 1]}, Busy, "camera.occupied"),
    pytest.param({"capture": [-113, "", 1]}, DeviceTrouble, "device.io", marks=pytest.mark.gate),
])
def test_each_trouble_of_a_still_is_named_and_the_next_one_works(scene, camera, fault, error: type[KioskError], key: str) -> None:
    scene.set(fail=fault)
    with pytest.raises(error) as raised:
        camera.still()
    assert (type(raised.value), raised.value.message_key) == (error, key)
    assert raised.value.facts["device"] == "Contoh D1"
    assert camera.still().width == 600


def test_camera_busy_for_a_moment_is_waited_for(scene, camera) -> None:
    scene.set(fail={"capture": [-110, "", 3]})
    assert camera.still().width == 600


def test_battery_preview_and_damaged_pictures(scene, camera) -> None:
    for level, fine in (("4%", False), ("Low", False), ("40%", True), ("AC", True)):
        told = scene.told()
        told["config"]["batterylevel"] = level
        (scene.folder / "scene.json").write_text(json.dumps(told))
        if fine:
            camera.healthy()
            continue
        with pytest.raises(DeviceTrouble) as raised:
            camera.healthy()
        assert raised.value.message_key == "camera.battery"
    scene.set(fail={"preview": [-6, "", 1]})
    with pytest.raises(DeviceTrouble) as raised:
        camera.frame()
    assert raised.value.message_key == "camera.no_preview"
    (scene.folder / "still.jpg").write_bytes(b"\xff\xd8\xff half a picture")
    with pytest.raises(CaptureFailed):
        camera.still()
    jpeg(scene.folder / "still.jpg", 200, 8, 8)
    with pytest.raises(CaptureFailed):
        camera.still()


def test_jpeg_after_raw_is_taken_and_both_are_deleted(scene, camera) -> None:
    scene.set(names=["IMG_2.NEF", "IMG_2.JPG"])
    assert camera.still().width == 600
    assert scene.deleted == ["IMG_2.NEF", "IMG_2.JPG"]


@pytest.mark.gate
def test_raw_alone_is_refused(scene, camera) -> None:
    scene.set(names=["IMG_2.NEF"])
    with pytest.raises(DeviceTrouble) as raised:
        camera.still()
    assert raised.value.message_key == "camera.raw"
    assert scene.deleted == ["IMG_2.NEF"]


def test_camera_that_cannot_be_opened(scene) -> None:
    assert scene.driver.discover() == (CAMERA,)
    for fault, error, key in (([-53, "", 1], Busy, "camera.busy"), ([-105, "", 1], NotConnected, "device.unplugged")):
        scene.set(fail={"init": fault})
        with pytest.raises(error) as raised:
            scene.driver.open(CAMERA)
        assert raised.value.message_key == key
    scene.set(operations=8)
    with pytest.raises(DeviceTrouble) as raised:
        scene.driver.open(CAMERA)
    assert raised.value.message_key == "camera.no_still"


def test_no_camera_or_no_library_is_an_empty_list(scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.set(cameras=[])
    assert scene.driver.discover() == ()
    (tmp_path / "gphoto2.py").write_text("raise ImportError\n")
    scene.driver._listing.forget()
    assert scene.driver.discover() == ()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert GphotoCameraDriver().discover() == ()


# libgphoto2's own virtual camera


@pytest.fixture
def virtual(tmp_path: Path) -> GphotoCameraDriver:
    spec = importlib.util.find_spec("gphoto2")
    if spec is None or not (Path(str(spec.origin)).parent / "libgphoto2" / "vusb").is_dir():
        pytest.skip("gphoto2 with its virtual camera is not installed (extra dslr)")
    jpeg(tmp_path / "A.jpg", 180)
    return GphotoCameraDriver(env={"VCAMERADIR": str(tmp_path)})


def test_virtual_ptp_camera_takes_a_picture(virtual) -> None:
    (found,) = virtual.discover()
    assert found.label.startswith("Nikon")
    camera = virtual.open(found)
    try:
        still = camera.still()
        assert (still.width, still.height, still.channels) == (600, 400, 3)
        assert abs(still.data[0] - 180) < 4
        assert camera.identity().serial == "0.1"
        camera.healthy()
        with pytest.raises(DeviceTrouble) as raised:
            camera.frame()
        assert raised.value.message_key == "camera.no_preview"
        assert camera.still().width == 600
    finally:
        camera.close()
    with pytest.raises(NotConnected):
        camera.still()
    virtual.open(found).close()
