"""Certificates this desk cannot work without, and when their end is announced. Nothing here reads a certificate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

EARLY, SOON, LAST = timedelta(days=60), timedelta(days=30), timedelta(days=7)
"""Before the end: first word, reminder, last days."""


class Holder(StrEnum):
    """Whose certificate: what stops when it has ended."""

    STATION = "station"   # signs packets: nothing can be sealed
    CENTRE = "centre"     # packets are encrypted for it: nothing can be sealed
    LINE = "line"         # this computer's name on the line: nothing can be sent


class Urgency(IntEnum):
    NONE = 0
    EARLY = 1
    SOON = 2
    LAST = 3
    ENDED = 4


@dataclass(frozen=True, slots=True)
class CertificateEnd:
    """Until when (aware) the holder's certificate counts; of several that do the same work, the last one."""

    holder: Holder
    at: datetime

    def urgency(self, now: datetime) -> Urgency:
        left = self.at - now
        if left < timedelta(0):
            return Urgency.ENDED
        return Urgency(sum(left <= before for before in (EARLY, SOON, LAST)))

    def message_keys(self, now: datetime) -> tuple[str, str]:
        """Keys of what has to be known (fact ``at``: the day in words) and of who does what."""
        key = f"certificate.{self.holder}{'_ended' if self.urgency(now) is Urgency.ENDED else ''}"
        return f"{key}_title", key


def announced(ends: Iterable[CertificateEnd], now: datetime) -> tuple[CertificateEnd, ...]:
    """Those whose end is to be said, the earliest first."""
    return tuple(sorted((e for e in ends if e.urgency(now)), key=lambda e: e.at))
