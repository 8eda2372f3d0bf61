"""The recording desk: refused captures, missing fingers, attempts, NFIQ2 missing, backgrounds, forms of signature, rules of the office."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from fakes import PASSWORD, FakeOffice
from pytestqt.qtbot import QtBot

from ktpel_kiosk.desk import capture_rules, recording
from ktpel_kiosk.domain.biometric import EYES, LEFT_FOUR, RIGHT_FOUR, THUMBS, Position, Quality, SignatureKind
from ktpel_kiosk.domain.capture_rules import BestOf, CaptureRules
from ktpel_kiosk.domain.errors import CaptureFailed, NotConnected
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.presenters.photo_measures import measures_of
from ktpel_kiosk.ui.presenters.record_view import grade
from ktpel_kiosk.ui.presenters.recording import RecordingPresenter
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.widgets.buttons import Chip

Settle = Callable[[Windows], None]


@pytest.fixture
def seated(office: FakeOffice) -> Permohonan:
    p = office.to_stage(1, Stage.REKAM)
    return recording.confirm_data(office.desk, office.rina, p.id)


def part(windows: Windows, settle: Settle, qtbot: QtBot, p: Permohonan, key: str) -> Any:
    windows.operator.go("perekaman", id=p.id)
    settle(windows)
    page: Any = windows.operator.page("perekaman")
    page._show_part(key)
    qtbot.wait(30)
    settle(windows)
    return page.parts[key]


def press(windows: Windows, settle: Settle, qtbot: QtBot, key: str) -> None:
    windows.operator.press(key)
    qtbot.wait(30)
    settle(windows)


def texts(part: Any) -> str:
    from PySide6.QtWidgets import QLabel
    return " | ".join(w.text() for w in part.refused.findChildren(QLabel))


def test_refused_fingers_are_shown_asked_about_and_settled_by_two(office: FakeOffice, windows: Windows, settle: Settle, qtbot: QtBot,
                                                                  seated: Permohonan) -> None:
    """One session: a missing finger named, then asked for; one by one; a finger taken before; F6; the second officer."""
    few = {"device_kind": "fingerprint", "expected": 4, "found": 3}
    office.judge.failures = [CaptureFailed("finger.count", position="right_little", **few), CaptureFailed("finger.count", **few)]
    office.judge.nbis = "nbis-py is not installed"
    jari = part(windows, settle, qtbot, seated, "jari")
    page: Any = windows.operator.page("perekaman")
    assert "Yang tidak terlihat: kelingking kanan." in texts(jari)
    assert list(jari.refused.buttons) == ["excuse right_little"]
    assert "NFIQ2 tidak tersedia" in jari.engine.plain()
    assert "NFIQ2 tidak tersedia" in windows.operator.header.explain(DeviceKind.FINGERPRINT)[2]
    press(windows, settle, qtbot, "F7")
    assert len(jari.refused.buttons) == 4
    jari.refused.buttons["excuse right_ring"].click()
    assert page.stack.currentWidget() is page.exception and page.exception.position.value() == Position.RIGHT_RING
    press(windows, settle, qtbot, "Esc")
    assert page.stack.currentWidget() is jari and jari.plates.currentIndex() == 1
    jari.single.setChecked(True)
    assert jari.title.text() == "Telunjuk kanan"
    jari.single.setChecked(False)
    for slap in (RIGHT_FOUR, LEFT_FOUR):
        recording.capture_fingers(office.desk, office.rina, seated.id, slap)
    office.judge.same.add(frozenset((Position.LEFT_THUMB, Position.RIGHT_INDEX)))
    page.set_view(page.presenter.load(seated.id))
    press(windows, settle, qtbot, "F7")
    assert "jempol kiri adalah jari yang sudah direkam sebagai telunjuk kanan" in texts(jari)
    assert jari.refused.buttons.keys() == {"replace"}
    assert windows.applicant.page("jari").subtitle.text() == "Pakai jari yang menyala pada gambar"  # type: ignore[attr-defined]
    press(windows, settle, qtbot, "F6")
    assert page.exception.position.value() == Position.LEFT_THUMB
    for key in ("Esc", "F7", "F7"):
        press(windows, settle, qtbot, key)
    jari.refused.buttons["keep"].click()
    page.keeping.reason.set_value("bekas luka")
    page.keeping.second.username.set_value("kasi")
    page.keeping.second.password.set_value(PASSWORD)
    press(windows, settle, qtbot, "F9")
    status = recording.recording_status(office.desk, seated.id)
    assert all(status.of(p).state == "captured" for p in THUMBS)
    assert page.stack.currentWidget() is jari and jari.plates.currentIndex() == 0


def test_attempts_say_which_counts_and_why(office: FakeOffice, seated: Permohonan) -> None:
    presenter = RecordingPresenter(Session(office.desk, office.rina))
    for scores in ((44, 31, 40, 6), (39, 52, 40, 4), (31, 21, 11, 11)):
        office.judge.scores = {p: [s] for p, s in zip(RIGHT_FOUR, scores, strict=True)}
        _result, view = presenter.fingers(seated.id, RIGHT_FOUR)
    found = presenter.attempts(view, RIGHT_FOUR)
    assert [(a.number, a.used) for a in found] == [(1, False), (2, False), (3, True)]
    assert found[2].note == "dipakai: semua lulus" and found[0].note == "kalah: ada tempelan yang lulus semua"
    assert found[0].scores[3][1:] == ("6", "attention", False)


def test_cloth_eyes_and_thumb_print(office: FakeOffice, windows: Windows, settle: Settle, qtbot: QtBot, seated: Permohonan) -> None:
    """The cloth is replaced only when asked; one eye twice is shown with both pictures; a thumb print needs no pad."""
    plain = office.judge.assess_face

    def assess(frame: Any, latar: str, *, replace_background: bool = False) -> Any:
        quality = Quality("uji 1", 72, measures={"background_replaced": 1.0}) if replace_background else Quality(
            "uji 1", 33, hints=("face.background",))
        return replace(plain(frame, latar), quality=quality)

    office.judge.assess_face = assess  # type: ignore[method-assign]
    capture_rules.change(office.desk, office.actors[Peran.SUPERVISOR], CaptureRules(ganti_latar=True))
    foto = part(windows, settle, qtbot, seated, "foto")
    page: Any = windows.operator.page("perekaman")
    press(windows, settle, qtbot, "F8")
    assert page.view.status.of(Position.FACE).state == "low" and foto.cloth.isVisible()
    foto.replace_cloth.click()
    settle(windows)
    assert page.view.status.of(Position.FACE).state == "captured" and not foto.cloth.isVisible()
    office.judge.iris_conflicts = office.judge.finger_conflicts  # type: ignore[method-assign]
    office.judge.same.add(frozenset(EYES))
    page._show_part("iris")
    qtbot.wait(30)
    settle(windows)
    iris = page.parts["iris"]
    assert "adalah mata yang sama" in texts(iris) and iris.plates.currentIndex() == 1
    office.judge.same.clear()
    press(windows, settle, qtbot, "F7")
    assert iris.plates.currentIndex() == 0 and page.view.status.of(Position.LEFT_EYE).done
    office.devices.trouble[DeviceKind.SIGNATURE] = NotConnected("device.not_connected", device_kind="signature")
    page._show_part("tanda_tangan")
    settle(windows)
    signature = page.parts["tanda_tangan"]
    signature.choose(SignatureKind.CAP_JEMPOL)
    assert "jempol kiri" in signature.about.text()
    press(windows, settle, qtbot, "F8")
    assert page.view.best[Position.SIGNATURE].signature_kind is SignatureKind.CAP_JEMPOL
    assert "cap jempol · sangat baik" in signature.chip.text()
    recording.capture_fingers(office.desk, office.rina, seated.id, THUMBS)
    office.judge.likeness = 0.1
    press(windows, settle, qtbot, "F7")
    assert "Cap jempol ini bukan jempol kiri pemohon" in texts(signature)
    assert signature.field.currentIndex() == 2 and signature.refused.buttons == {}
    for _ in range(2):
        press(windows, settle, qtbot, "F7")
    assert set(signature.refused.buttons) == {"keep"}
    signature.refused.buttons["keep"].click()
    assert "tidak terbaca sama dengan jempol kiri" in page.keeping.what.text()
    press(windows, settle, qtbot, "Esc")
    office.judge.likeness = 0.9
    press(windows, settle, qtbot, "F7")
    assert signature.field.currentIndex() == 1 and not signature.asks()


def test_words_follow_the_distance_to_the_limit() -> None:
    rules = CaptureRules()
    said = [grade(rules, Position.RIGHT_INDEX, Quality("uji", s))[0] for s in (29, 30, 45, 60, 255)]
    assert said == ["kurang", "cukup", "baik", "sangat baik", "gagal"]
    assert grade(CaptureRules(tanpa_nfiq2=False), Position.RIGHT_INDEX, Quality("uji", 90)) == ("tanpa NFIQ2", "attention")
    assert grade(rules, Position.RIGHT_LITTLE, Quality("uji", 12))[1] == "good"


def test_measures_are_words() -> None:
    quality = Quality("k", 40, measures={"cloth": 0.0, "background": 90.0, "pitch": 9.0, "pitch_ok": 40.0, "eyes_open": 20.0, "size": 90.0})
    said = {m.name: (m.value, m.tone) for m in measures_of(quality, "biru")}
    assert said["Latar biru"] == ("warna lain", "attention")
    assert said["Dagu"] == ("mendongak 9°", "attention")
    assert said["Mata terbuka"] == ("belum", "attention")
    assert said["Ukuran wajah"] == ("cukup", "good")


# -- settings ---------------------------------------------------------------------------------------------------------


def section(windows: Windows, settle: Settle, office: FakeOffice, role: Peran) -> Any:
    windows.operator.signed_in(office.actors[role])
    windows.operator.go("pengaturan", section="rekam")
    settle(windows)
    page: Any = windows.operator.page("pengaturan")
    return page.section("rekam")


def test_rules_are_set_on_their_page_and_wrong_numbers_pointed_at(office: FakeOffice, windows: Windows, settle: Settle,
                                                                  qtbot: QtBot) -> None:
    made = section(windows, settle, office, Peran.OPERATOR)
    assert not made.primary.isEnabled() and not made.numbers[Position.FACE][0].isEnabled()
    made = section(windows, settle, office, Peran.SUPERVISOR)
    ring = made.numbers[Position.LEFT_RING]
    for at, text, words in ((0, "99", "Nilai minimum jari manis kiri"), (0, "", "Nilai minimum"), (1, "0", "percobaan"),
                            (1, "-1", "percobaan"), (0, "\u0663", "Nilai minimum")):
        made.usual.click()
        ring[at].setText(text)
        press(windows, settle, qtbot, "F9")
        assert words in made.message.plain()
    assert capture_rules.current(office.desk) == CaptureRules()
    ring[0].setText("25")
    ring[1].setText("5")
    made.rule.set_value("tertinggi")
    made.background.setChecked(True)
    press(windows, settle, qtbot, "F9")
    rules = capture_rules.current(office.desk)
    assert (rules.minimum(Position.LEFT_RING), rules.tries(Position.LEFT_RING)) == (25, 5)
    assert (rules.best_of, rules.ganti_latar) == (BestOf.TERTINGGI, True)
    length = office.register.audit_length()
    press(windows, settle, qtbot, "F9")
    assert office.register.audit_length() == length, "nothing changed, nothing written"
    made.usual.click()
    press(windows, settle, qtbot, "F9")
    assert capture_rules.current(office.desk) == CaptureRules()


def test_fingers_like_an_earlier_recording_are_said_and_hold_nobody(office: FakeOffice, windows: Windows, settle: Settle, qtbot: QtBot,
                                                                    seated: Permohonan) -> None:
    earlier = office.to_stage(2, Stage.KIRIM)
    office.judge.alike = {earlier.id}
    jari = part(windows, settle, qtbot, seated, "jari")
    page: Any = windows.operator.page("perekaman")
    while status := recording.recording_status(office.desk, seated.id).next_slap():
        jari.capture()
        settle(windows)
        assert recording.recording_status(office.desk, seated.id).next_slap() != status
    qtbot.waitUntil(lambda: not page.alike.isHidden(), timeout=5000)
    if shot := os.environ.get("KTPEL_SHOTS"):
        windows.operator.resize(1366, 768)
        qtbot.wait(100)
        windows.operator.grab().save(f"{shot}/mirip-perekaman.png")
    assert page.primary.isEnabled() and "mirip" in page.alike.plain()
    assert page.view.alike.people == 1 and page.view.alike.hits[0].permohonan_id == earlier.id
    page._show_part("tinjau")
    settle(windows)
    said = " ".join(w.text() for w in page.parts["tinjau"].findChildren(Chip))
    assert "mirip dengan rekaman lain, belum diputus" in said
    page.alike._action.click()
    settle(windows)
    tugas: Any = windows.operator.page("tugas")
    assert tugas.alike.view is not None and tugas.alike.view.others[0].rows[0][1] == earlier.penduduk.nama
