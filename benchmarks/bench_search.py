"""Searching 500,000 applications in the encrypted register against bare SQLite FTS5 (not encrypted) over the same rows.

Each question is what the Register page asks: the matches counted up to 1,000 and the first 200 rows of the newest. FTS5 gets prefix
indexes, plain indexes for the filters, and may order by its own rowid. The ratio compares the sums of the medians per kind of question;
above 50 ms for the slowest kind the benchmark fails whatever the ratio.
"""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from register_fixture import KEY, LAST_DAY, big_register, opened

from ktpel_kiosk.ports.register import Query
from ktpel_kiosk.register import driver
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.words import terms, words_of

LIMIT = 2.0
SLOWEST_MS = 50.0
EACH = 6
"""Questions of a kind."""
TIMES = 5
PAGE, COUNTED = 200, 1000
COLUMNS = ("nomor_register", "nama", "nik", "layanan", "desa", "keadaan", "stage", "step_no", "tahap_state", "created_at", "updated_at",
           "active_s", "petugas", "running_since", "pause_reason", "status_siak", "sop_digest", "nomor_hp")


@dataclass(frozen=True, slots=True)
class Sample:
    """An application to ask for."""

    nama: str
    nik: str
    number: str
    phone: str
    desa: str


def kinds(samples: list[Sample]) -> dict[str, list[Query]]:
    """Questions as people type and choose them."""
    def year(n: int) -> dict[str, Any]:
        return {"since": LAST_DAY - timedelta(days=365 * (n + 1)), "until": LAST_DAY - timedelta(days=365 * n)}

    common = ("SITI", "MUHAMMAD", "SRI", "AHMAD", "DEWI", "NUR")
    texts: dict[str, Callable[[Sample], str]] = {
        "one letter": lambda s: s.nama[0], "name prefix": lambda s: s.nama[:4], "whole name": lambda s: s.nama,
        "two words": lambda s: " ".join((s.nama + " " + s.nama[0]).split()[:2]), "NIK": lambda s: s.nik, "NIK prefix": lambda s: s.nik[:8],
        "number": lambda s: s.number, "phone": lambda s: s.phone.replace("+62", "0"), "phone prefix": lambda s: s.phone[:6],
        "village": lambda s: s.desa, "village and name": lambda s: f"{s.nama.split()[0]} {s.desa}", "nobody": lambda s: s.nama[::-1] + "Q",
    }
    asked = {kind: [Query(text=make(s)) for s in samples] for kind, make in texts.items()}
    return asked | {
        "common and common": [Query(text=f"{a} {b}") for a, b in zip(common, common[1:] + common[:1], strict=True)],
        "all": [Query()] * EACH,
        "service": [Query(layanan=(x,)) for x in ("hilang", "rusak", "baru_oa", "pemula", "luar_domisili", "pindah_datang")],
        "state": [Query(keadaan=(x,)) for x in ("selesai", "batal", "ditolak", "ganda", "dikembalikan", "berjalan")],
        "village chosen": [Query(desa=s.desa) for s in samples],
        "three filters": [Query(keadaan=("batal",), layanan=("hilang",), desa=s.desa) for s in samples],
        "name in a year": [Query(text=c, **year(n)) for n, c in enumerate(common, 2)],
        "name and filters": [Query(text=c, keadaan=("batal",), desa=s.desa) for c, s in zip(common, samples, strict=True)],
    }


def run() -> tuple[float, float, str]:
    """(ratio of the sums of medians, limit, slowest kind)."""
    folder = big_register()
    samples, plain = _samples(folder), _plain(folder)
    ours, theirs = {}, {}
    with opened(folder) as register:
        for kind, queries in kinds(samples).items():
            queries = [replace(q, limit=PAGE, count_limit=COUNTED) for q in queries]
            ours[kind], mine = _median(lambda q: register.read(lambda v: (v.count(q), [i.nomor_register for i in v.list(q)])), queries)
            theirs[kind], right = _median(lambda q: _ask_plain(plain, q), queries)
            assert mine == right, f"{kind}: the two do not find the same"
            print(f"  {kind:18} {ours[kind]:6.1f} ms  FTS5 {theirs[kind]:6.1f} ms", flush=True)
        deep = _deep_pages(register)
    plain.close()
    slowest = max(ours, key=lambda k: ours[k])
    ratio = max(sum(ours.values()) / sum(theirs.values()), LIMIT * ours[slowest] / SLOWEST_MS)
    return ratio, LIMIT, (f"sum of {len(ours)} kinds {sum(ours.values()):.0f} ms, FTS5 {sum(theirs.values()):.0f} ms; slowest kind "
                          f"{slowest} {ours[slowest]:.1f} ms (limit {SLOWEST_MS:.0f}); page after row 400,000 {deep:.1f} ms")


def _median(ask: Callable[[Query], Any], queries: list[Query]) -> tuple[float, list[Any]]:
    """Milliseconds, and the answers; each question is asked once before it counts."""
    answers, taken = [ask(q) for q in queries], []
    for _ in range(TIMES):
        for q in queries:
            begun = time.perf_counter()
            ask(q)
            taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken), answers


def _deep_pages(register: Any) -> float:
    """A page far down, as scrolling gets there: after the last row of the one before."""
    last = register.read(lambda v: v.list(Query(limit=1, offset=400_000)))[0].id
    taken = []
    for _ in range(20):
        begun = time.perf_counter()
        last = register.read(lambda v, at=last: v.list(Query(limit=PAGE, after=at)))[-1].id
        taken.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken)


def _samples(folder: Path) -> list[Sample]:
    connection = driver.connect(folder / "register.sqlite", KEY)
    try:
        wanted = [int(n * 80_000 + 4321) for n in range(EACH)]
        found = connection.execute(
            f"SELECT nama, nik, nomor_register, nomor_hp, desa FROM search WHERE no IN ({', '.join(map(str, wanted))})").fetchall()
        return [Sample(*row) for row in found]
    finally:
        connection.close()


# -- the baseline ----------------------------------------------------------------------------------------------------------


def _plain(folder: Path) -> sqlite3.Connection:
    """The same lines in a plain file with FTS5; made at the first call."""
    path = folder / "plain.sqlite"
    if not path.exists():
        making = folder / "plain.making"
        making.unlink(missing_ok=True)
        _fill_plain(sqlite3.connect(making, isolation_level=None), folder)
        making.rename(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _fill_plain(plain: sqlite3.Connection, folder: Path) -> None:
    source = driver.connect(folder / "register.sqlite", KEY)
    plain.execute("PRAGMA synchronous = OFF")
    plain.execute(f"CREATE TABLE item (no INTEGER PRIMARY KEY, {', '.join(COLUMNS)})")
    plain.execute("CREATE VIRTUAL TABLE words USING fts5 (word, content='', prefix='1 2 3 4 6 8', tokenize=\"unicode61 tokenchars '/'\")")
    plain.execute("BEGIN")
    rows = iter(source.execute(f"SELECT no, {', '.join(COLUMNS)} FROM search ORDER BY no"))
    at = {name: n for n, name in enumerate(COLUMNS, 1)}
    for page in _pages(rows):
        plain.executemany(f"INSERT INTO item VALUES ({', '.join('?' * (len(COLUMNS) + 1))})", page)
        plain.executemany("INSERT INTO words (rowid, word) VALUES (?, ?)", [
            (r[0], " ".join(sorted(words_of(r[at["nama"]], r[at["nik"]], r[at["nomor_register"]], r[at["nomor_hp"]], r[at["desa"]]))))
            for r in page])
    for column in ("created_at", "layanan", "keadaan", "desa"):
        plain.execute(f"CREATE INDEX item_{column} ON item ({column})")
    plain.execute("COMMIT")
    plain.execute("INSERT INTO words (words) VALUES ('optimize')")
    plain.close()
    source.close()


def _pages(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while page := list(islice(rows, 10_000)):
        yield page


def _ask_plain(plain: sqlite3.Connection, q: Query) -> tuple[int, list[str]]:
    given: list[Any] = []
    where = []
    if q.text:
        where.append("words MATCH ?")
        given.append(" AND ".join("(" + " OR ".join(f'"{a}"*' for a in alternatives) + ")" for alternatives in terms(q.text)))
    for column, values in (("keadaan", q.keadaan), ("layanan", q.layanan), ("desa", (q.desa,) if q.desa else ())):
        if values:
            where.append(f"item.{column} = ?")
            given.append(values[0])
    if q.since is not None and q.until is not None:
        where.append("item.created_at BETWEEN ? AND ?")
        given += [micros(q.since), micros(q.until)]
    condition, no = " AND ".join(where) or "true", "words.rowid" if q.text else "item.no"
    source = "words CROSS JOIN item ON item.no = words.rowid" if q.text else "item"
    if where:
        counted = "words" if q.text and len(where) == 1 else source
        count = plain.execute(f"SELECT count(*) FROM (SELECT 1 FROM {counted} WHERE {condition} LIMIT {COUNTED + 1})", given).fetchone()[0]
    else:
        count = plain.execute("SELECT max(no) FROM item").fetchone()[0]
    rows = plain.execute(f"SELECT item.* FROM {source} WHERE {condition} ORDER BY {no} DESC LIMIT {PAGE}", given).fetchall()
    return count, [r[1] for r in rows]
