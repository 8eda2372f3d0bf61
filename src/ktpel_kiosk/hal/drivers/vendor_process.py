"""Devices behind a vendor's C library: the library lives in a program of its own, and this driver speaks to that program.

The program speaks the wire of :mod:`ktpel_kiosk.hal.worker.serve`; drivers/vendor-sdk holds the description and a worked example.
Whatever it says is checked here: sizes, resolutions, positions, numbers of reports.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.biometric import DeviceIdentity, PenPoint, Position, RawImage
from ktpel_kiosk.domain.errors import BadInput, CaptureFailed, DeviceTrouble
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.worker_device import CALL_S, PROBE_S, HeldDevice, Listing, finger_at_500, picture
from ktpel_kiosk.hal.worker import serve
from ktpel_kiosk.hal.worker.client import Reply, WorkerProcess
from ktpel_kiosk.ports.devices import DeviceKind, FingerCapture, IrisCapture, SignatureCapture

WIRE = 1
RELIST_S = 10.0
OPEN_S = 9.0
MAX_FINGER_SIDE, MAX_IRIS_SIDE = 6000, 4000
MAX_REPORTS = 200_000
MAX_PAYLOAD = 4 << 20
MAX_UNIT = 1 << 20


class VendorDriver:
    """Finds and opens the devices of one program.

    Args:
        kind: FINGERPRINT, IRIS or SIGNATURE.
        command: the program and its arguments.
        name: of the driver, for the technician.
        env: added to the program's environment.
    """

    def __init__(self, kind: DeviceKind, command: Sequence[str], name: str, env: Mapping[str, str] | None = None) -> None:
        if kind not in _DEVICES or not command:
            raise BadInput("device.not_configured", device_kind=str(kind))
        self.kind = kind
        self.name = name
        self._command = list(command)
        self._env = {"KTPEL_WORKER": str(Path(serve.__file__).parent), **(env or {})}
        self._open: weakref.ref[VendorDevice] | None = None
        self._listing = Listing(RELIST_S, self._busy)

    def discover(self) -> Sequence[Found]:
        program = self._command[0]
        if shutil.which(program) is None and not os.access(program, os.X_OK):
            return ()
        return self._listing.look(self._list)

    def _list(self) -> Sequence[Found]:
        worker = self._worker()
        try:
            told = worker.call("discover", CALL_S).data
        finally:
            worker.close()
        if told.get("wire") != WIRE:
            raise DeviceTrouble("vendor.wire", device=self.name, expected=WIRE, found=str(told.get("wire"))[:20])
        devices = told.get("devices")
        return [Found(str(entry["key"]), str(entry.get("label", self.name)), str(entry.get("serial", "")))
                for entry in (devices if isinstance(devices, list) else ()) if isinstance(entry, dict) and "key" in entry]

    def open(self, found: Found) -> VendorDevice:
        worker = self._worker()
        try:
            told = worker.call("open", OPEN_S, {"key": found.key, "kind": str(self.kind)}).data
        except BaseException as error:
            worker.close()
            self._listing.forget()
            if isinstance(error, DeviceTrouble):
                error.facts["device"] = found.label
            raise
        device = _DEVICES[self.kind](found, worker, self._listing.forget, told)
        self._open = weakref.ref(device)
        return device

    def _worker(self) -> WorkerProcess:
        return WorkerProcess(self._command, self.name, self._env)

    def _busy(self) -> bool:
        device = self._open() if self._open is not None else None
        return device is not None and device.usable


class VendorDevice(HeldDevice):
    """What all of them share."""

    def __init__(self, found: Found, worker: WorkerProcess, lost: Callable[[], None], told: Mapping[str, Any]) -> None:
        super().__init__(found, worker, lost)
        make, model, serial, driver = (str(told.get(name, ""))[:80] for name in ("make", "model", "serial", "driver"))
        self._identity = DeviceIdentity(make, model or found.label, serial or found.serial, driver)
        self.slap = bool(told.get("slap", True))

    def identity(self) -> DeviceIdentity:
        return self._identity

    def healthy(self) -> None:
        self.ask("healthy", PROBE_S)

    def _nonsense(self, what: object) -> CaptureFailed:
        return CaptureFailed("device.nonsense", device=self.label, found=str(what)[:40])

    def _previews(self, on_preview: Callable[[RawImage], None], side: int) -> Callable[[str, Mapping[str, Any], Sequence[bytes]], None]:
        def event(name: str, data: Mapping[str, Any], blobs: Sequence[bytes]) -> None:
            if name == "preview" and len(blobs) == 1:
                with contextlib.suppress(CaptureFailed):  # a preview that is none is left out; the capture itself is judged
                    on_preview(picture(data, blobs[0], self.label, channels=(1,), max_side=side))

        return event

    def _pictures(self, listed: Any, blobs: Sequence[bytes], asked: Sequence[Position], side: int) -> list[tuple[Position, RawImage]]:
        """The pictures ``listed`` describes, each with its position; only asked ones, each once."""
        if not isinstance(listed, list) or len(listed) != len(blobs):
            raise self._nonsense(len(blobs))
        found: list[tuple[Position, RawImage]] = []
        for head, blob in zip(listed, blobs, strict=True):
            where = next((p for p in asked if isinstance(head, dict) and head.get("position") == p.value), None)
            if where is None or any(where is p for p, _ in found):
                raise self._nonsense(where or "posisi")
            found.append((where, picture(head, blob, self.label, channels=(1,), max_side=side)))
        return found

    def _payload(self, reply: Reply) -> tuple[bytes, Sequence[bytes]]:
        """The device's own evidence, which comes last, and the blobs before it."""
        if reply.data.get("payload") is not True:
            return b"", reply.blobs
        if not reply.blobs or len(reply.blobs[-1]) > MAX_PAYLOAD:
            raise self._nonsense("payload")
        return reply.blobs[-1], reply.blobs[:-1]


class VendorFingers(VendorDevice):
    def capture(self, positions: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> FingerCapture:
        if not self.slap and len(positions) != 1:
            raise CaptureFailed("finger.one_at_a_time", device=self.label, count=len(positions))
        reply = self.ask("capture", timeout_s, {"positions": [p.value for p in positions], "timeout": timeout_s},
                         self._previews(on_preview, MAX_FINGER_SIDE))
        payload, blobs = self._payload(reply)
        head = reply.data.get("slap")
        slap = None
        if isinstance(head, dict):
            if not blobs:
                raise self._nonsense("slap")
            slap = finger_at_500(picture(head, blobs[0], self.label, channels=(1,), max_side=MAX_FINGER_SIDE), self.label)
            blobs = blobs[1:]
        fingers = self._pictures(reply.data.get("fingers", []), blobs, positions, MAX_FINGER_SIDE)
        if slap is None and not fingers:
            raise CaptureFailed("finger.none", device=self.label)
        single = tuple((p, finger_at_500(image, self.label)) for p, image in fingers)
        if slap is not None and len(positions) == 1 and not single:
            return FingerCapture(None, ((positions[0], slap),), payload)
        return FingerCapture(slap, single, payload)


class VendorIris(VendorDevice):
    def capture(self, eyes: Sequence[Position], timeout_s: float, on_preview: Callable[[RawImage], None]) -> IrisCapture:
        reply = self.ask("capture", timeout_s, {"positions": [e.value for e in eyes], "timeout": timeout_s},
                         self._previews(on_preview, MAX_IRIS_SIDE))
        payload, blobs = self._payload(reply)
        taken = self._pictures(reply.data.get("eyes"), blobs, eyes, MAX_IRIS_SIDE)
        if not taken:
            raise CaptureFailed("iris.none", device=self.label)
        return IrisCapture(tuple(taken), payload)


class VendorPad(VendorDevice):
    def capture(self, prompt: str, timeout_s: float, on_point: Callable[[PenPoint], None]) -> SignatureCapture:
        points: list[PenPoint] = []

        def event(name: str, data: Mapping[str, Any], _blobs: Sequence[bytes]) -> None:
            if name != "points":
                return
            for report in data.get("points") or ():
                point = self._point(report)
                if len(points) >= MAX_REPORTS or (points and point.t_ms < points[-1].t_ms):
                    raise self._nonsense(len(points))
                points.append(point)
                on_point(point)

        told = self.ask("capture", timeout_s, {"prompt": prompt, "timeout": timeout_s}, event).data
        try:
            width, height, count, lost = (int(told[name]) for name in ("width", "height", "count", "lost"))
            scale = float(told.get("units_per_mm", 0.0))
        except (KeyError, TypeError, ValueError):
            raise self._nonsense("ukuran") from None
        inside = 0 < width <= MAX_UNIT and 0 < height <= MAX_UNIT and all(p.x <= width and p.y <= height for p in points)
        if not inside or lost < 0 or count < len(points) or not 0.0 <= scale < 10_000:
            raise self._nonsense(f"{width}x{height}")
        return SignatureCapture(tuple(points), width, height, lost + count - len(points), scale)  # what fell off the wire is lost too

    def _point(self, report: Any) -> PenPoint:
        try:
            x, y, pressure, t_ms = (int(value) for value in report)
        except (TypeError, ValueError):
            raise self._nonsense("titik") from None
        if not (0 <= x <= MAX_UNIT and 0 <= y <= MAX_UNIT and 0 <= pressure <= 1023 and t_ms >= 0):
            raise self._nonsense("titik")
        return PenPoint(x, y, pressure, t_ms)


_DEVICES: Mapping[DeviceKind, type[VendorDevice]] = {
    DeviceKind.FINGERPRINT: VendorFingers, DeviceKind.IRIS: VendorIris, DeviceKind.SIGNATURE: VendorPad,
}
