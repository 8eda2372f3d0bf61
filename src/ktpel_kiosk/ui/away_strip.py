"""The line over every page while the office server is away, while this desk works alone, and when the server is back.

It offers, it never forces: the desk is closed and opened again only when somebody says so, and asks once more where an applicant may be
in front of the officer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ktpel_kiosk.desk import away
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.away import ServerState
from ktpel_kiosk.ui.presenters.away import AwayPresenter, Strip, strip_of
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

LOOK_MS = 1000
SERVING = frozenset({"loket", "verifikasi", "perekaman", "penyerahan", "cetak"})
"""Pages on which somebody may be in front of the officer."""


class AwayStrip(QWidget):
    """Of a desk that shares its register; nothing is seen of it while all is well."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__()
        self._window, self._presenter = window, AwayPresenter(window.session)
        self.bar = NoticeBar(closable=False)
        self.bar.set_slim(True)
        self.bar.setMinimumHeight(window.theme.px(40))
        box = QVBoxLayout(self)
        box.setContentsMargins(24, 12, 24, 0)
        box.addWidget(self.bar)
        self.hide()
        self._shown: ServerState | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()
        window.bridge.register_changed.connect(lambda _subjects: self._ask() if away.alone(window.desk) else None)
        QTimer.singleShot(0, self, self.look)

    def look(self) -> None:
        """Memory only; the register is asked when something changed."""
        found = away.state(self._window.desk)
        if found != self._shown:
            self._shown = found
            self._ask()

    def missed(self, error: KioskError) -> None:
        """Somebody was told an error: the server is asked at once where it was that."""
        if error.message_key == away.UNREACHABLE:
            away.missed(self._window.desk)

    def _ask(self) -> None:
        """What is not known by heart is asked on a worker; while the server is away all of them may be waiting for it."""
        found = away.state(self._window.desk)
        if not found.alone:
            self.show_strip(strip_of(self._window.session, found))
            return
        self._window.bridge.run(self._presenter.strip, self.show_strip, lambda _e: None, owner=self)

    def show_strip(self, strip: Strip | None) -> None:
        if strip is None:
            self.hide()
            return
        self.show()
        self.bar.show_text(strip.kind, strip.text, bold=strip.bold, action=strip.action, act=lambda: self._pressed(strip))

    def _pressed(self, strip: Strip) -> None:
        if self._window.current in SERVING:
            self._window.tell("attention", strip.sure, bold=word("server", "yakin"), action=word("server", "yakin_tombol"), act=self.switch)
        else:
            self.switch()

    def switch(self) -> None:
        """Close this desk and open it again on what can be had now. At once, not on a worker: nothing is read or written."""
        try:
            self._presenter.switch()
        except KioskError as error:
            self._window.tell("attention", self._window.session.sentence(error))
        else:
            self._window.reopen()
