"""A page that is thrown away leaves the window at once and is destroyed piece by piece while nobody waits.

A page with all its parts is more than a thousand widgets; destroyed in one go, as Qt does, Pengaturan held the loop for 90 ms just when
the next officer signs in. Here the page is hidden, its timers stop, answers meant for it are dropped, and then its pieces (innermost
first) go in short turns, the page itself last. What was still to be put into it (:attr:`Page.rest`) is put in first: parts that stand in
no page would live on by their own signals.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QWidget
from shiboken6 import delete, isValid

from ktpel_kiosk.ui.reading import ScrollBox
from ktpel_kiosk.ui.style_care import let_go
from ktpel_kiosk.ui.widgets.base import Card
from ktpel_kiosk.ui.widgets.choice import Choice
from ktpel_kiosk.ui.widgets.field import Field
from ktpel_kiosk.ui.widgets.tables import RowsView

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow
    from ktpel_kiosk.ui.pages.base import Page

AFTER_MS = 250
"""Rest before the first piece: what a page asked for in its last turn has come."""
BETWEEN_MS = 20
TURN_S = 0.006
"""What a turn takes, one piece more at most."""
PIECES: tuple[type[QWidget], ...] = (ScrollBox, Card, RowsView, Field, Choice)
"""Containers and heavy parts of the program's own making; Qt's parts of them (viewports, headers, scroll bars) go with theirs."""


class Dismantler(QObject):
    """Made with the window; :attr:`busy` while a page is not wholly gone."""

    def __init__(self, shell: OperatorWindow) -> None:
        super().__init__(shell)
        self._shell = shell
        self._pages: deque[Page] = deque()
        self._pieces: list[QWidget] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._turn)

    @property
    def busy(self) -> bool:
        return bool(self._pages)

    def take(self, page: Page) -> None:
        """A page that is in no layout any more. Nothing of it is called from here on."""
        page.hide()
        page.dropped()
        self._shell.bridge.give_up(page)
        _silence(page)
        self._pages.append(page)
        if not self._timer.isActive():
            self._timer.start(AFTER_MS)

    def finish(self) -> None:
        """All of it now: the window is about to be styled anew."""
        self._timer.stop()
        while self._pages:
            self._next(self._pages[0])

    def _turn(self) -> None:
        if self._shell.bridge.pending:  # somebody waits for the register
            self._timer.start(BETWEEN_MS * 3)
            return
        until = time.perf_counter() + TURN_S
        while self._pages and time.perf_counter() < until:
            self._next(self._pages[0])
        if self._pages:
            self._timer.start(BETWEEN_MS)

    def _next(self, page: Page) -> None:
        """One piece; the page when there is none left."""
        if not isValid(page):
            self._forget()
            return
        if not self._pieces:
            if next(page.rest, self) is not self:
                return
            _silence(page)
            self._pieces = [page, *_pieces(page)]
        piece = self._pieces.pop()
        if isValid(piece):
            held = piece.widget() if isinstance(piece, QScrollArea) else None
            if held is not None:
                self._pieces.append(piece)
                piece = held
            let_go(piece)
            delete(piece)
        if piece is page:
            self._forget()

    def _forget(self) -> None:
        self._pieces = []
        self._shell.bridge.gone(self._pages.popleft())


def _silence(page: QWidget) -> None:
    for timer in page.findChildren(QTimer):
        timer.stop()
    for stack in page.findChildren(QStackedWidget):
        stack.blockSignals(True)  # it would tell the page of each part that goes


def _pieces(page: QWidget) -> Iterator[QWidget]:
    """To be taken from the end: small ones first, inner ones before what holds them."""
    for kind in PIECES:
        yield from page.findChildren(kind)
