"""Windows on the offscreen platform; a Qt warning fails the test that caused it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).parent))

import pytest
from fakes import FakeOffice
from PySide6.QtCore import QCoreApplication, QEvent, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ktpel_kiosk.ui.app import Windows, make_windows

SWEEP_AT = 100_000
"""Objects made since the last sweep; every test would be too often."""
HARMLESS = ("This plugin does not support propagateSizeHints", "This plugin does not support raise()",
            "This plugin does not support grabbing the keyboard")


@pytest.fixture(autouse=True)
def qt_warnings(qapp: object) -> Iterator[list[str]]:
    """Collects what Qt complains about; anything but the offscreen platform's own remarks is a failure."""
    said: list[str] = []

    def handler(kind: QtMsgType, _context: object, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg and not any(h in text for h in HARMLESS):
            said.append(text)

    before = qInstallMessageHandler(handler)
    yield said
    qInstallMessageHandler(before)
    assert not said, said


@pytest.fixture(autouse=True)
def no_window_stays(qapp: QApplication) -> Iterator[None]:
    """Widgets of earlier tests would be styled again with every theme: the tenth test of a file took ten times as long as the first."""
    yield
    for widget in qapp.topLevelWidgets():
        widget.close()
        widget.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True, scope="module")
def collector_of_the_windows() -> Iterator[None]:
    """Python's collector runs on whatever thread allocates; windows of an earlier test that it finds on a worker take the process with
    them. The program sweeps on the thread of its windows (ui/garbage.py), and so do its tests."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def swept_here(collector_of_the_windows: None, no_window_stays: None) -> Iterator[None]:
    yield
    if gc.get_count()[0] > SWEEP_AT:
        gc.collect()


@pytest.fixture
def office() -> FakeOffice:
    return FakeOffice()


@pytest.fixture
def settle(qtbot: QtBot) -> Callable[[Windows], None]:
    """Wait until no desk call is on its way and Qt has nothing left to do."""

    def wait(windows: Windows) -> None:
        for _ in range(3):
            qtbot.waitUntil(lambda: not windows.bridge.pending, timeout=8000)
            qtbot.wait(15)

    return wait


@pytest.fixture
def windows(office: FakeOffice, qtbot: QtBot) -> Iterator[Windows]:
    """Both windows with Rina signed in."""
    made = make_windows(office.desk, actor=office.rina, size=(1366, 768))
    made.operator.resize(1366, 768)
    made.applicant.resize(1366, 768)
    made.operator.show()
    made.applicant.show()
    yield made
    made.close()
