"""Every screen for people who do not see, do not use a mouse, or touch with a broad finger; quick over the pages, at length as a gate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import audit
import pytest
from every_screen import furnished, lead, open_windows, settle
from inkmeter import measure
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QButtonGroup, QMainWindow, QWidget

from ktpel_kiosk.ui import accessible, accessible_button
from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.reading import arrange
from ktpel_kiosk.ui.theme import Theme, prepare_application, set_theme
from ktpel_kiosk.ui.widgets.base import column, row
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip, NavItem
from ktpel_kiosk.ui.widgets.charts import Bar, BarChart
from ktpel_kiosk.ui.widgets.extra import Tabs, Tick
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.status import NoticeBar

R = QAccessible.Role
SIZES = ((1366, 768), (1600, 900), (1920, 1080))
TEXTS = ("normal", "besar", "lebih_besar", "terbesar")
QUICK = ("beranda", "loket", "perekaman", "register", "masuk")


@pytest.fixture
def everywhere(qapp: QApplication) -> Iterator[tuple[Windows, object]]:
    office = furnished()
    windows = open_windows(office, SIZES[0])
    yield windows, office
    windows.close()


def test_the_pages_are_named_ordered_legible_and_wide_enough(everywhere: tuple[Windows, object]) -> None:
    windows, _office = everywhere
    operator, found = windows.operator, []
    for key in QUICK:
        if key == "masuk":
            operator.lock()
        else:
            operator.go(key)
        settle(windows)
        for check in (audit.names_and_roles, audit.reading_order, audit.touch_targets):
            found += [f"{key}: {x}" for x in check(operator)]
        found += [f"{key}: {x}" for x in audit.cut(operator, SIZES[0])]
        found += [f"{key}: {i.ratio:.2f} '{i.text}' {i.where}" for i in measure(operator) if not i.enough]
        if key == "loket":
            found += tab_round(windows)
    assert not found, "\n".join(found)


def tab_round(windows: Windows) -> list[str]:
    """Real key presses, there and back: no trap, nothing left out."""
    operator, missed = windows.operator, []
    windows.applicant.hide()
    operator.activateWindow()
    operator.page("loket").setFocus()
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
        seen = set()
        for _ in range(2 * len(audit.chain(operator)) + 4):
            QTest.keyClick(operator.focusWidget() or operator, key)
            seen.add(id(operator.focusWidget()))
        missed += [f"{key.name} does not reach {audit.called(w)}" for w in audit.chain(operator) if id(w) not in seen]
    return missed


@pytest.mark.gate
@pytest.mark.timeout(900)
@pytest.mark.parametrize("contrast", ["light", "contrast"])
def test_every_screen_at_length(tmp_path: Path, qapp: QApplication, contrast: str) -> None:
    """Names, roles, order, targets, focus that is seen and contrast on all pages, tabs and the applicant's pages."""
    office = furnished(tmp_path)
    windows = open_windows(office, SIZES[0], contrast)
    found: dict[str, str] = {}

    def look(name: str, window: QMainWindow) -> None:
        for check in (audit.names_and_roles, audit.reading_order, audit.touch_targets, audit.focus_seen):
            for said in check(window):
                found.setdefault(said, name)
        for ink in measure(window):
            if not ink.enough:
                found.setdefault(f"contrast {ink.ratio:.2f}: '{ink.text}' {ink.where}", name)

    try:
        lead(office, windows, look)
    finally:
        windows.close()
        office.register.close()
    assert not found, "\n".join(f"{name}: {said}" for said, name in found.items())


@pytest.mark.gate
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("contrast", ["light", "contrast"])
@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[0]}x{s[1]}")
def test_nothing_is_cut_at_any_size(tmp_path: Path, qapp: QApplication, size: tuple[int, int], text: str, contrast: str) -> None:
    office = furnished(tmp_path)
    windows = open_windows(office, size, contrast, text)
    found: dict[str, str] = {}

    def look(name: str, window: QMainWindow) -> None:
        for said in audit.cut(window, size):
            found.setdefault(said, name)

    try:
        lead(office, windows, look)
    finally:
        windows.close()
        office.register.close()
    assert not found, "\n".join(f"{name}: {said}" for said, name in found.items())


# -- the parts by themselves ----------------------------------------------------------------------------------------------


@pytest.fixture
def board(qapp: QApplication) -> Iterator[QMainWindow]:
    prepare_application(qapp)
    window = QMainWindow()
    window.setCentralWidget(QWidget())
    set_theme(window, Theme())
    window.resize(800, 600)
    yield window
    window.close()


def role(widget: QWidget) -> QAccessible.Role:
    face = QAccessible.queryAccessibleInterface(widget)
    assert face is not None
    return face.role()


def test_buttons_say_what_they_are(board: QMainWindow) -> None:
    group, one, many = QButtonGroup(board), ChoiceChip("A"), ChoiceChip("B")
    group.addButton(one)
    tabs = Tabs([("a", "Satu"), ("b", "Dua")])
    line = row(one, many, Button("Simpan"), Tick("Ya"), NavItem("Loket", "inbox"), tabs)
    board.centralWidget().setLayout(line)
    kinds = [role(line.itemAt(i).widget()) for i in range(line.count())]
    assert kinds == [R.RadioButton, R.CheckBox, R.Button, R.CheckBox, R.PageTab, R.PageTabList]
    tab = tabs._tabs["b"]
    tabs.choose("a")
    face = QAccessible.queryAccessibleInterface(tab)
    assert not face.state().selected
    face.doAction(accessible_button.TOGGLE())
    assert tabs.current == "b" and face.state().selected
    tab.setEnabled(False)
    assert face.state().disabled


def test_charts_tell_their_numbers(board: QMainWindow) -> None:
    chart = BarChart("Selesai per hari")
    chart.set_bars([Bar("1", 7, "tanggal 1"), Bar("2", 0, "tanggal 2")])
    face = QAccessible.queryAccessibleInterface(chart)
    assert face.role() == R.Chart and face.text(QAccessible.Text.Name) == "Selesai per hari: tanggal 1 7"


def test_a_field_tells_its_error(board: QMainWindow) -> None:
    field = TextField("hp", "Nomor HP")
    field.say("Isi dengan angka saja.", "trouble")
    face = QAccessible.queryAccessibleInterface(field.editor)
    assert face.text(QAccessible.Text.Name) == "Nomor HP" and "Isi dengan angka saja." in face.text(QAccessible.Text.Description)


def test_notices_are_announced(board: QMainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, object]] = []
    monkeypatch.setattr(accessible.QAccessible, "isActive", staticmethod(lambda: True), raising=False)
    monkeypatch.setattr(accessible, "QAccessibleAnnouncementEvent", Heard)
    monkeypatch.setattr(accessible.QAccessible, "updateAccessibility", staticmethod(lambda e: heard.append((e.text, e.politeness))))
    bar = NoticeBar()
    board.centralWidget().setLayout(column(bar))
    bar.show_text("good", "Foto tersimpan.")
    bar.show_text("good", "Foto tersimpan.")
    bar.show_text("trouble", "Pasang kabel USB.", bold="Kamera tidak terpasang.")
    levels = QAccessible.AnnouncementPoliteness
    assert heard == [("Foto tersimpan.", levels.Polite), ("Kamera tidak terpasang. Pasang kabel USB.", levels.Assertive)]


class Heard:
    def __init__(self, _source: QWidget, text: str) -> None:
        self.text, self.politeness = text, None

    def setPoliteness(self, level: object) -> None:
        self.politeness = level  # type: ignore[assignment]


def test_late_parts_are_reached_where_they_stand(board: QMainWindow) -> None:
    first, last = Button("Pertama"), Button("Terakhir")
    box = column(first, last)
    board.centralWidget().setLayout(box)
    late = [Button(f"Baris {i}") for i in range(3)]
    for i, button in enumerate(late):
        box.insertWidget(1 + i, button)
    board.show()
    arrange(board.centralWidget())
    assert [w for w in audit.chain(board) if isinstance(w, Button)] == [first, *late, last]
