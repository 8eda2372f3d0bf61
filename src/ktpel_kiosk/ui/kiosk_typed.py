"""Typing that is not finished yet, kept in the encrypted register about once a second and put back after a crash.

Whatever the officer typed into a page (Qt knows it apart from what a page filled in by itself) is collected, except passwords and
searches. After a restart it is filled in when its field is shown again, so a page needs to do nothing for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from ktpel_kiosk.desk import typed
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.ui.pages.base import Page

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

Editor = QLineEdit | QPlainTextEdit
EVERY_MS = 1000
COMES_UP_MS = 200
"""How often fields are looked for while typing of before a crash waits for them."""
OWN_DRAFTS = frozenset({"loket"})
"""Pages that keep their form as a draft of its own; only their notes are collected here."""
NO_PAGES = frozenset({"", "masuk", "keluar", "beranda", "bantuan"})


def editors(page: QWidget) -> Iterator[tuple[str, Editor]]:
    """(steady name, editor) of everything an officer may type into, in the order of the widgets; no passwords, no searches."""
    seen: dict[str, int] = {}
    for editor in page.findChildren(QWidget):
        if not isinstance(editor, QLineEdit | QPlainTextEdit) or _private(editor):
            continue
        name = _name(page, editor)
        at = seen[name] = seen.get(name, 0) + 1
        yield f"{name}#{at}", editor


def _private(editor: Editor) -> bool:
    from ktpel_kiosk.ui.widgets.fields import SearchField
    from ktpel_kiosk.ui.widgets.second import SecondPerson

    if isinstance(editor, SearchField) or editor.property("scan"):
        return True
    if isinstance(editor, QLineEdit) and editor.echoMode() != QLineEdit.EchoMode.Normal:
        return True
    parent = editor.parentWidget()
    while parent is not None:
        if isinstance(parent, SecondPerson):
            return True
        parent = parent.parentWidget()
    return False


def _name(page: QWidget, editor: QWidget) -> str:
    """House classes from the page down to the editor, and the name of its field."""
    path: list[str] = []
    widget: QWidget | None = editor
    while widget is not None and widget is not page:
        if type(widget).__module__.startswith("ktpel_kiosk"):
            called = getattr(widget, "name", "")
            path.append(f"{type(widget).__name__}({called})" if isinstance(called, str) and called else type(widget).__name__)
        widget = widget.parentWidget()
    return "/".join(reversed(path)) or type(editor).__name__


def text_of(editor: Editor) -> str:
    return editor.text() if isinstance(editor, QLineEdit) else editor.toPlainText()


def modified(editor: Editor) -> bool:
    return editor.isModified() if isinstance(editor, QLineEdit) else editor.document().isModified()


def put(editor: Editor, text: str) -> None:
    """As if the officer had typed it."""
    if isinstance(editor, QLineEdit):
        editor.setText(text)
        editor.setModified(True)
        editor.textEdited.emit(text)
    else:
        editor.setPlainText(text)
        editor.document().setModified(True)


class TypingKeeper(QObject):
    """Belongs to the operator window. ``touched`` after any input; ``forget`` when nobody is signed in any more."""

    def __init__(self, shell: OperatorWindow) -> None:
        super().__init__(shell)
        self._shell = shell
        self._stored: dict[str, Mapping[str, str]] = {}
        self._waiting: dict[str, dict[str, str]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._again_soon = QTimer(self)
        self._again_soon.setInterval(COMES_UP_MS)
        self._again_soon.timeout.connect(self.fill)
        self.restored = 0
        """How many fields were filled in again."""

    def touched(self) -> None:
        """A key or a click: look at what stands there within a second. Running already: that look will see it."""
        if not self._timer.isActive() and self._shell.session.actor.username:
            self._timer.start()

    def look(self) -> None:
        """Keep what was typed on the page shown, when it changed."""
        self._timer.stop()
        page, actor = self._shell.shown(), self._shell.session.actor
        if page is None or self._shell.current in NO_PAGES or not actor.username:
            return
        where, values = self._where(page), self._values(page)
        if where in self._waiting:
            values = {**self._waiting[where], **values}  # not shown yet: not lost either
        if values != self._stored.get(where, {}):
            self._stored[where] = values
            self._keep(actor, where, values)

    def _values(self, page: Page) -> dict[str, str]:
        only_notes = self._shell.current in OWN_DRAFTS
        return {name: text_of(e) for name, e in editors(page)
                if modified(e) and text_of(e) and not (only_notes and isinstance(e, QLineEdit))}

    def _where(self, page: Page) -> str:
        return ":".join((self._shell.current, *(v for k, v in sorted(page.place().items()) if k != "part")))

    def _keep(self, actor: Actor, where: str, values: dict[str, str]) -> None:
        desk = self._shell.desk
        self._shell.bridge.run(lambda: typed.keep(desk, actor, where, values), lambda _r: None, lambda _e: self._again(where))

    def _again(self, where: str) -> None:
        """Not kept (a full disk): the next look tries once more."""
        self._stored.pop(where, None)

    def forget(self) -> None:
        self._timer.stop()
        self._stored.clear()
        self._waiting.clear()

    # -- after a restart ----------------------------------------------------------------------------------------------

    def load(self, actor: Actor) -> None:
        """Ask the register for this officer's unfinished typing; it is filled in as the fields come up."""
        desk = self._shell.desk
        self._shell.bridge.run(lambda: typed.kept(desk, actor), self._loaded, lambda _e: None, owner=self)

    def _loaded(self, found: tuple[typed.Typed, ...]) -> None:
        for one in found:
            self._waiting[one.where] = dict(one.values)
            self._stored[one.where] = dict(one.values)
        if self._waiting:
            self._again_soon.start()
        self.fill()

    def fill(self) -> None:
        """Put back what belongs to the page shown, into fields that are visible and still empty of typing."""
        page = self._shell.shown()
        if not self._waiting:
            self._again_soon.stop()
        if page is None or not self._waiting:
            return
        waiting = self._waiting.get(self._where(page))
        if not waiting:
            return
        for name, editor in editors(page):
            if name in waiting and editor.isVisible():
                text = waiting.pop(name)
                if not modified(editor):
                    put(editor, text)
                    self.restored += 1
        if not waiting:
            self._waiting.pop(self._where(page), None)
