"""Beranda: the day at a glance. Figures, then the board by step; every card opens its page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.domain.text import number_text
from ktpel_kiosk.ui.pages.base import Page, scroll
from ktpel_kiosk.ui.presenters.board import BoardPresenter, BoardView, CardView, ColumnView, Figure, Notice
from ktpel_kiosk.ui.widgets.base import blend, column, elided, label, text_width, two_lines
from ktpel_kiosk.ui.widgets.buttons import TONES, Button, Pressable
from ktpel_kiosk.ui.widgets.status import NoticeBar

if TYPE_CHECKING:
    from ktpel_kiosk.ui.operator_window import OperatorWindow
    from ktpel_kiosk.ui.pages.beranda_start import StartArea

CLOCK_EVERY_S = 10
SHORT = 1100
"""Width of the page in design pixels under which the search button says only "Cari"."""
ROOM_FOR = ((580, 1), (760, 2))
"""Up to this height of the page, in design pixels, so many notices are shown; the figures tell of the others."""


class FigureTile(Pressable):
    """One of the figures; opens the page behind it."""

    def __init__(self) -> None:
        super().__init__("")
        self.figure = Figure("", "", "", "muted")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_figure(self, figure: Figure) -> None:
        self.figure = figure
        self.setAccessibleName(f"{figure.title}: {figure.value}, {figure.detail}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(180), self.theme.px(88))

    def paintEvent(self, event: QEvent) -> None:
        theme, f = self.theme, self.figure
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.color("line"), 1))
        painter.setBrush(blend(theme.color("surface"), theme.color("canvas"), 0.6 if self.underMouse() else 0.0))
        painter.drawRoundedRect(rect, theme.radius("card"), theme.radius("card"))
        left = theme.px(18)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(left, theme.px(14), rect.width() - left, theme.px(20)), Qt.AlignmentFlag.AlignVCenter,
                         elided(theme.font("small"), f.title, rect.width() - left - theme.px(8)))
        big = theme.font("figure", 700)
        painter.setFont(big)
        painter.setPen(theme.color("ink"))
        painter.drawText(QRectF(left, theme.px(34), rect.width(), theme.px(40)), Qt.AlignmentFlag.AlignVCenter, f.value)
        small = theme.font("small")
        x = left + text_width(big, f.value) + theme.px(12)
        painter.setFont(small)
        painter.setPen(theme.color(f.tone))
        room = rect.width() - x - theme.px(10)
        painter.drawText(QRectF(x, theme.px(38), room + 2, theme.px(38)), Qt.AlignmentFlag.AlignVCenter,
                         "\n".join(two_lines(small, f.detail, room)))
        self.ring(painter, QRectF(self.rect()), theme.px(12), theme)


class BoardCard(Pressable):
    """One application on the board."""

    def __init__(self, card: CardView) -> None:
        super().__init__(card.name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_card(card)

    def show_card(self, card: CardView) -> None:
        """The same application a moment later; whoever stands on it with the keyboard stays there."""
        self.card = card
        self.setText(card.name)
        self.setAccessibleName(f"{card.number} {card.name}, {card.service}, {card.chip} {card.detail}")
        hint = f"\n{card.hint}" if card.hint else ""
        self.setToolTip(f"{card.number} · {card.name} · {card.service}\n{card.chip} {card.detail}{hint}")
        self.updateGeometry()
        self.update()

    def _lines(self, width: float) -> int:
        return len(two_lines(self.theme.font("row", 600), self.card.name, width - self.theme.px(26) - 1))

    def _stacked(self, width: float) -> bool:
        """The words beside the chip need a line of their own."""
        if not self.card.detail:
            return False
        theme = self.theme
        chip = text_width(theme.font("small", 600), self.card.chip) + theme.px(26)
        return chip + text_width(theme.font("small"), self.card.detail) > width - theme.px(26)

    def sizeHint(self) -> QSize:
        wide = self.width()
        return QSize(self.theme.px(120), self.theme.px(98 + 19 * (self._lines(wide) - 1) + 21 * self._stacked(wide)))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(80), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.updateGeometry()
        super().resizeEvent(event)

    def paintEvent(self, event: QEvent) -> None:
        theme, c = self.theme, self.card
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(theme.color("accent" if self.underMouse() else "line"), 1))
        painter.setBrush(theme.color("surface"))
        painter.drawRoundedRect(rect, theme.radius("control"), theme.radius("control"))
        left, room = theme.px(13), rect.width() - theme.px(26)
        small = theme.font("small")
        painter.setFont(small)
        painter.setPen(theme.color("muted"))
        top = QRectF(left, theme.px(12), room, theme.px(20))
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter, c.number)
        painter.drawText(top, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight,
                         elided(small, c.service, room - text_width(small, c.number) - theme.px(8)))
        name = theme.font("row", 600)
        painter.setFont(name)
        painter.setPen(theme.color("ink"))
        for at, text in enumerate(two_lines(name, c.name, self.width() - theme.px(26) - 1)):
            painter.drawText(QRectF(left, theme.px(34 + 18 * at), room + 2, theme.px(20)), Qt.AlignmentFlag.AlignVCenter, text)
        stacked = self._stacked(self.width())
        self._paint_foot(painter, left, room, rect.bottom() - theme.px(12 + 24 + 21 * stacked), stacked)
        self.ring(painter, QRectF(self.rect()), theme.px(10), theme)

    def _paint_foot(self, painter: QPainter, left: float, room: float, y: float, stacked: bool) -> None:
        theme, c = self.theme, self.card
        back, tone = TONES[c.tone]
        font = theme.font("small", 600)
        wide = text_width(font, c.chip) + theme.px(20)
        pill = QRectF(left, y, wide, theme.px(24))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color(back))
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setFont(font)
        painter.setPen(theme.color(tone))
        painter.drawText(pill, Qt.AlignmentFlag.AlignCenter, c.chip)
        small = theme.font("small")
        painter.setFont(small)
        painter.setPen(theme.color("muted"))
        if stacked:
            below = QRectF(left, y + theme.px(26), room, theme.px(20))
            painter.drawText(below, Qt.AlignmentFlag.AlignVCenter, elided(small, c.detail, room))
            return
        rest = room - wide - theme.px(6)
        painter.drawText(QRectF(left + wide + theme.px(6), y, rest, theme.px(24)), Qt.AlignmentFlag.AlignVCenter,
                         elided(small, c.detail, rest))


class BoardColumn(QWidget):
    """One step of the SOP: its name, how many wait there, the first of them. Cards are kept from one look to the next."""

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.title = label("", "body", weight="semibold", wrap=True, align=Qt.AlignmentFlag.AlignBottom)
        self.title.setMinimumWidth(1)
        self.count = label("", "body", tone="muted", weight="medium", align=Qt.AlignmentFlag.AlignBottom)
        self.more = label("", "small", tone="muted")
        self._cards: dict[str, BoardCard] = {}
        head = QHBoxLayout()
        head.setContentsMargins(4, 0, 4, 2)
        head.addWidget(self.title, 1)
        head.addWidget(self.count)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(8)
        self._layout.addLayout(head)
        self._layout.addWidget(self.more)
        self._layout.addStretch(1)

    def show_column(self, view: ColumnView) -> None:
        self.title.setText(view.title)
        self.count.setText(str(view.count))
        self.count.setAccessibleName(f"{view.count} permohonan")
        for gone in self._cards.keys() - {c.id for c in view.cards}:
            left = self._cards.pop(gone)
            self._layout.removeWidget(left)
            left.hide()
            left.deleteLater()
        for at, card in enumerate(view.cards):
            made = self._cards.get(card.id)
            if made is None:
                made = self._cards[card.id] = BoardCard(card)
                made.clicked.connect(partial(self._open, made))
            elif made.card != card:
                made.show_card(card)
            if self._layout.indexOf(made) != at + 1:
                self._layout.insertWidget(at + 1, made)
        rest = view.count - len(view.cards)
        self.more.setText(f"dan {number_text(rest)} lagi" if rest > 0 else "")
        self.more.setVisible(rest > 0)

    def _open(self, card: BoardCard, _on: bool = False) -> None:
        self.opened.emit(card.card)


class BerandaPage(Page):
    """The start page; kept up to date by commits and by the clock."""

    def __init__(self, window: OperatorWindow) -> None:
        super().__init__(window)
        self._presenter = BoardPresenter(window.session)
        self._wait = 0
        self._loading = self._again = False
        self._view: BoardView | None = None
        self.frame.setContentsMargins(24, 20, 24, 12)
        self.title = label("", "title", weight="bold")
        self.subtitle = label("", "body", tone="muted", wrap=True)
        self.search = Button("Cari nama, NIK, nomor", "secondary", icon="search", key="F3")
        self.search.clicked.connect(lambda: window.go("register", focus=True))
        self.new = Button("Permohonan baru", "primary", icon="plus", key="F2")
        self.new.clicked.connect(lambda: window.go("loket", new=True))
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addLayout(column(self.title, self.subtitle, spacing=2), 1)
        head.addWidget(self.search)
        head.addWidget(self.new)
        self.frame.addLayout(head)
        self._figures = QHBoxLayout()
        self._figures.setSpacing(16)
        self.frame.addLayout(self._figures)
        self._tiles: list[FigureTile] = []
        self.notices = [NoticeBar(closable=False) for _ in range(3)]
        told = QVBoxLayout()
        told.setSpacing(8)
        for bar in self.notices:
            told.addWidget(bar)
        self._told = QWidget()
        told.setContentsMargins(0, 0, 0, 0)
        self._told.setLayout(told)
        self._told.hide()
        self.frame.addWidget(self._told)
        self._board: list[BoardColumn] = []
        self._columns = QHBoxLayout()
        self._columns.setContentsMargins(0, 0, 0, 8)
        self._columns.setSpacing(12)
        board = QWidget()
        board.setLayout(self._columns)
        self._area = scroll(board)
        self.frame.addWidget(self._area, 1)
        self._start: StartArea | None = None

    def opened(self, **args: Any) -> None:
        self.refresh()

    def refresh(self) -> None:
        if self._loading:
            self._again = True  # what is being read may be older than this change
            return
        self._loading = True
        self.ask(self._presenter.load, self._loaded, self._failed)

    def _loaded(self, view: BoardView) -> None:
        self._ended()
        self._show(view)

    def _failed(self, error: Any) -> None:
        self._ended()
        self.trouble(error)

    def _ended(self) -> None:
        self._loading = False
        if self._again:
            self._again = False
            self.refresh()

    def tick(self) -> None:
        self._wait += 1
        if self._wait >= CLOCK_EVERY_S:
            self._wait = 0
            self.refresh()

    def _show(self, view: BoardView) -> None:
        if view == self._view:
            return
        self._view = view
        self.title.setText(view.greeting)
        self.subtitle.setText(view.subtitle)
        while len(self._tiles) < len(view.figures):
            tile = FigureTile()
            tile.clicked.connect(lambda _on=False, tile=tile: self.shell.go(tile.figure.page))
            self._tiles.append(tile)
            self._figures.addWidget(tile, 1)
        for tile, figure in zip(self._tiles, view.figures, strict=False):
            tile.show_figure(figure)
        self._show_notices()
        self._show_start(view)
        self._show_board(view.columns)

    def _show_start(self, view: BoardView) -> None:
        """Instead of six empty columns."""
        if view.start is not None:
            if self._start is None:
                from ktpel_kiosk.ui.pages.beranda_start import StartArea
                self._start = StartArea()
                self._start.wanted.connect(lambda page, args: self.shell.go(page, **args))
                self.frame.addWidget(self._start, 1)
            self._start.show_start(view.start)
        if self._start is not None:
            self._start.setVisible(view.start is not None)
        self._area.setVisible(view.start is None)

    def _show_board(self, columns: Sequence[ColumnView]) -> None:
        while len(self._board) < len(columns):
            made = BoardColumn()
            made.opened.connect(lambda card: self.shell.go(card.page, id=card.id))
            self._board.append(made)
            self._columns.addWidget(made, 1)
        for made in self._board[len(columns):]:
            made.hide()
        for made, view in zip(self._board, columns, strict=False):
            made.show_column(view)
            made.show()
        self._level()

    def _level(self) -> None:
        """Heads of all columns are as high as the highest, so that the cards begin on one line."""
        if self._view is not None:
            high = self._title_height([c.title for c in self._view.columns])
            for made in self._board:
                made.title.setMinimumHeight(high)

    def _show_notices(self) -> None:
        """A low page has room for few; the figures tell of the others."""
        told = self._view.notices if self._view is not None else ()
        high = self.height() / self.shell.theme.scale
        shown = told[:next((most for below, most in ROOM_FOR if high < below), len(self.notices))]
        self._told.setVisible(bool(shown))
        for bar in self.notices[len(shown):]:
            bar.hide()
        for bar, notice in zip(self.notices, shown, strict=False):
            bar.show_text(notice.tone, notice.text, bold=notice.bold, action=notice.action, act=partial(self._follow, notice))

    def _follow(self, told: Notice) -> None:
        self.shell.go(told.page, **dict(told.args))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "search"):
            self._fit()
        super().changeEvent(event)

    def _fit(self) -> None:
        """Under large letters the search button leaves the greeting its room."""
        self.search.set_text("Cari" if self.width() / self.shell.theme.scale < SHORT else "Cari nama, NIK, nomor")
        self._level()
        self._show_notices()

    def _title_height(self, titles: Sequence[str]) -> int:
        theme = self.shell.theme
        metrics = QFontMetrics(theme.font("body", 600))
        n = max(1, len(titles))
        count = max((text_width(theme.font("body", 500), made.count.text()) for made in self._board), default=0)
        wide = self._area.width() - self._area.verticalScrollBar().sizeHint().width() - self._columns.spacing() * (n - 1)
        room = max(1, wide // n - count - 16)
        wrap = Qt.TextFlag.TextWordWrap
        return max((metrics.boundingRect(QRect(0, 0, room, 999), wrap, t).height() for t in titles), default=0)
