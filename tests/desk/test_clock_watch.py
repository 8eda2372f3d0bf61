"""A clock that was set is known to a program that was started after it happened (docs/adr/0050)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk_office import PASSWORD, Office, build
from packets_office import receive, sealed_quickly, trusts_receipts

from ktpel_kiosk.app.clock import SystemClock, start_name
from ktpel_kiosk.app.office import open_register
from ktpel_kiosk.desk import closing, daily, retention, sign_in, updates
from ktpel_kiosk.desk.seats import Seats
from ktpel_kiosk.domain.errors import ClockTrouble
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports import clock_watch

DAY = 86_400.0


@dataclass
class Computer:
    """As a program sees it that was started just now: it saw no jump itself."""

    wall: datetime = datetime(2026, 11, 20, 1, 5, tzinfo=UTC)
    ran: float = 5000.0
    boot: str = "a"

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.ran

    def jumped(self) -> bool:
        return False

    def running(self) -> tuple[str, float]:
        return self.boot, self.ran

    def sleep(self, seconds: float) -> None:
        self.passes(seconds)

    def passes(self, seconds: float) -> None:
        self.ran += seconds
        self.set(seconds)

    def set(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)

    def restart(self, boot: str, off: float) -> None:
        self.set(off)
        self.boot, self.ran = boot, 30.0


@pytest.fixture
def at(tmp_path: Path) -> Iterator[tuple[Office, Computer]]:
    office, computer = build(tmp_path / "o", "tempeh"), Computer()
    trusts_receipts(office)
    office.desk.register.close()
    register = open_register(tmp_path / "o", computer, office.desk.ids)
    office = replace(office, desk=replace(office.desk, register=register, clock=computer, seats=Seats()))
    for name in ("kasi", "camat", "operator", "periksa"):
        sign_in.sign_in(office.desk, name, PASSWORD)
    yield office, computer
    register.close()


def noted(office: Office) -> list[tuple[str, object]]:
    return [(x.event, x.facts.get("seconds")) for x in office.desk.register.read(lambda v: v.audit(subject=clock_watch.SUBJECT))]


def test_a_jump_that_no_program_saw_purges_nothing_early(at: tuple[Office, Computer]) -> None:
    office, computer = at
    desk = office.desk
    packet = receive(office, sealed_quickly_of(office).packet_id)
    for n in range(3):  # ten days each by which the clock is set on, while the program is closed
        computer.passes(DAY)
        computer.set(10 * DAY)
        daily.run_due(desk)
        assert retention.purge_due(desk) == 0, n
    with pytest.raises(ClockTrouble):
        retention.purge(desk, office.actor(Peran.KASI))
    assert noted(office) == [("ClockNoted", 0)] + [("ClockMoved", 10 * int(DAY))] * 3
    computer.restart("b", 16 * 3600.0)  # nothing is in doubt any more, and the receipt is still as young as it is
    daily.run_due(desk)
    assert retention.purge_due(desk) == 0 and not desk.register.read(lambda v: v.packet(packet.packet_id)).purged_at
    computer.passes(26 * DAY)
    assert retention.purge_due(desk) == 0
    computer.passes(2 * DAY)
    assert retention.purge_due(desk) == 1


def sealed_quickly_of(office: Office):  # type: ignore[no-untyped-def]
    p = sealed_quickly(office, 1)
    return office.desk.register.read(lambda v: v.packet_of(p.id))


def test_a_clock_that_was_far_ahead_when_the_receipt_came_purges_nothing_early(at: tuple[Office, Computer]) -> None:
    """Set right later, the note of the receipt lies in the future, and the sealing long ago."""
    office, computer = at
    packet = sealed_quickly_of(office)
    computer.passes(40 * DAY)
    computer.set(3000 * DAY)
    receive(office, packet.packet_id, at=computer.wall - timedelta(days=3040))
    computer.set(-3000 * DAY)
    computer.passes(3600.0)
    assert retention.purge_due(office.desk) == 0
    computer.passes(31 * DAY)
    assert retention.purge_due(office.desk) == 1


def test_a_battery_that_is_empty_keeps_nothing_for_ever(at: tuple[Office, Computer]) -> None:
    """After each start the clock stands years back until the network sets it: what counts is how long the computer was on."""
    office, computer = at
    receive(office, sealed_quickly_of(office).packet_id)
    for day in range(11):
        computer.restart(f"day {day}", 15 * 3600.0 - 1000 * DAY)
        daily.run_due(office.desk)
        computer.set(1000 * DAY)
        assert retention.purge_due(office.desk) == 0, "in doubt"
        computer.passes(3 * DAY)
        sign_in.sign_in(office.desk, "kasi", PASSWORD)  # somebody works: the audit goes on
    computer.restart("set right", 15 * 3600.0)
    daily.run_due(office.desk)
    assert retention.purge_due(office.desk) + office.desk.register.read(lambda v: sum(r.packets for r in v.purges())) == 1


def test_a_month_is_not_closed_by_a_program_started_after_the_jump(at: tuple[Office, Computer]) -> None:
    office, computer = at
    computer.set(15 * DAY)
    for _ in range(2):
        with pytest.raises(ClockTrouble, match=r"clock\.jumped"):
            closing.close_month(office.desk, office.actor(Peran.KASI), 2026, 11)
    computer.set(-15 * DAY - 250)  # set right, but for a little
    assert not office.desk.register.read(lambda v: clock_watch.doubtful(computer, v))
    computer.set(-250)  # two little steps are a large one
    assert office.desk.register.read(lambda v: clock_watch.doubtful(computer, v))


def test_a_damaged_mark_is_noted_anew(at: tuple[Office, Computer]) -> None:
    office, computer = at
    for text in ("", "rusak", "[1]", '["a", null, 0]', "{}"):
        office.desk.register.write(lambda tx, text=text: (tx.put_setting(clock_watch.KEPT, text), tx.log("SettingChanged", "x", "-")))
        assert office.desk.register.read(lambda v: clock_watch.to_note(computer, v))
    office.desk.register.write(lambda tx: clock_watch.note(computer, tx))
    assert not office.desk.register.read(lambda v: clock_watch.to_note(computer, v))


def test_desks_of_one_register_look_at_their_own_clocks(at: tuple[Office, Computer]) -> None:
    office, computer = at
    here, there = replace(computer, boot="satu:x"), replace(computer, boot="dua:y", ran=77.0)
    for clock in (here, there, here, there):
        office.desk.register.write(lambda tx, clock=clock: (clock_watch.note(clock, tx), tx.log("SettingChanged", "x", "-")))
    here.set(3600)
    note = office.desk.register.write
    note(lambda tx: clock_watch.note(here, tx))
    doubts = [office.desk.register.read(lambda v, c=c: clock_watch.doubtful(c, v)) for c in (here, there)]
    since = [office.desk.register.read(lambda v, c=c: clock_watch.Moves(c, v).since(0)) for c in (here, there)]
    assert doubts == [True, False] and since == [3600, 0]
    events = [x.subject for x in office.desk.register.read(lambda v: v.audit(limit=10_000)) if x.event.startswith("Clock")]
    assert events == ["jam", "jam/satu", "jam/dua", "jam/satu"]


def test_this_computer_tells_its_start() -> None:
    clock = SystemClock()
    (name, ran), (again, later) = clock.running(), SystemClock().running()
    assert name == again == start_name() and 0 < ran <= later


def test_a_clock_set_back_brings_no_expired_list_of_versions_back(at: tuple[Office, Computer]) -> None:
    """Noted or not, and also when the newest act stands on the clock that was set back."""
    office, computer = at
    desk = office.desk
    computer.passes(DAY)
    honest = computer.now()
    last = desk.register.read(lambda v: v.audit())[-1].at
    assert updates.floor(desk) == last < honest
    computer.set(-100 * DAY)
    assert updates.floor(desk) == honest
    sign_in.sign_in(desk, "kasi", PASSWORD)
    assert updates.floor(desk) == honest
    computer.set(100 * DAY)
    assert updates.floor(desk) == desk.register.read(lambda v: v.audit())[-1].at, "set right again: the last act alone"
    computer.restart("b", DAY)
    sign_in.sign_in(desk, "camat", PASSWORD)
    assert updates.floor(desk) == computer.now()
