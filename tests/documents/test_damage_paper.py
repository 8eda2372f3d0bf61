"""Berita Acara Kerusakan and the printers' test pages, read back by another program."""

from __future__ import annotations

import io

import pytest
from paper_samples import KOP, RESOURCES, damage
from pdf_text import pages
from pypdf import PdfReader

from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.ports.papers import PrinterTestPaper


@pytest.fixture(scope="module")
def office() -> OfficeDocuments:
    return OfficeDocuments(RESOURCES)


def test_the_damage_report_says_everything_on_one_page(office: OfficeDocuments) -> None:
    (text,) = pages(office.damage_report(damage()))
    for part in ("KERUSAKAN PERANGKAT", "400.8.1.2/BAK/004/427.82/2026", "HID Fargo DTC1500", "B7190345", "Senin, 23 November 2026",
                 "Kartu macet di pemanas", "Kartu tersangkut di printer", "12 dari 96", "Kabel diganti", "tidak dapat dicetak",
                 "Perbaikan atau printer pengganti", "Rabu tanggal dua puluh lima bulan November", "Yang melaporkan", "Mengetahui"):
        assert part in text, part
    assert text.index("Rina Wulandari") < text.index("menyatakan") < text.index("Mengetahui")


def test_parts_that_are_empty_are_left_out_and_the_rest_is_renumbered(office: OfficeDocuments) -> None:
    (text,) = pages(office.damage_report(damage(uji=(), riwayat=(), tindakan="", mengetahui=None)))
    assert "Pengujian" not in text
    assert "Mengetahui" not in text
    assert "3. Dampak pada pelayanan" in text


def test_a_long_story_runs_on_overleaf_and_the_signatures_stay_with_the_closing(office: OfficeDocuments) -> None:
    found = pages(office.damage_report(damage(gejala="Printer berhenti lagi. " * 400, tindakan="Dicoba lagi. " * 200)))
    assert len(found) > 1
    assert "Demikian" in found[-1]
    assert "Yang melaporkan" in found[-1]
    assert sum(t.count("Printer berhenti lagi.") for t in found) == 400


def test_the_test_pages_name_the_printer(office: OfficeDocuments) -> None:
    paper = PrinterTestPaper(KOP, "25 November 2026, 09.15 WIB", "Rina", (("Printer", "Epson L3210"), ("Nomor seri", "X7Y")))
    for pdf, width in ((office.printer_test(paper), 595), (office.printer_test_80mm(paper), 227)):
        reader = PdfReader(io.BytesIO(pdf))
        assert len(reader.pages) == 1
        assert round(float(reader.pages[0].mediabox.width)) == width
        text = reader.pages[0].extract_text()
        assert all(part in text for part in ("Epson L3210", "X7Y", "09.15 WIB", "UJI CETAK"))
