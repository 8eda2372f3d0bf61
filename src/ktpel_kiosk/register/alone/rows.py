"""All rows of one application, taken from one register and put into another: stored anew, or in the place of an older state of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ktpel_kiosk.domain.errors import DuplicateRequest
from ktpel_kiosk.register.alone.local import OF_APPLICATION

if TYPE_CHECKING:
    from ktpel_kiosk.domain.audit import AuditLink

_BELOW: Final = {"sample": ("sample_data", "sample_no", "no"), "search": ("search_word", "no", "no"),
                 "packet": ("packet_spare", "packet_id", "packet_id")}
"""Rows that hang on a row: their table, their column, what it holds of the row above (its number, which is another one on the server)."""
_ONE: Final = frozenset({"permohonan", "search"})
"""Of each there is one row, which is changed and never removed."""
_STAY: Final = _ONE | {"packet", "pause", "contact", "viewing", "duplicate_check"}
"""The same, of any number."""
_DECIDED: Final = frozenset({"duplicate_check"})
_DECISION: Final = ("decision", "decided_by", "decided_at", "note")
"""All that may change in a row of those, once."""
MOST: Final = 1_000_000
CARRIED: Final = "ApplicationCarried"
"""In a work copy's audit: from here on this application is as the office had it, up to the fact ``sequence`` of the office's audit."""
_TAKEN: Final = "SELECT 1 FROM packet WHERE station = :station AND counter = :counter AND packet_id <> :packet_id"


@dataclass(frozen=True, slots=True)
class Bundle:
    """All of one application: rows by table, in the order in which they can be stored; ``below``: rows of a row, by its number or id."""

    id: str
    nik: str
    number: str
    is_open: bool
    links: Sequence[AuditLink]
    rows: Sequence[tuple[str, dict[str, Any], Sequence[tuple[str, dict[str, Any]]]]]


def pack(here: Any, id: str) -> Bundle:
    rows: list[tuple[str, dict[str, Any], Sequence[tuple[str, dict[str, Any]]]]] = []
    for table in OF_APPLICATION:
        owner = "id" if table == "permohonan" else "permohonan_id"
        for row in _rows(here, f"SELECT * FROM {table} WHERE {owner} = :of_id", of_id=id):
            below = _BELOW.get(table)
            found = _rows(here, f"SELECT * FROM {below[0]} WHERE {below[1]} = :of_key", of_key=row[below[2]]) if below else []
            rows.append((table, row, [(below[0], child) for child in found] if below else []))
    first = rows[0][1]
    links = [link for link in here.audit(subject=id, limit=MOST) if link.subject == id]
    return Bundle(id, first["nik"], first["nomor_register"], bool(first["is_open"]), links, rows)


def store(tx: Any, bundle: Bundle) -> None:
    """It is not there yet."""
    for table, row, below in bundle.rows:
        _add(tx, table, row, below)


def _add(tx: Any, table: str, row: dict[str, Any], below: Sequence[tuple[str, dict[str, Any]]]) -> None:
    own = row.get("no")
    new = _insert(tx, table, {name: value for name, value in row.items() if name != "no"}, "no" if own is not None else "")
    for child, values in below:
        key = _BELOW[table][1]
        _insert(tx, child, values if own is None else {**values, key: new})


def renew(tx: Any, bundle: Bundle) -> None:
    """What the register has of this application becomes what ``bundle`` has of it; rows that are the same are not touched."""
    known = pack(tx, bundle.id).rows
    for table, row, _below in known:
        if table not in _STAY and not any(t == table and _same(row, r) for t, r, _ in bundle.rows):
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
    if table == "sample":
        tx.purged = True  # pixels must not live on in the journal
    key = ("permohonan_id", "idx") if table == "tahap" else ("no",)
    where = " AND ".join(f"{name} = :of_{name}" for name in key)
    _run(tx, f"DELETE FROM {table} WHERE {where}", {f"of_{name}": row[name] for name in key})


def _run(tx: Any, sql: str, given: dict[str, Any]) -> None:
    from ktpel_kiosk.register.session import prepared

    tx.run(prepared(sql), given)


def require_free(tx: Any, bundle: Bundle) -> None:
    other = tx.open_for_nik(bundle.nik) if bundle.is_open else None
    if other is not None and other.id != bundle.id:
        raise DuplicateRequest("nik.open_application", number=other.nomor_register or "(belum bernomor)")
    if bundle.number and (found := tx.by_number(bundle.number)) is not None and found.id != bundle.id:
        raise DuplicateRequest("register.number_taken", number=bundle.number)
    for table, row, _ in bundle.rows:
        if table == "packet" and tuples(tx, _TAKEN, station=row["station"], counter=row["counter"], packet_id=row["packet_id"]):
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


def _rows(view: Any, sql: str, **given: Any) -> list[dict[str, Any]]:
    from ktpel_kiosk.register.session import prepared

    return [dict(row) for row in view.all(prepared(sql), **given)]


def tuples(view: Any, sql: str, **given: Any) -> list[tuple[Any, ...]]:
    from ktpel_kiosk.register.session import prepared

    found: list[tuple[Any, ...]] = view.tuples(prepared(sql), **given)
    return found
