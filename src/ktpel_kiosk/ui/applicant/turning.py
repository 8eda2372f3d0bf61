"""One screen for two people: it is turned to the applicant before a question and back after the answer; only the officer's key leads back.

Which page waits behind the turning, and what was asked when the officer took the screen in the middle, is kept here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ktpel_kiosk.ui.applicant import survey

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from ktpel_kiosk.ui.applicant_window import ApplicantWindow

ASKS = ("privasi", "data", "tanda_tangan", "tinjau", *survey.PAGES)
"""Pages that wait for the applicant's own answer."""

THERE, BACK = "putar", "putar_kembali"


class Turning:
    """``host``: the window that is covered; None while the applicant has a screen of their own."""

    def __init__(self, window: ApplicantWindow) -> None:
        self._window = window
        self.host: QWidget | None = None
        self._round = False
        self._behind = self._away = ""

    @property
    def put_away(self) -> bool:
        """The officer has the screen although the last question was not answered."""
        return self.host is not None and bool(self._away) and not self._window.isVisible()

    def share(self, host: QWidget) -> None:
        """One screen only: the window covers ``host`` while the applicant has to answer."""
        self.host = host
        self._window.setGeometry(host.geometry())

    def own(self) -> None:
        """A second screen is there (again): the window covers nothing any more."""
        self.host, behind, self._behind, self._away = None, self._behind, "", ""
        if behind or self._window.current in (THERE, BACK):
            self._window.show_page(behind or "sapa")

    def holds(self, key: str) -> bool:
        """Before ``key`` is shown: ask for the screen to be turned first. True where ``key`` has to wait."""
        if self.host is None:
            return False
        self._away = ""
        if key in ASKS:
            return self._to_applicant(key)
        if self._round and self._window.current != THERE:
            self._behind, self._round = key, False
            self._ask(BACK)
            return True
        if self._window.current == BACK and self._window.isVisible():
            self._behind = key
            return True
        self._round = False
        self._window.hide()
        return False

    def _to_applicant(self, key: str) -> bool:
        if not self._round:
            self._behind, self._round = key, True
            self._window.showFullScreen()
            self._window.raise_()
            self._window.activateWindow()
            self._ask(THERE)
            return True
        if self._window.current == THERE:
            self._behind = key
            return True
        return False

    def _ask(self, key: str) -> None:
        self._window.put(key)
        self._window.page(key).focus_first()

    def begun(self) -> None:
        """The applicant sits before the screen."""
        key, self._behind = self._behind, ""
        if key:
            self._ask(key)

    def take_back(self) -> bool:
        """The officer has the screen again; False where it was never shared."""
        if self.host is None:
            return False
        window, behind = self._window, self._behind
        asked = behind or window.current
        self._away = asked if asked in ASKS and asked not in survey.PAGES else ""
        window.hide()
        self._round, self._behind = False, ""
        if behind and behind not in ASKS:
            window.put(behind)
        self.host.activateWindow()
        return True

    def ask_again(self) -> None:
        """The question that was not answered, once more."""
        if self._away:
            self._window.show_page(self._away)

    def forget(self) -> None:
        """Another applicant: nothing is open."""
        self._away = ""
