"""The assistant's window: steps at the left, one page at a time, the way on at the bottom right."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.services import Biometrics
from ktpel_kiosk.ports.setup import OfficeSetup, SetupStage
from ktpel_kiosk.ui.bridge import Bridge
from ktpel_kiosk.ui.first_run.answers import STAGES, Progress
from ktpel_kiosk.ui.first_run.facts import DONE, TODO, standing
from ktpel_kiosk.ui.first_run.page import SetupPage
from ktpel_kiosk.ui.first_run.steps import StageList
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.theme import Theme, screen_scale, set_theme, text_scale, theme_of
from ktpel_kiosk.ui.widgets.base import Line, label, set_tone
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.status import LogoTile

if TYPE_CHECKING:
    from ktpel_kiosk.ui.kiosk_files import FilePanel

PAGES: dict[SetupStage, str] = {
    SetupStage.MODE: "welcome:WelcomePage", SetupStage.SOP: "sop:SopPage", SetupStage.OFFICE: "office:OfficePage",
    SetupStage.USERS: "officers:OfficersPage", SetupStage.KEYS: "keys:KeysPage", SetupStage.DEVICES: "devices:DevicesPage",
    SetupStage.BACKUP: "backup:BackupPage", SetupStage.FINISH: "finish:FinishPage",
}
RAIL = 272
CONTENT = 940
"""Design pixels of the page at most: lines longer than this are hard to read."""


class SetupWindow(QMainWindow):
    """``ended`` comes once with ``production``, ``practice`` or empty; ``result`` keeps it."""

    ended = Signal(str)

    def __init__(self, setup: OfficeSetup, bridge: Bridge, *, look: tuple[str, str] = ("light", "normal"),
                 on_look: Callable[[str, str], None] = lambda _contrast, _size: None,
                 judge: Callable[[], Biometrics] | None = None) -> None:
        super().__init__()
        self.setup, self.bridge, self.on_look, self.judge = setup, bridge, on_look, judge
        self.contrast, self.text_size = look
        self.progress = Progress(setup, bridge, setup.load())
        self.result = ""
        self.overlay: FilePanel | None = None
        self.busy = self.over = False
        self._over = False
        self._pages: dict[SetupStage, SetupPage] = {}
        self.setWindowTitle("KTP-el · Penyiapan kantor")
        self.setMinimumSize(1024, 640)
        set_theme(self, Theme(self.contrast, text_scale(self.text_size)))
        self._build()
        self.progress.on_kept = self._kept
        for key, act in (("F9", self.forward), ("Esc", self.back)):
            QShortcut(QKeySequence(key), self).activated.connect(partial(self._pressed, key, act))
        self._pulse = QTimer(self)  # lets Python look at signals while nothing happens
        self._pulse.setInterval(500)
        self._pulse.timeout.connect(lambda: None)
        self._pulse.start()
        self.open(self.progress.answers.stage)

    # -- building -----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        root = QWidget()
        root.setProperty("surface", "canvas")
        self.rail = self._rail()
        self.stack = QStackedWidget()
        self.back_button = Button("Kembali", icon="arrow-left", key="Esc")
        self.back_button.clicked.connect(self.back)
        self.kept = label("", "small", tone="muted")
        self.later_button = Button("", "link")
        self.later_button.clicked.connect(self.later)
        self.primary = Button("Lanjut", "primary", key="F9")
        self.primary.clicked.connect(self.forward)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        for item in (self.back_button, self.kept):
            foot.addWidget(item)
        foot.addStretch(1)
        for item in (self.later_button, self.primary):
            foot.addWidget(item)
        self.column = QWidget()
        inside = QVBoxLayout(self.column)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(12)
        inside.addWidget(self.stack, 1)
        inside.addWidget(Line())
        inside.addLayout(foot)
        middle = self._middle = QHBoxLayout()
        middle.setContentsMargins(40, 34, 40, 20)
        middle.addStretch(1)
        middle.addWidget(self.column, 1000)
        middle.addStretch(1)
        outer = QHBoxLayout(root)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.rail)
        outer.addWidget(Line(vertical=True))
        outer.addLayout(middle, 1)
        self.setCentralWidget(root)

    def _rail(self) -> QFrame:
        rail = QFrame()
        rail.setProperty("surface", "plain")
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addWidget(LogoTile(side=40))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label("KTP-el Kiosk", "strong", weight="bold"))
        words.addWidget(label("Penyiapan kantor", "small", tone="muted"))
        head.addLayout(words, 1)
        self.steps = StageList()
        self.steps.chosen.connect(lambda stage: self.open(SetupStage(stage)))
        self.leave_button = Button("Simpan dan keluar", "link", icon="log-out")
        self.leave_button.clicked.connect(lambda: self.end(""))
        box = self._rail_box = QVBoxLayout(rail)
        box.setContentsMargins(16, 24, 16, 12)
        box.setSpacing(8)
        box.addLayout(head)
        box.addSpacing(12)
        box.addWidget(scroll(self.steps), 1)
        box.addWidget(self.leave_button, 0, Qt.AlignmentFlag.AlignLeft)
        return rail

    # -- moving about -------------------------------------------------------------------------------------------------

    @property
    def stage(self) -> SetupStage:
        return self.progress.answers.stage

    def page(self, stage: SetupStage) -> SetupPage:
        """The page, built now if it was never opened."""
        if stage not in self._pages:
            module, name = PAGES[stage].split(":")
            made: SetupPage = getattr(import_module(f"ktpel_kiosk.ui.first_run.{module}"), name)(self)
            made.changed.connect(partial(self._changed, made))
            self.stack.addWidget(made)
            self._pages[stage] = made
        return self._pages[stage]

    def open(self, stage: SetupStage) -> None:
        """Show a page; the answers remember it."""
        if self.busy or self.over:
            return
        before = self._pages.get(self.stage)
        if before is not None:
            before.closed()
        self.progress.set(stage=stage)
        page = self.page(stage)
        page.message.hide()
        self.stack.setCurrentWidget(page)
        page.setFocus(Qt.FocusReason.OtherFocusReason)
        page.opened()
        self.look()

    def _pressed(self, key: str, act: Callable[[], None]) -> None:
        """Keys go to the file panel while one is open."""
        if self.overlay is not None:
            self.overlay.press(key)
        else:
            act()

    def next(self) -> None:
        """On to the page after this one."""
        at = STAGES.index(self.stage)
        if at + 1 < len(STAGES):
            self.open(STAGES[at + 1])

    def back(self) -> None:
        if self.busy or self.over or self.page(self.stage).back():
            return
        at = STAGES.index(self.stage)
        if at:
            self.open(STAGES[at - 1])

    def forward(self) -> None:
        page = self.page(self.stage)
        if page.ready and not self.busy:
            page.forward()

    def later(self) -> None:
        if not self.busy:
            self.page(self.stage).later()

    def set_busy(self, on: bool) -> None:
        """Nothing can be pressed while the office is being made."""
        self.busy = on
        self.look()

    def _changed(self, page: SetupPage) -> None:
        if page is self._pages.get(self.stage):
            self.look()

    def look(self) -> None:
        """Buttons and list as they are now."""
        page = self.page(self.stage)
        self.primary.set_text(page.primary)
        self.primary.setEnabled(page.ready and not self.busy)
        self.later_button.set_text(page.secondary)
        self.later_button.setVisible(bool(page.secondary))
        self.back_button.setVisible(not self.over and (self.stage is not SetupStage.MODE or page.can_step_back()))
        self.back_button.setEnabled(not self.busy)
        self.leave_button.setEnabled(not self.busy)
        self.leave_button.setVisible(not self.over)
        self.kept.setVisible(not self.over)
        self._list()

    def _list(self) -> None:
        """The steps at the left; none leads anywhere while the office is being made, or once it is."""
        for stage, item in self.steps.items.items():
            state, detail = (DONE, "") if self.over else standing(self.progress, stage)
            item.show_state(TODO if self.busy and stage is not self.stage else state, detail, here=stage is self.stage)
            if self.over:
                item.setEnabled(False)

    def _kept(self, error: KioskError | None) -> None:
        self.kept.setText("Jawaban tersimpan" if error is None else self.progress.sentence(error))
        set_tone(self.kept, "muted" if error is None else "trouble")
        self._list()

    def end(self, how: str) -> None:
        """Leave with this result; what was answered is on disk. Left after the office was made, the desk opens next time."""
        how = how or ("production" if self.over else "")
        if self._over or self.busy:
            return
        self._over, self.result = True, how
        page = self._pages.get(self.stage)
        if page is not None:
            page.closed()
        if not how:
            self.progress.flush()
        self.ended.emit(how)

    # -- look ---------------------------------------------------------------------------------------------------------

    def choose_look(self, contrast: str, text_size: str) -> None:
        """Colours and size of letters, at once and for the desk later."""
        self.contrast, self.text_size = contrast, text_size
        self._fit()
        self.on_look(contrast, text_size)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        scale = round(screen_scale(self.width(), self.height()) * text_scale(self.text_size), 2)
        theme = theme_of(self)
        if (theme.contrast, theme.scale) != (self.contrast, scale):
            theme = Theme(self.contrast, scale)
            set_theme(self, theme)
        tight = self.width() / scale < 1250
        self.rail.setFixedWidth(min(theme.px(RAIL), round(self.width() * 0.27)))
        self._rail_box.setContentsMargins(*((8, 12, 8, 8) if tight else (16, 24, 16, 12)))
        self._middle.setContentsMargins(*((20, 14, 20, 12) if tight else (40, 34, 40, 20)))
        self.column.setMaximumWidth(theme.px(CONTENT))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "_middle"):
            self.look()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closed by the window system: as leaving; while the office is being made it stays."""
        if self.busy and not self._over:
            event.ignore()
            return
        self._pulse.stop()
        self.end("")
        super().closeEvent(event)
