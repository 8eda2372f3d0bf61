"""Widgets: NIK grouping and paste, dates, signature points, hand map, table, step bar, theme."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.biometric import FINGERS, Position
from ktpel_kiosk.ui.theme import Theme, screen_scale, set_theme, tokens
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.capture import HandMap
from ktpel_kiosk.ui.widgets.fields import ChoiceField, DateField, NikEdit, group_nik, nik_digits
from ktpel_kiosk.ui.widgets.ink import UNITS, SignatureField
from ktpel_kiosk.ui.widgets.stepbar import Step, StepBar
from ktpel_kiosk.ui.widgets.tables import Cell, DataRow, RowsModel, TableRow
from ktpel_kiosk.ui.words import word, words


def test_nik_is_grouped_while_typed(qtbot: QtBot) -> None:
    edit = NikEdit()
    qtbot.addWidget(edit)
    QTest.keyClicks(edit, "3508a05-4502 08.0001999")
    assert edit.text() == "350805  450208  0001"
    assert edit.digits() == "3508054502080001"


def test_nik_backspace_steps_over_the_gap(qtbot: QtBot) -> None:
    edit = NikEdit()
    qtbot.addWidget(edit)
    QTest.keyClicks(edit, "3508054")
    for _ in range(2):
        QTest.keyClick(edit, Qt.Key.Key_Backspace)
    assert edit.digits() == "35080"


@pytest.mark.parametrize("pasted", ["3508.0545.0208.0001", " 3508-0545-0208-0001\n", "NIK: 3508054502080001"])
def test_nik_takes_a_paste_with_anything_around(qtbot: QtBot, pasted: str) -> None:
    edit = NikEdit()
    qtbot.addWidget(edit)
    QApplication.clipboard().setText(pasted)
    edit.paste()
    assert edit.digits() == "3508054502080001"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(alphabet="0123456789 .-x", max_size=24))
def test_grouping_loses_no_digit(text: str) -> None:
    digits = nik_digits(text)[:16]
    assert nik_digits(group_nik(digits)) == digits


def test_date_field_puts_dashes(qtbot: QtBot) -> None:
    field = DateField("tanggal_lahir", "Tanggal lahir")
    qtbot.addWidget(field)
    QTest.keyClicks(field.line, "05022008")
    assert field.value() == "05-02-2008"


def test_searchable_choice_gives_the_code(qtbot: QtBot) -> None:
    field = ChoiceField("pekerjaan", "Pekerjaan", [(1, "Belum"), (88, "Wiraswasta")], searchable=True, empty="")
    qtbot.addWidget(field)
    field.box.setCurrentText("wiraswasta")
    assert field.value() == "88"
    field.box.setCurrentText("tidak ada")
    assert field.value() == ""


def test_signature_points_follow_the_mouse(qtbot: QtBot) -> None:
    ink = SignatureField()
    ink.resize(400, 200)
    qtbot.addWidget(ink)
    ink.show()
    QTest.mousePress(ink, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(20, 30))
    for i in range(12):
        QTest.mouseMove(ink, QPoint(30 + i * 10, 40 + i))
    QTest.mouseRelease(ink, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(150, 60))
    points = ink.points()
    assert (points[0].x, points[0].y) == (20 * UNITS, 30 * UNITS) and points[0].down
    assert not points[-1].down and not ink.is_empty()
    assert all(b.t_ms >= a.t_ms for a, b in pairwise(points))
    assert ink.capture().width == 400 * UNITS
    ink.clear()
    assert ink.is_empty()


def test_hand_map_tells_the_finger_touched(qtbot: QtBot) -> None:
    hands = HandMap(selectable=True)
    hands.resize(480, 240)
    qtbot.addWidget(hands)
    hands.set_states(dict.fromkeys(FINGERS, "todo"))
    hands.show()
    hands.grab()
    for position in FINGERS:
        at = hands._shapes[position].boundingRect().center().toPoint()
        with qtbot.waitSignal(hands.pressed) as caught:
            QTest.mouseClick(hands, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        assert caught.args == [position]


def test_hands_are_mirrored(qtbot: QtBot) -> None:
    hands = HandMap()
    hands.resize(480, 240)
    qtbot.addWidget(hands)
    hands.grab()
    x = {p: hands._shapes[p].boundingRect().center().x() for p in FINGERS}
    assert x[Position.LEFT_LITTLE] < x[Position.LEFT_INDEX] < x[Position.LEFT_THUMB]
    assert x[Position.RIGHT_THUMB] < x[Position.RIGHT_INDEX] < x[Position.RIGHT_LITTLE]


def test_step_bar_shortens_when_narrow(qtbot: QtBot) -> None:
    bar = StepBar()
    qtbot.addWidget(bar)
    bar.set_steps([Step(i, f"Langkah {i}", "0:10 / 1:00", "done" if i < 3 else "active" if i == 3 else "todo") for i in range(1, 9)])
    bar.resize(1200, 60)
    bar.grab()
    assert bar._short == set()
    bar.resize(560, 60)
    bar.grab()
    assert 2 not in bar._short and 6 in bar._short
    assert "3 Langkah 3" in bar.accessibleName()


def test_table_model() -> None:
    model = RowsModel(("No.", "Nama"))
    model.set_rows([TableRow("a", (Cell("1"), Cell("SITI")))])
    assert model.rowCount() == 1 and model.columnCount() == 2
    assert model.data(model.index(0, 1)) == "SITI" and model.key(0) == "a" and model.key(9) == ""


def test_data_row_speaks_its_state(qtbot: QtBot) -> None:
    row = DataRow("agama", "Agama", "Islam")
    qtbot.addWidget(row)
    assert row.accessibleName() == "Agama: Islam. Benar"
    QTest.mouseClick(row, Qt.MouseButton.LeftButton)
    assert row.accessibleName().endswith("Salah")


def test_touch_targets_grow_with_text(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    button = Button("Lanjut", "primary", key="F9", parent=window)
    for scale in (0.8, 1.0, 1.5):
        set_theme(window, Theme("light", scale))
        assert button.sizeHint().height() >= 48
    assert button.sizeHint().height() == 72


def test_both_looks_have_the_same_tokens_and_readable_text() -> None:
    light, contrast = tokens()["light"], tokens()["contrast"]
    assert set(light) == set(contrast)

    def luminance(value: str) -> float:
        parts = [int(value[i:i + 2], 16) / 255 for i in (1, 3, 5)]
        r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    def ratio(a: str, b: str) -> float:
        high, low = sorted((luminance(a), luminance(b)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for look, least in ((light, 4.5), (contrast, 7.0)):
        for ink, back in (("ink", "surface"), ("muted", "surface"), ("muted", "canvas"), ("on_accent", "accent"), ("accent", "accent_soft"),
                          ("good", "good_soft"), ("attention", "attention_soft"), ("trouble", "trouble_soft")):
            assert ratio(look[ink], look[back]) >= least, (ink, back, ratio(look[ink], look[back]))


def test_screen_scale() -> None:
    assert screen_scale(1366, 768) == 1.0
    assert 1.2 <= screen_scale(1920, 1080) <= 1.3


def test_every_code_of_the_domain_has_a_word() -> None:
    from ktpel_kiosk.domain.outbox import PacketState, WaitCause
    from ktpel_kiosk.domain.permohonan import PAUSE_REASONS, RETURN_REASONS, Keadaan
    from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
    from ktpel_kiosk.domain.status import StatusSiak
    from ktpel_kiosk.ports.devices import DeviceKind
    for section, codes in (("stage", Stage), ("keadaan", Keadaan), ("layanan", Layanan), ("layanan_panjang", Layanan),
                           ("jeda", PAUSE_REASONS), ("kembali", RETURN_REASONS),
                           ("peran", Peran), ("posisi", Position), ("perangkat", DeviceKind),
                           ("perangkat_saran", DeviceKind), ("antrean", WaitCause), ("paket", PacketState), ("status", StatusSiak)):
        assert set(map(str, codes)) <= set(words(section)), section
    assert word("stage", "belum_dikenal") == "belum dikenal"
