"""A warmed process that forks the sending side of one desk, life after life, for the story of three months without a line.

Protocol on stdin (``forked.Template``): ``prepare <count> <days> <seed>`` fills an office that could not send for ``days`` days,
``live <url> <start> <speed>`` runs its network until it is killed or nothing is left to do, ``describe <url> <start>`` writes what the
register holds. ``start`` is the simulated moment (ISO) of this life, ``speed`` simulated seconds a second.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import random
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from forked_child import do_and_end

from ktpel_kiosk.app.office import village_names
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.wiring import Kiosk, beside_feed, open_practice_kiosk
from ktpel_kiosk.desk.reports import PREFIX, queue_report
from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.domain.biometric import EYES, FINGERS, BiometricException, ExceptionKind
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.packet import PacketContent, PacketDocument
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, TahapState, plan_tahap
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.ports.register import Tx
from ktpel_kiosk.siak.network_thread import Rhythm

SMALLEST, LARGEST = 4_000, 60_000
"""Bytes of padding in a packet's one paper: the sizes of packets are spread like this."""
PAGE = 25
CARD_EVERY = 10
BUSY = Rhythm(idle_s=0.1, status_every_s=0.5, status_wait_s=0.5)
"""The rhythm of the threads is the machine's time, not the story's."""


class StoryClock:
    """Simulated time that runs ``speed`` times as fast as the machine's, from ``start``."""

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        self._start, self._speed, self._real = start, speed, time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._real) * self._speed)

    def monotonic(self) -> float:
        return time.monotonic() * self._speed

    def jumped(self) -> bool:
        return False

    def running(self) -> tuple[str, float]:
        return "", self.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self._speed)

    def advance(self, seconds: float) -> None:
        self._start += timedelta(seconds=seconds)


def opened(folder: Path, clock: StoryClock, url: str = "") -> Kiosk:
    kiosk = open_practice_kiosk(folder / "kantor", "tempeh", clock=clock)  # type: ignore[arg-type]
    kiosk.gateway_url = url
    return kiosk


def prepare(folder: Path, count: int, days: int, seed: int, end: datetime) -> None:
    """An office whose people were all recorded and sealed, one after another over ``days`` days, while the line was dead."""
    rng = random.Random(seed)
    clock = StoryClock(end - timedelta(days=days))
    with opened(folder, clock) as kiosk:
        previous, made = GENESIS, 0
        spread = timedelta(days=days) / count
        villages = village_names(kiosk.desk.sop.kantor.kode_wilayah)
        known: set[str] = set()
        pending: list[tuple[Permohonan, Packet]] = []
        index = 0
        while made < count:
            who = invent(index, seed, kiosk.desk.sop.kantor, villages, end.date())
            index += 1
            if who.penduduk.nik in known:
                continue
            known.add(who.penduduk.nik)
            made += 1
            clock.advance(spread.total_seconds())
            p = recorded(kiosk, who.penduduk, made)
            packet = sealed(kiosk, p, made, previous, rng)
            previous = packet.sha256
            pending.append((p, packet))
            if len(pending) == PAGE or made == count:
                kiosk.register.write(lambda tx, page=tuple(pending): store(kiosk, tx, page))  # type: ignore[misc]
                pending.clear()


def recorded(kiosk: Kiosk, penduduk: Any, number: int) -> Permohonan:
    """An application that waits for the centre."""
    now, sop = kiosk.clock.now(), kiosk.desk.sop
    stages = plan_tahap(sop)
    at = next(t.index for t in stages if t.stage is Stage.MENUNGGU_PRR)
    done = tuple(
        replace(t, state=TahapState.SELESAI, started_at=now, finished_at=now, actor="rina", role="operator", outcome="baik")
        if t.index < at else replace(t, state=TahapState.JEDA, started_at=now, paused_since=now, pause_reason="jaringan")
        if t.index == at else t for t in stages)
    return Permohonan(
        id=kiosk.desk.ids.new(), layanan=Layanan.BARU_WNI, penduduk=penduduk, sop_id=sop.id, sop_digest=sop.digest,
        keadaan=Keadaan.BERJALAN, tahap=done, kelengkapan=(), created_at=now, updated_at=now, created_by="rina",
        nomor_register=f"{number:04d}/KTP/2026")


def sealed(kiosk: Kiosk, p: Permohonan, counter: int, previous: str, rng: random.Random) -> Packet:
    """A real packet with one paper and nothing to record: no hands, no eyes, all excused (a portrait would cost more than the story)."""
    excused = tuple(BiometricException(x, ExceptionKind.MISSING, "tidak ada", "kasi", "rina") for x in (*FINGERS, *EYES))
    paper = b"%PDF-1.4\n%" + rng.randbytes(rng.randint(SMALLEST, LARGEST)).replace(b"\n", b" ") + b"\ntrailer\n<< >>\n%%EOF\n"
    content = PacketContent(
        packet_id=kiosk.desk.ids.new(), station=kiosk.desk.station, office_code=kiosk.desk.sop.kantor.kode_wilayah, counter=counter,
        previous_hash=previous, process=p.layanan.value, sop_id=p.sop_id, sop_digest=p.sop_digest, register_number=p.nomor_register,
        created_at=kiosk.clock.now(), penduduk=p.penduduk, samples=(), exceptions=excused,
        documents=(PacketDocument("berkas.kk", "application/pdf", paper),), audit=(), operator="rina")
    made = kiosk.desk.sealer.seal(content)
    return Packet(packet_id=made.packet_id, permohonan_id=p.id, station=content.station, counter=counter, previous_hash=previous,
                  sha256=made.sha256, size=made.size, path=made.path, state=PacketState.SEALED, sealed_at=kiosk.clock.now())


def store(kiosk: Kiosk, tx: Tx, page: tuple[tuple[Permohonan, Packet], ...]) -> None:
    for p, packet in page:
        tx.save_permohonan(p)
        tx.add_packet(packet)
        tx.log("PacketSealed", p.id, "rina", packet_id=packet.packet_id, digest=packet.sha256, sequence=packet.counter)
        if packet.counter % CARD_EVERY == 0:  # somebody else's card came off the printer meanwhile
            queue_report(kiosk.desk, tx, "printed", credential=p.id)


def live(folder: Path, url: str, start: datetime, speed: float) -> None:
    """The network of the desk, until there is nothing left to send, to hear or to report."""
    with opened(folder, StoryClock(start, speed), url) as kiosk:
        kiosk.network.start(beside=lambda: beside_feed(kiosk.desk), always=lambda: None, rhythm=BUSY)
        while not settled(kiosk):
            time.sleep(0.1)


def settled(kiosk: Kiosk) -> bool:
    def look(v: Any) -> bool:
        if v.due_packets(_FAR, 1) or v.drafts(PREFIX) or v.drafts("uploader.receipt/"):
            return False
        return not v.list(_WAITING)
    return kiosk.register.read(look)


def _waiting() -> Any:
    from ktpel_kiosk.ports.register import Query
    return Query(keadaan=(Keadaan.BERJALAN,), stages=(Stage.MENUNGGU_PRR,), limit=1)


_WAITING = _waiting()
_FAR = datetime(2100, 1, 1, tzinfo=UTC)


def describe(folder: Path, start: datetime) -> dict[str, Any]:
    """What the register and its folder hold at the end."""
    with opened(folder, StoryClock(start)) as kiosk:
        def look(v: Any) -> dict[str, Any]:
            packets = v.packets()
            stages = {k.permohonan_id: v.permohonan(k.permohonan_id) for k in packets}
            return {
                "packets": [(k.packet_id, k.counter, k.state.value, k.sha256, k.receipt, k.server_sequence) for k in packets],
                "events": {k.packet_id: [(e.sequence, e.status.value) for e in v.status_events(k.packet_id)] for k in packets},
                "stages": {k.packet_id: (str(stages[k.permohonan_id].current().stage), stages[k.permohonan_id].keadaan.value)
                           for k in packets},
                "notes": sorted(v.drafts("uploader.receipt/")), "reports": sorted(v.drafts(PREFIX)),
            }
        end = kiosk.register.read(look)
        received = [x for x in kiosk.register.read(lambda v: v.audit(limit=10_000_000)) if x.event == "PacketReceived"]
        end["received"] = sorted(str(x.facts["packet_id"]) for x in received)
        end["whole"] = kiosk.register.check_audit().whole
        end["files"] = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in (kiosk.data / "packets").glob("*.ktpelpkt")}
        return end


def _obey(folder: Path, command: str, words: list[str]) -> None:
    if command == "prepare":
        prepare(folder, int(words[0]), int(words[1]), int(words[2]), datetime.fromisoformat(words[3]))
    elif command == "live":
        live(folder, words[0], datetime.fromisoformat(words[1]), float(words[2]))
    else:
        (folder / "end.pickle").write_bytes(pickle.dumps(describe(folder, datetime.fromisoformat(words[0]))))


def main() -> None:
    folder = Path(sys.argv[1])
    _preload()
    print("ready", flush=True)
    for line in sys.stdin:
        command, *words = line.split()
        pid = os.fork()
        if pid == 0:
            do_and_end(lambda c=command, w=words: _obey(folder, c, w))
        print(f"pid {pid}", flush=True)
        _, status = os.waitpid(pid, 0)
        print(f"exit {status}", flush=True)


def _preload() -> None:
    """Import what every life needs; nothing here may start a thread."""
    import alembic.command
    import sqlmodel

    import ktpel_kiosk.packet.seal
    import ktpel_kiosk.siak.http_gateway
    import ktpel_kiosk.siak.network_thread  # noqa: F401

    assert alembic.command and sqlmodel


if __name__ == "__main__":
    main()
