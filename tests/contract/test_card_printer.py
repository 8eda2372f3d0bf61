"""The contract of CardPrinter, on the simulator and on real CUPS with an ippeveprinter that prints cards."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Protocol

import cups_service
import ipp_proxy
import numpy as np
import pytest
import raster
from PIL import Image
from stub_people import PlainCard, stub_world

from ktpel_kiosk.cards.face import PillowCardRenderer
from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.errors import DeviceTrouble, Jammed, MediaEmpty, NotConnected, NotFound, OutcomeUnknown, Stalled
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.driver import Driver
from ktpel_kiosk.hal.drivers.ipp import CupsCardPrinterDriver, CupsDocumentPrinterDriver
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.devices import CardLayers, DeviceHealth, DeviceKind, PrintJob, PrintJobState
from ktpel_kiosk.ports.services import CardFace

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
FRONT = RawImage(1011, 638, 3, bytes([10, 120, 200]) * (1011 * 638))
OPEN = (PrintJobState.PENDING, PrintJobState.PRINTING)
FAULTS = {"jam": ("jam", Jammed), "media_empty": ("empty", MediaEmpty), "ribbon_empty": ("ribbon", MediaEmpty),
          "cover": ("cover", DeviceTrouble)}
"""The simulator's name, the stand-in's, and the error."""


class Bench(Protocol):
    """A card printer with a hand that breaks and mends it."""

    driver: Driver

    def fault(self, name: str) -> None: ...
    def service(self) -> None: ...


class SimulatedBench:
    def __init__(self) -> None:
        self.world = stub_world()
        self.driver = next(d for d in self.world.drivers() if d.kind is DeviceKind.CARD_PRINTER)

    def fault(self, name: str) -> None:
        self.world.faults.add("card_printer", name)

    def service(self) -> None:
        self.world.service()


class CupsBench:
    def __init__(self, cups: cups_service.PrivateCups) -> None:
        self.cups = cups
        self.driver = CupsCardPrinterDriver("card", cups.server)

    def fault(self, name: str) -> None:
        self.cups.fault("card", FAULTS[name][0])

    def service(self) -> None:
        self.cups.fault("card", "none")
        self.cups.power_off("card")  # it forgets its complaints only like this
        self.cups.power_on("card")


@pytest.fixture(scope="module")
def cups() -> Iterator[cups_service.PrivateCups]:
    """``card`` takes PDF, ``dots`` only raster, ``office`` has A4."""
    reason = cups_service.missing()
    if reason:
        pytest.skip(reason)
    service = cups_service.PrivateCups()
    try:
        service.start()
        service.printer("card", cups_service.card_attributes(formats="application/pdf"))
        service.printer("dots", cups_service.card_attributes(formats="image/pwg-raster"))
        service.printer("office")
        for name in ("card", "dots", "office"):
            service.queue(name)
    except OSError as error:
        service.stop()
        pytest.skip(f"CUPS does not start here: {error}")
    yield service
    service.stop()


@pytest.fixture(autouse=True)
def mended(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that failed half way leaves no broken printer to the next."""
    yield
    if "cups" in request.fixturenames:
        service = request.getfixturevalue("cups")
        if not service.running("cupsd"):
            service.start_scheduler()
        if not service.running("card") or (service.root / "card" / "fault").read_text() != "none":
            CupsBench(service).service()


@pytest.fixture(params=["simulator", "cups"])
def bench(request: pytest.FixtureRequest) -> Bench:
    return SimulatedBench() if request.param == "simulator" else CupsBench(request.getfixturevalue("cups"))


@pytest.fixture
def printer(bench: Bench) -> Iterator:
    device = bench.driver.open(bench.driver.discover()[0])
    yield device
    device.close()


def finish(printer, job: PrintJob, seconds: float = 15) -> PrintJob:
    end = time.monotonic() + seconds
    while job.state in OPEN:
        assert time.monotonic() < end, f"job still {job}"
        job = printer.job(job.job_id)
        time.sleep(0.02)
    return job


WAITS = {"discovery.interval": 0.15, "actor.probe_interval": 0.15, "actor.reopen": 0.1}


def until(what: Callable[[], bool], seconds: float = 8) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.02)


# what every card printer does


def test_media_is_a_card_and_the_printer_is_well(bench: Bench, printer) -> None:
    media = printer.media()
    assert abs(media.width - 8560) <= 100 and abs(media.height - 5398) <= 100
    assert (media.dpi, media.duplex) == (300, True)
    printer.healthy()
    assert printer.identity().model
    supplies = printer.supplies()
    assert supplies.ribbon is None or 0 <= supplies.ribbon <= 100
    assert supplies.reasons == ()


def test_a_card_is_taken_printed_and_found_again(printer) -> None:
    first = printer.submit(FRONT, FRONT, "kartu-satu")
    assert first.state in OPEN
    assert finish(printer, first) == PrintJob(first.job_id, PrintJobState.DONE)
    second = printer.submit(FRONT, None, "kartu-satu")
    assert second.job_id != first.job_id
    assert printer.find("kartu-satu").job_id == second.job_id
    assert printer.find("kartu-tak-ada") is None
    finish(printer, second)
    assert printer.find("kartu-satu").state is PrintJobState.DONE
    for unknown in ("999999", "card-7-9999", "../1", ""):
        with pytest.raises(NotFound):
            printer.job(unknown)


@pytest.mark.parametrize("name", ["jam", "media_empty", pytest.param("ribbon_empty", marks=pytest.mark.gate),
                                  pytest.param("cover", marks=pytest.mark.gate)])
def test_a_fault_names_itself_and_is_over_after_service(bench: Bench, printer, name: str) -> None:
    """At once, or on the job when the printer notices only while it prints; then the printer refuses until it is served."""
    bench.fault(name)
    try:
        job = finish(printer, printer.submit(FRONT, None, f"rusak-{name}"))
        assert (job.state, job.trouble) == (PrintJobState.FAILED, f"card_printer.{name}")
    except DeviceTrouble as refused:
        assert refused.message_key == f"card_printer.{name}"
    for ask in (printer.healthy, lambda: printer.submit(FRONT, None, f"lagi-{name}")):
        with pytest.raises(FAULTS[name][1]) as raised:
            ask()
        assert raised.value.message_key == f"card_printer.{name}"
    bench.service()
    printer.healthy()
    assert printer.find(f"lagi-{name}") is None


# the simulator


def device(world: SimulatedWorld, kind: DeviceKind):
    driver = next(d for d in world.drivers() if d.kind is kind)
    return driver.open(driver.discover()[0])


def test_simulated_card_is_printed_step_by_step_into_the_folder(tmp_path: Path) -> None:
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


def test_simulated_card_goes_to_the_reader() -> None:
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


def test_simulated_jam_spoils_one_card_and_leaves_the_one_before() -> None:
    world = stub_world()
    printer = device(world, DeviceKind.CARD_PRINTER)
    world.faults.add("card_printer", "jam", after=1)
    good = printer.submit(FRONT, None, "satu")
    bad = printer.submit(FRONT, None, "dua")
    assert (bad.state, bad.trouble) == (PrintJobState.FAILED, "card_printer.jam")
    world.service()
    assert len(world.printed()) == 1
    assert printer.job(good.job_id).state is PrintJobState.DONE


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


# CUPS: the card itself


@pytest.fixture(scope="module")
def face() -> CardFace:
    """A name and an address longer than their lines."""
    person = Penduduk(
        "3508054502080001", "RADEN MAS SURYANINGRAT KUSUMOWARDHANI PUTRI MANGKUNEGARAN SARI", "KABUPATEN LUMAJANG", date(2008, 2, 5),
        JenisKelamin.PEREMPUAN, 13, "PERUMAHAN GRIYA ASRI SEJAHTERA BLOK C NOMOR 14 DUSUN KRAJAN WETAN", "001", "002", "TEMPEH LOR",
        "TEMPEH", "LUMAJANG", "JAWA TIMUR", 1, 1, 3)
    portrait = Image.linear_gradient("L").point(lambda grey: 60 + grey // 2).resize((300, 400)).convert("RGB")
    out = io.BytesIO()
    portrait.save(out, "PNG")
    return PillowCardRenderer(RESOURCES).render(person, out.getvalue(), b"", "LUMAJANG", date(2026, 11, 20),
                                                ("PROVINSI JAWA TIMUR", "KABUPATEN LUMAJANG"))


def array(image: RawImage) -> np.ndarray:
    return np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, image.channels)


@pytest.mark.parametrize("queue", ["card", "dots"])
def test_the_print_is_the_preview(cups: cups_service.PrivateCups, face: CardFace, queue: str) -> None:
    """Both sides as they reach the printer, against what the operator saw: no shift, no other size, nothing cut or blurred."""
    driver = CupsCardPrinterDriver(queue, cups.server)
    printer = driver.open(driver.discover()[0])
    before = len(cups.jobs(queue))
    printer.submit(face.front, face.back, "pratinjau", face.layers)
    job = cups.wait_jobs(queue, before + 1)[-1]
    sides = raster.pages(job)
    assert len(sides) == 2
    for page, preview in zip(sides, (face.front, face.back), strict=True):
        assert page.dpi == (300, 300)
        seen, wanted = np.rot90(page.pixels, -1), array(preview)  # the queue feeds the card standing
        assert abs(seen.shape[0] - wanted.shape[0]) <= 1 and abs(seen.shape[1] - wanted.shape[1]) <= 1
        height, width = min(seen.shape[0], wanted.shape[0]), min(seen.shape[1], wanted.shape[1])
        off = np.abs(seen[:height, :width].astype(int) - wanted[:height, :width])
        assert off.mean() < 0.1
        assert off[4:-4, 4:-4].max() <= 2
        assert raster.shift(wanted, seen) == (0, 0)
    settings = (cups.root / queue / f"env-{before}").read_text()
    assert "IPP_JOB_NAME=pratinjau" in settings
    assert "x-dimension=5398 y-dimension=8560" in settings
    assert "IPP_SIDES=two-sided-short-edge" in settings


def test_a_shifted_or_shrunk_print_would_be_seen(face: CardFace) -> None:
    """The comparison can fail."""
    wanted = array(face.front)
    assert raster.shift(wanted, np.roll(wanted, (2, -3), (0, 1))) == (2, -3)
    assert raster.shift(wanted, np.roll(wanted, 1, 1)) == (0, 1)
    shrunk = np.asarray(Image.fromarray(wanted).resize((1001, 632)).resize((1011, 638)))
    assert np.abs(shrunk.astype(int) - wanted).mean() > 1


CARD_PPD = """*PPD-Adobe: "4.3"
*FormatVersion: "4.3"
*FileVersion: "1.0"
*LanguageVersion: English
*LanguageEncoding: ISOLatin1
*PCFileName: "CARD.PPD"
*Manufacturer: "Stand-in"
*Product: "(Card)"
*ModelName: "Stand-in ribbon printer"
*ShortNickName: "Stand-in ribbon printer"
*NickName: "Stand-in ribbon printer"
*PSVersion: "(3010.000) 0"
*LanguageLevel: "3"
*ColorDevice: True
*DefaultColorSpace: RGB
*FileSystem: False
*cupsVersion: 2.4
*cupsFilter2: "application/vnd.cups-raster application/vnd.cups-raster 0 -"
*OpenUI *PageSize/Card: PickOne
*OrderDependency: 10 AnySetup *PageSize
*DefaultPageSize: CR80
*PageSize CR80/CR80: "<</PageSize[151.92 241.92]/ImagingBBox null>>setpagedevice"
*CloseUI: *PageSize
*OpenUI *PageRegion: PickOne
*OrderDependency: 10 AnySetup *PageRegion
*DefaultPageRegion: CR80
*PageRegion CR80/CR80: "<</PageSize[151.92 241.92]/ImagingBBox null>>setpagedevice"
*CloseUI: *PageRegion
*DefaultImageableArea: CR80
*ImageableArea CR80: "0 0 151.92 241.92"
*DefaultPaperDimension: CR80
*PaperDimension CR80: "151.92 241.92"
*OpenUI *ColorModel/Ribbon: PickOne
*OrderDependency: 10 AnySetup *ColorModel
*DefaultColorModel: {model}
*ColorModel RGB/YMC: "<</cupsColorSpace 1/cupsColorOrder 0/cupsBitsPerColor 8>>setpagedevice"
*ColorModel RGBW/YMCK: "<</cupsColorSpace 17/cupsColorOrder 0/cupsBitsPerColor 8>>setpagedevice"
*CloseUI: *ColorModel
*OpenUI *Duplex/Sides: PickOne
*OrderDependency: 20 AnySetup *Duplex
*DefaultDuplex: None
*Duplex None/One: "<</Duplex false>>setpagedevice"
*Duplex DuplexNoTumble/Long: "<</Duplex true/Tumble false>>setpagedevice"
*Duplex DuplexTumble/Short: "<</Duplex true/Tumble true>>setpagedevice"
*CloseUI: *Duplex
*OpenUI *Resolution/Resolution: PickOne
*OrderDependency: 20 AnySetup *Resolution
*DefaultResolution: 300dpi
*Resolution 300dpi/300: "<</HWResolution[300 300]>>setpagedevice"
*CloseUI: *Resolution
*DefaultFont: Courier
*Font Courier: Standard "(1)" Standard ROM
"""


def test_words_reach_a_resin_queue_as_pure_black_dot_for_dot(cups: cups_service.PrivateCups, face: CardFace) -> None:
    """A queue described by a PPD with a black panel, its page five dots smaller than the card: the words of the layer are pure black
    in its raster and nothing else is, and the card is cut evenly at the edges."""
    assert face.layers is not None and face.layers.front_resin is not None
    out = cups.ppd_queue("ribbon", CARD_PPD.format(model="RGBW"))
    driver = CupsCardPrinterDriver("ribbon", cups.server)
    printer = driver.open(driver.discover()[0])
    media = printer.media()
    assert media.resin and (media.width, media.height) == (8534, 5359)
    job = printer.submit(face.front, None, "resin", face.layers)
    assert finish(printer, job).state is PrintJobState.DONE
    page = raster.pages(out)[0].pixels
    assert page.shape[:2] == (1008, 633)
    black = (np.rot90(page, -1)[..., :3] == 0).all(axis=2)
    wanted = array(face.layers.front_resin)[3:636, 2:1010, 0] < 128
    assert 0.01 < wanted.mean() < 0.2
    assert (black == wanted).mean() > 0.9999
    picture = np.rot90(page, -1)[..., :3][~wanted].astype(int)
    assert np.abs(picture - array(face.layers.front)[3:636, 2:1010][~wanted]).mean() < 0.1


@pytest.mark.gate
def test_without_a_resin_panel_the_whole_picture_is_printed(cups: cups_service.PrivateCups, face: CardFace) -> None:
    out = cups.ppd_queue("dye", CARD_PPD.format(model="RGB"))
    driver = CupsCardPrinterDriver("dye", cups.server)
    printer = driver.open(driver.discover()[0])
    assert not printer.media().resin
    assert CupsCardPrinterDriver("dye", cups.server, resin=True).open(driver.discover()[0]).media().resin
    finish(printer, printer.submit(face.front, None, "warna", face.layers))
    seen = np.rot90(raster.pages(out)[0].pixels, -1)
    assert np.abs(seen.astype(int) - array(face.front)[3:636, 2:1010]).mean() < 0.1


def test_layers_are_checked_like_the_sides(cups: cups_service.PrivateCups, face: CardFace) -> None:
    printer = CupsBench(cups).driver.open(CupsBench(cups).driver.discover()[0])
    with pytest.raises(DeviceTrouble) as raised:
        printer.submit(RawImage(638, 1011, 3, bytes(638 * 1011 * 3)), None, "berdiri")
    assert raised.value.message_key == "card_printer.image_size"
    with pytest.raises(DeviceTrouble):
        printer.submit(RawImage(2022, 1275, 3, bytes(2022 * 1275 * 3)), None, "600 dpi")
    resin = CupsCardPrinterDriver("card", cups.server, resin=True)
    layers = CardLayers(FRONT, RawImage(100, 100, 1, bytes(10_000)))
    with pytest.raises(DeviceTrouble):
        resin.open(resin.discover()[0]).submit(FRONT, None, "lapisan", layers)
    assert printer.find("berdiri") is None and printer.find("lapisan") is None


# CUPS: refusals


def test_paper_is_no_card(cups: cups_service.PrivateCups) -> None:
    """Asked for by name it is refused; on its own it is never taken for a card printer."""
    driver = CupsCardPrinterDriver("office", cups.server)
    printer = driver.open(driver.discover()[0])
    for ask in (printer.media, printer.healthy, lambda: printer.submit(FRONT, None, "ke-a4")):
        with pytest.raises(DeviceTrouble) as raised:
            ask()
        assert raised.value.message_key == "printer.no_card_media"
    assert printer.find("ke-a4") is None
    assert cups.jobs("office") == []
    found = {each.key for each in CupsCardPrinterDriver(server=cups.server).discover()}
    assert {"card", "dots"} <= found and "office" not in found
    assert {each.key for each in CupsDocumentPrinterDriver(server=cups.server).discover()} == {"office"}


@pytest.mark.parametrize(("close", "open_again", "key"), [
    ("cupsdisable", "cupsenable", "printer.paused"), ("cupsreject", "cupsaccept", "printer.rejecting")])
def test_closed_queue_refuses_before_anything_is_sent(cups: cups_service.PrivateCups, close: str, open_again: str, key: str) -> None:
    printer = CupsBench(cups).driver.open(CupsBench(cups).driver.discover()[0])
    cups.command(close, "card")
    try:
        for ask in (printer.healthy, lambda: printer.submit(FRONT, None, close)):
            with pytest.raises(DeviceTrouble) as raised:
                ask()
            assert raised.value.message_key == key
    finally:
        cups.command(open_again, "card")
    printer.healthy()
    assert printer.find(close) is None


# CUPS: what is not known stays not known


def test_waiting_card_is_cancelled_and_a_card_at_work_is_not_promised(cups: cups_service.PrivateCups) -> None:
    printer = CupsBench(cups).driver.open(CupsBench(cups).driver.discover()[0])
    cups.fault("card", "slow2")
    first, second = printer.submit(FRONT, None, "lambat"), printer.submit(FRONT, None, "menunggu")
    assert printer.cancel(second.job_id) == PrintJob(second.job_id, PrintJobState.FAILED, "card_printer.cancelled")
    until(lambda: printer.job(first.job_id).state is PrintJobState.PRINTING)
    assert printer.cancel(first.job_id) == PrintJob(first.job_id, PrintJobState.UNKNOWN, "card_printer.cancelled_late")
    cups.fault("card", "none")
    cups.power_off("card")
    cups.power_on("card")
    with pytest.raises(NotFound):
        printer.cancel("99999")


def test_printer_switched_off_in_mid_card_does_not_become_done(cups: cups_service.PrivateCups) -> None:
    """CUPS calls such a job completed, because the printer has forgotten it."""
    printer = CupsBench(cups).driver.open(CupsBench(cups).driver.discover()[0])
    before = len(cups.jobs("card"))
    cups.fault("card", "slow9")
    job = printer.submit(FRONT, None, "mati-lampu")
    until(lambda: printer.job(job.job_id).state is PrintJobState.PRINTING)
    time.sleep(0.3)  # the printer has it
    cups.power_off("card")
    assert printer.job(job.job_id) == PrintJob(job.job_id, PrintJobState.PRINTING, "printer.offline")
    with pytest.raises(DeviceTrouble) as raised:
        printer.submit(FRONT, None, "sesudahnya")
    assert raised.value.message_key == "printer.offline"
    cups.fault("card", "none")
    cups.power_on("card")
    assert finish(printer, job) == PrintJob(job.job_id, PrintJobState.UNKNOWN, "printer.forgotten")
    assert len(cups.jobs("card")) == before
    assert finish(printer, printer.submit(FRONT, None, "sesudahnya")).state is PrintJobState.DONE


@pytest.fixture
def line(cups: cups_service.PrivateCups, tmp_path: Path) -> Iterator[ipp_proxy.BrittleLine]:
    made = ipp_proxy.BrittleLine(tmp_path / "s", cups.server)
    yield made
    made.close()


def over(line: ipp_proxy.BrittleLine):
    driver = CupsCardPrinterDriver("card", line.path)
    return driver.open(driver.discover()[0])


def test_line_breaks_while_the_card_is_on_its_way(cups: cups_service.PrivateCups, line: ipp_proxy.BrittleLine) -> None:
    """Half of it arrived: the job is asked for, cancelled, and certainly not printed."""
    printer, before = over(line), len(cups.jobs("card"))
    line.cut = ipp_proxy.SEND_DOCUMENT
    with pytest.raises(DeviceTrouble) as raised:
        printer.submit(FRONT, None, "putus")
    assert (line.broken, raised.value.message_key, raised.value.code) == (1, "printer.interrupted", "DEVICE")
    assert printer.find("putus") == PrintJob(str(raised.value.facts["job"]), PrintJobState.FAILED, "card_printer.cancelled")
    assert finish(printer, printer.submit(FRONT, None, "putus-lagi")).state is PrintJobState.DONE
    assert len(cups.jobs("card")) == before + 1


def test_lost_answer_of_a_card_that_arrived_is_no_second_card(cups: cups_service.PrivateCups, line: ipp_proxy.BrittleLine) -> None:
    printer, before = over(line), len(cups.jobs("card"))
    line.cut, line.when = ipp_proxy.SEND_DOCUMENT, "answer"
    job = printer.submit(FRONT, None, "jawaban-hilang")
    assert line.broken == 1
    assert finish(printer, job) == PrintJob(job.job_id, PrintJobState.DONE)
    assert len(cups.jobs("card")) == before + 1


@pytest.mark.gate
def test_nobody_left_to_ask_is_an_unknown_outcome(cups: cups_service.PrivateCups, line: ipp_proxy.BrittleLine) -> None:
    """The card is printed, nobody says so; the title finds it afterwards."""
    printer = over(line)
    line.cut, line.when, line.dead = ipp_proxy.SEND_DOCUMENT, "answer", True
    with pytest.raises(OutcomeUnknown) as raised:
        printer.submit(FRONT, None, "tak-diketahui")
    line.dead = False
    found = printer.find("tak-diketahui")
    assert found.job_id == raised.value.facts["job"]
    assert finish(printer, found).state is PrintJobState.DONE


@pytest.mark.gate
def test_lost_answer_to_an_empty_job_leaves_nothing_to_print(cups: cups_service.PrivateCups, line: ipp_proxy.BrittleLine) -> None:
    printer = over(line)
    line.cut, line.when = ipp_proxy.CREATE_JOB, "answer"
    with pytest.raises(NotConnected) as raised:
        printer.submit(FRONT, None, "kosong")
    assert raised.value.message_key == "printer.service"
    assert printer.find("kosong").state is PrintJobState.FAILED


# CUPS: pulled and put back, through the device manager

def test_everything_can_be_pulled_and_put_back(cups: cups_service.PrivateCups) -> None:
    """Queue deleted and made again, scheduler stopped and started, printer switched off and on: the kiosk goes on by itself."""
    with DeviceManager([CupsCardPrinterDriver("card", cups.server)], Deadlines(WAITS)) as manager:
        def state():
            return next(s for s in manager.states() if s.kind is DeviceKind.CARD_PRINTER)

        def print_one(title: str) -> PrintJob:
            return manager.call(DeviceKind.CARD_PRINTER, "card_printer.submit", lambda p: p.submit(FRONT, None, title), 10).result()

        def ready() -> bool:
            return state().health is DeviceHealth.READY

        manager.settle()
        until(ready)

        cups.command("lpadmin", "-x", "card")
        until(lambda: state().health is DeviceHealth.MISSING)
        with pytest.raises(NotConnected):
            print_one("tanpa-antrean")
        cups.queue("card")
        until(ready)
        print_one("antrean-kembali")

        cups.stop_scheduler()
        until(lambda: state().trouble == "printer.service")
        with pytest.raises(NotConnected):
            print_one("tanpa-cups")
        cups.start_scheduler()
        until(ready)
        print_one("cups-kembali")

        cups.power_off("card")
        until(lambda: state().trouble == "printer.offline")
        with pytest.raises(DeviceTrouble):
            print_one("tanpa-pencetak")
        cups.power_on("card")
        until(ready)
        job = print_one("pencetak-kembali")
        until(lambda: manager.call(DeviceKind.CARD_PRINTER, "card_printer.job", lambda p: p.job(job.job_id), 5).result().state
              is PrintJobState.DONE)


@pytest.mark.gate
def test_a_frozen_scheduler_stalls_and_nothing_else(cups: cups_service.PrivateCups, monkeypatch: pytest.MonkeyPatch) -> None:
    printer = CupsBench(cups).driver.open(CupsBench(cups).driver.discover()[0])
    monkeypatch.setattr("ktpel_kiosk.hal.drivers.ipp.client.Client.ask.__kwdefaults__", {
        "queue": "", "document": b"", "deadline_s": 0.3})
    cups.freeze_scheduler()
    try:
        started = time.monotonic()
        with pytest.raises(Stalled):
            printer.healthy()
        assert time.monotonic() - started < 2
    finally:
        cups.thaw_scheduler()
    printer.healthy()
