"""Wacom STU signature pads through hidapi: hidraw on Linux where the kernel has it, libusb else; HID on Windows.

Pen reports are read by a thread of the device's own as soon as they come, whatever the caller does: the queue between pad and program
holds about thirty (0.15 s). What is lost all the same shows in the numbering of the reports and is counted.
"""

from __future__ import annotations

import contextlib
import queue
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.biometric import DeviceIdentity, PenPoint
from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble, NotConnected
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers import stu_picture, stu_reports
from ktpel_kiosk.hal.drivers.stu_ink import SignatureInk
from ktpel_kiosk.hal.drivers.stu_picture import ACCEPT, AGAIN, CANCEL
from ktpel_kiosk.hal.drivers.stu_reports import Encoding, Model, PenMode
from ktpel_kiosk.ports.devices import DeviceKind, SignatureCapture

IDLE_S = 6.0
"""So long after the last stroke a signature counts as accepted, for those who overlook the button."""
PICTURE_S = 1.5
"""A picture in colour that would take longer is sent in black and white; without the vendor's bulk driver 1.2 MB go in 256-byte reports."""
TRIAL_BLOCKS = 40
READY_S = 3.0
"""How long a pad may digest a picture."""
READ_MS = 100
SWITCH_S = 0.0005
"""Each read gives the interpreter away and gets it back up to one switch interval later while another thread computes; with Python's
5 ms a reader of 200 reports a second has little reserve (one 30 s run on a loaded machine lost 16 of 6,000, two with this none: a hint)."""

_library = threading.Lock()
"""hidapi enumerates, opens and closes on one thread at a time only."""


def flavours() -> list[Any]:
    """The hidapi flavours of this machine, the better one first. Linux: hidraw where the kernel has any, then libusb, because the
    kernel's own tablet driver may hold a pad without giving it a hidraw."""
    import hid

    if sys.platform.startswith("linux") and any(Path("/sys/class/hidraw").glob("hidraw*")):
        import hidraw

        return [hidraw, hid]
    return [hid]


class WacomStuDriver:
    """Finds signature pads; an encrypted or unknown model is found as well and refused with its sentence when opened.

    Args:
        fonts: folder of the bundled Inter; found beside the package when not given.
        idle_s, picture_s: see ``IDLE_S``, ``PICTURE_S``.
        hid: a hidapi module; those of :func:`flavours` when not given.
    """

    kind = DeviceKind.SIGNATURE
    name = "wacom-stu"

    def __init__(self, fonts: Path | None = None, *, idle_s: float = IDLE_S, picture_s: float = PICTURE_S, hid: Any = None) -> None:
        self._fonts, self._idle_s, self._picture_s = fonts, idle_s, picture_s
        self._flavours: list[Any] = [] if hid is None else [hid]

    def discover(self) -> Sequence[Found]:
        pads = self._pads()
        good_first = sorted(pads, key=lambda p: pads[p]["product_id"] not in stu_reports.MODELS)
        return [Found(path, _label(pads[path]), _serial(pads[path])) for path in good_first]

    def open(self, found: Found) -> WacomStuPad:
        entry = self._pads().get(found.key)
        if entry is None:
            raise NotConnected("device.unplugged", operation="open", device=found.label)
        product = entry["product_id"]
        if product in stu_reports.ENCRYPTED:
            raise DeviceTrouble("signature.encrypted", operation="open", device=stu_reports.ENCRYPTED[product])
        model = stu_reports.MODELS.get(product)
        if model is None:
            raise DeviceTrouble("signature.unknown_model", operation="open", device=found.label,
                                value=f"{stu_reports.VENDOR:04x}:{product:04x}")
        return WacomStuPad(entry["library"], entry["path"], model, _serial(entry), self._fonts, self._idle_s, self._picture_s)

    def _pads(self) -> dict[str, dict[str, Any]]:
        """Pads by path; ``library`` of an entry is the flavour that sees it."""
        self._flavours = self._flavours or flavours()
        for library in self._flavours:
            with _library:
                entries = library.enumerate(stu_reports.VENDOR, 0)
            pads = {e["path"].decode("utf-8", "replace"): {**e, "library": library} for e in reversed(entries)
                    if e["product_id"] in stu_reports.FAMILY}
            if pads:
                return pads
        return {}


def _label(entry: dict[str, Any]) -> str:
    product = entry["product_id"]
    model = stu_reports.MODELS.get(product)
    known = model.name if model else stu_reports.ENCRYPTED.get(product, entry.get("product_string") or f"{product:04x}")
    return f"Wacom {known}"


def _serial(entry: dict[str, Any]) -> str:
    """The USB serial; most of these pads give the language code in its place."""
    serial = str(entry.get("serial_number") or "")
    return serial if serial.isascii() and serial.isalnum() else ""


class WacomStuPad:
    """One open pad."""

    def __init__(self, library: Any, path: bytes, model: Model, serial: str, fonts: Path | None = None, idle_s: float = IDLE_S,
                 picture_s: float = PICTURE_S) -> None:
        self._model, self._serial, self._fonts, self._idle_s, self._picture_s = model, serial, fonts, idle_s, picture_s
        self._device = library.device()
        self._backend = str(getattr(library, "__name__", "hid"))
        self._reports: queue.SimpleQueue[tuple[float, bytes] | None] = queue.SimpleQueue()
        self._listening = False
        self._closing = False
        self._gone = False
        self._cut = False
        self._encoding = model.picture
        try:
            with _library:
                self._device.open_path(path)
        except OSError as error:
            raise DeviceTrouble("signature.not_open", operation="open", device=model.name) from error
        self._reader = threading.Thread(target=self._read, name="stu-reader", daemon=True)
        try:
            self._settle()
        except BaseException:
            with _library:
                self._device.close()
            raise
        self._reader.start()

    # -- the port ------------------------------------------------------------------------------------------------------------------

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("Wacom", self._model.name, self._serial or "-", f"hidapi {self._backend}, firmware {self._firmware}")

    def healthy(self) -> None:
        if self._gone:
            raise NotConnected("device.unplugged", operation="status", device=self._model.name)
        self._ask(stu_reports.STATUS)

    def interrupt(self) -> None:
        self._cut = True
        self._reports.put(None)

    def close(self) -> None:
        self._closing = True
        self._reader.join(1.0)
        with _library:
            self._device.close()

    def capture(self, prompt: str, timeout_s: float, on_point: Callable[[PenPoint], None]) -> SignatureCapture:
        """Ink until OK is tapped or nothing was drawn for the idle time; "Ulangi" begins anew (the next point has ``t_ms`` 0 again).

        Raises:
            CaptureFailed: ``signature.cancelled``, ``signature.none`` (nobody signed), ``signature.unfinished`` (time over while
                writing), ``device.interrupted``.
            NotConnected: unplugged. DeviceTrouble: ``signature.pad_screen``, the pad does not show the text.
        """
        self._cut = False
        until = time.monotonic() + timeout_s
        interval = sys.getswitchinterval()
        sys.setswitchinterval(min(interval, SWITCH_S))
        try:
            self._show(prompt)
            return self._collect(until, on_point)
        finally:
            sys.setswitchinterval(interval)
            self._listening = False
            if not self._gone:
                with contextlib.suppress(DeviceTrouble):
                    self._tell(stu_reports.inking(False))
                    self._tell(stu_reports.clear())

    # -- a capture -------------------------------------------------------------------------------------------------------------------

    def _collect(self, until: float, on_point: Callable[[PenPoint], None]) -> SignatureCapture:
        ink = SignatureInk(self._pad, self._screen.buttons)
        while True:
            now = time.monotonic()
            report = self._next(min(0.05, max(0.0, until - now)))
            if self._cut:
                raise CaptureFailed("device.interrupted", operation="capture", device=self._model.name)
            if report is None and self._gone:
                raise NotConnected("device.unplugged", operation="capture", device=self._model.name)
            if report is not None:
                pen = stu_reports.pen(report[1], self._mode)
                for point in ink.take(pen, report[0]) if pen is not None else ():
                    on_point(point)
                if self._answered(ink):
                    return self._signature(ink)
                continue  # reports that wait are older than the clock: they are all taken before it is looked at
            if ink.inked_at and not ink.drawing and now - ink.inked_at >= self._idle_s:
                return self._signature(ink)
            if now >= until:
                raise CaptureFailed("signature.none" if ink.empty else "signature.unfinished", operation="capture",
                                    device=self._model.name)

    def _answered(self, ink: SignatureInk) -> bool:
        """Do what the tapped button says; True: accepted."""
        pressed, ink.pressed = ink.pressed, ""
        if pressed == CANCEL:
            raise CaptureFailed("signature.cancelled", operation="capture", device=self._model.name)
        if pressed == AGAIN:
            self._wipe()
            ink.clear()
        return pressed == ACCEPT and not ink.empty

    def _signature(self, ink: SignatureInk) -> SignatureCapture:
        return SignatureCapture(tuple(ink.points), *self._pad.tablet, ink.lost, self._pad.units_per_mm)

    def _next(self, wait_s: float) -> tuple[float, bytes] | None:
        try:
            return self._reports.get(timeout=wait_s)
        except queue.Empty:
            return None

    def _listen(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                self._reports.get_nowait()
        self._listening = True

    def _read(self) -> None:
        """The reader thread: nothing but taking reports off the line."""
        while not self._closing:
            try:
                data = self._device.read(64, READ_MS)
            except (OSError, ValueError):
                self._gone = True
                self._reports.put(None)
                return
            if data and self._listening:
                self._reports.put((time.monotonic(), bytes(data)))

    # -- the pad's screen ------------------------------------------------------------------------------------------------------------

    def _show(self, prompt: str) -> None:
        self._tell(stu_reports.inking(False))
        while True:
            image = stu_picture.render(prompt, self._screen, colour=self._encoding is not Encoding.MONO, fonts=self._fonts)
            self._picture = stu_picture.encode(image, self._encoding)
            if self._send_picture():
                break
            self._encoding = Encoding.MONO  # from now on: the next prompt comes faster
        if self._model.has(stu_reports.INK_AREA):
            self._tell(stu_reports.ink_area(self._screen.ink))
        self._listen()  # before the first stroke can come
        self._tell(stu_reports.inking(True))

    def _wipe(self) -> None:
        """The ink goes, text and buttons come again."""
        self._tell(stu_reports.inking(False))
        self._send_picture()
        self._tell(stu_reports.inking(True))

    def _send_picture(self) -> bool:
        """False: given up after a few blocks, because all of them would take too long."""
        self._tell(stu_reports.image_start(self._encoding))
        started = time.monotonic()
        blocks = list(stu_reports.image_blocks(self._picture))
        for number, block in enumerate(blocks):
            self._tell(block)
            if number == TRIAL_BLOCKS and self._encoding is not Encoding.MONO \
                    and (time.monotonic() - started) / TRIAL_BLOCKS * len(blocks) > self._picture_s:
                self._tell(stu_reports.image_end(abandon=True))
                return False
        self._tell(stu_reports.image_end())
        until = time.monotonic() + READY_S
        while True:
            state, result = stu_reports.status(self._ask(stu_reports.STATUS))
            if state == 0 and result == 0:
                return True
            if result or time.monotonic() > until:
                raise DeviceTrouble("signature.pad_screen", operation="capture", device=self._model.name, status=f"{state:02X}{result:02X}")
            time.sleep(0.02)

    # -- reports ---------------------------------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Learn what the pad is, and put it into the state captures begin in."""
        model = self._model
        name, self._firmware = stu_reports.information(self._ask(stu_reports.INFORMATION))
        if name in stu_reports.ENCRYPTED.values():
            raise DeviceTrouble("signature.encrypted", operation="open", device=name)
        try:
            self._pad = stu_reports.capability(self._ask(stu_reports.CAPABILITY), model)
        except NotConnected:
            self._pad = stu_reports.table(model)  # early STU-430 have no such report
        self._screen = stu_picture.layout(self._pad.screen)
        for report in (stu_reports.ESERIAL, stu_reports.UID2):
            if not self._serial and model.has(report):
                with contextlib.suppress(NotConnected):
                    self._serial = stu_reports.text(self._ask(report)[1:])
        self._mode = PenMode.PLAIN
        if model.has(stu_reports.PEN_MODE):
            with contextlib.suppress(NotConnected):  # an STU-500 with old firmware
                self._tell(stu_reports.pen_mode(model.mode))
                self._mode = model.mode
        if model.has(stu_reports.RENDERING):
            self._tell(stu_reports.rendering(smooth=True))
        for setting in (stu_reports.ink(model), stu_reports.white(model)):
            if setting is not None:
                self._tell(setting)
        if model.has(stu_reports.BRIGHTNESS) and self._ask(stu_reports.BRIGHTNESS)[1] == 0:
            self._tell(stu_reports.brightness(3))  # only when it is dark: the pad keeps this in flash
        self._tell(stu_reports.inking(False))
        self._tell(stu_reports.clear())

    def _ask(self, report: int) -> bytes:
        try:
            data = bytes(self._device.get_feature_report(report, stu_reports.LENGTHS[report]))
        except (OSError, ValueError) as error:
            raise NotConnected("device.unplugged", operation="status", device=self._model.name) from error
        if not data:
            raise NotConnected("device.unplugged", operation="status", device=self._model.name)
        return data

    def _tell(self, report: bytes) -> None:
        try:
            sent = self._device.send_feature_report(report)
        except (OSError, ValueError) as error:
            raise NotConnected("device.unplugged", operation="send", device=self._model.name) from error
        if sent < 0:
            raise NotConnected("device.unplugged", operation="send", device=self._model.name)
