"""What is being signed, and the area to sign in: for right and left hands, with pen, finger, mouse or a pad."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPen
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy

from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.applicant.lang import Tongue
from ktpel_kiosk.ui.applicant.look import touch_of
from ktpel_kiosk.ui.applicant.parts import ApplicantPage, BigButton
from ktpel_kiosk.ui.applicant.top import Pill
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import blend, column
from ktpel_kiosk.ui.widgets.buttons import Pressable
from ktpel_kiosk.ui.widgets.ink import SignatureField


class RoundButton(Pressable):
    """A large button that is only an icon; its name is spoken."""

    def __init__(self, name: str, icon: str, *, mirrored: bool = False) -> None:
        super().__init__(name)
        self._icon, self._mirrored = icon, mirrored
        self.setToolTip(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        side = touch_of(self, 84)
        return QSize(side, side)

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.4)
        radius = theme.radius("applicant")
        rect = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.setPen(QPen(theme.color("field_line"), 2))
        painter.setBrush(blend(theme.color("surface"), theme.color("ink"), 0.14 if self.isDown() else 0.0))
        painter.drawRoundedRect(rect, radius, radius)
        side = theme.px(32)
        if self._mirrored:
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
        icons.draw(painter, self._icon, theme.color("ink"), (self.width() - side) / 2, (self.height() - side) / 2, side)
        painter.resetTransform()
        self.ring(painter, QRectF(self.rect()), radius, theme)


class SignPage(ApplicantPage):
    """``signed`` carries the capture; the hand chosen is remembered until the applicant leaves."""

    signed = Signal(object)
    asks = True
    margins = (56, 20, 56, 24)

    def __init__(self, tongue: Tongue | None = None) -> None:
        super().__init__(tongue)
        w = self.tongue
        self.head(w("ttd_judul"), w("ttd_kecil"), place=False)
        self.hand = Pill(w("tangan_kiri"), "hand")
        self.hand.setCheckable(True)
        self.hand.clicked.connect(lambda on: self.set_left_handed(on))
        self._top = QHBoxLayout()
        self._top.addLayout(column(self.title, self.subtitle, spacing=6), 1)
        self._top.addWidget(self.hand, 0, Qt.AlignmentFlag.AlignTop)
        self.frame.addLayout(self._top)
        self.ink = SignatureField()
        self.ink.setAccessibleName(w("ttd_bidang"))
        self.ink.changed.connect(self._changed)
        self.frame.addWidget(self.ink, 1)
        self.again = BigButton(w("ulangi"), icon="eraser")
        self.again.clicked.connect(lambda: self._unless_drawing(self.ink.clear))
        self.undo = RoundButton(w("urungkan"), "undo-2")
        self.undo.clicked.connect(lambda: self._unless_drawing(self.ink.undo))
        self.redo = RoundButton(w("kembalikan"), "undo-2", mirrored=True)
        self.redo.clicked.connect(lambda: self._unless_drawing(self.ink.redo))
        self.go = BigButton(w("selesai"), "primary", icon="check", icon_after=True)
        self.go.clicked.connect(lambda: self._unless_drawing(lambda: self.signed.emit(self.ink.capture())))
        self._foot = self.foot([self.again, self.undo, self.redo], [self.go])
        self.left_handed = False
        self._changed()

    def _unless_drawing(self, act: Callable[[], None]) -> None:
        """A button under the resting hand does nothing while the pen draws."""
        if not self.ink.drawing:
            act()

    def fit(self) -> None:
        self.frame.setSpacing(theme_of(self).px(10))

    def set_left_handed(self, on: bool) -> None:
        """Mirror the page: what is touched lies where the signing hand's palm does not rest."""
        self.left_handed = on
        self.hand.setChecked(on)
        self.hand.show_as(self.tongue("tangan_kiri"), "check" if on else "hand", "accent" if on else "")
        way = QBoxLayout.Direction.RightToLeft if on else QBoxLayout.Direction.LeftToRight
        for line in (self._foot, self._top):
            line.setDirection(way)
        align = Qt.AlignmentFlag.AlignRight if on else Qt.AlignmentFlag.AlignLeft
        for text in (self.title, self.subtitle):
            text.setAlignment(align)
        self.ink.set_left_handed(on)

    def ask(self, sentence: str) -> None:
        """``sentence``: what the signature stands for."""
        self.subtitle.setText(sentence)
        self.ink.clear()

    def show_ink(self, points: Sequence[PenPoint], width: int, height: int) -> None:
        """Ink of a pad while it is written."""
        self.ink.show_ink(points, width, height)
        self._changed()

    def show_signature(self, image: QImage) -> None:
        self.ink.show_picture(image)
        self._changed()

    def _changed(self) -> None:
        self.go.setEnabled(not self.ink.is_empty())
        self.undo.setEnabled(self.ink.can_undo)
        self.redo.setEnabled(self.ink.can_redo)
        self.again.setEnabled(bool(self.ink.points()))

    def forget(self) -> None:
        self.ink.clear()
        self.set_left_handed(False)
        self.subtitle.setText(self.tongue("ttd_kecil"))

    def focus_first(self) -> None:
        self.ink.setFocus()
