from __future__ import annotations

from collections.abc import Iterator

import pytest
from pagekit import PageBench, bench
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ktpel_kiosk.desk import printing
from ktpel_kiosk.domain.cards import BlangkoState, JobState
from ktpel_kiosk.domain.errors import OutcomeUnknown
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import DeviceKind, PrintJobState
from ktpel_kiosk.ui.presenters.unsettled import UnsettledPresenter
from ktpel_kiosk.ui.widgets.unsettled import UnsettledSection


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:
    yield from bench(qtbot)


@pytest.fixture
def sent(kit):
    p = kit.office.to_stage(0, Stage.CETAK_ENCODE)
    return printing.start_card(kit.office.desk, kit.office.rina, p.id)


def unknown(kit):
    p = kit.office.to_stage(1, Stage.CETAK_ENCODE)
    kit.office.devices.trouble[DeviceKind.CARD_PRINTER] = OutcomeUnknown("device.outcome_unknown")
    job = printing.start_card(kit.office.desk, kit.office.rina, p.id)
    kit.office.devices.trouble.clear()
    return job


def test_the_desks_own_running_job_is_no_question(kit, sent):
    presenter = UnsettledPresenter(kit.session())
    assert presenter.load(own={sent.id}) == ()
    (question,) = presenter.load()
    assert question.answers == ("printed", "spoiled")
    assert "selesai dicetak" in question.text


def test_an_unknown_outcome_is_asked_even_of_the_own_job(kit):
    job = unknown(kit)
    assert job.state is JobState.UNKNOWN
    (question,) = UnsettledPresenter(kit.session()).load(own={job.id})
    assert question.answers == ("printed", "not_printed", "spoiled")


def test_every_offered_answer_is_accepted(kit):
    presenter = UnsettledPresenter(kit.session())
    job = unknown(kit)
    assert "kembali ke stok" in presenter.answer(job.id, "not_printed")
    assert kit.office.register._blangko[job.blangko].state is BlangkoState.STOK
    assert presenter.load() == ()


def test_a_failed_print_offers_not_printed_first(kit):
    job = unknown(kit)
    from dataclasses import replace
    kit.office.register._jobs[job.id] = replace(job, printer_job="p-9")
    kit.office.devices.jobs["p-9"] = PrintJobState.FAILED
    (question,) = UnsettledPresenter(kit.session()).load()
    assert question.answers[0] == "not_printed"
    assert "gagal" in question.text


def test_the_section_asks_one_at_a_time(kit, sent):
    unknown(kit)
    questions = UnsettledPresenter(kit.session()).load()
    holder = QWidget()
    kit.qtbot.addWidget(holder)
    section = UnsettledSection()
    QVBoxLayout(holder).addWidget(section)
    section.set_questions(questions)
    assert not section.isHidden()
    assert "1 lagi" in section.count.text()
    with kit.qtbot.waitSignal(section.answered) as caught:
        section._buttons.itemAt(0).widget().click()
    assert caught.args == [questions[0].job_id, questions[0].answers[0]]
    section.set_questions(())
    assert section.isHidden()
