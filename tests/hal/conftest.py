from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from hal_fakes import FAST, until

from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.driver import Driver
from ktpel_kiosk.hal.manager import DeviceManager

Make = Callable[..., DeviceManager]


@pytest.fixture
def make() -> Iterator[Make]:
    """Managers that are closed afterwards; no thread of theirs may survive the test."""
    before = set(threading.enumerate())
    made: list[DeviceManager] = []

    def build(*drivers: Driver, deadlines: Deadlines = FAST, settle: bool = True, prefer: dict | None = None) -> DeviceManager:  # type: ignore[type-arg]
        made.append(DeviceManager(_as_sequence(drivers), deadlines, prefer))
        if settle:
            assert made[-1].settle(2.0)
        return made[-1]

    yield build
    for manager in made:
        manager.close()
    until(lambda: not [t for t in set(threading.enumerate()) - before if t.is_alive()])


def _as_sequence(drivers: Sequence[Driver]) -> Sequence[Driver]:
    return drivers
