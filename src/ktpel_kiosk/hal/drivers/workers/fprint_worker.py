"""Single-finger readers through libfprint, run by the system's Python, which has the bindings (gi, FPrint-2.0).

Operations:
    list      {}: {"devices": [[id, driver, name, gives_images], ...]}
    open      {"id"}: {"name", "driver", "images": bool, "swipe": bool}; the device stays open for the life of the worker
    capture   {"timeout"}: {"width", "height", "ppmm"} and the grey pixels, dark ridges on light ground (libfprint turns and inverts
              the picture while it looks for minutiae, and refuses what has none); event "touch" {"finger": bool}
    alive     {}: {}; refuses when the device has gone
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "worker"))

from serve import Answer, Call, Refusal, serve  # type: ignore[import-not-found]

try:
    import gi

    gi.require_version("FPrint", "2.0")
    from gi.repository import FPrint, Gio, GLib
except (ImportError, ValueError):
    FPrint = None

_held: dict[str, Any] = {}


def context() -> Any:
    if FPrint is None:
        raise Refusal("NotConnected", "fprint.library")
    if "context" not in _held:
        _held["context"] = FPrint.Context()
        _held["context"].connect("device-removed", lambda _context, device: _held.setdefault("gone", set()).add(device.get_device_id()))
    return _held["context"]


def gives_images(device: Any) -> bool:
    return bool(device.has_feature(FPrint.DeviceFeature.CAPTURE))


def listing(call: Call) -> Answer:
    return {"devices": [[f"{d.get_driver()}:{d.get_device_id()}", d.get_driver(), d.get_name(), gives_images(d)]
                        for d in context().get_devices()]}, []


def open_device(call: Call) -> Answer:
    wanted = str(call.args["id"])
    device = next((d for d in context().get_devices() if f"{d.get_driver()}:{d.get_device_id()}" == wanted), None)
    if device is None:
        raise Refusal("NotConnected", "device.not_connected")
    if not gives_images(device):
        raise Refusal("DeviceTrouble", "fprint.no_image")
    try:
        device.open_sync(None)
    except GLib.Error as error:
        raise trouble(error) from None
    _held["device"] = device
    return {"name": device.get_name(), "driver": device.get_driver(), "images": True,
            "swipe": device.get_scan_type() == FPrint.ScanType.SWIPE}, []


def alive(call: Call) -> Answer:
    while GLib.MainContext.default().iteration(False):
        pass
    device = _held.get("device")
    if device is None or device.get_device_id() in _held.get("gone", ()) or getattr(device.props, "removed", False):
        raise Refusal("NotConnected", "device.unplugged")
    return {}, []


def capture(call: Call) -> Answer:
    alive(call)
    device = _held["device"]
    cancel = Gio.Cancellable()
    outcome: dict[str, Any] = {}
    loop = GLib.MainLoop()

    def finished(source: Any, result: Any) -> None:
        try:
            outcome["image"] = source.capture_finish(result)
        except GLib.Error as error:
            outcome["error"] = error
        loop.quit()

    def touched(source: Any, _property: Any) -> None:
        call.event("touch", {"finger": bool(source.get_finger_status() & FPrint.FingerStatusFlags.PRESENT)})

    def watch() -> bool:
        """Runs in the loop: a cancel from another thread would race with libfprint's own handling."""
        if call.cut.is_set():
            cancel.cancel()
        return not call.cut.is_set()

    noticed = device.connect("notify::finger-status", touched)
    watching = GLib.timeout_add(50, watch)
    late = threading.Timer(float(call.args.get("timeout", 20)), lambda: GLib.idle_add(cancel.cancel))
    late.daemon = True
    late.start()
    try:
        device.capture(True, cancel, finished)
        loop.run()
    finally:
        late.cancel()
        device.disconnect(noticed)
        if not call.cut.is_set():
            GLib.source_remove(watching)
    if "error" in outcome:
        if outcome["error"].matches(Gio.io_error_quark(), Gio.IOErrorEnum.CANCELLED):
            raise Refusal("CaptureFailed", "device.interrupted" if call.cut.is_set() else "finger.none")
        raise trouble(outcome["error"])
    image = outcome["image"]
    return {"width": image.get_width(), "height": image.get_height(), "ppmm": float(image.get_ppmm())}, [bytes(image.get_data())]


def trouble(error: Any) -> Refusal:
    """libfprint's retry hints and device errors as the house's."""
    retry = {
        FPrint.DeviceRetry.TOO_SHORT: "fprint.too_short", FPrint.DeviceRetry.CENTER_FINGER: "fprint.centre",
        FPrint.DeviceRetry.REMOVE_FINGER: "fprint.lift",
    }
    if error.domain == GLib.quark_to_string(FPrint.device_retry_quark()):
        return Refusal("CaptureFailed", retry.get(error.code, "fprint.retry"))
    if error.domain == GLib.quark_to_string(FPrint.device_error_quark()):
        if error.code == FPrint.DeviceError.REMOVED:
            return Refusal("NotConnected", "device.unplugged")
        if error.code in (FPrint.DeviceError.BUSY, FPrint.DeviceError.ALREADY_OPEN):
            return Refusal("Busy", "device.busy_elsewhere")
        if error.code == FPrint.DeviceError.NOT_SUPPORTED:
            return Refusal("DeviceTrouble", "fprint.no_image")
        if error.code == FPrint.DeviceError.TOO_HOT:
            return Refusal("DeviceTrouble", "fprint.hot")
        return Refusal("DeviceTrouble", "device.io", cause="libfprint", status=str(int(error.code)))
    if error.matches(Gio.io_error_quark(), Gio.IOErrorEnum.BUSY):
        return Refusal("Busy", "device.busy_elsewhere")
    return Refusal("DeviceTrouble", "device.io", cause="libusb")


if __name__ == "__main__":
    serve({"list": listing, "open": open_device, "capture": capture, "alive": alive})
