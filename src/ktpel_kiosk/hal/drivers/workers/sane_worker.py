"""Scanners through SANE, in a process of their own: backends crash, hang in USB reads and keep devices to themselves.

Operations:
    list     {"local": bool}: {"devices": [[name, vendor, model, type], ...]}
    probe    {"device"}: {"sources": [...], "modes": [...]}; opens and closes the device
    scan     {"device", "dpi", "source", "duplex", "max_pages", "max_bytes", "options"}: one event "page" a page
             (width, height, channels, ppi; the pixels as blob), then {"pages": n}. ``source`` is auto, feeder or flatbed.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "worker"))

from serve import MAX_BLOB, Answer, Call, Refusal, serve  # type: ignore[import-not-found]

A4_MM = (210.0, 297.0)
UNIT_PIXEL, UNIT_MM = 1, 3
NO_DOCUMENTS = "Document feeder out of documents"
TROUBLE = {
    "Document feeder jammed": ("Jammed", "scanner.jam"),
    NO_DOCUMENTS: ("MediaEmpty", "scanner.empty"),
    "Scanner cover is open": ("DeviceTrouble", "scanner.cover"),
    "Device busy": ("Busy", "device.busy_elsewhere"),
    "Error during device I/O": ("DeviceTrouble", "scanner.line"),
    "Operation was canceled": ("CaptureFailed", "device.interrupted"),
    "Access to resource has been denied": ("DeviceTrouble", "scanner.denied"),
    "Out of memory": ("DeviceTrouble", "scanner.too_large"),
    "Operation not supported": ("DeviceTrouble", "scanner.options"),
    "Invalid argument": ("DeviceTrouble", "scanner.options"),
}
"""What sane_strstatus() says (never translated) and what it means here."""


def sources(offered: list[str], wanted: str, duplex: bool) -> list[str]:
    """The offered sources to try, best first. Their names differ by backend: "ADF", "ADF Front", "Automatic Document Feeder(left
    aligned)", "Document Feeder", "Flatbed", "FlatBed", "Normal"."""
    beds = [s for s in offered if not _feeds(s) and "film" not in s.lower() and "transp" not in s.lower() and "negative" not in s.lower()]
    feeders = [s for s in offered if _feeds(s)]
    two = [s for s in feeders if "duplex" in s.lower() or "both" in s.lower()]
    front = [s for s in feeders if s not in two and "back" not in s.lower() and "rear" not in s.lower()]
    feeders = ((two[:1] if duplex else []) + (front or two))[:1]
    return {"feeder": feeders, "flatbed": beds[:1]}.get(wanted, feeders + beds[:1])


def _feeds(source: str) -> bool:
    low = source.lower()
    return "adf" in low or "feeder" in low or "duplex" in low or low in ("auto document", "document")


def nearest(constraint: Any, wanted: int) -> int:
    """The resolution to ask for: the least that is offered and not below ``wanted``, else the most there is."""
    if isinstance(constraint, tuple) and len(constraint) == 3:
        low, high, step = constraint
        value = min(max(wanted, low), high)
        if step:
            value = low + -(-(value - low) // step) * step
        return int(min(value, high))
    if isinstance(constraint, list) and constraint:
        enough = [v for v in constraint if v >= wanted]
        return int(min(enough) if enough else max(constraint))
    return wanted


LET_GO_S = 1.0
"""Seen with SANE's own test backend: one cancel in a hundred waits for a thread that has gone."""


class Scanner:
    """One open device with its options, which change when others are set."""

    def __init__(self, sane: Any, name: str) -> None:
        self._dev = sane.open(name)

    def __enter__(self) -> Scanner:
        return self

    def __exit__(self, *exc: object) -> None:
        """A backend that hangs while it lets go must not keep back what the scan told: this process serves one scan and then ends."""
        def let_go() -> None:
            self._dev.cancel()
            self._dev.close()

        thread = threading.Thread(target=let_go, daemon=True)
        thread.start()
        thread.join(LET_GO_S)

    def cancel(self) -> None:
        self._dev.cancel()

    def offered(self, option: str) -> list[str]:
        found = self._dev.opt.get(option)
        return [str(v) for v in found.constraint] if found is not None and isinstance(found.constraint, list) else []

    def put(self, option: str, value: Any) -> bool:
        """Set it where the device has it and lets it be set now."""
        found = self._dev.opt.get(option)
        if found is None or not found.is_active() or not found.is_settable():
            return False
        setattr(self._dev, option, value)
        return True

    def prepare(self, source: str, dpi: int, duplex: bool, extra: dict[str, Any]) -> None:
        if source:
            self.put("source", source)
        modes = self.offered("mode")
        colour = next((m for m in modes if m.lower() in ("color", "colour", "24bit color", "24 bit color")), None) \
            or next((m for m in modes if "colo" in m.lower()), None) or next((m for m in modes if "gray" in m.lower()), None)
        if colour:
            self.put("mode", colour)
        self.put("depth", 8)
        if source and _feeds(source):
            self._two_sides(duplex)
        if "resolution" in self._dev.opt:
            self.put("resolution", nearest(self._dev.opt["resolution"].constraint, dpi))
        self._whole_page()
        for option, value in extra.items():
            if not self.put(option.replace("-", "_"), value):
                raise Refusal("DeviceTrouble", "scanner.options", field=option[:40])

    def _two_sides(self, duplex: bool) -> None:
        """Backends without a duplex source have a switch of their own."""
        modes = self.offered("adf_mode")
        wanted = next((m for m in modes if ("duplex" in m.lower()) == duplex), None)
        if wanted:
            self.put("adf_mode", wanted)
        elif "duplex" in self._dev.opt and not self.offered("duplex"):
            self.put("duplex", duplex)

    def _whole_page(self) -> None:
        """A4, or all there is if that is less. Where a backend knows the paper's size it is told first: it limits the area."""
        for option, limit in (("page_width", A4_MM[0]), ("page_height", A4_MM[1]), ("tl_x", 0.0), ("tl_y", 0.0),
                              ("br_x", A4_MM[0]), ("br_y", A4_MM[1])):
            found = self._dev.opt.get(option)
            if found is None:
                continue
            value = limit * self.ppi / 25.4 if found.unit == UNIT_PIXEL else limit
            if isinstance(found.constraint, tuple) and len(found.constraint) == 3:
                value = min(max(value, found.constraint[0]), found.constraint[1])
            elif isinstance(found.constraint, list):
                value = min((float(v) for v in found.constraint), key=lambda v, to=value: abs(v - to))  # type: ignore[misc]
            self.put(option, value if found.type == 2 else int(value))  # 2: SANE_TYPE_FIXED

    @property
    def ppi(self) -> int:
        """What the device really uses now; 0 where it does not say."""
        found = self._dev.opt.get("resolution")
        return round(float(self._dev.resolution)) if found is not None and found.is_active() else 0

    def page(self, room: int) -> tuple[dict[str, int], bytes]:
        """Start and read one page of at most ``room`` bytes."""
        self._dev.start()
        _format, _last, (_width, lines), _depth, line_bytes = self._dev.get_parameters()
        if lines > 0 and lines * line_bytes > min(room, MAX_BLOB):
            raise Refusal("DeviceTrouble", "scanner.too_large", found=lines * line_bytes)
        data, width, height, samples, _size = self._dev.dev.snap(True, False, None)
        if height < 1 or width < 1 or samples not in (1, 3) or len(data) != width * height * samples:
            raise Refusal("CaptureFailed", "scanner.no_picture", found=f"{width}x{height}")
        if len(data) > min(room, MAX_BLOB):
            raise Refusal("DeviceTrouble", "scanner.too_large", found=len(data))
        return {"width": width, "height": height, "channels": samples, "ppi": self.ppi}, bytes(data)


def sane_module() -> Any:
    try:
        import sane
    except ImportError:
        raise Refusal("NotConnected", "scanner.library") from None
    sane.init()
    return sane


def refused(sane: Any, error: Exception, device: str, pages: int = 0) -> Refusal:
    """SANE's word as the house's; a line that broke because the scanner went away is said so."""
    kind, key = TROUBLE.get(str(error), ("DeviceTrouble", "device.io"))
    if key in ("scanner.line", "device.io") and "usb" in device:
        with contextlib.suppress(Exception):
            if device not in [found[0] for found in sane.get_devices(True)]:
                kind, key = "NotConnected", "device.unplugged"
    return Refusal(kind, key, count=pages, **({"cause": "SANE"} if key == "device.io" else {}))


def opened(sane: Any, device: str) -> Scanner:
    try:
        return Scanner(sane, device)
    except Exception as error:
        if str(error) == "Invalid argument":  # no such device any more
            raise Refusal("NotConnected", "device.not_connected") from None
        raise refused(sane, error, device) from None


def listing(call: Call) -> Answer:
    return {"devices": [list(found) for found in sane_module().get_devices(bool(call.args.get("local")))]}, []


def probe(call: Call) -> Answer:
    with opened(sane_module(), str(call.args["device"])) as scanner:
        return {"sources": scanner.offered("source"), "modes": scanner.offered("mode")}, []


def scan(call: Call) -> Answer:
    sane, device, wanted = sane_module(), str(call.args["device"]), str(call.args.get("source", "auto"))
    with opened(sane, device) as scanner:
        offered = scanner.offered("source")
        chosen = sources(offered, wanted, bool(call.args.get("duplex"))) if offered else [""]
        if not chosen:
            raise Refusal("DeviceTrouble", "scanner.no_source", expected=wanted, found=", ".join(offered)[:80])
        done = threading.Event()
        watcher = threading.Thread(target=_cancel_when_cut, args=(call, scanner, done), daemon=True)
        watcher.start()
        try:
            for number, source in enumerate(chosen):
                pages = _pages(call, sane, scanner, source, last=number == len(chosen) - 1)
                if pages:
                    return {"pages": pages}, []
            raise Refusal("MediaEmpty", "scanner.empty")
        finally:
            done.set()


def _pages(call: Call, sane: Any, scanner: Scanner, source: str, last: bool) -> int:
    """Scan everything one source has; 0: an empty feeder while there is a flatbed to try."""
    args = call.args
    count, room = 0, int(args["max_bytes"])
    feeder = bool(source) and _feeds(source)
    try:
        scanner.prepare(source, int(args["dpi"]), bool(args.get("duplex")), dict(args.get("options") or {}))
        while True:
            head, data = scanner.page(room)
            if count == int(args["max_pages"]):
                raise Refusal("DeviceTrouble", "scanner.too_many", limit=count)
            count, room = count + 1, room - len(data)
            call.event("page", head, [data])
            if call.cut.is_set():
                raise Refusal("CaptureFailed", "device.interrupted", count=count)
            if not feeder:
                return count
    except Refusal as refusal:
        raise (Refusal("CaptureFailed", "device.interrupted", count=count) if call.cut.is_set() else refusal) from None
    except sane._sane.error as error:
        if call.cut.is_set():
            raise Refusal("CaptureFailed", "device.interrupted", count=count) from None
        if str(error) == NO_DOCUMENTS and (count or not last):
            return count
        raise refused(sane, error, str(args["device"]), count) from None


def _cancel_when_cut(call: Call, scanner: Scanner, done: threading.Event) -> None:
    while not done.is_set():
        if call.cut.wait(0.1):
            if not done.is_set():
                scanner.cancel()
            return


if __name__ == "__main__":
    serve({"list": listing, "probe": probe, "scan": scan})
