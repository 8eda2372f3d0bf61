"""The only way out of the kiosk: what still goes on, and a supervisor's or admin's password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout

from ktpel_kiosk.desk import leaving
from ktpel_kiosk.desk.leaving import Leave, Outstanding
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import KioskError, NotAllowed
from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.pages.base import Page, footer
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip
from ktpel_kiosk.ui.widgets.extra import chosen_value
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

WAIT_S = 60
"""A device that never comes to rest holds nobody back longer than this."""


class KeluarPage(Page):
    """``opened(how=…)`` with the choice made in the menu. Esc goes back to the work."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.found: Outstanding | None = None
        self._waited = 0
        card = Card(28, 14)
        card.setMaximumWidth(window.theme.px(640))
        card.body.addWidget(label(word("kiosk", "judul"), "title", weight="bold"))
        card.body.addWidget(label(word("kiosk", "kalimat"), "body", tone="muted", wrap=True))
        self.choice = QButtonGroup(self)
        line = QHBoxLayout()
        line.setSpacing(8)
        for how in Leave:
            chip = ChoiceChip(word("kiosk", how), str(how))
            self.choice.addButton(chip)
            line.addWidget(chip)
        line.addStretch(1)
        card.body.addLayout(line)
        self.state = NoticeBar(closable=False)
        self.unsent = label("", "body", tone="muted", wrap=True)
        self.username = TextField("leave_user", word("kiosk", "nama"), limit=32)
        self.password = TextField("leave_secret", word("kiosk", "sandi"), secret=True, limit=128)
        fields = QHBoxLayout()
        fields.setSpacing(16)
        for field in (self.username, self.password):
            fields.addWidget(field, 1, Qt.AlignmentFlag.AlignTop)
        self.message = NoticeBar(closable=False)
        for item in (self.state, self.unsent):
            card.body.addWidget(item)
        card.body.addLayout(fields)
        card.body.addWidget(self.message)
        self.stay = Button(word("kiosk", "batal"), key="Esc")
        self.stay.clicked.connect(self.back)
        self.primary = Button(word("kiosk", Leave.CLOSE), "primary", key="F9")
        self.primary.clicked.connect(self._go)
        card.body.addLayout(footer([self.stay], [self.primary]))
        self.username.line.returnPressed.connect(self.password.line.setFocus)
        self.password.line.returnPressed.connect(self._go)
        self.choice.buttonClicked.connect(lambda _b: self._named())
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card, 10)
        middle.addStretch(1)
        self.frame.addStretch(1)
        self.frame.addLayout(middle)
        self.frame.addStretch(1)

    def opened(self, **args: Any) -> None:
        wanted = str(args.get("how", Leave.CLOSE))
        for button in self.choice.buttons():
            button.setChecked(isinstance(button, ChoiceChip) and button.value == wanted)
        actor = self.session.actor
        self.username.set_value(actor.username if actor.peran & PERMISSIONS["leave_kiosk"] else "")
        self.password.set_value("")
        self.message.hide()
        self._waited = 0
        self._named()
        self.refresh()
        (self.password if self.username.value() else self.username).editor.setFocus()

    def closed(self) -> None:
        self.password.set_value("")

    def back(self) -> bool:
        self.shell.stay_here()
        return True

    def refresh(self) -> None:
        self.ask_latest("left", lambda: leaving.outstanding(self.shell.desk), self._show, lambda _e: None)

    def tick(self) -> None:
        self._waited += 1
        self.refresh()

    def _named(self) -> None:
        self.primary.set_text(word("kiosk", chosen_value(self.choice) or Leave.CLOSE))

    def _show(self, found: Outstanding) -> None:
        self.found = found
        if found.quiet:
            self.state.show_text("good", word("kiosk", "tenang"))
        else:
            works = [word("perangkat", kind) for kind in found.busy] or [word("kiosk", "kartu")]
            key = "masih_lama" if self._waited >= WAIT_S else "masih"
            self.state.show_text("attention", word("kiosk", f"{key}_tunggu"), bold=word("kiosk", "masih").format(apa=", ".join(works)))
        self.unsent.setText(word("kiosk", "belum_terkirim").format(jumlah=number_text(found.unsent)) if found.unsent
                            else word("kiosk", "semua_terkirim"))
        self.show_busy(self.busy)

    def ready(self) -> bool:
        """Nothing would be interrupted, or it was waited for long enough."""
        return self.found is not None and (self.found.quiet or self._waited >= WAIT_S)

    def show_busy(self, on: bool) -> None:
        self.primary.setEnabled(not on and self.ready())

    def _go(self) -> None:
        name, secret, how = self.username.value(), self.password.line.text(), Leave(chosen_value(self.choice) or Leave.CLOSE)
        if not name or not secret:
            (self.username if not name else self.password).editor.setFocus()
            return
        if self.ready():
            self.act(lambda: leaving.let_out(self.shell.desk, name, secret, how), lambda actor: self._out(actor, how), self._refused)

    def _out(self, _actor: Actor, how: Leave) -> None:
        self.password.set_value("")
        self.shell.let_out(how)

    def _refused(self, error: KioskError) -> None:
        self.password.set_value("")
        self.message.show_text("attention", word("kiosk", "bukan_peran") if isinstance(error, NotAllowed) else self.session.sentence(error))
        self.password.editor.setFocus()
