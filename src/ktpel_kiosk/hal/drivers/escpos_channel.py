"""Ways to an ESC/POS printer: TCP, USB, serial, a file or device node. Each use opens, speaks and lets go.

Nothing is held between two slips: many receipt printers serve one connection at a time, and the desk beside may use the same one.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from ktpel_kiosk.domain.errors import BadInput, Busy, DeviceTrouble, NotConnected, OutcomeUnknown, Stalled

CONNECT_S = 3.0
USB_CHUNK = 4096

_TCP = re.compile(r"tcp://(\[[0-9a-fA-F:]+\]|[^/:\s]+)(?::(\d{1,5}))?/?")
_USB = re.compile(r"usb://([0-9a-fA-F]{4}):([0-9a-fA-F]{4})/?")
_SERIAL = re.compile(r"serial:([^,\s]+)(?:,(\d{3,6}))?")


@dataclass(frozen=True, slots=True)
class Address:
    """``tcp://host[:9100]``, ``usb://vid:pid``, ``serial:port[,baud]`` or ``file:path``; ``text`` as given."""

    text: str
    way: str
    name: str
    number: int = 0


def parse_address(text: str) -> Address:
    """Raises BadInput ``receipt_printer.address``."""
    if (m := _TCP.fullmatch(text)) and 0 < int(m[2] or 9100) < 65536:
        return Address(text, "tcp", m[1].strip("[]"), int(m[2] or 9100))
    if m := _USB.fullmatch(text):
        return Address(text, "usb", m[1].lower() + m[2].lower())
    if (m := _SERIAL.fullmatch(text)) and 300 <= int(m[2] or 9600) <= 921600:
        return Address(text, "serial", m[1], int(m[2] or 9600))
    if text.startswith("file:") and len(text) > 5 and "\0" not in text:
        return Address(text, "file", text[5:])
    raise BadInput("receipt_printer.address", value=text[:60])


class Channel(Protocol):
    """``two_way``: the printer can answer here."""

    two_way: bool

    def write(self, data: bytes, timeout_s: float) -> None:
        """All of it. Raises Stalled: the printer does not take it. OutcomeUnknown: the way broke, part of it may be printed."""
        ...

    def read(self, timeout_s: float) -> bytes:
        """What has come, empty when nothing comes in time or this way cannot read."""
        ...

    def close(self) -> None: ...


def open_channel(address: Address) -> Channel:
    """Raises NotConnected, Busy."""
    ways: dict[str, Callable[[Address], Channel]] = {"tcp": TcpChannel, "usb": UsbChannel, "serial": SerialChannel, "file": FileChannel}
    return ways[address.way](address)


def present(address: Address) -> bool:
    """Is it plugged in? A network printer counts as present; whether it answers shows when it is opened."""
    if address.way == "usb":
        return _usb_device(address) is not None
    if address.way == "serial" and os.name == "nt":
        from serial.tools import list_ports

        return address.name.upper() in {str(port.device).upper() for port in list_ports.comports()}
    if address.way in ("serial", "file"):
        path = Path(address.name)
        return path.exists() or (address.way == "file" and not address.name.startswith("/dev/") and path.absolute().parent.is_dir())
    return True


class TcpChannel:
    """Port 9100 of a network printer."""

    two_way = True

    def __init__(self, address: Address) -> None:
        self._device = address.text
        try:
            self._socket = socket.create_connection((address.name, address.number), CONNECT_S)
        except OSError as error:
            raise NotConnected("device.not_connected", device=self._device, operation="open", errno=error.errno) from error

    def write(self, data: bytes, timeout_s: float) -> None:
        self._socket.settimeout(timeout_s)
        try:
            self._socket.sendall(data)
        except TimeoutError:
            raise Stalled("device.no_answer", device=self._device, operation="submit", deadline_s=timeout_s) from None
        except OSError as error:
            raise OutcomeUnknown("receipt_printer.cut_off", device=self._device, operation="submit", errno=error.errno) from error

    def read(self, timeout_s: float) -> bytes:
        self._socket.settimeout(max(0.001, timeout_s))
        try:
            got = self._socket.recv(64)
        except TimeoutError:
            return b""
        except OSError as error:
            raise OutcomeUnknown("receipt_printer.cut_off", device=self._device, operation="status", errno=error.errno) from error
        if not got:
            raise OutcomeUnknown("receipt_printer.cut_off", device=self._device, operation="status")
        return got

    def close(self) -> None:
        """End politely: bytes that came and were not read would make the operating system reset the line under the printer's nose."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            self._socket.settimeout(0.3)
            until = time.monotonic() + 0.5
            while time.monotonic() < until and self._socket.recv(256):
                pass
        self._socket.close()


class SerialChannel:
    """A serial line with hardware flow control."""

    two_way = True

    def __init__(self, address: Address) -> None:
        import serial

        self._device, self._timeout = address.text, serial.SerialTimeoutException
        try:
            self._port: Any = serial.Serial(address.name, address.number, timeout=0.3, dsrdtr=True, exclusive=True)
        except serial.SerialException as error:
            # pyserial turns EACCES, EBUSY and a lost lock into one class; only the number tells
            if error.errno in (11, 13, 16):
                raise Busy("device.busy_elsewhere", device=self._device, operation="open", errno=error.errno) from error
            raise NotConnected("device.not_connected", device=self._device, operation="open", errno=error.errno) from error

    def write(self, data: bytes, timeout_s: float) -> None:
        self._port.write_timeout = timeout_s
        try:
            self._port.write(data)
        except self._timeout:
            raise Stalled("device.no_answer", device=self._device, operation="submit", deadline_s=timeout_s) from None
        except OSError as error:
            raise OutcomeUnknown("receipt_printer.cut_off", device=self._device, operation="submit", errno=error.errno) from error

    def read(self, timeout_s: float) -> bytes:
        self._port.timeout = timeout_s
        try:
            return bytes(self._port.read(1))
        except OSError as error:
            raise OutcomeUnknown("receipt_printer.cut_off", device=self._device, operation="status", errno=error.errno) from error

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._port.close()


class FileChannel:
    """A device node (``/dev/usb/lp0``, ``LPT1``) or an ordinary file that grows by each slip; nothing can be read."""

    two_way = False

    def __init__(self, address: Address) -> None:
        self._device = address.text
        try:
            self._file = os.open(address.name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        except PermissionError as error:
            raise Busy("device.no_permission", device=self._device, operation="open", errno=error.errno) from error
        except OSError as error:
            if error.errno == 16:  # EBUSY: a printer node serves one program
                raise Busy("device.busy_elsewhere", device=self._device, operation="open", errno=error.errno) from error
            raise NotConnected("device.not_connected", device=self._device, operation="open", errno=error.errno) from error

    def write(self, data: bytes, timeout_s: float) -> None:
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._file, rest):]
        except OSError as error:
            raise OutcomeUnknown("receipt_printer.cut_off", device=self._device, operation="submit", errno=error.errno) from error

    def read(self, timeout_s: float) -> bytes:
        return b""

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._file)


class UsbChannel:
    """Bulk endpoints of a USB printer (interface class 7, or a vendor's own with bulk OUT)."""

    def __init__(self, address: Address) -> None:
        import usb.core
        import usb.util

        self._device, self._core, self._util = address.text, usb.core, usb.util
        found = _usb_device(address)
        if found is None:
            raise NotConnected("device.not_connected", device=self._device, operation="open")
        self._usb = found
        try:
            interface = next((i for kind in (7, 255) for i in found.get_active_configuration() if i.bInterfaceClass == kind), None)
            ends = {} if interface is None else {end.bEndpointAddress & 0x80: end for end in interface if end.bmAttributes & 3 == 2}
            if interface is None or 0 not in ends:
                raise DeviceTrouble("receipt_printer.offline", device=self._device, operation="open")
            with contextlib.suppress(NotImplementedError):  # Windows and macOS know no kernel drivers
                if found.is_kernel_driver_active(interface.bInterfaceNumber):
                    found.detach_kernel_driver(interface.bInterfaceNumber)
            usb.util.claim_interface(found, interface.bInterfaceNumber)
        except usb.core.USBError as error:
            usb.util.dispose_resources(found)
            if error.errno in (13, 16):
                key = "device.no_permission" if error.errno == 13 else "device.busy_elsewhere"
                raise Busy(key, device=self._device, operation="open", errno=error.errno) from error
            raise NotConnected("device.unplugged", device=self._device, operation="open", errno=error.errno) from error
        except BaseException:
            usb.util.dispose_resources(found)
            raise
        self._out, self._in = ends[0], ends.get(0x80)
        self.two_way = self._in is not None

    def write(self, data: bytes, timeout_s: float) -> None:
        until = time.monotonic() + timeout_s
        try:
            for start in range(0, len(data), USB_CHUNK):
                left = until - time.monotonic()
                if left <= 0:
                    raise self._core.USBTimeoutError("slip")
                self._out.write(data[start:start + USB_CHUNK], int(left * 1000) + 1)
        except self._core.USBTimeoutError:
            raise Stalled("device.no_answer", device=self._device, operation="submit", deadline_s=timeout_s) from None
        except self._core.USBError as error:
            raise OutcomeUnknown("receipt_printer.cut_off", device=self._device, operation="submit", errno=error.errno) from error

    def read(self, timeout_s: float) -> bytes:
        if self._in is None:
            return b""
        try:
            return bytes(self._in.read(self._in.wMaxPacketSize, int(timeout_s * 1000) + 1))
        except self._core.USBTimeoutError:
            return b""
        except self._core.USBError as error:
            raise OutcomeUnknown("receipt_printer.cut_off", device=self._device, operation="status", errno=error.errno) from error

    def close(self) -> None:
        self._util.dispose_resources(self._usb)


def _usb_device(address: Address) -> Any:
    import usb.core

    try:
        return usb.core.find(idVendor=int(address.name[:4], 16), idProduct=int(address.name[4:], 16))
    except usb.core.NoBackendError:
        raise DeviceTrouble("device.usb_library", operation="discover") from None
    except usb.core.USBError as error:
        raise NotConnected("device.unplugged", operation="discover", errno=error.errno) from error
