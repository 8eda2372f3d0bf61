"""A page that was never opened comes up over several turns of the event loop: the click is answered at once, nothing stands still.

Built in one go a large page holds the loop for 100 ms and more: built, styled, shown. Here each of these is a turn of its own, and the
former page stays in front until the new one is ready. Whoever does something meanwhile (a key, a click) or asks the window for the page
gets the rest at once, so that no key reaches the page that was left.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow


class Opening(QObject):
    """At most one page of ``shell`` is on its way; :attr:`key` names it, empty when none is."""

    def __init__(self, shell: OperatorWindow) -> None:
        super().__init__(shell)
        self._shell = shell
        self.key = ""
        self._steps: Iterator[None] = iter(())
        self._release: Callable[[], None] = lambda: None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._turn)

    def begin(self, key: str, args: dict[str, Any]) -> None:
        """Open ``key`` from the next turn on."""
        self.drop()
        self.key = key
        self._release = self._shell.bridge.hold()
        self._steps = self._build(key, args)
        module = self._shell.path_of(key).split(":")[0]
        if module in sys.modules:
            self._timer.start(0)
        else:  # PySide reads the source of every module it meets: not on this thread
            self._shell.bridge.run(lambda: import_module(module), lambda _m: self._timer.start(0) if self.key == key else None,
                                   owner=self)

    def finish(self) -> None:
        """The rest of it now."""
        if self.key:
            steps = self._steps
            self._end()
            for _ in steps:
                pass

    def drop(self) -> None:
        """Another page was asked for."""
        if self.key:
            self._end()

    def _end(self) -> None:
        self._timer.stop()
        self.key, self._steps = "", iter(())
        release, self._release = self._release, lambda: None
        release()

    def _turn(self) -> None:
        key = self.key
        if next(self._steps, self) is not self:
            if self.key == key:
                self._timer.start(0)
        elif self.key == key:
            self._end()

    def _build(self, key: str, args: dict[str, Any]) -> Iterator[None]:
        shell = self._shell
        if not shell.has(key):
            for made in shell.build(key):
                yield
                if made is None:
                    continue
                if shell.has(key):
                    shell.throw_away(made)  # made ready behind our back meanwhile
                else:
                    shell.adopt(key, made)
                    for _ in made.rest:
                        yield
                yield
        if self.key == key:
            self._end()  # from here on it is there, for whoever asks
        shell.bring(key, args)
