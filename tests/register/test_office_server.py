"""The register on an office server: several desks at once, the audit as witness, a server that is not there, what the address may say."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from register_makers import KEY, ROOT, CountingIds, StillClock, application, give_back, logged, open_on_server, packet, sample, save

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import BadInput, BugError, Corrupt, IoFailure, KeyUnavailable
from ktpel_kiosk.register.server.address import server_address
from ktpel_kiosk.register.server.connection import ServerConnection, ServerLost
from ktpel_kiosk.register.server.ddl import translated_ddl
from ktpel_kiosk.register.server.dialect import translated
from ktpel_kiosk.register.server.store import ServerRegister
from office_server import running, server

DESKS = ("meja-1", "meja-2", "meja-3")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    give_back(tmp_path)


def at(office: Path, station: str) -> ServerRegister:
    """The register as this desk opens it; each desk has a folder of its own."""
    if not (office / "basis-data").exists():
        open_on_server(office).close()
    address = server_address(server().url(database(office)))
    return ServerRegister(address, office / station / "kantor", KEY, StillClock(), CountingIds(), station=station)


def database(office: Path) -> str:
    return (office / "basis-data").read_text()


def forged(office: Path, *statements: str) -> None:
    """As somebody who rules the server does it, past every trigger."""
    for statement in statements:
        server().sql(f"SET session_replication_role = replica; {statement}", database(office))


def test_desks_at_once_lose_no_number_and_give_none_twice(office: Path) -> None:
    given: list[int] = []

    def desk(station: str) -> None:
        with at(office, station) as register:
            for n in range(8):
                given.append(logged(register, lambda tx: tx.next_number("register", 2026)))
                if n % 4 == 3:  # a transaction that is given up gives its number back
                    with pytest.raises(ZeroDivisionError):
                        logged(register, lambda tx: tx.next_number("register", 2026) / 0)

    at(office, "meja-0").close()
    threads = [threading.Thread(target=desk, args=(s,)) for s in DESKS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(1, 25))
    with at(office, "meja-9") as register:
        assert register.check_audit().whole
        assert register.check_audit().length >= 24


def test_what_one_desk_saved_the_next_one_builds_upon(office: Path) -> None:
    with at(office, "meja-1") as first, at(office, "meja-2") as second:
        p = save(first, application(1))
        save(second, application(2))
        assert second.read(lambda v: v.permohonan(p.id)) == p
        changed = save(second, p)
        with pytest.raises(Exception, match=r"permohonan\.stale"):
            save(first, p)
        assert save(first, changed).version == changed.version + 1
        assert first.check_audit().whole


def test_each_station_counts_its_own_packets_and_sends_no_others(office: Path) -> None:
    with at(office, "meja-1") as first, at(office, "meja-2") as second:
        p, q = save(first, application(1)), save(second, application(2))
        logged(first, lambda tx: tx.add_packet(packet(p, 1, packet_id="a", station="meja-1")))
        logged(second, lambda tx: tx.add_packet(packet(q, 1, packet_id="b", station="meja-2")))
        later = StillClock().now().replace(year=2027)
        for register, own in ((first, "a"), (second, "b")):
            assert [k.packet_id for k in register.read(lambda v: v.due_packets(later, 10))] == [own]
            assert [k.packet_id for k in register.read(lambda v: v.packets(unsent_only=True))] == [own]
            assert register.read(lambda v: v.last_packet()).packet_id == own
            assert len(register.read(lambda v: v.packet_paths())) == 1
        assert first.read(lambda v: v.packet_of(q.id)).station == "meja-2", "asked for by name every packet is found"


REFUSED = ("UPDATE audit SET actor = 'x'", "DELETE FROM audit WHERE sequence = 1", "TRUNCATE audit", "DELETE FROM audit_head",
           "UPDATE audit_head SET length = 0", "DELETE FROM permohonan", "UPDATE counter SET value = 0")


def test_the_server_itself_refuses(office: Path) -> None:
    with at(office, "meja-1") as register:
        save(register, application())
        logged(register, lambda tx: tx.next_number("register", 2026))
        for statement in REFUSED:
            with pytest.raises(psycopg.Error, match=r"append_only|stays|never_back"):
                server().sql(statement, database(office))
        assert register.check_audit().whole


def test_rows_that_somebody_else_touched_are_found(office: Path) -> None:
    with at(office, "meja-1") as register:
        p = save(register, application(1))
        logged(register, lambda tx: tx.add_sample(sample(p)))
        other = save(register, application(2))
        logged(register, lambda tx: tx.add_sample(sample(other, Position.LEFT_INDEX)))
        logged(register, lambda tx: tx.drop_samples(other.id))
        assert register.check_audit().faults == ()
        forged(office, "UPDATE permohonan SET note = 'x' WHERE id = '" + p.id + "'", "UPDATE sample_data SET data = '\\x00'",
               "DELETE FROM search_word WHERE word LIKE 'SITI%'", "DELETE FROM tahap WHERE idx = 3")
        found = {(f.table, f.kind) for f in register.check_audit().faults}
        assert found == {("permohonan", "changed"), ("sample_data", "changed"), ("search_word", "changed"), ("tahap", "missing")}


def test_a_server_put_back_to_yesterday_is_noticed_by_each_desk(office: Path) -> None:
    with at(office, "meja-1") as register:
        save(register, application(1))
        early = register.read(lambda v: v.audit_head())
        save(register, application(2))
    forged(office, f"DELETE FROM audit WHERE sequence > {early.length}",
           f"UPDATE audit_head SET length = {early.length}, head = '{early.head}'")
    with at(office, "meja-1") as register:
        assert register.behind
        assert not register.check_audit().whole


def test_another_key_and_another_database_are_refused(office: Path) -> None:
    at(office, "meja-1").close()
    address = server_address(server().url(database(office)))
    with pytest.raises(KeyUnavailable, match=r"register\.wrong_key"):
        ServerRegister(address, office / "b" / "kantor", bytes(32), StillClock(), CountingIds())
    strange = server().database()
    server().sql("CREATE TABLE theirs (id int)", strange)
    with pytest.raises(Corrupt, match=r"register\.foreign"):
        ServerRegister(server_address(server().url(strange)), office / "c" / "kantor", KEY, StillClock(), CountingIds())


def test_a_server_that_is_not_there_is_named_and_nothing_is_lost(tmp_path: Path) -> None:
    nowhere = server_address(f"postgresql+psycopg://desk@/kantor?host={tmp_path}")
    with ServerRegister(nowhere, tmp_path / "kantor", KEY, StillClock(), CountingIds()) as register:
        for act in (lambda: save(register, application()), lambda: register.read(lambda v: v.audit_head())):
            with pytest.raises(IoFailure, match=r"office_server\.unreachable"):
                act()


def test_a_connection_cut_between_two_steps_is_made_again(office: Path) -> None:
    with at(office, "meja-1") as register:
        save(register, application(1))
        server().sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'meja-1'")
        with pytest.raises(IoFailure, match=r"office_server\.unreachable"):
            save(register, application(2))
        save(register, application(2))
        assert register.check_audit().whole


def test_a_commit_whose_answer_was_lost_counts_once(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Done or not done: the audit's head knows, and the caller is told so."""
    commit = ServerConnection.commit_then_flush

    def answer_lost(self: ServerConnection) -> None:
        commit(self)
        self.raw.close()
        raise ServerLost("cut")

    def request_lost(self: ServerConnection) -> None:
        self.raw.close()
        raise ServerLost("cut")

    with at(office, "meja-1") as register:
        save(register, application(1))
        monkeypatch.setattr(ServerConnection, "commit_then_flush", answer_lost)
        assert logged(register, lambda tx: tx.next_number("register", 2026)) == 1
        monkeypatch.setattr(ServerConnection, "commit_then_flush", request_lost)
        with pytest.raises(IoFailure):
            logged(register, lambda tx: tx.next_number("register", 2026))
        monkeypatch.setattr(ServerConnection, "commit_then_flush", commit)
        assert logged(register, lambda tx: tx.next_number("register", 2026)) == 2
        assert register.check_audit().whole


def test_a_desk_hears_what_another_one_changed_but_not_itself(office: Path) -> None:
    with at(office, "meja-1") as first, at(office, "meja-2") as second:
        told, own = queue.Queue(), queue.Queue()
        second.subscribe(told.put)
        stop = first.subscribe(own.put)
        for register in (first, second):
            assert register._ears.listening.wait(60)
        p = save(first, application(1))
        assert told.get(timeout=60) == own.get(timeout=60) == {p.id}
        logged(first, lambda tx: tx.put_draft("x", "y"), subject="z" * 9000)
        assert told.get(timeout=60) == frozenset(), "too much to be said: look at everything"
        assert own.get(timeout=60) == {"z" * 9000}
        stop()
        q = save(second, application(2))
        assert told.get(timeout=60) == {q.id}
        assert told.empty()
        assert own.empty()


def test_another_desk_in_the_middle_of_a_step_is_waited_for(office: Path) -> None:
    with at(office, "meja-1") as first, at(office, "meja-2") as second:
        inside, go_on, order = threading.Event(), threading.Event(), []

        def slow(tx) -> None:
            inside.set()
            assert go_on.wait(60)
            order.append(tx.next_number("register", 2026))

        one = threading.Thread(target=lambda: logged(first, slow))
        two = threading.Thread(target=lambda: order.append(logged(second, lambda tx: tx.next_number("register", 2026))))
        one.start()
        assert inside.wait(60)
        two.start()
        go_on.set()
        one.join()
        two.join()
        assert sorted(order) == [1, 2]


@pytest.mark.parametrize(("url", "key"), [
    ("postgresql://desk@kantor/ktpel", "office_server.url"), ("postgresql+psycopg://kantor/ktpel", "office_server.url"),
    ("postgresql+psycopg://desk@kantor/", "office_server.url"), ("postgresql+psycopg://desk@kantor/a/b", "office_server.url"),
    ("postgresql+psycopg://desk@kantor/ktpel?options=-c", "office_server.url"), ("postgresql+psycopg://desk@:x/k", "office_server.url"),
    ("postgresql+psycopg://desk:rahasia@kantor/ktpel", "office_server.password"),
    ("postgresql+psycopg://desk@kantor/ktpel?password=x", "office_server.password"),
    ("postgresql+psycopg://desk@kantor/ktpel?sslmode=require", "office_server.unproved"),
    ("postgresql+psycopg://desk@kantor/ktpel?sslmode=disable", "office_server.unproved"),
])
def test_addresses_that_must_not_be_used(url: str, key: str) -> None:
    with pytest.raises(BadInput) as caught:
        server_address(url)
    assert caught.value.message_key == key
    assert "rahasia" not in str(caught.value)


def test_over_a_network_the_server_proves_itself_and_the_desk_shows_its_certificate() -> None:
    made = server_address("postgresql+psycopg://meja@server.kantor:5433/ktpel", Path("/k"))
    assert made.host == "server.kantor"
    assert made.conninfo.startswith("postgresql://meja@server.kantor:5433/ktpel?")
    for part in ("sslmode=verify-full", "sslrootcert=%2Fk%2Fca.pem", "sslcert=%2Fk%2Fclient.pem", "sslkey=%2Fk%2Fclient.key"):
        assert part in made.conninfo


def test_a_statement_is_said_again_in_the_servers_words() -> None:
    said = translated("SELECT n FROM (SELECT no AS n FROM search INDEXED BY x WHERE nama = ':a%' AND no = :no) WHERE n < 1.5")
    assert said.sql == "SELECT n FROM (SELECT no AS n FROM search WHERE nama = ':a%%' AND no = %(no)s) AS q0_ WHERE n < 1.5::float8"
    assert translated("INSERT INTO counter (a) VALUES (:a) RETURNING value").returning == "value"
    assert translated_ddl("PRAGMA application_id = 1") == []
    table = translated_ddl("CREATE TABLE t (no INTEGER NOT NULL PRIMARY KEY, a TEXT NOT NULL CHECK (a NOT GLOB '*[^0-9]*')) STRICT")
    assert table[0] == "CREATE TABLE t (no BIGINT NOT NULL PRIMARY KEY, a TEXT COLLATE \"C\" NOT NULL CHECK (a !~ '[^0-9]'))"
    assert len(table) == 2


def test_nothing_of_a_refused_row_is_repeated(office: Path) -> None:
    """PostgreSQL's messages quote whole rows; ours name the rule alone."""
    with at(office, "meja-1") as register, pytest.raises(BugError) as caught:
        logged(register, lambda tx: tx.run(*_bad_row()))
    assert "RAHASIA" not in str(caught.value)
    assert "RAHASIA" not in str(caught.value.__cause__)


def _bad_row():
    from sqlalchemy import text
    return text("INSERT INTO counter (series, year, value) VALUES (:s, 1, -1)"), {"s": "RAHASIA"}


@pytest.mark.gate
@pytest.mark.timeout(600)
def test_a_server_killed_at_random_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    """As if the power went, twenty times, under a desk that goes on: every acknowledged number is there, none twice, the audit whole."""
    with running() as own:
        address = server_address(own.url(own.database()))
        given: list[int] = []
        stop = threading.Event()
        with ServerRegister(address, tmp_path / "kantor", KEY, StillClock(), CountingIds(), station="meja-1") as register:
            save(register, application())

            def desk() -> None:
                while not stop.is_set():
                    try:
                        given.append(logged(register, lambda tx: tx.next_number("register", 2026)))
                    except IoFailure:
                        stop.wait(0.05)

            thread = threading.Thread(target=desk)
            thread.start()
            for _ in range(20):
                before = len(given)
                while len(given) < before + 20 and thread.is_alive():
                    stop.wait(0.01)
                own.stop(signal.SIGQUIT)
                own.start()
            stop.set()
            thread.join()
            assert len(set(given)) == len(given) >= 400
            last = logged(register, lambda tx: tx.next_number("register", 2026))
            assert set(given) == set(range(1, last)), "no gap but for what was never acknowledged"
            assert register.check_audit().whole


@pytest.mark.gate
def test_a_test_run_that_is_killed_leaves_no_server_behind(tmp_path: Path) -> None:
    """The tests' own promise: ``timeout`` and a killed worker must not fill the machine with servers."""
    told = tmp_path / "folder"
    code = (f"import sys, os, signal, pathlib; sys.path[:0] = {[str(ROOT / 'tests')]!r}; from office_server import server;"
            f" pathlib.Path({str(told)!r}).write_text(str(server().folder)); os.kill(os.getpid(), signal.SIGKILL)")
    assert subprocess.run([sys.executable, "-c", code], timeout=300).returncode == -signal.SIGKILL
    folder = Path(told.read_text())
    last = time.monotonic() + 60
    while folder.exists() and time.monotonic() < last:
        time.sleep(0.05)
    assert not folder.exists()
    assert not [cmd for cmd in Path("/proc").glob("[0-9]*/cmdline") if str(folder) in words_of(cmd)]


def words_of(cmdline: Path) -> str:
    try:
        return cmdline.read_text("utf-8", "replace")
    except OSError:  # it ended meanwhile
        return ""
