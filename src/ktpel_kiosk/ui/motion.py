"""How long things move: the durations and curves of tokens.toml, and the one switch that stills them all.

Every animation of the house asks :func:`duration` and :func:`curve`; with less motion a duration is 0, and Qt jumps to the end
value at once and still sends ``finished``. GUI thread only.
"""

from __future__ import annotations

import os

from PySide6.QtCore import QByteArray, QEasingCurve, QObject, QPropertyAnimation

from ktpel_kiosk.ui.theme import tokens

ENVIRONMENT = "KTPEL_LESS_MOTION"
_less = [os.environ.get(ENVIRONMENT, "") not in ("", "0")]


def less_motion() -> bool:
    """Whether things appear at once instead of moving there."""
    return _less[0]


def set_less_motion(on: bool) -> None:
    """For the whole process; animations that run already end as they began."""
    _less[0] = on


KEPT_AS = "gerak"
CALM, STILL = "halus", "diam"
CHOICES: tuple[tuple[str, str], ...] = ((CALM, "Bergerak halus"), (STILL, "Tanpa gerak"))
"""How the desk's memory keeps the choice, and the words for it."""


def remembered(choice: str) -> None:
    """Take up what the desk's memory holds; the environment's wish for stillness wins."""
    set_less_motion(choice == STILL or os.environ.get(ENVIRONMENT, "") not in ("", "0"))


def duration(name: str) -> int:
    """Milliseconds of a token (``quick``, ``calm``, ``slow``); 0 with less motion."""
    return 0 if _less[0] else int(tokens()["motion"][name])


def curve(name: str = "easing") -> QEasingCurve:
    """The house's curve, or that of a dissolve."""
    return QEasingCurve(QEasingCurve.Type[tokens()["motion"][name]])


def animation(target: QObject, what: bytes, start: object, end: object, *, last: str = "calm", along: str = "easing",
              parent: QObject | None = None) -> QPropertyAnimation:
    """A property animation of the house, not started yet; it lives with ``parent`` (``target`` when none is given)."""
    made = QPropertyAnimation(target, QByteArray(what), parent or target)
    made.setDuration(duration(last))
    made.setStartValue(start)
    made.setEndValue(end)
    made.setEasingCurve(curve(along))
    return made
