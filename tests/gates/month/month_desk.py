"""A month of one office in a process of its own, without windows: real register, network threads, packets; simulated devices and people.

``month_desk.py FOLDER URL PORT DAYS PEOPLE SEED`` plays it and writes ``month.json``: one entry a working day with memory, handles,
threads, sizes and the seconds of each step: as the office waits (percentiles) and of processor (median), which other work on the machine
hardly changes. The gateway is another process; the line to it is up for one hour a day.
"""

from __future__ import annotations

import gc
import json
import os
import random
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[2]
sys.path[:0] = [str(TESTS), str(TESTS / "crash")]

from lasting import LastingWorld, remember  # noqa: E402
from template import RememberedBiometrics  # noqa: E402

import quick_secrets  # noqa: E402
from ktpel_kiosk.app.clock import PracticeClock  # noqa: E402
from ktpel_kiosk.app.demo import sign_everybody_in  # noqa: E402
from ktpel_kiosk.app.memory import tame_allocator  # noqa: E402
from ktpel_kiosk.app.office import village_names  # noqa: E402
from ktpel_kiosk.app.population import invent  # noqa: E402
from ktpel_kiosk.app.walk import Walk, WalkFailed  # noqa: E402
from ktpel_kiosk.app.wiring import Kiosk, beside_feed, open_practice_kiosk  # noqa: E402
from ktpel_kiosk.desk import blangko, daily, laporan, printing, queue, reconcile  # noqa: E402
from ktpel_kiosk.domain.actor import Actor  # noqa: E402
from ktpel_kiosk.domain.cards import JobState  # noqa: E402
from ktpel_kiosk.domain.errors import KioskError, NotConnected  # noqa: E402
from ktpel_kiosk.domain.kalender import is_working_day  # noqa: E402
from ktpel_kiosk.domain.laporan import Masa  # noqa: E402
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan  # noqa: E402
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage  # noqa: E402
from ktpel_kiosk.ports.queue import QueueQuery  # noqa: E402
from ktpel_kiosk.ports.register import Query  # noqa: E402
from ktpel_kiosk.siak.network_thread import Rhythm  # noqa: E402
from ktpel_kiosk.siak.simulator.tcp_line import BadLine  # noqa: E402

FIRST_DAY = date(2026, 11, 2)
OPENING = timedelta(hours=1, minutes=5)
"""UTC; five past eight in the office."""
BUSY = Rhythm(idle_s=0.1, status_every_s=0.5, status_wait_s=0.5)
FAULTS = (("camera", "black"), ("fingerprint", "wrong_hand"), ("fingerprint", "dry"), ("iris", "closed"), ("signature", "lost"),
          ("card_printer", "jam"), ("card_reader", "torn"), ("fingerprint", "unplugged"))
FAULTS_A_DAY = 4
ATTEMPTS = 20
SETTLE_S = 180.0
"""Real seconds the network may take for a day's packets."""


@dataclass
class Took:
    """Seconds as they pass, and of processor in the whole process."""

    wall: float = field(default_factory=time.perf_counter)
    processor: float = field(default_factory=time.process_time)

    def __sub__(self, other: Took) -> Took:
        return Took(self.wall - other.wall, self.processor - other.processor)


class Timed(Walk):
    """Notes how long each step's act took, without the search that grows with the office."""

    took: Callable[[str, Took], None]
    searcher: SearchTimed

    def do(self, actor: Actor, p: Permohonan) -> None:
        tahap = p.current()
        self.searcher.took = []
        began = Took()
        super().do(actor, p)
        took = Took() - began
        for search in self.searcher.took:
            took = took - search
            self.took("cari_ganda", search)
        if tahap is not None:
            self.took(str(tahap.stage), took)


class SearchTimed(RememberedBiometrics):
    """Every person's fingers are looked for among all who were recorded before: a step of its own, longer by every applicant."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.took: list[Took] = []

    def identify(self, *asked: Any, **named: Any) -> Any:
        began = Took()
        try:
            return self._real.identify(*asked, **named)
        finally:
            self.took.append(Took() - began)


def remember_full_comparisons(folder: Path) -> None:
    """The simulated people share a few bodies: the same forms are compared with each other a thousand times over.

    The sifting of the whole gallery, which grows with the month, stays as it is; of its shortlist each pair is compared once.
    """
    from ktpel_kiosk.biometrics.matching import search

    compare = search._stage_2

    def once(asked: Any, person: str, standing: Any, warn: float) -> Any:
        key = ("stage 2", [(p.position, p.unit.tobytes()) for p in asked], [(n, at, form) for n, _, at, form in standing.fingers], warn)
        found = remember(folder, key, lambda: compare(asked, "-", standing, warn))
        return found and replace(found, person=person)

    search._stage_2 = once


class Month:
    """The office over its days; ``restart`` ends the kiosk and opens it anew."""

    def __init__(self, folder: Path, port: int, people: int, seed: int) -> None:
        self.folder, self.people, self.seed = folder, people, seed
        self.rng = random.Random(seed)
        self.line = BadLine(port)
        self.line.down()
        self.clock = PracticeClock(datetime.combine(FIRST_DAY, datetime.min.time(), UTC) + OPENING)
        self.seconds: dict[str, list[Took]] = defaultdict(list)
        self.failures: list[str] = []
        self.struck = self.restarts = self.arrived = 0
        self._index = 0
        remember_full_comparisons(folder.parent / "ingatan")
        self._open()

    def _open(self) -> None:
        self.world = LastingWorld(self.folder / "dunia")
        self.kiosk: Kiosk = open_practice_kiosk(self.folder / "kantor", "tempeh", clock=self.clock, world=self.world)
        searcher = SearchTimed(self.folder.parent / "ingatan")
        object.__setattr__(self.kiosk.desk, "biometrics", searcher)
        self.kiosk.gateway_url = f"https://127.0.0.1:{self.line.port}"
        self.kiosk.devices.settle(5.0)
        officers = sign_everybody_in(self.kiosk)
        self.officers = officers
        self.walk = Timed(self.kiosk.desk, officers, seat=self._seat, card_to_reader=self.world.lay_on_reader,
                          work_for=self.clock.advance, rng=self.rng)
        self.walk.searcher = searcher
        self.walk.took = lambda step, s: self.seconds[step].append(s)
        self.kiosk.network.start(beside=lambda: beside_feed(self.kiosk.desk), always=lambda: None, rhythm=BUSY)

    def restart(self) -> None:
        self.kiosk.close()
        self.restarts += 1
        self._open()

    def _seat(self, p: Permohonan) -> None:
        self.world.seat(int(p.penduduk.nik[-4:]) % 2, 1990, p.penduduk.jenis_kelamin.value)

    # -- a day --------------------------------------------------------------------------------------------------------

    def day(self, on: date) -> dict[str, Any]:
        self.seconds.clear()
        self._morning(on)
        faults = set(self.rng.sample(range(self.people), min(FAULTS_A_DAY, self.people)))
        for n in range(self.people):
            if n == self.people // 2:
                self.restart()
            self._applicant(faulty=n in faults)
        self._hour_with_line()
        self._finish_waiting()
        self._evening()
        return self._measured(on)

    def _morning(self, on: date) -> None:
        begin = datetime.combine(on, datetime.min.time(), UTC) + OPENING
        self.clock.advance(max(0.0, (begin - self.clock.now()).total_seconds()))
        desk, boss = self.kiosk.desk, self.officers.actors[Peran.SUPERVISOR]
        first = 10_000 + self.arrived * 2
        printing.receive_blangko(desk, boss, [f"{n:06d}" for n in range(first, first + self.people * 2)], f"BAST-{on.isoformat()}")
        with self._timed("malam"):
            daily.run_due(desk)

    def _applicant(self, *, faulty: bool) -> None:
        villages = village_names(self.kiosk.desk.sop.kantor.kode_wilayah)
        while True:
            who = invent(self._index, self.seed, self.kiosk.desk.sop.kantor, villages, FIRST_DAY)
            self._index += 1
            if self.kiosk.register.read(lambda v: v.open_for_nik(who.penduduk.nik)) is None:
                break
        with self._timed("terima_berkas"):
            p = self.walk.intake(who, Layanan.BARU_WNI)
        self.arrived += 1
        if faulty:
            self.struck += 1
            self.world.faults.add(*self.rng.choice(FAULTS))
        self._lead(p.id)

    def _lead(self, permohonan_id: str) -> None:
        """Go on after a fault as an office does: look, put it right, try again."""
        for attempt in range(ATTEMPTS):
            try:
                self.walk.advance(permohonan_id)
                return
            except (KioskError, WalkFailed) as error:
                if attempt == ATTEMPTS - 1:
                    self.failures.append(f"{permohonan_id}: {type(error).__name__} {getattr(error, 'message_key', error)}")
                self._put_right()
                if isinstance(error, NotConnected):
                    time.sleep(1.0)  # plugged in again, and found a moment later

    def _put_right(self) -> None:
        self.world.faults.clear()
        self.world.service()
        self.kiosk.devices.settle(5.0)
        desk, operator = self.kiosk.desk, self.officers.actors[Peran.OPERATOR]
        for question in reconcile.open_questions(desk):
            here = question.job.state is JobState.ENCODING or self.world.holds(question.job.id)
            gone = "spoiled" if question.job.state is JobState.SENT else "not_printed"
            reconcile.answer(desk, operator, question.job.id, "printed" if here else gone, second_username="kasi",
                             second_password=self.officers.passwords["kasi"])

    def _hour_with_line(self) -> None:
        self.line.up()
        until = time.monotonic() + SETTLE_S
        self.kiosk.network.wake()
        with self._timed("antrean_habis"):
            while not self._settled():
                if time.monotonic() > until:
                    self.failures.append("the queue does not empty in the hour with a line")
                    break
                time.sleep(0.05)
        self.line.down()
        self.clock.advance(3600.0)

    def _settled(self) -> bool:
        def look(v: Any) -> bool:
            return not v.packets(unsent_only=True) and not v.list(Query(stages=(Stage.MENUNGGU_PRR,), keadaan=(Keadaan.BERJALAN,), limit=1))
        return self.kiosk.register.read(look)

    def _finish_waiting(self) -> None:
        for item in self.kiosk.register.read(lambda v: v.list(Query(keadaan=(Keadaan.BERJALAN,), limit=1000, newest_first=False))):
            self._lead(item.id)
        for card in (self.folder / "dunia").glob("*.card"):  # fetched: the office holds no card of today
            card.unlink()

    def _evening(self) -> None:
        desk, boss, operator = self.kiosk.desk, self.officers.actors[Peran.SUPERVISOR], self.officers.actors[Peran.OPERATOR]
        for _ in range(5):
            with self._timed("lihat_antrean"):
                queue.page(desk, operator, QueueQuery())
            with self._timed("cari"):
                self.kiosk.register.read(lambda v: v.list(Query(text="siti", limit=50)))
        with self._timed("laporan"):
            laporan.laporan(desk, boss, Masa.of("bulan", FIRST_DAY))
        stock = blangko.stock(desk)
        if not stock.balance.balanced:
            self.failures.append("blanks do not balance")
        with self._timed("periksa_register"):
            check = self.kiosk.register.check_audit()
        if not check.whole:
            self.failures.append(f"register not whole: {check.broken_at} {check.faults[:3]}")

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        began = Took()
        yield
        self.seconds[step].append(Took() - began)

    # -- what a day left behind ---------------------------------------------------------------------------------------

    def _measured(self, on: date) -> dict[str, Any]:
        gc.collect()
        register = self.kiosk.data / "register"
        size = sum(f.stat().st_size for f in register.rglob("register.sqlite*") if not f.name.endswith("-shm"))
        finished = self.kiosk.register.read(lambda v: len(v.list(Query(keadaan=(Keadaan.SELESAI,), limit=1_000_000))))
        return {
            "day": on.isoformat(), "applicants": self.arrived, "finished": finished, "faults": self.struck, "restarts": self.restarts,
            "memory": _resident(), "handles": len(os.listdir("/proc/self/fd")), "threads": threading.active_count(), "register": size,
            "seconds": {step: _percentiles(took) for step, took in self.seconds.items()},
        }

    def close(self) -> None:
        self.kiosk.close()
        self.line.close()


def _resident() -> int:
    """Bytes of this process in memory, with what the allocator holds back given to the system first."""
    import ctypes

    ctypes.CDLL(None).malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _percentiles(took: list[Took]) -> dict[str, float]:
    wall = [t.wall for t in took]
    return {"count": len(took), "p50": statistics.median(wall), "p95": _quantile(wall, 0.95),
            "processor": statistics.median(t.processor for t in took)}


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def working_days(count: int) -> list[date]:
    days, day = [], FIRST_DAY
    while len(days) < count:
        if is_working_day(day, frozenset()):
            days.append(day)
        day += timedelta(days=1)
    return days


def main() -> None:
    folder, port, days, people, seed = Path(sys.argv[1]), *(int(x) for x in sys.argv[2:6])
    tame_allocator()
    quick_secrets.use()
    import cv2

    cv2.setNumThreads(1)
    month = Month(folder, port, people, seed)
    found = []
    try:
        for on in working_days(days):
            began = time.perf_counter()
            found.append(month.day(on))
            found[-1]["real_s"] = time.perf_counter() - began
            (folder / "month.json").write_text(json.dumps({"people": people, "days": found, "failures": month.failures}, indent=1))
            print(f"{on} {found[-1]['applicants']} applicants, {found[-1]['real_s']:.0f} s, {month.failures[-1:]}", flush=True)
    finally:
        month.close()


if __name__ == "__main__":
    main()
