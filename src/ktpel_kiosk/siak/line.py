"""Is there a way to the gateway? One judgement for the whole queue, with probes instead of hammering."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass

from ktpel_kiosk.domain.outbox import WaitCause, backoff_s
from ktpel_kiosk.ports.clock import Clock


@dataclass(frozen=True, slots=True)
class LineState:
    """``detail`` is the message key of the trouble; ``next_probe_s`` seconds from now, 0 when up."""

    up: bool
    cause: WaitCause = WaitCause.NONE
    detail: str = ""
    next_probe_s: float = 0.0


class Line:
    """Any thread."""

    def __init__(self, clock: Clock, rng: random.Random, base_s: float, cap_s: float) -> None:
        self._clock, self._rng = clock, rng
        self._base_s, self._cap_s = base_s, cap_s
        self._lock = threading.Lock()
        self._down: LineState | None = None
        self._failures = 0
        self._probe_at = 0.0

    def state(self) -> LineState:
        with self._lock:
            if self._down is None:
                return LineState(True)
            wait = max(0.0, self._probe_at - self._clock.monotonic())
            return LineState(False, self._down.cause, self._down.detail, wait)

    def may_try(self) -> bool:
        """Up, or a probe is due."""
        with self._lock:
            return self._down is None or self._clock.monotonic() >= self._probe_at

    def probe_now(self) -> None:
        with self._lock:
            self._probe_at = self._clock.monotonic()

    def went_down(self, cause: WaitCause, detail: str) -> bool:
        """True when this is news: it was up, or down for another reason."""
        with self._lock:
            before = self._down
            self._failures += 1
            self._probe_at = self._clock.monotonic() + backoff_s(
                self._failures, self._rng.random(), base_s=self._base_s, cap_s=self._cap_s,
            )
            self._down = LineState(False, cause, detail)
            return before is None or (before.cause, before.detail) != (cause, detail)

    def went_up(self) -> LineState | None:
        """The trouble that is over, or None when the line was up already."""
        with self._lock:
            before, self._down, self._failures = self._down, None, 0
            return before
