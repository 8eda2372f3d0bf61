"""Sign-in and unlock: one card in the middle, the office's name, two fields; a wait after wrong passwords counts down."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout

from ktpel_kiosk.desk import sign_in, sign_in_bound, users
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.text import duration_text
from ktpel_kiosk.ui.pages.base import Page
from ktpel_kiosk.ui.presenters.alone import SECTION, sentence_at_sign_in
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.field import TextField
from ktpel_kiosk.ui.widgets.status import LogoTile, NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow


class MasukPage(Page):
    """The first page, and the lock screen."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        kantor = window.desk.sop.kantor
        card = Card(32, 16)
        self.card, self.logo = card, LogoTile(side=48)
        card.body.addWidget(self.logo)
        card.body.addWidget(label("Masuk", "title", weight="bold"))
        card.body.addWidget(label(f"{kantor.nama} · {kantor.pemda}", "body", tone="muted", wrap=True))
        self.username = TextField("username", "Nama pengguna")
        self.password = TextField("password", "Kata sandi", secret=True)
        self.message = NoticeBar(closable=False)
        self._free_at = 0.0
        self.primary = Button("Masuk", "primary", key="Enter")
        self.primary.clicked.connect(self._enter)
        self.username.line.returnPressed.connect(self.password.line.setFocus)
        self.password.line.returnPressed.connect(self._enter)
        for item in (self.username, self.password, self.message):
            card.body.addWidget(item)
        card.body.addSpacing(4)
        card.body.addWidget(self.primary, 0, Qt.AlignmentFlag.AlignRight)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card)
        middle.addStretch(1)
        self.frame.addStretch(1)
        self.frame.addLayout(middle)
        self.alone = label("", "body", tone="attention", weight="medium", wrap=True, align=Qt.AlignmentFlag.AlignCenter)
        self.alone.hide()
        self.frame.addWidget(self.alone)
        self.frame.addStretch(1)
        self.off = Button(word("kiosk", "matikan") + " …", "link")
        self.off.clicked.connect(lambda: window.ask_to_leave("matikan"))
        self.frame.addWidget(self.off, 0, Qt.AlignmentFlag.AlignCenter)
        if window.desk.practice_hint:
            self.frame.addWidget(label(window.desk.practice_hint, "body", tone="attention", align=Qt.AlignmentFlag.AlignCenter))
        self.frame.addWidget(label("Semua yang sudah diketik dan direkam tetap tersimpan.", "small", tone="muted",
                                   align=Qt.AlignmentFlag.AlignCenter))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Wide enough for the letters chosen; where the screen is low the sign gives way to the fields."""
        theme = self.shell.theme
        self.card.setFixedWidth(max(320, min(theme.px(440), self.width() - 48)))
        self.logo.setVisible(self.height() >= theme.px(640))

    def opened(self, **args: Any) -> None:
        self._fit()
        if not self._left():
            self.message.hide()
            if args.get("notice"):
                self.message.show_text("attention" if args["notice"] == "setelah_daya" else "info", word("kiosk", args["notice"]))
        self.off.setVisible(self.shell.kiosk is not None)
        if sign_in_bound.offered(self.shell.desk):
            self.ask_latest("pusat", lambda: sentence_at_sign_in(sign_in_bound.bound(self.shell.desk)), self._show_alone)
        self.password.set_value("")
        if args.get("username"):
            self.username.set_value(args["username"])
        (self.password if self.username.value() else self.username).editor.setFocus()

    def _show_alone(self, sentence: str) -> None:
        """A week before nobody but a supervisor comes in without the centre."""
        self.alone.setText(sentence)
        self.alone.setVisible(bool(sentence))

    def _left(self) -> float:
        return max(0.0, self._free_at - self.shell.desk.clock.monotonic())

    def tick(self) -> None:
        """Once a second: the wait that is left, then the way is free again."""
        if not self._free_at:
            return
        left = self._left()
        if left > 0:
            seconds = math.ceil(left)
            wait = f"{seconds} detik" if seconds < 120 else f"{duration_text(seconds)} menit" if seconds < 3600 else "satu jam"
            text = f"Coba lagi dalam {wait}. Lupa kata sandi? Minta admin mengatur ulang."
            self.message.show_text("attention", text, bold="Terlalu banyak percobaan.")
        else:
            self._free_at = 0.0
            self.message.show_text("info", "Silakan coba lagi.")
        self.primary.setEnabled(left <= 0 and not self.busy)

    def show_busy(self, on: bool) -> None:
        self.primary.setEnabled(not on and not self._left())

    def _enter(self) -> None:
        name, secret = self.username.value(), self.password.line.text()
        if self._left():
            return
        if not name or not secret:
            (self.username if not name else self.password).editor.setFocus()
            return
        self.act(lambda: self._try(name, secret), self._in, self._refused)

    def _try(self, name: str, secret: str) -> tuple[Actor, bool, bool]:
        """The officer, whether they came in only because they may extend the time without the centre, and whether the password is one
        that somebody gave them."""
        actor, desk = sign_in.sign_in(self.shell.desk, name, secret), self.shell.desk
        over = sign_in_bound.offered(desk) and sign_in_bound.may_pass(actor) and sign_in_bound.bound(desk).over
        return actor, over, users.password_was_given(desk, actor)

    def _in(self, found: tuple[Actor, bool, bool]) -> None:
        actor, bound_over, given = found
        self.password.set_value("")
        self.shell.signed_in(actor)
        if bound_over:
            self.shell.go("pengaturan", section=SECTION)
        elif given:
            self.shell.go("pengaturan", section="petugas", own=True)
            self.shell.tell("attention", word("masuk_beri", "sebab"), bold=word("masuk_beri", "ganti"))

    def _refused(self, error: KioskError) -> None:
        self.password.set_value("")
        wait = error.facts.get("wait_s")
        if isinstance(wait, int | float):
            self._free_at = self.shell.desk.clock.monotonic() + wait
            self.tick()
        else:
            self.message.show_text("attention", self.session.sentence(error))
        self.password.editor.setFocus()
