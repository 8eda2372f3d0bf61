from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fakes import FakeOffice
from pagekit import PageBench
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog

from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import NotAllowed
from ktpel_kiosk.domain.line import LineReport
from ktpel_kiosk.domain.outbox import CONTENTS_GONE, PacketState, WaitCause
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ui.pages.antrean import AntreanPage
from ktpel_kiosk.ui.presenters.queue import ALARMED, COURIER, OTHERS, PAGE_ROWS, REFUSED, REPAIR, Filter, QueuePresenter


@pytest.fixture(scope="module")
def sealed() -> FakeOffice:
    """Four applications led to their packet, once for all tests here."""
    office = FakeOffice()
    for i in range(4):
        office.to_stage(i, Stage.MENUNGGU_PRR)
    now = office.clock.now()
    office.clock.now = lambda: now  # ages and next tries to the minute
    return office


@pytest.fixture
def kit(qtbot, sealed) -> Iterator[PageBench]:
    """Nothing waits yet."""
    packets, desk = dict(sealed.register._packets), sealed.desk
    sealed.register._packets = {}
    made = PageBench(qtbot, sealed)
    made.sealed = packets
    yield made
    made.close()
    sealed.register._packets, sealed.desk = packets, desk


@pytest.fixture
def packets(kit):
    office, now = kit.office, kit.office.clock.now()
    changes = (
        {"wait_cause": WaitCause.DATA, "state": PacketState.REFUSED, "sealed_at": now - timedelta(days=8)},
        {"wait_cause": WaitCause.SERVER, "attempts": 3, "next_try_at": now + timedelta(minutes=7),
         "sealed_at": now - timedelta(hours=25)},
        {"sealed_at": now - timedelta(hours=2), "courier_at": now},
        {"state": PacketState.ANNOUNCED, "sealed_at": now - timedelta(minutes=5)},
    )
    for packet, change in zip(kit.sealed.values(), changes, strict=True):
        office.register._packets[packet.packet_id] = replace(packet, **change)
    half = office.register.packets()[3]
    office.register._packets[half.packet_id] = replace(half, offset=half.size // 2)
    report(kit, LineReport(False, WaitCause.OFFLINE, "", 12.0))
    return office.register.packets()


def report(kit: PageBench, line: LineReport) -> None:
    kit.office.desk = replace(kit.office.desk, line_report=lambda: line)


def many(kit: PageBench, count: int) -> None:
    """So many packets of the same person, an hour apart, every ninth refused."""
    first, now = next(iter(kit.sealed.values())), kit.office.clock.now()
    kit.office.register._packets = {f"p{n}": replace(
        first, packet_id=f"p{n}", counter=n, sealed_at=now - timedelta(hours=count - n),
        state=PacketState.REFUSED if n % 9 == 0 else PacketState.SEALED,
        wait_cause=WaitCause.DATA if n % 9 == 0 else WaitCause.NONE) for n in range(1, count + 1)}


# -- presenter -------------------------------------------------------------------------------------------------------------


def test_oldest_first_with_age_reason_and_next_try(kit, packets):
    rows = QueuePresenter(kit.session()).load().rows
    assert [r.id for r in rows] == [p.packet_id for p in packets]
    assert [r.age_tone for r in rows] == ["trouble", "attention", "neutral", "neutral"]
    assert [r.reason for r in rows] == ["Isi ditolak server", "Server terganggu", "Tidak ada jaringan", "Tidak ada jaringan"]
    assert [r.next_try for r in rows] == ["tidak dicoba lagi", "7 menit lagi", "begitu tersambung", "begitu tersambung"]
    assert round(rows[3].progress, 1) == 0.5


def test_figures_alarm_and_line(kit, packets):
    view = QueuePresenter(kit.session()).load()
    assert (view.line.chip, view.line.tone) == ("Luring", "attention")
    assert "1 paket" in view.alarm
    figures = {f[0]: f for f in view.figures}
    assert figures["Belum terkirim"][1] == "4"
    assert figures["Tertua menunggu"][1:4:2] == ("8 hari", "trouble")
    assert figures["Perlu tindakan"][1] == "1"


def test_filters_have_counts_and_find_just_these(kit, packets):
    presenter = QueuePresenter(kit.session())
    view = presenter.load()
    assert {key: count for key, _w, count in view.filters} == {"semua": 4, "ditolak": 1, "offline": 2, "server": 1}
    assert {key: count for key, _w, count in view.narrower} == {"": 4, "24jam": 2, "7hari": 1, "kurir": 1}
    for filter, expected in ((Filter(REFUSED), [0]), (Filter("offline"), [2, 3]), (Filter("server"), [1]), (Filter(only=ALARMED), [0]),
                             (Filter(only=COURIER), [2]), (Filter("offline", COURIER), [2])):
        assert [r.id for r in presenter.page(filter)] == [packets[n].packet_id for n in expected], filter


def test_many_causes_share_a_filter_that_keeps_its_meaning(kit, packets):
    causes = (WaitCause.DNS, WaitCause.TLS, WaitCause.SERVER, WaitCause.CLOCK, WaitCause.FILE)
    kit.office.register._packets = {f"p{n}": replace(packets[1], packet_id=f"p{n}", counter=n, wait_cause=causes[min(n // 2, 4)])
                                    for n in range(9)}
    report(kit, LineReport(True))
    presenter = QueuePresenter(kit.session())
    filters = {key: count for key, _w, count in presenter.load().filters}
    assert filters == {"semua": 9, "dns": 2, "tls": 2, "clock": 2, "lain": 3}
    assert [r.id for r in presenter.page(Filter(OTHERS))] == ["p4", "p5", "p8"]
    del kit.office.register._packets["p4"], kit.office.register._packets["p5"]
    assert "lain" not in {key for key, _w, _c in presenter.load().filters}, "four causes have a filter each"
    assert [r.id for r in presenter.page(Filter(OTHERS))] == ["p8"]


def test_under_the_filter_of_the_held_the_main_act_sends_them_all_again(kit, packets):
    page = kit.open("antrean", AntreanPage)
    assert page.try_button.text() == "Coba sekarang"
    page.filters.choose(REFUSED)
    kit.wait()
    assert page.try_button.text() == "Kirim lagi semua"
    kit.press("F9")
    assert "1 paket kembali ke antrean" in kit.notice()
    assert all(k.state is not PacketState.REFUSED for k in kit.office.register.packets())
    kit.press("F9")
    assert "Tidak ada yang dapat dikirim lagi" in kit.notice()


def test_refused_card_reports_are_told_with_the_way_to_them(kit, packets):
    page = kit.open("antrean", AntreanPage, Actor("admin", "A", frozenset({Peran.ADMIN})))
    assert page.reports.isHidden()
    kit.office.register.write(lambda tx: (tx.put_draft("lapor-ditolak:1", '{"event": "encoded", "event_id": "1"}'),
                                          tx.log("CardReportRefused", "-", "-")))
    page.refresh()
    kit.wait()
    assert not page.reports.isHidden() and "1 laporan kartu ditolak pusat" in page.reports.plain()
    kit.office.register.write(lambda tx: (tx.drop_draft("lapor-ditolak:1"), tx.log("CardReportSent", "-", "-")))
    page.refresh()
    kit.wait()
    assert page.reports.isHidden()


def test_a_search_finds_by_name_and_number(kit, packets):
    presenter = QueuePresenter(kit.session())
    row = presenter.load().rows[2]
    assert [r.id for r in presenter.page(Filter(text=presenter.number_of(packets[2].packet_id)))] == [row.id]
    assert [r.id for r in presenter.page(Filter(text=presenter.number_of(packets[2].permohonan_id)))] == [row.id]
    assert row.id in [r.id for r in presenter.page(Filter(text=row.name.split()[0]))]
    assert presenter.number_of("x") == ""


def test_whoever_sees_no_register_sees_no_name_and_cannot_search_for_one(kit, packets):
    presenter = QueuePresenter(kit.session(Actor("admin", "A", frozenset({Peran.ADMIN}))))
    assert {r.name for r in presenter.load().rows} == {""}
    assert len(presenter.page(Filter(text="zzzz"))) == 4


def test_whole_but_without_a_receipt(kit, packets):
    report(kit, LineReport(True))
    kit.office.register._packets[packets[2].packet_id] = replace(packets[2], state=PacketState.UPLOADED)
    row = QueuePresenter(kit.session()).load().rows[2]
    assert (row.reason, row.progress, row.progress_text) == ("Tunggu tanda terima", 1.0, "100 %")


def test_a_packet_under_way_says_so(kit, packets):
    p = packets[2]
    report(kit, LineReport(True, bytes_per_s=50_000, packet_id=p.packet_id, offset=p.size // 4, size=p.size))
    view = QueuePresenter(kit.session()).load()
    row = view.rows[2]
    assert (row.reason, row.next_try) == ("Sedang dikirim", "sekarang") and row.progress == pytest.approx(0.25, abs=0.01)
    assert view.line.chip == "Tersambung" and view.line.packet_id == p.packet_id and "dengan kecepatan sekarang" in view.line.text
    report(kit, LineReport(True, packet_id=p.packet_id, offset=0, size=p.size))
    line = QueuePresenter(kit.session()).load().line
    assert "sedang diukur" in line.text and line.speed == ""


def test_what_the_rows_remember_counts_only_until_the_line_was_tried(kit, packets):
    kit.office.register._packets[packets[2].packet_id] = replace(packets[2], wait_cause=WaitCause.OFFLINE)
    kit.office.register._packets[packets[3].packet_id] = replace(packets[3], wait_cause=WaitCause.OFFLINE)
    report(kit, LineReport())
    assert QueuePresenter(kit.session()).load().line.chip == "Luring"
    report(kit, LineReport(True))
    assert QueuePresenter(kit.session()).load().line.chip == "Tersambung"


def test_the_report_for_disdukcapil_holds_nothing_of_the_person(kit, packets):
    presenter = QueuePresenter(kit.session())
    detail = presenter.detail(packets[0].packet_id)
    p = kit.office.register.read(lambda v: v.permohonan(packets[0].permohonan_id))
    person = p.penduduk
    assert packets[0].packet_id in detail.report and packets[0].sha256 in detail.report and "data" in detail.report
    assert "Disegel" in detail.report and "Riwayat:" in detail.report
    for private in (person.nama, person.nik, person.alamat, p.nomor_hp, p.nomor_register, *person.nama.split()):
        assert not private or private not in detail.report


# -- page ------------------------------------------------------------------------------------------------------------------


def test_nothing_waits(kit):
    page = kit.open("antrean", AntreanPage)
    assert not page.empty.isHidden()
    assert page.detail.isHidden() and page.filters.isHidden() and page.bar.isHidden()
    assert not page.try_button.isEnabled()


def test_f9_ends_every_delay_and_wakes_the_sender(kit, packets):
    woken = []
    kit.office.desk = replace(kit.office.desk, wake_uploader=lambda: woken.append(1))
    page = kit.open("antrean", AntreanPage)
    kit.press("F9")
    assert woken == [1]
    assert "dicoba sekarang" in kit.notice()
    assert kit.office.register.packet(packets[1].packet_id).next_try_at is None
    assert kit.office.register.packet(packets[0].packet_id).state is PacketState.REFUSED, "a refused one is left to a person"
    page.rows.choose(packets[0].packet_id)
    kit.wait()
    assert page.detail.retry.text() == "Kirim lagi"
    page.detail.retry.click()
    kit.wait()
    again = kit.office.register.packet(packets[0].packet_id)
    assert (woken, again.state, again.wait_cause) == ([1, 1], PacketState.SEALED, WaitCause.NONE)


@pytest.mark.gate
def test_only_some_roles_may_try(kit, packets):
    kasi = Actor("kasi", "K", frozenset({Peran.KASI}))
    with pytest.raises(NotAllowed):
        QueuePresenter(kit.session(kasi)).try_all()
    with pytest.raises(NotAllowed):
        QueuePresenter(kit.session(kasi)).try_one(packets[1].packet_id)
    page = kit.open("antrean", AntreanPage, kasi)
    assert page.try_button.isHidden() and page.courier.isHidden() and page.detail.retry.isHidden()


@pytest.mark.gate
def test_a_damaged_file_is_repaired_or_recorded_again(kit, packets, monkeypatch):
    done = []
    monkeypatch.setattr(QueuePresenter, "repair", lambda _s, id: done.append(("repair", id)))
    monkeypatch.setattr(QueuePresenter, "record_again", lambda _s, id: done.append(("again", id)))
    damaged = replace(packets[0], wait_cause=WaitCause.FILE)
    kit.office.register._packets[damaged.packet_id] = damaged
    page = kit.open("antrean", AntreanPage)
    assert page.detail.remedy.text() == "Perbaiki" and page.detail.retry.isHidden() and page.detail.detail.remedy == REPAIR
    page.detail.remedy.click()
    kit.wait()
    kit.office.register._packets[damaged.packet_id] = replace(damaged, wait_detail=CONTENTS_GONE)
    page.refresh()
    kit.wait()
    assert page.detail.remedy.text() == "Rekam ulang"
    page.detail.remedy.click()
    kit.wait()
    assert done == [("repair", damaged.packet_id), ("again", damaged.permohonan_id)]


@pytest.mark.gate
def test_a_commit_keeps_the_chosen_row(kit, packets):
    page = kit.open("antrean", AntreanPage)
    page.rows.choose(packets[2].packet_id)
    kit.office.register._packets[packets[0].packet_id] = replace(packets[0], state=PacketState.RECEIVED)
    page.refresh()
    kit.wait()
    assert page.rows.current_key() == packets[2].packet_id
    assert page.rows.rows.rowCount() == 3


@pytest.mark.gate
def test_the_courier_opens_from_here(kit, packets):
    page = kit.open("antrean", AntreanPage)
    page.courier.click()
    assert isinstance(page.dialog, QDialog) and page.dialog.isVisible()
    page.dialog.close()


def test_five_thousand_rows_come_page_by_page_and_only_those_in_sight_are_renewed(kit, monkeypatch):
    many(kit, 5000)
    asked = []
    real = QueuePresenter.page
    monkeypatch.setattr(QueuePresenter, "page", lambda self, f, after=-1, rows=PAGE_ROWS: (
        asked.append((after, rows)), real(self, f, after, rows))[1])
    page = kit.open("antrean", AntreanPage)
    assert page.rows.rows.rowCount() == PAGE_ROWS
    assert page.filters._chips["semua"].text() == "Semua  5.000"
    for _ in range(3):
        page.rows.verticalScrollBar().setValue(page.rows.verticalScrollBar().maximum())
        kit.wait()
    assert page.rows.rows.rowCount() == 4 * PAGE_ROWS
    keys = [page.rows.rows.key(n) for n in range(4 * PAGE_ROWS)]
    assert keys == [f"p{n}" for n in range(1, 4 * PAGE_ROWS + 1)]
    del asked[:]
    for n in (1, 2, 390):  # two were sent out of sight, one in sight
        kit.office.register._packets.pop(f"p{n}")
    page.rows.choose("p385")
    page.refresh()
    kit.wait()
    assert all(after > 200 and rows <= PAGE_ROWS for after, rows in asked) and asked
    left = [page.rows.rows.key(n) for n in range(page.rows.rows.rowCount())]
    assert "p390" not in left and left[:2] == ["p1", "p2"] and page.rows.current_key() == "p385"
    page.rows.verticalScrollBar().setValue(0)
    page.refresh()
    kit.wait()
    assert page.rows.rows.key(0) == "p3", "what was sent meanwhile goes when it comes into sight"


def test_filters_and_search_by_hand_and_keyboard(kit):
    many(kit, 300)
    page = kit.open("antrean", AntreanPage)
    page.filters.choose(REFUSED)
    kit.wait()
    assert page.rows.rows.rowCount() == 33 and page.detail.packet_id == "p9"
    page.filters.search.setText("tidak ada orang begini")
    kit.qtbot.waitUntil(lambda: not page.nothing.isHidden(), timeout=8000)
    page.filters.search.clear()
    kit.qtbot.waitUntil(lambda: page.rows.rows.rowCount() == 33, timeout=8000)
    kit.wait()
    page.filters.search.setFocus()
    kit.qtbot.keyClick(page.filters.search, Qt.Key.Key_Down)
    kit.qtbot.keyClick(page.rows, Qt.Key.Key_Down)
    kit.wait()
    assert page.detail.packet_id == "p18"
    opened = []
    page.shell.go = lambda where, **args: opened.append((where, args))
    kit.qtbot.keyClick(page.rows, Qt.Key.Key_Return)
    assert opened == [("register", {"id": kit.office.register.packets()[0].permohonan_id})]
    for n in range(1, 301):
        if n % 9 == 0:
            kit.office.register._packets.pop(f"p{n}")
    page.refresh()
    kit.wait()
    assert page.filters._chips[REFUSED].isChecked() and page.filters._chips[REFUSED].text().endswith(" 0"), "the choice stays, and says 0"


def test_who_to_call_a_report_to_copy_and_names_for_a_screen_reader(kit, packets):
    page = kit.open("antrean", AntreanPage)
    assert page.rows.current_key() == packets[0].packet_id
    assert page.detail.fixer.text() == "Disdukcapil"
    assert not page.alarm.isHidden()
    page.detail.copy.click()
    assert packets[0].packet_id in QGuiApplication.clipboard().text()
    assert page.rows.accessibleName() == "Paket yang menunggu, yang tertua lebih dulu"
    assert page.filters._chips["offline"].accessibleName() == "Saring: Tanpa jaringan, 2 paket"
    assert page.detail.copy.accessibleName() == "Salin laporan untuk Disdukcapil"
    assert page.detail.open.accessibleName() == "Buka permohonan"
    assert "masih menunggu 4" in page.bar.accessibleName()
    assert page.line_chip.accessibleName() == "Luring"
    assert page.shell.header.line.accessibleName() == "Antrean kirim: 4 belum terkirim · Luring"
    assert page.left.accessibleName() and page.filters.only.accessibleName() and page.detail.accessibleName()


@pytest.mark.gate
def test_opened_for_an_application_looks_for_its_number(kit, packets):
    page = kit.open("antrean", AntreanPage, id=packets[2].permohonan_id)
    assert page.rows.rows.rowCount() == 1 and page.rows.current_key() == packets[2].packet_id


def test_the_bar_moves_each_second_without_the_register(kit, packets, monkeypatch):
    page = kit.open("antrean", AntreanPage)
    monkeypatch.setattr(QueuePresenter, "load", lambda *_a: pytest.fail("asked the register"))
    p = packets[2]
    report(kit, LineReport(True, bytes_per_s=1000, packet_id=p.packet_id, offset=p.size // 2, size=p.size))
    page.shell.session.desk = kit.office.desk
    page.presenter.session = page.shell.session
    page.tick()
    assert page.rows.known[p.packet_id].progress == pytest.approx(0.5, abs=0.01)
    assert page.line_chip.text() == "Tersambung"
