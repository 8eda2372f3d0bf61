"""The status of a Fargo card printer: parser, pyusb over a backend in Python, pyusb over libusb on a umockdev device."""

from __future__ import annotations

import array
import json
import random
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
import usb.backend
import usb.core
from umock_fargo import QUERY, READY, FargoModel, answer
from umock_usb import Standin, missing

from ktpel_kiosk.domain.errors import Busy, DeviceTrouble, Jammed, MediaEmpty, NotConnected
from ktpel_kiosk.hal.drivers import fargo_usb
from ktpel_kiosk.hal.drivers.card_status import CardPrinterStatus, TimedStatus
from ktpel_kiosk.hal.drivers.fargo_usb import ERRORS, FargoStatus, judge, parse, plugged_in
from ktpel_kiosk.ports.devices import PrinterSupplies

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


# -- the parser --------------------------------------------------------------------------------------------------------


def test_query_is_the_43_captured_bytes() -> None:
    assert fargo_usb.QUERY == QUERY
    assert len(QUERY) == 43


def test_ready_answer() -> None:
    raw = parse(answer())
    assert raw.result == "USR_CMD_SUCCESSFUL"
    assert (raw.flags["DH"], raw.flags["PE"], raw.error) == (1, 0, 0)
    status = judge(raw)
    assert (status.trouble, status.idle, status.supplies.reasons) == (None, True, ())


@pytest.mark.parametrize(("result", "flags", "kind", "key"), [
    ("USR_CMD_SUCCESSFUL", READY.replace("DH:1", "DH:0"), DeviceTrouble, "card_printer.cover"),
    ("USR_CMD_SUCCESSFUL", READY.replace("PE:0", "PE:1"), MediaEmpty, "card_printer.media_empty"),
    ("USR_CMD_FAILED ERROR 25", READY, MediaEmpty, "card_printer.ribbon_missing"),
    ("USR_CMD_FAILED ERR:81", READY, Jammed, "card_printer.feed"),
    ("USR_CMD_SUCCESSFUL", "EC:91;" + READY, MediaEmpty, "card_printer.ribbon_empty"),
    ("USR_CMD_SUCCESSFUL", "ER:93;" + READY, DeviceTrouble, "card_printer.ribbon_wrong"),
    ("USR_CMD_SUCCESSFUL", "ER:97;" + READY, DeviceTrouble, "card_printer.ribbon_search"),
    ("USR_CMD_SUCCESSFUL", "ER:99;" + READY, DeviceTrouble, "card_printer.ribbon_broken"),
    ("ERROR=110", "", Jammed, "card_printer.jam"),
    ("ERROR=203", "", DeviceTrouble, "card_printer.error"),
])
def test_troubles(result: str, flags: str, kind: type[DeviceTrouble], key: str) -> None:
    status = judge(parse(answer(result, flags)))
    assert type(status.trouble) is kind
    assert status.trouble is not None and status.trouble.message_key == key
    assert status.idle is None
    assert status.supplies.reasons == (key,)


@pytest.mark.parametrize("bad", [b"", b"Fg", b"\0\0\0Fg\0\0", b"Fs\0\0\x10\0" + b"x" * 16, b"Fg\0\0\0\0eP", b"Fg\0\0\x02\0\0\0eP"])
def test_what_is_no_answer_is_refused(bad: bytes) -> None:
    with pytest.raises(DeviceTrouble) as raised:
        parse(bad)
    assert raised.value.message_key == "card_printer.status"


def test_fuzzed_answers_give_a_status_or_one_known_error() -> None:
    rng = random.Random(8)
    good, seen = answer(flags="ER:0;" + READY), 0
    for _ in range(3000):
        data = bytearray(good)
        for _ in range(rng.randint(1, 12)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        data = data[:rng.randint(0, len(data))] if rng.random() < 0.4 else data + rng.randbytes(rng.randint(0, 40))
        try:
            status = judge(parse(bytes(data)))
        except DeviceTrouble as trouble:
            assert trouble.message_key == "card_printer.status"
        else:
            seen += 1
            assert status.trouble is None or isinstance(status.trouble, DeviceTrouble)
    assert seen > 300


def test_every_error_number_has_its_sentence() -> None:
    sentences = tomllib.loads((ROOT / "resources/i18n/id/errors/hal.toml").read_text(encoding="utf-8"))
    keys = {key for _, key in ERRORS.values()} | {"card_printer.error", "card_printer.status", "device.no_permission", "device.usb_library"}
    assert not keys - set(sentences)


# -- pyusb over a backend in Python ----------------------------------------------------------------------------------------


class Ids:
    """The descriptors pyusb asks for."""

    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)


class Backend(usb.backend.IBackend):
    """One bus with models of printers; only what a status question needs."""

    def __init__(self, *models: FargoModel) -> None:
        self.models = list(models)
        self.claims = self.open = 0
        self.fail: usb.core.USBError | None = None

    def enumerate_devices(self):
        return iter([m for m in self.models if m.present])

    def get_device_descriptor(self, dev):
        return Ids(bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0, bDeviceProtocol=0, bMaxPacketSize0=64,
                   idVendor=dev.vendor, idProduct=dev.product, bcdDevice=0x100, iManufacturer=1, iProduct=2, iSerialNumber=3,
                   bNumConfigurations=1, address=self.models.index(dev) + 5, bus=1, port_number=1, port_numbers=(1,), speed=3)

    def get_configuration_descriptor(self, dev, config):
        return Ids(bLength=9, bDescriptorType=2, wTotalLength=32, bNumInterfaces=1, bConfigurationValue=1, iConfiguration=0,
                   bmAttributes=0xC0, bMaxPower=50, extra_descriptors=())

    def get_interface_descriptor(self, dev, intf, alt, config):
        if (intf, alt) != (0, 0):
            raise IndexError
        return Ids(bLength=9, bDescriptorType=4, bInterfaceNumber=0, bAlternateSetting=0, bNumEndpoints=0, bInterfaceClass=7,
                   bInterfaceSubClass=1, bInterfaceProtocol=2, iInterface=0, extra_descriptors=())

    def open_device(self, dev):
        self.open += 1
        return dev

    def close_device(self, handle):
        self.open -= 1

    def get_configuration(self, handle):
        return 1

    def claim_interface(self, handle, intf):
        self.claims += 1

    def ctrl_transfer(self, handle, request_type, request, value, index, data, timeout):
        if self.fail is not None:
            raise self.fail
        if not handle.present:
            raise usb.core.USBError("No such device", -4, 19)
        if request_type == 0x80 and request == 6 and value >> 8 == 3:
            body = b"\x09\x04" if not value & 255 else handle.strings[value & 255].encode("utf-16le")
            got: bytes | int = bytes([len(body) + 2, 3]) + body
        else:
            if handle.slow_s > timeout / 1000 and request_type == 0xC1:
                time.sleep(timeout / 1000)
                raise usb.core.USBTimeoutError("timed out", -7, 110)
            got = handle.control(request_type, request, value, index, bytes(data), len(data))
        if isinstance(got, int):
            if got < 0:
                raise usb.core.USBError("pipe", -9, -got)
            return got
        data[:len(got)] = array.array("B", got[:len(data)])
        return min(len(got), len(data))


def test_finds_printers_and_asks_the_wanted_one() -> None:
    bus = Backend(FargoModel(), FargoModel("B7654321"))
    assert [(f.label, f.serial) for f in plugged_in(bus)] == [("DTC4500e", "B1234567"), ("DTC4500e", "B7654321")]
    bus.models[1].ask_say(flags=READY.replace("DH:1", "DH:0"))
    first, second = FargoStatus(backend=bus), FargoStatus("B7654321", backend=bus)
    assert first.trouble() is None and first.supplies() == PrinterSupplies()
    trouble = second.trouble()
    assert trouble is not None and trouble.message_key == "card_printer.cover"
    assert bus.claims == 0, "a vendor request needs no claim: the interface stays the queue's"
    assert bus.open == 0, "the device is let go after each question"
    first.close()
    second.close()
    assert first.trouble() is None and first.supplies() is None


def test_printer_may_go_and_come_back() -> None:
    bus = Backend(FargoModel())
    status = FargoStatus(backend=bus)
    assert status.read().idle
    bus.models[0].present = False
    with pytest.raises(NotConnected):
        status.read()
    with pytest.raises(NotConnected):
        status.read()
    assert status.supplies() is None
    bus.models[0].present = True
    assert status.read().idle
    status.close()


@pytest.mark.parametrize(("number", "kind", "key"), [
    (13, Busy, "device.no_permission"), (16, Busy, "device.busy_elsewhere"), (5, NotConnected, "device.unplugged"),
    (75, DeviceTrouble, "card_printer.status")])
def test_errors_of_usb(number: int, kind: type[DeviceTrouble], key: str) -> None:
    bus = Backend(FargoModel())
    bus.fail = usb.core.USBError("x", -1, number)
    status = FargoStatus(backend=bus)
    with pytest.raises(kind) as raised:
        status.read()
    assert raised.value.message_key == key
    assert bus.open == 0
    assert status.trouble() is None
    status.close()


def test_silent_printer_delays_nobody() -> None:
    bus = Backend(FargoModel())
    bus.models[0].slow_s = 5
    status = FargoStatus(backend=bus, deadline_s=0.1)
    began = time.monotonic()
    assert status.trouble() is None and status.supplies() is None
    assert time.monotonic() - began < 0.4
    status.close()


# -- the deadline ------------------------------------------------------------------------------------------------------


def test_reader_that_hangs_is_asked_once_and_its_late_answer_serves_the_next() -> None:
    release, asked = threading.Event(), []

    def read() -> CardPrinterStatus:
        asked.append(1)
        release.wait(5)
        return CardPrinterStatus(PrinterSupplies(ribbon=40))

    status = TimedStatus(read, deadline_s=0.05, fresh_s=5)
    began = time.monotonic()
    assert [status.supplies(), status.trouble(), status.supplies()] == [None, None, None]
    assert time.monotonic() - began < 1
    assert len(asked) == 1
    release.set()
    for _ in range(100):
        if (got := status.supplies()) is not None:
            break
    assert got == PrinterSupplies(ribbon=40)
    assert len(asked) == 1
    status.close()
    status.close()
    assert status.supplies() is None


def test_reader_that_raises_has_said_nothing() -> None:
    def read() -> CardPrinterStatus:
        raise ValueError("library")

    status = TimedStatus(read)
    assert status.trouble() is None
    status.close()


# -- libusb on a mocked kernel -------------------------------------------------------------------------------------------

CLIENT = """
import json, sys, time
from ktpel_kiosk.domain.errors import DeviceTrouble
from ktpel_kiosk.hal.drivers.fargo_usb import FargoStatus, plugged_in
status = FargoStatus("B1234567", deadline_s=2.0)
for line in sys.stdin:
    began = time.monotonic()
    if line.strip() == "list":
        out = [[f.label, f.serial] for f in plugged_in()]
    else:
        try:
            got = status.read()
            out = [got.trouble.message_key if got.trouble else "", got.idle]
        except DeviceTrouble as trouble:
            out = ["raised", trouble.message_key]
    print(json.dumps([out, time.monotonic() - began]), flush=True)
status.close()
"""


@pytest.mark.skipif(bool(missing()), reason=missing() or "-")
def test_real_libusb_reads_the_status_of_a_mocked_printer() -> None:
    standin = Standin(HERE / "umock_fargo.py")
    client = subprocess.Popen([sys.executable, "-c", CLIENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              env={**standin.env, "PYTHONPATH": str(ROOT / "src")})
    try:
        assert client.stdin is not None and client.stdout is not None

        def ask(what: str) -> Any:
            print(what, file=client.stdin, flush=True)
            return json.loads(client.stdout.readline())[0]

        assert sorted(ask("list")) == [["DTC4500e", "B1234567"], ["DTC4500e", "B7654321"]]
        assert ask("read") == ["", True]
        standin.ask("say", result="USR_CMD_FAILED ERROR 112")
        assert ask("read") == ["card_printer.jam", None]
        standin.ask("say", flags=READY.replace("PE:0", "PE:1"))
        assert ask("read") == ["card_printer.media_empty", None]
        standin.ask("raw", hexed="00")
        assert ask("read") == ["raised", "card_printer.status"]
        standin.ask("unplug")
        assert ask("read")[0] == "raised"
        standin.ask("plug")
        standin.ask("say")
        assert ask("read") == ["", True]
    finally:
        client.stdin.close()
        client.wait(10)
        client.stdout.close()
        standin.stop()
