"""Is there a way to the gateway? One judgement for both lanes and the whole queue, with single probes instead of hammering."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ktpel_kiosk.domain.line import LineReport
from ktpel_kiosk.domain.outbox import WaitCause, backoff_s
from ktpel_kiosk.ports.clock import Clock


class Line:
    """Any thread. Times are monotonic, so no jump of the wall clock keeps a probe waiting.

    Args:
        base_s, cap_s: seconds between probes, doubling from ``base_s`` to ``cap_s``.
    """

    def __init__(self, clock: Clock, rng: random.Random, base_s: float, cap_s: float) -> None:
        self._clock, self._rng = clock, rng
        self._base_s, self._cap_s = base_s, cap_s
        self._lock = threading.Lock()
        self._state = LineReport()
        self._failures = 0
        self._probe_at = 0.0
        self._probing = False

    def report(self) -> LineReport:
        """Up or down, why, seconds until the next probe."""
        with self._lock:
            s = self._state
            wait = max(0.0, self._probe_at - self._clock.monotonic()) if s.up is False else 0.0
            return LineReport(s.up, s.cause, s.detail, wait)

    @contextmanager
    def attempt(self) -> Iterator[bool]:
        """May this lane ask the gateway now? While the line is down only one lane at a time may, and only when a probe is due.

        Whoever may tells :meth:`went_up` or :meth:`went_down` as soon as it knows; a probe that ends without either has proved nothing.
        """
        with self._lock:
            down = self._state.up is False
            may = not down or (not self._probing and self._clock.monotonic() >= self._probe_at)
            probe = down and may
            self._probing = self._probing or probe
        try:
            yield may
        finally:
            if probe:
                with self._lock:
                    self._probing = False

    def probe_now(self) -> None:
        with self._lock:
            self._probe_at = self._clock.monotonic()
            self._failures = 0

    def went_down(self, cause: WaitCause, detail: str) -> bool:
        """True when this is news: it was up, or down for another reason."""
        with self._lock:
            before = self._state
            self._failures += 1
            self._probe_at = self._clock.monotonic() + backoff_s(
                self._failures, self._rng.random(), base_s=self._base_s, cap_s=self._cap_s,
            )
            self._state = LineReport(False, cause, detail)
            return before.up is not False or (before.cause, before.detail) != (cause, detail)

    def went_up(self) -> bool:
        """True when it was not known to be up."""
        with self._lock:
            before, self._state, self._failures = self._state, LineReport(True), 0
            return before.up is not True
