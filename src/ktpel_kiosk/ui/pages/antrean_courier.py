"""The courier's disk: packets out, receipts and statuses back in. Opened from the queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QDialog, QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.pages.antrean_courier_parts import Bar, Dim, DiskChoice, numbered, stacked, three_figures
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.presenters.courier import BackDone, CourierPresenter, DiskRow, HistoryRow, OutDone, OutView
from ktpel_kiosk.ui.presenters.register import size_text
from ktpel_kiosk.ui.theme import set_theme, theme_of
from ktpel_kiosk.ui.widgets.base import Card, clear_layout, column, label, row, set_tone
from ktpel_kiosk.ui.widgets.buttons import Button, IconButton
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Tabs, Tick
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

T = TypeVar("T")
SIZE = (980, 660)
LOW = 560
"""Height in design pixels under which the dialog is crowded."""
TABS = (("keluar", "Bawa keluar"), ("kembali", "Baca kembali"), ("riwayat", "Riwayat"))
LEAD = "Bila tidak ada jaringan, paket dibawa dengan USB ke komputer yang tersambung dan tanda terimanya dibawa kembali."
KEEP_IN = "Jangan mencabut USB."


class CourierDialog(QDialog):
    """``open()`` shows it over the window and returns at once; it closes itself by Esc or its button, never while a disk is written."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.shell = window
        self.presenter = CourierPresenter(window.session)
        self.busy = False
        self._view: OutView | None = None
        self._journey: frozenset[str] = frozenset()
        self.setWindowTitle("Kurir USB")
        self.setWindowFlags(Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setModal(True)
        self.frame = QVBoxLayout(self)
        self.frame.setContentsMargins(28, 20, 28, 24)
        self.frame.setSpacing(14)
        self.close_button = IconButton("Tutup", "x")
        self.close_button.clicked.connect(self.reject)
        self.lead = label(LEAD, "body", tone="muted", wrap=True)
        text = column(label("Kurir USB", "title", weight="bold"), self.lead, spacing=2)
        head = QHBoxLayout()
        head.addLayout(text, 1)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        self.frame.addLayout(head)
        self.tabs = Tabs(TABS)
        self.tabs.chosen.connect(self._turn)
        self.frame.addWidget(self.tabs)
        self.notice = NoticeBar()
        self.frame.addWidget(self.notice)
        self.views = QStackedWidget()
        self.out, self.back, self.past = self._out(), self._back(), self._past()
        self.working, self.sent, self.taken = self._working(), self._sent(), self._taken()
        for view in (self.out, self.back, self.past, self.working, self.sent, self.taken):
            self.views.addWidget(view)
        self.frame.addWidget(self.views, 1)
        self.dim = Dim(window)
        self.dim.hide()
        self.finished.connect(self._gone)
        self.timer = QTimer(self)
        self.timer.timeout.connect(self._tick)
        self._ticks = 0

    # -- opening and closing ------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Show it in the middle of the window, with the window's look."""
        theme = theme_of(self.shell)
        set_theme(self, theme)
        room = self.shell.size()
        width, height = min(room.width() - 48, theme.px(SIZE[0])), min(room.height() - 48, theme.px(SIZE[1]))
        self.setFixedSize(width, height)   # a layout with wrapped lines would ask for more than it needs
        for lesser in (self.lead, *self.figures):  # under large letters the disks need the room
            lesser.setHidden(height < theme.px(LOW))
        middle = self.shell.mapToGlobal(self.shell.rect().center())
        self.move(middle.x() - width // 2, middle.y() - height // 2)
        self.tabs.choose("keluar")
        self.refresh()
        self.timer.start(200)
        self.dim.setGeometry(self.shell.rect())
        self.dim.show()
        self.dim.raise_()
        super().open()

    def reject(self) -> None:
        if not self.busy:
            super().reject()

    def _gone(self) -> None:
        self.timer.stop()
        self.dim.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_F9:
            here = self.views.currentWidget()
            for view, main in ((self.out, self.go), (self.back, self.read), (self.sent, self.finish), (self.taken, self.taken_close)):
                if view is here and main.isEnabled():
                    main.click()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):   # a table's Enter must not press a button by chance
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.color("canvas"))
        painter.setPen(QPen(theme.color("muted"), 1))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    # -- the three sections -------------------------------------------------------------------------------------------

    def _out(self) -> QWidget:
        self.figures, figures = three_figures()
        self.disks = self._choice("Tulis ke")
        self.only_new = Tick("Hanya paket yang belum ada di USB mana pun")
        self.only_new.toggled.connect(lambda _on: self.disk_changed())
        self.fits = label("", "body", wrap=True)
        self.go = Button("Tulis ke USB", "primary", icon="usb", key="F9")
        self.go.clicked.connect(self._export)
        return stacked(figures, self.disks, self.only_new, row(self.fits, self.go))

    def _choice(self, title: str, *, reading: bool = False) -> DiskChoice:
        made = DiskChoice(title, reading=reading)
        made.changed.connect(self.disk_changed)
        made.again.connect(self.look_for_disks)
        return made

    def _back(self) -> QWidget:
        self.back_disks = self._choice("Baca dari", reading=True)
        self.read = Button("Baca tanda terima", "primary", icon="inbox", key="F9")
        self.read.clicked.connect(self._take_back)
        hint = label("Setiap tanda terima diperiksa tanda tangannya. Yang tidak sah, milik kantor lain, berubah, atau lebih lama ditolak "
                     "satu per satu; yang lain tetap dicatat.", "body", tone="muted", wrap=True)
        return stacked(self.back_disks, row(hint, self.read))

    def _past(self) -> QWidget:
        card = Card(0, 0)
        card.body.setContentsMargins(2, 5, 2, 5)
        self.past_rows = GrowingRows("Bundel terdahulu", ("Waktu", "Bundel", "Petugas", "Isi", "Kembali"), (156, 316, 90, 110, 236),
                                     (0, 3, 1, 1, 1))
        self.past_empty = EmptyState("usb", "Belum ada bundel", "Bundel yang ditulis ke USB tercatat di sini bersama hasilnya.")
        card.body.addWidget(self.past_rows, 1)
        card.body.addWidget(self.past_empty, 1)
        return stacked(card)

    def _turn(self, key: str) -> None:
        self.notice.hide()
        self.views.setCurrentWidget({"keluar": self.out, "kembali": self.back, "riwayat": self.past}[key])
        if key == "riwayat":
            self._ask(self.presenter.history, self._show_past)

    def refresh(self) -> None:
        self._ask(self.presenter.load, self._show)

    def look_for_disks(self) -> None:
        self._ask(self.presenter.disks, self._show_disks)

    def _show(self, view: OutView) -> None:
        self._view = view
        for tile, figure in zip(self.figures, view.figures, strict=True):
            tile.show_figure(*figure)
        self.only_new.setVisible(bool(view.waiting.carried))
        self._show_disks(view.disks)
        self.disk_changed()

    def _show_disks(self, rows: tuple[DiskRow, ...]) -> None:
        for choice in (self.disks, self.back_disks):
            choice.show_rows(rows)

    def disk_changed(self) -> None:
        """Another disk, another amount that fits."""
        if not hasattr(self, "read"):
            return   # still being built
        self.read.setEnabled(bool(self.back_disks.path()) and not self.busy)
        if self._view is None:
            self.go.setEnabled(False)
            return
        tone, said = self.presenter.fits(self._view.waiting, self.disks.free_bytes(), only_new=self.only_new.isChecked())
        nothing = tone == "trouble" or not self._view.waiting.packets or (
            self.only_new.isChecked() and self._view.waiting.packets == self._view.waiting.carried)
        if self.disks.path() and not self.disks.writable():
            tone, said = "trouble", "USB ini terkunci tulis. Lepas kuncinya atau pakai USB lain."
        self.fits.setText(said if self.disks.path() or nothing else "Pilih USB atau folder.")
        set_tone(self.fits, tone if self.disks.path() else "muted")
        self.go.setEnabled(self.disks.writable() and not nothing and not self.busy)

    def _show_past(self, rows: tuple[HistoryRow, ...]) -> None:
        self.past_rows.set_rows([TableRow(r.id, (Cell(r.when), Cell(r.label, bold=True), Cell(r.officer), Cell(r.content),
                                                 Cell(r.back, tone=r.tone))) for r in rows])
        self.past_rows.setVisible(bool(rows))
        self.past_empty.setVisible(not rows)

    # -- working ------------------------------------------------------------------------------------------------------

    def _working(self) -> QWidget:
        center = Qt.AlignmentFlag.AlignCenter
        self.work_title = label("", "strong", weight="semibold", align=center)
        self.work_text = label("", "body", tone="muted", align=center)
        self.bar = Bar()
        card = Card(48, 14)
        card.body.addStretch(1)
        for item in (self.work_title, self.bar, self.work_text):
            card.body.addWidget(item)
        card.body.addStretch(1)
        return stacked(card)

    def _begin(self, title: str) -> None:
        self.busy = True
        self.notice.hide()
        self.presenter.done = self.presenter.planned = 0
        self.work_title.setText(title)
        self.bar.set(0)
        self._count()
        self.tabs.setEnabled(False)
        self.close_button.setEnabled(False)
        self.views.setCurrentWidget(self.working)

    def _tick(self) -> None:
        """Progress while busy; otherwise disks that come and go, every two seconds."""
        if self.busy:
            self._count()
            return
        self._ticks += 1
        if self._ticks % 10 == 0 and self.views.currentWidget() in (self.out, self.back):
            self.look_for_disks()

    def _count(self) -> None:
        done, planned = self.presenter.done, self.presenter.planned
        if planned:
            self.bar.set(done / planned)
            self.work_text.setText(f"{size_text(done)} dari {size_text(planned)}. {KEEP_IN}")
        else:
            self.work_text.setText(f"{number_text(done)} berkas dibaca. {KEEP_IN}" if done else f"Sebentar … {KEEP_IN}")

    def _ended(self) -> None:
        self.busy = False
        self.tabs.setEnabled(True)
        self.close_button.setEnabled(True)

    def _ask(self, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self.shell.bridge.run(work, done, self._trouble, owner=self)

    def _act(self, title: str, home: QWidget, work: Callable[[], T], done: Callable[[T], None]) -> None:
        self._begin(title)

        def good(result: T) -> None:
            self._ended()
            done(result)

        def bad(error: KioskError) -> None:
            self._ended()
            self.views.setCurrentWidget(home)
            self._trouble(error)
            self.refresh()

        self.shell.bridge.run(work, good, bad, owner=self)

    def _trouble(self, error: KioskError) -> None:
        self.notice.show_text("trouble", self.presenter.session.sentence(error))

    # -- out ----------------------------------------------------------------------------------------------------------

    def _export(self) -> None:
        root, only_new, besides = self.disks.path(), self.only_new.isChecked(), self._journey
        self._act("Menulis paket ke USB", self.out, lambda: self.presenter.export(root, only_new=only_new, besides=besides), self._exported)

    def _sent(self) -> QWidget:
        self.sent_notice = NoticeBar(closable=False)
        self.steps = QVBoxLayout()
        self.steps.setSpacing(12)
        card = Card(28, 12)
        card.body.addWidget(label("Yang dilakukan sekarang", "strong", weight="semibold"))
        card.body.addLayout(self.steps)
        card.body.addStretch(1)
        self.next_disk = Button("Lanjut ke USB berikutnya", icon="usb")
        self.next_disk.clicked.connect(self._next_disk)
        self.finish = Button("Selesai", "primary", icon="check", key="F9")
        self.finish.clicked.connect(self._done)
        return stacked(self.sent_notice, card, row(None, self.next_disk, self.finish))

    def _exported(self, made: OutDone) -> None:
        self._journey |= {made.bundle_id}
        self.sent_notice.show_text("good", "Isinya terenkripsi; hanya pusat yang dapat membukanya.", bold=made.title)
        clear_layout(self.steps)
        for number, step in enumerate(made.steps, 1):
            self.steps.addLayout(numbered(str(number), step, "accent"))
        for note in made.notes:
            self.steps.addLayout(numbered("!", note, "attention"))
        self.next_disk.setVisible(bool(made.left))
        self.views.setCurrentWidget(self.sent)
        self.finish.setFocus()

    def _next_disk(self) -> None:
        self.views.setCurrentWidget(self.out)
        self.refresh()

    def _done(self) -> None:
        self._journey = frozenset()
        self.reject()

    # -- back ---------------------------------------------------------------------------------------------------------

    def _take_back(self) -> None:
        root = self.back_disks.path()
        self._act("Membaca tanda terima dan status", self.back, lambda: self.presenter.take_back(root), self._read_back)

    def _taken(self) -> QWidget:
        self.taken_notice = NoticeBar(closable=False)
        self.taken_figures, figures = three_figures()
        self.taken_card = Card(0, 0)
        self.taken_card.body.setContentsMargins(20, 8, 4, 8)
        inner = QWidget()
        self.refusals = QVBoxLayout(inner)
        self.refusals.setContentsMargins(0, 8, 16, 8)
        self.refusals.setSpacing(12)
        self.taken_card.body.addWidget(scroll(inner), 1)
        self.taken_close = Button("Selesai", "primary", icon="check", key="F9")
        self.taken_close.clicked.connect(self.reject)
        room = QWidget()   # keeps the button at the foot when nothing was refused
        room.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        return stacked(self.taken_notice, figures, self.taken_card, room, row(None, self.taken_close))

    def _read_back(self, made: BackDone) -> None:
        self.taken_notice.show_text(made.kind, made.text, bold=made.title)
        for tile, figure in zip(self.taken_figures, made.figures, strict=True):
            tile.show_figure(*figure)
        clear_layout(self.refusals)
        for name, why in made.shown:
            self.refusals.addLayout(column(label(name, "body", weight="semibold", wrap=True), label(why, "body", tone="muted", wrap=True),
                                           spacing=0))
        self.refusals.addStretch(1)
        self.taken_card.setVisible(bool(made.refused))
        self.views.setCurrentWidget(self.taken)
        self.taken_close.setFocus()
