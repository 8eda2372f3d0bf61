"""Picking from a long list: type to filter (words anywhere, codes, one letter off), used ones first, arrows, Enter; Esc keeps the old."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ktpel_kiosk.domain.near_words import Entry, find_entries
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.accessible import announce
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import elided, label
from ktpel_kiosk.ui.widgets.field import Field
from ktpel_kiosk.ui.widgets.popover import Popover

K = Qt.Key
ROWS = 6
"""Rows shown at once."""
ROLE_USED = Qt.ItemDataRole.UserRole + 1


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.entries: Sequence[Entry] = ()
        self.used: frozenset[str] = frozenset()

    def show(self, entries: Sequence[Entry]) -> None:
        self.beginResetModel()
        self.entries = entries
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return len(self.entries)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid():
            return None
        entry = self.entries[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return entry.text
        return entry.value in self.used if role == ROLE_USED else None


class _Row(QStyledItemDelegate):
    """A row of 48 px: the words, and a small clock at those used here before."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(100, row_height(option.widget))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        theme = theme_of(option.widget)
        rect: QRect = option.rect
        on = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent_soft"))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), theme.radius("plate"), theme.radius("plate"))
        font = theme.font("body", 600 if on else 400)
        painter.setFont(font)
        painter.setPen(theme.color("accent" if on else "ink"))
        room = rect.adjusted(theme.px(12), 0, -theme.px(34), 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, elided(font, str(index.data()), room.width()))
        if index.data(ROLE_USED):
            side = theme.px(14)
            icons.draw(painter, "clock", theme.color("muted"), rect.right() - side - theme.px(10), rect.center().y() - side / 2, side)
        painter.restore()


def row_height(widget: QWidget) -> int:
    return max(48, theme_of(widget).px(48))


class PickList(Popover):
    """The open list below the line. It never takes the focus: the keys go to the line."""

    picked = Signal(object)

    def __init__(self, anchor: QWidget, name: str) -> None:
        super().__init__(anchor, name)
        self.view = QListView()
        self.view.setAccessibleName(name)
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setUniformItemSizes(True)
        self.view.viewport().setMouseTracking(True)
        self.view.entered.connect(self.view.setCurrentIndex)
        self.model = _Model()
        self.view.setModel(self.model)
        self.view.setItemDelegate(_Row(self.view))
        self.view.clicked.connect(lambda index: self.picked.emit(self.model.entries[index.row()]))
        self.none: QLabel = label("", "small", tone="muted", wrap=True)
        self.none.setContentsMargins(12, 8, 12, 8)
        self.body.addWidget(self.view, 1)
        self.body.addWidget(self.none)

    def show_entries(self, entries: Sequence[Entry], current: str, nothing: str) -> None:
        """List these, stand on ``current`` or on the first; ``nothing`` is said where there are none."""
        self.model.show(entries)
        at = next((i for i, e in enumerate(entries) if e.value == current), 0)
        if entries:
            self.view.setCurrentIndex(self.model.index(at))
        self.none.setText(nothing)
        self.none.setVisible(not entries)
        self.view.setVisible(bool(entries))
        high = min(max(1, len(entries)), ROWS) * row_height(self.view) + 14
        width = max(self.anchor.width(), theme_of(self).px(300))
        if self.isHidden():
            self.open(width, high)
        else:
            self.place(width, high)
        self.say()

    def current(self) -> Entry | None:
        row = self.view.currentIndex().row()
        return self.model.entries[row] if 0 <= row < len(self.model.entries) else None

    def move(self, by: int) -> None:  # type: ignore[override]
        self.stand_on(self.view.currentIndex().row() + by)

    def stand_on(self, row: int) -> None:
        """Light this row, or the nearest there is."""
        last = len(self.model.entries) - 1
        if last >= 0:
            self.view.setCurrentIndex(self.model.index(min(max(row, 0), last)))
            self.say()

    def say(self) -> None:
        entry = self.current()
        if entry is not None:
            announce(self.anchor, f"{entry.text}, {self.view.currentIndex().row() + 1} dari {len(self.model.entries)}")


class PickEdit(QLineEdit):
    """The line: shows what is chosen; typing opens the filtered list. ``free``: other text may stand too."""

    ROLE = "ComboBox"
    chosen = Signal()

    def __init__(self, *, free: bool = False) -> None:
        super().__init__()
        self.free = free
        self.entries: list[Entry] = []
        self.used: Callable[[], Iterable[str]] = lambda: ()
        self.value = ""
        self._list: PickList | None = None
        self.setMaxLength(80)
        self.textEdited.connect(self._filter)
        self._indent()

    def _indent(self) -> None:
        self.setTextMargins(0, 0, theme_of(self).px(26), 0)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._indent()
        super().changeEvent(event)

    @property
    def is_open(self) -> bool:
        return self._list is not None and not self._list.isHidden()

    def text_of(self, value: str) -> str:
        return next((e.text for e in self.entries if e.value == value), value if self.free else "")

    def show_value(self, value: str) -> None:
        """Show a choice made elsewhere."""
        self.value = value if self.free or any(e.value == value for e in self.entries) else ""
        self.setText(self.text_of(self.value))
        self.setCursorPosition(0)

    def open_list(self, query: str = "") -> None:
        if not self.isEnabled() or self.isReadOnly() or not self.entries:
            return
        if self._list is None:
            self._list = PickList(self, self.accessibleName())
            self._list.picked.connect(self.take)
            self._list.closed.connect(self.update)
        used = tuple(self.used())
        self._list.model.used = frozenset(used) if not query else frozenset()
        found = find_entries(query, self.entries, used)
        nothing = "Tidak ada di daftar. Tetap dapat dipakai." if self.free else "Tidak ada yang cocok. Coba kata lain, atau kosongkan."
        self._list.show_entries(found, "" if query else self.value, nothing)

    def close_list(self) -> None:
        if self._list is not None:
            self._list.close_up()

    def take(self, entry: Entry) -> None:
        """An entry was chosen."""
        self.close_list()
        changed = entry.value != self.value
        self.value = entry.value
        self.setText(entry.text)
        self.selectAll()
        if changed:
            self.chosen.emit()

    def settle(self) -> None:
        """Left: what was typed becomes the entry it names; else free text stands, and other text gives way to the old choice."""
        self.close_list()
        typed = self.text().strip()
        if typed == self.text_of(self.value):
            return
        hits = find_entries(typed, self.entries) if typed else []
        exact = next((e for e in hits if e.text.casefold() == typed.casefold() or e.value == typed), None)
        only = exact or (hits[0] if len(hits) == 1 and not self.free else None)
        if only is not None:
            self.take(only)
        elif self.free or not typed:
            self.value = typed.upper()
            self.setText(self.value)
            self.chosen.emit()
        else:
            self.setText(self.text_of(self.value))

    def _filter(self, text: str) -> None:
        if self.free:
            self.value = text.strip().upper()
            self.chosen.emit()
        self.open_list(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = K(event.key())
        steps = {K.Key_Down: 1, K.Key_Up: -1, K.Key_PageDown: ROWS - 1, K.Key_PageUp: 1 - ROWS}
        if key in steps or key == K.Key_F4:
            if self.is_open and self._list is not None and key != K.Key_F4:
                self._list.move(steps[key])
            elif self.is_open:
                self.close_list()
            else:
                self.open_list()
        elif key in (K.Key_Return, K.Key_Enter) and self.is_open and self._list is not None:
            entry = self._list.current()
            if entry is not None:
                self.take(entry)
            self.close_list()
            self.returnPressed.emit()
            event.ignore()  # the form goes on from here, as with any line
        elif key == K.Key_Escape and self.is_open:
            self.close_list()
            if not self.free:
                self.setText(self.text_of(self.value))
            self.selectAll()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and event.key() == K.Key_Escape and self.is_open:
            event.accept()  # Esc closes the list, not the page
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.selectAll()
            self.close_list() if self.is_open else self.open_list()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.selectAll()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
            self.settle()
            self.deselect()  # only the line with the keyboard is lit

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        theme = theme_of(self)
        side = theme.px(18)
        left = self.width() - side - theme.px(12)
        icons.draw(QPainter(self), "chevron-down", theme.color("muted"), left, (self.height() - side) / 2, side)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), max(48, theme_of(self).px(48)))


class PickField(Field):
    """A code list with search; the value is the code. What is chosen here often stands first.

    Args:
        listing: name under which the desk remembers what is used (``pekerjaan``); empty: it does not.
        free: text that is not on the list may stand, in capitals (villages of elsewhere).
    """

    def __init__(self, name: str, title: str, items: Iterable[tuple[object, str]] = (), *, listing: str = "", free: bool = False,
                 placeholder: str = "Ketik untuk mencari") -> None:
        self.line = PickEdit(free=free)
        self.line.setPlaceholderText(placeholder)
        super().__init__(name, title, self.line)
        self._listing = listing
        self.line.used = self._used
        self.line.chosen.connect(self._chosen)
        self.fill(items)

    def fill(self, items: Iterable[tuple[object, str]]) -> None:
        """The list's entries; what is chosen stays."""
        self.line.entries = [Entry.of(value, text) for value, text in items]

    def _memory(self) -> object | None:
        return getattr(self.window(), "memory", None)

    def _used(self) -> Iterable[str]:
        memory = self._memory()
        return memory.used(self._listing) if memory is not None and self._listing else ()  # type: ignore[attr-defined]

    def _chosen(self) -> None:
        memory = self._memory()
        known = any(e.value == self.line.value for e in self.line.entries)
        if memory is not None and self._listing and known:
            memory.use(self._listing, self.line.value)  # type: ignore[attr-defined]
        self.changed.emit()

    def value(self) -> str:
        return self.line.value

    def set_value(self, value: object) -> None:
        self.line.show_value("" if value is None else str(value))
