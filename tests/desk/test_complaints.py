"""Complaints on the real register: numbers, deadlines, steps, what is refused, text kept exactly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk_office import Office
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ktpel_kiosk.desk import complaints
from ktpel_kiosk.domain.errors import BadInput, DiskFull, NotAllowed, NotFound, SopViolation, StaleView
from ktpel_kiosk.domain.ledgers import MonthLock
from ktpel_kiosk.domain.pengaduan import ENDED, NEXT, Kanal, KategoriPengaduan, Pengaduan, StatusPengaduan, Tenggat
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.register import Tx

KEPT = st.text(alphabet=st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1, max_size=300)
NASTY = ("'; DROP TABLE complaint; --", "=HYPERLINK(\"http://x\")", "<script>alert(1)</script>", "\u202egnirts\u202c", "a\u0301", "é",
         "%s{0}", "🙏🏽", "\ufeffisi", "baris\r\nbaris\tlagi", "𝒜𝓃𝓉𝓇𝑒", "../../etc/passwd", "‮", "\x1b[31m", "نص", " x ")


def receive(office: Office, text: str = "Antrean lama", kategori: str = "normatif", **more: object) -> Pengaduan:
    return complaints.receive(office.desk, office.actor(Peran.LOKET), "langsung", kategori, text, **({"nama": "SITI"} | more))  # type: ignore[arg-type]


def test_received_with_number_deadline_receipt_and_audit(office: Office, tmp_path: Path) -> None:
    p = receive(office, kontak="0812 3456 7890")
    assert p.nomor == "0001/PGD/XI/2026" and receive(office).nomor == "0002/PGD/XI/2026"
    assert p.due_at == datetime(2026, 11, 27, 8, 0, tzinfo=UTC)  # Friday 20 November + 5 working days, 15.00 WIB
    links = office.desk.register.read(lambda v: v.audit(subject=p.id))
    assert [x.event for x in links] == ["ComplaintReceived"]
    assert "SITI" not in repr(links) and "0812" not in repr(links) and "Antrean" not in repr(links)
    seen = complaints.open_complaint(office.desk, office.actor(Peran.LOKET), p.id)
    assert [s.status for s in seen.steps] == [StatusPengaduan.DITERIMA] and seen.tenggat is Tenggat.AMAN and seen.days_left == 5
    assert sorted(x.name for x in tmp_path.rglob("*bukti-pengaduan.pdf")) == [
        "0001-PGD-XI-2026-bukti-pengaduan.pdf", "0002-PGD-XI-2026-bukti-pengaduan.pdf"]
    again = complaints.receipt(office.desk, office.actor(Peran.KASI), p.id)
    assert again.name == "0001-PGD-XI-2026-bukti-pengaduan.pdf" and again.read_bytes().startswith(b"%PDF")


def test_a_receipt_that_cannot_be_kept_leaves_no_half_complaint(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_name: str, _data: bytes) -> Path:
        raise DiskFull("storage.disk_full", path="documents")

    with monkeypatch.context() as patch:
        patch.setattr(office.desk.spool, "keep", full)
        with pytest.raises(DiskFull):
            receive(office)
    assert complaints.open_ones(office.desk, office.actor(Peran.LOKET)) == ()
    assert receive(office).nomor.startswith("0001/")


def test_numbers_have_no_gap_when_a_receipt_fails(office: Office) -> None:
    receive(office)
    with pytest.raises(BadInput):
        receive(office, "  ")
    with pytest.raises(BadInput):
        receive(office, kategori="berat")
    assert receive(office).nomor.startswith("0002/")
    office.clock.advance((datetime(2027, 1, 4, 2, tzinfo=UTC) - office.clock.now()).total_seconds())
    assert receive(office).nomor == "0001/PGD/I/2027"


def test_the_offices_own_number_template(office: Office) -> None:
    complaints.set_number_template(office.desk, office.actor(Peran.SUPERVISOR), "PM-{urut:03d}/{tahun}")
    assert receive(office).nomor == "PM-001/2026"
    for wrong in ("PM-{tahun}", "{urut}/{siapa}/{tahun}", "{kode}/{urut}/{tahun}"):
        with pytest.raises(BadInput, match=r"numbering\."):
            complaints.set_number_template(office.desk, office.actor(Peran.SUPERVISOR), wrong)
    with pytest.raises(NotAllowed):
        complaints.set_number_template(office.desk, office.actor(Peran.LOKET), "{urut}/{tahun}")


@pytest.mark.parametrize(("more", "key"), [
    ({"anonim": True}, "complaint.anonymous"), ({"nama": ""}, "complaint.empty"), ({"nama": "x" * 121}, "complaint.too_long"),
    ({"kontak": "\ud800"}, "complaint.unreadable"), ({"anonim": True, "nama": "", "kontak": "081"}, "complaint.anonymous"),
])
def test_what_is_refused_leaves_nothing(office: Office, more: dict[str, object], key: str) -> None:
    with pytest.raises(BadInput, match=key):
        receive(office, **more)
    assert complaints.open_ones(office.desk, office.actor(Peran.LOKET)) == ()


def test_nobody_without_the_role(office: Office) -> None:
    p = receive(office)
    admin = replace(office.actor(Peran.LOKET), peran=frozenset({Peran.ADMIN}))
    for call in (lambda: complaints.receive(office.desk, admin, "langsung", "ringan", "x", anonim=True),
                 lambda: complaints.open_ones(office.desk, admin), lambda: complaints.open_complaint(office.desk, admin, p.id),
                 lambda: complaints.move(office.desk, office.actor(Peran.LOKET), p.id, "diverifikasi"),
                 lambda: complaints.add_note(office.desk, office.actor(Peran.OPERATOR), p.id, "x")):
        with pytest.raises(NotAllowed):
            call()


def test_the_whole_way_with_its_steps(office: Office) -> None:
    p, kasi = receive(office), office.actor(Peran.KASI)
    for to, note in (("diverifikasi", ""), ("diproses", "Diteruskan ke loket"), ("menunggu_pelapor", "Diminta nomor antrean"),
                     ("diproses", "Pelapor menjawab"), ("selesai", "Antrean diperbaiki")):
        office.clock.advance(3600)
        complaints.move(office.desk, kasi, p.id, to, note)
    seen = complaints.open_complaint(office.desk, kasi, p.id)
    assert [str(s.status) for s in seen.steps] == ["diterima", "diverifikasi", "diproses", "menunggu_pelapor", "diproses", "selesai"]
    assert seen.pengaduan.tindak_lanjut == "Antrean diperbaiki" and seen.pengaduan.finished_at == seen.steps[-1].at
    assert seen.tenggat is Tenggat.SELESAI and seen.responded_at == seen.steps[1].at and not seen.response_late
    assert complaints.open_ones(office.desk, kasi) == ()
    for act in (lambda: complaints.move(office.desk, kasi, p.id, "diproses"), lambda: complaints.add_note(office.desk, kasi, p.id, "x"),
                lambda: complaints.recategorise(office.desk, kasi, p.id, "ringan", "x")):
        with pytest.raises(SopViolation, match=r"complaint\.ended"):
            act()


def test_forbidden_moves_and_missing_notes_change_nothing(office: Office) -> None:
    p, kasi = receive(office), office.actor(Peran.KASI)
    for to in ("selesai", "ditolak", "diproses", "diterima"):
        with pytest.raises(SopViolation, match=r"complaint\.move"):
            complaints.move(office.desk, kasi, p.id, to, "alasan")
    complaints.move(office.desk, kasi, p.id, "diverifikasi")
    with pytest.raises(BadInput, match=r"complaint\.note"):
        complaints.move(office.desk, kasi, p.id, "ditolak", " ")
    with pytest.raises(BadInput, match=r"complaint\.choice"):
        complaints.move(office.desk, kasi, p.id, "hilang", "x")
    assert len(complaints.open_complaint(office.desk, kasi, p.id).steps) == 2
    with pytest.raises(NotFound, match=r"complaint\.not_found"):
        complaints.move(office.desk, kasi, "tidak-ada", "diverifikasi")


def test_two_officers_at_once(office: Office) -> None:
    p, kasi = receive(office), office.actor(Peran.KASI)
    seen = complaints.open_complaint(office.desk, kasi, p.id).pengaduan.version
    complaints.move(office.desk, kasi, p.id, "diverifikasi", version=seen)
    with pytest.raises((StaleView, SopViolation)):
        complaints.move(office.desk, kasi, p.id, "diproses", version=seen)
    assert complaints.open_complaint(office.desk, kasi, p.id).pengaduan.status is StatusPengaduan.DIVERIFIKASI


def test_overdue_due_soon_and_unanswered(office: Office) -> None:
    loket, kasi = office.actor(Peran.LOKET), office.actor(Peran.KASI)
    short, long = receive(office, kategori="ringan"), receive(office, kategori="pengawasan")
    found = complaints.open_ones(office.desk, loket)
    assert [c.pengaduan.id for c in found] == [short.id, long.id]
    office.clock.advance(86400 * 3)  # Monday
    found = complaints.open_ones(office.desk, loket)
    assert [c.pengaduan.id for c in complaints.due_soon(found)] == [short.id] and complaints.overdue(found) == ()
    office.clock.advance(86400 * 3)  # Thursday
    found = complaints.open_ones(office.desk, loket)
    assert [c.pengaduan.id for c in complaints.overdue(found)] == [short.id]
    assert {c.pengaduan.id for c in complaints.unanswered(found, office.clock.now())} == {short.id, long.id}
    complaints.move(office.desk, kasi, long.id, "diverifikasi")
    late = complaints.open_complaint(office.desk, kasi, long.id)
    assert late.response_late and not complaints.unanswered((late,), office.clock.now())
    counted = complaints.figures(office.desk, kasi, office.clock.now() - timedelta(days=30), office.clock.now())
    assert (counted.received, counted.ended, counted.late_open, counted.responded_in_time) == (2, 0, 1, 0)
    assert counted.by_channel == ((Kanal.LANGSUNG, 2),)


def test_another_category_moves_the_deadline_until_the_month_is_closed(office: Office) -> None:
    p, kasi = receive(office, kategori="ringan"), office.actor(Peran.KASI)
    longer = complaints.recategorise(office.desk, kasi, p.id, "pengawasan", "Menyangkut petugas")
    assert longer.due_at > p.due_at and longer.kategori is KategoriPengaduan.PENGAWASAN
    with pytest.raises(BadInput, match=r"complaint\.same_category"):
        complaints.recategorise(office.desk, kasi, p.id, "pengawasan", "x")
    office.clock.advance(86400 * 14)

    def close(tx: Tx) -> None:
        tx.add_month_lock(MonthLock(2026, 11, "tutup", office.clock.now(), "camat"))
        tx.log("MonthClosed", "2026-11", "camat")

    office.desk.register.write(close)
    with pytest.raises(SopViolation, match=r"book\.month_closed"):
        complaints.recategorise(office.desk, kasi, p.id, "normatif", "Salah pilih")
    assert complaints.move(office.desk, kasi, p.id, "diverifikasi").status is StatusPengaduan.DIVERIFIKASI


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=KEPT, name=KEPT.filter(str.strip).map(lambda x: x[:120]), contact=KEPT.map(lambda x: x[:120]))
def test_any_text_is_stored_exactly_or_refused_in_words(office: Office, text: str, name: str, contact: str) -> None:
    check_exact(office, text, name, contact)


@pytest.mark.parametrize("nasty", NASTY)
def test_nasty_text_is_stored_exactly(office: Office, nasty: str) -> None:
    check_exact(office, nasty, nasty, nasty)


def check_exact(office: Office, text: str, name: str, contact: str) -> None:
    try:
        p = receive(office, text, nama=name, kontak=contact)
    except BadInput as error:
        assert error.message_key == "complaint.empty" and (not text.strip() or not name.strip())
        return
    kept = complaints.open_complaint(office.desk, office.actor(Peran.LOKET), p.id).pengaduan
    assert (kept.uraian, kept.nama, kept.kontak) == (text, name, contact)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(targets=st.lists(st.sampled_from(list(StatusPengaduan)), max_size=12))
def test_random_walks_on_the_register(office: Office, targets: list[StatusPengaduan]) -> None:
    p, kasi = receive(office), office.actor(Peran.KASI)
    status, count = p.status, 1
    for to in targets:
        if status not in ENDED and to in NEXT[status]:
            complaints.move(office.desk, kasi, p.id, to, "dicatat")
            status, count = to, count + 1
        else:
            with pytest.raises(SopViolation):
                complaints.move(office.desk, kasi, p.id, to, "dicatat")
    seen = complaints.open_complaint(office.desk, kasi, p.id)
    assert seen.pengaduan.status is status and len(seen.steps) == count
    assert (seen.pengaduan.finished_at is not None) is (status in ENDED)
