"""F-1.02 Formulir Pendaftaran Peristiwa Kependudukan, prefilled, on HVS A4 (Permendagri 109/2019; structure DOMAIN.md 4.3).

The form is printed whole: boxes that do not concern a KTP-el stay empty. Nothing that the form does not ask is put into it;
number and papers of the office stand below the frame in small type.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.flow import fitted
from ktpel_kiosk.documents.parts import signature_block
from ktpel_kiosk.documents.pen import A4, BOLD, MEDIUM, MM, MUTED, PALE, REGULAR, SEMIBOLD, Pen, pdf
from ktpel_kiosk.domain.sop import Layanan
from ktpel_kiosk.ports.papers import F102Paper

LEFT, RIGHT, TOP = 18.0, 18.0, 13.0
TITLE = "FORMULIR PENDAFTARAN PERISTIWA KEPENDUDUKAN"
DIGITS = 16


class Choice(NamedTuple):
    """A line of a column of part II; ``key`` empty: only a heading for the numbered lines below it."""

    mark: str
    text: str
    key: str = ""
    deeper: bool = False


KINDS: tuple[tuple[str, float, tuple[Choice, ...]], ...] = (
    ("I. KARTU KELUARGA", 53.0, (
        Choice("A.", "Baru"), Choice("1.", "Membentuk keluarga baru", "kk.a1", True),
        Choice("2.", "Penggantian kepala keluarga", "kk.a2", True), Choice("3.", "Pisah KK", "kk.a3", True),
        Choice("4.", "Pindah datang", "kk.a4", True),
        Choice("5.", "WNI dari LN karena pindah", "kk.a5", True), Choice("6.", "Rentan adminduk", "kk.a6", True),
        Choice("B.", "Perubahan data"), Choice("1.", "Menumpang dalam KK", "kk.b1", True), Choice("2.", "Peristiwa penting", "kk.b2", True),
        Choice("3.", "Perubahan elemen data yang tercantum dalam KK", "kk.b3", True),
        Choice("C.", "Hilang/Rusak"), Choice("1.", "Hilang", "kk.c1", True), Choice("2.", "Rusak", "kk.c2", True))),
    ("II. KTP-el", 45.0, (
        Choice("A.", "Baru", "ktp.a"), Choice("B.", "Pindah datang", "ktp.b"), Choice("C.", "Hilang/Rusak"),
        Choice("1.", "Hilang", "ktp.c1", True), Choice("2.", "Rusak", "ktp.c2", True), Choice("D.", "Perpanjangan ITAP", "ktp.d"),
        Choice("E.", "Perubahan status kewarganegaraan", "ktp.e"), Choice("F.", "Luar domisili", "ktp.f"),
        Choice("G.", "Transmigrasi", "ktp.g"))),
    ("III. KIA", 36.0, (
        Choice("A.", "Baru", "kia.a"), Choice("B.", "Hilang/Rusak", "kia.b"), Choice("C.", "Perpanjangan ITAP", "kia.c"),
        Choice("D.", "Lainnya", "kia.d"))),
    ("IV. PERUBAHAN DATA", 40.0, (Choice("A.", "KK", "data.a"), Choice("B.", "KTP-el", "data.b"), Choice("C.", "KIA", "data.c"))),
)
ATTACHED: tuple[tuple[str, str], ...] = (
    ("kk_lama", "KK lama/KK rusak"), ("buku_nikah", "Buku nikah/kutipan akta perkawinan"), ("akta_cerai", "Kutipan akta perceraian"),
    ("skp", "Surat keterangan pindah"), ("skpln", "Surat keterangan pindah luar negeri"),
    ("skp_perwakilan", "Surat keterangan pindah dari Perwakilan RI"), ("paspor", "Dokumen perjalanan"),
    ("surat_hilang", "Surat keterangan hilang dari kepolisian"), ("itap", "Kartu izin tinggal tetap"),
    ("bukti_perubahan", "Surat keterangan/bukti perubahan peristiwa kependudukan dan peristiwa penting"),
    ("sptjm", "SPTJM perkawinan/perceraian belum tercatat"), ("akta_kematian", "Akta kematian"),
    ("pernyataan", "Surat pernyataan penyebab terjadinya hilang atau rusak"),
    ("pengasuhan", "Surat kuasa pengasuhan anak dari orang tua/wali"),
)
_SERVICE = {
    Layanan.BARU_WNI: ("ktp.a",), Layanan.BARU_OA: ("ktp.a",), Layanan.PEMULA: ("ktp.a",), Layanan.PINDAH_DATANG: ("ktp.b",),
    Layanan.HILANG: ("ktp.c1",), Layanan.RUSAK: ("ktp.c2",), Layanan.PERPANJANGAN_OA: ("ktp.d",), Layanan.LUAR_DOMISILI: ("ktp.f",),
    Layanan.PERUBAHAN_DATA: ("data.b",),
}
_ABROAD = {"ln": {"skp": "skp_perwakilan"}}


def ticked(layanan: Layanan, varian: str = "") -> frozenset[str]:
    """Which boxes of part II a service ticks; a lost or damaged card outside the domicile ticks both."""
    extra = {"hilang": ("ktp.c1",), "rusak": ("ktp.c2",)}.get(varian, ()) if layanan is Layanan.LUAR_DOMISILI else ()
    return frozenset((*_SERVICE[layanan], *extra))


def f102(paper: F102Paper) -> bytes:
    def draw(canvas: Canvas) -> None:
        pen = Pen(canvas, A4, LEFT, RIGHT, top=TOP)
        _head(pen, paper)
        _applicant(pen, paper)
        _kinds(pen, ticked(paper.layanan, paper.varian))
        _attached(pen, paper)
        _signatures(pen, paper)
        _below(pen, paper)
        canvas.showPage()

    return pdf(f"F-1.02 {paper.nomor_register}".strip(), A4, draw)


def _head(pen: Pen, paper: F102Paper) -> None:
    pen.box(pen.right - 24, pen.y, 24, 8, thick=0.4)
    pen.text(pen.right - 12, pen.y + 5.7, "F-1.02", BOLD, 12, "m")
    region = [("Provinsi", paper.provinsi), ("Kabupaten/Kota", paper.kabupaten), ("Kecamatan", paper.kecamatan),
              ("Desa/Kelurahan", paper.desa)]
    top = pen.y
    for label, value in region:
        if value:
            pen.text(pen.left, pen.y + 3, label, REGULAR, 8.4, color=MUTED)
            pen.text(pen.left + 25, pen.y + 3, f": {value}", REGULAR, fitted(value, REGULAR, 8.4, 110))
            pen.y += 4.1
    pen.y = max(pen.y, top + 10) + 2
    pen.line(TITLE, BOLD, 13, "m")
    pen.down(2.5)


def _part(pen: Pen, title: str) -> None:
    pen.box(pen.left, pen.y, pen.width, 6.2, thick=0.3, fill=PALE)
    pen.text(pen.left + 2, pen.y + 4.4, title, BOLD, 10)
    pen.y += 6.2


def _applicant(pen: Pen, paper: F102Paper) -> None:
    _part(pen, "I. DATA PEMOHON")
    top, label = pen.y, 59.0
    pen.y += 2.2
    x = pen.left + label
    pen.text(pen.left + 2, pen.y + 4.6, "1. Nama Lengkap", REGULAR, 10)
    pen.box(x, pen.y, pen.right - x - 2, 6.6, thick=0.2)
    name = paper.nama or ""
    pen.text(x + 1.6, pen.y + 4.6, name, SEMIBOLD, fitted(name, SEMIBOLD, 10.5, pen.right - x - 5.2))
    pen.y += 8.6
    for title, digits in (("2. Nomor Induk Kependudukan", paper.nik), ("3. Nomor Kartu Keluarga", paper.no_kk)):
        pen.text(pen.left + 2, pen.y + 4.6, title, REGULAR, 10)
        _boxes(pen, x, digits)
        pen.y += 8.6
    pen.box(pen.left, top, pen.width, pen.y - top, thick=0.3)
    pen.y += 2


def _boxes(pen: Pen, x: float, digits: str, side: float = 6.6) -> None:
    """One box a digit; what is longer than a NIK stays whole behind the boxes."""
    for i in range(DIGITS):
        pen.box(x + i * side, pen.y, side, side, thick=0.2)
        pen.text(x + i * side + side / 2, pen.y + 4.8, digits[i:i + 1], SEMIBOLD, 11, "m")
    if len(digits) > DIGITS:
        pen.text(x + DIGITS * side + 1.5, pen.y + 4.8, digits[DIGITS:], SEMIBOLD, 8)


def _kinds(pen: Pen, on: frozenset[str]) -> None:
    _part(pen, "II. JENIS PERMOHONAN")
    top, x, ends = pen.y, pen.left, []
    for title, width, choices in KINDS:
        ends.append(_column(pen, x, width, title, choices, on))
        pen.y = top
        x += width
    bottom, x = max(ends) + 1.4, pen.left
    for _, width, _ in KINDS[:-1]:
        x += width
        pen.upright(x, top, bottom, thick=0.2)
    pen.box(pen.left, top, pen.width, bottom - top, thick=0.3)
    pen.y = bottom + 2


def _column(pen: Pen, x: float, width: float, title: str, choices: Sequence[Choice], on: frozenset[str]) -> float:
    pen.y += 0.8
    pen.paragraph(title, x=x + 2, width=width - 3, size=9, face=SEMIBOLD)
    pen.y += 0.8
    for choice in choices:
        inner = x + (6.5 if choice.deeper else 2.0)
        line = pen.y + 8.8 * 1.06 / MM
        if choice.key:
            pen.tick_box(x + width - 6.2, line + 0.25, 3.8, choice.key in on)
        pen.text(inner, line, choice.mark, REGULAR, 8.8)
        pen.paragraph(choice.text, x=inner + 4.6, width=x + width - 7.4 - inner - 4.6, size=8.8,
                      face=SEMIBOLD if choice.key in on else MEDIUM if not choice.key else REGULAR)
        pen.y += 0.7
    return pen.y


def _attached(pen: Pen, paper: F102Paper) -> None:
    there = {_ABROAD.get(paper.varian, {}).get(kode, kode) for kode in paper.lampiran}
    _part(pen, "III. PERSYARATAN YANG DILAMPIRKAN")
    top = pen.y
    half, ends = (len(ATTACHED) + 1) // 2, []
    for c in (0, 1):
        pen.y = top + 1.6
        x = pen.left + 2 + c * pen.width / 2
        for kode, text in ATTACHED[c * half:(c + 1) * half]:
            pen.tick_box(x, pen.y + 8.8 * 1.06 / MM + 0.25, 3.8, kode in there)
            pen.paragraph(text, x=x + 5.8, width=pen.width / 2 - 10, size=8.8, face=SEMIBOLD if kode in there else REGULAR)
            pen.y += 1.0
        ends.append(pen.y)
    pen.y = max(ends) + 0.8
    pen.box(pen.left, top, pen.width, pen.y - top, thick=0.3)
    pen.y += 4


def _signatures(pen: Pen, paper: F102Paper) -> None:
    width = pen.width * 0.42
    place = paper.place_date or "." * 28
    ends = [signature_block(pen, pen.left, width, ("", "Petugas,"), paper.petugas, paper.nip, size=10, room=19),
            signature_block(pen, pen.right - width, width, (place, "Pemohon,"), paper.pemohon, size=10, room=19,
                            picture=paper.signature_png)]
    pen.y = max(ends)


def _below(pen: Pen, paper: F102Paper) -> None:
    """What the office adds, outside the form."""
    notes = ([f"Nomor register: {paper.nomor_register}"] if paper.nomor_register else [])
    notes += [f"berkas lain menurut ceklis: {'; '.join(paper.berkas_lain)}"] if paper.berkas_lain else []
    if notes:
        text = " · ".join(notes)
        pen.y = max(pen.y + 4, A4[1] - 16)
        pen.paragraph(text[:1].upper() + text[1:], size=7.4, color=MUTED)
