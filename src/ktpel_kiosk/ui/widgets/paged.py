"""A table over a list too long to load: it has all its rows at once and fetches the pages that come into sight.

The scroll bar is honest from the start, Home, End and dragging go anywhere, and a row that is not there yet is drawn as a pale bar. When
the list changes, rows move instead of being dropped: what is chosen and what is in sight stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionViewItem

from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.extra import GrowingModel, GrowingRows
from ktpel_kiosk.ui.widgets.tables import AnyIndex, Cell, CellDelegate, TableRow, ground

PAGE = 100
PAGES_KEPT = 40
AT_ONCE = 2
"""Pages on their way at the same time; more would keep the register busy with what is already out of sight."""
REST_MS = 25
"""How often scrolling is looked at; a drag that went further than half a page in this time is waited for."""
NOTHING = Cell("")


@dataclass(frozen=True, slots=True)
class PageWish:
    """One page to fetch: rows ``first`` to ``first + limit``.

    Attributes:
        after: key of a known row to go on from, not included; empty: from the beginning, or from the end when ``backwards``.
        skip: rows between it and the page.
        backwards: read against the order of the list; the answer is expected in the order of the list all the same.
    """

    first: int
    limit: int
    after: str = ""
    skip: int = 0
    backwards: bool = False


class PagedModel(GrowingModel):
    """Rows by number; those not fetched yet have no key and empty cells."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__(columns)
        self.exact = True
        self._count = 0
        self._known: dict[int, TableRow] = {}
        self._fresh: set[int] = set()
        self._empty = (NOTHING,) * len(self._columns)

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else self._count

    def key(self, row: int) -> str:
        known = self._known.get(row)
        return known.key if known is not None else ""

    def loaded(self, row: int) -> bool:
        return row in self._known

    def row_of(self, key: str) -> int:
        """Row number of a key among the rows known; -1 when it is not."""
        return next((n for n, r in self._known.items() if r.key == key), -1) if key else -1

    def cell(self, index: AnyIndex) -> Cell:
        known = self._known.get(index.row())
        return (known.cells if known is not None else self._empty)[index.column()]

    def match(self, *_args: object, **_named: object) -> list[QModelIndex]:
        """Qt would walk every row for a letter pressed; letters go to the search line."""
        return []

    # -- filling ------------------------------------------------------------------------------------------------------

    def set_rows(self, rows: Sequence[TableRow]) -> None:
        self.begin(len(rows), rows)

    def add_rows(self, rows: Sequence[TableRow]) -> None:
        first = self._count
        self.set_count(first + len(rows))
        self._store(first, rows)

    def begin(self, count: int, rows: Sequence[TableRow], exact: bool = True) -> None:
        """Another list: its length and its first rows. ``exact``: the length is not only what was counted so far."""
        self.beginResetModel()
        self._known.clear()
        self._fresh.clear()
        self._count, self.exact = max(count, len(rows)), exact
        self._store(0, rows)
        self.endResetModel()

    def renew(self, count: int, rows: Sequence[TableRow], exact: bool = True) -> int:
        """The same list after a change, by its first rows as they are now; returns how many rows came in at the top.

        Rows further down are shown as they were until they are fetched again.
        """
        count = max(count, len(rows))
        came = self._came_in(rows)
        if came:
            self.beginInsertRows(QModelIndex(), 0, came - 1)
            self._known = {n + came: r for n, r in self._known.items()}
            self._count += came
            self.endInsertRows()
        self.exact = exact
        if exact or count > self._count:
            self.set_count(count)
        self._fresh.clear()
        self._store(0, rows)
        return came

    def _came_in(self, rows: Sequence[TableRow]) -> int:
        """How many rows of the new beginning stand before the first one that was there already."""
        places = {r.key: n for n, r in enumerate(rows)}
        for old in range(min(len(rows), self._count)):
            place = places.get(self.key(old))
            if place is not None:
                return max(0, place - old)
        return 0

    def set_count(self, count: int, exact: bool = True) -> None:
        self.exact = exact
        if count > self._count:
            self.beginInsertRows(QModelIndex(), self._count, count - 1)
            if self._count % PAGE:
                self._fresh.discard(self._count // PAGE)
            self._count = count
            self.endInsertRows()
        elif count < self._count:
            self.beginRemoveRows(QModelIndex(), count, self._count - 1)
            for row in [n for n in self._known if n >= count]:
                del self._known[row]
            self._count = count
            self.endRemoveRows()

    def put(self, first: int, rows: Sequence[TableRow], around: int) -> None:
        """A page came. Pages far from row ``around`` are let go of."""
        self._store(first, rows)
        self._fresh.add(first // PAGE)  # also where it came shorter than asked: the list changed, and the register says so in a moment
        for page in sorted(self._fresh, key=lambda p: abs(p * PAGE - around))[PAGES_KEPT:]:
            self._fresh.discard(page)
        if len(self._known) > (PAGES_KEPT + 4) * PAGE:
            self._known = {n: r for n, r in self._known.items() if n // PAGE in self._fresh}

    def _store(self, first: int, rows: Sequence[TableRow]) -> None:
        last = min(first + len(rows), self._count)
        for n in range(first, last):
            self._known[n] = rows[n - first]
        whole = -(-last // PAGE) if last == self._count else last // PAGE
        self._fresh.update(range(first // PAGE, whole))
        if last > first:
            self.dataChanged.emit(self.index(first, 0), self.index(last - 1, len(self._columns) - 1))

    # -- what is missing ----------------------------------------------------------------------------------------------

    def missing(self, first: int, last: int) -> Iterable[int]:
        """Pages of rows ``first`` to ``last`` that must be fetched."""
        if not self._count:
            return ()
        first, last = max(0, first), min(self._count - 1, last)
        return [p for p in range(first // PAGE, last // PAGE + 1) if p not in self._fresh]

    def wish(self, page: int) -> PageWish:
        """How to fetch a page with as few rows skipped as possible: on from a known page, or from either end."""
        first = page * PAGE
        limit = min(PAGE, self._count - first)
        ways = [PageWish(first, limit, "", first)]
        before = max((p for p in self._fresh if p < page), default=-1)
        behind = min((p for p in self._fresh if p > page), default=-1)
        if before >= 0 and self.loaded(before * PAGE + PAGE - 1):
            ways.append(PageWish(first, limit, self.key(before * PAGE + PAGE - 1), first - before * PAGE - PAGE))
        if behind >= 0 and self.loaded(behind * PAGE):
            ways.append(PageWish(first, limit, self.key(behind * PAGE), behind * PAGE - first - limit, True))
        if self.exact:
            ways.append(PageWish(first, limit, "", self._count - first - limit, True))
        return min(ways, key=lambda w: w.skip)


class PagedDelegate(CellDelegate):
    """Rows on their way are pale bars of about the length of their text."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        view = option.widget
        if view.model().loaded(index.row()):  # type: ignore[attr-defined]
            super().paint(painter, option, index)
            return
        theme, rect = theme_of(view), option.rect
        ground(painter, theme, option)
        share = 0.45 + 0.1 * ((index.row() * 7 + index.column() * 3) % 5)
        painter.fillRect(rect.left() + theme.px(14), rect.center().y() - theme.px(5), round((rect.width() - theme.px(28)) * share),
                         theme.px(10), theme.color("line"))


class PagedRows(GrowingRows):
    """Like GrowingRows, for lists of any length. ``page_wanted`` asks for a :class:`PageWish`; answer with :meth:`put`."""

    page_wanted = Signal(object)

    def __init__(self, name: str, columns: Sequence[str], widths: Sequence[int], stretch: Sequence[int]) -> None:
        super().__init__(name, columns, widths, stretch)
        self.rows: PagedModel = PagedModel(columns)
        self.setModel(self.rows)
        self.setItemDelegate(PagedDelegate(self))
        self._asked: set[int] = set()
        self.generation = 0
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self._rested)
        self._seen = 0

    # -- the list -----------------------------------------------------------------------------------------------------

    def begin(self, count: int, rows: Sequence[TableRow], exact: bool = True) -> None:
        """Another list, from its top; the chosen row stays chosen where it is among the first."""
        kept = self.current_key()
        self._new_list()
        self.rows.begin(count, rows, exact)
        self.choose(kept)
        if not self.current_key():
            self.scrollToTop()

    def renew(self, count: int, rows: Sequence[TableRow], exact: bool = True) -> None:
        """The same list after a change."""
        self._new_list()
        bar, high = self.verticalScrollBar(), self.verticalHeader().defaultSectionSize()
        at = bar.value()
        came = self.rows.renew(count, rows, exact)
        if came and at:
            self.executeDelayedItemsLayout()  # the bar knows the new rows only afterwards
            bar.setValue(at + came * high)
        self._rest.start()

    def set_rows(self, rows: Sequence[TableRow]) -> None:
        self.begin(len(rows), rows)

    def _new_list(self) -> None:
        self.generation += 1
        self._asked.clear()

    def put(self, wish: PageWish, rows: Sequence[TableRow], generation: int) -> None:
        """The answer to a wish of that generation; older ones are dropped."""
        if generation != self.generation:
            return
        self._asked.discard(wish.first // PAGE)
        self.rows.put(wish.first, rows, self.top_row())
        self.look()

    def failed(self, wish: PageWish, generation: int) -> None:
        """The page did not come; it is asked for again when somebody scrolls."""
        if generation == self.generation:
            self._asked.discard(wish.first // PAGE)

    def choose(self, key: str) -> bool:
        row = self.rows.row_of(key)
        if row >= 0:
            self.setCurrentIndex(self.rows.index(row, 0))
        return row >= 0

    # -- what is in sight ---------------------------------------------------------------------------------------------

    def top_row(self) -> int:
        return self.verticalScrollBar().value() // max(1, self.verticalHeader().defaultSectionSize())

    def look(self) -> None:
        """Ask for the pages in sight that are missing, and for the next ones when little is left."""
        high = max(1, self.verticalHeader().defaultSectionSize())
        top, shown = self.top_row(), self.viewport().height() // high + 2
        near = [*self.rows.missing(top, top + shown), *self.rows.missing(top - PAGE // 2, top + shown + PAGE // 2)]
        for page in dict.fromkeys(near):
            if len(self._asked) >= AT_ONCE:
                return
            if page not in self._asked:
                self._asked.add(page)
                self.page_wanted.emit(self.rows.wish(page))

    def _scrolled(self, value: int) -> None:
        if not self._rest.isActive():
            self._rest.start()

    def _rested(self) -> None:
        """Slow scrolling is followed at once; while the bar is dragged through the list nothing is fetched."""
        top = self.top_row()
        far, self._seen = abs(top - self._seen) > PAGE // 2, top
        if far:
            self._rest.start()
        else:
            self.look()

    def resizeEvent(self, event: object) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._rest.start()
