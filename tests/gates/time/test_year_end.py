"""New Year at midnight with everybody at work, and a calendar re-issued while clocks run (issue 8, "Time")."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk_office import build

from ktpel_kiosk.desk import agenda, complaints, kalender_kantor
from ktpel_kiosk.desk.kalender_kantor import Jenis, OfficeDay
from ktpel_kiosk.domain.ledgers import Letter
from ktpel_kiosk.domain.sop import Peran, Stage

MIDNIGHT = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
"""In Lumajang (WIB)."""
WRITERS = 4


class Striking:
    """A clock that each look moves on by milliseconds, over midnight in the middle of the work. Any thread."""

    def __init__(self, looks: int) -> None:
        self._lock, self._looks, self._seen = threading.Lock(), looks, 0

    def now(self) -> datetime:
        with self._lock:
            self._seen += 1
            return MIDNIGHT + timedelta(milliseconds=self._seen - self._looks // 2)

    def monotonic(self) -> float:
        return self._seen / 1000

    def jumped(self) -> bool:
        return False

    def running(self) -> tuple[str, float]:
        return "", self.monotonic()

    def sleep(self, _seconds: float) -> None:
        return


def numbered(folder: Path, count: int, seed: int) -> list[str]:
    """Letter numbers given by several threads at once over midnight; some acts fail after their number was given."""
    office = build(folder, "tempeh")
    desk = replace(office.desk, clock=Striking(count * 2))
    officer, given, lock = office.actor(Peran.KASI), [], threading.Lock()
    wanted = iter(range(count))

    def write(rng: random.Random) -> None:
        while True:
            with lock:
                if next(wanted, None) is None:
                    return
            nomor = None
            while nomor is None:
                fails = rng.random() < 0.15

                def work(tx: Any, fails: bool = fails) -> str:
                    at = desk.clock.now()
                    made = agenda.next_letter_number(desk, tx, desk.sop.kantor, "surat_keterangan_perekaman", at)
                    agenda.enter(desk, tx, officer, made, at, agenda.Outgoing("surat_keterangan_perekaman", "Dinas", "uji", "Camat"))
                    if fails:
                        raise KeyError("listrik")
                    return made

                try:
                    nomor = desk.register.write(work)
                except KeyError:
                    continue
            with lock:
                given.append(nomor)

    threads = [threading.Thread(target=write, args=(random.Random(seed + n),)) for n in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(600)
    stored: list[Letter] = desk.register.read(lambda v: list(v.letters_in(MIDNIGHT - timedelta(days=40), MIDNIGHT + timedelta(days=40))))
    assert sorted(x.nomor for x in stored) == sorted(given)
    assert desk.register.check_audit().whole
    desk.register.close()
    return given


def judged(given: list[str]) -> tuple[int, dict[str, list[int]]]:
    """(numbers without gap or double, sequence of each year)."""
    years: dict[str, list[int]] = {}
    for nomor in given:
        year = "2026" if "2026" in nomor else "2027"
        assert year in nomor
        years.setdefault(year, []).append(next(int(part) for part in nomor.split("/") if part.isdigit() and part != year))
    good = sum(len(set(found) & set(range(1, len(found) + 1))) for found in years.values())
    return good, years


def test_numbers_over_midnight(tmp_path: Path) -> None:
    good, years = judged(numbered(tmp_path / "o", 60, 1))
    assert good == 60 and set(years) == {"2026", "2027"}


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_a_thousand_numbers_over_midnight(tmp_path: Path, reached: Callable[..., None]) -> None:
    good, years = judged(numbered(tmp_path / "o", 1000, 2))
    reached(9, asked=1000, got=good, what="numbers given by four writers over New Year without a gap or a double")
    assert good == 1000 and min(len(x) for x in years.values()) > 100


# -- a calendar that changes ----------------------------------------------------------------------------------------------


def test_what_is_due_follows_a_calendar_that_changes_and_what_is_over_does_not(tmp_path: Path) -> None:
    """A bridging day is declared, then withdrawn: open applications and complaints move there and back, a finished one never."""
    office = build(tmp_path / "o", "tempeh")
    desk, boss = office.desk, office.actor(Peran.SUPERVISOR)
    done = office.at(Stage.SERAH_PEMOHON, 0)
    office.walk().advance(done.id)
    running = office.at(Stage.VERIFIKASI, 1)
    complaint = complaints.receive(desk, boss, "langsung", "ringan", "Antrean panjang", nama="Budi")
    over = office.read(done)
    assert over.current() is None
    monday, tuesday = date(2026, 11, 23), date(2026, 11, 24)
    assert running.due_at is not None and running.due_at.date() == monday
    kalender_kantor.set_days(desk, boss, [OfficeDay(monday, Jenis.LIBUR, "Cuti bersama"), OfficeDay(tuesday, Jenis.LIBUR, "Cuti bersama")])
    moved = office.read(running)
    assert moved.due_at is not None and moved.due_at.date() == date(2026, 11, 25)
    assert office.read(done) == over
    later = desk.register.read(lambda v: v.complaint(complaint.id))
    assert later.due_at - complaint.due_at >= timedelta(days=2)
    kalender_kantor.drop_day(desk, boss, monday)
    kalender_kantor.drop_day(desk, boss, tuesday)
    assert office.read(running).due_at == running.due_at
    assert desk.register.read(lambda v: v.complaint(complaint.id)).due_at == complaint.due_at
    events = [x.event for x in desk.register.read(lambda v: v.audit(subject=running.id))]
    assert events.count("DueRecounted") >= 2
    desk.register.close()
