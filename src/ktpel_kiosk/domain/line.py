"""The line to the gateway: what the office allows on it, and what is known about it now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time

from ktpel_kiosk.domain.outbox import WaitCause


@dataclass(frozen=True, slots=True)
class LineRules:
    """What the office wants of the line; the defaults ask nothing.

    Attributes:
        proxy: ``http://[user:password@]host:port`` of the office's HTTP proxy, empty for none.
        max_bytes_per_s: ceiling for uploads, 0 for none.
        hours: (from, until) in the office's own time; uploads run only inside. ``None``: always. ``from`` after ``until`` passes midnight.
    """

    proxy: str = field(default="", repr=False)   # may hold a password
    max_bytes_per_s: int = 0
    hours: tuple[time, time] | None = None

    def open_at(self, local: time) -> bool:
        """Whether uploads are allowed at this local time."""
        if self.hours is None:
            return True
        start, end = self.hours
        return start <= local < end if start <= end else local >= start or local < end


@dataclass(frozen=True, slots=True)
class LineReport:
    """What the sender knows now, for the screen. Nothing of it is stored.

    Attributes:
        up: ``None`` before the first try.
        cause, detail: why it is down; ``detail`` is a message key. next_probe_s: seconds until the next try, 0 when up.
        bytes_per_s: measured goodput of the last chunks, 0 while unknown.
        packet_id, offset, size: the packet under way, empty when none.
    """

    up: bool | None = None
    cause: WaitCause = WaitCause.NONE
    detail: str = ""
    next_probe_s: float = 0.0
    bytes_per_s: float = 0.0
    packet_id: str = ""
    offset: int = 0
    size: int = 0
