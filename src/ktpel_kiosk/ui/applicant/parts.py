"""What the applicant's pages share: margins and head, icons that follow the theme, a QR code."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import column, label

CENTER = Qt.AlignmentFlag.AlignCenter


class ApplicantPage(QWidget):
    """One thing at a time; ``frame`` has the wide margins."""

    def __init__(self, *, centred: bool = False) -> None:
        super().__init__()
        self.frame = QVBoxLayout(self)
        self.frame.setContentsMargins(56, 36, 56, 40)
        self.frame.setSpacing(12)
        self._centred = centred

    def head(self, title: str, subtitle: str) -> None:
        align = CENTER if self._centred else Qt.AlignmentFlag.AlignLeft
        self.title = label(title, "applicant_title", weight="bold", align=align, wrap=True)
        self.subtitle = label(subtitle, "applicant_body", tone="muted", align=align, wrap=True)
        self.frame.addLayout(column(self.title, self.subtitle, spacing=6))

    def focus_first(self) -> None:
        """Where the keyboard starts."""


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
