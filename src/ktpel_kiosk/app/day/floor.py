"""The office floor of a simulated day: several officers, each with own hands, and applicants who wait for them.

A story is a generator that yields what it needs next; the floor gives it an officer who is free first, lets the practice clock come to
the moment, and goes on with the next story. Use cases really run at the moments they stamp. Single thread.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.sop import Peran

LOOK_EVERY_S = 60.0
"""How often somebody looks whether what is waited for (a status, a blank card) has come."""


@dataclass(frozen=True, slots=True)
class Work:
    """An officer's work: ``begin`` when it is taken up, ``act`` after ``seconds``; the story gets what ``act`` returned.

    ``roles``: who may do it; ``unlike``: user names that must not (four eyes).
    """

    roles: frozenset[Peran]
    seconds: float
    act: Callable[[Actor], Any]
    begin: Callable[[Actor], Any] = lambda _actor: None
    unlike: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing happens for this long (the applicant goes home for a paper)."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Until:
    """Wait for something of the world; gives up at ``deadline``, then the story gets False instead of True."""

    ready: Callable[[], bool]
    deadline: datetime


Step = Work | Rest | Until
Story = Generator[Step, Any, None]


class NobodyThere(RuntimeError):
    """No officer of the floor holds any of the roles a step needs."""


@dataclass(order=True)
class _Event:
    at: datetime
    order: int
    run: Callable[[], None] = field(compare=False)


class Floor:
    """Plays stories until all have ended.

    Args:
        staff: who works today; a role held by several is shared between them.
        tick: called every minute somebody waits for the world, and after each act (the network thread of this floor).
        failed: called with the name of a story and the exception that ended it; the day goes on.
    """

    def __init__(self, clock: PracticeClock, staff: Sequence[Actor], tick: Callable[[], None],
                 failed: Callable[[str, Exception], None]) -> None:
        self._clock, self._staff, self._tick, self._failed = clock, staff, tick, failed
        self._free = {a.username: clock.now() for a in staff}
        self._events: list[_Event] = []
        self._waiting: list[tuple[str, Story, Until]] = []
        self._count = itertools.count()

    def come(self, name: str, at: datetime, story: Story) -> None:
        """A story that begins at this moment."""
        self._at(at, lambda: self._go_on(name, story, None))

    def play(self) -> None:
        """Until nobody is left."""
        look_at = self._clock.now()
        while self._events or self._waiting:
            if self._waiting and (not self._events or self._events[0].at >= look_at):
                self._move_to(look_at)
                self._look()
                look_at = max(look_at, self._clock.now()) + timedelta(seconds=LOOK_EVERY_S)
                continue
            event = heapq.heappop(self._events)
            self._move_to(event.at)
            event.run()

    def _at(self, at: datetime, run: Callable[[], None]) -> None:
        heapq.heappush(self._events, _Event(at, next(self._count), run))

    def _move_to(self, at: datetime) -> None:
        self._clock.advance((at - self._clock.now()).total_seconds())

    def _look(self) -> None:
        self._tick()
        waiting, self._waiting = self._waiting, []
        for name, story, wait in waiting:
            if wait.ready():
                self._go_on(name, story, True)
            elif self._clock.now() >= wait.deadline:
                self._go_on(name, story, False)
            else:
                self._waiting.append((name, story, wait))

    def _go_on(self, name: str, story: Story, value: Any) -> None:
        self._take(name, story, lambda: story.send(value))

    def _take(self, name: str, story: Story, resume: Callable[[], Step]) -> None:
        """Let the story run to what it needs next, and see to that."""
        try:
            step = resume()
        except StopIteration:
            return
        except Exception as error:
            self._failed(name, error)
            return
        if isinstance(step, Rest):
            self._at(self._clock.now() + timedelta(seconds=step.seconds), lambda: self._go_on(name, story, None))
        elif isinstance(step, Until):
            self._waiting.append((name, story, step))
        else:
            self._assign(name, story, step)

    def _assign(self, name: str, story: Story, step: Work) -> None:
        able = [a for a in self._staff if a.peran & step.roles and a.username not in step.unlike]
        if not able:
            story.close()
            self._failed(name, NobodyThere(",".join(sorted(step.roles))))
            return
        actor = min(able, key=lambda a: (self._free[a.username], a.username))
        start = max(self._clock.now(), self._free[actor.username])
        self._free[actor.username] = start + timedelta(seconds=step.seconds)
        self._at(start, lambda: self._begin(name, story, step, actor))

    def _begin(self, name: str, story: Story, step: Work, actor: Actor) -> None:
        """An error of an act is thrown into the story: a refusal may belong to it, anything else ends it."""
        try:
            step.begin(actor)
        except Exception as error:
            refusal = error
            self._take(name, story, lambda: story.throw(refusal))
            return
        done = self._clock.now() + timedelta(seconds=step.seconds)
        self._free[actor.username] = max(self._free[actor.username], done)
        self._at(done, lambda: self._act(name, story, step, actor))

    def _act(self, name: str, story: Story, step: Work, actor: Actor) -> None:
        try:
            value = step.act(actor)
        except Exception as error:
            refusal = error
            self._take(name, story, lambda: story.throw(refusal))
            return
        self._tick()
        self._go_on(name, story, value)
