"""The office's population list: imported from a file after a look at it, looked up at the loket, villages for its forms.

An import has two halves. :func:`examine` reads and checks the whole file and changes nothing; what it found is shown to the
officer. :func:`adopt` stores the good rows in one transaction, all of them or none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.nik import normalise_nik
from ktpel_kiosk.domain.population import PopulationBatch, PopulationEntry
from ktpel_kiosk.domain.population_list import HEADER_LINES, RowProblem, RowReader, RowRefused, is_header
from ktpel_kiosk.domain.sop import Kantor
from ktpel_kiosk.domain.text import to_local
from ktpel_kiosk.domain.wilayah import RegionTable
from ktpel_kiosk.ports.register import Tx
from ktpel_kiosk.ports.tables import TableFile, TableLine

MAX_ROWS = 400_000
"""Rows held at once; a kabupaten larger than that is imported per kecamatan."""
REPORT_EVERY = 1000
_TWICE = "NIK yang sama ada di baris {} dengan isi lain; tentukan yang benar."
_AGAIN = "Baris ini sama persis dengan baris {}; cukup satu, tidak perlu diperbaiki."


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a file holds, before anything is stored.

    Attributes:
        rows: lines below the header. entries: residents to store.
        problems: every wrong cell of every refused line, in order of the lines.
        repeats: (line, earlier line) of rows that say the same once more; they are left out without harm.
        unused: columns the kiosk does not need.
    """

    file_name: str
    sha256: str
    rows: int
    entries: tuple[PopulationEntry, ...] = field(repr=False)
    problems: tuple[RowProblem, ...] = field(repr=False)
    repeats: tuple[tuple[int, int], ...] = field(repr=False)
    unused: tuple[str, ...]

    @property
    def refused(self) -> int:
        """Lines that are not taken."""
        return len({p.line for p in self.problems})


def find(desk: Desk, nik: str) -> PopulationEntry | None:
    """The resident with this NIK in the imported list, for prefilling a form; None when the list does not know them.

    ``entry.recorded`` tells whether the list says that biometrics are at the centre already (None: it says nothing).
    """
    digits = normalise_nik(nik)
    if len(digits) != 16:
        return None
    return desk.register.read(lambda v: v.population(digits))


def villages(desk: Desk) -> tuple[str, ...]:
    """Village names offered at the loket, upper case, by name: those of the office's district and those of the imported list."""
    kantor = desk.sop.kantor
    regions = desk.regions()
    own = [name.upper() for name in regions.villages(kantor.kode_wilayah)]
    if kantor.jenis == "dinas":
        own = [v.upper() for d in regions.children(kantor.kode_wilayah) for v in regions.villages(d.code)]
    listed = desk.register.read(lambda v: v.population_villages())
    return tuple(sorted({*own, *(name.upper() for name in listed)}))


def examine(desk: Desk, actor: Actor, path: Path, *, village: str = "", progress: Callable[[int], bool] = lambda _done: True) -> ImportPlan:
    """Read and check a whole file; nothing is stored.

    Args:
        village: the village of all rows, for files without a column for it.
        progress: told the rows done so far, now and then; False stops.

    Raises:
        NotAllowed. BadInput: ``table.*`` (unreadable), ``population.*`` (no header, columns missing, stopped).
    """
    require(actor, "import_population")
    return read_list(desk.read_table(path), _place_of(desk), village=village, progress=progress)


@dataclass(frozen=True, slots=True)
class Where:
    """Whose list it is and the day its ages are counted from."""

    kantor: Kantor
    regions: RegionTable
    today: date


def _place_of(desk: Desk) -> Where:
    return Where(desk.sop.kantor, desk.regions(), to_local(desk.clock.now(), desk.sop.kantor.zona_waktu).date())


def read_list(table: TableFile, where: Where, *, village: str = "", progress: Callable[[int], bool] = lambda _done: True) -> ImportPlan:
    """As :func:`examine`, for a table already opened and an office that need not have a register yet."""
    lines = table.lines()
    reader = _header(where, table, lines, village)
    scan = _Scan(reader)
    for line in lines:
        scan.take(line)
        if scan.rows > MAX_ROWS:
            raise BadInput("table.too_large", path=table.name, count=scan.rows, unit="baris", limit=MAX_ROWS)
        if scan.rows % REPORT_EVERY == 0 and not progress(scan.rows):
            raise BadInput("population.stopped")
    if not scan.rows:
        raise BadInput("population.empty", path=table.name)
    problems = tuple(sorted(scan.problems, key=lambda p: p.line))
    return ImportPlan(table.name, table.sha256, scan.rows, tuple(e for e in scan.entries if e is not None), problems, tuple(scan.repeats),
                      reader.unused)


def _header(where: Where, table: TableFile, lines: Iterator[TableLine], village: str) -> RowReader:
    """The reader for this file; titles above the line that names the columns are passed over."""
    for count, line in enumerate(lines):
        if is_header(line.cells):
            reader = RowReader(line.cells, line.number, kantor=where.kantor, regions=where.regions, today=where.today, village=village)
            reader.check_columns(table.name)
            return reader
        if count + 1 >= HEADER_LINES:
            break
    raise BadInput("population.no_header", path=table.name, limit=HEADER_LINES)


class _Scan:
    """Rows as they come: good ones kept, refused ones listed, one NIK once."""

    def __init__(self, reader: RowReader) -> None:
        self._reader = reader
        self._seen: dict[str, tuple[int, int]] = {}
        self.rows = 0
        self.entries: list[PopulationEntry | None] = []
        self.problems: list[RowProblem] = []
        self.repeats: list[tuple[int, int]] = []

    def take(self, line: TableLine) -> None:
        self.rows += 1
        try:
            entry = self._reader.entry(line.cells)
        except RowRefused as refused:
            self.problems += [RowProblem(line.number, column, reason) for column, reason in refused.problems]
            return
        nik = entry.penduduk.nik
        if nik not in self._seen:
            self._seen[nik] = (line.number, len(self.entries))
            self.entries.append(entry)
            return
        first, index = self._seen[nik]
        if self.entries[index] == entry:
            self.repeats.append((line.number, first))
            return
        column = self._reader.titles["nik"]
        if self.entries[index] is not None:
            self.problems.append(RowProblem(first, column, _TWICE.format(line.number)))
        self.entries[index] = None
        self.problems.append(RowProblem(line.number, column, _TWICE.format(first)))


def adopt(desk: Desk, actor: Actor, plan: ImportPlan, *, strict: bool = False) -> PopulationBatch:
    """Store the good rows of an examined file: all of them in one transaction, or none. Residents known already are brought up to date.

    Args:
        strict: refuse the whole file when any row is bad.

    Raises:
        NotAllowed. BadInput: ``population.strict``, ``population.nothing``.
    """
    require(actor, "import_population")
    if strict and plan.problems:
        raise BadInput("population.strict", count=plan.refused, line=plan.problems[0].line)
    if not plan.entries:
        raise BadInput("population.nothing", path=plan.file_name)
    batch = new_batch(desk, plan, actor.username)
    return desk.register.write(lambda tx: store(tx, plan, batch))


def new_batch(desk: Desk, plan: ImportPlan, officer: str) -> PopulationBatch:
    """What the register keeps of an import, still without its figures."""
    return PopulationBatch(
        id=desk.ids.new(), file_name=plan.file_name, sha256=plan.sha256, at=desk.clock.now(), officer=officer, rows=plan.rows,
        added=0, changed=0, unchanged=0, refused=plan.refused,
    )


def store(tx: Tx, plan: ImportPlan, batch: PopulationBatch) -> PopulationBatch:
    """The good rows, inside somebody's transaction; returns the batch with its figures."""
    done = tx.put_population(plan.entries, batch)
    tx.log("PopulationImported", batch.id, batch.officer, digest=plan.sha256, count=plan.rows, added=done.added,
           changed=done.changed, refused=plan.refused)
    return done


def batches(desk: Desk) -> tuple[PopulationBatch, ...]:
    """Earlier imports, newest first."""
    return tuple(desk.register.read(lambda v: v.population_batches()))


def problem_table(plan: ImportPlan) -> bytes:
    """The refused lines as a CSV the operator can open beside the file: line, column, reason. Holds no personal data."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(("baris", "kolom", "alasan"))
    writer.writerows((p.line, _text(p.column), _text(p.reason)) for p in plan.problems)
    writer.writerows((line, "NIK", _AGAIN.format(first)) for line, first in plan.repeats)
    return out.getvalue().encode("utf-8-sig")


def save_problems(desk: Desk, actor: Actor, plan: ImportPlan, path: Path) -> None:
    """Write :func:`problem_table` where the officer chose. Raises NotAllowed, IoFailure, DiskFull."""
    require(actor, "import_population")
    desk.spool.write_file(path, problem_table(plan))


def _text(cell: str) -> str:
    """Never a formula for the spreadsheet that opens the list."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) and cell != "-" else cell
