"""What a queue says, put into the house's words; and the whole of a job's life as CUPS tells it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ktpel_kiosk.domain.errors import DeviceTrouble, Jammed, MediaEmpty
from ktpel_kiosk.hal.drivers.ipp import queue
from ktpel_kiosk.hal.drivers.ipp.message import Attributes, Resolution
from ktpel_kiosk.ports.devices import PrinterSupplies, PrintJob, PrintJobState

KIND = "card_printer"


def media(*names: str) -> Attributes:
    return {"media-supported": list(names)}


@pytest.mark.parametrize(("names", "size"), [
    (["custom_cr80_53.98x85.6mm"], (5398, 8560)), (["custom_cr80_85.6x53.98mm"], (8560, 5398)),
    (["oe_business-card_2.125x3.375in"], (5398, 8572)), (["iso_id-1_53.98x85.60mm"], (5398, 8560)),
    (["custom_big_86.7x54.1mm"], None), (["iso_a4_210x297mm"], None), (["custom_min_50x80mm", "custom_max_60x90mm"], None),
    (["om_small-photo_54x85mm", "iso_id-1_53.98x85.60mm", "iso_a4_210x297mm"], (5398, 8560)), ([], None), (["unknown"], None)])
def test_a_card_is_iso_cr80_within_a_millimetre_either_way(names: list[str], size: tuple[int, int] | None) -> None:
    found = queue.card_size(media(*names))
    assert (found and (found.width, found.height)) == size


def test_sizes_come_from_the_database_and_ranges_are_no_media() -> None:
    attributes: Attributes = {
        "media-col-database": [{"media-size": {"x-dimension": 5398, "y-dimension": 8560}},
                               {"media-size": {"x-dimension": range(1000, 30000), "y-dimension": range(1000, 30000)}},
                               {"media-type": "auto"}],
        "media-size-supported": [{"x-dimension": 21000, "y-dimension": 29700}], "media-supported": ["iso_a4_210x297mm"]}
    assert queue.sizes(attributes) == [queue.Size("", 5398, 8560), queue.Size("iso_a4_210x297mm", 21000, 29700)]
    assert queue.has_paper(attributes) and not queue.has_paper(media("custom_cr80_53.98x85.6mm"))


@pytest.mark.parametrize(("wanted", "name"), [
    ("A4", "iso_a4_210x297mm"), ("a5 ", "iso_a5_148x210mm"), ("F4", "om_folio_210x330mm"), ("folio", "om_folio_210x330mm"),
    ("80mm", "custom_roll_80x3276mm"), ("80 mm", "custom_roll_80x3276mm"), ("58mm", None), ("A3", None), ("", None), ("kwarto", None)])
def test_papers_by_their_common_names(wanted: str, name: str | None) -> None:
    known = media("iso_a4_210x297mm", "iso_a5_148x210mm", "om_folio_210x330mm", "custom_r_80x200mm", "custom_roll_80x3276mm")
    found = queue.paper_size(known, wanted)
    assert (found.name if found else None) == name


def test_folio_may_be_215_wide() -> None:
    found = queue.paper_size(media("custom_f4_215x330mm"), "F4")
    assert found is not None and found.width == 21500
    assert queue.paper_size(media("na_legal_8.5x14in"), "F4") is None


def test_resolution_resin_and_raster() -> None:
    assert queue.resolution({"printer-resolution-default": [Resolution(600, 600)]}) == 600
    assert queue.resolution({"printer-resolution-supported": [Resolution(10, 10), Resolution(300, 600)]}) == 300
    assert queue.resolution({}) == 300
    assert queue.has_resin("*ColorModel RGB/x\n*DefaultColorModel: RGBW\n")
    assert not queue.has_resin("*DefaultColorModel: RGB\n*ColorModel RGBW/")
    assert queue.is_rastered('*cupsFilter: "application/vnd.cups-raster 0 rastertofargo"\n')
    assert not queue.is_rastered('*cupsFilter2: "image/pwg-raster x 0 -"\n*cupsFilter2: "application/vnd.cups-pdf application/pdf 10 -"')
    assert not queue.is_rastered("")


@pytest.mark.parametrize(("reasons", "key", "error"), [
    (["none"], None, None), (["marker-supply-low-report"], None, None), (["cups-waiting-for-job-completed"], None, None),
    (["media-jam-report"], "card_printer.jam", Jammed), (["media-empty-error", "media-jam-error"], "card_printer.jam", Jammed),
    (["media-needed"], "card_printer.media_empty", MediaEmpty), (["marker-supply-empty-warning"], "card_printer.ribbon_empty", MediaEmpty),
    (["cover-open"], "card_printer.cover", DeviceTrouble), (["offline-report"], "printer.offline", DeviceTrouble),
    (["cups-missing-filter-warning"], "printer.driver_missing", DeviceTrouble)])
def test_complaints(reasons: list[str], key: str | None, error: type | None) -> None:
    found = queue.complaint(reasons, KIND)
    assert (found.message_key if found else None) == key
    assert found is None or type(found) is error


def job(state: int, began: bool = False, reasons: tuple[str, ...] = (), told: tuple[str, ...] = ()) -> Attributes:
    return {"job-id": [7], "job-state": [state], "time-at-processing": [1700000000 if began else None],
            "job-state-reasons": list(reasons), "job-printer-state-reasons": list(told)}


JAM = Jammed("card_printer.jam")
S = PrintJobState


@pytest.mark.parametrize(("attributes", "now", "verdict", "state", "trouble"), [
    (job(3), None, 0, S.PENDING, ""), (job(3), JAM, 0, S.PENDING, "card_printer.jam"),
    (job(4), None, 0, S.PENDING, "printer.held"), (job(4, reasons=("job-incoming",)), None, 0, S.PENDING, ""),
    (job(3, began=True), None, 0, S.PENDING, "printer.retrying"), (job(4, began=True), None, 0, S.PENDING, "printer.retrying"),
    (job(5, began=True), None, 0, S.PRINTING, ""), (job(5, began=True), JAM, 0, S.PRINTING, "card_printer.jam"),
    (job(6, began=True), None, 0, S.PRINTING, "printer.job_stopped"),
    (job(7), None, 0, S.FAILED, "card_printer.cancelled"),
    (job(7, told=("media-jam-report",)), None, 0, S.FAILED, "card_printer.cancelled"),
    (job(7, began=True, told=("media-jam-report",)), None, 0, S.FAILED, "card_printer.jam"),
    (job(7, began=True), None, 0, S.UNKNOWN, "card_printer.cancelled_late"),
    (job(7, began=True, reasons=("job-canceled-by-user",), told=("media-jam-report",)), None, 0, S.UNKNOWN, "card_printer.cancelled_late"),
    (job(8, began=True), None, 0, S.FAILED, "card_printer.failed"),
    (job(8, began=True, told=("cover-open-error",)), None, 0, S.FAILED, "card_printer.cover"),
    (job(9, began=True), None, 0, S.DONE, ""), (job(9, began=True), JAM, 0, S.DONE, ""),
    (job(9, began=True, told=("media-jam-report",)), None, 8, S.FAILED, "card_printer.jam"),
    (job(9, began=True, told=("media-empty-report",)), None, 9, S.DONE, ""),
    (job(9, began=True, told=("media-jam-report",)), None, 0, S.UNKNOWN, "card_printer.jam"),
    (job(9, began=True, told=("cups-ipp-missing-job-history",)), None, 0, S.UNKNOWN, "printer.forgotten"),
    (job(9, began=True, told=("cups-ipp-missing-job-history",)), None, 9, S.DONE, ""),
    (job(9, began=True, told=("cups-ipp-missing-job-history",)), None, 8, S.FAILED, "card_printer.failed")])
def test_life_of_a_job(attributes: Attributes, now: DeviceTrouble | None, verdict: int, state: PrintJobState, trouble: str) -> None:
    assert queue.job_of(attributes, now, KIND, verdict) == PrintJob("7", state, trouble)


def test_supplies_by_the_words_of_their_names() -> None:
    three: Attributes = {"marker-names": ["YMCKO", "Retransfer film", "Card hopper"], "marker-types": ["ribbon-wax", "other", "other"],
                         "marker-levels": [40, 30, -1], "printer-state-reasons": ["marker-supply-low-warning", "media-jam-error"]}
    assert queue.supplies(three, KIND) == PrinterSupplies(40, 30, None, ("card_printer.ribbon_low", "card_printer.jam"))
    assert queue.supplies({"marker-names": ["?"], "marker-levels": [12]}, KIND) == PrinterSupplies(12)
    assert queue.supplies({"marker-names": ["Cyan ink", "Black ink"], "marker-levels": [70, 5]}, KIND).ribbon == 5
    assert queue.supplies({}, KIND) == PrinterSupplies()


def test_a_printer_found_twice_is_one() -> None:
    """Network discovery adds a queue of its own beside the one set up by hand."""
    by_hand: Attributes = {"printer-name": ["ktp-a4"], "device-uri": ["ipp://p/ipp"], "printer-type": [4]}
    found: Attributes = {"printer-name": ["ktp_a4"], "device-uri": ["implicitclass://ktp_a4/"], "printer-type": [0x1000004]}
    same_device: Attributes = {"printer-name": ["office"], "device-uri": ["ipp://p/ipp"], "printer-is-temporary": [True]}
    other: Attributes = {"printer-name": ["lantai-2"], "device-uri": ["implicitclass://lantai-2/"], "printer-type": [0x1000004]}
    second: Attributes = {"printer-name": ["ktp-a4-draf"], "device-uri": ["ipp://p/ipp"], "printer-type": [4]}
    kept = queue.distinct([found, same_device, other, by_hand, second])
    assert [q["printer-name"] for q in kept] == [["ktp-a4"], ["ktp-a4-draf"], ["lantai-2"]]


def test_each_complaint_and_end_has_its_sentence_for_both_kinds() -> None:
    told = tomllib.loads((Path(__file__).resolve().parents[3] / "resources/i18n/id/errors/hal.toml").read_text(encoding="utf-8"))
    endings = {*(key for _, key, _ in queue.REASONS), "failed", "cancelled", "cancelled_late"}
    keys = {f"{kind}.{ending}" for kind in ("card_printer", "document_printer") for ending in endings}
    keys |= {key for _, key in queue.QUEUE_REASONS} | {"printer.forgotten", "printer.retrying", "printer.held", "printer.job_stopped"}
    keys |= {"card_printer.ribbon_low", "card_printer.media_low"}
    assert keys - set(told) == set()
