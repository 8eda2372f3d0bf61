"""What every berita acara says alike: its opening words, its indented particulars, its closing sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ktpel_kiosk.documents.flow import Block
from ktpel_kiosk.documents.parts import REGULAR, SEMIBOLD, field_lines
from ktpel_kiosk.documents.pen import Pen, Run
from ktpel_kiosk.domain.text import MONTHS, terbilang, weekday_name

CLOSING = "Demikian berita acara ini dibuat dengan sebenarnya untuk dipergunakan sebagaimana mestinya."
SIZE = 10.2


def opening(on: date, jam: str, place: str, who: str) -> list[Run]:
    """Day in words and figures, hour where there is one, place; ``who`` ends the sentence."""
    words = f"{weekday_name(on)} tanggal {terbilang(on.day)} bulan {MONTHS[on.month - 1]} tahun {terbilang(on.year)}"
    at = f" pukul {jam}" if jam else ""
    return [("Pada hari ini ", REGULAR), (words, SEMIBOLD), (f" ({on.day:02d}-{on.month:02d}-{on.year}){at}, bertempat di ", REGULAR),
            (place or "-", SEMIBOLD), (f", {who}", REGULAR)]


def particulars(fields: Sequence[tuple[str, str]], label_width: float, gap: float = 1.4) -> Block:
    """Labels (``label_width`` mm) and values, indented; empty values are left out."""
    given = [(label, value) for label, value in fields if value]

    def paint(pen: Pen) -> None:
        left = pen.left
        pen.left += 5 * pen.scale
        field_lines(pen, given, label_width=label_width, width=pen.right - pen.left, size=SIZE, gap=0.2)
        pen.left = left

    return Block(paint, gap)
