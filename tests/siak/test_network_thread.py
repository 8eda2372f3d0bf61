"""The lanes start, are woken, do not wait for each other, outlive bugs and stop without leaving anything behind."""

from __future__ import annotations

import random
import threading
from typing import Any

import pytest
from gateway_fakes import Office
from schedule_kit import Direct

from ktpel_kiosk.domain.errors import DiskFull, Offline
from ktpel_kiosk.domain.line import LineReport
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.siak.network_thread import Rhythm, UploaderThread
from ktpel_kiosk.siak.simulator.store import GatewayStore
from ktpel_kiosk.siak.uploader import RunResult, Uploader

SLOW = Rhythm(idle_s=60.0, status_every_s=1000.0, status_wait_s=0.0, stop_s=20.0)
QUICK = Rhythm(idle_s=0.01, status_every_s=0.0, status_wait_s=0.0, stop_s=20.0)
PATIENCE_S = 20.0


def lanes() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith("siak-network")]


def test_a_newly_sealed_packet_goes_out_when_woken(office: Office, simulator, connect, uploader_for):
    sent = threading.Event()
    thread = UploaderThread(uploader_for(connect(simulator.port), on_received=lambda packet_id: sent.set()), SLOW)
    thread.start()
    packet = office.add(5000)
    thread.wake()
    assert sent.wait(PATIENCE_S)
    assert thread.stop()
    assert office.state(packet).state is PacketState.RECEIVED
    assert lanes() == []


def test_a_packet_that_was_just_being_announced_when_the_main_lane_looked_is_sent_and_does_not_wait_for_the_next_turn(office, slow):
    office.add(5000)
    looked, announcing, sent = threading.Event(), threading.Event(), threading.Event()
    slow.chunks.set()
    uploader = uploader_on(office, slow, on_received=lambda packet_id: sent.set())
    announce, send_due = slow.announce, uploader.send_due

    def announce_slowly(packet):
        announcing.set()
        assert looked.wait(PATIENCE_S)
        return announce(packet)

    def look(budget_s):
        assert announcing.wait(PATIENCE_S)   # the announcing lane has the packet
        try:
            return send_due(budget_s)
        finally:
            looked.set()

    slow.announce, uploader.send_due = announce_slowly, look
    thread = UploaderThread(uploader, SLOW)
    thread.start()
    try:
        assert sent.wait(PATIENCE_S)
    finally:
        assert thread.stop()


class Stumbling:
    """An uploader whose first two turns fail, in one lane or the other."""

    def __init__(self, lane: str) -> None:
        self.lane, self.passes, self.third = lane, 0, threading.Event()
        self.on_finished: Any = None

    def send_due(self, _budget_s: float) -> RunResult:
        self._turn("main")
        return RunResult()

    def run_receipts(self) -> None:
        self._turn("small")

    def run_ahead(self) -> RunResult:
        self._turn("ahead")
        return RunResult()

    def _turn(self, lane: str) -> None:
        if lane != self.lane:
            return
        self.passes += 1
        if self.passes == 1:
            raise DiskFull("storage.disk_full")
        if self.passes == 2:
            raise ZeroDivisionError
        self.third.set()

    def pull_statuses(self, _wait_s: float) -> int:
        return 0

    def line(self) -> LineReport:
        return LineReport()

    def probe_now(self) -> None:
        pass

    request_stop = probe_now


@pytest.mark.parametrize("lane", ["main", "small", "ahead"])
def test_a_full_disk_or_a_bug_does_not_end_a_lane(lane):
    uploader = Stumbling(lane)
    thread = UploaderThread(uploader, QUICK)
    thread.start()
    assert uploader.third.wait(PATIENCE_S)
    assert thread.stop()


def test_stop_before_start_is_fine(office, connect, simulator, uploader_for):
    assert UploaderThread(uploader_for(connect(simulator.port)), SLOW).stop()


class Slow(Direct):
    """A line on which chunks stand still until they are let go; statuses are answered, or stand still as well."""

    def __init__(self, store: GatewayStore, office: Office) -> None:
        super().__init__(store, random.Random(1), 0.0, office.clock.now)
        self.chunks, self.chunk_came = threading.Event(), threading.Event()
        self.polls, self.poll_came = threading.Event(), threading.Event()
        self.polls.set()
        self.down = False

    def _called(self, name: str, work: Any) -> Any:
        if self.down:
            raise Offline("gateway.offline")
        if name == "chunk":
            self.chunk_came.set()
            assert self.chunks.wait(PATIENCE_S)
        return work()

    def statuses(self, _after: int, _wait_s: float) -> list[Any]:
        if self.down:
            raise Offline("gateway.offline")
        self.poll_came.set()
        assert self.polls.wait(PATIENCE_S)
        return []


@pytest.fixture
def slow(tmp_path, office):
    store = GatewayStore(tmp_path / "store")
    yield Slow(store, office)
    store.close()


def uploader_on(office: Office, slow: Slow, **options: Any) -> Uploader:
    return Uploader(office.register, slow, office.sealer, office.clock, random.Random(1), **options)


def test_a_packet_that_takes_for_ever_holds_up_no_receipt_no_status_and_no_report(office, slow):
    done, reported = threading.Event(), threading.Event()
    whole = [office.add(5000), office.add(5000)]
    slow.chunks.set()
    uploader_on(office, slow).send_due()
    for packet in whole:   # their bytes are at the server, their receipts are not here yet
        office.change(packet, state=PacketState.UPLOADED)
    slow.chunks.clear()
    slow.chunk_came.clear()
    big = office.add(50_000)
    heard: list[str] = []

    def received(packet_id: str) -> None:
        heard.append(packet_id)
        if len(heard) == 2:
            done.set()

    thread = UploaderThread(uploader_on(office, slow, on_received=received), QUICK, beside=reported.set)
    thread.start()
    try:
        assert slow.chunk_came.wait(PATIENCE_S)
        assert done.wait(PATIENCE_S)
        assert slow.poll_came.wait(PATIENCE_S)
        assert reported.wait(PATIENCE_S)
        assert office.state(big).offset == 0
    finally:
        slow.chunks.set()
        assert thread.stop()


def test_questions_beside_are_asked_once_when_the_line_went_down_and_then_not_until_it_is_up(office, slow):
    turns, asked = threading.Semaphore(0), []
    slow.down = True
    thread = UploaderThread(uploader_on(office, slow), QUICK, beside=lambda: asked.append(slow.down), always=turns.release)
    thread.start()
    try:
        for _ in range(5):
            assert turns.acquire(timeout=PATIENCE_S), "the work of the day is done with a line or without"
        assert asked == [True]
        slow.down = False
        thread.wake()
        for _ in range(5):
            assert turns.acquire(timeout=PATIENCE_S)
        assert asked[-1] is False
    finally:
        assert thread.stop()


class HandWatcher:
    """Tells of a network when told."""

    def __init__(self) -> None:
        self.tell: Any = None
        self.stopped = False

    def start(self, on_change: Any) -> None:
        self.tell = on_change

    def stop(self) -> None:
        self.stopped = True


def test_the_network_that_comes_back_is_used_at_once(office, slow):
    packet, sent, seen = office.add(100), threading.Event(), threading.Event()
    slow.down, watcher = True, HandWatcher()
    slow.chunks.set()
    thread = UploaderThread(uploader_on(office, slow, on_received=lambda packet_id: sent.set()), SLOW, always=seen.set, watcher=watcher)
    thread.start()
    try:
        assert seen.wait(PATIENCE_S)
        slow.down = False
        assert office.state(packet).state is PacketState.SEALED
        watcher.tell()
        assert sent.wait(PATIENCE_S)
    finally:
        assert thread.stop()
    assert watcher.stopped


def test_stopping_does_not_wait_for_a_status_poll_that_changes_nothing_any_more(office, slow):
    slow.polls.clear()
    beside = []
    thread = UploaderThread(uploader_on(office, slow), SLOW, beside=lambda: beside.append(1))
    thread.start()
    assert slow.poll_came.wait(PATIENCE_S)
    assert not thread.stop()
    slow.polls.set()
    while lanes():
        threading.Event().wait(0.01)
    assert beside == []
