"""One life of a desk that seals, loses files, repairs, resends and purges until it is killed; the test decides when.

Arguments: office folder, day of this life, seed. Prints ``ready``, then works for ever. What it says is done stands in ``acks``.
"""

from __future__ import annotations

import random
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.wiring import Kiosk, open_practice_kiosk
from ktpel_kiosk.desk import packet_files, resend, retention, sealing
from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.packet import PacketContent
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Layanan
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.jws import sign_jws

DAY = datetime(2026, 3, 12, 2, 0, tzinfo=UTC)


class Quick:
    """Argon2 is not what is tested here."""

    def hash(self, password: str) -> str:
        return password

    def verify(self, hashed: str, password: str) -> bool:
        return hashed == password


def open_desk(data: Path, day: int) -> Kiosk:
    return open_practice_kiosk(data, "tempeh", clock=PracticeClock(DAY + timedelta(days=day)), hasher=Quick())


class Life:
    def __init__(self, kiosk: Kiosk, acks: Path, seed: int) -> None:
        self.kiosk, self.desk, self.acks, self.rng = kiosk, kiosk.desk, acks, random.Random(seed)
        self.key: Any = load_pem_private_key(kiosk.keys.receipt_key.read_bytes(), None)

    def work(self) -> None:
        packet_files.clear_leftovers(self.desk)
        acts = (self.seal, self.seal, self.receive, self.receive, self.lose, self.mend, self.resend, self.purge)
        while True:
            self.rng.choice(acts)()

    def acked(self, what: str, packet_id: str) -> None:
        with self.acks.open("a", encoding="ascii") as out:
            out.write(f"{what} {packet_id}\n")

    def unsent(self) -> list[Packet]:
        return list(self.kiosk.register.read(lambda v: v.packets(unsent_only=True)))

    def seal(self) -> None:
        desk, now = self.desk, self.desk.clock.now()
        who = invent(self.rng.randrange(10**6), 7, desk.sop.kantor, ("TEMPEH LOR",), DAY.date()).penduduk
        p = Permohonan(desk.ids.new(), Layanan.BARU_WNI, who, "tempeh", desk.sop.digest, Keadaan.SELESAI, (), (), now, now, "rina")
        with desk.seal_lock:
            last = desk.register.read(lambda v: v.last_packet())
            counter, previous = (last.counter + 1, last.sha256) if last else (1, GENESIS)
            content = PacketContent(desk.ids.new(), desk.station, "35.08.05", counter, previous, "baru_wni", "tempeh", "a" * 64, "", now,
                                    who, (), (), (), (), "rina")
            made = desk.sealer.seal(content)

            def work(tx: Any) -> None:
                tx.save_permohonan(p)
                sealing.add_sealed(tx, Packet(made.packet_id, p.id, desk.station, content.counter, content.previous_hash, made.sha256,
                                              made.size, made.path, PacketState.SEALED, now), made)
                tx.log("PacketSealed", p.id, "rina", packet_id=made.packet_id)

            desk.register.write(work)
        self.acked("sealed", made.packet_id)

    def receive(self) -> None:
        for packet in self.unsent()[:2]:
            if not self.desk.sealer.exists(packet.path, packet.sha256):
                continue
            at = self.desk.clock.now().replace(microsecond=0)
            payload = wire.receipt_payload(packet.packet_id, packet.sha256, packet.station, packet.counter, at)
            got = replace(packet, state=PacketState.RECEIVED, received_at=at, server_sequence=packet.counter,
                          receipt=sign_jws(payload, self.key, self.kiosk.keys.receipt_kid, wire.RECEIPT_TYPE))
            self.kiosk.register.write(lambda tx, got=got: (tx.save_packet(got), tx.log("PacketReceived", got.permohonan_id, "-",
                                                                                       packet_id=got.packet_id)))
            self.acked("received", packet.packet_id)

    def lose(self) -> None:
        waiting = self.unsent()
        if waiting:
            (self.kiosk.data / "packets" / self.rng.choice(waiting).path).unlink(missing_ok=True)

    def mend(self) -> None:
        packet_files.check_sizes(self.desk)
        for made in resend.repair_damaged(self.desk).made:
            self.acked("sealed", made.packet_id)

    def resend(self) -> None:
        """The centre could not enrol: what :func:`resend.resend` does once the application's stage was checked."""
        got = [p for p in self.kiosk.register.read(lambda v: list(v.packets_after(0, 10_000)))
               if p.state is PacketState.RECEIVED and not p.replaced_by and p.purged_at is None]
        if got:
            with self.desk.seal_lock:
                self.acked("sealed", resend._renewed(self.desk, self.rng.choice(got), "-", "gagal").packet_id)

    def purge(self) -> None:
        retention.purge_due(self.desk)


def main() -> None:
    data, day, seed = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with open_desk(data, day) as kiosk:
        life = Life(kiosk, data.parent / "acks", seed)
        print("ready", flush=True)
        life.work()


if __name__ == "__main__":
    main()
