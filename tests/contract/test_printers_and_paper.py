"""The contracts of CardPrinter, DocumentPrinter and BarcodeScanner."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from stub_people import PlainCard, stub_world

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import (
    DeviceTrouble,
    Jammed,
    KioskError,
    MediaEmpty,
    NotConnected,
    NotFound,
    OutcomeUnknown,
    Stalled,
)
from ktpel_kiosk.hal.drivers.folder_printer import FolderPrinterDriver
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.devices import DeviceKind, PrintJobState

FRONT = RawImage(1011, 638, 3, bytes([10, 120, 200]) * (1011 * 638))
PDF = b"%PDF-1.7\n%%EOF\n"


def device(world: SimulatedWorld, kind: DeviceKind):
    driver = next(d for d in world.drivers() if d.kind is kind)
    return driver.open(driver.discover()[0])


def test_card_is_printed_step_by_step_into_the_folder(tmp_path: Path) -> None:
    world = stub_world(out_dir=tmp_path)
    printer = device(world, DeviceKind.CARD_PRINTER)
    assert (printer.media().width, printer.media().height, printer.media().dpi) == (8560, 5398, 300)
    before = printer.ribbon
    job = printer.submit(FRONT, FRONT, "kartu")
    assert job.state is PrintJobState.PENDING
    states = [printer.job(job.job_id).state for _ in range(4)]
    assert states == [PrintJobState.PENDING, PrintJobState.PRINTING, PrintJobState.DONE, PrintJobState.DONE]
    assert printer.ribbon == before - 2
    sides = sorted((tmp_path / "cards").iterdir())
    assert [side.name for side in sides] == [f"{job.job_id}-back.png", f"{job.job_id}-front.png"]
    assert np.asarray(Image.open(sides[1])).tobytes() == FRONT.data


def test_printed_card_goes_to_the_reader() -> None:
    world = stub_world()
    printer, reader = device(world, DeviceKind.CARD_PRINTER), device(world, DeviceKind.CARD_READER)
    job = printer.submit(FRONT, None, "kartu")
    chip = world.card_in_reader(job)
    assert chip is world.printed()[0].chip
    assert reader.connect(0.1) == chip.atr
    assert chip.power_cycles == 1
    world.take_card()
    with pytest.raises(Stalled):
        reader.connect(0.05)
    with pytest.raises(NotFound):
        world.card_in_reader("card-7-9999")
    world.card_in_reader(PlainCard())
    reader.connect(0.05)


def test_hands_free_world_lays_the_card_on_the_reader() -> None:
    world = stub_world(hands_free=True)
    printer, reader = device(world, DeviceKind.CARD_PRINTER), device(world, DeviceKind.CARD_READER)
    printer.submit(FRONT, None, "kartu")
    assert reader.connect(0.05) == PlainCard.atr


def test_job_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    jobs = []
    for _ in range(2):
        world = stub_world(out_dir=tmp_path)
        jobs.append(device(world, DeviceKind.CARD_PRINTER).submit(FRONT, None, "kartu").job_id)
        assert len(world.printed()) == 1
        jobs.append(device(world, DeviceKind.DOCUMENT_PRINTER).submit(PDF, "x").job_id)
    assert jobs == ["card-7-0001", "paper-0001", "card-7-0002", "paper-0002"]


def test_jam_fails_the_job_and_stops_the_printer_until_serviced() -> None:
    world = stub_world()
    printer = device(world, DeviceKind.CARD_PRINTER)
    world.faults.add("card_printer", "jam", after=1)
    good = printer.submit(FRONT, None, "satu")
    bad = printer.submit(FRONT, None, "dua")
    assert (bad.state, bad.trouble) == (PrintJobState.FAILED, "card_printer.jam")
    for ask in (printer.healthy, lambda: printer.submit(FRONT, None, "tiga")):
        with pytest.raises(Jammed):
            ask()
    world.service()
    printer.healthy()
    assert len(world.printed()) == 1
    assert printer.job(good.job_id).state is PrintJobState.DONE


@pytest.mark.parametrize(("fault", "error"), [("media_empty", MediaEmpty), ("ribbon_empty", MediaEmpty), ("cover", DeviceTrouble)])
def test_conditions_stop_the_printer_until_serviced(fault: str, error: type[KioskError]) -> None:
    world = stub_world()
    printer = device(world, DeviceKind.CARD_PRINTER)
    world.faults.add("card_printer", fault)
    with pytest.raises(error) as raised:
        printer.submit(FRONT, None, "kartu")
    assert raised.value.message_key == f"card_printer.{fault}"
    world.service()
    printer.submit(FRONT, None, "kartu")


@pytest.mark.parametrize("printed", [False, True])
def test_power_failure_leaves_the_outcome_unknown(printed: bool) -> None:
    world = stub_world()
    printer = device(world, DeviceKind.CARD_PRINTER)
    world.faults.add("card_printer", "power", printed=printed)
    with pytest.raises(OutcomeUnknown) as raised:
        printer.submit(FRONT, None, "kartu")
    job_id = str(raised.value.facts["job"])
    printer.close()
    again = device(world, DeviceKind.CARD_PRINTER)
    assert len(world.printed()) == int(printed)
    with pytest.raises(NotFound):
        again.job("card-7-0042")
    assert printer.job(job_id).state is PrintJobState.UNKNOWN


def test_only_a_pending_card_can_be_cancelled() -> None:
    world = stub_world()
    printer = device(world, DeviceKind.CARD_PRINTER)
    first, second = printer.submit(FRONT, None, "satu"), printer.submit(FRONT, None, "dua")
    assert printer.cancel(first.job_id).state is PrintJobState.FAILED
    printer.job(second.job_id)
    printer.job(second.job_id)
    assert printer.cancel(second.job_id).state is PrintJobState.PRINTING
    assert [card.job_id for card in world.printed()] == [second.job_id]


def folder(path: Path):
    driver = FolderPrinterDriver(path)
    return driver.open(driver.discover()[0])


papers = pytest.mark.parametrize("make", [
    lambda path: device(stub_world(out_dir=path), DeviceKind.DOCUMENT_PRINTER), folder], ids=["simulator", "folder"])


@papers
def test_paper_is_printed_whole(make: Callable, tmp_path: Path) -> None:
    printer = make(tmp_path)
    jobs = [printer.submit(PDF, "Tanda terima: Siti / 01"), printer.submit(PDF, "Tanda terima: Siti / 01")]
    assert jobs[0].job_id != jobs[1].job_id
    assert {printer.job(job.job_id).state for job in jobs} == {PrintJobState.DONE}
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 2
    assert {path.suffix for path in files} == {".pdf"}
    assert {path.read_bytes() for path in files} == {PDF}
    with pytest.raises(NotFound):
        printer.job("000099-x.pdf")
    printer.healthy()
    assert printer.identity().model


@papers
def test_what_is_not_pdf_is_refused(make: Callable, tmp_path: Path) -> None:
    with pytest.raises(DeviceTrouble) as raised:
        make(tmp_path).submit(b"<html>", "x")
    assert raised.value.message_key == "document_printer.not_pdf"


def test_folder_printer_goes_on_counting_and_notices_a_lost_folder(tmp_path: Path) -> None:
    where = tmp_path / "cetak"
    first = folder(where).submit(PDF, "Surat")
    second = folder(where).submit(PDF, "../../Tanda Terima")
    assert (first.job_id, second.job_id) == ("000001-surat.pdf", "000002-tanda-terima.pdf")
    printer = folder(where)
    for path in where.iterdir():
        path.unlink()
    where.rmdir()
    with pytest.raises(NotConnected):
        printer.submit(PDF, "Surat")
    assert FolderPrinterDriver(where, create=False).discover() == ()
    with pytest.raises(NotFound):
        printer.job("../../etc/passwd")


def test_paper_faults() -> None:
    world = stub_world()
    printer = device(world, DeviceKind.DOCUMENT_PRINTER)
    world.faults.add("document_printer", "jam")
    job = printer.submit(PDF, "x")
    assert (job.state, printer.job(job.job_id).trouble) == (PrintJobState.FAILED, "document_printer.jam")
    world.faults.add("document_printer", "media_empty")
    with pytest.raises(MediaEmpty):
        printer.submit(PDF, "x")
    world.service("document_printer")
    assert printer.submit(PDF, "x").state is PrintJobState.DONE


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
