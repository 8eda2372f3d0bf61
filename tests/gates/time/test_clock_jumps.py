"""A clock that jumps wherever it likes: no limit is passed, the order stays, packets say it (RELIABILITY.md threat 9)."""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from desk_office import PASSWORD, Office, build
from packets_office import receive, sealed_quickly, trusts_receipts

from ktpel_kiosk.app import clock as clock_module
from ktpel_kiosk.app.clock import JUMP_LIMIT_S, SystemClock, Uuid7
from ktpel_kiosk.app.office import open_register
from ktpel_kiosk.desk import agenda, closing, daily, intake, recording, retention, sign_in
from ktpel_kiosk.desk.seats import Seats
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import ClockTrouble, QualityTooLow, SignInRefused, SopViolation
from ktpel_kiosk.domain.outbox import FARTHEST_TRY
from ktpel_kiosk.domain.sop import Peran, Stage

BEGIN = datetime(2026, 11, 20, 1, 5, tzinfo=UTC)
DAY = 86_400.0
PLACES = tuple(datetime(*at, tzinfo=UTC) for at in (
    (1970, 1, 1, 0, 0, 1), (1999, 12, 31, 23, 59, 59), (2024, 2, 29, 5, 0), (2026, 1, 1), (2028, 2, 28, 16, 59, 59),
    (2028, 2, 29, 16, 59, 59),
    (2026, 12, 31, 16, 59, 59), (2038, 1, 19, 3, 14, 8), (2100, 2, 28, 23, 59, 59)))
STEPS = (-30 * DAY, -DAY, -3600.0, -301.0, -250.0, 0.5, 250.0, 301.0, 3600.0, 7200.0, DAY, 30 * DAY, 400 * DAY)
ZONES = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura", "UTC", "America/New_York")
WAIT_S = 15.0


class Computer:
    """Stands for the module ``time``: a wall clock that is set at will, and true time, from which the monotonic clock runs."""

    def __init__(self) -> None:
        self.true = self.began = 5_000.0
        self.wall = BEGIN.timestamp()

    def time(self) -> float:
        return self.wall

    def monotonic(self) -> float:
        return self.true

    def sleep(self, seconds: float) -> None:
        self.passes(seconds)

    def passes(self, seconds: float) -> None:
        self.true += seconds
        self.wall += seconds

    def jump(self, rng: random.Random) -> float:
        """By how many seconds the wall clock moved against the true time."""
        before = self.wall
        self.wall = rng.choice(PLACES).timestamp() if rng.random() < 0.4 else self.wall + rng.choice(STEPS)
        self.wall = min(4e9, max(1.0, self.wall))
        return self.wall - before


@contextmanager
def zone_of(name: str) -> Iterator[None]:
    """The computer's own zone; the office's is the SOP's."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ") if before is None else os.environ.update(TZ=before)
        time.tzset()


class Run:
    """One office under a clock that jumps. ``passed``: limits that did not hold, in words."""

    def __init__(self, folder: Path, seed: int, computer: Computer) -> None:
        self.rng, self.computer, self.folder = random.Random(seed), computer, folder
        self.office: Office = build(folder, "tempeh")
        trusts_receipts(self.office)
        self.passed: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.letters: list[str] = []
        self.ids: list[str] = []
        self.received: dict[str, float] = {}
        self.flags = self.people = 0
        self.fresh()

    def fresh(self) -> None:
        """The program starts: another clock object, nobody is seated, no wait is known."""
        clock = SystemClock()
        self.office = replace(self.office, desk=replace(self.office.desk, clock=clock, ids=Uuid7(clock), seats=Seats()))
        for name in ("kasi", "camat", "operator", "periksa"):
            sign_in.sign_in(self.office.desk, name, PASSWORD)
        self.ids.clear()
        self.moved = 0.0

    def restart(self) -> None:
        self.office.desk.register.close()
        register = open_register(self.folder, SystemClock(), self.office.desk.ids)
        self.office = replace(self.office, desk=replace(self.office.desk, register=register))
        self.fresh()

    def jump(self) -> None:
        if self.rng.random() < 0.05:
            self.restart()
        act = self.rng.choice((self.wait_at_sign_in, self.number, self.purge, self.close, self.back_off, self.identify, self.flagged,
                               self.tries, self.draft))
        self.kinds[act.__name__] += 1
        with zone_of(self.rng.choice(ZONES)):
            act()
        self.computer.passes(self.rng.choice((0.01, 1.0, 60.0, 5 * 3600.0)))

    def _jump(self) -> float:
        moved = self.computer.jump(self.rng)
        self.moved += moved
        return moved

    def wait_at_sign_in(self) -> None:
        desk = self.office.desk
        for _ in range(sign_in.FREE_TRIES):
            with pytest.raises(SignInRefused):
                sign_in.sign_in(desk, "loket", "salah")
        self._jump()
        passed = self.rng.uniform(0.0, 14.0)
        self.computer.passes(passed)
        try:
            if self.rng.random() < 0.5:
                sign_in.sign_in(desk, "loket", PASSWORD)
            else:  # the same wait stands before an approval as second person
                sign_in.second_person(desk, self.office.actor(Peran.KASI), "loket", PASSWORD, "approve_exception")
            self.passed.append(f"in after {passed:.1f} s of {WAIT_S}")
        except SignInRefused as refused:
            if refused.message_key != "sign_in.wait" or float(refused.facts["wait_s"] or 0) > WAIT_S:
                self.passed.append(f"wait: {refused}")
        self.computer.passes(WAIT_S)
        sign_in.sign_in(desk, "loket", PASSWORD)

    def number(self) -> None:
        """A letter's number is asked for, the clock jumps in the middle, another is asked for."""
        desk = self.office.desk

        def work(tx: Any) -> list[str]:
            first = agenda.next_letter_number(desk, tx, desk.sop.kantor, "surat_keterangan_perekaman", desk.clock.now())
            self._jump()
            second = agenda.next_letter_number(desk, tx, desk.sop.kantor, "surat_keterangan_perekaman", desk.clock.now())
            tx.log("LetterIssued", "uji", "kasi", number=second)
            return [first, second]

        self.letters += desk.register.write(work)

    def purge(self) -> None:
        """Nothing goes before its 30 true days, by night or by hand."""
        desk = self.office.desk
        if len(self.received) < 40:
            self.people += 1
            packet = receive(self.office, self._sealed().packet_id)
            self.received[packet.packet_id] = self.computer.true
        daily.run_due(desk)
        self._jump()
        daily.run_due(desk)
        for by_hand in (lambda: retention.purge_due(desk), lambda: retention.purge(desk, self.office.actor(Peran.KASI))):
            try:
                by_hand()
            except (ClockTrouble, SopViolation):
                continue
        for packet in desk.register.read(lambda v: v.packets()):
            since = self.received.get(packet.packet_id)
            if packet.purged_at is not None and since is not None and self.computer.true - since < 29.9 * DAY:
                self.passed.append(f"purged after {(self.computer.true - since) / DAY:.1f} days")
                self.received.pop(packet.packet_id)

    def close(self) -> None:
        """A month that is not over is not closed because the clock was moved on."""
        now = datetime.fromtimestamp(self.computer.wall, UTC) + timedelta(hours=7)
        if self._jump() <= JUMP_LIMIT_S or not 2024 <= now.year <= 2090:
            return
        if self.rng.random() < 0.5:
            self.restart()  # what the program saw is forgotten with it
        if abs(self.computer.wall - BEGIN.timestamp() - (self.computer.true - self.computer.began)) <= JUMP_LIMIT_S:
            return  # set right: the month may be over
        try:
            closing.close_month(self.office.desk, self.office.actor(Peran.KASI), now.year, now.month)
            self.passed.append(f"closed {now.year}-{now.month:02d}")
        except (ClockTrouble, SopViolation):
            pass

    def back_off(self) -> None:
        """A packet that waits for its next try is due after two true hours at most, wherever the clock went."""
        desk = self.office.desk
        self.people += 1
        packet = self._sealed()
        later = replace(packet, next_try_at=desk.clock.now() + FARTHEST_TRY, attempts=3)
        desk.register.write(lambda tx: (tx.save_packet(later), tx.log("PacketDelayed", packet.permohonan_id, "uji")))
        self._jump()
        seen = self._due()  # the network looks all the time: at once after the jump, and when the two hours are over
        self.computer.passes(FARTHEST_TRY.total_seconds() + 1)
        if packet.packet_id not in seen | self._due():
            self.passed.append("a packet that waits for a clock that was set back")
        receive(self.office, packet.packet_id)
        self.received[packet.packet_id] = self.computer.true

    def _due(self) -> set[str]:
        desk = self.office.desk
        return {p.packet_id for p in desk.register.read(lambda v: v.due_packets(desk.clock.now(), 10_000))}

    def identify(self) -> None:
        """Ids of one process keep their order."""
        self.ids.append(self.office.desk.ids.new())
        self._jump()
        self.ids.append(self.office.desk.ids.new())
        if self.ids != sorted(set(self.ids)):
            self.passed.append("ids out of order")

    def tries(self) -> None:
        """A finger that does not get better: forced after all allowed tries, not one earlier and not one later."""
        desk, operator, thumb = self.office.desk, self.office.actor(Peran.OPERATOR), Position.RIGHT_THUMB
        self._living()
        self.people += 1
        p = self.office.at(Stage.REKAM, self.people)
        self.office.judge.scores[thumb] = [5]
        recording.confirm_data(desk, operator, p.id)
        for left in reversed(range(desk.capture_rules.tries(thumb))):
            recording.capture_fingers(desk, operator, p.id, (thumb,))
            self._jump()
            try:
                recording.force_position(desk, operator, p.id, thumb, "kasar")
                early = bool(left)
            except QualityTooLow:
                early = not left
            if early:
                self.passed.append(f"tries of a finger with {left} left")
                break
        del self.office.judge.scores[thumb]

    def draft(self) -> None:
        """The window locks while somebody types; the clock is set; what was typed is there."""
        desk, officer = self.office.desk, self.office.actor(Peran.LOKET)
        key = intake.begin_intake(desk, officer)
        intake.save_draft(desk, officer, key, {"nama": key})
        sign_in.lock(desk, officer)
        self._jump()
        sign_in.sign_in(desk, officer.username, PASSWORD)
        if desk.register.read(lambda v: v.draft(key)) is None:
            self.passed.append("a draft is gone")
        intake.drop_draft(desk, officer, key)

    def flagged(self) -> None:
        self._jump()
        jumped = self.office.desk.clock.jumped()
        if abs(self.moved) > JUMP_LIMIT_S and not jumped:
            self.passed.append(f"a jump of {self.moved:.0f} s is not seen")
        self.flags += jumped

    def _living(self) -> None:
        if not 2027 <= datetime.fromtimestamp(self.computer.wall, UTC).year <= 2090:  # nobody is of age in 1970: set right, a jump too
            before, self.computer.wall = self.computer.wall, BEGIN.timestamp() + 60 * DAY + self.computer.true
            self.moved += self.computer.wall - before

    def _sealed(self) -> Any:
        self._living()
        p = sealed_quickly(self.office, self.people)
        packet = self.office.desk.register.read(lambda v: v.packet_of(p.id))
        assert packet is not None
        return packet

    def end(self) -> None:
        self.restart()
        check = self.office.desk.register.check_audit()
        links = self.office.desk.register.read(lambda v: v.audit(limit=1_000_000))
        assert check.whole and [x.sequence for x in links] == list(range(1, len(links) + 1))
        assert len(self.letters) == len(set(self.letters)), "a number twice"
        self.office.desk.register.close()


def jumped(folder: Path, count: int, seed: int, monkeypatch: pytest.MonkeyPatch) -> Run:
    computer = Computer()
    monkeypatch.setattr(clock_module, "time", computer)
    run = Run(folder, seed, computer)
    for _ in range(count):
        run.jump()
    run.end()
    return run


def test_jumps_pass_no_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = jumped(tmp_path / "o", 40, 5, monkeypatch)
    assert run.passed == [] and len(run.kinds) == 9


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_a_thousand_jumps_pass_no_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reached: Callable[..., None]) -> None:
    run = jumped(tmp_path / "o", 1000, 6, monkeypatch)
    reached(9, asked=1000, got=1000 - len(run.passed), what="clock jumps that passed no limit and left the order as it was")
    assert run.passed == [] and run.flags > 20


def test_a_jump_during_a_session_is_told_in_the_packet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    computer = Computer()
    monkeypatch.setattr(clock_module, "time", computer)
    run = Run(tmp_path / "o", 1, computer)
    for index, (moved, said) in enumerate(((0.0, False), (250.0, False), (60.0, True))):  # two small steps are one large one
        computer.wall += moved
        run.office.sealed(index)
        assert run.office.vault.contents[-1].clock_jumped is said
    run.office.desk.register.close()
