"""How fast to send: the size of the next chunk, the office's ceiling, and what the line really gives."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from math import isqrt

from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.siak.policy import UploadPolicy


@dataclass(frozen=True, slots=True)
class Cut:
    """The line was cut after at least ``low`` and at most ``high`` bytes since the cut before."""

    low: int
    high: int


class ChunkPace:
    """Bytes of the next PATCH. One thread.

    Two things decide. The measured line: a chunk takes about ``chunk_target_s``, growing at most twofold at a time. And the cuts: a
    cut wastes what was under way, on the average half a chunk, while every chunk costs a request. Where the line is cut after always
    the same distance, chunks end just before it and only small ones are risked beyond; where cuts come anyhow, the chunk is the one
    with the least expected loss for their mean distance, ``sqrt(2 * request cost * distance)``.
    """

    REMEMBERED = 4
    SLACK = 64
    """Distances are trusted to one part in so many."""

    def __init__(self, policy: UploadPolicy) -> None:
        self._policy = policy
        self._by_time = policy.first_chunk
        self._largest = policy.largest_chunk
        self._cuts: deque[Cut] = deque(maxlen=self.REMEMBERED)
        self._run = 0
        self._beyond = self._first_beyond()

    def next(self) -> int:
        """At least ``smallest_chunk``, at most ``largest_chunk``."""
        return max(self._policy.smallest_chunk, min(self._largest, self._by_time, self._by_cuts()))

    def asked(self) -> None:
        """A request without a body went over the line."""
        self._run += self._policy.request_cost

    def arrived(self, count: int, took_s: float) -> None:
        """A chunk of ``count`` bytes is at the server after ``took_s`` seconds."""
        fitting = int(count * self._policy.chunk_target_s / took_s) if took_s > 0 else 2 * count
        if count >= self._by_time or fitting < self._by_time:  # a chunk kept small for another reason says nothing of larger ones
            smaller, larger = max(self._policy.smallest_chunk, self._by_time // 2), min(self._policy.largest_chunk, self._by_time * 2)
            self._by_time = min(larger, max(smaller, fitting))
        self._run += count + self._policy.request_cost
        if self._cuts and self._run > self._safe():
            self._beyond *= 2
            if self._run > 4 * max(cut.high for cut in self._cuts):
                self._cuts.clear()  # the line has become better

    def too_large(self, count: int) -> None:
        """Something on the way does not take that many bytes at once."""
        self._largest = max(self._policy.smallest_chunk, count // 2)

    def was_cut(self, count: int, kept: int) -> None:
        """The line broke under a chunk of ``count`` bytes, of which the server turned out to have ``kept``."""
        if self._run <= self._policy.request_cost and kept == 0:
            self._by_time = max(self._policy.smallest_chunk, count // 2)
        self._cuts.append(Cut(self._run + kept, self._run + count + self._policy.request_cost))
        self._run, self._beyond = 0, self._first_beyond()

    def _first_beyond(self) -> int:
        return 2 * self._policy.smallest_chunk

    def _by_cuts(self) -> int:
        if not self._cuts:
            return self._largest
        if not self._regular():
            mean = sum(cut.low + cut.high for cut in self._cuts) // (2 * len(self._cuts))
            return isqrt(2 * self._policy.request_cost * max(1, mean))
        left = (self._safe() - self._run) * 4 // 5 - self._policy.request_cost
        return left if left >= 2 * self._policy.smallest_chunk else self._beyond

    def _regular(self) -> bool:
        """Some one distance explains every cut remembered."""
        return len(self._cuts) > 1 and self._lowest() * (self.SLACK - 2) <= min(cut.high for cut in self._cuts) * self.SLACK

    def _lowest(self) -> int:
        return max(cut.low for cut in self._cuts)

    def _safe(self) -> int:
        """So far the line has carried every time."""
        lowest = self._lowest()
        return lowest - lowest // self.SLACK


class Ceiling:
    """The office's bandwidth ceiling: each chunk waits until the ones before are paid for. One thread, monotonic time."""

    CHUNK_S = 1.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._paid_at = 0.0

    def chunk(self, wanted: int, bytes_per_s: int) -> int:
        """``wanted``, or what the ceiling carries in ``CHUNK_S`` seconds when that is less."""
        return wanted if bytes_per_s <= 0 else max(1, min(wanted, int(bytes_per_s * self.CHUNK_S)))

    def wait_s(self) -> float:
        """Seconds until the next chunk may go."""
        return max(0.0, self._paid_at - self._clock.monotonic())

    def took(self, count: int, bytes_per_s: int) -> None:
        """``count`` bytes go now, also when they will be lost."""
        now = self._clock.monotonic()
        self._paid_at = max(self._paid_at, now) + count / bytes_per_s if bytes_per_s > 0 else now


class Goodput:
    """Bytes that arrived per second over the last chunks, with everything in between: cuts, waits for the ceiling, requests."""

    REMEMBERED = 16

    def __init__(self) -> None:
        self._last: deque[tuple[int, float]] = deque(maxlen=self.REMEMBERED)
        self._rate = 0.0

    def note(self, count: int, took_s: float) -> None:
        self._last.append((count, max(0.0, took_s)))
        seconds = sum(s for _, s in self._last)
        self._rate = sum(n for n, _ in self._last) / seconds if seconds > 0 else 0.0

    @property
    def bytes_per_s(self) -> float:
        """0 while unknown. Any thread."""
        return self._rate
