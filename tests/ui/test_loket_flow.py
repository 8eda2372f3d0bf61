"""The counter as it is used: the whole intake by keyboard alone and by fingers alone; what is missing, prefill, scans."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fakes import FakeOffice
from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.desk import intake, paper_scans, returns
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.population import PopulationBatch, PopulationEntry
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ports.register import Query
from ktpel_kiosk.ui.app import Windows, make_windows
from ktpel_kiosk.ui.pages.loket_view import PAPERS, SCANS

K = Qt.Key
ALT = Qt.KeyboardModifier.AltModifier
FINGER = QTest.createTouchDevice()
Settle = Callable[[Windows], None]


@pytest.fixture
def counter(office: FakeOffice, qtbot: QtBot) -> Iterator[Windows]:
    made = make_windows(office.desk, actor=office.rina, size=(1366, 768))
    made.operator.resize(1366, 768)
    made.operator.show()
    made.operator.activateWindow()
    qtbot.waitUntil(made.operator.isActiveWindow)
    yield made
    made.close()


def listed(office: FakeOffice, index: int) -> Any:
    person = office.person(index).penduduk
    batch = PopulationBatch("b", "x", "0" * 64, office.clock.now(), "-", 1, 0, 0, 0, 0)

    def put(tx: Any) -> None:
        tx.put_population([PopulationEntry(person, "BELUM REKAM")], batch)
        tx.log("PopulationImported", "b", "-")

    office.register.write(put)
    return person


def running(office: FakeOffice) -> list[Any]:
    return list(office.register.read(lambda v: v.list(Query(keadaan=(Keadaan.BERJALAN,)))))


def keys(text: str) -> None:
    QTest.keyClicks(QApplication.focusWidget(), text)


def key(code: K, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget(), code, modifier)


def here(page: Any, name: str) -> bool:
    return bool(QApplication.focusWidget() is page.form.fields[name].editor)


def test_the_whole_intake_by_keyboard(office: FakeOffice, counter: Windows, settle: Settle) -> None:
    person = office.person(3).penduduk
    key(K.Key_F2)
    settle(counter)
    page: Any = counter.operator.page("loket")
    assert page.nik.edit.hasFocus(), "the NIK comes first"
    key(K.Key_3, ALT)
    settle(counter)
    chosen = page.layanan
    assert chosen is page.services.buttons()[2].value
    key(K.Key_1, ALT)
    settle(counter)
    assert page.layanan is Layanan.BARU_WNI and page.nik.edit.hasFocus()
    keys(person.nik)
    settle(counter)
    key(K.Key_Return)
    assert page.phone.line.hasFocus()
    keys("081234567890")
    key(K.Key_Return)
    assert page.phone.value() == "0812 3456 7890" and here(page, "nama")
    keys(person.nama.lower())
    key(K.Key_Return)
    assert here(page, "tempat_lahir")
    keys(person.tempat_lahir)
    key(K.Key_Return)
    assert here(page, "golongan_darah"), "birth date and sex are known from the NIK and passed over"
    keys("13")
    key(K.Key_Return)
    assert page.form.fields["golongan_darah"].value() == "13" and here(page, "alamat")
    keys("dusun krajan")
    key(K.Key_Return)
    keys("3")
    key(K.Key_Return)
    keys("7")
    key(K.Key_Return)
    keys("bes")
    key(K.Key_Return)
    assert page.form.fields["desa"].value() == "BESUK" and here(page, "agama")
    keys("isl")
    key(K.Key_Return)
    assert here(page, "status_perkawinan")
    keys("k")
    key(K.Key_Return)
    assert page.form.fields["status_perkawinan"].value() == "2"
    keys("wirasvasta")
    key(K.Key_Return)
    assert page.form.fields["pekerjaan"].value() == "88" and here(page, "no_kk")
    settle(counter)
    key(K.Key_Return)
    rows = [r for r in page._rows.values() if r.required and not r.fixed]
    assert rows[0].hasFocus() and page.papers.missing.text() == f"{len(rows)} kurang"
    for _ in rows:
        key(K.Key_Return)
    settle(counter)
    assert all(r.isChecked() for r in rows) and page.primary.hasFocus() and page.papers.missing.text() == "Lengkap"
    key(K.Key_Return)
    settle(counter)
    (item,) = running(office)
    p = office.read(item.id)
    assert p.nomor_register and p.penduduk.nama == person.nama and p.nomor_hp == "+6281234567890"
    assert p.penduduk.tanggal_lahir == person.tanggal_lahir
    assert page.nik.value() == "" and page.nik.edit.hasFocus(), "ready for the next applicant"


def touch(qtbot: QtBot, widget: QWidget) -> None:
    """A finger on the middle of a widget; the screen of the tests is small, so the window moves under the finger."""
    at, window = widget.rect().center(), widget.window()
    window.move(window.pos() - widget.mapToGlobal(at) + QPoint(400, 400))
    qtbot.wait(1)
    QTest.touchEvent(widget, FINGER).press(1, at, widget).commit()
    QTest.touchEvent(widget, FINGER).release(1, at, widget).commit()
    qtbot.wait(1)


def test_the_whole_intake_by_fingers(office: FakeOffice, counter: Windows, settle: Settle, qtbot: QtBot) -> None:
    person = listed(office, 3)
    operator = counter.operator
    touch(qtbot, operator.items["loket"])
    settle(counter)
    page: Any = operator.page("loket")
    touch(qtbot, page.nik.edit)
    qtbot.waitUntil(lambda: operator.keyboard.keyboard is not None)
    pad: Any = operator.keyboard.keyboard
    for digit in person.nik:
        touch(qtbot, next(b for b in pad.buttons[pad.page] if b.key.text == digit))
    settle(counter)
    assert page.form.fields["nama"].value() == person.nama
    touch(qtbot, page.phone.line)
    for digit in "081234567890":
        touch(qtbot, next(b for b in pad.buttons[pad.page] if b.key.text == digit))
    touch(qtbot, next(b for b in pad.buttons[pad.page] if b.key.act == "close"))
    touch(qtbot, page.papers._buttons["kk"])
    settle(counter)
    assert page._rows["kk"].isChecked() and page.papers.pages == {"kk": 1}
    for row in page._rows.values():
        if row.required and not row.fixed and not row.isChecked():
            touch(qtbot, row)
    settle(counter)
    touch(qtbot, page.primary)
    settle(counter)
    (item,) = running(office)
    assert office.read(item.id).nomor_hp == "+6281234567890"
    assert [d.kind for d in office.register.read(lambda v: v.documents(item.id)) if d.kind.startswith("berkas.")] == ["berkas.kk"]
    targets = [w for w in page.findChildren(QWidget) if w.isVisible() and w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.isEnabled()]
    assert len(targets) > 15 and all(w.height() >= 46 for w in targets), [(w, w.height()) for w in targets if w.height() < 46]


def test_f9_leads_to_what_is_missing(office: FakeOffice, counter: Windows, settle: Settle) -> None:
    operator = counter.operator
    operator.go("loket", new=True)
    settle(counter)
    page: Any = operator.page("loket")
    page.put_off.setFocus()
    operator.press("F9")
    assert page.nik.edit.hasFocus() and "belum diisi" in page.nik.message()
    person = listed(office, 3)
    page.nik.set_value(person.nik)
    settle(counter)
    page.form.fields["pekerjaan"].set_value("")
    page._count_missing()
    assert page.primary.text() == "Ke yang masih kurang"
    QTest.mouseClick(page.papers.missing, Qt.MouseButton.LeftButton)
    assert here(page, "pekerjaan") and page.form.fields["pekerjaan"].message()
    top = page.area.viewport().mapToGlobal(QPoint(0, 0)).y()
    at = page.form.fields["pekerjaan"].editor.mapToGlobal(QPoint(0, 0)).y()
    assert top <= at <= top + page.area.viewport().height() - 40, "scrolled into sight"
    page.form.fields["pekerjaan"].set_value(88)
    page._count_missing()
    operator.press("F9")
    first = next(r for r in page._rows.values() if r.required and not r.fixed)
    assert first.hasFocus() and "belum ada" in operator.notice.plain() and not running(office)


def test_prefill_says_where_it_came_from_and_can_be_taken_back(office: FakeOffice, counter: Windows, settle: Settle) -> None:
    person, other = listed(office, 3), listed(office, 5)
    counter.operator.go("loket", new=True)
    settle(counter)
    page: Any = counter.operator.page("loket")
    page.form.fields["alamat"].set_value("YANG DIKETIK")
    page.nik.set_value(person.nik)
    settle(counter)
    name = page.form.fields["nama"]
    assert name.origin == "dari daftar" and "Dari dari" not in name.editor.accessibleDescription()
    assert page.form.fields["alamat"].origin == "" and page.unfill.isVisible()
    page.nik.set_value(other.nik)
    settle(counter)
    assert name.value() == other.nama, "two people are never mixed"
    assert page.form.fields["alamat"].value() == "YANG DIKETIK"
    QTest.mouseClick(page.unfill, Qt.MouseButton.LeftButton)
    settle(counter)
    assert name.value() == "" and page.form.fields["alamat"].value() == "YANG DIKETIK" and not page.unfill.isVisible()
    assert page.nik.value() == other.nik
    name.editor.setFocus()
    keys("x")
    assert name.origin == ""


def test_an_open_application_is_warned_of_with_the_way_to_it(office: FakeOffice, counter: Windows, settle: Settle) -> None:
    p = office.to_stage(1, Stage.VERIFIKASI)
    counter.operator.go("loket", new=True)
    settle(counter)
    page: Any = counter.operator.page("loket")
    page.nik.set_value(p.penduduk.nik)
    settle(counter)
    assert page.warning.isVisible() and p.nomor_register in page.warning.plain()


def test_fields_say_what_is_wrong_when_they_are_left(counter: Windows, settle: Settle) -> None:
    counter.operator.go("loket", new=True)
    settle(counter)
    page: Any = counter.operator.page("loket")
    page.phone.line.setFocus()
    keys("0812")
    assert page.phone.message() == ""
    page.form.fields["nama"].editor.setFocus()
    assert "Nomor HP belum benar" in page.phone.message()
    keys("S1TI")
    page.phone.line.setFocus()
    assert "hanya boleh" in page.form.fields["nama"].message()
    page.nik.set_value("3508054502080001")
    settle(counter)
    born = page.form.fields["tanggal_lahir"]
    born.line.setFocus()
    born.line.selectAll()
    keys("6 feb 2008")
    page.phone.line.setFocus()
    assert "NIK menunjukkan 5 Februari 2008" in born.message()


def test_scans_are_looked_at_added_and_thrown_away(office: FakeOffice, counter: Windows, settle: Settle) -> None:
    counter.operator.go("loket", new=True)
    settle(counter)
    page: Any = counter.operator.page("loket")
    for _ in range(2):
        page.scan("kk")
        settle(counter)
    assert page._rows["kk"].isChecked() and page.papers._buttons["kk"].text() == "2 hal." and page.draft_key
    page.papers._buttons["kk"].click()
    settle(counter)
    assert page.side.currentIndex() == SCANS and page.scans.view.count.text() == "1/2"
    sheet = page.scans.view.sheet
    assert sheet.hasFocus()
    key(K.Key_Plus)
    key(K.Key_R)
    assert sheet.angle == 90
    key(K.Key_Escape)
    settle(counter)
    assert page.side.currentIndex() == PAPERS
    page._drop_scans("kk")
    settle(counter)
    assert page.papers._buttons["kk"].text() == "Pindai"
    office.devices.change(DeviceKind.SCANNER, office.devices.health[DeviceKind.SCANNER].MISSING)
    counter.operator.go("loket", new=True)
    settle(counter)
    assert not page.papers._buttons["kk"].isVisible(), "no scanner, no button"


def test_a_page_scanned_while_the_first_typing_is_kept_lies_in_the_same_draft(
        office: FakeOffice, counter: Windows, settle: Settle, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both calls are on their way at once; had each opened a draft, the page or what was typed would be lost."""
    counter.operator.go("loket", new=True)
    settle(counter)
    page: Any = counter.operator.page("loket")
    go_on, keep = threading.Event(), page.presenter.keep
    monkeypatch.setattr(page.presenter, "keep", lambda *a: go_on.wait(10) and keep(*a))
    page.phone.set_value("081234567890")
    page._keep()
    page.scan("kk")
    qtbot.waitUntil(lambda: page.papers.pages == {"kk": 1})
    go_on.set()
    settle(counter)
    ((draft, form),) = intake.drafts(office.desk, office.rina).items()
    assert draft == page.draft_key and form["nomor_hp"] == "081234567890" and form["started_at"]
    assert paper_scans.counts(office.desk, office.rina, draft) == {"kk": 1}


def test_a_paper_brought_to_a_returned_application_is_scanned_into_it(office: FakeOffice, counter: Windows, settle: Settle) -> None:
    p = office.to_stage(1, Stage.VERIFIKASI)
    returns.return_application(office.desk, office.actors[Peran.KASI], p.id, ("berkas_tidak_lengkap",), "", frozenset({"kk"}))
    counter.operator.go("loket", id=p.id)
    settle(counter)
    page: Any = counter.operator.page("loket")
    assert page.papers._buttons["kk"].isVisible()
    page.scan("kk")
    settle(counter)
    assert page.papers._buttons["kk"].text() == "1 hal." and not page.draft_key
    page.primary.click()
    settle(counter)
    assert {k: len(v) for k, v in paper_scans.pictures(office.desk, office.rina, p.id).items()} == {"kk": 1}
    assert not office.register.read(lambda v: v.drafts(paper_scans.PREFIX))


def test_no_part_of_a_page_is_a_window_for_a_moment(counter: Windows, settle: Settle) -> None:
    """A label shown before it stood in a layout took the focus from the field that had just got it."""
    shown: list[object] = []

    class Watch(QObject):
        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
                shown.append(watched)
            return False

    watch = Watch()
    counter.app.installEventFilter(watch)
    for name in ("loket", "verifikasi", "penyerahan", "register"):
        counter.operator.go(name)
        settle(counter)
    counter.app.removeEventFilter(watch)
    assert not shown


def test_an_emptied_form_comes_back(office: FakeOffice, counter: Windows, settle: Settle) -> None:
    """One press on Kosongkan beside the other buttons would otherwise cost a whole form (found end to end)."""
    key(K.Key_F2)
    settle(counter)
    page: Any = counter.operator.page("loket")
    page.form.fields["nama"].editor.setFocus()
    keys("SITI CONTOH")
    page.form.fields["alamat"].editor.setFocus()
    keys("DUSUN KRAJAN")
    QTest.mouseClick(page.drop, Qt.MouseButton.LeftButton)
    settle(counter)
    assert page.values()["nama"] == "" and counter.operator.notice.isVisible()
    QTest.mouseClick(counter.operator.notice._action, Qt.MouseButton.LeftButton)
    settle(counter)
    assert (page.values()["nama"], page.values()["alamat"]) == ("SITI CONTOH", "DUSUN KRAJAN")
    assert not counter.operator.notice.isVisible()
    page._keep_now()
    settle(counter)
    assert [d["nama"] for d in page.presenter.drafts().values()] == ["SITI CONTOH"]


@pytest.mark.parametrize("first", ["telepon", "nama"])
def test_a_draft_that_comes_late_takes_nothing_that_was_typed_meanwhile(first: str, office: FakeOffice, counter: Windows,
                                                                        settle: Settle) -> None:
    settle(counter)
    counter.operator.go("loket", new=True)
    settle(counter)
    page: Any = counter.operator.page("loket")
    page.nik.edit.setFocus()
    keys("3508054502080001")
    counter.operator.go("beranda")
    settle(counter)
    assert any("3508054502080001" in form for form in office.register.drafts("loket:rina").values())
    page.draft_key = ""
    counter.operator.go("loket")  # asks for the drafts, and somebody types before they come
    line = page.phone.line if first == "telepon" else page.form.fields["nama"].line
    line.setFocus()
    keys("0812" if first == "telepon" else "SITI")
    assert counter.bridge.pending
    settle(counter)
    assert line.text() == ("0812" if first == "telepon" else "SITI") and page.nik.value() == ""
    counter.operator.go("loket", new=True)
    settle(counter)
    assert line.text() == ""
    page.draft_key = ""
    counter.operator.go("loket")
    settle(counter)
    assert page.draft_key, "with nothing typed the latest is opened again"
