"""A clock that is set while a stage is open changes no duration (RELIABILITY.md threat 9); after a restart the wall clock counts."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from desk_office import PASSWORD, Office, build
from test_clock_jumps import BEGIN, DAY, Computer

from ktpel_kiosk.app import clock as clock_module
from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.desk import progress, sign_in, verification
from ktpel_kiosk.desk.seats import Seats
from ktpel_kiosk.domain.permohonan import Tahap
from ktpel_kiosk.domain.sop import Peran, Stage

CHECKS = ((Stage.VERIFIKASI, verification.verify), (Stage.VALIDASI, verification.validate))
REALLY = (0.0, 0.5, 30.0, 600.0, 3 * 3600.0)


def seated(office: Office) -> Office:
    """The program begins anew: nothing is remembered."""
    office = replace(office, desk=replace(office.desk, clock=SystemClock(), seats=Seats()))
    for name in ("kasi", "camat", "operator", "periksa"):
        sign_in.sign_in(office.desk, name, PASSWORD)
    return office


def set_somewhere(computer: Computer, rng: random.Random) -> None:
    """Where applicants live: between 2000 and 2090; small steps too."""
    computer.jump(rng)
    computer.wall = min(3.8e9, max(BEGIN.timestamp() - 20 * 365 * DAY, computer.wall))


def lasted(office: Office, computer: Computer, rng: random.Random, index: int) -> list[str]:
    """One application through verification and validation, opened, put aside, opened again, with jumps in between."""
    desk, checker = office.desk, office.actor(Peran.KASI)
    computer.wall = BEGIN.timestamp() + 100 * DAY + computer.true
    p, wrong = office.at(Stage.VERIFIKASI, index), []
    for stage, check in CHECKS:
        active = paused = 0.0
        for turn in range(rng.randint(1, 3)):
            if turn:
                progress.pause_work(desk, checker, p.id, "ditunda")
                set_somewhere(computer, rng)
                paused += (passed := rng.choice(REALLY))
                computer.passes(passed)
            progress.open_work(desk, checker, p.id)
            for _ in range(rng.randint(0, 2)):
                set_somewhere(computer, rng)
                active += (passed := rng.choice(REALLY))
                computer.passes(passed)
        done: Tahap = next(t for t in check(desk, checker, p.id).tahap if t.stage is stage)
        if abs(done.active_s - active) > 2.5 or abs(done.paused_s - paused) > 2.5:  # steps under a second count as drift
            wrong.append(f"{stage}: {done.active_s:.1f} of {active:.1f} s, paused {done.paused_s:.1f} of {paused:.1f} s")
    return wrong


def walked(folder: Path, count: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str]]:
    computer, rng = Computer(), random.Random(seed)
    monkeypatch.setattr(clock_module, "time", computer)
    office = seated(build(folder, "tempeh"))
    kept, wrong = 0, []
    for index in range(count):
        found = lasted(office, computer, rng, index)
        kept += not found
        wrong += found
    for link in office.desk.register.read(lambda v: v.audit(limit=100_000)):
        if link.event == "StageFinished" and not 0 <= float(link.facts["active_s"] or 0) < 12 * 3600 * 3:
            wrong.append(f"the audit says {link.facts['active_s']} s")
    office.desk.register.close()
    return kept, wrong


def test_a_jump_while_a_stage_is_open_changes_no_duration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, wrong = walked(tmp_path / "o", 12, 1, monkeypatch)
    assert kept == 12 and not wrong, wrong


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_three_hundred_applications_under_a_clock_that_jumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                                             reached: Callable[..., None]) -> None:
    kept, wrong = walked(tmp_path / "o", 300, 2, monkeypatch)
    reached(9, asked=300, got=kept, what="applications whose stages lasted as long as they did, whatever the clock")
    assert not wrong, wrong[:5]


def test_after_a_restart_the_wall_clock_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computer = Computer()
    monkeypatch.setattr(clock_module, "time", computer)
    office = seated(build(tmp_path / "o", "tempeh"))
    checker, p = office.actor(Peran.KASI), office.at(Stage.VERIFIKASI)
    progress.open_work(office.desk, checker, p.id)
    computer.passes(60)
    office = seated(office)
    computer.passes(60)
    done = next(t for t in verification.verify(office.desk, checker, p.id).tahap if t.stage is Stage.VERIFIKASI)
    assert 119 < done.active_s < 122
    office.desk.register.close()
