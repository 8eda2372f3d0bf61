"""One device kind: the thread that owns its device, the devices known, the calls waiting, the state shown.

Three parties meet here, always under ``_cond``: the actor thread (does all device work), the scouts (report what is
plugged in), the watchdog (ends what runs too long). Futures and listeners are called outside the lock.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import Busy, DeviceTrouble, KioskError, NotConnected, Stalled
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.driver import Driver, Found, Interruptible
from ktpel_kiosk.hal.preview import LatestFrame, PreviewTap
from ktpel_kiosk.hal.roster import Candidate, Roster
from ktpel_kiosk.hal.task import NOT_THE_DEVICES_FAULT, Role, Task, known
from ktpel_kiosk.ports.devices import Device, DeviceHealth, DeviceKind, DeviceSeen, DeviceState, PrintJob, PrintJobState

log = logging.getLogger(__name__)
STANDING = frozenset({"barcode.wait"})
"""Operations that wait for somebody to come: they do not make a device busy, and give way to every other call."""
MAX_STUCK = 3
"""Threads left behind in one driver before it is no longer opened; each may hold the hardware."""


@dataclass(slots=True)
class _Held:
    """The open device. ``trouble`` is set when it opened but is not usable, ``lost`` when it has to be closed."""

    candidate: Candidate
    device: Any
    identity: DeviceIdentity
    trouble: KioskError | None = None
    lost: bool = False


class Observer(Protocol):
    """Told what devices live through: on device threads, with none of the locks that calls need. Must return quickly and not raise."""

    def opened(self, kind: DeviceKind, identity: DeviceIdentity, error: KioskError | None) -> None:
        """Opened, or not (``error``); of a device that never was open the identity is only a label and perhaps a serial."""
        ...

    def called(self, kind: DeviceKind, identity: DeviceIdentity, operation: str, error: KioskError | None, started: float) -> None:
        """A call of the desk ended now; it ``started`` at this ``time.monotonic``."""
        ...

    def changed(self, state: DeviceState) -> None: ...


class Actor:
    """Owns the device of one kind.

    Args:
        drivers: in order of preference.
        publish: called with each new state, on whichever thread made it.
        watch: told the due time of each task that starts.
        prefer: serial, key or label of the device this desk wants; others serve only when it is absent.
        observer: told of openings and calls.
    """

    def __init__(self, kind: DeviceKind, drivers: Sequence[Driver], deadlines: Deadlines, publish: Callable[[DeviceState], None],
                 watch: Callable[[float], None], prefer: str = "", observer: Observer | None = None) -> None:
        self.kind = kind
        self._observer = observer
        self._switch = False
        self._used_at = 0.0
        self.slot = LatestFrame()
        self._roster = Roster(drivers, deadlines["discovery.first"], prefer)
        self._deadlines = deadlines
        self._publish_to = publish
        self._watch = watch
        self._cond = threading.Condition()
        self._publishing = threading.RLock()
        self._shown: DeviceState | None = None
        self._inbox: deque[Task] = deque()
        self._held: _Held | None = None
        self._running: Task | None = None
        self._trouble: KioskError | None = None
        self._preview = False
        self._frame_at = 0.0
        self._probe_at = 0.0
        self._closed = False
        self._generation = 0
        self._failed_jobs: deque[str] = deque(maxlen=50)
        self._stuck: list[threading.Thread] = []
        self._thread = self._new_thread()
        self._thread.start()

    # what others ask

    def submit(self, operation: str, work: Callable[[Any], Any], deadline_s: float) -> Future[Any]:
        """Queue a call; refused at once when there is no device and none is being opened."""
        task = Task(Role.CALL, operation, work, deadline_s)
        with self._cond:
            hopeful = not self._closed and self._hopeful(time.monotonic())
            if hopeful:
                self._inbox.append(task)
                self._cond.notify_all()
            yields = hopeful and operation not in STANDING and self._running is not None and self._running.operation in STANDING
            device = self._held.device if yields and self._held is not None else None
        self._interrupt(device)
        if hopeful:
            self._watch(task.due)
        else:
            task.settle(error=self._absence(operation))
        return task.future

    def set_preview(self, on: bool) -> None:
        with self._cond:
            self._preview = on
            self._frame_at = 0.0
            self._used_at = time.monotonic()
            self._cond.notify_all()
        if not on:
            self.slot.clear()

    def inventory(self) -> tuple[DeviceSeen, ...]:
        """What the drivers of this kind see now."""
        with self._cond:
            opened = self._held.candidate if self._held is not None and not self._held.lost else None
            return tuple(DeviceSeen(self.kind, item.driver.name, item.found.key, item.found.label, item.serial,
                                    open=item is opened, wanted=wanted) for item, wanted in self._roster.listed())

    def prefer(self, wanted: str) -> None:
        """Change to this device: at once when the other is idle, after its running call otherwise. Calls that wait meanwhile are kept."""
        with self._cond:
            self._roster.prefer(wanted)
            self._switch = True
            self._cond.notify_all()

    def interrupt(self) -> None:
        """Cut the running call short, where the device can."""
        with self._cond:
            device = self._held.device if self._held and self._running else None
        self._interrupt(device)

    def state(self) -> DeviceState:
        with self._cond:
            return self._state()

    def wait_settled(self, timeout_s: float) -> bool:
        """True when every driver has looked once and what was found is open or known to be in trouble."""
        def settled() -> bool:
            opening = self._running is not None and self._running.role is Role.OPEN
            return self._roster.complete and not opening and (self._held is not None or not self._hopeful(time.monotonic()))

        with self._cond:
            return self._cond.wait_for(settled, timeout_s)

    # what scouts report

    def report(self, index: int, found: Sequence[Found], trouble: KioskError | None = None) -> None:
        """What driver ``index`` sees now, or why it could not look."""
        with self._cond:
            self._roster.look(index, found, trouble)
            held, running = self._held, self._running
            gone = held is not None and not held.lost and held.candidate not in self._roster
            if gone and held is not None:
                held.lost = True
            cut = running if gone and running is not None and running.role is not Role.CLOSE else None
            if cut is not None:
                cut.gone = True
                cut.due = min(cut.due, time.monotonic() + self._deadlines["actor.gone"])
            if held is None and not self._roster:
                self._trouble = None
            self._cond.notify_all()
        if cut is not None:
            self._interrupt(held.device if held else None)
            self._watch(cut.due)
        self.publish()

    # what the watchdog does

    def expire(self, now: float) -> float:
        """End what is overdue; returns when to look again."""
        with self._cond:
            waiting = [task for task in self._inbox if now >= task.due]
            for task in waiting:
                self._inbox.remove(task)
            running = self._running if self._running is not None and now >= self._running.due else None
            device = self._held.device if running and self._held else None
            identity = self._held.identity if self._held else None
            error = self._abandon(running, now) if running is not None else None
            dues = [task.due for task in self._inbox] + ([self._running.due] if self._running else [])
        for task in waiting:
            task.settle(error=Busy("device.busy", **self._facts(task), deadline_s=task.deadline_s))
        if running is not None:
            log.warning("%s: %s did not end within %.1f s, thread left behind", self.kind, running.operation, running.deadline_s)
            self._interrupt(device)
            self.publish()
            self._tell(running, identity, error)
            running.settle(error=error)
        return min(dues, default=now + 3600.0)

    def _abandon(self, task: Task, now: float) -> KioskError:
        """Leave the thread to its fate and start a new one; the old one closes the device if it ever returns."""
        error: KioskError = (NotConnected("device.unplugged", **self._facts(task)) if task.gone
                             else Stalled("device.stalled", **self._facts(task), deadline_s=task.deadline_s))
        candidate = task.subject if task.role is Role.OPEN else self._held.candidate if self._held else None
        if task.role is Role.OPEN:
            self._roster.refused(task.subject, now, self._deadlines["actor.reopen"])
        elif candidate is not None:
            candidate.not_before = now + self._deadlines["actor.reopen"]
        self._generation += 1
        self._held = None
        self._running = None
        self._trouble = None if task.gone else error
        self._stuck = [*(t for t in self._stuck if t.is_alive()), self._thread]
        self._thread = self._new_thread()
        if not self._closed:
            self._thread.start()
        self._cond.notify_all()
        return error

    # shutting down

    def begin_close(self) -> None:
        with self._cond:
            self._closed = True
            device = self._held.device if self._held else None
            waiting = list(self._inbox)
            self._inbox.clear()
            self._cond.notify_all()
        self._interrupt(device)
        for task in waiting:
            task.settle(error=NotConnected("device.closed", **self._facts(task)))

    def finish_close(self, until: float) -> bool:
        """Wait for the threads; False when one is stuck in its driver and stays behind (all are daemons)."""
        threads = [t for t in [*self._stuck, self._thread] if t.ident is not None]
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        with self._cond:
            running = self._running
        if running is not None:
            running.settle(error=NotConnected("device.closed", **self._facts(running)))
        return not any(thread.is_alive() for thread in threads)

    # the actor thread

    def _new_thread(self) -> threading.Thread:
        return threading.Thread(target=self._live, args=(self._generation,), daemon=True,
                                name=f"device-{self.kind}-{self._generation}")

    def _live(self, generation: int) -> None:
        while True:
            refused: list[Task] = []
            step: Task | float = 0.0
            with self._cond:
                if self._closed or generation != self._generation:
                    break
                now = time.monotonic()
                if self._inbox and not self._hopeful(now):
                    refused = list(self._inbox)
                    self._inbox.clear()
                else:
                    step = self._next(now)
                    if isinstance(step, float):
                        self._cond.wait(step)
                    elif step.start():
                        self._running = step
                    else:
                        step = 0.0
                held = self._held
            for task in refused:
                task.settle(error=self._absence(task.operation))
            if isinstance(step, Task) and not self._perform(step, generation, held):
                return
        with self._cond:
            mine = self._held if generation == self._generation else None
            self._held = None if mine else self._held
        if mine is not None:
            self._quietly_close(mine.device)

    def _next(self, now: float) -> Task | float:
        """The most urgent thing to do, or how long to wait. Lost devices first, then opening, calls, preview, probe."""
        held = self._held
        if held is not None and held.lost:
            return Task(Role.CLOSE, "close", lambda device: device.close(), self._deadlines["actor.probe"])
        if held is None:
            candidate = None if self._too_many_stuck() else self._roster.choose(now)
            if candidate is None:
                return self._deadlines["actor.reopen"] if self._too_many_stuck() else self._roster.wait_s(now)
            return Task(Role.OPEN, "open", lambda _: self._open(candidate), self._deadlines["actor.open"], candidate)
        if self._gives_way(held, now):
            return Task(Role.CLOSE, "close", lambda device: device.close(), self._deadlines["actor.probe"])
        if self._inbox:
            return self._inbox.popleft()
        previewing = self._preview and self.kind is DeviceKind.CAMERA
        if previewing and now >= self._frame_at:
            return Task(Role.FRAME, "frame", lambda device: device.frame(), self._deadlines["camera.frame"])
        if not previewing and now >= self._probe_at:
            return Task(Role.PROBE, "probe", lambda device: device.healthy(), self._deadlines["actor.probe"])
        return max(0.0, (self._frame_at if previewing else self._probe_at) - now)

    def _gives_way(self, held: _Held, now: float) -> bool:
        """The open device is closed for a better one: at once after :meth:`prefer`, else when nobody has used it for a while."""
        if not self._roster.better(held.candidate, now):
            self._switch = False
            return False
        quiet = not self._inbox and not self._preview and now >= self._used_at + self._deadlines["actor.takeover"]
        return self._switch or quiet

    def _perform(self, task: Task, generation: int, held: _Held | None) -> bool:
        """Do one task; False when the watchdog gave up on this thread meanwhile."""
        self._watch(task.due)
        if task.role is Role.CALL:
            self.publish()
        result: Any = None
        error: KioskError | None = None
        try:
            result = task.run(self._face(held))
        except Exception as raised:  # whatever a driver or its library throws must not kill the desk
            error = known(raised, self.kind, held.candidate.found.label if held else "", task.operation)
            if not isinstance(error, DeviceTrouble):
                log.error("%s: %s raised %s", self.kind, task.operation, error, exc_info=raised)
        late: Any = None
        with self._cond:
            stale = generation != self._generation
            if stale:
                late = result.device if isinstance(result, _Held) else held.device if held else None
            else:
                if task.gone and error is not None:
                    error = NotConnected("device.unplugged", **self._facts(task))
                self._running = None
                self._after(task, result, error, time.monotonic())
                self._cond.notify_all()
        if stale:
            if late is not None:
                self._quietly_close(late)
            return False
        if task.role is not Role.FRAME or error is not None or (self._shown and self._shown.trouble):
            self.publish()
        identity = result.identity if isinstance(result, _Held) else held.identity if held else None
        self._tell(task, identity, error or self._failed_job(result))
        task.settle(result, error)
        return True

    def _failed_job(self, result: Any) -> KioskError | None:
        """A print job that failed is the printer's failure although the question about it was answered; told once a job."""
        if not isinstance(result, PrintJob) or result.state is not PrintJobState.FAILED or result.job_id in self._failed_jobs:
            return None
        self._failed_jobs.append(result.job_id)
        return DeviceTrouble(result.trouble) if result.trouble else None

    def _tell(self, task: Task, identity: DeviceIdentity | None, error: KioskError | None) -> None:
        if self._observer is None or task.role not in (Role.CALL, Role.OPEN):
            return
        if task.role is Role.OPEN:
            seen: Candidate = task.subject
            known = identity or seen.identity or DeviceIdentity("", seen.found.label, seen.found.serial)
            self._observer.opened(self.kind, known, error)
        elif identity is not None:
            self._observer.called(self.kind, identity, task.operation, error, task.started)

    def _open(self, candidate: Candidate) -> _Held:
        device: Device = candidate.driver.open(candidate.found)
        try:
            held = _Held(candidate, device, device.identity())
            try:
                device.healthy()
            except NotConnected:
                raise
            except DeviceTrouble as trouble:  # open but out of cards, say: it is there and says why it cannot work
                held.trouble = known(trouble, self.kind, candidate.found.label, "probe")
        except BaseException:
            self._quietly_close(device)
            raise
        return held

    def _after(self, task: Task, result: Any, error: KioskError | None, now: float) -> None:
        """Book the outcome of a task, under the lock."""
        self._probe_at = now + self._deadlines["actor.probe_interval"]
        if task.role is Role.OPEN:
            if error is None:
                self._held, self._trouble = result, result.trouble
                result.candidate.identity, result.candidate.refusals = result.identity, 0
                self._held.lost = result.candidate not in self._roster
            else:
                self._roster.refused(task.subject, now, self._deadlines["actor.reopen"])
                self._trouble = error
            return
        if task.role is Role.CLOSE or self._held is None:
            self._held = None
            return
        if task.role is Role.CALL:
            self._used_at = now
        if task.role is Role.FRAME:
            self._frame_at = now + self._deadlines["preview.retry"]
            if error is None:
                paced = getattr(self._held.device, "paced", False)
                self._frame_at = now if paced else max(now, task.due - task.deadline_s + self._deadlines["preview.interval"])
                if self._preview:
                    self.slot.put(result)
        if isinstance(error, NotConnected):
            self._held.lost = True
            self._held.candidate.not_before = now + self._deadlines["actor.reopen"]
        if isinstance(error, DeviceTrouble) and not isinstance(error, NOT_THE_DEVICES_FAULT):
            self._trouble = error
        elif error is None:
            self._trouble = None

    # helpers

    def _face(self, held: _Held | None) -> Any:
        if held is not None and self.kind in (DeviceKind.FINGERPRINT, DeviceKind.IRIS):
            return PreviewTap(held.device, self.slot)
        return held.device if held is not None else None

    def _too_many_stuck(self) -> bool:
        self._stuck = [t for t in self._stuck if t.is_alive()]
        return len(self._stuck) >= MAX_STUCK

    def _hopeful(self, now: float) -> bool:
        """A call put in now can expect a device."""
        if self._held is not None:
            return not self._held.lost
        if self._running is not None and self._running.role is Role.OPEN:
            return True
        return not self._too_many_stuck() and self._roster.due(now)

    def _facts(self, task: Task) -> dict[str, str]:
        return {"device_kind": str(self.kind), "operation": task.operation}

    def _absence(self, operation: str) -> KioskError:
        """Why there is no device: what went wrong when it was opened, else simply that none is plugged in."""
        with self._cond:
            trouble, closed = self._shown_trouble(), self._closed
        if isinstance(trouble, DeviceTrouble) and not closed:
            return type(trouble)(trouble.message_key, **{**trouble.facts, "operation": operation})
        key = "device.closed" if closed else "device.not_connected"
        return NotConnected(key, device_kind=str(self.kind), operation=operation)

    def _shown_trouble(self) -> KioskError | None:
        if self._held is None and self._trouble is None:
            return self._roster.trouble
        return self._trouble

    def _state(self) -> DeviceState:
        trouble = self._shown_trouble()
        facts = tuple((k, str(v)) for k, v in sorted(trouble.facts.items())) if trouble else ()
        key = trouble.message_key if trouble else ""
        held = self._held
        if held is None or held.lost:
            health = DeviceHealth.TROUBLE if self._roster and key else DeviceHealth.MISSING
            return DeviceState(self.kind, health, None, key, facts)
        if key:
            return DeviceState(self.kind, DeviceHealth.TROUBLE, held.identity, key, facts)
        busy = self._running is not None and self._running.role is Role.CALL and self._running.operation not in STANDING
        return DeviceState(self.kind, DeviceHealth.BUSY if busy else DeviceHealth.READY, held.identity)

    def publish(self) -> None:
        """Tell the listeners when the state changed; never an older state after a newer one."""
        with self._publishing:
            state = self.state()
            if state != self._shown:
                self._shown = state
                self._publish_to(state)

    def _interrupt(self, device: Any) -> None:
        if isinstance(device, Interruptible):
            with contextlib.suppress(Exception):
                device.interrupt()

    def _quietly_close(self, device: Any) -> None:
        try:
            device.close()
        except Exception as raised:  # a device that is going away may refuse to say goodbye
            log.info("%s: close raised %s", self.kind, type(raised).__name__)
