"""The complaints page by keyboard: list by deadline, filters, a new one, steps, refusals that lose nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pagekit import PageBench, bench
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from ktpel_kiosk.desk import complaints
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.pengaduan import Pengaduan
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ui.pages.pengaduan import PengaduanPage
from ktpel_kiosk.ui.presenters.complaints import ComplaintsPresenter

NASTY = ("<b>tebal</b> & 'kutip'", "\u202eterbalik\u202c 🙏🏽 é", "'; DROP TABLE complaint; --", "=1+1")


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:  # type: ignore[no-untyped-def]
    yield from bench(qtbot)


def made(kit: PageBench, kategori: str = "normatif", kanal: str = "langsung", text: str = "Antrean lama", nama: str = "SITI") -> Pengaduan:
    return complaints.receive(kit.office.desk, kit.office.rina, kanal, kategori, text, nama=nama, anonim=not nama)


def kasi(kit: PageBench) -> Actor:
    return kit.office.actors[Peran.KASI]


def rows(page: PengaduanPage) -> list[str]:
    return [page.rows.rows.key(i) for i in range(page.rows.rows.rowCount())]


def test_soonest_deadline_first_with_colour_and_words(kit: PageBench) -> None:
    long, short, middle = made(kit, "pengawasan"), made(kit, "ringan"), made(kit)
    kit.office.clock.advance(86400 * 5)  # Wednesday: the short one was due on Tuesday
    found = ComplaintsPresenter(kit.session(kasi(kit))).load()
    assert [r.id for r in found.rows] == [short.id, middle.id, long.id]
    assert [r.due_tone for r in found.rows] == ["trouble", "attention" if "1 hari" in found.rows[1].due else "good", "good"]
    assert found.rows[0].due == "Lewat 1 hari kerja" and found.rows[1].due == "2 hari kerja lagi"
    figures = {f[0]: f[1] for f in found.figures}
    assert figures == {"Belum selesai": "3", "Lewat batas": "1", "Mendekati batas": "0", "Belum ditanggapi": "1"}


def test_filters_by_status_channel_and_words(kit: PageBench) -> None:
    one, two = made(kit, text="Kipas mati", nama="BUDI"), made(kit, kanal="email", text="Jam layanan")
    presenter = ComplaintsPresenter(kit.session(kasi(kit)))
    complaints.move(kit.office.desk, kasi(kit), two.id, "diverifikasi")
    assert [r.id for r in presenter.load("diterima").rows] == [one.id]
    assert [r.id for r in presenter.load(channel="email").rows] == [two.id]
    assert [r.id for r in presenter.load(text="kipas budi").rows] == [one.id]
    assert presenter.load("lewat").rows == ()
    complaints.move(kit.office.desk, kasi(kit), two.id, "ditolak", "Bukan kewenangan")
    ended = presenter.load("berakhir").rows
    assert [(r.id, r.due) for r in ended] == [(two.id, "Tepat waktu")]
    assert [r.id for r in presenter.load().rows] == [one.id]


def test_a_new_one_by_keyboard_alone(kit: PageBench) -> None:
    page = kit.open("pengaduan", PengaduanPage)
    kit.press("F2")
    assert page.form.isVisible() and page.form.text.text.hasFocus()
    QTest.keyClicks(page.form.text.text, "Ruang tunggu panas")
    QTest.keyClick(page.form.text.text, Qt.Key.Key_Tab)
    kit.press("F9")  # no name: refused in words, nothing lost
    assert "Nama pelapor belum diisi" in page.form.message.plain() and page.form.text.value() == "Ruang tunggu panas"
    QTest.keyClicks(page.form.name.line, "Budi")
    kit.press("F9")
    assert not page.form.isVisible() and "0001/PGD/XI/2026" in kit.notice()
    assert page.view is not None and (page.view.person, page.view.text, page.view.status) == ("Budi", "Ruang tunggu panas", "Diterima")
    kit.press("F2")
    assert page.form.text.value() == ""


def test_esc_keeps_what_was_typed(kit: PageBench) -> None:
    page = kit.open("pengaduan", PengaduanPage)
    kit.press("F2")
    QTest.keyClicks(page.form.text.text, "setengah jadi")
    kit.press("Esc")
    assert not page.form.isVisible() and kit.windows[-1][0].current == "pengaduan"
    kit.press("F2")
    assert page.form.text.value() == "setengah jadi"


def test_anonymous_hides_and_forgets_the_name(kit: PageBench) -> None:
    page = kit.open("pengaduan", PengaduanPage)
    kit.press("F2")
    page.form.name.line.setText("SITI")
    page.form.text.set_value("Ada calo")
    page.form.anonymous.click()
    assert not page.form.name.isVisible()
    kit.press("F9")
    kept = complaints.open_ones(kit.office.desk, kit.office.rina)[0].pengaduan
    assert kept.anonim and kept.nama == "" and page.view.person == "Tanpa nama"


def test_f9_takes_the_usual_step_and_a_missing_note_is_asked_for(kit: PageBench) -> None:
    p = made(kit)
    page = kit.open("pengaduan", PengaduanPage, actor=kasi(kit), id=p.id)
    assert page.pane.go_button.text() == "Verifikasi"
    for expected in ("Diverifikasi", "Diproses"):
        kit.press("F9")
        assert page.view.status == expected
    assert page.pane.go_button.text() == "Selesaikan"
    kit.press("F9")
    assert "Tuliskan keterangan" in page.pane.message.plain() and page.pane.note.text.hasFocus()
    QTest.keyClicks(page.pane.note.text, "Nomor dipanggil urut")
    kit.press("F9")
    assert rows(page) == [] and page.empty.isVisible()
    steps = complaints.open_complaint(kit.office.desk, kasi(kit), p.id).steps
    assert steps[-1].note == "Nomor dipanggil urut" and len(steps) == 4


def test_other_steps_a_note_and_another_category(kit: PageBench) -> None:
    p = made(kit, "ringan")
    page = kit.open("pengaduan", PengaduanPage, actor=kasi(kit), id=p.id)
    page.pane.choose("catatan")
    page.pane.note.set_value("Pelapor ditelepon")
    kit.press("F9")
    assert [s.note for s in page.view.steps] == ["", "Pelapor ditelepon"] and page.view.status == "Diterima"
    page.pane.choose("kategori")
    assert page.pane.category.isVisible()
    page.pane.category.set_value("pengawasan")
    page.pane.note.set_value("Menyangkut petugas")
    kit.press("F9")
    assert "60 hari kerja" in dict(page.view.facts)["Kategori"]
    assert "Berkadar pengawasan" in page.view.steps[-1].note


def test_who_only_receives_sees_no_steps_to_take(kit: PageBench) -> None:
    p = made(kit)
    page = kit.open("pengaduan", PengaduanPage, id=p.id)
    assert not page.pane.go_button.isVisible() and not page.pane.note.isVisible() and page.pane.receipt.isVisible()


def test_admin_sees_no_complaint(kit: PageBench) -> None:
    made(kit)
    page = kit.open("pengaduan", PengaduanPage, actor=Actor("adm", "Admin", frozenset({Peran.ADMIN})))
    assert page.shell.current == "pengaturan"
    page.opened()
    kit.wait()
    assert page.stack.currentIndex() == 1 and not page.new_button.isVisible()


@pytest.mark.parametrize("nasty", NASTY)
def test_nasty_words_are_shown_exactly(kit: PageBench, nasty: str) -> None:
    p = made(kit, text=nasty, nama=nasty)
    page = kit.open("pengaduan", PengaduanPage, actor=kasi(kit), id=p.id)
    assert page.pane.text.text() == nasty and page.pane.person.text() == nasty
    assert page.pane.text.textFormat() is Qt.TextFormat.PlainText
    complaints.move(kit.office.desk, kasi(kit), p.id, "diverifikasi", nasty)
    page.refresh()
    kit.wait()
    assert page.view.steps[-1].note == nasty


def test_somebody_elses_step_meanwhile_is_noticed(kit: PageBench) -> None:
    p = made(kit)
    page = kit.open("pengaduan", PengaduanPage, actor=kasi(kit), id=p.id)
    seen = page.view
    page.shell._soon.setInterval(60_000)  # the window is told of it later than the officer presses
    complaints.move(kit.office.desk, kasi(kit), p.id, "diverifikasi")
    page.take_step(seen, "diverifikasi", "")
    kit.wait()
    assert page.pane.message.plain() or kit.notice()
    assert len(complaints.open_complaint(kit.office.desk, kasi(kit), p.id).steps) == 2


def test_the_navigation_counts_open_ones(kit: PageBench) -> None:
    made(kit)
    page = kit.open("pengaduan", PengaduanPage)
    page.shell._refresh()
    kit.wait()
    assert page.shell.items["pengaduan"].count == 1
