"""The applicant's window: what fits, who is forgotten, who may go where with one screen, words of another language."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot

from ktpel_kiosk.app import sops
from ktpel_kiosk.domain.biometric import FINGERS, RIGHT_FOUR, PenPoint, Position
from ktpel_kiosk.ui import motion
from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.applicant.idle import IdlePage
from ktpel_kiosk.ui.applicant.lang import Tongue, hint_key, languages
from ktpel_kiosk.ui.applicant.look import LEAST_TEXT, LEAST_TOUCH, ApplicantTheme, scale_for
from ktpel_kiosk.ui.applicant_window import ASKS, HELPLESS, ApplicantWindow
from ktpel_kiosk.ui.speech import Voice
from ktpel_kiosk.ui.theme import load_fonts
from ktpel_kiosk.ui.widgets.base import Wrapped
from ktpel_kiosk.ui.words import words

NAME = "RADEN AJENG SITI CONTOH LESTARI KUSUMANINGRUM PRAWIRODIRJO"
NIK = "3508 0545 0208 0001"
ROWS = (("nama", "Nama", NAME), ("nik", "NIK", NIK), ("tempat_lahir+tanggal_lahir", "Tempat, tanggal lahir", "Lumajang, 5 Februari 2008"),
        ("jenis_kelamin", "Jenis kelamin", "Perempuan"), ("golongan_darah", "Golongan darah", "O"), ("agama", "Agama", "Islam"),
        ("alamat+rt+rw", "Alamat", "Perumahan Griya Asri Blok C Nomor 12, RT 003 / RW 007"),
        ("desa+kecamatan", "Desa, kecamatan", "Besuk, Tempeh"), ("status_perkawinan", "Status perkawinan", "Belum kawin"),
        ("pekerjaan", "Pekerjaan", "Pelajar/Mahasiswa"), ("kewarganegaraan", "Kewarganegaraan", "WNI"),
        ("berlaku_hingga", "Berlaku hingga", "Seumur Hidup"))
NUMBER = "0042/KTP/XI/2026"


@pytest.fixture(autouse=True)
def still() -> Iterator[None]:
    motion.set_less_motion(True)
    yield
    motion.set_less_motion(False)


@pytest.fixture
def window(qtbot: QtBot) -> ApplicantWindow:
    load_fonts()  # as the program does: another letter is another width
    made = ApplicantWindow(sops.load("tempeh"), voice=Voice(()))
    qtbot.addWidget(made)
    made.resize(1366, 768)
    made.show()
    qtbot.waitExposed(made)
    return made


def picture() -> QImage:
    image = QImage(300, 400, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkCyan)
    return image


def whole_way(window: ApplicantWindow) -> Iterator[str]:
    """Every page with something of a person on it, one after the other."""
    window.serve(NUMBER)
    yield "sambut"
    window.privacy()
    yield "privasi"
    window.data(ROWS)
    yield "data"
    window.photo()
    window.photo_frame(picture(), "Maju sedikit")
    window.photo_taken(picture())
    yield "foto"
    states = dict.fromkeys(FINGERS, "todo") | dict.fromkeys(RIGHT_FOUR, "target") | {Position.LEFT_LITTLE: "exception"}
    window.hands(states, RIGHT_FOUR, 0.3, hint="Tekan sedikit lebih kuat")
    yield "jari"
    window.eyes("Buka mata lebih lebar")
    yield "mata"
    window.sign()
    window.show_ink([PenPoint(100 + 9 * i, 200 + i % 7, 500, 5 * i) for i in range(40)], 1000, 500)
    yield "tanda_tangan"
    window.review(NAME, picture(), picture(), [("foto", 1), ("jari", 10), ("iris", 2), ("tanda_tangan", 1)])
    yield "tinjau"
    window.thanks(NUMBER, NAME, "Selesai 2 Januari 2027")
    yield "terima_kasih"


def test_pages_nobody_sees_are_not_measured(window: ApplicantWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Qt's stack asked all of them at every width: 25,000 times while one applicant was served."""
    asked: list[str] = []
    measure = Wrapped.heightForWidth

    def heard(self: Wrapped, width: int) -> int:
        if not self.isVisible():
            asked.append(next((key for key, page in window._pages.items() if page.isAncestorOf(self)), ""))
        return measure(self, width)

    idle = window.page("sapa")
    assert isinstance(idle, IdlePage) and len(idle.slides) > 3
    monkeypatch.setattr(Wrapped, "heightForWidth", heard)
    for key in whole_way(window):
        qtbot.wait(1)
        assert window.current == key
    assert 0 < len(asked) < 2000, "what comes up is measured once before"


def texts(window: QWidget) -> str:
    found = [w.accessibleName() + w.accessibleDescription() for w in window.findChildren(QWidget)]
    found += [w.text() for w in window.findChildren(QLabel)] + [w.text() for w in window.findChildren(QAbstractButton)]
    return " | ".join(found)


def pictures(window: ApplicantWindow) -> list[str]:
    """Attributes of widgets that hold an image or ink."""
    kept = []
    for widget in window.findChildren(QWidget):
        for name, value in vars(widget).items():
            if isinstance(value, QImage) and not value.isNull() and "siaga" not in widget.objectName():
                kept.append(f"{type(widget).__name__}.{name}")
            if name == "_points" and value:
                kept.append(f"{type(widget).__name__}.{name}")
    return kept


@pytest.mark.parametrize("leave", ["idle", "other officer", pytest.param("next", marks=pytest.mark.gate),
                                   pytest.param("time", marks=pytest.mark.gate)])
def test_nothing_of_a_person_stays(window: ApplicantWindow, leave: str, qtbot: QtBot) -> None:
    before = sorted(pictures(window))  # QR codes of the complaint channels
    window.set_larger(True)
    for _key in whole_way(window):
        pass
    window.set_left_handed(True)
    assert NAME in texts(window) and len(pictures(window)) > len(before) + 3
    if leave == "time":
        window.page("terima_kasih").clock.timeout.emit()  # type: ignore[attr-defined]
    elif leave == "next":
        window.serve("0043/KTP/XI/2026")
    elif leave == "other officer":
        window.lock()
        window.unlock(same=False)
    else:
        window.idle()
    qtbot.wait(1)
    said = texts(window)
    for secret in (NAME, NIK, NUMBER, "0042", "Lumajang, 5"):
        assert secret not in said, secret
    assert sorted(pictures(window)) == before
    assert not window.left_handed and not window.larger and not window.speech and window.tongue.code == "id"


@pytest.mark.parametrize(("size", "larger", "contrast"), [
    pytest.param((1366, 768), False, "light", marks=pytest.mark.gate), ((1024, 600), False, "contrast"),
    pytest.param((1920, 1080), False, "light", marks=pytest.mark.gate), pytest.param((1366, 768), True, "contrast", marks=pytest.mark.gate),
    pytest.param((1024, 600), True, "light", marks=pytest.mark.gate), pytest.param((768, 1366), False, "light", marks=pytest.mark.gate),
])
@pytest.mark.parametrize("language", ["id", pytest.param("en", marks=pytest.mark.gate)])
def test_nothing_is_cut(window: ApplicantWindow, qtbot: QtBot, size: tuple[int, int], larger: bool, contrast: str, language: str) -> None:
    window.resize(*size)
    window.set_contrast(contrast)
    for at, key in enumerate(whole_way(window)):
        if not at:
            window.set_larger(larger)
            window.set_language(language)
        QTest.qWait(1)
        assert window.current == key and (window.width(), window.height()) == size
        page = window.page(key)
        for item in page.findChildren(QLabel):
            if item.isVisible() and item.text():
                need = item.heightForWidth(item.width()) if item.wordWrap() else item.sizeHint().height()
                assert item.height() >= need - 1, (key, item.text(), item.height(), need)
                assert item.wordWrap() or item.width() >= item.sizeHint().width() - 1, (key, item.text())
                assert item.font().pixelSize() >= LEAST_TEXT, (key, item.text())
        for button in window.findChildren(QAbstractButton):
            if button.isVisible() and type(button).__name__ != "FieldRow":
                assert min(button.width(), button.height()) >= LEAST_TOUCH - 1, (key, button.text())
                assert button.width() >= button.sizeHint().width() - 1, (key, button.text())
                assert window.rect().contains(button.geometry().translated(button.parentWidget().mapTo(window, QPoint())))


@pytest.mark.parametrize("size", [(1366, 768), (1024, 600)])
def test_all_fields_of_the_card_stand_on_one_page(window: ApplicantWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    window.data(tuple((n, t, "Siti Contoh" if n == "nama" else "Dusun Krajan" if "alamat" in n else v) for n, t, v in ROWS))
    QTest.qWait(1)
    page = window.page("data")
    rows = page.rows  # type: ignore[attr-defined]
    assert len(rows) == len(ROWS)
    for row in rows:
        assert row.height() >= 60 and row.factor == 1.0
        assert page.rect().contains(row.geometry().translated(row.parentWidget().mapTo(page, QPoint())))
    window.data(ROWS)
    QTest.qWait(1)
    rows = page.rows  # type: ignore[attr-defined]
    assert rows[0].lines(rows[0].width()) == 2 and all(r.height() >= r.need(r.width()) * r.factor - 1 for r in rows)
    assert all(r.factor > 0.93 for r in rows)


def test_letters_have_a_floor_and_screens_their_scale() -> None:
    assert ApplicantTheme("light", 0.75).size("applicant_small") == LEAST_TEXT
    assert ApplicantTheme("light", 1.0, letters=1.2).size("applicant_title") == round(46 * 1.2)
    assert ApplicantTheme("light", 0.75).size("body") == 11  # the operator's own steps are left alone
    assert (scale_for(1366, 768), scale_for(1024, 600), scale_for(1920, 1080)) == (1.0, 0.75, 1.41)
    assert scale_for(800, 1280) == 1.0


def test_pointing_at_a_field_by_keyboard(window: ApplicantWindow, qtbot: QtBot) -> None:
    window.data(ROWS)
    page = window.page("data")
    page.rows[4].setFocus(Qt.FocusReason.TabFocusReason)  # type: ignore[attr-defined]
    QTest.keyClick(page.rows[4], Qt.Key.Key_Space)  # type: ignore[attr-defined]
    assert "Salah" in page.rows[4].accessibleName() and "Salah: Golongan darah" in page.spoken()  # type: ignore[attr-defined]
    with qtbot.waitSignal(window.data_answered) as answered:
        QTest.keyClick(page.go, Qt.Key.Key_Space)  # type: ignore[attr-defined]
    assert answered.args == [("golongan_darah",)]


def test_help_is_on_every_page_that_asks_and_reaches_the_officer(windows: Windows, settle: Callable[[Windows], None]) -> None:
    applicant = windows.applicant
    settle(windows)
    for key in whole_way(applicant):
        assert applicant.top.help.isVisible() is (key not in HELPLESS), key
    applicant.serve(NUMBER)
    applicant.top.help.click()
    assert "0042 memanggil" in windows.operator.notice.plain() and applicant.top.help.text() == "Sudah dipanggil"
    applicant._called.timeout.emit()
    windows.operator.lock()
    applicant.top.help.click()
    assert not windows.operator.notice.isVisible()  # nothing about applicants beside the sign-in


def test_without_a_voice_there_is_no_button(window: ApplicantWindow) -> None:
    window.privacy()
    assert not window.top.aloud.isVisible()
    window.set_speech(True)
    assert not window.speech


def test_voice_of_a_page_and_its_hints(qtbot: QtBot) -> None:
    from test_applicant_speech import Mouth
    window = ApplicantWindow(sops.load("tempeh"), voice=(mouth := Mouth()))
    qtbot.addWidget(window)
    window.show()
    window.serve(NUMBER)
    window.set_speech(True)
    window.data(ROWS)
    window.readout._say_next()
    assert "tiga lima nol delapan" in mouth.said[-1] and "dua ribu delapan" in mouth.said[-1]
    window.eyes()
    window.eyes("Buka mata lebih lebar")
    window.readout._say_next()
    assert mouth.said[-1] == "Buka mata lebih lebar"
    window.top.aloud.click()
    assert mouth.said[-1].startswith("Lihat lurus ke depan")


def test_the_whole_notice_is_one_touch_away(window: ApplicantWindow) -> None:
    window.privacy()
    page = window.page("privasi")
    assert not page.whole  # type: ignore[attr-defined]
    page.more.click()  # type: ignore[attr-defined]
    said = page.spoken()
    for word in ("Penerima", "Berapa lama", "Dasar", "Hak Anda", "(0334) 520003", "27/2022"):
        assert word in said
    window.idle()
    assert not page.whole  # type: ignore[attr-defined]


# -- language --------------------------------------------------------------------------------------------------------------------------


def test_another_language_is_a_folder_and_lasts_for_one_applicant(window: ApplicantWindow) -> None:
    assert languages()[0] == "id" and "en" in languages()
    window.serve(NUMBER)
    window.privacy()
    page = window.page("privasi")
    next(c for c in page._chips.buttons() if c.value == "en").click()  # type: ignore[attr-defined]
    assert window.current == "privasi" and window.page("privasi").go.text() == "I understand"  # type: ignore[attr-defined]
    assert window.top.help.text() == "Call the officer" and window.number.text() == "Number 0042"
    window.data(ROWS)
    assert window.page("data").rows[4].text() == "Blood type" and window.page("data").rows[4].value == "O"  # type: ignore[attr-defined]
    window.eyes("Buka mata lebih lebar")
    assert window.page("mata").subtitle.text() == "Open your eyes wider"  # type: ignore[attr-defined]
    window.idle()
    assert window.tongue.code == "id"
    window.privacy()
    assert window.page("privasi").go.text() == "Saya mengerti"  # type: ignore[attr-defined]


def test_a_pack_is_whole() -> None:
    import tomllib

    from ktpel_kiosk.ui.resources import resource_root
    with (resource_root() / "i18n" / "en" / "ui.toml").open("rb") as f:
        pack = tomllib.load(f)
    shown_while_idle = {"sapa_kecil", "standar", "gratis", "aduan", "jam", "waktu", "syarat"}
    assert set(words("pemohon")) - set(pack["pemohon"]) == shown_while_idle
    assert set(words("petunjuk_pemohon")) == set(pack["petunjuk_pemohon"])
    assert Tongue("en")("there_is_no_such_word") == ""


def test_hints_for_the_officer_alone_are_not_shown() -> None:
    assert hint_key("Naikkan kamera sedikit") == "face.high" and Tongue().hint("Naikkan kamera sedikit") == ""
    assert Tongue().hint("Wajah belum terlihat: minta pemohon menghadap kamera") == "Lihat ke kamera"
    assert Tongue("en").hint("Maju sedikit") == "Come a little closer"
    assert Tongue().hint("Sesuatu yang lain") == "Sesuatu yang lain"


# -- one screen, locked ----------------------------------------------------------------------------------------------------------------


def test_one_screen_is_turned_and_only_the_officer_gets_it_back(window: ApplicantWindow, qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    window.hide()
    window.share_screen(host)
    window.privacy()
    assert window.isVisible() and window.current == "putar"
    QTest.mouseClick(window.page("putar").go, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    assert window.current == "privasi"
    window.data(ROWS)
    assert window.current == "data"  # the applicant still has it: no turning between questions
    window.photo()
    assert window.isVisible() and window.current == "putar_kembali"
    for key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Tab, Qt.Key.Key_F8):
        QTest.keyClick(window.page("putar_kembali"), key)
    QTest.mouseClick(window.page("putar_kembali").officer_touch, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    assert window.isVisible()
    with qtbot.waitSignal(window.taken_back):
        QTest.keyClick(window.page("putar_kembali"), Qt.Key.Key_F9)
    assert not window.isVisible() and window.current == "foto"
    assert not window.put_away  # nothing was left unanswered
    window.sign()
    assert window.current == "putar"


def test_a_question_the_officer_took_away_can_be_asked_again(window: ApplicantWindow, qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    window.share_screen(host)
    window.data(ROWS)
    window.take_back()  # before the applicant began
    assert window.put_away and not window.isVisible()
    window.ask_again()
    assert window.isVisible() and window.current == "putar" and not window.put_away
    window.page("putar").go.click()  # type: ignore[attr-defined]
    assert window.current == "data" and NAME in texts(window)
    window.take_back()  # in the middle
    assert window.put_away
    window.photo()
    assert not window.put_away  # the work went on
    window.data(ROWS)
    window.take_back()
    window.idle()
    window.ask_again()
    assert not window.isVisible() and window.current == "sapa"  # whoever was asked has left


def test_a_second_screen_that_comes_while_locked_shows_nothing(window: ApplicantWindow, qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    window.share_screen(host)
    window.data(ROWS)
    window.lock()
    window.own_screen()
    assert window.current == "netral"
    window.unlock(same=True)
    assert window.current == "data"


def test_what_was_recorded_is_listed_in_the_language_chosen(window: ApplicantWindow) -> None:
    window.set_language("en")
    window.review(NAME, None, None, [("jari", 10), ("pengecualian", 2)])
    assert "10 fingerprints" in texts(window) and "Exceptions approved: 2" in texts(window)


def test_holding_the_button_asks_who_it_is(window: ApplicantWindow, qtbot: QtBot) -> None:
    host = QWidget()
    qtbot.addWidget(host)
    window.share_screen(host)
    window.privacy()
    window.page("putar").go.click()  # type: ignore[attr-defined]
    window.wait()
    page = window.page("putar_kembali")
    page._hold.setInterval(30)  # type: ignore[attr-defined]
    with qtbot.waitSignal(window.held_back, timeout=5000):
        QTest.mousePress(page.officer_touch, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    assert not window.isVisible()


def test_locked_means_neutral(window: ApplicantWindow) -> None:
    window.serve(NUMBER)
    window.data(ROWS)
    window.lock()
    assert window.current == "netral" and window.number.text() == "" and not window.top.help.isVisible()
    window.eyes()  # a page that still comes from the desk waits
    assert window.current == "netral"
    window.unlock(same=True)
    assert window.current == "mata" and window.number.text() == "Nomor 0042"
    window.idle()
    window.lock()
    assert window.current == "sapa"  # nothing of anybody is shown there


# -- portrait, hands -------------------------------------------------------------------------------------------------------------------


def test_the_picture_that_was_taken_is_shown_and_the_mirror_comes_back(window: ApplicantWindow) -> None:
    window.photo()
    window.photo_state("Maju sedikit")
    page = window.page("foto")
    assert page.subtitle.text() == "Maju sedikit"  # type: ignore[attr-defined]
    window.photo_state("", 0.5, "1")
    assert page.subtitle.text() == "Tahan sebentar, foto diambil" and page.view.countdown() == 0.5  # type: ignore[attr-defined]
    window.photo_taken(picture())
    assert page.view.taken is not None and page.view.plate() is None  # type: ignore[attr-defined]
    window.photo_state("Maju sedikit")  # frames go on meanwhile
    assert page.title.text() == "Foto sudah diambil"  # type: ignore[attr-defined]
    page._back.timeout.emit()  # type: ignore[attr-defined]
    assert page.view.taken is None and page.title.text() == "Lihat ke kamera"  # type: ignore[attr-defined]
    window.photo_taken(picture(), good=False)
    assert page.view.taken is None and page.title.text() == "Sekali lagi"  # type: ignore[attr-defined]


def test_states_of_fingers_differ_without_colour(window: ApplicantWindow) -> None:
    """Reduced to dark and light, no two states of a finger are the same picture."""
    from ktpel_kiosk.ui.applicant.hand_picture import HandPicture
    window.hands({}, (), 0.0)
    hands = window.page("jari").findChild(HandPicture)
    assert hands is not None
    seen = {}
    for state in ("todo", "target", "good", "attention", "exception"):
        hands.set_states({Position.RIGHT_INDEX: state})
        image = hands.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        seen[state] = bytes(image.constBits())
    assert len(set(seen.values())) == 5


def test_hands_say_what_they_show(window: ApplicantWindow) -> None:
    window.hands({Position.RIGHT_THUMB: "target", Position.LEFT_THUMB: "good", Position.LEFT_LITTLE: "exception"},
                 (Position.RIGHT_THUMB,), 0.5)
    page = window.page("jari")
    assert page.hands.accessibleName() == "Diminta: jempol kanan. Sudah baik: jempol kiri. Tidak ada: kelingking kiri"  # type: ignore[attr-defined]
    assert page.title.text() == "Letakkan jempol kanan" and not page.hands.beat.moving  # type: ignore[attr-defined]
    motion.set_less_motion(False)
    page.hands.beat.want(True)  # type: ignore[attr-defined]
    assert page.hands.beat.moving  # type: ignore[attr-defined]
    window.wait()
    assert not page.hands.beat.moving  # type: ignore[attr-defined]


def test_left_hand_mirrors_the_page_for_this_applicant(window: ApplicantWindow) -> None:
    window.serve(NUMBER)
    window.sign()
    QTest.qWait(1)
    page = window.page("tanda_tangan")
    assert page.go.x() > page.again.x() and page.hand.x() > page.title.x()  # type: ignore[attr-defined]
    QTest.mouseClick(page.hand, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    QTest.qWait(1)
    assert page.go.x() < page.again.x() and page.hand.x() < page.title.x()  # type: ignore[attr-defined]
    window.sign()
    assert window.left_handed
    window.serve("0043/KTP/XI/2026")
    assert not window.left_handed


def test_asking_pages_are_the_ones_with_an_answer() -> None:
    assert {"privasi", "data", "tanda_tangan", "tinjau"} <= set(ASKS) and not set(ASKS) & {"sapa", "tunggu"}
