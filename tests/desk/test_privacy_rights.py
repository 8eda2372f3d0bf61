"""Reasons for looking, requests with their 3 x 24 hours, notices of failed protection, and what the nightly job removes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from desk_office import PASSWORD, Office, build

from ktpel_kiosk.desk import breach, daily, drafts, intake, keeping, subject_requests, typed, viewing
from ktpel_kiosk.desk.breach import Concern
from ktpel_kiosk.domain import keeping as table
from ktpel_kiosk.domain.errors import BadInput, KioskError, SignInRefused, SopViolation, StaleView
from ktpel_kiosk.domain.pengaduan import Tenggat
from ktpel_kiosk.domain.permintaan import StatusPermintaan
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.domain.viewing import AlasanLihat, Lihat


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = build(tmp_path_factory.mktemp("hak"), "tempeh")
    yield made
    made.desk.register.close()


def key_of(act: object) -> str:
    with pytest.raises(KioskError) as caught:
        act()  # type: ignore[operator]
    return caught.value.message_key


def test_looking_is_part_of_serving_and_asks_a_reason_everywhere_else(office: Office) -> None:
    desk, p = office.desk, office.begun(1)
    p = intake.assign_number(desk, office.actor(Peran.LOKET), p.id)  # now with the verifier
    checker, operator, boss = office.actor(Peran.VERIFIKATOR), office.actor(Peran.OPERATOR), office.actor(Peran.SUPERVISOR)
    assert not viewing.needs_reason(desk, checker, p.id) and viewing.needs_reason(desk, operator, p.id)
    for _ in range(3):
        assert viewing.look(desk, checker, p.id, Lihat.BERKAS).id == p.id
    assert key_of(lambda: viewing.look(desk, operator, p.id, Lihat.NIK)) == "viewing.reason"
    assert key_of(lambda: viewing.look(desk, operator, p.id, Lihat.NIK, "pelayanan")) == "viewing.choice", "never chosen by hand"
    assert key_of(lambda: viewing.look(desk, operator, p.id, Lihat.NIK, "lain")) == "viewing.note"
    viewing.look(desk, operator, p.id, Lihat.NIK, "lain", "ditanya Dinas lewat telepon")
    viewing.look(desk, operator, p.id, Lihat.FOTO)  # the reason holds for a while
    office.clock.advance(viewing.HOLDS.total_seconds() + 60)
    assert key_of(lambda: viewing.look(desk, operator, p.id, Lihat.FOTO)) == "viewing.reason"
    found = [(x.viewing.officer, x.viewing.what, x.viewing.reason) for x in viewing.who_looked(desk, boss, p.id)]
    assert found == [("operator", Lihat.FOTO, AlasanLihat.LAIN), ("operator", Lihat.NIK, AlasanLihat.LAIN),
                     ("periksa", Lihat.BERKAS, AlasanLihat.PELAYANAN)], "once a day for the same work"
    day = desk.clock.now().date()
    assert len(viewing.looked_on(desk, boss, day)) == 3 and len(viewing.looked_on(desk, boss, day, "operator")) == 2
    assert viewing.looked_on(desk, boss, day + timedelta(days=1)) == ()
    audit = [link.facts for link in desk.register.read(lambda v: v.audit(subject=p.id)) if link.event == "PersonDataViewed"]
    assert len(audit) == 3 and "Dinas" not in str(audit), "the words of a reason stay in the register's own table"


def test_a_request_has_three_times_twenty_four_hours_and_is_answered_to_a_known_person_only(office: Office) -> None:
    desk, counter, boss = office.desk, office.actor(Peran.LOKET), office.actor(Peran.SUPERVISOR)
    p = office.begun(3)
    made = subject_requests.receive(desk, counter, "akses", p.penduduk.nik, "SITI", "0812", "minta salinan data saya")
    assert made.due_at - made.received_at == timedelta(hours=72) and made.nomor.startswith("0001/PSD/")
    assert subject_requests.open_request(desk, counter, made.id).known == 1
    made = subject_requests.move(desk, boss, made.id, "diproses")
    assert key_of(lambda: subject_requests.move(desk, boss, made.id, "dipenuhi", "diberi")) == "subject.identity"
    assert key_of(lambda: subject_requests.copy_of_data(desk, boss, made.id)) == "subject.identity"
    subject_requests.prove_identity(desk, counter, made.id, "ktp")
    path = subject_requests.copy_of_data(desk, boss, made.id)
    assert path.exists() and path.name.endswith("salinan-data.pdf")
    seen = viewing.who_looked(desk, boss, p.id)[0].viewing
    assert (seen.what, seen.reason, seen.note) == (Lihat.SALINAN, AlasanLihat.PERMINTAAN, made.nomor)
    assert key_of(lambda: subject_requests.move(desk, boss, made.id, "dipenuhi")) == "subject.note"
    with pytest.raises(StaleView):
        subject_requests.move(desk, boss, made.id, "dipenuhi", "diberi", version=1)
    done = subject_requests.move(desk, boss, made.id, "dipenuhi", "Salinan diserahkan di loket.")
    assert done.status is StatusPermintaan.DIPENUHI and done.finished_at is not None
    assert key_of(lambda: subject_requests.move(desk, boss, made.id, "ditolak", "x")) == "subject.ended"
    assert [s.status.value for s in subject_requests.open_request(desk, counter, made.id).steps] == [
        "diterima", "diproses", "diproses", "dipenuhi"]


def test_the_clock_of_a_request_runs_over_nights_and_holidays(office: Office) -> None:
    desk, counter = office.desk, office.actor(Peran.LOKET)
    made = subject_requests.receive(desk, counter, "keberatan", office.person(70).nik, "BUDI", "", "tidak setuju")
    other = subject_requests.receive(desk, counter, "perbaikan", office.person(71).nik, "ANI", "", "alamat salah")
    assert key_of(lambda: subject_requests.copy_of_data(desk, office.actor(Peran.SUPERVISOR), other.id)) == "subject.kind"
    standing = [subject_requests.open_request(desk, counter, made.id).tenggat]
    for hours in (47, 2, 24):
        office.clock.advance(hours * 3600)
        standing.append(subject_requests.open_request(desk, counter, made.id).tenggat)
    assert standing == [Tenggat.AMAN, Tenggat.AMAN, Tenggat.DEKAT, Tenggat.LEWAT]
    assert desk.register.read(lambda v: subject_requests.overdue(v, desk.clock.now())) == (2, 0)
    assert [r.permintaan.nomor for r in subject_requests.requests(desk, counter)][:2] == [made.nomor, other.nomor]


def test_a_notice_finds_whom_it_concerns_and_needs_two_people(office: Office) -> None:
    desk, boss = office.desk, office.actor(Peran.SUPERVISOR)
    office.clock.advance(3600)
    began = desk.clock.now()
    inside = [office.begun(10), office.begun(11)]
    ended = desk.clock.now()
    office.clock.advance(3600)
    outside = office.sealed(12)
    packet = desk.register.read(lambda v: v.packet_of(outside.id))
    assert packet is not None
    concern = Concern(began, ended)
    assert {a.permohonan_id for a in breach.concerned(desk, boss, concern)} == {p.id for p in inside}
    wide = Concern(began, ended, packet_ids=(packet.packet_id,))
    assert {a.permohonan_id for a in breach.concerned(desk, boss, wide)} == {*(p.id for p in inside), outside.id}
    words = ("Laptop hilang dari mobil dinas.", "Kunci stasiun dicabut; disk terenkripsi.")
    for second, password, expected in (("camat", PASSWORD, SignInRefused), ("kasi", "salah", SignInRefused)):
        with pytest.raises(expected):
            breach.notice(desk, boss, wide, ended, ["nik"], *words, second_username=second, second_password=password)
    second = {"second_username": "kasi", "second_password": PASSWORD}
    for bad, key in ((lambda: breach.notice(desk, boss, wide, began - timedelta(hours=1), ["nik"], *words, **second), "breach.when"),
                     (lambda: breach.notice(desk, boss, wide, ended, [], *words, **second), "breach.data"),
                     (lambda: breach.notice(desk, boss, Concern(ended, began), ended, ["nik"], *words, **second), "breach.span")):
        assert key_of(bad) == key
    assert breach.notices(desk, boss) == ()
    made = breach.notice(desk, boss, wide, ended, ["nik", "kontak"], *words, **second)
    assert made.people == 3 and made.second == "kasi" and made.due_at - made.known_at == timedelta(hours=72)
    papers = breach.papers(desk, boss, made.id)
    assert len(papers) == 4 and all(p.exists() for p in papers)
    link = desk.register.read(lambda v: v.audit(subject=made.id))[-1]
    assert link.event == "BreachNoticed" and link.facts["second"] == "kasi" and link.facts["late"] is False


def test_the_nightly_job_removes_what_is_over_its_time_and_says_so(office: Office) -> None:
    desk, counter = office.desk, office.actor(Peran.LOKET)
    daily.run_due(desk)
    old = intake.begin_intake(desk, counter)
    typed.keep(desk, counter, "pengaduan", {"isi": "lama"})
    paper = desk.spool.keep("surat-lama.pdf", b"%PDF-1.4")
    archive = desk.spool.keep("buku.pdf", b"%PDF-1.4", "arsip/2026-01")
    for p in (paper, archive):
        os.utime(p, (0, 0))
    office.clock.advance((table.DRAFT_DAYS + 1) * 86400.0)
    fresh = intake.begin_intake(desk, counter)
    typed.keep(desk, counter, "register", {"isi": "baru"})
    daily.run_due(desk)
    left = desk.register.read(lambda v: (*v.drafts(drafts.DRAFT_PREFIX), *v.drafts(typed.PREFIX)))
    assert old not in left and fresh in left and [k for k in left if k.startswith(typed.PREFIX)] == [f"{typed.PREFIX}loket:register"]
    assert not paper.exists() and archive.exists(), "books of closed months stay"
    boss = office.actor(Peran.SUPERVISOR)
    found = {d.kind: d for d in keeping.disposals(desk, boss)}
    assert set(found) == {"draf", "ketikan", "cetakan"} and all(d.officer == "-" and len(d.digest) == 64 for d in found.values())
    assert keeping.tidy(desk) == (), "nothing twice"
    assert keeping.record(desk, boss, found["draf"].id).read_bytes(), "its record can be made at any time"


def test_a_doubtful_clock_removes_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    intake.begin_intake(office.desk, office.actor(Peran.LOKET))
    office.clock.advance(400 * 86400.0)
    monkeypatch.setattr(office.clock, "jumped", lambda: True)
    assert keeping.tidy(office.desk) == ()


def test_the_reason_list_is_short_and_in_words() -> None:
    from ktpel_kiosk.domain.viewing import ALASAN_NAMES, CHOSEN
    assert len(CHOSEN) <= 7 and set(ALASAN_NAMES) == set(AlasanLihat) and AlasanLihat.PELAYANAN not in CHOSEN


def test_what_cannot_be_a_request_is_refused_in_words(office: Office) -> None:
    desk, counter, boss = office.desk, office.actor(Peran.LOKET), office.actor(Peran.SUPERVISOR)
    nik = office.person(80).nik
    for act in (lambda: subject_requests.receive(desk, counter, "hibah", nik, "A", "", "x"),
                lambda: subject_requests.receive(desk, counter, "akses", "123", "A", "", "x"),
                lambda: subject_requests.receive(desk, counter, "akses", nik, " ", "", "x")):
        with pytest.raises(BadInput) as caught:
            act()
        assert desk.sentences.of(caught.value)
    made = subject_requests.receive(desk, counter, "akses", nik, "TIDAK ADA", "", "salinan")
    subject_requests.prove_identity(desk, counter, made.id, "kk")
    assert key_of(lambda: subject_requests.copy_of_data(desk, boss, made.id)) == "subject.nobody"
    with pytest.raises(SopViolation):
        subject_requests.move(desk, boss, made.id, "dipenuhi", "langsung")
