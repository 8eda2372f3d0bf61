"""What a page of the operator window is, and what the window offers to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget
from shiboken6 import isValid

from ktpel_kiosk.ui.presenters.session import Session, step_rows
from ktpel_kiosk.ui.reading import ScrollBox, arrange
from ktpel_kiosk.ui.style_care import bury
from ktpel_kiosk.ui.widgets.base import Card, elided, label, text_width
from ktpel_kiosk.ui.widgets.buttons import Chip
from ktpel_kiosk.ui.widgets.front import BehindSilent
from ktpel_kiosk.ui.widgets.stepbar import Step, StepBar

if TYPE_CHECKING:
    from ktpel_kiosk.desk.queries import Dossier
    from ktpel_kiosk.domain.errors import KioskError
    from ktpel_kiosk.ui.bridge import Bridge
    from ktpel_kiosk.ui.operator_window import OperatorWindow

T = TypeVar("T")
W = TypeVar("W", bound=QWidget)


class Page(BehindSilent):
    """One page. Built when it is first shown, kept afterwards.

    ``primary`` is pressed by F9, ``keys`` maps other function keys to actions.
    """

    ROLE = "Pane"

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__()
        self.shell = window
        self.primary: Any = None
        self.keys: dict[str, Callable[[], None]] = {}
        self.busy = False
        self.ahead = False
        """Built before anybody opened it."""
        self.rest: Iterator[None] = iter(())
        """What is put in once the page stands in its window, a piece a turn: large parts are styled there, and only once."""
        self._asked_last: dict[str, int] = {}
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.frame = QVBoxLayout(self)
        self.frame.setContentsMargins(24, 20, 24, 20)
        self.frame.setSpacing(16)

    @classmethod
    def in_turns(cls, window: OperatorWindow) -> Iterator[Page | None]:
        """Build the page; large ones give ``None`` after each piece, so that the loop turns in between. The page comes last."""
        yield cls(window)

    @property
    def session(self) -> Session:
        return self.shell.session

    def opened(self, **args: Any) -> None:
        """Shown; ``args`` say what is wanted (an application id, a search)."""

    def finish(self) -> None:
        """The rest of it now."""
        for _ in self.rest:
            pass

    def prepare(self) -> Iterator[None]:
        """Parts that would be built at first use, one a turn, while nobody waits (:mod:`ktpel_kiosk.ui.prebuild`)."""
        yield from ()

    def closed(self) -> None:
        """Left: keep drafts, stop previews."""

    def dropped(self) -> None:
        """Thrown away; its parts are destroyed one by one from now on. Cut what comes from outside the page (signals of the window)."""

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes as the page reads, however late its parts were built."""
        arrange(self)
        return super().focusNextPrevChild(forward)

    def place(self) -> dict[str, str]:
        """What is open on this page, as arguments for :meth:`opened`: ids only, so that a restart leads back here."""
        return {}

    def refresh(self) -> None:
        """The register changed while this page is shown."""

    def tick(self) -> None:
        """Once a second while shown."""

    def back(self) -> bool:
        """Esc: go one step back inside the page; False when there is none."""
        return False

    def scanned(self, code: str) -> bool:
        """A code was scanned while this page is shown; True when the page used it."""
        return False

    def press(self, key: str) -> bool:
        """A function key; True when the page used it."""
        if key == "F9":
            if self.primary is not None and self.primary.isEnabled() and self.primary.isVisible():
                self.primary.click()
            return True
        action = self.keys.get(key)
        if action is not None:
            action()
            return True
        return False

    def ask(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[KioskError], None] | None = None) -> None:
        """Run a desk call off the GUI thread; errors become a notice unless ``failed`` takes them."""
        self.shell.bridge.run(work, done, failed or self.trouble, owner=self)

    def ask_latest(self, name: str, work: Callable[[], T], done: Callable[[T], None],
                   failed: Callable[[KioskError], None] | None = None) -> None:
        """Like :meth:`ask`; calls run side by side, so an answer that a later question of this name overtook is dropped."""
        number = self._asked_last[name] = self._asked_last.get(name, 0) + 1
        self.ask(work, lambda result: done(result) if self._asked_last[name] == number else None, failed)

    def act(self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[KioskError], None] | None = None) -> None:
        """Like :meth:`ask` for something that changes the register: the primary button rests meanwhile, the pressed one says it works."""
        if self.busy:
            return
        from ktpel_kiosk.ui.widgets.busy import Working, pressed_in
        self.busy = True
        pressed = pressed_in(self, self.primary)
        working = Working(pressed) if pressed is not None and pressed.isVisible() else None
        self.show_busy(True)

        def ended() -> None:
            self.busy = False
            if working is not None and isValid(working):
                working.stop()
            self.show_busy(False)

        def good(result: T) -> None:
            ended()
            self.shell.error_over()
            done(result)

        def bad(error: KioskError) -> None:
            ended()
            (failed or self.trouble)(error)

        self.shell.bridge.run(work, good, bad, owner=self)

    def show_busy(self, on: bool) -> None:
        if self.primary is not None:
            self.primary.setEnabled(not on)

    def trouble(self, error: KioskError) -> None:
        self.shell.show_error(error)


def apart(make: Iterator[W | None], put: Callable[[W], object], wanted: Callable[[], bool]) -> Iterator[None]:
    """A part made in one turn or more and put into its page in the next, as styling it takes as long as making it.

    Args:
        make: ``None`` after each piece, the part last.
        wanted: False when somebody asked for the part meanwhile and got one; also nothing is put where the page was thrown away.
    """
    made: W | None = None
    fits = False
    try:
        for piece in make:
            made = piece
            yield
        fits = made is not None and wanted()
        if made is not None and fits:
            put(made)
    finally:
        if made is not None and not fits and isValid(made):
            made.deleteLater()


@contextmanager
def or_gone(*parts: QWidget) -> Iterator[None]:
    """Around a ``yield`` of a builder: ``parts`` stand in no page yet, and go when the building is given up there."""
    try:
        yield
    except GeneratorExit:
        for part in parts:
            if isValid(part):
                bury(part)
        raise


def whole(pieces: Iterator[W | None]) -> W:
    """What comes last of ``pieces``, at once."""
    made: W | None = None
    for piece in pieces:
        made = piece
    assert made is not None
    return made


def turn_by_turn(bridge: Bridge, owner: QWidget, steps: Iterator[None]) -> None:
    """Each of ``steps`` in a turn of its own, from the next one on; dropped when ``owner`` is gone."""
    def turn() -> None:
        if next(steps, steps) is not steps:
            bridge.soon(turn, owner)

    bridge.soon(turn, owner)


def scroll(inner: QWidget) -> QScrollArea:
    """``inner`` in a frameless vertical scroll area."""
    area = ScrollBox()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    inner.setProperty("surface", "clear")
    inner.setAutoFillBackground(False)
    area.setWidget(inner)
    area.viewport().setAutoFillBackground(False)
    return area


def put_in(stack: QStackedWidget, at: int, panel: QWidget) -> None:
    """``panel`` in the place that was kept for it, when it is first wanted."""
    kept = stack.widget(at)
    stack.insertWidget(at, panel)
    if kept is not None:
        stack.removeWidget(kept)
        kept.deleteLater()


def footer(left: list[QWidget], right: list[QWidget]) -> QHBoxLayout:
    """The bottom line: ways back on the left, the way on at the right."""
    line = QHBoxLayout()
    line.setSpacing(12)
    for item in left:
        line.addWidget(item)
    line.addStretch(1)
    for item in right:
        line.addWidget(item, 0, Qt.AlignmentFlag.AlignVCenter)
    return line


class ApplicationHead(QWidget):
    """Who is served: number, name, masked NIK, service, active time, due time; and the step bar below."""

    def __init__(self, *, compact: bool = False) -> None:
        super().__init__()
        self._compact = compact
        card = Card(0, 0)
        card.body.setContentsMargins(18, 0, 18, 0)
        self.number = label("", "small", tone="muted")
        self.name = label("", "strong", weight="bold")
        self.nik = label("", "body", tone="muted")
        self.service = Chip("", "accent")
        self.active_word = label("aktif", "small", tone="muted")
        self.active = label("", "strong", weight="semibold")
        self.due = Chip("", "neutral")
        line = self.line = QHBoxLayout()
        line.setContentsMargins(0, 13, 0, 13)
        line.setSpacing(16)
        for item in (self.number, self.name, self.nik, self.service):
            line.addWidget(item)
        line.addStretch(1)
        for item in (self.active_word, self.active, self.due):
            line.addWidget(item)
        card.body.addLayout(line)
        self.bar = StepBar()
        self.nik.setVisible(not compact)
        self.active_word.setVisible(not compact)
        layout = self._rows = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        layout.addWidget(card)
        layout.addWidget(self.bar)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    _full_name = ""

    def set_slim(self, on: bool) -> None:
        """As low as it can be without leaving anything out."""
        self.bar.set_slim(on)
        self.line.setContentsMargins(0, 9 if on else 13, 0, 9 if on else 13)
        self._rows.setSpacing(8 if on else 12)

    def _fit(self) -> None:
        """Where the line is too short the NIK, the number, then the service give way; the name last, and then it says so."""
        shown = (self.active, self.due)
        need = text_width(self.name.font(), self._full_name) + sum(w.sizeHint().width() + 16 for w in shown if w.isVisibleTo(self)) + 76
        for item, wanted in ((self.service, True), (self.number, True), (self.active_word, not self._compact),
                             (self.nik, not self._compact)):
            need += item.sizeHint().width() + 16
            item.setVisible(wanted and need <= self.width())
        taken = sum(w.sizeHint().width() + 16 for w in (self.active, self.due) if w.isVisibleTo(self)) + 44
        font = self.name.font()
        self.name.setText(elided(font, self._full_name, max(80, self.width() - taken)))

    def show_dossier(self, session: Session, dossier: Dossier) -> None:
        from ktpel_kiosk.domain.text import duration_text, mask_nik, time_text, weekday_name
        from ktpel_kiosk.ui.words import word
        p = dossier.permohonan
        self.number.setText(p.nomor_register or "belum bernomor")
        self._full_name = p.penduduk.nama
        self.name.setToolTip(p.penduduk.nama)
        self.name.setAccessibleName(p.penduduk.nama)
        self.nik.setText(mask_nik(p.penduduk.nik))
        self.service.set(word("layanan_panjang", p.layanan), "accent")
        self.active.setText(duration_text(sum(s.used_s for s in dossier.steps)))
        if p.due_at:
            due = session.local(p.due_at)
            late = p.due_at < session.now()
            until = "lewat" if late else "s.d." if self._compact else "selesai paling lambat"
            self.due.set(f"{until} {weekday_name(due.date())[:3]} {due.day}/{due.month} "
                         f"{time_text(due)}", "trouble" if late else "neutral")
        self.due.setVisible(bool(p.due_at))
        self.bar.set_steps([Step(*r) for r in step_rows(dossier.steps)])
        self._fit()
