"""Lembar ceklis and lembar verifikasi: A4, for the file; they show what was asked, what was there and who marked it."""

from __future__ import annotations

from collections.abc import Sequence

from ktpel_kiosk.documents.flow import NO_TICK, TICK, Block, Columns, Sheet, bullet_blocks, document, table_blocks, text_blocks
from ktpel_kiosk.documents.parts import SEMIBOLD, boxed, grouped, identity, letterhead, marks, titled
from ktpel_kiosk.documents.pen import Pen
from ktpel_kiosk.documents.slips import reason_text
from ktpel_kiosk.ports.papers import CheckedPaper, ChecklistPaper, Paraf, VerificationPaper

SCALES = (1.0, 0.95, 0.9, 0.85)
CHECK = Columns(("No.", "Berkas yang diminta", "Sifat", "Ada", "Tidak", "Catatan"), (9, 74, 24, 12, 13, 40), "mlmmml", 9.2)
ENTRIES = Columns(("No.", "Data", "Isi entri", "Menurut berkas", "Sesuai", "Tidak", "Catatan"), (9, 29, 49, 30, 15, 13, 27), "mlllmml", 8.8)
MARKS_IN_A_ROW = 3


def checklist(paper: ChecklistPaper, logo: bytes = b"") -> bytes:
    """Lembar ceklis; tick boxes for there and not there, the result, the marks."""
    sheet = Sheet(running=f"Lembar Ceklis · {paper.nomor_register}", note=paper.nomor_register)
    blocks = _top(paper, "LEMBAR CEKLIS KELENGKAPAN BERKAS", logo)
    blocks += table_blocks(CHECK, _checks(paper.items), sheet.width, gap=3)
    missing = [item.teks for item in paper.items if item.wajib and not item.ada]
    result = "LENGKAP" if paper.lengkap else "TIDAK LENGKAP"
    rest = ", berkas dapat diproses." if paper.lengkap else f", kurang {len(missing)} berkas wajib: {'; '.join(missing)}."
    blocks.append(_said("Hasil pemeriksaan: ", result, rest))
    if paper.ketentuan:
        blocks += [_label("Ketentuan layanan"), *bullet_blocks(paper.ketentuan)]
    if paper.catatan:
        blocks += [_label("Catatan"), *text_blocks(paper.catatan, size=9.6)]
    blocks += _marks(paper.parafs or (Paraf(paper.petugas, "Petugas Loket", paper.at_local),))
    return document("Lembar Ceklis", sheet, blocks, scales=SCALES)


def verification(paper: VerificationPaper, logo: bytes = b"") -> bytes:
    """Lembar verifikasi: entries against papers, findings, decision, marks with their fingerprints."""
    sheet = Sheet(running=f"Lembar Verifikasi · {paper.nomor_register}", note=paper.nomor_register)
    blocks = _top(paper, "LEMBAR VERIFIKASI", logo)
    if paper.rows:
        blocks += [_label("Pencocokan isian dengan berkas"), *table_blocks(ENTRIES, [
            (i, row.label, row.entri, row.sumber, TICK if row.cocok else NO_TICK, TICK if row.cocok is False else NO_TICK, row.catatan)
            for i, row in enumerate(paper.rows, start=1)], sheet.width, gap=0.8)]
    if paper.items:
        blocks += [_label("Berkas"), *table_blocks(CHECK, _checks(paper.items), sheet.width, gap=0.8)]
    blocks += [_label("Temuan"), *bullet_blocks(paper.temuan or ("Tidak ada.",))]
    blocks.append(_said("Keputusan: ", paper.keputusan, ""))
    if paper.alasan:
        blocks += [_label("Alasan"), *bullet_blocks([reason_text(r) for r in paper.alasan])]
    blocks += _marks(paper.parafs)
    if paper.digest:
        blocks += text_blocks(f"Tanda di atas terikat pada isi yang disetujui, SHA-256: {grouped(paper.digest)}", size=7.4, gap=1.6)
    return document("Lembar Verifikasi", sheet, blocks, scales=SCALES)


def _top(paper: ChecklistPaper | VerificationPaper, title: str, logo: bytes) -> list[Block]:
    fields = (("Tanggal/Jam", paper.at_local), ("Nama", paper.nama), ("NIK", paper.nik_tersamar), ("Jenis Permohonan", paper.layanan))

    def paint(pen: Pen) -> None:
        letterhead(pen, paper.kop, size=12, logo_png=logo)
        pen.down(2.5)
        titled(pen, title, size=13)
        pen.down(4)
        identity(pen, paper.nomor_register, fields, paper.qr_text)

    return [Block(paint)]


def _checks(items: Sequence[CheckedPaper]) -> list[tuple[str | int, ...]]:
    return [(i, item.teks, "Wajib" if item.wajib else "Bila berlaku", *((TICK, NO_TICK) if item.ada else (NO_TICK, TICK)), item.catatan)
            for i, item in enumerate(items, start=1)]


def _label(text: str) -> Block:
    return Block(lambda pen: pen.line(text, SEMIBOLD, 9.8), 2.6, keep=True)


def _said(before: str, strong: str, after: str) -> Block:
    return Block(lambda pen: boxed(pen, [(before, "Inter"), (strong, SEMIBOLD), (after, "Inter")], size=10), 3.5)


def _marks(parafs: Sequence[Paraf]) -> list[Block]:
    rows = [parafs[i:i + MARKS_IN_A_ROW] for i in range(0, len(parafs), MARKS_IN_A_ROW)]

    def block(row: Sequence[Paraf], gap: float) -> Block:
        return Block(lambda pen: marks(pen, row, columns=MARKS_IN_A_ROW), gap)

    return [block(row, 4.5 if i == 0 else 3.0) for i, row in enumerate(rows)]
