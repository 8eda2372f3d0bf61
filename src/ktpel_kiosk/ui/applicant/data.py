"""Is this you? Every line can be pointed at; all lines of the card stand on one page, long names on two lines."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.applicant.lang import Tongue
from ktpel_kiosk.ui.applicant.look import touch_of
from ktpel_kiosk.ui.applicant.parts import ApplicantPage, BigButton
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import elided, label, set_tone, take_all, text_width
from ktpel_kiosk.ui.widgets.buttons import Pressable

ROW = 68
LEAST = 0.84
"""Of their own height words give way before anything is cut: the largest letters on the smallest screen."""
LOW = 660
"""Height of the page in pixels under which the instruction stands beside the answer."""


def _smaller(font: QFont, factor: float) -> QFont:
    """Rather small than cut: the largest letters on the smallest screen."""
    made = QFont(font)
    made.setPixelSize(max(12, int(font.pixelSize() * factor)))
    return made


class FieldRow(Pressable):
    """One field: pressed to say it is wrong, pressed again to take it back. A long value takes two lines, then smaller letters."""

    def __init__(self, name: str, title: str, value: str, wrong_word: str) -> None:
        super().__init__(title)
        self.name, self.value, self._wrong_word = name, value, wrong_word
        self.factor = 1.0
        self.setCheckable(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.toggled.connect(lambda _on: self._speak())
        self._speak()

    def _speak(self) -> None:
        self.setAccessibleName(f"{self.text()}: {self.value}." + (f" {self._wrong_word}" if self.isChecked() else ""))

    def _room(self, width: int) -> int:
        """Pixels for the value beside its mark."""
        theme = self.theme
        return width - 2 * theme.px(14) - text_width(theme.font("applicant_small", 600), self._wrong_word) - theme.px(40)

    def _long(self, width: int) -> bool:
        """No room for the mark beside the value: it stands beside the title."""
        return text_width(self.theme.font("applicant_value", 600), self.value) > self._room(width)

    def lines(self, width: int) -> int:
        """How many lines the value takes in a row ``width`` wide."""
        return 1 if text_width(self.theme.font("applicant_value", 600), self.value) <= width - 2 * self.theme.px(14) else 2

    def need(self, width: int) -> int:
        """Height of the words in a row ``width`` wide."""
        theme = self.theme
        small, line = (QFontMetrics(f).height() for f in (theme.font("applicant_small"), theme.font("applicant_value", 600)))
        return small + self.lines(width) * line + 4

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(300), max(touch_of(self, ROW), self.need(self.width())))

    def minimumSizeHint(self) -> QSize:
        return QSize(self.theme.px(240), round(self.need(self.width()) * LEAST))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()

    def paintEvent(self, event: QEvent) -> None:
        theme, wrong = self.theme, self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect())
        left = theme.px(14)
        if wrong or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("attention_soft" if wrong else "canvas"))
            painter.drawRoundedRect(rect.adjusted(0, 1, 0, -2), theme.radius("card"), theme.radius("card"))
        painter.fillRect(QRectF(left, rect.bottom() - 1, rect.width() - 2 * left, 1), theme.color("line"))
        small, font = theme.font("applicant_small"), theme.font("applicant_value", 600)
        lines, wide = self.lines(self.width()), self.width() - 2 * left
        factor = self.factor
        if lines == 2:
            factor = min(factor, 1.85 * wide / max(1, text_width(font, self.value)))
        if factor < 1:
            small, font = _smaller(small, max(factor, LEAST)), _smaller(font, factor)
        title_high, line_high = QFontMetrics(small).height(), QFontMetrics(font).height()
        top = rect.top() + (rect.height() - title_high - lines * line_high) / 2
        long = self._long(self.width())
        middle = top + title_high / 2 if long else rect.center().y()
        painter.setFont(small)
        painter.setPen(theme.color("muted"))
        painter.drawText(QRectF(left, top, wide, title_high), Qt.AlignmentFlag.AlignVCenter, elided(small, self.text(), wide))
        painter.setFont(font)
        painter.setPen(theme.color("ink"))
        box = QRectF(left, top + title_high, wide if long else self._room(self.width()) + 2, lines * line_high)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap), self.value)
        if wrong:
            self._plate(painter, rect.right() - left, middle, title_high + 8)
        else:
            side = theme.px(28)
            icons.draw(painter, "check", theme.color("good"), rect.right() - left - side, middle - side / 2, side, 2.4)
        self.ring(painter, rect, theme.radius("card"), theme)

    def _plate(self, painter: QPainter, right: float, middle: float, height: float) -> None:
        theme = self.theme
        font = theme.font("applicant_small", 600)
        width = text_width(font, self._wrong_word) + theme.px(32)
        plate = QRectF(right - width, middle - height / 2, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("attention"))
        painter.drawRoundedRect(plate, height / 2, height / 2)
        painter.setFont(font)
        painter.setPen(theme.color("surface"))
        painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, self._wrong_word)


class DataPage(ApplicantPage):
    """``answered`` carries the field names pointed at; none: everything is right."""

    answered = Signal(tuple)
    asks = True
    margins = (56, 22, 56, 24)

    def __init__(self, tongue: Tongue | None = None) -> None:
        super().__init__(tongue)
        w = self.tongue
        self.head(w("data_judul"), w("data_kecil"))
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(0)
        self.holder = QWidget()
        self.holder.setLayout(self._grid)
        self.holder.installEventFilter(self)
        self.frame.addWidget(self.holder, 1)
        self.rows: list[FieldRow] = []
        self._laid: tuple[object, ...] = ()
        self.beside = label("", "applicant_body", tone="muted", wrap=True)
        self.go = BigButton(w("sudah_benar"), "primary", icon="arrow-right", icon_after=True)
        self.go.clicked.connect(lambda: self.answered.emit(self.wrong()))
        line = self.foot([], [self.go])
        line.insertWidget(0, self.beside, 1)
        line.setStretch(1, 0)

    def show_rows(self, rows: Sequence[tuple[str, str, str]]) -> None:
        """(field names joined by +, title, value) in reading order, two to a line."""
        self.forget()
        for name, title, value in rows:
            made = FieldRow(name, self.tongue.field(name, title), value, self.tongue("salah"))
            made.toggled.connect(lambda _on: self._changed())
            self.rows.append(made)
        self._lay()
        self._even()
        self._changed()

    def fit(self) -> None:
        low = self.height() < LOW
        for item in (self.title, self.subtitle):
            item.setVisible(not low)
        self.beside.setVisible(low)
        self.frame.setSpacing(theme_of(self).px(8))
        self._grid.setHorizontalSpacing(theme_of(self).px(28))
        self._lay()

    def _lay(self) -> None:
        """Two columns; one on an upright screen."""
        across = 1 if self.upright else 2
        key = (across, *(id(r) for r in self.rows))
        if key == self._laid:
            return
        self._laid = key
        for _ in take_all(self._grid):
            pass
        for i, made in enumerate(self.rows):
            self._grid.addWidget(made, i // across, i % across)
            made.show()
        for x in range(2):
            self._grid.setColumnStretch(x, 1 if x < across else 0)

    def _even(self) -> None:
        """All words equally large: as large as the fullest page lets them be."""
        across = 1 if self.upright else 2
        width = self.holder.width() // across - self._grid.horizontalSpacing()
        lines = [self.rows[i:i + across] for i in range(0, len(self.rows), across)]
        wanted = sum(max(r.need(width) for r in line) for line in lines)
        factor = min(1.0, self.holder.height() / wanted) if wanted else 1.0
        for made in self.rows:
            made.factor = factor
            made.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._even()
        return False

    def wrong(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n for r in self.rows if r.isChecked() for n in r.name.split("+")))

    def _changed(self) -> None:
        count = sum(r.isChecked() for r in self.rows)
        text = self.tongue("data_salah", jumlah=count) if count else self.tongue("data_kecil")
        self.subtitle.setText(text)
        self.beside.setText(text if count else f"{self.title.text()} {text}")
        for item in (self.subtitle, self.beside):
            set_tone(item, "attention" if count else "muted")
        self.go.set_text(self.tongue("ada_salah" if count else "sudah_benar"))

    def spoken(self) -> str:
        """Wrong ones last, so that they are remembered."""
        w = self.tongue
        rows = [f"{r.text()}: {r.value}" for r in self.rows]
        wrong = [r.text() for r in self.rows if r.isChecked()]
        return ". ".join([self.title.text(), *rows, *([f"{w('salah')}: {', '.join(wrong)}"] if wrong else []), self.subtitle.text()])

    def forget(self) -> None:
        for made in self.rows:
            self._grid.removeWidget(made)
            made.hide()
            made.value = ""
            made.setText("")
            made.setAccessibleName("")
            made.deleteLater()
        self.rows, self._laid = [], ()
        self._changed()

    def focus_first(self) -> None:
        self.go.setFocus()
