"""The scan field: waits visibly, takes typing, tells what came, explains what is not wanted."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.ui.widgets.scan_field import ScanField, receipt_judge


@pytest.fixture
def field(qtbot: QtBot) -> ScanField:
    sentences = load_sentences()
    made = ScanField(judge=receipt_judge, sentence=sentences.of)
    qtbot.addWidget(made)
    made.resize(300, 100)
    made.show()
    return made


def test_it_waits_until_something_comes(field: ScanField) -> None:
    assert field.line.waiting
    came: list[str] = []
    field.scanned.connect(came.append)
    assert field.take("\x020042/KTP/XI/2026\r\n")
    assert came == ["0042/KTP/XI/2026"] and field.value() == came[0] and not field.line.waiting
    assert field.message() == "✓ Terbaca: 0042/KTP/XI/2026"
    field.set_value("")
    assert field.line.waiting and field.message() == ""


def test_typing_is_taken_with_enter(field: ScanField) -> None:
    came: list[str] = []
    field.scanned.connect(came.append)
    QTest.keyClicks(field.line, "0042/KTP/XI/2026")
    assert field.value() == "" and not field.line.waiting
    QTest.keyClick(field.line, Qt.Key.Key_Return)
    assert came == ["0042/KTP/XI/2026"]


@pytest.mark.parametrize(("code", "told"), [
    ("3508054502080001", "Itu NIK"), ("https://contoh.go.id/x", "situs lain"), ("WIFI:S:kantor;;", "ponsel"),
    ("8991234567890", "kode barang"), ("", "Belum ada kode"), ("x" * 700, ""), ("a\x07b", ""),
])
def test_what_is_not_a_receipt_is_explained(field: ScanField, code: str, told: str) -> None:
    came: list[str] = []
    field.scanned.connect(came.append)
    assert not field.take(code)
    assert not came and field.value() == "" and field.line.waiting
    assert told in field.message() and len(field.message()) > 10 and "belum dikenal" not in field.message()
    QTest.keyClicks(field.line, "7")
    assert field.line.text() == "7", "the next code takes the place of the wrong one"
