"""A sheet with an office's letterhead and signatory, to look at before anything real is printed with it."""

from __future__ import annotations

from collections.abc import Sequence

from ktpel_kiosk.documents.flow import Block, Sheet, document
from ktpel_kiosk.documents.parts import MUTED, REGULAR, field_lines, letterhead, signer_row, titled
from ktpel_kiosk.documents.pen import Pen
from ktpel_kiosk.ports.papers import Signer


def sample(kop: Sequence[str], fields: Sequence[tuple[str, str]], place_date: str, signer: Signer) -> bytes:
    """One A4 (PDF): letterhead, what the office said of itself, the signatory's place. Fonts must be registered."""
    def paint(pen: Pen) -> None:
        letterhead(pen, kop)
        pen.down(6)
        titled(pen, "CONTOH KOP SURAT")
        pen.down(6)
        field_lines(pen, fields, label_width=38)
        pen.down(4)
        pen.paragraph("Semua surat, tanda terima, berita acara dan laporan kantor memakai kop dan penanda tangan seperti pada lembar ini.",
                      face=REGULAR, color=MUTED)
        pen.down(10)
        signer_row(pen, [(signer, place_date)], 78)

    return document("Contoh kop surat", Sheet(note="Contoh, bukan surat."), [Block(paint)])
