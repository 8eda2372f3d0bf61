"""Document scanners on Windows through WIA's automation objects (wiaaut.dll), without any dialog.

Every object is asked for anew in each call: COM objects belong to the thread that made them, and a scanner that is kept connected is
taken away from other programs.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ktpel_kiosk.domain.biometric import DeviceIdentity, RawImage
from ktpel_kiosk.domain.errors import Busy, CaptureFailed, DeviceTrouble, Jammed, MediaEmpty, NotConnected, Stalled
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.worker_device import check_scan_settings
from ktpel_kiosk.hal.pictures import decoded
from ktpel_kiosk.ports.devices import DeviceKind

SCANNER = 1
"""WiaDeviceType ScannerDeviceType."""
BMP = "{B96B3CAB-0728-11D3-9D7B-0000F81EF32E}"
CAPABILITIES, STATUS, SELECT, PAGES = "3086", "3087", "3088", "3096"
FEED, FLAT, DUPLEX = 1, 2, 4
INTENT, X_PPI, Y_PPI, X_START, Y_START, X_EXTENT, Y_EXTENT = "6146", "6147", "6148", "6149", "6150", "6151", "6152"
COLOUR = 1
A4_INCH = (8.27, 11.69)
MOST_PIXELS = 150_000_000
"""A4 at 1,200 per inch."""
PAPER_EMPTY = 0x80210003
TROUBLE: Mapping[int, tuple[type[DeviceTrouble], str]] = {
    0x80210002: (Jammed, "scanner.jam"),
    PAPER_EMPTY: (MediaEmpty, "scanner.empty"),
    0x80210004: (Jammed, "scanner.jam"),           # paper problem
    0x80210005: (NotConnected, "device.unplugged"),  # offline
    0x80210006: (Busy, "device.busy_elsewhere"),
    0x80210007: (Busy, "device.busy"),             # warming up
    0x80210008: (DeviceTrouble, "scanner.attention"),
    0x80210009: (NotConnected, "device.unplugged"),  # item deleted
    0x8021000A: (DeviceTrouble, "scanner.line"),
    0x8021000D: (Busy, "device.busy_elsewhere"),   # locked
    0x80210015: (NotConnected, "device.not_connected"),
    0x80210016: (DeviceTrouble, "scanner.cover"),
    0x80210020: (Jammed, "scanner.jam"),           # several sheets at once
    0x80070005: (DeviceTrouble, "scanner.denied"),
    0x8007000E: (DeviceTrouble, "scanner.too_large"),
}
"""By WIA's error code, from wiadef.h."""
DISP_E_EXCEPTION = 0x80020009


def automation(name: str) -> Any:
    """A COM object by its name, through pywin32."""
    import pythoncom  # type: ignore[import-not-found,import-untyped,unused-ignore]
    import win32com.client  # type: ignore[import-not-found,import-untyped,unused-ignore]

    pythoncom.CoInitialize()
    return win32com.client.Dispatch(name)


class WiaScannerDriver:
    """Finds scanners.

    Args:
        device: only this WIA device (its id or name); all when empty.
        dpi, source, duplex, max_pages, max_bytes: as for SANE.
        create: makes the automation object of that name.

    Raises:
        BadInput: ``scanner.setting``.
    """

    kind = DeviceKind.SCANNER
    name = "wia"

    def __init__(self, device: str = "", *, dpi: int = 200, source: str = "auto", duplex: bool = False, max_pages: int = 40,
                 max_bytes: int = 512 << 20, create: Callable[[str], Any] = automation) -> None:
        check_scan_settings(dpi, source, max_pages, max_bytes)
        self._device = device
        self.dpi, self.source, self.duplex, self.max_pages, self.max_bytes = dpi, source, duplex, max_pages, max_bytes
        self._create = create

    def discover(self) -> Sequence[Found]:
        try:
            infos = list(self.infos())
        except ImportError:
            return ()
        found = [Found(str(info.DeviceID), _property(info, "Name") or str(info.DeviceID)) for info in infos]
        return [f for f in found if self._device in ("", f.key, f.label)]

    def infos(self) -> Iterator[Any]:
        """The scanners among WIA's devices (cameras are listed there too)."""
        with _errors("WIA", "discover"):
            listed = self._create("WIA.DeviceManager").DeviceInfos
            for number in range(1, listed.Count + 1):
                info = listed.Item(number)
                if info.Type == SCANNER:
                    yield info

    def open(self, found: Found) -> WiaScanner:
        scanner = WiaScanner(self, found)
        scanner.healthy()
        return scanner


class WiaScanner:
    """One scanner; connected during a scan only."""

    def __init__(self, driver: WiaScannerDriver, found: Found) -> None:
        self._driver = driver
        self._found = found
        self._cut = False
        self._make = ""

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity(self._make, self._found.label, "", "WIA")

    def healthy(self) -> None:
        """It is listed; connecting would wake it up."""
        self._make = _property(self._info(), "Manufacturer")

    def close(self) -> None:
        return None

    def interrupt(self) -> None:
        """Between two pages; WIA's transfer itself cannot be cut short without its dialog."""
        self._cut = True

    def scan(self, timeout_s: float) -> Sequence[RawImage]:
        self._cut = False
        until = time.monotonic() + timeout_s
        with _errors(self._found.label, "scan"):
            device = self._info().Connect()
            source = self._choose(device)
            item = device.Items.Item(1)
            self._prepare(item)
            pages: list[RawImage] = []
            while True:
                try:
                    pages.append(self._page(item, len(pages), sum(len(p.data) for p in pages)))
                except Exception as error:  # only WIA's own code tells the end of the stack from a fault
                    if pages and source & FEED and _code(error) == PAPER_EMPTY:
                        return tuple(pages)
                    raise
                if not source & FEED:
                    return tuple(pages)
                if self._cut:
                    raise CaptureFailed("device.interrupted", device=self._found.label, count=len(pages))
                if time.monotonic() > until:
                    raise Stalled("device.no_answer", device=self._found.label, operation="scan", deadline_s=timeout_s)

    def _info(self) -> Any:
        for info in self._driver.infos():
            if str(info.DeviceID) == self._found.key:
                return info
        raise NotConnected("device.unplugged", device=self._found.label)

    def _choose(self, device: Any) -> int:
        """Feeder or flatbed, as asked and as it has them; the feeder only while there is paper in it."""
        can = int(_property(device, CAPABILITIES) or 0)
        if not can:  # a flatbed without feeder has no such property
            if self._driver.source == "feeder":
                raise DeviceTrouble("scanner.no_source", device=self._found.label, expected="feeder", found="flatbed")
            return FLAT
        ready = bool(int(_property(device, STATUS) or 0) & FEED)
        wanted = {"feeder": FEED, "flatbed": FLAT}.get(self._driver.source, FEED if can & FEED and (ready or not can & FLAT) else FLAT)
        if not can & wanted:
            raise DeviceTrouble("scanner.no_source", device=self._found.label, expected=self._driver.source, found=str(can))
        if wanted == FEED and not ready:
            raise MediaEmpty("scanner.empty", device=self._found.label)
        both = DUPLEX if wanted == FEED and self._driver.duplex and can & DUPLEX else 0
        _put(device, SELECT, wanted | both)
        if wanted == FEED:
            _put(device, PAGES, 1)
        return wanted | both

    def _prepare(self, item: Any) -> None:
        _put(item, INTENT, COLOUR)
        dpi = _nearest(item, X_PPI, self._driver.dpi)
        for name in (X_PPI, Y_PPI):
            _put(item, name, dpi)
        for name, value in ((X_START, 0), (Y_START, 0), (X_EXTENT, round(A4_INCH[0] * dpi)), (Y_EXTENT, round(A4_INCH[1] * dpi))):
            _put(item, name, value)

    def _page(self, item: Any, count: int, used: int) -> RawImage:
        width, height = int(_property(item, X_EXTENT) or 0), int(_property(item, Y_EXTENT) or 0)
        if used + width * height * 3 > self._driver.max_bytes:
            raise DeviceTrouble("scanner.too_large", device=self._found.label, found=used + width * height * 3)
        file = item.Transfer(BMP)
        if count == self._driver.max_pages:
            raise DeviceTrouble("scanner.too_many", device=self._found.label, limit=count)
        page = _decoded(bytes(file.FileData.BinaryData), round(float(file.HorizontalResolution)))
        if page is None:
            raise CaptureFailed("scanner.no_picture", device=self._found.label)
        if used + len(page.data) > self._driver.max_bytes:
            raise DeviceTrouble("scanner.too_large", device=self._found.label, found=used + len(page.data))
        return page


def _decoded(bitmap: bytes, ppi: int) -> RawImage | None:
    import cv2

    pixels = decoded(bitmap, max_pixels=MOST_PIXELS) if bitmap[:2] == b"BM" else None
    if pixels is None:
        return None
    rgb = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return RawImage(rgb.shape[1], rgb.shape[0], 3, rgb.tobytes(), ppi)


def _find(owner: Any, name: str) -> Any:
    """The property, or ``None``: asking WIA for one that is not there raises."""
    return owner.Properties.Item(name) if owner.Properties.Exists(name) else None


def _property(owner: Any, name: str) -> str:
    found = _find(owner, name)
    return "" if found is None or found.Value is None else str(found.Value)


def _put(owner: Any, name: str, value: int) -> None:
    """Set it where it exists and may be set; a range that ends below is used to its end."""
    found = _find(owner, name)
    if found is None or found.IsReadOnly:
        return
    if found.SubType == 1:  # RangeSubType
        value = min(max(value, int(found.SubTypeMin)), int(found.SubTypeMax))
    found.Value = value


def _nearest(item: Any, name: str, wanted: int) -> int:
    """The least resolution offered that is not below ``wanted``."""
    found = _find(item, name)
    if found is None:
        return wanted
    if found.SubType == 1:
        return min(max(wanted, int(found.SubTypeMin)), int(found.SubTypeMax))
    if found.SubType == 2:  # ListSubType
        values = found.SubTypeValues
        offered = sorted(int(values.Item(n)) for n in range(1, values.Count + 1))
        return next((v for v in offered if v >= wanted), offered[-1] if offered else wanted)
    return wanted


def _code(error: Exception) -> int:
    """WIA's code: automation hides it in the exception's information behind DISP_E_EXCEPTION. 0 where it is no COM error."""
    code = getattr(error, "hresult", 0) or 0
    inner = getattr(error, "excepinfo", None)
    if code & 0xFFFFFFFF == DISP_E_EXCEPTION and inner:
        code = inner[5] or code
    return int(code) & 0xFFFFFFFF


@contextlib.contextmanager
def _errors(device: str, operation: str) -> Iterator[None]:
    """COM errors as the house's; their text is the driver's and is not kept."""
    try:
        yield
    except DeviceTrouble:
        raise
    except Exception as error:
        code = _code(error)
        if not code:
            raise
        kind, key = TROUBLE.get(code, (DeviceTrouble, "device.io"))
        facts = {"cause": "WIA"} if key == "device.io" else {}
        raise kind(key, device=device, operation=operation, status=f"{code:08X}", **facts) from None
