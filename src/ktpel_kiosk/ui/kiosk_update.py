"""What the screens show while a new version is tried and no desk is open: where the trial stands. Nothing here can be pressed."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from contextlib import suppress

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout

from ktpel_kiosk.ui.presenters.cards import PrintStep
from ktpel_kiosk.ui.theme import Theme, prepare_application, screen_scale, set_theme, text_scale
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.status import LogoTile
from ktpel_kiosk.ui.widgets.steplist import StepList
from ktpel_kiosk.ui.words import word

COUNT = 5
"""Steps of a trial that people are told, numbered from 1 (``ui.toml``, ``[uji_versi]``)."""


class TrialPicture(QFrame):
    """One screen. ``show_step(n)``: step ``n`` of :data:`COUNT` is at hand."""

    def __init__(self, theme: Theme | None = None) -> None:
        super().__init__()
        self.setProperty("surface", "canvas")
        self.setWindowTitle("KTP-el")
        self.setCursor(Qt.CursorShape.BlankCursor)
        set_theme(self, theme or Theme())
        card = Card(32, 14)
        card.setFixedWidth(self._ktpel_theme.px(720))  # type: ignore[attr-defined]
        card.body.addWidget(LogoTile(side=48))
        self._title = label("", "title", weight="bold", wrap=True)
        card.body.addWidget(self._title)
        card.body.addWidget(label(word("uji_versi", "sebentar"), "body", wrap=True))
        self.steps = StepList()
        card.body.addSpacing(4)
        card.body.addWidget(self.steps)
        card.body.addSpacing(4)
        card.body.addWidget(label(word("uji_versi", "tenang"), "body", tone="muted", wrap=True))
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card)
        middle.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)  # with the largest letters 1366x768 has no room to give away
        outer.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(1)
        self.show_step(1)

    def show_step(self, step: int) -> None:
        at = max(1, min(COUNT, step))
        self._title.setText(word("uji_versi", "judul").format(langkah=at, dari=COUNT))
        self.steps.set_steps(tuple(PrintStep(word("uji_versi", n), "", "done" if n < at else "active" if n == at else "todo")
                                   for n in range(1, COUNT + 1)))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Not a way out."""
        event.ignore()


class _Told(QObject):
    step = Signal(int)
    ended = Signal()

    def listen(self, lines: Iterable[str]) -> None:
        """A number a line; the end of the lines is the end of the trial, whatever became of it."""
        def work() -> None:
            with suppress(OSError):
                for line in lines:
                    if line.strip().isdecimal():
                        self.step.emit(int(line))
            self.ended.emit()

        threading.Thread(target=work, daemon=True, name="trial-steps").start()


def show_trial(lines: Iterable[str], look: tuple[str, str]) -> int:
    """Full screen on every screen until ``lines`` end. ``look``: as of :func:`ktpel_kiosk.ui.app.load_look`."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    prepare_application(app)
    app.setQuitOnLastWindowClosed(False)
    contrast, size = look
    told = _Told()
    pictures = []
    for screen in app.screens():
        room = screen.size()
        picture = TrialPicture(Theme(contrast, screen_scale(room.width(), room.height()) * text_scale(size)))
        told.step.connect(picture.show_step)
        picture.setGeometry(screen.geometry())
        picture.showFullScreen()
        pictures.append(picture)
    told.ended.connect(lambda: app.exit(0))  # quit() would ask the pictures, and they refuse
    told.listen(lines)
    return int(app.exec())
