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
from ktpel_kiosk.siak.simulator.scenarios import DAY, LONG_STEPS, SCENARIOS, Choices, check_name, delays


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
    HTML = "html"          # answer 200 with the page of a captive portal
    REDIRECT = "redirect"  # answer 302 to another host
    EMPTY = "empty"        # answer 200 and {}: right in form, without what was asked
    HANG = "hang"          # do it, send half of the answer, then nothing for ``value`` seconds
    FULL = "full"          # answer 507: no room
    CLOCK = "clock"        # the header Date is ``value`` seconds off
    LIE = "lie"            # the upload offset that is answered is ``value`` bytes off


OPERATIONS: tuple[str, ...] = ("announce", "create", "offset", "chunk", "receipt", "status", "lookup", "record", "material", "card", "keys")
"""What a fault can be about, one per call of the contract."""


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
    """Faults waiting to be played, per operation of ``OPERATIONS``. May be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queues: dict[str, deque[Fault]] = defaultdict(deque)

    def add(self, operation: str, kind: FaultKind | str, value: float = 0.0, times: int = 1) -> None:
        with self._lock:
            self._queues[operation].extend([Fault(FaultKind(kind), value)] * times)

    def clear(self) -> None:
        with self._lock:
            self._queues.clear()

    def waiting(self) -> list[tuple[str, Fault, int]]:
        """(operation, fault, how many times in a row), in the order they will be played."""
        with self._lock:
            copies = [(operation, list(queue)) for operation, queue in self._queues.items()]
        found: list[tuple[str, Fault, int]] = []
        for operation, queue in copies:
            for fault in queue:
                if found and found[-1][:2] == (operation, fault):
                    found[-1] = (operation, fault, found[-1][2] + 1)
                else:
                    found.append((operation, fault, 1))
        return found

    def take(self, operation: str) -> Fault | None:
        with self._lock:
            queue = self._queues[operation]
            return queue.popleft() if queue else None


@dataclass
class Behaviour:
    """How the centre behaves; may be changed while the server runs.

    Attributes:
        step_s: seconds between two statuses, unless ``realistic``.
        realistic: delays as offices tell them, drawn with ``seed``, divided by ``speed``.
        choices: named scenarios (scenarios.py), above all that follows.
        outcomes: per NIK or packet id the final status, where it is not PRINT_READY_RECORD.
        duplicate_share, adjudicate_share: seeded share of packets that end DUPLICATE_RECORD or ADJUDICATE_RECORD.
        regional: also tell SENT_FOR_ENROLLMENT first.
        retry_after_s: sent with 429, 503 and 507 when above zero.
        stations: station ids that are known; empty = all.
        max_chunk: largest PATCH body. quota_bytes: room for packets, 0 = as much as the disk has.
        feed_page: most status events in one answer.
    """

    step_s: float = 2.0
    seed: int = 1
    realistic: bool = False
    speed: float = 1.0
    choices: Choices = field(default_factory=Choices)
    outcomes: Mapping[str, StatusSiak] = field(default_factory=dict)
    duplicate_share: float = 0.0
    adjudicate_share: float = 0.0
    regional: bool = False
    retry_after_s: int = 0
    stations: frozenset[str] = frozenset()
    max_chunk: int = 8 * 1024 * 1024
    quota_bytes: int = 0
    feed_page: int = 200
    faults: Faults = field(default_factory=Faults)

    def plan(self, packet_id: str, nik: str, failure: str) -> tuple[Step, ...]:
        """Statuses a complete packet will get. ``failure``: why the centre could not use it, or empty."""
        usual = self._paced("regional" if self.regional else "print-ready", packet_id)
        if failure:
            return (*usual[:-1], Step(usual[-1].delay_s, StatusSiak.ENROLL_FAILURE_AT_CENTRAL, failure))
        name = self.choices.name_for(packet_id, nik, self.seed)
        if name:
            return self._paced(name, packet_id)
        return (*usual[:-1], Step(usual[-1].delay_s, self._final(packet_id, nik)))

    def plan_of(self, name: str, packet_id: str) -> tuple[Step, ...]:
        """A scenario for a packet, whatever else was chosen. Raises BadInput ``gateway_sim.scenario``."""
        return self._paced(check_name(name), packet_id)

    def _paced(self, name: str, packet_id: str) -> tuple[Step, ...]:
        if self.realistic:
            return tuple(Step(delay, stage.status, stage.reason) for stage, delay in delays(name, packet_id, self.seed, self.speed))
        return tuple(Step(self.step_s * (LONG_STEPS if stage.typical_s >= DAY else 1), stage.status, stage.reason)
                     for stage in SCENARIOS[name])

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
