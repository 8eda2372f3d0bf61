"""Reports on A4: letterhead, title, sections with key figures, charts and tables, notes, signatures, page x of y, hash.

The hash is SHA-256 over canonical JSON of title, period, sections and notes; letterhead, signers and dates of making are not
content.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace

from ktpel_kiosk.documents.charts import chart_blocks
from ktpel_kiosk.documents.flow import Block, Columns, Sheet, bullet_blocks, document, fitted, table_blocks, text_blocks
from ktpel_kiosk.documents.parts import BOLD, LINE, MEDIUM, MUTED, REGULAR, SEMIBOLD, capitals, letterhead, signer_row
from ktpel_kiosk.documents.pen import PALE, Pen, width_mm, wrap
from ktpel_kiosk.ports.papers import Cell, Fact, ReportPaper, Section, Signer, Table

FACTS_IN_A_ROW = 4
FACT_HEIGHT = 18.0
SMALL_TABLE = 18
"""Rows up to which a table is kept on one page."""


def report_hash(paper: ReportPaper) -> str:
    content = [paper.title, paper.period, [asdict(section) for section in paper.sections], list(paper.notes)]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def report(paper: ReportPaper, logo: bytes = b"") -> bytes:
    made = f" · dibuat {paper.made_at}" if paper.made_at else ""
    sheet = Sheet(running=f"{paper.title} · {paper.period}", note=f"SHA-256 isi: {report_hash(paper)}{made}", left=19, right=17)
    blocks = [Block(lambda pen: _head(pen, paper, logo))]
    for section in paper.sections:
        blocks += _section(section, sheet.width)
    if paper.notes:
        blocks += [_heading(paper.notes_heading, 5.0, False), *bullet_blocks(paper.notes, size=9)]
    blocks += _signatures(paper.signatories, paper.place_date)
    return document(f"{paper.title} {paper.period}", sheet, blocks)


def _head(pen: Pen, paper: ReportPaper, logo: bytes) -> None:
    letterhead(pen, paper.kop, size=12.5, logo_png=logo)
    pen.down(2.5)
    pen.line(capitals(paper.title), BOLD, 13.5, "m")
    pen.line(paper.period, MEDIUM, 10.5, "m")
    if paper.nomor:
        pen.line(f"Nomor : {paper.nomor}", REGULAR, 9, "m", MUTED)
    pen.down(1.5)


def _heading(text: str, gap: float, new_page: bool) -> Block:
    return Block(lambda pen: pen.line(text, BOLD, 11), gap, keep=True, new_page=new_page)


def _section(section: Section, width: float) -> list[Block]:
    body: list[Block] = []
    for text in section.text:
        body += text_blocks(text, size=9.6, gap=1.0)
    for i in range(0, len(section.facts), FACTS_IN_A_ROW):
        row = section.facts[i:i + FACTS_IN_A_ROW]
        body.append(Block(lambda pen, row=row: _facts(pen, row, width), 2.0))  # type: ignore[misc]
    if section.chart is not None:
        body += chart_blocks(section.chart, width, 2.0)
    if section.table is not None:
        body += _table(section.table, width)
    if section.note:
        body += text_blocks(section.note, size=8.2, gap=1.2, color=MUTED)
    heading = _heading(section.heading, 5.5, section.new_page)
    if not body:
        return [replace(heading, keep=False)]
    return [heading, *body]


def _table(table: Table, width: float) -> list[Block]:
    numeric = [_numeric([row[c] for row in table.rows]) for c in range(len(table.columns))]
    size = 9.0
    weights = table.widths if len(table.widths) == len(table.columns) else _weights(table)
    least = [max((width_mm(word, SEMIBOLD, 1.0) for word in name.split()), default=0.0) for name in table.columns]
    while size > 6 and any(low * size + 3 > width * w / sum(weights) for low, w in zip(least, weights, strict=True)):
        size -= 0.25
    columns = Columns(table.columns, weights, "".join("r" if n else "l" for n in numeric), size, table.decimals)
    rows = [row[:len(table.columns)] for row in table.rows] or [("Tidak ada data.", *([""] * (len(table.columns) - 1)))]
    blocks = table_blocks(columns, rows, width, total=table.total, gap=2.5)
    if 1 < len(blocks) <= SMALL_TABLE:
        return [replace(b, keep=True) for b in blocks[:-1]] + blocks[-1:]
    return blocks


def _numeric(cells: Sequence[Cell]) -> bool:
    return any(isinstance(c, (int, float)) for c in cells) and all(isinstance(c, (int, float)) or c in ("-", "") for c in cells)


def _weights(table: Table) -> list[float]:
    """By what the columns hold, between narrow numbers and long texts."""
    rows = [*table.rows[:200], *([table.total] if table.total else [])]
    wish = [max([len(str(row[c])) for row in rows if c < len(row)] + [0]) for c in range(len(table.columns))]
    title = [max((len(word) for word in name.split()), default=1) for name in table.columns]
    return [float(max(min(w, 34), t + 2, 5)) for w, t in zip(wish, title, strict=True)]


def _facts(pen: Pen, facts: Sequence[Fact], width: float) -> None:
    gap = 3.5
    each = (width - gap * (FACTS_IN_A_ROW - 1)) / FACTS_IN_A_ROW
    labels = [wrap(fact.label, REGULAR, 8, each - 5)[:2] for fact in facts]
    notes = [wrap(fact.note, REGULAR, 7.4, each - 5)[:2] if fact.note else [] for fact in facts]
    tall = 11.5 + 3.4 * max(len(x) for x in labels) + 3.1 * max(len(x) for x in notes)
    top = pen.y
    for i, fact in enumerate(facts):
        x = pen.left + i * (each + gap)
        pen.box(x, top, each, tall, thick=0.2, color=LINE, fill=PALE, radius=1.6)
        y = top + 4.4
        for text in labels[i]:
            pen.text(x + 2.5, y, text, REGULAR, 8, color=MUTED)
            y += 3.4
        y += 3.6
        pen.text(x + 2.5, y, fact.value, BOLD, fitted(fact.value, BOLD, 15, each - 5))
        y += 4.4
        for text in notes[i]:
            pen.text(x + 2.5, y, text, REGULAR, 7.4, color=MUTED)
            y += 3.1
    pen.y = top + tall


def _signatures(signers: Sequence[Signer], place_date: str) -> list[Block]:
    """Two in a row, place and date above the right one of the first row."""
    def pair(row: Sequence[Signer], first: bool) -> Block:
        above = [(place_date if i == len(row) - 1 else "Mengetahui,") if first else "" for i in range(len(row))]
        return Block(lambda pen: signer_row(pen, list(zip(row, above, strict=True)), pen.width * 0.44, size=9.8, room=18), 6.0)

    return [pair(signers[i:i + 2], i == 0) for i in range(0, len(signers), 2)]
