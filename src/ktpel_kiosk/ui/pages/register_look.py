"""Of the dossier: entries whose NIK and phone stand masked, the short list of reasons for looking, and who looked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError, SopViolation
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.looking import HIDDEN
from ktpel_kiosk.ui.presenters.privacy import REASONS, LookRow, PrivacyPresenter, note_needed
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Line, clear_layout, label
from ktpel_kiosk.ui.widgets.buttons import Button, IconButton
from ktpel_kiosk.ui.widgets.extra import Panel
from ktpel_kiosk.ui.widgets.fields import NoteField
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.register import RegisterPage

SHOWN_MS = 20_000
"""A shown NIK or phone is masked again by itself: long enough to read it out or compare it with a card."""
PANEL = 380
T = TypeVar("T")


class PersonFacts(QWidget):
    """Label and value of each entry; those of HIDDEN have a button that shows them for a moment. ``wanted``: field."""

    wanted = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(20)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(1, 1)
        self._rows: tuple[tuple[str, str, str], ...] = ()
        self._owner = ""
        self._values: dict[str, QLabel] = {}
        self.buttons: dict[str, Button] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MS)
        self._timer.timeout.connect(self.cover)
        self._last = ""
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._in_sight)

    def show_rows(self, owner: str, rows: Sequence[tuple[str, str, str]]) -> None:
        """(field, label, value masked) of an application; the same again changes nothing, so that what is shown and focused stays."""
        if (owner, tuple(rows)) == (self._owner, self._rows):
            return
        self._timer.stop()
        self._owner, self._rows = owner, tuple(rows)
        self._values.clear()
        self.buttons.clear()
        clear_layout(self._grid)
        for i, (field, title, value) in enumerate(rows):
            self._grid.addWidget(label(title, "small", tone="muted"), i, 0,
                                 Qt.AlignmentFlag.AlignVCenter if field in HIDDEN else Qt.AlignmentFlag.AlignTop)
            shown = label(value, "body", weight="medium", wrap=field not in HIDDEN)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(self._with_button(field, title, shown) if field in HIDDEN else shown, i, 1)

    def _with_button(self, field: str, title: str, value: QLabel) -> QWidget:
        """Side by side, or below each other where the letters are large."""
        cell, flow = QWidget(), Flow(12)
        cell.setLayout(flow)
        made = self.buttons[field] = Button(word("lihat", "tampilkan"), icon="eye")
        made.setAccessibleName(word("lihat", "tampilkan_apa").format(apa=title))
        made.clicked.connect(lambda: self._pressed(field))
        value.setMinimumHeight(made.sizeHint().height())
        self._values[field] = value
        flow.addWidget(value)
        flow.addWidget(made)
        return cell

    def shown(self, field: str) -> bool:
        return field in self._values and self._values[field].text() != self._masked(field)

    def _masked(self, field: str) -> str:
        return next((value for f, _title, value in self._rows if f == field), "")

    def _pressed(self, field: str) -> None:
        if self.shown(field):
            self._put(field, self._masked(field), word("lihat", "tampilkan"))
        else:
            self.wanted.emit(field)

    def reveal(self, owner: str, field: str, value: str) -> None:
        """Show it for :data:`SHOWN_MS`; an answer for somebody who is no longer looked at shows nothing."""
        if owner == self._owner and field in self._values:
            self._put(field, value, word("lihat", "samarkan"))
            self._timer.start()
            self.buttons[field].setFocus()
            self._last = field
            self._soon.start()  # once the panel beside it is gone

    def _in_sight(self) -> None:
        up = self.parentWidget()
        while up is not None and not isinstance(up, QScrollArea):
            up = up.parentWidget()
        if up is not None and self._last in self.buttons:
            up.ensureWidgetVisible(self.buttons[self._last])

    def cover(self) -> None:
        self._timer.stop()
        for field in self._values:
            self._put(field, self._masked(field), word("lihat", "tampilkan"))

    def _put(self, field: str, value: str, action: str) -> None:
        self._values[field].setText(value)
        self.buttons[field].set_text(action)

    def hideEvent(self, event: QHideEvent) -> None:
        self.cover()
        super().hideEvent(event)


class LookReasonPanel(Panel):
    """One press per reason; two of them ask for a word more. ``chosen``: reason, note."""

    chosen = Signal(str, str)

    def __init__(self) -> None:
        super().__init__(word("lihat", "tanya"))
        self._reason = ""
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 8, 0)
        box.setSpacing(4)
        box.addWidget(label(word("lihat", "sebab"), "small", tone="muted", wrap=True))
        box.addSpacing(6)
        self.buttons: dict[str, Button] = {}
        for reason, title in REASONS:
            made = self.buttons[reason] = Button(title)
            made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            made.clicked.connect(partial(self._pressed, reason))
            box.addWidget(made)
        self.note = NoteField("keterangan", word("lihat", "keterangan"), placeholder=word("lihat", "contoh"), lines=2)
        self.go_button = Button(word("lihat", "buka"), "primary", icon="eye", key="F9")
        self.note.changed.connect(lambda: self.go_button.setEnabled(bool(self.note.value())))
        self.go_button.clicked.connect(lambda: self.chosen.emit(self._reason, self.note.value()))
        self._more = QWidget()
        more = QVBoxLayout(self._more)
        more.setContentsMargins(0, 6, 0, 0)
        more.setSpacing(8)
        more.addWidget(self.note)
        more.addWidget(self.go_button, 0, Qt.AlignmentFlag.AlignRight)
        box.addWidget(self._more)
        box.addStretch(1)
        self.form.addWidget(scroll(inner), 1)
        self._more.hide()

    @property
    def writing(self) -> bool:
        """A word more is being asked for."""
        return not self.isHidden() and not self._more.isHidden()

    def begin(self) -> None:
        self._reason = ""
        self.note.set_value("")
        self._more.hide()
        self.go_button.setEnabled(False)
        for button in self.buttons.values():
            button.show()
        next(iter(self.buttons.values())).setFocus()

    def _pressed(self, reason: str, _on: bool = False) -> None:
        if not note_needed(reason):
            self.chosen.emit(reason, "")
            return
        self._reason = reason
        self.note.say("")
        for key, button in self.buttons.items():
            button.setVisible(key == reason)
        self._more.show()
        self.note.editor.setFocus()


class WhoLookedPanel(Panel):
    """"Siapa yang melihat data ini", newest first."""

    def __init__(self) -> None:
        super().__init__(word("lihat", "siapa"))
        inner = QWidget()
        self._box = QVBoxLayout(inner)
        self._box.setContentsMargins(0, 0, 8, 0)
        self._box.setSpacing(6)
        self.form.addWidget(scroll(inner), 1)

    def show_rows(self, rows: Sequence[LookRow]) -> None:
        clear_layout(self._box)
        for r in rows:
            head = QHBoxLayout()
            head.addWidget(label(r.officer, "body", weight="medium", wrap=True), 1)
            head.addWidget(label(r.when, "small", tone="muted"), 0, Qt.AlignmentFlag.AlignTop)
            self._box.addLayout(head)
            self._box.addWidget(label(f"{r.what} · {r.reason}", "small", tone="muted", wrap=True))
            self._box.addWidget(Line())
        if not rows:
            self._box.addWidget(label(word("lihat", "belum_ada"), "body", tone="muted", wrap=True))
        self._box.addStretch(1)


class LookSide(QWidget):
    """Beside the dossier: asks for the reason of a look where one is needed, and tells who looked. ``asked``: a panel came or went."""

    asked = Signal(bool)

    def __init__(self, page: RegisterPage) -> None:
        super().__init__()
        self.page, self.presenter = page, PrivacyPresenter(page.session)
        self.reasons, self.lookers = LookReasonPanel(), WhoLookedPanel()
        self._pending: Callable[[str, str], None] = lambda _reason, _note: None
        self.reasons.chosen.connect(lambda reason, note: self._pending(reason, note))
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        for panel in (self.reasons, self.lookers):
            panel.closed.connect(self.leave)
            panel.hide()
            box.addWidget(panel)
        self.hide()

    def ask(self, work: Callable[[str, str], T], done: Callable[[T], None], reason: str = "", note: str = "") -> None:
        """Do it with (reason, note), both empty first; where the desk wants a reason, let one be chosen and do it then."""
        def looked(found: T) -> None:
            self.leave()
            done(found)

        def refused(error: KioskError) -> None:
            if isinstance(error, SopViolation) and error.message_key == "viewing.reason":
                self._pending = partial(self.ask, work, done)
                self._show(self.reasons)
                self.reasons.begin()
            elif self.reasons.writing:
                self.reasons.note.say(self.page.session.sentence(error), "trouble")
            else:
                self.page.trouble(error)

        self.page.ask(lambda: work(reason, note), looked, refused)

    def who(self, permohonan_id: str) -> None:
        def show(rows: tuple[LookRow, ...]) -> None:
            self.lookers.show_rows(rows)
            self._show(self.lookers)
            for close in self.lookers.findChildren(IconButton):
                close.setFocus()

        self.page.ask(partial(self.presenter.who_looked, permohonan_id), show)

    def _show(self, panel: Panel) -> None:
        self.asked.emit(True)
        for one in (self.reasons, self.lookers):
            one.setVisible(one is panel)
        self.setFixedWidth(min(theme_of(self).px(PANEL), self.page.width() * 9 // 20))
        self.show()

    def leave(self) -> None:
        if not self.isHidden():
            self.hide()
            self.reasons.hide()
            self.lookers.hide()
            self.asked.emit(False)
