"""Scanners that type (keyboard wedges): a code is told from typing by its pace and its end, wherever the cursor stands.

Keys are held back until it is clear what they are, a few hundredths of a second; what was typing after all is typed on in its order, so a
text field never sees a code and never misses a letter. Times are those of the events: a busy window does not turn typing into a code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

T = TypeVar("T")

GAP_MS = 35
"""Longest time between two keys of a code; scanners take 1 to 20, the fastest typists 60 and more."""
LEAST = 6
"""Shorter codes are not ours; two keys struck together are no code."""
MOST = 2000
ENDS = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab})
COMMANDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """What to do with a key: ``take`` it (it must not reach the window now); before that type on what was held; ``code``: one is whole."""

    take: bool
    replay: tuple[T, ...] = ()
    code: str = ""


class Wedge(Generic[T]):
    """Tells codes from typing. Pure: no clock, no window.

    Args:
        prefix, suffix: what the scanner is set to send around each code; they are cut off. With a prefix only keys that begin with it
            are held, so typing is never delayed.
    """

    def __init__(self, *, prefix: str = "", suffix: str = "", gap_ms: int = GAP_MS, least: int = LEAST) -> None:
        self._prefix, self._suffix, self._gap, self._least = prefix, suffix, gap_ms, least
        self._held: list[T] = []
        self._text = ""
        self._last = 0

    @property
    def holding(self) -> bool:
        return bool(self._held)

    def key(self, text: str, at_ms: int, token: T, *, end: bool = False) -> Step[T]:
        """One key. ``text``: the character it types, empty for other keys; ``end``: Enter or Tab; ``token``: to type it again."""
        before: tuple[T, ...] = ()
        if self._held and not 0 <= at_ms - self._last <= self._gap:
            before = self.drain()
        if end:
            code = self._code()
            if code:
                self.drain()
                return Step(True, before, code)
            return Step(False, before + self.drain())
        if len(text) != 1 or not text.isprintable() or len(self._held) >= MOST or not self._may_begin(self._text + text):
            return Step(False, before + self.drain())
        self._held.append(token)
        self._text += text
        self._last = at_ms
        return Step(True, before)

    def drain(self) -> tuple[T, ...]:
        """No code: everything held, to be typed on."""
        held = tuple(self._held)
        self._held.clear()
        self._text = ""
        return held

    def _may_begin(self, text: str) -> bool:
        if text == " ":
            return False  # no code begins so; it presses buttons, and a button has to see it go down before it comes up
        return text.startswith(self._prefix) or self._prefix.startswith(text)

    def _code(self) -> str:
        text = self._text
        if not text.startswith(self._prefix) or not text.endswith(self._suffix):
            return ""
        text = text[len(self._prefix):len(text) - len(self._suffix)]
        return text if len(text) >= self._least else ""


class WedgeFilter(QObject):
    """Offers key events of one window to a :class:`Wedge`; ``scanned`` gives the codes."""

    scanned = Signal(str)

    def __init__(self, parent: QObject | None = None, *, prefix: str = "", suffix: str = "") -> None:
        super().__init__(parent)
        self._wedge: Wedge[tuple[QObject, QKeyEvent]] = Wedge(prefix=prefix, suffix=suffix)
        self._clock = QElapsedTimer()
        self._clock.start()
        self._armed = QElapsedTimer()
        self._late = False
        self._replaying = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._expired)

    def takes(self, target: QObject, event: QKeyEvent) -> bool:
        """A key press on its way to ``target``; True: it is held back or was part of a code."""
        if self._replaying:
            return False
        command = bool(event.modifiers() & COMMANDS) or event.isAutoRepeat()
        step = self._wedge.key("" if command else event.text(), int(event.timestamp()) or self._clock.elapsed(), (target, event.clone()),
                               end=not command and event.key() in ENDS)
        self._type(step.replay)
        if step.code:
            self.scanned.emit(step.code)
        if self._wedge.holding:
            self._late = False
            self._armed.start()
            self._timer.start(GAP_MS)
        else:
            self._timer.stop()
        return step.take

    def _expired(self) -> None:
        """No key came in time. When the window itself was late, keys may still wait in the queue: they get one more turn."""
        if not self._late and self._armed.elapsed() > 2 * GAP_MS:
            self._late = True
            self._timer.start(1)
            return
        self._type(self._wedge.drain())

    def _type(self, held: tuple[tuple[QObject, QKeyEvent], ...]) -> None:
        self._replaying = True
        try:
            for target, event in held:
                now = target if isValid(target) else self._window()
                if now is not None:
                    QCoreApplication.sendEvent(now, event)
        finally:
            self._replaying = False

    def _window(self) -> QObject | None:
        """Where keys go now: the system may have made the window anew while one was held, and no letter may be lost by that."""
        owner = self.parent()
        return owner.windowHandle() if isinstance(owner, QWidget) else None


def key_press(event: QEvent) -> QKeyEvent | None:
    """``event`` as a key press, if it is one."""
    return event if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress else None
