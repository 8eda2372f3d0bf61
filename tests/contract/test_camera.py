"""The contract of Camera, on the simulator, an image file, a video file and a network camera."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from mjpeg import MjpegServer
from stub_people import stub_world

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble, NotConnected
from ktpel_kiosk.hal.driver import Driver
from ktpel_kiosk.hal.drivers.opencv_camera import CameraLimits, OpenCvCameraDriver
from ktpel_kiosk.ports.devices import DeviceKind

LIMITS = CameraLimits(black_frames=4, frozen_frames=6, connect_s=1.0)


@pytest.fixture
def server() -> Iterator[MjpegServer]:
    made = MjpegServer()
    yield made
    made.stop()


def picture_file(folder: Path) -> Path:
    path = folder / "foto.png"
    picture = np.zeros((96, 72, 3), np.uint8)
    picture[:] = (10, 20, 200)
    cv2.imwrite(str(path), picture)
    return path


def video_file(folder: Path) -> Path:
    path = folder / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (160, 120))
    for level in (60, 90, 120):
        writer.write(np.full((120, 160, 3), level, np.uint8))
    writer.release()
    return path


@pytest.fixture(params=["simulator", "image", "video", "mjpeg"])
def driver(request: pytest.FixtureRequest, tmp_path: Path) -> Driver:
    if request.param == "simulator":
        world = stub_world()
        world.seat(3, 1991)
        return next(d for d in world.drivers() if d.kind is DeviceKind.CAMERA)
    if request.param == "mjpeg":
        return OpenCvCameraDriver([request.getfixturevalue("server").address], limits=LIMITS)
    path = picture_file(tmp_path) if request.param == "image" else video_file(tmp_path)
    return OpenCvCameraDriver([str(path)], limits=LIMITS)


@pytest.fixture
def camera(driver: Driver) -> Iterator:
    found = driver.discover()
    assert len(found) == 1
    device = driver.open(found[0])
    yield device
    device.close()


def test_frames_are_rgb_and_quick(camera) -> None:
    started = time.monotonic()
    frames = [camera.frame() for _ in range(10)]
    assert time.monotonic() - started < 2
    assert {frame.channels for frame in frames} == {3}
    assert len({(frame.width, frame.height) for frame in frames}) == 1


def test_still_is_rgb(camera) -> None:
    still = camera.still()
    assert isinstance(still, RawImage)
    assert still.channels == 3


def test_identity_and_probe(camera) -> None:
    assert camera.identity().model
    camera.healthy()


def test_discovery_does_not_disturb_an_open_camera(driver, camera) -> None:
    camera.frame()
    assert len(driver.discover()) == 1
    camera.frame()


def test_colours_are_in_rgb_order(tmp_path: Path) -> None:
    driver = OpenCvCameraDriver([str(picture_file(tmp_path))])
    frame = driver.open(driver.discover()[0]).frame()
    assert tuple(frame.data[:3]) == (200, 20, 10)


def test_image_file_follows_its_file(tmp_path: Path) -> None:
    path = picture_file(tmp_path)
    driver = OpenCvCameraDriver([str(path)])
    camera = driver.open(driver.discover()[0])
    first = camera.frame()
    cv2.imwrite(str(path), np.full((96, 72, 3), 90, np.uint8))
    assert camera.frame() != first
    path.write_bytes(b"half a pictu")
    with pytest.raises(CaptureFailed):
        camera.frame()
    path.unlink()
    with pytest.raises(NotConnected):
        camera.healthy()
    assert driver.discover() == []


def test_video_goes_round(tmp_path: Path) -> None:
    driver = OpenCvCameraDriver([str(video_file(tmp_path))])
    camera = driver.open(driver.discover()[0])
    levels = [camera.frame().data[0] for _ in range(6)]
    assert levels[:3] == levels[3:]
    camera.close()


def frames(camera, count: int) -> None:
    for _ in range(count):
        camera.frame()


def opened(server: MjpegServer):
    driver = OpenCvCameraDriver([server.address], limits=LIMITS)
    return driver.open(driver.discover()[0])


@pytest.mark.parametrize("mode", ["black", "frozen"])
def test_black_and_frozen_pictures_are_found(server, mode) -> None:
    camera = opened(server)
    camera.frame()
    server.mode = mode
    with pytest.raises(DeviceTrouble) as raised:
        frames(camera, 200)
    assert raised.value.message_key == f"camera.{mode}"
    server.mode = "live"
    for _ in range(200):
        try:
            camera.frame()
            break
        except DeviceTrouble:
            continue
    camera.frame()
    camera.close()


def test_still_shows_now_and_not_a_moment_ago(server) -> None:
    camera = opened(server)
    camera.frame()
    server.level = 200
    time.sleep(0.3)
    assert np.frombuffer(camera.still().data, np.uint8).mean() > 150
    camera.close()


def test_network_camera_that_goes_away(server) -> None:
    camera = opened(server)
    camera.frame()
    server.stop()
    with pytest.raises(NotConnected):
        frames(camera, 100)
    camera.close()
    assert OpenCvCameraDriver([server.address], limits=LIMITS).discover() == []


def test_password_of_an_address_is_not_shown(server) -> None:
    driver = OpenCvCameraDriver([server.address.replace("http://", "http://admin:rahasia@")], limits=LIMITS)
    found = driver.discover()[0]
    assert "rahasia" not in found.label


def test_no_camera_on_this_machine_is_an_empty_list() -> None:
    assert OpenCvCameraDriver(["/dev/video99"]).discover() == []


def test_simulated_faults() -> None:
    world = stub_world()
    driver = next(d for d in world.drivers() if d.kind is DeviceKind.CAMERA)
    camera = driver.open(driver.discover()[0])
    world.seat(3, 1991)
    assert world.sitter.person.portrait("merah", 1).data[:3] == camera.still().data[:3]
    world.faults.add("camera", "black", after=1)
    camera.frame()
    with pytest.raises(DeviceTrouble):
        camera.frame()
    camera.frame()
    world.faults.add("camera", "wrong_cloth")
    camera.still()
    assert world.sitter.person.asked[-1][:2] == ("portrait", "biru")
    world.faults.add("camera", "unplugged")
    with pytest.raises(NotConnected):
        camera.frame()
    assert driver.discover() == ()


def test_empty_chair_shows_cloth() -> None:
    world = stub_world()
    driver = next(d for d in world.drivers() if d.kind is DeviceKind.CAMERA)
    frame = driver.open(driver.discover()[0]).frame()
    assert (frame.width, frame.height) == (1280, 720)
