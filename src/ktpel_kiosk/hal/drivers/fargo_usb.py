"""What a Fargo card printer says about itself over USB: a status source beside the print queue, not a way to print.

The printer answers vendor control transfers, which need no claim of the interface: that one belongs to the queue's backend. A query is
43 bytes: three zeros, a packet header (``Fg``, version 0, length 32, little endian), 32 zeros, ``eP``. The answer (520 bytes at most) is
a packet of the same form whose payload is two texts ended by NUL: the result of the command and flags such as ``DH:1;IH:0;PE:0;``.
Known flags: DH hood (1 closed), PE out of cards (1), IH input hopper (1 has cards; 0 also with a card in the single feed, so it says
nothing). Numbers of errors are the vendor's; where a firmware reports one is not documented: a number behind ``ERROR`` or ``ERR``, or a
flag ``ER`` or ``EC``, is taken for it. The layout was described by others from captures of a DTC4500e; no printer was at hand here.
"""

from __future__ import annotations

import re
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ktpel_kiosk.domain.errors import Busy, DeviceTrouble, Jammed, MediaEmpty, NotConnected
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.hal.drivers.card_status import CardPrinterStatus, TimedStatus
from ktpel_kiosk.ports.devices import PrinterSupplies

VENDOR = 0x09B0
OUT, IN = 0x41, 0xC1
ANSWER_MAX = 520
QUERY = bytes(3) + b"Fg" + struct.pack("<HH", 0, 32) + bytes(32) + b"eP"
SUCCESS = "USR_CMD_SUCCESSFUL"
TRANSFER_MS = 400
"""Of one control transfer; a printer that is busy with a card may not answer at all."""

ERRORS: Mapping[int, tuple[type[DeviceTrouble], str]] = {
    25: (MediaEmpty, "card_printer.ribbon_missing"),
    70: (Jammed, "card_printer.feed"), 81: (Jammed, "card_printer.feed"),
    91: (MediaEmpty, "card_printer.ribbon_empty"),
    93: (DeviceTrouble, "card_printer.ribbon_wrong"), 100: (DeviceTrouble, "card_printer.ribbon_wrong"),
    97: (DeviceTrouble, "card_printer.ribbon_search"),
    99: (DeviceTrouble, "card_printer.ribbon_broken"),
    110: (Jammed, "card_printer.jam"), 112: (Jammed, "card_printer.jam"),
}
"""The vendor's error numbers that the operator can act on."""

_FLAG = re.compile(r"([A-Z]{2}):(-?\d{1,6})(?=;|$)")
_NUMBER = re.compile(r"ERR(?:OR)?\D{0,3}(\d{1,3})(?!\d)")


@dataclass(frozen=True, slots=True)
class RawStatus:
    """An answer taken apart. ``result`` is the command's own word, ``error`` the vendor's number or 0."""

    result: str
    flags: Mapping[str, int] = field(default_factory=dict)
    error: int = 0


def parse(answer: bytes) -> RawStatus:
    """Take an answer apart; whatever is cut off or unknown is left out.

    Raises:
        DeviceTrouble: ``card_printer.status``, this is no answer of such a printer.
    """
    if len(answer) < 6 or answer[:2] != b"Fg":
        raise DeviceTrouble("card_printer.status", operation="status")
    payload = answer[6:6 + struct.unpack_from("<H", answer, 4)[0]]
    texts = [part.decode("ascii", "replace") for part in payload.split(b"\0") if part]
    if not texts:
        raise DeviceTrouble("card_printer.status", operation="status")
    flags = {name: int(value) for text in texts[1:] for name, value in _FLAG.findall(text)}
    numbers = [int(n) for text in texts for n in _NUMBER.findall(text)]
    error = next((n for n in (flags.get("ER", 0), flags.get("EC", 0), *numbers) if n > 0), 0)
    return RawStatus(texts[0][:40], flags, error)


def judge(raw: RawStatus) -> CardPrinterStatus:
    """What an answer means for printing."""
    trouble: DeviceTrouble | None = None
    if raw.error:
        made, key = ERRORS.get(raw.error, (DeviceTrouble, "card_printer.error"))
        trouble = made(key, device_kind="card_printer", status=str(raw.error))
    elif raw.flags.get("DH", 1) == 0:
        trouble = DeviceTrouble("card_printer.cover", device_kind="card_printer")
    elif raw.flags.get("PE", 0) == 1:
        trouble = MediaEmpty("card_printer.media_empty", device_kind="card_printer")
    reasons = (trouble.message_key,) if trouble is not None else ()
    idle = True if raw.result == SUCCESS and trouble is None else None
    return CardPrinterStatus(PrinterSupplies(reasons=reasons), trouble, idle)


class FargoUsb:
    """One printer on USB. :meth:`read` is called by one thread at a time, :meth:`close` by any."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self._lock = threading.Lock()
        self._closed = False

    def read(self) -> CardPrinterStatus:
        """Ask it once.

        Raises:
            NotConnected: unplugged. Busy: no permission, or another program holds it. DeviceTrouble: no sensible answer.
        """
        import usb.core
        import usb.util

        with self._lock:
            if self._closed:
                raise NotConnected("device.unplugged", operation="status")
            try:
                sent = self._device.ctrl_transfer(OUT, 0, 0, 0, QUERY, TRANSFER_MS)
                if sent != len(QUERY):
                    raise DeviceTrouble("card_printer.status", operation="status")
                answer = bytes(self._device.ctrl_transfer(IN, 0, 0, 0, ANSWER_MAX, TRANSFER_MS))
            except usb.core.USBTimeoutError:
                raise DeviceTrouble("card_printer.status", operation="status") from None
            except usb.core.USBError as error:
                raise _usb_trouble(error) from None
            finally:
                usb.util.dispose_resources(self._device)  # the queue's backend may want it for itself
        return judge(parse(answer))

    def close(self) -> None:
        self._closed = True  # a question under way ends by its own time-out and lets go itself


class FargoStatus(TimedStatus):
    """The status source of a Fargo on USB; with several plugged in, the one of this serial.

    The printer is looked up at each question that finds it gone, so it may be plugged in later or elsewhere.

    Args:
        serial: of the wanted printer; empty: the first.
        backend: of pyusb, for tests.
    """

    def __init__(self, serial: str = "", deadline_s: float = 0.9, backend: Any = None) -> None:
        super().__init__(self._look, deadline_s=deadline_s, let_go=self._drop)
        self._serial, self._backend = serial, backend
        self._open: FargoUsb | None = None

    def read(self) -> CardPrinterStatus:
        """Ask at once, without deadline. Raises as :meth:`FargoUsb.read`."""
        return self._look()

    def _look(self) -> CardPrinterStatus:
        if self._open is None:
            self._open = FargoUsb(_find(self._serial, self._backend))
        try:
            return self._open.read()
        except NotConnected:
            self._drop()
            raise

    def _drop(self) -> None:
        held, self._open = self._open, None
        if held is not None:
            held.close()


def plugged_in(backend: Any = None) -> Sequence[Found]:
    """Fargo printers on USB now. Raises DeviceTrouble when USB cannot be listed."""
    import usb.core
    import usb.util

    try:
        devices = list(usb.core.find(find_all=True, idVendor=VENDOR, backend=backend) or ())
    except usb.core.NoBackendError:
        raise DeviceTrouble("device.usb_library", operation="discover") from None
    except usb.core.USBError as error:
        raise _usb_trouble(error) from None
    found = []
    for device in devices:
        serial = _text(device, "serial_number")
        product = _text(device, "product") or f"Fargo {device.idProduct:04x}"
        found.append(Found(f"usb:{device.bus}:{device.address}", product, serial))
        usb.util.dispose_resources(device)
    return found


def _find(serial: str, backend: Any) -> Any:
    import usb.core
    import usb.util

    try:
        devices = list(usb.core.find(find_all=True, idVendor=VENDOR, backend=backend) or ())
    except usb.core.NoBackendError:
        raise DeviceTrouble("device.usb_library", operation="status") from None
    except usb.core.USBError as error:
        raise _usb_trouble(error) from None
    chosen = None
    for device in devices:
        if chosen is None and (not serial or _text(device, "serial_number") == serial):
            chosen = device
        else:
            usb.util.dispose_resources(device)
    if chosen is None:
        raise NotConnected("device.not_connected", device_kind="card_printer", operation="status")
    return chosen


def _text(device: Any, name: str) -> str:
    """A string of the descriptor; empty where it may not be read."""
    import usb.core

    try:
        return str(getattr(device, name) or "")
    except (usb.core.USBError, ValueError, NotImplementedError):
        return ""


def _usb_trouble(error: Any) -> DeviceTrouble:
    number = int(error.errno or 0)
    if number in (13, 16):  # EACCES, EBUSY
        key = "device.no_permission" if number == 13 else "device.busy_elsewhere"
        return Busy(key, device="Fargo", errno=number, operation="status")
    if number in (5, 19, 2):  # EIO, ENODEV, ENOENT: what an unplugged device gives
        return NotConnected("device.unplugged", errno=number, operation="status")
    return DeviceTrouble("card_printer.status", errno=number, operation="status")
