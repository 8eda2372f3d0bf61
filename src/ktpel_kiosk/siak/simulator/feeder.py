"""What happens at the centre after a packet is complete: it is opened beside the loop, its statuses are planned and released in time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.simulator.core import Core
from ktpel_kiosk.siak.simulator.records import StoreAway, StoreFull

Checker = Callable[[bytes], Mapping[str, str]]
LOOK_S = 0.5
"""A practice clock may be moved by hand: while a status is due later, the time is looked at this often. One task, not one per kiosk."""
OPENING_S = 2.0
"""How long a station that asks for statuses waits for its own packets to be opened."""

OTHERS_S = 5.0
"""How often a node of many looks for what a node that died left behind."""

ALL = "*"
"""The bell of those who wait for any packet; no station is called so."""


class Feeder:
    """Opens packets one after the other on a thread of its own and releases what is due."""

    def __init__(self, core: Core, opener: Checker | None) -> None:
        self._core, self._opener = core, opener
        self._look_s = None if core.store.local else OTHERS_S
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._work = threading.Condition()
        self._asked = True          # packets of an earlier start may wait
        self._closed = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """On the serving loop."""
        self._loop = asyncio.get_running_loop()
        self._task = self._loop.create_task(self._release_for_ever())
        self._thread = threading.Thread(target=self._open_for_ever, name="gateway-opener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """After the loop has ended: the packet in hand is finished, the others are opened at the next start."""
        with self._work:
            self._closed = True
            self._work.notify_all()
        if self._thread is not None:
            self._thread.join()

    def completed(self, packet_id: str, received_s: float) -> None:
        """A packet has its receipt. Without a key there is nothing to open: its statuses are planned at once."""
        if self._opener is None and self._core.store.local:
            self._plan(packet_id, "", "", received_s)
            return
        with self._work:
            self._asked = True
            self._work.notify_all()

    def wake(self) -> None:
        """Plans were changed. From any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._wake.set)

    def release(self) -> None:
        """Move due statuses into the feed and call those who wait for them."""
        now = self._core.clock.now()
        stations = self._core.store.release_due(now.timestamp(), wire.stamp(now))
        if stations:
            self._core.ring(stations)

    async def settled(self, station: str | None = None) -> None:
        """Wait until the packets of this station (all packets) are opened, not longer than ``OPENING_S``; then release what is due."""
        unopened = self._core.store.ledger.unopened
        if self._opener is not None:
            await self._core.news(ALL if station is None else station, lambda: not unopened(station), OPENING_S)
        due = self._core.store.ledger.next_due()
        if due is not None and due <= self._core.clock.now().timestamp():
            await self._core.call(self.release)

    # -- releasing

    async def _release_for_ever(self) -> None:
        while not self._core.stopping:
            self._wake.clear()
            with suppress(StoreFull, StoreAway):
                await self._core.call(self.release)
            due = self._core.store.ledger.next_due()
            left = self._look_s if due is None else min(LOOK_S, max(0.01, due - self._core.clock.now().timestamp()))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), left)

    # -- opening

    def _open_for_ever(self) -> None:
        while True:
            with self._work:
                self._work.wait_for(lambda: self._asked or self._closed, self._look_s)
                if self._closed:
                    return
                self._asked = False
            with suppress(StoreAway):
                while self._open_some():
                    pass

    def _open_some(self) -> bool:
        """Whether there may be more to take: a store of many nodes gives each a few at a time."""
        found = self._core.store.ledger.to_open()
        for packet_id, station, received_at in found:
            if self._closed:
                return False
            nik, failure = self._look_inside(packet_id)
            with suppress(StoreFull):
                self._plan(packet_id, nik, failure, wire.moment(received_at).timestamp())
            self._core.ring([station, ALL])
        return bool(found) and not self._core.store.local

    def _look_inside(self, packet_id: str) -> tuple[str, str]:
        """(NIK, what is wrong): a centre that holds the key says which."""
        content = self._core.store.content(packet_id)
        if self._opener is None or content is None:
            return "", ""
        try:
            summary = self._opener(content)
        except KioskError as e:
            return "", str(e)[:200]
        except Exception as e:  # hostile content may find a hole in the opener; the next packet still has to be opened
            return "", type(e).__name__
        return summary.get("nik", ""), "" if summary.get("packet_id") == packet_id else "packet_id"

    def _plan(self, packet_id: str, nik: str, failure: str, start_s: float) -> None:
        self._core.store.plan(packet_id, nik, self._core.behaviour.plan(packet_id, nik, failure), start_s, failure)
        self.wake()
