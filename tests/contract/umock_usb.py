"""USB devices on a kernel without USB: a umockdev testbed whose usbdevfs ioctls are answered by a model in Python.

Two sides in one file. The *host* runs under the system's Python (it needs gi): a script ``umock_X.py`` defines a :class:`UsbModel` and
ends in ``serve({...})``. The *tests* start such a script with :class:`Standin` and give its ``env`` to a client process, which then sees
the devices through libusb, pyusb or hidapi. umockdev works by LD_PRELOAD, so the client is always a process of its own.

    standin = Standin(HERE / "umock_printer.py")
    subprocess.run([sys.executable, "client.py"], env=standin.env)
    standin.ask("jam")          # calls PrinterModel.ask_jam() in the host
    standin.ask("unplug"); standin.ask("plug")
    standin.stop()
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

SYSTEM_PYTHON = "/usr/bin/python3"
PRELOAD = "libumockdev-preload.so.0"
NAMES = {
    0xC0185500: "CONTROL", 0x8038550A: "SUBMITURB", 0x4008550C: "REAPURB", 0x4008550D: "REAPURBNDELAY", 0x550B: "DISCARDURB",
    0x8004550F: "CLAIM", 0x80045510: "RELEASE", 0x8004551A: "CAPS", 0x80045505: "SETCONFIG", 0x80085504: "SETINTF",
    0x41045508: "GETDRIVER", 0xC0105512: "IOCTL", 0x80045515: "CLEARHALT", 0x5514: "RESET",
}
"""usbdevfs requests of 64-bit Linux by name (linux/usbdevice_fs.h)."""
CONTROL_URB = 2
IDLE_S = 0.002
"""How long a client that asks too early is held up; a client polls without pause, because the stand-in's file is always ready."""


# -- the tests' side -----------------------------------------------------------------------------------------------------------------


def missing() -> str:
    """Why it cannot run here, or empty."""
    if not sys.platform.startswith("linux"):
        return "umockdev runs on Linux only"
    if not Path(SYSTEM_PYTHON).exists():
        return "no system Python for umockdev's bindings"
    probe = "import gi; gi.require_version('UMockdev', '1.0'); from gi.repository import UMockdev"
    if subprocess.run([SYSTEM_PYTHON, "-c", probe], stderr=subprocess.DEVNULL, env=_plain_env(), check=False).returncode:
        return "packages umockdev, gir1.2-umockdev-1.0 and python3-gi are not installed"
    return ""


def _plain_env() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "LD_PRELOAD", "UMOCKDEV"))}


class Standin:
    """A host script in a process of its own; ``env`` is for clients."""

    def __init__(self, script: Path, *args: str) -> None:
        self._process = subprocess.Popen([SYSTEM_PYTHON, "-B", str(script), *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                         text=True, env={**_plain_env(), "LD_PRELOAD": PRELOAD})
        self._lock = threading.Lock()
        self.env: dict[str, str] = {}
        try:
            self.env = {**os.environ, "UMOCKDEV_DIR": self._answer()["dir"], "LD_PRELOAD": PRELOAD}
        except BaseException:
            self.stop()
            raise

    def ask(self, what: str, **args: Any) -> Any:
        """Call ``ask_WHAT(**args)`` of the model (``device=`` names one of several), or ``plug`` and ``unplug``; its answer."""
        with self._lock:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps({"ask": what, "args": args}) + "\n")
            self._process.stdin.flush()
            return self._answer()["answer"]

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise OSError("the stand-in ended")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer

    def stop(self) -> None:
        process = self._process
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(3)


# -- the host's side -----------------------------------------------------------------------------------------------------------------


class UsbModel:
    """What a USB device is and answers. All methods but ``ask_*`` run on umockdev's thread; guard shared state with ``lock``.

    Attributes:
        strings: by index, 1 make, 2 model, 3 serial (as in :func:`descriptors`).
        descriptors: device and configuration descriptors as usbdevfs gives them, see :func:`descriptors`.
    """

    vendor = 0
    product = 0
    strings: Mapping[int, str] = {}
    descriptors = b""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    def control(self, request_type: int, request: int, value: int, index: int, data: bytes, length: int) -> bytes | int:
        """IN: the answer; OUT: bytes taken. A negative errno stalls (``-errno.EPIPE``). Strings are answered before this is asked."""
        return -errno.EPIPE

    def take(self, endpoint: int, data: bytes) -> int:
        """Bulk or interrupt OUT; bytes taken, or a negative errno."""
        return -errno.EPIPE

    def give(self, endpoint: int, length: int) -> bytes | None:
        """Bulk or interrupt IN; ``None`` while there is nothing to give."""
        return None

    def opened(self) -> None:
        """A client claimed the interface."""


def descriptors(vendor: int, product: int, interfaces: list[tuple[tuple[int, int, int], list[tuple[int, int, int]], bytes]],
                release: int = 0x0100, usb: int = 0x0200) -> bytes:
    """Device and configuration descriptors.

    Args:
        interfaces: ((class, subclass, protocol), [(endpoint address, attributes, packet size)], class descriptors between both).
    """
    body = b""
    for number, (kind, endpoints, extra) in enumerate(interfaces):
        body += struct.pack("<BBBBBBBBB", 9, 4, number, 0, len(endpoints), *kind, 0) + extra
        body += b"".join(struct.pack("<BBBBHB", 7, 5, address, attributes, size, 4) for address, attributes, size in endpoints)
    device = struct.pack("<BBHBBBBHHHBBBB", 18, 1, usb, 0, 0, 0, 64, vendor, product, release, 1, 2, 3, 1)
    return device + struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), len(interfaces), 1, 0, 0xA0, 100) + body


def serve(models: Mapping[str, UsbModel]) -> None:
    """Run the host until its standard input ends. The first model is the one asked when none is named."""
    import gi

    gi.require_version("UMockdev", "1.0")
    from gi.repository import GLib, UMockdev

    testbed = UMockdev.Testbed.new()
    handler_class = _handler_class(UMockdev)
    numbers = itertools.count(7)
    plugged: dict[str, tuple[int, Any]] = {}
    kept: list[Any] = []

    def plug(device: str) -> None:
        number, handler = next(numbers), handler_class(models[device])  # each time another address, as on a real bus
        plugged[device] = number, handler
        testbed.add_from_string(_text(number, models[device]))
        testbed.attach_ioctl(f"/dev/bus/usb/001/{number:03d}", handler)
        testbed.uevent(_path(number), "add")

    def unplug(device: str) -> None:
        number, handler = plugged.pop(device)
        handler.plugged = False
        kept.append(handler)  # still answers those who hold the device open
        testbed.uevent(_path(number), "remove")
        testbed.remove_device(_path(number))

    for name in models:
        plug(name)

    loop = GLib.MainLoop()
    builtin: dict[str, Callable[[str], None]] = {"plug": plug, "unplug": unplug}

    def answer(request: dict[str, Any]) -> dict[str, Any]:
        args = dict(request["args"])
        device = args.pop("device", next(iter(models)))
        try:
            if request["ask"] in builtin:
                return {"answer": builtin[request["ask"]](device)}
            return {"answer": getattr(models[device], "ask_" + request["ask"])(**args)}
        except Exception as error:
            return {"error": f"{request['ask']}: {error!r}"}

    def listen() -> None:
        say({"dir": testbed.get_root_dir()})
        for line in sys.stdin:
            done = threading.Event()
            found: list[dict[str, Any]] = []

            def on_loop(text: str = line, done: threading.Event = done, found: list[dict[str, Any]] = found) -> bool:
                found.append(answer(json.loads(text)))
                done.set()
                return False

            GLib.idle_add(on_loop)
            done.wait()
            say(found[0])
        GLib.idle_add(loop.quit)

    threading.Thread(target=listen, daemon=True).start()
    loop.run()


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _path(number: int) -> str:
    return f"/sys/devices/pci0000:00/0000:00:14.0/usb1/1-{number}"


def _text(number: int, model: UsbModel) -> str:
    raw = model.descriptors.hex().upper()
    node = f"bus/usb/001/{number:03d}"
    names = {1: "manufacturer", 2: "product", 3: "serial"}
    attributes = "".join(f"A: {names[i]}={text}\\n\n" for i, text in sorted(model.strings.items()) if i in names)
    return f"""P: {_path(number).removeprefix("/sys")}
N: {node}={raw}
E: BUSNUM=001
E: DEVNUM={number:03d}
E: DEVNAME=/dev/{node}
E: DEVTYPE=usb_device
E: SUBSYSTEM=usb
E: PRODUCT={model.vendor:x}/{model.product:x}/100
E: MAJOR=189
E: MINOR={number - 1}
A: bConfigurationValue=1\\n
A: bNumConfigurations=1\\n
A: busnum=1\\n
A: devnum={number}\\n
A: idProduct={model.product:04x}\\n
A: idVendor={model.vendor:04x}\\n
{attributes}A: speed=12\\n
H: descriptors={raw}

"""


def _handler_class(umockdev: Any) -> Any:
    """The ioctl handler; a class can only be made once gi is there."""

    class Handler(umockdev.IoctlBase):  # type: ignore[misc]
        """One plugged device; every open file has its own URBs."""

        def __init__(self, model: UsbModel) -> None:
            super().__init__()
            self.plugged = True
            self.model = model
            self.files: dict[int, _File] = {}

        def do_handle_ioctl(self, client: Any) -> bool:
            name = NAMES.get(client.get_request() & 0xFFFFFFFF, "")
            file = self.files.setdefault(hash(client), _File(self.model))
            try:
                client.complete(*(file.ioctl if self.plugged else file.gone)(name, client.get_arg()))
            except Exception as error:
                print("stand-in", name, repr(error), file=sys.stderr)
                client.complete(-1, errno.EIO)
            return True

        def do_client_vanished(self, client: Any) -> None:
            self.files.pop(hash(client), None)

    return Handler


class _File:
    """The usbdevfs file of one client. Answers of an ioctl are (result, errno)."""

    def __init__(self, model: UsbModel) -> None:
        self.model = model
        self.waiting: list[tuple[Any, Any, int, int]] = []
        self.done: list[Any] = []

    def ioctl(self, name: str, arg: Any) -> tuple[int, int]:
        if name == "CAPS":
            arg.resolve(0, 4).update(0, list(struct.pack("<I", 1)))
        elif name == "CLAIM":
            self.model.opened()
        elif name in ("GETDRIVER", "IOCTL"):
            return -1, errno.ENODATA  # no kernel driver holds the interface
        elif name == "SUBMITURB":
            self.submit(arg)
        elif name in ("REAPURB", "REAPURBNDELAY"):
            return self.reap(arg)
        elif name == "DISCARDURB":
            if self.waiting:
                self.finish(self.waiting.pop(0)[0], -errno.ENOENT, 0)
        elif name not in ("RELEASE", "SETCONFIG", "SETINTF", "CLEARHALT", "RESET"):
            return -1, errno.ENOTTY
        return 0, 0

    def gone(self, name: str, arg: Any) -> tuple[int, int]:
        """As the kernel does it: URBs on the way come back with ESHUTDOWN, then everything is ENODEV."""
        if name == "DISCARDURB":
            return -1, errno.EINVAL  # they are all back already
        if name in ("REAPURB", "REAPURBNDELAY"):
            while self.waiting:
                self.finish(self.waiting.pop(0)[0], -errno.ESHUTDOWN, 0)
            if self.done:
                arg.resolve(0, 8).set_ptr(0, self.done.pop(0))
                return 0, 0
            time.sleep(IDLE_S)
        return -1, errno.ENODEV

    def submit(self, arg: Any) -> None:
        urb = arg.resolve(0, 56)
        kind, endpoint, length = struct.unpack_from("<BB22xi", bytes(urb.retrieve()), 0)
        buffer = urb.resolve(16, length) if length else None
        data = bytes(buffer.retrieve()) if buffer is not None else b""
        if kind == CONTROL_URB:
            request_type, request, value, index, size = struct.unpack("<BBHHH", data[:8])
            found = self.string(request_type, request, value, size)
            if found is None:
                found = self.model.control(request_type, request, value, index, data[8:8 + size], size)
            if isinstance(found, bytes):
                if found[:size]:
                    buffer.update(8, list(found[:size]))
                found = len(found[:size])
            self.finish(urb, min(found, 0), max(found, 0))
        elif endpoint & 0x80:
            self.waiting.append((urb, buffer, endpoint, length))
        else:
            taken = self.model.take(endpoint, data)
            self.finish(urb, min(taken, 0), max(taken, 0))

    def string(self, request_type: int, request: int, value: int, size: int) -> bytes | None:
        if (request_type, request, value >> 8) != (0x80, 6, 3):
            return None
        index = value & 255
        if index and index not in self.model.strings:
            return None
        text = self.model.strings[index].encode("utf-16le") if index else b"\x09\x04"
        return (bytes([len(text) + 2, 3]) + text)[:size]

    def reap(self, arg: Any) -> tuple[int, int]:
        if not self.done:
            for entry in self.waiting:
                urb, buffer, endpoint, length = entry
                given = self.model.give(endpoint, length)
                if given is not None:
                    self.waiting.remove(entry)
                    if given:
                        buffer.update(0, list(given[:length]))
                    self.finish(urb, 0, len(given[:length]))
                    break
        if not self.done:
            time.sleep(IDLE_S)
            return -1, errno.EAGAIN
        arg.resolve(0, 8).set_ptr(0, self.done.pop(0))
        return 0, 0

    def finish(self, urb: Any, status: int, actual: int) -> None:
        urb.update(4, list(struct.pack("<i", status)))
        urb.update(28, list(struct.pack("<i", actual)))
        self.done.append(urb)
