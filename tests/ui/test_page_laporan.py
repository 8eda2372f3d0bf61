from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from pagekit import PageBench, bench

from ktpel_kiosk.desk import returns
from ktpel_kiosk.desk.laporan import LangkahWaktu
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import NotAllowed
from ktpel_kiosk.domain.laporan import Masa
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ports.figures import Times
from ktpel_kiosk.ports.papers import Chart, Section, Series, Table
from ktpel_kiosk.ui.pages.laporan import LaporanPage
from ktpel_kiosk.ui.presenters.report import TABS, ReportPresenter, step_lines
from ktpel_kiosk.ui.widgets.charts import MarkedBar, MarkedBars
from ktpel_kiosk.ui.widgets.report_section import SectionCard, number_table

TODAY = Masa("hari", date(2026, 11, 20))
NOVEMBER = Masa("bulan", date(2026, 11, 1))


@pytest.fixture
def kit(qtbot, tmp_path) -> Iterator[PageBench]:
    yield from bench(qtbot, "pronojiwo", tmp_path)


def figures(presenter, masa):
    return {f[0]: f[1:] for f in presenter.load("ringkasan", masa).glance.figures}


def test_counts_of_the_day(kit):
    office = kit.office
    office.to_stage(0, Stage.CETAK_ENCODE)
    p = office.to_stage(1, Stage.VALIDASI)
    returns.return_application(office.desk, office.actors[Peran.KASI], p.id, ("berkas_tidak_lengkap",))
    presenter = ReportPresenter(kit.session())
    found = figures(presenter, TODAY)
    assert found["Permohonan masuk"][0] == "2"
    assert found["Dikembalikan"][:2] == ("50 %", "1 kali")
    assert found["Perekaman"][0] == "1"
    assert found["Tepat mutu baku"][0] == "–"
    glance = presenter.load("ringkasan", TODAY).glance
    assert sum(b[2] for b in glance.bars) == 2
    assert [b[0] for b in glance.bars if b[3]] == ["09"]


def test_yesterday_counts_for_the_month_only(kit):
    kit.office.to_stage(0, Stage.REKAM)
    kit.office.clock.advance(86400)
    presenter = ReportPresenter(kit.session())
    assert figures(presenter, TODAY.sesudah())["Permohonan masuk"][:2] == ("0", "sebelumnya 1")
    assert figures(presenter, NOVEMBER)["Permohonan masuk"][0] == "1"


def test_a_finished_card_counts_within_or_beyond_the_standard(kit):
    office = kit.office
    p = office.to_stage(0, Stage.SERAH_PEMOHON)
    office.walk()._hand_over(office.rina, p)
    found = figures(ReportPresenter(kit.session()), TODAY)
    assert found["Kartu jadi"][0] == "1"
    assert found["Tepat mutu baku"][1] in ("1 dari 1", "0 dari 1")


def test_step_lines_say_share_median_and_wait():
    times = Times("k", "", 3, 600.0, 900.0, 3, 2, 1, 600.0)
    line, without, nothing = step_lines((LangkahWaktu(1, "Berkas", 300.0, times), LangkahWaktu(
        2, "Rekam", None, Times("k", "", 1, 65.0, 65.0, 0, 0, 0, 0.0)), LangkahWaktu(3, "Serah", 60.0, None)))
    assert (line.share_text, line.tone) == ("67 %", "trouble")
    assert line.detail == "3 selesai · tengah 10:00 dari 5:00 · jeda 10 menit"
    assert (without.share_text, without.within, without.tone) == ("1:05", None, "muted")
    assert (nothing.detail, nothing.share_text) == ("belum ada yang selesai", "–")


def test_page_walks_through_periods_and_tabs(kit):
    kit.office.to_stage(0, Stage.REKAM)
    page = kit.open("laporan", LaporanPage)
    assert "November 2026 · belum selesai" in page.subtitle.text()
    assert len(page.shares.lines()) == len(kit.office.desk.sop.langkah)
    assert not page.later.isEnabled()
    page.earlier.click()
    kit.wait()
    assert page.subtitle.text().startswith("Oktober 2026 ·")
    assert page.later.isEnabled()
    page.later.click()
    kit.wait()
    page.periods.buttons()[0].click()
    kit.wait()
    assert "Jumat, 20 November 2026" in page.subtitle.text()
    assert "per jam" in page.bars_title.text()
    page.periods.buttons()[2].click()
    kit.wait()
    assert page.subtitle.text().startswith("Tahun 2026")
    for key, _name in TABS[1:]:
        page.tabs.choose(key)
        kit.wait()
        assert page.body.currentIndex() == 1
        assert page.sections.cards
    page.tabs.choose("ringkasan")
    kit.wait()
    assert page.body.currentIndex() == 0


def test_numbers_are_spoken(kit):
    kit.office.to_stage(0, Stage.REKAM)
    page = kit.open("laporan", LaporanPage)
    assert "Jumat 20 1" in page.bars.accessibleName()
    page.tabs.choose("angka")
    kit.wait()
    from ktpel_kiosk.ui.widgets.charts import NumberTable
    spoken = [t.accessibleName() for t in page.sections.findChildren(NumberTable)]
    assert any("Permohonan masuk: L" in text and "Jumlah 1" in text for text in spoken)


def test_export_writes_the_report_of_the_period_shown(kit, tmp_path):
    kasi = kit.office.actors[Peran.KASI]
    page = kit.open("laporan", LaporanPage, kasi)
    page.earlier.click()
    kit.wait()
    kit.press("F9")
    assert page.export_panel.path.value().endswith("laporan-bulanan-2026-10.pdf")
    page.export_panel.kinds.buttons()[1].click()
    page.export_panel.formats.buttons()[1].click()
    assert page.export_panel.path.value().endswith("laporan-waktu-2026-10.xlsx")
    page.later.click()
    kit.wait()
    assert page.export_panel.path.value().endswith("laporan-waktu-2026-11.xlsx")
    page.export_panel.path.set_value(tmp_path / "l.xlsx")
    kit.press("F9")
    assert str(tmp_path / "l.xlsx") in kit.office.spool.kept
    assert "Laporan tersimpan" in kit.notice()
    assert page.export_panel.isHidden()


def test_esc_closes_the_panel(kit):
    page = kit.open("laporan", LaporanPage, kit.office.actors[Peran.KASI])
    page.export.click()
    assert page.back()
    assert page.export_panel.isHidden()
    assert not page.back()


def test_an_admin_alone_sees_no_figures(kit):
    admin = Actor("a", "A", frozenset({Peran.ADMIN}))
    with pytest.raises(NotAllowed):
        ReportPresenter(kit.session(admin)).load("ringkasan", TODAY)
    page = kit.open("laporan", LaporanPage, admin)
    assert page.shell.current == "pengaturan"
    page.opened()
    kit.wait()
    assert page.stack.currentIndex() == 1


def test_sections_become_widgets(qtbot):
    table = Table(("Uraian", "Jumlah", "Terlama"), (("Masuk", 1200, "2 hari"), ("Batal", "-", "-")), ("Jumlah", 1200, ""))
    series = Series("Waktu tengah", (6.0,)), Series("Mutu baku", (5.0,))
    chart = Chart("hbar", ("Rekam",), series, title="Waktu", unit="menit", decimals=1)
    card = SectionCard(Section("Judul", ("Satu kalimat.",), chart=chart, table=table, note="Catatan."))
    qtbot.addWidget(card)
    bars = card.findChild(MarkedBars)
    assert bars.bars() == (MarkedBar("Rekam", 6.0, "6,0", 5.0, "5,0"),)
    assert bars.accessibleName() == "Waktu: Rekam 6,0, mutu baku 5,0"
    made = number_table("Judul", table)
    qtbot.addWidget(made)
    assert made.rows() == (("Masuk", "1.200", "2 hari"), ("Batal", "–", "–"))
    assert "Masuk: Jumlah 1.200, Terlama 2 hari" in made.accessibleName()
    made.resize(300, made.sizeHint().height())
    assert not made.grab().isNull()
