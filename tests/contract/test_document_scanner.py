"""The contract of DocumentScanner, on the simulator and on SANE with its own test backend; SANE's and WIA's peculiarities."""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np
import pytest
import sane_test
import wia_double
from stub_people import stub_world

from ktpel_kiosk.domain.errors import BadInput, Busy, CaptureFailed, DeviceTrouble, Jammed, KioskError, MediaEmpty, NotConnected, Stalled
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.driver import Driver, Found
from ktpel_kiosk.hal.drivers.sane_scanner import SaneScannerDriver
from ktpel_kiosk.hal.drivers.wia_scanner import WiaScannerDriver
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.hal.worker import client
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind


class Bench(Protocol):
    """A scanner with somebody who lays paper into it."""

    driver: Driver
    pages: int

    def fault(self, name: str) -> None: ...
    def mend(self) -> None: ...


class SimulatedBench:
    pages = 2

    def __init__(self) -> None:
        self.world = stub_world()
        self.driver = next(d for d in self.world.drivers() if d.kind is DeviceKind.SCANNER)

    def load(self) -> None:
        self.world.feed_paper("SURAT PENGANTAR RT", "KARTU KELUARGA")

    def fault(self, name: str) -> None:
        self.world.faults.add("scanner", name)

    def mend(self) -> None:
        return None


class SaneBench:
    """The feeder of the test backend holds ten pages."""

    pages = 10
    FAULTS = {"jam": "JAMMED", "empty": "NO_DOCS", "cover": "COVER_OPEN"}

    def __init__(self, folder: Path) -> None:
        self.backend = sane_test.TestBackend(folder)
        self.driver = SaneScannerDriver(config_dir=folder, dpi=75, source="feeder")

    def load(self) -> None:
        return None

    def fault(self, name: str) -> None:
        self.backend.set(self.FAULTS[name])

    def mend(self) -> None:
        self.backend.set()


def sane_or_skip() -> None:
    if reason := sane_test.missing():
        pytest.skip(reason)


@pytest.fixture(params=["simulator", "sane"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    if request.param == "simulator":
        return SimulatedBench()
    sane_or_skip()
    return SaneBench(tmp_path)


@pytest.fixture
def scanner(bench: Bench) -> Iterator:
    found = bench.driver.discover()
    assert len(found) == 1
    device = bench.driver.open(found[0])
    yield device
    device.close()


def test_all_pages_of_the_feeder_arrive_as_a4(bench, scanner) -> None:
    bench.load()
    pages = scanner.scan(20)
    assert len(pages) == bench.pages
    for page in pages:
        assert page.channels == 3
        assert page.ppi >= 75
        assert page.width / page.ppi * 25.4 == pytest.approx(210, abs=1.5)
        assert page.height / page.ppi * 25.4 == pytest.approx(297, abs=1.5)
        assert np.frombuffer(page.data, np.uint8).std() > 10


def test_identity_and_probe(scanner) -> None:
    assert scanner.identity().model
    scanner.healthy()
    scanner.healthy()


@pytest.mark.parametrize(("fault", "error"), [("jam", Jammed), ("empty", MediaEmpty), ("cover", DeviceTrouble)])
def test_faults_are_named_and_the_next_scan_works(bench, scanner, fault: str, error: type[KioskError]) -> None:
    bench.fault(fault)
    with pytest.raises(error) as raised:
        scanner.scan(10)
    assert raised.value.message_key == f"scanner.{fault}"
    bench.mend()
    assert scanner.scan(20)


def test_simulated_pages_differ_and_are_paper() -> None:
    bench = SimulatedBench()
    bench.load()
    pages = bench.driver.open(bench.driver.discover()[0]).scan(5)
    assert pages[0] != pages[1]
    levels = np.frombuffer(pages[0].data, np.uint8)
    assert levels.mean() > 200 and levels.min() < 60
    assert len(bench.driver.open(bench.driver.discover()[0]).scan(5)) == 1


# SANE alone


@pytest.fixture
def backend(tmp_path: Path) -> sane_test.TestBackend:
    sane_or_skip()
    return sane_test.TestBackend(tmp_path)


def opened(backend: sane_test.TestBackend, **settings):
    driver = SaneScannerDriver(config_dir=backend.folder, **{"dpi": 75, **settings})
    return driver, driver.open(Found("test:0", "Noname frontend-tester"))


def test_flatbed_gives_one_page_at_the_asked_resolution(backend) -> None:
    _, scanner = opened(backend, source="flatbed", dpi=200)
    (page,) = scanner.scan(10)
    assert (page.ppi, page.channels) == (200, 3)
    assert (page.width, page.height) == (1653, 2338)


@pytest.mark.parametrize(("status", "error", "key"), [
    ("IO_ERROR", DeviceTrouble, "scanner.line"), ("DEVICE_BUSY", Busy, "device.busy_elsewhere"),
    pytest.param("ACCESS_DENIED", DeviceTrouble, "scanner.denied", marks=pytest.mark.gate),
    pytest.param("NO_MEM", DeviceTrouble, "scanner.too_large", marks=pytest.mark.gate),
    ("EOF", CaptureFailed, "scanner.no_picture"),
    pytest.param("UNSUPPORTED", DeviceTrouble, "scanner.options", marks=pytest.mark.gate),
    pytest.param("CANCELLED", CaptureFailed, "device.interrupted", marks=pytest.mark.gate),
])
def test_each_status_of_sane_is_one_error(backend, status: str, error: type[KioskError], key: str) -> None:
    _, scanner = opened(backend, source="flatbed")
    backend.set(status)
    with pytest.raises(error) as raised:
        scanner.scan(10)
    assert type(raised.value) is error
    assert raised.value.message_key == key
    assert raised.value.facts["device"] == "Noname frontend-tester"


def test_more_pages_or_bytes_than_allowed_are_refused_and_not_cut_off(backend) -> None:
    _, scanner = opened(backend, source="feeder", max_pages=3)
    with pytest.raises(DeviceTrouble) as raised:
        scanner.scan(10)
    assert (raised.value.message_key, raised.value.facts["limit"]) == ("scanner.too_many", 3)
    _, scanner = opened(backend, source="feeder", max_bytes=3_000_000)
    with pytest.raises(DeviceTrouble) as raised:
        scanner.scan(10)
    assert raised.value.message_key == "scanner.too_large"
    _, scanner = opened(backend, source="feeder", max_pages=10)
    assert len(scanner.scan(10)) == 10


def test_scan_that_hangs_is_ended_and_the_next_one_works(backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PATIENCE_S", 0.1)
    _, scanner = opened(backend, source="flatbed")
    backend.set(slow=True)
    started = time.monotonic()
    with pytest.raises(Stalled):
        scanner.scan(0.4)
    assert time.monotonic() - started < 3
    backend.set()
    assert len(scanner.scan(10)) == 1


def test_scan_can_be_cut_short(backend) -> None:
    _, scanner = opened(backend, source="flatbed")
    backend.set(slow=True)
    threading.Timer(0.4, scanner.interrupt).start()
    started = time.monotonic()
    with pytest.raises(CaptureFailed) as raised:
        scanner.scan(30)
    assert raised.value.message_key == "device.interrupted"
    assert time.monotonic() - started < 4
    backend.set()
    assert len(scanner.scan(10)) == 1


def test_scanner_that_went_away(backend) -> None:
    driver, scanner = opened(backend, source="flatbed")
    backend.unplug()
    with pytest.raises(NotConnected):
        scanner.scan(5)
    assert driver.discover() == ()
    with pytest.raises(NotConnected):
        scanner.healthy()
    backend.set(devices=2)
    driver = SaneScannerDriver("test:1", config_dir=backend.folder)
    assert [found.key for found in driver.discover()] == ["test:1"]


@pytest.mark.gate
def test_listing_is_kept_while_nothing_changes(backend) -> None:
    driver, _ = opened(backend)
    assert len(driver.discover()) == 1
    backend.set(devices=2)
    assert len(driver.discover()) == 1
    driver.begin()
    assert len(driver.discover()) == 1
    driver.end(look=True)
    assert len(driver.discover()) == 2


def test_restricted_backends_leave_the_system_alone() -> None:
    sane_or_skip()
    driver = SaneScannerDriver(backends=["test"])
    started = time.monotonic()
    assert [found.key for found in driver.discover()] == ["test:0", "test:1"]
    assert time.monotonic() - started < 3
    assert SaneScannerDriver(backends=["net"]).discover() == ()


def test_network_scanner_by_name_needs_no_listing() -> None:
    driver = SaneScannerDriver("airscan:e0:Kantor")
    assert [(found.key, found.label) for found in driver.discover()] == [("airscan:e0:Kantor", "e0:Kantor")]


@pytest.mark.gate
def test_unknown_option_is_refused(backend) -> None:
    _, scanner = opened(backend, source="flatbed", options={"swdeskew": True})
    with pytest.raises(DeviceTrouble) as raised:
        scanner.scan(5)
    assert raised.value.message_key == "scanner.options"
    _, scanner = opened(backend, source="flatbed", options={"hand-scanner": True, "mode": "Gray"})
    (page,) = scanner.scan(10)
    assert page.channels == 1


def test_machine_without_sane_has_no_scanner(tmp_path: Path) -> None:
    bare = tmp_path / "python"
    bare.write_text(f"#!/bin/sh\nexec {client.os.sys.executable} -S \"$@\"\n")
    bare.chmod(0o755)
    assert SaneScannerDriver(python=str(bare)).discover() == ()
    assert SaneScannerDriver(python=str(tmp_path / "nowhere")).discover() == ()


# WIA, on a double of its automation objects


def wia(scanner: wia_double.Scanner, **settings):
    driver = WiaScannerDriver(create=scanner, **{"dpi": 75, **settings})
    return driver.open(driver.discover()[0])


def test_wia_takes_the_feeder_while_there_is_paper_and_the_flatbed_else() -> None:
    scanner = wia_double.Scanner(sheets=3)
    device = wia(scanner)
    pages = device.scan(20)
    assert [(p.width, p.height, p.channels, p.ppi) for p in pages] == [(620, 877, 3, 75)] * 3
    assert [p.data[:3] for p in pages] == [bytes((200, 100, n)) for n in (1, 2, 3)]
    assert scanner.root["3088"].Value == 1 and scanner.root["3096"].Value == 1 and scanner.item["6146"].Value == 1
    assert len(device.scan(20)) == 1
    assert scanner.root["3088"].Value == 2
    assert (device.identity().make, device.identity().model) == ("Contoh", "Contoh Flat 100")


def test_wia_flatbed_without_feeder_properties_and_duplex() -> None:
    assert len(wia(wia_double.Scanner(feeder=False)).scan(5)) == 1
    both = wia_double.Scanner(sheets=2, duplex=True)
    wia(both, duplex=True).scan(5)
    assert both.root["3088"].Value == 5
    with pytest.raises(DeviceTrouble) as raised:
        wia(wia_double.Scanner(feeder=False), source="feeder").scan(5)
    assert raised.value.message_key == "scanner.no_source"
    with pytest.raises(MediaEmpty):
        wia(wia_double.Scanner(sheets=0), source="feeder").scan(5)


@pytest.mark.parametrize(("fault", "error", "key"), [
    ("jam", Jammed, "scanner.jam"), ("cover", DeviceTrouble, "scanner.cover"), ("busy", Busy, "device.busy_elsewhere"),
    ("offline", NotConnected, "device.unplugged"), ("line", DeviceTrouble, "scanner.line"), ("strange", DeviceTrouble, "device.io"),
    ("empty", MediaEmpty, "scanner.empty"),
])
def test_wia_codes_are_named_and_the_next_scan_works(fault: str, error: type[KioskError], key: str) -> None:
    scanner = wia_double.Scanner(feeder=False)
    device = wia(scanner)
    scanner.fault = fault
    with pytest.raises(error) as raised:
        device.scan(5)
    assert (type(raised.value), raised.value.message_key) == (error, key)
    assert "driver" not in str(raised.value.facts.values())
    scanner.fault = ""
    assert device.scan(5)


def test_wia_jam_after_two_pages_is_a_jam() -> None:
    scanner = wia_double.Scanner(sheets=5)
    device = wia(scanner)
    scanner.fault, scanner.after = "jam", 2
    with pytest.raises(Jammed):
        device.scan(5)


def test_wia_limits_damage_unplug_interrupt_and_odd_resolutions() -> None:
    with pytest.raises(DeviceTrouble) as raised:
        wia(wia_double.Scanner(sheets=4), max_pages=3).scan(5)
    assert raised.value.message_key == "scanner.too_many"
    assert len(wia(wia_double.Scanner(sheets=3), max_pages=3).scan(5)) == 3
    with pytest.raises(DeviceTrouble) as raised:
        wia(wia_double.Scanner(sheets=4), max_bytes=4_000_000).scan(5)
    assert raised.value.message_key == "scanner.too_large"
    assert wia(wia_double.Scanner(feeder=False, resolutions=[60, 100]), dpi=75).scan(5)[0].ppi == 100
    scanner = wia_double.Scanner(sheets=2)
    device = wia(scanner)
    scanner.damaged = True
    with pytest.raises(CaptureFailed):
        device.scan(5)
    scanner.plugged = False
    for ask in (device.healthy, lambda: device.scan(5)):
        with pytest.raises(NotConnected):
            ask()


def test_wia_is_absent_where_pywin32_is() -> None:
    if importlib.util.find_spec("win32com") is not None:
        pytest.skip("pywin32 is installed here")
    assert WiaScannerDriver().discover() == ()


@pytest.mark.parametrize("setting", [{"dpi": 0}, {"dpi": 5000}, {"source": "adf"}, {"max_pages": 0}, {"max_bytes": 10}])
@pytest.mark.parametrize("driver", [SaneScannerDriver, WiaScannerDriver])
def test_settings_no_scanner_can_mean_are_refused(driver, setting) -> None:
    with pytest.raises(BadInput) as raised:
        driver(**setting)
    assert (raised.value.message_key, raised.value.facts["field"]) == ("scanner.setting", next(iter(setting)))


def test_scanner_pulled_and_put_back_works_without_restart(backend) -> None:
    """Through the real manager; the test backend without devices crashes its process, which is a fault of its own."""
    manager = DeviceManager([SaneScannerDriver(config_dir=backend.folder, dpi=75, source="flatbed")],
                            Deadlines({"discovery.interval": 0.1, "actor.reopen": 0.1}))

    def health() -> DeviceHealth:
        return next(state.health for state in manager.states() if state.kind is DeviceKind.SCANNER)

    try:
        assert manager.settle(10)
        assert len(manager.call(DeviceKind.SCANNER, "scanner.scan", lambda s: s.scan(5), 8).result(10)) == 1
        backend.unplug()
        with pytest.raises(NotConnected):
            manager.call(DeviceKind.SCANNER, "scanner.scan", lambda s: s.scan(5), 8).result(10)
        assert health() is not DeviceHealth.READY
        backend.set()
        end = time.monotonic() + 10
        while health() is not DeviceHealth.READY and time.monotonic() < end:
            time.sleep(0.05)
        assert len(manager.call(DeviceKind.SCANNER, "scanner.scan", lambda s: s.scan(5), 8).result(10)) == 1
    finally:
        manager.close()
