"""What the live portrait says and when it takes itself. Qt-free; the clock is given with every call.

Judgements come a few times a second and waver; people can follow one sentence at a time. So a hint stays for a moment before another
takes its place, "ready" needs two judgements in a row, and one bad judgement does not end a countdown, two do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

HOLD_S = 0.9
"""A hint stays at least so long, unless all is well."""
COUNT_S = 2.0
"""From "ready" to the picture."""
STEADY = 2
"""Judgements in a row that turn ready into not ready, and back."""
FRESH_S = 1.5
"""A judgement older than this says nothing about the face of now."""
PAUSE_S = 2.5
"""After a picture nothing is taken for so long: the result is looked at first."""


@dataclass(frozen=True, slots=True)
class Guidance:
    """``hint``: key of the one thing to do, empty when ready; ``share``: of the countdown that is over, None without one; ``seconds``
    left, as people count; ``shoot``: take it now."""

    hint: str = ""
    ready: bool = False
    share: float | None = None
    seconds: int = 0
    shoot: bool = False


class PhotoGuide:
    """One portrait. Times in seconds of a monotonic clock."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """A new applicant or another part of the session."""
        self._hint, self._since = "", -math.inf
        self._candidate, self._seen = "", 0
        self._ready, self._doubts = False, 0
        self._counting: float | None = None
        self._rest_until = self._judged_at = -math.inf

    def judged(self, hint: str, good: bool, now: float) -> None:
        """A frame was judged: ``hint`` is what to mend first."""
        self._judged_at = now
        if good == self._ready:
            self._doubts = 0
        else:
            self._doubts += 1
            if self._doubts >= STEADY:
                self._ready, self._doubts = good, 0
                self._counting = None
        if not good:
            self._consider(hint, now)

    def _consider(self, hint: str, now: float) -> None:
        if hint == self._hint:
            self._candidate, self._seen = "", 0
            return
        self._seen = self._seen + 1 if hint == self._candidate else 1
        self._candidate = hint
        if not self._hint or (self._seen >= STEADY and now - self._since >= HOLD_S):
            self._hint, self._since = hint, now
            self._candidate, self._seen = "", 0

    def taken(self, now: float) -> None:
        """A picture was taken, by whoever."""
        self._counting = None
        self._rest_until = now + PAUSE_S

    def hold(self) -> None:
        """Something else needs the officer: the countdown begins anew afterwards."""
        self._counting = None

    def at(self, now: float, allowed: bool) -> Guidance:
        """How things stand. ``allowed``: the automatic picture is switched on, wanted, and nothing else asks for attention."""
        if not self._ready:
            self._counting = None
            return Guidance(self._hint)
        self._hint = ""
        if not allowed or now < self._rest_until or now - self._judged_at > FRESH_S:
            self._counting = None
            return Guidance(ready=True)
        if self._counting is None:
            self._counting = now
        share = (now - self._counting) / COUNT_S
        if share >= 1:
            self._counting = None
            self._rest_until = now + PAUSE_S
            return Guidance(ready=True, share=1.0, shoot=True)
        return Guidance(ready=True, share=share, seconds=math.ceil(COUNT_S - (now - self._counting)))
