"""The contract of DocumentPrinter, on the simulator, the folder printer and real CUPS with an office printer."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cups_service
import pytest
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from stub_people import stub_world

from ktpel_kiosk.domain.errors import DeviceTrouble, MediaEmpty, NotConnected, NotFound
from ktpel_kiosk.hal.drivers.folder_printer import FolderPrinterDriver
from ktpel_kiosk.hal.drivers.ipp import CupsDocumentPrinterDriver
from ktpel_kiosk.ports.devices import DeviceKind, PrintJob, PrintJobState

OPEN = (PrintJobState.PENDING, PrintJobState.PRINTING)


def paper(width: float = 210, height: float = 297, pages: int = 1, text: str = "TANDA TERIMA") -> bytes:
    """Pages of so many millimetres."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(width * mm, height * mm))
    for number in range(pages):
        canvas.drawString(20 * mm, height * mm - 20 * mm, f"{text} {number + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


PDF = paper()


@dataclass
class Bench:
    """``printed``: the papers that came out, as they came."""

    printer: object
    printed: Callable[[], list[bytes]]
    exact: bool = True


@pytest.fixture(scope="module")
def cups() -> Iterator[cups_service.PrivateCups]:
    """``office`` has A4, A5, folio and a roll; ``letter`` none of them."""
    reason = cups_service.missing()
    if reason:
        pytest.skip(reason)
    service = cups_service.PrivateCups("retry-job")
    try:
        service.start()
        sizes = ((21000, 29700), (14800, 21000), (21500, 33000), (8000, 20000))
        service.printer("office", cups_service.card_attributes(sizes, "application/pdf", markers=False))
        service.printer("letter", cups_service.card_attributes(((21590, 27940),), "application/pdf", markers=False))
        for name in ("office", "letter"):
            service.queue(name)
    except OSError as error:
        service.stop()
        pytest.skip(f"CUPS does not start here: {error}")
    yield service
    service.stop()


def folder(path: Path):
    driver = FolderPrinterDriver(path)
    return driver.open(driver.discover()[0])


def queue(cups: cups_service.PrivateCups, name: str = "office"):
    driver = CupsDocumentPrinterDriver(name, cups.server)
    return driver.open(driver.discover()[0])


@pytest.fixture(params=["simulator", "folder", "cups"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    def files() -> list[bytes]:
        return [path.read_bytes() for path in sorted(tmp_path.rglob("*.pdf"))]

    if request.param == "simulator":
        world = stub_world(out_dir=tmp_path)
        driver = next(d for d in world.drivers() if d.kind is DeviceKind.DOCUMENT_PRINTER)
        return Bench(driver.open(driver.discover()[0]), files)
    if request.param == "folder":
        return Bench(folder(tmp_path), files)
    service = request.getfixturevalue("cups")
    before = len(service.jobs("office"))
    return Bench(queue(service), lambda: [job.read_bytes() for job in service.jobs("office")[before:]], exact=False)


def finish(printer, job: PrintJob, seconds: float = 15) -> PrintJob:
    end = time.monotonic() + seconds
    while job.state in OPEN:
        assert time.monotonic() < end, f"job still {job}"
        job = printer.job(job.job_id)
        time.sleep(0.02)
    return job


def words(pdf: bytes) -> list[tuple[tuple[int, int], str]]:
    """Size in millimetres and text of each page."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        return [(tuple(round(side / mm) for side in page.get_size()), page.get_textpage().get_text_range().strip()) for page in document]
    finally:
        document.close()


# every printer of papers


def test_paper_is_printed_whole(bench: Bench) -> None:
    jobs = [bench.printer.submit(paper(pages=2), "Tanda terima: Siti / 01") for _ in range(2)]
    assert jobs[0].job_id != jobs[1].job_id
    assert {finish(bench.printer, job).state for job in jobs} == {PrintJobState.DONE}
    printed = bench.printed()
    assert len(printed) == 2
    for pdf in printed:
        assert words(pdf) == [((210, 297), "TANDA TERIMA 1"), ((210, 297), "TANDA TERIMA 2")]
    with pytest.raises(NotFound):
        bench.printer.job("000099-x.pdf")
    bench.printer.healthy()
    assert bench.printer.identity().model


def test_what_is_not_pdf_is_refused(bench: Bench) -> None:
    with pytest.raises(DeviceTrouble) as raised:
        bench.printer.submit(b"<html>", "x")
    assert raised.value.message_key == "document_printer.not_pdf"
    assert bench.printed() == []


# the folder and the simulator


def test_folder_printer_goes_on_counting_and_notices_a_lost_folder(tmp_path: Path) -> None:
    where = tmp_path / "cetak"
    first = folder(where).submit(PDF, "Surat")
    second = folder(where).submit(PDF, "../../Tanda Terima")
    assert (first.job_id, second.job_id) == ("000001-surat.pdf", "000002-tanda-terima.pdf")
    assert {path.read_bytes() for path in where.iterdir()} == {PDF}
    printer = folder(where)
    for path in where.iterdir():
        path.unlink()
    where.rmdir()
    with pytest.raises(NotConnected):
        printer.submit(PDF, "Surat")
    assert FolderPrinterDriver(where, create=False).discover() == ()
    with pytest.raises(NotFound):
        printer.job("../../etc/passwd")


def test_simulated_paper_faults() -> None:
    world = stub_world()
    driver = next(d for d in world.drivers() if d.kind is DeviceKind.DOCUMENT_PRINTER)
    printer = driver.open(driver.discover()[0])
    world.faults.add("document_printer", "jam")
    job = printer.submit(PDF, "x")
    assert (job.state, printer.job(job.job_id).trouble) == (PrintJobState.FAILED, "document_printer.jam")
    world.faults.add("document_printer", "media_empty")
    with pytest.raises(MediaEmpty):
        printer.submit(PDF, "x")
    world.service("document_printer")
    assert printer.submit(PDF, "x").state is PrintJobState.DONE


def test_job_numbers_go_on_after_a_restart(tmp_path: Path) -> None:
    from ktpel_kiosk.domain.biometric import RawImage

    front = RawImage(1011, 638, 3, bytes(3 * 1011 * 638))
    jobs = []
    for _ in range(2):
        world = stub_world(out_dir=tmp_path)
        drivers = {d.kind: d for d in world.drivers()}
        card, sheet = (drivers[kind].open(drivers[kind].discover()[0]) for kind in (DeviceKind.CARD_PRINTER, DeviceKind.DOCUMENT_PRINTER))
        jobs.append(card.submit(front, None, "kartu").job_id)
        assert len(world.printed()) == 1
        jobs.append(sheet.submit(PDF, "x").job_id)
    assert jobs == ["card-7-0001", "paper-0001", "card-7-0002", "paper-0002"]


# CUPS


@pytest.mark.parametrize(("media", "size", "named"), [
    ("A5", (148, 210), "14800 y-dimension=21000"), ("F4", (215, 330), "21500 y-dimension=33000"),
    ("80mm", (80, 200), "8000 y-dimension=20000"), ("a4", (297, 210), "21000 y-dimension=29700")])
def test_paper_goes_onto_the_paper_it_is_made_for(cups: cups_service.PrivateCups, media: str, size: tuple[int, int], named: str) -> None:
    before = len(cups.jobs("office"))
    queue(cups).submit(paper(*size), "Surat", media)
    job = cups.wait_jobs("office", before + 1)[-1]
    (printed, text), = words(job.read_bytes())
    assert sorted(printed) == sorted(size) and text == "TANDA TERIMA 1"
    assert f"x-dimension={named}" in (cups.root / "office" / f"env-{before}").read_text()


@pytest.mark.parametrize(("name", "size", "media", "key"), [
    ("letter", (210, 297), "A4", "no_media"), ("letter", (80, 150), "80mm", "no_media"), ("office", (210, 297), "A3", "no_media"),
    ("office", (210, 297), "kwarto", "no_media"), ("office", (297, 420), "A4", "page_size"), ("office", (210, 297), "A5", "page_size"),
    ("office", (80, 250), "80mm", "page_size")])
def test_nothing_is_shrunk_or_cut_but_refused(cups: cups_service.PrivateCups, name: str, size: tuple[int, int], media: str,
                                              key: str) -> None:
    before = len(cups.jobs(name))
    printer = queue(cups, name)
    with pytest.raises(DeviceTrouble) as raised:
        printer.submit(paper(*size), f"tolak {media}", media)
    assert raised.value.message_key == f"document_printer.{key}"
    with pytest.raises(DeviceTrouble):
        printer.submit(b"%PDF-1.7\n%%EOF\n", "bukan pdf")
    assert len(cups.jobs(name)) == before


def test_paper_waits_in_the_queue_of_a_printer_that_is_off(cups: cups_service.PrivateCups) -> None:
    """Unlike a card: a receipt may come out once somebody switches the printer on."""
    printer, before = queue(cups, "letter"), len(cups.jobs("letter"))
    cups.power_off("letter")
    with pytest.raises(DeviceTrouble) as raised:
        printer.healthy()
    assert raised.value.message_key == "printer.offline"
    job = printer.submit(paper(216, 279), "menunggu", "LETTER")
    assert printer.job(job.job_id).trouble == "printer.offline"
    cups.power_on("letter")
    assert finish(printer, job, 40).state is PrintJobState.DONE
    assert len(cups.jobs("letter")) == before + 1
    printer.healthy()
