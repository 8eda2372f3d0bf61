"""Practice mode: the trainer's panel. What goes wrong, how the skin is, which card lies on the reader, the line to the centre.

A tool window of its own that can be docked; it exists only where the devices are simulated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QButtonGroup, QDockWidget, QFrame, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.practice import LINE, FaultChoice, PracticeControls
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.practice_trainees import TraineesPart
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import label, row, take_all
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip, IconButton
from ktpel_kiosk.ui.widgets.extra import Tabs
from ktpel_kiosk.ui.widgets.fields import Choice, TextField
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import has_word, word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

LOOK_MS = 700
WIDTH = 360
CARDS = ("printed", "blank", "foreign", "none")
LINES = (("", "Hidup"), ("dead", "Mati"), ("slow", "Lambat"), ("cuts", "Sering putus"))


def fault_word(device: str, fault: str) -> str:
    """What goes wrong, as a trainer says it."""
    own = f"{device}.{fault}"
    return word("gangguan", own if has_word("gangguan", own) else fault)


class _Active(QWidget):
    """One fault that is on or waits for its chance, and the way to end it."""

    def __init__(self, device: str, fault: str, lasting: bool) -> None:
        super().__init__()
        self.stop = IconButton(f"Akhiri {fault_word(device, fault)}", "x")
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(label(fault_word(device, fault), "body", weight="medium", wrap=True))
        when = "sedang terjadi" if lasting else "pada kesempatan berikutnya"
        text.addWidget(label(f"{word('gangguan', device)} · {when}", "small", tone="muted"))
        line.addLayout(text, 1)
        line.addWidget(self.stop)


class PracticePanel(QDockWidget):
    """The trainer's panel over :class:`PracticeControls`; looks at the world again while it is visible."""

    def __init__(self, window: OperatorWindow, controls: PracticeControls) -> None:
        super().__init__("Kendali latihan", window)
        self._controls = controls
        self._sentence = window.session.sentence
        self._choices = {(c.device, c.fault): c for c in controls.choices()}
        self._shown: tuple[tuple[str, str], ...] | None = None
        self.setObjectName("practice")
        self.setAllowedAreas(Qt.DockWidgetArea.RightDockWidgetArea | Qt.DockWidgetArea.LeftDockWidgetArea)
        self._title_bar()
        inner = self._inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(16, 14, 16, 16)
        layout.setSpacing(10)
        self.tabs = Tabs((("pemohon", "Pemohon"), ("gangguan", "Perangkat")), "Kendali latihan")
        self.tabs.chosen.connect(self._chosen)
        layout.addWidget(self.tabs)
        self._window, self._upper = window, layout
        self.world = QWidget()
        outer, layout = layout, QVBoxLayout(self.world)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        outer.addWidget(self.world)
        layout.addWidget(label("Hanya di mode latihan: perangkat dan orang di sini simulasi.", "small", tone="muted", wrap=True))
        self.message = NoticeBar()
        layout.addWidget(self.message)
        self._build_line(layout)
        self._build_faults(layout)
        self._build_person(layout)
        self._build_card(layout)
        self._build_code(layout)
        layout.addStretch(1)
        outer.addStretch(1)
        page = QFrame()
        page.setProperty("surface", "canvas")
        whole = QVBoxLayout(page)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll(inner))
        self._whole = page
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self.visibilityChanged.connect(self._seen)
        self.tabs.choose("gangguan")

    def put(self) -> None:
        """Into the panel, and so into the window, with what was made."""
        self.setWidget(self._whole)

    @cached_property
    def trainees(self) -> TraineesPart:
        """Made when first looked at."""
        made = TraineesPart(self._window, self._controls)
        self._upper.insertWidget(1, made)
        return made

    def _chosen(self, key: str) -> None:
        if key == "pemohon" or "trainees" in self.__dict__:
            self.trainees.setVisible(key == "pemohon")
        self.world.setVisible(key == "gangguan")
        if key == "pemohon":
            self.trainees.opened()

    def sizeHint(self) -> QSize:
        return QSize(theme_of(self).px(WIDTH), 640)

    def _title_bar(self) -> None:
        """In the house's letters, with buttons a finger can meet; dragged by its words."""
        bar = QFrame()
        bar.setProperty("surface", "plain")
        apart, close = IconButton("Lepas atau tempel panel", "copy"), IconButton("Tutup kendali latihan", "x")
        apart.clicked.connect(lambda: self.setFloating(not self.isFloating()))
        close.clicked.connect(self.hide)
        line = QHBoxLayout(bar)
        line.setContentsMargins(16, 2, 4, 2)
        line.setSpacing(0)
        line.addWidget(label("Kendali latihan", "strong", weight="semibold"), 1)
        line.addWidget(apart)
        line.addWidget(close)
        self.setTitleBarWidget(bar)

    # -- building -----------------------------------------------------------------------------------------------------

    def _build_line(self, layout: QVBoxLayout) -> None:
        layout.addWidget(label("Jalur ke pusat", "body", weight="semibold"))
        self.line = QButtonGroup(self)
        self._chips(layout, self.line, LINES, "Jalur ke pusat", self._set_line)

    def _build_faults(self, layout: QVBoxLayout) -> None:
        layout.addWidget(label("Gangguan", "body", weight="semibold"))
        self.devices, self.faults = Choice(), Choice()
        self.devices.setAccessibleName("Perangkat")
        self.faults.setAccessibleName("Gangguan")
        self.devices.fill((d, word("gangguan", d)) for d in dict.fromkeys(d for d, _ in self._choices) if d != LINE)
        self.devices.currentIndexChanged.connect(lambda _i: self._fill_faults())
        layout.addWidget(self.devices)
        layout.addWidget(self.faults)
        self.start = Button("Pasang", icon="plus")
        self.start.clicked.connect(self._start)
        self.clear = Button("Akhiri semua", icon="check")
        self.clear.clicked.connect(lambda: self._do(self._controls.stop_all))
        start = row(spacing=8)
        start.addWidget(self.start)
        start.addWidget(self.clear)
        start.addStretch(1)
        layout.addLayout(start)
        self._fill_faults()
        self._active = QVBoxLayout()
        self._active.setSpacing(6)
        layout.addLayout(self._active)
        self.none = label("Tidak ada gangguan.", "small", tone="muted")
        layout.addWidget(self.none)
        self.service = Button("Printer kartu dibereskan", icon="refresh-cw")
        self.service.clicked.connect(lambda: self._do(self._controls.service_printer))
        layout.addWidget(self.service, 0, Qt.AlignmentFlag.AlignLeft)

    def _build_person(self, layout: QVBoxLayout) -> None:
        layout.addWidget(label("Kulit jari pemohon", "body", weight="semibold"))
        self.skin = QButtonGroup(self)
        self._chips(layout, self.skin, [(c, word("kulit", c)) for c in self._controls.conditions()], "Kulit jari", self._set_condition)

    def _build_card(self, layout: QVBoxLayout) -> None:
        layout.addWidget(label("Kartu di pembaca", "body", weight="semibold"))
        self.cards = QButtonGroup(self)
        self._chips(layout, self.cards, [(w, word("kartu_latihan", w)) for w in CARDS], "Kartu di pembaca", self._lay)

    def _build_code(self, layout: QVBoxLayout) -> None:
        self.code = TextField("code", "Kode di depan pemindai", placeholder="Nomor atau NIK", limit=80)
        self.scan = Button("Pindai", icon="barcode")
        self.scan.clicked.connect(self._scan)
        line = row(spacing=8)
        line.addWidget(self.code, 1)
        line.addWidget(self.scan, 0, Qt.AlignmentFlag.AlignBottom)
        layout.addLayout(line)

    def _chips(self, layout: QVBoxLayout, group: QButtonGroup, choices: Sequence[tuple[str, str]], say: str,
               act: Callable[[str], None]) -> None:
        """Choices in two columns."""
        grid = QGridLayout()
        grid.setSpacing(6)
        for i, (value, text) in enumerate(choices):
            chip = ChoiceChip(text, value)
            chip.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            chip.setMinimumHeight(48)
            chip.setAccessibleName(f"{say}: {text}")
            chip.clicked.connect(lambda _on=False, value=value: act(value))
            group.addButton(chip)
            grid.addWidget(chip, i // 2, i % 2)
        layout.addLayout(grid)

    def _fill_faults(self) -> None:
        device = str(self.devices.currentData())
        self.faults.fill((c.fault, fault_word(device, c.fault)) for c in self._choices.values() if c.device == device)

    # -- looking ------------------------------------------------------------------------------------------------------

    def _seen(self, visible: bool) -> None:
        if visible:
            self.look()
            if self.tabs.current == "pemohon":
                self.trainees.opened()
            self._timer.start()
        else:
            self._timer.stop()

    def look(self) -> None:
        """Show what the world is like now, whoever changed it. The panel is as wide as its longest words, at any size of letters."""
        self.setMinimumWidth(max(theme_of(self).px(WIDTH), self._inner.minimumSizeHint().width() + theme_of(self).px(14)))
        state = self._controls.state()
        if state.faults != self._shown:
            self._shown = state.faults
            self._show_active(state.faults)
        self._check(self.line, next((f for d, f in state.faults if d == LINE), ""))
        self._check(self.skin, state.condition)
        self._check(self.cards, state.card)
        for chip in self.skin.buttons():
            chip.setEnabled(bool(state.condition))

    @staticmethod
    def _check(group: QButtonGroup, value: str) -> None:
        for chip in group.buttons():
            chip.setChecked(isinstance(chip, ChoiceChip) and chip.value == value)

    def _show_active(self, faults: tuple[tuple[str, str], ...]) -> None:
        for old in take_all(self._active):
            old.deleteLater()
        for device, fault in faults:
            if device == LINE:
                continue
            choice = self._choices.get((device, fault), FaultChoice(device, fault, False))
            line = _Active(device, fault, choice.lasting)
            line.stop.clicked.connect(partial(self._stop, device, fault))
            self._active.addWidget(line)
        others = [f for f in faults if f[0] != LINE]
        self.none.setVisible(not others)
        self.clear.setEnabled(bool(faults))

    # -- acting -------------------------------------------------------------------------------------------------------

    def _do(self, work: Callable[..., None], *args: str) -> None:
        try:
            work(*args)
            self.message.hide()
        except KioskError as error:
            self.message.show_text("attention", self._sentence(error))
        self.look()

    def _start(self) -> None:
        self._do(self._controls.start, str(self.devices.currentData()), str(self.faults.currentData()))

    def _stop(self, device: str, fault: str, _on: bool = False) -> None:
        self._do(self._controls.stop, device, fault)

    def _set_line(self, fault: str) -> None:
        for choice in self._choices.values():
            if choice.device == LINE and choice.fault != fault:
                self._controls.stop(LINE, choice.fault)
        if fault and (LINE, fault) not in self._controls.state().faults:
            self._do(self._controls.start, LINE, fault)
        else:
            self.look()

    def _set_condition(self, condition: str) -> None:
        self._do(self._controls.set_condition, condition)

    def _lay(self, what: str) -> None:
        self._do(self._controls.lay_card, what)

    def _scan(self) -> None:
        if self.code.value():
            self._do(self._controls.scan, self.code.value())
            self.code.set_value("")
