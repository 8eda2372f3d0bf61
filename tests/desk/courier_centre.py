"""A desk with a real courier's disk, and a centre that signs what a test wants to come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from desk_office import Office

from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.courier import Disk
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.permohonan import TahapState
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.packet.courier import CourierBundles
from ktpel_kiosk.packet.keys import _self_signed
from ktpel_kiosk.ports.courier import Courier
from ktpel_kiosk.ports.register import Tx
from ktpel_kiosk.siak import courier_wire, wire
from ktpel_kiosk.siak.courier_tokens import GatewayTokens
from ktpel_kiosk.siak.jws import sign_jws
from ktpel_kiosk.siak.receipt_keys import KeySet

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
STATION = _self_signed("Stasiun uji", ec.generate_private_key(ec.SECP256R1()), AT)
CENTRE, STRANGER = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())


@dataclass
class FoundDisks:
    """What the machine says is plugged in."""

    found: list[Disk] = field(default_factory=list)

    def removable(self) -> Sequence[Disk]:
        return self.found


def with_courier(office: Office) -> FoundDisks:
    """Gives the office a courier; returns its list of disks."""
    disks = FoundDisks()
    tokens = GatewayTokens(lambda: KeySet.bare({"receipt-1": CENTRE.public_key()}))
    office.desk = replace(office.desk, courier=Courier(CourierBundles(*STATION), tokens, disks))
    return disks


def waiting_packets(office: Office, count: int) -> list[Packet]:
    """Applications that wait for the centre; their packets, oldest first. The steps before are put down as done: only the wait matters."""
    return [_waiting(office, index) for index in range(count)]


def _waiting(office: Office, index: int) -> Packet:
    p, now = office.begun(index), office.clock.now()
    here = next(t.index for t in p.tahap if t.stage is Stage.MENUNGGU_PRR)
    done = {"state": TahapState.SELESAI, "started_at": now, "finished_at": now}
    wait = {"state": TahapState.JEDA, "started_at": now, "paused_since": now, "pause_reason": "jaringan"}
    tahap = tuple(replace(t, **done) if t.index < here else replace(t, **wait) if t.index == here else t for t in p.tahap)
    packet_id = office.desk.ids.new()
    sealed = office.vault._write(packet_id, packet_id.encode() * 20, now)
    packet = Packet(packet_id, p.id, office.desk.station, index + 1, "0" * 64, sealed.sha256, sealed.size, sealed.path, PacketState.SEALED,
                    now)

    def work(tx: Tx) -> None:
        tx.save_permohonan(replace(p, tahap=tahap))
        tx.add_packet(packet)
        tx.log("PacketSealed", p.id, "-")

    office.desk.register.write(work)
    return packet


def receipt(packet: Packet, sequence: int = 1, *, key: ec.EllipticCurvePrivateKey = CENTRE, kid: str = "receipt-1",
            **changes: str) -> str:
    payload = wire.receipt_payload(packet.packet_id, packet.sha256, packet.station, sequence, AT) | changes
    return sign_jws(payload, key, kid, wire.RECEIPT_TYPE)


def page(station: str, after: int, events: Sequence[tuple[int, str, StatusSiak]], *, key: ec.EllipticCurvePrivateKey = CENTRE) -> str:
    made = [StatusEvent(n, packet_id, "", status, AT) for n, packet_id, status in events]
    return sign_jws(courier_wire.statuses_payload(station, after, made, AT), key, "receipt-1", wire.STATUS_TYPE)


def put(folder: Path, name: str, text: str) -> Path:
    """A file the courier's computer would have left."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text + "\n", "ascii")
    return path


def packet_of(desk: Desk, packet: Packet) -> Packet:
    found = desk.register.read(lambda v: v.packet(packet.packet_id))
    assert found is not None
    return found
