"""Random schedules of losses, repeats, crashes and restarts: every packet is stored once, whole, and receipted once."""

from __future__ import annotations

import hashlib
import random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from gateway_fakes import Office

from ktpel_kiosk.domain.errors import AnnounceAgain, Offline, ServerRefused, ServerTrouble
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.ports.services import Announced
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.answers import LineCut, OffsetMoved
from ktpel_kiosk.siak.jws import sign_jws, verify_jws
from ktpel_kiosk.siak.simulator.store import Conflict, GatewayStore
from ktpel_kiosk.siak.uploader import Uploader, UploadPolicy

KEY = ec.generate_private_key(ec.SECP256R1())


class Crash(BaseException):
    """The process dies here: not an Exception, so nothing on the way can swallow it."""


class Direct:
    """The gateway contract straight onto the server's store, with every call subject to bad luck before or after it acts."""

    def __init__(self, store: GatewayStore, rng: random.Random, luck: float, now) -> None:
        self.store, self.rng, self.luck, self.now = store, rng, luck, now

    def _maybe(self) -> None:
        if self.rng.random() < self.luck:
            raise self.rng.choice([Offline("gateway.offline"), LineCut("gateway.cut"), ServerTrouble("gateway.busy"), Crash()])

    def _called(self, work):
        self._maybe()
        answer = work()
        self._maybe()
        return answer

    def announce(self, p):
        def work():
            try:
                holding, _ = self.store.announce(p.packet_id, p.station, p.counter, p.previous_hash, p.size, p.sha256)
            except Conflict as e:
                raise ServerRefused("gateway.packet_conflict") from e
            return Announced(holding.upload_id, holding.received)
        return self._called(work)

    def offset(self, url):
        if self.rng.random() < self.luck / 4:
            self.store.forget(url)
        found = self._called(lambda: self.store.by_upload(url))
        if found is None:
            raise AnnounceAgain("gateway.upload_forgotten")
        return found.received

    def send_chunk(self, url, offset, chunk):
        def work():
            try:
                holding = self.store.add_chunk(url, offset, chunk)
            except KeyError as e:
                raise AnnounceAgain("gateway.upload_forgotten") from e
            except Conflict as e:
                raise OffsetMoved("gateway.offset_moved") from e
            if holding.received == holding.size:
                def sign(h, n):
                    return sign_jws(wire.receipt_payload(h.packet_id, h.sha256, h.station, n, self.now()), KEY, "k", wire.RECEIPT_TYPE)
                self.store.complete(holding.packet_id, sign, lambda content: ("", ()), 0.0)
            return holding.received
        return self._called(work)

    def receipt(self, packet_id):
        def work():
            token = self.store.receipt(packet_id)
            if token is None:
                raise ServerTrouble("gateway.receipt_not_ready")
            return wire.receipt_of(verify_jws(token, {"k": KEY.public_key()}, wire.RECEIPT_TYPE), token)
        return self._called(work)


def _schedule(seed: int, folder) -> None:
    rng = random.Random(seed)
    office = Office()
    packets = [office.add(rng.randint(1, 5000)) for _ in range(rng.randint(1, 4))]
    store = GatewayStore(folder)
    policy = UploadPolicy(first_chunk=1024, largest_chunk=1024, smallest_chunk=256)
    heard: list[str] = []
    for turn in range(200):
        luck = 0.25 if turn < 25 else 0.0
        uploader = Uploader(office.register, Direct(store, rng, luck, office.clock.now), office.sealer, office.clock, rng,
                            policy=policy, on_received=heard.append)
        try:
            uploader.run_once(1e9)
        except Crash:
            office.register = office.register.crash()
            if rng.random() < 0.5:
                store.close()
                store = GatewayStore(folder)
        office.clock.advance(rng.choice([1, 100, 2000]))
        if all(office.state(p).state is PacketState.RECEIVED for p in packets) and not office.register.draft_table:
            break
    try:
        assert [office.state(p).state for p in packets] == [PacketState.RECEIVED] * len(packets)
        assert sorted(p for _, p in store.receipts()) == sorted(p.packet_id for p in packets)
        for p in packets:
            assert hashlib.sha256(store.content(p.packet_id)).hexdigest() == p.sha256
            assert office.state(p).receipt == store.receipt(p.packet_id)
        assert set(heard) == {p.packet_id for p in packets}
        assert len(office.register.events("PacketReceived")) == len(packets)
    finally:
        store.close()


def test_60_random_schedules_end_like_a_quiet_day(tmp_path):
    for seed in range(60):
        _schedule(seed, tmp_path / str(seed))


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_2000_random_schedules_end_like_a_quiet_day(tmp_path):
    for seed in range(1000, 3000):
        _schedule(seed, tmp_path / str(seed))
