"""The field to sign in: pen, finger and mouse, resting hands, a busy window."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import fakes
import pytest
from fakes import FakeOffice
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QInputDevice, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ktpel_kiosk.desk import recording
from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.ports.devices import SignatureCapture
from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.widgets.ink import MOUSE_PRESSURE, UNITS, WIDEST, SignatureField

PRESS, MOVE, RELEASE = QEvent.Type.TabletPress, QEvent.Type.TabletMove, QEvent.Type.TabletRelease
Make = Callable[..., QTabletEvent]


@pytest.fixture
def field(qtbot: QtBot) -> SignatureField:
    made = SignatureField()
    made.resize(400, 200)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture(scope="module")
def pens(qapp: QApplication) -> dict[str, QPointingDevice]:
    capable = QInputDevice.Capability.Position | QInputDevice.Capability.Pressure | QInputDevice.Capability.Hover
    return {name: QPointingDevice(name, number, QInputDevice.DeviceType.Stylus, kind, capable, 1, 2)
            for number, (name, kind) in enumerate({"pen": QPointingDevice.PointerType.Pen,
                                                   "eraser": QPointingDevice.PointerType.Eraser}.items(), 71)}


@pytest.fixture
def tablet(pens: dict[str, QPointingDevice]) -> Make:
    def make(kind: QEvent.Type, x: float, y: float, pressure: float, at: int, tool: str = "pen") -> QTabletEvent:
        button = Qt.MouseButton.LeftButton if kind != MOVE else Qt.MouseButton.NoButton
        event = QTabletEvent(kind, pens[tool], QPointF(x, y), QPointF(x, y), pressure, 0, 0, 0, 0, 0,
                             Qt.KeyboardModifier.NoModifier, button, Qt.MouseButton.LeftButton)
        event.setTimestamp(at)
        return event

    return make


def stroke(tablet: Make, begin: int, count: int = 20, x: float = 50.0) -> list[QTabletEvent]:
    return [tablet(PRESS, x, 50, 0.5, begin), *(tablet(MOVE, x + i, 50 + i / 3, 0.5 + i / 100, begin + 5 * i) for i in range(1, count)),
            tablet(RELEASE, x + count, 60, 0, begin + 5 * count)]


def send(field: SignatureField, events: list[QTabletEvent]) -> None:
    for event in events:
        QCoreApplication.sendEvent(field, event)


@pytest.fixture(scope="module")
def screen_touch(qapp: QApplication) -> QPointingDevice:
    return QTest.createTouchDevice()


def test_pen_gives_pressure_fractions_of_pixels_and_its_own_time(field: SignatureField, tablet: Make) -> None:
    send(field, [tablet(MOVE, 30, 30, 0, 990), *stroke(tablet, 1000)])
    points = field.points()
    assert len(points) == 21  # hovering before the first stroke is no ink
    assert (points[1].x, points[1].y, points[1].pressure, points[1].t_ms) == (510, round(UNITS * (50 + 1 / 3)), round(0.51 * 1023), 5)
    assert [p.t_ms for p in points] == [5 * i for i in range(21)] and not points[-1].down


def test_hovering_between_strokes_is_kept_and_after_the_last_is_not(field: SignatureField, tablet: Make) -> None:
    hover = [tablet(MOVE, 100 + i, 40, 0, 1110 + 5 * i) for i in range(4)]
    send(field, [*stroke(tablet, 1000), *hover, *stroke(tablet, 1140, 5), *[tablet(MOVE, 100, 40, 0, 1300)]])
    points = field.points()
    assert len(points) == 21 + 4 + 6
    assert [p.pressure for p in points[20:26]] == [0, 0, 0, 0, 0, 512]


def test_a_busy_window_loses_nothing_and_bends_no_time(field: SignatureField, tablet: Make) -> None:
    """2,000 reports pile up while the window's thread works; they come in one burst afterwards."""
    events = [tablet(PRESS, 10, 10, 0.5, 5000), *(tablet(MOVE, 10 + i % 380, 10 + i % 180, 0.5, 5000 + 5 * i) for i in range(1, 2000))]
    for event in events:
        QCoreApplication.postEvent(field, event)
    time.sleep(0.05)
    assert not field.points()
    QCoreApplication.processEvents()
    assert [p.t_ms for p in field.points()] == [5 * i for i in range(2000)]


def test_a_resting_hand_draws_nothing_while_the_pen_is_near(field: SignatureField, tablet: Make, screen_touch: QPointingDevice) -> None:
    touch = QTest.touchEvent(field, screen_touch)
    touch.press(1, QPoint(200, 150), field)
    touch.commit()
    for i in range(5):
        touch.move(1, QPoint(201 + i, 150), field)
        touch.commit()
    assert len(field.points()) == 6  # the hand came first
    now = field._clock.elapsed() + 1000
    send(field, stroke(tablet, now))
    assert [p.x for p in field.points()][:2] == [500, 510] and len(field.points()) == 21
    touch.move(1, QPoint(300, 150), field)
    touch.commit()
    touch.release(1, QPoint(300, 150), field)
    touch.commit()
    touch.press(2, QPoint(250, 150), field)
    touch.commit()
    QTest.mousePress(field, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 30))
    QTest.mouseRelease(field, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 30))
    assert len(field.points()) == 21


def test_one_finger_signs_and_a_second_does_not_disturb(field: SignatureField, screen_touch: QPointingDevice) -> None:
    touch = QTest.touchEvent(field, screen_touch)
    touch.press(1, QPoint(20, 30), field)
    touch.commit()
    for i in range(12):
        touch.move(1, QPoint(30 + i, 40), field)
        if i == 4:
            touch.press(2, QPoint(350, 180), field)
        elif i > 4:
            touch.move(2, QPoint(350 - i, 180), field)
        touch.commit()
    touch.release(1, QPoint(45, 40), field)
    touch.release(2, QPoint(340, 180), field)
    touch.commit()
    points = field.points()
    assert len(points) == 14 and max(p.x for p in points) == 450 and not points[-1].down
    assert all(p.pressure == MOUSE_PRESSURE for p in points[:-1]) and all(b.t_ms >= a.t_ms for a, b in pairwise(points))
    assert not field.is_empty()


def test_eraser_and_a_switched_off_field_draw_nothing(field: SignatureField, tablet: Make) -> None:
    send(field, [tablet(PRESS, 50, 50, 0.5, 1, "eraser"), tablet(MOVE, 60, 50, 0.5, 5, "eraser")])
    field.enabled_ink = False
    send(field, stroke(tablet, 1000))
    assert field.points() == ()


def test_clearing_begins_a_new_signature(field: SignatureField, tablet: Make) -> None:
    send(field, stroke(tablet, 1000))
    field.clear()
    send(field, stroke(tablet, 9000, 10))
    assert field.points()[0].t_ms == 0 and len(field.points()) == 11


def test_a_very_wide_field_still_fits_the_standard_record(field: SignatureField, tablet: Make) -> None:
    field.resize(3840, 900)
    send(field, [tablet(PRESS, 3839, 899, 1.0, 1), tablet(RELEASE, 3839, 899, 0, 6)])
    capture = field.capture()
    assert capture.width <= WIDEST and capture.points[0].x < capture.width
    assert capture.width / 3840 == capture.points[0].x / 3839
    assert capture.units_per_mm == pytest.approx(8 * field.screen().physicalDotsPerInch() / 25.4)


# -- the ink of a pad ----------------------------------------------------------------------------------------------------------------


def test_ink_of_the_pad_is_seen_while_it_is_written(office: FakeOffice, windows: Windows, settle: Callable[[Windows], None],
                                                   qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    p = recording.confirm_data(office.desk, office.rina, office.to_stage(1, Stage.REKAM).id)
    go_on = threading.Event()
    whole = fakes.ink()

    def capture(device: object, *args: Any) -> SignatureCapture:
        for point in (PenPoint(5, 5, 500, 0), PenPoint(9, 9, 500, 5), *whole.points[:30]):  # begun, "Ulangi", begun again
            args[2](point)
        go_on.wait(5)
        return whole

    monkeypatch.setattr(fakes._Device, "capture", capture)
    windows.operator.go("perekaman", id=p.id)
    settle(windows)
    page: Any = windows.operator.page("perekaman")
    page._show_part("tanda_tangan")
    signature = page.parts["tanda_tangan"]
    try:
        qtbot.waitUntil(lambda: len(signature.ink.points()) == 30, timeout=3000)
    finally:
        go_on.set()
    settle(windows)
    assert not signature._drawing.isActive() and "ersimpan" in signature.hint.text()


# -- strokes taken back, palms, only new ink is painted ------------------------------------------------------------------------------------


def test_a_stroke_is_taken_back_and_comes_again(field: SignatureField, tablet: Make) -> None:
    send(field, [*stroke(tablet, 1000), *stroke(tablet, 1200, 10, 150)])
    whole = field.points()
    assert field.can_undo and not field.can_redo
    field.undo()
    assert len(field.points()) == 21
    field.redo()
    assert field.points() == whole
    field.undo()
    send(field, stroke(tablet, 1500, 5, 200))
    assert not field.can_redo and len(field.points()) == 27
    assert all(b.t_ms >= a.t_ms for a, b in pairwise(field.points()))
    for _ in range(5):
        field.undo()
    assert field.points() == () and field.is_empty()


def test_each_report_paints_its_own_piece_only(field: SignatureField, tablet: Make, qtbot: QtBot) -> None:
    field.grab()
    send(field, stroke(tablet, 1000, 60))
    assert field._layer.repainted == 60
    field.grab()
    send(field, [tablet(PRESS, 200, 100, 0.5, 2000), tablet(MOVE, 210, 100, 0.5, 2005)])
    assert field._layer.repainted == 60 + 2  # a lift before it and the new piece, not the signature again
    live = field.grab().toImage()
    field._layer.forget()
    assert field.grab().toImage() == live  # drawn bit by bit or at once: the same ink


def test_pressure_makes_it_thicker(field: SignatureField, tablet: Make) -> None:
    def dark(pressure: float) -> int:
        field.clear()
        send(field, [tablet(PRESS, 50, 60, pressure, 1), *(tablet(MOVE, 50 + 10 * i, 60, pressure, 1 + 5 * i) for i in range(1, 30)),
                     tablet(RELEASE, 340, 60, 0, 200)])
        image = field.grab().toImage()
        return sum(image.pixelColor(200, y).lightness() < 110 for y in range(30, 90))

    assert dark(1.0) > dark(0.1) > 0


def test_a_pad_is_drawn_piece_by_piece(field: SignatureField) -> None:
    points = [PenPoint(100 + 9 * i, 200 + i % 7, 500, 5 * i) for i in range(80)]
    field.grab()
    field.show_ink(points[:40], 1000, 500)
    field.grab()
    drawn = field._layer.repainted
    field.show_ink(points, 1000, 500)
    assert field._layer.repainted == drawn + 40 and len(field.points()) == 80
    field.show_ink(points[:10], 1000, 500)  # begun anew on the pad
    assert len(field.points()) == 10


def test_a_palm_by_its_size_is_no_ink(field: SignatureField) -> None:
    from PySide6.QtCore import QSizeF

    class Broad:
        def __init__(self, side: float) -> None:
            self.side = side

        def ellipseDiameters(self) -> QSizeF:
            return QSizeF(self.side, self.side)

    assert field._broad(Broad(400)) and not field._broad(Broad(20)) and not field._broad(Broad(0))  # type: ignore[arg-type]
