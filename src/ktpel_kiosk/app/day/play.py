"""The day itself: morning (staff, population list), counter hours with everybody at once, evening (berita acara, blank cards, reports)."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.day.cast import Case, Town, Twist, cast_of
from ktpel_kiosk.app.day.floor import Floor
from ktpel_kiosk.app.day.staff import PASSWORD, hire
from ktpel_kiosk.app.day.stories import DayWalk, Stories, spread
from ktpel_kiosk.app.demo import DemoOptions, clear_output, day_start, leave_results
from ktpel_kiosk.app.office import village_names
from ktpel_kiosk.app.population import Invented
from ktpel_kiosk.app.residents import population_entries
from ktpel_kiosk.app.walk import Officers
from ktpel_kiosk.app.wiring import Kiosk, open_practice_kiosk, pump
from ktpel_kiosk.desk import blangko, complaints, followups, ikm, intake, laporan, laporan_paper, population, reports, withdrawn
from ktpel_kiosk.desk.papers import local_time
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.ikm import Unsur
from ktpel_kiosk.domain.ledgers import Pejabat
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.population import PopulationEntry
from ktpel_kiosk.domain.sop import Kantor, Peran
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.domain.text import date_long, mask_nik, time_text, zone
from ktpel_kiosk.durable import write_durably
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.tcp_line import BadLine

LINE_DOWN = (time(10, 10), time(10, 55))
"""The office has no network in these minutes; nobody waits at a desk for it."""
LAST_ARRIVAL = time(12, 45)
STATUS_STEP_S = 240.0
COMPLAINTS = (
    ("langsung", "ringan", "Antrean pagi terlalu panjang, mohon ditambah kursi tunggu."),
    ("kotak_saran", "normatif", "Papan petunjuk arah ke loket KTP-el kurang jelas."),
)
CENTRE_SAYS: Mapping[Twist, StatusSiak] = {
    Twist.GANDA_PUSAT: StatusSiak.DUPLICATE_RECORD, Twist.ADJUDIKASI: StatusSiak.ADJUDICATE_RECORD,
}


def run_day(options: DemoOptions, say: Callable[[str], None] = lambda _t: None, only: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Play one day of ``options.office``; returns what ``summary.json`` holds.

    Args:
        only: keys of the cases that come; empty: everybody.

    Raises:
        BadInput: unknown office, an output folder with foreign files. IoFailure: it cannot be written.
    """
    sop = sops.load(options.office)
    clear_output(options.out)
    data = options.data or options.out / "kantor"
    clock = PracticeClock(day_start(sop.kantor))
    world = SimulatedWorld(seed=options.seed, out_dir=data / "perangkat")
    with open_practice_kiosk(data, options.office, clock=clock, world=world) as kiosk:
        kiosk.devices.settle(10.0)
        day = Day(kiosk, clock, options, say, only)
        try:
            day.morning()
            day.counter_hours()
            day.evening()
            summary = day.summary()
            leave_results(kiosk, options.out, day.officers)
            day.leave_reports()
        finally:
            day.line.close()
    write_durably(options.out / "summary.json", json.dumps(summary, ensure_ascii=False, indent=2, default=str).encode(), mode=0o644)
    say(f"Selesai: {options.out / 'summary.json'}")
    return summary


@dataclass(frozen=True, slots=True)
class Seen:
    """How one case ended against how it had to."""

    case: Case
    who: Invented
    permohonan: Permohonan | None
    refusal: str

    @property
    def as_expected(self) -> bool:
        if self.case.expected is None:
            return self.permohonan is None and bool(self.refusal)
        return self.permohonan is not None and self.permohonan.keadaan is self.case.expected


class Day:
    """One working day; ``failures`` holds what did not go as scripted, in words."""

    def __init__(self, kiosk: Kiosk, clock: PracticeClock, options: DemoOptions, say: Callable[[str], None],
                 only: frozenset[str] = frozenset()) -> None:
        self.kiosk, self.clock, self.options, self.say = kiosk, clock, options, say
        self.kantor: Kantor = kiosk.desk.sop.kantor
        self.rng = random.Random(f"{options.seed}:{kiosk.desk.sop.id}:hari")
        self.today = intake.today(kiosk.desk)
        self.villages = village_names(self.kantor.kode_wilayah)
        self.staff = hire(kiosk.desk)
        self.officers = Officers({r: a for a in reversed(self.staff) for r in a.peran}, {a.username: PASSWORD for a in self.staff})
        heads = [a for a in self.staff if a.peran & {Peran.KASI, Peran.CAMAT}]
        self.second = (heads[0].username, PASSWORD)
        self.failures: list[str] = []
        self.events: list[str] = []
        self.complaint_texts = list(COMPLAINTS)
        town = Town(self.kantor, self.villages, self.today, options.seed)
        self.cast = [(case, town.person_of(case)) for case in cast_of(kiosk.desk.sop) if not only or case.key in only]
        people = {case.key: who for case, who in self.cast}
        self.seeds = {who.penduduk.nik: people.get(case.body_of, who).seed for case, who in self.cast}
        self.bodies = {who.penduduk.nik: case.excused for case, who in self.cast}
        self.line = self._connect()
        self.stories = self._stories()

    # -- morning

    def _connect(self) -> BadLine:
        """The gateway behind a line that can fail; some people get another answer from the centre."""
        from ktpel_kiosk.app.simulation import practice_gateway

        outcomes = {who.penduduk.nik: CENTRE_SAYS[t] for case, who in self.cast for t in case.twists if t in CENTRE_SAYS}
        simulator = practice_gateway(self.kiosk.data / "gateway", self.kiosk.keys, self.clock,
                                     behaviour=Behaviour(step_s=STATUS_STEP_S, outcomes=outcomes))
        simulator.start()
        self.kiosk.simulator = simulator
        line = BadLine(simulator.port)
        self.kiosk.gateway_url = simulator.base_url.replace(f":{simulator.port}", f":{line.port}")
        return line

    def _stories(self) -> Stories:
        walk = DayWalk(self.kiosk.desk, self.officers, seat=self._seat, card_to_reader=self.kiosk.card_to_reader, rng=self.rng,
                       second=self.second, skin=self._skin)
        evening = self._at(self.kantor.jam_tutup) + timedelta(hours=1)
        return Stories(walk, self.rng, evening, self._seat, self._leaves, self._call)

    def morning(self) -> None:
        """The population list comes in before the doors open."""
        supervisor = self._actor(Peran.SUPERVISOR)
        path = self.kiosk.data / "penduduk.csv"
        write_durably(path, population_csv(self.kantor, population_entries(self.kantor, self.villages)))
        batch = population.adopt(self.kiosk.desk, supervisor, population.examine(self.kiosk.desk, supervisor, path))
        self.say(f"Daftar penduduk: {batch.added} orang, {batch.refused} baris ditolak.")

    # -- counter hours

    def counter_hours(self) -> None:
        floor = Floor(self.clock, self.staff, self._tick, self._failed)
        arrivals = spread(len(self.cast), self.clock.now(), self._at(LAST_ARRIVAL), self.rng)
        order = [*self.cast[:-1]]
        self.rng.shuffle(order)
        for at, (case, who) in zip(arrivals, [*order, self.cast[-1]], strict=True):
            floor.come(case.key, at, self.stories.story(case, who))
        floor.play()

    def _tick(self) -> None:
        """The line goes and comes by the clock; the network thread of this floor does its round."""
        local = local_time(self.kiosk.desk, self.clock.now())
        dead = LINE_DOWN[0] <= local.time() < LINE_DOWN[1]
        if dead and self.line.listening:
            self.line.down()
            self.say(f"{time_text(local)} jaringan putus")
        elif not dead and not self.line.listening:
            self.line.up()
            self.say(f"{time_text(local)} jaringan kembali")
        pump(self.kiosk)

    def _failed(self, name: str, error: Exception) -> None:
        text = self.kiosk.desk.sentences.of(error) if isinstance(error, KioskError) else repr(error)
        self.failures.append(f"{name}: {error} {text}")
        self.say(f"{name}: {text}")

    def _seat(self, p: Permohonan) -> None:
        world = self.kiosk.world
        assert world is not None
        excused = [position for position, _ in self.bodies.get(p.penduduk.nik, ())]
        if excused:
            world.seat(self.seeds[p.penduduk.nik], p.penduduk.tanggal_lahir.year, p.penduduk.jenis_kelamin.value, missing=excused)
            self.kiosk.stood_up()
        else:
            self.kiosk.seat(p.id, self.seeds[p.penduduk.nik], p.penduduk)

    def _skin(self, condition: str) -> None:
        assert self.kiosk.world is not None
        self.kiosk.world.change_condition(condition)

    def _leaves(self, case: Case, p: Permohonan, officer: Actor) -> None:
        """Whoever got card or letters is asked how it was; some leave a complaint."""
        desk = self.kiosk.desk
        self.say(f"{p.nomor_register} {case.key}: diserahkan")
        if not case.has(Twist.TANPA_SURVEI) and self.rng.random() < 0.85:
            mood = self.rng.choices((2, 3, 4), (1, 5, 6))[0]
            scores = {u: 4 if u is Unsur.BIAYA else max(1, min(4, mood + self.rng.choice((-1, 0, 0, 0, 1)))) for u in Unsur}
            ikm.store_survey(desk, p.layanan.value, scores)
        if case.has(Twist.MENGADU) and self.complaint_texts:
            kanal, kategori, uraian = self.complaint_texts.pop(0)
            complaints.receive(desk, officer, kanal, kategori, uraian, nama=p.penduduk.nama, kontak=p.nomor_hp)

    def _call(self, case: Case, p: Permohonan, officer: Actor) -> None:
        followups.log_contact(self.kiosk.desk, officer, p.id, "kartu_siap", "tersambung", "Akan diambil besok pagi.")
        self.say(f"{p.nomor_register} {case.key}: ditelepon, diambil besok")

    # -- evening

    def evening(self) -> None:
        """What waits is sent, old cards are burned, blank cards are counted."""
        desk, supervisor = self.kiosk.desk, self._actor(Peran.SUPERVISOR)
        for _ in range(40):
            pump(self.kiosk)
            if not desk.register.read(lambda v: v.unsent_count()):
                break
            self.clock.advance(60.0)
        reports.send_reports(desk, limit=10_000)
        cards = withdrawn.waiting(desk)
        if cards:
            how = withdrawn.Burning(
                executors=(Pejabat(supervisor.nama, supervisor.jabatan, supervisor.nip),),
                witnesses=tuple(Pejabat(a.nama, a.jabatan, a.nip) for a in self.staff if a is not supervisor)[:2],
                place=f"Halaman {self.kantor.nama}")
            made = withdrawn.destroy(desk, supervisor, [c.id for c in cards], how)
            self.say(f"Berita acara {made.nomor}: {made.count} KTP-el lama dimusnahkan")
        if desk.sop.akhir == "kartu":
            blangko.close_day(desk, supervisor, blangko.today_so_far(desk).closing)

    def leave_reports(self) -> None:
        supervisor = self._actor(Peran.SUPERVISOR)
        masa = laporan.period(self.kiosk.desk, "bulan", self.today)
        for kind in laporan_paper.KINDS:
            for format in ("pdf", "xlsx"):
                path = self.options.out / "reports" / f"{kind}.{format}"
                laporan_paper.export(self.kiosk.desk, supervisor, masa, format, path, kind=kind)

    # -- what came of it

    def seen(self) -> list[Seen]:
        found = []
        for case, who in self.cast:
            key = self.stories.applications.get(case.key)
            p = self.kiosk.register.read(lambda v, key=key: v.permohonan(key)) if key else None  # type: ignore[misc]
            found.append(Seen(case, who, p, self.stories.refused.get(case.key, "")))
        return found

    def summary(self) -> dict[str, Any]:
        """Everything a person or a test wants to know about the day; no personal data beyond the masked NIK."""
        desk, supervisor = self.kiosk.desk, self._actor(Peran.SUPERVISOR)
        seen = self.seen()
        audit = desk.register.check_audit()
        packets = desk.register.read(lambda v: v.packets())
        found = ikm.summary(desk, supervisor, f"{self.today:%Y-%m}")
        report = laporan.laporan(desk, supervisor, laporan.period(desk, "hari", self.today))
        received = all(p.state is PacketState.RECEIVED for p in packets)
        checks = self.kiosk.register.read(lambda v: [(s, c) for s in seen if s.permohonan for c in v.duplicate_checks(s.permohonan.id)])
        alarms = [s.case.key for s, c in checks if c.open or (c.hits and not s.case.body_of)]
        good = not self.failures and all(s.as_expected for s in seen) and audit.whole and received and not alarms
        end = local_time(desk, self.clock.now())
        return {
            "office": desk.sop.id, "date": self.today.isoformat(), "date_text": date_long(self.today), "closed_at": f"{end:%H:%M}",
            "sop": {"judul": desk.sop.judul, "nomor": desk.sop.nomor, "digest": desk.sop.digest},
            "applicants": [_seen(s) for s in seen], "failures": self.failures,
            "states": {k.value: sum(1 for s in seen if s.permohonan is not None and s.permohonan.keadaan is k) for k in Keadaan},
            "queue": {"packets": len(packets), "received": sum(p.state is PacketState.RECEIVED for p in packets)},
            "duplicates": {"searches": len(checks), "found": sum(bool(c.hits) for _, c in checks), "false_alarms": alarms},
            "survey": {"forms": found.respondents, "index": str(found.index.shown) if found.index else "",
                       "band": found.index.mutu if found.index else ""},
            "report": {a.kunci: {"L": a.kini.laki, "P": a.kini.perempuan, "total": a.kini.total} for a in report.angka},
            "audit": {"length": audit.length, "whole": audit.whole, "head": audit.head}, "all_as_scripted": good,
            "all_as_sop_says": good,
        }

    def _actor(self, role: Peran) -> Actor:
        return self.officers.for_roles(frozenset({role}))

    def _at(self, local: time) -> datetime:
        return datetime.combine(self.today, local, zone(self.kantor.zona_waktu)).astimezone(UTC)


def _seen(s: Seen) -> dict[str, Any]:
    p = s.permohonan
    return {
        "case": s.case.key, "service": s.case.layanan.value, "varian": s.case.varian, "nik": mask_nik(s.who.penduduk.nik),
        "twists": sorted(s.case.twists), "expected": s.case.expected.value if s.case.expected else "tidak diterima",
        "state": p.keadaan.value if p else "tidak diterima", "refusal": s.refusal, "register_number": p.nomor_register if p else "",
        "as_expected": s.as_expected, "pending": str(p.current().stage) if p and (p.current() is not None) else "",  # type: ignore[union-attr]
        "stages": [{"step": t.nomor, "stage": t.stage.value, "state": t.state.value, "actor": t.actor, "active_s": round(t.active_s, 1),
                    "paused_s": round(t.paused_s, 1), "outcome": t.outcome} for t in p.tahap] if p else [],
    }


def population_csv(kantor: Kantor, entries: tuple[PopulationEntry, ...]) -> bytes:
    """The office's list as SIAK exports it: semicolons, SIAK column names, dates with dashes."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(("NIK", "NO_KK", "NAMA_LGKP", "JENIS_KLMIN", "TMPT_LHR", "TGL_LHR", "GOL_DRH", "AGAMA", "STAT_KWN", "JENIS_PKRJN",
                     "ALAMAT", "NO_RT", "NO_RW", "NAMA_KEL", "NAMA_KEC", "NAMA_KAB", "NAMA_PROP", "KEWARGANEGARAAN", "BERLAKU_HINGGA",
                     "EKTP_STATUS"))
    for e in entries:
        p = e.penduduk
        writer.writerow((p.nik, p.no_kk, p.nama, 1 if p.jenis_kelamin.value == "L" else 2, p.tempat_lahir, f"{p.tanggal_lahir:%d-%m-%Y}",
                         p.golongan_darah, p.agama, p.status_perkawinan, p.pekerjaan, p.alamat, p.rt, p.rw, p.desa, p.kecamatan,
                         p.kabupaten, p.provinsi, p.kewarganegaraan, "" if p.kewarganegaraan == "WNI" else p.berlaku_hingga, e.ektp_status))
    return out.getvalue().encode("utf-8-sig")
