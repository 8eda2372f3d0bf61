"""Pages are made ready behind the officer's back, so that the first click on each answers at once.

Modules are imported on a thread of their own (PySide reads the source of every module it meets, up to 100 ms for a page); widgets are
made, styled and measured in the GUI thread in short turns while nobody waits for an answer. A page the officer opens first is simply
built then, as before.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow
    from ktpel_kiosk.ui.pages.base import Page

AFTER_MS = 600
"""Rest after a page was opened before the next turn."""
BETWEEN_MS = 30
TURN_S = 0.012
"""What a turn of small pieces takes at most."""
LATER = ("ktpel_kiosk.ui.pages.register_books", "ktpel_kiosk.ui.pages.register_stock", "ktpel_kiosk.ui.pages.register_status")
"""Parts that pages import when a tab is chosen."""


class Prebuilder(QObject):
    """Made once the window is shown; works whenever pages are missing (another officer's pages are built anew)."""

    def __init__(self, shell: OperatorWindow, *, warm: bool = True) -> None:
        super().__init__(shell)
        from ktpel_kiosk.ui.operator_window import HIDDEN_PAGES, PAGES
        self._shell = shell
        self._paths = {key: path for key, _t, _i, path in PAGES} | {k: p for k, p in HIDDEN_PAGES.items() if k != "masuk"}
        self._steps: Iterator[None] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._turn)
        shell.stack.currentChanged.connect(self._later)
        if warm:
            modules = [p.split(":")[0] for p in self._paths.values()]
            threading.Thread(target=_import, args=((*modules, *LATER),), name="ui-warm", daemon=True).start()
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
        return next((k for k, p in self._paths.items() if k not in shell._pages and shell.may_open(k) and p.split(":")[0] in sys.modules), "")

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
        module, name = self._paths[key].split(":")
        page: Page = getattr(import_module(module), name)(shell)
        yield
        if key in shell._pages or shell.session.actor is not actor:
            page.deleteLater()
            return
        shell.stack.addWidget(page)
        shell._pages[key] = page
        yield
        page.resize(shell.stack.size())
        yield from self._dress(key, page)
        for _ in page.prepare():
            yield
            if shell._pages.get(key) is not page:
                return
        yield from self._dress(key, page)

    def _dress(self, key: str, page: Page) -> Iterator[None]:
        """Style and measure what is there, so that showing it is all that is left."""
        began = time.perf_counter()
        for widget in page.findChildren(QWidget):
            if self._shell._pages.get(key) is not page:
                return  # forgotten meanwhile
            widget.ensurePolished()
            if time.perf_counter() - began > TURN_S:
                yield
                began = time.perf_counter()
        yield
        layout = page.layout()
        if self._shell._pages.get(key) is page and layout is not None:
            layout.activate()


def _import(modules: tuple[str, ...]) -> None:
    for module in modules:
        import_module(module)
        time.sleep(0.02)  # the windows come first
