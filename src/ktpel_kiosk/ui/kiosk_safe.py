"""The safe window: the desk could not be opened. Who helps, what was found, try again. Needs nothing of the office."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ktpel_kiosk.ui.kiosk import Beat
from ktpel_kiosk.ui.theme import Theme, prepare_application, screen_scale, set_theme
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.status import LogoTile
from ktpel_kiosk.ui.words import word

RETRY, RESTART, OFF = 75, 90, 91
TONES = {"gagal": "trouble", "peringatan": "attention"}
Finding = tuple[str, str, str]


class _Doctor(QObject):
    done = Signal(list)

    def ask(self, findings: Callable[[], Sequence[Finding]]) -> None:
        threading.Thread(target=lambda: self.done.emit(list(findings())), daemon=True, name="safe-doctor").start()


class SafeWindow(QFrame):
    """``chosen(code)``: what the person wants, as an exit code. ``happened``: one line for each of the last deaths."""

    chosen = Signal(int)

    def __init__(self, happened: Sequence[str], folder: str, theme: Theme | None = None) -> None:
        super().__init__()
        self.setProperty("surface", "canvas")
        self.setWindowTitle("KTP-el")
        set_theme(self, theme or Theme())
        card = Card(32, 14)
        card.setMaximumWidth(self._ktpel_theme.px(760))  # type: ignore[attr-defined]
        card.body.addWidget(LogoTile(side=48))
        card.body.addWidget(label(word("aman", "judul"), "title", weight="bold", wrap=True))
        card.body.addWidget(label(word("aman", "tetap"), "body", wrap=True))
        card.body.addWidget(label(word("aman", "hubungi"), "body", weight="semibold", wrap=True))
        self.list = QVBoxLayout()
        self.list.setSpacing(6)
        card.body.addWidget(label(word("aman", "temuan"), "strong", weight="semibold"))
        card.body.addLayout(self.list)
        self._line("", word("aman", "memeriksa"))
        if happened:
            card.body.addWidget(label(word("aman", "kejadian").format(kejadian="; ".join(happened)), "small", tone="muted", wrap=True))
        card.body.addWidget(label(word("aman", "catatan").format(folder=folder), "small", tone="muted", wrap=True))
        line = QHBoxLayout()
        line.setSpacing(12)
        self.off, self.restart = Button(word("kiosk", "matikan")), Button(word("kiosk", "mulai_ulang"))
        self.retry = Button(word("aman", "lagi"), "primary", key="F9")
        for button, code in ((self.off, OFF), (self.restart, RESTART), (self.retry, RETRY)):
            button.clicked.connect(lambda _on=False, code=code: self.chosen.emit(code))
            line.addWidget(button)
        line.insertStretch(2, 1)
        card.body.addSpacing(6)
        card.body.addLayout(line)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card, 10)
        middle.addStretch(1)
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(1)
        self.retry.setFocus()

    def show_findings(self, found: Sequence[Finding]) -> None:
        clear_layout(self.list)
        for state, name, text in found[:6]:
            self._line(state, text, name)
        if not found:
            self._line("", word("aman", "tanpa_temuan"))

    def _line(self, state: str, text: str, name: str = "") -> None:
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(10)
        if state:
            line.addWidget(Chip(name, TONES.get(state, "neutral")), 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(label(text, "body", wrap=True), 1)
        self.list.addWidget(holder)

    def keyPressEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        if event.key() == Qt.Key.Key_F9:
            self.chosen.emit(RETRY)
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """Not a way out either."""
        event.ignore()


def show_safe_window(happened: Sequence[str], folder: str, findings: Callable[[], Sequence[Finding]]) -> int:
    """Full screen until something is chosen; returns that exit code."""
    app = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(app, QApplication)
    prepare_application(app)
    room = app.primaryScreen().size()
    window = SafeWindow(happened, folder, Theme(scale=screen_scale(room.width(), room.height())))
    window.chosen.connect(app.exit)
    app.setQuitOnLastWindowClosed(False)
    beat = Beat(lambda: app.exit(OFF), app)
    doctor = _Doctor(window)
    doctor.done.connect(window.show_findings)
    window.setGeometry(app.primaryScreen().geometry())
    window.showFullScreen()
    doctor.ask(findings)
    try:
        return int(app.exec())
    finally:
        beat.ending()
