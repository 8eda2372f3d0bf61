"""The watch over the event loop: what it times, what it names, what it never keeps."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui import watch as module
from ktpel_kiosk.ui.watch import Block, Heartbeat, Watch, quantile


class Clock:
    """Stands in for both clocks, in seconds."""

    def __init__(self) -> None:
        self.wall = self.cpu = 100.0

    def perf_counter(self) -> float:
        return self.wall

    def thread_time(self) -> float:
        return self.cpu


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    return made


def spend(clock: Clock, watch: Watch, wall_ms: float, cpu_ms: float, name: str = "Page") -> None:
    with watch.measure(name, "call"):
        clock.wall += wall_ms / 1000
        clock.cpu += cpu_ms / 1000


def test_a_block_has_its_name_and_both_durations(clock: Clock) -> None:
    watch = Watch(50, look=False)
    spend(clock, watch, 49, 49)
    spend(clock, watch, 80, 10, "RegisterPage")
    (block,) = watch.worst()
    assert (block.receiver, block.event, round(block.wall_ms), round(block.cpu_ms)) == ("RegisterPage", "call", 80, 10)
    assert (watch.events, watch.count, round(watch.longest_ms), round(watch.longest_cpu_ms)) == (2, 1, 80, 49)


def test_the_longest_are_kept_and_all_are_counted(clock: Clock) -> None:
    seen: list[Block] = []
    watch = Watch(10, seen.append, look=False, kept=3)
    for ms in (20, 50, 30, 40, 15):
        spend(clock, watch, ms, ms)
    assert [round(b.wall_ms) for b in watch.worst()] == [50, 40, 30]
    assert watch.figures()["blocks"] == 5 == len(seen)


def test_an_event_within_an_event_lends_only_its_name(clock: Clock) -> None:
    watch = Watch(10, look=False)
    with watch.measure("outer", "call"):
        spend(clock, watch, 30, 30, "inner")
    assert [b.receiver for b in watch.worst()] == ["outer"]


def test_a_loop_of_its_own_does_not_count(clock: Clock) -> None:
    watch = Watch(10, look=False)
    with watch.measure("menu", "call"):
        clock.wall += 5
        watch.forget()
    assert not watch.blocks


def test_the_first_picture_after_a_click_is_its_answer(clock: Clock) -> None:
    watch = Watch(10, look=False)
    watch.painted()
    watch.input()
    clock.wall += 0.030
    clock.cpu += 0.004
    watch.painted()
    watch.painted()
    assert [(round(w), round(c)) for w, c in watch.answers] == [(30, 4)]
    assert [round(x) for x in watch.answer_ms()] == [30, 4]


def test_a_late_beat_is_a_block_and_a_beat_in_time_is_none(clock: Clock, qtbot: QtBot) -> None:
    parent, watch = QObject(), Watch(250, look=False)
    heart = Heartbeat(parent, watch)
    for late_ms in (0, 3, 249, 400):
        clock.wall += 0.1 + late_ms / 1000
        heart.beat()
    assert [round(b.wall_ms) for b in watch.worst()] == [400]
    heart.stop()


def test_the_stack_of_a_long_block_is_seen_from_outside_and_holds_no_values(qtbot: QtBot) -> None:
    watch, seen = Watch(20), threading.Event()
    nik = "3508054502080001"

    def stuck() -> str:
        while not watch._stack and not seen.wait(0.005):
            pass
        seen.wait(0.03)  # the stack is taken a little before the block counts as one
        return nik

    with watch.measure("Page", "call"):
        timer = threading.Timer(20, seen.set)  # a machine under load may need long; a hung test shall end
        timer.start()
        stuck()
        timer.cancel()
    watch.close()
    (block,) = watch.worst()
    assert any("test_watch.py" in line and line.endswith("stuck") for line in block.stack), block.stack
    assert nik not in repr(watch.figures()) and nik not in block.line()


@pytest.mark.parametrize(("values", "share", "expected"), [
    ([], 0.99, 0.0), ([3.0, 1.0, 2.0], 0.5, 2.0), ([float(n) for n in range(100)], 0.99, 99.0),
])
def test_quantile(values: list[float], share: float, expected: float) -> None:
    assert quantile(values, share) == expected
