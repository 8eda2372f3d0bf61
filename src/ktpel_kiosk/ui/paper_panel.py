"""A finished paper looked at in the house: its pages over the page, to print or copy. A kiosk opens no other program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QVBoxLayout

from ktpel_kiosk.desk import paper_look
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.papers import PagePicture
from ktpel_kiosk.ui.pages.base import footer
from ktpel_kiosk.ui.style_care import bury
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card
from ktpel_kiosk.ui.widgets.busy import Working
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.paper_view import PaperView
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

KEPT = 6
"""Pages kept as pictures (about 7 MB each): those around the one that is looked at."""


class PaperPages(PaperView):
    """Pages come one at a time: a book of a year would not fit into the memory of a desk."""

    def __init__(self, wanted: Callable[[int], None]) -> None:
        super().__init__()
        self._wanted = wanted
        self._held: dict[int, QImage] = {}
        self._total = 0

    def put(self, page: PagePicture) -> None:
        """A page that came; shown when it is the one that is waited for."""
        self._held[page.number] = QImage.fromData(page.png)
        if page.count != self._total:
            self._total, self._angles = page.count, [0] * page.count
        for far in sorted(self._held, key=lambda n: abs(n - self._at))[KEPT:]:
            del self._held[far]
        if page.number == self._at:
            self._show()

    def go(self, by: int) -> None:
        at = min(max(self._at + by, 0), max(0, self._total - 1))
        if at != self._at:
            self._at = at
            self._show()
            if at not in self._held:
                self._wanted(at)

    def turn(self) -> None:
        self.sheet.turn()
        if self._total:
            self._angles[self._at] = self.sheet.angle

    def _show(self) -> None:
        self.show_at(self._held.get(self._at, QImage()), self._at, self._total)


class PaperPanel(QFrame):
    """Covers ``shell``. F9 prints, Esc closes; + - 0 R and Page Up/Down work on the sheet.

    Args:
        copy: asks for a place and keeps a copy there.
    """

    def __init__(self, shell: OperatorWindow, path: Path, pdf: bytes, first: PagePicture, copy: Callable[[], object]) -> None:
        super().__init__(shell)
        self._shell, self._pdf, self._path, self._copy = shell, pdf, path, copy
        self.setObjectName("surat")
        self.setAccessibleName(path.stem)
        self.setStyleSheet("#surat { background: rgba(20, 33, 43, 90); }")
        self.card = Card(20, 10)
        self.pages = PaperPages(self._ask)
        self.pages.title.setText(path.stem)
        self.message = NoticeBar(closable=False)
        self.close_button = Button(word("surat", "tutup"), key="Esc")
        self.copy_button = Button(word("berkas", "salin"), icon="usb")
        self.print_button = Button(word("surat", "cetak"), "primary", icon="printer", key="F9")
        self.close_button.clicked.connect(self.leave)
        self.copy_button.clicked.connect(self._take_copy)
        self.print_button.clicked.connect(self._print)
        self.card.body.addWidget(self.pages, 1)
        self.card.body.addWidget(self.message)
        self.card.body.addLayout(footer([self.close_button], [self.copy_button, self.print_button]))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.card, 0, Qt.AlignmentFlag.AlignCenter)
        self._before = shell.focusWidget()
        shell.installEventFilter(self)
        shell.overlay = self
        self.pages.put(first)
        self._fit()
        self.show()
        self.raise_()
        self.pages.sheet.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fit(self) -> None:
        """As high as the window leaves room for: a page is read from top to bottom."""
        theme, shell = theme_of(self._shell), self._shell
        self.setGeometry(shell.rect())
        self.card.setFixedSize(min(theme.px(980), shell.width() - 48), shell.height() - 32)

    def _ask(self, number: int) -> None:
        shell, pdf = self._shell, self._pdf
        shell.bridge.run(lambda: paper_look.page(shell.desk, shell.session.actor, pdf, number), self.pages.put, self._trouble, owner=self)

    def _print(self) -> None:
        shell, pdf, title = self._shell, self._pdf, self._path.stem
        working = Working(self.print_button)
        self.print_button.setEnabled(False)

        def over() -> None:
            working.stop()
            self.print_button.setEnabled(True)

        def good(_none: None) -> None:
            over()
            self.message.show_text("good", word("surat", "tercetak"))

        def bad(error: KioskError) -> None:
            over()
            self._trouble(error)

        shell.bridge.run(lambda: paper_look.print_again(shell.desk, shell.session.actor, pdf, title), good, bad, owner=self)

    def _trouble(self, error: KioskError) -> None:
        self.message.show_text("trouble", self._shell.desk.sentences.of(error))

    def _take_copy(self) -> None:
        self.leave()
        self._copy()

    def leave(self) -> None:
        self._shell.overlay = None
        self._shell.removeEventFilter(self)
        self.hide()
        bury(self)
        if self._before is not None:
            self._before.setFocus()

    def press(self, key: str) -> None:
        """The shell's function keys while this panel is open."""
        if key == "Esc":
            self.leave()
        elif key == "F9" and self.print_button.isEnabled():
            self.print_button.click()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return False


def look_at(shell: OperatorWindow, path: Path, copy: Callable[[], None]) -> None:
    """Show the paper; what cannot be shown is offered as a copy."""
    def work() -> tuple[bytes, PagePicture]:
        pdf = path.read_bytes()
        return pdf, paper_look.page(shell.desk, shell.session.actor, pdf, 0)

    def show(found: tuple[bytes, PagePicture]) -> None:
        if shell.overlay is None and shell.session.actor.username:
            PaperPanel(shell, path, *found, copy)

    shell.bridge.run(work, show, lambda _e: copy(), owner=shell)
