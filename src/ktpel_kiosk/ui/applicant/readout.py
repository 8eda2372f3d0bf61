"""Which words are read aloud, and when: a page as it comes, a hint after a pause and once, the button at any time."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from ktpel_kiosk.ui.applicant.lang import Tongue
from ktpel_kiosk.ui.applicant.spoken import as_said
from ktpel_kiosk.ui.speech import Voice

PAGE_MS, HINT_MS = 350, 900
"""A page is read when it stays; a hint when it holds for a moment (the camera's change every second)."""


class Readout(QObject):
    """``on``: the officer's choice for this applicant. ``changed`` while a voice speaks or falls silent."""

    changed = Signal(bool)

    def __init__(self, voice: Voice, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.voice, self.on = voice, False
        self._next, self._last = "", ""
        self._tongue = Tongue()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._say_next)
        voice.speaking.connect(self.changed)

    @property
    def available(self) -> bool:
        return self.voice.available

    def page(self, text: str, tongue: Tongue) -> None:
        """A page is shown."""
        self._wait(text, tongue, PAGE_MS)

    def hint(self, text: str, tongue: Tongue) -> None:
        """A hint appeared; the same one again says nothing."""
        self._wait(text, tongue, HINT_MS)

    def _wait(self, text: str, tongue: Tongue, pause: int) -> None:
        if self.on and text not in (self._last, self._next):
            self._next, self._tongue = text, tongue
            self._pause.start(pause)
        elif self.on and text == self._last:
            self._pause.stop()
            self._next = ""

    def _say_next(self) -> None:
        text, self._next = self._next, ""
        if self.on and text:
            self._last = text
            self.voice.say(as_said(text, self._tongue.code), self._tongue.voice)

    def now(self, text: str, tongue: Tongue) -> None:
        """The button: at once, or silence where it was speaking."""
        self._pause.stop()
        self._next = ""
        if self.voice.busy:
            self.voice.stop()
        else:
            self._last = text
            self.voice.say(as_said(text, tongue.code), tongue.voice)

    def set_on(self, on: bool) -> None:
        self.on = on
        if not on:
            self.silence()

    def silence(self) -> None:
        """Nothing more is said, and nothing of it is remembered."""
        self._pause.stop()
        self._next, self._last = "", ""
        self.voice.stop()
