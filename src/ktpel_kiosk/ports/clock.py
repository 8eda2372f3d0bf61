"""Time as the desk sees it. The only place the wall clock is read is the implementation in ``app``."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; never goes back."""
        ...

    def jumped(self) -> bool:
        """A wall clock jump beyond the limit was seen since start."""
        ...

    def running(self) -> tuple[str, float]:
        """Which start of the computer this is, and seconds since then, sleep included; never goes back within one start.

        The name is ``computer:start``, or empty where nobody sets the clock (practice).
        """
        ...

    def sleep(self, seconds: float) -> None: ...


class Ids(Protocol):
    def new(self) -> str:
        """A fresh UUIDv7 as text with dashes."""
        ...
