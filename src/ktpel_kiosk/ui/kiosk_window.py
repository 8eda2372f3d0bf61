"""What the operator window does as a kiosk: locking by itself, being where the officer was, leaving with a supervisor's word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMainWindow, QWidget

from ktpel_kiosk.ports.devices import DeviceHealth
from ktpel_kiosk.ui.kiosk_idle import SIGNS, IdleLock
from ktpel_kiosk.ui.kiosk_place import Place, PlaceKeeper
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.desk.leaving import Leave
    from ktpel_kiosk.domain.actor import Actor
    from ktpel_kiosk.ui.applicant_window import ApplicantWindow
    from ktpel_kiosk.ui.kiosk import KioskGuard
    from ktpel_kiosk.ui.kiosk_files import FilePanel
    from ktpel_kiosk.ui.kiosk_screens import Screens
    from ktpel_kiosk.ui.kiosk_typed import TypingKeeper
    from ktpel_kiosk.ui.opening import Opening
    from ktpel_kiosk.ui.pages.base import Page
    from ktpel_kiosk.ui.paper_panel import PaperPanel
    from ktpel_kiosk.ui.presenters.session import Session

HOUSE_KEYS = ("F1", "F2", "F3", "F6", "F7", "F8", "F9", "Esc")
"""What the operator window answers to, whatever has the keyboard."""
TYPING = frozenset({QEvent.Type.KeyPress, QEvent.Type.InputMethod, QEvent.Type.MouseButtonRelease, QEvent.Type.Drop})


class KioskWindow(QMainWindow):
    """The part of the operator window that has nothing to do with pages' work; :mod:`ktpel_kiosk.ui.operator_window` has the rest."""

    session: Session
    applicant: ApplicantWindow | None
    _pages: dict[str, Page]
    opening: Opening | None
    _page: str

    def go(self, key: str, **args: Any) -> None:
        raise NotImplementedError

    def tell(self, kind: str, text: str, *, bold: str = "") -> None:
        raise NotImplementedError

    def _prepare_kiosk(self, idle_lock_s: float, data: Path | None) -> None:
        self.kiosk: KioskGuard | None = None
        self.overlay: FilePanel | PaperPanel | None = None
        """A panel over the page; it has the function keys."""
        self.screens: Screens | None = None
        """Full screen only: which window stands where."""
        self._typing: TypingKeeper | None = None
        self._before_leaving = ""
        self.place_keeper = PlaceKeeper(self, data)  # type: ignore[arg-type]
        self.recovered = False
        """An earlier run of this program ended without anybody's leave; its place is gone back to at the next sign-in."""
        self._former: Place | None = self.place_keeper.last()
        self._idle = IdleLock(idle_lock_s, self)
        self._idle.due.connect(self._lock_idle)
        self._idle.warned.connect(self._warn_idle)
        self.idle_notice: NoticeBar | None = None
        self._idle.calm.connect(self._calm_idle)

    # -- being there --------------------------------------------------------------------------------------------------

    def _somebody(self, event: QEvent.Type) -> None:
        """Any event of the program: does it show that somebody is there, that something was typed, that a form came up?"""
        if event in SIGNS:
            self._idle.touched()
            if event in TYPING:
                self.typing.touched()

    def _astray(self, watched: QObject, event: QEvent) -> bool:
        """A key that came to the applicant's window, which the applicant just touched: it is the officer's, whose typing went on meanwhile.

        True: the officer's window has it now.
        """
        applicant = self.applicant
        if self.kiosk is None or applicant is None or not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress \
                or watched != applicant.windowHandle() or self.in_front() is not self:
            return False
        name = QKeySequence(event.key()).toString()
        if name in HOUSE_KEYS and not event.modifiers():
            self.press(name)  # a shortcut of a window that is not active says nothing
        else:
            QCoreApplication.sendEvent(self.windowHandle(), event.clone())
        return True

    def press(self, key: str) -> None:
        raise NotImplementedError

    @property
    def typing(self) -> TypingKeeper:
        """Made with the first key."""
        if self._typing is None:
            from ktpel_kiosk.ui.kiosk_typed import TypingKeeper
            self._typing = TypingKeeper(self)  # type: ignore[arg-type]
        return self._typing

    def _warn_idle(self, seconds: int) -> None:
        if self.idle_notice is None:
            self.idle_notice = NoticeBar(closable=False)
            self._bars.insertWidget(0, self.idle_notice)  # type: ignore[attr-defined]
        self._bar_room(True)
        self.idle_notice.show_text("attention", word("kiosk", "segera_kunci").format(detik=seconds), bold=word("kiosk", "tidak_ada_orang"))

    def _calm_idle(self) -> None:
        if self.idle_notice is not None:
            self.idle_notice.dismiss()
            self._bar_room(False)

    def _bar_room(self, on: bool) -> None:
        raise NotImplementedError

    def _lock_idle(self) -> None:
        self.lock()

    def lock(self, notice: str = "") -> None:
        raise NotImplementedError

    # -- the computer slept -------------------------------------------------------------------------------------------

    def woke(self, _slept_s: float) -> None:
        """After a sleep: running captures end, devices are looked for again, sending goes on, and somebody has to sign in."""
        desk = self.session.desk
        for state in desk.devices.states():
            if state.health is DeviceHealth.BUSY:
                desk.devices.interrupt(state.kind)
        desk.devices.look_now()
        desk.wake_uploader()
        if self.session.actor.username:
            self.lock("setelah_tidur")

    def clock_moved(self, _seconds: float) -> None:
        """Somebody set the time: numbers and due dates depend on it."""
        if self.session.actor.username:
            self.tell("attention", word("kiosk", "jam_berubah"))

    # -- where the officer was ----------------------------------------------------------------------------------------

    def shown(self) -> Page | None:
        """The page in front, if any; none while one is on its way (:mod:`ktpel_kiosk.ui.opening`)."""
        return self._pages.get(self._page) if self.opening is None or not self.opening.key else None

    def _return_to(self, actor: Actor) -> Place | None:
        """Where this officer was when the program was interrupted; once only, and not for anybody else."""
        former, self._former = self._former, None
        return former if former is not None and former.officer == actor.username else None

    def _say_recovered(self) -> None:
        self.recovered = True
        self.tell("info", word("kiosk", "dibuka_lagi"), bold=word("kiosk", "dimulai_lagi"))

    # -- leaving ------------------------------------------------------------------------------------------------------

    def ask_to_leave(self, how: str) -> None:
        """The menu's way out; an ordinary window (training) just closes."""
        if self.kiosk is None:
            self.close()
            return
        self._before_leaving = self._page
        self.go("keluar", how=how)

    def stay_here(self) -> None:
        """Nobody leaves after all."""
        self.go((self._before_leaving or "beranda") if self.session.actor.username else "masuk")

    def let_out(self, how: Leave) -> None:
        """A supervisor or admin has agreed."""
        if self._typing is not None:
            self._typing.look()
        self.place_keeper.left()
        if self.kiosk is not None:
            self.kiosk.let_out(how)
        else:
            self.close()

    def reopen(self) -> None:
        """A restore was agreed: the windows end, and whoever started them opens the folder again."""
        from ktpel_kiosk.desk.leaving import Leave

        self.let_out(Leave.CLOSE)

    def in_front(self) -> QWidget:
        """The window that has to have the keyboard: the applicant's while a turned screen shows it, else this one."""
        applicant = self.applicant
        if applicant is not None and applicant.isVisible() and applicant.screen() is self.screen():
            return applicant
        return self
