"""Invented applicants: the same each time, fit for their case, and the desk's own books say what the trainee did with them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.demo import day_start, sign_everybody_in
from ktpel_kiosk.app.kiosk import Kiosk
from ktpel_kiosk.app.population import Invented
from ktpel_kiosk.app.practice_trainees import BANDAGED, CASES, young
from ktpel_kiosk.app.walk import Walk
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.desk import returns
from ktpel_kiosk.domain.errors import NotFound
from ktpel_kiosk.domain.nik import parse_nik
from ktpel_kiosk.domain.sop import Layanan, Peran
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.practice import Lesson, PracticeControls, Trainee


class Body:
    """Nobody looks at the person here."""


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    data: Path = tmp_path_factory.mktemp("latihan")
    world = SimulatedWorld(people=lambda *_a: Body())  # type: ignore[arg-type, return-value]
    with open_practice_kiosk(data, "tempeh", clock=PracticeClock(day_start(sops.load("tempeh").kantor)), world=world) as made:
        yield made


@pytest.fixture
def controls(kiosk: Kiosk) -> PracticeControls:
    assert kiosk.desk.practice is not None
    return kiosk.desk.practice


def by(controls: PracticeControls) -> dict[str, Trainee]:
    return {t.key: t for t in controls.trainees()}


def states(lessons: object) -> dict[str, str]:
    return {lesson.text: lesson.state for lesson in lessons}  # type: ignore[attr-defined]


def bring(kiosk: Kiosk, trainee: Trainee, layanan: Layanan | None = None) -> str:
    walk = Walk(kiosk.desk, sign_everybody_in(kiosk), seat=lambda _p: None, card_to_reader=lambda _job: None, rng=random.Random(1))
    return walk.intake(Invented(trainee.person, trainee.phone, 1), layanan or trainee.layanan).id


def test_one_person_per_case_the_same_each_time_and_nobody_twice(controls: PracticeControls) -> None:
    first, second = by(controls), by(controls)
    assert list(first) == [c.key for c in CASES] and first == second
    assert len({t.person.nik for t in first.values()}) == len(first)
    assert all(parse_nik(t.person.nik).birth_hint(date(2026, 11, 26), at_least=16) == t.person.tanggal_lahir for t in first.values())
    assert first["kurang"].lacking == ("Fotokopi Kartu Keluarga",) and not set(first["kurang"].lacking) & set(first["kurang"].papers)
    assert "Surat keterangan kehilangan dari kepolisian" in first["hilang"].papers
    assert first["pindah"].person.nik[:4] != first["baru"].person.nik[:4] and first["pindah"].person.kecamatan == "TEMPEH"


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 6, 30), date(2026, 7, 1), date(2026, 12, 31)])
def test_the_young_one_is_sixteen_on_every_day(today: date) -> None:
    for at in range(20):
        born = young(at, sops.load("tempeh").kantor, ("BESUK",), today).penduduk.tanggal_lahir
        assert today.year - born.year - ((today.month, today.day) < (born.month, born.day)) == 16


def test_another_comes_and_an_unknown_case_is_refused(controls: PracticeControls) -> None:
    before = by(controls)["muda"].person.nik
    assert controls.another("muda").person.nik != before == before and by(controls)["muda"].person.nik != before
    for work in (controls.another, controls.lessons):
        with pytest.raises(NotFound):
            work("raja")


def test_the_bandaged_hand_is_missing_at_the_devices(kiosk: Kiosk, controls: PracticeControls) -> None:
    trainee = by(controls)["dibalut"]
    kiosk.seat("a", 1, trainee.person)
    assert kiosk.world is not None and kiosk.world.sitter is not None and kiosk.world.sitter.missing == BANDAGED
    kiosk.seat("b", 1, by(controls)["baru"].person)
    assert not kiosk.world.sitter.missing


def test_lessons_follow_the_register(kiosk: Kiosk, controls: PracticeControls) -> None:
    assert [x.state for x in controls.lessons("baru")] == ["todo"]
    bring(kiosk, by(controls)["baru"])
    told = states(controls.lessons("baru"))
    assert told["NIK diketik benar"] == told["Jenis layanan benar"] == told["Isian sama dengan kartu keluarga"] == "done"
    assert told["Rekam, tinjau bersama pemohon, lalu segel"] == "todo"


def test_the_wrong_service_is_said(kiosk: Kiosk, controls: PracticeControls) -> None:
    bring(kiosk, by(controls)["rusak"], Layanan.HILANG)
    assert Lesson("Jenis layanan keliru: yang benar rusak", "wrong") in controls.lessons("rusak")


def test_what_is_typed_otherwise_than_the_card_says(kiosk: Kiosk, controls: PracticeControls) -> None:
    from dataclasses import replace
    trainee = by(controls)["pindah"]
    bring(kiosk, replace(trainee, person=replace(trainee.person, alamat="JALAN LAIN NO. 1")))
    assert Lesson("Berbeda dari kartu keluarga: Alamat", "wrong") in controls.lessons("pindah")


def test_incomplete_papers_go_back(kiosk: Kiosk, controls: PracticeControls) -> None:
    permohonan_id = bring(kiosk, by(controls)["kurang"])
    assert "done" not in [x.state for x in controls.lessons("kurang") if "Kembali" in x.text]
    actor = sign_everybody_in(kiosk).for_roles(frozenset({Peran.LOKET}))
    returns.return_application(kiosk.desk, actor, permohonan_id, ("berkas_tidak_lengkap",))
    assert Lesson("Dikembalikan dengan lembar pengembalian", "done") in controls.lessons("kurang")
