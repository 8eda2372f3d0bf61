"""Readers see whole snapshots while the writer goes on; waiting, closing and misuse end cleanly."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from register_makers import application, logged, open_register, sample, save

from ktpel_kiosk.domain.errors import BugError, IoFailure
from ktpel_kiosk.ports.register import Query
from ktpel_kiosk.register.store import SqlRegister


def test_readers_never_see_half_a_transaction(register: SqlRegister) -> None:
    stop = threading.Event()
    torn: list[tuple[int, int, int]] = []

    def look(_n: int) -> int:
        looks = 0
        while not stop.is_set() or not looks:
            def both(v: Any) -> tuple[int, int, int]:
                return v.count(Query()), len(v.drafts("d")), v.audit_length()
            seen = register.read(both)
            if len(set(seen)) != 1:
                torn.append(seen)
            looks += 1
        return looks

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(look, n) for n in range(4)]
        for n in range(1, 41):
            def work(tx: Any, n: int = n) -> None:
                tx.put_draft(f"d{n}", "x")
                tx.log("IntakeRegistered", str(n), "rina")
                tx.save_permohonan(application(n))
            register.write(work)
        stop.set()
        assert all(f.result(timeout=30) for f in futures)
    assert torn == []


def test_a_snapshot_stays_while_others_write(register: SqlRegister) -> None:
    def look(v: Any) -> tuple[int, int]:
        before = v.audit_length()
        logged(register, lambda tx: tx.put_draft("a", "b"))
        return before, v.audit_length()

    assert register.read(look) == (0, 0)
    assert register.read(lambda v: v.audit_length()) == 1


def test_many_writers_one_order(register: SqlRegister) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _n: logged(register, lambda tx: tx.next_number("register", 2026)), range(60)))
    assert sorted(numbers) == list(range(1, 61))
    assert register.check_audit().length == 60


def test_a_hundred_clicks_make_one_card(register: SqlRegister) -> None:
    from register_makers import job

    from ktpel_kiosk.domain.errors import DuplicateRequest
    p = save(register, application())

    def click(n: int) -> bool:
        try:
            logged(register, lambda tx: tx.add_card_job(job(p, n)))
        except DuplicateRequest:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(click, range(1, 101))) == 1


def test_reads_inside_reads_and_inside_writes(register: SqlRegister) -> None:
    assert register.read(lambda v: register.read(lambda w: w.audit_length() + v.audit_length())) == 0
    assert logged(register, lambda tx: (register.read(lambda v: v.audit_length()), tx.audit_length())) == (0, 0)


def test_a_write_from_the_writer_thread_is_refused_not_stuck(register: SqlRegister) -> None:
    with pytest.raises(BugError) as caught:
        logged(register, lambda tx: register.write(lambda t2: t2.log("DraftSaved", "x", "y")))
    assert caught.value.message_key == "register.nested_write"
    assert register.check_audit().length == 0


def test_close_finishes_what_was_asked_for_and_leaves_no_thread(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    register = open_register(tmp_path)
    started, go = threading.Event(), threading.Event()

    def slow(tx: Any) -> str:
        started.set()
        assert go.wait(10)
        tx.log("DraftSaved", "x", "rina")
        return "done"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(register.write, slow)
        assert started.wait(10)
        closing = pool.submit(register.close)
        go.set()
        assert first.result(10) == "done"
        closing.result(10)
    assert not [t for t in set(threading.enumerate()) - before if "register" in t.name]
    for act in (lambda: logged(register, lambda tx: None), lambda: register.read(lambda v: v.users())):
        with pytest.raises(BugError) as caught:
            act()
        assert caught.value.message_key == "register.closed"
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "register.sqlite", "register.sqlite.anchor", "register.sqlite.check", "register.sqlite.last"]


def test_close_says_when_a_read_does_not_end(tmp_path: Path) -> None:
    register = open_register(tmp_path, close_wait_s=0.05)
    started, go = threading.Event(), threading.Event()

    def slow(v: Any) -> int:
        started.set()
        assert go.wait(10)
        return int(v.audit_length())

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(register.read, slow)
        assert started.wait(10)
        with pytest.raises(IoFailure) as caught:
            register.close()
        assert caught.value.message_key == "register.readers"
        go.set()
        assert reading.result(10) == 0


def test_a_purge_does_not_wait_for_readers(register: SqlRegister) -> None:
    p = save(register, application())
    logged(register, lambda tx: tx.add_sample(sample(p, size=20000)))

    def look(v: Any) -> tuple[int, int]:
        before = len(v.samples(p.id))
        logged(register, lambda tx: tx.drop_samples(p.id))
        logged(register, lambda tx: tx.put_draft("a", "b"))
        return before, len(v.samples(p.id))

    assert register.read(look) == (1, 1)
    assert register.read(lambda v: len(v.samples(p.id))) == 0


def test_another_process_holding_the_lock_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from register_makers import KEY

    from ktpel_kiosk.register import driver
    monkeypatch.setattr(driver, "BUSY_MS", 50)
    monkeypatch.setattr(driver.connect, "__kwdefaults__", {**(driver.connect.__kwdefaults__ or {}), "busy_ms": 50})
    with open_register(tmp_path) as register:
        save(register, application())
        other = driver.connect(tmp_path / "register.sqlite", KEY, writer=True)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(IoFailure) as caught:
            logged(register, lambda tx: tx.put_draft("a", "b"))
        assert caught.value.message_key == "register.busy"
        other.execute("ROLLBACK")
        other.close()
        logged(register, lambda tx: tx.put_draft("a", "b"))
        assert register.read(lambda v: v.draft("a")) == "b"


def test_what_another_process_changed_is_not_overwritten_from_memory(tmp_path: Path) -> None:
    from dataclasses import replace

    from ktpel_kiosk.domain.errors import StaleView
    with open_register(tmp_path) as first, open_register(tmp_path) as second:
        p = save(first, application())
        theirs = save(second, replace(p, note="kedua", nomor_hp="+62811"))
        with pytest.raises(StaleView):
            save(first, replace(p, note="pertama"))
        ours = save(first, replace(theirs, note="ketiga", nomor_hp="+628123456789"))
        for register in (first, second):
            assert register.read(lambda v: v.permohonan(p.id)) == ours
            assert register.read(lambda v: v.list(Query()))[0].updated_at == ours.updated_at


def test_a_rolled_back_save_leaves_no_memory(register: SqlRegister) -> None:
    from dataclasses import replace
    p = save(register, application())

    def fails(tx: Any) -> None:
        tx.log("DraftSaved", "x", "rina")
        tx.save_permohonan(replace(p, note="tidak jadi"))
        raise OSError

    with pytest.raises(OSError):
        register.write(fails)
    saved = save(register, replace(p, nomor_hp="+62811"))
    assert register.read(lambda v: v.permohonan(p.id)) == saved == replace(p, nomor_hp="+62811", version=2)
