"""The survey and the idle round on the applicant's window: skipped, timed out, interrupted, whole; read by touch and by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import FakeOffice
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from ktpel_kiosk.app import sops
from ktpel_kiosk.desk.notices import DEFAULT_MAKLUMAT, channels, service_standard
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.ikm import UNSUR, Unsur
from ktpel_kiosk.domain.sop import Komponen
from ktpel_kiosk.ui.applicant import survey
from ktpel_kiosk.ui.applicant.faces import FaceCard
from ktpel_kiosk.ui.applicant.forms import load_forms
from ktpel_kiosk.ui.applicant.idle import IdlePage
from ktpel_kiosk.ui.applicant.paging import COLUMN_HEIGHT, CONTINUED, height, pages
from ktpel_kiosk.ui.applicant_window import ApplicantWindow

OFFICES = ("pronojiwo", "kebakkramat", "tempeh", "palaran", "tapin")


@pytest.fixture
def window(qtbot: QtBot) -> ApplicantWindow:
    made = ApplicantWindow(sops.load("tempeh"))
    qtbot.addWidget(made)
    made.resize(1366, 768)
    made.survey.look_ms = 1
    made.show()
    qtbot.waitExposed(made)
    return made


@pytest.fixture
def filled(window: ApplicantWindow) -> list[tuple[str, dict[Unsur, int], dict[str, str]]]:
    got: list[tuple[str, dict[Unsur, int], dict[str, str]]] = []
    window.surveyed.connect(lambda *a: got.append(a))  # type: ignore[arg-type]
    return got


def answer_all(window: ApplicantWindow, qtbot: QtBot, score: int = 3) -> None:
    for at in range(9):
        assert (window.current, window.survey.at) == (survey.ASK, at)
        QTest.mouseClick(window.page(survey.ASK).cards[score - 1], Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
        qtbot.waitUntil(lambda at=at: window.survey.at == at + 1 or window.current == survey.PROFILE)


def test_thanks_then_nine_questions_then_profile_then_idle(window: ApplicantWindow, qtbot: QtBot, filled: list) -> None:  # type: ignore[type-arg]
    window.after_handover("hilang", True)
    assert window.current == survey.INVITE and "KTP-el sudah Anda terima" in window.page(survey.INVITE).greeting.text()  # type: ignore[attr-defined]
    QTest.mouseClick(window.page(survey.INVITE).yes, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    answer_all(window, qtbot)
    profile = window.page(survey.PROFILE)
    group = profile.groups["usia"].buttons()  # type: ignore[attr-defined]
    group[1].click()
    group[2].click()
    assert [c.isChecked() for c in group] == [False, False, True, False, False, False]
    QTest.mouseClick(profile.go, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    assert filled == [("hilang", dict.fromkeys(UNSUR, 3), {"usia": "30-39"})]
    assert window.current == survey.THANKS
    window.survey._timed_out()
    assert window.current == "sapa" and not window.surveying


def test_answers_are_kept_by_unsur_not_by_number(window: ApplicantWindow, qtbot: QtBot, filled: list) -> None:  # type: ignore[type-arg]
    window.ask_survey("baru_wni")
    window.survey.begin()
    for key in "444444421":  # question 8 is sarana, 9 pengaduan
        at = window.survey.at
        QTest.keyClick(window.page(survey.ASK), key)
        qtbot.waitUntil(lambda at=at: window.survey.at > at or window.current == survey.PROFILE)
    window.survey.send({})
    assert filled[0][1][Unsur.SARANA] == 2 and filled[0][1][Unsur.PENGADUAN] == 1


def test_back_and_change_of_mind(window: ApplicantWindow, qtbot: QtBot) -> None:
    window.ask_survey("baru_wni")
    window.survey.begin()
    page = window.page(survey.ASK)
    page.cards[0].click()  # type: ignore[attr-defined]
    page.cards[3].click()  # a second touch while the face is shown
    qtbot.waitUntil(lambda: window.survey.at == 1)
    assert window.survey.scores == {Unsur.PERSYARATAN: 1}
    QTest.keyClick(page, Qt.Key.Key_Backspace)
    assert window.survey.at == 0 and page.cards[0].isChecked()  # type: ignore[attr-defined]
    page.cards[2].click()  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: window.survey.at == 1)
    assert window.survey.scores == {Unsur.PERSYARATAN: 3}
    window.survey.back()
    window.survey.back()
    assert window.current == survey.INVITE


@pytest.mark.parametrize("where", [survey.INVITE, survey.ASK])
@pytest.mark.parametrize("how", ["button", "escape", "patience"])
def test_it_can_be_left_at_any_time(window: ApplicantWindow, where: str, how: str, filled: list) -> None:  # type: ignore[type-arg]
    window.ask_survey("baru_wni")
    if where == survey.ASK:
        window.survey.begin()
    page = window.page(where)
    if how == "button":
        (page.no if where == survey.INVITE else page.skip).click()  # type: ignore[attr-defined]
    elif how == "escape":
        QTest.keyClick(page, Qt.Key.Key_Escape)
    else:
        assert window.survey._clock.isActive()
        window.survey._timed_out()
    assert window.current == "sapa" and filled == [] and window.survey.scores == {}


def test_patience_runs_out_by_itself(window: ApplicantWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(survey.PATIENCE_S, survey.INVITE, 0.02)
    window.ask_survey("baru_wni")
    qtbot.waitUntil(lambda: window.current == "sapa")


def test_left_alone_on_the_optional_page_the_form_counts(window: ApplicantWindow, qtbot: QtBot, filled: list) -> None:  # type: ignore[type-arg]
    window.ask_survey("baru_wni")
    window.survey.begin()
    answer_all(window, qtbot, 4)
    window.survey._timed_out()
    assert [f[2] for f in filled] == [{}]


@pytest.mark.parametrize("act", ["privacy", "sign", "eyes", "wait", "serve"])
def test_the_next_applicant_never_waits(window: ApplicantWindow, act: str, filled: list) -> None:  # type: ignore[type-arg]
    window.ask_survey("baru_wni")
    window.survey.begin()
    window.survey.answer(4)
    window.serve("0043/KTP/XI/2026") if act == "serve" else getattr(window, act)()
    assert window.current not in survey.PAGES and not window.surveying and filled == []
    assert window.survey.scores == {}
    window.ask_survey("hilang")
    assert window.survey.scores == {} and window.survey.layanan == "hilang"


def test_pages_that_go_idle_leave_a_running_survey_alone(window: ApplicantWindow) -> None:
    window.ask_survey("baru_wni")
    window.idle()
    assert window.current == survey.INVITE


def test_with_one_screen_the_survey_waits_for_the_officer(window: ApplicantWindow, qtbot: QtBot) -> None:
    host = ApplicantWindow(sops.load("tempeh"))
    qtbot.addWidget(host)
    window.share_screen(host)
    window.after_handover("baru_wni", True)
    assert window.current == "sapa" and not window.surveying
    window.ask_survey("baru_wni")
    assert window.isVisible() and window.current == "putar"
    window.page("putar").go.click()  # type: ignore[attr-defined]
    assert window.current == survey.INVITE
    window.survey.stop()
    assert window.isVisible() and window.current == "putar_kembali"  # an applicant cannot walk into the operator's window
    QTest.keyClick(window.page("putar_kembali"), Qt.Key.Key_F9)
    assert not window.isVisible() and window.current == "sapa"


def test_a_form_from_the_window_reaches_the_register(office: FakeOffice, windows: object, settle: object) -> None:
    applicant = windows.applicant  # type: ignore[attr-defined]
    applicant.survey.invite("baru_wni")
    applicant.survey.page = survey.PROFILE
    applicant.survey.scores = dict.fromkeys(UNSUR, 4)
    applicant.survey.send({"kelamin": "perempuan"})
    settle(windows)  # type: ignore[operator]
    kept = office.desk.register.read(lambda v: list(v.surveys("2026-11", "2026-11")))
    assert [(a.layanan, a.kelamin, set(a.scores)) for a in kept] == [("baru_wni", "perempuan", {4})]


def test_faces_differ_without_colour(qtbot: QtBot) -> None:
    """Reduced to dark and light, no two faces are the same picture."""
    seen = []
    for score in (1, 2, 3, 4):
        card = FaceCard(score)
        qtbot.addWidget(card)
        card.resize(270, 300)
        image = card.grab().toImage()
        seen.append(tuple(QColor(image.pixel(x, y)).lightness() < 150 for y in range(20, 220, 3) for x in range(40, 230, 3)))
    assert len(set(seen)) == 4 and all(any(s) for s in seen)


def test_another_language_is_a_file(tmp_path: Path, qtbot: QtBot) -> None:
    text = load_forms()[0]
    source = (Path(__file__).parents[2] / "resources" / "survey" / "id.toml").read_text("utf-8")
    (tmp_path / "id.toml").write_text(source, "utf-8")
    (tmp_path / "xx.toml").write_text(source.replace("Bahasa Indonesia", "Basa Uji").replace("Ya, nilai", "Inggih"), "utf-8")
    forms = load_forms(tmp_path)
    assert [f.code for f in forms] == ["id", "xx"] and forms[0] == text
    s = survey.Survey(forms)
    page = survey.InvitePage(s)
    qtbot.addWidget(page)
    s.page_wanted.connect(lambda _p: page.show_now())
    s.invite("baru_wni")
    s.choose_language("xx")
    assert page.yes.text() == "Inggih"
    (tmp_path / "yy.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInput, match=r"survey_file\.unreadable"):
        load_forms(tmp_path)


# -- idle ------------------------------------------------------------------------------------------------------------------------------

def measure(text: str, title: bool, width: int) -> int:
    return 28 * max(1, -(-len(text) * 11 // width))


@pytest.mark.parametrize("office", OFFICES)
def test_every_line_of_the_standard_is_on_exactly_one_page(office: str) -> None:
    standard = service_standard(sops.load(office))
    laid = pages(standard, measure)
    blocks = [b for p in laid for b in (*p.left, *p.right)]
    shown = [(b.title.removesuffix(f" {CONTINUED}"), line) for b in blocks for line in b.lines]
    assert shown == [(k.judul, line) for k in standard for line in k.isi]
    for p in laid:
        for side in (p.left, p.right):
            assert sum(height(b, measure) for b in side) <= COLUMN_HEIGHT + 20 or len(side) == 1


def test_offices_with_their_own_standard_show_its_fourteen_components() -> None:
    for office in ("tempeh", "tapin"):
        assert len(service_standard(sops.load(office))) == 14
    made = service_standard(sops.load("palaran"))
    titles = [k.judul.split(":")[0] for k in made]
    assert {"Persyaratan", "Jangka waktu", "Biaya/tarif", "Produk pelayanan", "Penanganan pengaduan"} <= set(titles)
    assert all(k.isi for k in made)


def test_a_component_of_one_endless_line_still_gets_a_page() -> None:
    laid = pages((Komponen("Panjang", ("kata " * 900,)), Komponen("Pendek", ("a",))), measure)
    assert [b.title for p in laid for b in (*p.left, *p.right)] == ["Panjang", "Pendek"]


def test_channels_with_something_to_scan() -> None:
    found = {c.kind: c for c in channels(sops.load("tempeh").kantor)}
    assert found["situs"].link == "https://tempeh.lumajangkab.go.id" and found["email"].link == "mailto:kec_tempeh@lumajangkab.go.id"
    assert found["telepon"].link == "" and found["telepon"].value == "(0334) 520003" and "lapor" in found and "langsung" in found


@pytest.mark.parametrize("office", OFFICES)
def test_nothing_is_cut_on_any_page(office: str, qtbot: QtBot) -> None:
    window = ApplicantWindow(sops.load(office))
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    qtbot.waitExposed(window)
    page = window.page("sapa")
    assert isinstance(page, IdlePage)
    for at, slide in enumerate(page.slides):
        page._show(at)
        qtbot.wait(5)
        need = slide.layout().heightForWidth(slide.width()) if slide.layout().hasHeightForWidth() else slide.minimumSizeHint().height()
        assert need <= slide.height() and slide.layout().minimumSize().width() <= slide.width(), (slide.name, need, slide.height())
        assert window.width() == 1366 and window.height() == 768


def test_it_turns_by_itself_and_a_touch_stops_it(qtbot: QtBot) -> None:
    page = IdlePage(sops.load("tempeh"), DEFAULT_MAKLUMAT, turn_s=0.05, read_s=30)
    qtbot.addWidget(page)
    page.resize(1366, 684)
    page.show()
    qtbot.waitUntil(lambda: page.at >= 2, timeout=5000)
    QTest.mouseClick(page, Qt.MouseButton.LeftButton, pos=QPoint(600, 300))
    at = page.at
    qtbot.wait(250)
    assert page.at == at and page.resting
    page.after.click()
    assert page.at == (at + 1) % len(page.slides)
    QTest.keyClick(page, Qt.Key.Key_Left)
    assert page.at == at
    QTest.mousePress(page, Qt.MouseButton.LeftButton, pos=QPoint(900, 300))
    QTest.mouseRelease(page, Qt.MouseButton.LeftButton, pos=QPoint(500, 300))
    assert page.at == (at + 1) % len(page.slides)
    page._turned()
    assert page.at == 0 and not page.resting


def test_it_rests_while_nobody_can_see_it(window: ApplicantWindow) -> None:
    page = window.page("sapa")
    assert page._clock.isActive()  # type: ignore[attr-defined]
    window.wait()
    assert not page._clock.isActive()  # type: ignore[attr-defined]
    window.idle()
    assert page._clock.isActive() and page.at == 0  # type: ignore[attr-defined]


def test_the_offices_own_maklumat_and_contrast(window: ApplicantWindow) -> None:
    window.set_maklumat("Kami melayani dengan hati.")
    page = window.page("sapa")
    assert page.slides[-2].text.text() == "Kami melayani dengan hati."  # type: ignore[attr-defined]
    window.set_contrast("contrast")
    assert window._ktpel_theme.contrast == "contrast"  # type: ignore[attr-defined]
    window.resize(1000, 600)
    assert window._ktpel_theme.contrast == "contrast"  # type: ignore[attr-defined]
