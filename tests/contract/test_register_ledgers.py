"""What every register promises through ``ports.ledgers``: the books beside applications, complaints, surveys, pauses."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "register"))

from register_makers import BOTH, NOW, application, finished, give_back, job, logged, nik, open_register, packet, person, save, status

from ktpel_kiosk.domain.biometric import BiometricException, ExceptionKind, Position
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.errors import BadInput, BugError, DuplicateRequest, NotFound, StaleView
from ktpel_kiosk.domain.ikm import SurveyAnswer
from ktpel_kiosk.domain.ledgers import (
    AlasanTarik,
    BlangkoDay,
    BlangkoMove,
    BlangkoMoveKind,
    BookDigest,
    ContactAttempt,
    Destruction,
    Letter,
    MonthLock,
    Pejabat,
    WithdrawnCard,
)
from ktpel_kiosk.domain.pengaduan import Kanal, KategoriPengaduan, LangkahPengaduan, Pengaduan, StatusPengaduan
from ktpel_kiosk.domain.permohonan import Permohonan, TahapState, pause, start
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.ledgers import BOOKS
from ktpel_kiosk.ports.register import Handover, Register

HOUR = timedelta(hours=1)
EVER = NOW - timedelta(days=400), NOW + timedelta(days=400)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty register, migrated once for all tests here."""
    folder = tmp_path_factory.mktemp("fresh")
    open_register(folder, on="sqlite").close()
    return folder


@pytest.fixture(params=[BOTH[0], pytest.param(BOTH[1], marks=pytest.mark.gate)])
def register(request: pytest.FixtureRequest, tmp_path: Path, fresh: Path) -> Iterator[Register]:
    if request.param == "sqlite":
        shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    made = open_register(tmp_path, on=request.param)
    yield made
    made.close()
    give_back(tmp_path)


def card(n: int = 1, **changes: Any) -> WithdrawnCard:
    return replace(WithdrawnCard(f"k{n}", nik(n), f"SITI {n}", AlasanTarik.RUSAK, "patah", "rina", NOW + n * HOUR), **changes)


def burning(n: int = 1, **changes: Any) -> Destruction:
    made = Destruction(f"b{n}", f"{n:03d}/BA/2026", NOW + n * HOUR, "halaman kantor", "digunting lalu dibakar",
                       (Pejabat("Budi", "Kasi", "1980"),), (Pejabat("Sari"), Pejabat("Eko", "Lurah")), "rina", 2)
    return replace(made, **changes)


def letter(n: int = 1, **changes: Any) -> Letter:
    made = Letter(f"470/{n}/2026", "surat_pengantar", NOW + n * HOUR, "Disdukcapil", "Perekaman", "Camat", "rina", nik(n))
    return replace(made, **changes)


def complaint(n: int = 1, **changes: Any) -> Pengaduan:
    made = Pengaduan(f"c{n}", f"P-{n:03d}/2026", NOW + n * HOUR, Kanal.LANGSUNG, "Antre terlalu lama", KategoriPengaduan.RINGAN, "rina",
                     NOW + timedelta(days=10 - n), "Tono", "0812")
    return replace(made, **changes)


def move(kind: BlangkoMoveKind, count: int, hours: int) -> BlangkoMove:
    return BlangkoMove(NOW + hours * HOUR, kind, count, "rina", "BAST-1", "00001", "job-1")


def day(on: date, **changes: Any) -> BlangkoDay:
    return replace(BlangkoDay(on, 10, 5, 3, 1, 2, 9, 9, "rina", NOW, "cocok"), **changes)


def asked(register: Register, name: str, *args: Any) -> Any:
    """What the view answers; an iterator is read to its end inside the transaction."""
    def work(view: Any) -> Any:
        found = getattr(view, name)(*args)
        return list(found) if isinstance(found, Iterator) else found

    return register.read(work)


# -- withdrawn cards -------------------------------------------------------------------------------------------------------


def test_withdrawn_cards_wait_until_a_berita_acara_names_them(register: Register) -> None:
    logged(register, lambda tx: [tx.add_withdrawn(card(n)) for n in (3, 1, 2)])
    assert [c.id for c in asked(register, "withdrawn_waiting")] == ["k1", "k2", "k3"]
    logged(register, lambda tx: tx.add_destruction(burning(), ["k1", "k3"]))
    assert asked(register, "withdrawn_waiting") == [card(2)]
    burned = replace(card(1), destruction_id="b1"), burning()
    assert asked(register, "withdrawn_in", *EVER) == [burned, (card(2), None), (replace(card(3), destruction_id="b1"), burning())]
    assert asked(register, "withdrawn_in", NOW + 2 * HOUR, NOW + 3 * HOUR) == [(card(2), None)], "half open"
    logged(register, lambda tx: tx.add_destruction(burning(2), ["k2"]))
    assert [d.id for d in asked(register, "destructions")] == ["b2", "b1"] and len(asked(register, "destructions", 1)) == 1


@pytest.mark.parametrize(("ids", "number", "error"), [
    (["k2", "nirgends"], "9", NotFound), (["k2", "k1"], "9", DuplicateRequest), (["k2"], "001/BA/2026", DuplicateRequest)])
def test_a_refused_destruction_burns_nothing(register: Register, ids: list[str], number: str, error: type[Exception]) -> None:
    logged(register, lambda tx: (tx.add_withdrawn(card(1)), tx.add_withdrawn(card(2)), tx.add_destruction(burning(), ["k1"])))
    with pytest.raises(error):
        logged(register, lambda tx: tx.add_destruction(burning(2, nomor=number), ids))
    assert [c.id for c in asked(register, "withdrawn_waiting")] == ["k2"] and asked(register, "destructions") == [burning()]
    with pytest.raises(DuplicateRequest):
        logged(register, lambda tx: tx.add_withdrawn(card(1)))


# -- letters, calls, months ------------------------------------------------------------------------------------------------


def test_a_letter_keeps_its_number_for_ever(register: Register) -> None:
    p = save(register, application())
    logged(register, lambda tx: (tx.add_letter(letter(2, permohonan_id=p.id)), tx.add_letter(letter(1))))
    assert asked(register, "letters_in", *EVER) == [letter(1), letter(2, permohonan_id=p.id)]
    assert asked(register, "letters_of", p.id) == [letter(2, permohonan_id=p.id)] and asked(register, "letters_of", "") == []
    with pytest.raises(DuplicateRequest):
        logged(register, lambda tx: tx.add_letter(letter(1, perihal="lain")))
    logged(register, lambda tx: tx.void_letter(letter(1).nomor, "salah ketik"))
    assert asked(register, "letter", letter(1).nomor) == letter(1, void_reason="salah ketik")
    with pytest.raises(DuplicateRequest):
        logged(register, lambda tx: tx.void_letter(letter(1).nomor, "lagi"))
    with pytest.raises(NotFound):
        logged(register, lambda tx: tx.void_letter("0", "x"))
    assert asked(register, "letter", "0") is None and asked(register, "count_in", "agenda_surat", *EVER) == 2


def test_calls_are_kept_in_their_order(register: Register) -> None:
    p = save(register, application())
    calls = [ContactAttempt(p.id, NOW + n * HOUR, "rina", "kartu_siap", "tidak_diangkat", str(n)) for n in (2, 1)]
    logged(register, lambda tx: [tx.add_contact(c) for c in calls])
    assert asked(register, "contacts", p.id) == calls and asked(register, "contacts", "x") == []
    with pytest.raises(NotFound):
        logged(register, lambda tx: tx.add_contact(replace(calls[0], permohonan_id="nirgends")))


def test_the_last_act_on_a_month_decides(register: Register) -> None:
    shut = MonthLock(2026, 10, "tutup", NOW, "camat", digests=(BookDigest("permohonan", 12, "a" * 64),))
    again = MonthLock(2026, 10, "buka", NOW + HOUR, "camat", "kasi", "salah hitung")
    assert not asked(register, "month_closed", 2026, 10)
    logged(register, lambda tx: tx.add_month_lock(shut))
    assert asked(register, "month_closed", 2026, 10) and not asked(register, "month_closed", 2026, 11)
    logged(register, lambda tx: (tx.add_month_lock(again), tx.add_month_lock(replace(shut, year=2025, month=12))))
    assert not asked(register, "month_closed", 2026, 10) and asked(register, "month_closed", 2025, 12)
    assert asked(register, "month_locks") == [shut, again, replace(shut, year=2025, month=12)]
    assert asked(register, "month_locks", 2026) == [shut, again]


# -- blank cards -----------------------------------------------------------------------------------------------------------


def test_the_stock_follows_the_moves(register: Register) -> None:
    kinds = BlangkoMoveKind
    moves = [move(kinds.MASUK, 100, 0), move(kinds.BAIK, 1, 1), move(kinds.RUSAK, 1, 2), move(kinds.KEMBALI, 20, 3)]
    logged(register, lambda tx: [tx.add_blangko_move(m) for m in reversed(moves)])
    assert asked(register, "blangko_moves_in", *EVER) == moves
    assert [asked(register, "blangko_stock_at", NOW + h * HOUR) for h in (0, 1, 2, 3, 4)] == [0, 100, 99, 98, 78]
    with pytest.raises(BugError):
        logged(register, lambda tx: tx.add_blangko_move(move(kinds.BAIK, 0, 1)))


def test_a_day_is_closed_once_and_adds_up(register: Register) -> None:
    days = [day(date(2026, 11, d)) for d in (2, 1, 3)]
    logged(register, lambda tx: [tx.put_blangko_day(d) for d in days])
    assert [d.day.day for d in asked(register, "blangko_days", date(2026, 11, 1), date(2026, 11, 3))] == [1, 2]
    with pytest.raises(DuplicateRequest):
        logged(register, lambda tx: tx.put_blangko_day(day(date(2026, 11, 1), note="lagi")))
    with pytest.raises(BugError):
        logged(register, lambda tx: tx.put_blangko_day(day(date(2026, 11, 9), closing=8)))
    assert asked(register, "blangko_days", date(2026, 11, 1), date(2026, 11, 2)) == [day(date(2026, 11, 1))]


# -- complaints, surveys ---------------------------------------------------------------------------------------------------


def test_a_complaint_with_its_steps(register: Register) -> None:
    first = logged(register, lambda tx: tx.save_complaint(complaint(1)))
    second = logged(register, lambda tx: tx.save_complaint(complaint(2, anonim=True, nama="", kontak="")))
    assert first == complaint(1, version=1) and asked(register, "complaint", "c2") == second
    assert asked(register, "complaints_open") == [second, first], "soonest deadline first"
    done = replace(first, status=StatusPengaduan.SELESAI, tindak_lanjut="Loket kedua dibuka", finished_at=NOW, updated_at=NOW)
    step = LangkahPengaduan("c1", NOW, "kasi", StatusPengaduan.SELESAI, "selesai")
    logged(register, lambda tx: (tx.save_complaint(done), tx.add_complaint_step(step)))
    assert asked(register, "complaint", "c1") == replace(done, version=2) and asked(register, "complaint_steps", "c1") == [step]
    assert asked(register, "complaints_open") == [second]
    assert [c.id for c in asked(register, "complaints_in", *EVER)] == ["c1", "c2"] and asked(register, "complaint_steps", "c2") == []


@pytest.mark.parametrize(("act", "error"), [
    (lambda tx: tx.save_complaint(complaint(1, version=5)), StaleView), (lambda tx: tx.save_complaint(complaint(1)), StaleView),
    (lambda tx: tx.save_complaint(complaint(3, nomor="P-001/2026")), DuplicateRequest),
    (lambda tx: tx.save_complaint(complaint(3, version=2)), NotFound), (lambda tx: tx.complaint("x"), NotFound),
    (lambda tx: tx.add_complaint_step(LangkahPengaduan("x", NOW, "rina", StatusPengaduan.DIPROSES)), NotFound),
    (lambda tx: tx.save_complaint(complaint(3, anonim=True)), BugError)])
def test_complaints_refuse(register: Register, act: Any, error: type[Exception]) -> None:
    stored = logged(register, lambda tx: tx.save_complaint(complaint(1)))
    with pytest.raises(error):
        logged(register, act)
    assert asked(register, "complaints_in", *EVER) == [stored]


def test_surveys_come_back_without_their_order(register: Register) -> None:
    forms = [SurveyAnswer(f"2026-{m:02d}", "baru_wni", (1, 2, 3, 4, 1, 2, 3, 4, n % 4 + 1), "P", "17-25", "SMA", "pelajar", "08-12")
             for m in (9, 10, 11) for n in range(20)]
    for form in forms:
        logged(register, lambda tx, form=form: tx.add_survey(form))
    found = asked(register, "surveys", "2026-10", "2026-11")
    key = str
    assert sorted(found, key=key) == sorted(forms[20:], key=key)
    assert asked(register, "surveys", "2026-01", "2026-09") != forms[:20], "in the order of random keys"
    with pytest.raises(BugError):
        logged(register, lambda tx: tx.add_survey(replace(forms[0], scores=(1, 2, 3, 4, 1, 2, 3, 4, 5))))


# -- books of applications -------------------------------------------------------------------------------------------------


def recorded(p: Permohonan, hours: int, *, officer: str = "budi") -> Permohonan:
    done = {"state": TahapState.SELESAI, "finished_at": NOW + hours * HOUR, "actor": officer}
    return replace(p, tahap=tuple(replace(t, **done) if t.stage is Stage.REKAM else t for t in p.tahap))


def test_applications_in_a_period_are_the_numbered_ones(register: Register) -> None:
    made = [save(register, application(n, nomor_register="" if n == 2 else f"{n:04d}/X")) for n in (1, 2, 3, 4)]
    assert asked(register, "applications_in", *EVER) == [made[0], made[2], made[3]]
    assert asked(register, "applications_in", made[2].created_at, made[3].created_at) == [made[2]]
    assert asked(register, "count_in", "permohonan", *EVER) == 3


def test_the_book_is_in_the_order_in_which_numbers_were_given(register: Register) -> None:
    """Who came first may be entered last; the period is that of the number too."""
    def entered(n: int, hours: int) -> Permohonan:
        p = application(n)
        return p.with_tahap(replace(p.tahap[1], state=TahapState.SELESAI, finished_at=NOW + hours * HOUR))

    late, early = save(register, entered(1, 30)), save(register, entered(2, 1))
    assert asked(register, "applications_in", *EVER) == [early, late]
    assert asked(register, "applications_in", NOW + 24 * HOUR, NOW + 48 * HOUR) == [late]
    assert asked(register, "count_in", "permohonan", NOW, NOW + 24 * HOUR) == 1


def test_more_applications_than_a_page_stream_in_order(register: Register) -> None:
    made = [application(n) for n in range(1, 621)]
    logged(register, lambda tx: [tx.save_permohonan(p) for p in made])
    assert [p.id for p in asked(register, "applications_in", *EVER)] == [p.id for p in made]
    assert asked(register, "count_in", "permohonan", *EVER) == 620


def test_an_iterator_kept_beyond_its_end_is_refused(register: Register) -> None:
    logged(register, lambda tx: [tx.save_permohonan(application(n)) for n in range(1, 621)])

    def keep(view: Any) -> Any:
        kept = view.applications_in(*EVER)
        next(kept)
        return kept

    with pytest.raises(BugError):
        list(register.read(keep))
    save(register, application(700))


def test_a_recording_carries_what_belongs_to_it(register: Register) -> None:
    p = save(register, recorded(application(1), 5))
    excused = BiometricException(Position.LEFT_EYE, ExceptionKind.BLIND, "katarak", "kasi", "budi")
    logged(register, lambda tx: (tx.put_exception(p.id, excused), tx.add_packet(packet(p, 1)), tx.add_packet(packet(p, 2)),
                                 tx.add_status(status("packet-2", 4)), tx.add_status(status("packet-2", 9))))
    save(register, recorded(application(2), 4, officer="eko"))
    save(register, application(3))
    found = asked(register, "recordings_in", *EVER)
    assert [(r.at, r.officer, r.permohonan.id[-1]) for r in found] == [(NOW + 4 * HOUR, "eko", "2"), (NOW + 5 * HOUR, "budi", "1")]
    assert found[0].packet is None and found[0].events == () and found[0].exceptions == ()
    assert found[1].permohonan == p and found[1].exceptions == (excused,)
    assert found[1].packet == packet(p, 2) and [e.sequence for e in found[1].events] == [4, 9]
    assert asked(register, "recordings_in", NOW + 4 * HOUR, NOW + 5 * HOUR)[0].officer == "eko"
    assert asked(register, "count_in", "perekaman", *EVER) == 2 and asked(register, "count_in", "perekaman", NOW, NOW + 4 * HOUR) == 0


@pytest.mark.parametrize(("second", "expected"), [
    ({"state": TahapState.BELUM, "finished_at": None}, []), ({"state": TahapState.DILEWATI, "finished_at": NOW + 9 * HOUR}, [5]),
    ({"state": TahapState.SELESAI, "finished_at": NOW + 9 * HOUR}, [9]),
    ({"state": TahapState.SELESAI, "finished_at": NOW + 2 * HOUR}, [5]),
    ({"state": TahapState.SELESAI, "finished_at": NOW + 5 * HOUR}, [5])])
def test_recorded_is_recorded_once_when_the_last_part_is_done(register: Register, second: dict[str, Any], expected: list[int]) -> None:
    p = recorded(application(1), 5)
    more = replace(p.tahap[3], index=8, nomor=9, **second)
    save(register, replace(p, tahap=(*p.tahap, more)))
    assert [(r.at - NOW) // HOUR for r in asked(register, "recordings_in", *EVER)] == expected
    assert asked(register, "count_in", "perekaman", *EVER) == len(expected)


def test_cards_and_handovers_with_their_applications(register: Register) -> None:
    p, q = save(register, application(1)), save(register, application(2))
    jobs = [job(p, 1, state=JobState.SPOILED), job(p, 2, created_at=NOW + HOUR, blangko="2"), job(q, 3, state=JobState.CANCELLED)]
    given = Handover(p.id, "kartu", "SITI", "ybs", "rina", NOW + HOUR, b"\x89PNG", number="1")
    logged(register, lambda tx: (*(tx.add_card_job(j) for j in jobs), tx.put_handover(given)))
    assert asked(register, "card_jobs_in", *EVER) == [(jobs[0], p), (jobs[1], p)], "cancelled ones are no cards"
    assert asked(register, "handovers_in", *EVER) == [(given, p)]
    assert [asked(register, "count_in", b, *EVER) for b in ("pencetakan", "pengambilan")] == [2, 1]


def test_every_book_can_be_counted_and_no_other(register: Register) -> None:
    assert [asked(register, "count_in", b, *EVER) for b in BOOKS] == [0] * len(BOOKS)
    with pytest.raises(BugError):
        asked(register, "count_in", "dapur", *EVER)


# -- pauses ----------------------------------------------------------------------------------------------------------------


def at(p: Permohonan, when: datetime) -> Permohonan:
    return replace(p, updated_at=when)


def test_a_pause_is_kept_when_it_ends(register: Register) -> None:
    p = save(register, at(start(application(), NOW), NOW))
    p = save(register, at(pause(p, "listrik", NOW + HOUR), NOW + HOUR))
    p = save(register, replace(at(p, NOW + 2 * HOUR), note="masih gelap"))
    assert asked(register, "pauses", p.id) == []
    p = save(register, at(start(p, NOW + 3 * HOUR), NOW + 3 * HOUR))
    p = save(register, at(pause(p, "jaringan", NOW + 4 * HOUR), NOW + 4 * HOUR))
    save(register, finished(at(p, NOW + 6 * HOUR)))
    kept = asked(register, "pauses", p.id)
    assert [(k.stage, k.reason, k.began_at, k.ended_at) for k in kept] == [
        ("agenda_register", "listrik", NOW + HOUR, NOW + 3 * HOUR), ("agenda_register", "jaringan", NOW + 4 * HOUR, NOW + 6 * HOUR)]
    assert {(k.permohonan_id, k.index, k.nomor) for k in kept} == {(p.id, 1, 1)}


def test_a_pause_for_another_reason_is_another_pause(register: Register) -> None:
    p = save(register, at(pause(start(application(), NOW), "listrik", NOW), NOW))
    other = replace(p.tahap[1], pause_reason="jaringan", paused_since=NOW + HOUR)
    p = save(register, at(p.with_tahap(other), NOW + HOUR))
    assert [k.reason for k in asked(register, "pauses", p.id)] == ["listrik"]
    save(register, at(replace(p, tahap=p.tahap[:1]), NOW + 2 * HOUR))
    assert [(k.reason, k.ended_at) for k in asked(register, "pauses", p.id)] == [("listrik", NOW + HOUR), ("jaringan", NOW + 2 * HOUR)]


def test_a_clock_set_back_refuses_nothing(register: Register) -> None:
    p = save(register, at(pause(start(application(), NOW), "listrik", NOW), NOW))
    p = save(register, at(start(p, NOW - HOUR), NOW - HOUR))
    assert [(k.began_at, k.ended_at) for k in asked(register, "pauses", p.id)] == [(NOW, NOW)]


# -- new fields ------------------------------------------------------------------------------------------------------------


def test_kind_and_earlier_recording_come_back(register: Register) -> None:
    p = save(register, application(varian="hilang", sudah_rekam="daftar"))
    assert asked(register, "permohonan", p.id) == p
    p = save(register, replace(
        p, varian="", sudah_rekam="siak", penduduk=person(1, desa="PULO"), nomor_hp="+6281999", mobile_place="BALAI"))
    assert asked(register, "permohonan", p.id) == p


def test_text_that_cannot_be_stored_is_refused_by_every_book(register: Register) -> None:
    for act in (lambda tx: tx.add_withdrawn(card(nama="\ud800")), lambda tx: tx.add_letter(letter(perihal="\ud800")),
                lambda tx: tx.save_complaint(complaint(uraian="\ud800"))):
        with pytest.raises(BadInput):
            logged(register, act)
    assert asked(register, "letters_in", *EVER) == [] and asked(register, "withdrawn_waiting") == []
