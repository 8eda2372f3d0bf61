"""Antrean: packets that wait, oldest first, with the reason, who can help and the next try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QStyleOptionViewItem, QVBoxLayout, QWidget

from ktpel_kiosk.ui.pages.base import Page, scroll
from ktpel_kiosk.ui.presenters.queue import PacketRow, QueuePresenter, QueueView
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, Line, clear_layout, label, row
from ktpel_kiosk.ui.widgets.buttons import Button, Chip
from ktpel_kiosk.ui.widgets.extra import GrowingRows, Stat
from ktpel_kiosk.ui.widgets.status import EmptyState, NoticeBar
from ktpel_kiosk.ui.widgets.tables import AnyIndex, Cell, CellDelegate, TableRow

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow

COLUMNS = ("No.", "Nama", "Umur", "Ukuran", "Kemajuan", "Menunggu karena", "Dicoba lagi")
WIDTHS = (62, 150, 92, 74, 92, 160, 148)
GROW = (0, 3, 0, 1, 1, 2, 1)
PROGRESS = 4
CLOCK_EVERY_S = 5
CALM = "Paket terkirim sendiri, yang tertua lebih dulu. Anda boleh terus melayani."


class ProgressDelegate(CellDelegate):
    """A bar under the percentage."""

    def __init__(self, view: GrowingRows, shares: dict[str, float]) -> None:
        super().__init__(view)
        self._view, self._shares = view, shares

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        super().paint(painter, option, index)
        share = self._shares.get(self._view.rows.key(index.row()), 0.0)
        theme = theme_of(self._view)
        rect = QRectF(option.rect)
        track = QRectF(rect.left() + theme.px(14), rect.center().y() + theme.px(11), rect.width() - theme.px(34), theme.px(4))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("soft"))
        painter.drawRoundedRect(track, 2, 2)
        if share:
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(track.left(), track.top(), track.width() * share, track.height()), 2, 2)
        painter.restore()


class AntreanPage(Page):
    """Kept up to date by commits and by the clock. ``opened(id=…)`` chooses a packet."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self.presenter = QueuePresenter(window.session)
        self._view: QueueView | None = None
        self._shares: dict[str, float] = {}
        self._wait = 0
        self._wanted = ""
        self.try_button = Button("Coba sekarang", "primary", icon="refresh-cw", key="F9")
        self.try_button.clicked.connect(self._try_now)
        self.primary = self.try_button
        self.line_chip = Chip("")
        self.line_text = label(CALM, "body", tone="muted")
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addLayout(row(label("Antrean pengiriman", "title", weight="bold"), self.line_chip, None))
        text.addWidget(self.line_text)
        head = QHBoxLayout()
        head.addLayout(text, 1)
        head.addWidget(self.try_button)
        self.frame.addLayout(head)
        figures = QHBoxLayout()
        figures.setSpacing(16)
        self.figures = [Stat() for _ in range(4)]
        for tile in self.figures:
            figures.addWidget(tile, 1)
        self.frame.addLayout(figures)
        self.alarm = NoticeBar(closable=False)
        self.frame.addWidget(self.alarm)
        both = QHBoxLayout()
        both.setSpacing(16)
        both.addWidget(self._table(), 1)
        self.detail = self._build_detail()
        both.addWidget(self.detail)
        self.frame.addLayout(both, 1)

    def _table(self) -> Card:
        card = Card(0, 0)
        card.body.setContentsMargins(2, 5, 2, 5)
        self.rows = GrowingRows("Paket yang menunggu", COLUMNS, WIDTHS, GROW)
        self.rows.setItemDelegateForColumn(PROGRESS, ProgressDelegate(self.rows, self._shares))
        self.rows.selectionModel().currentRowChanged.connect(self._moved)
        self.rows.opened.connect(self._open)
        self.empty = EmptyState("circle-check", "Semua sudah terkirim", "Paket baru masuk ke sini setelah disegel dan terkirim sendiri.")
        self.empty.hide()
        card.body.addWidget(self.rows, 1)
        card.body.addWidget(self.empty, 1)
        return card

    def _build_detail(self) -> Card:
        card = Card(0, 0)
        card.setFixedWidth(300)
        inner = QWidget()
        box = QVBoxLayout(inner)
        box.setContentsMargins(20, 18, 14, 14)
        box.setSpacing(8)
        self.name = label("", "strong", weight="semibold", wrap=True)
        self.reason = Chip("")
        self.sentence = label("", "body", wrap=True)
        self.fixer = label("", "body", weight="semibold", wrap=True)
        self.advice = label("", "body", tone="muted", wrap=True)
        self._facts = QVBoxLayout()
        self._facts.setSpacing(0)
        for item in (self.name, self.reason, self.sentence, Line(), label("Yang bisa membantu", "small", tone="muted"), self.fixer,
                     self.advice, Line()):
            box.addWidget(item)
        box.addLayout(self._facts)
        box.addStretch(1)
        card.body.addWidget(scroll(inner), 1)
        self.retry = Button("Coba", icon="refresh-cw")
        self.retry.setToolTip("Coba kirim paket ini sekarang")
        self.retry.clicked.connect(self._try_now)
        self.open = Button("Buka", icon="folder-open")
        self.open.clicked.connect(lambda: self._open(self.rows.current_key()))
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 8, 16, 16)
        foot.addWidget(self.retry)
        foot.addStretch(1)
        foot.addWidget(self.open)
        card.body.addLayout(foot)
        card.hide()
        return card

    # -- showing ------------------------------------------------------------------------------------------------------

    def opened(self, **args: Any) -> None:
        self.try_button.setVisible(self.presenter.may_retry())
        self._wanted = str(args.get("id", ""))
        self.refresh()

    def refresh(self) -> None:
        self.ask(self.presenter.load, self._show)

    def tick(self) -> None:
        self._wait += 1
        if self._wait >= CLOCK_EVERY_S:
            self._wait = 0
            self.refresh()

    def _show(self, view: QueueView) -> None:
        if view == self._view and not self._wanted:
            return
        self._view = view
        for tile, figure in zip(self.figures, view.figures, strict=True):
            tile.show_figure(*figure)
        if view.alarm:
            self.alarm.show_text("trouble", view.alarm, bold="Terlalu lama.")
        else:
            self.alarm.hide()
        tone, bold, line = view.line
        self.line_chip.set(bold.rstrip("."), tone or "neutral")
        self.line_chip.setVisible(bool(tone))
        self.line_text.setText(line or CALM)
        self._show_rows(view)

    def _show_rows(self, view: QueueView) -> None:
        self._shares.clear()
        self._shares.update({r.id: r.progress for r in view.rows})
        self.rows.set_rows([_table_row(r) for r in view.rows])
        self.rows.setVisible(bool(view.rows))
        self.empty.setVisible(not view.rows)
        self.try_button.setEnabled(bool(view.rows) and not self.busy)
        wanted, self._wanted = self._wanted, ""
        of_application = next((r.id for r in view.rows if r.permohonan_id == wanted), wanted)
        if not self.rows.choose(of_application) and not self.rows.current_key():
            self.rows.choose_first()
        self._show_detail()

    def show_busy(self, on: bool) -> None:
        self.try_button.setEnabled(not on and bool(self._view and self._view.rows))

    def _moved(self, _now: QModelIndex, _before: QModelIndex) -> None:
        self._show_detail()

    def _find(self, packet_id: str) -> PacketRow | None:
        return next((r for r in self._view.rows if r.id == packet_id), None) if self._view else None

    def _show_detail(self) -> None:
        found = self._find(self.rows.current_key())
        self.detail.setVisible(found is not None)
        if found is None:
            return
        self.name.setText(f"{found.number} · {found.name}")
        self.reason.set(found.reason, found.reason_tone)
        self.sentence.setText(found.sentence)
        self.fixer.setText(found.fixer)
        self.advice.setText(found.advice)
        self.retry.setVisible(found.can_retry and self.presenter.may_retry())
        clear_layout(self._facts)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(1)
        for i, (title, value) in enumerate(found.facts):
            grid.addWidget(label(title, "small", tone="muted"), 2 * i, 0)
            grid.addWidget(_selectable(value), 2 * i + 1, 0)
        self._facts.addLayout(grid)

    # -- acting -------------------------------------------------------------------------------------------------------

    def _try_now(self) -> None:
        self.act(self.presenter.try_now, lambda _r: self.shell.tell(
            "info", "Sambungan sedang diperiksa. Daftar ini berubah sendiri.", bold="Dicoba sekarang."))

    def _open(self, packet_id: str) -> None:
        found = self._find(packet_id)
        if found is not None:
            self.shell.go("register", id=found.permohonan_id)


def _table_row(r: PacketRow) -> TableRow:
    return TableRow(r.id, (Cell(r.number, bold=True), Cell(r.name, bold=True), Cell(r.age, tone=r.age_tone), Cell(r.size),
                           Cell(r.progress_text), Cell(r.reason, tone=r.reason_tone), Cell(r.next_try, muted=True)))


def _selectable(text: str) -> QLabel:
    made = label(text, "small", weight="medium", wrap=True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made
