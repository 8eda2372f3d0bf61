"""The store promises: acknowledged means there after a crash; one packet, one receipt; what fails leaves no trace."""

from __future__ import annotations

import errno
import hashlib
import sqlite3
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.siak.simulator.commits import Commits
from ktpel_kiosk.siak.simulator.overview import GENESIS, chain_faults
from ktpel_kiosk.siak.simulator.script import Step
from ktpel_kiosk.siak.simulator.store import Conflict, GatewayStore, HashMismatch, StoreFull

DATA = bytes(range(256)) * 8
SHA = hashlib.sha256(DATA).hexdigest()


def sign(holding, sequence):
    return f"receipt {sequence} of {holding.packet_id}"


@pytest.fixture
def store(tmp_path):
    made = GatewayStore(tmp_path)
    yield made
    made.close()


def announce(store, packet_id="p1", counter=1, **more):
    return store.announce(packet_id, "desk-1", counter, GENESIS, len(DATA), SHA, **more)[0]


def test_many_waiting_writers_share_one_commit(tmp_path):
    commits = Commits(tmp_path / "x.sqlite")
    commits.run(lambda db: db.execute("CREATE TABLE t (n INTEGER)"))
    before = commits.groups
    with commits._turn:
        works = [lambda db, n=n: db.execute("INSERT INTO t VALUES (?)", (n,)) for n in range(40)]
        threads = [threading.Thread(target=commits.run, args=(work,)) for work in works]
        for t in threads:
            t.start()
        while len(commits._waiting) < 40:
            pass
    for t in threads:
        t.join()
    assert commits.groups == before + 1
    commits.close()
    with sqlite3.connect(tmp_path / "x.sqlite") as db:
        assert db.execute("SELECT count(*) FROM t").fetchone() == (40,)


def test_one_error_in_a_group_undoes_its_own_work_only(tmp_path):
    commits = Commits(tmp_path / "x.sqlite")
    commits.run(lambda db: db.execute("CREATE TABLE t (n INTEGER)"))
    errors = []

    def good(db):
        db.execute("INSERT INTO t VALUES (1)")

    def bad(db):
        db.execute("INSERT INTO t VALUES (2)")
        raise Conflict("no")

    def one(work):
        try:
            commits.run(work)
        except Conflict as e:
            errors.append(str(e))

    with commits._turn:
        threads = [threading.Thread(target=one, args=(w,)) for w in (good, bad, good)]
        for t in threads:
            t.start()
        while len(commits._waiting) < 3:
            pass
    for t in threads:
        t.join()
    assert errors == ["no"]
    assert commits.run(lambda db: db.execute("SELECT sum(n), count(*) FROM t").fetchone()) == (2, 2)
    commits.close()


def test_bytes_and_offset_survive_a_reopened_store(tmp_path):
    store = GatewayStore(tmp_path)
    upload = announce(store).upload_id
    assert store.add_chunk(upload, 0, DATA[:700]).received == 700
    store.close()
    again = GatewayStore(tmp_path)
    assert again.by_upload(upload).received == 700
    with pytest.raises(Conflict, match="offset"):
        again.add_chunk(upload, 0, DATA[:700])
    again.add_chunk(upload, 700, DATA[700:])
    assert again.finish("p1", sign, "") == "receipt 1 of p1"
    assert again.content("p1") == DATA
    again.close()


def test_the_receipt_is_the_first_one_for_ever(store):
    upload = announce(store).upload_id
    store.add_chunk(upload, 0, DATA)
    first = store.finish("p1", sign, "")
    assert store.finish("p1", lambda h, n: "another", "") == first == store.receipt("p1")
    assert announce(store).complete
    with pytest.raises(Conflict, match="offset"):
        store.add_chunk(upload, 0, DATA)
    with pytest.raises(Conflict, match="hash_conflict"):
        store.announce("p1", "desk-1", 1, GENESIS, len(DATA), "0" * 64)
    with pytest.raises(Conflict, match="counter_reused"):
        announce(store, "p2", 1)


def test_wrong_bytes_are_dropped_and_the_next_upload_begins_at_zero(store):
    upload = announce(store).upload_id
    store.add_chunk(upload, 0, DATA[:-1] + b"!")
    with pytest.raises(HashMismatch):
        store.finish("p1", sign, "")
    with pytest.raises(KeyError):
        store.add_chunk(upload, 0, DATA)
    fresh = announce(store)
    assert (fresh.received, fresh.upload_id == upload, store.receipts()) == (0, False, [])
    store.add_chunk(fresh.upload_id, 0, DATA)
    assert store.finish("p1", sign, "") == "receipt 1 of p1"


def test_a_disk_that_fills_up_in_mid_chunk_keeps_what_was_acknowledged(store, monkeypatch):
    upload = announce(store).upload_id
    store.add_chunk(upload, 0, DATA[:1000])
    import os

    real, writes = os.write, []

    def short(fd, data):
        if writes:
            raise OSError(errno.ENOSPC, "full")
        writes.append(1)
        return real(fd, bytes(data)[:100])

    monkeypatch.setattr("ktpel_kiosk.siak.simulator.parcels.os.write", short)
    with pytest.raises(StoreFull):
        store.add_chunk(upload, 1000, DATA[1000:])
    monkeypatch.undo()
    assert store.by_upload(upload).received == 1000
    store.add_chunk(upload, 1000, DATA[1000:])
    assert store.finish("p1", sign, "") is not None
    assert store.content("p1") == DATA


def test_quota_counts_what_was_promised(store):
    announce(store, quota=len(DATA) * 2)
    announce(store, "p2", 2, quota=len(DATA) * 2)
    with pytest.raises(StoreFull) as full:
        announce(store, "p3", 3, quota=len(DATA) * 2)
    assert (full.value.held, full.value.quota) == (2 * len(DATA), 2 * len(DATA))
    assert announce(store, "p2", 2, quota=1).packet_id == "p2", "what is known is never refused for room"


def test_twenty_threads_on_one_upload_store_it_once(store):
    upload = announce(store).upload_id
    done = []

    def push():
        offset = 0
        while offset < len(DATA):
            try:
                offset = store.add_chunk(upload, offset, DATA[offset:offset + 100]).received
                done.append(offset)
            except Conflict:
                offset = store.by_upload(upload).received

    threads = [threading.Thread(target=push) for _ in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(done) == [*range(100, len(DATA), 100), len(DATA)]
    store.finish("p1", sign, "")
    assert store.content("p1") == DATA


def test_bytes_of_a_dropped_upload_are_swept_at_the_next_start(store, tmp_path):
    announce(store)
    (tmp_path / "parcels" / "orphan").write_bytes(b"x")
    GatewayStore(tmp_path).close()
    assert not (tmp_path / "parcels" / "orphan").exists()


def test_a_replacement_ends_the_statuses_of_the_packet_it_replaces(store):
    for n, replaces in ((1, ""), (2, "p1")):
        holding = store.announce(f"p{n}", "desk-1", n, GENESIS, len(DATA), SHA, replaces=replaces)[0]
        store.add_chunk(holding.upload_id, 0, DATA)
        store.finish(f"p{n}", sign, "")
        store.plan(f"p{n}", "", [Step(10.0, StatusSiak.PRINT_READY_RECORD)], 0.0)
    store.release_due(100.0, "2026-01-01T00:00:00Z")
    assert [e.packet_id for e in store.events("desk-1", 0, 9)] == ["p2"]


def test_a_store_of_the_first_version_is_taken_over(tmp_path):
    with sqlite3.connect(tmp_path / "gateway.sqlite") as db:
        db.executescript("""
        CREATE TABLE packets (packet_id TEXT PRIMARY KEY, station TEXT NOT NULL, counter INTEGER NOT NULL, previous_hash TEXT NOT NULL,
          size INTEGER NOT NULL CHECK (size > 0), sha256 TEXT NOT NULL, upload_id TEXT NOT NULL UNIQUE, received INTEGER NOT NULL DEFAULT 0,
          complete INTEGER NOT NULL DEFAULT 0, UNIQUE (station, counter)) STRICT;
        CREATE TABLE chunks (packet_id TEXT NOT NULL REFERENCES packets, start INTEGER NOT NULL, data BLOB NOT NULL,
          PRIMARY KEY (packet_id, start)) STRICT;
        CREATE TABLE contents (packet_id TEXT PRIMARY KEY REFERENCES packets, data BLOB NOT NULL) STRICT;
        CREATE TABLE receipts (sequence INTEGER PRIMARY KEY, packet_id TEXT NOT NULL UNIQUE REFERENCES packets, jws TEXT NOT NULL) STRICT;
        CREATE TABLE events (sequence INTEGER PRIMARY KEY AUTOINCREMENT, station TEXT NOT NULL, packet_id TEXT NOT NULL, nik TEXT NOT NULL,
          status TEXT NOT NULL, at TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
        CREATE TABLE cards (event_id TEXT PRIMARY KEY, event TEXT NOT NULL, facts TEXT NOT NULL) STRICT;
        """)
        row = ("desk-1", GENESIS, len(DATA), SHA)
        db.execute("INSERT INTO packets VALUES ('p1', ?, 1, ?, ?, ?, 'u1', 2048, 1)", row)
        db.execute("INSERT INTO packets VALUES ('p2', ?, 2, ?, ?, ?, 'u2', 300, 0)", row)
        db.execute("INSERT INTO contents VALUES ('p1', ?)", (DATA,))
        db.executemany("INSERT INTO chunks VALUES ('p2', ?, ?)", [(100, DATA[100:300]), (0, DATA[:100])])
        db.execute("INSERT INTO receipts VALUES (1, 'p1', 'first')")
        db.execute("INSERT INTO cards VALUES ('e1', 'printed', '{}')")
    for _ in range(2):
        store = GatewayStore(tmp_path)
        assert store.content("p1") == DATA
        assert (store.receipt("p1"), store.cards()) == ("first", [("e1", "printed")])
        assert [h.received for h in store.holdings()] == [len(DATA), 300]
        store.close()
    store = GatewayStore(tmp_path)
    store.add_chunk("u2", 300, DATA[300:])
    assert store.finish("p2", sign, "") == "receipt 2 of p2"
    store.close()


def test_gaps_and_forks():
    assert chain_faults([]) == ((), ())
    assert chain_faults([(1, GENESIS, "a"), (2, "a", "b"), (5, "x", "c"), (6, "c", "d"), (7, "b", "e")]) == (((3, 4),), (7,))
    assert chain_faults([(2, "x", "a")]) == (((1, 1),), ())
    assert chain_faults([(1, "f" * 64, "a")]) == ((), (1,))


@given(st.sets(st.integers(1, 40)))
def test_gaps_are_what_is_missing(counters):
    rows = [(c, "", "") for c in sorted(counters)]
    gaps, _ = chain_faults(rows)
    missing = {c for a, b in gaps for c in range(a, b + 1)}
    assert missing == set(range(1, max(counters, default=0) + 1)) - counters
