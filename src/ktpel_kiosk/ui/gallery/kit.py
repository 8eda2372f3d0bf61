"""How a widget gets into the gallery: a function with :func:`exhibit` in any file of this folder yields specimens.

    @exhibit("Tombol", "Tombol utama", order=10)
    def primary(stage: Stage) -> Iterator[Specimen]:
        yield from in_states(lambda: Button("Simpan", "primary"))

A class counts as shown when an instance of it, or of a subclass, stands in a specimen; the test of the gallery asks for every public
widget class of ``ui/widgets`` and ``ui/applicant``. Names and numbers shown are invented. GUI thread only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget

from ktpel_kiosk.domain.sop import Sop

STATES = {"": "biasa", "hover": "ditunjuk", "pressed": "ditekan", "focus": "fokus papan ketik", "disabled": "nonaktif"}
ALL = tuple(STATES)


@dataclass(frozen=True, slots=True)
class Stage:
    """What exhibits may lean on: the office's SOP."""

    sop: Sop


@dataclass(slots=True)
class Specimen:
    """One widget in one state. ``width`` and ``height`` in design pixels fix its size; ``dark`` puts it on the stage's ground."""

    caption: str
    widget: QWidget
    state: str = ""
    width: int = 0
    height: int = 0
    focus: QWidget | None = None

    def pose(self) -> None:
        """Put the widget into its state; the keyboard's focus comes when the picture is taken."""
        if self.state == "disabled":
            self.widget.setEnabled(False)
        elif self.state == "hover":
            for part in (self.widget, *self.widget.findChildren(QWidget)):
                part.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, True)
        elif self.state == "pressed":
            button = self.widget if isinstance(self.widget, QAbstractButton) else self.widget.findChild(QAbstractButton)
            if isinstance(button, QAbstractButton):
                button.setDown(True)

    def to_focus(self) -> QWidget | None:
        """Who gets the keyboard in the state ``focus``."""
        if self.state != "focus":
            return None
        if self.focus is not None:
            return self.focus
        parts = (self.widget, *self.widget.findChildren(QWidget))
        return next((p for p in parts if p.focusPolicy() & Qt.FocusPolicy.TabFocus), self.widget)


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One title of a group with its specimens."""

    group: str
    title: str
    make: Callable[[Stage], Iterable[Specimen]] = field(compare=False)
    order: int = 100


_exhibits: list[Exhibit] = []


def exhibit(group: str, title: str, *, order: int = 100) -> Callable[[Callable[[Stage], Iterable[Specimen]]],
                                                                     Callable[[Stage], Iterable[Specimen]]]:
    """Register the decorated function; ``order`` sorts the groups by their smallest, then the titles."""

    def keep(make: Callable[[Stage], Iterable[Specimen]]) -> Callable[[Stage], Iterable[Specimen]]:
        _exhibits.append(Exhibit(group, title, make, order))
        return make

    return keep


def in_states(make: Callable[[], QWidget], states: Iterable[str] = ALL, *, width: int = 0, height: int = 0,
              caption: str = "") -> Iterator[Specimen]:
    """One specimen per state, each a widget of its own."""
    for state in states:
        name = STATES[state]
        yield Specimen(f"{caption}, {name}" if caption else name, make(), state, width, height)


def exhibits() -> list[Exhibit]:
    """Everything registered in the files of this folder, in order."""
    package = import_module(__package__ or "")
    for found in iter_modules(package.__path__):
        if found.name not in ("kit", "book"):
            import_module(f"{package.__name__}.{found.name}")
    first: dict[str, int] = {}
    for e in _exhibits:
        first[e.group] = min(e.order, first.get(e.group, e.order))
    return sorted(_exhibits, key=lambda e: (first[e.group], e.group, e.order))
