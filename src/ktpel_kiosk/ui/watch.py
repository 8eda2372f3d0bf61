"""How long the GUI thread is blocked, and by what.

:class:`Watch` keeps the figures. It is fed by one of two clocks: :class:`Heartbeat`, a slow timer that stays on in the product and sees
only stalls a person notices, or :class:`WatchedApplication`, which times every single event and serves tests, tour and benchmarks
(about 2 µs an event). A helper thread looks where the GUI thread stands once a block passes the limit. Only names of classes,
functions and files are kept: no text, no values.

Two durations go with each block. *wall* is what the person feels, but grows on a machine that others use too; *cpu* is what the GUI
thread itself computed. A block with much wall and little cpu is either a busy machine or a wait in the GUI thread; its stack tells which.
"""

from __future__ import annotations

import faulthandler
import logging
import re
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

from PySide6.QtCore import QAbstractEventDispatcher, QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication

log = logging.getLogger("ktpel_kiosk.ui")
COARSE_MS = 250.0
"""Limit in the product: a stall anybody notices."""
BEAT_MS = 100
KEPT = 40
DEEPEST = 12
FRAME = re.compile(r'File "(.*?)([^"/\\\\]+)", line (\d+) in (\S+)')
WAITING = frozenset({"wait", "acquire", "result", "join", "_wait_for_tstate_lock", "get", "sleep", "select", "poll", "fetchall", "execute"})
"""Innermost functions of a thread that waits for something else than the processor."""
INPUT = frozenset({QEvent.Type.MouseButtonPress, QEvent.Type.KeyPress, QEvent.Type.TouchBegin})
PAINTED = QEvent.Type.UpdateRequest


@dataclass(frozen=True, slots=True)
class Block:
    """One time the GUI thread did not come back within the limit.

    Attributes:
        receiver: class of the object the event went to, or the name given to :meth:`Watch.timed`; empty where only the beat was missed.
        event: name of the event's type; empty likewise.
        stack: ``file:line function`` of the GUI thread while it was blocked, innermost first; empty when it could not be looked at.
    """

    receiver: str
    event: str
    wall_ms: float
    cpu_ms: float
    stack: tuple[str, ...]

    @property
    def waited(self) -> bool:
        """It stood in a wait (lock, answer of another thread, file), not on the processor."""
        return bool(self.stack) and self.stack[0].rsplit(" ", 1)[-1] in WAITING

    def line(self) -> str:
        what = f"{self.receiver} {self.event}".strip() or "beat"
        return f"{self.wall_ms:.0f} ms (cpu {self.cpu_ms:.0f} ms) in {what}: {' < '.join(self.stack[:6]) or 'not seen'}"


class Watch:
    """Figures of one run. ``begin`` and ``end`` are called in the GUI thread; ``close`` ends the helper thread.

    Args:
        limit_ms: blocks at least this long are kept (the ``kept`` longest) and given to ``on_block`` in the GUI thread.
        look: sample the stack of the GUI thread from a helper thread.
    """

    def __init__(self, limit_ms: float = COARSE_MS, on_block: Callable[[Block], None] | None = None, *, look: bool = True,
                 kept: int = KEPT) -> None:
        self.limit_ms = limit_ms
        self.blocks: list[Block] = []
        self.events = self.count = 0
        self.longest_ms = self.longest_cpu_ms = 0.0
        self.answers: deque[tuple[float, float]] = deque(maxlen=20_000)
        """Wall and cpu milliseconds from a click or key to the window painted anew."""
        self._on_block, self._kept = on_block, kept
        self.main = threading.get_ident()
        self.within = 0
        """Events within the one under way."""
        self.toll_ms = 0.0
        """Milliseconds each of them costs only because it is watched."""
        self._since = self._cpu = 0.0
        self._label: tuple[str, str] = ("", "")
        self._stack: tuple[str, ...] = ()
        self._asked: tuple[float, float] | None = None
        self._stop = threading.Event()
        if look:
            threading.Thread(target=self._look, name="ui-watch", daemon=True).start()

    # -- the clock's side ---------------------------------------------------------------------------------------------

    def begin(self, receiver: str, event: str, since: float | None = None) -> None:
        """The GUI thread takes something up."""
        self._label, self._stack, self.within = (receiver, event), (), 0
        self._cpu = time.thread_time()
        self._since = time.perf_counter() if since is None else since

    def end(self) -> None:
        """It is back in its loop."""
        since, self._since = self._since, 0.0
        if not since:
            return
        toll = self.within * self.toll_ms
        wall = max(0.0, (time.perf_counter() - since) * 1000 - toll)
        cpu = max(0.0, (time.thread_time() - self._cpu) * 1000 - toll)
        self.events += 1
        self.longest_ms, self.longest_cpu_ms = max(self.longest_ms, wall), max(self.longest_cpu_ms, cpu)
        if wall >= self.limit_ms:
            self._blocked(Block(*self._label, wall, cpu, self._stack))

    @property
    def busy(self) -> bool:
        return bool(self._since)

    def clear(self) -> None:
        """Begin the figures anew."""
        self.blocks.clear()
        self.answers.clear()
        self.events = self.count = 0
        self.longest_ms = self.longest_cpu_ms = 0.0

    def forget(self) -> None:
        """What is under way does not count: it runs an event loop of its own."""
        self._since = 0.0

    def _blocked(self, block: Block) -> None:
        self.count += 1
        self.blocks.append(block)
        if len(self.blocks) > self._kept:
            self.blocks.remove(min(self.blocks, key=lambda b: b.wall_ms))
        if self._on_block is not None:
            self._on_block(block)

    def input(self) -> None:
        """A person clicked or pressed a key."""
        self._asked = time.perf_counter(), time.thread_time()

    def painted(self) -> None:
        """A window was painted anew: the first one after an input is its answer."""
        if self._asked is not None:
            wall, cpu = self._asked
            self._asked = None
            self.answers.append(((time.perf_counter() - wall) * 1000, (time.thread_time() - cpu) * 1000))

    # -- figures ------------------------------------------------------------------------------------------------------

    def worst(self) -> list[Block]:
        """Kept blocks, the longest first."""
        return sorted(self.blocks, key=lambda b: -b.wall_ms)

    def answer_ms(self, share: float = 0.99) -> tuple[float, float]:
        """Quantile of click to answer, wall and cpu."""
        return quantile([w for w, _ in self.answers], share), quantile([c for _, c in self.answers], share)

    def figures(self) -> dict[str, Any]:
        """For the diagnostics of the office: numbers and names of the program only."""
        return {"limit_ms": self.limit_ms, "blocks": self.count, "longest_ms": round(self.longest_ms),
                "longest_cpu_ms": round(self.longest_cpu_ms), "worst": [b.line() for b in self.worst()[:5]]}

    @contextmanager
    def measure(self, receiver: str, event: str) -> Iterator[None]:
        """Time a stretch of the GUI thread that is no event; inside an event it only lends its name."""
        if self._since:
            yield
            return
        self.begin(receiver, event)
        try:
            yield
        finally:
            self.end()

    def timed(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function``, measured under ``name`` where it is called from outside an event."""
        def call(*args: Any, **named: Any) -> Any:
            with self.measure(name, "call"):
                return function(*args, **named)

        return call

    def close(self) -> None:
        self._stop.set()

    def _look(self) -> None:
        """Where the GUI thread stands, once per block: soon after the limit was passed."""
        seen, pause = 0.0, max(0.005, self.limit_ms / 4000)
        with tempfile.TemporaryFile() as scratch:
            while not self._stop.wait(pause):
                since = self._since
                if since and since != seen and (time.perf_counter() - since) * 1000 >= self.limit_ms * 0.8:
                    seen = since
                    stack = _stack_of(self.main, scratch)
                    if self._since == since:
                        self._stack = stack


def _stack_of(thread: int, into: IO[bytes]) -> tuple[str, ...]:
    """Innermost first. Not by ``sys._current_frames``: a frame that is held while its function returns keeps what it owned alive, and a
    painter that outlives its paintEvent takes the program with it. The fault handler writes names and lines and holds nothing.

    Args:
        into: a scratch file of the caller's.
    """
    into.seek(0)
    into.truncate()
    faulthandler.dump_traceback(into)
    into.seek(0)
    lines = list[str]()
    for block in into.read().decode("utf-8", "replace").split("\n\n"):
        head, _, rest = block.partition("\n")
        found = re.match(r"(?:Current t|T)hread 0x([0-9a-f]+) ", head)
        if found and int(found[1], 16) == thread:
            lines += [f"{file}:{line} {name}" for path, file, line, name in FRAME.findall(rest)
                      if not (path + file).endswith("ui/watch.py")]
    return tuple(lines[:DEEPEST]) or _stack_by_frames(thread)


def _stack_by_frames(thread: int) -> tuple[str, ...]:
    """The fault handler tells of a hundred threads, the youngest first; only tests have more."""
    frame, lines = sys._current_frames().get(thread), list[str]()
    while frame is not None and len(lines) < DEEPEST:
        code = frame.f_code
        if not code.co_filename.endswith("ui/watch.py"):
            lines.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{frame.f_lineno} {code.co_name}")
        frame = frame.f_back
    return tuple(lines)


def quantile(values: list[float], share: float) -> float:
    """The value that ``share`` of ``values`` do not pass; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class WatchedApplication(QApplication):
    """Times every event of the GUI thread for its ``watch``; make it in the place of QApplication, before any window.

    Qt comes through Python for every event then; what that costs is measured once and taken out of each figure.
    """

    def __init__(self, arguments: list[str]) -> None:
        super().__init__(arguments)
        self.watch: Watch | None = None

    def attach(self, watch: Watch | None) -> None:
        self.watch = None
        if watch is not None:
            self.watch = watch
            watch.toll_ms = self._toll(watch)
        dispatcher = QAbstractEventDispatcher.instance()
        if dispatcher is not None:
            dispatcher.aboutToBlock.connect(self._about_to_wait, Qt.ConnectionType.UniqueConnection)

    def _toll(self, watch: Watch) -> float:
        """Milliseconds of processor that the way through Python adds to an event within an event."""
        target, n = QObject(), 5_000
        with watch.measure("toll", "call"):
            begun = time.thread_time()
            for _ in range(n):
                QCoreApplication.sendEvent(target, QEvent(QEvent.Type.User))
            through = time.thread_time() - begun
            begun = time.thread_time()
            for _ in range(n):
                QApplication.notify(self, target, QEvent(QEvent.Type.User))
            direct = time.thread_time() - begun
        watch.clear()
        return max(0.0, through - direct) / n * 1000

    def _about_to_wait(self) -> None:
        if self.watch is not None:  # an event that runs a loop of its own: a menu, a file dialog
            self.watch.forget()

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        watch = self.watch
        if watch is None or threading.get_ident() != watch.main:
            return super().notify(receiver, event)
        if watch.busy:
            watch.within += 1
            return super().notify(receiver, event)
        kind = event.type()
        if kind in INPUT:
            watch.input()  # once, though the window and each widget below get the event too
        watch.begin(type(receiver).__name__, kind.name)
        try:
            return super().notify(receiver, event)
        finally:
            watch.end()
            if kind == PAINTED:
                watch.painted()


class Heartbeat(QObject):
    """The clock of the product: a beat every :data:`BEAT_MS`; one that comes late by the watch's limit was a block."""

    def __init__(self, parent: QObject, watch: Watch) -> None:
        super().__init__(parent)
        self.watch = watch
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.CoarseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self.beat)
        self._timer.start()
        self.destroyed.connect(watch.close)
        self._expect()

    def _expect(self) -> None:
        self.watch.begin("", "", time.perf_counter() + BEAT_MS / 1000)

    def beat(self) -> None:
        self.watch.end()
        self._expect()

    def stop(self) -> None:
        self._timer.stop()
        self.watch.forget()
        self.watch.close()


def watch_over(parent: QObject) -> Heartbeat:
    """Keep an eye on the running kiosk: a stall becomes one log line without personal data and a figure of ``watch.figures()``."""
    return Heartbeat(parent, Watch(COARSE_MS, lambda block: log.warning("event loop blocked %s", block.line())))
