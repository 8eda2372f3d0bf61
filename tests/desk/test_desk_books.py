"""The eight books: columns and rows by hand, by the moment each is about; numbers through the year; masked, audited, four eyes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.desk import books, intake, letters, printing, withdrawn
from ktpel_kiosk.desk.books import Want
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, NotAllowed, SignInRefused
from ktpel_kiosk.domain.ledgers import AlasanTarik
from ktpel_kiosk.domain.pengaduan import Kanal, KategoriPengaduan, Pengaduan
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.ports.ledgers import BOOKS

PASSWORD = "rahasia"


@pytest.fixture
def still(monkeypatch):
    """A clock that only moves when told to."""
    monkeypatch.setattr(PracticeClock, "monotonic", lambda self: self._mono + self._extra)


def go_to(office, when):
    office.clock.advance((when - office.clock.now()).total_seconds())


def numbered(office, index, **args):
    who = office.person(index)
    return intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, who, papers(office, who), **args)


def papers(office, who, layanan=Layanan.BARU_WNI):
    return frozenset(i.kode for i in intake.checklist(office.desk, layanan, who))


def rows(office, book, **period):
    return [r.cells for r in books.build_book(office.desk, book, **period).rows]


def masked(nik):
    return f"{nik[:6]}••••••{nik[12:]}"


def test_there_are_eight_books_with_the_columns_of_the_law_book():
    assert tuple(books.LAYOUTS) == BOOKS
    columns = {k: v.columns for k, v in books.LAYOUTS.items()}
    assert columns["blangko"] == ("Tanggal", "No. BAST", "Masuk", "Keluar baik", "Rusak", "Kembali", "Sisa", "Petugas")
    assert columns["agenda_surat"] == ("No. Urut", "Nomor Surat", "Tanggal", "Jenis", "Kepada", "Perihal", "NIK", "Penandatangan")
    assert columns["ktp_ditarik"] == (
        "No.", "Tanggal Terima", "NIK", "Nama", "Alasan", "Kondisi", "Petugas", "No. BA Pemusnahan", "Tgl Musnah")
    for layout in books.LAYOUTS.values():
        assert len(layout.widths) == len(layout.columns)
        assert all(0 <= i < len(layout.columns) for i in layout.text_columns)


def test_a_day_of_one_card_stands_in_each_book_as_written_by_hand(office, still):
    p = numbered(office, 0, nomor_hp="081234567890")
    p = office.walk().advance(office.prr(office.walk().advance(p.id)).id)
    q = p.penduduk
    when = {t.stage: (t.finished_at + timedelta(hours=7)).strftime("%H.%M") for t in p.tahap if t.finished_at}
    birth = q.tanggal_lahir.strftime("%d/%m/%Y")
    place = f"{q.alamat}, RT/RW {q.rt}/{q.rw}, {q.desa}"
    assert rows(office, "permohonan") == [(
        1, "0001/KTP/XI/2026", "20/11/2026", "08.05", q.nama, masked(q.nik), masked(q.no_kk), q.jenis_kelamin.value,
        f"{q.tempat_lahir}, {birth}", place, "0812 3456 7890", "KTP-el baru", "L", "Loket", "Kasi", "Kasi", "")]
    assert rows(office, "perekaman") == [(
        1, "20/11/2026", when[Stage.REKAM], "0001/KTP/XI/2026", masked(q.nik), q.nama, q.jenis_kelamin.value, birth, place, "baru", "-",
        "Operator", "", "PRINT_READY_RECORD", "20/11/2026", "")]
    job = office.desk.register.read(lambda v: v.card_jobs(p.id))[0]
    assert rows(office, "pencetakan") == [(
        1, "20/11/2026", masked(q.nik), q.nama, "KTP-el baru", "baik", "20/11/2026", "Operator", f"00001 / {job.chip_uid}", "")]
    assert rows(office, "pengambilan") == [(
        1, "20/11/2026", when[Stage.SERAH_PEMOHON], "0001/KTP/XI/2026", masked(q.nik), q.nama, "ybs", f"{masked(q.nik)} {q.nama}",
        "0001/BP/2026", "tidak", "ya", "ada", "Loket", "")]
    assert rows(office, "blangko") == [
        ("20/11/2026", "BAST-1", 10, "", "", "", 10, "Camat"), ("20/11/2026", "", "", 1, "", "", 9, "Operator")]
    assert rows(office, "ktp_ditarik") == rows(office, "pengaduan") == rows(office, "agenda_surat") == []


def test_officer_names_stand_in_the_books_and_the_exporting_officer_signs(office):
    numbered(office, 0)
    made = books.build_book(office.desk, "permohonan", actor=office.actor(Peran.SUPERVISOR))
    assert made.title == office.desk.sop.kantor.buku_register
    assert made.signatories[1] == ("Petugas", "Camat", "")
    assert made.kop == office.desk.sop.kantor.kop
    assert made.rows[0].cells[13] == "Loket"


@pytest.mark.parametrize(("kind", "expected"), [
    ({}, ("baru", "")), ({"mobile_place": "Balai Desa Pulo"}, ("jemput bola", "Balai Desa Pulo")),
])
def test_kinds_of_recording(office, kind, expected):
    p = office.walk().advance(numbered(office, 0, **kind).id)
    row = rows(office, "perekaman")[0]
    assert (row[9], row[15]) == expected
    assert p.penduduk.nama in row


def test_each_book_goes_by_its_own_date_across_the_end_of_the_month(office, still):
    go_to(office, datetime(2026, 11, 30, 16, 30, tzinfo=UTC))  # 23.30 WIB on the last day
    p = numbered(office, 0)
    sealed = office.walk().advance(p.id)
    go_to(office, datetime(2026, 11, 30, 17, 10, tzinfo=UTC))  # 00.10 WIB on 1 December
    late = numbered(office, 1)
    office.walk().advance(office.prr(sealed).id)
    november, december = {"year": 2026, "month": 11}, {"year": 2026, "month": 12}
    assert [r[1] for r in rows(office, "permohonan", **november)] == [p.nomor_register]
    assert [r[1] for r in rows(office, "permohonan", **december)] == [late.nomor_register]
    assert len(rows(office, "perekaman", **november)) == 1
    assert [len(rows(office, b, **november)) for b in ("pencetakan", "pengambilan")] == [0, 0]
    assert [len(rows(office, b, **december)) for b in ("pencetakan", "pengambilan")] == [1, 1]
    assert rows(office, "permohonan", **december)[0][0] == 2
    assert [r[0] for r in rows(office, "permohonan")] == [1, 2]
    assert rows(office, "blangko", **december)[0] == ("01/12/2026", "Saldo awal", "", "", "", "", 10, "")


def test_a_number_given_after_midnight_never_lands_in_the_month_before(office, still):
    go_to(office, datetime(2026, 11, 30, 16, 50, tzinfo=UTC))
    begun = office.begun(0)
    go_to(office, datetime(2026, 11, 30, 17, 5, tzinfo=UTC))
    p = intake.assign_number(office.desk, office.actor(Peran.LOKET), begun.id)
    assert rows(office, "permohonan", year=2026, month=11) == []
    assert rows(office, "permohonan", year=2026, month=12)[0][1:4] == (p.nomor_register, "01/12/2026", "00.05")


def test_the_book_is_in_the_order_of_its_numbers_not_of_the_arrivals(office):
    """Papers that come back completed are entered when they are numbered; the lines before them keep their "No."."""
    early, late = office.begun(0), office.begun(1)
    first = intake.assign_number(office.desk, office.actor(Peran.LOKET), late.id)
    before = rows(office, "permohonan")
    second = intake.assign_number(office.desk, office.actor(Peran.LOKET), early.id)
    after = rows(office, "permohonan")
    assert [r[:2] for r in after] == [(1, first.nomor_register), (2, second.nomor_register)]
    assert after[:1] == before


def test_numbers_restart_on_new_years_day(office, still):
    numbered(office, 0)
    go_to(office, datetime(2026, 12, 31, 16, 59, tzinfo=UTC))
    numbered(office, 1)
    go_to(office, datetime(2026, 12, 31, 17, 1, tzinfo=UTC))
    new = numbered(office, 2)
    assert [r[0] for r in rows(office, "permohonan", year=2026)] == [1, 2]
    assert rows(office, "permohonan", year=2027) == rows(office, "permohonan", year=2027, month=1)
    assert rows(office, "permohonan", year=2027)[0][:2] == (1, "0001/KTP/I/2027")
    assert new.nomor_register == "0001/KTP/I/2027"


def test_numbers_nobody_gets_stand_in_the_register_in_their_place_in_time(office):
    """Set aside for a desk that worked without its office server, and struck when it was withdrawn."""
    first = numbered(office, 0)
    facts = {"station": "meja-2", "year": 2026, "reason": "komputer diganti"}

    def strike(tx):
        tx.log("NumbersStruck", "nomor-register", "camat", first=8, last=25, **facts)
        tx.log("NumbersStruck", "nomor-register", "-", first=30, last=30, **facts)

    office.desk.register.write(strike)
    office.clock.advance(60)
    second = numbered(office, 1)
    found = list(books.build_book(office.desk, "permohonan").rows)
    assert [r.cells[1] for r in found] == [first.nomor_register, "8\u201325 (2026)", "30 (2026)", second.nomor_register]
    assert [r.cells[0] for r in found] == [1, 2, 3, 4]
    assert [r.void for r in found] == [False, True, True, False]
    assert found[1].cells[-1] == "BATAL: disisihkan untuk meja-2, tidak dipakai: komputer diganti (Camat)"
    assert all(len(r.cells) == len(books.LAYOUTS["permohonan"].columns) for r in found)
    preview = books.preview(office.desk, office.actor(Peran.KASI), Want("permohonan", 2026), 0, 2)
    assert (preview.count, preview.more, len(preview.rows)) == (4, True, 2)
    assert rows(office, "permohonan", year=2025) == []


def test_void_row_stays_with_reason_and_officer(office):
    p = numbered(office, 0)
    numbered(office, 1)
    intake.void_application(office.desk, office.actor(Peran.SUPERVISOR), p.id, "salah orang")
    first, second = books.build_book(office.desk, "permohonan").rows
    assert first.void
    assert not second.void
    assert first.cells[-1] == "BATAL: salah orang (Camat)"
    assert [first.cells[0], second.cells[0]] == [1, 2]


def test_a_spoiled_card_and_its_good_one_are_two_rows(office):
    p = office.prr(office.sealed())
    operator = office.actor(Peran.OPERATOR)
    job = printing.start_card(office.desk, operator, p.id)
    printing.spoil_card(office.desk, operator, job.id, "tergores", second_username="kasi", second_password=PASSWORD)
    office.walk().advance(p.id)
    bad, good = rows(office, "pencetakan")
    assert (bad[5], bad[9]) == ("rusak", "tergores")
    assert (good[5], good[9]) == ("baik", "")
    assert rows(office, "blangko")[-1][3:7] == (1, 1, "", 8)


def test_withdrawn_cards_letters_and_complaints_have_their_rows(office):
    card = withdrawn.surrender(office.desk, office.actor(Peran.LOKET), office.person(3).nik, "siti aminah", AlasanTarik.DITEMUKAN, "patah")
    row = rows(office, "ktp_ditarik")[0]
    assert row[2:] == (masked(card.nik), "SITI AMINAH", "Ditemukan", "Patah atau terpotong", "Loket", "", "")
    p = office.walk().advance(numbered(office, 0).id)
    letter = letters.issue_letter(office.desk, office.actor(Peran.LOKET), p.id, "surat_keterangan_perekaman")
    row = rows(office, "agenda_surat")[0]
    assert row[1] == letter.nomor
    assert row[3:6] == ("Surat Keterangan Perekaman", p.penduduk.nama, f"Keterangan perekaman KTP-el a.n. {p.penduduk.nama}")
    assert row[6] == masked(p.penduduk.nik)


def test_complaint_row(office, still):
    now = office.clock.now()
    one = Pengaduan("c1", "0001/PGD/XI/2026", now, Kanal.KOTAK_SARAN, "=1+1 antrean lama", KategoriPengaduan.RINGAN, "loket",
                    now + timedelta(days=4), anonim=True)

    def keep(tx):
        tx.save_complaint(one)
        tx.log("ComplaintReceived", one.id, "loket")

    office.desk.register.write(keep)
    assert rows(office, "pengaduan") == [(
        1, "20/11/2026", "Kotak saran", "Anonim", "", "=1+1 antrean lama", "Ringan", "Loket", "24/11/2026", "", "", "Diterima")]


def test_masked_and_audited(office, tmp_path):
    p = numbered(office, 0)
    digest = books.export_register(office.desk, office.actor(Peran.SUPERVISOR), "permohonan", "csv", tmp_path / "b.csv")
    text = (tmp_path / "b.csv").read_text()
    assert p.nomor_register in text
    assert p.penduduk.nik not in text
    assert p.penduduk.no_kk not in text
    exported = [link for link in office.desk.register.read(lambda v: v.audit(limit=10_000)) if link.event == "RegisterExported"]
    assert exported[-1].facts["digest"] == digest
    assert exported[-1].facts["count"] == 1


def test_full_nik_needs_role_reason_and_a_second_officer(office, tmp_path):
    p = numbered(office, 0)
    out = tmp_path / "b.csv"
    supervisor, args = office.actor(Peran.SUPERVISOR), ("permohonan", "csv", out)
    with pytest.raises(BadInput):
        books.export_register(office.desk, supervisor, *args, full_nik=True, second_username="kasi", second_password=PASSWORD)
    with pytest.raises(NotAllowed):
        books.export_register(office.desk, office.actor(Peran.LOKET), *args, full_nik=True, reason="x", second_username="kasi",
                              second_password=PASSWORD)
    for name, word, error in (("", "", SignInRefused), ("camat", PASSWORD, SignInRefused), ("kasi", "salah", SignInRefused),
                              ("loket", PASSWORD, NotAllowed)):
        with pytest.raises(error):
            books.export_register(office.desk, supervisor, *args, full_nik=True, reason="diminta Dinas", second_username=name,
                                  second_password=word)
    assert not out.exists()
    assert list(tmp_path.glob(".*.tmp")) == []
    books.export_register(office.desk, supervisor, *args, full_nik=True, reason="diminta Dinas", second_username="kasi",
                          second_password=PASSWORD)
    assert p.penduduk.nik in out.read_text()
    link = [x for x in office.desk.register.read(lambda v: v.audit(limit=10_000)) if x.event == "RegisterExported"][-1]
    assert (link.facts["second"], link.facts["key"]) == ("kasi", "nik_lengkap")


@pytest.mark.parametrize(("book", "format", "more"), [
    ("apa", "csv", {}), ("permohonan", "doc", {}), ("permohonan", "csv", {"month": 13}), ("permohonan", "csv", {"year": 0x10000}),
])
def test_wrong_arguments_are_one_clear_error(office, tmp_path, book, format, more):
    with pytest.raises(BadInput):
        books.export_register(office.desk, office.actor(Peran.SUPERVISOR), book, format, tmp_path / "x", **more)
    assert list(tmp_path.glob("x*")) == []


def test_preview_shows_what_would_be_exported_and_hides_the_nik(office):
    made = [numbered(office, i) for i in range(3)]
    page = books.preview(office.desk, office.actor(Peran.LOKET), Want("permohonan", 2026, 11, full_nik=True), 1, 1)
    assert [r.cells for r in page.rows] == rows(office, "permohonan")[1:2]
    assert (page.count, page.more, page.closed) == (3, True, False)
    assert made[1].penduduk.nik not in repr(page.rows)
    with pytest.raises(NotAllowed):
        books.preview(office.desk, Actor("a", "A", frozenset({Peran.ADMIN})), Want("permohonan", 2026))


def test_every_book_of_every_office(any_office, tmp_path):
    p = any_office.sealed()
    if p.keadaan is not Keadaan.SELESAI:
        any_office.walk().advance(any_office.prr(p).id)
    for book in BOOKS:
        made = books.build_book(any_office.desk, book)
        assert all(len(r.cells) == len(made.columns) for r in made.rows), book
        for format in books.FORMATS:
            books.export_register(any_office.desk, any_office.actor(Peran.SUPERVISOR), book, format, tmp_path / f"{book}.{format}")


def test_verify_says_how_long_the_chain_is(office):
    office.begun()
    check = books.verify_register(office.desk, office.actor(Peran.SUPERVISOR))
    assert check.whole
    assert check.length > 5
