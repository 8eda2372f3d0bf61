"""Pengaduan: complaints by deadline, their steps, what to do next; a new one is written down with F2."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.domain.errors import KioskError, NotAllowed
from ktpel_kiosk.ui.kiosk_files import open_outside
from ktpel_kiosk.ui.pages.base import Page
from ktpel_kiosk.ui.pages.pengaduan_parts import ComplaintPane, NewComplaint
from ktpel_kiosk.ui.presenters.complaints import (
    CHANNEL_FILTER,
    OPEN,
    STATUS_FILTER,
    ComplaintList,
    ComplaintRow,
    ComplaintsPresenter,
    ComplaintView,
)
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Stat, Tabs
from ktpel_kiosk.ui.widgets.fields import Choice, SearchField
from ktpel_kiosk.ui.widgets.status import EmptyState
from ktpel_kiosk.ui.widgets.tables import Cell, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow
    from ktpel_kiosk.ui.pages.permintaan import RequestsView

COLUMNS = ("No.", "Diterima", "Pelapor", "Isi", "Kanal", "Status", "Batas waktu")
WIDTHS = (64, 104, 130, 150, 104, 150, 150)
GROW = (0, 0, 2, 4, 1, 0, 0)
NOT_BESIDE_PANEL = (1, 4)
TEXT_COLUMN, ROOM_FOR_TEXT = 3, 1240
"""The column of the words is shown beside a panel only where the page is that wide (design pixels)."""
CLOCK_EVERY_S = 30
COMPLAINTS, REQUESTS = "pengaduan", "permintaan"
ONE_LINE_FROM = 960
"""Design pixels of the page from which title, filters and button stand in one line."""


class PengaduanPage(Page):
    """``opened(new=True)`` begins a complaint, ``opened(id=…)`` chooses one; with ``tab="permintaan"`` a request of a data subject."""

    def __init__(self, window: OperatorWindow, *, whole: bool = True) -> None:
        super().__init__(window)
        self.presenter = ComplaintsPresenter(window.session)
        self._serial = self._wait = 0
        self._shown = False
        self._wanted = ""
        self.view: ComplaintView | None = None
        self.new_button = Button("Pengaduan baru", icon="plus", key="F2")
        self.new_button.clicked.connect(self.begin)
        self.keys = {"F2": self._begin_here, "F3": self._to_search}
        self.tabs = Tabs(((COMPLAINTS, "Pengaduan"), (REQUESTS, "Permintaan data")), "Pengaduan dan permintaan")
        self.tabs.chosen.connect(self._tab)
        self.frame.addWidget(self.tabs)
        self._requests: RequestsView | None = None
        self.stack = QStackedWidget()
        self.stack.addWidget(self._main())
        self.stack.addWidget(EmptyState("lock", "Pengaduan tidak terbuka untuk peran Anda",
                                        "Masuk sebagai petugas pelayanan atau atasan untuk melihat pengaduan."))
        self.frame.addWidget(self.stack, 1)
        self.rest = self._panels()
        if whole:
            self.finish()

    @classmethod
    def in_turns(cls, window: OperatorWindow) -> Iterator[Page | None]:
        yield cls(window, whole=False)

    def _panels(self) -> Iterator[None]:
        """What stands beside the list."""
        self.pane = ComplaintPane(self)
        yield
        self._put(self.pane)
        yield
        self.form = NewComplaint(self)
        yield
        self._put(self.form)
        self.tabs.choose(COMPLAINTS)
        yield

    def _put(self, panel: QWidget) -> None:
        panel.hide()
        self._beside.addWidget(panel, 4)

    @property
    def requests(self) -> RequestsView:
        """Requests of data subjects; made when first looked at."""
        if self._requests is None:
            from ktpel_kiosk.ui.pages.permintaan import RequestsView
            self._requests = RequestsView(self)
            self.stack.addWidget(self._requests)
        return self._requests

    def _tab(self, key: str) -> None:
        self.stack.setCurrentIndex(self.stack.indexOf(self.requests) if key == REQUESTS else 0)
        if key == REQUESTS:
            self.primary = self.requests.primary
        else:
            self._arrange()
        self.reload()

    @property
    def at_requests(self) -> bool:
        return self.tabs.current == REQUESTS

    def _begin_here(self) -> None:
        if self.at_requests:
            self.requests.begin()
        else:
            self.begin()

    def _main(self) -> QWidget:
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(16)
        layout.addLayout(self._head())
        figures = QHBoxLayout()
        figures.setSpacing(12)
        self.figures = [Stat() for _ in range(4)]
        for tile in self.figures:
            figures.addWidget(tile, 1)
        left = QVBoxLayout()
        left.setSpacing(16)
        left.addLayout(figures)
        left.addWidget(self._list(), 1)
        self._beside = both = QHBoxLayout()
        both.setSpacing(16)
        both.addLayout(left, 5)
        layout.addLayout(both, 1)
        return side

    def _head(self) -> QGridLayout:
        self.count = Chip("", "neutral")
        self.search = SearchField("Cari nama, isi, nomor")
        self.search.searched.connect(lambda _t: self.reload())
        self.status, self.channel = Choice(), Choice()
        for box, name, items in ((self.status, "Status", STATUS_FILTER), (self.channel, "Kanal", CHANNEL_FILTER)):
            box.setAccessibleName(name)
            box.setToolTip(name)
            box.fill(items)
            box.currentIndexChanged.connect(lambda _i: self.reload())
        self.filters = QWidget()
        line = QHBoxLayout(self.filters)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        for item, share in ((self.search, 5), (self.status, 4), (self.channel, 4)):
            line.addWidget(item, share)
        head = self.head = QGridLayout()
        head.setSpacing(12)
        head.setColumnStretch(2, 1)
        head.addWidget(label("Pengaduan", "title", weight="bold"), 0, 0)
        head.addWidget(self.count, 0, 1)
        head.addWidget(self.filters, 0, 2)
        head.addWidget(self.new_button, 0, 3)
        return head

    def _fit_head(self) -> None:
        """Where the line is too short the filters take one of their own."""
        row = 0 if self.width() >= theme_of(self).px(ONE_LINE_FROM) else 1
        if self.head.getItemPosition(self.head.indexOf(self.filters))[0] != row:  # type: ignore[index]
            self.head.removeWidget(self.filters)
            self.head.addWidget(self.filters, row, 2 - 2 * row, 1, 1 + 3 * row)

    def _list(self) -> Card:
        card = Card(0, 0)
        card.body.setContentsMargins(2, 5, 2, 5)
        self.rows = GrowingRows("Daftar pengaduan", COLUMNS, WIDTHS, GROW)
        self.rows.selectionModel().currentRowChanged.connect(self._moved)
        self.rows.opened.connect(lambda _key: self.pane.focus_first())
        self.empty = EmptyState("message-square", "Tidak ada pengaduan", "Yang masuk dicatat dengan F2; batas waktunya dihitung sendiri.")
        self.empty.hide()
        card.body.addWidget(self.rows, 1)
        card.body.addWidget(self.empty, 1)
        return card

    # -- the list --------------------------------------------------------------------------------------------------------------

    def opened(self, **args: Any) -> None:
        self._shown = True
        self.tabs.choose(REQUESTS if args.get("tab") == REQUESTS else COMPLAINTS)
        if self.at_requests:
            self.requests.reload(str(args.get("id", "")))
            if args.get("new"):
                self.requests.begin()
            return
        self.new_button.setVisible(self.presenter.may("receive_complaint"))
        self._wanted = str(args.get("id", ""))
        self.reload()
        if args.get("new"):
            self.begin()
        elif self.form.isHidden():
            self.rows.setFocus()

    def place(self) -> dict[str, str]:
        if self.at_requests:
            return {"tab": REQUESTS}
        if not self.form.isHidden():
            return {"new": "1"}
        return {"id": self.pane.view.id} if not self.pane.isHidden() and self.pane.view is not None else {}

    def closed(self) -> None:
        self._shown = False
        self.search.stop_waiting()

    def refresh(self) -> None:
        self.reload()

    def tick(self) -> None:
        self._wait += 1
        if self._wait >= CLOCK_EVERY_S:
            self._wait = 0
            self.reload()

    def reload(self) -> None:
        if not self._shown:
            return
        if self.at_requests:
            self.requests.reload()
            return
        status, channel = str(self.status.currentData() or OPEN), str(self.channel.currentData() or "")
        self.ask_latest("list", partial(self.presenter.load, status, channel, self.search.text().strip()), self._show, self.refused)

    def refused(self, error: KioskError) -> None:
        if isinstance(error, NotAllowed):
            self.stack.setCurrentIndex(1)
        else:
            self.trouble(error)

    def _show(self, found: ComplaintList) -> None:
        if not self.at_requests:
            self.stack.setCurrentIndex(0)
        self.count.set(found.count)
        for tile, figure in zip(self.figures, found.figures, strict=True):
            tile.show_figure(*figure)
        self.rows.set_rows([_table_row(r) for r in found.rows])
        self.rows.setVisible(bool(found.rows))
        self.empty.setVisible(not found.rows)
        wanted, self._wanted = self._wanted, ""
        if not self.rows.choose(wanted) and not self.rows.current_key():
            self.rows.choose_first()
        self._open_current()

    def _moved(self, _now: QModelIndex, _before: QModelIndex) -> None:
        self._open_current()

    def _open_current(self) -> None:
        key = self.rows.current_key()
        if not self.form.isHidden():
            return
        if not key:
            self._show_view(None)
            return
        self.ask_latest("one", partial(self.presenter.open, key), self._show_view)

    def _show_view(self, view: ComplaintView | None) -> None:
        if not self.form.isHidden():
            return
        self.view = view
        self.pane.setVisible(view is not None)
        if view is not None:
            self.pane.show_view(view)
        self._arrange()

    def _arrange(self) -> None:
        beside = not self.pane.isHidden() or not self.form.isHidden()
        narrow = self.width() < theme_of(self).px(ROOM_FOR_TEXT)
        self.rows.hide_columns((*NOT_BESIDE_PANEL, TEXT_COLUMN) if beside and narrow else NOT_BESIDE_PANEL if beside else ())
        if self.at_requests:
            return
        self.primary = self.form.go_button if not self.form.isHidden() else self.pane.go_button if not self.pane.isHidden() else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_head()
        self._arrange()

    def _to_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    # -- acting ----------------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """An empty form; what was typed in one left by Esc is still there."""
        if not self.presenter.may("receive_complaint"):
            return
        self.pane.hide()
        self.form.show()
        self._arrange()
        self.form.focus_first()

    def end_form(self) -> None:
        self.form.hide()
        self._arrange()
        self._open_current()
        self.rows.setFocus()

    def receive(self, form: dict[str, str], anonymous: bool) -> None:
        self.act(lambda: self.presenter.receive(form, anonymous), self._received, self.form.refused)

    def _received(self, view: ComplaintView) -> None:
        self.form.clear()
        self.form.hide()
        self._wanted = view.id
        self.status.setCurrentIndex(0)
        self.shell.tell("good", f"Batas penyelesaian {view.facts[3][1]}. Bukti pengaduan siap dicetak.", bold=f"{view.number} tercatat.",
                        action="Cetak bukti", act=lambda: self.print_receipt(view))
        self.reload()
        self.rows.setFocus()

    def take_step(self, view: ComplaintView, to: str, note: str) -> None:
        self.act(lambda: self.presenter.move(view, to, note), self._changed, self.pane.refused)

    def add_note(self, view: ComplaintView, note: str) -> None:
        self.act(lambda: self.presenter.note(view, note), self._changed, self.pane.refused)

    def recategorise(self, view: ComplaintView, kategori: str, reason: str) -> None:
        self.act(lambda: self.presenter.recategorise(view, kategori, reason), self._changed, self.pane.refused)

    def _changed(self, view: ComplaintView) -> None:
        self.pane.done()
        self._wanted = view.id
        self._show_view(view)
        self.shell.tell("good", f"Status sekarang: {view.status}.", bold=f"{view.number}.")
        self.reload()

    def print_receipt(self, view: ComplaintView) -> None:
        self.ask(lambda: self.presenter.receipt(view), self._open_file)

    def _open_file(self, path: Path) -> None:
        if not open_outside(self, path):
            self.shell.tell("info", str(path), bold="Bukti pengaduan tersimpan.")

    def show_busy(self, on: bool) -> None:
        if self._requests is not None:
            self._requests.set_busy(on)
        self.form.set_busy(on)
        self.pane.set_busy(on)

    def back(self) -> bool:
        if self.at_requests and self.requests.back():
            return True
        if not self.form.isHidden():
            self.end_form()
            return True
        if not self.pane.isHidden() and self.pane.back():
            return True
        if self.search.text():
            self.search.clear()
            return True
        return False


def _table_row(r: ComplaintRow) -> TableRow:
    return TableRow(r.id, (Cell(r.number, bold=True), Cell(r.received), Cell(r.person, bold=True), Cell(r.text),
                           Cell(r.channel, muted=True), Cell(r.status, tone=r.status_tone), Cell(r.due, tone=r.due_tone)))
