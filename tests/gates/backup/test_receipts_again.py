"""Row 16: what a restore takes back is fetched again. Packets receipted after the copy are announced, the centre says it has them, and no
packet lies there twice; what was sealed after the copy is put aside, whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from restore_office import application

from ktpel_kiosk.app import backup, copy_sets, rescue, restore
from ktpel_kiosk.app.courier_sending import send_all
from ktpel_kiosk.app.office import open_central_keys
from ktpel_kiosk.app.simulation import practice_gateway
from ktpel_kiosk.app.wiring import Kiosk, open_practice_kiosk
from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.domain.outbox import CHAIN_END, Packet, PacketState, chain_end
from ktpel_kiosk.domain.packet import PacketContent
from ktpel_kiosk.domain.permohonan import TahapState
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.register import Tx
from ktpel_kiosk.ports.restore import Agreed
from ktpel_kiosk.register.keys import KeyStore
from ktpel_kiosk.siak.simulator.server import GatewaySimulator

EACH_QUICK, EACH = 1, 25


def seal(kiosk: Kiosk, number: int) -> Packet:
    """A really sealed packet whose application waits for the centre; its counter and hash follow the last one's."""
    now = kiosk.clock.now()
    p = application(number, sop_digest=kiosk.desk.sop.digest, sop_id=kiosk.desk.sop.id)
    here = next(t.index for t in p.tahap if t.stage is Stage.MENUNGGU_PRR)
    wait = {"state": TahapState.JEDA, "started_at": now, "paused_since": now, "pause_reason": "jaringan"}
    done = {"state": TahapState.SELESAI, "started_at": now, "finished_at": now}
    tahap = tuple(replace(t, **done) if t.index < here else replace(t, **wait) if t.index == here else t for t in p.tahap)
    counter, previous = kiosk.register.read(lambda v: chain_end(v.last_packet(), v.setting(CHAIN_END), GENESIS))
    made = kiosk.desk.sealer.seal(PacketContent(
        packet_id=kiosk.desk.ids.new(), station=kiosk.desk.station, office_code="35.08.05", counter=counter + 1, previous_hash=previous,
        process="baru_wni", sop_id="tempeh", sop_digest="a" * 64, register_number=p.nomor_register, created_at=now, penduduk=p.penduduk,
        samples=(), exceptions=(), documents=(), audit=(), operator="rina"))
    packet = Packet(made.packet_id, p.id, kiosk.desk.station, counter + 1, previous, made.sha256, made.size, made.path,
                    PacketState.SEALED, now)

    def work(tx: Tx) -> None:
        tx.save_permohonan(replace(p, tahap=tahap))
        tx.add_packet(packet)
        tx.log("PacketSealed", p.id, "-")

    kiosk.register.write(work)
    return packet


def at_centre(centre: GatewaySimulator) -> list[tuple[str, str]]:
    return sorted((h.packet_id, h.sha256) for h in centre.holdings() if h.complete)


def received(kiosk: Kiosk, packets: list[Packet]) -> int:
    """How many have their receipt, checked with the centre's key as the office does it."""
    rows = kiosk.register.read(lambda v: [v.packet(p.packet_id) for p in packets])
    return sum(r is not None and r.state is PacketState.RECEIVED and kiosk.desk.receipt_holds(r) for r in rows)


def send(kiosk: Kiosk) -> None:
    for _ in range(40):
        kiosk.uploader.run_once()
        if not kiosk.register.read(lambda v: v.packets(unsent_only=True)):
            return


def connected(data: Path, centre: GatewaySimulator) -> Kiosk:
    kiosk = open_practice_kiosk(data, "tempeh")
    kiosk.gateway_url = centre.base_url
    return kiosk


def story(data: Path, centre: GatewaySimulator, each: int) -> tuple[int, int]:
    """``each`` packets: receipted before the copy; sealed before and receipted after; sealed and receipted after; sealed after, not sent.
    Returns how many of those the copy knows ended with a receipt, and of how many."""
    numbers = iter(range(1, 5 * each + 1))
    some = lambda kiosk: [seal(kiosk, next(numbers)) for _ in range(each)]  # noqa: E731
    with connected(data, centre) as kiosk:
        early = some(kiosk)
        send(kiosk)
        between = some(kiosk)
        copy_path = backup.make_copy(kiosk.register, data, data.parent / "usb", "-")
        send(kiosk)
        later = some(kiosk)
        send(kiosk)
        assert received(kiosk, early + between + later) == 3 * each
        unsent = some(kiosk)
        now = kiosk.clock.now()
        there = at_centre(centre)
    copy = next(c for c in copy_sets.sets_in(copy_path.parent, now) if c.path == copy_path)
    key = KeyStore(data / "register" / "register.key").unlock_with_machine()
    restore.prepare(data, copy, key, Agreed("camat", "kasi", "gerbang"), kiosk.clock)
    with connected(data, centre) as kiosk:
        assert received(kiosk, early) == each and received(kiosk, between) == 0, "the copy knows nothing of their receipts"
        send(kiosk)
        assert at_centre(centre) == there, "nothing lies at the centre twice, nothing is lost there"
        again = received(kiosk, early + between)
        following = seal(kiosk, next(numbers))
        assert following.counter == unsent[-1].counter + 1, "the chain goes on after what was sealed since"
        send(kiosk)
        assert len(at_centre(centre)) == len(there) + 1 and kiosk.register.check_audit().whole
    aside = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in data.glob(f"{restore.OLD}*/{restore.UNKNOWN_PACKETS}/*.ktpelpkt")}
    assert {p.path: p.sha256 for p in unsent}.items() <= aside.items(), "sealed since the copy: aside and whole"
    assert carried(data, centre, unsent) == each
    return again, 2 * each


def carried(data: Path, centre: GatewaySimulator, unsent: list[Packet]) -> int:
    """What was sealed since goes to the centre as a courier's bundle that the rescue makes; how many arrived, nothing twice."""
    before, keys, disk = at_centre(centre), data / "keys", data.parent / "kurir"
    made = rescue.rescue(data, disk)
    assert made.bundle and not made.failed and not made.missing
    send_all(disk, centre.base_url, ca=keys / "gateway-ca.crt", cert=keys / "gateway-client.crt", key=keys / "gateway-client.key")
    after = at_centre(centre)
    assert len({packet_id for packet_id, _ in after}) == len(after) == len(before) + len(unsent)
    return len({(p.packet_id, p.sha256) for p in unsent} & set(after))


def run(tmp_path: Path, each: int) -> tuple[int, int]:
    data = tmp_path / "data"
    with open_practice_kiosk(data, "tempeh") as kiosk:
        clock = kiosk.clock
    with practice_gateway(data / "gateway", open_central_keys(data), clock) as centre:
        return story(data, centre, each)


@pytest.mark.gate
@pytest.mark.parametrize("each", [EACH_QUICK, EACH])
def test_receipts_are_fetched_again(tmp_path: Path, reached: Callable[..., None], each: int) -> None:
    got, of = run(tmp_path, each)
    if each == EACH:
        reached(16, asked=of, got=got, what="packets of a restored copy with their receipt again, none twice at the centre")
    assert got == of
