"""How each applicant's day goes: one generator per case, over the same use cases the windows call."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from ktpel_kiosk.app.day.cast import Case, Twist
from ktpel_kiosk.app.day.floor import Rest, Story, Until, Work
from ktpel_kiosk.app.population import Invented
from ktpel_kiosk.app.walk import Walk, WalkFailed
from ktpel_kiosk.desk import correction, duplicates, handover, intake, printing, recording, returns, verification
from ktpel_kiosk.desk.access import stage_roles
from ktpel_kiosk.desk.progress import open_work, pause_work
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biometric import Modality, Position, SignatureKind
from ktpel_kiosk.domain.cards import CardJob
from ktpel_kiosk.domain.errors import SopViolation
from ktpel_kiosk.domain.ganda import Putusan
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, Tahap, TahapState, plan_tahap
from ktpel_kiosk.domain.sop import Peran, Stage

COUNTER = frozenset({Peran.LOKET})
PAUSES: dict[Twist, tuple[str, float]] = {
    Twist.JEDA_LISTRIK: ("listrik", 1500.0), Twist.JEDA_PERANGKAT: ("perangkat", 2400.0),
    Twist.JEDA_TIDAK_HADIR: ("pemohon_tidak_hadir", 1200.0),
}
HOME_AND_BACK_S = 5400.0
LONGEST_WORK_S = 1500.0
PROXY, PROXY_BORN = "SUMIYATI", "520178"
"""Who comes with the letter of a proxy: an invented mother, born 12-01-1978."""


@dataclass
class DayWalk(Walk):
    """The walk of one applicant on the day: knows what the body lacks and how this person signs."""

    cases: dict[str, Case] = field(default_factory=dict)
    second: tuple[str, str] = ("", "")
    """User name and password of the officer who agrees to exceptions and spoiled cards."""
    skin: Callable[[str], None] = lambda _condition: None
    """Makes the skin of whoever sits there ``dry`` or ``normal``."""
    spoiled: set[str] = field(default_factory=set)

    def _record(self, actor: Actor, p: Permohonan) -> None:
        case = self.cases[p.id]
        if case.has(Twist.DATA_DIPERBAIKI) and not p.corrections and p.confirmed_at is None:
            recording.confirm_data(self.desk, actor, p.id, ("alamat",))
            correction.correct_biodata(self.desk, actor, p.id, alamat=f"{p.penduduk.alamat} BLOK B"[:60])
            checked = next(t.actor for t in p.tahap if t.stage in (Stage.VERIFIKASI, Stage.VALIDASI) and t.actor)
            verification.renew(self.desk, actor, p.id, username=checked, password=self.officers.passwords[checked])
        if self._read(p.id).confirmed_at is None:
            recording.confirm_data(self.desk, actor, p.id)
        status = recording.recording_status(self.desk, p.id)
        for position, kind in case.excused:
            if position in status.missing:
                status = recording.record_exception(self.desk, actor, p.id, position, kind, "diperiksa dan disetujui", *self.second)
        super()._record(actor, self._read(p.id))

    def second_of(self, actor: Actor) -> tuple[str, str]:
        return self.second if self.second[0] and self.second[0] != actor.username else super().second_of(actor)

    def _capture(self, actor: Actor, p: Permohonan, position: Position, status: recording.RecordingStatus,
                 asked: tuple[Position, ...]) -> recording.CaptureResult:
        if position.modality is Modality.SIGNATURE and self.cases[p.id].has(Twist.CAP_JEMPOL):
            return recording.capture_signature(self.desk, actor, p.id, SignatureKind.CAP_JEMPOL)
        return super()._capture(actor, p, position, status, asked)

    def _print(self, actor: Actor, p: Permohonan) -> None:
        if self.cases[p.id].has(Twist.KARTU_RUSAK) and p.id not in self.spoiled:
            self.spoiled.add(p.id)
            job: CardJob = printing.start_card(self.desk, actor, p.id)
            self._await_card(job)
            username, password = self.second
            printing.spoil_card(self.desk, actor, job.id, "warna bergaris", second_username=username, second_password=password)
        super()._print(actor, p)

    def _activate(self, actor: Actor, p: Permohonan) -> None:
        if not self.cases[p.id].has(Twist.JARI_KERING):
            super()._activate(actor, p)
            return
        self.skin("dry")
        try:
            super()._activate(actor, p)
        finally:
            self.skin("normal")

    def receiver_of(self, p: Permohonan) -> handover.Receiver:
        if not self.cases[p.id].has(Twist.KUASA):
            return super().receiver_of(p)
        letter = f"{self.rng.randint(1, 99):02d}/KUASA/{p.created_at.year}"
        return handover.Receiver("kuasa", PROXY, f"{p.penduduk.nik[:6]}{PROXY_BORN}0007", letter)

    def ikd_of(self, p: Permohonan) -> str:
        return "" if self.cases[p.id].has(Twist.KUASA) else self.rng.choice(handover.IKD)


@dataclass
class Stories:
    """Everything a story needs of the day.

    ``leaves``: called with the case, the application and the officer when an applicant has got card or letters.
    """

    walk: DayWalk
    rng: random.Random
    evening: datetime
    seat: Callable[[Permohonan], None]
    leaves: Callable[[Case, Permohonan, Actor], None]
    call: Callable[[Case, Permohonan, Actor], None]
    applications: dict[str, str] = field(default_factory=dict)
    """Case key to application id."""
    refused: dict[str, str] = field(default_factory=dict)
    """Case key to the sentence key of a refusal that leaves no application."""

    def story(self, case: Case, who: Invented) -> Story:
        desk = self.walk.desk
        if case.body_of:
            yield Until(lambda: self._recorded(case.body_of), self.evening)
        received: Permohonan | None = yield from self._at_the_counter(case, who)
        if received is None:
            return
        p = received
        if case.has(Twist.KURANG_TIDAK_KEMBALI):
            return
        if case.has(Twist.KURANG_LALU_DILENGKAPI):
            yield Rest(HOME_AND_BACK_S)
            papers = frozenset(i.kode for i in p.kelengkapan)
            yield self._work(COUNTER, 120.0, lambda a: returns.resubmit(desk, a, p.id, papers))
        yield from self._lead(case, p.id)

    # -- the counter

    def _at_the_counter(self, case: Case, who: Invented) -> Any:
        """The receiving steps; returns the application, or None when the law refuses the person."""
        desk = self.walk.desk
        first = next(t for t in plan_tahap(desk.sop) if t.stage is Stage.TERIMA_BERKAS)
        roles = stage_roles(desk.sop, first)
        step = next(s for s in desk.sop.langkah if s.nomor == first.nomor)
        key: list[str] = []

        def receive(actor: Actor) -> Permohonan:
            items = intake.checklist(desk, case.layanan, who.penduduk, varian=case.varian)
            there = frozenset(i.kode for i in items if i.wajib)
            offered = desk.sop.layanan_of(case.layanan)
            twice = case.known and offered is not None and offered.rekam_of(case.varian) == "ya"
            facts = {"nomor_hp": who.nomor_hp, "draft_key": key[0], "mobile_place": case.mobile_place, "varian": case.varian}
            if twice:
                return intake.return_at_counter(
                    desk, actor, case.layanan, who.penduduk, there, ("sudah_rekam",), "", **facts)  # type: ignore[arg-type]
            if case.twists & {Twist.KURANG_LALU_DILENGKAPI, Twist.KURANG_TIDAK_KEMBALI}:
                there = frozenset(sorted(there)[1:])
                return intake.return_at_counter(
                    desk, actor, case.layanan, who.penduduk, there, ("berkas_tidak_lengkap",), "", **facts)  # type: ignore[arg-type]
            return intake.receive_papers(desk, actor, case.layanan, who.penduduk, there, **facts)  # type: ignore[arg-type]

        try:
            seconds = self._seconds(self.walk.limit(first.nomor) / len(step.stages))
            p = yield Work(roles, seconds, receive, lambda a: key.append(intake.begin_intake(desk, a)))
        except SopViolation as refusal:
            if not case.has(Twist.TERLALU_MUDA):
                raise
            self.refused[case.key] = refusal.message_key
            return None
        self.applications[case.key] = p.id
        self.walk.cases[p.id] = case
        return p

    # -- along the SOP

    def _lead(self, case: Case, permohonan_id: str) -> Any:
        desk = self.walk.desk
        paused = returned = False
        verifier: Collection[str] = ()
        while True:
            p = self._read(permohonan_id)
            tahap = p.current()
            if tahap is None or p.keadaan is not Keadaan.BERJALAN:
                return
            roles = stage_roles(desk.sop_of(p.sop_digest), tahap)
            if tahap.stage is Stage.MENUNGGU_PRR:
                moved = yield Until(lambda: self._moved(permohonan_id, Stage.MENUNGGU_PRR), self.evening)
                if not moved:
                    return
                continue
            if tahap.stage in (Stage.VERIFIKASI, Stage.VALIDASI):
                done = yield from self._checked(case, p, tahap, roles, returned)
                if done == "ended":
                    return
                if done == "returned":
                    returned = True
                    continue
            if case.has(Twist.BATAL) and tahap.stage in (Stage.VERIFIKASI, Stage.VALIDASI, Stage.REKAM):
                yield self._work(PERMISSIONS["void_application"], 60.0,
                                 lambda a: returns.void_application(desk, a, permohonan_id, "Pemohon membatalkan permohonan."))
                return
            why = next((PAUSES[t] for t in case.twists if t in PAUSES), None)
            if tahap.stage is Stage.REKAM and why and not paused:
                paused = True
                yield self._work(roles, 120.0, partial(self._pause, permohonan_id, why[0]), lambda a: open_work(desk, a, permohonan_id))
                yield Rest(why[1])
                continue
            if tahap.stage is Stage.SERAH_PEMOHON and case.has(Twist.TIDAK_DIAMBIL):
                yield self._work(roles, 60.0, lambda a: self.call(case, self._read(permohonan_id), a))
                return
            officer = yield self._work(roles, self._share(p, tahap), lambda a: self._do(a, permohonan_id),
                                       lambda a: open_work(desk, a, permohonan_id), frozenset(verifier))
            if tahap.stage is Stage.VERIFIKASI and desk.sop_of(p.sop_digest).empat_mata == "larang":
                verifier = {officer.username}
            if tahap.stage is Stage.REKAM and case.has(Twist.REKAM_GANDA):
                yield from self._same_person(case, permohonan_id)
                return
            if tahap.stage in (Stage.SERAH_PEMOHON, Stage.SERAH_SURAT):
                self.leaves(case, self._read(permohonan_id), officer)

    def _checked(self, case: Case, p: Permohonan, tahap: Tahap, roles: frozenset[Peran], returned: bool) -> Any:
        """What verification and validation make of the papers: ``""`` goes on, ``returned``, or ``ended``."""
        desk = self.walk.desk
        stages = {t.stage for t in p.tahap}
        if case.has(Twist.DIKEMBALIKAN_VERIFIKASI) and not returned:
            yield self._work(
                roles, 180.0, lambda a: returns.return_application(desk, a, p.id, ("berkas_tidak_benar",), "Fotokopi KK buram."),
                lambda a: open_work(desk, a, p.id))
            yield Rest(HOME_AND_BACK_S / 2)
            yield self._work(COUNTER, 120.0, lambda a: returns.resubmit(desk, a, p.id))
            return "returned"
        last = Stage.VALIDASI if Stage.VALIDASI in stages else Stage.VERIFIKASI
        double = case.has(Twist.GANDA_BERKAS)
        if tahap.stage is last and (double or case.has(Twist.DITOLAK)):
            reason = "NIK juga dipakai orang lain di SIAK" if double else "Tanggal lahir pada KK tidak sesuai akta"
            yield self._work(roles, 180.0, lambda a: returns.reject(desk, a, p.id, reason, duplicate=double),
                             lambda a: open_work(desk, a, p.id))
            return "ended"
        return ""

    def _same_person(self, case: Case, permohonan_id: str) -> Any:
        """The office's own search found the earlier recording: an officer compares both, then the SOP Data Ganda ends the second one."""
        desk = self.walk.desk
        earlier = self.applications[case.body_of]
        yield self._work(PERMISSIONS["resolve_duplicate"], 240.0, lambda a: self._compare(a, permohonan_id, earlier))
        yield self._work(frozenset({Peran.KASI}), 600.0, lambda a: returns.resolve_duplicate(
            desk, a, permohonan_id, "tolak", "Sudah direkam hari ini dengan NIK lain; NIK yang benar dipastikan Dinas."))

    def _compare(self, actor: Actor, permohonan_id: str, earlier_id: str) -> None:
        """Raises WalkFailed when the search did not find exactly the earlier recording, or the word of the officer holds nothing."""
        desk, p = self.walk.desk, self._read(permohonan_id)
        check = duplicates.open_check(desk, permohonan_id)
        if check is None:
            raise WalkFailed(f"{p.nomor_register}: the search did not find the earlier recording")
        both = duplicates.side_by_side(desk, actor, check.id)
        samples = desk.register.read(lambda v: v.samples(permohonan_id, with_data=False))
        photographed = any(x.position.modality is Modality.FACE for x in samples)
        if [side.permohonan.id for _hit, side in both.hits] != [earlier_id] or bool(both.new.portrait) != photographed:
            raise WalkFailed(f"{p.nomor_register}: {len(both.hits)} recordings found, expected the earlier one alone")
        duplicates.decide(desk, actor, check.id, Putusan.ORANG_SAMA, "Wajah dan sidik jari sama; NIK dan nama berbeda.")
        if self._read(permohonan_id).keadaan is not Keadaan.GANDA:
            raise WalkFailed(f"{p.nomor_register}: not held for the SOP Data Ganda")

    def _recorded(self, key: str) -> bool:
        found = self.applications.get(key)
        return found is not None and any(t.stage is Stage.REKAM and t.state is TahapState.SELESAI for t in self._read(found).tahap)

    def _pause(self, permohonan_id: str, reason: str, actor: Actor) -> Permohonan:
        return pause_work(self.walk.desk, actor, permohonan_id, reason)

    def _do(self, actor: Actor, permohonan_id: str) -> Actor:
        """The stage's own act, with the right person in the chair; returns who did it."""
        p = self._read(permohonan_id)
        before = p.current()
        self.seat(p)
        self.walk.do(actor, p)
        after = self._read(permohonan_id)
        if after.current() == before and after.keadaan is p.keadaan:
            raise WalkFailed(f"{p.nomor_register}: {before.stage if before else '-'} did not finish")
        return actor

    # -- times and looks

    def _work(self, roles: frozenset[Peran], seconds: float, act: Callable[[Actor], Any], begin: Callable[[Actor], Any] = lambda _a: None,
              unlike: frozenset[str] = frozenset()) -> Work:
        return Work(roles, self._seconds(seconds), act, begin, unlike)

    def _seconds(self, limit_s: float) -> float:
        """Most work takes 45 to 90 per cent of its standard time, some of it longer; nobody waits at a desk for the network."""
        slow = self.rng.random() < 0.07
        return min(limit_s, LONGEST_WORK_S) * (self.rng.uniform(1.05, 1.4) if slow else self.rng.uniform(0.45, 0.9))

    def _share(self, p: Permohonan, tahap: Tahap) -> float:
        share = self.walk.share(p, tahap)
        return min(share, 120.0) if tahap.stage is Stage.KIRIM else share

    def _read(self, permohonan_id: str) -> Permohonan:
        return self.walk.desk.register.read(lambda v: v.permohonan(permohonan_id))

    def _moved(self, permohonan_id: str, stage: Stage) -> bool:
        p = self._read(permohonan_id)
        tahap = p.current()
        return p.keadaan is not Keadaan.BERJALAN or tahap is None or tahap.stage is not stage


def spread(count: int, opening: datetime, last: datetime, rng: random.Random) -> list[datetime]:
    """Moments of arrival: more in the morning than at noon, in order."""
    span = (last - opening).total_seconds()
    return sorted(opening + timedelta(seconds=span * rng.random() ** 1.4) for _ in range(count))
