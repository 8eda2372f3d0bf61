"""Perekaman for whoever may look but not record: one sentence, no camera, no page of the applicant, no answer taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fakes import FakeOffice
from pytestqt.qtbot import QtBot

from ktpel_kiosk.desk.recording import confirm_data
from ktpel_kiosk.domain.errors import NotAllowed
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ui.app import Windows, make_windows
from ktpel_kiosk.ui.presenters.recording import RecordingPresenter
from ktpel_kiosk.ui.presenters.session import Session


@pytest.mark.parametrize("confirmed", [False, True])
def test_sentence_first_and_nothing_opens(office: FakeOffice, qtbot: QtBot, settle: Callable[[Windows], None], confirmed: bool) -> None:
    p = office.to_stage(1, Stage.REKAM)
    if confirmed:
        confirm_data(office.desk, office.rina, p.id)
    before = office.read(p.id)
    windows = make_windows(office.desk, actor=office.actors[Peran.KASI], size=(1366, 768))
    windows.operator.show()
    windows.applicant.show()
    seen = windows.applicant.current
    try:
        windows.operator.go("perekaman", id=p.id)
        settle(windows)
        page: Any = windows.operator.page("perekaman")
        notice = windows.operator.notice
        assert notice.isVisible() and notice.kind == "attention" and "Langkah" in notice.plain() and "perator" in notice.plain()
        assert page.pages.currentWidget() is page.list and page.view is None and page.part is None
        assert not office.devices.started and windows.applicant.current == seen
        windows.applicant.data_answered.emit(())
        settle(windows)
        assert office.read(p.id) == before
    finally:
        windows.close()


def test_sudah_benar_needs_the_officer_of_the_step(office: FakeOffice) -> None:
    p = office.to_stage(1, Stage.REKAM)
    with pytest.raises(NotAllowed):
        RecordingPresenter(Session(office.desk, office.actors[Peran.KASI])).confirm(p.id)
    assert office.read(p.id).confirmed_at is None
    assert RecordingPresenter(Session(office.desk, office.rina)).confirm(p.id).confirmed
