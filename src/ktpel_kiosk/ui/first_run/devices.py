"""Perangkat: every kind with its state and what to do; a live test beside it. Nothing here holds anybody up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ports.devices import DeviceHealth, DeviceKind, Devices, DeviceState
from ktpel_kiosk.ports.setup import SetupStage
from ktpel_kiosk.ui.feed import PreviewFeed
from ktpel_kiosk.ui.first_run import trials
from ktpel_kiosk.ui.first_run.page import SetupPage
from ktpel_kiosk.ui.first_run.sheet import sheet_pdf
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.device_state import fact_grid, fill_facts
from ktpel_kiosk.ui.pages.device_tests import PAD, nobody_came, side_by_side
from ktpel_kiosk.ui.pages.settings_devices import ICONS, DeviceRow
from ktpel_kiosk.ui.presenters.devices import HEALTH_WORDS, LIVE, PICTURES, WAITS_FOR_PERSON, DeviceCard, TestView
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.capture import PreviewView
from ktpel_kiosk.ui.widgets.ink import SignatureField
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.first_run.window import SetupWindow

FRAME_MS = 66
USABLE = (DeviceHealth.READY, DeviceHealth.BUSY)


class DevicesPage(SetupPage):
    stage = SetupStage.DEVICES
    state_changed = Signal(object)
    """A device's state, from its own thread into the GUI thread."""

    def __init__(self, window: SetupWindow) -> None:
        super().__init__(window, "Perangkat", "Sambungkan yang ada dan coba satu per satu. Yang belum ada boleh menyusul; "
                         "pekerjaan lain tetap jalan.", scrolls=False)
        self.devices: Devices | None = None
        self.kind = DeviceKind.CAMERA
        self.running: threading.Event | None = None
        self.tested: set[DeviceKind] = set()
        self._unsubscribe: Callable[[], None] | None = None
        self._points: list[PenPoint] = []
        self._live = False
        self._feed: PreviewFeed | None = None
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._list(), 10)
        both.addWidget(self._test(), 14)
        self.body.addLayout(both, 1)
        self._frames = QTimer(self)
        self._frames.setInterval(FRAME_MS)
        self._frames.timeout.connect(self._draw_ink)
        self.state_changed.connect(self._state)

    # -- building -----------------------------------------------------------------------------------------------------

    def _list(self) -> Card:
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        self.rows: dict[DeviceKind, DeviceRow] = {}
        group = QButtonGroup(self)
        for kind in DeviceKind:
            row = DeviceRow(kind)
            row.clicked.connect(lambda _on=False, kind=kind: self.choose(kind))
            row.moved.connect(lambda step, kind=kind: self._move(kind, step))
            group.addButton(row)
            self.rows[kind] = row
            box.addWidget(row)
        box.addStretch(1)
        card = Card(1, 0)
        card.body.setContentsMargins(1, 6, 1, 6)
        card.body.addWidget(scroll(inner))
        return card

    def _test(self) -> Card:
        self.name = label("", "strong", weight="semibold")
        self.intro_line = label("", "body", tone="muted", wrap=True)
        self.preview = PreviewView(whole=True)
        self.preview.setMinimumSize(200, 110)
        self.ink = SignatureField()
        self.ink.enabled_ink = False
        self.picture = QStackedWidget()
        self.picture.addWidget(self.preview)
        self.picture.addWidget(self.ink)
        self.result = NoticeBar(closable=False)
        self.facts = fact_grid()
        self.start = Button("", icon="camera")
        self.start.clicked.connect(self.try_device)
        self.cancel_button = Button("Batal", icon="x")
        self.cancel_button.clicked.connect(self.cancel)
        foot = QHBoxLayout()
        foot.setSpacing(10)
        foot.addWidget(self.start)
        foot.addWidget(self.cancel_button)
        foot.addStretch(1)
        card = Card(20, 10)
        for item in (self.name, self.intro_line):
            card.body.addWidget(item)
        card.body.addWidget(self.picture, 1)
        card.body.addWidget(self.result)
        card.body.addLayout(self.facts)
        self.spare = QWidget()
        card.body.addWidget(self.spare, 1)
        card.body.addLayout(foot)
        return card

    # -- showing ------------------------------------------------------------------------------------------------------

    def opened(self) -> None:
        self.lead("Lanjut")
        if self.devices is None:
            self.message.show_text("info", "Perangkat sedang dicari …")
            self.ask(self.setup.devices, self._found)
        else:
            self._found(self.devices)

    def _found(self, devices: Devices) -> None:
        self.devices = devices
        self.message.hide()
        if self._unsubscribe is None:
            self._unsubscribe = devices.subscribe(self.state_changed.emit)
        self._states()
        self.shell.look()
        if self.shell.page(self.shell.stage) is self:
            self.choose(self.kind)
            self.rows[self.kind].setFocus()

    def _states(self) -> None:
        if self.devices is None:
            return
        known = {s.kind: s for s in self.devices.states()}
        for kind in DeviceKind:
            self.rows[kind].show_card(self._card(known.get(kind) or DeviceState(kind, DeviceHealth.MISSING)))
        ready = sum(1 for k in DeviceKind if k in known and known[k].health in USABLE)
        self.progress.devices_ready = (ready, len(DeviceKind))

    def _state(self, _state: DeviceState) -> None:
        self._states()
        self.shell.look()
        if self.shell.stage is SetupStage.DEVICES and self.running is None:
            self._words()

    def _card(self, state: DeviceState) -> DeviceCard:
        """Found, missing or in trouble, and what to do in one sentence."""
        text, tone = HEALTH_WORDS[state.health]
        identity = state.identity
        if state.health is DeviceHealth.TROUBLE and state.trouble:
            advice = self.progress.sentences.text(state.trouble, **dict(state.facts))
        elif state.health is DeviceHealth.READY:
            advice = "Siap. Coba sekali supaya yakin."
        elif state.health is DeviceHealth.BUSY:
            advice = "Tunggu sampai selesai dipakai."
        else:
            advice = word("perangkat_saran", state.kind)
        if state.kind in self.tested and state.health in USABLE:
            text, advice = "Teruji", "Sudah dicoba dan bekerja."
        if state.health is DeviceHealth.MISSING:
            text = "Belum ada"
        model = f"{identity.make} {identity.model}".strip() if identity else "Belum ada alat"
        return DeviceCard(state.kind, word("perangkat", state.kind), text, tone, model, identity.serial if identity else "",
                          identity.driver if identity else "", advice, bool(identity and identity.simulated))

    def _move(self, kind: DeviceKind, step: int) -> None:
        kinds = list(DeviceKind)
        target = kinds[max(0, min(len(kinds) - 1, kinds.index(kind) + step))]
        self.rows[target].setFocus()
        self.choose(target)

    def choose(self, kind: DeviceKind) -> None:
        """Look at one kind of device; the camera's picture runs at once."""
        self.cancel()
        self._watch(False)
        self.kind = kind
        self.rows[kind].setChecked(True)
        self._points.clear()
        self.ink.clear()
        self.preview.set_frame(None)
        self.preview.set_waiting("Belum dicoba")
        shows = kind in PICTURES or kind is DeviceKind.SIGNATURE
        self.picture.setVisible(shows)
        self.spare.setVisible(not shows)
        self.picture.setCurrentWidget(self.ink if kind is DeviceKind.SIGNATURE else self.preview)
        self._show(None)
        self._words()

    def _words(self) -> None:
        card = self.rows[self.kind].card
        if card is None:
            return
        self.name.setText(card.name)
        self.intro_line.setText(word("uji_perangkat", self.kind) if card.usable else card.model)
        self.start.icon_name = ICONS[self.kind]
        self.start.set_text(word("uji_tombol", self.kind))
        if not card.usable:
            self.preview.set_waiting("Belum tersambung")
            self.result.show_text("trouble" if card.tone == "trouble" else "attention", card.advice, bold=f"{card.state}.")
        elif self.kind not in self.tested and self.result.kind in ("attention", "trouble"):
            self.result.hide()
        if card.usable and self.kind is DeviceKind.CAMERA and self.kind not in self.tested:
            self._watch(True)
        self._buttons()

    def _show(self, view: TestView | None) -> None:
        fill_facts(self.facts, view.facts if view else ())
        if view is None:
            self.result.hide()
            return
        self.result.show_text(view.tone, view.text)
        if view.images:
            self.preview.set_frame(side_by_side(view.images))
        if view.ink is not None:
            self.ink.show_ink(view.ink.points, view.ink.width, view.ink.height)

    def _buttons(self) -> None:
        card = self.rows[self.kind].card
        self.start.setEnabled(self.running is None and card is not None and card.usable)
        self.cancel_button.setVisible(self.running is not None)

    # -- testing ------------------------------------------------------------------------------------------------------

    def try_device(self) -> None:
        """The live test of the chosen device."""
        if self.running is not None or self.devices is None:
            return
        kind, mine, points = self.kind, threading.Event(), self._points
        self.running = mine
        self._watch(False)
        points.clear()
        self.ink.clear()
        self.preview.set_frame(None)
        self.preview.set_waiting(word("uji_tunggu", kind))
        self._show(None)
        self.result.show_text("info", word("uji_tunggu", kind))
        if kind in LIVE or kind is DeviceKind.SIGNATURE:
            self._pictures(True)
        self._buttons()
        prints = kind in (DeviceKind.DOCUMENT_PRINTER, DeviceKind.RECEIPT_PRINTER)
        page = sheet_pdf(self.progress.answers.office.kop, slip=kind is DeviceKind.RECEIPT_PRINTER) if prints else b""
        bench = trials.Bench(self.devices, self.shell.judge, page)

        def ended() -> bool:
            if self.running is not mine:
                return False
            self.running = None
            self._pictures(False)
            self.preview.set_waiting("Belum dicoba")
            return True

        def good(view: TestView) -> None:
            if ended():
                if view.tone == "good":
                    self.tested.add(kind)
                self._states()
                self._show(view)
                self._buttons()

        def bad(error: KioskError) -> None:
            if ended():
                if error.message_key != "device.interrupted":
                    self._show(TestView("attention" if nobody_came(error) else "trouble", self.progress.sentence(error)))
                else:
                    self.result.hide()
                self._buttons()

        self.ask(lambda: trials.run(bench, kind, mine.is_set, points.append), good, bad)

    def cancel(self) -> None:
        """End the running test; what it still brings is thrown away."""
        if self.running is None:
            return
        self.running.set()
        self.running = None
        if self.kind in WAITS_FOR_PERSON and self.devices is not None:
            self.devices.interrupt(self.kind)
        self._pictures(False)
        self.preview.set_waiting("Belum dicoba")
        self.result.hide()
        self._buttons()

    def _watch(self, on: bool) -> None:
        if on == self._live or self.devices is None:
            return
        self._live = on
        if on:
            self.preview.set_waiting("Menunggu gambar …")
            self.devices.start_preview(DeviceKind.CAMERA)
            self._pictures(True)
        else:
            self._pictures(False)
            self.devices.stop_preview(DeviceKind.CAMERA)

    def _pictures(self, on: bool) -> None:
        """Live pictures (or ink) from now on, or none any more; each comes when the device has it, nobody asks."""
        self._frames.stop()
        if self._feed is not None:
            self._feed.stop()
            self._feed = None
        if not on:
            return
        if self.kind is DeviceKind.SIGNATURE:
            self._frames.start()
        elif self.devices is not None:
            kind, devices = self.kind, self.devices
            self._feed = PreviewFeed(self.shell.bridge, lambda: devices.preview(kind), lambda: (self.preview,), lambda _raw: None)
            self._feed.start()

    def _draw_ink(self) -> None:
        points = tuple(self._points)
        if points:
            self.ink.show_ink(points, max(PAD[0], *(p.x for p in points)), max(PAD[1], *(p.y for p in points)))

    # -- leaving ------------------------------------------------------------------------------------------------------

    def closed(self) -> None:
        """Nothing of a test stays on the screen, and no picture runs behind other pages."""
        self.cancel()
        self._watch(False)
        self.preview.set_frame(None)
        self.ink.clear()
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None

    def can_step_back(self) -> bool:
        return self.running is not None

    def back(self) -> bool:
        if self.running is not None:
            self.cancel()
            return True
        return False
