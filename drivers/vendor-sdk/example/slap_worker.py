"""Worker for the example library, in Python with ctypes: `python slap_worker.py PATH-OF-THE-LIBRARY`.

Copy it, change the calls to those of your vendor's library, and keep the operations. Any Python 3.9 will do, also a 32-bit one for a
32-bit library. KTPEL_WORKER, set by the kiosk, is the folder of serve.py (standard library only, may be copied beside this file).
"""

from __future__ import annotations

import ctypes
import os
import sys
import time

sys.path.insert(0, os.environ.get("KTPEL_WORKER", os.path.dirname(os.path.abspath(__file__))))

from serve import Refusal, serve

ABI = 2
FINGERS = ("right_thumb", "right_index", "right_middle", "right_ring", "right_little",
           "left_thumb", "left_index", "left_middle", "left_ring", "left_little")
LARGEST = 2000 * 2000
WAIT, PREVIEW, READY = 1, 2, 3
TROUBLE = {
    -1: ("NotConnected", "device.unplugged"), -2: ("Busy", "device.busy_elsewhere"), -5: ("CaptureFailed", "finger.dirty"),
    -6: ("CaptureFailed", "fprint.lift"),
}


class Info(ctypes.Structure):
    _fields_ = [("make", ctypes.c_char * 32), ("model", ctypes.c_char * 32), ("serial", ctypes.c_char * 32)]


class Size(ctypes.Structure):
    _fields_ = [("width", ctypes.c_int32), ("height", ctypes.c_int32), ("ppi", ctypes.c_int32)]


class Library:
    """The C functions with their types. ctypes guesses int for everything it is not told: pointers would be cut in half."""

    def __init__(self, path):
        try:
            lib = ctypes.CDLL(path)
        except OSError:
            raise Refusal("NotConnected", "vendor.library") from None
        handle, size_p = ctypes.c_void_p, ctypes.POINTER(Size)
        buffer = ctypes.POINTER(ctypes.c_uint8)
        for name, result, arguments in (
                ("slap_abi_version", ctypes.c_int, []), ("slap_count", ctypes.c_int, []),
                ("slap_describe", ctypes.c_int, [ctypes.c_int, ctypes.POINTER(Info)]),
                ("slap_open", ctypes.c_int, [ctypes.c_int, ctypes.POINTER(handle)]),
                ("slap_alive", ctypes.c_int, [handle]), ("slap_start", ctypes.c_int, [handle, ctypes.c_uint32]),
                ("slap_poll", ctypes.c_int, [handle, buffer, ctypes.c_size_t, size_p]),
                ("slap_image", ctypes.c_int, [handle, buffer, ctypes.c_size_t, size_p]),
                ("slap_stop", None, [handle]), ("slap_close", None, [handle])):
            function = getattr(lib, name, None)
            if function is None:
                raise Refusal("DeviceTrouble", "vendor.abi", expected=ABI, found=name)
            function.restype, function.argtypes = result, arguments
            setattr(self, name[5:], function)
        if self.abi_version() != ABI:
            raise Refusal("DeviceTrouble", "vendor.abi", expected=ABI, found=self.abi_version())


class State:
    path = ""
    library = None
    device = ctypes.c_void_p()


def library():
    if State.library is None:
        State.library = Library(State.path)
    return State.library


def check(code):
    """The library's negative codes as the kiosk's errors."""
    if code < 0:
        kind, key = TROUBLE.get(code, ("DeviceTrouble", "vendor.failed"))
        raise Refusal(kind, key, status=code)
    return code


def describe(index):
    info = Info()
    check(library().describe(index, ctypes.byref(info)))
    return {name: getattr(info, name).decode("utf-8", "replace") for name in ("make", "model", "serial")}


def discover(call):
    found = []
    for index in range(library().count()):
        told = describe(index)
        found.append({"key": str(index), "label": f"{told['make']} {told['model']}", "serial": told["serial"]})
    return {"wire": 1, "devices": found}, []


def open_device(call):
    index = int(call.args["key"])
    check(library().open(index, ctypes.byref(State.device)))
    return {**describe(index), "driver": "slapsdk 2", "slap": True}, []


def healthy(call):
    check(library().alive(State.device))
    return {}, []


def capture(call):
    lib, buffer, size = library(), (ctypes.c_uint8 * LARGEST)(), Size()
    wanted = 0
    for position in call.args["positions"]:
        wanted |= 1 << FINGERS.index(position)
    check(lib.start(State.device, wanted))
    try:
        until = time.monotonic() + float(call.args["timeout"])
        while True:
            code = check(lib.poll(State.device, buffer, LARGEST, ctypes.byref(size)))
            if call.cut.is_set():
                raise Refusal("CaptureFailed", "device.interrupted")
            if code == READY:
                break
            if code == PREVIEW:
                call.event("preview", {"width": size.width, "height": size.height}, [pixels(buffer, size)])
            if time.monotonic() > until:
                raise Refusal("CaptureFailed", "finger.none")
        check(lib.image(State.device, buffer, LARGEST, ctypes.byref(size)))
        head = {"width": size.width, "height": size.height, "ppi": size.ppi}
        return {"slap": head, "fingers": []}, [pixels(buffer, size)]
    finally:
        lib.stop(State.device)


def pixels(buffer, size):
    """Never more than the buffer holds, whatever the library says of its picture."""
    return ctypes.string_at(buffer, max(0, min(LARGEST, size.width * size.height)))


if __name__ == "__main__":
    State.path = sys.argv[1]
    serve({"discover": discover, "open": open_device, "healthy": healthy, "capture": capture})
