"""Statuses from a list the dinas gave (CSV, XLSX): looked at whole first, then taken line by line; importing it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path

from ktpel_kiosk.desk.access import require
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.desk.status_moves import settle, standing_of, told
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, NotFound
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.status import Status, StatusEntry
from ktpel_kiosk.domain.status_guide import usual
from ktpel_kiosk.domain.status_list import HEADER_LINES, LineRefused, ListLine, ListReader, is_header
from ktpel_kiosk.domain.text import mask_nik, to_local, zone
from ktpel_kiosk.ports.register import Query, Tx, View
from ktpel_kiosk.ports.tables import TableFile, TableLine

MAX_LINES = 20_000
BATCH = 100
"""Lines stored in one transaction, so that the desk never waits long for the register."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One line that will be stored. ``before``: what is shown now; ``unusual``: SIAK is not known to make this step; ``late``: something
    newer is known already, so it goes into the history only."""

    line: int
    permohonan_id: str
    nomor: str
    nama: str
    nik: str
    status: Status
    at: datetime
    reason: str
    before: Status | None
    unusual: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Problem:
    """One line that is not taken, and why; ``who`` is masked."""

    line: int
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class StatusPlan:
    """What a list holds, before anything is stored. ``known``: lines that say what is kept already."""

    file_name: str
    sha256: str
    lines: int
    taken: tuple[Taken, ...] = field(repr=False)
    problems: tuple[Problem, ...] = field(repr=False)
    known: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: entries stored, and how many applications went on to another stage or state."""

    stored: int
    moved: int


def examine(desk: Desk, actor: Actor, path: Path) -> StatusPlan:
    """Read and check a whole list; nothing is stored.

    Raises:
        NotAllowed. BadInput: ``table.*`` (not a table, too large, mixed encodings), ``status.list_*``.
    """
    require(actor, "import_statuses")
    table = desk.read_table(path)
    lines = table.lines()
    reader = _header(table, lines)
    scan = _Scan(desk, reader)

    def look(view: View) -> None:
        for line in lines:
            scan.take(view, line)
            if scan.count > MAX_LINES:
                raise BadInput("status.list_long", path=table.name, limit=MAX_LINES)

    desk.register.read(look)
    if not scan.count:
        raise BadInput("status.list_empty", path=table.name)
    return StatusPlan(table.name, table.sha256, scan.count, tuple(scan.taken), tuple(scan.problems), scan.known)


def _header(table: TableFile, lines: Iterator[TableLine]) -> ListReader:
    for count, line in enumerate(lines, 1):
        if is_header(line.cells):
            return ListReader(line.cells, table.name, line.number)
        if count >= HEADER_LINES:
            break
    raise BadInput("status.list_header", path=table.name, limit=HEADER_LINES)


class _Scan:
    """Lines as they come: good ones planned, others named."""

    def __init__(self, desk: Desk, reader: ListReader) -> None:
        self._desk, self._reader, self._now = desk, reader, desk.clock.now()
        self._seen: dict[tuple[str, str, datetime], int] = {}
        self.count = self.known = 0
        self.taken: list[Taken] = []
        self.problems: list[Problem] = []

    def take(self, view: View, line: TableLine) -> None:
        self.count += 1
        who = ""
        try:
            said = self._reader.line(line.cells)
            who = mask_nik(said.nik) if said.nik else said.register or said.paket
            found = self._plan(view, line.number, said)
        except LineRefused as refused:
            self.problems.append(Problem(line.number, who, str(refused)))
            return
        if found is None:
            self.known += 1
        else:
            self.taken.append(found)

    def _plan(self, view: View, number: int, said: ListLine) -> Taken | None:
        """None where this is kept already. Raises LineRefused."""
        p, at = _application(view, said), self._moment(said)
        key = (p.id, said.status.value, at)
        if key in self._seen:
            raise LineRefused(f"Sama dengan baris {self._seen[key]}; cukup satu.")
        self._seen[key] = number
        history = told(view, p.id)
        day = local_time(self._desk, at).date()
        if any(s.source == "csv" and s.status == said.status and (s.at == at or (
                said.clock is None and local_time(self._desk, s.at).date() == day)) for s in history):
            return None
        last = history[-1] if history else None
        return Taken(number, p.id, p.nomor_register, p.penduduk.nama, mask_nik(p.penduduk.nik), said.status, at, said.reason,
                     last.status if last else None, last is not None and not usual(last.status, said.status),
                     last is not None and at < last.at)

    def _moment(self, said: ListLine) -> datetime:
        """A day alone means its end, as far as it has come: the list was drawn after whatever happened that day."""
        zona = self._desk.sop.kantor.zona_waktu
        if said.day > to_local(self._now, zona).date():
            raise LineRefused("Tanggal belum terjadi.")
        at = datetime.combine(said.day, said.clock or time(23, 59, 59), zone(zona))
        if said.clock is not None and at > self._now + timedelta(minutes=5):
            raise LineRefused("Waktu belum terjadi.")
        return min(at, self._now).astimezone(self._now.tzinfo)


def _application(view: View, said: ListLine) -> Permohonan:
    """The application under way a line speaks of. Raises LineRefused."""
    found = _named(view, said)
    if found is None:
        raise LineRefused("Tidak ada permohonan dengan nomor ini.")
    if said.nik and found.penduduk.nik != said.nik:
        raise LineRefused("NIK dan nomor menunjuk permohonan yang berbeda.")
    if found.current() is None:
        raise LineRefused("Permohonannya sudah selesai.")
    return found


def _named(view: View, said: ListLine) -> Permohonan | None:
    if said.paket:
        packet = view.packet(said.paket)
        return view.permohonan(packet.permohonan_id) if packet is not None else None
    if said.register:
        return view.by_number(said.register)
    found = view.open_for_nik(said.nik)
    if found is None:
        closed = next((i for i in view.list(Query(text=said.nik, limit=5)) if i.nik == said.nik), None)
        return view.permohonan(closed.id) if closed is not None else None
    return found


def adopt(desk: Desk, actor: Actor, plan: StatusPlan) -> Imported:
    """Store the good lines of an examined list. An import that is cut short is finished by importing the list again.

    Raises:
        NotAllowed. BadInput ``status.list_nothing``: no line can be taken.
    """
    require(actor, "import_statuses")
    if not plan.taken and not plan.known:
        raise BadInput("status.list_nothing")
    done = Imported(0, 0)
    for begin in range(0, len(plan.taken), BATCH):
        part = plan.taken[begin:begin + BATCH]
        made = desk.register.write(lambda tx, part=part: _store(desk, tx, actor, plan, part))  # type: ignore[misc]
        done = Imported(done.stored + made.stored, done.moved + made.moved)
    return done


def _store(desk: Desk, tx: Tx, actor: Actor, plan: StatusPlan, part: tuple[Taken, ...]) -> Imported:
    stored = moved = 0
    now = desk.clock.now()
    for t in part:
        try:
            p = tx.permohonan(t.permohonan_id)
        except NotFound:
            continue
        before = standing_of(tx, p.id)
        entry = StatusEntry(desk.ids.new(), p.id, p.penduduk.nik, t.status, t.at, t.reason, "csv", actor.username, now)
        if p.current() is None or not tx.add_status_entry(entry):
            continue
        stored += 1
        tx.log("StatusEntered", p.id, actor.username, status=t.status.value, source="csv", line=t.line)
        after = settle(desk, tx, p, before)
        moved += (after.keadaan, _stage(after)) != (p.keadaan, _stage(p))
    tx.log("StatusesImported", "-", actor.username, count=stored, digest=plan.sha256)
    return Imported(stored, moved)


def _stage(p: Permohonan) -> int:
    tahap = p.current()
    return tahap.index if tahap is not None else -1


def import_list(desk: Desk, actor: Actor, path: Path, *, dry_run: bool = False) -> tuple[StatusPlan, Imported]:
    """:func:`examine`, and :func:`adopt` unless ``dry_run``."""
    plan = examine(desk, actor, path)
    return plan, Imported(0, 0) if dry_run else adopt(desk, actor, plan)
