"""Kartu ringkas: the office's steps, keys and troubles on exactly one A4, as large as fits, to be read from an arm's length."""

from __future__ import annotations

from collections.abc import Sequence

from reportlab.pdfgen.canvas import Canvas

from ktpel_kiosk.documents.flow import fitted
from ktpel_kiosk.documents.pen import A4, BOLD, INK, MEDIUM, MUTED, PALE, REGULAR, SEMIBOLD, Pen, pdf, width_mm, wrap
from ktpel_kiosk.ports.papers import QuickCardPaper

ACCENT, WHITE, SOFT = (0.043, 0.361, 0.678), (1.0, 1.0, 1.0), (0.906, 0.941, 0.980)
ATTENTION, ATTENTION_SOFT = (0.541, 0.294, 0.031), (1.0, 0.957, 0.898)
LEFT = RIGHT = 13.0
TOP, FOOT = 12.0, 11.0
SCALES = tuple(1.3 - 0.02 * n for n in range(45))


def quick_card(paper: QuickCardPaper) -> bytes:
    """One page at the largest of :data:`SCALES` that fits."""
    scale = next((s for s in SCALES if _draw(None, paper, s) <= A4[1] - FOOT), SCALES[-1])

    def paint(canvas: Canvas) -> None:
        _draw(canvas, paper, scale)
        canvas.showPage()

    return pdf(f"Kartu ringkas {paper.kantor}", A4, paint)


def _draw(canvas: Canvas | None, paper: QuickCardPaper, scale: float) -> float:
    """Paint, or only measure; returns how far down it reaches, mm."""
    pen = Pen(canvas, A4, LEFT, RIGHT, scale=scale, top=TOP)
    _head(pen, paper)
    for step in paper.steps:
        _step(pen, *step)
    pen.down(1.6)
    _keys(pen, paper.keys)
    pen.down(2.6)
    _troubles(pen, paper.troubles)
    if paper.kontak:
        pen.down(1.5)
        pen.paragraph(f"Hubungi: {paper.kontak}", size=9.5, face=MEDIUM, color=MUTED)
    return pen.y


def _head(pen: Pen, paper: QuickCardPaper) -> None:
    high = 17.0 * pen.scale
    pen.box(pen.left, pen.y, pen.width, high, thick=0, fill=ACCENT, radius=3)
    pen.text(pen.left + 6, pen.y + high * 0.45, "Melayani satu pemohon", BOLD, 17, color=WHITE)
    below = f"{paper.kantor} · {paper.layanan}"
    size = fitted(below, REGULAR, 9.5 * pen.scale, pen.width - 12) / pen.scale
    pen.text(pen.left + 6, pen.y + high * 0.79, below, REGULAR, size, color=WHITE)
    pen.y += high
    pen.down(2.6)


def _step(pen: Pen, number: int, title: str, limit: str, parts: Sequence[tuple[str, str]]) -> None:
    s = pen.scale
    side, top, inner = 8.0 * s, pen.y, pen.left + 12.0 * s
    pen.box(pen.left, top, side, side, thick=0, fill=SOFT, radius=side / 2)
    pen.text(pen.left + side / 2, top + side * 0.65, str(number), BOLD, 11, "m", ACCENT)
    pen.text(inner, top + 4.3 * s, title, BOLD, 11.5)
    if limit:
        pen.text(pen.right, top + 4.3 * s, limit, MEDIUM, 9.5, "r", MUTED)
    pen.y = top + 5.4 * s
    for page, sentence in parts:
        wide = width_mm(page, SEMIBOLD, 8.6 * s) + 3.6 * s
        pen.box(inner, pen.y + 0.7 * s, wide, 4.6 * s, thick=0, fill=SOFT, radius=2.2 * s)
        pen.text(inner + wide / 2, pen.y + 4.0 * s, page, SEMIBOLD, 8.6, "m", ACCENT)
        pen.paragraph(sentence, x=inner + 24.0 * s, width=pen.right - inner - 24.0 * s, size=10)
        pen.down(0.6)
    pen.y = max(pen.y, top + side)
    pen.down(1.0)
    pen.rule(pen.y, inner, pen.right, thick=0.15, color=(0.86, 0.89, 0.91))
    pen.down(1.4)


def _keys(pen: Pen, keys: Sequence[tuple[str, str]]) -> None:
    """Four in a row."""
    s, columns = pen.scale, 4
    wide, high = pen.width / columns, 8.2 * s
    rows = -(-len(keys) // columns)
    pen.box(pen.left, pen.y, pen.width, rows * high + 3.0 * s, thick=0, fill=PALE, radius=3)
    top = pen.y + 1.5 * s
    for i, (key, text) in enumerate(keys):
        x, y = pen.left + (i % columns) * wide + 3.0 * s, top + (i // columns) * high
        box = width_mm(key, BOLD, 9.5 * s) + 4.0 * s
        pen.box(x, y + 1.2 * s, box, 5.8 * s, thick=0.3, color=MUTED, fill=WHITE, radius=1.2 * s)
        pen.text(x + box / 2, y + 5.3 * s, key, BOLD, 9.5, "m")
        for n, line in enumerate(wrap(text, REGULAR, 9.0 * s, wide - box - 6.5 * s)[:2]):
            lift = 0.0 if width_mm(text, REGULAR, 9.0 * s) <= wide - box - 6.5 * s else -1.7 * s
            pen.text(x + box + 2.0 * s, y + 5.2 * s + lift + n * 3.5 * s, line, REGULAR, 9.0, color=INK)
    pen.y = top + rows * high + 1.5 * s


def _troubles(pen: Pen, troubles: Sequence[tuple[str, str]]) -> None:
    s = pen.scale
    dry = Pen(None, A4, LEFT, RIGHT, scale=s, top=0.0)
    _trouble_lines(dry, troubles)
    pen.box(pen.left, pen.y, pen.width, dry.y + 5.0 * s, thick=0, fill=ATTENTION_SOFT, radius=3)
    pen.down(2.0)
    _trouble_lines(pen, troubles)
    pen.down(3.0)


def _trouble_lines(pen: Pen, troubles: Sequence[tuple[str, str]]) -> None:
    s = pen.scale
    for what, how in troubles:
        top = pen.y
        pen.paragraph(what, x=pen.left + 4.0 * s, width=52.0 * s, size=9.8, face=BOLD, color=ATTENTION)
        below, pen.y = pen.y, top
        pen.paragraph(how, x=pen.left + 59.0 * s, width=pen.width - 62.0 * s, size=9.8)
        pen.y = max(pen.y, below)
        pen.down(0.7)

