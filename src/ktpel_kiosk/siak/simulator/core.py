"""What all parts of the running simulator share: store, clock, keys, threads for slow work, and who is waiting for news."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec
from starlette.responses import Response

from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.jws import sign_jws
from ktpel_kiosk.siak.simulator.http import problem
from ktpel_kiosk.siak.simulator.records import Holding
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.store_port import Store

T = TypeVar("T")
STORE_THREADS = 16
"""Requests that write at the same moment. They share commits; more threads only wait for the interpreter."""


class Core:
    """Made on any thread; everything async belongs to the loop that :meth:`attach` was called on."""

    def __init__(self, store: Store, clock: Clock, behaviour: Behaviour, signer: ec.EllipticCurvePrivateKey, kid: str) -> None:
        self.store, self.clock, self.behaviour = store, clock, behaviour
        self.current_signer: Callable[[], tuple[ec.EllipticCurvePrivateKey, str]] = lambda: (signer, kid)
        self.seen: dict[str, datetime] = {}
        self._threads = ThreadPoolExecutor(STORE_THREADS, thread_name_prefix="gateway-store")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._stopping = asyncio.Event()

    # -- life

    def attach(self) -> None:
        """Called on the loop that serves."""
        self._loop = asyncio.get_running_loop()
        self.store.listen(lambda station: self.ring([station]), self._ring_everybody)

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()

    def stop(self) -> None:
        """Let everybody who waits answer now. From any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended already
                self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        self._stopping.set()
        self._ring(list(self._waiting))

    def close(self) -> None:
        self._threads.shutdown()

    async def call(self, work: Callable[..., T], *values: Any) -> T:
        """Blocking work beside the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *values)

    async def ask(self, work: Callable[..., T], *values: Any) -> T:
        """A short question to the store: at once where it is local, beside the loop where it goes over a network."""
        return work(*values) if self.store.local else await self.call(work, *values)

    async def pause(self, seconds: float) -> None:
        """Sleep, but not beyond the end of the server."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), max(0.0, seconds))

    # -- news

    async def news(self, station: str, look: Callable[[], T], wait_s: float) -> T:
        """What ``look`` finds, as soon as it is not empty; after ``wait_s`` whatever it is. Nobody polls meanwhile."""
        bell = asyncio.Event()
        self._waiting[station].add(bell)
        deadline = asyncio.get_running_loop().time() + wait_s
        try:
            while True:
                bell.clear()
                found = await self.ask(look)
                left = deadline - asyncio.get_running_loop().time()
                if found or left <= 0 or self.stopping:
                    return found
                with suppress(TimeoutError):
                    await asyncio.wait_for(bell.wait(), left)
        finally:
            self._waiting[station].discard(bell)
            if not self._waiting[station]:
                del self._waiting[station]

    def ring(self, stations: Iterable[str]) -> None:
        """There are events for these stations. From any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._ring, list(stations))

    def _ring_everybody(self) -> None:
        """News of other nodes may have been missed. From any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(lambda: self._ring(list(self._waiting)))

    def _ring(self, stations: Iterable[str]) -> None:
        for station in stations:
            for bell in self._waiting.get(station, ()):
                bell.set()

    @property
    def listeners(self) -> int:
        """How many status calls are waiting."""
        return sum(len(bells) for bells in list(self._waiting.values()))

    # -- words

    @property
    def kid(self) -> str:
        """Of the key that signs now."""
        return self.current_signer()[1]

    def sign(self, payload: dict[str, Any], typ: str) -> str:
        return sign_jws(payload, *self.current_signer(), typ)

    def now(self) -> str:
        return wire.stamp(self.clock.now())

    def sign_receipt(self, holding: Holding, sequence: int) -> str:
        payload = wire.receipt_payload(holding.packet_id, holding.sha256, holding.station, sequence, self.clock.now())
        return self.sign(payload, wire.RECEIPT_TYPE)

    def later(self, status: int, error: str, **more: Any) -> Response:
        """A problem; those that pass by themselves say when to come again."""
        answer = problem(status, error, **more)
        if status in (429, 503, 507) and self.behaviour.retry_after_s > 0:
            answer.headers["Retry-After"] = str(self.behaviour.retry_after_s)
        return answer
