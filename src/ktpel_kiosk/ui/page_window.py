"""The pages of the operator window: which there are, building them, moving between them."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt

from ktpel_kiosk.domain.permissions import PERMISSIONS
from ktpel_kiosk.ui.page_table import HIDDEN_PAGES, OPEN_TO_ALL, OPEN_TO_NOBODY, PAGES
from ktpel_kiosk.ui.seat_window import SeatWindow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.base import Page


class PageWindow(SeatWindow):
    """The part of the operator window that knows its pages; :mod:`ktpel_kiosk.ui.operator_window` has the rest."""

    def page(self, key: str) -> Page:
        """The page, built now if it was never opened."""
        if self.opening is not None and self.opening.key == key:
            self.opening.finish()
        if key not in self._pages:
            for made in self.build(key):
                if made is not None:
                    self.adopt(key, made)
        page = self._pages[key]
        page.finish()
        return page

    def has(self, key: str) -> bool:
        """Whether the page was built already."""
        return key in self._pages

    @staticmethod
    def path_of(key: str) -> str:
        """``module:class`` of a page."""
        return HIDDEN_PAGES.get(key) or next(p for k, _t, _i, p in PAGES if k == key)

    def build(self, key: str) -> Iterator[Page | None]:
        """A page, not yet part of the window, in pieces: it comes last."""
        module, name = self.path_of(key).split(":")
        kind: type[Page] = getattr(import_module(module), name)
        return kind.in_turns(self)  # type: ignore[arg-type]

    def adopt(self, key: str, made: Page) -> None:
        """A page just built stands in the window from now on."""
        made.setAccessibleName(next((t for k, t, _i, _p in PAGES if k == key), key.capitalize()))
        self.stack.addWidget(made)
        self._pages[key] = made

    def go(self, key: str, **args: Any) -> None:
        """Show a page. Drafts of the page left are kept by it."""
        if not self.session.actor.username and key not in OPEN_TO_NOBODY:
            return
        if not self.may_open(key):
            key, args = "pengaturan", {}
        if self.opening is not None:
            self.opening.drop()
        before = self._pages.get(self._page)
        if before is not None:
            before.closed()
        self._page = key
        for name, item in self.items.items():
            item.setAutoExclusive(key in self.items)  # an exclusive group cannot be left without a choice
            item.setChecked(name == key)
        if self.opening is None or before is None or key in self._pages:
            self.bring(key, args)
        else:  # the page left stays in front until the new one is there
            self.opening.begin(key, args)

    def bring(self, key: str, args: dict[str, Any]) -> None:
        """A page to the front, told what is wanted of it."""
        page = self.page(key)
        page.ahead = False
        page.setFocus(Qt.FocusReason.OtherFocusReason)
        self.stack.setCurrentWidget(page)
        page.setFocus(Qt.FocusReason.OtherFocusReason)
        page.opened(**args)

    def may_open(self, key: str) -> bool:
        """Whoever holds no role of the counters or heads (an admin only) looks into no application (Permendagri 102/2019)."""
        return key in OPEN_TO_ALL or bool(self.session.actor.peran & PERMISSIONS["view_register"])
