"""A page that was never opened comes up over several turns of the event loop: the click is answered at once, nothing stands still.

Built in one go a large page holds the loop for 100 ms and more: built, styled, shown. Here each of these is a turn of its own, and the
former page stays in front until the new one is ready. Whoever does something meanwhile (a key, a click) or asks the window for the page
gets the rest at once, so that no key reaches the page that was left.

A page nobody wants any more (another click, the officer signs out) is still built to its end, in turns, and thrown away whole: its loose
parts live on by their own signals, and widgets are destroyed in one way only (:mod:`ktpel_kiosk.ui.dismantle`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from importlib import import_module
from inspect import GEN_SUSPENDED, getgeneratorstate
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

BETWEEN_MS = 20
"""Between two turns of a page that nobody waits for."""


@dataclass(eq=False)
class Way:
    """A page on its way to the front."""

    key: str
    args: dict[str, Any]
    wanted: bool = True
    steps: Generator[None] = field(init=False)


class Opening(QObject):
    """At most one page of ``shell`` is on its way; :attr:`key` names it, empty when none is."""

    def __init__(self, shell: OperatorWindow) -> None:
        super().__init__(shell)
        self._shell = shell
        self._way: Way | None = None
        self._unwanted: list[Way] = []
        self._release: Callable[[], None] = lambda: None
        self._timer = self._single_shot(self._turn)
        self._clearing = self._single_shot(self._clear)

    def _single_shot(self, turn: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(turn)
        return timer

    @property
    def key(self) -> str:
        return self._way.key if self._way is not None else ""

    @property
    def busy(self) -> bool:
        """A page is on its way, or one that nobody wants any more is not gone yet."""
        return self._way is not None or bool(self._unwanted)

    def begin(self, key: str, args: dict[str, Any]) -> None:
        """Open ``key`` from the next turn on."""
        self.drop()
        way = self._way = Way(key, args)
        way.steps = self._build(way)
        self._release = self._shell.bridge.hold()
        module = self._shell.path_of(key).split(":")[0]
        if module in sys.modules:
            self._timer.start(0)
        else:  # PySide reads the source of every module it meets: not on this thread
            self._shell.bridge.run(lambda: import_module(module), lambda _m: self._timer.start(0) if self._way is way else None,
                                   owner=self)

    def finish(self) -> None:
        """The rest of it now."""
        way = self._way
        if way is not None:
            self._end()
            for _ in way.steps:
                pass

    def drop(self) -> None:
        """Another page was asked for."""
        way = self._way
        if way is not None:
            self._end()
            way.wanted = False
            if getgeneratorstate(way.steps) == GEN_SUSPENDED:
                self._unwanted.append(way)
                self._clearing.start(BETWEEN_MS)

    def _end(self) -> None:
        self._timer.stop()
        self._way = None
        release, self._release = self._release, lambda: None
        release()

    def _turn(self) -> None:
        way = self._way
        if way is None:
            return
        ended = next(way.steps, self) is self
        if self._way is way:
            if ended:
                self._end()
            else:
                self._timer.start(0)

    def _clear(self) -> None:
        """A piece of a page nobody wants any more."""
        if next(self._unwanted[0].steps, self) is self:
            del self._unwanted[0]
        if self._unwanted:
            self._clearing.start(BETWEEN_MS)

    def _build(self, way: Way) -> Generator[None]:
        shell, key = self._shell, way.key
        if not shell.has(key):
            for made in shell.build(key):
                yield
                if made is None:
                    continue
                if shell.has(key) or not way.wanted:
                    shell.throw_away(made)  # made ready behind our back meanwhile, or left again
                else:
                    shell.adopt(key, made)
                    for _ in made.rest:
                        yield
                        if not way.wanted:
                            break
                yield
        if not way.wanted:
            return
        if self._way is way:
            self._end()  # from here on it is there, for whoever asks
        shell.bring(key, way.args)
