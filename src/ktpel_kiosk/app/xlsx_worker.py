"""Child process: the first sheet of a workbook to standard output as tab-separated text, one line per row of the sheet.

Started by :mod:`ktpel_kiosk.app.population_file` with path and the limits of memory, processor seconds, output, rows and columns.
Exit code 0 only when everything was written. Formulas are never evaluated: what Excel stored as their result, or the text itself, is
written as text.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta


def cell_text(value: object) -> str:
    """A cell as text; numbers of 15 digits and more show that they were rounded."""
    if value is None or isinstance(value, str):
        return " ".join((value or "").replace("\0", " ").split())
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if abs(value) >= 1e15:
            return f"{value:.5E}"
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value)


def limit(memory: int, cpu_s: int) -> None:
    """Address space and processor time, where the system has such limits."""
    try:
        import resource
    except ImportError:
        return  # Windows: the wall clock, the announced size and the counted output hold
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def write(rows: Iterable[Iterable[object]], max_rows: int, max_columns: int, max_bytes: int) -> int:
    """One text that a million cells share unfolds here: what was written is counted, so that it never fills the disk."""
    written = 0
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="", write_through=False)
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    for number, row in enumerate(rows, start=1):
        cells = [cell_text(v) for v in row]
        while cells and not cells[-1]:
            cells.pop()
        written += sum(map(len, cells)) + len(cells)
        if number > max_rows or len(cells) > max_columns or written > max_bytes:
            return 3
        writer.writerow(cells or [""])
    out.flush()
    return 0


def main(path: str, memory: str, cpu_s: str, max_bytes: str, max_rows: str, max_columns: str) -> int:
    limit(int(memory), int(cpu_s))
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(path)
    visible = [s.name for s in book.sheets_metadata if str(s.visible).endswith("Visible") and str(s.typ).endswith("WorkSheet")]
    if not visible:
        return 2
    return write(book.get_sheet_by_name(visible[0]).iter_rows(), int(max_rows), int(max_columns), int(max_bytes))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
