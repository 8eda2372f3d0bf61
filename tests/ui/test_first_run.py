"""The set-up assistant from an empty machine to a desk: every page by keyboard, answers kept at once, errors as sentences."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import Judge
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QPlainTextEdit
from setup_double import SetupDouble

from ktpel_kiosk.app import sops
from ktpel_kiosk.domain.errors import BadInput, DiskFull, Stalled
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind
from ktpel_kiosk.ports.setup import NewOfficer, SetupAnswers, SetupStage
from ktpel_kiosk.ui.bridge import Bridge
from ktpel_kiosk.ui.first_run import start_setup
from ktpel_kiosk.ui.first_run.keys import address_problem
from ktpel_kiosk.ui.first_run.officer_form import password_rules, proposed_name
from ktpel_kiosk.ui.first_run.sop import compared
from ktpel_kiosk.ui.first_run.window import SetupWindow

ROLES = tuple(r for r in Peran if r not in (Peran.ADMIN, Peran.SUPERVISOR))


class Bench:
    def __init__(self, qtbot: object, double: SetupDouble) -> None:
        self.qtbot, self.double = qtbot, double
        self.bridge = Bridge()
        self.window = SetupWindow(double, self.bridge, judge=Judge)  # type: ignore[arg-type]
        self.window.resize(1366, 768)
        self.window.show()
        self.wait()

    def wait(self) -> None:
        for _ in range(2):
            self.qtbot.waitUntil(lambda: not self.bridge.pending, timeout=10_000)  # type: ignore[attr-defined]
            QApplication.processEvents()

    def key(self, key: Qt.Key) -> None:
        QTest.keyClick(self.window, key)
        self.wait()

    def go(self) -> None:
        self.key(Qt.Key.Key_F9)

    @property
    def page(self):  # type: ignore[no-untyped-def]
        return self.window.page(self.window.stage)

    def to(self, stage: SetupStage) -> None:
        """A whole office up to this page."""
        text = sops.load("tempeh").source_text
        people = (NewOfficer("bambang", "Bambang Sutrisno", "Camat", "", (Peran.ADMIN, Peran.SUPERVISOR, Peran.CAMAT)),
                  NewOfficer("rina", "Rina Wulandari", "Operator", "", ROLES))
        self.window.progress.passwords.update(bambang="kuda hijau sore", rina="kuda hijau sore")
        self.window.progress.set(sop_id="tempeh", sop_text=text, office=self.double.proposal(text), station="3508050-meja-1",
                                 officers=people)
        self.window.open(stage)
        self.wait()

    def close(self) -> None:
        self.window.close()
        self.bridge.close()


@pytest.fixture
def bench(qtbot: object, tmp_path: Path) -> Iterator[Bench]:
    made = Bench(qtbot, SetupDouble(tmp_path))
    yield made
    made.close()


@pytest.fixture
def again(qtbot: object, tmp_path: Path) -> Iterator[Callable[[SetupDouble], Bench]]:
    made: list[Bench] = []

    def start(double: SetupDouble) -> Bench:
        made.append(Bench(qtbot, double))
        return made[-1]

    yield start
    for one in made:
        one.close()


def test_from_an_empty_machine_to_a_desk_by_keyboard(bench: Bench) -> None:
    bench.go()
    assert bench.window.stage is SetupStage.SOP
    bench.go()
    assert bench.window.stage is SetupStage.SOP and "Pilih satu SOP" in bench.page.message.plain()
    QTest.keyClick(bench.page.choices.items["pronojiwo"], Qt.Key.Key_Down)
    QTest.keyClick(bench.page.choices.items["kebakkramat"], Qt.Key.Key_Down)
    assert bench.page.choices.value() == "tempeh" and not bench.page.message.plain()
    bench.go()
    assert bench.window.stage is SetupStage.OFFICE and "Lumajang" in bench.page.fields["kode_wilayah"].message()
    assert bench.page.sheet.has_picture()
    for _ in range(3):
        bench.go()
    assert bench.window.stage is SetupStage.USERS
    form = bench.page.form
    QTest.keyClicks(form.fields["nama"].line, "Bambang Sutrisno, S.STP")
    assert form.fields["username"].value() == "bambang"
    for tick in form.roles:
        tick.setChecked(True)
    for name in ("password", "again"):
        QTest.keyClicks(form.fields[name].line, "kuda hijau sore")
    bench.go()
    assert [o.username for o in bench.double.kept[-1].officers] == ["bambang"] and not form.fields["password"].line.text()
    bench.go()
    bench.go()
    assert bench.window.stage is SetupStage.DEVICES
    bench.go()
    bench.go()
    assert "satu disk" in bench.page.message.plain(), "warned once"
    bench.go()
    assert bench.window.stage is SetupStage.FINISH
    bench.go()
    assert bench.double.made is not None and bench.double.made[1] == {"bambang": "kuda hijau sore"}
    assert "siap melayani" in bench.page.title.text() and not bench.window.progress.passwords
    bench.key(Qt.Key.Key_Escape)
    assert bench.window.stage is SetupStage.FINISH, "what is made is not unmade"
    bench.go()
    assert bench.window.result == "production"


def test_answers_come_back_after_a_power_cut_and_passwords_do_not(bench: Bench, again: Callable[[SetupDouble], Bench]) -> None:
    bench.to(SetupStage.BACKUP)
    assert not any("kuda hijau" in repr(kept) for kept in bench.double.kept)
    second = again(bench.double)
    assert second.window.stage is SetupStage.BACKUP and [o.username for o in second.window.progress.answers.officers] == ["bambang", "rina"]
    second.window.open(SetupStage.FINISH)
    second.wait()
    assert "Petugas" in second.page.primary
    second.go()
    assert second.window.stage is SetupStage.USERS and "kata sandi" in second.page.message.plain().lower()
    second.go()
    assert second.window.stage is SetupStage.USERS, "nobody goes on without"


def test_what_is_typed_is_kept_without_leaving_the_page(bench: Bench) -> None:
    bench.to(SetupStage.OFFICE)
    QTest.keyClick(bench.page.fields["nama"].line, Qt.Key.Key_End)
    QTest.keyClicks(bench.page.fields["nama"].line, " Baru")
    bench.qtbot.waitUntil(lambda: bench.double.kept[-1].office.nama == "Kecamatan Tempeh Baru", timeout=5000)


def test_a_wrong_field_says_so_and_gets_the_focus(bench: Bench) -> None:
    bench.to(SetupStage.OFFICE)
    bench.page.fields["kode_wilayah"].set_value("99.99.99")
    bench.page.fields["nama"].set_value("")
    bench.go()
    assert "belum diisi" in bench.page.fields["nama"].message() and "tidak ada" in bench.page.fields["kode_wilayah"].message()
    assert bench.window.focusWidget() is bench.page.fields["nama"].editor and bench.page.forms.currentIndex() == 0


def test_a_letterhead_that_cannot_be_drawn_is_told_in_its_place(bench: Bench) -> None:
    bench.double.fail["letterhead"] = BadInput("document.image")
    bench.to(SetupStage.OFFICE)
    assert not bench.page.sheet.has_picture() and bench.page.sheet._waiting


def test_own_sop_and_comparison(bench: Bench, tmp_path: Path) -> None:
    bench.window.open(SetupStage.SOP)
    bench.wait()
    bench.double.fail["read_sop"] = BadInput("sop.unreadable", path="x.toml")
    bench.page.take_file(str(tmp_path / "x.toml"))
    bench.wait()
    assert bench.page.message.plain() and bench.page.own is None
    path = tmp_path / "kami.toml"
    path.write_text(sops.load("tapin").source_text)
    bench.page.take_file(str(path))
    bench.wait()
    assert bench.page.chosen() is bench.page.own and "Jumlah waktu" in bench.page.message.plain()
    bench.page.compare.click()
    assert bench.page.views.currentIndex() == 1
    bench.key(Qt.Key.Key_Escape)
    assert bench.page.views.currentIndex() == 0 and bench.window.stage is SetupStage.SOP
    a, b = (SetupDouble._choice(sops.load(n).source_text) for n in ("kebakkramat", "tempeh"))
    rows = {title: (x, y) for title, x, y in compared(a, b)}
    assert rows["Hasil"] == ("Sampai surat pengantar", "Sampai kartu jadi") and rows["Langkah"][0].count("\n") == len(a.steps) - 1


def test_officers_the_roles_and_one_account_twice(bench: Bench) -> None:
    bench.to(SetupStage.USERS)
    bench.page.drop(bench.window.progress.answers.officers[1])
    bench.wait()
    bench.go()
    assert bench.window.stage is SetupStage.USERS and "Petugas loket" in bench.page.message.plain()
    bench.page.edit(None)
    bench.page.form.fields["username"].set_value("bambang")
    bench.go()
    form = bench.page.form
    assert "dipakai" in form.fields["username"].message() and form.fields["password"].message() and not form.role_note.isHidden()
    bench.key(Qt.Key.Key_Escape)
    assert bench.page.views.currentIndex() == 0 and len(bench.window.progress.answers.officers) == 1


def test_changing_an_account_keeps_its_password(bench: Bench) -> None:
    bench.to(SetupStage.USERS)
    bench.page.edit(bench.window.progress.answers.officers[1])
    bench.page.form.fields["username"].set_value("rina2")
    bench.go()
    assert bench.window.progress.passwords == {"bambang": "kuda hijau sore", "rina2": "kuda hijau sore"}
    assert [o.username for o in bench.double.kept[-1].officers] == ["bambang", "rina2"]


def test_keys_and_address_may_follow(bench: Bench, tmp_path: Path) -> None:
    bench.to(SetupStage.KEYS)
    assert "menyusul" in bench.page.primary and not bench.page.without.isHidden()
    bench.page.write_to(str(tmp_path / "usb"))
    bench.wait()
    assert (tmp_path / "usb" / "3508050-meja-1.csr.pem").exists() and "Tertulis" in bench.page.written.text()
    bench.double.fail["take_certificates"] = BadInput("sop.unreadable", path="line.pem")
    bench.page.take_from(str(tmp_path / "usb"))
    bench.wait()
    assert "line.pem" in bench.page.taken.text()
    for role in ("station", "centre", "receipt", "line_ca", "line"):
        (tmp_path / "usb" / f"{role}.pem").write_text("x")
    bench.page.take_from(str(tmp_path / "usb"))
    bench.wait()
    bench.page.address.set_value("http://gerbang.example")
    bench.go()
    assert bench.window.stage is SetupStage.KEYS and "https" in bench.page.address.message()
    bench.page.address.set_value("https://gerbang.example")
    bench.go()
    assert bench.window.stage is SetupStage.DEVICES and bench.double.kept[-1].gateway_url == "https://gerbang.example"


def test_devices_are_tried_live_and_hold_nobody_up(bench: Bench) -> None:
    bench.double.fake.health[DeviceKind.IRIS] = DeviceHealth.MISSING
    bench.to(SetupStage.DEVICES)
    bench.qtbot.waitUntil(bench.page.preview.has_frame, timeout=5000)
    for kind in DeviceKind:
        bench.page.choose(kind)
        if kind is DeviceKind.IRIS:
            assert not bench.page.start.isEnabled() and "Sambungkan kamera iris" in bench.page.result.plain()
            continue
        bench.page.start.click()
        bench.wait()
        assert bench.page.result.kind == "good", (kind, bench.page.result.plain())
    assert bench.page.tested == set(DeviceKind) - {DeviceKind.IRIS}
    assert bench.window.progress.devices_ready == (9, 10)
    bench.double.fake.trouble[DeviceKind.CAMERA] = Stalled("device.stalled", device_kind="camera", operation="camera.still")
    bench.page.choose(DeviceKind.CAMERA)
    bench.page.start.click()
    bench.wait()
    assert bench.page.result.kind == "trouble"
    bench.go()
    assert bench.window.stage is SetupStage.BACKUP and not bench.double.fake.started, "no picture runs behind other pages"


def test_a_finger_is_judged_and_a_device_that_comes_later_is_seen(bench: Bench) -> None:
    bench.double.fake.health[DeviceKind.FINGERPRINT] = DeviceHealth.MISSING
    bench.to(SetupStage.DEVICES)
    bench.page.choose(DeviceKind.FINGERPRINT)
    bench.double.fake.change(DeviceKind.FINGERPRINT, DeviceHealth.READY)
    bench.qtbot.waitUntil(bench.page.start.isEnabled, timeout=5000)
    bench.page.start.click()
    bench.wait()
    assert "dari 100" in bench.page.facts.itemAtPosition(0, 1).widget().text()


def test_a_waiting_test_is_left_by_escape(bench: Bench) -> None:
    bench.double.fake.waiting[DeviceKind.FINGERPRINT] = threading.Event()
    bench.to(SetupStage.DEVICES)
    bench.page.choose(DeviceKind.FINGERPRINT)

    def hold(kind: DeviceKind, operation: str, work: object, deadline_s: float):  # type: ignore[no-untyped-def]
        from concurrent.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(1)
        from fakes import _Device
        return pool.submit(work, _Device(bench.double.fake, kind))  # type: ignore[arg-type]

    bench.double.fake.call = hold  # type: ignore[method-assign]
    bench.page.try_device()
    assert bench.page.running is not None
    QTest.keyClick(bench.window, Qt.Key.Key_Escape)
    assert bench.page.running is None and bench.window.stage is SetupStage.DEVICES
    bench.wait()


def test_the_backup_place_is_proved(bench: Bench, tmp_path: Path) -> None:
    bench.to(SetupStage.BACKUP)
    bench.page.places.list.items[str(tmp_path / "kecil")].click()
    bench.wait()
    assert "Ruangnya kurang" in bench.page.message.plain() and not bench.window.progress.answers.backup
    bench.page.places.take(str(tmp_path / "tidak-ada"))
    bench.wait()
    assert bench.page.message.kind == "attention" and not bench.window.progress.answers.backup
    bench.page.places.list.items[str(tmp_path / "usb")].click()
    bench.wait()
    assert bench.double.kept[-1].backup == str(tmp_path / "usb") and not list((tmp_path / "usb").glob("uji"))
    bench.go()
    assert bench.window.stage is SetupStage.FINISH


def test_making_the_office_tells_each_step_and_a_failure_leaves_the_answers(bench: Bench) -> None:
    bench.to(SetupStage.FINISH)
    bench.double.hold = threading.Event()
    bench.double.fail["finish"] = DiskFull("storage.full", path="/data")
    QTest.keyClick(bench.window, Qt.Key.Key_F9)
    bench.qtbot.waitUntil(lambda: "Folder dan kunci" in bench.page.steps.accessibleName(), timeout=5000)
    assert bench.window.busy and not bench.window.back_button.isEnabled()
    bench.window.close()
    assert bench.window.isVisible(), "closing waits until the office is whole"
    bench.double.hold.set()
    bench.wait()
    assert bench.page.primary == "Coba lagi" and bench.page.message.plain() and not bench.window.busy
    bench.go()
    assert bench.double.made is not None and bench.page.made


def test_the_recovery_code_is_noted_before_the_desk_opens(bench: Bench, tmp_path: Path) -> None:
    bench.to(SetupStage.FINISH)
    bench.window.progress.set(backup=str(tmp_path / "usb"))
    bench.go()
    assert bench.page.made and bench.page.code.text() == "ABCD-EFGH-JKLM-NPQR" and bench.page.secret.isVisible()
    bench.go()
    assert bench.window.result == "" and "Catat kode" in bench.page.message.plain()
    bench.page.noted.click()
    bench.go()
    assert bench.window.result == "production"


def test_a_disk_that_does_not_take_the_answers_is_told(bench: Bench) -> None:
    bench.double.fail["keep"] = DiskFull("storage.full", path="/data")
    bench.window.progress.set(place="Meja 2")
    bench.wait()
    assert bench.window.kept.text() != "Jawaban tersimpan" and bench.window.kept.text()


def test_look_is_changed_at_once_and_told(bench: Bench) -> None:
    told: list[tuple[str, str]] = []
    bench.window.on_look = lambda c, s: told.append((c, s))
    next(c for c in bench.page.sizes.buttons() if c.value == "terbesar").click()
    next(c for c in bench.page.contrasts.buttons() if c.value == "contrast").click()
    theme = bench.window._ktpel_theme  # type: ignore[attr-defined]
    assert told[-1] == ("contrast", "terbesar") and theme.contrast == "contrast" and theme.scale == 1.5


def test_everything_has_a_name_and_room_for_a_finger(bench: Bench) -> None:
    kinds = (QAbstractButton, QLineEdit, QComboBox, QPlainTextEdit)
    for stage in SetupStage:
        bench.to(stage)
        seen = [w for kind in kinds for w in bench.window.findChildren(kind) if w.isVisible()]
        shown = [w for w in seen if w.focusPolicy() != Qt.FocusPolicy.NoFocus]
        assert shown and [w for w in shown if not w.accessibleName()] == [], stage
        assert [(w.accessibleName(), w.height()) for w in shown if w.height() < 48] == [], stage


def test_practice_and_leaving(qtbot: object, tmp_path: Path) -> None:
    double = SetupDouble(tmp_path)
    double.fail["practise"] = DiskFull("storage.full", path="/data")

    def drive() -> None:
        window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, SetupWindow) and w.isVisible())
        page = window.page(SetupStage.MODE)
        page.modes.items["latihan"].click()
        window.forward()
        qtbot.waitUntil(lambda: bool(page.practice.items), timeout=5000)  # type: ignore[attr-defined]
        page.practice.items["tapin"].click()
        window.forward()
        qtbot.waitUntil(lambda: not window.busy and bool(page.message.plain()), timeout=5000)  # type: ignore[attr-defined]
        window.forward()

    QTimer.singleShot(50, drive)
    assert start_setup(double, windowed=True) == "practice" and double.practised == "tapin"  # type: ignore[arg-type]
    QTimer.singleShot(50, lambda: next(w for w in QApplication.topLevelWidgets() if isinstance(w, SetupWindow) and w.isVisible()).close())
    assert start_setup(double, windowed=True) == "" and isinstance(double.kept[-1], SetupAnswers)  # type: ignore[arg-type]
    QTimer.singleShot(20, QApplication.quit)  # the application can run the desk afterwards
    assert QApplication.exec() == 0


@pytest.mark.parametrize(("text", "good"), [
    ("", True), ("https://a.example", True), ("https://a.example:8443/x", True), ("http://a", False), ("a.example", False),
    ("https://", False), ("https://u@a", False), ("https://a:b", False), ("https://[", False), ("https://a b", False)])
def test_addresses(text: str, good: bool) -> None:
    assert (not address_problem(text)) is good


def test_rules_turn_good_while_a_password_is_typed() -> None:
    assert [good for _t, good in password_rules("rina", "", "")] == [False, False, False, False]
    assert "kurang 3 lagi" in password_rules("rina", "kudah", "")[0][0]
    assert [good for _t, good in password_rules("rina", "12345678", "12345678")][:3] == [True, False, True]
    assert [good for _t, good in password_rules("rina", "kuda hijau sore", "kuda hijau sore")] == [True, True, True, True]


@pytest.mark.parametrize(("name", "taken", "expected"), [("Siti Aminah, S.Sos", [], "siti"), ("Siti", ["siti"], "siti2"), ("", [], ""),
                                                         ("Drs. Joko", ["joko", "joko2"], "joko3"), ("Ó", [], "")])
def test_names_to_sign_in_with(name: str, taken: list[str], expected: str) -> None:
    assert proposed_name(name, taken) == expected
