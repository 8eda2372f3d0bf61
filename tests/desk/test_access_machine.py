"""Random commands by random officers: nobody ever moves an application with a role that may not (RELIABILITY.md threat 2)."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from access_office import SECOND, add_officers
from desk_office import PASSWORD, Office, build
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from rogue import ELSEWHERE, FOUR_EYES, OWN_PASSWORD, Rogue
from test_access_matrix import CHECKERS, COUNTERS_AND_HEADS, TABLE

from ktpel_kiosk.desk import (
    approvals,
    correction,
    encoding,
    handover,
    intake,
    printing,
    progress,
    recording,
    resend,
    returns,
    sealing,
    status_acts,
    statuses,
    verification,
)
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.approval import ApprovalState
from ktpel_kiosk.domain.biometric import EYES, FINGERS, ExceptionKind, Position
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.permohonan import DONE_STATES, Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Layanan, Peran
from ktpel_kiosk.domain.status import StatusSiak

Command = Callable[[Desk, Actor, Permohonan], Any]
LIVE = {JobState.INTENT, JobState.SENT, JobState.UNKNOWN, JobState.PRINTED, JobState.ENCODING, JobState.CONFIRMED}
FINAL = {Keadaan.SELESAI, Keadaan.BATAL, Keadaan.DITOLAK}
ROOM = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

STAGES: dict[str, str] = {  # who works on each stage in Tempeh, by hand from its SOP
    "terima_berkas": "loket penyerah", "agenda_register": "loket penyerah", "verifikasi": CHECKERS, "validasi": CHECKERS,
    "rekam": "operator", "kirim": "operator", "menunggu_prr": "operator", "cetak_encode": "operator", "aktivasi": "loket operator penyerah",
    "serah_loket": "operator", "serah_pemohon": "loket penyerah",
}


def _job(desk: Desk, p: Permohonan) -> str:
    jobs = desk.register.read(lambda v: v.card_jobs(p.id))
    return jobs[-1].id if jobs else "tidak-ada"


COMMANDS: dict[str, Command] = {
    "intake.assign_number": lambda d, a, p: intake.assign_number(d, a, p.id),
    "progress.open_work": lambda d, a, p: progress.open_work(d, a, p.id),
    "progress.pause_work": lambda d, a, p: progress.pause_work(d, a, p.id, "ditunda"),
    "verification.verify": lambda d, a, p: verification.verify(d, a, p.id),
    "verification.validate": lambda d, a, p: verification.validate(d, a, p.id),
    "verification.renew": lambda d, a, p: verification.renew(d, a, p.id),
    "returns.return_application": lambda d, a, p: returns.return_application(d, a, p.id, ("lain",)),
    "returns.resubmit": lambda d, a, p: returns.resubmit(d, a, p.id),
    "returns.reject": lambda d, a, p: returns.reject(d, a, p.id, "tidak cocok", duplicate=True),
    "returns.resolve_duplicate": lambda d, a, p: returns.resolve_duplicate(d, a, p.id, "lanjut", "benar"),
    "returns.void_application": lambda d, a, p: returns.void_application(d, a, p.id, "salah"),
    "correction.correct_biodata": lambda d, a, p: correction.correct_biodata(d, a, p.id, alamat="JALAN LAIN 2"),
    "recording.capture_face": lambda d, a, p: recording.capture_face(d, a, p.id),
    "recording.capture_fingers": lambda d, a, p: recording.capture_fingers(d, a, p.id, FINGERS),
    "recording.capture_irises": lambda d, a, p: recording.capture_irises(d, a, p.id, EYES),
    "recording.capture_signature": lambda d, a, p: recording.capture_signature(d, a, p.id),
    "recording.record_exception": lambda d, a, p: recording.record_exception(
        d, a, p.id, Position.LEFT_THUMB, ExceptionKind.BANDAGED, "dibalut", "dua", PASSWORD),
    "recording.withdraw_exception": lambda d, a, p: recording.withdraw_exception(d, a, p.id, Position.LEFT_THUMB),
    "recording.force_position": lambda d, a, p: recording.force_position(d, a, p.id, Position.RIGHT_THUMB, "kasar"),
    "recording.confirm_data": lambda d, a, p: recording.confirm_data(d, a, p.id),
    "recording.finish_recording": lambda d, a, p: recording.finish_recording(d, a, p.id),
    "sealing.applicant_confirms": lambda d, a, p: sealing.applicant_confirms(d, a, p.id),
    "sealing.sign_off": lambda d, a, p: sealing.sign_off(d, a, p.id, PASSWORD),
    "sealing.seal_packet": lambda d, a, p: sealing.seal_packet(d, a, p.id),
    "resend.resend": lambda d, a, p: resend.resend(d, a, p.id, "gagal enrol"),
    "resend.record_again": lambda d, a, p: resend.record_again(d, a, p.id, "berkas hilang"),
    "status_acts.send_again": lambda d, a, p: status_acts.send_again(d, a, p.id, "gagal enrol"),
    "status_acts.record_again": lambda d, a, p: status_acts.record_again(d, a, p.id, "iris tertutup"),
    "statuses.record_entry": lambda d, a, p: statuses.record_entry(d, a, p.id, StatusSiak.ENROLL_FAILURE_AT_CENTRAL, "terbaca"),
    "statuses.enter_status": lambda d, a, p: statuses.enter_status(d, a, p.id, StatusSiak.PRINT_READY_RECORD),
    "printing.check_before_print": lambda d, a, p: printing.check_before_print(d, a, p.id),
    "printing.start_card": lambda d, a, p: printing.start_card(d, a, p.id),
    "printing.confirm_print": lambda d, a, p: printing.confirm_print(d, a, _job(d, p)),
    "printing.spoil_card": lambda d, a, p: printing.spoil_card(d, a, _job(d, p), "macet", **SECOND),
    "encoding.encode_card": lambda d, a, p: encoding.encode_card(d, a, _job(d, p)),
    "handover.activate": lambda d, a, p: handover.activate(d, a, p.id),
    "handover.move_to_counter": lambda d, a, p: handover.move_to_counter(d, a, p.id),
    "handover.hand_over": lambda d, a, p: handover.hand_over(d, a, p.id, b"\x89PNG"),
}
REOPENS = ("printing.spoil_card", "resend.record_again", "status_acts.record_again", "statuses.enter_status", "statuses.record_entry")
"""Print a spoiled card again, record again, a status that sends somebody back."""
APPLICANT = ("recording.confirm_data", "sealing.applicant_confirms")
"""Answers of the applicant, taken by the officer they sit with."""
ONWARD: dict[str, tuple[str, ...]] = {  # what usually comes next at a stage, so that sequences get somewhere
    "agenda_register": ("intake.assign_number",), "verifikasi": ("verification.verify",), "validasi": ("verification.validate",),
    "rekam": ("recording.capture_face", "recording.capture_fingers", "recording.capture_irises", "recording.capture_signature",
              "verification.renew", "recording.finish_recording"),
    "kirim": ("sealing.sign_off", "sealing.seal_packet"), "menunggu_prr": ("statuses.enter_status",),
    "cetak_encode": ("printing.start_card", "printing.confirm_print", "encoding.encode_card"), "aktivasi": ("handover.activate",),
    "serah_loket": ("handover.move_to_counter",), "serah_pemohon": ("handover.hand_over",),
}


def may(name: str, stage: str) -> set[str]:
    """Roles that may give this command at this stage; the matrix's table, and Tempeh's steps where the stage decides."""
    if name in ("progress.open_work", "progress.pause_work", "returns.return_application", "correction.correct_biodata"):
        return set(STAGES.get(stage, COUNTERS_AND_HEADS).split())
    return set(TABLE[name].split())


class Desks(RuleBasedStateMachine):
    """One office, three applications, nine officers with one role each, and somebody without any."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=ROOM))
        self.office: Office = build(self.folder / "kantor", "tempeh")
        self.desk = self.office.desk
        self.actors = add_officers(self.office)
        self.ids: list[str] = []
        self.moved = 0

    @initialize()
    def applicants(self) -> None:
        person = [self.office.person(i) for i in range(3)]
        for penduduk in person:
            items = frozenset(i.kode for i in intake.checklist(self.desk, Layanan.BARU_WNI, penduduk))
            self.ids.append(intake.receive_papers(self.desk, self.actors["loket"], Layanan.BARU_WNI, penduduk, items).id)

    def _p(self, which: int) -> Permohonan:
        return self.desk.register.read(lambda v: v.permohonan(self.ids[which]))

    def _length(self) -> int:
        return int(self.desk.register.read(lambda v: v.audit_length()))

    @rule(role=st.sampled_from(["", *Peran]), name=st.sampled_from(sorted(COMMANDS)), which=st.integers(0, 2))
    def any_command(self, role: str, name: str, which: int) -> None:
        self._command(role, name, which)

    @rule(which=st.integers(0, 2), pick=st.integers(0, 99))
    def onward(self, which: int, pick: int) -> None:
        """Something that fits the stage, by somebody who may: otherwise most sequences would stay at the counter."""
        p = self._p(which)
        tahap = p.current()
        if tahap is None:
            return
        for answer in APPLICANT:
            try:
                COMMANDS[answer](self.desk, self.actors["operator"], p)
            except KioskError:
                continue
        names = ONWARD.get(tahap.stage, ())
        if names:
            name = names[pick % len(names)]
            roles = sorted(may(name, tahap.stage))
            self._command(roles[pick % len(roles)], name, which)

    def _command(self, role: str, name: str, which: int) -> None:
        before, length = self._p(which), self._length()
        tahap = before.current()
        allowed = may(name, tahap.stage if tahap else "")
        refused = None
        try:
            COMMANDS[name](self.desk, self.actors[role], before)
        except KioskError as error:
            refused = error
        after = self._p(which)
        if role not in allowed:
            quiet = name == "progress.open_work" and after == before
            assert refused is not None or quiet, f"{name} by {role or 'nobody'} at {tahap.stage if tahap else '-'}"
            assert after == before, f"{name} by {role or 'nobody'} changed the application"
            assert self._length() == length, f"{name} by {role or 'nobody'} left a trace although it was refused"
        self._transitions(before, after, role, name)

    def _transitions(self, before: Permohonan, after: Permohonan, role: str, name: str) -> None:
        """Steps only end, in order, by an officer of the step; a finished application never moves again, and a finished step is
        opened again only by a command that is there for it."""
        if before.keadaan in FINAL:
            assert after == before
        for old, new in zip(before.tahap, after.tahap, strict=True):
            if old.state in DONE_STATES:
                assert new == old or (name in REOPENS and new.state not in DONE_STATES), f"{name} changed {old.stage}"
            elif new.state in DONE_STATES and new.outcome != "tidak_perlu_rekam":
                assert role in STAGES[new.stage].split() or new.actor == "siak", f"{role} finished {new.stage}"
                self.moved += 1
                if new.stage == "rekam" and new.outcome != "tidak_perlu_rekam":
                    held = approvals.states(self.desk, after.id)
                    mine = [a for a in self.desk.register.read(lambda v: v.approvals(after.id)) if a.kind == "paraf"]
                    assert mine and held[mine[-1].id] is ApprovalState.SAH, "recorded on an approval of other content, or of nobody"
        done = [t.state in DONE_STATES for t in after.tahap]
        assert done == sorted(done, reverse=True)

    @invariant()
    def cards_and_blanks(self) -> None:
        if not self.ids:
            return
        jobs = self.desk.register.read(lambda v: [v.card_jobs(i) for i in self.ids])
        assert all(sum(j.state in LIVE for j in mine) <= 1 for mine in jobs)
        assert self.desk.register.read(lambda v: v.blangko_balance()).balanced

    def teardown(self) -> None:
        try:
            assert self.desk.register.check_audit().whole
            assert approvals.check_all(self.desk, self.actors["supervisor"]).whole
        finally:
            self.desk.register.close()
            shutil.rmtree(self.folder, ignore_errors=True)


QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


class TestDesks(Desks.TestCase):  # type: ignore[name-defined,misc]
    settings = settings(max_examples=6, stateful_step_count=60, deadline=None, suppress_health_check=QUIET, database=None,
                        derandomize=True, phases=[Phase.generate])


def walk(counts: dict[str, int], rng: random.Random, size: int) -> None:
    """Every role gives ``size`` commands over a floor of applications that others lead on; any wrong move is an assertion."""
    while min(counts.values()) < size:
        machine = Desks()
        try:
            machine.applicants()
            for _ in range(600):
                if rng.random() < 0.25:
                    machine.onward(rng.randrange(3), rng.randrange(100))
                    continue
                role = min(counts, key=counts.__getitem__) if rng.random() < 0.5 else rng.choice(list(counts))
                machine.any_command(role, rng.choice(sorted(COMMANDS)), rng.randrange(3))
                counts[role] += 1
            machine.cards_and_blanks()
            assert machine.moved > 0
        finally:
            machine.teardown()


@pytest.fixture(scope="module")
def machine() -> Iterator[Rogue]:
    made = Rogue()
    yield made
    made.close()


def rogues(machine: Rogue, size: int, seed: int) -> tuple[int, list[str]]:
    """``size`` commands of every role out of all use cases of the table, under hostile conditions. (forbidden ones, what went wrong)"""
    rng, forbidden, wrong = random.Random(seed), 0, []
    for n in range(size):
        for role in ("", *Peran):
            outcome = machine.random(rng, role)
            forbidden += outcome.forbidden
            if outcome.wrong:
                wrong.append(f"command {n}: {outcome.wrong}")
    return forbidden, wrong


def test_forty_commands_of_every_role_out_of_all_use_cases(machine: Rogue) -> None:
    forbidden, wrong = rogues(machine, 40, seed=1)
    assert not wrong, wrong[:5]
    assert forbidden > 200


def test_four_eyes_are_asked_for_in_every_way_to_cheat(machine: Rogue) -> None:
    """Each use case that needs a second officer, under each condition; and no other asks for a password unnoticed."""
    for name, event in FOUR_EYES.items():
        role = TABLE[name].split()[0]
        seen, error = machine.rehearse(name, machine.made.actors[role])
        assert error is None and event in [link.event for link in seen.links], f"{name}: the way itself must be open"
        for condition in ("plain", "same", "off", "weak", "stale_second"):
            outcome = machine.command(role, name, condition)
            assert not outcome.wrong and outcome.forbidden == (condition != "plain"), outcome
    assert set(ELSEWHERE) <= set(TABLE)
    assert machine.ask_for_a_password() == set(FOUR_EYES) | OWN_PASSWORD


@pytest.mark.gate
@pytest.mark.timeout(7200)
def test_ten_thousand_commands_of_every_role(machine: Rogue, reached: Callable[..., None]) -> None:
    """Half of each role's commands move three applications for real, half are any use case of the desk under hostile conditions."""
    size = int(os.environ.get("KTPEL_ROGUE_COMMANDS", "10000"))
    counts = dict.fromkeys(("", *Peran), 0)
    half = size // 2
    moved_wrong, rng = [], random.Random(2)
    try:
        walk(counts, rng, half)
    except AssertionError as found:
        moved_wrong.append(str(found))
    forbidden, wrong = rogues(machine, size - half, seed=3)
    wrong += moved_wrong
    reached(2, asked=0, got=len(wrong), at_most=True, size=min(counts.values()) + size - half,
            what="forbidden transitions in 10,000 random commands of each role")
    assert not wrong, wrong[:5]
    assert forbidden > size
