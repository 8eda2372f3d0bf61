"""What the simulated centre does with a packet, and which faults it plays."""

from __future__ import annotations

import random
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.ports.services import CardMaterial


@dataclass(frozen=True, slots=True)
class Step:
    """``delay_s`` after the step before it."""

    delay_s: float
    status: StatusSiak
    reason: str = ""


class FaultKind(StrEnum):
    STATUS = "status"      # answer ``value`` (an HTTP status) instead of doing anything
    LATE = "late"          # answer ``value`` seconds late
    LOSE = "lose"          # do it, then answer 500: the acknowledgement is lost
    FORGET = "forget"      # forget the upload this request is about, before handling it
    FORGE = "forge"        # sign the receipt or the card material with a foreign key
    ALTER = "alter"        # change a part of the card material after it was signed


@dataclass(frozen=True, slots=True)
class Fault:
    kind: FaultKind
    value: float = 0.0


class Residents(Protocol):
    """People the simulated centre knows beside those whose packets it got; may be slow, is called on a worker thread."""

    def biodata(self, nik: str) -> Penduduk | None: ...
    def status(self, nik: str) -> StatusSiak | None:
        """``None``: no such NIK."""
        ...

    def material(self, nik: str) -> CardMaterial | None:
        """Of a resident recorded earlier."""
        ...

    def of_packet(self, content: bytes) -> CardMaterial | None:
        """Of a packet the centre holds; ``None`` when it cannot be opened."""
        ...


class Faults:
    """Faults waiting to be played, per operation.

    Operations: ``announce``, ``offset``, ``chunk``, ``receipt``, ``status``, ``lookup``, ``card``, ``record``, ``material``.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, deque[Fault]] = defaultdict(deque)

    def add(self, operation: str, kind: FaultKind | str, value: float = 0.0, times: int = 1) -> None:
        with self._lock:
            self._queues[operation].extend([Fault(FaultKind(kind), value)] * times)

    def clear(self) -> None:
        with self._lock:
            self._queues.clear()

    def take(self, operation: str) -> Fault | None:
        with self._lock:
            queue = self._queues[operation]
            return queue.popleft() if queue else None


@dataclass(frozen=True)
class Behaviour:
    """How the centre behaves.

    Attributes:
        step_s: seconds between two statuses.
        outcomes: per NIK or packet id the final status, where it is not PRINT_READY_RECORD.
        duplicate_share, adjudicate_share: seeded share of packets that end DUPLICATE_RECORD or ADJUDICATE_RECORD.
        regional: also tell SENT_FOR_ENROLLMENT first.
        retry_after_s: sent with 429 and 503 when above zero.
        stations: station ids that are known; empty = all.
        max_chunk: largest PATCH body.
        feed_page: most status events in one answer.
    """

    step_s: float = 2.0
    seed: int = 1
    outcomes: Mapping[str, StatusSiak] = field(default_factory=dict)
    duplicate_share: float = 0.0
    adjudicate_share: float = 0.0
    regional: bool = False
    retry_after_s: int = 0
    stations: frozenset[str] = frozenset()
    max_chunk: int = 8 * 1024 * 1024
    feed_page: int = 200
    faults: Faults = field(default_factory=Faults)

    def plan(self, packet_id: str, nik: str, failure: str) -> tuple[Step, ...]:
        """Statuses a complete packet will get. ``failure``: why the centre could not use it, or empty."""
        steps = [Step(self.step_s, StatusSiak.SENT_FOR_ENROLLMENT)] if self.regional else []
        steps.append(Step(self.step_s, StatusSiak.RECEIVED_AT_CENTRAL))
        if failure:
            return (*steps, Step(self.step_s, StatusSiak.ENROLL_FAILURE_AT_CENTRAL, failure))
        return (*steps, Step(self.step_s, self._final(packet_id, nik)))

    def _final(self, packet_id: str, nik: str) -> StatusSiak:
        told = self.outcomes.get(packet_id) or self.outcomes.get(nik)
        if told is not None:
            return told
        drawn = random.Random(f"{self.seed}:{packet_id}").random()
        if drawn < self.duplicate_share:
            return StatusSiak.DUPLICATE_RECORD
        if drawn < self.duplicate_share + self.adjudicate_share:
            return StatusSiak.ADJUDICATE_RECORD
        return StatusSiak.PRINT_READY_RECORD
