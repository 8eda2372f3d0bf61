"""The applicant's window: large type, one thing at a time. The operator's pages drive it; answers come as signals.

On a machine with one screen it covers the operator's window while the applicant answers and steps aside afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.ui.applicant.pages import (
    ApplicantPage,
    DataPage,
    EyesPage,
    HandsPage,
    PhotoPage,
    PrivacyPage,
    ReviewPage,
    SignPage,
    ThanksPage,
    WaitPage,
    WelcomePage,
)
from ktpel_kiosk.ui.presenters.session import number_short
from ktpel_kiosk.ui.theme import Theme, set_theme
from ktpel_kiosk.ui.widgets.base import Line, label
from ktpel_kiosk.ui.widgets.status import LogoTile, ProgressDots
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.domain.sop import Sop

ORDER = ("privasi", "data", "foto", "jari", "mata", "tanda_tangan", "tinjau")

ASKS = ("privasi", "data", "tanda_tangan", "tinjau")
"""Pages that wait for the applicant's own answer."""


class ApplicantWindow(QMainWindow):
    """Signals carry the applicant's answers; page methods show what is asked."""

    understood = Signal()
    data_answered = Signal(tuple)
    signed = Signal(object)
    agreed = Signal()

    def __init__(self, sop: Sop, *, theme: Theme | None = None, second_screen: bool = True) -> None:
        super().__init__()
        self.sop, self.second_screen = sop, second_screen
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

    def page(self, key: str) -> ApplicantPage:
        if key not in self._pages:
            made: ApplicantPage = {
                "sapa": lambda: WelcomePage(self.sop), "privasi": lambda: PrivacyPage(self.sop), "data": DataPage, "foto": PhotoPage,
                "jari": HandsPage, "mata": EyesPage, "tanda_tangan": SignPage, "tinjau": ReviewPage, "tunggu": WaitPage,
                "terima_kasih": ThanksPage,
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
        page = self.page(key)
        self.stack.setCurrentWidget(page)
        at = ORDER.index(key) if key in ORDER else -1
        self.dots.setVisible(at >= 0)
        if at >= 0:
            self.dots.set(len(ORDER), at)
        self._step_forward(key)
        page.focus_first()
        return page

    # -- what the operator's pages ask for ----------------------------------------------------------------------------

    def idle(self) -> None:
        """Nobody is served: standar pelayanan and complaint channels."""
        self.number.setText("")
        self._show("sapa")

    def serve(self, nomor: str) -> None:
        """An applicant sits down."""
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

    def hands(self, states: dict[Position, str], positions: Sequence[Position], share: float, done: bool = False) -> None:
        page = self._show("jari")
        assert isinstance(page, HandsPage)
        page.show_hands(states, tuple(positions), share, done)

    def eyes(self) -> None:
        self._show("mata")

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
