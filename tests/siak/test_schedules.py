"""Random schedules of losses, repeats, crashes and restarts: every packet is stored once, whole, and receipted once."""

from __future__ import annotations

import random

import pytest
from gateway_fakes import Office
from schedule_kit import Baton, Crash, Direct, UnluckyRegister, all_done, check_quiet_day, reopened, two_lanes

from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.siak.simulator.store import GatewayStore
from ktpel_kiosk.siak.uploader import Uploader, UploadPolicy

POLICY = UploadPolicy(first_chunk=1024, largest_chunk=1024, smallest_chunk=256, handed=2, ahead=2)


def _one_lane(seed: int, folder) -> None:
    rng = random.Random(seed)
    office = Office()
    packets = [office.add(rng.randint(1, 5000)) for _ in range(rng.randint(1, 4))]
    store = GatewayStore(folder)
    heard: list[str] = []
    for turn in range(200):
        luck = 0.25 if turn < 25 else 0.0
        uploader = Uploader(office.register, Direct(store, rng, luck, office.clock.now), office.sealer, office.clock, rng,
                            policy=POLICY, on_received=heard.append)
        try:
            uploader.run_once(1e9)
        except Crash:
            office.register = office.register.crash()
            store = reopened(store, folder, rng)
        office.clock.advance(rng.choice([1, 100, 2000]))
        if all_done(office, packets):
            break
    check_quiet_day(office, store, packets, heard)
    store.close()


def _two_lanes(seed: int, folder) -> int:
    """Lanes that change places at every call of the gateway and every commit. Returns how often the process died."""
    rng = random.Random(seed)
    office, deaths = Office(), 0
    packets = [office.add(rng.randint(1, 4000)) for _ in range(rng.randint(2, 5))]
    store = GatewayStore(folder)
    heard: list[str] = []
    baton = Baton(rng)
    uploader, gone = None, True
    for turn in range(200):
        luck = 0.08 if turn < 25 else 0.0
        if gone:
            register = UnluckyRegister(rng, luck / 4, baton)
            register.take_over(office.register)
            office.register = register
            uploader = Uploader(register, Direct(store, rng, luck, office.clock.now, baton), office.sealer, office.clock, rng,
                                policy=POLICY, on_received=heard.append)
        assert uploader is not None
        gone = two_lanes(uploader, baton)
        deaths += gone
        if gone:
            store = reopened(store, folder, rng)
        if rng.random() < 0.05:
            _courier_brings_a_receipt(office, store, rng)
        office.clock.advance(rng.choice([1, 100, 2000]))
        if turn == 25:
            gone = True
        if all_done(office, packets):
            break
    check_quiet_day(office, store, packets, heard)
    store.close()
    return deaths


def _courier_brings_a_receipt(office: Office, store: GatewayStore, rng: random.Random) -> None:
    """A packet the server has is settled by the other way, whatever the lanes know of it."""
    waiting = [p for p in office.register.table.values() if p.state is not PacketState.RECEIVED and store.receipt(p.packet_id)]
    if waiting:
        p = rng.choice(waiting)
        office.change(p, state=PacketState.RECEIVED, receipt=store.receipt(p.packet_id))
        office.register.audit.append(("PacketReceived", p.permohonan_id, {"packet_id": p.packet_id}))
        office.register.draft_table["uploader.receipt/" + p.packet_id] = p.sha256


def test_60_random_schedules_end_like_a_quiet_day(tmp_path):
    for seed in range(30):
        _one_lane(seed, tmp_path / str(seed))
    deaths = sum(_two_lanes(seed, tmp_path / f"two-{seed}") for seed in range(30))
    assert deaths > 10, "schedules without deaths prove little"


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_2000_random_schedules_end_like_a_quiet_day(tmp_path, reached):
    done = 0
    for seed in range(1000, 2000):
        _one_lane(seed, tmp_path / str(seed))
        _two_lanes(seed, tmp_path / f"two-{seed}")
        done += 2
    reached(5, asked=2000, got=done, what="random schedules that end like a quiet day")
    assert done == 2000
