"""The contracts of BarcodeScanner and of the simulated receipt printer."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from stub_people import stub_world

from ktpel_kiosk.domain.errors import (
    DeviceTrouble,
    KioskError,
    MediaEmpty,
    Stalled,
)
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.devices import DeviceKind, PrintJobState

PDF = b"%PDF-1.7\n%%EOF\n"


def device(world: SimulatedWorld, kind: DeviceKind):
    driver = next(d for d in world.drivers() if d.kind is kind)
    return driver.open(driver.discover()[0])


def test_barcode_scanner_reads_what_is_held_before_it() -> None:
    world = stub_world(realtime=True)
    scanner = device(world, DeviceKind.BARCODE)
    with pytest.raises(Stalled):
        scanner.read(0.05)
    world.scan_code("KTPEL-2031/0007")
    assert scanner.read(1) == "KTPEL-2031/0007"
    threading.Timer(0.05, world.scan_code, ("kedua",)).start()
    assert scanner.read(2) == "kedua"
    world.faults.add("barcode", "garbled")
    world.scan_code("12345")
    assert scanner.read(1) == "1245"


def test_slips_fall_into_their_own_folder_and_wide_pages_are_refused(tmp_path: Path) -> None:
    world = stub_world(out_dir=tmp_path)
    printer = device(world, DeviceKind.RECEIPT_PRINTER)
    job = printer.submit(PDF, "Tanda terima", "80mm")
    assert (job.state, job.job_id) == (PrintJobState.DONE, "struk-0001")
    assert (tmp_path / "struk" / "struk-0001.pdf").read_bytes() == PDF
    assert not (tmp_path / "papers").exists()
    with pytest.raises(DeviceTrouble) as raised:
        printer.submit(PDF, "Tanda terima", "A4")
    assert raised.value.message_key == "receipt_printer.too_wide"


@pytest.mark.parametrize(("fault", "error"), [("media_empty", MediaEmpty), ("cover", DeviceTrouble)])
def test_receipt_printer_faults(fault: str, error: type[KioskError]) -> None:
    world = stub_world()
    printer = device(world, DeviceKind.RECEIPT_PRINTER)
    world.faults.add("receipt_printer", fault)
    with pytest.raises(error) as raised:
        printer.submit(PDF, "x", "80mm")
    assert raised.value.message_key == f"receipt_printer.{fault}"
    world.service("receipt_printer")
    world.faults.add("receipt_printer", "jam")
    assert printer.submit(PDF, "x", "80mm").trouble == "receipt_printer.jam"
    assert printer.submit(PDF, "x", "80mm").state is PrintJobState.DONE
