"""What is printed beside a bundle and never lies on the stick: the technician's sheet, a slip with a first password for each officer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.pen import A4, BOLD, MEDIUM, MUTED, PALE, REGULAR, SEMIBOLD, Pen, pdf

LEFT = RIGHT = 18.0
SLIP_HIGH, SLIPS_A_PAGE = 52.0, 5


@dataclass(frozen=True, slots=True)
class TechnicianSheet:
    """One desk. ``words``: of the signer; ``phrase``: opens the bundle; ``facts``: (name, words) of what is inside."""

    dinas: str
    kantor: str
    place: str
    station: str
    file: str
    number: int
    made: str
    words: tuple[str, ...]
    phrase: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class PasswordSlip:
    """For one officer only."""

    kantor: str
    place: str
    nama: str
    username: str
    password: str
    roles: str


STEPS = (
    "Nyalakan komputer meja. Pembantu penyiapan terbuka sendiri. Pasang flashdisk.",
    "Pilih \"Dari flashdisk\", lalu pilih berkas yang namanya tertulis di atas.",
    "Bandingkan kata penanda di layar dengan kata penanda di lembar ini. Bila satu kata saja berbeda, berhenti dan telepon Dinas.",
    "Centang \"Kata penanda sama\", ketik kata pembuka, lalu tekan F9.",
    "Periksa ringkasannya. Yang perlu diubah, tekan Ubah. Lalu tekan \"Siapkan kantor\" (F9).",
    "Catat kode pemulihan di kertas, serahkan kepada pengelola kantor, lalu tekan \"Buka meja ini\".",
    "Serahkan slip kata sandi kepada petugasnya masing-masing. Setiap petugas mengganti kata sandinya pada hari pertama.",
    "Di Pengaturan, Kunci & sertifikat: bila tertulis ada yang belum ada, tekan \"Tulis permintaan\" dan bawa flashdisk kembali ke Dinas.",
)
KEEP = ("Lembar ini tidak dibawa bersama flashdisk di satu tas, tidak difoto, dan dimusnahkan setelah meja siap. Bila lembar atau "
        "flashdisk hilang, telepon Dinas: berkasnya tidak dapat dibuka tanpa lembar ini.")
SIGNED = "Selesai tanggal: ____________________   Teknisi: ____________________   Pengelola kantor: ____________________"
ONLY = ("Untuk petugas ini saja. Ganti pada hari pertama di Pengaturan, Akun saya, lalu sobek slip ini. Slip ini tidak berlaku bila akun "
        "ini sudah ada di meja.")
LATER = (
    "Pengelola kantor masuk, membuka Pengaturan, Susulan Dinas. Pasang flashdisk.",
    "Pilih berkas yang namanya tertulis di atas. Bila ditolak karena penanda lain, berhenti dan telepon Dinas.",
    "Ketik kata pembuka, lalu tekan \"Pasang susulan\" (F9). Meja tetap dapat dipakai.",
    "Serahkan slip kata sandi kepada petugas baru saja; akun yang sudah ada tidak berubah kata sandinya.",
)


def technician_sheet(sheet: TechnicianSheet) -> bytes:
    """One page."""
    def paint(canvas: Canvas) -> None:
        pen = Pen(canvas, A4, LEFT, RIGHT, top=18.0)
        pen.line("Lembar teknisi", BOLD, 20)
        pen.down(1.5)
        pen.line(f"{sheet.kantor} · {sheet.place}", SEMIBOLD, 13)
        pen.line(" · ".join(x for x in (sheet.dinas, f"dibuat {sheet.made}", f"nomor {sheet.number}") if x), REGULAR, 9.5, color=MUTED)
        pen.line(sheet.file, MEDIUM, 10)
        pen.down(4)
        _boxed(pen, "Kata penanda: bandingkan dengan layar, kata demi kata", sheet.words)
        pen.down(4)
        _boxed(pen, "Kata pembuka: rahasia, hanya ada di lembar ini", sheet.phrase)
        pen.down(5)
        for name, words in sheet.facts:
            y = pen.y + 4.4
            pen.text(pen.left, y, name, REGULAR, 10, color=MUTED)
            pen.text(pen.left + 46, y, words, MEDIUM, 10)
            pen.down(5.8)
        pen.down(3)
        for number, text in enumerate(STEPS if sheet.whole else LATER, start=1):
            top = pen.y
            pen.text(pen.left + 5, top + 4.2, f"{number}.", SEMIBOLD, 10.5, "r")
            pen.paragraph(text, x=pen.left + 8, width=pen.width - 8, size=10.5)
            pen.y = max(pen.y, top + 6) + 1.6
        pen.down(5)
        pen.paragraph(KEEP, size=9.5, color=MUTED)
        pen.down(6)
        pen.line(SIGNED, REGULAR, 9.5)
        canvas.showPage()

    return pdf("Lembar teknisi", A4, paint)


def _boxed(pen: Pen, title: str, words: Sequence[str]) -> None:
    """Words in two lines, large enough to be read at arm's length."""
    half = -(-len(words) // 2) if len(words) > 4 else len(words)
    lines = [words[:half], words[half:]] if len(words) > half else [words]
    high = 9 + 8.5 * len(lines)
    pen.box(pen.left - 2, pen.y, pen.width + 4, high, thick=0, fill=PALE, radius=2)
    pen.text(pen.left + 2, pen.y + 5.6, title, REGULAR, 9.5, color=MUTED)
    for i, line in enumerate(lines):
        pen.text(pen.left + 2, pen.y + 13.6 + 8.5 * i, "   ".join(line), SEMIBOLD, 15)
    pen.y += high


def password_slips(slips: Sequence[PasswordSlip]) -> bytes:
    """Five on a page, to be cut along the lines; each goes to its own officer, folded."""
    def paint(canvas: Canvas) -> None:
        for start in range(0, len(slips), SLIPS_A_PAGE):
            pen = Pen(canvas, A4, LEFT, RIGHT, top=14.0)
            for slip in slips[start:start + SLIPS_A_PAGE]:
                _slip(pen, slip)
            canvas.showPage()

    return pdf("Slip kata sandi", A4, paint)


def _slip(pen: Pen, slip: PasswordSlip) -> None:
    top = pen.y
    pen.line(slip.nama, SEMIBOLD, 13)
    pen.line(f"{slip.kantor} · {slip.place} · {slip.roles}", REGULAR, 9, color=MUTED)
    pen.down(2)
    for name, words in (("Nama masuk", slip.username), ("Kata sandi pertama", slip.password)):
        y = pen.y + 6
        pen.text(pen.left, y, name, REGULAR, 10, color=MUTED)
        pen.text(pen.left + 42, y, words, SEMIBOLD, 14)
        pen.down(8)
    pen.down(1)
    pen.paragraph(ONLY, size=8.8, color=MUTED)
    pen.y = top + SLIP_HIGH
    pen.rule(pen.y - 2)
