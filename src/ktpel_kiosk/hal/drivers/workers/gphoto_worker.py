"""DSLR and mirrorless cameras through libgphoto2, in a process of their own.

Operations:
    list     {}: {"devices": [[model, port], ...]}; opens nothing
    open     {"model", "port"}: {"model", "serial", "preview": bool, "still": bool}; open until the worker ends
    frame    {}: the preview as JPEG
    still    {}: a picture as JPEG at the camera's full size; it is deleted from the camera. {"left": bool} when that failed
    alive    {}: {}; refuses when the camera has gone or its battery is nearly empty
"""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "worker"))

from serve import Answer, Call, Refusal, serve  # type: ignore[import-not-found]

BATTERY_LOW = 5
"""Per cent."""
JPEG_S = 3.0
"""How long a JPEG may follow the raw file of the same picture."""
RETRY_S = 2.0
JPEG = (".jpg", ".jpeg")


class Said:
    """What the library said last about a failure: its codes alone do not tell focus from a full card."""

    text = ""

    @classmethod
    def note(cls, _context: object, text: str | bytes, _data: object = None) -> None:
        cls.text += " " + (text.decode("utf-8", "replace") if isinstance(text, bytes) else text).lower()


class Held:
    gp: Any = None
    context: Any = None
    camera: Any = None


def library() -> Any:
    if Held.gp is None:
        try:
            import gphoto2
        except (ImportError, OSError):
            raise Refusal("NotConnected", "camera.library") from None
        Held.gp = gphoto2
        Held.context = gphoto2.Context()
        Held.callback = Held.context.set_error_func(Said.note, None)  # type: ignore[attr-defined]
    return Held.gp


def trouble(error: Any, what: str) -> Refusal:
    """The library's code and words as the house's errors."""
    gp, code, said = Held.gp, error.code, Said.text
    if code in (gp.GP_ERROR_IO_USB_FIND, gp.GP_ERROR_MODEL_NOT_FOUND, gp.GP_ERROR_UNKNOWN_PORT, gp.GP_ERROR_IO_READ, gp.GP_ERROR_IO_WRITE,
                gp.GP_ERROR_IO):
        return Refusal("NotConnected", "device.unplugged")
    if code in (gp.GP_ERROR_IO_USB_CLAIM, gp.GP_ERROR_IO_LOCK):
        return Refusal("Busy", "camera.busy")
    if "focus" in said:
        return Refusal("CaptureFailed", "camera.focus")
    if code == gp.GP_ERROR_NO_SPACE or any(word in said for word in ("store full", "no space", "card full", "memory full")):
        return Refusal("MediaEmpty", "camera.card_full")
    if code == gp.GP_ERROR_CAMERA_BUSY or "busy" in said:
        return Refusal("Busy", "camera.occupied")
    if code == gp.GP_ERROR_NOT_SUPPORTED:
        return Refusal("DeviceTrouble", "camera.no_preview" if what == "frame" else "camera.no_still")
    if what == "still" and code == gp.GP_ERROR:  # what most cameras answer when they find no focus
        return Refusal("CaptureFailed", "camera.focus")
    return Refusal("DeviceTrouble", "device.io", cause="libgphoto2", status=int(code))


def listing(call: Call) -> Answer:
    gp = library()
    found = gp.Camera.autodetect()
    return {"devices": [[found.get_name(i), found.get_value(i)] for i in range(found.count())]}, []


def open_camera(call: Call) -> Answer:
    gp = library()
    try:
        ports, abilities = gp.PortInfoList(), gp.CameraAbilitiesList()
        ports.load()
        abilities.load(Held.context)
        camera = gp.Camera()
        camera.set_port_info(ports.get_info(ports.lookup_path(str(call.args["port"]))))
        camera.set_abilities(abilities.get_abilities(abilities.lookup_model(str(call.args["model"]))))
        camera.init(Held.context)
    except gp.GPhoto2Error as error:
        raise trouble(error, "open") from None
    Held.camera = camera
    able = camera.get_abilities()
    setting("capturetarget", ("internal ram", "sdram", "memory"))
    setting("imageformat", ("large fine jpeg", "jpeg fine", "jpeg"))
    with contextlib.suppress(gp.GPhoto2Error):  # the mirror goes up: the first preview takes seconds, the others none
        camera.capture_preview(gp.CameraFile(), Held.context)
    return {"model": able.model, "serial": value("serialnumber"), "preview": bool(able.operations & gp.GP_OPERATION_CAPTURE_PREVIEW),
            "still": bool(able.operations & gp.GP_OPERATION_CAPTURE_IMAGE)}, []


def value(name: str) -> str:
    """A setting of the camera, empty where it has none."""
    with contextlib.suppress(Held.gp.GPhoto2Error):
        return str(Held.camera.get_single_config(name, Held.context).get_value())
    return ""


def setting(name: str, wanted: tuple[str, ...]) -> None:
    """Choose the first of ``wanted`` the camera offers; a camera without the setting keeps its own."""
    with contextlib.suppress(Held.gp.GPhoto2Error):
        widget = Held.camera.get_single_config(name, Held.context)
        offered = [widget.get_choice(i) for i in range(widget.count_choices())]
        choice = next((o for want in wanted for o in offered if want in o.lower()), None)
        if choice is not None and widget.get_value() != choice:
            widget.set_value(choice)
            Held.camera.set_single_config(name, widget, Held.context)


def held() -> Any:
    if Held.camera is None:
        raise Refusal("NotConnected", "device.not_connected")
    Said.text = ""
    return Held.camera


def alive(call: Call) -> Answer:
    camera, gp = held(), Held.gp
    try:
        battery = str(camera.get_single_config("batterylevel", Held.context).get_value()).strip().lower()
    except gp.GPhoto2Error as error:
        if error.code in (gp.GP_ERROR_BAD_PARAMETERS, gp.GP_ERROR_NOT_SUPPORTED):  # has none, or runs on mains
            return {}, []
        raise trouble(error, "alive") from None
    share = battery.rstrip("%").strip()
    if battery in ("low", "empty", "exhausted") or (share.isdigit() and int(share) <= BATTERY_LOW):
        raise Refusal("DeviceTrouble", "camera.battery")
    return {}, []


def frame(call: Call) -> Answer:
    camera, gp = held(), Held.gp
    try:
        file = gp.CameraFile()
        patiently(lambda: camera.capture_preview(file, Held.context))
        return {}, [bytes(file.get_data_and_size())]
    except gp.GPhoto2Error as error:
        raise trouble(error, "frame") from None


def still(call: Call) -> Answer:
    camera, gp = held(), Held.gp
    taken: list[tuple[str, str]] = []
    try:
        path = patiently(lambda: camera.capture(gp.GP_CAPTURE_IMAGE, Held.context))
        taken.append((path.folder, path.name))
        until = time.monotonic() + JPEG_S
        while not taken[-1][1].lower().endswith(JPEG) and time.monotonic() < until:
            kind, data = camera.wait_for_event(200, Held.context)
            if kind == gp.GP_EVENT_FILE_ADDED:
                taken.append((data.folder, data.name))
        if not taken[-1][1].lower().endswith(JPEG):
            raise Refusal("DeviceTrouble", "camera.raw")
        file = gp.CameraFile()
        camera.file_get(*taken[-1], gp.GP_FILE_TYPE_NORMAL, file, Held.context)
        data = bytes(file.get_data_and_size())
    except gp.GPhoto2Error as error:
        raise trouble(error, "still") from None
    finally:
        left = sum(not delete(folder, name) for folder, name in taken) > 0
    return {"left": left}, [data]


def delete(folder: str, name: str) -> bool:
    """A face must not stay on the camera's card."""
    gp = Held.gp
    try:
        Held.camera.file_delete(folder, name, Held.context)
    except gp.GPhoto2Error as error:
        return bool(error.code == gp.GP_ERROR_FILE_NOT_FOUND)
    return True


def patiently(work: Any) -> Any:
    """A camera that is busy with its last picture is asked again for a moment."""
    gp, until = Held.gp, time.monotonic() + RETRY_S
    while True:
        try:
            return work()
        except gp.GPhoto2Error as error:
            if error.code != gp.GP_ERROR_CAMERA_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.1)


if __name__ == "__main__":
    serve({"list": listing, "open": open_camera, "frame": frame, "still": still, "alive": alive})
