from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

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
    """A card whose answer never came; beside another unwritten one only the register can place it."""
    p = kit.office.to_stage(1, Stage.CETAK_ENCODE)
    register = kit.office.register
    if register.jobs_to_reconcile():
        (other,) = register.jobs_to_reconcile()
        blank = register.next_blangko()
        job = replace(other, id="kedua", permohonan_id=p.id, credential=p.id, nik=p.penduduk.nik, blangko=blank.serial,
                      state=JobState.UNKNOWN, printer_job="")
        register.write(lambda tx: (tx.add_card_job(job), tx.save_blangko(replace(blank, state=BlangkoState.DIPAKAI, job_id=job.id)),
                                   tx.log("CardIntent", p.id, "-")))
        return job
    kit.office.devices.trouble[DeviceKind.CARD_PRINTER] = OutcomeUnknown("device.outcome_unknown")
    job = printing.start_card(kit.office.desk, kit.office.rina, p.id)
    kit.office.devices.trouble.clear()
    return job


def test_the_desks_own_running_job_is_no_question(kit, sent):
    presenter = UnsettledPresenter(kit.session())
    assert presenter.load(own={sent.id}) == ()
    (question,) = presenter.load()
    assert question.answers == ("printed", "spoiled", "not_printed")
    assert question.second == {"spoiled", "not_printed"}
    assert "selesai dicetak" in question.text


def test_an_unknown_outcome_is_asked_even_of_the_own_job(kit):
    job = unknown(kit)
    assert job.state is JobState.UNKNOWN
    (question,) = UnsettledPresenter(kit.session()).load(own={job.id})
    assert question.answers == ("not_printed", "printed", "spoiled") and "tidak pernah menerima" in question.text


def test_every_offered_answer_is_accepted(kit):
    presenter = UnsettledPresenter(kit.session())
    job = unknown(kit)
    assert "kembali ke stok" in presenter.answer(job.id, "not_printed")
    assert kit.office.register._blangko[job.blangko].state is BlangkoState.STOK
    assert presenter.load() == ()


def test_a_failed_print_offers_not_printed_first(kit):
    job = unknown(kit)
    kit.office.register._jobs[job.id] = replace(job, printer_job="p-9")
    kit.office.devices.jobs["p-9"] = PrintJobState.FAILED
    (question,) = UnsettledPresenter(kit.session()).load()
    assert question.answers[0] == "not_printed" and question.second == {"spoiled"}
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
