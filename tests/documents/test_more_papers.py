"""Ceklis, verifikasi, berita acara, F-1.02, roll slips, narrative letters and the poster, read back by another program."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_samples import (
    CAMAT,
    PERSON,
    RESOURCES,
    checklist,
    destruction,
    f102,
    handover,
    letter,
    picture,
    receipt,
    report,
    standard,
    verification,
)
from pdf_text import pages, squeezed, text_of
from pypdf import PdfReader

from ktpel_kiosk.documents.f102 import ATTACHED, KINDS, ticked
from ktpel_kiosk.documents.office import OfficeDocuments
from ktpel_kiosk.documents.pen import MISSING, shown
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.ledgers import Pejabat
from ktpel_kiosk.domain.sop import Komponen, Layanan
from ktpel_kiosk.ports.papers import CheckedPaper, Compared, DestroyedCard, Paraf, Signer

NASTY = ("=1+1", "+62", "-5", "@SUM(A1)", "<b>&amp;\"'", "a\nb\tc", "\x00\x07", "日本 العربية 😀", "e\u0301\u202e\u200b", "%s {0} {nama}",
         "'; DROP TABLE --",
         "M. MUT'ROF", "SUHARTO", "x" * 300, "", " ", "☐", "✓", "ﬁ", "\ud800")


@pytest.fixture(scope="module")
def office() -> OfficeDocuments:
    return OfficeDocuments(RESOURCES)


def test_checklist_says_what_is_missing(office: OfficeDocuments) -> None:
    text = text_of(office.checklist(checklist()))
    for piece in ("LEMBAR CEKLIS KELENGKAPAN BERKAS", "0042/KTP/XI/2026", "350805••••••0001", "Fotokopi Kartu Keluarga", "menyusul",
                  "Wajib", "Bila berlaku", "TIDAK LENGKAP", "kurang 1 berkas wajib: Fotokopi Kartu Keluarga",
                  "Berkas dibawa sendiri (tidak dikuasakan)", "Asli dikembalikan.",
                  "3f2a 91c0 7be4 d815", "Paraf verifikator", "Budi Santosa", "Halaman 1 dari 1"):
        assert piece in text, piece
    whole = checklist(items=(CheckedPaper("Formulir F-1.02", True, True), CheckedPaper("Fotokopi ijazah", False, False)))
    assert whole.lengkap and "Hasilpemeriksaan:LENGKAP,berkasdapatdiproses." in squeezed(office.checklist(whole))


def test_a_long_checklist_goes_on_overleaf_with_its_header(office: OfficeDocuments) -> None:
    items = tuple(CheckedPaper(f"Persyaratan nomor {i} dengan uraian yang cukup panjang", True, i % 2 == 0, f"catatan {i}")
                  for i in range(90))
    found = pages(office.checklist(checklist(items=items)))
    assert len(found) > 2 and all(f"Halaman {n} dari {len(found)}" in page for n, page in enumerate(found, start=1))
    assert all("Berkas yang diminta" in page for page in found if "catatan" in page and "Persyaratan nomor" in page)
    whole = re.sub(r"\s", "", "".join(found))
    assert all(f"Persyaratannomor{i}dengan" in whole for i in range(90))


def test_verification_names_findings_decision_and_who_marked_it(office: OfficeDocuments) -> None:
    text = text_of(office.verification(verification()))
    for piece in ("LEMBAR VERIFIKASI", "Tempat/Tanggal Lahir", "tahun berbeda", "Akta kelahiran", "Tahun lahir pada akta berbeda.",
                  "Keputusan: Dikembalikan kepada pemohon", "Berkas tidak benar", "Akta diperbaiki.", "91c0 7be4 d815 3f2a", "Verifikator",
                  "20 November 2026, 09.31 WIB", "abab abab"):
        assert piece in text, piece
    assert "berkas_tidak_benar" not in text
    assert "Tidak ada." in text_of(office.verification(verification(temuan=())))


def test_destruction_in_words_and_masked(office: OfficeDocuments) -> None:
    pdf = office.destruction(destruction(3))
    text = text_of(pdf)
    for piece in ("BERITA ACARA PEMUSNAHAN", "Nomor : 400.8.1.2/021/427.82/2026",
                  "Pada hari ini Rabu tanggal dua puluh lima bulan November tahun dua ribu dua puluh enam (25-11-2026) pukul 10.00 WIB",
                  "Halaman Kantor Kecamatan Tempeh", "3 (tiga) keping", "dibakar", "NIP 19800101 200501 1 002", "Saksi-saksi,",
                  "Aiptu Hartono",
                  "470.13/11176/SJ", "350805••••••0001", "Mengetahui,", "Pembina (IV/a)", "Yang memusnahkan,"):
        assert piece in text, piece
    assert len(pages(pdf)) == 1 and "3508054502000001" not in text and "LAMPIRAN" not in text
    assert "3508054502000001" in text_of(office.destruction(destruction(3, full_nik=True)))


def test_destruction_of_many_cards_has_an_appendix(office: OfficeDocuments) -> None:
    found = pages(office.destruction(destruction(230)))
    assert len(found) >= 6 and "230 (dua ratus tiga puluh) keping" in found[0] and "Rusak 115" in found[0] and "Jumlah 230" in found[0]
    assert "Mengetahui," in found[0] and "LAMPIRAN BERITA ACARA NOMOR 400.8.1.2/021/427.82/2026" in found[1]
    assert all("NIK Nama Alasan" in page for page in found[1:]) and f"Halaman {len(found)} dari {len(found)}" in found[-1]
    assert all(f" {i} 350805••••••" in " ".join(found[1:]) for i in range(1, 231))


def test_destruction_without_anything_optional(office: OfficeDocuments) -> None:
    bare = destruction(0, executors=(), witnesses=(), mengetahui=None, jam="", qr_text="", place="", method="", note="")
    assert "0 (nol) keping" in text_of(office.destruction(bare))
    many = destruction(5, executors=tuple(Pejabat(f"PETUGAS {i}") for i in range(7)),
                       witnesses=tuple(Pejabat(f"SAKSI {i}") for i in range(9)))
    text = text_of(office.destruction(many))
    assert all(text.count(f"SAKSI {i}") == 2 for i in range(9))


def test_f102_is_the_whole_form(office: OfficeDocuments) -> None:
    pdf = office.f102(f102())
    text = squeezed(pdf)
    for piece in ("F-1.02", "FORMULIRPENDAFTARANPERISTIWAKEPENDUDUKAN", "I.DATAPEMOHON", "II.JENISPERMOHONAN",
                  "III.PERSYARATANYANGDILAMPIRKAN", "Petugas,", "Pemohon,",
                  "Tempeh,20November2026", "SITICONTOHLESTARI", "Nomorregister:0042/KTP/XI/2026"):
        assert piece in text, piece
    for title, _, choices in KINDS:
        assert re.sub(r"\s", "", title) in text and all(re.sub(r"\s", "", c.text) in text for c in choices)
    assert all(re.sub(r"\s", "", line) in text for _, line in ATTACHED)
    assert len(pages(pdf)) == 1


@pytest.mark.parametrize(("layanan", "varian", "boxes"), [
    (Layanan.BARU_WNI, "", {"ktp.a"}), (Layanan.BARU_OA, "", {"ktp.a"}), (Layanan.PEMULA, "", {"ktp.a"}),
    (Layanan.PINDAH_DATANG, "ln", {"ktp.b"}),
    (Layanan.HILANG, "", {"ktp.c1"}), (Layanan.RUSAK, "", {"ktp.c2"}), (Layanan.PERPANJANGAN_OA, "", {"ktp.d"}),
    (Layanan.LUAR_DOMISILI, "rekam", {"ktp.f"}), (Layanan.LUAR_DOMISILI, "hilang", {"ktp.f", "ktp.c1"}),
    (Layanan.PERUBAHAN_DATA, "", {"data.b"})])
def test_f102_ticks_the_service(layanan: Layanan, varian: str, boxes: set[str]) -> None:
    assert ticked(layanan, varian) == boxes
    assert boxes <= {c.key for _, _, choices in KINDS for c in choices}


def test_every_service_has_a_box_on_the_form() -> None:
    assert all(ticked(layanan) for layanan in Layanan)


def _ticks(pdf: bytes) -> int:
    """Drawn ticks: three-point paths ended by a stroke."""
    data = PdfReader(io.BytesIO(pdf)).pages[0].get_contents()
    assert data is not None
    return len(re.findall(rb"m\s+[\d.]+ [\d.]+ l\s+[\d.]+ [\d.]+ l\s+S", data.get_data()))


def test_boxes_are_really_ticked(office: OfficeDocuments) -> None:
    assert _ticks(office.f102(f102())) == 1
    assert _ticks(office.f102(f102(lampiran=frozenset({"buku_nikah", "paspor", "kk"})))) == 3, "a copy of the KK is not the old KK"
    assert _ticks(office.f102(f102(layanan=Layanan.PINDAH_DATANG, varian="ln", lampiran=frozenset({"skp"})))) == 2
    assert _ticks(office.checklist(checklist())) == 3


def test_narrative_letter_on_behalf(office: OfficeDocuments) -> None:
    text = text_of(office.letter(letter("surat_pengantar", varian="naratif", jabatan="Sekretaris Kecamatan", atas_nama="Camat Tempeh",
                                        pangkat="Penata (III/c)", layanan="Hilang", tempat="Tempeh", tujuan_tempat="Lumajang")))
    for piece in ("Yang bertanda tangan di bawah ini:", "menerangkan bahwa:", "bermaksud mengurus KTP-el (hilang).", "a.n. Camat Tempeh",
                  "Sekretaris Kecamatan,", "Penata (III/c)", "Tempeh, 20 November 2026", "di Lumajang", "berdasarkan data saat ini"):
        assert piece in text, piece
    table = text_of(office.letter(letter("surat_pengantar", layanan="KTP-el baru")))
    assert "Berkas permohonan KTP-el baru (Formulir F-1.02" in table
    with pytest.raises(BadInput, match=r"document\.letter"):
        office.letter(letter("surat_pengantar", varian="sajak"))


def test_keterangan_validity_and_purpose(office: OfficeDocuments) -> None:
    kind = "surat_keterangan_perekaman"
    usual = text_of(office.letter(letter(kind)))
    assert "Surat ini berlaku sampai KTP-el diterbitkan" in usual and "bukan pengganti KTP-el" in usual
    half = text_of(office.letter(letter(kind, berlaku="6_bulan", berlaku_sampai="20 Mei 2027", keperluan="melamar pekerjaan",
                                        atas_nama="Camat Tempeh", jabatan="Sekretaris Kecamatan")))
    for piece in ("6 (enam) bulan sampai dengan tanggal 20 Mei 2027", "untuk keperluan melamar pekerjaan", "bukan pengganti KTP-el",
                  "Sekretaris Kecamatan atas nama Camat Tempeh"):
        assert piece in half, piece


def test_roll_slips_hold_what_the_sheets_hold(office: OfficeDocuments) -> None:
    back = text_of(office.return_slip_80mm(receipt(), ["data_ganda", "Foto KK buram."]))
    assert "PENGEMBALIAN BERKAS" in back and "Data ganda" in back and "Foto KK buram." in back and "dapat diajukan kembali" in back
    pdf = office.handover_80mm(handover(old_card_withdrawn=True, tanggal_cetak="23 November 2026", qr_text="0107/BP/2026"))
    text = text_of(pdf)
    for piece in ("BUKTI PENGAMBILAN", "0107/BP/2026", "23 November 2026", "ditarik", "aktif", "04A1B2C3D4E5F6", "Rina Wulandari"):
        assert piece in text, piece
    assert len(PdfReader(io.BytesIO(pdf)).pages[0].images) == 1
    assert "UID" not in text_of(office.handover_80mm(handover(kind="Surat Pengantar", signature_png=b"", card_uid="")))


def test_poster_fits_one_page_and_long_ones_go_on(office: OfficeDocuments) -> None:
    pdf = office.standard(standard())
    text = text_of(pdf)
    assert len(pages(pdf)) == 1 and "MAKLUMAT PELAYANAN" in text and "SP4N-LAPOR!" in text and "Pembina (IV/a)" in text
    assert all(f"Komponen ke-{i} " in text for i in range(1, 15))
    huge = standard(komponen=tuple(Komponen(f"Bagian {i}", tuple(f"Uraian {i}.{n} " + "kata " * 30 for n in range(14))) for i in range(7)))
    long = pages(office.standard(huge))
    assert len(long) > 2 and "Uraian 6.13" in " ".join(long) and "MAKLUMAT PELAYANAN" in long[-1]
    assert "MAKLUMAT" in text_of(office.standard(standard(komponen=(), maklumat=(), kontak=(), nomor="", signer=Signer("Camat"))))


def everything(office: OfficeDocuments, text: str) -> list[bytes]:
    """Every paper with ``text`` in every free field."""
    t = text
    person = replace(PERSON, nama=t, alamat=t, desa=t)
    return [
        office.receipt(receipt(nama=t, layanan=t, nomor_register=t, qr_text=t * 40, berkas=((t, True),), petugas=t,
                               kekurangan=(t,), kontak=(t,), perkiraan=t)),
        office.receipt_80mm(receipt(nama=t, berkas=((t, False),), petugas=t)), office.return_slip(receipt(nama=t, kekurangan=(t,)), [t]),
        office.return_slip_80mm(receipt(nama=t), [t]),
        office.checklist(checklist(nama=t, items=(CheckedPaper(t, True, True, t),), parafs=(Paraf(t, t, t, t[:32], t),), catatan=t,
                                   ketentuan=(t,))),
        office.verification(verification(nama=t, rows=(Compared(t, t, t, True, t),), temuan=(t,), keputusan=t, alasan=(t,),
                                         parafs=(Paraf(t, t),))),
        office.handover(handover(nama=t, penerima=t, hubungan=t, petugas=t)), office.handover_80mm(handover(nama=t, penerima=t)),
        office.letter(letter("surat_pengantar", penduduk=person, jabatan=t, nama_penandatangan=t, tujuan=t, lampiran=(t,), pangkat=t)),
        office.letter(letter("surat_pengantar", varian="naratif", fields=((t, t),), jabatan=t, nip=t, atas_nama=t, layanan=t)),
        office.letter(letter("surat_keterangan_perekaman", penduduk=person, keperluan=t, status=t, rekam_tempat=t)),
        office.destruction(destruction(1, place=t, method=t, cards=(DestroyedCard(t, t, t, t, t),), note=t, executors=(Pejabat(t, t, t),))),
        office.f102(f102(nama=t, nik=t, no_kk=t, petugas=t, pemohon=t, desa=t, berkas_lain=(t,))),
        office.report(report(title=t, period=t, notes=(t,))),
        office.standard(standard(layanan=t, komponen=(Komponen(t, (t,)),), maklumat=(t,))),
    ]


TOGETHER = (" ".join(t for t in NASTY if 1 < len(t) < 100), "☐✓ﬁ", "x" * 300, "", " ", "\ud800")
"""The same in fewer papers: each of the short ones is somewhere in the line."""


@pytest.mark.parametrize("text", [*TOGETHER, *(pytest.param(t, marks=pytest.mark.gate) for t in NASTY)],
                         ids=[*"abcdef", *map(str, range(len(NASTY)))])
def test_nothing_nasty_stops_a_paper(office: OfficeDocuments, text: str) -> None:
    for pdf in everything(office, text):
        with pypdfium2.PdfDocument(pdf) as read:
            assert len(read) and all(page.get_textpage().count_chars() for page in read)


@settings(max_examples=5, deadline=None)
@given(st.text(max_size=90))
def test_any_text_makes_every_paper(office: OfficeDocuments, text: str) -> None:
    assert all(pdf.startswith(b"%PDF-") for pdf in everything(office, text))


latin = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ'.-, éüØ=+@<>&0123456789", min_size=1, max_size=60).filter(str.strip)


@settings(max_examples=5, deadline=None)
@given(latin)
def test_latin_text_comes_back_whole(office: OfficeDocuments, text: str) -> None:
    wanted = re.sub(r"\s", "", text)
    for pdf in everything(office, text)[:13]:
        assert wanted in squeezed(pdf)


def test_what_the_face_lacks_is_seen_as_a_square() -> None:
    assert shown("日A") == f"{MISSING}A" and shown("e\u0301") == "é" and shown("a\u202eb\u200bc") == "abc" and shown("a\tb") == "a b"
    assert shown("\x07") == MISSING and shown("\ud800") == MISSING


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is not here")
def test_another_reader_finds_the_same_words(office: OfficeDocuments) -> None:
    def read(pdf: bytes) -> str:
        done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True, timeout=60)
        return " ".join(done.stdout.decode("utf-8").split())

    makers: list[tuple[Callable[[], bytes], tuple[str, ...]]] = [
        (lambda: office.checklist(checklist(nama="NUR'AINI =1+1 日")), ("NUR'AINI =1+1 □", "TIDAK LENGKAP")),
        (lambda: office.destruction(destruction(2)), ("dua puluh lima bulan November", "2 (dua) keping")),
        (lambda: office.f102(f102()), ("FORMULIR PENDAFTARAN PERISTIWA KEPENDUDUKAN", "3 5 0 8 0 5 4 5 0 2 0 8 0 0 0 1")),
        (lambda: office.report(report()), ("LAPORAN BULANAN PELAYANAN KTP-el", "1.312", "3.603")),
    ]
    for make, words in makers:
        text = read(make())
        assert all(word in text for word in words), (words, text[:800])


def test_same_bytes_every_time(office: OfficeDocuments) -> None:
    def make() -> list[bytes]:
        return [office.checklist(checklist()), office.verification(verification()), office.destruction(destruction(40)),
                office.f102(f102()), office.report(report()), office.standard(standard()), office.handover_80mm(handover())]

    assert make() == make()


def test_signature_and_portrait_are_optional(office: OfficeDocuments) -> None:
    assert len(PdfReader(io.BytesIO(office.f102(f102(signature_png=picture("signature"))))).pages[0].images) == 1
    with pytest.raises(BadInput, match=r"document\.image"):
        office.f102(f102(signature_png=b"junk"))
    assert CAMAT.atas_nama == ""
