"""Antrean: packets that wait, oldest first, with the reason, who can help and the next try; the line and what it still has to do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QModelIndex, QRectF
from PySide6.QtGui import QGuiApplication, QPainter, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.pages.antrean_detail import PacketPane
from ktpel_kiosk.ui.pages.antrean_list import LESSER_COLUMNS, FilterBar, QueueRows
from ktpel_kiosk.ui.pages.base import Page
from ktpel_kiosk.ui.presenters.queue import AGAIN, CALM, PAGE_ROWS, REFUSED, LineView, PacketDetail, PacketRow, QueuePresenter, QueueView
from ktpel_kiosk.ui.widgets.base import Card, Painted, label, row
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.extra import Stat
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow
    from ktpel_kiosk.ui.pages.antrean_courier import CourierDialog

CLOCK_EVERY_S = 5
LOW = 580
"""Height of the page in design pixels under which it is crowded."""
EMPTY = ("Semua sudah terkirim", "Paket baru masuk ke sini setelah disegel dan terkirim sendiri.")
NOTHING = ("Tidak ada yang cocok", "Periksa ejaan, atau pilih Semua di atas.")


class DayBar(Painted):
    """How much of today's work is sent, as a thin bar; said in words to a screen reader."""

    def __init__(self) -> None:
        super().__init__()
        self._done, self._left = 0, 0
        self.setFixedHeight(6)
        self.hide()

    def set(self, done: int, left: int) -> None:
        if (done, left) != (self._done, self._left):
            self._done, self._left = done, left
            self.setAccessibleName(f"Hari ini terkirim {number_text(done)} paket, masih menunggu {number_text(left)}")
            self.setToolTip(self.accessibleName())
            self.setVisible(bool(done or left))
            self.update()

    def paintEvent(self, event: QEvent) -> None:
        theme, painter = self.theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.color("line"))
        painter.setBrush(theme.color("soft"))
        room = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(room, 3, 3)
        if self._done:
            painter.setPen(theme.color("good"))
            painter.setBrush(theme.color("good"))
            wide = max(room.height(), room.width() * self._done / (self._done + self._left))
            painter.drawRoundedRect(QRectF(room.left(), room.top(), wide, room.height()), 3, 3)


class AntreanPage(Page):
    """Kept up to date by commits and by the clock; the line by the second. ``opened(id=…)`` looks for an application or packet."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = QueuePresenter(window.session)
        self._view: QueueView | None = None
        self._more = False
        self._wait = 0
        self.dialog: CourierDialog | None = None
        self.frame.setSpacing(12)
        self.frame.addLayout(self._head())
        figures = QHBoxLayout()
        figures.setSpacing(12)
        self.figures = [Stat() for _ in range(4)]
        self.left = Stat()
        for tile in (self.figures[0], self.left, *self.figures[1:]):
            figures.addWidget(tile, 1)
        self.frame.addLayout(figures)
        self.bar = DayBar()
        self.frame.addWidget(self.bar)
        self.alarm = NoticeBar(closable=False)
        self.frame.addWidget(self.alarm)
        self.reports = NoticeBar(closable=False)
        self.frame.addWidget(self.reports)
        self.rows = QueueRows()
        self.rows.selectionModel().currentRowChanged.connect(self._moved)
        self.rows.opened.connect(self._open)
        self.rows.more_wanted.connect(self._load_more)
        self.rows.seen_again.connect(self._look_again)
        self.filters = FilterBar(self.rows)
        self.filters.changed.connect(self.reload)
        self.frame.addWidget(self.filters)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._table(), 1)
        self.detail = PacketPane()
        self.detail.retried.connect(self._try_one)
        self.detail.remedied.connect(self._remedy)
        self.detail.copied.connect(self._copy)
        self.detail.wanted_open.connect(lambda: self._open(self.rows.current_key()))
        both.addWidget(self.detail)
        self.frame.addLayout(both, 1)

    def _head(self) -> QHBoxLayout:
        self.try_button = Button("Coba sekarang", "primary", icon="refresh-cw", key="F9")
        self.try_button.clicked.connect(self._try_all)
        self.primary = self.try_button
        self.courier = Button("Kurir USB", icon="usb")
        self.courier.setToolTip("Bawa paket dengan media USB, atau masukkan bukti yang dibawa kembali")
        self.courier.clicked.connect(self._courier)
        self.line_chip = Chip("")
        self.line_text = label(CALM, "body", tone="muted", wrap=True)
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addLayout(row(label("Antrean pengiriman", "title", weight="bold"), self.line_chip, None))
        text.addWidget(self.line_text)
        head = QHBoxLayout()
        head.setSpacing(12)
        head.addLayout(text, 1)
        head.addWidget(self.courier)
        head.addWidget(self.try_button)
        return head

    def _table(self) -> Card:
        card = Card(0, 0)
        card.body.setContentsMargins(2, 5, 2, 5)
        self.empty = EmptyState("circle-check", *EMPTY)
        self.nothing = EmptyState("search", *NOTHING)
        for item in (self.rows, self.empty, self.nothing):
            card.body.addWidget(item, 1)
        self.empty.hide()
        self.nothing.hide()
        return card

    # -- showing ------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "detail"):
            self._fit()
        super().changeEvent(event)

    def _fit(self) -> None:
        """Under large letters the figures and the lesser columns leave the list its room."""
        cramped = self.height() / self.shell.theme.scale < LOW
        for tile in (*self.figures, self.left):
            tile.setHidden(cramped)
        for column in LESSER_COLUMNS:
            self.rows.setColumnHidden(column, cramped)
        if cramped is not self.filters.compact:
            self.filters.compact = cramped
            if self._view is not None:
                self.filters.show_filters(self._view.filters, self._view.narrower)

    def opened(self, **args: Any) -> None:
        self.try_button.setVisible(self.presenter.may("retry_queue"))
        self.courier.setVisible(self.presenter.may("courier"))
        self.filters.search.setVisible(self.presenter.may("view_register"))
        wanted = str(args.get("id", ""))
        if wanted:
            self.ask(partial(self.presenter.number_of, wanted), self._look_for)
        else:
            self.reload()

    def closed(self) -> None:
        self.filters.search.stop_waiting()
        if self.dialog is not None:
            self.dialog.done(0)  # the lock: nothing of this officer stays over the sign-in page

    def _look_for(self, number: str) -> None:
        self.filters.search.setText(number)
        self.filters.search.stop_waiting()
        self.reload()

    def reload(self) -> None:
        """The first page of what the filters ask for."""
        work = partial(self.presenter.load, self.filters.filter())
        self.ask_latest("antrean", work, self._show_anew)

    def refresh(self) -> None:
        """Figures, and the rows in sight; whatever lies outside is renewed when it comes into sight."""
        if self._view is None:
            self.reload()
            return
        after, count = self.rows.in_sight()
        count = max(count, PAGE_ROWS)
        work = partial(self.presenter.load, self.filters.filter(), after, count)
        self.ask_latest("antrean", work, partial(self._show_again, after))

    _look_again = refresh

    def tick(self) -> None:
        self._wait += 1
        if self._wait >= CLOCK_EVERY_S:
            self._wait = 0
            self.refresh()
        elif self._view is not None:
            self._show_line(self.presenter.line())

    def _show_anew(self, view: QueueView) -> None:
        kept = self.rows.current_key()
        self.rows.start_anew(view.rows)
        self._more = view.more
        self._show(view)
        if not self.rows.choose(kept):
            self.rows.choose_first()
        self._show_detail()

    def _show_again(self, after: int, view: QueueView) -> None:
        self.rows.renew(after, view.rows, not view.more)
        if not view.more:
            self._more = False
        elif self.rows.rows.rowCount() and self.rows.rows.key(self.rows.rows.rowCount() - 1) == view.rows[-1].id:
            self._more = True
        self._show(view)
        if not self.rows.current_key():
            self.rows.choose_first()
        self._show_detail()

    def _show(self, view: QueueView) -> None:
        self._view = view
        for tile, figure in zip(self.figures, view.figures, strict=True):
            tile.show_figure(*figure)
        self.bar.set(*view.day)
        if view.alarm:
            self.alarm.show_text("trouble", view.alarm, bold="Terlalu lama.")
        else:
            self.alarm.hide()
        if view.card_reports:
            self.reports.show_text("attention", "Kartunya sudah benar; laporannya perlu dikirim lagi.", action="Lihat",
                                   bold=f"{number_text(view.card_reports)} laporan kartu ditolak pusat.",
                                   act=lambda: self.shell.go("pengaturan", section="sambungan"))
        else:
            self.reports.hide()
        self.filters.show_filters(view.filters, view.narrower)
        self._show_line(view.line)
        some = bool(self.rows.rows.rowCount())
        nothing_waits = not view.day[1]
        self.rows.setVisible(some)
        self.empty.setVisible(not some and nothing_waits)
        self.nothing.setVisible(not some and not nothing_waits)
        self.filters.setVisible(not nothing_waits)
        self.try_button.set_text("Kirim lagi semua" if self._refused_only() else "Coba sekarang")
        self.try_button.setEnabled(not nothing_waits and not self.busy)

    def _show_line(self, line: LineView) -> None:
        self.line_chip.set(line.chip, line.tone or "neutral")
        self.line_chip.setVisible(bool(line.chip))
        self.line_text.setText(line.text)
        waits = bool(self._view and self._view.day[1])
        detail = line.speed.replace("detik", "dtk") or ("kecepatan belum diukur" if waits else "")
        self.left.show_figure("Perkiraan selesai", line.left if line.speed and line.left else "–", detail, "muted")
        found = self.rows.known.get(line.packet_id)
        if found is not None and line.packet_id:
            self.rows.update_row(self.presenter.under_way(found, line))

    def _load_more(self) -> None:
        if not self._more or not self.rows.rows.rowCount():
            return
        self._more = False
        last = self.rows.known[self.rows.rows.key(self.rows.rows.rowCount() - 1)].counter
        chosen = self.filters.filter()

        def append(found: tuple[PacketRow, ...]) -> None:
            if chosen == self.filters.filter():
                self.rows.append(found)
                self._more = len(found) == PAGE_ROWS

        self.ask_latest("antrean lanjut", partial(self.presenter.page, chosen, last), append)

    def show_busy(self, on: bool) -> None:
        self.try_button.setEnabled(not on and bool(self._view and self._view.day[1]))

    def _moved(self, _now: QModelIndex, _before: QModelIndex) -> None:
        self._show_detail()

    def _show_detail(self) -> None:
        found = self.rows.known.get(self.rows.current_key())
        if found is None:
            self.detail.hide()
            return
        self.detail.show_row(found)
        self.ask_latest("paket", partial(self.presenter.detail, found.id), self._detailed)

    def _detailed(self, detail: PacketDetail | None) -> None:
        if detail is not None and detail.row.id == self.rows.current_key():
            self.detail.show_detail(detail, may_retry=self.presenter.may("retry_queue"), may_repair=self.presenter.may("reseal_packet"))

    # -- acting -------------------------------------------------------------------------------------------------------

    def _refused_only(self) -> bool:
        return self.filters.filter().what == REFUSED

    def _try_all(self) -> None:
        if self._refused_only():
            self.act(self.presenter.try_refused, self._again)
            return
        self.act(self.presenter.try_all, lambda _n: self._told("Semua dicoba sekarang."))

    def _try_one(self) -> None:
        self.act(partial(self.presenter.try_one, self.detail.packet_id), lambda _r: self._told("Paket ini dicoba sekarang."))

    def _again(self, count: int) -> None:
        if count:
            self._told(f"{number_text(count)} paket kembali ke antrean.")
        else:
            self.shell.tell("attention", "Berkas yang rusak diperbaiki satu per satu: pilih paketnya, tekan Perbaiki.",
                            bold="Tidak ada yang dapat dikirim lagi.")

    def _told(self, bold: str) -> None:
        self.shell.tell("info", "Sambungan sedang diperiksa. Daftar ini berubah sendiri.", bold=bold)
        self.refresh()

    def _remedy(self, kind: str) -> None:
        detail = self.detail.detail
        if detail is None:
            return
        if kind == AGAIN:
            again = partial(self.presenter.record_again, detail.row.permohonan_id)
            self.act(again, lambda _r: self._mended("Perekaman dibuka lagi.", "Undang pemohon datang untuk direkam ulang."))
        else:
            mend = partial(self.presenter.repair, detail.row.id)
            self.act(mend, lambda _r: self._mended("Paket disegel ulang.", "Paket penggantinya ikut antrean dan terkirim sendiri."))

    def _mended(self, bold: str, text: str) -> None:
        self.shell.tell("good", text, bold=bold)
        self.refresh()

    def _copy(self) -> None:
        if self.detail.detail is not None:
            QGuiApplication.clipboard().setText(self.detail.detail.report)
            self.shell.tell("good", "Tempelkan di surel atau obrolan. Tidak ada data pribadi di dalamnya.", bold="Laporan disalin.")

    def _courier(self) -> None:
        from ktpel_kiosk.ui.pages.antrean_courier import CourierDialog
        self.dialog = CourierDialog(self.shell)
        self.dialog.finished.connect(self._courier_closed)
        self.dialog.open()

    def _courier_closed(self, _code: int = 0) -> None:
        self.dialog = None
        self.refresh()

    def trouble(self, error: KioskError) -> None:
        super().trouble(error)
        if self._view is not None and error.message_key == "packet.not_waiting":
            self.refresh()

    def _open(self, packet_id: str) -> None:
        found = self.rows.known.get(packet_id)
        if found is not None:
            self.shell.go("register", id=found.permohonan_id)
