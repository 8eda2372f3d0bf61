"""Rows and columns: a table model over plain values, a view with chips, and the applicant's data rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QStaticText, QTransform
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import Theme, theme_of
from ktpel_kiosk.ui.widgets.base import elided
from ktpel_kiosk.ui.widgets.buttons import TONES, Pressable

AnyIndex = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: text, and optionally the tone of a chip, weight or a line through it."""

    text: str
    tone: str = ""
    bold: bool = False
    struck: bool = False
    muted: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    key: str
    cells: tuple[Cell, ...]


class RowsModel(QAbstractTableModel):
    """Read-only model over :class:`TableRow`; replaced as a whole."""

    def __init__(self, columns: Sequence[str]) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._rows: tuple[TableRow, ...] = ()

    def set_rows(self, rows: Sequence[TableRow]) -> None:
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def key(self, row: int) -> str:
        return self._rows[row].key if 0 <= row < len(self._rows) else ""

    def cell(self, index: AnyIndex) -> Cell:
        return self._rows[index.row()].cells[index.column()]

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if index.isValid() and role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self.cell(index).text
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None


SELECTED, HOVERED = QStyle.StateFlag.State_Selected.value, QStyle.StateFlag.State_MouseOver.value
TEXTS_KEPT = 3000


class CellDelegate(QStyledItemDelegate):
    """Paints cells from the theme: chips, bold names, struck void rows. Texts are laid out once: scrolling paints them again and again."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._texts: dict[tuple[str, int, int, str], QStaticText] = {}
        self._look: Theme | None = None

    def text(self, theme: Theme, text: str, width: int, weight: int, step: str = "row") -> QStaticText:
        """``text`` cut off at ``width`` pixels, laid out."""
        if self._look is not theme or len(self._texts) > TEXTS_KEPT:
            self._look = theme
            self._texts.clear()
        key = text, width, weight, step
        found = self._texts.get(key)
        if found is None:
            font = theme.font(step, weight)
            found = self._texts[key] = QStaticText(elided(font, text, width))
            found.setTextFormat(Qt.TextFormat.PlainText)
            found.prepare(QTransform(), font)
        return found

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: AnyIndex) -> None:
        view: Any = option.widget
        theme, cell, rect = theme_of(view), view.model().cell(index), option.rect
        ground(painter, theme, option)
        left, width, middle = rect.left() + theme.px(14), rect.width() - theme.px(20), rect.center().y() + 1
        if cell.tone:
            self._chip(painter, theme, cell, left, width, middle)
            return
        weight = 600 if cell.bold else 400
        text = self.text(theme, cell.text, width, weight)
        painter.setPen(theme.color("muted" if cell.muted or cell.struck else "ink"))
        painter.setFont(theme.font("row", weight))
        size = text.size()
        painter.drawStaticText(left, round(middle - size.height() / 2), text)
        if cell.struck:
            painter.drawLine(left, middle, left + round(size.width()), middle)

    def _chip(self, painter: QPainter, theme: Theme, cell: Cell, left: int, width: int, middle: int) -> None:
        back, ink = TONES[cell.tone]
        text = self.text(theme, cell.text, width - theme.px(8), 600, "small")
        size = text.size()
        wide, high = min(width, round(size.width()) + theme.px(20)), theme.px(24)
        plate = QRectF(left - theme.px(4), middle - high / 2, wide, high)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(back))
        painter.drawRoundedRect(plate, high / 2, high / 2)
        painter.setPen(theme.color(ink))
        painter.setFont(theme.font("small", 600))
        painter.drawStaticText(round(plate.left() + (wide - size.width()) / 2), round(middle - size.height() / 2), text)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def ground(painter: QPainter, theme: Theme, option: QStyleOptionViewItem) -> None:
    """What lies under a cell: chosen, pointed at, and the hairline below."""
    rect, state = option.rect, option.state.value
    if state & SELECTED:
        painter.fillRect(rect, theme.color("accent_soft"))
    elif state & HOVERED:
        painter.fillRect(rect, theme.color("canvas"))
    painter.fillRect(rect.left(), rect.bottom(), rect.width(), 1, theme.color("line"))


class RowsView(QTableView):
    """A table of whole rows: 46 px lines, arrow keys, Home and End, Enter or double click opens.

    ``on_typed`` gets letters pressed while the rows have the focus (a search line takes them).
    """

    opened = Signal(str)

    def __init__(self, name: str, columns: Sequence[str], stretch: int = -1, widths: Sequence[int] = ()) -> None:
        super().__init__()
        self.rows = RowsModel(columns)
        self.on_typed: Callable[[str], None] | None = None
        self._widths = tuple(widths)
        self.setModel(self.rows)
        self.setItemDelegate(CellDelegate(self))
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.verticalHeader().hide()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # scrolling moves what is painted and adds the new strip
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        if stretch >= 0:
            header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
        self.activated.connect(self._activated)
        self._measure()

    def _activated(self, index: QModelIndex) -> None:
        self.opened.emit(self.rows.key(index.row()))

    def _measure(self) -> None:
        theme = theme_of(self)
        self.verticalHeader().setDefaultSectionSize(max(40, theme.px(46)))
        for i, width in enumerate(self._widths):
            self.setColumnWidth(i, theme.px(width))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.ParentChange):
            self._measure()
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme_of(self).color("surface"))
        painter.end()
        super().paintEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        to = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: self.rows.rowCount() - 1}.get(Qt.Key(event.key()), -1)
        if to >= 0:
            self.executeDelayedItemsLayout()  # rows that came just now
            self.setCurrentIndex(self.rows.index(to, 0))
            return
        text, commands = event.text(), Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if self.on_typed is not None and text.isprintable() and text.strip() and not event.modifiers() & commands:
            self.on_typed(text)
            return
        super().keyPressEvent(event)

    def current_key(self) -> str:
        return self.rows.key(self.currentIndex().row())


class DataRow(Pressable):
    """One field on the applicant's screen: pressed to say it is wrong, pressed again to take it back."""

    def __init__(self, name: str, title: str, value: str, *, wide: bool = False) -> None:
        super().__init__(title)
        self.name, self.value = name, value
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.toggled.connect(lambda _on: self._speak())
        self._speak()

    def _speak(self) -> None:
        self.setAccessibleName(f"{self.text()}: {self.value}. {'Salah' if self.isChecked() else 'Benar'}")

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(300), self.theme.px(68))

    def paintEvent(self, event: QEvent) -> None:
        theme, wrong = self.theme, self.isChecked()
        painter = self.brush()
        rect = QRectF(self.rect())
        if wrong or self.touched():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.shade(theme.color("attention_soft" if wrong else "surface")))
            painter.drawRoundedRect(rect.adjusted(0, 0, 0, -1), theme.radius("card"), theme.radius("card"))
        if not wrong:
            painter.fillRect(QRectF(theme.px(16), rect.bottom() - 1, rect.width() - theme.px(32), 1), theme.color("line"))
        left = theme.px(16)
        room = rect.width() - 2 * left - theme.px(90 if wrong else 40)
        painter.setFont(theme.font("applicant_small"))
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(left, theme.px(8), room, theme.px(22)), Qt.AlignmentFlag.AlignVCenter, self.text())
        font = theme.font("applicant_value", 600)
        painter.setFont(font)
        painter.setPen(theme.color("ink"))
        painter.drawText(QRectF(left, theme.px(30), room, theme.px(32)), Qt.AlignmentFlag.AlignVCenter, elided(font, self.value, room))
        if wrong:
            plate = QRectF(rect.right() - left - theme.px(79), rect.center().y() - theme.px(20), theme.px(79), theme.px(40))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("attention"))
            painter.drawRoundedRect(plate, plate.height() / 2, plate.height() / 2)
            painter.setFont(theme.font("applicant_small", 600))
            painter.setPen(theme.color("surface"))
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, "Salah")
        else:
            side = theme.px(26)
            icons.draw(painter, "check", theme.color("good"), rect.right() - left - side, rect.center().y() - side / 2, side, 2.4)
        self.ring(painter, rect, theme.radius("card"), theme)


