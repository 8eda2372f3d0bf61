"""What a page of the assistant is: a heading, a sentence, the thing asked; the window owns the buttons below."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.setup import OfficeSetup, SetupStage
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.widgets.base import label, row
from ktpel_kiosk.ui.widgets.status import NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.window import SetupWindow

T = TypeVar("T")


class SetupPage(QWidget):
    """One page. ``primary`` is the word of the button at the bottom right (F9); ``changed`` asks the window to look at it again."""

    changed = Signal()
    stage = SetupStage.MODE

    def __init__(self, window: SetupWindow, title: str, intro: str, *, scrolls: bool = True) -> None:
        super().__init__()
        self.shell = window
        self.progress = window.progress
        self.primary, self.ready, self.secondary = "Lanjut", True, ""
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(8)
        self.title = label(title, "figure", weight="bold", wrap=True)
        self.intro = label(intro, "body", tone="muted", wrap=True)
        self.message = NoticeBar(closable=False)
        for item in (self.title, self.intro):
            outer.addWidget(item)
        outer.addSpacing(4)
        outer.addLayout(row(self.message, margins=(2, 0, 10, 0)))
        holder = QWidget()
        self.body = QVBoxLayout(holder)
        self.body.setContentsMargins(2, 6, 10, 6)
        self.body.setSpacing(14)
        outer.addWidget(scroll(holder) if scrolls else holder, 1)

    @property
    def setup(self) -> OfficeSetup:
        return self.shell.setup

    def opened(self) -> None:
        """Shown: fill from the answers."""

    def closed(self) -> None:
        """Left: stop what runs."""

    def forward(self) -> None:
        """The primary button: check, then ``self.shell.next()``."""
        self.shell.next()

    def later(self) -> None:
        """The quiet button beside it, where there is one (``secondary``)."""

    def back(self) -> bool:
        """Esc: one step back inside the page; False when there is none."""
        return False

    def can_step_back(self) -> bool:
        """Whether :meth:`back` has somewhere to go now."""
        return False

    def ask(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[KioskError], None] | None = None) -> None:
        """A call of the set-up on a worker; errors become the page's notice unless ``failed`` takes them."""
        self.shell.bridge.run(work, done, failed or self.trouble, owner=self)

    def trouble(self, error: KioskError) -> None:
        self.message.show_text("attention", self.progress.sentence(error))

    def to_top(self) -> None:
        """A view is read from its beginning, wherever the one before it was left."""
        area = self.findChild(QScrollArea)
        if area is not None:
            area.verticalScrollBar().setValue(0)

    def lead(self, primary: str, *, ready: bool = True, secondary: str = "") -> None:
        """What the buttons say now."""
        self.primary, self.ready, self.secondary = primary, ready, secondary
        self.changed.emit()
