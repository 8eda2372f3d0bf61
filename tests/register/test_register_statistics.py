"""The register's aggregates against a walk through plain values, at the edges of months and for an empty office."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from naive_statistics import World
from register_makers import application, give_back, job, nik, open_register, packet

from ktpel_kiosk.app import sops
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.errors import BugError
from ktpel_kiosk.domain.ledgers import Pause
from ktpel_kiosk.domain.outbox import PacketState, WaitCause
from ktpel_kiosk.domain.penduduk import JenisKelamin
from ktpel_kiosk.domain.permohonan import OPEN_STATES, Keadaan, Permohonan, Tahap, TahapState, Warning_, plan_tahap
from ktpel_kiosk.domain.population import PopulationBatch, PopulationEntry
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.ports.figures import MEASURES
from ktpel_kiosk.ports.register import Handover
from ktpel_kiosk.register.mappers import step_limits
from ktpel_kiosk.register.store import SqlRegister

WIB = 7 * 3600
SINCE = datetime(2026, 10, 31, 17, tzinfo=UTC)  # 1 November 2026, 00.00 WIB
UNTIL = datetime(2026, 11, 30, 17, tzinfo=UTC)
AFTER = datetime(2026, 12, 10, 3, tzinfo=UTC)
SOPS = tuple(sops.load(name) for name in ("pronojiwo", "palaran", "kebakkramat", "tempeh"))
LIMITS = {(s.digest, nomor): limit for s in SOPS for nomor, limit in step_limits(s).items()}
GROUPS = {f"{s.digest}:{x.nomor}": f"{x.nomor}|{x.judul}|{x.limit_s}" for s in SOPS for x in s.langkah}

EDGES = st.sampled_from([SINCE, UNTIL, SINCE - timedelta(microseconds=1), UNTIL - timedelta(microseconds=1),
                         SINCE + timedelta(hours=7), UNTIL + timedelta(hours=7)])
BEGIN = datetime(2026, 9, 20, tzinfo=UTC)
MOMENTS = st.one_of(EDGES, st.integers(0, int((AFTER - BEGIN).total_seconds()) - 1).map(lambda s: BEGIN + timedelta(seconds=s)))
SECONDS = st.sampled_from([0.0, 30.0, 60.0, 120.0, 240.0, 300.0, 301.0, 600.0, 3600.0])
BIRTHS = st.sampled_from([date(1990, 5, 1), date(2009, 11, 1), date(2009, 10, 31), date(2009, 11, 30), date(2010, 2, 28), date(2008, 2, 29),
                          date(2009, 12, 1)])


@st.composite
def stages(draw: Any, sop: Any) -> tuple[tuple[Tahap, ...], Keadaan]:
    """Stages as far as somebody came, in order of time, some skipped, the current one running, paused or untouched."""
    plan = plan_tahap(sop)
    came = draw(st.integers(0, len(plan)))
    moments = sorted(draw(st.lists(MOMENTS, min_size=came, max_size=came)))
    made: list[Tahap] = []
    skip_recording = draw(st.booleans()) and draw(st.booleans())
    for t, at in zip(plan, moments, strict=False):
        if skip_recording and t.stage in (Stage.REKAM, Stage.KIRIM):
            made.append(replace(t, state=TahapState.DILEWATI, finished_at=None if t.stage is Stage.REKAM else at))
            continue
        made.append(replace(
            t, state=TahapState.SELESAI, started_at=at, finished_at=at, active_s=draw(SECONDS), paused_s=draw(SECONDS),
            actor=draw(st.sampled_from(["rina", "anton", "siak"])), role=draw(st.sampled_from(["loket", "operator", "sistem"]))))
    rest = list(plan[came:])
    keadaan = Keadaan.SELESAI
    if rest:
        keadaan = draw(st.sampled_from([k for k in Keadaan if k not in (Keadaan.SELESAI, Keadaan.DRAF)]))
        if draw(st.booleans()):
            since = max([draw(MOMENTS), *moments[-1:]])
            rest[0] = replace(rest[0], state=TahapState.JEDA, started_at=since, paused_since=since,
                              pause_reason=draw(st.sampled_from(["menunggu_prr", "jaringan", "ditunda"])))
    return (*made, *rest), keadaan


@st.composite
def worlds(draw: Any) -> World:
    world = World(limits=LIMITS)
    open_niks: set[str] = set()
    for n in range(1, draw(st.integers(0, 7)) + 1):
        sop = draw(st.sampled_from(SOPS))
        tahap, keadaan = draw(stages(sop))
        created = min([draw(MOMENTS), *[t.started_at for t in tahap if t.started_at]])
        number = nik(draw(st.integers(1, 3)))
        if keadaan in OPEN_STATES:
            if number in open_niks:
                number = nik(100 + n)
            open_niks.add(number)
        p = application(n, layanan=draw(st.sampled_from([Layanan.BARU_WNI, Layanan.PEMULA, Layanan.HILANG])), sop_id=sop.id,
                        sop_digest=sop.digest, tahap=tahap, keadaan=keadaan, created_at=created,
                        updated_at=max([created, draw(MOMENTS)]), complete_at=draw(st.sampled_from([None, created])),
                        due_at=draw(st.sampled_from([None, UNTIL])), nomor_register=draw(st.sampled_from(["", f"{n:04d}/X"])),
                        mobile_place=draw(st.sampled_from(["", "", "SMKN 1"])), sudah_rekam=draw(st.sampled_from(["", "", "siak"])),
                        warnings=draw(st.sampled_from([(), (Warning_("N07", "Beda.", "rina"), Warning_("N11", "Pernah.", "rina"))])))
        p = replace(p, penduduk=replace(p.penduduk, nik=number, tanggal_lahir=draw(BIRTHS), status_perkawinan=draw(st.sampled_from([1, 2])),
                                        desa=draw(st.sampled_from(["TEMPEH LOR", "PULO"])),
                                        jenis_kelamin=draw(st.sampled_from(list(JenisKelamin)))))
        world.applications.append(p)
        _things_of(draw, world, p, n)
    return world


def _things_of(draw: Any, world: World, p: Permohonan, n: int) -> None:
    if draw(st.booleans()):
        sealed = draw(MOMENTS)
        received = draw(st.one_of(st.none(), MOMENTS.filter(lambda at: at >= sealed)))
        world.packets.append(packet(p, n, sealed_at=sealed, received_at=received, size=1000 * n,
                                    state=PacketState.RECEIVED if received else PacketState.SEALED,
                                    wait_cause=draw(st.sampled_from([WaitCause.NONE, WaitCause.OFFLINE]))))
    if draw(st.booleans()):
        at = draw(MOMENTS)
        world.jobs.append(job(p, n, state=draw(st.sampled_from([JobState.CONFIRMED, JobState.SPOILED, JobState.CANCELLED, JobState.SENT])),
                              created_at=at, updated_at=at))
    if draw(st.booleans()):
        kind, relation = draw(st.sampled_from(["kartu", "surat"])), draw(st.sampled_from(["ybs", "kuasa"]))
        world.handovers.append(Handover(p.id, kind, "X", relation, "rina", draw(MOMENTS), b"png"))
    for _ in range(draw(st.integers(0, 2))):
        began, ended = sorted((draw(MOMENTS), draw(MOMENTS)))
        world.pauses.append(Pause(p.id, 3, 3, "rekam", draw(st.sampled_from(["jaringan", "menunggu_prr"])), began, ended))


def fill(register: SqlRegister, world: World) -> None:
    def work(tx: Any) -> None:
        tx.log("DraftSaved", "x", "rina")
        for s in SOPS:
            tx.put_sop(s.digest, s.id, s.source_text)
        for p in world.applications:
            tx.save_permohonan(p)
        for k in world.packets:
            tx.add_packet(k)
        for j in world.jobs:
            tx.add_card_job(j)
        for h in world.handovers:
            tx.put_handover(h)
        for z in world.pauses:  # the register itself writes pauses when a paused stage goes on
            tx._connection.execute(
                "INSERT INTO pause (permohonan_id, idx, nomor, stage, reason, began_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (z.permohonan_id, z.index, z.nomor, z.stage, z.reason, micro(z.began_at), micro(z.ended_at)))

    register.write(work)


def micro(at: datetime) -> int:
    return round((at - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))


def answers(v: Any) -> dict[str, Any]:
    period = (SINCE, UNTIL)
    found: dict[str, Any] = {m: v.tally(m, *period, WIB) for m in MEASURES}
    for at in (SINCE, UNTIL, AFTER):
        found[f"at {at}"] = v.tally_at(at, WIB)
        found[f"unsent {at}"] = v.unsent_at(at)
    for unit in ("jam", "hari", "bulan"):
        found[unit] = v.counts_per(unit, *period, WIB)
    found |= {"steps": v.step_times(*period, GROUPS), "services": v.service_times(*period)}
    found |= {"dated": v.dated_services(*period), "pauses": v.pause_times(*period), "waiting": v.waiting(AFTER),
              "packets": v.packet_ages(AFTER), "officers": v.officer_work(*period)}
    return found


@pytest.fixture(scope="module")
def blank(tmp_path_factory):
    """An empty register as files: copying them is quicker than migrating each time."""
    folder = tmp_path_factory.mktemp("blank")
    open_register(folder, on="sqlite").close()
    return folder


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds())
def test_sql_counts_what_a_walk_counts(blank, world):
    counts_alike(blank, world)


@pytest.mark.gate
@pytest.mark.timeout(900)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds())
def test_sql_counts_what_a_walk_counts_in_three_hundred_worlds(blank, world):
    counts_alike(blank, world)


@pytest.mark.gate
@pytest.mark.timeout(900)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(world=worlds())
def test_an_office_server_counts_what_a_walk_counts(world):
    counts_alike(None, world)


def counts_alike(blank: Path | None, world: World) -> None:
    with tempfile.TemporaryDirectory() as parent:
        folder = shutil.copytree(blank, Path(parent) / "office") if blank is not None else Path(parent)
        register = open_register(folder, on="sqlite" if blank is not None else "postgresql")
        try:
            fill(register, world)
            found = register.read(answers)
        finally:
            register.close()
            give_back(folder)
    expected = answers(world)
    for name, value in expected.items():
        assert found[name] == value, name


def test_an_empty_office_has_nothing(register):
    found = register.read(answers)
    assert all(not value for value in (v if not isinstance(v, dict) else [x for x in v.values() if x] for v in found.values()))
    rest = register.read(lambda v: (v.outcomes(SINCE, UNTIL), v.capture_figures(SINCE, UNTIL), v.sop_digests(),
                                    v.residents("2026-11-20")))
    assert all(len(found) == 0 for found in rest)


def test_an_unknown_measure_is_a_bug(register):
    with pytest.raises(BugError):
        register.read(lambda v: v.tally("lain", SINCE, UNTIL, WIB))


def test_outcomes_by_their_moment_with_and_without_an_application(register):
    p = application(1)
    register.write(lambda tx: (tx.save_permohonan(p), tx.log("IntakeRegistered", p.id, "rina")))
    clock = register._clock
    for at, event, subject, facts in (
            (SINCE - timedelta(seconds=2), "ApplicationReturned", p.id, {"reason": "lain"}),
            (SINCE, "ApplicationReturned", p.id, {"reason": "lain,data_invalid"}),
            (UNTIL - timedelta(seconds=2), "ReturnedAtCounter", "x", {"reason": "berkas_tidak_lengkap"}),
            (UNTIL - timedelta(seconds=1), "ApplicationRejected", p.id, {"reason": "orang yang sama", "duplicate": True}),
            (UNTIL, "ApplicationVoided", p.id, {})):
        clock.at = at - timedelta(milliseconds=1)
        register.write(lambda tx, e=event, s=subject, f=facts: tx.log(e, s, "rina", **f))
    found = [(o.event, o.reason, o.kelamin, o.count) for o in register.read(lambda v: v.outcomes(SINCE, UNTIL))]
    assert found == [("ApplicationRejected", "data_ganda", "P", 1), ("ApplicationReturned", "lain,data_invalid", "P", 1),
                     ("ReturnedAtCounter", "berkas_tidak_lengkap", "", 1)]


def test_captures_by_device_and_operator(register):
    clock = register._clock

    def captured(at: datetime, operator: str, position: str, attempt: int, score: int, event: str = "SampleAccepted") -> None:
        clock.at = at - timedelta(milliseconds=1)
        device = {"device": "Uji X"} if event == "SampleAccepted" else {}
        register.write(lambda tx: tx.log(event, "p", operator, position=position, attempt=attempt, score=score, **device))

    captured(SINCE - timedelta(seconds=1), "rina", "face", 1, 90)
    taken = (("right_index", 1, 20), ("right_index", 2, 60), ("left_thumb", 1, 255), ("face", 1, 80))
    for n, (position, attempt, score) in enumerate(taken):
        captured(SINCE + timedelta(seconds=n), "rina", position, attempt, score)
    captured(SINCE + timedelta(seconds=9), "rina", "left_thumb", 2, 255, "SampleForced")
    captured(UNTIL, "rina", "face", 1, 90)
    found = {(c.device, c.modality): c for c in register.read(lambda v: v.capture_figures(SINCE, UNTIL))}
    finger = found["Uji X", "finger"]
    assert (finger.captures, finger.repeats, finger.scored, finger.score_sum) == (3, 1, 2, 80)
    assert found["Uji X", "face"].captures == 1
    assert found["", "finger"].forced == 1


def test_residents_who_must_hold_a_card(register):
    def entry(n: int, born: date, married: int, status: str) -> PopulationEntry:
        return PopulationEntry(replace(application(n).penduduk, tanggal_lahir=born, status_perkawinan=married), status)

    people = [entry(1, date(1990, 1, 1), 1, "PRINT READY RECORD"), entry(2, date(2009, 11, 30), 1, "BELUM REKAM"),
              entry(3, date(2009, 12, 1), 1, "BELUM WAJIB"),
              entry(4, date(2011, 1, 1), 2, "BELUM REKAM"), entry(5, date(1980, 1, 1), 1, "")]
    batch = PopulationBatch("b", "f", "0" * 64, SINCE, "rina", 5, 0, 0, 0, 0)
    register.write(lambda tx: (tx.put_population(people, batch), tx.log("PopulationImported", "b", "rina")))
    found = {t.kind: t.count for t in register.read(lambda v: v.residents("2026-11-30"))}
    assert found == {"wajib_rekam": 1, "wajib_belum_rekam": 2, "belum_wajib": 1, "wajib_tidak_diketahui": 1}
