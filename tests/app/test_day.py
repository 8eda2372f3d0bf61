"""The scripted day: its floor, its cast, and a short day from the morning to the signed books (the whole days of all offices are gates)."""

from __future__ import annotations

import csv
import json
from collections.abc import Generator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.day import cast
from ktpel_kiosk.app.day.cast import CARD_TWISTS, CASES, FIRST_CASES, Case, Town, Twist, cast_of
from ktpel_kiosk.app.day.floor import Floor, NobodyThere, Rest, Until, Work
from ktpel_kiosk.app.day.play import run_day
from ktpel_kiosk.app.demo import DemoOptions
from ktpel_kiosk.app.office import village_names
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.biodata import make_penduduk, penduduk_to_dict
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Peran

NOW = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
OFFICES = ("pronojiwo", "kebakkramat", "tempeh", "palaran", "tapin")
OPERATOR, COUNTER = frozenset({Peran.OPERATOR}), frozenset({Peran.LOKET})


def floor_of(*actors: Actor) -> tuple[Floor, PracticeClock, list[tuple[str, Exception]]]:
    clock = PracticeClock(NOW)
    failures: list[tuple[str, Exception]] = []
    return Floor(clock, actors, lambda: None, lambda name, error: failures.append((name, error))), clock, failures


def test_two_officers_work_side_by_side_and_a_third_applicant_waits() -> None:
    floor, clock, failures = floor_of(Actor("a", "A", OPERATOR), Actor("b", "B", OPERATOR))
    done: list[tuple[str, str, int]] = []

    def story(name: str) -> Generator[Any, Any, None]:
        def act(actor: Actor) -> None:
            done.append((name, actor.username, round((clock.now() - NOW).total_seconds())))
        yield Work(OPERATOR, 600.0, act)

    for name in ("satu", "dua", "tiga"):
        floor.come(name, NOW, story(name))
    floor.play()
    assert failures == []
    assert [(n, round(s, -1)) for n, _, s in done] == [("satu", 600), ("dua", 600), ("tiga", 1200)]
    assert {done[0][1], done[1][1]} == {"a", "b"}


def test_waiting_for_the_world_ends_when_it_comes_or_at_the_deadline() -> None:
    floor, clock, failures = floor_of(Actor("a", "A", OPERATOR))
    came: dict[str, bool] = {}

    def story(name: str, after_s: float) -> Generator[Any, Any, None]:
        came[name] = yield Until(lambda: clock.now() >= NOW + timedelta(seconds=after_s), NOW + timedelta(hours=1))

    floor.come("datang", NOW, story("datang", 1800))
    floor.come("tidak datang", NOW, story("tidak datang", 9000))
    floor.play()
    assert came == {"datang": True, "tidak datang": False}
    assert failures == []


def test_a_refusal_reaches_the_story_that_expects_it_and_ends_any_other() -> None:
    floor, _, failures = floor_of(Actor("a", "A", COUNTER))
    caught = []

    def refuse(_actor: Actor) -> None:
        raise ValueError("terlalu muda")

    def careful() -> Generator[Any, Any, None]:
        try:
            yield Work(COUNTER, 60.0, refuse)
        except ValueError as refusal:
            caught.append(str(refusal))
        yield Rest(10.0)

    def careless() -> Generator[Any, Any, None]:
        yield Work(COUNTER, 60.0, refuse)

    def nobody() -> Generator[Any, Any, None]:
        yield Work(OPERATOR, 60.0, lambda _a: None)

    for name, story in (("hati-hati", careful()), ("ceroboh", careless()), ("tanpa petugas", nobody())):
        floor.come(name, NOW, story)
    floor.play()
    assert caught == ["terlalu muda"]
    assert [(name, type(error)) for name, error in failures] == [("tanpa petugas", NobodyThere), ("ceroboh", ValueError)]


@pytest.mark.parametrize("office", OFFICES)
def test_every_office_meets_thirty_people_and_every_mishap_its_sop_knows(office: str) -> None:
    sop = sops.load(office)
    people = cast_of(sop)
    assert len(people) >= FIRST_CASES
    assert len({c.key for c in people}) == len(people)
    met = {t for c in people for t in c.twists}
    assert met >= set(Twist) - (CARD_TWISTS if sop.akhir == "surat" else set()) - (set() if sop.kuasa_boleh else {Twist.KUASA})
    assert {c.layanan for c in CASES} - {c.layanan for c in people} == {x for x in {c.layanan for c in CASES} if sop.layanan_of(x) is None}


@pytest.mark.parametrize("office", OFFICES)
def test_the_people_of_the_day_are_whom_the_case_asks_for(office: str) -> None:
    sop = sops.load(office)
    today = date(2026, 11, 25)
    town = Town(sop.kantor, village_names(sop.kantor.kode_wilayah), today, 1)
    seen = set()
    for case in cast_of(sop):
        p = town.person_of(case).penduduk
        assert make_penduduk(today=today, **penduduk_to_dict(p)) == p, case.key
        assert p.nik not in seen
        seen.add(p.nik)
        if case.age is not None:
            had = today.year - p.tanggal_lahir.year - ((today.month, today.day) < (p.tanggal_lahir.month, p.tanggal_lahir.day))
            assert had == case.age
        if case.name:
            assert p.nama == case.name


ALONE = ("kurang, tidak kembali", "data tidak valid", "ganda pada berkas", "umur 15", "sudah direkam", "dibatalkan", "hilang", "rusak")
TOGETHER = (("nama dengan apostrof", "kurang, dilengkapi", "listrik padam"),
            ("dikembalikan verifikasi", "jari tidak ada", "data diperbaiki", "baru, mengadu"))
"""What befalls one applicant of the short day together: a recording costs more than all the rest of a story."""


def short_cast() -> tuple[Case, ...]:
    """Every branch of a day without a card, two people at the devices: what fits into the quick tests."""
    by = {c.key: c for c in CASES}
    together = tuple(replace(by[keys[0]], twists=frozenset().union(*(by[k].twists for k in keys)),
                             excused=tuple(x for k in keys for x in by[k].excused)) for keys in TOGETHER)
    return together + tuple(by[k] for k in ALONE)


def check_day(out: Path, summary: dict[str, Any], office: str, finished: int = 20) -> None:
    wrong = [a for a in summary["applicants"] if not a["as_expected"]]
    assert not summary["failures"], summary["failures"]
    assert not wrong, wrong
    assert summary["all_as_scripted"]
    assert json.loads((out / "summary.json").read_text())["office"] == office
    assert summary["queue"]["packets"] == summary["queue"]["received"] > 0
    twins = [a["case"] for a in summary["applicants"] if Twist.REKAM_GANDA in a["twists"]]
    assert summary["duplicates"]["found"] == len(twins) and summary["duplicates"]["searches"] > len(twins)
    assert summary["duplicates"]["false_alarms"] == []
    assert summary["states"][Keadaan.SELESAI.value] >= finished
    sop = sops.load(office)
    for book in ("permohonan", "perekaman", "pengambilan", "pengaduan") + (("pencetakan", "blangko") if sop.akhir == "kartu" else ()):
        rows = list(csv.DictReader((out / "books" / f"{book}.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
        assert rows, book
    taken = list(csv.DictReader((out / "books" / "pengambilan.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
    proxies = [r["NIK & Nama Pengambil"] for r in taken if r["Yang Mengambil (ybs/kuasa)"] == "kuasa"]
    assert len(proxies) == sops.load(office).kuasa_boleh and all(p.endswith(" SUMIYATI") and len(p) == 25 for p in proxies), proxies
    register = list(csv.DictReader((out / "books" / "permohonan.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
    numbers = [r["Nomor Register"] for r in register if r["Nomor Register"] and "/" in r["Nomor Register"]]
    assert numbers == sorted(numbers), "the book is in the order of its numbers"
    assert [int(n.split("/")[0]) for n in numbers] == list(range(1, len(numbers) + 1)), "no gap, no reuse"
    papers = {p.name.rsplit("-", 1)[-1] for p in (out / "documents").glob("*.pdf")}
    assert papers >= {"tanda_terima.pdf", "bukti_pengambilan.pdf"}
    if sop.akhir == "surat":
        assert papers >= {"surat_pengantar.pdf", "surat_keterangan_perekaman.pdf"}
        assert not (out / "cards").exists() or not list((out / "cards").glob("*.png"))
    assert (out / "reports" / "bulanan.pdf").stat().st_size > 10_000


@pytest.mark.gate  # the markers gate plays a short day in make test
@pytest.mark.timeout(600)
def test_a_short_day_at_kebakkramat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cast, "CASES", short_cast())
    check_day(tmp_path / "hari", run_day(DemoOptions("kebakkramat", 1, tmp_path / "hari")), "kebakkramat", finished=3)


@pytest.mark.gate
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("office", OFFICES)
def test_a_whole_day(tmp_path: Path, office: str) -> None:
    check_day(tmp_path / "hari", run_day(DemoOptions(office, 1, tmp_path / "hari")), office)
