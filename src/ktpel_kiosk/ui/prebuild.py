"""Pages are made ready behind the officer's back, so that the first click on each answers at once.

Modules are imported on a thread of their own (PySide reads the source of every module it meets, up to 100 ms for a page); widgets are
made, styled and measured in the GUI thread in short turns while nobody waits for an answer. A page the officer opens first is simply
built then, as before.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QLineEdit, QWidget
from shiboken6 import isValid

from ktpel_kiosk.ui.garbage import set_aside
from ktpel_kiosk.ui.widgets.base import Card, Painted

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow
    from ktpel_kiosk.ui.pages.base import Page

AFTER_MS = 600
"""Rest after a page was opened before the next turn."""
BETWEEN_MS = 30
KINDS: tuple[type[QWidget], ...] = (QLabel, QAbstractButton, QLineEdit, QComboBox, Painted, Card)
"""What is styled ahead: not every QWidget, as PySide keeps what it wraps of Qt's own parts (scroll bars, viewports) for good."""
TURN_S = 0.012
"""What a turn of small pieces takes at most."""
PACKAGES = ("ktpel_kiosk.ui.pages", "ktpel_kiosk.ui.widgets", "ktpel_kiosk.ui.presenters", "ktpel_kiosk.ui", "ktpel_kiosk.desk")
"""Everything in these is imported in the end, much of it in the middle of somebody's first click."""
NOT_AT_THE_DESK = ("tour", "tour_office", "gallery", "first_run")


class Prebuilder(QObject):
    """Made once the window is shown; works whenever pages are missing (another officer's pages are built anew)."""

    def __init__(self, shell: OperatorWindow, *, warm: bool = True) -> None:
        super().__init__(shell)
        from ktpel_kiosk.ui.page_table import HIDDEN_PAGES, PAGES
        self._shell = shell
        self._paths = {key: path for key, _t, _i, path in PAGES} | {k: p for k, p in HIDDEN_PAGES.items() if k != "masuk"}
        self._steps: Iterator[None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._turn)
        shell.stack.currentChanged.connect(self._later)
        shell.stack.widgetRemoved.connect(self._later)
        if warm:
            modules = [p.split(":")[0] for p in self._paths.values()]
            threading.Thread(target=_import, args=(modules, shell.desk.sentences.keys), name="ui-warm", daemon=True).start()
        self._later()

    @property
    def done(self) -> bool:
        """Nothing is left to build for whoever is signed in."""
        return self._steps is None and not self._next()

    def _later(self, _index: int = 0) -> None:
        self._timer.start(AFTER_MS)

    def _next(self) -> str:
        shell = self._shell
        if not shell.session.actor.username:
            return ""
        return next((k for k, p in self._paths.items()
                     if k not in shell._pages and shell.may_open(k) and p.split(":")[0] in sys.modules), "")

    def _turn(self) -> None:
        shell = self._shell
        if shell.bridge.pending:  # somebody waits for the register
            self._timer.start(BETWEEN_MS * 5)
            return
        if self._steps is None:
            key = self._next()
            if not key:
                if shell.session.actor.username and any(p.split(":")[0] not in sys.modules for p in self._paths.values()):
                    self._timer.start(AFTER_MS)  # still being imported
                return
            self._steps = self._build(key)
        if next(self._steps, self) is self:
            self._steps = None
        self._timer.start(BETWEEN_MS)

    def _build(self, key: str) -> Iterator[None]:
        """One page, a piece per turn; given up when it was opened or the officer changed meanwhile."""
        shell = self._shell
        actor = shell.session.actor
        page = None
        for made in shell.build(key):
            page = made
            yield
        assert page is not None
        if key in shell._pages or shell.session.actor is not actor:
            shell.throw_away(page)
            return
        page.ahead = True
        shell.adopt(key, page)
        for _ in page.rest:
            yield
        for step in (self._dress(page), page.prepare(), self._dress(page)):
            yield
            while shell._pages.get(key) is page and next(step, self) is not self:
                yield

    def _dress(self, page: Page) -> Iterator[None]:
        """Style and measure what is there, so that showing it is all that is left."""
        page.resize(self._shell.stack.size())
        began = time.perf_counter()
        for widget in (w for kind in KINDS for w in page.findChildren(kind)):
            if isValid(widget):  # a page may have changed its parts between two turns
                widget.ensurePolished()
            if time.perf_counter() - began > TURN_S:
                yield None
                began = time.perf_counter()
        yield None
        layout = page.layout()
        if layout is not None:
            layout.activate()


def _import(first: Sequence[str], sentences: Callable[[], object]) -> None:
    rest = (f"{package}.{found.name}" for package in PACKAGES for found in iter_modules(import_module(package).__path__)
            if found.name not in NOT_AT_THE_DESK and not found.ispkg)
    for module in (*first, *rest):
        if module not in sys.modules:
            import_module(module)
            time.sleep(0.01)  # the windows come first
    _read_words()
    sentences()
    set_aside()


def _read_words() -> None:
    """The languages' packs and the applicant's hints, read from their files at the first word otherwise."""
    from ktpel_kiosk.ui.applicant.lang import Tongue, hint_key, languages
    for code in languages():
        Tongue(code).name  # noqa: B018 - read by being asked for
    hint_key("")
