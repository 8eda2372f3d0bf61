"""The gateway contract straight onto the server's store, with bad luck, process deaths and two lanes in a random but repeatable order."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from gateway_fakes import FakeRegister, Office

from ktpel_kiosk.domain.errors import AnnounceAgain, Offline, ServerRefused, ServerTrouble
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.ports.services import Announced
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.answers import LineCut, OffsetMoved
from ktpel_kiosk.siak.jws import sign_jws, verify_jws
from ktpel_kiosk.siak.simulator.store import Conflict, GatewayStore
from ktpel_kiosk.siak.uploader import Uploader

KEY = ec.generate_private_key(ec.SECP256R1())


class Crash(BaseException):
    """The process dies here: not an Exception, so nothing on the way can swallow it."""


class Baton:
    """Lets one of several threads run at a time; who goes on is drawn at each step, so a seed is a schedule.

    When one thread dies of :class:`Crash`, all do at their next step: it was one process.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._turns = threading.Condition()
        self._running: list[str] = []
        self._now = ""
        self.crashed = False
        self.bugs: list[BaseException] = []

    def run(self, work: dict[str, Callable[[], object]]) -> bool:
        """All of it, interleaved; True when the process died."""
        self._running, self.crashed = sorted(work), False
        threads = [threading.Thread(target=self._one, args=(w,), name=name) for name, w in work.items()]
        self._now = self._rng.choice(self._running)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive(), "the lanes wait for each other"
        for bug in self.bugs:
            raise bug
        return self.crashed

    def step(self) -> None:
        """Somebody goes on, perhaps the caller. Outside of :meth:`run` nothing happens."""
        me = threading.current_thread().name
        with self._turns:
            if me in self._running:
                self._now = self._rng.choice(self._running)
                self._turns.notify_all()
                self._wait(me)

    def _wait(self, me: str) -> None:
        while self._now != me:
            self._turns.wait(60)
        if self.crashed:
            raise Crash

    def _one(self, work: Callable[[], object]) -> None:
        me = threading.current_thread().name
        try:
            with self._turns:
                self._wait(me)
            work()
        except Crash:
            self.crashed = True
        except BaseException as e:  # shown by run
            self.bugs.append(e)
        finally:
            with self._turns:
                self._running.remove(me)
                if self._running:
                    self._now = self._rng.choice(self._running)
                self._turns.notify_all()


class UnluckyRegister(FakeRegister):
    """Before and after every commit the other lane may go on, or the process may die."""

    def __init__(self, rng: random.Random, luck: float, baton: Baton) -> None:
        super().__init__()
        self._rng, self._luck, self._baton = rng, luck, baton

    def write(self, work: Callable[[Any], Any]) -> Any:
        self._between()
        result = super().write(work)
        self._between()
        return result

    def _between(self) -> None:
        self._baton.step()
        if self._rng.random() < self._luck:
            raise Crash

    def take_over(self, old: FakeRegister) -> None:
        """The same file, opened by a new process."""
        self.table, self.draft_table, self.statuses, self.audit = old.table, old.draft_table, old.statuses, old.audit


class Direct:
    """Every call is subject to bad luck before or after it acts."""

    def __init__(self, store: GatewayStore, rng: random.Random, luck: float, now: Callable[[], Any], baton: Baton | None = None) -> None:
        self.store, self.rng, self.luck, self.now = store, rng, luck, now
        self.baton = baton or Baton(rng)
        self.calls: list[str] = []

    def _maybe(self) -> None:
        self.baton.step()
        if self.rng.random() < self.luck:
            raise self.rng.choice([Offline("gateway.offline"), LineCut("gateway.cut"), ServerTrouble("gateway.busy"), Crash()])

    def _called(self, name: str, work: Callable[[], Any]) -> Any:
        self.calls.append(name)
        self._maybe()
        answer = work()
        self._maybe()
        return answer

    def announce(self, p: Packet) -> Announced:
        def work() -> Announced:
            try:
                holding, _ = self.store.announce(p.packet_id, p.station, p.counter, p.previous_hash, p.size, p.sha256)
            except Conflict as e:
                raise ServerRefused("gateway.packet_conflict") from e
            return Announced(holding.upload_id, holding.received)
        return self._called("announce", work)

    def offset(self, url: str) -> int:
        if self.rng.random() < self.luck / 4:
            self.store.forget(url)
        found = self._called("offset", lambda: self.store.by_upload(url))
        if found is None:
            raise AnnounceAgain("gateway.upload_forgotten")
        return found.received

    def send_chunk(self, url: str, offset: int, chunk: bytes) -> int:
        def work() -> int:
            try:
                holding = self.store.add_chunk(url, offset, chunk)
            except KeyError as e:
                raise AnnounceAgain("gateway.upload_forgotten") from e
            except Conflict as e:
                raise OffsetMoved("gateway.offset_moved") from e
            if holding.received == holding.size:
                def sign(h: Any, n: int) -> str:
                    return sign_jws(wire.receipt_payload(h.packet_id, h.sha256, h.station, n, self.now()), KEY, "k", wire.RECEIPT_TYPE)
                self.store.complete(holding.packet_id, sign, lambda content: ("", ()), 0.0)
            return holding.received
        return self._called("chunk", work)

    def receipt(self, packet_id: str) -> Any:
        def work() -> Any:
            token = self.store.receipt(packet_id)
            if token is None:
                raise ServerTrouble("gateway.receipt_not_ready")
            return wire.receipt_of(verify_jws(token, {"k": KEY.public_key()}, wire.RECEIPT_TYPE), token)
        return self._called("receipt", work)


def two_lanes(uploader: Uploader, baton: Baton) -> bool:
    """One turn of both lanes, interleaved; True when the process died."""
    return baton.run({"main": lambda: uploader.send_due(1e9), "small": lambda: [uploader.run_small() for _ in range(3)]})


def all_done(office: Office, packets: list[Packet]) -> bool:
    return all(office.state(p).state is PacketState.RECEIVED for p in packets) and not office.register.draft_table


def check_quiet_day(office: Office, store: GatewayStore, packets: list[Packet], heard: list[str]) -> None:
    """Register, audit and server agree as if nothing had ever gone wrong."""
    assert [office.state(p).state for p in packets] == [PacketState.RECEIVED] * len(packets)
    assert sorted(p for _, p in store.receipts()) == sorted(p.packet_id for p in packets)
    for p in packets:
        content = store.content(p.packet_id)
        assert content is not None
        assert hashlib.sha256(content).hexdigest() == p.sha256
        assert office.state(p).receipt == store.receipt(p.packet_id)
    assert set(heard) == {p.packet_id for p in packets}
    assert len(office.register.events("PacketReceived")) == len(packets)


def reopened(store: GatewayStore, folder: Path, rng: random.Random) -> GatewayStore:
    """The server restarts as well, every other time."""
    if rng.random() < 0.5:
        store.close()
        return GatewayStore(folder)
    return store
