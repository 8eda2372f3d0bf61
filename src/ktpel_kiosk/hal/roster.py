"""The devices of one kind that drivers see now, and which of them to open. Not thread-safe: the actor holds its lock."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.hal.driver import Driver, Found

Key = tuple[int, str]
"""Index of the driver in order of preference, key of the device within it."""


@dataclass(slots=True)
class Candidate:
    """A device that a driver sees.

    ``not_before`` postpones the next try to open it, ``take_over_from`` the next try to put it in the place of another that works;
    ``identity`` is what it said of itself when it was open; ``refusals`` counts the tries to open it that failed since.
    """

    key: Key
    driver: Driver
    found: Found
    not_before: float = 0.0
    take_over_from: float = 0.0
    identity: DeviceIdentity | None = None
    refusals: int = 0

    @property
    def serial(self) -> str:
        """What the driver saw from outside, else what the device said when it was open."""
        return self.found.serial or (self.identity.serial if self.identity is not None else "")


class Roster:
    """Args: see Actor; ``gate_s`` is how long a preferred driver that has not looked yet holds back the lesser ones."""

    def __init__(self, drivers: Sequence[Driver], gate_s: float, prefer: str) -> None:
        self._drivers = tuple(drivers)
        self._prefer = prefer
        self._gate = time.monotonic() + gate_s
        self._candidates: dict[Key, Candidate] = {}
        self._reported: set[int] = set()
        self._troubles: dict[int, KioskError] = {}

    def look(self, index: int, found: Sequence[Found], trouble: KioskError | None) -> None:
        """Compare with what is known: new ones are added, missing ones go, the others stay untouched.

        A look that failed says nothing about which devices exist, so it removes none.
        """
        self._reported.add(index)
        if trouble is not None:
            self._troubles[index] = trouble
            return
        self._troubles.pop(index, None)
        present = {(index, item.key): item for item in found}
        for key in [k for k in self._candidates if k[0] == index and k not in present]:
            del self._candidates[key]
        for key, item in present.items():
            known = self._candidates.get(key)
            if known is None or (known.found.serial and item.serial and known.found.serial != item.serial):
                self._candidates[key] = Candidate(key, self._drivers[index], item)  # new, or exchanged between two looks
            else:
                known.found = item

    def prefer(self, wanted: str) -> None:
        self._prefer = wanted
        for item in self._candidates.values():
            item.take_over_from = 0.0

    def listed(self) -> tuple[tuple[Candidate, bool], ...]:
        """Every device seen, best first, and whether it is the wanted one."""
        ordered = sorted(self._candidates.values(), key=self._rank)
        return tuple((item, self.wants(item)) for item in ordered)

    def wants(self, item: Candidate) -> bool:
        return bool(self._prefer) and self._prefer in (item.serial, item.found.key, item.found.label)

    def __contains__(self, candidate: Candidate) -> bool:
        return self._candidates.get(candidate.key) is candidate

    def __len__(self) -> int:
        return len(self._candidates)

    @property
    def complete(self) -> bool:
        """Every driver has looked at least once."""
        return len(self._reported) == len(self._drivers)

    @property
    def trouble(self) -> KioskError | None:
        """Why a driver could not look, e.g. the smart card service is down."""
        return next(iter(self._troubles.values()), None)

    def due(self, now: float) -> bool:
        """Some device may be opened now, or as soon as the gate opens."""
        return any(now >= item.not_before for item in self._candidates.values())

    def choose(self, now: float) -> Candidate | None:
        """The best device that may be opened now."""
        gated = now < self._gate
        for item in sorted(self._candidates.values(), key=self._rank):
            before = range(0) if self.wants(item) else range(len(self._drivers)) if self._prefer else range(item.key[0])
            if now >= item.not_before and not (gated and not self._reported.issuperset(before)):
                return item
        return None

    def better(self, than: Candidate, now: float) -> bool:
        """Some device that fits the wish better than the one in use may be opened in its place."""
        return any(self._fit(item) < self._fit(than) and now >= max(item.not_before, item.take_over_from)
                   for item in self._candidates.values())

    def refused(self, item: Candidate, now: float, pause_s: float) -> None:
        """It did not open. Each time in a row, twice as long goes by until a working device is closed for another try."""
        item.refusals += 1
        item.not_before = now + pause_s
        item.take_over_from = now + pause_s * 2 ** min(item.refusals, 9)

    def wait_s(self, now: float) -> float:
        """How long until :meth:`choose` could find something without a new look."""
        soonest = min((item.not_before for item in self._candidates.values()), default=now + 3600.0)
        if self._candidates and now < self._gate and not self.complete:
            soonest = max(soonest, self._gate)
        return max(0.01, soonest - now)

    def _rank(self, item: Candidate) -> tuple[int, int]:
        return (self._fit(item), item.key[0])

    def _fit(self, item: Candidate) -> int:
        """0 the wanted one; 1 may be it, for it tells its serial only when open and was never; 2 another."""
        if self.wants(item):
            return 0
        unknown = bool(self._prefer) and not item.serial and item.identity is None and not item.refusals
        return 1 if unknown else 2
