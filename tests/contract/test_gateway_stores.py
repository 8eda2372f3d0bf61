"""The promises of docs/scale.md, by every store of the gateway: one machine's files, PostgreSQL with a folder, PostgreSQL with real S3."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import postgres_server
import swift_server
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.siak.simulator.objects import FolderObjects, Objects
from ktpel_kiosk.siak.simulator.pg import Database
from ktpel_kiosk.siak.simulator.pg_schema import STEPS, migrate
from ktpel_kiosk.siak.simulator.records import Conflict, HashMismatch, Heartbeat, OldSchema, StoreAway, StoreFull
from ktpel_kiosk.siak.simulator.s3_objects import S3Objects, S3Settings
from ktpel_kiosk.siak.simulator.script import Step
from ktpel_kiosk.siak.simulator.shared_store import SharedStore
from ktpel_kiosk.siak.simulator.store import GatewayStore

DATA = bytes(range(256)) * 40
SHA = hashlib.sha256(DATA).hexdigest()
GENESIS = "0" * 64
STORES = ["files", "postgres", pytest.param("postgres+s3", marks=pytest.mark.gate)]
Opener = Callable[[], Any]


@pytest.fixture(scope="module")
def postgres() -> Iterator[postgres_server.PostgresServer]:
    postgres_server.require()
    server = postgres_server.start(fsync="off")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def swift() -> Iterator[swift_server.SwiftServer]:
    swift_server.require()
    server = swift_server.start()
    S3Objects(S3Settings(**server.settings("paket"))).make_bucket()
    yield server
    server.stop()


@pytest.fixture(params=STORES)
def nodes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Opens one more node over the same data; with files there is one only, and it is answered again."""
    opened: list[Any] = []
    if request.param == "files":
        def more() -> Any:
            if not opened:
                opened.append(GatewayStore(tmp_path))
            return opened[0]
    else:
        conninfo = request.getfixturevalue("postgres").fresh()

        def objects() -> Objects:
            if request.param == "postgres":
                return FolderObjects(tmp_path / "objects")
            return S3Objects(S3Settings(**request.getfixturevalue("swift").settings("paket")))

        def more() -> Any:
            opened.append(SharedStore(Database(conninfo), objects()))
            return opened[-1]
    yield more
    for store in opened:
        store.close()


def sign(holding: Any, sequence: int) -> str:
    return f"receipt {sequence} of {holding.packet_id}"


def announce(store: Any, packet_id: str = "p1", counter: int = 1, **more: Any) -> Any:
    return store.announce(packet_id, "desk-1", counter, GENESIS, len(DATA), SHA, **more)[0]


def settle(store: Any, packet_id: str = "p1", counter: int = 1, **more: Any) -> str:
    store.add_chunk(announce(store, packet_id, counter, **more).upload_id, 0, DATA)
    return str(store.finish(packet_id, sign, "2026-01-01T00:00:00.000Z"))


def test_chunks_by_two_nodes_in_turn_are_one_packet_with_one_receipt(nodes: Opener) -> None:
    first, second = nodes(), nodes()
    upload = announce(first).upload_id
    for n, at in enumerate(range(0, len(DATA), 3000)):
        store = (first, second)[n % 2]
        assert store.by_upload(upload).received == at
        assert store.add_chunk(upload, at, DATA[at:at + 3000]).received == min(at + 3000, len(DATA))
    token = second.finish("p1", sign, "")
    assert token == first.finish("p1", lambda h, n: "another", "") == first.receipt("p1") == second.receipt("p1")
    assert first.content("p1") == second.content("p1") == DATA
    assert announce(second).complete
    assert len(first.receipts()) == 1
    with pytest.raises(Conflict, match="offset"):
        first.add_chunk(upload, 0, DATA)


def test_what_contradicts_is_refused_for_ever(nodes: Opener) -> None:
    store = nodes()
    settle(store)
    with pytest.raises(Conflict, match="hash_conflict"):
        store.announce("p1", "desk-1", 1, GENESIS, len(DATA), "0" * 64)
    with pytest.raises(Conflict, match="hash_conflict"):
        store.announce("p1", "desk-2", 1, GENESIS, len(DATA), SHA)
    with pytest.raises(Conflict, match="counter_reused"):
        announce(nodes(), "p2", 1)
    upload = announce(store, "p3", 3).upload_id
    with pytest.raises(Conflict, match="too_long"):
        store.add_chunk(upload, 0, DATA + b"x")
    with pytest.raises(KeyError):
        store.add_chunk("unknown", 0, b"x")
    assert store.finish("p3", sign, "") is None
    with pytest.raises(KeyError):
        store.finish("p9", sign, "")


def test_wrong_bytes_are_dropped_and_the_next_upload_begins_at_zero(nodes: Opener) -> None:
    store = nodes()
    upload = announce(store).upload_id
    store.add_chunk(upload, 0, DATA[:5000])

    def end() -> None:
        """A store may find it out with the last chunk or with the receipt."""
        store.add_chunk(upload, 5000, DATA[5000:-1] + b"!")
        store.finish("p1", sign, "")

    with pytest.raises(HashMismatch):
        end()
    with pytest.raises(KeyError):
        store.add_chunk(upload, 0, DATA)
    fresh = announce(nodes())
    assert (fresh.received, fresh.upload_id == upload, store.receipts()) == (0, False, [])
    assert settle(store).endswith("of p1")
    assert store.content("p1") == DATA


def test_the_same_chunk_at_many_nodes_counts_once(nodes: Opener) -> None:
    stores = [nodes() for _ in range(3)]
    upload = announce(stores[0]).upload_id
    done: list[int] = []
    strange: list[BaseException] = []

    def push(store: Any) -> None:
        offset = 0
        while offset < len(DATA):
            try:
                offset = store.add_chunk(upload, offset, DATA[offset:offset + 2000]).received
                done.append(offset)
            except Conflict:
                offset = store.by_upload(upload).received
            except BaseException as e:
                strange.append(e)
                return

    threads = [threading.Thread(target=push, args=(s,)) for s in stores * 2]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert strange == []
    assert sorted(done) == [*range(2000, len(DATA), 2000), len(DATA)]
    assert stores[1].finish("p1", sign, "").endswith("of p1")
    assert stores[2].content("p1") == DATA


def test_many_settle_one_packet_and_get_one_receipt(nodes: Opener) -> None:
    stores = [nodes() for _ in range(3)]
    stores[0].add_chunk(announce(stores[0]).upload_id, 0, DATA)
    tokens: list[str] = []
    threads = [threading.Thread(target=lambda s=s, n=n: tokens.append(s.finish("p1", lambda h, q: f"{n} {q}", "")))
               for n, s in enumerate(stores * 3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(tokens) == 9
    assert len(set(tokens)) == 1
    assert len(stores[0].receipts()) == 1


def test_a_feed_never_steps_back_whoever_writes_it(nodes: Opener) -> None:
    stores = [nodes() for _ in range(2)]
    for n in range(1, 5):
        settle(stores[n % 2], f"p{n}", n)
    seen: list[int] = []
    writers = [threading.Thread(target=lambda s=s, n=n: [s.tell(f"p{n}", "", StatusSiak.PRINT_READY_RECORD, str(k), "2026-01-01T00:00:00Z")
                                                         for k in range(15)]) for n, s in ((1, stores[0]), (2, stores[1]), (3, stores[0]))]
    for w in writers:
        w.start()
    while any(w.is_alive() for w in writers):
        seen += [e.sequence for e in stores[1].events("desk-1", seen[-1] if seen else 0, 7)]
    for w in writers:
        w.join()
    while page := [e.sequence for e in stores[0].events("desk-1", seen[-1] if seen else 0, 7)]:
        seen += page
    assert len(seen) == 45
    assert seen == sorted(set(seen))


def test_planned_statuses_are_released_once_in_order(nodes: Opener) -> None:
    stores = [nodes() for _ in range(2)]
    settle(stores[0])
    settle(stores[0], "p2", 2, replaces="p1")
    assert {p for p, *_ in stores[1].ledger.unopened()} == {"p1", "p2"}
    steps = [Step(1.0, StatusSiak.SENT_FOR_ENROLLMENT), Step(1.0, StatusSiak.PRINT_READY_RECORD)]
    for store in stores:
        for packet in ("p1", "p2"):
            store.plan(packet, "3201010101010001", steps, 0.0)
    threads = [threading.Thread(target=s.release_due, args=(100.0, "2026-01-01T00:00:00Z")) for s in stores * 2]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    stores[0].release_due(100.0, "2026-01-01T00:00:00Z")
    told = [(e.packet_id, e.status) for e in stores[1].events("desk-1", 0, 99)]
    assert told == [("p2", StatusSiak.SENT_FOR_ENROLLMENT), ("p2", StatusSiak.PRINT_READY_RECORD)]
    assert stores[1].latest_of("3201010101010001").status is StatusSiak.PRINT_READY_RECORD
    assert stores[0].latest_of("") is None
    assert stores[0].ledger.unopened() == []


def test_quota_cards_and_heartbeats(nodes: Opener) -> None:
    store = nodes()
    announce(store, quota=len(DATA))
    with pytest.raises(StoreFull):
        announce(store, "p2", 2, quota=len(DATA))
    assert store.by_packet("p2") is None
    assert store.ledger.held_bytes == len(DATA)
    assert [store.add_card("e1", "printed", {"event_id": "e1", "nik": "3"}), nodes().add_card("e1", "spoiled", {"event_id": "e1"})] \
        == [True, False]
    assert store.cards() == [("e1", "printed")]
    beats = [Heartbeat("desk-1", "2026-01-01", 5, "", "a"), Heartbeat("desk-1", "2026-01-01", 4, "", "old"),
             Heartbeat("desk-1", "2026-01-02", 6, "", "b"), Heartbeat("desk-2", "2026-01-02", 1, "", "c")]
    assert [store.ledger.add_heartbeat(b) for b in beats] == [True, False, True, True]
    assert [b.token for b in nodes().ledger.heartbeats()] == ["b", "c"]
    assert [b.token for b in store.ledger.heartbeats("desk-1", 9)] == ["b", "a"]


def test_objects_no_row_speaks_of_are_swept(postgres: postgres_server.PostgresServer, tmp_path: Path) -> None:
    store = SharedStore(Database(postgres.fresh()), FolderObjects(tmp_path))
    try:
        settle(store)
        open_one = announce(store, "p2", 2).upload_id
        store.add_chunk(open_one, 0, DATA[:5000])
        store.objects.put("parts/00/dead/0000000000-x", b"of a node that died")
        store.objects.put("packets/00/dead/0000000000-x", b"too")
        assert store.sweep(0.0) == 0, "what is young may be on its way"
        assert store.sweep(4e9) == 2
        assert store.content("p1") == DATA
        store.add_chunk(open_one, 5000, DATA[5000:])
        assert store.finish("p2", sign, "") is not None
        assert not list(store.objects.keys("parts/")), "parts of a settled packet are gone"
    finally:
        store.close()


def test_nodes_that_start_at_once_migrate_once_and_a_newer_database_is_refused(postgres: postgres_server.PostgresServer) -> None:
    import psycopg

    conninfo = postgres.fresh()
    made: list[Database] = []
    threads = [threading.Thread(target=lambda: made.append(Database(conninfo))) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(made) == 4
    for database in made:
        database.close()
    with psycopg.connect(conninfo, autocommit=True) as db:
        assert migrate(db) == len(STEPS)
        db.execute("UPDATE gateway_schema SET version = 99")
        with pytest.raises(OldSchema):
            migrate(db)
        db.execute("DROP SCHEMA public CASCADE")
        db.execute("CREATE SCHEMA public")
        db.execute("CREATE TABLE gateway_schema (version integer NOT NULL)")
        db.execute("INSERT INTO gateway_schema VALUES (1)")
        db.execute(STEPS[0])
        assert migrate(db) == 1, "a database of the first version is raised"
        assert db.execute("SELECT count(*) FROM heartbeats").fetchone() == (0,)


def test_a_database_that_is_away_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(StoreAway):
        Database(f"host={tmp_path} dbname=x user=x")


@pytest.mark.gate
@pytest.mark.timeout(600)
def test_a_power_cut_of_database_and_object_store_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """Both are killed amid an upload; what was acknowledged is there, and the receipt is the same."""
    postgres_server.require()
    swift_server.require()
    database, store = postgres_server.start(), None
    bucket = swift_server.start()
    try:
        objects = S3Objects(S3Settings(**bucket.settings("paket")))
        objects.make_bucket()
        store = SharedStore(Database(database.fresh()), objects)
        token = settle(store)
        upload = announce(store, "p2", 2).upload_id
        store.add_chunk(upload, 0, DATA[:6000])
        database.crash()
        bucket.crash()
        with pytest.raises(StoreAway):
            store.add_chunk(upload, 6000, DATA[6000:])
        database.start()
        with pytest.raises(StoreAway):
            store.add_chunk(upload, 6000, DATA[6000:])
        bucket.start()
        assert store.by_upload(upload).received == 6000
        store.add_chunk(upload, 6000, DATA[6000:])
        assert store.finish("p2", sign, "") is not None
        assert (store.receipt("p1"), store.content("p1"), store.content("p2")) == (token, DATA, DATA)
    finally:
        if store is not None:
            store.close()
        bucket.stop()
        database.stop()
