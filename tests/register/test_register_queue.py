"""The queue from its indexes: pages, filters and figures equal what plain Python finds, and no plan reads or sorts the queue's rows."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from register_makers import NOW, application, logged, open_register, packet, person
from test_register_lists import plan_of

from ktpel_kiosk.domain.outbox import Packet, PacketState, WaitCause
from ktpel_kiosk.ports.queue import QueueQuery
from ktpel_kiosk.register.areas import queue as area
from ktpel_kiosk.register.store import SqlRegister

COUNT = 100
CAUSES = tuple(WaitCause)
HOUR = timedelta(hours=1)


def some_packet(n: int, rng: random.Random) -> Packet:
    state = rng.choice((*PacketState, PacketState.SEALED, PacketState.SEALED))
    received = state is PacketState.RECEIVED
    return packet(
        application(n), n, state=state, size=1000 + n, offset=rng.choice((0, 0, 400)),
        sealed_at=NOW - timedelta(hours=rng.randrange(0, 24 * 10)),
        wait_cause=rng.choice(CAUSES) if not received else WaitCause.NONE,
        next_try_at=rng.choice((None, NOW - HOUR, NOW, NOW + HOUR)) if not received else None,
        received_at=NOW - timedelta(hours=n) if received else None, receipt="jws" if received else "",
        replaced_by="packet-x" if n % 17 == 0 and not received else "",
        courier_at=NOW if n % 5 == 0 else None, courier_id="b1" if n % 5 == 0 else "")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("queue")
    rng = random.Random(7)
    with open_register(made) as register:
        def fill(tx: Any) -> None:
            for n in range(1, COUNT + 1):
                name = "DEWI RATNA" if n % 10 == 3 else f"SITI AMINAH {chr(65 + n % 26)}"
                tx.save_permohonan(application(n, penduduk=person(n, nama=name)))
                tx.add_packet(some_packet(n, rng))

        logged(register, fill)
    return made


@pytest.fixture(scope="module")
def queue(folder: Path) -> Any:
    with open_register(folder) as register:
        yield register


def expected(register: SqlRegister, q: QueueQuery) -> list[str]:
    def wanted(p: Packet) -> bool:
        refused = p.state is PacketState.REFUSED
        return (p.unsent and p.counter > q.after and (not q.refused or refused) and (not q.with_courier or p.courier_at is not None)
                and (not q.causes or (p.wait_cause in q.causes and not refused))
                and (q.sealed_until is None or p.sealed_at <= q.sealed_until) and (q.text != "dewi" or p.counter % 10 == 3))

    return [p.packet_id for p in register.read(lambda v: v.packets()) if wanted(p)][:q.limit]


@given(st.builds(
    QueueQuery, text=st.sampled_from(("", "", "dewi")), causes=st.lists(st.sampled_from(CAUSES), max_size=3, unique=True).map(tuple),
    refused=st.booleans(), sealed_until=st.sampled_from((None, NOW - HOUR, NOW - 24 * HOUR, NOW - 168 * HOUR)),
    with_courier=st.booleans(), after=st.integers(-1, COUNT), limit=st.integers(0, 40)), st.sampled_from((0, 2000)))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_filter_finds_what_plain_python_finds(queue: SqlRegister, q: QueueQuery, few: int) -> None:
    before, area.FEW_NAMED = area.FEW_NAMED, few  # type: ignore[misc]  # a short list of names is looked up, a long one read along
    try:
        found = queue.read(lambda v: v.queue_page(q))
    finally:
        area.FEW_NAMED = before  # type: ignore[misc]
    assert [line.packet.packet_id for line in found] == expected(queue, q)
    assert all(line.nama.startswith(("DEWI", "SITI")) and line.nomor_register.startswith(f"{line.packet.counter:04d}/") for line in found)


def test_pages_follow_each_other_without_gap_or_double(queue: SqlRegister) -> None:
    seen: list[str] = []
    after = -1
    while page := queue.read(lambda v, a=after: v.queue_page(QueueQuery(after=a, limit=7))):
        seen += [line.packet.packet_id for line in page]
        after = page[-1].packet.counter
    assert seen == [p.packet_id for p in queue.read(lambda v: v.packets(unsent_only=True))]


def test_figures_are_those_of_the_rows(queue: SqlRegister) -> None:
    waiting = [p for p in queue.read(lambda v: v.packets()) if p.unsent]
    warn, alarm, since = NOW - 24 * HOUR, NOW - 168 * HOUR, NOW - 30 * HOUR
    f = queue.read(lambda v: v.queue_figures(warn, alarm, since))
    assert (f.count, f.size, f.sent, f.oldest) == (len(waiting), sum(p.size for p in waiting), sum(p.offset for p in waiting),
                                                   min(p.sealed_at for p in waiting))
    assert f.left == sum(p.size - p.offset for p in waiting if p.state is not PacketState.REFUSED)
    assert f.refused == sum(p.state is PacketState.REFUSED for p in waiting) > 0
    assert (f.warned, f.alarmed) == (sum(p.sealed_at <= warn for p in waiting), sum(p.sealed_at <= alarm for p in waiting))
    assert f.with_courier == sum(p.courier_at is not None for p in waiting) > 0
    causes = [p.wait_cause for p in waiting if p.state is not PacketState.REFUSED]
    assert f.by_cause == {c: causes.count(c) for c in set(causes)}
    assert f.received == sum(p.received_at is not None and p.received_at >= since for p in queue.read(lambda v: v.packets()))
    assert queue.read(lambda v: (v.unsent_count(), v.unsent_oldest())) == (f.count, waiting[0].sealed_at)


def test_nothing_waits(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        f = register.read(lambda v: v.queue_figures(NOW, NOW, NOW))
        assert (f.count, f.size, f.oldest, f.by_cause) == (0, 0, None, {})
        assert register.read(lambda v: (v.queue_page(QueueQuery()), v.queue_page(QueueQuery(text="///")), v.unsent_count())) == ([], [], 0)


def test_end_delays_leaves_refused_and_received_alone(tmp_path: Path) -> None:
    with open_register(tmp_path) as register:
        def fill(tx: Any) -> int:
            tx.save_permohonan(application(1))
            for n, state in enumerate((PacketState.SEALED, PacketState.REFUSED, PacketState.ANNOUNCED, PacketState.SEALED), 1):
                tx.add_packet(replace(packet(application(1), n), state=state, next_try_at=NOW + HOUR if n < 4 else None))
            return tx.end_delays()

        assert logged(register, fill) == 2
        assert [p.next_try_at for p in register.read(lambda v: v.packets())] == [None, NOW + HOUR, None, None]


@pytest.mark.parametrize("act", [
    lambda v: v.queue_page(QueueQuery()),
    lambda v: v.queue_page(QueueQuery(causes=(WaitCause.DNS, WaitCause.NONE), after=40)),
    lambda v: v.queue_page(QueueQuery(refused=True)),
    lambda v: v.queue_page(QueueQuery(sealed_until=NOW, with_courier=True)),
    lambda v: v.queue_figures(NOW, NOW, NOW),
    lambda v: v.due_packets(NOW, 20),
    lambda v: (v.unsent_count(), v.unsent_oldest()),
])
def test_no_plan_reads_or_sorts_the_rows_of_the_queue(folder: Path, act: Any) -> None:
    plans = plan_of(folder, act)
    touching = [p for p in plans if " packet " in p]
    assert touching and all("INDEX packet_unsent" in p or "INDEX packet_received" in p for p in touching), plans
    assert not any("TEMP B-TREE FOR GROUP" in p or "TEMP B-TREE FOR ORDER BY" in p for p in plans[:1]), plans


def test_figures_never_leave_the_covering_indexes(folder: Path) -> None:
    plans = plan_of(folder, lambda v: v.queue_figures(NOW, NOW, NOW))
    assert all("COVERING INDEX" in p for p in plans if " packet " in p), plans


def test_a_page_looks_up_names_of_its_own_rows_only(folder: Path) -> None:
    plans = plan_of(folder, lambda v: v.queue_page(QueueQuery(limit=5)))
    assert any(p.startswith("SEARCH s USING INDEX") and "permohonan_id=?" in p for p in plans), plans
    assert not any("SCAN s" in p for p in plans), plans
