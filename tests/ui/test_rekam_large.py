"""Perekaman with the largest letters on 1366x768: every part and the corrections fit, under both notices at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakes import FakeOffice

from ktpel_kiosk.desk.recording import confirm_data
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ui import practice_mark
from ktpel_kiosk.ui.app import Windows


def test_nothing_asks_for_more_than_there_is(windows: Windows, office: FakeOffice, settle: Callable[[Windows], None]) -> None:
    operator, p, wrong = windows.operator, office.to_stage(1, Stage.REKAM), office.to_stage(2, Stage.REKAM)
    confirm_data(office.desk, office.rina, p.id)
    confirm_data(office.desk, office.rina, wrong.id, ("nama", "alamat", "golongan_darah", "tempat_lahir", "tanggal_lahir", "pekerjaan"))
    practice_mark.mark(operator)
    operator.choose_look("light", "terbesar")
    settle(windows)
    operator.go("perekaman", id=p.id)
    settle(windows)
    page: Any = operator.page("perekaman")

    def fits(what: str) -> None:
        assert operator.size().height() == 768 and page.minimumSizeHint().height() <= page.height(), what
        front = page.stack.currentWidget()
        assert front.minimumSizeHint().height() <= front.height(), what
        assert page.primary.mapTo(operator, page.primary.rect().bottomLeft()).y() < 768, what

    page.alike.show_view = lambda _view: page.alike.show_text("attention", "teks", bold="Mirip.", action="Bandingkan")
    for told in (False, True):
        if told:
            operator.tell("attention", "Periksa kabel kamera lalu coba sekali lagi; yang sudah direkam tersimpan.", bold="Kamera.")
        for key in page.view.parts() if told else ("data", "tinjau"):
            page._show_part(key)
            page.alike.show_view(None)
            settle(windows)
            fits(f"{key}, told {told}")
            assert (page.alike.height() > 0) is not told, "the notice of similar fingers waits for the other"
    operator.notice.dismiss()
    settle(windows)
    assert page.alike.height() > 0
    page.alike.hide()
    operator.go("perekaman", id=wrong.id)
    settle(windows)
    assert page.part.key == "data" and page.part.fix.isVisible()
    fits("corrections")
