"""``ktpel-kiosk demo``: a day at the office without windows, and everything it leaves behind."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.office import PRACTICE_PASSWORD, PRACTICE_USERS, holidays_around, village_names
from ktpel_kiosk.app.population import Invented, invent
from ktpel_kiosk.app.walk import Officers, Walk, WalkFailed
from ktpel_kiosk.app.wiring import Kiosk, open_practice_kiosk, pump
from ktpel_kiosk.desk import books, refusals, reports, sign_in
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Kantor, Layanan, Peran, Stage
from ktpel_kiosk.domain.text import mask_nik, zone
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.register import Query

LEAVES = ("packets", "keys", "books", "documents", "cards", "reports", "kantor", "summary.json")
WAIT_ROUNDS = 400


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What to play. ``data`` None keeps the office folder inside ``out``."""

    office: str
    applicants: int
    out: Path
    source: Path | None = None
    seed: int = 1
    offline_until_end: bool = False
    data: Path | None = None


def run_demo(options: DemoOptions, say: Callable[[str], None] = lambda _t: None) -> dict[str, Any]:
    """Play the day; returns what ``summary.json`` holds.

    Raises:
        BadInput: unknown office, a corrupt or incomplete source folder, an output folder with foreign files.
        IoFailure: the output folder cannot be written.
    """
    sop = sops.load(options.office)
    source = None
    if options.source is not None:
        from ktpel_kiosk.app.source import load_source
        source = load_source(options.source)
    clear_output(options.out)
    data = options.data or options.out / "kantor"
    clock = PracticeClock(day_start(sop.kantor))
    world = SimulatedWorld(seed=options.seed, out_dir=data / "perangkat")
    with open_practice_kiosk(data, options.office, clock=clock, world=world, source=source) as kiosk:
        kiosk.devices.settle(10.0)
        if not options.offline_until_end:
            connect(kiosk)
        day = Day(kiosk, clock, options, say)
        day.play()
        if options.offline_until_end:
            say(f"Jaringan kembali; {day.unsent()} paket dikirim, yang tertua dulu.")
            connect(kiosk)
        day.finish()
        summary = day.summary()
        leave_results(kiosk, options.out, day.officers)
        if kiosk.simulator is not None:
            from ktpel_kiosk.app.simulation import holdings_summary
            summary["gateway"] = holdings_summary(kiosk.simulator)
    text = json.dumps(summary, ensure_ascii=False, indent=2, default=str)
    write_durably(options.out / "summary.json", text.encode(), mode=0o644)
    say(f"Selesai: {options.out / 'summary.json'}")
    return summary


def clear_output(out: Path) -> None:
    """Make ``out`` ready: results of an earlier demonstration are replaced, anything else is never touched."""
    if out.exists() and not out.is_dir():
        raise BadInput("demo.out_not_folder", path=str(out))
    foreign = [p.name for p in out.iterdir() if p.name not in LEAVES] if out.exists() else []
    if foreign:
        raise BadInput("demo.out_not_empty", path=str(out), found=sorted(foreign)[0])
    for name in LEAVES if out.exists() else ():
        target = out / name
        shutil.rmtree(target) if target.is_dir() else target.unlink(missing_ok=True)


def day_start(kantor: Kantor) -> datetime:
    """Five minutes after opening on the next working day from today on (today counts)."""
    tz = zone(kantor.zona_waktu)
    day = datetime.now(UTC).astimezone(tz).date()
    free = holidays_around(day.year)
    while day.weekday() >= 5 or day in free:
        day += timedelta(days=1)
    opening = datetime.combine(day, kantor.jam_buka or time(8, 0), tz) + timedelta(minutes=5)
    return opening.astimezone(UTC)


def connect(kiosk: Kiosk) -> None:
    """Start the gateway simulator on a free loopback port and tell the kiosk its address."""
    from ktpel_kiosk.app.simulation import practice_gateway

    kiosk.simulator = practice_gateway(kiosk.data / "gateway", kiosk.keys, kiosk.clock)
    kiosk.simulator.start()
    kiosk.gateway_url = kiosk.simulator.base_url


def sign_everybody_in(kiosk: Kiosk) -> Officers:
    """All practice accounts, each signed in once."""
    actors: dict[Peran, Actor] = {}
    passwords = {}
    for username, *_rest in PRACTICE_USERS:
        actor = sign_in.sign_in(kiosk.desk, username, PRACTICE_PASSWORD)
        passwords[username] = PRACTICE_PASSWORD
        for role in actor.peran:
            actors.setdefault(role, actor)
    return Officers(actors, passwords)


class Day:
    """One scripted day: applicants come in, are walked to where they wait, and on to the end once the centre answers."""

    def __init__(self, kiosk: Kiosk, clock: PracticeClock, options: DemoOptions, say: Callable[[str], None]) -> None:
        self.kiosk, self.clock, self.options, self.say = kiosk, clock, options, say
        self.officers = sign_everybody_in(kiosk)
        self.people: dict[str, Invented] = {}
        self.failures: list[str] = []
        self.walk = Walk(
            kiosk.desk, self.officers, seat=self._seat, card_to_reader=kiosk.card_to_reader, work_for=clock.advance,
            rng=random.Random(options.seed),
        )

    def _seat(self, p: Permohonan) -> None:
        who = self.people[p.id]
        self.kiosk.seat(p.id, who.seed, who.penduduk)

    def play(self) -> None:
        """Everybody comes in once."""
        sop = self.kiosk.desk.sop
        villages = village_names(sop.kantor.kode_wilayah)
        today = self.clock.now().astimezone(zone(sop.kantor.zona_waktu)).date()
        for index in range(self.options.applicants):
            who = invent(index, self.options.seed, sop.kantor, villages, today)
            try:
                p = self.walk.intake(who, Layanan.BARU_WNI)
                self.people[p.id] = who
                p = self.walk.advance(p.id)
            except (KioskError, WalkFailed) as error:
                self.failures.append(str(error))
                self.say(f"Pemohon {index + 1}: {self._sentence(error)}")
                continue
            self.say(f"Pemohon {index + 1}: {p.nomor_register} {mask_nik(who.penduduk.nik)} sampai {_where(p)}")
            if self.kiosk.simulator is not None:
                pump(self.kiosk)

    def _sentence(self, error: Exception) -> str:
        return self.kiosk.desk.sentences.of(error) if isinstance(error, KioskError) else str(error)

    def finish(self) -> None:
        """Upload, receive statuses, and walk everybody who waited to the end."""
        for _ in range(WAIT_ROUNDS):
            pump(self.kiosk)
            waiting = [self._read(i) for i in self.people]
            ready = [p for p in waiting if p.keadaan is Keadaan.BERJALAN and p.current() and not self._waits(p)]
            for p in ready:
                try:
                    after = self.walk.advance(p.id)
                    self.say(f"{after.nomor_register}: {_where(after)}")
                except (KioskError, WalkFailed) as error:
                    self.failures.append(str(error))
                    self.say(f"{p.nomor_register}: {self._sentence(error)}")
                    return
            if not any(self._waits(p) for p in waiting) and not ready and not self.unsent():
                break
            self.clock.advance(30.0)
            self.clock.sleep(0.02)
        if self.kiosk.simulator is not None:
            reports.send_reports(self.kiosk.desk, limit=10_000)

    def _read(self, permohonan_id: str) -> Permohonan:
        return self.kiosk.register.read(lambda v: v.permohonan(permohonan_id))

    @staticmethod
    def _waits(p: Permohonan) -> bool:
        tahap = p.current()
        return tahap is not None and tahap.stage is Stage.MENUNGGU_PRR

    def unsent(self) -> int:
        return self.kiosk.register.read(lambda v: v.unsent_count())

    def summary(self) -> dict[str, Any]:
        """Everything a person or a test wants to know about the day; no personal data beyond the masked NIK."""
        desk = self.kiosk.desk
        packets = desk.register.read(lambda v: v.packets())
        audit = desk.register.check_audit()
        listed = desk.register.read(lambda v: v.list(Query(limit=100_000, newest_first=False)))
        rows = [_application_summary(desk, p) for p in (self._read(i.id) for i in listed)]
        good = len(rows) == self.options.applicants and all(r["ended_as_sop_says"] for r in rows) and not self.failures
        received = all(p.state is PacketState.RECEIVED for p in packets)
        return {
            "office": desk.sop.id, "sop": {"judul": desk.sop.judul, "nomor": desk.sop.nomor, "digest": desk.sop.digest},
            "applicants": rows, "failures": self.failures,
            "queue": {"packets": len(packets), "received": sum(p.state is PacketState.RECEIVED for p in packets),
                      "unsent": sum(p.state is not PacketState.RECEIVED for p in packets),
                      "order": [p.counter for p in sorted(packets, key=lambda p: p.server_sequence)],
                      "bytes": [p.size for p in packets]},
            "audit": {"length": audit.length, "whole": audit.whole, "head": audit.head},
            "all_as_sop_says": good and received and audit.whole,
        }


def _where(p: Permohonan) -> str:
    tahap = p.current()
    return f"{p.keadaan}" if tahap is None else f"langkah {tahap.nomor} ({tahap.stage})"


def _application_summary(desk: Desk, p: Permohonan) -> dict[str, Any]:
    sop = desk.sop_of(p.sop_digest)
    end = Stage.SERAH_SURAT if sop.akhir == "surat" else Stage.SERAH_PEMOHON
    ended = p.keadaan is Keadaan.SELESAI and any(t.stage is end and t.outcome == "diserahkan" for t in p.tahap)
    people = {s.nomor: ", ".join(s.pelaksana) for s in sop.langkah}
    return {
        "register_number": p.nomor_register, "nik": mask_nik(p.penduduk.nik), "service": p.layanan.value, "state": p.keadaan.value,
        "ended_as_sop_says": ended,
        "stages": [{
            "step": t.nomor, "stage": t.stage.value, "role": t.role, "pelaksana": people[t.nomor], "active_s": round(t.active_s, 1),
            "paused_s": round(t.paused_s, 1), "outcome": t.outcome or t.state.value,
        } for t in p.tahap],
        **recorded_summary(desk, p.id),
    }


def recorded_summary(desk: Desk, permohonan_id: str) -> dict[str, Any]:
    """``caught``: captures the desk refused, in order and in words; ``exceptions``: positions excused, with the second officer."""
    caught, excused = desk.register.read(lambda v: (refusals.caught(v, permohonan_id), v.exceptions(permohonan_id)))
    from ktpel_kiosk.ui.words import told
    return {
        "caught": [{**c, "sentence": told(desk.sentences, c["reason"], c)} for c in caught],
        "exceptions": [{"position": e.position.value, "kind": e.kind.value, "approved_by": e.approved_by} for e in excused],
    }


def leave_results(kiosk: Kiosk, out: Path, officers: Officers) -> None:
    """Books in every format, the demonstration keys, the printed cards, and all papers."""
    supervisor = officers.for_roles(frozenset({Peran.SUPERVISOR}))
    for book in books.LAYOUTS:
        for format in books.FORMATS:
            books.export_register(kiosk.desk, supervisor, book, format, out / "books" / f"{book}.{format}")
    for name, path in (("central.key.pem", kiosk.keys.central_key), ("central.cert.pem", kiosk.keys.central_cert),
                       ("station.cert.pem", kiosk.keys.station_cert)):
        write_durably(out / "keys" / name, path.read_bytes())
    for folder, pattern in (("packets", "packets/*.ktpelpkt"), ("documents", "documents/*.pdf"), ("cards", "perangkat/**/*.png")):
        for path in sorted(kiosk.data.glob(pattern)):
            target = out / folder / path.name
            if path != target:
                write_durably(target, path.read_bytes(), mode=0o644)
