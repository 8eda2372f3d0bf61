"""Parts that many papers share: letterhead, signatures, lists of fields."""

from __future__ import annotations

from collections.abc import Sequence

from ktpel_kiosk.documents.pen import BOLD, INK, LINE, MEDIUM, MUTED, PALE, REGULAR, SEMIBOLD, Pen, Run, width_mm, wrap
from ktpel_kiosk.ports.papers import Paraf, Signer

__all__ = ["BOLD", "INK", "LINE", "MEDIUM", "MUTED", "PALE", "REGULAR", "SEMIBOLD", "boxed", "capitals", "field_lines", "grouped",
           "identity", "letterhead", "marks", "nip_text", "rooms", "signature_block",
           "signer_block", "signer_heading", "signer_row", "titled"]

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
    """Upper case, but KTP-el stays KTP-el, and e-KTP e-KTP."""
    return title.upper().replace("KTP-EL", "KTP-el").replace("E-KTP", "e-KTP")


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
                    room: float = 17.0, picture: bytes = b"", top: float | None = None, pangkat: str = "") -> float:
    """Heading lines, room to sign (or the signature itself), underlined name, pangkat, NIP; returns the lower edge in mm."""
    start = pen.y
    pen.y = start if top is None else top
    middle = x + width / 2
    points = size * pen.scale

    def centered(text: str, face: str, at: float = size) -> str:
        lines = balanced(text, face, at * pen.scale, width)
        for part in lines:
            pen.down(at * 1.38 / 72 * 25.4)
            pen.text(middle, pen.y, part, face, at, "m")
        return lines[-1]

    for text in heading:
        centered(text, REGULAR)
    if picture:
        pen.picture(picture, x + width * 0.1, pen.y + 1, width * 0.8, room * pen.scale - 2, grey=True)
    pen.down(room)
    if name:
        half = width_mm(centered(name, SEMIBOLD), SEMIBOLD, points) / 2
        pen.rule(pen.y + 0.7, middle - half, middle + half, thick=0.2)
    else:
        centered(DOTS, REGULAR)
    if nip or pangkat:
        pen.down(0.6)
    for text in (pangkat, nip_text(nip)):
        if text:
            centered(text, REGULAR, size * 0.9)
    end, pen.y = pen.y, start
    return end


def balanced(text: str, face: str, size: float, width: float) -> list[str]:
    """Wrapped to lines of about the same length, so that no single word hangs below a title."""
    lines = wrap(text, face, size, width)
    if len(lines) == 1:
        return lines
    for part in range(40, 100, 4):
        tighter = wrap(text, face, size, width * part / 100)
        if len(tighter) == len(lines):
            return tighter
    return lines


def rooms(pen: Pen, headings: Sequence[Sequence[str]], width: float, size: float, room: float) -> list[float]:
    """Room to sign for blocks side by side, so that their names stand on one line however long the headings are."""
    counts = [sum(len(wrap(text, REGULAR, size * pen.scale, width)) for text in heading) for heading in headings]
    return [room + (max(counts) - count) * size * 1.38 / 72 * 25.4 for count in counts]


def signer_heading(signer: Signer, above: str = "") -> list[str]:
    """Place and date or ``Mengetahui,``, then ``a.n.`` when it is on behalf, then the office."""
    return [*([above] if above else []), *([f"a.n. {signer.atas_nama}"] if signer.atas_nama else []), f"{signer.jabatan},"]


def signer_row(pen: Pen, signers: Sequence[tuple[Signer, str]], width: float, *, size: float = 10.0, room: float = 19.0) -> None:
    """Signers side by side from the left edge to the right one, each with its line above; the cursor goes below the lowest."""
    spaces = rooms(pen, [signer_heading(who, above) for who, above in signers], width, size, room)
    step = (pen.width - width) / max(len(signers) - 1, 1)
    ends = [pen.y]
    for i, ((who, above), space) in enumerate(zip(signers, spaces, strict=True)):
        x = pen.right - width if len(signers) == 1 else pen.left + i * step
        ends.append(signer_block(pen, x, width, who, above, size=size, room=space))
    pen.y = max(ends)


def signer_block(pen: Pen, x: float, width: float, signer: Signer, above: str = "", *, size: float = 10.0, room: float = 19.0) -> float:
    """A signer under ``above`` (place and date, or ``Mengetahui,``), with ``a.n.`` when it is on behalf; returns the lower edge."""
    return signature_block(pen, x, width, signer_heading(signer, above), signer.nama, signer.nip, size=size, room=room,
                           pangkat=signer.pangkat)


def identity(pen: Pen, nomor_register: str, fields: Sequence[tuple[str, str]], qr_text: str) -> None:
    """Number and QR stand out: they are what the counter asks for later."""
    side = 25.0 * pen.scale
    top = pen.y
    pen.qr(qr_text, pen.right - side, top, side)
    width = pen.width - (side + 5 if qr_text else 0.0)
    pen.box(pen.left, top, width, 10.5 * pen.scale, thick=0, fill=PALE, radius=1.6)
    pen.text(pen.left + 3, top + 6.9 * pen.scale, "Nomor Register", REGULAR, 9, color=MUTED)
    size = 15.0
    while width_mm(nomor_register, BOLD, size * pen.scale) > width - 36 * pen.scale and size > 7:
        size -= 0.5
    pen.text(pen.left + 31 * pen.scale, top + 7.4 * pen.scale, nomor_register or "-", BOLD, size)
    pen.down(12.2)
    field_lines(pen, fields, label_width=31, width=width, size=9.4, bold=("Nama",), gap=0.25)
    if qr_text:
        pen.y = max(pen.y, top + side)


def boxed(pen: Pen, runs: str | Sequence[Run], *, size: float = 10.2, fill: tuple[float, float, float] = PALE) -> None:
    """A sentence that must not be overlooked."""
    dry = Pen(None, (pen.page_width, pen.page_height), 0, 0, scale=pen.scale)
    dry.paragraph(runs, x=0, width=pen.width - 8, size=size)
    pen.box(pen.left, pen.y, pen.width, dry.y + 4.4, thick=0.3, color=INK, fill=fill, radius=1.5)
    pen.y += 1.8
    pen.paragraph(runs, x=pen.left + 4, width=pen.width - 8, size=size)
    pen.y += 2.6


def grouped(hexes: str) -> str:
    """``3f2a 91c0 …``: a fingerprint or hash as people compare it."""
    return " ".join(hexes[i:i + 4] for i in range(0, len(hexes), 4))


def marks(pen: Pen, parafs: Sequence[Paraf], *, columns: int = 3, height: float = 31.0) -> None:
    """A row of framed places: who marked, as what, when; the fingerprint of the electronic signature or room for the pen."""
    gap = 4.0
    width = (pen.width - gap * (columns - 1)) / columns
    tall = height * pen.scale
    top = pen.y
    for i, paraf in enumerate(parafs):
        x = pen.left + i * (width + gap)
        pen.box(x, top, width, tall, thick=0.2, color=LINE, radius=1.2)
        page = (pen.page_width, pen.page_height)
        inner = Pen(pen.canvas, page, x + 2.5, pen.page_width - x - width + 2.5, scale=pen.scale, top=top + 1.2)
        inner.line(paraf.label, MEDIUM, 8, "l", MUTED)
        if paraf.fingerprint:
            inner.down(1.0)
            inner.line("Ditandai secara elektronik", REGULAR, 8)
            inner.line(grouped(paraf.fingerprint[:32]), SEMIBOLD, 8.6)
            inner.line(paraf.at_local, REGULAR, 8)
        inner.y = top + tall - 10.4 * pen.scale
        if not paraf.fingerprint:
            pen.rule(inner.y, x + 2.5, x + width - 2.5, thick=0.12, color=LINE)
        inner.line(paraf.nama or DOTS, SEMIBOLD, 8.8)
        inner.line(paraf.jabatan + (f" · {paraf.at_local}" if paraf.at_local and not paraf.fingerprint else ""), REGULAR, 7.8, color=MUTED)
    pen.y = top + tall
