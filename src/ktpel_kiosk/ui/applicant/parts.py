"""What the applicant's pages share: margins and head, icons that follow the theme, a QR code."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.applicant.lang import Tongue
from ktpel_kiosk.ui.applicant.look import touch_of
from ktpel_kiosk.ui.reading import arrange
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import column, label
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.front import BehindSilent

CENTER = Qt.AlignmentFlag.AlignCenter


class ApplicantPage(BehindSilent):
    """One thing at a time; ``frame`` has the wide margins. What a page holds of a person goes with :meth:`forget`."""

    told = Signal(str)
    """A hint to be read aloud, where voice is on."""

    asks = False
    """Waits for the applicant's own answer."""

    margins = (56, 26, 56, 30)
    """Left, top, right, bottom at 1366x768."""

    def __init__(self, tongue: Tongue | None = None, *, centred: bool = False) -> None:
        super().__init__()
        self.tongue = tongue or Tongue()
        self.frame = QVBoxLayout(self)
        self.frame.setSpacing(12)
        self._centred = centred

    def head(self, title: str, subtitle: str, *, place: bool = True) -> None:
        """``place``: at the top; else the page lays them out itself."""
        align = CENTER if self._centred else Qt.AlignmentFlag.AlignLeft
        self.title = label(title, "applicant_title", weight="bold", align=align, wrap=True)
        self.subtitle = label(subtitle, "applicant_body", tone="muted", align=align, wrap=True)
        if place:
            self.frame.addLayout(column(self.title, self.subtitle, spacing=6))

    def foot(self, left: Sequence[QWidget], right: Sequence[QWidget]) -> QHBoxLayout:
        """The line of answers; the one to go on with stands at its end."""
        line = QHBoxLayout()
        line.setSpacing(14)
        for item in left:
            line.addWidget(item)
        line.addStretch(1)
        for item in right:
            line.addWidget(item)
        self.frame.addLayout(line)
        return line

    def spoken(self) -> str:
        """What a person who cannot read has to hear."""
        return ". ".join(x.text() for x in (self.title, self.subtitle) if x.text()) if hasattr(self, "title") else ""

    def forget(self) -> None:
        """The applicant leaves: nothing of them stays here."""

    def fit(self) -> None:
        """Room or letters changed."""

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes as the page reads, however late its lines were filled in."""
        arrange(self)
        return super().focusNextPrevChild(forward)

    def focus_first(self) -> None:
        """Where the keyboard starts."""

    @property
    def upright(self) -> bool:
        """The screen stands on its short side."""
        return self.height() > self.width()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "frame"):
            self._fit()

    def _fit(self) -> None:
        px = theme_of(self).px
        self.frame.setContentsMargins(*(px(m) for m in self.margins))
        self.fit()


class BigButton(Button):
    """A button of the applicant's: 84 px high, never under what a finger needs; it elides nothing before it must."""

    def __init__(self, text: str, kind: str = "secondary", *, icon: str = "", icon_after: bool = False) -> None:
        super().__init__(text, kind, icon=icon, large=True, icon_after=icon_after)

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(hint.width(), max(touch_of(self), hint.height()))


class IconLabel(QLabel):
    """A Lucide icon that follows the theme."""

    def __init__(self, name: str, tone: str = "accent", side: int = 30) -> None:
        super().__init__()
        self._name, self._tone, self._side = name, tone, side
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Polish, QEvent.Type.StyleChange):
            theme = theme_of(self)
            self.setPixmap(icons.pixmap(self._name, theme.hex(self._tone), theme.px(self._side), self.devicePixelRatioF()))
        return super().event(event)


def fact(icon: str, title: str, text: str, *, large: bool = False) -> QHBoxLayout:
    """An icon with a bold line and what it means; ``large`` is read from across the room."""
    line = QHBoxLayout()
    line.setSpacing(20)
    line.addWidget(IconLabel(icon, side=40 if large else 34), 0, Qt.AlignmentFlag.AlignTop)
    line.addLayout(column(label(title, "applicant_button" if large else "applicant_body", weight="semibold", wrap=True),
                          label(text, "applicant_body" if large else "applicant_fact", tone="muted", wrap=True), spacing=6), 1)
    return line


def qr_image(text: str) -> QImage:
    """A QR code, one module per pixel times eight, with its quiet zone."""
    from qrcode import QRCode
    from qrcode.constants import ERROR_CORRECT_M
    code = QRCode(error_correction=ERROR_CORRECT_M, border=3)
    code.add_data(text)
    matrix = code.get_matrix()
    side = len(matrix)
    image = QImage(side, side, QImage.Format.Format_Grayscale8)
    for y, line in enumerate(matrix):
        for x, dark in enumerate(line):
            image.setPixel(x, y, 0xFF000000 if dark else 0xFFFFFFFF)
    return image.scaled(side * 8, side * 8)
