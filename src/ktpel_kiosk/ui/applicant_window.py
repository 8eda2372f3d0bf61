"""The applicant's window: large type, one thing at a time. The operator's pages drive it; answers come as signals.

On a machine with one screen it covers the operator's window while the applicant answers and steps aside afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.desk.notices import DEFAULT_MAKLUMAT
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.ui.applicant import survey
from ktpel_kiosk.ui.applicant.forms import load_forms
from ktpel_kiosk.ui.applicant.idle import IdlePage
from ktpel_kiosk.ui.applicant.pages import (
    DataPage,
    EyesPage,
    HandsPage,
    PhotoPage,
    PrivacyPage,
    ReviewPage,
    SignPage,
    ThanksPage,
    WaitPage,
)
from ktpel_kiosk.ui.applicant.parts import ApplicantPage
from ktpel_kiosk.ui.presenters.session import number_short
from ktpel_kiosk.ui.theme import Theme, set_theme
from ktpel_kiosk.ui.widgets.base import Line, label
from ktpel_kiosk.ui.widgets.status import LogoTile, ProgressDots
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.domain.sop import Sop
    from ktpel_kiosk.ui.widgets.preview import PreviewView

ORDER = ("privasi", "data", "foto", "jari", "mata", "tanda_tangan", "tinjau")

ASKS = ("privasi", "data", "tanda_tangan", "tinjau", *survey.PAGES)
"""Pages that wait for the applicant's own answer."""


class ApplicantWindow(QMainWindow):
    """Signals carry the applicant's answers; page methods show what is asked."""

    understood = Signal()
    data_answered = Signal(tuple)
    signed = Signal(object)
    agreed = Signal()
    surveyed = Signal(str, dict, dict)
    """A whole survey form: service, scores by unsur, profile."""

    def __init__(self, sop: Sop, *, theme: Theme | None = None, second_screen: bool = True) -> None:
        super().__init__()
        self.sop, self.second_screen = sop, second_screen
        self._maklumat = DEFAULT_MAKLUMAT
        self._survey: survey.Survey | None = None
        self._auto_scale = theme is None
        self.setWindowTitle(f"Pemohon · {sop.kantor.nama}")
        self.setMinimumSize(800, 480)
        set_theme(self, theme or Theme())
        root = QWidget()
        root.setProperty("surface", "plain")
        self.office = label(sop.kantor.nama, step="strong", weight="semibold")
        self.number = label("", step="strong", tone="muted")
        self.dots = ProgressDots()
        head = QFrame()
        line = QHBoxLayout(head)
        line.setContentsMargins(56, 20, 56, 20)
        line.setSpacing(14)
        for item in (LogoTile(side=40), self.office, self.number):
            line.addWidget(item)
        line.addStretch(1)
        line.addWidget(self.dots)
        self.stack = QStackedWidget()
        outer = QVBoxLayout(root)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(head)
        outer.addWidget(Line())
        outer.addWidget(self.stack, 1)
        self.setCentralWidget(root)
        self._pages: dict[str, ApplicantPage] = {}
        self._host: QWidget | None = None
        self.idle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._auto_scale:
            scale = max(0.7, min(2.0, round(min(self.width() / 1366, self.height() / 768), 2)))
            if scale != self._ktpel_theme.scale:  # type: ignore[attr-defined]
                set_theme(self, Theme(self._ktpel_theme.contrast, scale))  # type: ignore[attr-defined]
        super().resizeEvent(event)

    def set_contrast(self, contrast: str) -> None:
        """``light`` or ``contrast``, as the officer chose for the desk."""
        if contrast != self._ktpel_theme.contrast:  # type: ignore[attr-defined]
            set_theme(self, Theme(contrast, self._ktpel_theme.scale))  # type: ignore[attr-defined]

    def set_maklumat(self, text: str) -> None:
        """The office's own maklumat pelayanan."""
        if text != self._maklumat:
            self._maklumat = text
            page = self._pages.get("sapa")
            if isinstance(page, IdlePage):
                page.show_maklumat(text)

    def page(self, key: str) -> ApplicantPage:
        if key not in self._pages:
            made: ApplicantPage = {
                "sapa": lambda: IdlePage(self.sop, self._maklumat), "privasi": lambda: PrivacyPage(self.sop), "data": DataPage,
                "foto": PhotoPage,
                "jari": HandsPage, "mata": EyesPage, "tanda_tangan": SignPage, "tinjau": ReviewPage, "tunggu": WaitPage,
                "terima_kasih": ThanksPage, survey.INVITE: lambda: survey.InvitePage(self.survey),
                survey.ASK: lambda: survey.QuestionPage(self.survey), survey.PROFILE: lambda: survey.ProfilePage(self.survey),
                survey.THANKS: lambda: survey.SurveyThanksPage(self.survey),
            }[key]()
            self._connect(made)
            self.stack.addWidget(made)
            self._pages[key] = made
        return self._pages[key]

    def _connect(self, page: ApplicantPage) -> None:
        if isinstance(page, PrivacyPage):
            page.understood.connect(self.understood)
        elif isinstance(page, DataPage):
            page.answered.connect(self.data_answered)
        elif isinstance(page, SignPage):
            page.signed.connect(self.signed)
        elif isinstance(page, ReviewPage):
            page.agreed.connect(self.agreed)

    def share_screen(self, host: QWidget) -> None:
        """One screen only: this window covers ``host`` while the applicant has to answer (the screen is turned around)."""
        self._host = host
        self.setGeometry(host.geometry())

    def _step_forward(self, key: str) -> None:
        if self._host is None:
            return
        if key in ASKS:
            self.showFullScreen()
            self.raise_()
            self.activateWindow()
        else:
            self.hide()
            self._host.activateWindow()

    @property
    def current(self) -> str:
        return next((k for k, p in self._pages.items() if p is self.stack.currentWidget()), "")

    def _show(self, key: str) -> ApplicantPage:
        if key not in survey.PAGES and self.surveying:
            self.survey.interrupted()
        page = self.page(key)
        if isinstance(page, survey.SurveyPage):
            page.show_now()
        self.stack.setCurrentWidget(page)
        count, at = len(ORDER), ORDER.index(key) if key in ORDER else -1
        if key in (survey.ASK, survey.PROFILE):
            count = len(self.survey.form.questions) + 1
            at = self.survey.at if key == survey.ASK else count - 1
        self.dots.setVisible(at >= 0)
        if at >= 0:
            self.dots.set(count, at)
        self._step_forward(key)
        page.focus_first()
        return page

    # -- what the operator's pages ask for ----------------------------------------------------------------------------

    def idle(self) -> None:
        """Nobody is served: standar pelayanan, maklumat, complaint channels. A survey under way ends by itself first."""
        if self.surveying:
            return
        self.number.setText("")
        shown = self.current == "sapa"
        page = self._show("sapa")
        if isinstance(page, IdlePage) and not shown:
            page.restart()

    @property
    def survey(self) -> survey.Survey:
        """Made when it is first asked for."""
        if self._survey is None:
            self._survey = survey.Survey(load_forms())
            self._survey.page_wanted.connect(self._show)
            self._survey.filled.connect(self.surveyed)
            self._survey.over.connect(self.idle)
        return self._survey

    @property
    def surveying(self) -> bool:
        return self._survey is not None and self._survey.running

    def ask_survey(self, layanan: str, greeting: str = "") -> None:
        """Would the applicant rate the service just given? Skipped or left alone, the window goes back to idle by itself."""
        self.number.setText("")
        self.survey.invite(layanan, greeting)

    def after_handover(self, layanan: str, card: bool) -> None:
        """Thanks, and the survey. With one screen only the officer needs it back at once: the survey is then started by hand."""
        if self._host is None:
            self.ask_survey(layanan, word("siaga", "terima_kartu" if card else "terima_surat"))
        else:
            self.idle()

    def serve(self, nomor: str) -> None:
        """An applicant sits down."""
        if self.surveying:
            self.survey.interrupted()
            self.wait()
        self.number.setText(word("pemohon", "nomor").format(nomor=number_short(nomor)) if nomor else "")

    def privacy(self) -> None:
        self._show("privasi")

    def data(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """Is this you? ``rows``: field name, label, value."""
        page = self._show("data")
        assert isinstance(page, DataPage)
        page.show_rows(rows)

    def photo(self) -> None:
        self._show("foto")

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

    def hands(self, states: dict[Position, str], positions: Sequence[Position], share: float, done: bool = False, hint: str = "") -> None:
        """``hint``: what to do better with the last touch, in the applicant's words."""
        page = self._show("jari")
        assert isinstance(page, HandsPage)
        page.show_hands(states, tuple(positions), share, done, hint)

    def eyes(self, hint: str = "") -> None:
        page = self._show("mata")
        assert isinstance(page, EyesPage)
        page.show_hint(hint)

    def sign(self, *, handover: bool = False) -> None:
        page = self._show("tanda_tangan")
        assert isinstance(page, SignPage)
        page.ask(word("pemohon", "ttd_terima_kecil" if handover else "ttd_kecil"))

    def show_signature(self, image: QImage) -> None:
        """What the pad took, so that the applicant sees it."""
        page = self._pages.get("tanda_tangan")
        if isinstance(page, SignPage):
            page.ink.show_picture(image)

    def review(self, name: str, portrait: QImage | None, signature: QImage | None, lines: Sequence[str]) -> None:
        page = self._show("tinjau")
        assert isinstance(page, ReviewPage)
        page.show_review(name, portrait, signature, lines)

    def wait(self) -> None:
        self._show("tunggu")

    def thanks(self, nomor: str, name: str, estimate: str) -> None:
        page = self._show("terima_kasih")
        assert isinstance(page, ThanksPage)
        page.show_receipt(nomor, name, estimate)
        self.number.setText(word("pemohon", "nomor").format(nomor=number_short(nomor)))
