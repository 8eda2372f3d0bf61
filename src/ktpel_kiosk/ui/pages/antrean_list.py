"""The list of the queue: rows that come and go one by one, progress bars, and the filters above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStyleOptionViewItem, QWidget

from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.pages.register import SearchLine
from ktpel_kiosk.ui.presenters.queue import ALL, REFUSED, Filter, PacketRow
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import take_all
from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
from ktpel_kiosk.ui.widgets.extra import GrowingModel, GrowingRows
from ktpel_kiosk.ui.widgets.fields import Choice
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.tables import AnyIndex, Cell, CellDelegate, TableRow

COLUMNS = ("No.", "Nama", "Umur", "Ukuran", "Terkirim", "Menunggu karena", "Dicoba lagi")
WIDTHS = (62, 138, 94, 72, 74, 168, 144)
GROW = (0, 3, 0, 1, 1, 2, 1)
PROGRESS = 4
LESSER_COLUMNS = (3, 4)
"""Size and progress: told beside the list as well."""
LOOK_AGAIN_MS = 250
COMPACT = (ALL, REFUSED)


class ProgressDelegate(CellDelegate):
    """A bar under the percentage."""

    def __init__(self, view: GrowingRows, share: Callable[[str], float]) -> None:
        super().__init__(view)
        self._view, self._share = view, share

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        super().paint(painter, option, index)
        share = self._share(self._view.rows.key(index.row()))
        theme = theme_of(self._view)
        rect = QRectF(option.rect)
        track = QRectF(rect.left() + theme.px(14), rect.center().y() + theme.px(11), rect.width() - theme.px(34), theme.px(4))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else theme.color("line"))
        painter.setBrush(theme.color("soft"))
        painter.drawRoundedRect(track, 2, 2)
        painter.setPen(Qt.PenStyle.NoPen)
        if share:
            painter.setBrush(theme.color("accent"))
            painter.drawRoundedRect(QRectF(track.left(), track.top(), max(4.0, track.width() * share), track.height()), 2, 2)
        painter.restore()


class QueueModel(GrowingModel):
    """Loaded rows of the queue; a stretch of them is renewed without touching the others, so that the place on the screen is kept."""

    def renew(self, first: int, count: int, rows: Sequence[TableRow]) -> None:
        """Put ``rows`` in the place of ``count`` rows from ``first`` on."""
        new = tuple(rows)
        old = self._rows[first:first + count]
        keep = 0
        while keep < min(len(old), len(new)) and old[keep].key == new[keep].key:
            keep += 1
        still = {r.key for r in new}
        for at in reversed(range(keep, len(old))):  # rows that were sent go one by one, whatever is chosen stays chosen
            if old[at].key not in still:
                self.beginRemoveRows(QModelIndex(), first + at, first + at)
                self._rows = (*self._rows[:first + at], *self._rows[first + at + 1:])
                self.endRemoveRows()
        old = tuple(r for n, r in enumerate(old) if n < keep or r.key in still)
        if [r.key for r in old] == [r.key for r in new[:len(old)]]:
            self._exchange(first, len(old), new)
        else:
            self.beginResetModel()
            self._rows = (*self._rows[:first], *new, *self._rows[first + len(old):])
            self.endResetModel()

    def _exchange(self, first: int, count: int, new: tuple[TableRow, ...]) -> None:
        before = self._rows
        if new[count:]:
            self.beginInsertRows(QModelIndex(), first + count, first + len(new) - 1)
        self._rows = (*before[:first], *new, *before[first + count:])
        if new[count:]:
            self.endInsertRows()
        if count and before[first:first + count] != new[:count]:
            self.dataChanged.emit(self.index(first, 0), self.index(first + count - 1, self.columnCount() - 1))


class QueueRows(GrowingRows):
    """The table; ``seen_again`` after it was scrolled to rows that may be old by now."""

    seen_again = Signal()

    def __init__(self) -> None:
        super().__init__("Paket yang menunggu, yang tertua lebih dulu", COLUMNS, WIDTHS, GROW)
        self.rows: QueueModel = QueueModel(COLUMNS)
        self.setModel(self.rows)
        self.known: dict[str, PacketRow] = {}
        self.setItemDelegateForColumn(PROGRESS, ProgressDelegate(self, self._share))
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(LOOK_AGAIN_MS)
        self._soon.timeout.connect(self.seen_again)
        self.verticalScrollBar().valueChanged.connect(lambda _v: self._soon.start())

    def _share(self, key: str) -> float:
        found = self.known.get(key)
        return found.progress if found else 0.0

    def start_anew(self, rows: Sequence[PacketRow]) -> None:
        """Another list: the first page of it."""
        self.known = {r.id: r for r in rows}
        self.set_rows([table_row(r) for r in rows])

    def append(self, rows: Sequence[PacketRow]) -> None:
        fresh = [r for r in rows if r.id not in self.known]
        self.known |= {r.id: r for r in fresh}
        self.rows.add_rows([table_row(r) for r in fresh])

    def renew(self, after: int, rows: Sequence[PacketRow], whole: bool) -> None:
        """Rows with a counter above ``after`` as they are now, up to the last of them; ``whole``: nothing comes behind it."""
        loaded = [self.known[self.rows.key(n)].counter for n in range(self.rows.rowCount())]
        first = next((n for n, c in enumerate(loaded) if c > after), len(loaded))
        until = rows[-1].counter if rows and not whole else loaded[-1] if loaded and not whole else None
        end = len(loaded) if until is None else next((n for n, c in enumerate(loaded) if c > until), len(loaded))
        for n in range(first, end):
            self.known.pop(self.rows.key(n), None)
        self.known |= {r.id: r for r in rows}
        self.rows.renew(first, end - first, [table_row(r) for r in rows])

    def in_sight(self) -> tuple[int, int]:
        """(counter before the first row in sight, rows in sight and a few more)."""
        top = max(0, self.rowAt(0))
        high = max(1, self.verticalHeader().defaultSectionSize())
        before = self.known.get(self.rows.key(top - 1)) if top else None
        return (before.counter if before else -1), self.viewport().height() // high + 2

    def update_row(self, row: PacketRow) -> None:
        """Exchange one row that is loaded."""
        if self.known.get(row.id) in (None, row):
            return
        self.known[row.id] = row
        at = next(n for n in range(self.rows.rowCount()) if self.rows.key(n) == row.id)
        self.rows.renew(at, 1, [table_row(row)])


def table_row(r: PacketRow) -> TableRow:
    return TableRow(r.id, (Cell(r.number, bold=True), Cell(r.name, bold=True), Cell(r.age, tone=r.age_tone), Cell(r.size),
                           Cell(r.progress_text), Cell(r.reason, tone=r.reason_tone), Cell(r.next_try, muted=True)))


class FilterBar(QWidget):
    """Search, one chip per thing that waits with its count, and what narrows it further. ``compact``: only the filters everybody needs."""

    changed = Signal()

    def __init__(self, rows: GrowingRows) -> None:
        super().__init__()
        self.search = SearchLine("Cari nama, nomor", rows)
        self.search.searched.connect(lambda _text: self.changed.emit())
        self.only = Choice()
        self.only.setAccessibleName("Umur dan kurir")
        self.only.currentIndexChanged.connect(lambda _i: self.changed.emit())
        self.compact = False
        self._group = QButtonGroup(self)
        self._chips: dict[str, ChoiceChip] = {}
        self._holder = QWidget()
        self._flow = Flow(8)
        self._holder.setLayout(self._flow)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(12)
        line.addWidget(self.search, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self._holder, 1)
        line.addWidget(self.only, 0, Qt.AlignmentFlag.AlignTop)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.ParentChange):
            self.search.setFixedWidth(theme_of(self).px(232))
            self.only.setFixedWidth(theme_of(self).px(190))
        super().changeEvent(event)

    def filter(self) -> Filter:
        return Filter(self._chosen(), str(self.only.currentData() or ""), self.search.text().strip())

    def _chosen(self) -> str:
        return next((key for key, chip in self._chips.items() if chip.isChecked()), ALL)

    def choose(self, key: str) -> None:
        """Show another filter, if there is a chip for it."""
        if key in self._chips and key != self._chosen():
            self._chips[key].setChecked(True)
            self.changed.emit()

    def show_filters(self, filters: Sequence[tuple[str, str, int]], narrower: Sequence[tuple[str, str, int]]) -> None:
        """Counts as they are now. What is chosen stays even when it finds nothing any more; a chip that has the focus keeps it."""
        chosen = self._chosen()
        wanted = {key: (words, count) for key, words, count in filters if not self.compact or key in (*COMPACT, chosen)}
        if chosen not in wanted and chosen in self._chips:
            wanted[chosen] = (str(self._chips[chosen].property("words")), 0)
        if list(wanted) != list(self._chips):
            self._build(wanted, chosen)
        for key, (words, count) in wanted.items():
            chip = self._chips[key]
            chip.setProperty("words", words)
            text = f"{words}  {number_text(count)}"
            if chip.text() != text:
                chip.setText(text)
                chip.setAccessibleName(f"Saring: {words}, {number_text(count)} paket")
                chip.updateGeometry()
        self._narrow(narrower)

    def _narrow(self, narrower: Sequence[tuple[str, str, int]]) -> None:
        kept, before = self.only.currentData(), self.only.blockSignals(True)
        items = [(key, f"{words} ({number_text(count)})" if key else words) for key, words, count in narrower]
        if kept and kept not in dict(items):
            items.append((kept, self.only.currentText().partition(" (")[0]))
        if items != [(self.only.itemData(n), self.only.itemText(n)) for n in range(self.only.count())]:
            self.only.fill(items)
            self.only.setCurrentIndex(max(0, self.only.findData(kept)))
        self.only.blockSignals(before)
        self.only.setVisible(len(items) > 1)

    def _build(self, wanted: dict[str, tuple[str, int]], chosen: str) -> None:
        focused = next((key for key, chip in self._chips.items() if chip.hasFocus()), "")
        for chip in take_all(self._flow):
            if isinstance(chip, ChoiceChip):
                self._group.removeButton(chip)
                chip.hide()
                chip.deleteLater()
        self._chips = {}
        for key in wanted:
            chip = ChoiceChip("", key)
            chip.clicked.connect(lambda _on=False: self.changed.emit())
            self._group.addButton(chip)
            self._flow.addWidget(chip)
            self._chips[key] = chip
            chip.setChecked(key == chosen)
            chip.show()
        if focused in self._chips:
            self._chips[focused].setFocus(Qt.FocusReason.OtherFocusReason)
