"""The list of work at the left of a page: the name on its own line, number and chip below; the chosen one has the accent bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QAbstractListModel, QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, Line, elided, label, text_width
from ktpel_kiosk.ui.widgets.buttons import TONES
from ktpel_kiosk.ui.widgets.status import EmptyState


@dataclass(frozen=True, slots=True)
class WorkItem:
    """``detail`` is the second line, ``chip`` with ``tone`` stands at its right; the name gives way to neither."""

    id: str
    title: str
    detail: str
    chip: str = ""
    tone: str = "neutral"


class _Model(QAbstractListModel):
    def __init__(self) -> None:
        super().__init__()
        self.items: tuple[WorkItem, ...] = ()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return len(self.items)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item = self.items[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{item.title}, {item.detail} {item.chip}".strip()
        return None


NARROW = 225
"""Design pixels of width under which the chip stands on a third line."""


class _Delegate(QStyledItemDelegate):
    @staticmethod
    def _narrow(view: QWidget) -> bool:
        return view.viewport().width() < theme_of(view).px(NARROW)  # type: ignore[attr-defined]

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        view = option.widget
        return QSize(10, max(48, theme_of(view).px(86 if self._narrow(view) else 61)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> None:
        view = option.widget
        theme, item = theme_of(view), view.model().items[index.row()]  # type: ignore[attr-defined]
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(option.rect)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            painter.fillRect(rect, theme.color("accent_soft"))
            painter.fillRect(QRectF(rect.left(), rect.top(), theme.px(4), rect.height()), theme.color("accent"))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(rect, theme.color("canvas"))
        painter.fillRect(QRectF(rect.left(), rect.bottom() - 0.5, rect.width(), 1), theme.color("line"))
        if self._stands_on(view, index):
            pen = QPen(theme.color("focus"), 2 if theme.contrast == "light" else 3)
            painter.setPen(pen)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(2, 2, -2, -3), theme.radius("plate"), theme.radius("plate"))
        left, right = rect.left() + theme.px(18), rect.right() - theme.px(14)
        title, small = theme.font("row", 600), theme.font("small")
        painter.setFont(title)
        painter.setPen(theme.color("ink"))
        painter.drawText(QRectF(left, rect.top() + theme.px(10), right - left, theme.px(21)), Qt.AlignmentFlag.AlignVCenter,
                         elided(title, item.title, right - left))
        if item.chip and self._narrow(view):
            self._chip(painter, theme, item, 0, rect.top() + theme.px(65), left)
        elif item.chip:
            right -= self._chip(painter, theme, item, right, rect.top() + theme.px(41))
        painter.setFont(small)
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(left, rect.top() + theme.px(31), right - left, theme.px(20)), Qt.AlignmentFlag.AlignVCenter,
                         elided(small, item.detail, right - left))
        painter.restore()

    @staticmethod
    def _stands_on(view: QWidget, index: QModelIndex | QPersistentModelIndex) -> bool:
        """The keyboard is at this row; at the first one where none is current yet."""
        current = view.currentIndex()  # type: ignore[attr-defined]
        return view.hasFocus() and index.row() == (current.row() if current.isValid() else 0)

    @staticmethod
    def _chip(painter: QPainter, theme: object, item: WorkItem, right: float, middle: float, left: float | None = None) -> float:
        back, ink = TONES[item.tone]
        font = theme.font("tiny", 600)  # type: ignore[attr-defined]
        wide, high = text_width(font, item.chip) + theme.px(18), theme.px(22)  # type: ignore[attr-defined]
        pill = QRectF(right - wide if left is None else left, middle - high / 2, wide, high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(back))  # type: ignore[attr-defined]
        painter.drawRoundedRect(pill, high / 2, high / 2)
        painter.setFont(font)
        painter.setPen(theme.color(ink))  # type: ignore[attr-defined]
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, item.chip)
        return float(wide + 8)


class WorkList(Card):
    """A card with title, count and rows. ``chosen`` carries the id; the choice survives refreshes."""

    chosen = Signal(str)

    def __init__(self, title: str, empty_icon: str, empty_title: str, empty_text: str) -> None:
        super().__init__(0, 0)
        self.body.setContentsMargins(1, 1, 1, 1)
        self.count = label("0", "body", tone="muted")
        head = QHBoxLayout()
        head.setContentsMargins(17, 12, 17, 12)
        head.addWidget(label(title, "body", weight="semibold", wrap=True), 1)
        head.addWidget(self.count)
        self.body.addLayout(head)
        self.body.addWidget(Line())
        self._model = _Model()
        self.view = QListView()
        self.view.setModel(self._model)
        self.view.setItemDelegate(_Delegate(self.view))
        self.view.setAccessibleName(title)
        self.view.setProperty("ring", "row")
        self.view.setMouseTracking(True)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setUniformItemSizes(True)
        self.view.selectionModel().currentChanged.connect(self._moved)
        self.empty = EmptyState(empty_icon, empty_title, empty_text)
        self.body.addWidget(self.view, 1)
        self.body.addWidget(self.empty, 1)
        self.empty.hide()
        self._quiet = False

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.view.doItemsLayout()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "view"):
            self.view.doItemsLayout()
        super().changeEvent(event)

    def _moved(self, now: QModelIndex, _before: QModelIndex) -> None:
        if not self._quiet and now.isValid():
            self.chosen.emit(self._model.items[now.row()].id)

    def current(self) -> str:
        row = self.view.currentIndex().row()
        return self._model.items[row].id if 0 <= row < len(self._model.items) else ""

    def ids(self) -> tuple[str, ...]:
        return tuple(i.id for i in self._model.items)

    def set_items(self, items: Sequence[WorkItem], choose: str = "") -> None:
        """Replace the rows; keeps the choice, or takes ``choose``. Emits only when the choice really changes."""
        before = self.current()
        wanted = choose or before
        self._quiet = True
        self._model.beginResetModel()
        self._model.items = tuple(items)
        self._model.endResetModel()
        self.count.setText(str(len(items)))
        self.view.setVisible(bool(items))
        self.empty.setVisible(not items)
        self._quiet = False
        row = next((i for i, item in enumerate(items) if item.id == wanted), -1)
        if row >= 0:
            self._quiet = wanted == before
            self.view.setCurrentIndex(self._model.index(row))
            self._quiet = False

    def choose(self, id: str) -> None:
        """Choose a row; an id that is not here leaves nothing chosen."""
        row = next((i for i, item in enumerate(self._model.items) if item.id == id), -1)
        self.view.setCurrentIndex(self._model.index(row) if row >= 0 else QModelIndex())
