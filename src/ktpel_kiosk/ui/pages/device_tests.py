"""Uji: one live test for every kind of device. What it takes is shown and forgotten."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.biometric import PenPoint, RawImage
from ktpel_kiosk.domain.errors import CaptureFailed, CardRefused, CardRemoved, KioskError, NotAllowed, SignInRefused, Stalled
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.feed import PreviewFeed
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.pages.device_state import DevicePanel, fact_grid, fill_facts
from ktpel_kiosk.ui.presenters.devices import LIVE, PICTURES, WAITS_FOR_PERSON, DeviceCard, TestView
from ktpel_kiosk.ui.widgets.base import label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.capture import Picture, PreviewView, to_qimage
from ktpel_kiosk.ui.widgets.fields import TextField
from ktpel_kiosk.ui.widgets.ink import SignatureField
from ktpel_kiosk.ui.widgets.second import SecondPerson
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.settings_devices import DevicesSection

FRAME_MS = 66
PAD = (9600, 6000)
"""Units of a pad whose size is not known before its capture is over."""


class TestPanel(DevicePanel):
    """Left the picture or ink, right the words; below the buttons. A test card is asked for on a page of its own."""

    __test__ = False  # not a test class

    def __init__(self, section: DevicesSection) -> None:
        super().__init__(section)
        self.kind = DeviceKind.CAMERA
        self.running: threading.Event | None = None
        self._points: list[PenPoint] = []
        self._live = False
        self._feed: PreviewFeed | None = None
        self.pages = QStackedWidget()
        self.pages.addWidget(self._test_page())
        self.pages.addWidget(self._card_page())
        self.frame.addWidget(self.pages, 1)
        self._frames = QTimer(self)
        self._frames.setInterval(FRAME_MS)
        self._frames.timeout.connect(self._draw_ink)

    # -- building -----------------------------------------------------------------------------------------------------

    def _test_page(self) -> QWidget:
        self.preview = PreviewView(whole=True)
        self.ink = SignatureField()
        self.ink.enabled_ink = False
        self.stage = QStackedWidget()
        self.stage.addWidget(self.preview)
        self.stage.addWidget(self.ink)
        self.intro = label("", "body", tone="muted", wrap=True)
        self.result = NoticeBar(closable=False)
        self.facts = fact_grid()
        self.photo = Picture(QSize(132, 176), "", fill=False)
        self.photo.setAccessibleName("Foto dari chip KTP-el")
        self.purpose = TextField("purpose", "Keperluan membaca KTP-el", placeholder="misalnya: kartu temuan", limit=120)
        self.read = Button("Baca KTP-el", icon="id-card")
        self.read.clicked.connect(self._read_public)
        self.purpose.line.returnPressed.connect(self._read_public)
        self.public = QWidget()
        public = QVBoxLayout(self.public)
        public.setContentsMargins(0, 4, 0, 0)
        public.setSpacing(8)
        public.addWidget(label("Baca KTP-el", "body", weight="semibold"))
        public.addWidget(label("Membaca UID, kontrol kartu dan foto yang terbuka untuk semua alat. Foto hanya tampil, tidak disimpan; "
                               "keperluannya dicatat.", "small", tone="muted", wrap=True))
        line = QHBoxLayout()
        line.setSpacing(12)
        line.addWidget(self.purpose, 1)
        line.addWidget(self.read, 0, Qt.AlignmentFlag.AlignBottom)
        public.addLayout(line)
        inner = QWidget()
        words = QVBoxLayout(inner)
        words.setContentsMargins(0, 0, 8, 0)
        words.setSpacing(12)
        words.addWidget(self.intro)
        words.addWidget(self.result)
        facts = QHBoxLayout()
        facts.setSpacing(16)
        beside = QVBoxLayout()
        beside.addLayout(self.facts)
        beside.addStretch(1)
        facts.addLayout(beside, 1)
        facts.addWidget(self.photo, 0, Qt.AlignmentFlag.AlignTop)
        words.addLayout(facts)
        words.addWidget(self.public)
        words.addStretch(1)
        both = QHBoxLayout()
        both.setSpacing(18)
        both.addWidget(self.stage, 6)
        both.addWidget(scroll(inner), 5)
        self.start = Button("", "primary", key="F9")
        self.start.clicked.connect(self._start)
        self.stop = Button("Batal", icon="x")
        self.stop.clicked.connect(self.cancel)
        self.live = Button("Gambar langsung", icon="eye")
        self.live.clicked.connect(lambda: self._watch(not self._live))
        self.card_button = Button("Cetak kartu uji", icon="credit-card")
        self.card_button.clicked.connect(lambda: self._ask_card(True))
        self.report = Button("Buat berita acara", icon="file-text")
        self.report.clicked.connect(lambda: self.section.tabs.choose("kerusakan"))
        foot = QHBoxLayout()
        foot.setSpacing(12)
        for item in (self.report, self.stop):
            foot.addWidget(item)
        foot.addStretch(1)
        for item in (self.live, self.card_button, self.start):
            foot.addWidget(item)
        page = QWidget()
        box = QVBoxLayout(page)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(12)
        box.addLayout(both, 1)
        box.addLayout(foot)
        return page

    def _card_page(self) -> QWidget:
        self.reason = TextField("reason", "Alasan", placeholder="misalnya: pita baru dipasang", limit=120)
        self.second = SecondPerson("", "Blangko yang keluar dari persediaan disaksikan petugas kedua.")
        self.print = Button("Cetak kartu uji", "primary", key="F9")
        self.print.clicked.connect(self._print_card)
        self.second.entered.connect(self._print_card)
        keep = Button("Tidak jadi", icon="arrow-left")
        keep.clicked.connect(lambda: self._ask_card(False))
        self.warning = NoticeBar(closable=False)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(0, 0, 8, 0)
        box.setSpacing(12)
        for item in (self.warning, self.reason, self.second):
            box.addWidget(item)
        box.addStretch(1)
        foot = QHBoxLayout()
        foot.addWidget(keep)
        foot.addStretch(1)
        foot.addWidget(self.print)
        page = QWidget()
        outer = QVBoxLayout(page)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(12)
        outer.addWidget(scroll(inner), 1)
        outer.addLayout(foot)
        return page

    # -- showing ------------------------------------------------------------------------------------------------------

    def opened(self, card: DeviceCard) -> None:
        self.kind = card.kind
        self.pages.setCurrentIndex(0)
        self._points.clear()
        self.preview.set_frame(None)
        self.preview.set_waiting("Belum diuji")
        self.ink.clear()
        self.stage.setVisible(card.kind in PICTURES or card.kind is DeviceKind.SIGNATURE)
        self.stage.setCurrentWidget(self.ink if card.kind is DeviceKind.SIGNATURE else self.preview)
        self.intro.setText(word("uji_perangkat", card.kind))
        self.start.set_text(word("uji_tombol", card.kind))
        self.live.setVisible(card.kind is DeviceKind.CAMERA)
        self.card_button.setVisible(card.kind is DeviceKind.CARD_PRINTER and self.presenter.may("print_test_card"))
        self.public.setVisible(card.kind is DeviceKind.CARD_READER and self.presenter.may("read_public_card"))
        self.purpose.set_value("")
        self._show(None)
        self._buttons()
        self.changed(card)

    def changed(self, card: DeviceCard) -> None:
        if not card.usable and self.running is None:
            self.result.show_text("attention", card.advice, bold=f"{card.state}.")
        self._buttons()

    def closed(self) -> None:
        """Nothing of a test stays on the screen, and nobody waits for it."""
        self.cancel()
        self._watch(False)
        self.preview.set_frame(None)
        self.photo.set_image(None)
        self.ink.clear()

    def back(self) -> bool:
        if self.running is not None:
            self.cancel()
            return True
        if self.pages.currentIndex():
            self._ask_card(False)
            return True
        return False

    def _buttons(self) -> None:
        idle, usable = self.running is None, self.section.card.usable
        for button in (self.start, self.live, self.card_button, self.read, self.print):
            button.setEnabled(idle and usable)
        self.stop.setVisible(not idle)
        self.live.set_text("Matikan gambar" if self._live else "Gambar langsung")
        self.primary = self.print if self.pages.currentIndex() else self.start
        if self.section.tabs.current == "uji":
            self.section.lead(self.primary)

    def _show(self, view: TestView | None) -> None:
        fill_facts(self.facts, view.facts if view else ())
        self.report.setVisible(view is not None and view.tone != "good")
        self.photo.setVisible(bool(view and view.photo_png))
        self.photo.set_image(QImage.fromData(view.photo_png) if view and view.photo_png else None)
        if view is None:
            self.result.hide()
            return
        self.result.show_text(view.tone, view.text)
        if view.images:
            self.preview.set_frame(side_by_side(view.images))
        if view.ink is not None:
            self.ink.show_ink(view.ink.points, view.ink.width, view.ink.height)

    # -- testing ------------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        points, kind = self._points, self.kind
        points.clear()
        self.ink.clear()
        self._begin(lambda stop: self.presenter.run(kind, stop, points.append))

    def _read_public(self) -> None:
        purpose = self.purpose.value()
        self.purpose.say("" if purpose else "Tuliskan keperluannya dulu.", "" if purpose else "attention")
        if purpose:
            self._begin(lambda _stop: self.presenter.read_public(purpose))

    def _begin(self, work: Callable[[Callable[[], bool]], TestView], failed: Callable[[KioskError], bool] = lambda _e: False) -> None:
        """``failed`` may take an error; otherwise it is shown beside the picture."""
        if self.running is not None:
            return
        mine = self.running = threading.Event()
        kind = self.kind
        self._show(None)
        self.preview.set_waiting(word("uji_tunggu", kind))
        self.result.show_text("info", word("uji_tunggu", kind))
        if kind in LIVE or kind is DeviceKind.SIGNATURE:
            self._pictures(True)
        self._buttons()

        def ended() -> bool:
            if self.running is not mine:
                return False
            self.running = None
            self.preview.set_waiting("Belum diuji")
            if not self._live:
                self._pictures(False)
            return True

        def good(view: TestView) -> None:
            if ended():
                self.pages.setCurrentIndex(0)
                if self._live:
                    self._watch(False)
                self._show(view)
                self._buttons()

        def bad(error: KioskError) -> None:
            if ended():
                if error.message_key == "device.interrupted":
                    self.result.hide()
                elif not failed(error):
                    self.pages.setCurrentIndex(0)
                    self._show(TestView("attention" if nobody_came(error) else "trouble", self.page.shell.session.sentence(error)))
                self._buttons()

        self.page.ask(lambda: work(mine.is_set), good, bad)

    def cancel(self) -> None:
        """End the running test; what it still brings is thrown away."""
        if self.running is None:
            return
        self.running.set()
        self.running = None
        if self.kind in WAITS_FOR_PERSON:
            self.page.shell.desk.devices.interrupt(self.kind)
        self._pictures(False)
        self.preview.set_waiting("Belum diuji")
        self.result.hide()
        self._buttons()

    # -- live picture and ink -----------------------------------------------------------------------------------------

    def _watch(self, on: bool) -> None:
        if on == self._live:
            return
        self._live = on
        devices = self.page.shell.desk.devices
        if on:
            self._show(None)
            self.preview.set_frame(None)
            self.preview.set_waiting("Menunggu gambar …")
            devices.start_preview(DeviceKind.CAMERA)
            self._pictures(True)
        else:
            self._pictures(False)
            devices.stop_preview(DeviceKind.CAMERA)
        self._buttons()

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
        else:
            kind, devices = self.kind, self.page.shell.desk.devices
            self._feed = PreviewFeed(self.page.shell.bridge, lambda: devices.preview(kind), lambda: (self.preview,), lambda _raw: None)
            self._feed.start()

    def _draw_ink(self) -> None:
        points = tuple(self._points)
        if points:
            self.ink.show_ink(points, max(PAD[0], *(p.x for p in points)), max(PAD[1], *(p.y for p in points)))

    # -- test card ----------------------------------------------------------------------------------------------------

    def _ask_card(self, on: bool) -> None:
        self.pages.setCurrentIndex(1 if on else 0)
        self.reason.set_value("")
        self.reason.say("")
        self.second.clear()
        if on:
            self.warning.show_text("attention", "Kartu bertuliskan SPESIMEN dan bukan milik siapa pun; blangkonya dicatat rusak.",
                                   bold="Satu blangko akan terpakai.")
            self.reason.line.setFocus()
        self._buttons()

    def _print_card(self) -> None:
        reason = self.reason.value()
        self.reason.say("" if reason else "Tuliskan mengapa kartu uji dicetak.", "" if reason else "attention")
        if not reason:
            self.reason.line.setFocus()
            return
        if not self.second.ready():
            return
        second = self.second.values()

        def refused(error: KioskError) -> bool:
            if isinstance(error, SignInRefused | NotAllowed):
                self.result.hide()
                self.second.refuse(self.page.shell.session.sentence(error))
                return True
            return False

        self._begin(lambda stop: self.presenter.print_test_card(reason, second, stop), refused)


def nobody_came(error: KioskError) -> bool:
    """About the person or the card, not about the device: no finger, no card, a card that is none of ours."""
    return isinstance(error, CaptureFailed | CardRemoved | CardRefused) or (
        isinstance(error, Stalled) and error.message_key != "device.stalled")


def side_by_side(images: tuple[RawImage, ...]) -> QImage:
    """The pictures of one test as one, each as large as the tallest allows."""
    made = [to_qimage(raw) for raw in images[:2]]
    if len(made) == 1:
        return made[0]
    high = max(i.height() for i in made)
    scaled = [i.scaledToHeight(high, Qt.TransformationMode.SmoothTransformation) for i in made]
    whole = QImage(sum(i.width() for i in scaled) + 12, high, QImage.Format.Format_RGB32)
    whole.fill(Qt.GlobalColor.black)
    painter = QPainter(whole)
    x = 0
    for image in scaled:
        painter.drawImage(x, 0, image)
        x += image.width() + 12
    painter.end()
    return whole
