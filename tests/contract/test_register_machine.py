"""A register used at random, crashed and reopened in between, always agrees with a plain model of what was acknowledged."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "register"))

from register_makers import KEY, application, job, logged, open_register, packet, person, sample, status

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.cards import LIVE, CardJob, JobState
from ktpel_kiosk.domain.errors import DuplicateRequest, KioskError, StaleView
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.permohonan import OPEN_STATES, Keadaan, Permohonan
from ktpel_kiosk.ports.register import Query
from ktpel_kiosk.register import driver

NUMBERS = st.integers(1, 6)


class RegisterMachine(RuleBasedStateMachine):
    """``copy`` after every commit and continue on the copy: what a power cut leaves is exactly files without a close."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.register = open_register(self.folder, anchor_every=3)
        self.applications: dict[str, Permohonan] = {}
        self.samples: dict[str, dict[str, bool]] = {}
        self.packets: dict[str, Packet] = {}
        self.statuses: dict[str, list[int]] = {}
        self.jobs: dict[str, CardJob] = {}
        self.counter = self.links = self.cursor = 0

    def teardown(self) -> None:
        if hasattr(self, "register"):
            self.register.close()
            shutil.rmtree(self.folder)

    def act(self, work: Any) -> Any:
        made = logged(self.register, work)
        self.links += 1
        return made

    @rule(n=NUMBERS, who=NUMBERS)
    def apply(self, n: int, who: int) -> None:
        p = application(n, penduduk=person(who))
        taken = any(a.penduduk.nik == p.penduduk.nik and a.keadaan in OPEN_STATES for a in self.applications.values() if a.id != p.id)
        try:
            self.applications[p.id] = self.act(lambda tx: tx.save_permohonan(p))
            assert not taken
            self.samples[p.id] = {}
        except DuplicateRequest:
            assert taken
        except StaleView:
            assert p.id in self.applications

    @rule(n=NUMBERS, keadaan=st.sampled_from(Keadaan), stale=st.booleans())
    def change(self, n: int, keadaan: Keadaan, stale: bool) -> None:
        p = self.applications.get(application(n).id)
        if p is None:
            return
        q = replace(p, keadaan=keadaan, version=p.version - stale)
        taken = keadaan in OPEN_STATES and any(
            a.penduduk.nik == p.penduduk.nik and a.keadaan in OPEN_STATES for a in self.applications.values() if a.id != p.id)
        try:
            self.applications[p.id] = self.act(lambda tx: tx.save_permohonan(q))
            assert not stale and not taken
        except StaleView:
            assert stale
        except DuplicateRequest:
            assert taken

    @rule(n=NUMBERS, position=st.sampled_from([Position.FACE, Position.LEFT_INDEX]), best=st.booleans())
    def record(self, n: int, position: Position, best: bool) -> None:
        p = self.applications.get(application(n).id)
        if p is None:
            return
        known = self.samples[p.id]
        new = sample(p, position, len(known) + 1, size=50, best=best)
        self.act(lambda tx: tx.add_sample(new))
        if best:
            known.update({i: False for i in known if position.value in i})
        known[new.id] = best

    @rule(n=NUMBERS)
    def seal(self, n: int) -> None:
        p = self.applications.get(application(n).id)
        if p is None:
            return
        made = packet(p, len(self.packets) + 1)
        self.act(lambda tx: (tx.add_packet(made), tx.drop_samples(p.id)))
        self.packets[made.packet_id], self.samples[p.id] = made, {}

    @precondition(lambda self: self.packets)
    @rule(data=st.data(), state=st.sampled_from(PacketState), offset=st.integers(0, 999))
    def send(self, data: st.DataObject, state: PacketState, offset: int) -> None:
        before = self.packets[data.draw(st.sampled_from(sorted(self.packets)))]
        after = replace(before, state=state, offset=offset, attempts=before.attempts + 1)
        try:
            self.act(lambda tx: tx.save_packet(after))
            self.packets[after.packet_id] = after
        except KioskError:
            assert before.state is PacketState.RECEIVED and state is not PacketState.RECEIVED

    @rule(number=st.integers(1, 3), sequence=st.integers(1, 20))
    def hear(self, number: int, sequence: int) -> None:
        known = self.statuses.setdefault(f"packet-{number}", [])
        news = self.act(lambda tx: tx.add_status(status(f"packet-{number}", sequence)))
        assert news is (sequence not in known)
        if news:
            known.append(sequence)
            known.sort()
        self.cursor = max(self.cursor, sequence)

    @rule(n=NUMBERS, number=st.integers(1, 9), state=st.sampled_from(JobState))
    def card(self, n: int, number: int, state: JobState) -> None:
        p = self.applications.get(application(n).id)
        if p is None:
            return
        known = self.jobs.get(f"job-{number}")
        new = replace(known or job(p, number), state=state)
        others = [j for j in self.jobs.values() if j.id != new.id and j.state in LIVE]
        barred = state in LIVE and any(j.credential == new.credential for j in others)
        try:
            self.act(lambda tx: tx.save_card_job(new) if known else tx.add_card_job(new))
            assert not barred
            self.jobs[new.id] = new
        except DuplicateRequest:
            assert barred

    @rule()
    def number(self) -> None:
        self.counter += 1
        assert self.act(lambda tx: tx.next_number("register", 2026)) == self.counter

    @rule()
    def fail(self) -> None:
        def work(tx: Any) -> None:
            tx.next_number("register", 2026)
            tx.drop_samples(application(1).id)
            raise OSError("power")

        try:
            self.act(work)
        except OSError:
            return
        raise AssertionError

    @rule()
    def reopen(self) -> None:
        self.register.close()
        self.register = open_register(self.folder, anchor_every=3)

    @rule()
    def power_cut(self) -> None:
        """Continue on the files as they lie there, while the old process still has an uncommitted transaction open."""
        left = Path(tempfile.mkdtemp())

        def work(tx: Any) -> None:
            tx.log("DraftSaved", "never", "rina")
            tx.next_number("register", 2026)
            shutil.copytree(self.folder, left, dirs_exist_ok=True)
            raise OSError("power")

        with suppress(OSError):
            self.register.write(work)
        self.register.close()
        shutil.rmtree(self.folder)
        self.folder = left
        self.register = open_register(self.folder, anchor_every=3)

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "register"):
            return

        def look(v: Any) -> None:
            for id, p in self.applications.items():
                assert v.permohonan(id) == p
                assert {s.id: s.best for s in v.samples(id, with_data=False)} == self.samples[id]
            assert v.count(Query()) == len(self.applications)
            assert {p.packet_id: p for p in v.packets()} == self.packets
            assert v.packets(unsent_only=True) == [p for p in self.packets.values() if p.state is not PacketState.RECEIVED]
            assert {k: [e.sequence for e in v.status_events(k)] for k in self.statuses} == self.statuses
            assert v.status_cursor() == self.cursor and v.audit_length() == self.links
            assert {j.id: j for a in self.applications for j in v.card_jobs(a)} == self.jobs

        self.register.read(look)
        assert self.register.check_audit().whole
        assert driver.SCHEMA_VERSION and KEY


RegisterMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestRegisterMachine = RegisterMachine.TestCase
