"""Guessing passwords and signing in without the centre: no restart and no clock wins a try or a day (threats 1 and 9, issue 8 "People")."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk_office import PASSWORD, Office, build
from doubles import QuickHasher

from ktpel_kiosk.app.office import open_register
from ktpel_kiosk.desk import sign_in, sign_in_bound, statuses
from ktpel_kiosk.desk.courier_back import READ_SETTING
from ktpel_kiosk.desk.seats import Seats
from ktpel_kiosk.domain.errors import BadInput, SignInRefused
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.domain.status import StatusSiak

DAY = 86_400.0


@dataclass
class Machine:
    """A computer whose wall clock anybody sets. ``true`` is the time that really passed; the monotonic clock begins anew at a start."""

    wall: datetime = datetime(2026, 11, 20, 1, 5, tzinfo=UTC)
    true: float = 0.0
    started: float = 0.0
    starts: int = 0
    off: float = 0.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return 1000.0 + self.true - self.started

    def jumped(self) -> bool:
        return False

    def running(self) -> tuple[str, float]:
        return f"start {self.starts}", self.true - self.started

    def sleep(self, seconds: float) -> None:
        self.passes(seconds)

    def passes(self, seconds: float) -> None:
        self.true += seconds
        self.wall = moved(self.wall, seconds)

    def restart(self, off: float = 0.0) -> None:
        """The computer, after it was off for so many seconds."""
        self.passes(off)
        self.off += off
        self.started = self.true
        self.starts += 1

    @property
    def on(self) -> float:
        """How long it was on in all."""
        return self.true - self.off


def moved(wall: datetime, seconds: float) -> datetime:
    """Never out of what a computer's clock can show."""
    low, high = datetime(1970, 1, 2, tzinfo=UTC), datetime(2099, 12, 30, tzinfo=UTC)
    try:
        return min(high, max(low, wall + timedelta(seconds=seconds)))
    except OverflowError:
        return high if seconds > 0 else low


@dataclass
class Watching(QuickHasher):
    """Remembers when a password was really compared: that is the guess."""

    machine: Machine
    guesses: list[float] = field(default_factory=list)

    def verify(self, hashed: str, password: str) -> bool:
        self.guesses.append(self.machine.true)
        return super().verify(hashed, password)


def set_up(folder: Path, **more: Any) -> tuple[Office, Machine, Watching]:
    office, machine = build(folder, "tempeh"), Machine()
    hasher = Watching(machine)
    return replace(office, desk=replace(office.desk, clock=machine, hasher=hasher, seats=Seats(), **more)), machine, hasher


def restarted(office: Office, machine: Machine, folder: Path, off: float | None = 0.0) -> Office:
    """The process is gone and comes again: nothing is known but what the register holds. ``off``: None if the computer stayed on."""
    if off is not None:
        machine.restart(off)
    office.desk.register.close()
    return replace(office, desk=replace(office.desk, register=open_register(folder, machine, office.desk.ids), seats=Seats()))


JUMPS = (-40 * 365 * DAY, -DAY, -3600.0, -301.0, 301.0, 3600.0, DAY, 12 * 365 * DAY)


def guess(folder: Path, sequences: int, seed: int) -> tuple[int, list[str]]:
    """(sequences without a guess too early, what went wrong)."""
    rng, kept, wrong = random.Random(seed), 0, []
    office, machine, hasher = set_up(folder)
    for n in range(sequences):
        begin_anew(office, machine)
        hasher.guesses.clear()
        for _ in range(rng.randint(7, 12)):
            what = rng.random()
            if what < 0.6:
                with pytest.raises(SignInRefused):
                    sign_in.sign_in(office.desk, rng.choice(("kasi", " KASI", "kasi ")), "salah")
            elif what < 0.7:
                office = restarted(office, machine, folder)
            elif what < 0.85:
                machine.wall = moved(machine.wall, rng.choice(JUMPS))
            else:
                machine.passes(rng.choice((1.0, 14.0, 15.5, 31.0, 500.0)))
        early = [f"sequence {n}: guess {i + 1} after {later - before:.1f} s" for i, (before, later) in
                 enumerate(zip(hasher.guesses, hasher.guesses[1:], strict=False), start=1)
                 if i >= sign_in.FREE_TRIES and later - before < min(3600.0, 15.0 * 2 ** (i - 5)) - 0.001]
        kept += not early
        wrong += early
    assert office.desk.register.check_audit().whole
    office.desk.register.close()
    return kept, wrong


def begin_anew(office: Office, machine: Machine) -> None:
    """The officer, who waits as told: after a restart the wait begins at the first try."""
    try:
        sign_in.sign_in(office.desk, "kasi", PASSWORD)
    except SignInRefused:
        machine.passes(sign_in.MAX_WAIT_S + 1)
        sign_in.sign_in(office.desk, "kasi", PASSWORD)


def test_no_restart_and_no_clock_wins_a_guess(tmp_path: Path) -> None:
    assert guess(tmp_path / "o", 25, seed=1) == (25, [])


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_a_thousand_sequences_of_guesses(tmp_path: Path, reached: Callable[..., None]) -> None:
    kept, wrong = guess(tmp_path / "o", 1000, seed=2)
    reached(1, asked=1000, got=kept, what="sequences of wrong passwords, restarts and set clocks without a guess too early")
    assert not wrong, wrong[:5]


# -- without the centre ---------------------------------------------------------------------------------------------------


def alone(folder: Path, lives: int, seed: int) -> tuple[int, list[str]]:
    """Desks whose owner never lets them meet the centre. (lives in which nobody outlasted the bound, what went wrong).

    The owner sets the clock back while the program runs, while it is closed, and while the computer is off, then also by just as long as
    it was off: that time nobody can see, so each start of the computer has to count for half a day.
    """
    rng, kept, wrong, entered = random.Random(seed), 0, [], 0
    office, machine, _ = set_up(folder)
    boss = office.actor(Peran.SUPERVISOR)
    sign_in_bound.set_days(office.desk, boss, 5)
    for life in range(lives):
        sign_in_bound.extend(office.desk, boss, "jalan putus")
        machine.passes(1.0)
        sign_in.sign_out(office.desk, sign_in.sign_in(office.desk, "kasi", PASSWORD))
        on, starts, late, in_after, steps = machine.on, machine.starts, "", 0, rng.randint(20, 30)
        while steps or machine.on - on < 6 * DAY:
            steps = max(0, steps - 1)
            before = machine.wall
            if rng.random() < 0.4:
                office = restarted(office, machine, folder, rng.choice((0.0, 0.02, 0.5, 1.0, 3.0)) * DAY)
            else:
                machine.passes(rng.choice((0.02, 0.2, 0.5, 1.0)) * DAY)
                office = restarted(office, machine, folder, None) if rng.random() < 0.3 else office
            if rng.random() < 0.5:
                machine.wall = rng.choice((before, *(moved(machine.wall, back * DAY) for back in (-1, -2, -30))))
            try:
                sign_in.sign_out(office.desk, sign_in.sign_in(office.desk, "kasi", PASSWORD))
            except SignInRefused as refused:
                assert refused.message_key == "sign_in.bound" and refused.facts["limit"] == 5
                continue
            in_after += 1
            if max(machine.on - on, (machine.starts - starts) * DAY / 2) > 5.01 * DAY:
                late = f"life {life}: in after {(machine.on - on) / DAY:.1f} days on, {machine.starts - starts} starts"
        entered += in_after
        sign_in.sign_in(office.desk, "camat", PASSWORD)
        kept += not late
        wrong += [late] if late else []
    assert entered > lives, "the bound is not what keeps people out"
    office.desk.register.close()
    return kept, wrong


def test_setting_the_clock_back_outlasts_no_bound(tmp_path: Path) -> None:
    assert alone(tmp_path / "o", 4, seed=3) == (4, [])


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_two_hundred_desks_that_never_meet_the_centre(tmp_path: Path, reached: Callable[..., None]) -> None:
    kept, wrong = alone(tmp_path / "o", 200, seed=4)
    reached(9, asked=200, got=kept, what="desks without the centre and with clocks set back at which nobody outlasted the bound")
    assert not wrong, wrong[:5]


def test_each_way_to_hide_time_counts(tmp_path: Path) -> None:
    """One by one, what :func:`alone` does at random: of five days 4.9 are gone, and the clock is set back."""
    folder = tmp_path / "o"
    office, machine, _ = set_up(folder)
    boss = office.actor(Peran.SUPERVISOR)
    office = restarted(office, machine, folder)  # the register's clock is this machine's from now on
    sign_in_bound.set_days(office.desk, boss, 5)

    def used(days: float) -> datetime:
        sign_in_bound.extend(office.desk, boss, "jalan putus")
        for _ in range(7):
            machine.passes(days / 7 * DAY)
            sign_in.sign_out(office.desk, sign_in.sign_in(office.desk, "kasi", PASSWORD))
        return machine.wall

    def refused() -> None:
        with pytest.raises(SignInRefused, match=r"sign_in\.bound"):
            sign_in.sign_in(office.desk, "kasi", PASSWORD)

    used(4.9)
    machine.passes(0.2 * DAY)
    refused()
    machine.wall = moved(machine.wall, -0.2 * DAY)
    office = restarted(office, machine, folder)
    refused()
    refused()  # the first one was found behind its last audit link; this one is not

    before = used(4.9)
    machine.passes(0.2 * DAY)
    machine.wall = before
    office = restarted(office, machine, folder, None)
    refused()  # the computer ran meanwhile

    used(4.9)
    machine.wall = moved(machine.wall, -3600)
    office = restarted(office, machine, folder)
    refused()  # the clock stands before what was done

    before = used(4.4)
    for start in range(3):
        office = restarted(office, machine, folder, DAY)
        machine.wall = before
        if start < 2:  # the first half day was had before
            sign_in.sign_out(office.desk, sign_in.sign_in(office.desk, "kasi", PASSWORD))
        before = machine.wall
    refused()  # nobody starts a computer again and again on one day
    office.desk.register.close()


def test_warned_refused_extended_and_renewed_by_the_centre(tmp_path: Path) -> None:
    office, machine, _ = set_up(tmp_path / "o", specimen=False)
    desk, boss = office.desk, office.actor(Peran.SUPERVISOR)
    sign_in.sign_in(desk, "kasi", PASSWORD)
    assert (sign_in_bound.bound(desk).days, sign_in_bound.bound(desk).warns) == (30, False)
    machine.passes(25.5 * DAY)
    sign_in.lock(desk, office.actor(Peran.KASI))
    sign_in.sign_in(desk, "kasi", PASSWORD)
    assert sign_in_bound.bound(desk).days_left == 5 and sign_in_bound.bound(desk).warns
    machine.passes(4.6 * DAY)
    assert sign_in.check_password(desk, "kasi", PASSWORD), "seated: the work at hand may be finished"
    sign_in.lock(desk, office.actor(Peran.KASI))
    with pytest.raises(SignInRefused, match=r"sign_in\.bound"):
        sign_in.sign_in(desk, "kasi", PASSWORD)
    with pytest.raises(SignInRefused, match=r"sign_in\.bound"):
        sign_in.second_person(desk, boss, "kasi", PASSWORD, "approve_reopen")
    with pytest.raises(SignInRefused, match=r"sign_in\.wrong"):
        sign_in.sign_in(desk, "kasi", "salah")
    sign_in.sign_in(desk, "camat", PASSWORD)
    with pytest.raises(SignInRefused):
        sign_in.sign_in(desk, "kasi", PASSWORD)
    with pytest.raises(BadInput, match=r"sign_in\.extend_reason"):
        sign_in_bound.extend(desk, boss, "  ")
    assert sign_in_bound.extend(desk, boss, "menara BTS roboh").days_left == 30
    sign_in.sign_in(desk, "kasi", PASSWORD)
    p = office.sealed()
    sign_in.lock(desk, office.actor(Peran.KASI))
    machine.passes(31 * DAY)
    with pytest.raises(SignInRefused):
        sign_in.sign_in(desk, "kasi", PASSWORD)
    office.prr(p)
    assert sign_in.sign_in(desk, "kasi", PASSWORD).username == "kasi", "a status of the centre renews"
    events = [link.event for link in desk.register.read(lambda v: v.audit(limit=10_000))]
    assert events.count("SignInExtended") == 1 and events.count("SignInBoundMet") == 4
    for days in (2, 366, -1):
        with pytest.raises(BadInput, match=r"sign_in\.bound_days"):
            sign_in_bound.set_days(desk, boss, days)
    desk.register.close()


def test_a_practice_office_is_not_bound_and_a_damaged_count_counts_as_used_up(tmp_path: Path) -> None:
    office, machine, _ = set_up(tmp_path / "o")
    sign_in.sign_in(office.desk, "kasi", PASSWORD)
    machine.passes(500 * DAY)
    sign_in.lock(office.desk, office.actor(Peran.KASI))
    sign_in.sign_in(office.desk, "kasi", PASSWORD)
    office.desk.register.write(lambda tx: (tx.put_setting(sign_in_bound.KEPT, "rusak"), tx.put_setting(sign_in_bound.DAYS, "365"),
                                           tx.log("SettingChanged", "x", "-")))
    sign_in.lock(office.desk, office.actor(Peran.KASI))
    with pytest.raises(SignInRefused, match=r"sign_in\.bound"):
        sign_in.sign_in(office.desk, "kasi", PASSWORD)
    office.desk.register.close()


def test_an_answer_without_news_renews_and_is_noted_four_times_a_day(tmp_path: Path) -> None:
    """A village in which nobody applied for a month has a working line; what a hand enters is no answer of the centre."""
    office, machine, _ = set_up(tmp_path / "o", specimen=False)
    desk = office.desk
    for name in {actor.username for actor in office.officers.actors.values()}:
        sign_in.sign_in(desk, name, PASSWORD)
    p = office.sealed()
    machine.passes(27.5 * DAY)
    left = sign_in_bound.bound(desk).days_left
    statuses.record_entry(desk, office.actor(Peran.OPERATOR), p.id, StatusSiak.RECEIVED_AT_CENTRAL)
    assert sign_in_bound.bound(desk).days_left == left < 4, "by hand"
    for _ in range(8):
        sign_in_bound.answered(desk)
        machine.passes(3 * 3600)
    assert sign_in_bound.bound(desk).days_left == 30
    assert [link.event for link in desk.register.read(lambda v: v.audit(limit=10_000))].count("CentreAnswered") == 4
    machine.passes(29.5 * DAY)
    assert sign_in_bound.bound(desk).days_left == 1, "counted from the answer, not from the next sign-in"
    desk.register.write(lambda tx: (tx.put_setting(READ_SETTING, "77"), tx.log("CourierImported", "-", "-", sequence=77)))
    assert sign_in_bound.bound(desk).days_left == 30, "statuses of a courier's disk"
    desk.register.close()


def test_a_practice_office_notes_no_answers(tmp_path: Path) -> None:
    office, _, _ = set_up(tmp_path / "o")
    before = office.desk.register.read(lambda v: v.audit_length())
    sign_in_bound.answered(office.desk)
    assert office.desk.register.read(lambda v: v.audit_length()) == before
    office.desk.register.close()
