"""The operator window: header, device strip, navigation, notice bar, pages. Pages are built when first opened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QInputMethodEvent, QKeySequence, QResizeEvent, QShortcut, QWindow
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import DeviceTrouble, KioskError, SecurityRefusal, UserFacing
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceState
from ktpel_kiosk.ui import motion, practice_mark
from ktpel_kiosk.ui.bridge import Bridge
from ktpel_kiosk.ui.choices import Choices
from ktpel_kiosk.ui.desk_memory import DeskMemory
from ktpel_kiosk.ui.header import Header
from ktpel_kiosk.ui.kiosk import AFTER_WORDS, after_what
from ktpel_kiosk.ui.kiosk_window import HOUSE_KEYS
from ktpel_kiosk.ui.page_table import PAGES
from ktpel_kiosk.ui.page_window import PageWindow
from ktpel_kiosk.ui.pages.base import Page, turn_by_turn
from ktpel_kiosk.ui.presence import Presence
from ktpel_kiosk.ui.presenters.session import Session
from ktpel_kiosk.ui.screen_keyboard import KeyboardControl
from ktpel_kiosk.ui.theme import Theme, screen_scale, set_theme, text_scale
from ktpel_kiosk.ui.wedge import WedgeFilter, key_press
from ktpel_kiosk.ui.widgets.base import Line
from ktpel_kiosk.ui.widgets.buttons import NavItem
from ktpel_kiosk.ui.widgets.status import NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.desk.context import Desk
    from ktpel_kiosk.ui.applicant_window import ApplicantWindow
    from ktpel_kiosk.ui.away_strip import AwayStrip
    from ktpel_kiosk.ui.opening import Opening
    from ktpel_kiosk.ui.practice_panel import PracticePanel

NARROW_BELOW = 1100
"""Width of the window in design pixels under which the navigation stands narrow: large letters on a small screen."""
ACTS = (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.TouchBegin, QEvent.Type.InputMethod)
REFRESH_MS = 180
IDLE_LOCK_S = 600


class OperatorWindow(PageWindow):
    """Create it in the GUI thread, then ``show`` or ``showFullScreen``.

    Args:
        actor: already signed in (demonstrations); without it the sign-in page comes first.
        applicant: the applicant's window; pages drive it.
        data: folder that remembers where the officer was (see :mod:`ktpel_kiosk.ui.kiosk_place`).
    """

    closed = Signal()
    away: AwayStrip | None = None
    """Where several desks share the register."""

    def __init__(self, desk: Desk, bridge: Bridge, *, actor: Actor | None = None, applicant: ApplicantWindow | None = None,
                 theme: Theme | None = None, place: str = "Meja 1", idle_lock_s: float = IDLE_LOCK_S,
                 data: Path | None = None) -> None:
        super().__init__()
        self.desk, self.bridge, self.applicant, self.place = desk, bridge, applicant, place
        self.session = Session(desk, actor or Actor("", "", frozenset()))
        self.text_size = "normal"
        self.choices = Choices()
        self.memory = DeskMemory(data)
        motion.remembered(self.memory.get(motion.KEPT_AS))
        self.on_theme: Callable[[str, str], None] = lambda _contrast, _size: None
        self.setWindowTitle(f"KTP-el · {desk.sop.kantor.nama}")
        self.setMinimumSize(1024, 640)
        set_theme(self, theme or Theme())
        self._pages: dict[str, Page] = {}
        self._page = ""
        self._last_user = self._left = ""
        self._about = ""
        self.opening: Opening | None = None
        self._prepare_kiosk(idle_lock_s, data)
        self._build()
        self.keyboard = KeyboardControl(self, self.memory)
        self._timers()
        bridge.device_changed.connect(self._device_changed)
        bridge.register_changed.connect(self._register_changed)
        for state in desk.devices.states():
            self.header.show_device(state)
        if actor is not None:
            self.signed_in(actor)
        else:
            self.lock(AFTER_WORDS.get(after_what(), ""))

    @property
    def theme(self) -> Theme:
        return self._ktpel_theme  # type: ignore[attr-defined]

    def _build(self) -> None:
        root = QWidget()
        root.setProperty("surface", "canvas")
        self.header = Header(self)
        self.nav = QFrame()
        self.nav.setProperty("surface", "plain")
        self.items: dict[str, NavItem] = {}
        menu = self._menu = QVBoxLayout(self.nav)
        menu.setContentsMargins(12, 16, 12, 14)
        menu.setSpacing(4)
        for key, title, icon, _path in PAGES:
            if key == "pengaturan":
                menu.addStretch(1)
            item = NavItem(title, icon)
            item.clicked.connect(lambda _on=False, key=key: self.go(key))
            menu.addWidget(item)
            self.items[key] = item
        self.notice = NoticeBar()
        self.stack = QStackedWidget()
        body = QVBoxLayout()
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        self.notice.setContentsMargins(0, 0, 0, 0)
        self._bar = QHBoxLayout()
        self.notice.closed.connect(lambda: self._bar_room(False))
        self._bars = QVBoxLayout()
        self._bars.setSpacing(8)
        self._bars.addWidget(self.notice)
        self._bar.addLayout(self._bars)
        self._bar_room(False)
        if self.desk.office_server is not None:
            from ktpel_kiosk.ui.away_strip import AwayStrip
            self.away = AwayStrip(self)
            body.addWidget(self.away)
        body.addLayout(self._bar)
        body.addWidget(self.stack, 1)
        self.nav_line = Line(vertical=True)
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.nav)
        middle.addWidget(self.nav_line)
        middle.addLayout(body, 1)
        outer = QVBoxLayout(root)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.header)
        outer.addWidget(Line())
        outer.addLayout(middle, 1)
        self.setCentralWidget(root)
        for key in HOUSE_KEYS:
            QShortcut(QKeySequence(key), self).activated.connect(partial(self.press, key))
        self._practice: PracticePanel | None = None
        if self.desk.practice is not None:
            QShortcut(QKeySequence("F12"), self).activated.connect(self.show_practice)
            practice_mark.mark(self)

    def _bar_room(self, on: bool) -> None:
        """Room above the notices while there are any."""
        self._bar.setContentsMargins(24, 12 if on or not self.notice.isHidden() else 0, 24, 0)

    def _timers(self) -> None:
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._tick)
        self._second.start()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(REFRESH_MS)
        self._soon.timeout.connect(self._refresh)
        self._wedge = WedgeFilter(self)
        self._wedge.scanned.connect(self.code_read)
        self._presence = Presence(self, self._seen)

    def _seen(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        relayed = not event.spontaneous() and kind == QEvent.Type.KeyPress and isinstance(watched, QWindow)
        """While a screen reader listens, Qt sends each key round by it; its pace then tells nothing about scanners."""
        if not event.spontaneous() and not relayed and not isinstance(event, QInputMethodEvent):
            return False  # Qt's own
        if self.opening is not None and self.opening.key and kind in ACTS:
            self.opening.finish()  # what is pressed now is meant for the page that was asked for
        self._somebody(kind)
        if self._astray(watched, event):
            return True
        if kind == QEvent.Type.KeyPress and not relayed and self._page not in ("", "masuk") and watched == self.windowHandle():
            press = key_press(event)
            return press is not None and self._wedge.takes(watched, press)
        return False

    def code_read(self, text: str) -> None:
        """A code from any scanner: the page's business first, else the application it names."""
        from ktpel_kiosk.desk import queries
        from ktpel_kiosk.domain.scanned import scanned

        page = self._pages.get(self._page)
        try:
            code = scanned(text)
        except KioskError as error:
            self.show_error(error)
            return
        if page is None or page.scanned(code) or not self.may_open("register"):
            return

        def found(application: object) -> None:
            if application is None:
                self.tell("attention", "Pindai QR pada tanda terima, atau cari lewat Register (F3).", bold="Kode itu tidak dikenal.")
            else:
                self.go("register", id=application.id)  # type: ignore[attr-defined]

        self.bridge.run(lambda: queries.find_scanned(self.desk, code), found, self.show_error, owner=page)

    def show_practice(self) -> None:
        """The trainer's panel, or away with it; a window of its own where it would take the room of the work."""
        if self.desk.practice is None:
            return
        if self._practice is None:
            from ktpel_kiosk.ui.practice_panel import PracticePanel
            panel = self._practice = PracticePanel(self, self.desk.practice)
            turn_by_turn(self.bridge, panel, self._dock(panel))  # styling and laying it out take as long as making it
        else:
            self._practice.setVisible(not self._practice.isVisible())

    def _dock(self, panel: PracticePanel) -> Iterator[None]:
        panel.put()
        yield
        self.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, panel)
        if self.width() < 1600:
            panel.setFloating(True)
            size = panel.sizeHint()
            corner = self.mapToGlobal(self.rect().bottomRight())
            panel.setGeometry(corner.x() - size.width() - 16, max(64, corner.y() - size.height() - 40), size.width(), size.height())
        yield
        panel.show()

    # -- moving about ---------------------------------------------------------------------------------------------

    @property
    def current(self) -> str:
        """Key of the page shown."""
        return self._page

    def press(self, key: str) -> None:
        """A function key: the page first, then the house's own meaning."""
        if self.opening is not None:
            self.opening.finish()
        if self.overlay is not None:
            self.overlay.press(key)
            return
        page = self._pages.get(self._page)
        if page is None or not self.session.actor.username:
            if key == "F9" and page is not None:
                page.press(key)
            elif key == "Esc" and page is not None:
                page.back()
            return
        if key in ("F1", "F2", "F3", "Esc") and key not in page.keys:
            self._house_key(key, page)
        else:
            page.press(key)

    def _house_key(self, key: str, page: Page) -> None:
        if key == "Esc":
            if self.notice.isVisible():
                self.notice.dismiss()
            elif not page.back() and self._page != "beranda":
                self.go("beranda")
        elif key == "F1":
            self.go("bantuan", about="" if self._page == "bantuan" else self._page)
        elif key == "F2":
            self.go("loket", new=True)
        else:
            self.go("register", focus=True)

    # -- telling --------------------------------------------------------------------------------------------------

    def tell(self, kind: str, text: str, *, bold: str = "", action: str = "", act: Callable[[], None] | None = None) -> None:
        """A quiet notice at the top: ``info``, ``good``, ``attention`` or ``trouble``."""
        self._about = ""
        self._bar_room(True)
        self.notice.show_text(kind, text, bold=bold, action=action, act=act)

    def show_error(self, error: KioskError) -> None:
        if self.away is not None:
            self.away.missed(error)
        kind = "trouble" if isinstance(error, DeviceTrouble | SecurityRefusal) or not isinstance(error, UserFacing) else "attention"
        self.tell(kind, self.session.sentence(error))
        self._about = str(error.facts.get("device_kind", "")) or "error"

    def error_over(self) -> None:
        """What the page was asked to do succeeded: an error notice of before no longer holds."""
        if self._about:
            self._about = ""
            self.notice.dismiss()

    def _device_changed(self, state: DeviceState) -> None:
        if state.health is DeviceHealth.BUSY:
            self._idle.touched()  # somebody looks into the camera or lays a finger down
        self.header.show_device(state)
        if self._about == state.kind and state.health is DeviceHealth.READY:
            self.error_over()

    def device_help(self, kind: str) -> None:
        """A click on the strip: one sentence on what to do, and the way to the device's own page."""
        title, health, text = self.header.explain(kind)
        self.tell("trouble" if health == "trouble" else "attention" if health == "missing" else "info", text, bold=title,
                  action="Lihat perangkat", act=lambda: self.show_device(kind))
        self._about = kind if health in ("trouble", "missing") else ""

    def show_device(self, kind: str) -> None:
        """The device's page in Pengaturan."""
        self.notice.dismiss()
        self.go("pengaturan", section="perangkat", device=kind)

    # -- keeping up -----------------------------------------------------------------------------------------------

    def _register_changed(self, _subjects: object) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _refresh(self) -> None:
        if not self.session.actor.username:
            return
        from ktpel_kiosk.ui.presenters.board import BoardPresenter
        self.bridge.run(BoardPresenter(self.session).counters, self._show_counters, lambda _e: None, owner=self)
        page = self.shown()
        if page is not None:
            page.refresh()

    def _show_counters(self, counts: dict[str, int]) -> None:
        for key, item in self.items.items():
            item.set_count(counts.get(key, 0))
        self.header.show_queue(counts.get("antrean", 0))

    def _tick(self) -> None:
        self._presence.look()
        self.header.show_time(self.session)
        self.header.show_line(self.desk.line_report())
        page = self.shown()
        if page is not None:
            page.tick()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_nav()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "items"):
            self._fit_nav()
        super().changeEvent(event)

    def _fit_nav(self) -> None:
        narrow = self.width() / self.theme.scale < NARROW_BELOW
        for item in self.items.values():
            item.set_narrow(narrow)
        self._menu.setContentsMargins(*((6, 8, 6, 8) if narrow else (12, 16, 12, 14)))

    def apply_theme(self, theme: Theme) -> None:
        """Change the look while the window is shown; nothing typed is touched. Pages nobody opened yet are not styled but built anew."""
        self._drop([k for k, page in self._pages.items() if page.ahead])
        if self.dismantler is not None:
            self.dismantler.finish()  # a half of a page must not be styled
        set_theme(self, theme)

    def choose_look(self, contrast: str, text_size: str) -> None:
        """The officer's choice of colours and text size on top of what the screen asks for."""
        self.text_size = text_size
        self.apply_theme(Theme(contrast, round(screen_scale(self.width(), self.height()) * text_scale(text_size), 2)))
        if self.applicant is not None:
            self.applicant.set_contrast(contrast)
        self.on_theme(contrast, text_size)

    def closeEvent(self, event: QCloseEvent) -> None:
        page = self._pages.get(self._page)
        if page is not None:
            page.closed()
        self._presence.stop()
        self._second.stop()
        self._idle.stop()
        self._soon.stop()
        super().closeEvent(event)
        self.closed.emit()


