"""Outgoing letters: numbered without a gap by many at once, void keeps the number, reprinted under the same one."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ktpel_kiosk.desk import agenda, letters, withdrawn
from ktpel_kiosk.desk.agenda import Outgoing
from ktpel_kiosk.domain.errors import BadInput, DuplicateRequest, KioskError, NotAllowed, NotFound, SopViolation
from ktpel_kiosk.domain.ledgers import AlasanTarik, Pejabat
from ktpel_kiosk.domain.sop import Peran, Stage


def send(office, kind="surat_pengantar", fail=False):
    def work(tx):
        now = office.clock.now()
        nomor = agenda.next_letter_number(office.desk, tx, office.desk.sop.kantor, kind, now)
        agenda.enter(office.desk, tx, office.actor(Peran.LOKET), nomor, now, Outgoing(kind, "Dinas", "Uji", "Camat"))
        if fail:
            raise RuntimeError("the power went")
        return nomor

    return office.desk.register.write(work)


def sequence(office):
    got = office.desk.register.read(lambda v: list(v.letters_in(*_all())))
    return [x.nomor for x in got]


def _all():
    from datetime import UTC, datetime
    return datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


def urut(nomor):
    return int(nomor.split("/")[1])


def test_many_at_once_some_cut_off_leave_no_gap_and_no_number_twice(office):
    def many(n):
        for i in range(15):
            with suppress(RuntimeError):
                send(office, fail=(i + n) % 4 == 0)

    threads = [threading.Thread(target=many, args=(n,)) for n in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    numbers = [urut(n) for n in sequence(office)]
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) == 90


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(["surat_pengantar", "surat_keterangan_perekaman", "ba_pemusnahan"]), st.booleans()), max_size=12))
def test_any_order_of_kinds_and_failures_is_gapless_per_series(office, acts):
    before = len(sequence(office))
    for kind, fail in acts:
        with suppress(RuntimeError):
            send(office, kind, fail)
    numbers = sequence(office)
    assert len(numbers) == before + sum(not fail for _, fail in acts)
    assert max(Counter(numbers).values(), default=1) == 1
    plain = [urut(n) for n in numbers if "/BA/" not in n]
    burned = [int(n.split("/")[2]) for n in numbers if "/BA/" in n]
    assert plain == list(range(1, len(plain) + 1))
    assert burned == list(range(1, len(burned) + 1))


def test_sequence_per_classification_when_the_office_wants_it(office):
    supervisor = office.actor(Peran.SUPERVISOR)
    first = send(office)
    agenda.set_setting(office.desk, supervisor, "surat.urut", "kode")
    agenda.set_setting(office.desk, supervisor, "surat.kode", "471.13")
    second, third = send(office), send(office)
    assert first.startswith("400.8.1.2/001/")
    assert second.startswith("471.13/001/")
    assert third.startswith("471.13/002/")
    agenda.set_setting(office.desk, supervisor, "surat.kode", "400.8.1.2")
    assert send(office).startswith("400.8.1.2/002/")


@pytest.mark.parametrize(("key", "value"), [("surat.urut", "acak"), ("surat.kode", ""), ("surat.kode", "a b"), ("surat.apa", "x"),
                                            ("surat.kode", "{urut}")])
def test_wrong_letter_settings_are_refused(office, key, value):
    with pytest.raises(BadInput):
        agenda.set_setting(office.desk, office.actor(Peran.SUPERVISOR), key, value)
    with pytest.raises(NotAllowed):
        agenda.set_setting(office.desk, office.actor(Peran.LOKET), "surat.urut", "kode")


def test_void_keeps_number_and_row_and_a_new_letter_gets_a_new_number(office):
    p = office.sealed()
    loket, kasi = office.actor(Peran.LOKET), office.actor(Peran.KASI)
    first = letters.issue_letter(office.desk, loket, p.id, "surat_keterangan_perekaman")
    with pytest.raises(DuplicateRequest):
        letters.issue_letter(office.desk, loket, p.id, "surat_keterangan_perekaman")
    with pytest.raises(NotAllowed):
        agenda.void_letter(office.desk, loket, first.nomor, "salah nama")
    with pytest.raises(BadInput):
        agenda.void_letter(office.desk, kasi, first.nomor, " ")
    void = agenda.void_letter(office.desk, kasi, first.nomor, "salah nama")
    assert void.void_reason == "salah nama"
    with pytest.raises(SopViolation):
        agenda.void_letter(office.desk, kasi, first.nomor, "lagi")
    with pytest.raises(SopViolation):
        letters.reprint(office.desk, loket, first.nomor)
    second = letters.issue_letter(office.desk, loket, p.id, "surat_keterangan_perekaman")
    assert [urut(first.nomor), urut(second.nomor)] == [1, 2]
    from ktpel_kiosk.desk import books
    rows = books.build_book(office.desk, "agenda_surat").rows
    assert [r.void for r in rows] == [True, False]
    assert rows[0].cells[5].startswith("BATAL: salah nama (Kasi). Keterangan perekaman")


def test_reprint_uses_no_number(office):
    p = office.sealed()
    loket = office.actor(Peran.LOKET)
    letter = letters.issue_letter(office.desk, loket, p.id, "surat_pengantar")
    assert letters.reprint(office.desk, loket, letter.nomor).read_bytes() == f"%PDF surat_pengantar {letter.nomor}".encode()
    assert sequence(office) == [letter.nomor]
    with pytest.raises(NotFound):
        letters.reprint(office.desk, loket, "400.8.1.2/999/x/2026")


def test_no_letter_before_the_recording_and_none_of_another_kind(office):
    p = office.begun()
    with pytest.raises(SopViolation):
        letters.issue_letter(office.desk, office.actor(Peran.LOKET), p.id, "surat_pengantar")
    with pytest.raises(BadInput):
        letters.issue_letter(office.desk, office.actor(Peran.LOKET), p.id, "surat_sakti")
    assert sequence(office) == []


def test_the_narrative_letter_is_a_setting(office):
    p = office.sealed()
    agenda.set_setting(office.desk, office.actor(Peran.SUPERVISOR), "surat.pengantar", "naratif")
    letters.issue_letter(office.desk, office.actor(Peran.LOKET), p.id, "surat_pengantar")
    assert office.press.letters[-1].varian == "naratif"


def test_offices_that_end_with_letters_enter_both(any_office):
    if any_office.desk.sop.akhir != "surat":
        pytest.skip("this office prints cards")
    p = any_office.at(Stage.SERAH_SURAT)
    assert [x.kind for x in letters.letters_of(any_office.desk, p.id)] == ["surat_pengantar", "surat_keterangan_perekaman"]


# -- withdrawn cards ------------------------------------------------------------------------------------------------------


def found(office, index):
    return withdrawn.surrender(office.desk, office.actor(Peran.LOKET), office.person(index).nik, office.person(index).nama,
                               AlasanTarik.DITEMUKAN, "utuh")


def burning(**more):
    return withdrawn.Burning(**{
        "executors": (Pejabat("Sri Hartati", "Kasi"),), "witnesses": (Pejabat("Anton", "Staf"), Pejabat("Budi", "Satpol PP")),
        "place": "Halaman kantor", **more})


def test_cards_are_burned_once_with_number_paper_and_agenda_line(office):
    kasi = office.actor(Peran.KASI)
    cards = [found(office, i) for i in range(3)]
    made = withdrawn.destroy(office.desk, kasi, [cards[0].id, cards[2].id], burning())
    assert made.nomor.startswith("400.8.1.2/BA/001/")
    assert made.count == 2
    paper = office.press.burned[-1]
    assert [c.nik for c in paper.cards] == [cards[0].nik, cards[2].nik]
    assert len(paper.witnesses) == 2
    assert (office.desk.spool.folder / withdrawn.paper_name(made)).read_bytes().startswith(b"%PDF")
    assert [c.id for c in withdrawn.waiting(office.desk)] == [cards[1].id]
    assert sequence(office) == [made.nomor]
    with pytest.raises(DuplicateRequest):
        withdrawn.destroy(office.desk, kasi, [cards[0].id, cards[1].id], burning())
    assert [c.id for c in withdrawn.waiting(office.desk)] == [cards[1].id]
    assert len(withdrawn.destructions(office.desk)) == 1
    assert withdrawn.paper_again(office.desk, kasi, made.id).startswith(b"%PDF")
    assert office.press.burned[-1] == paper
    assert withdrawn.destroy(office.desk, kasi, [cards[1].id], burning()).nomor.startswith("400.8.1.2/BA/002/")


@pytest.mark.parametrize("change", [
    {"witnesses": (Pejabat("Anton"),)}, {"executors": ()}, {"place": " "}, {"method": ""},
    {"witnesses": (Pejabat("Anton"), Pejabat("sri  hartati"))}, {"witnesses": (Pejabat("Anton"), Pejabat("anton"))},
    {"executors": (Pejabat(" "),)},
])
def test_a_berita_acara_that_would_not_hold_is_refused(office, change):
    card = found(office, 0)
    with pytest.raises(BadInput):
        withdrawn.destroy(office.desk, office.actor(Peran.KASI), [card.id], burning(**change))
    assert withdrawn.waiting(office.desk) == (card,)
    assert sequence(office) == []


def test_who_may_burn_and_what_is_no_card(office):
    card = found(office, 0)
    with pytest.raises(NotAllowed):
        withdrawn.destroy(office.desk, office.actor(Peran.LOKET), [card.id], burning())
    for ids in ([], [card.id, card.id]):
        with pytest.raises(BadInput):
            withdrawn.destroy(office.desk, office.actor(Peran.KASI), ids, burning())
    for nik, nama, condition in (("123", "SITI", "utuh"), (card.nik, "", "utuh"), (card.nik, "X" * 61, "utuh"), (card.nik, "SITI", " ")):
        with pytest.raises(KioskError):
            withdrawn.surrender(office.desk, office.actor(Peran.LOKET), nik, nama, AlasanTarik.LAIN, condition)
    assert len(withdrawn.waiting(office.desk)) == 1
