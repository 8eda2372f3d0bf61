"""Berita Acara Pemusnahan Data, read back by another program: what was destroyed, how, on what ground, and nobody's name or NIK."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from paper_samples import CAMAT, KOP, RESOURCES
from pdf_text import pages

from ktpel_kiosk.desk.purge_paper import ranges
from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.ports.papers import DataPurgePaper, Signer

DIGEST = "9aab0699b8f195aef05f9df6cf55d49dad0511cda0a22a1acd268313ff7c1d80"
PAPER = DataPurgePaper(
    kop=KOP, nomor="400.8.1.2/BAPD/002/427.82/2026", on=date(2026, 11, 26), place="Kecamatan Tempeh", count=4812, digest=DIGEST,
    fakta=(("Stasiun", "tempeh-meja-1"), ("Nomor urut paket", "1–4.790, 4.793–4.814"), ("Disegel", "20 Agustus 2026 s.d. 26 Oktober 2026"),
           ("Tanda terima", "20 Oktober 2026 s.d. 27 Oktober 2026"),
           ("Masa simpan", "30 hari sesudah tanda terima (sampai dengan 27 Oktober 2026)"), ("Jumlah data", "5.102,4 MB")),
    place_date="Tempeh, 26 November 2026", petugas=Signer("Supervisor", "Bambang Sutrisno, S.STP", "198807122007011002"), mengetahui=CAMAT,
    jam="14.05 WIB", qr_text="400.8.1.2/BAPD/002/427.82/2026")


@pytest.fixture(scope="module")
def office() -> OfficeDocuments:
    return OfficeDocuments(RESOURCES)


def test_one_page_says_what_how_and_why(office: OfficeDocuments) -> None:
    (text,) = pages(office.data_purge(PAPER))
    for part in ("BERITA ACARA", "PEMUSNAHAN DATA PEREKAMAN", PAPER.nomor, "4.812 (empat ribu delapan ratus dua belas) paket",
                 "Undang-Undang Nomor 27 Tahun 2022", "1–4.790, 4.793–4.814", "AES-256", "Kamis tanggal dua puluh enam bulan November",
                 "Yang memusnahkan", "Mengetahui", "Bambang Sutrisno", "9aab0699 b8f195ae"):
        assert part in text, part
    assert "NIK" not in text.replace("PAJAK", "")


def test_the_nightly_run_is_a_record_without_number_and_signature(office: OfficeDocuments) -> None:
    (text,) = pages(office.data_purge(replace(PAPER, nomor="", petugas=None, mengetahui=None, qr_text="")))
    assert "CATATAN OTOMATIS" in text and "pekerjaan harian" in text
    for part in ("Yang memusnahkan", "Mengetahui", "Demikian", "Nomor: "):
        assert part not in text, part


@pytest.mark.parametrize(("counters", "text"), [
    ([7], "7"), ([1, 2, 3], "1–3"), ([3, 1, 2, 5], "1–3, 5"),
    (list(range(1, 40, 2)), "1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, dan 8 nomor lain sampai 39"),
])
def test_counters_as_spans(counters: list[int], text: str) -> None:
    assert ranges(counters) == text
