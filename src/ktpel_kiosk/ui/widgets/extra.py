"""Parts of the register, queue, report and settings pages: ticks, tabs, figures, panels, growing tables."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPen, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Card, Line, Painted, elided, label, text_width
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip, IconButton, Pressable
from ktpel_kiosk.ui.widgets.flow import Flow
from ktpel_kiosk.ui.widgets.tables import RowsModel, RowsView, TableRow


class Tick(Pressable):
    """A check box of 48 px; ``hint`` is the muted second line."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleDescription(hint)

    def set_hint(self, hint: str) -> None:
        self.hint = hint
        self.setAccessibleDescription(hint)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        wide = max(text_width(self.theme.font("body", 500), self.text()), text_width(self.theme.font("small"), self.hint))
        return QSize(wide + self.theme.px(54), max(48, self.theme.px(56 if self.hint else 48)))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(120), self.sizeHint().height())

    def paintEvent(self, event: QEvent) -> None:
        theme, on = self.theme, self.isChecked()
        painter = self.brush()
        side = theme.px(22)
        box = QRectF(theme.px(7), (self.height() - side) / 2, side, side).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.color("accent" if on or self.touched() else "field_line"), 1.5))
        painter.setBrush(self.shade(theme.color("accent" if on else "surface")))
        painter.drawRoundedRect(box, theme.radius("tick"), theme.radius("tick"))
        if on:
            icons.draw(painter, "check", theme.color("on_accent"), box.left() + theme.px(4), box.top() + theme.px(4), theme.px(14), 3.2)
        room = QRectF(self.rect()).adjusted(side + theme.px(18), 0, -theme.px(6), 0)
        font, small = theme.font("body", 500), theme.font("small")
        painter.setFont(font)
        painter.setPen(theme.color("ink"))
        upper = room.adjusted(0, theme.px(8), 0, -room.height() / 2 + theme.px(2)) if self.hint else room
        painter.drawText(upper, Qt.AlignmentFlag.AlignVCenter, elided(font, self.text(), room.width()))
        if self.hint:
            painter.setFont(small)
            painter.setPen(theme.color("muted"))
            painter.drawText(room.adjusted(0, room.height() / 2, 0, -theme.px(6)), Qt.AlignmentFlag.AlignVCenter,
                             elided(small, self.hint, room.width()))
        self.ring(painter, QRectF(self.rect()), theme.radius("plate"), theme)


class _Tab(Pressable):
    """``room``: design pixels beside the words, both sides together."""

    ROLE = "PageTab"

    def __init__(self, text: str, room: int = 28) -> None:
        super().__init__(text)
        self._room = room
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(text_width(self.theme.font("body", 600), self.text()) + self.theme.px(self._room), max(48, self.theme.px(48)))

    def paintEvent(self, event: QEvent) -> None:
        theme, on = self.theme, self.isChecked()
        painter = self.brush()
        if self.isDown():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self.shade(theme.color("surface")))
            painter.drawRoundedRect(QRectF(self.rect()), theme.radius("plate"), theme.radius("plate"))
        painter.setFont(theme.font("body", 600 if on else 500))
        painter.setPen(theme.color("accent" if on else "ink" if self.touched() else "muted"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if on:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent"))
            high = theme.px(3)
            painter.drawRoundedRect(QRectF(theme.px(10), self.height() - high, self.width() - theme.px(20), high), 1.5, 1.5)
        self.ring(painter, QRectF(self.rect()), theme.radius("plate"), theme)


class Tabs(QWidget):
    """A line of sections, one chosen; left and right arrows move. ``wrap``: more lines where one is too short."""

    ROLE = "PageTabList"
    chosen = Signal(str)

    def __init__(self, items: Sequence[tuple[str, str]], name: str = "Bagian", *, wrap: bool = False) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._tabs: dict[str, _Tab] = {}
        line = Flow(2) if wrap else QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        for key, text in items:
            tab = _Tab(text, 20) if wrap else _Tab(text)
            tab.clicked.connect(lambda _on=False, key=key: self.choose(key))
            self._group.addButton(tab)
            self._tabs[key] = tab
            line.addWidget(tab)
        if isinstance(line, QHBoxLayout):
            line.setSpacing(4)
            line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(line)
        layout.addWidget(Line())
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred if wrap else QSizePolicy.Policy.Fixed)
        self.current = ""

    def choose(self, key: str) -> None:
        self._tabs[key].setChecked(True)
        for name, tab in self._tabs.items():  # Tab comes to the chosen one only, the arrows go on from there
            tab.setFocusPolicy(Qt.FocusPolicy.StrongFocus if name == key else Qt.FocusPolicy.ClickFocus)
        if key != self.current:
            self.current = key
            self.chosen.emit(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}.get(Qt.Key(event.key()))
        keys = list(self._tabs)
        if step is None or not self.current:
            super().keyPressEvent(event)
            return
        key = keys[(keys.index(self.current) + step) % len(keys)]
        self._tabs[key].setFocus(Qt.FocusReason.TabFocusReason)
        self.choose(key)


class Stat(Painted):
    """A figure in a white tile: title, number, words beside it in a tone."""

    def __init__(self) -> None:
        super().__init__()
        self.title, self.value, self.detail, self.tone = "", "–", "", "muted"
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_figure(self, title: str, value: str, detail: str = "", tone: str = "muted") -> None:
        if (title, value, detail, tone) != (self.title, self.value, self.detail, self.tone):
            self.title, self.value, self.detail, self.tone = title, value, detail, tone
            self.setAccessibleName(f"{title}: {value} {detail}".strip())
            self.setToolTip(f"{title}: {value} {detail}".strip())
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(150), self.theme.px(88))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(96), self.sizeHint().height())

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, top = theme.px(18), theme.px(14)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.radius("card"), theme.radius("card"))
        room = self.width() - 2 * left
        small, big = theme.font("small"), theme.font("figure", 700)
        head = small if text_width(small, self.title) <= room else theme.font("tiny")
        painter.setFont(head)
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(left, top, room + theme.px(8), theme.px(20)), Qt.AlignmentFlag.AlignVCenter,
                         elided(head, self.title, room + theme.px(8)))
        if text_width(big, self.value) > room:
            big = theme.font("strong", 700)
        painter.setFont(big)
        painter.setPen(theme.color("ink"))
        painter.drawText(QRectF(left, top + theme.px(20), room, theme.px(40)), Qt.AlignmentFlag.AlignVCenter,
                         elided(big, self.value, room))
        x = left + text_width(big, self.value) + theme.px(10)
        painter.setFont(small)
        painter.setPen(theme.color(self.tone))
        painter.drawText(QRectF(x, top + theme.px(24), self.width() - x - theme.px(8), theme.px(36)), Qt.AlignmentFlag.AlignVCenter,
                         elided(small, self.detail, self.width() - x - theme.px(8)))


class Panel(Card):
    """A card with a title and a way to close it; forms that would be dialogs elsewhere stand in one.

    Args:
        wide: design pixels it is wide, larger with the letters, yet never more than its share of the window; 0 leaves that to its place.
    """

    SHARE = 0.42
    _wide = 0
    closed = Signal()

    def __init__(self, title: str, *, closable: bool = True, wide: int = 0) -> None:
        super().__init__(24, 14)
        self._wide = wide
        self.body.setContentsMargins(24, 14, 14, 24)
        head = QHBoxLayout()
        self.title = label(title, "strong", weight="semibold", wrap=True)
        head.addWidget(self.title, 1)
        if closable:
            close = IconButton("Tutup", "x")
            close.clicked.connect(self.closed)
            head.addWidget(close)
        self.body.addLayout(head)
        self.form = QVBoxLayout()
        self.form.setContentsMargins(0, 0, 10, 0)
        self.form.setSpacing(14)
        self.body.addLayout(self.form, 1)
        if wide:
            self.setFixedWidth(wide)

    def showEvent(self, event: QShowEvent) -> None:
        self._fit()
        super().showEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange:
            self._fit()
        super().changeEvent(event)

    def _fit(self) -> None:
        if self._wide:
            self.setFixedWidth(max(self._wide, min(theme_of(self).px(self._wide), round(self.window().width() * self.SHARE))))


class DocRow(QWidget):
    """A kept paper with its time, and ways to see and to save it."""

    def __init__(self, title: str, detail: str) -> None:
        super().__init__()
        self.open = Button("Buka", icon="eye")
        self.open.setAccessibleName(f"Buka {title}")
        self.save = IconButton(f"Simpan {title}", "download")
        text = QVBoxLayout()
        text.setSpacing(0)
        text.addWidget(label(title, "body", weight="medium", wrap=True))
        text.addWidget(label(detail, "small", tone="muted"))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 4, 0, 4)
        line.setSpacing(4)
        line.addLayout(text, 1)
        line.addWidget(self.open)
        line.addWidget(self.save)


def chosen_value(group: QButtonGroup) -> str:
    """The value of the pressed choice of a group of chips; empty when none is."""
    button = group.checkedButton()
    return str(button.value) if isinstance(button, ChoiceChip) else ""


class GrowingModel(RowsModel):
    """Rows that come page by page."""

    def add_rows(self, rows: Sequence[TableRow]) -> None:
        if rows:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(rows) - 1)
            self._rows = (*self._rows, *rows)
            self.endInsertRows()


class GrowingRows(RowsView):
    """A table that asks for more when its end comes into sight; keeps the chosen row over refreshes.

    ``shares``: widths as parts of the room, so that a large screen is filled; ``widths`` are the least.
    """

    more_wanted = Signal()

    def __init__(self, name: str, columns: Sequence[str], widths: Sequence[int], stretch: Sequence[int]) -> None:
        super().__init__(name, columns, -1, widths)
        self.rows: GrowingModel = GrowingModel(columns)
        self._grow = tuple(stretch)
        self.setModel(self.rows)
        self.horizontalHeader().setMinimumSectionSize(40)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.verticalScrollBar().valueChanged.connect(self._scrolled)

    def set_rows(self, rows: Sequence[TableRow]) -> None:
        kept, at = self.current_key(), self.verticalScrollBar().value()
        self.rows.set_rows(rows)
        self.choose(kept)
        self.verticalScrollBar().setValue(at)

    def choose(self, key: str) -> bool:
        row = next((i for i in range(self.rows.rowCount()) if key and self.rows.key(i) == key), -1)
        if row >= 0:
            self.setCurrentIndex(self.rows.index(row, 0))
        return row >= 0

    def choose_first(self) -> None:
        if self.rows.rowCount():
            self.setCurrentIndex(self.rows.index(0, 0))

    def _scrolled(self, value: int) -> None:
        bar = self.verticalScrollBar()
        if bar.maximum() and value >= bar.maximum() - self.verticalHeader().defaultSectionSize() * 6:
            self.more_wanted.emit()

    def _measure(self) -> None:
        super()._measure()
        self._spread()

    def resizeEvent(self, event: QEvent) -> None:
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._spread()

    def hide_columns(self, columns: Sequence[int]) -> None:
        for i in range(len(self._widths)):
            self.setColumnHidden(i, i in columns)
        self._spread()

    def _spread(self) -> None:
        """Least widths first, what is left goes to the growing columns."""
        from ktpel_kiosk.ui.theme import theme_of
        theme = theme_of(self)
        least = [theme.px(w) for w in self._widths]
        shown = [i for i in range(len(least)) if not self.isColumnHidden(i)]
        grow = getattr(self, "_grow", None) or (0,) * len(least)
        total, spare = sum(grow[i] for i in shown), max(0, self.viewport().width() - sum(least[i] for i in shown))
        for i in shown:
            self.setColumnWidth(i, least[i] + (spare * grow[i] // total if total else 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.current_key():
            self.opened.emit(self.current_key())
            return
        super().keyPressEvent(event)
