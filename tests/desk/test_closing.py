"""Closing a month: in order, only what is over, guarded afterwards, opened by two, checked line by line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ktpel_kiosk.desk import agenda, books, closing, intake, letters, printing
from ktpel_kiosk.domain.errors import BadInput, NotAllowed, OutcomeUnknown, SignInRefused, SopViolation
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Layanan, Peran
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ports.ledgers import BOOKS

PASSWORD = "rahasia"
DECEMBER = datetime(2026, 12, 2, 2, 0, tzinfo=UTC)
JANUARY = datetime(2027, 1, 4, 2, 0, tzinfo=UTC)


def go_to(office, when):
    office.clock.advance((when - office.clock.now()).total_seconds())


def numbered(office, index):
    who = office.person(index)
    have = frozenset(i.kode for i in intake.checklist(office.desk, Layanan.BARU_WNI, who))
    return intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, who, have)


def key_of(act, *args, **kwargs):
    with pytest.raises(SopViolation) as caught:
        act(*args, **kwargs)
    return caught.value.message_key


@pytest.fixture
def kasi(office):
    return office.actor(Peran.KASI)


@pytest.fixture
def november(office, kasi):
    """Three November applications (one waits for the centre, one is new, one void), closed on 2 December."""
    sealed = office.walk().advance(numbered(office, 0).id)
    fresh, void = numbered(office, 1), numbered(office, 2)
    intake.void_application(office.desk, kasi, void.id, "salah orang")
    go_to(office, DECEMBER)
    closing.close_month(office.desk, kasi, 2026, 11)
    return sealed, fresh


def test_a_closed_month_is_counted_hashed_and_kept_as_pdf(office, november):
    lock = office.desk.register.read(lambda v: v.month_locks(2026))[-1]
    assert [d.book for d in lock.digests] == list(BOOKS)
    rows = {d.book: d.rows for d in lock.digests}
    assert (rows["permohonan"], rows["perekaman"], rows["pencetakan"]) == (3, 1, 0)
    hashes = {d.book: d.sha256 for d in lock.digests}
    assert hashes["permohonan"] == office.press.content_hash(books.build_book(office.desk, "permohonan", year=2026, month=11))
    folder = office.desk.spool.folder / "arsip" / "2026-11"
    assert sorted(p.stem for p in folder.glob("*.pdf")) == sorted(BOOKS)
    state = {m.month: m.state for m in closing.months(office.desk, 2026)}
    assert (state[10], state[11], state[12]) == ("kosong", "tertutup", "berjalan")


def test_who_may_close_and_open(office):
    numbered(office, 0)
    go_to(office, DECEMBER)
    with pytest.raises(NotAllowed):
        closing.close_month(office.desk, office.actor(Peran.OPERATOR), 2026, 11)
    closing.close_month(office.desk, office.actor(Peran.KASI), 2026, 11)
    with pytest.raises(NotAllowed):
        closing.reopen_month(office.desk, office.actor(Peran.KASI), 2026, 11, "keliru", "camat", PASSWORD)


def test_only_months_that_are_over_in_their_order_and_once(office, kasi):
    numbered(office, 0)
    assert key_of(closing.close_month, office.desk, kasi, 2026, 11) == "book.month_running"
    go_to(office, DECEMBER)
    numbered(office, 1)
    go_to(office, JANUARY)
    assert key_of(closing.close_month, office.desk, kasi, 2026, 12) == "book.month_order"
    closing.close_month(office.desk, kasi, 2026, 11)
    assert key_of(closing.close_month, office.desk, kasi, 2026, 11) == "book.month_again"
    closing.close_month(office.desk, kasi, 2026, 12)
    with pytest.raises(BadInput):
        closing.close_month(office.desk, kasi, 2026, 13)


def test_a_card_whose_outcome_is_not_known_holds_the_month(office, kasi):
    p = office.prr(office.walk().advance(numbered(office, 0).id))
    office.bench.trouble[DeviceKind.CARD_PRINTER] = OutcomeUnknown("printer.unknown", device_kind="card_printer")
    printing.start_card(office.desk, office.actor(Peran.OPERATOR), p.id)
    go_to(office, DECEMBER)
    assert key_of(closing.close_month, office.desk, kasi, 2026, 11) == "book.month_unsettled"
    assert not list(office.desk.spool.folder.glob("arsip/*/*"))


def test_rows_of_a_closed_month_stay(office, november, kasi):
    _, fresh = november
    assert key_of(intake.void_application, office.desk, kasi, fresh.id, "keliru") == "book.month_closed"
    assert office.read(fresh).keadaan is Keadaan.BERJALAN


def test_a_letter_of_a_closed_month_is_not_void_any_more(office, kasi):
    p = office.walk().advance(numbered(office, 0).id)
    letter = letters.issue_letter(office.desk, office.actor(Peran.LOKET), p.id, "surat_keterangan_perekaman")
    go_to(office, DECEMBER)
    closing.close_month(office.desk, kasi, 2026, 11)
    assert key_of(agenda.void_letter, office.desk, kasi, letter.nomor, "salah ketik") == "book.month_closed"


def test_what_goes_on_is_no_error_and_is_named(office, november):
    sealed, _ = november
    supervisor = office.actor(Peran.SUPERVISOR)
    assert all(b.same for b in closing.check(office.desk, supervisor, 2026, 11).books)
    office.walk().advance(office.prr(sealed).id)
    found = closing.check(office.desk, supervisor, 2026, 11)
    assert found.good
    by = {b.book: b for b in found.books}
    assert by["perekaman"].continued == (sealed.nomor_register,)
    assert not by["perekaman"].same
    assert by["agenda_surat"].same


def test_a_line_changed_behind_the_desk_is_found(office, november):
    """Somebody writes into the register without any act of the desk."""
    _, fresh = november

    def falsify(tx):
        p = tx.permohonan(fresh.id)
        tx.save_permohonan(replace(p, penduduk=replace(p.penduduk, nama="ORANG LAIN")))
        tx.log("BiodataCorrected", p.id, "-")

    office.desk.register.write(falsify)
    found = closing.check(office.desk, office.actor(Peran.SUPERVISOR), 2026, 11)
    assert not found.good
    book = next(b for b in found.books if b.book == "permohonan")
    assert book.changed == (fresh.nomor_register,)


def test_an_officer_who_changes_the_name_changes_no_line(office, november):
    from ktpel_kiosk.desk import users
    users.save_user(office.desk, None, "loket", "Rina Wulandari, A.Md", (Peran.LOKET, Peran.PENYERAH), PASSWORD)
    found = closing.check(office.desk, office.actor(Peran.SUPERVISOR), 2026, 11)
    assert found.good
    assert not next(b for b in found.books if b.book == "permohonan").same


def test_opened_again_by_two_with_a_reason(office, november, kasi):
    _, fresh = november
    supervisor = office.actor(Peran.SUPERVISOR)
    with pytest.raises(BadInput):
        closing.reopen_month(office.desk, supervisor, 2026, 11, " ", "kasi", PASSWORD)
    for name, word in (("camat", PASSWORD), ("kasi", "salah")):
        with pytest.raises(SignInRefused):
            closing.reopen_month(office.desk, supervisor, 2026, 11, "nama salah", name, word)
    lock = closing.reopen_month(office.desk, supervisor, 2026, 11, "nama salah", "kasi", PASSWORD)
    assert (lock.officer, lock.second, lock.reason) == ("camat", "kasi", "nama salah")
    intake.void_application(office.desk, kasi, fresh.id, "keliru")
    assert key_of(closing.check, office.desk, supervisor, 2026, 11) == "book.month_open"
    closing.close_month(office.desk, kasi, 2026, 11)
    assert [x.action for x in office.desk.register.read(lambda v: v.month_locks(2026))] == ["tutup", "buka", "tutup"]
    assert closing.check(office.desk, supervisor, 2026, 11).good


def test_the_month_is_the_offices_own(office, kasi):
    """23.30 WIB on 30 November is 16.30 UTC; 00.30 on 1 December is still 30 November in UTC."""
    numbered(office, 0)
    go_to(office, datetime(2026, 11, 30, 17, 30, tzinfo=UTC))
    new = numbered(office, 1)
    closing.close_month(office.desk, kasi, 2026, 11)
    office.desk.register.read(lambda v: closing.guard(office.desk, v, new.numbered_at))
    intake.void_application(office.desk, kasi, new.id, "keliru")
    assert office.read(new).keadaan.value == "batal", "December is open"


def test_work_while_the_month_is_being_closed_is_let_in_unless_it_changes_the_month(office, kasi, monkeypatch):
    """The PDF copies take a while: what happens meanwhile either has nothing to do with the month, or nothing is closed."""
    from ktpel_kiosk.domain.errors import StaleView
    fresh = numbered(office, 1)
    go_to(office, DECEMBER)
    real = closing._archive
    meanwhile = [lambda: intake.void_application(office.desk, kasi, fresh.id, "salah orang")]

    def archive(desk, view, actor, want):
        if want.book == "agenda_surat" and meanwhile:
            meanwhile.pop()()
        return real(desk, view, actor, want)

    monkeypatch.setattr(closing, "_archive", archive)
    with pytest.raises(StaleView):
        closing.close_month(office.desk, kasi, 2026, 11)
    assert not office.desk.register.read(lambda v: v.month_closed(2026, 11))
    meanwhile.append(lambda: numbered(office, 3))
    closing.close_month(office.desk, kasi, 2026, 11)
    assert closing.check(office.desk, office.actor(Peran.SUPERVISOR), 2026, 11).good
