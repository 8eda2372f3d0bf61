"""The kiosk's windows: no way out without a supervisor, locking with a warning, place and typing over a restart, sleep."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from fakes import PASSWORD, FakeOffice
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit
from pytestqt.qtbot import QtBot

from ktpel_kiosk.desk import sign_in, typed
from ktpel_kiosk.desk.leaving import Leave
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind
from ktpel_kiosk.ui import kiosk
from ktpel_kiosk.ui.app import Windows, load_look, make_windows, save_choices, save_look, screens_swapped
from ktpel_kiosk.ui.kiosk import Beat, KioskGuard
from ktpel_kiosk.ui.kiosk_idle import WARN_S, IdleLock
from ktpel_kiosk.ui.kiosk_leave import WAIT_S, KeluarPage
from ktpel_kiosk.ui.kiosk_place import FILE, Place, read_place, write_place
from ktpel_kiosk.ui.kiosk_screens import Screens, in_order, monitors
from ktpel_kiosk.ui.kiosk_sleep import Clocks, compare
from ktpel_kiosk.ui.pages.masuk import MasukPage
from ktpel_kiosk.ui.pages.pengaduan import PengaduanPage

NO_WAY_OUT = ("Alt+F4", "Ctrl+Q", "Ctrl+W", "Ctrl+F4", "Alt+F", "F10", "F11", "Alt+Space", "Ctrl+Alt+Q", "Ctrl+Shift+Q", "Escape",
              "Ctrl+Esc",
              "Alt+Escape", "Alt+Tab", "Ctrl+Tab", "Meta+D", "Meta+M", "Ctrl+M", "Ctrl+N", "Ctrl+O", "Ctrl+P", "Ctrl+Alt+T", "F4", "Back")


@pytest.fixture
def desk(office: FakeOffice, qtbot: QtBot, tmp_path: Path) -> Iterator[Windows]:
    """Full screen in kiosk mode, Rina signed in, place kept in a folder."""
    made = make_windows(office.desk, actor=office.rina, size=(1366, 768), data=tmp_path)
    made.operator.kiosk = KioskGuard(made.operator)
    made.operator.kiosk.hold(made.applicant)
    made.operator.showFullScreen()
    yield made
    made.close()


def keluar(windows: Windows) -> KeluarPage:
    page = windows.operator.shown()
    assert isinstance(page, KeluarPage)
    return page


def test_no_key_closes_or_leaves_the_window(desk: Windows) -> None:
    """Each to the window and to the widget with the focus, on the page, on the way out and on the locked screen."""
    for prepare in (lambda: None, lambda: desk.operator.ask_to_leave("tutup"), desk.operator.lock):
        prepare()
        for keys in NO_WAY_OUT:
            combination = QKeySequence(keys)[0]
            for target in (desk.operator.windowHandle(), QApplication.focusWidget() or desk.operator):
                QTest.keyClick(target, combination.key(), combination.keyboardModifiers())
            QApplication.processEvents()
            assert desk.operator.isVisible(), keys
            assert desk.operator.isFullScreen(), keys


def test_closing_is_refused_with_a_quiet_notice(desk: Windows, qtbot: QtBot) -> None:
    desk.applicant.show()
    assert not desk.operator.close()  # Alt+F4, the window manager's cross and its menu all arrive as this
    assert not desk.applicant.close()
    qtbot.waitUntil(lambda: "tetap terbuka" in desk.operator.notice.plain())
    assert desk.operator.isVisible()
    assert desk.applicant.isVisible()
    assert QApplication.instance() is not None


def test_a_minimised_window_comes_back(desk: Windows, qtbot: QtBot) -> None:
    desk.operator.showMinimized()
    qtbot.waitUntil(lambda: not desk.operator.isMinimized() and desk.operator.isFullScreen())


def test_only_a_supervisor_or_admin_lets_out(desk: Windows, office: FakeOffice, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch,
                                             settle) -> None:  # type: ignore[no-untyped-def]
    codes: list[int] = []
    monkeypatch.setattr(kiosk.QApplication, "exit", codes.append)
    desk.operator.ask_to_leave("matikan")
    page = keluar(desk)
    qtbot.waitUntil(lambda: page.ready())
    assert page.primary.text() == "Matikan komputer"
    for name, secret, said in (("rina", PASSWORD, "supervisor atau admin"), ("camat", "salah", "salah")):
        page.username.set_value(name)
        page.password.set_value(secret)
        page._go()
        settle(desk)
        assert said in page.message.plain()
        assert not codes
        assert page.password.line.text() == ""
        assert not desk.operator.close()
    page.username.set_value("camat")
    page.password.set_value(PASSWORD)
    page._go()
    qtbot.waitUntil(lambda: codes == [91])
    assert desk.operator.close()  # now it may
    assert office.desk.register.read(lambda v: [e for e in v.audit() if e.event == "KioskLeft"][0].actor) == "camat"  # type: ignore[attr-defined]


def test_nobody_is_let_out_while_a_device_works_until_it_took_too_long(desk: Windows, office: FakeOffice, qtbot: QtBot, settle) -> None:  # type: ignore[no-untyped-def]
    office.devices.change(DeviceKind.CARD_PRINTER, DeviceHealth.BUSY)
    desk.operator.ask_to_leave("tutup")
    page = keluar(desk)
    settle(desk)
    assert not page.ready()
    assert not page.primary.isEnabled()
    assert "masih bekerja" in page.state.plain()
    page._waited = WAIT_S
    page.tick()
    settle(desk)
    assert page.primary.isEnabled()
    office.devices.change(DeviceKind.CARD_PRINTER, DeviceHealth.READY)
    page._waited = 0
    page.refresh()
    settle(desk)
    assert page.ready()
    desk.operator.press("Esc")
    assert desk.operator.current == "beranda"


def test_the_computer_can_be_switched_off_with_nobody_signed_in(desk: Windows, settle) -> None:  # type: ignore[no-untyped-def]
    desk.operator.lock()
    page = desk.operator.shown()
    assert isinstance(page, MasukPage)
    page.opened()
    assert page.off.isVisible()
    page.off.click()
    settle(desk)
    assert desk.operator.current == "keluar"
    assert not desk.operator.header.isVisible()
    desk.operator.press("Esc")
    assert desk.operator.current == "masuk"


# -- locking by itself -------------------------------------------------------------------------------------------------


def test_the_lock_is_announced_and_any_touch_calls_it_off(desk: Windows, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr("ktpel_kiosk.ui.kiosk_idle.time.monotonic", lambda: now[0])
    idle, operator = desk.operator._idle, desk.operator
    idle.start()
    now[0] += idle.seconds - WARN_S + 0.5
    idle._look()
    assert operator.idle_notice is not None
    assert "30 detik" in operator.idle_notice.plain()
    desk.applicant.show()
    operator._tick()  # a window that came up is found within a second
    QTest.mousePress(desk.applicant.windowHandle(), Qt.MouseButton.LeftButton)  # the applicant's window counts
    assert operator.idle_notice.isHidden()
    now[0] += idle.seconds - 1
    idle._look()
    assert not operator.idle_notice.isHidden()
    desk.operator.bridge.device_changed.emit(desk.operator.desk.devices.states()[0])  # ready: nobody did anything
    now[0] += 2
    idle._look()
    assert operator.current == "masuk"
    assert operator.idle_notice.isHidden()


def test_short_locks_have_no_warning(qtbot: QtBot, qapp: QApplication) -> None:
    lock = IdleLock(0.02, qapp)
    with qtbot.waitSignal(lock.due, timeout=3000), qtbot.assertNotEmitted(lock.warned):
        lock.start()
    assert not lock.active


# -- where the officer was ---------------------------------------------------------------------------------------------


def test_the_place_is_kept_without_anything_that_was_typed(tmp_path: Path) -> None:
    write_place(tmp_path / FILE, Place("rina", "perekaman", {"id": "0192", "part": "jari"}))
    assert read_place(tmp_path / FILE) == Place("rina", "perekaman", {"id": "0192", "part": "jari"})
    stored = json.loads((tmp_path / FILE).read_text("utf-8"))
    assert set(stored) == {"petugas", "halaman", "isi", "pada"}
    assert read_place(tmp_path / FILE, now=stored["pada"] + 13 * 3600) is None
    (tmp_path / FILE).write_text("{", "utf-8")
    assert read_place(tmp_path / FILE) is None


def after_a_crash(office: FakeOffice, folder: Path) -> Windows:
    made = make_windows(office.desk, size=(1366, 768), data=folder)
    made.operator.resize(1366, 768)
    made.operator.show()
    return made


def test_after_a_crash_the_same_officer_finds_page_and_typing_again(desk: Windows, office: FakeOffice, tmp_path: Path, qtbot: QtBot,
                                                                    settle) -> None:  # type: ignore[no-untyped-def]
    operator = desk.operator
    operator.go("pengaduan", new="1")
    settle(desk)
    page = operator.shown()
    assert isinstance(page, PengaduanPage)
    note = next(e for e in page.form.findChildren(QPlainTextEdit) if e.isVisible())
    note.setFocus()
    QTest.keyClicks(note, "antre dua jam")
    operator.typing.look()
    operator.place_keeper.look()
    settle(desk)
    assert "antre" not in (tmp_path / FILE).read_text("utf-8")
    assert [dict(t.values) for t in typed.kept(office.desk, office.rina)] != []

    again = after_a_crash(office, tmp_path)  # the first pair of windows never closed
    try:
        again.operator.signed_in(office.rina)
        settle(again)
        assert again.operator.current == "pengaduan"
        assert again.operator.recovered
        assert "dibuka kembali" in again.operator.notice.plain()
        fresh = again.operator.shown()
        assert isinstance(fresh, PengaduanPage)
        found = next(e for e in fresh.form.findChildren(QPlainTextEdit) if e.isVisible())
        qtbot.waitUntil(lambda: found.toPlainText() == "antre dua jam")
        found.clear()
        found.document().setModified(False)  # what a page does after it stored its form
        again.operator.typing.look()
        settle(again)
        assert typed.kept(office.desk, office.rina) == ()
    finally:
        again.close()


def test_another_officer_starts_at_the_beginning(desk: Windows, office: FakeOffice, tmp_path: Path, settle) -> None:  # type: ignore[no-untyped-def]
    desk.operator.go("register")
    desk.operator.place_keeper.look()
    settle(desk)
    again = after_a_crash(office, tmp_path)
    try:
        again.operator.signed_in(sign_in.check_password(office.desk, "kasi", PASSWORD))
        settle(again)
        assert again.operator.current == "beranda"
        assert not again.operator.recovered
    finally:
        again.close()


def test_passwords_and_searches_are_not_kept(desk: Windows, office: FakeOffice, settle) -> None:  # type: ignore[no-untyped-def]
    operator = desk.operator
    operator.go("register", focus=True)
    settle(desk)
    page = operator.shown()
    assert page is not None
    QTest.keyClicks(page.search, "SITI")  # type: ignore[attr-defined]
    operator.typing.look()
    operator.ask_to_leave("tutup")
    QTest.keyClicks(keluar(desk).password.line, "rahasia")
    operator.typing.look()
    settle(desk)
    assert typed.kept(office.desk, office.rina) == ()


# -- sleep and beat ----------------------------------------------------------------------------------------------------


def test_clocks_tell_a_sleep_from_a_set_clock() -> None:
    start = Clocks(1000.0, 50.0, 60.0)
    assert compare(start, Clocks(1001.0, 51.0, 61.0)) == (0.0, 0.0)
    assert compare(start, Clocks(4601.0, 51.0, 3661.0)) == (3600.0, 0.0)
    slept, moved = compare(start, Clocks(88401.0, 51.0, 61.0))
    assert (slept, round(moved)) == (0.0, 87400)
    assert compare(start, Clocks(1009.0, 51.0, 69.0))[0] == 8.0


def test_waking_up_locks_and_looks_for_devices(desk: Windows, office: FakeOffice, settle) -> None:  # type: ignore[no-untyped-def]
    office.devices.change(DeviceKind.FINGERPRINT, DeviceHealth.BUSY)
    interrupted: list[DeviceKind] = []
    office.devices.interrupt = interrupted.append  # type: ignore[method-assign]
    desk.operator.woke(3600.0)
    settle(desk)
    assert desk.operator.current == "masuk"
    assert interrupted == [DeviceKind.FINGERPRINT]
    assert office.devices.looked
    assert "bangun kembali" in desk.operator.shown().message.plain()  # type: ignore[union-attr]


def test_the_beat_ends_the_program_when_nobody_listens(monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    ear, mouth = os.pipe()
    monkeypatch.setenv(kiosk.BEAT_FD, str(mouth))
    gone: list[bool] = []
    beat = Beat(lambda: gone.append(True), qapp)
    assert os.read(ear, 10) == b"."
    beat.ending()
    assert os.read(ear, 10) == b"e"
    os.close(ear)
    beat.beat()
    assert gone == [True]
    beat.beat()
    assert gone == [True]
    os.close(mouth)


def test_exit_codes_are_the_watchdogs() -> None:
    from ktpel_kiosk.app import watchdog
    from ktpel_kiosk.ui import kiosk_safe

    assert kiosk.EXIT_CODES == {Leave.CLOSE: watchdog.CLOSE, Leave.RESTART: watchdog.RESTART, Leave.OFF: watchdog.OFF}
    assert (kiosk_safe.RETRY, kiosk_safe.RESTART, kiosk_safe.OFF) == (watchdog.RETRY, watchdog.RESTART, watchdog.OFF)
    assert (kiosk.BEAT_FD, kiosk.AFTER) == (watchdog.BEAT_FD, watchdog.AFTER)
    assert Qt.Key.Key_F9  # the safe window's only key


# -- the line at the top -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contrast", ["light", "contrast"])
def test_the_header_is_whole_at_every_size_and_device_words_are_spoken(desk: Windows, office: FakeOffice, settle, contrast: str) -> None:  # type: ignore[no-untyped-def]
    operator, header = desk.operator, desk.operator.header
    operator.kiosk.free = True  # type: ignore[union-attr]
    operator.showNormal()
    header._unsent = 123_456
    for width, height in ((1366, 768), (1024, 768), (1920, 1080)):
        operator.resize(width, height)
        for size in ("normal", "terbesar"):
            operator.choose_look(contrast, size)
            for health in (DeviceHealth.READY, DeviceHealth.TROUBLE):
                for kind in (DeviceKind.CARD_PRINTER, DeviceKind.CAMERA):
                    office.devices.change(kind, health, "printer.ribbon_out" if health is DeviceHealth.TROUBLE else "")
                settle(desk)
                header.show_line(operator.desk.line_report())
                settle(desk)
                for item in (*header.devices.values(), header.line, header.clock, header.user):
                    assert item.width() >= item.sizeHint().width(), (width, size, health, item.accessibleName())
                    assert item.geometry().right() < header.width()
                printer = header.devices[DeviceKind.CARD_PRINTER]
                assert ("Pita habis" in printer.accessibleName()) == (health is DeviceHealth.TROUBLE)
                assert "123.456" in header.line.accessibleName()


# -- screens (the real ones: test_kiosk_x11.py) ------------------------------------------------------------------------


def test_the_officer_s_screen_is_the_primary_one_unless_swapped() -> None:
    from PySide6.QtCore import QRect

    def screen(name: str, x: int) -> SimpleNamespace:
        return SimpleNamespace(geometry=lambda: QRect(x, 0, 100, 100), name=lambda: name)

    left, middle, right = screen("a", 0), screen("b", 100), screen("c", 200)
    assert in_order([right, middle, left], middle, False) == [middle, left, right]  # type: ignore[arg-type, list-item]
    assert in_order([right, middle, left], middle, True) == [left, middle, right]  # type: ignore[arg-type, list-item]
    assert in_order([left], None, True) == [left]  # type: ignore[arg-type, list-item]


def test_the_x_server_s_own_words_on_monitors() -> None:
    found = monitors("Monitors: 2\n 0: +*eDP-1 1366/290x768/170+0+0  eDP-1\n 1: +HDMI-1 1920/510x1080/290+1366+0  HDMI-1\n")
    assert {name: room.getRect() for name, room in found.items()} == {"eDP-1": (0, 0, 1366, 768), "HDMI-1": (1366, 0, 1920, 1080)}
    assert monitors("xrandr: cannot open display") == {}


def test_a_lost_screen_hides_the_applicant_s_window_and_says_so(desk: Windows) -> None:
    screens = Screens(desk)
    desk.applicant.show()
    screens._count = 2
    screens.arrange()
    assert not desk.applicant.isVisible()
    assert "terlepas" in desk.operator.notice.plain()


def test_swapped_screens_are_remembered_beside_the_look(tmp_path: Path) -> None:
    save_choices(tmp_path, swapped=True)
    save_look(tmp_path, "contrast", "besar")
    assert screens_swapped(tmp_path)
    assert load_look(tmp_path)[0] == "contrast"
    (tmp_path / "ui.json").write_text("[", "utf-8")
    assert not screens_swapped(tmp_path)
    save_choices(tmp_path, swapped=True)  # a damaged file is left to the next whole choice
