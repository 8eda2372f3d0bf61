"""The three devices behind the interface: finger scanner, iris camera, face camera."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence

from ktpel_kiosk.domain.biometric import DeviceIdentity, Position, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, NotConnected
from ktpel_kiosk.hal.drivers.sbi.frames import FrameReader, picture
from ktpel_kiosk.hal.drivers.sbi.messages import DeviceInfo
from ktpel_kiosk.hal.drivers.sbi.session import Session, stream_trouble
from ktpel_kiosk.hal.drivers.sbi.wire import Link, pump
from ktpel_kiosk.ports.devices import FingerCapture, IrisCapture

STREAM_S = 300.0
"""How long a camera's preview may run before the service closes it; it is then opened again."""


class _SbiDevice:
    def __init__(self, session: Session, info: DeviceInfo) -> None:
        self._session = session
        self._info = info

    def identity(self) -> DeviceIdentity:
        told = self._info.digital
        return DeviceIdentity(told.make, told.model, told.serial, f"sbi {self._info.version}")

    def healthy(self) -> None:
        self._session.wake.arm()
        self._session.ready()

    def interrupt(self) -> None:
        self._session.wake.call()

    def close(self) -> None:
        self._session.close()


class SbiFingerScanner(_SbiDevice):
    """Implements ports.devices.FingerprintScanner; gives the device's own cut-outs, no platen."""

    def capture(self, positions: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> FingerCapture:
        self._session.wake.arm()
        pictures, answer = self._session.capture(self._session.ready(), positions, timeout_s, on_preview)
        return FingerCapture(None, tuple(pictures), answer)


class SbiIrisCamera(_SbiDevice):
    """Implements ports.devices.IrisCamera."""

    def capture(self, eyes: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> IrisCapture:
        self._session.wake.arm()
        pictures, answer = self._session.capture(self._session.ready(), eyes, timeout_s, on_preview)
        return IrisCapture(tuple(pictures), answer)


class SbiCamera(_SbiDevice):
    """Implements ports.devices.Camera: frames are the preview stream, a still is a capture of the face."""

    def __init__(self, session: Session, info: DeviceInfo, *, frame_s: float, idle_s: float, still_s: float) -> None:
        super().__init__(session, info)
        self._frame_s, self._idle_s, self._still_s = frame_s, idle_s, still_s
        self._stream: Link | None = None
        self._used_at = 0.0
        self.evidence = b""

    def healthy(self) -> None:
        """A preview nobody looks at is closed; while it runs the device may call itself busy, and that is us."""
        if self._stream is not None:
            if time.monotonic() - self._used_at > self._idle_s:
                self._drop()
            self._session.wake.arm()
            self._session.device()
            return
        super().healthy()

    def close(self) -> None:
        self._drop()
        super().close()

    def frame(self) -> RawImage:
        """The newest preview frame. Raises NotConnected ``camera.no_frame`` when none comes, or what the service says."""
        self._session.wake.arm()
        stream = self._opened()
        reader = stream.reader
        assert isinstance(reader, FrameReader)
        image: RawImage | None = None
        until = time.monotonic() + self._frame_s
        while image is None:
            before = reader.count
            _drain(stream, until)
            pump([stream], until, lambda at=before: reader.count > at, self._session.wake)  # type: ignore[misc]
            jpeg = reader.take()
            image = picture(jpeg) if jpeg is not None else None
            if image is None:
                self._explain(stream, until)
        self._used_at = time.monotonic()
        return image

    def still(self) -> RawImage:
        self._session.wake.arm()
        running = self._stream if self._stream is not None and self._stream.open else None
        device = self._session.device() if running is not None else self._session.ready()
        try:
            pictures, self.evidence = self._session.capture(device, (Position.FACE,), self._still_s, lambda _frame: None, running)
        except NotConnected:
            self._drop()
            raise
        self._used_at = time.monotonic()
        return pictures[0][1]

    def _opened(self) -> Link:
        if self._stream is not None and not self._stream.open:
            self._drop()
        if self._stream is None:
            self._stream = self._session.stream(self._session.device(), 0, STREAM_S)
        return self._stream

    def _explain(self, stream: Link, until: float) -> None:
        """Raise why there is no frame, unless there is still time for one."""
        if self._session.wake.called:
            raise CaptureFailed("device.interrupted")
        if stream.open and time.monotonic() < until:
            return
        why = stream_trouble(stream, self._info)
        self._drop()
        raise why or NotConnected("camera.no_frame", device=self._info.digital.model)

    def _drop(self) -> None:
        if self._stream is not None:
            with contextlib.suppress(OSError):
                self._stream.close()
            self._stream = None


def _drain(stream: Link, until: float) -> None:
    """Read what lies waiting: it is old, and only its last frame is worth showing."""
    got = -1
    while stream.open and stream.received != got and time.monotonic() < until:
        got = stream.received
        pump([stream], 0.0)
