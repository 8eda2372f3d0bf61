"""An answer that was on its way when the desk was locked shows nothing and starts nothing (found by the monkey)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakes import FakeOffice
from pytestqt.qtbot import QtBot

from ktpel_kiosk.desk.recording import confirm_data
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.app import Windows, make_windows


def test_no_camera_behind_the_sign_in_page(office: FakeOffice, qtbot: QtBot, settle: Callable[[Windows], None]) -> None:
    p = office.to_stage(1, Stage.REKAM)
    confirm_data(office.desk, office.rina, p.id)
    windows = make_windows(office.desk, actor=office.rina, size=(1366, 768))
    operator, applicant = windows.operator, windows.applicant
    operator.show()
    settle(windows)
    page: Any = operator.page("perekaman")
    operator.go("perekaman", id=p.id)
    operator.lock()
    settle(windows)
    assert DeviceKind.CAMERA not in office.devices.started
    assert not any(part.entered for part in page.parts.values())
    assert applicant.current not in ("data", "foto")
    operator.signed_in(office.rina)
    settle(windows)
    assert operator.current == "perekaman" and DeviceKind.CAMERA in office.devices.started
    windows.close()
