"""The keys on the screen: Indonesian QWERTY, a page of signs, a number pad. They send real key events and never take the focus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QSizePolicy, QStackedLayout, QWidget

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import blend
from ktpel_kiosk.ui.widgets.buttons import Pressable
from ktpel_kiosk.ui.widgets.keyboard_keys import send_key

K = Qt.Key
LETTERS, SIGNS, NUMBERS = range(3)


@dataclass(frozen=True, slots=True)
class Key:
    """What a key is: ``text`` it types, or ``key`` it presses, or ``act`` it does to the keyboard itself. ``wide`` in half keys."""

    text: str = ""
    key: K = K.Key_unknown
    act: str = ""
    icon: str = ""
    name: str = ""
    wide: int = 2


BACK = Key(key=K.Key_Backspace, icon="delete", name="Hapus", wide=3)
ENTER = Key(key=K.Key_Return, icon="corner-down-left", name="Enter", wide=3)
NEXT = Key("Berikut", K.Key_Tab, name="Isian berikut", wide=3)
SHIFT = Key(act="shift", icon="arrow-big-up", name="Huruf besar", wide=3)
LEFT, RIGHT = Key(key=K.Key_Left, icon="arrow-left", name="Ke kiri"), Key(key=K.Key_Right, icon="arrow-right", name="Ke kanan")
CLOSE = Key(act="close", icon="chevron-down", name="Tutup papan ketik", wide=3)


def _keys(chars: str) -> list[Key]:
    return [Key(c) for c in chars]


PAGES: dict[int, Sequence[Sequence[Key]]] = {
    LETTERS: (
        [*_keys("1234567890"), BACK],
        [Key(act="gap", wide=1), *_keys("qwertyuiop"), Key("-")],
        [*_keys("asdfghjkl"), Key("'"), ENTER],
        [SHIFT, *_keys("zxcvbnm"), *_keys(",./")],
        [Key("#+=", act="signs", name="Tanda baca", wide=3), LEFT, Key(" ", name="Spasi", wide=10), RIGHT, NEXT, CLOSE],
    ),
    SIGNS: (
        [*_keys("1234567890"), BACK],
        [Key(act="gap", wide=1), *_keys("@#&%*()-_+"), Key("=")],
        [*_keys("!\"'?:;/\\|"), Key("~"), ENTER],
        [Key(act="gap", wide=3), *_keys("[]{}<>$"), *_keys(",.^")],
        [Key("ABC", act="letters", name="Huruf", wide=3), LEFT, Key(" ", name="Spasi", wide=10), RIGHT, NEXT, CLOSE],
    ),
    NUMBERS: (
        [*_keys("123"), BACK],
        [*_keys("456"), Key("-", wide=3)],
        [*_keys("789"), Key("/", wide=3)],
        [Key("ABC", act="letters", name="Huruf"), Key("0"), Key(act="close", icon="chevron-down", name="Tutup papan ketik"), NEXT],
    ),
}
NAMES = {"-": "Tanda hubung", "'": "Petik", ",": "Koma", ".": "Titik", "/": "Garis miring"}


class KeyButton(Pressable):
    """One key. Keeps the focus where it is; repeats while it is held where that makes sense."""

    def __init__(self, key: Key) -> None:
        super().__init__(key.name or NAMES.get(key.text, key.text))
        self.key, self.shown = key, key.text
        self.on = False
        self.quiet = False
        """A password is typed: the pressed key does not light up."""
        self.setProperty("screen_keyboard", True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAutoRepeat(key.key in (K.Key_Backspace, K.Key_Left, K.Key_Right))
        self.setAutoRepeatDelay(450)
        self.setAutoRepeatInterval(60)

    def sizeHint(self) -> QSize:
        side = max(48, self.theme.px(48))
        return QSize(side // 2 * self.key.wide, side)

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        special = bool(self.key.act or self.key.key != K.Key_unknown)
        fill = theme.color("accent" if self.on else "soft" if special else "surface")
        if self.isDown() and not self.quiet:
            fill = blend(fill, theme.color("ink"), 0.18)
        painter.setPen(QPen(theme.color("field_line"), 1))
        painter.setBrush(fill)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5), theme.radius("plate"), theme.radius("plate"))
        ink = theme.color("on_accent" if self.on else "ink")
        if self.key.icon:
            side = theme.px(20)
            icons.draw(painter, self.key.icon, ink, (self.width() - side) / 2, (self.height() - side) / 2, side)
            return
        painter.setFont(theme.font("body" if len(self.shown) > 1 else "strong", 600 if len(self.shown) > 1 else 500))
        painter.setPen(ink)
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.shown)


class ScreenKeyboard(QFrame):
    """Three pages of keys. ``target`` names the widget the keys go to; ``closing``: the key that puts it away."""

    closing = Signal()
    turned = Signal()
    """Another page: the size may have changed."""

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setProperty("screen_keyboard", True)
        self.setAccessibleName("Papan ketik layar")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setVisible(False)
        self.page = LETTERS
        self.shift = False
        self.buttons: dict[int, list[KeyButton]] = {}
        self._stack = QStackedLayout(self)
        self._holders: dict[int, QWidget] = {}
        self.show_page(LETTERS)

    def show_page(self, page: int) -> None:
        """Turn to a page; it is built when first wanted."""
        if page not in self._holders:
            self._holders[page] = self._build(page)
            self._stack.addWidget(self._holders[page])
        self.page = page
        self._stack.setCurrentWidget(self._holders[page])
        self.turned.emit()

    def _build(self, page: int) -> QWidget:
        holder = QWidget()
        holder.setProperty("screen_keyboard", True)
        holder.setProperty("surface", "clear")
        grid = QGridLayout(holder)
        grid.setContentsMargins(6, 6, 6, 6)
        grid.setSpacing(2)
        made = self.buttons[page] = []
        for y, keys in enumerate(PAGES[page]):
            x = 0
            for key in keys:
                if key.act != "gap":
                    button = KeyButton(key)
                    button.clicked.connect(lambda _on=False, key=key: self.press(key))
                    grid.addWidget(button, y, x, 1, key.wide)
                    made.append(button)
                x += key.wide
        for column in range(grid.columnCount()):
            grid.setColumnStretch(column, 1)
        return holder

    def wanted_size(self, room: int) -> QSize:
        """How large it stands in a window so wide."""
        theme = theme_of(self)
        side = max(48, theme.px(50)) + 2
        if self.page == NUMBERS:
            return QSize(9 * max(30, theme.px(36)) + 16, 4 * side + 14)
        return QSize(min(room, 23 * max(30, theme.px(42)) + 16), 5 * side + 14)

    def set_quiet(self, on: bool) -> None:
        """A password is typed: keys do not show that they are pressed."""
        for buttons in self.buttons.values():
            for button in buttons:
                button.quiet = on

    # -- pressing -----------------------------------------------------------------------------------------------------

    def press(self, key: Key) -> None:
        """Do what a key says; characters and keys go to the widget with the focus."""
        if key.act == "close":
            self.closing.emit()
        elif key.act in ("letters", "signs"):
            self.show_page(SIGNS if key.act == "signs" else LETTERS)
        elif key.act == "shift":
            self._set_shift(not self.shift)
        elif key.key != K.Key_unknown:
            send_key(key.key, "\r" if key.key == K.Key_Return else "\t" if key.key == K.Key_Tab else "")
        else:
            text = key.text.upper() if self.shift else key.text
            send_key(K(ord(text.upper())), text, Qt.KeyboardModifier.ShiftModifier if self.shift else Qt.KeyboardModifier.NoModifier)
            if self.shift:
                self._set_shift(False)

    def _set_shift(self, on: bool) -> None:
        self.shift = on
        for button in self.buttons[LETTERS]:
            if button.key.act == "shift":
                button.on = on
                button.setAccessibleName("Huruf besar: " + ("ya" if on else "tidak"))
            elif len(button.key.text) == 1 and button.key.text.isalpha():
                button.shown = button.key.text.upper() if on else button.key.text
            button.update()

    def mousePressEvent(self, event: QEvent) -> None:
        event.accept()  # between the keys: not a press on the page beneath

    def paintEvent(self, event: QEvent) -> None:
        theme = theme_of(self)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("field_line"), 1))
        painter.setBrush(theme.color("canvas"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme.radius("card"), theme.radius("card"))
