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
from ktpel_kiosk.domain.errors import BadInput, Busy, CaptureFailed, DeviceTrouble, NotConnected
from ktpel_kiosk.hal.driver import Driver, Found
from ktpel_kiosk.hal.drivers import opencv_camera
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


# a camera that is mounted on its side, a mirrored one, and one whose troubles only a double can have


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("kind", ["image", "video"])
def test_picture_is_turned_upright(tmp_path: Path, rotate: int, mirrored: bool, kind: str) -> None:
    picture = np.full((120, 160, 3), 40, np.uint8)
    picture[:60, :80] = 220
    path = tmp_path / ("foto.png" if kind == "image" else "video.avi")
    if kind == "image":
        cv2.imwrite(str(path), picture)
    else:
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (160, 120))
        writer.write(picture)
        writer.release()
    driver = OpenCvCameraDriver([str(path)], rotate=rotate, mirrored=mirrored)
    camera = driver.open(driver.discover()[0])
    image = camera.still()
    camera.close()
    expected = np.rot90(picture, -rotate // 90)
    expected = expected[:, ::-1] if mirrored else expected
    assert (image.height, image.width) == expected.shape[:2]
    seen = np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, 3).astype(int)
    assert np.abs(seen[::10, ::10] - expected[::10, ::10]).max() < 12


@pytest.mark.parametrize("setting", [{"rotate": 45}, {"size": "besar"}, {"still_size": "1920x"}, {"size": (0, 720)}])
def test_settings_no_camera_can_mean_are_refused(setting) -> None:
    with pytest.raises(BadInput):
        OpenCvCameraDriver(**setting)


class Webcam:
    """cv2.VideoCapture of one live camera."""

    sizes = ((640, 480), (1280, 720), (1920, 1080))

    def __init__(self, *, busy: bool = False, controls: bool = True, sizes: tuple[tuple[int, int], ...] = sizes) -> None:
        self.busy, self.sizes, self.unplugged = busy, sizes, False
        self.values = {cv2.CAP_PROP_FRAME_WIDTH: 640.0, cv2.CAP_PROP_FRAME_HEIGHT: 480.0}
        if controls:
            self.values |= {cv2.CAP_PROP_AUTO_EXPOSURE: 3.0, cv2.CAP_PROP_EXPOSURE: 156.0, cv2.CAP_PROP_AUTO_WB: 1.0}
        self.controls, self.taken, self.released, self.stale, self.rng = controls, [], 0, 0, np.random.default_rng(1)

    def __call__(self, *_where):
        return self

    def isOpened(self) -> bool:
        return True

    def getBackendName(self) -> str:
        return "V4L2"

    def get(self, key: int) -> float:
        return self.values.get(key, 0.0)

    def set(self, key: int, value: float) -> bool:
        if key in (cv2.CAP_PROP_AUTO_EXPOSURE, cv2.CAP_PROP_EXPOSURE, cv2.CAP_PROP_AUTO_WB) and not self.controls:
            return False
        if key == cv2.CAP_PROP_FRAME_HEIGHT:
            self.stale = 2  # what is still in the buffers has the size before
        self.values[key] = float(value)
        return True

    @property
    def size(self) -> tuple[int, int]:
        wanted = self.values[cv2.CAP_PROP_FRAME_WIDTH]
        return min(self.sizes, key=lambda s: abs(s[0] - wanted))

    def grab(self) -> bool:
        self.stale = max(0, self.stale - 1)
        return not (self.busy or self.unplugged)

    def read(self):
        if not self.grab():
            return False, None
        width, height = self.size
        level = 5 if self.stale else 120
        self.taken.append((width, self.values.get(cv2.CAP_PROP_AUTO_EXPOSURE), self.values.get(cv2.CAP_PROP_AUTO_WB)))
        return True, self.rng.integers(level - 5, level + 5, (height, width, 3)).astype(np.uint8)

    def release(self) -> None:
        self.released += 1


def live(monkeypatch: pytest.MonkeyPatch, webcam: Webcam, **settings):
    monkeypatch.setattr(opencv_camera, "list_cameras", lambda: [("7", "Kamera USB")])
    driver = OpenCvCameraDriver(["auto"], limits=LIMITS, capture=webcam, **settings)
    return driver.open(driver.discover()[0])


def test_still_is_larger_than_the_preview_with_its_exposure_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    webcam = Webcam()
    camera = live(monkeypatch, webcam, still_size="1920x1080")
    assert camera.frame().width == 1280
    still = camera.still()
    assert (still.width, still.height) == (1920, 1080)
    assert np.frombuffer(still.data, np.uint8).mean() > 100
    assert webcam.taken[-1] == (1920, 1.0, 0.0)
    assert (webcam.get(cv2.CAP_PROP_AUTO_EXPOSURE), webcam.get(cv2.CAP_PROP_AUTO_WB)) == (3.0, 1.0)
    assert camera.frame().width == 1280


def test_camera_without_controls_or_larger_size_still_gives_a_still(monkeypatch: pytest.MonkeyPatch) -> None:
    webcam = Webcam(controls=False, sizes=((640, 480),))
    camera = live(monkeypatch, webcam, still_size=(1920, 1080), lock_exposure=True)
    assert (camera.still().width, camera.frame().width) == (640, 640)


def test_exposure_comes_back_after_a_still_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    webcam = Webcam()
    camera = live(monkeypatch, webcam)
    webcam.unplugged = True
    with pytest.raises(NotConnected):
        camera.still()
    assert (webcam.get(cv2.CAP_PROP_AUTO_EXPOSURE), webcam.get(cv2.CAP_PROP_AUTO_WB)) == (3.0, 1.0)


def test_camera_that_another_program_streams_from_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    webcam = Webcam(busy=True)
    with pytest.raises(Busy) as raised:
        live(monkeypatch, webcam)
    assert raised.value.message_key == "camera.busy"
    assert webcam.released


def test_camera_that_left_before_it_was_opened_is_not_busy() -> None:
    driver = OpenCvCameraDriver(capture=Webcam(busy=True))
    with pytest.raises(NotConnected):
        driver.open(Found("/dev/video99", "Kamera"))


def test_camera_unplugged_in_mid_use(monkeypatch: pytest.MonkeyPatch) -> None:
    webcam = Webcam()
    camera = live(monkeypatch, webcam)
    camera.frame()
    webcam.unplugged = True
    with pytest.raises(NotConnected):
        camera.frame()
    camera.close()


def test_far_too_small_pictures_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    camera = live(monkeypatch, Webcam(sizes=((80, 60),)))
    with pytest.raises(DeviceTrouble) as raised:
        camera.frame()
    assert (raised.value.message_key, raised.value.facts["found"]) == ("camera.small", "80x60")
