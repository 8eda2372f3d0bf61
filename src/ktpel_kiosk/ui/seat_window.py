"""Who sits at the operator window: signing in (back to where the officer was), locking, signing out."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget, QWidget

from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.ui.kiosk_window import KioskWindow
from ktpel_kiosk.ui.style_care import bury

if TYPE_CHECKING:
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.domain.errors import KioskError
    from ktpel_kiosk.ui.bridge import Bridge
    from ktpel_kiosk.ui.clipboard import Copied
    from ktpel_kiosk.ui.dismantle import Dismantler
    from ktpel_kiosk.ui.header import Header
    from ktpel_kiosk.ui.pages.base import Page
    from ktpel_kiosk.ui.widgets.buttons import NavItem
    from ktpel_kiosk.ui.widgets.status import NoticeBar


class SeatWindow(KioskWindow):
    """The part of the operator window that knows the officer; :mod:`ktpel_kiosk.ui.operator_window` has the rest."""

    desk: Desk
    bridge: Bridge
    header: Header
    items: dict[str, NavItem]
    stack: QStackedWidget
    notice: NoticeBar
    nav: QWidget
    nav_line: QWidget
    place: str
    dismantler: Dismantler | None = None
    """There once the windows are shown; without it pages go in one piece."""
    _left: str
    """Page to come back to after the lock."""
    _last_user: str

    @cached_property
    def copied(self) -> Copied:
        """What an officer copied here; made when the first one sits down."""
        from ktpel_kiosk.ui.clipboard import Copied
        return Copied(self)

    def may_open(self, key: str) -> bool:
        raise NotImplementedError

    def show_error(self, error: KioskError) -> None:
        raise NotImplementedError

    def _refresh(self) -> None:
        raise NotImplementedError

    def signed_in(self, actor: Actor) -> None:
        back = self._left if actor.username == self._last_user else ""
        fresh = actor.username != self._last_user
        former = self._return_to(actor)
        if actor.username != self._last_user:
            self._forget_pages()
        self._last_user = actor.username
        self.session.actor = actor
        self.copied.watch()
        if self.applicant is not None:
            self.applicant.unlock(same=not fresh)
        self.header.show_user(self.place, actor)
        self.header.show_time(self.session)
        self._frame(True)
        for key, item in self.items.items():
            item.setVisible(self.may_open(key))
        self._idle.start()
        self._left = ""
        if former is not None and not back:
            self.place_keeper.returning(former)
            self.go(former.page, **former.ids)
            self._say_recovered()
        else:
            self.go(back or "beranda")
        if fresh and self.place_keeper.keeps:
            self.typing.load(actor)
        self._refresh()

    def _forget_pages(self) -> None:
        """Another officer sits down: nothing of the former one stays on the pages; drafts are in the register."""
        self._drop([k for k in self._pages if k != "masuk"])

    def _drop(self, keys: list[str]) -> None:
        for key in keys:
            page = self._pages.pop(key)
            self.stack.removeWidget(page)
            self.throw_away(page)

    def throw_away(self, page: Page) -> None:
        """A page in no layout any more; in the running program it goes piece by piece (:mod:`ktpel_kiosk.ui.dismantle`)."""
        if self.dismantler is not None:
            self.dismantler.take(page)
        else:
            page.finish()
            bury(page)

    def lock(self, notice: str = "") -> None:
        """Sign-in page over everything; what was typed stays where it is, the signing key is forgotten. ``notice``: why, as a word."""
        if self._typing is not None:
            self._typing.look()
        if self.overlay is not None:
            self.overlay.leave()
        before = self._pages.get(self._page)
        if before is not None:
            before.closed()
        last = self.session.actor.username
        if last:
            self.desk.seats.leave(last)
            self._left = "beranda" if self._page == "keluar" else self._page
        self.session.actor = Actor("", "", frozenset())
        self.copied.forget()
        self._idle.stop()
        self._page = ""
        self._frame(False)
        self.notice.dismiss()
        if self.applicant is not None:
            self.applicant.lock()
        self.go("masuk", username=last, notice=notice)
        self._bar_room(False)

    def sign_out(self) -> None:
        from ktpel_kiosk.desk import sign_in
        actor = self.session.actor
        if actor.username:
            self.bridge.run(lambda: sign_in.sign_out(self.desk, actor), lambda _r: None, self.show_error)
        self.lock()
        self._left = ""
        self.place_keeper.forget()

    def _frame(self, on: bool) -> None:
        for item in (self.header, self.nav, self.nav_line):
            item.setVisible(on)
