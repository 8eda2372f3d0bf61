"""The trainer's panel: what is pressed happens to the simulated world, what happens there is shown."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import FakeOffice
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel

from ktpel_kiosk.app.practice_controls import WorldControls, script_of
from ktpel_kiosk.hal.simulators.faults import TABLE, Faults, names
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.practice import PracticeControls
from ktpel_kiosk.ui.bridge import Bridge
from ktpel_kiosk.ui.operator_window import OperatorWindow
from ktpel_kiosk.ui.practice_panel import PracticePanel
from ktpel_kiosk.ui.words import has_word


class Body:
    """Nobody looks at the person here."""


@pytest.fixture
def world(tmp_path: Path) -> SimulatedWorld:
    return SimulatedWorld(people=lambda *_a: Body(), faults=Faults(script_of(tmp_path)))  # type: ignore[arg-type, return-value]


@pytest.fixture
def controls(world: SimulatedWorld) -> PracticeControls:
    return WorldControls(world)


@pytest.fixture
def panel(qtbot, controls: PracticeControls) -> Iterator[PracticePanel]:
    office = FakeOffice()
    bridge = Bridge()
    window = OperatorWindow(replace(office.desk, practice=controls), bridge, actor=next(iter(office.actors.values())))
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    assert window.header.practice is not None
    window.header.practice.click()
    made = window.findChild(PracticePanel)
    assert made is not None and made.isVisible()
    yield made
    window.close()
    bridge.close()


def texts(panel: PracticePanel) -> str:
    QCoreApplication.processEvents()
    return " | ".join(x.text() for x in panel.findChildren(QLabel) if x.isVisible())


def test_every_fault_has_a_word() -> None:
    assert [f"{d}.{f}" for d in TABLE for f in names(d) if not has_word("gangguan", f"{d}.{f}") and not has_word("gangguan", f)] == []
    assert [d for d in TABLE if not has_word("gangguan", d)] == []


def test_a_fault_is_started_shown_and_ended(panel: PracticePanel, world: SimulatedWorld) -> None:
    panel.devices.setCurrentIndex(panel.devices.findData("card_printer"))
    panel.faults.setCurrentIndex(panel.faults.findData("media_empty"))
    panel.start.click()
    assert world.faults.active("card_printer", "media_empty") and "Kartu kosong habis" in texts(panel)
    if shot := os.environ.get("KTPEL_SHOTS"):
        panel.resize(360, 900)
        for _ in range(5):
            QCoreApplication.processEvents()
        panel.grab().save(f"{shot}/latihan.png")
        panel.parent().grab().save(f"{shot}/latihan-jendela.png")
    panel._active.itemAt(0).widget().stop.click()
    assert not world.faults.active("card_printer", "media_empty") and "Tidak ada gangguan." in texts(panel)


def test_what_a_script_brings_is_shown_too(panel: PracticePanel, world: SimulatedWorld, tmp_path: Path) -> None:
    path = script_of(tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text('[[fault]]\ndevice = "fingerprint"\nfault = "dry"\n')
    panel.look()
    assert "Jari kering" in texts(panel) and "pada kesempatan berikutnya" in texts(panel)
    panel.clear.click()
    assert world.faults.waiting() == [] and not panel.clear.isEnabled()


def test_the_line_has_one_state(panel: PracticePanel, world: SimulatedWorld) -> None:
    by = {chip.value: chip for chip in panel.line.buttons()}
    assert by[""].isChecked()
    by["dead"].click()
    assert world.faults.waiting() == [("line", "dead")] and by["dead"].isChecked()
    by["slow"].click()
    assert world.faults.waiting() == [("line", "slow")]
    by[""].click()
    assert world.faults.waiting() == [] and by[""].isChecked()


def test_person_card_and_code(panel: PracticePanel, world: SimulatedWorld) -> None:
    assert not panel.skin.buttons()[0].isEnabled(), "nobody sits there"
    world.seat(1, 1990, "L")
    panel.look()
    skin = {chip.value: chip for chip in panel.skin.buttons()}
    skin["dry"].click()
    assert world.sitter is not None and world.sitter.condition == "dry" and skin["dry"].isChecked()
    cards = {chip.value: chip for chip in panel.cards.buttons()}
    cards["printed"].click()
    assert "Cetak satu kartu dulu" in panel.message.plain() and world.card_on_reader is None
    cards["foreign"].click()
    assert world.card_on_reader is not None and world.card_on_reader.transmit(b"\x00\xa4\x04\x00\x01\x00") == b"\x6a\x82"
    cards["blank"].click()
    assert world.card_on_reader is not None and cards["blank"].isChecked()
    cards["none"].click()
    assert world.card_on_reader is None and cards["none"].isChecked()
    panel.code.set_value("0001/KTP/XI/2026")
    panel.scan.click()
    assert world.next_code() == "0001/KTP/XI/2026" and not panel.code.value()


def test_a_desk_with_real_devices_has_no_such_panel(qtbot) -> None:
    office = FakeOffice()
    bridge = Bridge()
    window = OperatorWindow(office.desk, bridge, actor=next(iter(office.actors.values())))
    qtbot.addWidget(window)
    assert window.header.practice is None
    window.show_practice()
    assert window.findChild(PracticePanel) is None
    window.close()
    bridge.close()
