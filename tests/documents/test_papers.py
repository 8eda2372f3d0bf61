"""Slips and letters read back by another program: every word there, once per copy, nothing cut, the same bytes each time."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_samples import PERSON, RESOURCES, handover, letter, receipt
from pdf_text import outside, squeezed, text_of
from pypdf import PdfReader

from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.documents.pen import MM, REGULAR, width_mm, wrap
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.permohonan import RETURN_REASONS


@pytest.fixture(scope="module")
def office() -> OfficeDocuments:
    return OfficeDocuments(RESOURCES)


def test_receipt_says_everything_twice(office: OfficeDocuments) -> None:
    pdf = office.receipt(receipt())
    text = text_of(pdf)
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    for once in ("TANDA TERIMA BERKAS", "0042/KTP/XI/2026", "350805••••••0001", "Fotokopi akta kelahiran", "23 November 2026, 15.00 WIB",
                 "PEMERINTAH KABUPATEN LUMAJANG", "Rina Wulandari", "(0334) 520003"):
        assert text.count(once) >= 2, once
    assert "Lembar 1 untuk pemohon" in text and "Lembar 2 untuk arsip kantor" in text
    assert PERSON.nik not in text


def test_all_papers_are_the_same_every_time_and_embed_their_fonts(office: OfficeDocuments) -> None:
    def make() -> list[bytes]:
        return [office.receipt(receipt()), office.receipt_80mm(receipt()), office.return_slip(receipt(), ["lain"]),
                office.handover(handover()), office.letter(letter("surat_pengantar")), office.letter(letter("surat_keterangan_perekaman"))]

    first = make()
    assert first == make()
    for pdf in first:
        assert pdf.startswith(b"%PDF-")
        fonts = [f.get_object() for p in PdfReader(io.BytesIO(pdf)).pages for f in p["/Resources"]["/Font"].values()]  # type: ignore[index, union-attr]
        names = {str(f["/BaseFont"]) for f in fonts if "/FontDescriptor" in f}
        assert names and all("Inter" in n for n in names)


def test_qr_is_readable_by_another_decoder(office: OfficeDocuments, tmp_path: object) -> None:
    from ktpel_kiosk.documents.pen import Pen, pdf

    drawn: list[tuple[float, float, float, float]] = []

    class Path:
        def rect(self, *box: float) -> None:
            drawn.append(box)

    class Paper:
        def beginPath(self) -> Path: return Path()
        def setFillColorRGB(self, *_: float) -> None: ...
        def drawPath(self, *_: object, **__: object) -> None: ...

    Pen(Paper(), (30.0, 30.0), 0, 0).qr("0042/KTP/XI/2026", 4, 4, 22)  # type: ignore[arg-type]
    scale = 10 / MM
    image = np.full((300, 300), 255, np.uint8)
    for x, y, w, h in drawn:
        image[round(300 - (y + h) * scale):round(300 - y * scale), round(x * scale):round((x + w) * scale)] = 0
    assert cv2.QRCodeDetector().detectAndDecode(image)[0] == "0042/KTP/XI/2026"
    assert pdf("x", (30.0, 30.0), lambda c: c.showPage()).startswith(b"%PDF")


def test_too_long_for_half_a_sheet_becomes_two_sheets(office: OfficeDocuments) -> None:
    papers = tuple((f"Persyaratan nomor {i} dengan uraian yang panjang supaya berganti baris di kolomnya sendiri", i % 2 == 0)
                   for i in range(60))
    missing = tuple(f"Kekurangan nomor {i}" for i in range(30))
    pdf = office.receipt(receipt(berkas=papers, kekurangan=missing))
    text = squeezed(pdf)
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 2
    assert all(text.count(f"Persyaratannomor{i}dengan") == 2 for i in range(60)) and text.count("Kekurangannomor29") == 2
    assert not outside(pdf)


def test_return_slip(office: OfficeDocuments) -> None:
    text = text_of(office.return_slip(receipt(), ["berkas_tidak_lengkap", "Nama pada KK berbeda."]))
    assert "Berkas tidak lengkap" in text and "Nama pada KK berbeda." in text and "dapat diajukan kembali" in text
    for code in RETURN_REASONS[:-1]:
        assert code not in text_of(office.return_slip(receipt(), [code])), "codes are for machines"


def test_handover(office: OfficeDocuments) -> None:
    text = text_of(office.handover(handover(penerima="BUDI CONTOH", hubungan="Penerima kuasa", old_card_withdrawn=True)))
    assert "0107/BP/2026" in text and "BUDI CONTOH (Penerima kuasa)" in text and "KTP-el lama ditarik : Ya" in text
    letters = text_of(office.handover(handover(kind="Surat Pengantar dan Surat Keterangan Perekaman", card_uid="")))
    assert "UID chip" not in letters and "Sidik jari" not in letters and "Surat Pengantar dan Surat Keterangan Perekaman" in letters


def test_surat_pengantar(office: OfficeDocuments) -> None:
    text = text_of(office.letter(letter("surat_pengantar")))
    for piece in ("SURAT PENGANTAR", "Nomor : 400.8.1.2/015/427.82/2026", "Jenis yang dikirim", "Banyaknya", "Keterangan", "1 berkas",
                  PERSON.nik, "berdasarkan data saat ini", "NIP 19700101 199503 1 002", "Kepala Dinas Kependudukan", "Tanda tangan"):
        assert piece in text, piece


def test_keterangan_never_claims_to_be_a_card(office: OfficeDocuments) -> None:
    pdf = office.letter(letter("surat_keterangan_perekaman"))
    text = text_of(pdf)
    for piece in ("SURAT KETERANGAN PEREKAMAN KTP ELEKTRONIK", "bukan pengganti KTP-el", "berdasarkan data saat ini", "19 November 2026",
                  PERSON.nik, "Yang bersangkutan,", "Camat Tempeh"):
        assert piece in text, piece
    assert len(PdfReader(io.BytesIO(pdf)).pages[0].images) == 1
    assert len(PdfReader(io.BytesIO(office.letter(letter("surat_keterangan_perekaman", portrait_png=b"")))).pages[0].images) == 0


names = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ'.-, éüØ", min_size=1, max_size=160).filter(str.strip)


@settings(max_examples=15, deadline=None)
@given(nama=names, alamat=names, jabatan=names)
def test_long_names_stay_whole_and_on_one_page(office: OfficeDocuments, nama: str, alamat: str, jabatan: str) -> None:
    person = replace(PERSON, nama=nama, alamat=alamat)
    for pdf in (office.letter(letter("surat_pengantar", penduduk=person, jabatan=jabatan, nama_penandatangan=nama)),
                office.letter(letter("surat_keterangan_perekaman", penduduk=person, fields=(("Nama", nama), ("Alamat", alamat)))),
                office.handover(handover(nama=nama, penerima=nama)), office.receipt(receipt(nama=nama, petugas=jabatan))):
        assert re.sub(r"\s", "", nama) in squeezed(pdf)
        assert not outside(pdf)


@given(st.text(max_size=120), st.floats(8, 80))
def test_wrapping_loses_nothing(text: str, width: float) -> None:
    lines = wrap(text, REGULAR, 9, width)
    assert "".join("".join(lines).split()) == "".join(text.split()) and len(lines) >= 1
    assert all(width_mm(line, REGULAR, 9) <= width + 1e-6 for line in lines if len(line) > 1)


def test_narrow_receipt_grows_with_its_text(office: OfficeDocuments) -> None:
    def height(paper: object) -> float:
        return float(PdfReader(io.BytesIO(office.receipt_80mm(paper))).pages[0].mediabox.height)  # type: ignore[arg-type]

    assert height(receipt(berkas=tuple((f"Berkas {i}", True) for i in range(30)))) > height(receipt()) + 200
    assert float(PdfReader(io.BytesIO(office.receipt_80mm(receipt()))).pages[0].mediabox.width) == pytest.approx(226.77, abs=0.1)


def test_what_cannot_be_drawn_is_one_error(office: OfficeDocuments) -> None:
    with pytest.raises(BadInput, match=r"document\.image"):
        office.handover(handover(signature_png=b"junk"))
    with pytest.raises(BadInput, match=r"document\.letter"):
        office.letter(letter("surat_cinta"))
