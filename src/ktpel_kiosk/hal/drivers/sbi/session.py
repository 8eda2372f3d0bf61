"""One capture: the preview kept open on one connection while RCAPTURE runs on a second, both in one loop on the caller's thread."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime

from ktpel_kiosk.domain.biometric import Position, RawImage
from ktpel_kiosk.domain.errors import Busy, CaptureFailed, DeviceTrouble, NotConnected
from ktpel_kiosk.hal.drivers.sbi import codes, messages, wire
from ktpel_kiosk.hal.drivers.sbi.chain import SessionChain
from ktpel_kiosk.hal.drivers.sbi.discovery import Scanner
from ktpel_kiosk.hal.drivers.sbi.frames import FrameReader, picture
from ktpel_kiosk.hal.drivers.sbi.messages import ENVIRONMENTS, DeviceInfo
from ktpel_kiosk.hal.drivers.sbi.wire import BodyReader, Link, Wake, pump

REQUESTED_SCORE = 60
"""Quality at which the device takes the picture by itself; otherwise it sends its best one at the end of its time."""

BUSY_STEP_S = 0.1

Taken = tuple[list[tuple[Position, RawImage]], bytes]
"""Pictures in the asked order, and the whole answer byte for byte."""


class Session:
    """What the three device kinds have in common.

    Args:
        key: of the device, see DeviceInfo.
        allow_unsigned: use devices without certificate.
    """

    def __init__(self, scanner: Scanner, key: str, chain: SessionChain, environment: str, allow_unsigned: bool,
                 now: Callable[[], datetime]) -> None:
        self._scanner = scanner
        self._key = key
        self._chain = chain
        self._environment = environment
        self._allow_unsigned = allow_unsigned
        self._now = now
        self.wake = Wake()

    def close(self) -> None:
        self.wake.close()

    def device(self) -> DeviceInfo:
        """The device as it is now, whatever its status. Raises DeviceTrouble, see Scanner.current."""
        try:
            return self._scanner.current(self._key, self.wake)
        except DeviceTrouble:
            self._stop_if_called()
            raise

    def ready(self) -> DeviceInfo:
        """The device, ready for a capture. A service calls itself busy until it notices that our last preview is closed: that is waited
        for.

        Raises:
            Busy: ``sbi.busy``. DeviceTrouble: ``sbi.not_ready``, ``sbi.not_registered``, or see :meth:`device`.
        """
        until = time.monotonic() + self._scanner.timing.busy
        while (device := self.device()).status == "Busy":
            if time.monotonic() >= until:
                raise Busy("sbi.busy")
            self.wake.wait(BUSY_STEP_S)
            self._stop_if_called()
        if device.status == "Not Registered" and not self._allow_unsigned:
            raise DeviceTrouble("sbi.not_registered")
        if device.status not in ("Ready", "Not Registered"):
            raise DeviceTrouble("sbi.not_ready")
        return device

    def stream(self, device: DeviceInfo, sub_id: int, timeout_s: float) -> Link:
        """A preview connection; its reader is a FrameReader. The caller closes it."""
        body = messages.stream_request(device, sub_id, int(timeout_s * 1000))
        return self._link(device, "STREAM", "/stream", body, FrameReader())

    def capture(self, device: DeviceInfo, asked: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None],
                preview: Link | None = None) -> Taken:
        """Ask for ``asked`` and judge the answer. ``preview``: a stream that is open already, and stays so.

        Raises:
            CaptureFailed: nothing usable, or ``device.interrupted``. Stalled: ``sbi.silent``. NotConnected, Busy, DeviceTrouble.
        """
        aimed = messages.aim(device, asked)
        environment = self._environment or (device.environment if device.environment in ENVIRONMENTS else "Developer")
        until = time.monotonic() + timeout_s + self._scanner.timing.margin
        stream = preview or self.stream(device, aimed.sub_id, timeout_s + self._scanner.timing.margin)
        transaction, previous = str(uuid.uuid4()), self._chain.previous()
        try:
            self._await_preview(stream, on_preview)
            body = messages.capture_request(device, aimed, transaction, previous, environment, int(timeout_s * 1000), REQUESTED_SCORE,
                                            self._now())
            answer = self._answer(device, body, stream, until, timeout_s, on_preview)
        finally:
            if preview is None:
                stream.close()
        pictures, last = self._judged(answer, device, aimed.asked, transaction, previous, environment, stream)
        self._chain.advance(last)
        return pictures, answer

    def _judged(self, answer: bytes, device: DeviceInfo, asked: Sequence[Position], transaction: str, previous: str, environment: str,
                stream: Link) -> tuple[list[tuple[Position, RawImage]], str]:
        try:
            return self._scanner.reading.parts(answer, device, asked, transaction, previous, environment)
        except CaptureFailed as failed:
            # the service says that the preview stopped; the preview itself said why
            if failed.message_key == "sbi.preview_stopped" and (why := stream_trouble(stream, device)) is not None:
                raise why from failed
            raise

    def _await_preview(self, stream: Link, on_preview: Callable[[RawImage], None]) -> None:
        """A service takes a capture only while its preview runs: wait for the first frame, but not for ever."""
        reader = stream.reader
        assert isinstance(reader, FrameReader)
        pump([stream], time.monotonic() + self._scanner.timing.first_frame, lambda: reader.count > 0, self.wake)
        self._stop_if_called()
        _show(reader, on_preview)

    def _answer(self, device: DeviceInfo, body: bytes, stream: Link, until: float, timeout_s: float,
                on_preview: Callable[[RawImage], None]) -> bytes:
        reader = BodyReader()
        link = self._link(device, "RCAPTURE", "/capture", body, reader)
        frames = stream.reader
        assert isinstance(frames, FrameReader)

        def tick() -> bool:
            _show(frames, on_preview)
            return not link.open

        try:
            pump([link, stream], until, tick, self.wake)
        finally:
            link.close()
        self._stop_if_called()
        if not link.done:
            raise wire.trouble(link, timeout_s)
        return reader.body

    def _link(self, device: DeviceInfo, verb: str, path: str, body: bytes, reader: wire.Reader) -> Link:
        data = wire.request(verb, device.base, device.path + path, body, self._scanner.app_name)
        return Link(device.base, data, reader, self._scanner.timing.connect)

    def _stop_if_called(self) -> None:
        if self.wake.called:
            raise CaptureFailed("device.interrupted")


def _show(frames: FrameReader, on_preview: Callable[[RawImage], None]) -> None:
    jpeg = frames.take()
    image = picture(jpeg) if jpeg is not None else None
    if image is not None:
        on_preview(image)


def stream_trouble(stream: Link, device: DeviceInfo) -> DeviceTrouble | None:
    """Why a preview has no frames, if it said so."""
    reader = stream.reader
    if isinstance(reader, FrameReader) and isinstance(reader.error, dict) and (code := codes.of(reader.error.get("error"))):
        return codes.trouble(code, device.kind)
    if stream.failure in ("refused", "lost", "timeout"):
        return NotConnected("sbi.gone", cause=stream.failure)
    return DeviceTrouble("sbi.answer", cause=stream.failure) if stream.failure else None
