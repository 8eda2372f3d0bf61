"""Blank cards: the ledger of moves and the table of blanks always agree, stock is never negative, the day is counted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.desk import blangko, books, printing
from ktpel_kiosk.domain.cards import Blangko, BlangkoState, CardJob, JobState
from ktpel_kiosk.domain.errors import BadInput, DuplicateRequest, NotAllowed, SopViolation
from ktpel_kiosk.domain.ledgers import BlangkoMoveKind
from ktpel_kiosk.domain.sop import Peran


@pytest.fixture
def still(monkeypatch):
    monkeypatch.setattr(PracticeClock, "monotonic", lambda self: self._mono + self._extra)


def sums(office):
    since, until = office.clock.now() - timedelta(days=400), office.clock.now() + timedelta(days=1)
    found = dict.fromkeys(BlangkoMoveKind, 0)
    for move in office.desk.register.read(lambda v: list(v.blangko_moves_in(since, until))):
        found[move.kind] += move.count
    return found


def agree(office):
    table = office.desk.register.read(lambda v: v.blangko_balance())
    moves = sums(office)
    assert table.balanced
    assert (moves[BlangkoMoveKind.MASUK], moves[BlangkoMoveKind.BAIK], moves[BlangkoMoveKind.RUSAK], moves[BlangkoMoveKind.KEMBALI]) == (
        table.masuk, table.baik, table.rusak, table.dikembalikan)
    stock = office.desk.register.read(lambda v: v.blangko_stock_at(office.clock.now() + timedelta(days=1)))
    assert stock == table.stok + table.dipakai >= 0
    rows = books.build_book(office.desk, "blangko").rows
    assert (rows[-1].cells[6] if rows else 0) == stock


def test_ledger_and_table_agree_over_any_sequence(office):
    """Cards are pushed through their states at the register, as printing does; what is not allowed must change nothing."""
    pushed = [0]

    class Ledger(RuleBasedStateMachine):
        jobs: dict[str, CardJob]

        def __init__(self) -> None:
            super().__init__()
            self.jobs = {}

        @rule(count=st.integers(1, 4))
        def receive(self, count):
            pushed[0] += count
            blangko.receive_blangko(office.desk, office.actor(Peran.SUPERVISOR), [f"X{pushed[0]}-{i}" for i in range(count)], "BAST")

        @rule(count=st.integers(1, 5))
        def give_back(self, count):
            have = blangko.stock(office.desk).balance.stok
            try:
                assert len(blangko.return_blangko(office.desk, office.actor(Peran.SUPERVISOR), count, "BA/1", "kuota")) == count
                assert count <= have
            except SopViolation:
                assert count > have

        @rule()
        def print_one(self):
            now, job_id = office.clock.now(), office.desk.ids.new()

            def work(tx):
                blank = tx.next_blangko()
                if blank is None:
                    tx.log("StagePaused", "x", "-")
                    return None
                job = CardJob(job_id, owner.id, job_id, "1", blank.serial, JobState.SENT, now, now, operator="operator")
                tx.add_card_job(job)
                tx.save_blangko(type(blank)(blank.serial, BlangkoState.DIPAKAI, blank.batch, job_id))
                tx.log("CardIntent", owner.id, "operator")
                return job

            job = office.desk.register.write(work)
            if job:
                self.jobs[job.id] = job

        @rule(pick=st.integers(0, 20), fate=st.sampled_from([JobState.CONFIRMED, JobState.SPOILED]))
        def end_one(self, pick, fate):
            if not self.jobs:
                return
            job = list(self.jobs.values())[pick % len(self.jobs)]
            if job.state is JobState.SPOILED or job.state is fate:
                return
            after = type(job)(**{**{f: getattr(job, f) for f in job.__slots__}, "state": fate})

            def work(tx):
                tx.save_card_job(after)
                state = BlangkoState.BAIK if fate is JobState.CONFIRMED else BlangkoState.RUSAK
                tx.save_blangko(Blangko(job.blangko, state, "", job.id))
                blangko.note_use(office.desk, tx, office.actor(Peran.OPERATOR), job, after)
                tx.log("CardConfirmed", owner.id, "operator")

            office.desk.register.write(work)
            self.jobs[job.id] = after

        @invariant()
        def both_say_the_same(self):
            agree(office)

    owner = office.begun()
    run_state_machine_as_test(Ledger, settings=settings(
        max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=[HealthCheck.too_slow]))


def test_the_desks_own_acts_write_the_moves(office):
    operator = office.actor(Peran.OPERATOR)
    p = office.prr(office.sealed())
    job = printing.start_card(office.desk, operator, p.id)
    agree(office)
    printing.spoil_card(office.desk, operator, job.id, "tergores", second_username="kasi", second_password="rahasia")
    agree(office)
    job = printing.confirm_print(office.desk, operator, printing.start_card(office.desk, operator, p.id).id)
    printing.encode_card(office.desk, operator, job.id)
    agree(office)
    printing.spoil_card(office.desk, operator, job.id, "ditolak pemohon", second_username="kasi", second_password="rahasia")
    agree(office)
    assert sums(office) == {BlangkoMoveKind.MASUK: 10, BlangkoMoveKind.BAIK: 0, BlangkoMoveKind.RUSAK: 2, BlangkoMoveKind.KEMBALI: 0}


def test_returned_blanks_are_the_last_ones_and_are_never_printed(office):
    kasi = office.actor(Peran.KASI)
    assert blangko.return_blangko(office.desk, kasi, 8, "BAST/7/2026", "kelebihan kuota") == tuple(f"{n:05d}" for n in range(10, 2, -1))
    with pytest.raises(SopViolation):
        blangko.return_blangko(office.desk, kasi, 3, "BAST/8/2026", "kelebihan kuota")
    for count, number, reason in ((0, "x", "y"), (1, " ", "y"), (1, "x", "")):
        with pytest.raises(BadInput):
            blangko.return_blangko(office.desk, kasi, count, number, reason)
    with pytest.raises(NotAllowed):
        blangko.return_blangko(office.desk, office.actor(Peran.OPERATOR), 1, "x", "y")
    agree(office)
    assert office.desk.register.read(lambda v: v.next_blangko()).serial == "00001"
    assert [r.cells for r in books.build_book(office.desk, "blangko").rows][-1][1:7] == ("BAST/7/2026", "", "", "", 8, 2)


def test_a_receipt_with_a_known_serial_changes_nothing(office):
    with pytest.raises(DuplicateRequest):
        blangko.receive_blangko(office.desk, office.actor(Peran.SUPERVISOR), ["A1", "00003"], "BAST-2")
    assert blangko.stock(office.desk).balance.masuk == 10
    agree(office)


def test_the_day_is_counted_and_a_difference_needs_a_note(office, still):
    office.walk().advance(office.prr(office.sealed()).id)
    kasi = office.actor(Peran.KASI)
    so_far = blangko.today_so_far(office.desk)
    assert (so_far.opening, so_far.masuk, so_far.baik, so_far.closing) == (0, 10, 1, 9)
    with pytest.raises(BadInput) as caught:
        blangko.close_day(office.desk, kasi, 8)
    assert (caught.value.facts["expected"], caught.value.facts["found"]) == (9, 8)
    closed = blangko.close_day(office.desk, kasi, 8, "satu lembar terselip, dicari")
    assert (closed.closing, closed.counted, closed.officer) == (9, 8, "kasi")
    with pytest.raises(DuplicateRequest):
        blangko.close_day(office.desk, kasi, 9)
    assert blangko.stock(office.desk).today.note == "satu lembar terselip, dicari"
    office.clock.advance(86_400)
    assert blangko.stock(office.desk).today is None
    assert blangko.today_so_far(office.desk).opening == 9
    assert len(blangko.closed_days(office.desk, 2026, 11)) == 1
    with pytest.raises(NotAllowed):
        blangko.close_day(office.desk, office.actor(Peran.OPERATOR), 9)


def test_the_desk_warns_at_the_offices_threshold(office):
    supervisor = office.actor(Peran.SUPERVISOR)
    assert blangko.stock(office.desk).low
    blangko.set_threshold(office.desk, supervisor, 9)
    assert not blangko.stock(office.desk).low
    blangko.return_blangko(office.desk, supervisor, 1, "x", "y")
    assert blangko.stock(office.desk).low
    with pytest.raises(BadInput):
        blangko.set_threshold(office.desk, supervisor, -1)
