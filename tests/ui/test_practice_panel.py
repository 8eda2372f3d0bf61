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
from ktpel_kiosk.domain.sop import Layanan
from ktpel_kiosk.hal.simulators.faults import TABLE, Faults, names
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.practice import Lesson, PracticeControls, Trainee
from ktpel_kiosk.ui.app import Windows, make_windows
from ktpel_kiosk.ui.bridge import Bridge
from ktpel_kiosk.ui.operator_window import OperatorWindow
from ktpel_kiosk.ui.practice_mark import PracticeBand
from ktpel_kiosk.ui.practice_panel import PracticePanel
from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
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
    assert made is not None
    qtbot.waitUntil(made.isVisible)
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


# -- applicants to practise on -------------------------------------------------------------------------------------------


class School(WorldControls):
    """Two invented applicants and what came of them, as a test says."""

    def __init__(self, world: SimulatedWorld, office: FakeOffice) -> None:
        super().__init__(world)
        who = office.person(0).penduduk, office.person(1).penduduk
        papers, lacking = ("Formulir F-1.02",), ("Fotokopi KK",)
        self.people = {k: Trainee(k, t, "Ini kartu keluarganya.", Layanan.BARU_WNI, p, "081200000000", papers, lacking)
                       for k, t, p in (("baru", "KTP-el pertama", who[0]), ("hilang", "KTP-el hilang", who[1]))}
        self.next = office.person(2).penduduk
        self.told: dict[str, list[Lesson]] = {"baru": [Lesson("Catat permohonannya", "todo")], "hilang": []}

    def trainees(self) -> tuple[Trainee, ...]:
        return tuple(self.people.values())

    def another(self, key: str) -> Trainee:
        self.people[key] = replace(self.people[key], person=self.next)
        return self.people[key]

    def lessons(self, key: str) -> list[Lesson]:
        return self.told[key]


def test_an_applicant_is_shown_to_type_from_and_the_lesson_follows_the_register(qtbot, world: SimulatedWorld) -> None:
    office, bridge = FakeOffice(), Bridge()
    school = School(world, office)
    window = OperatorWindow(replace(office.desk, practice=school), bridge, actor=office.rina)
    qtbot.addWidget(window)
    window.resize(1920, 1080)
    window.show()
    window.show_practice()
    panel = window.findChild(PracticePanel)
    assert panel is not None
    panel.tabs.choose("pemohon")
    qtbot.waitUntil(lambda: "Catat permohonannya" in texts(panel), timeout=5000)
    part, person = panel.trainees, school.people["baru"].person
    assert dict(part.family.rows())["NIK"] == person.nik and person.no_kk in part.family.accessibleName()
    assert "Tidak dibawa: Fotokopi KK" in part.papers.text()
    school.told["baru"] = [Lesson("Jenis layanan keliru", "wrong")]
    bridge.register_changed.emit(frozenset({"x"}))
    qtbot.waitUntil(lambda: "Jenis layanan keliru" in texts(panel), timeout=5000)
    part.next.click()
    qtbot.waitUntil(lambda: dict(part.family.rows())["NIK"] == school.next.nik, timeout=5000)
    panel.tabs.choose("gangguan")
    assert not part.isVisible() and panel.start.isVisible()
    assert [c.text() for c in panel.findChildren(ChoiceChip) if c.isVisible() and c.width() < c.sizeHint().width()] == [], "words elided"
    qtbot.waitUntil(lambda: not bridge.pending, timeout=5000)
    window.close()
    bridge.close()


# -- the mark ------------------------------------------------------------------------------------------------------------


def marked(windows: Windows) -> list[bool]:
    made = []
    for window in (windows.operator, windows.applicant):
        band = window.menuWidget()
        made.append(isinstance(band, PracticeBand) and band.isVisible() and band.y() == 0 and band.width() == window.width())
    return made


@pytest.mark.parametrize("size", [(1024, 640), (1366, 768), (1920, 1080)])
def test_both_windows_say_so_in_every_state(qtbot, controls: PracticeControls, size: tuple[int, int]) -> None:
    office = FakeOffice()
    windows = make_windows(replace(office.desk, practice=controls), size=size)
    for window in (windows.operator, windows.applicant):
        window.resize(*size)
        window.show()
    QCoreApplication.processEvents()
    assert marked(windows) == [True, True] and windows.operator.current == "masuk"
    windows.operator.signed_in(office.rina)
    windows.operator.tell("trouble", "Printer macet.", bold="Macet.")
    windows.operator.choose_look("contrast", "terbesar")
    QCoreApplication.processEvents()
    band = windows.operator.menuWidget()
    assert marked(windows) == [True, True] and band.height() <= max(26, round(size[1] * 26 / 768)) and "LATIHAN" in band.accessibleName()
    picture = band.grab().toImage()
    assert len({picture.pixelColor(x, picture.height() // 2).name() for x in range(0, picture.width(), 3)}) > 2, "hatched"
    windows.operator.lock()
    QCoreApplication.processEvents()
    assert marked(windows) == [True, True] and windows.operator.windowTitle().startswith("LATIHAN")
    qtbot.waitUntil(lambda: not windows.bridge.pending, timeout=8000)
    windows.close()


def test_an_office_carries_no_mark(windows: Windows) -> None:
    assert windows.operator.menuWidget() is None and windows.applicant.menuWidget() is None
    assert "LATIHAN" not in windows.operator.windowTitle() + windows.applicant.windowTitle()
