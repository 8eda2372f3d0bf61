"""The applicant's pages by their keys: how each is made, and where its answers go."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ktpel_kiosk.ui.applicant import survey
from ktpel_kiosk.ui.applicant.closing import NeutralPage, ReviewPage, ThanksPage, TurnPage, WaitPage, WelcomePage
from ktpel_kiosk.ui.applicant.data import DataPage
from ktpel_kiosk.ui.applicant.eyes import EyesPage
from ktpel_kiosk.ui.applicant.hands import HandsPage
from ktpel_kiosk.ui.applicant.idle import IdlePage
from ktpel_kiosk.ui.applicant.parts import ApplicantPage
from ktpel_kiosk.ui.applicant.portrait import PhotoPage
from ktpel_kiosk.ui.applicant.privacy import PrivacyPage
from ktpel_kiosk.ui.applicant.sign import SignPage

if TYPE_CHECKING:
    from ktpel_kiosk.ui.applicant_window import ApplicantWindow

PLAIN: dict[str, Callable[..., ApplicantPage]] = {
    "data": DataPage, "foto": PhotoPage, "jari": HandsPage, "mata": EyesPage, "tanda_tangan": SignPage, "tinjau": ReviewPage,
    "tunggu": WaitPage, "terima_kasih": ThanksPage, "sambut": WelcomePage, "netral": NeutralPage, "putar": TurnPage,
}
"""Pages that need only the language."""

SURVEY: dict[str, Callable[..., ApplicantPage]] = {
    survey.INVITE: survey.InvitePage, survey.ASK: survey.QuestionPage, survey.PROFILE: survey.ProfilePage,
    survey.THANKS: survey.SurveyThanksPage,
}


def make_page(window: ApplicantWindow, key: str) -> ApplicantPage:
    """A new page for ``key``, its signals connected to the window's.

    Raises:
        KeyError: there is no such page.
    """
    tongue = window.tongue
    if key == "sapa":
        page: ApplicantPage = IdlePage(window.sop, window.maklumat)
    elif key == "privasi":
        page = PrivacyPage(window.sop, tongue)
    elif key == "putar_kembali":
        page = TurnPage(tongue, back=True)
    elif key in SURVEY:
        page = SURVEY[key](window.survey)
    else:
        page = PLAIN[key](tongue)
    _connect(window, page)
    return page


def _connect(window: ApplicantWindow, page: ApplicantPage) -> None:
    page.told.connect(lambda text: window.told(page, text))
    if isinstance(page, PrivacyPage):
        page.understood.connect(window.understood)
        page.language.connect(window.set_language)
    elif isinstance(page, DataPage):
        page.answered.connect(window.data_answered)
    elif isinstance(page, SignPage):
        page.signed.connect(window.signed)
    elif isinstance(page, ReviewPage):
        page.agreed.connect(window.agreed)
    elif isinstance(page, ThanksPage):
        page.over.connect(window.idle)
    elif isinstance(page, TurnPage):
        page.begun.connect(window.turning.begun)
        page.officer.connect(window.take_back)
        page.held.connect(window.hold)
