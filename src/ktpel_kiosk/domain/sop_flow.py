"""An SOP as the flow table of Permenpan RB 35/2012, in plain text: identity above, one lane per pelaksana, mutu baku beside it.

Marks stand for the shapes of the printed form: ``(o)`` begin and end, ``[x]`` activity, ``<?>`` decision. Fits 160 columns in landscape.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from ktpel_kiosk.domain.sop import Langkah, Sop, Stage
from ktpel_kiosk.domain.sop_check import sop_table
from ktpel_kiosk.domain.text import minutes_text

WIDTH = 160
NUMBER, LANE, WIDE_LANE, TIME = 4, 11, 14, 10
DECISIONS: frozenset[Stage] = frozenset({Stage.VERIFIKASI, Stage.VALIDASI})
_ENDS, _ACTIVITY, _DECISION = "(o)", "[x]", "<?>"
_LEGEND = f"{_ENDS} mulai/selesai   {_ACTIVITY} kegiatan   {_DECISION} keputusan (tidak: kembali kepada pemohon)"


def flow_table(sop: Sop, width: int = WIDTH) -> str:
    """The whole sheet: header with number, dates, who approved, legal basis; then the steps; then the total."""
    lanes = [p.nama for p in sop.pelaksana if any(p.nama in s.pelaksana for s in sop.langkah)]
    widths = _widths(lanes, width)
    head = ["No.", "Kegiatan", *lanes, "Kelengkapan", "Waktu", "Output", "Keterangan"]
    rule = "+" + "+".join("-" * w for w in widths) + "+"
    lines = [sop.judul, "", *_identity(sop, width), rule, *_row(head, widths, centred=range(len(head))), rule.replace("-", "=")]
    table = sop_table(sop)
    for index, (step, row) in enumerate(zip(sop.langkah, table, strict=True)):
        marks = [_mark(step, index, len(sop.langkah)) if name in step.pelaksana else "" for name in lanes]
        cells = [row.no, row.kegiatan, *marks, row.kelengkapan, row.waktu, row.output, row.keterangan]
        lines += [*_row(cells, widths, centred=(0, *range(2, 2 + len(lanes)))), rule]
    return "\n".join([*lines, *_foot(sop, width), ""])


def _widths(lanes: Sequence[str], width: int) -> list[int]:
    """Widths of the cells; lanes are narrow, what is left goes to the texts in proportion."""
    longest = max((len(word) for name in lanes for word in name.split()), default=0)
    lane = LANE if len(lanes) > 5 else min(WIDE_LANE, max(LANE, longest))
    left = width - 1 - (len(lanes) + 6) - NUMBER - lane * len(lanes) - TIME
    kelengkapan, output, keterangan = (int(left * share) for share in (0.22, 0.215, 0.195))
    return [NUMBER, left - kelengkapan - output - keterangan, *([lane] * len(lanes)), kelengkapan, TIME, output, keterangan]


def _mark(step: Langkah, index: int, count: int) -> str:
    if index in (0, count - 1):
        return _ENDS
    return _DECISION if DECISIONS & set(step.stages) else _ACTIVITY


def _row(cells: Sequence[str], widths: Sequence[int], centred: Sequence[int] | range = ()) -> list[str]:
    wrapped = [_wrap(c, w if at in centred else w - 1) for at, (c, w) in enumerate(zip(cells, widths, strict=True))]
    out = []
    for line in range(max(map(len, wrapped))):
        parts = []
        for at, (cell, w) in enumerate(zip(wrapped, widths, strict=True)):
            text = cell[line] if line < len(cell) else ""
            parts.append(text.center(w) if at in centred else f" {text}".ljust(w))
        out.append("|" + "|".join(parts) + "|")
    return out


def _wrap(text: str, width: int) -> list[str]:
    """Lines of at most ``width``; a word that is longer is divided with a hyphen."""
    out: list[str] = []
    for line in text.splitlines():
        words = []
        for word in line.split():
            while len(word) > width:
                words.append(word[:width - 1] + "-")
                word = word[width - 1:]
            words.append(word)
        out += textwrap.wrap(" ".join(words), width, break_long_words=False, break_on_hyphens=False)
    return out or [""]


def _identity(sop: Sop, width: int) -> list[str]:
    """Two boxes side by side as on the printed form: the office, and number, dates, approval, name."""
    left_width, right_width = (width - 3) * 2 // 5, width - 3 - (width - 3) * 2 // 5
    office = [*sop.kantor.kop, "", "DASAR HUKUM", *(f"{i}. {t}" for i, t in enumerate(sop.dasar_hukum, 1))]
    facts = [
        f"Nomor SOP      : {sop.nomor or '-'}", f"Tanggal        : {sop.tanggal or '-'}",
        f"Disahkan oleh  : {sop.disahkan_oleh or '-'}", "",
        "KUALIFIKASI PELAKSANA", *(f"{i}. {t}" for i, t in enumerate(sop.kualifikasi, 1)),
        *(["", "KETERKAITAN", "; ".join(sop.keterkaitan)] if sop.keterkaitan else []),
        *(["", "PERALATAN", "; ".join(sop.peralatan)] if sop.peralatan else []),
    ]
    left = [p for t in office for p in _hang(t, left_width - 2, 3 if t[:1].isdigit() else 0)]
    right = [p for t in facts for p in _hang(t, right_width - 2, 17 if " : " in t[:20] else 3 if t[:1].isdigit() else 0)]
    rows = max(len(left), len(right))
    left, right = [*left, *[""] * (rows - len(left))], [*right, *[""] * (rows - len(right))]
    border = "+" + "-" * left_width + "+" + "-" * right_width + "+"
    boxes = (f"| {a}".ljust(left_width + 1) + f"| {b}".ljust(right_width + 1) + "|" for a, b in zip(left, right, strict=True))
    return [border, *boxes, border, ""]


def _hang(text: str, width: int, indent: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=" " * indent) or [""]


def _foot(sop: Sop, width: int) -> list[str]:
    total = f"Jumlah waktu langkah: {minutes_text(sop.total_s())}"
    if sop.total_tertulis_menit is not None:
        total += f" (tertulis {minutes_text(sop.total_tertulis_menit * 60)})"
    warnings = [line for t in sop.peringatan for line in _hang(f"Peringatan: {t}", width, 12)]
    return [_LEGEND, total, *warnings]
