"""The real windows on a fake desk: lazy pages, keys, notices, accessible names, drafts, sizes and looks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fakes import PASSWORD, FakeOffice
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.desk.printing import start_card
from ktpel_kiosk.domain.errors import NotConnected, OutcomeUnknown
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind
from ktpel_kiosk.ui.app import Windows, load_look, make_windows, save_look
from ktpel_kiosk.ui.page_table import PAGES
from ktpel_kiosk.ui.pages.bantuan import topics
from ktpel_kiosk.ui.theme import Theme

Settle = Callable[[Windows], None]


def test_only_beranda_is_built_at_first(windows: Windows, settle: Settle) -> None:
    settle(windows)
    assert set(windows.operator._pages) == {"beranda"}


def test_sign_in_by_keyboard(office: FakeOffice, qtbot: QtBot, settle: Settle) -> None:
    made = make_windows(office.desk, size=(1366, 768))
    made.operator.show()
    page = made.operator.page("masuk")
    page.username.line.clear()  # type: ignore[attr-defined]
    QTest.keyClicks(page.username.line, "rina")  # type: ignore[attr-defined]
    QTest.keyClicks(page.password.line, "salah")  # type: ignore[attr-defined]
    QTest.keyClick(page.password.line, Qt.Key.Key_Return)  # type: ignore[attr-defined]
    settle(made)
    assert page.message.plain() and made.operator.current == "masuk"  # type: ignore[attr-defined]
    QTest.keyClicks(page.password.line, PASSWORD)  # type: ignore[attr-defined]
    QTest.keyClick(page.password.line, Qt.Key.Key_Return)  # type: ignore[attr-defined]
    settle(made)
    assert made.operator.current == "beranda" and made.operator.session.actor.username == "rina"
    made.close()


def test_every_page_opens_and_every_control_has_a_name(office: FakeOffice, windows: Windows, settle: Settle) -> None:
    for index, stage in enumerate((Stage.VALIDASI, Stage.REKAM, Stage.CETAK_ENCODE, Stage.AKTIVASI)):
        office.to_stage(index + 1, stage)
    operator = windows.operator
    for key, *_rest in (*PAGES, ("bantuan",)):
        operator.go(key)
        settle(windows)
        assert operator.current == key
        assert (operator.width(), operator.height()) == (1366, 768), key
        nameless = [w for w in _controls(operator.page(key)) if w.isVisible() and not w.accessibleName()]
        assert not nameless, (key, nameless)
    for button in _controls(operator):
        if isinstance(button, QAbstractButton) and button.isVisible():
            assert button.height() >= 44 and button.accessibleName(), button


def _controls(root: QWidget) -> list[QWidget]:
    kinds = (QAbstractButton, QLineEdit, QComboBox, QPlainTextEdit, QAbstractItemView)
    return [w for w in root.findChildren(QWidget) if isinstance(w, kinds) and w.focusPolicy() != Qt.FocusPolicy.NoFocus
            and not (isinstance(w, QLineEdit) and isinstance(w.parent(), QComboBox)) and "QComboBox" not in type(w).__name__
            and w.objectName() not in ("qt_spinbox_lineedit",) and not w.inherits("QHeaderView")]


def test_function_keys(windows: Windows, settle: Settle) -> None:
    operator = windows.operator
    for key, page in (("F2", "loket"), ("F3", "register"), ("F1", "bantuan"), ("Esc", "register"), ("Esc", "beranda"), ("F2", "loket"),
                      ("F1", "bantuan"), ("Esc", "loket"), ("Esc", "beranda")):
        operator.press(key)
        settle(windows)
        assert operator.current == page


def test_help_tells_of_the_page_it_was_asked_from(windows: Windows, settle: Settle) -> None:
    operator = windows.operator
    for key in topics():
        operator.go(key)
        settle(windows)
        operator.press("F1")
        settle(windows)
        page: Any = operator.page("bantuan")
        told = [w.text() for w in page.findChildren(QLabel) if w.isVisible()]
        assert page.title.text() == f"Bantuan: {topics()[key]['title']}" and topics()[key]["lines"][0][0] in told
        operator.notice.dismiss()  # the register in memory has no figures for reports, and says so
        operator.press("Esc")
        settle(windows)
        assert operator.current == key
    operator.go("bantuan")
    settle(windows)
    assert page.title.text() == "Bantuan" and "Listrik padam" in [w.text() for w in page.findChildren(QLabel) if w.isVisible()]


def test_a_draft_survives_leaving_and_locking(office: FakeOffice, windows: Windows, settle: Settle) -> None:
    operator = windows.operator
    operator.go("loket", new=True)
    settle(windows)
    page = operator.page("loket")
    QTest.keyClicks(page.nik.edit, "3508054502080001")  # type: ignore[attr-defined]
    QTest.keyClicks(page.form.fields["nama"].line, "siti contoh")  # type: ignore[attr-defined]
    operator.lock()
    settle(windows)
    forms = [f for k, f in office.register.drafts("loket:rina").items()]
    assert any("SITI CONTOH" in f and "3508054502080001" in f for f in forms)


def test_device_strip_is_live_and_says_what_to_do(office: FakeOffice, windows: Windows, qtbot: QtBot, settle: Settle) -> None:
    office.devices.change(DeviceKind.CAMERA, DeviceHealth.MISSING)
    item = windows.operator.header.devices[DeviceKind.CAMERA]
    qtbot.waitUntil(lambda: item.health == "missing")
    QTest.mouseClick(item, Qt.MouseButton.LeftButton)
    assert "Kamera tidak terpasang" in windows.operator.notice.plain()
    assert "tidak terpasang" in item.accessibleName()


def test_a_device_notice_goes_when_the_device_is_ready_or_the_work_succeeds(office: FakeOffice, windows: Windows, qtbot: QtBot,
                                                                            settle: Settle) -> None:
    operator = windows.operator
    lost = NotConnected("device.not_connected", device_kind="camera", operation="camera.still")
    for ending in (lambda: office.devices.change(DeviceKind.CAMERA, DeviceHealth.READY), operator.error_over):
        operator.show_error(lost)
        assert operator.notice.isVisible()
        office.devices.change(DeviceKind.IRIS, DeviceHealth.READY)
        qtbot.wait(30)
        assert operator.notice.isVisible()
        ending()
        qtbot.waitUntil(lambda: not operator.notice.isVisible())
    operator.show_error(lost)
    operator.tell("good", "Foto tersimpan.")
    office.devices.change(DeviceKind.CAMERA, DeviceHealth.READY)
    operator.error_over()
    qtbot.wait(30)
    assert operator.notice.isVisible()


def test_a_commit_meanwhile_does_not_change_whom_the_officer_opened(office: FakeOffice, windows: Windows, settle: Settle) -> None:
    office.to_stage(1, Stage.VERIFIKASI)
    wanted = office.to_stage(2, Stage.VERIFIKASI)
    operator = windows.operator
    operator.signed_in(office.actors[Peran.KASI])
    operator.go("verifikasi", id=wanted.id)
    for _ in range(5):
        operator.page("verifikasi").refresh()
    settle(windows)
    page = operator.page("verifikasi")
    assert page.dossier.permohonan.id == wanted.id == page.list.current()  # type: ignore[attr-defined]


def test_visiting_verifikasi_starts_nobodys_clock(office: FakeOffice, windows: Windows, settle: Settle) -> None:
    p = office.begun(1)
    windows.operator.signed_in(office.actors[Peran.KASI])
    windows.operator.go("verifikasi")
    settle(windows)
    assert office.read(p.id).current() == p.current()


def test_cetak_asks_about_a_card_nobody_answered_for(office: FakeOffice, windows: Windows, settle: Settle) -> None:
    p, other = office.to_stage(1, Stage.CETAK_ENCODE), office.to_stage(2, Stage.CETAK_ENCODE)
    office.devices.trouble[DeviceKind.CARD_PRINTER] = OutcomeUnknown("device.outcome_unknown")
    job = start_card(office.desk, office.rina, p.id)
    office.devices.trouble.clear()
    windows.operator.go("cetak", id=other.id)
    settle(windows)
    section = windows.operator.page("cetak").section  # type: ignore[attr-defined]
    assert section.isVisible() and job.blangko in section.text.text()
    section.answered.emit(job.id, "not_printed")
    settle(windows)
    assert not section.isVisible() and "kembali ke stok" in windows.operator.notice.plain()


def test_device_trouble_is_a_notice_not_a_dialog(office: FakeOffice, windows: Windows, settle: Settle) -> None:
    p = office.to_stage(1, Stage.REKAM)
    from ktpel_kiosk.desk.recording import confirm_data
    confirm_data(office.desk, office.rina, p.id)
    office.devices.trouble[DeviceKind.CAMERA] = NotConnected("device.not_connected", device_kind="camera", operation="camera.still")
    windows.operator.go("perekaman", id=p.id)
    settle(windows)
    windows.operator.press("F8")
    settle(windows)
    assert windows.operator.notice.isVisible() and windows.operator.notice.kind == "trouble"
    windows.operator.press("Esc")
    assert not windows.operator.notice.isVisible()


def test_leaving_the_photo_stops_the_camera(office: FakeOffice, windows: Windows, settle: Settle) -> None:
    p = office.to_stage(1, Stage.REKAM)
    from ktpel_kiosk.desk.recording import confirm_data
    confirm_data(office.desk, office.rina, p.id)
    windows.operator.go("perekaman", id=p.id)
    settle(windows)
    assert DeviceKind.CAMERA in office.devices.started
    windows.operator.go("register")
    assert DeviceKind.CAMERA not in office.devices.started


def test_the_applicant_points_at_a_wrong_field(office: FakeOffice, windows: Windows, settle: Settle) -> None:
    p = office.to_stage(1, Stage.REKAM)
    windows.operator.go("perekaman", id=p.id)
    settle(windows)
    assert windows.applicant.current == "privasi"
    windows.applicant.page("privasi").go.click()  # type: ignore[attr-defined]
    data = windows.applicant.page("data")
    wrong = next(r for r in data.rows if r.name == "golongan_darah")  # type: ignore[attr-defined]
    wrong.click()
    data.go.click()  # type: ignore[attr-defined]
    settle(windows)
    assert office.read(p.id).corrections == ("golongan_darah",)
    page = windows.operator.page("perekaman")
    page.parts["data"].form.fields["golongan_darah"].set_value(2)  # type: ignore[attr-defined]
    page.set_view(page.view)  # type: ignore[attr-defined]  # an answer of the register takes nothing of what is being typed
    settle(windows)
    assert page.parts["data"].form.fields["golongan_darah"].value() == "2"  # type: ignore[attr-defined]
    windows.operator.press("F9")
    settle(windows)
    windows.applicant.page("data").go.click()  # type: ignore[attr-defined]
    settle(windows)
    assert office.read(p.id).confirmed_at is not None and office.read(p.id).penduduk.golongan_darah == 2


def test_no_page_is_wider_or_higher_than_a_large_screen(office: FakeOffice, windows: Windows, settle: Settle) -> None:
    """On the small screen: test_every_page_opens; in every look: test_accessibility."""
    from ktpel_kiosk.ui.theme import screen_scale
    operator, size = windows.operator, (1920, 1080)
    operator.resize(*size)
    operator.apply_theme(Theme("light", screen_scale(*size)))
    for key, *_rest in PAGES:
        operator.go(key)
        settle(windows)
        assert operator.width() == size[0] and operator.height() == size[1], key


def test_look_can_change_while_working(windows: Windows, settle: Settle, tmp_path: Path) -> None:
    operator = windows.operator
    operator.on_theme = lambda c, s: save_look(tmp_path, c, s)
    operator.go("pengaturan")
    operator.choose_look("contrast", "besar")
    settle(windows)
    assert operator.theme.contrast == "contrast" and load_look(tmp_path) == ("contrast", "besar")
    (tmp_path / "ui.json").write_text("{")
    assert load_look(tmp_path) == ("light", "normal")
