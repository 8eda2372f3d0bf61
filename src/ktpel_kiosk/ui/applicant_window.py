"""The applicant's window: large type, one thing at a time. The operator's pages drive it; answers come as signals.

On a machine with one screen it covers the operator's window while the applicant answers (ui/applicant/turning.py).
What it shows of a person is forgotten when they leave (:meth:`ApplicantWindow.idle`, a new number, another officer).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QImage, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from ktpel_kiosk.desk.notices import DEFAULT_MAKLUMAT
from ktpel_kiosk.domain.biometric import PenPoint, Position
from ktpel_kiosk.ui.applicant import survey
from ktpel_kiosk.ui.applicant.catalogue import make_page
from ktpel_kiosk.ui.applicant.closing import ReviewPage, ThanksPage, WelcomePage
from ktpel_kiosk.ui.applicant.data import DataPage
from ktpel_kiosk.ui.applicant.eyes import EyesPage
from ktpel_kiosk.ui.applicant.forms import load_forms
from ktpel_kiosk.ui.applicant.hands import HandsPage
from ktpel_kiosk.ui.applicant.idle import IdlePage
from ktpel_kiosk.ui.applicant.lang import Tongue
from ktpel_kiosk.ui.applicant.look import LARGER, ApplicantTheme, scale_for
from ktpel_kiosk.ui.applicant.parts import ApplicantPage
from ktpel_kiosk.ui.applicant.portrait import PhotoPage
from ktpel_kiosk.ui.applicant.readout import Readout
from ktpel_kiosk.ui.applicant.sign import SignPage
from ktpel_kiosk.ui.applicant.top import TopLine
from ktpel_kiosk.ui.applicant.turning import ASKS as ASKS
from ktpel_kiosk.ui.applicant.turning import Turning
from ktpel_kiosk.ui.presenters.session import number_short
from ktpel_kiosk.ui.speech import Voice
from ktpel_kiosk.ui.style_care import bury
from ktpel_kiosk.ui.theme import Theme, set_theme
from ktpel_kiosk.ui.widgets.base import Line
from ktpel_kiosk.ui.widgets.front import FrontStack
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.domain.sop import Sop
    from ktpel_kiosk.ui.widgets.preview import PreviewView

ORDER = ("privasi", "data", "foto", "jari", "mata", "tanda_tangan", "tinjau")

HELPLESS = ("sapa", "netral", "putar", "putar_kembali", survey.THANKS)
"""Pages without the button that calls the officer."""

CALLED_MS = 20_000
"""So long the button says that the officer was called."""

AHEAD_MS = 300
"""After a question is on the screen the last page of the survey is built, while the applicant reads."""


class ApplicantWindow(QMainWindow):
    """Signals carry the applicant's answers; page methods show what is asked."""

    understood = Signal()
    data_answered = Signal(tuple)
    signed = Signal(object)
    agreed = Signal()
    surveyed = Signal(str, dict, dict)
    """A whole survey form: service, scores by unsur, profile."""

    help_called = Signal(str)
    """The applicant wants the officer; the number under which they are served."""

    taken_back = Signal()
    """One screen: the officer's key gave the screen back."""

    held_back = Signal()
    """One screen: somebody held the button down; the operator's window must ask who it is."""

    def __init__(self, sop: Sop, *, theme: Theme | None = None, second_screen: bool = True, voice: Voice | None = None) -> None:
        super().__init__()
        self.sop, self.second_screen = sop, second_screen
        self.maklumat = DEFAULT_MAKLUMAT
        self._survey: survey.Survey | None = None
        self._auto_scale = theme is None
        self._contrast, self._letters = theme.contrast if theme else "light", 1.0
        self.tongue = Tongue()
        self.readout = Readout(voice or Voice.shared(), self)
        self.setWindowTitle(f"Pemohon · {sop.kantor.nama}")
        self.setMinimumSize(600, 480)
        set_theme(self, ApplicantTheme(self._contrast, theme.scale if theme else 1.0))
        root = QWidget()
        root.setProperty("surface", "plain")
        self.top = TopLine(sop.kantor.nama)
        self.number, self.dots = self.top.number, self.top.dots
        self.top.aloud.clicked.connect(self._read)
        self.top.help.clicked.connect(self.call_officer)
        self.readout.changed.connect(lambda _on: self._top_words())
        self._called = QTimer(self)
        self._called.setSingleShot(True)
        self._called.setInterval(CALLED_MS)
        self._called.timeout.connect(self._top_words)
        self.stack = FrontStack()
        outer = QVBoxLayout(root)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.top)
        outer.addWidget(Line())
        outer.addWidget(self.stack, 1)
        self.setCentralWidget(root)
        self._pages: dict[str, ApplicantPage] = {}
        self.turning = Turning(self)
        self._locked, self._behind = False, ""
        self._nomor = ""
        self.idle()

    # -- look ----------------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._auto_scale:
            self._look(scale_for(self.width(), self.height()))
        super().resizeEvent(event)

    def _look(self, scale: float | None = None) -> None:
        now: ApplicantTheme = self._ktpel_theme  # type: ignore[attr-defined]
        wanted = ApplicantTheme(self._contrast, scale or now.scale, letters=self._letters)
        if wanted != now:
            set_theme(self, wanted)

    def set_contrast(self, contrast: str) -> None:
        """``light`` or ``contrast``, as the officer chose for the desk."""
        self._contrast = contrast
        self._look()

    @property
    def larger(self) -> bool:
        return self._letters > 1

    def set_larger(self, on: bool) -> None:
        """Larger letters for this applicant."""
        self._letters = LARGER if on else 1.0
        self._look()

    def set_maklumat(self, text: str) -> None:
        """The office's own maklumat pelayanan."""
        if text != self.maklumat:
            self.maklumat = text
            page = self._pages.get("sapa")
            if isinstance(page, IdlePage):
                page.show_maklumat(text)

    # -- for one applicant ---------------------------------------------------------------------------------------------------

    @property
    def speech(self) -> bool:
        """Pages and hints are read aloud by themselves."""
        return self.readout.on

    def set_speech(self, on: bool) -> None:
        """The officer's choice for this applicant; nothing happens where the machine has no voice."""
        self.readout.set_on(on and self.readout.available)
        if self.readout.on and self.current not in ("", "sapa"):
            self.readout.page(self._page_now().spoken(), self.tongue)

    @property
    def left_handed(self) -> bool:
        page = self._pages.get("tanda_tangan")
        return isinstance(page, SignPage) and page.left_handed

    def set_left_handed(self, on: bool) -> None:
        page = self.page("tanda_tangan")
        assert isinstance(page, SignPage)
        page.set_left_handed(on)

    def set_language(self, code: str) -> None:
        """Another language for this applicant; what is asked at this moment is asked again in it."""
        if code == self.tongue.code:
            return
        self.tongue = Tongue(code)
        self.readout.silence()
        shown = self.current
        for key in [k for k in self._pages if k != "sapa" and k not in survey.PAGES]:
            page = self._pages.pop(key)
            page.forget()
            self.stack.removeWidget(page)
            bury(page)
        self._top_words()
        if shown not in self._pages:
            self.show_page(shown)

    def call_officer(self) -> None:
        """Tell the operator's window quietly; the applicant sees that it was heard."""
        self._called.start()
        self._top_words()
        self.help_called.emit(self._nomor)

    def _read(self) -> None:
        self.readout.now(self._page_now().spoken(), self.tongue)

    def _page_now(self) -> ApplicantPage:
        page = self.stack.currentWidget()
        assert isinstance(page, ApplicantPage)
        return page

    def _top_words(self) -> None:
        w, key, called = self.tongue, self.current, self._called.isActive()
        speaks = self.readout.voice.busy
        self.top.help.show_as(w("petugas_dipanggil" if called else "panggil"), "check" if called else "hand", "good" if called else "")
        self.top.aloud.show_as(w("diam" if speaks else "bacakan"), "x" if speaks else "volume-2", "accent" if speaks else "")
        self.top.help.setVisible(key not in HELPLESS)
        self.top.aloud.setVisible(self.readout.available and key not in ("sapa", "netral") and bool(self._page_now().spoken()))
        self.number.setText(w("nomor", nomor=number_short(self._nomor)) if self._nomor and not self._locked else "")
        self.top.fit()

    # -- pages ---------------------------------------------------------------------------------------------------------------

    def page(self, key: str) -> ApplicantPage:
        if key not in self._pages:
            made = make_page(self, key)
            self.stack.addWidget(made)
            self._pages[key] = made
        return self._pages[key]

    def told(self, page: ApplicantPage, text: str) -> None:
        """A page has something to be read aloud."""
        if page is self.stack.currentWidget():
            self.readout.hint(text, self.tongue)

    @property
    def current(self) -> str:
        return next((k for k, p in self._pages.items() if p is self.stack.currentWidget()), "")

    def show_page(self, key: str) -> ApplicantPage:
        """``key`` is wanted: at once, or as soon as the screen is turned or unlocked."""
        if key not in survey.PAGES and self.surveying:
            self.survey.interrupted()
        page = self.page(key)
        if isinstance(page, survey.SurveyPage):
            page.show_now()
        if self._locked:
            self._behind = key
            return page
        if self.turning.holds(key):
            return page
        if key != self.current:
            self.put(key)
        page.focus_first()
        return page

    def put(self, key: str) -> None:
        """On the screen, with the line above it."""
        page = self.page(key)
        self.stack.setCurrentWidget(page)
        self._dots(key)
        self._top_words()
        if key != "sapa":
            self.readout.page(page.spoken(), self.tongue)
        if key == survey.ASK:
            QTimer.singleShot(AHEAD_MS, self, lambda: self.page(survey.PROFILE))  # long, and in the way of a tap when it is built then

    def _dots(self, key: str) -> None:
        count, at = len(ORDER), ORDER.index(key) if key in ORDER else -1
        if key in (survey.ASK, survey.PROFILE):
            count = len(self.survey.form.questions) + 1
            at = self.survey.at if key == survey.ASK else count - 1
        self.dots.setVisible(at >= 0)
        if at >= 0:
            self.dots.set(count, at)

    # -- one screen ----------------------------------------------------------------------------------------------------------

    def share_screen(self, host: QWidget) -> None:
        """One screen only: this window covers ``host`` while the applicant has to answer (the screen is turned around)."""
        self.turning.share(host)

    def own_screen(self) -> None:
        """A second screen is there (again): this window covers nothing any more."""
        self.turning.own()

    def turn(self) -> None:
        """The second screen went while the applicant had to answer: ask for the shared one to be turned."""
        self.turning.holds(self.current)

    @property
    def shared(self) -> bool:
        return self.turning.host is not None

    @property
    def put_away(self) -> bool:
        """One screen: the officer took it back before the last question was answered."""
        return self.turning.put_away

    def ask_again(self) -> None:
        """One screen: the question that was not answered, once more."""
        self.turning.ask_again()

    def take_back(self) -> None:
        """The officer has the screen again."""
        if self.turning.take_back():
            self.readout.silence()
            self.taken_back.emit()

    def hold(self) -> None:
        """The screen was taken by hand: the operator's window asks who it is."""
        self.held_back.emit()
        self.take_back()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """With one screen the officer's key works on every page; the keyboard stays on the officer's side."""
        if self.shared and event.key() in (Qt.Key.Key_F9, Qt.Key.Key_Escape) and not self.surveying:
            self.take_back()
        else:
            super().keyPressEvent(event)

    # -- the officer is away ---------------------------------------------------------------------------------------------------

    def lock(self) -> None:
        """The operator's window is locked: a neutral page until somebody signs in."""
        if self._locked:
            return
        if self.surveying:
            return
        self._behind = self.current
        if self._behind in ("", "sapa"):
            self._behind = ""
            return
        self.readout.silence()
        self.put("netral")
        self._locked = True
        self._top_words()

    def unlock(self, *, same: bool) -> None:
        """Somebody signed in; ``same``: who was there before, so the applicant's page comes back. Else it is forgotten."""
        if not same:
            self._locked = False
            self.idle()
        elif self._locked:
            self._locked = False
            key, self._behind = self._behind, ""
            self.show_page(key or "sapa")

    # -- what the operator's pages ask for -------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Nothing of the applicant stays: pictures, words, ink, hand, language, letters, voice."""
        self.readout.silence()
        self.readout.on = False
        self._nomor = ""
        self._called.stop()
        self.turning.forget()
        for page in self._pages.values():
            page.forget()
        self.set_larger(False)
        self.set_language("id")

    def idle(self) -> None:
        """Nobody is served: standar pelayanan, maklumat, complaint channels. A survey under way ends by itself first."""
        if self.surveying:
            return
        shown = self.current == "sapa"
        page = self.show_page("sapa")
        self.forget()
        self._top_words()
        if isinstance(page, IdlePage) and not shown:
            page.restart()

    @property
    def survey(self) -> survey.Survey:
        """Made when it is first asked for."""
        if self._survey is None:
            self._survey = survey.Survey(load_forms())
            self._survey.page_wanted.connect(self.show_page)
            self._survey.filled.connect(self.surveyed)
            self._survey.over.connect(self.idle)
        return self._survey

    @property
    def surveying(self) -> bool:
        return self._survey is not None and self._survey.running

    def ask_survey(self, layanan: str, greeting: str = "") -> None:
        """Would the applicant rate the service just given? Skipped or left alone, the window goes back to idle by itself."""
        self.forget()
        self.survey.invite(layanan, greeting)

    def after_handover(self, layanan: str, card: bool) -> None:
        """Thanks, and the survey. With one screen only the officer needs it back at once: the survey is then started by hand."""
        if not self.shared:
            self.ask_survey(layanan, word("siaga", "terima_kartu" if card else "terima_surat"))
        else:
            self.idle()

    def done(self) -> None:
        """What was kept of the applicant is forgotten. The next page follows at once: none is laid out in between."""
        if self.tongue.code == "id" and not self.surveying:
            self.forget()
        else:
            self.idle()

    def serve(self, nomor: str, *, greet: bool = True) -> None:
        """An applicant sits down; another number than before: whoever sat here is forgotten. ``greet``: by the page for it."""
        if self.surveying:
            self.survey.interrupted()
            self.wait()
        if nomor != self._nomor:
            self.forget()
            self._nomor = nomor
            page = self.page("sambut")
            assert isinstance(page, WelcomePage)
            page.show_number(number_short(nomor) if nomor else "")
            if greet and nomor and self.current == "sapa" and not self.shared:
                self.show_page("sambut")
        self._top_words()

    def privacy(self) -> None:
        self.show_page("privasi")

    def data(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Is this you? ``rows``: field name, label, value."""
        page = self.page("data")
        assert isinstance(page, DataPage)
        page.show_rows(rows)
        self.show_page("data")

    def photo(self) -> None:
        self.show_page("foto")

    def photo_frame(self, image: QImage | None, hint: str = "") -> None:
        page = self._pages.get("foto")
        if isinstance(page, PhotoPage):
            page.show_frame(image, hint)

    def photo_plate(self) -> PreviewView | None:
        """Where live frames of the portrait go (ui/feed.py); None before that page was shown."""
        page = self._pages.get("foto")
        return page.view if isinstance(page, PhotoPage) else None

    def photo_state(self, hint: str = "", countdown: float | None = None, seconds: str = "") -> None:
        """One hint in the applicant's words, and how much of the time until the automatic picture is over."""
        page = self._pages.get("foto")
        if isinstance(page, PhotoPage):
            page.show_state(hint, countdown, seconds)

    def photo_taken(self, image: QImage, good: bool = True) -> None:
        """The picture that was taken; ``good``: it need not be taken again."""
        page = self._pages.get("foto")
        if isinstance(page, PhotoPage):
            page.show_taken(image, good)

    def hands(self, states: dict[Position, str], positions: Sequence[Position], share: float, done: bool = False, hint: str = "") -> None:
        """``hint``: what to do better with the last touch, in the applicant's words."""
        page = self.page("jari")
        assert isinstance(page, HandsPage)
        page.show_hands(states, tuple(positions), share, done, hint)
        self.show_page("jari")

    def eyes(self, hint: str = "") -> None:
        page = self.show_page("mata")
        assert isinstance(page, EyesPage)
        page.show_hint(hint)

    def sign(self, *, handover: bool = False) -> None:
        page = self.page("tanda_tangan")
        assert isinstance(page, SignPage)
        page.ask(self.tongue("ttd_terima_kecil" if handover else "ttd_kecil"))
        self.show_page("tanda_tangan")

    def show_ink(self, points: Sequence[PenPoint], width: int, height: int) -> None:
        """What is being written on a pad of ``width`` x ``height`` units."""
        page = self._pages.get("tanda_tangan")
        if isinstance(page, SignPage):
            page.show_ink(points, width, height)

    def show_signature(self, image: QImage) -> None:
        """What the pad took, so that the applicant sees it."""
        page = self._pages.get("tanda_tangan")
        if isinstance(page, SignPage):
            page.show_signature(image)

    def review(self, name: str, portrait: QImage | None, signature: QImage | None, parts: Sequence[tuple[str, int]]) -> None:
        """``parts``: what was recorded (``data foto jari iris tanda_tangan pengecualian``) and how many of it."""
        page = self.page("tinjau")
        assert isinstance(page, ReviewPage)
        page.show_review(name, portrait, signature, parts)
        self.show_page("tinjau")

    def wait(self) -> None:
        self.show_page("tunggu")

    def thanks(self, nomor: str, name: str, estimate: str) -> None:
        self.serve(nomor, greet=False)
        page = self.page("terima_kasih")
        assert isinstance(page, ThanksPage)
        page.show_receipt(nomor, name, estimate)
        self.show_page("terima_kasih")

    def closeEvent(self, event: QCloseEvent) -> None:
        self.readout.silence()
        super().closeEvent(event)
