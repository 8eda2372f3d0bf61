from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pagekit import PageBench, bench

from ktpel_kiosk.desk import intake
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import NotAllowed
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ui.pages.laporan import LaporanPage
from ktpel_kiosk.ui.presenters.report import ReportPresenter, step_figures


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:
    yield from bench(qtbot, "pronojiwo")


def figures(view):
    return {f[0]: f[1:] for f in view.figures}


def test_counts_of_the_day(kit):
    office = kit.office
    office.to_stage(0, Stage.CETAK_ENCODE)
    p = office.to_stage(1, Stage.VALIDASI)
    intake.return_application(office.desk, office.actors[Peran.KASI], p.id, ("berkas_tidak_lengkap",))
    view = ReportPresenter(kit.session()).load("hari")
    found = figures(view)
    assert found["Permohonan masuk"][0] == "2"
    assert found["Dikembalikan"][:2] == ("50 %", "1 berkas")
    assert found["Perekaman"][0] == "1"
    assert found["Tepat mutu baku"][0] == "–"
    assert sum(b[2] for b in view.bars) == 2


def test_yesterday_counts_for_the_month_only(kit):
    office = kit.office
    office.to_stage(0, Stage.REKAM)
    office.clock.advance(86400)
    presenter = ReportPresenter(kit.session())
    assert figures(presenter.load("hari"))["Permohonan masuk"][0] == "0"
    assert figures(presenter.load("bulan"))["Permohonan masuk"][0] == "1"


def test_a_finished_card_counts_within_or_beyond_the_standard(kit):
    office = kit.office
    p = office.to_stage(0, Stage.SERAH_PEMOHON)
    office.walk()._hand_over(office.rina, p)
    found = figures(ReportPresenter(kit.session()).load("hari"))
    assert found["Kartu jadi"][0] == "1"
    assert found["Tepat mutu baku"][1] in ("1 dari 1", "0 dari 1")


def test_step_figures_median_share_and_pause_apart(kit):
    office = kit.office
    step = next(s for s in office.desk.sop.langkah if s.limit_s)
    people = [office.to_stage(i, Stage.REKAM) for i in range(3)]
    since = office.clock.now() - timedelta(hours=3)

    def timed(p, active, paused):
        parts = [t for t in p.tahap if t.nomor == step.nomor]
        done = {t.index: replace(t, active_s=active if t is parts[0] else 0.0, paused_s=paused if t is parts[0] else 0.0) for t in parts}
        return replace(p, tahap=tuple(done.get(t.index, t) for t in p.tahap))

    limit = step.limit_s
    made = [timed(people[0], limit * 0.5, 0), timed(people[1], limit, 600), timed(people[2], limit * 2, 7200)]
    found = step_figures(step, made, since)
    assert (found.count, found.median_s, found.paused_s) == (3, limit, 600)
    assert found.within == pytest.approx(2 / 3)
    assert found.tone == "trouble"
    assert "jeda 10 menit" in found.detail
    assert step_figures(step, made, office.clock.now() + timedelta(days=1)).count == 0


def test_page_changes_period(kit):
    kit.office.to_stage(0, Stage.REKAM)
    page = kit.open("laporan", LaporanPage)
    assert "November 2026" in page.subtitle.text()
    assert len(page.shares.lines()) == len(kit.office.desk.sop.langkah)
    page.periods.buttons()[0].click()
    kit.wait()
    assert "Jumat, 20 November 2026" in page.subtitle.text()
    assert "per jam" in page.bars_title.text()


def test_an_admin_alone_sees_no_figures(kit):
    admin = Actor("a", "A", frozenset({Peran.ADMIN}))
    with pytest.raises(NotAllowed):
        ReportPresenter(kit.session(admin)).load("hari")
    assert kit.open("laporan", LaporanPage, admin).stack.currentIndex() == 1
