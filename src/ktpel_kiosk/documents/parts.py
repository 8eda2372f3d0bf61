"""Parts that many papers share: letterhead, signatures, lists of fields."""

from __future__ import annotations

from collections.abc import Sequence

from ktpel_kiosk.documents.pen import BOLD, INK, LINE, MEDIUM, MUTED, PALE, REGULAR, SEMIBOLD, Pen, width_mm, wrap

__all__ = ["BOLD", "INK", "LINE", "MEDIUM", "MUTED", "PALE", "REGULAR", "SEMIBOLD", "capitals", "field_lines", "letterhead", "nip_text",
           "signature_block", "titled"]

DOTS = "." * 32


def letterhead(pen: Pen, kop: Sequence[str], *, size: float = 13.0, logo_png: bytes = b"") -> None:
    """Kop: government, office (largest), then address lines; closed by a thick and a thin rule."""
    top = pen.y
    for i, text in enumerate(kop):
        if i < 2:
            pen.line(text.upper(), SEMIBOLD if i == 0 else BOLD, size if i == 0 else size * 1.16, "m")
        else:
            pen.line(text, REGULAR, size * 0.66, "m", MUTED)
    if logo_png:
        side = min(22.0, max(14.0, pen.y - top)) * pen.scale
        pen.picture(logo_png, pen.left, top, side, side)
    pen.down(size * 0.13)
    pen.rule(pen.y, thick=0.7)
    pen.rule(pen.y + 0.85, thick=0.2)
    pen.down(2.2)


def capitals(title: str) -> str:
    """Upper case, but KTP-el stays KTP-el."""
    return title.upper().replace("KTP-EL", "KTP-el")


def titled(pen: Pen, title: str, number: str = "", *, size: float = 13.0) -> None:
    """Underlined heading in the middle, with the number below."""
    pen.line(title, BOLD, size, "m")
    half = width_mm(title, BOLD, size * pen.scale) / 2
    pen.rule(pen.y + 0.1, pen.middle - half, pen.middle + half, thick=0.25)
    if number:
        pen.down(0.8)
        pen.line(f"Nomor : {number}", REGULAR, size * 0.78, "m")


def field_lines(pen: Pen, fields: Sequence[tuple[str, str]], *, label_width: float, width: float | None = None, size: float = 10.0,
                bold: Sequence[str] = (), gap: float = 0.5) -> None:
    """``label : value`` rows; values wrap below themselves. ``width`` of the whole block in mm."""
    width = pen.width if width is None else width
    label_width *= pen.scale
    value_x = pen.left + label_width + width_mm(": ", REGULAR, size * pen.scale)
    for label, value in fields:
        top = pen.y
        pen.paragraph(label, width=label_width - 1, size=size, color=MUTED)
        below, pen.y = pen.y, top
        pen.paragraph(":", x=pen.left + label_width, size=size, color=MUTED)
        pen.y = top
        pen.paragraph(value or "-", x=value_x, width=pen.left + width - value_x, size=size, face=SEMIBOLD if label in bold else REGULAR)
        pen.y = max(pen.y, below)
        pen.down(gap)


def nip_text(nip: str) -> str:
    """``NIP 19880712 200701 1 002``: grouped as officers write it."""
    digits = "".join(nip.split())
    if len(digits) == 18 and digits.isdigit():
        return f"NIP {digits[:8]} {digits[8:14]} {digits[14]} {digits[15:]}"
    return f"NIP {nip}" if nip else ""


def signature_block(pen: Pen, x: float, width: float, heading: Sequence[str], name: str, nip: str = "", *, size: float = 10.0,
                    room: float = 17.0, picture: bytes = b"", top: float | None = None) -> float:
    """Heading lines, room to sign (or the signature itself), underlined name, NIP; returns the lower edge in mm."""
    start = pen.y
    pen.y = start if top is None else top
    middle = x + width / 2
    points = size * pen.scale

    def centered(text: str, face: str, at: float = size) -> None:
        for part in wrap(text, face, at * pen.scale, width):
            pen.down(at * 1.38 / 72 * 25.4)
            pen.text(middle, pen.y, part, face, at, "m")

    for text in heading:
        centered(text, REGULAR)
    if picture:
        pen.picture(picture, x + width * 0.1, pen.y + 1, width * 0.8, room * pen.scale - 2, grey=True)
    pen.down(room)
    if name:
        centered(name, SEMIBOLD)
        half = min(width, width_mm(name, SEMIBOLD, points)) / 2
        pen.rule(pen.y + 0.7, middle - half, middle + half, thick=0.2)
    else:
        centered(DOTS, REGULAR)
    if nip:
        pen.down(0.6)
        centered(nip_text(nip), REGULAR, size * 0.9)
    end, pen.y = pen.y, start
    return end
