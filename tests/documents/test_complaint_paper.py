"""Bukti pengaduan: twice on one sheet, long texts shortened visibly, nothing makes it fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_samples import KOP, RESOURCES
from pdf_text import pages

from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.ports.papers import ComplaintPaper

PAPER = ComplaintPaper(KOP, "0007/PGD/XI/2026", "20 November 2026, 09.15 WIB", "Siti Contoh", "0812 3456 7890", "Langsung",
                       "Normatif (5 hari kerja)", "Antrean tidak dipanggil menurut nomor.", "25 November 2026, 15.00 WIB",
                       "27 November 2026, 15.00 WIB", "Rina Wulandari", ("Kotak saran", "Telepon: (0334) 520003"))


@pytest.fixture(scope="module")
def office() -> OfficeDocuments:
    return OfficeDocuments(RESOURCES)


def read(pdf: bytes) -> tuple[int, str]:
    found = pages(pdf)
    return len(found), " ".join(found)


def test_both_copies_say_number_text_and_deadlines(office: OfficeDocuments) -> None:
    count, text = read(office.complaint(PAPER))
    assert count == 1
    for words in ("BUKTI PENGADUAN", "0007/PGD/XI/2026", "Antrean tidak dipanggil", "27 November 2026, 15.00 WIB", "Rina Wulandari"):
        assert text.count(words) == 2, words
    assert "Lembar 1 untuk pelapor" in text and "Lembar 2 untuk arsip kantor" in text


def test_a_long_complaint_is_shortened_and_says_so(office: OfficeDocuments) -> None:
    count, text = read(office.complaint(replace(PAPER, uraian="Pelayanan lambat sekali. " * 200)))
    assert count == 1 and text.count("teks lengkap tersimpan di register pengaduan") == 2


def test_nobodys_name_stands_under_an_anonymous_one(office: OfficeDocuments) -> None:
    _pages, text = read(office.complaint(replace(PAPER, pelapor="Tanpa nama", kontak="", anonim=True)))
    assert text.count("Tanpa nama") == 2


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=400), name=st.text(max_size=120))
def test_no_text_makes_it_fail(office: OfficeDocuments, text: str, name: str) -> None:
    assert office.complaint(replace(PAPER, uraian=text, pelapor=name, kontak=name)).startswith(b"%PDF")
