"""Threats 12, 13 and 14 (docs/reliability.md) against the simulated printer, real chips and the real register.

Every fault point ends CONFIRMED, SPOILED or CANCELLED with the blank in stock, and the ledger says what really lies in the drawer.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from card_bench import SECOND, CardBench, Crash, _Direct, card_bench, check_chips, check_ledger

from ktpel_kiosk.cards.chip import SpecimenPersonaliser
from ktpel_kiosk.desk import encoding, printing, reconcile
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.errors import DuplicateRequest, KioskError, SopViolation
from ktpel_kiosk.domain.sop import Peran

PRINTER, READER = "card_printer", "card_reader"


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CardBench]:
    with card_bench(tmp_path_factory.mktemp("gates")) as made:
        yield made


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CardBench]:
    """The printer writes chips."""
    with card_bench(tmp_path_factory.mktemp("inside"), chip_printer=True) as made:
        encoding.set_chip_place(made.desk, made.office.actor(Peran.SUPERVISOR), "printer")
        yield made


@dataclass(frozen=True)
class Point:
    """What goes wrong once; ``says``: what the operator had to answer about the first card; ``first``: how its job ended."""

    device: str = ""
    fault: str = ""
    first: JobState | None = JobState.CONFIRMED
    says: tuple[str, ...] = ("start", "printed")
    crash: tuple[str, str] | None = None
    times: int = 1
    after: int = 0
    facts: dict[str, Any] = field(default_factory=dict)


C, S, X = JobState.CONFIRMED, JobState.SPOILED, JobState.CANCELLED
AGAIN = ("start", "printed")
POINTS: dict[str, Point] = {
    "printer away before submit": Point(PRINTER, "unplugged", None, ("start", "printed"), times=0),
    "A4 only": Point(PRINTER, "wrong_media", None, ("start", "printed"), times=0),
    "cover open": Point(PRINTER, "cover", None, ("start", "printed"), times=0),
    "queue gone at submit": Point(PRINTER, "queue_gone", X, ("start", "printed")),
    "connection lost, printed": Point(PRINTER, "lost", C, facts={"printed": True}),
    "connection lost, not printed": Point(PRINTER, "lost", X, ("start", "not_printed", *AGAIN)),
    "power, printed": Point(PRINTER, "power", C, facts={"printed": True}),
    "power, not printed": Point(PRINTER, "power", X, ("start", "not_printed", *AGAIN)),
    "jam before the card moved": Point(PRINTER, "jam", X, ("start", "not_printed", *AGAIN), facts={"moved": False}),
    "jam after the card moved": Point(PRINTER, "jam", S, ("start", "spoiled", *AGAIN)),
    "ribbon ends in the middle": Point(PRINTER, "ribbon_out", S, ("start", "spoiled", *AGAIN)),
    "submit hangs": Point(PRINTER, "stall", X, ("start", "not_printed", *AGAIN), facts={"seconds": 1.2}, after=0),
    "submit answers too late": Point(PRINTER, "late", C, facts={"seconds": 1.2}),
    "asking hangs": Point(PRINTER, "job_stall", C, facts={"seconds": 1.2}, times=1),
    "killed between intent and submit": Point(first=X, says=("start", "not_printed", *AGAIN), crash=("card_printer.submit", "before")),
    "killed between submit and sent": Point(crash=("card_printer.submit", "after")),
    "killed between printed and encoding": Point(crash=("card_reader.connect", "before")),
    "killed after the chip was bound": Point(crash=("card_reader.write", "before")),
    "killed after the chip was written": Point(crash=("card_reader.write", "after")),
    "chip torn in the middle": Point(READER, "torn", after=40),
    "chip torn, then killed": Point(READER, "torn", after=40, crash=("card_reader.write", "after")),
}
INSIDE: dict[str, Point] = {
    "nothing wrong": Point(),
    "no blanks": Point(PRINTER, "media_empty", None, ("start", "printed"), times=0),
    "jam on the way to the station": Point(PRINTER, "feed_jam", X, ("start", "not_printed", *AGAIN)),
    "mute chip at the station": Point(PRINTER, "station_mute", X, ("start", "not_printed", *AGAIN)),
    "contact lost once": Point(PRINTER, "station_torn", after=30),
    "contact lost for good": Point(PRINTER, "station_torn", S, ("start", "spoiled", *AGAIN), after=30, times=2),
    "queue gone with a written card": Point(PRINTER, "queue_gone", C, ("start", "resume", "printed")),
    "power, printed": Point(PRINTER, "power", C, facts={"printed": True}),
    "power, not printed": Point(PRINTER, "power", S, ("start", "spoiled", *AGAIN)),
    "jam after the card moved": Point(PRINTER, "jam", S, ("start", "spoiled", *AGAIN)),
    "killed before feeding": Point(crash=("card_printer.feed", "before"), says=("start", "resume", "printed")),
    "killed after feeding": Point(crash=("card_printer.feed", "after"), says=("start", "resume", "printed")),
    "killed after the chip was bound": Point(crash=("card_printer.write", "before"), says=("start", "resume", "printed")),
    "killed after the chip was written": Point(crash=("card_printer.write", "after"), says=("start", "resume", "printed")),
    "killed between writing and printing": Point(crash=("card_printer.submit", "before"), says=("start", "resume", "printed")),
    "killed between submit and sent": Point(crash=("card_printer.submit", "after")),
}


def run(kit: CardBench, point: Point) -> None:
    p = kit.next_person()
    kit.told.clear()
    kit.answers.clear()
    kit.world.faults.clear()
    if point.fault:
        kit.world.faults.add(point.device, point.fault, after=point.after, times=point.times, **point.facts)
    if point.fault == "unplugged":
        kit.manager.look_now()
        wait_for(lambda: not any(s.open for s in kit.manager.inventory() if s.kind == PRINTER))
    kit.devices.at = point.crash
    object.__setattr__(kit.desk, "print_timeout_s", 0.6 if "seconds" in point.facts else 8.0)
    try:
        kit.settle(p) if point.fault != "unplugged" else plug_in_and_settle(kit, p)
    except Crash:
        kit.restart()
        kit.settle(p)
    finally:
        kit.devices.at = None
        kit.world.faults.clear()
    mine = [j for j in kit.jobs() if j.permohonan_id == p.id]
    assert mine[-1].state is JobState.CONFIRMED
    if point.first is None:
        assert len(mine) == 1, "a refusal left something behind"
    else:
        assert mine[0].state is point.first
    assert tuple(kit.answers) == point.says
    check_ledger(kit)


def plug_in_and_settle(kit: CardBench, p: Any) -> None:
    with pytest.raises(KioskError):
        kit._act(p, None)
    assert not [j for j in kit.jobs() if j.permohonan_id == p.id]
    kit.world.faults.clear()
    kit.manager.look_now()
    wait_for(lambda: any(s.open for s in kit.manager.inventory() if s.kind == PRINTER))
    kit.settle(p)


def wait_for(true: Any) -> None:
    until = threading.Event()
    for _ in range(300):
        if true():
            return
        until.wait(0.01)
    raise AssertionError("nothing happened")


@pytest.mark.parametrize("name", POINTS)
def test_every_fault_point_ends_and_the_ledger_balances(kit: CardBench, name: str, reached: Any) -> None:
    run(kit, POINTS[name])
    reached(12, asked=1, got=1, what=f"fault point {name}")


@pytest.mark.parametrize("name", INSIDE)
def test_every_fault_point_of_a_printer_that_writes_chips(inside: CardBench, name: str) -> None:
    run(inside, INSIDE[name])


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_all_fault_points_in_a_row_at_one_office(kit: CardBench, inside: CardBench, reached: Any) -> None:
    for point in POINTS.values():
        run(kit, point)
    for point in INSIDE.values():
        run(inside, point)
    points = len(POINTS) + len(INSIDE)
    reached(12, asked=points, got=points, what="fault points of a card that end confirmed, spoiled or cancelled")


# -- two applicants at one desk (threat 14) -----------------------------------------------------------------------------


def interleave(kit: CardBench, rng: random.Random) -> None:
    """Two people, one printer, one reader, and hands that lay down whatever card they find; every act at random.

    Only the eyes are honest: nobody calls a card good that is not there. Which card lies on the reader is chance.
    """
    stranger = kit.stranger()
    held = SpecimenPersonaliser().read(_Direct(stranger))
    people = [kit.next_person() for _ in range(2)]
    kit.world.faults.clear()
    desk, operator = kit.desk, kit.operator
    for _ in range(rng.randint(15, 40)):
        p = rng.choice(people)
        job = kit.live(p)
        if rng.random() < 0.15:
            kit.world.faults.add(READER, "torn", after=rng.randint(0, 60))
        _swap(kit, rng)
        try:
            if job is None:
                printing.start_card(desk, operator, p.id)
            elif job.state is JobState.SENT:
                if kit.card_of(job.id) is not None:
                    printing.confirm_print(desk, operator, job.id)
            elif job.state is JobState.PRINTED and rng.random() < 0.06:
                printing.spoil_card(desk, operator, job.id, "uji", **SECOND)
                kit.world.take_card()  # the second officer takes it away
                spoiled = kit.card_of(job.id)
                gone.add(id(spoiled.chip) if spoiled else 0)
            elif job.state is JobState.PRINTED:
                encoding.encode_card(desk, operator, job.id)
            elif job.state is JobState.ENCODING:
                reconcile.answer(desk, operator, job.id, "printed")
        except KioskError as trouble:
            refused.append(trouble.message_key)
            if trouble.message_key == "card_printer.ribbon_empty":
                kit.world.service()
        if rng.random() < 0.3:
            check_chips(kit)
    for p in sorted(people, key=lambda p: kit.live(p) is None):  # whose card is under way comes first
        kit.world.faults.clear()
        kit.settle(p)
    assert SpecimenPersonaliser().read(_Direct(stranger)) == held, "a card of another office was written"
    check_ledger(kit)


gone: set[int] = set()
refused: list[str] = []


def _swap(kit: CardBench, rng: random.Random) -> None:
    """A hand lays one of the cards of these two people on the reader, or another office's, or takes it away. Spoiled ones are locked up."""
    mine = {j.id for p in kit.people[-2:] for j in kit.desk.register.read(lambda v, p=p: v.card_jobs(p.id))}
    cards = [c for c in kit.world.printed() if c.title in mine and id(c.chip) not in gone]
    if rng.random() < 0.08:
        kit.world.card_in_reader(kit.stranger())
    elif not cards or rng.random() < 0.1:
        kit.world.take_card()
    else:
        kit.world.card_in_reader(rng.choice(cards).chip)


def test_two_applicants_never_mix(kit: CardBench, reached: Any) -> None:
    """Four interleavings; the other 500 are the gate below."""
    refused.clear()
    for seed in range(4):
        interleave(kit, random.Random(seed))
    reached(14, asked=4, got=4, what="interleavings of two applicants without a mixed chip")
    assert refused, "nothing was tried that had to be refused"


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_five_hundred_interleavings_of_two_applicants(tmp_path_factory: pytest.TempPathFactory, reached: Any) -> None:
    refused.clear()
    for block in range(10):  # an office of a hundred people each: its audit is read often
        with card_bench(tmp_path_factory.mktemp(f"mix{block}"), blanks=600) as made:
            for n in range(50):
                interleave(made, random.Random(1000 + block * 50 + n))
    print({k: refused.count(k) for k in set(refused)})
    reached(14, asked=500, got=500, what="interleavings of two applicants without a mixed chip")
    assert {"card.finish_first", "chip.foreign", "card_printer.ribbon_empty"} <= set(refused)


def test_a_card_swapped_between_look_and_write_is_not_written(kit: CardBench) -> None:
    """Hands are fastest right after the UID was bound."""
    first, second = kit.next_person(), kit.next_person()
    kit.settle(first)
    made = kit.live(first)
    printing.start_card(kit.desk, kit.operator, second.id)
    job = kit.live(second)
    kit.card_of(job.id)
    printing.confirm_print(kit.desk, kit.operator, job.id)
    kit.world.card_in_reader(kit.card_of(job.id).chip)
    real = kit.devices.call

    def quick_hands(kind: Any, operation: str, work: Any, deadline_s: float) -> Any:
        if operation == "card_reader.write":
            kit.world.card_in_reader(kit.card_of(made.id).chip)
        return real(kind, operation, work, deadline_s)

    kit.devices.call = quick_hands  # type: ignore[method-assign]
    try:
        with pytest.raises(SopViolation) as caught:
            encoding.encode_card(kit.desk, kit.operator, job.id)
    finally:
        del kit.devices.call
    assert caught.value.message_key == "chip.swapped"
    check_chips(kit)
    kit.world.take_card()
    kit.settle(second)
    check_ledger(kit)


# -- one live card (threat 13) ------------------------------------------------------------------------------------------


def test_a_stalled_submit_that_answers_late_is_found_by_its_title(kit: CardBench) -> None:
    p = kit.next_person()
    kit.world.faults.add(PRINTER, "late", seconds=0.8)
    object.__setattr__(kit.desk, "print_timeout_s", 0.3)
    job = printing.start_card(kit.desk, kit.operator, p.id)
    object.__setattr__(kit.desk, "print_timeout_s", 8.0)
    assert (job.state, job.printer_job) == (JobState.UNKNOWN, "")
    with pytest.raises(DuplicateRequest):
        printing.start_card(kit.desk, kit.operator, p.id)
    wait_for(lambda: _word(kit, job.id) in ("pending", "printing", "printed"))
    found = kit.live(p)
    assert found.state is JobState.SENT and found.printer_job
    kit.settle(p)
    check_ledger(kit)


def _word(kit: CardBench, job_id: str) -> str:
    question = reconcile.question_of(kit.desk, job_id)
    return question.hint if question else ""


def test_a_call_given_up_before_it_submits_never_prints(kit: CardBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The printer hangs while its media are looked at; when it wakes up the card was cancelled long ago."""
    from ktpel_kiosk.hal.simulators.card_printer import SimulatedCardPrinter

    p = kit.next_person()
    real, looks, woke = SimulatedCardPrinter.media, [], threading.Event()

    def slow(self: Any) -> Any:
        looks.append(1)
        if len(looks) == 2:  # the first look comes before the blank is taken
            woke.wait(5)
        return real(self)

    monkeypatch.setattr(SimulatedCardPrinter, "media", slow)
    object.__setattr__(kit.desk, "print_timeout_s", 0.3)
    with pytest.raises(KioskError):
        printing.start_card(kit.desk, kit.operator, p.id)
    object.__setattr__(kit.desk, "print_timeout_s", 8.0)
    (job,) = [j for j in kit.jobs() if j.permohonan_id == p.id]
    assert job.state is JobState.CANCELLED
    woke.set()
    monkeypatch.undo()
    threading.Event().wait(0.1)
    assert kit.world.printer.titled(job.id) is None, "it printed after all"
    kit.settle(p)
    check_ledger(kit)


def test_a_waiting_card_is_taken_out_of_the_queue_and_its_blank_goes_back(kit: CardBench) -> None:
    p = kit.next_person()
    job = printing.start_card(kit.desk, kit.operator, p.id)
    question = reconcile.question_of(kit.desk, job.id)
    assert (question.hint, question.answers) == ("pending", ("cancel", "spoiled"))
    for verdict in ("printed", "not_printed"):
        kit.world.printer.titled(job.id).looks = 0  # nobody can have seen a card that the printer has not made
        with pytest.raises(SopViolation) as caught:
            reconcile.answer(kit.desk, kit.operator, job.id, verdict, **SECOND)
        assert caught.value.message_key == "card.in_printer"
    kit.world.printer.titled(job.id).looks = -2
    assert reconcile.answer(kit.desk, kit.operator, job.id, "cancel").state is JobState.CANCELLED
    assert kit.world.printer.fate(job.id) == "whole"
    kit.settle(p)
    check_ledger(kit)


def test_a_blank_the_printer_calls_printed_needs_a_second_officer(kit: CardBench) -> None:
    p = kit.next_person()
    job = printing.start_card(kit.desk, kit.operator, p.id)
    kit.world.printed()
    with pytest.raises(KioskError):
        reconcile.answer(kit.desk, kit.operator, job.id, "not_printed")
    assert kit.live(p).state is JobState.SENT
    kit.settle(p)
    check_ledger(kit)


def test_a_card_in_the_printers_hands_is_nobodys_question(kit: CardBench) -> None:
    p = kit.next_person()
    job = printing.start_card(kit.desk, kit.operator, p.id)
    with kit.desk.card_acts.working(job.id):
        assert reconcile.question_of(kit.desk, job.id) is None
        assert job.id not in {q.job.id for q in reconcile.open_questions(kit.desk)}
        for act in (lambda: reconcile.answer(kit.desk, kit.operator, job.id, "printed"),
                    lambda: printing.confirm_print(kit.desk, kit.operator, job.id),
                    lambda: printing.spoil_card(kit.desk, kit.operator, job.id, "uji", **SECOND)):
            with pytest.raises(DuplicateRequest) as caught:
                act()
            assert caught.value.message_key == "card.at_work"
    kit.settle(p)
    check_ledger(kit)


def test_a_printer_without_a_station_refuses_before_a_blank_is_taken(kit: CardBench) -> None:
    p = kit.next_person()
    boss = kit.office.actor(Peran.SUPERVISOR)
    encoding.set_chip_place(kit.desk, boss, "printer")
    with pytest.raises(KioskError) as caught:
        printing.start_card(kit.desk, kit.operator, p.id)
    encoding.set_chip_place(kit.desk, boss, "meja")
    assert caught.value.message_key == "printer.no_station" and kit.live(p) is None
    kit.settle(p)


def test_a_card_written_inside_is_read_again_at_the_desk(inside: CardBench) -> None:
    p = inside.next_person()
    job = inside.settle(p)
    other = next(c for c in inside.world.printed() if c.title != job.id)
    inside.world.card_in_reader(other.chip)
    p2 = inside.next_person()
    job2 = printing.start_card(inside.desk, inside.operator, p2.id)
    inside.world.printed()
    with pytest.raises(SopViolation) as caught:
        encoding.reread_chip(inside.desk, inside.operator, job2.id)
    assert caught.value.message_key == "chip.foreign"
    inside.world.card_in_reader(inside.card_of(job2.id).chip)
    assert encoding.reread_chip(inside.desk, inside.operator, job2.id).digest == job2.readback_hash
    assert inside.live(p2).state is JobState.SENT
    inside.settle(p2)
    check_ledger(inside)
