"""The officer's side of the applicant's window: voice, larger letters, left hand, for the applicant who sits here; calls for help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from ktpel_kiosk.ui.presenters.session import number_short
from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from collections.abc import Callable

    from ktpel_kiosk.ui.applicant_window import ApplicantWindow
    from ktpel_kiosk.ui.operator_window import OperatorWindow


class ApplicantControls(QWidget):
    """Three switches; they show how the window stands when the page comes up, and hold for this applicant only."""

    def __init__(self, window: Callable[[], ApplicantWindow | None]) -> None:
        super().__init__()
        self._window = window
        line = Flow(8)
        self.setLayout(line)
        title = label(word("layar_pemohon", "judul"), "small", tone="muted")
        title.setMinimumHeight(48)
        title.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        line.addWidget(title)
        self.speech, self.larger, self.left = (ChoiceChip(word("layar_pemohon", key)) for key in ("suara", "huruf", "kiri"))
        self.speech.toggled.connect(lambda on: self._set("set_speech", on))
        self.larger.toggled.connect(lambda on: self._set("set_larger", on))
        self.left.toggled.connect(lambda on: self._set("set_left_handed", on))
        for chip in (self.speech, self.larger, self.left):
            line.addWidget(chip)

    def _set(self, what: str, on: bool) -> None:
        window = self._window()
        if window is not None:
            getattr(window, what)(on)

    def look(self) -> None:
        """Show what holds now; a machine without a voice offers none."""
        window = self._window()
        self.setVisible(window is not None)
        if window is None:
            return
        self.speech.setVisible(window.readout.available)
        for chip, on in ((self.speech, window.speech), (self.larger, window.larger), (self.left, window.left_handed)):
            chip.blockSignals(True)
            chip.setChecked(on)
            chip.blockSignals(False)
            chip.update()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()


def join(operator: OperatorWindow, applicant: ApplicantWindow) -> None:
    """What the applicant's window asks of the operator's: help, quietly; and a sign-in when a turned screen is taken by hand."""
    def called(nomor: str) -> None:
        if not operator.session.actor.username:
            return
        who = word("layar_pemohon", "nomor").format(nomor=number_short(nomor)) if nomor else word("layar_pemohon", "tanpa_nomor")
        operator.tell("info", word("layar_pemohon", "memanggil"), bold=who)

    applicant.help_called.connect(called)
    applicant.held_back.connect(lambda: operator.lock())
