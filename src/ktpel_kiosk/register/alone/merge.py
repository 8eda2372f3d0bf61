"""What a desk recorded alone goes to the office server: each application in one transaction, with its audit; each once.

Killed at any moment and begun again, nothing is doubled: an application that is there is not stored again, and the rest of the audit goes
together with the mark that says so. What cannot be merged as it is stays in the work copy and is named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ktpel_kiosk.domain.errors import BugError, Corrupt, DuplicateRequest, NotFound, StaleView, UserFacing
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.register.alone.local import OF_APPLICATION
from ktpel_kiosk.register.alone.numbers import SERIES, given
from ktpel_kiosk.register.seals import ROWS
from ktpel_kiosk.register.store import SqlRegister

if TYPE_CHECKING:
    from ktpel_kiosk.domain.audit import AuditLink

T = TypeVar("T")

WORK_COPY: Final = "salinan.kerja"
"""Setting of a work copy: its name, another one for each."""
COPY, COPY_NO, COPY_AT = "salinan_kerja", "urutan_asal", "waktu_asal"
"""Facts of a carried link: the work copy it was written in, its place there, and when."""
_BELOW: Final = {"sample": ("sample_data", "sample_no", "no"), "search": ("search_word", "no", "no"),
                 "packet": ("packet_spare", "packet_id", "packet_id")}
"""Rows that hang on a row: their table, their column, what it holds of the row above (its number, which is another one on the server)."""
_ONE: Final = frozenset({"permohonan", "search"})
"""Of each there is one row, which is changed and never removed."""
_STAY: Final = _ONE | {"packet"}
_DECIDED: Final = frozenset({"duplicate_check"})
_DECISION: Final = ("decision", "decided_by", "decided_at", "note")
"""All that may change in a row of those, once."""
_MOST: Final = 1_000_000
_TAKEN: Final = "SELECT 1 FROM packet WHERE station = :station AND counter = :counter AND packet_id <> :packet_id"
CLOSED_REASON: Final = "nik_terbuka"
"""Reason of ``ApplicationVoided`` where the same person was being served at another desk."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """``number``: of the application that was recorded alone. ``key``: why (a sentence's key). ``other``: number of the one in its way."""

    number: str
    key: str
    other: str = ""


@dataclass(frozen=True, slots=True)
class Merged:
    """``taken`` now, ``there`` already. ``closed``: the same person was being served at another desk; all that was recorded is kept, the
    application closed. ``held``: still in the work copy alone; it must be kept."""

    taken: int
    there: int
    closed: tuple[Conflict, ...]
    held: tuple[Conflict, ...]


def merge(local: SqlRegister, office: SqlRegister, station: str) -> Merged:
    """Raises IoFailure ``office_server.unreachable``: the server is away again; begin again later."""
    copy = name_of(local)
    known = _seen(local, lambda v: _tuples(v, "SELECT id, nomor_register FROM permohonan ORDER BY created_at, id"))
    taken, there, closed, held = 0, 0, list[Conflict](), list[Conflict]()
    for id, number in known:
        try:
            if not _take(local, office, copy, id):
                there += 1
                continue
        except DuplicateRequest as error:
            if error.message_key != "nik.open_application":
                held.append(Conflict(number, error.message_key))
                continue
            closed.append(Conflict(number, error.message_key, str(error.facts.get("number", ""))))
            _close(local, id, closed[-1].other)
            _take(local, office, copy, id)
        except (UserFacing, BugError) as error:
            held.append(Conflict(number, error.message_key))
            continue
        taken += 1
    if not held:
        _rest(local, office, copy, station, frozenset(id for id, _ in known), len(closed))
    return Merged(taken, there, tuple(closed), tuple(held))


def is_merged(local: SqlRegister, office: SqlRegister) -> bool:
    """Whether the office has everything that was recorded in this work copy."""
    copy, length = name_of(local), local.read(lambda v: v.audit_length())
    return office.read(lambda v: _carried_to(v, copy, copy)) >= length


def made_at(local: SqlRegister) -> int:
    """Place of the link with which the work copy begins: what stands before was taken along."""
    links = local.read(lambda v: v.audit(limit=_MOST))
    return next((link.sequence for link in links if link.event == "WorkCopyMade"), 0)


def name_of(local: SqlRegister) -> str:
    """Name of this work copy; another one for each."""
    name = local.read(lambda v: v.setting(WORK_COPY))
    if not name:
        raise Corrupt("register.corrupt", path=WORK_COPY)
    return name


# -- one application --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Bundle:
    """All of one application: rows by table, in the order in which they can be stored; ``below``: rows of a row, by its number or id."""

    id: str
    nik: str
    number: str
    is_open: bool
    links: Sequence[AuditLink]
    rows: Sequence[tuple[str, dict[str, Any], Sequence[tuple[str, dict[str, Any]]]]]


class _There(Exception):
    """It is on the server already; the transaction is given up."""


def _pack(here: Any, id: str) -> _Bundle:
    rows: list[tuple[str, dict[str, Any], Sequence[tuple[str, dict[str, Any]]]]] = []
    for table in OF_APPLICATION:
        owner = "id" if table == "permohonan" else "permohonan_id"
        for row in _rows(here, f"SELECT * FROM {table} WHERE {owner} = :of_id", of_id=id):
            below = _BELOW.get(table)
            found = _rows(here, f"SELECT * FROM {below[0]} WHERE {below[1]} = :of_key", of_key=row[below[2]]) if below else []
            rows.append((table, row, [(below[0], child) for child in found] if below else []))
    first = rows[0][1]
    links = [link for link in here.audit(subject=id, limit=_MOST) if link.subject == id]
    return _Bundle(id, first["nik"], first["nomor_register"], bool(first["is_open"]), links, rows)


def _take(local: SqlRegister, office: SqlRegister, copy: str, id: str) -> bool:
    """False: it is there already. Raises DuplicateRequest, StaleView ``permohonan.stale``: it went on here after it was merged."""
    bundle = _seen(local, lambda v: _pack(v, id))
    try:
        office.write(lambda tx: _store(tx, copy, bundle))
    except _There:
        return False
    return True


def _store(tx: Any, copy: str, bundle: _Bundle) -> None:
    try:
        tx.permohonan(bundle.id)
    except NotFound:
        pass
    else:
        there = _carried_to(tx, copy, bundle.id)
        if not bundle.links or there >= bundle.links[-1].sequence:
            raise _There
        if not _is_ours(tx, copy, bundle.id):
            raise StaleView("permohonan.stale")
        _go_on(tx, copy, bundle, there)
        return
    _require_free(tx, bundle)
    _carry_links(tx, copy, bundle.links)
    for table, row, below in bundle.rows:
        _add(tx, table, row, below)


def _add(tx: Any, table: str, row: dict[str, Any], below: Sequence[tuple[str, dict[str, Any]]]) -> None:
    own = row.get("no")
    new = _insert(tx, table, {name: value for name, value in row.items() if name != "no"}, "no" if own is not None else "")
    for child, values in below:
        key = _BELOW[table][1]
        _insert(tx, child, values if own is None else {**values, key: new})


def _is_ours(tx: Any, copy: str, id: str) -> bool:
    """Nobody at the office went on with it since it was carried there."""
    links = tx.audit(subject=id, limit=_MOST)
    return bool(links) and links[-1].facts.get(COPY) == copy


def _go_on(tx: Any, copy: str, bundle: _Bundle, there: int) -> None:
    """It was merged before, the desk was alone again and went on with it: what changed since takes the place of what is there."""
    _require_free(tx, bundle)
    _carry_links(tx, copy, [link for link in bundle.links if link.sequence > there])
    known = _pack(tx, bundle.id).rows
    for table, row, _below in known:
        if table not in _STAY and table not in _DECIDED and not any(t == table and _same(row, r) for t, r, _ in bundle.rows):
            _drop(tx, table, row)
    for table, row, below in bundle.rows:
        same = [r for t, r, _ in known if t == table]
        if table in _ONE:
            _change(tx, table, same[0], row, below)
        elif table in _DECIDED and (asked := next((r for r in same if r["id"] == row["id"]), None)) is not None:
            if not _same(row, asked):
                columns = ", ".join(f"{name} = :{name}" for name in _DECISION)
                _run(tx, f"UPDATE {table} SET {columns} WHERE id = :of_id", {**{n: row[n] for n in _DECISION}, "of_id": row["id"]})
        elif not any(r["packet_id"] == row["packet_id"] if table == "packet" else _same(row, r) for r in same):
            _add(tx, table, row, below)


def _change(tx: Any, table: str, old: dict[str, Any], new: dict[str, Any], below: Sequence[tuple[str, dict[str, Any]]]) -> None:
    """The one row of its kind; what hangs on it is put there anew, under the number it has on the server."""
    key = "id" if table == "permohonan" else "no"
    columns = ", ".join(f'"{name}" = :{name}' for name in new if name != key)
    _run(tx, f"UPDATE {table} SET {columns} WHERE {key} = :of_key", {**{n: v for n, v in new.items() if n != key}, "of_key": old[key]})
    if table in _BELOW:
        child, column, _ = _BELOW[table]
        _run(tx, f"DELETE FROM {child} WHERE {column} = :of_key", {"of_key": old[key]})
        for _child, values in below:
            _insert(tx, child, {**values, column: old[key]})


def _same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """But for its number, which each register gives itself."""
    return all(value == other[name] for name, value in one.items() if name != "no")


def _drop(tx: Any, table: str, row: dict[str, Any]) -> None:
    key = ("permohonan_id", "idx") if table == "tahap" else ("no",)
    where = " AND ".join(f"{name} = :of_{name}" for name in key)
    _run(tx, f"DELETE FROM {table} WHERE {where}", {f"of_{name}": row[name] for name in key})


def _run(tx: Any, sql: str, given: dict[str, Any]) -> None:
    from ktpel_kiosk.register.session import prepared

    tx.run(prepared(sql), given)


def _require_free(tx: Any, bundle: _Bundle) -> None:
    other = tx.open_for_nik(bundle.nik) if bundle.is_open else None
    if other is not None and other.id != bundle.id:
        raise DuplicateRequest("nik.open_application", number=other.nomor_register or "(belum bernomor)")
    if bundle.number and (found := tx.by_number(bundle.number)) is not None and found.id != bundle.id:
        raise DuplicateRequest("register.number_taken", number=bundle.number)
    for table, row, _ in bundle.rows:
        if table == "packet" and _tuples(tx, _TAKEN, station=row["station"], counter=row["counter"], packet_id=row["packet_id"]):
            raise DuplicateRequest("packet.already_replaced")


def _insert(tx: Any, table: str, row: dict[str, Any], returning: str = "") -> Any:
    from ktpel_kiosk.register.session import prepared

    columns, values = ", ".join(f'"{name}"' for name in row), ", ".join(f":{name}" for name in row)
    end = f" RETURNING {returning}" if returning else ""
    statement = prepared(f"INSERT INTO {table} ({columns}) VALUES ({values}){end}")
    if returning:
        return tx.scalar(statement, **row)
    tx.run(statement, row)
    return None


def _close(local: SqlRegister, id: str, other: str) -> None:
    """In the work copy itself, so that what is merged is what was decided. A closed one is in nobody's way any more."""

    def work(tx: Any) -> None:
        note = f"Direkam selagi server kantor tidak terjangkau; NIK yang sama sudah dilayani dengan nomor {other}."
        tx.log("ApplicationVoided", id, "-", reason=CLOSED_REASON, number=other)
        tx.save_permohonan(replace(tx.permohonan(id), keadaan=Keadaan.BATAL, note=note))

    local.write(work)


# -- the audit ---------------------------------------------------------------------------------------------------------------


def _carry_links(tx: Any, copy: str, links: Sequence[AuditLink]) -> None:
    for link in links:
        facts = {name: value for name, value in link.facts.items() if name != ROWS}
        tx.log(link.event, link.subject, link.actor, **facts, **{COPY: copy, COPY_NO: link.sequence, COPY_AT: link.at.isoformat()})


def _carried_to(tx: Any, copy: str, subject: str) -> int:
    """Place in the work copy's audit up to which this subject was carried."""
    return max((int(link.facts[COPY_NO]) for link in tx.audit(subject=subject, limit=_MOST) if link.facts.get(COPY) == copy), default=0)


def _rest(local: SqlRegister, office: SqlRegister, copy: str, station: str, mine: frozenset[str], closed: int) -> None:
    """Sign-ins, drafts and the numbers given, with the mark that this work copy is merged up to here."""
    base = made_at(local)
    head, links, drafts, counted = _seen(local, lambda v: (
        v.audit_head(), [link for link in v.audit(after=base, limit=_MOST) if link.subject not in mine],
        _tuples(v, "SELECT key, text FROM draft"), _tuples(v, "SELECT year, value FROM counter WHERE series = :series", series=SERIES)))

    def work(tx: Any) -> None:
        done = _carried_to(tx, copy, copy)
        if done >= head.length:
            raise _There
        _carry_links(tx, copy, [link for link in links if link.sequence > done])
        for key, text in drafts:
            if tx.draft(key) is None:
                tx.put_draft(key, text)
        for year, number in counted:
            given(tx, station, year, number)
        tx.log("DeskCameBack", copy, "-", station=station, count=len(mine), closed=closed, digest=head.head,
               **{COPY: copy, COPY_NO: head.length})

    with suppress(_There):
        office.write(work)


def _seen(local: SqlRegister, look: Callable[[Any], T]) -> T:
    """The register's own view knows more than its port: the chain's head, bare rows."""
    return local.read(look)


def _rows(view: Any, sql: str, **given: Any) -> list[dict[str, Any]]:
    from ktpel_kiosk.register.session import prepared

    return [dict(row) for row in view.all(prepared(sql), **given)]


def _tuples(view: Any, sql: str, **given: Any) -> list[tuple[Any, ...]]:
    from ktpel_kiosk.register.session import prepared

    found: list[tuple[Any, ...]] = view.tuples(prepared(sql), **given)
    return found
