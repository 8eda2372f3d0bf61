"""The assistant on a new machine: an office comes back from a copy by its code or two sheets, step by step, and nothing half told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from setup_double import SetupDouble

from ktpel_kiosk.domain.errors import BadInput, DiskFull
from ktpel_kiosk.ui.bridge import Bridge
from ktpel_kiosk.ui.first_run.restore import COPY, MAKING, PLACE, REPORT
from ktpel_kiosk.ui.first_run.window import SetupWindow


class Screen:
    def __init__(self, qtbot: Any, folder: Path) -> None:
        self.qtbot, self.double, self.bridge, self.ended = qtbot, SetupDouble(folder), Bridge(), []
        self.window = SetupWindow(self.double, self.bridge)  # type: ignore[arg-type]
        self.window.ended.connect(self.ended.append)
        self.window.resize(1366, 768)
        self.window.show()
        self.page: Any = self.window.page(self.window.stage)
        self.page.modes.items["pulih"].click()
        self.go()
        self.flow = self.page.restoring

    def go(self) -> None:
        self.window.forward()
        self.wait()

    def wait(self) -> None:
        for _ in range(2):
            self.qtbot.waitUntil(lambda: not self.bridge.pending, timeout=10_000)
            QApplication.processEvents()

    def to_copies(self) -> None:
        self.flow.places.list.items[str(self.double.places[0].path)].click()
        self.go()


@pytest.fixture
def screen(qtbot: Any, tmp_path: Path) -> Iterator[Screen]:
    made = Screen(qtbot, tmp_path)
    yield made
    made.window.close()
    made.bridge.close()


def test_by_the_code_to_the_sign_in_page(screen: Screen) -> None:
    flow, back = screen.flow, screen.double.back
    assert flow.at == PLACE and not screen.window.primary.isEnabled(), "no place chosen yet"
    assert "Ruangnya kurang" not in flow.places.list.items[str(screen.double.places[1].path)].detail, "a full disk can be read"
    screen.to_copies()
    assert flow.at == COPY and len(flow.copies.items) == 3 and flow.copies.value() == str(back.found[0].path)
    screen.go()
    assert flow.at == COPY and flow.key.code.message(), "the code is asked first"
    flow.key.code.set_value("ABCDE-FGHJK")
    back.trouble["examine"] = BadInput("backup.code_wrong")
    screen.go()
    assert flow.at == COPY and "tidak membuka" in screen.page.message.plain() and not screen.window.busy
    screen.go()
    shown = [flow.facts.itemAt(i).widget().text() for i in range(flow.facts.count())]
    assert flow.at == REPORT and "Kecamatan Tempeh · 3508050-meja-1" in shown and any("komputer lama sesudah 2" in t for t in shown)
    assert {k: f.value() for k, f in flow.floors.items()} == {"register/2026": "1225", "surat/2026": "40"}
    screen.go()
    assert not back.agreed and flow.reason.message()
    flow.reason.set_value("komputer lama rusak")
    flow.floors["register/2026"].set_value("12x")
    screen.go()
    assert not back.agreed and flow.floors["register/2026"].message()
    flow.floors["register/2026"].set_value("1231")
    back.trouble["restore"] = DiskFull("storage.full", need_bytes=5_000_000_000)
    screen.go()
    assert flow.at == REPORT and screen.page.message.plain() and not screen.window.over, "told, and can be tried again"
    screen.go()
    path, opening, agreed = back.agreed[0]
    assert (path, opening.code, agreed.reason) == (back.found[0].path, "ABCDE-FGHJK", "komputer lama rusak")
    assert agreed.floors == {"register/2026": 1231, "surat/2026": 40}
    assert flow.at == MAKING and screen.window.over and "siap dipakai lagi" in screen.page.title.text() and not flow.key.code.value()
    screen.window.back()
    assert flow.at == MAKING, "no way back into what is done"
    screen.go()
    assert screen.ended == ["production"]


def test_by_two_sheets(screen: Screen) -> None:
    flow = screen.flow
    screen.to_copies()
    flow.key.ways.buttons()[1].click()
    flow.key.fields[0].set_value("abad abang")
    flow.key.fields[1].set_value("KTPEL-KUNCI:" + "0" * 42)
    screen.wait()
    assert not flow.key.fields[0].message() and "Lembar 2 dari set 04821" in flow.key.fields[1].message()
    flow.key.fields[0].set_value(" ".join(["abad"] * 21))
    screen.wait()
    assert "Lembar 1" in flow.key.fields[0].message()
    screen.go()
    assert flow.at == REPORT and len(flow._opening.sheets) == 2
    screen.window.back()
    screen.window.back()
    assert flow.at == PLACE and not any(f.value() for f in flow.key.fields), "secrets go with the view"
    screen.window.back()
    assert screen.page.restoring is None and screen.page.modes.value() == "pulih" and not screen.double.back.agreed


def test_a_place_without_copies_is_told(screen: Screen) -> None:
    screen.double.back.found = []
    screen.to_copies()
    assert screen.flow.at == PLACE and "Tidak ada salinan" in screen.page.message.plain()
