"""The live portrait as a mirror: oval, one hint, countdown, flash, and the picture that was taken."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent

from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.applicant.lang import Tongue
from ktpel_kiosk.ui.applicant.parts import ApplicantPage
from ktpel_kiosk.ui.motion import duration
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import set_tone
from ktpel_kiosk.ui.widgets.preview import Plate, PreviewView

SHOW_MS = 6000
"""How long the picture that was taken is shown before the mirror comes back."""
ASPECT = 3 / 4


class Mirror(PreviewView):
    """An upright plate with the newest frame mirrored; the picture that was taken is shown the right way round, as on the card."""

    def __init__(self, waiting: str) -> None:
        super().__init__(oval=True, radius=18, mirrored=True)
        self._taken: QImage | None = None
        self._seconds = ""
        self._flash = QElapsedTimer()
        self._fade = QTimer(self)
        self._fade.setInterval(33)
        self._fade.timeout.connect(self._fading)
        self.setMinimumSize(150, 200)
        self.set_waiting(waiting)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(420), self.theme.px(560))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        holder = self.parentWidget()
        room = holder.width() - 2 * self.theme.px(56) if holder is not None else self.width()
        self.setFixedWidth(max(150, min(room, round(self.height() * ASPECT))))

    def plate(self) -> Plate | None:
        return None if self._taken is not None else super().plate()

    def show_taken(self, image: QImage | None) -> None:
        """The picture that was taken, after a flash; None: the mirror again."""
        self._taken = image
        if image is not None and duration("slow"):
            self._flash.start()
            self._fade.start()
        self.update()

    @property
    def taken(self) -> QImage | None:
        return self._taken

    def forget(self) -> None:
        self._fade.stop()
        self._taken = None
        self.set_frame(None)
        self.set_outline(None)
        self.set_countdown(None)
        self.set_hint("")

    def _fading(self) -> None:
        if self._flash.elapsed() > duration("slow"):
            self._fade.stop()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._taken is None:
            super().paintEvent(event)
            if self._seconds:
                self._number(self._seconds)
            return
        theme, plate = self.theme, QRectF(self.rect())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), theme.color("surface"))
        path = QPainterPath()
        path.addRoundedRect(plate, theme.radius("applicant"), theme.radius("applicant"))
        painter.setClipPath(path)
        size = self._taken.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
        painter.drawImage(QRectF((self.width() - size.width()) / 2, (self.height() - size.height()) / 2,
                                 size.width(), size.height()), self._taken)
        self._seal(painter, theme, plate)

    def set_countdown(self, share: float | None, text: str = "") -> None:
        """The ring of the plate, and the seconds large enough to be seen from where one sits."""
        self._seconds = text if share is not None else ""
        super().set_countdown(share, "")

    def _number(self, text: str) -> None:
        theme, side = self.theme, self.theme.px(104)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        disc = QRectF((self.width() - side) / 2, self.height() - side * 1.2, side, side)
        painter.setPen(QPen(theme.color("surface"), theme.px(4)))
        painter.setBrush(theme.color("accent"))
        painter.drawEllipse(disc)
        painter.setPen(theme.color("on_accent"))
        painter.setFont(theme.font("applicant_title", 700))
        painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, text)

    def _seal(self, painter: QPainter, theme: Theme, plate: QRectF) -> None:
        """A tick on the picture that was taken; the flash over it fades."""
        side = theme.px(72)
        disc = QRectF(plate.right() - side - theme.px(16), plate.bottom() - side - theme.px(16), side, side)
        painter.setPen(QPen(theme.color("surface"), theme.px(4)))
        painter.setBrush(theme.color("good"))
        painter.drawEllipse(disc)
        mark = round(side * 0.56)
        icons.draw(painter, "check", theme.color("on_accent"), disc.center().x() - mark / 2, disc.center().y() - mark / 2, mark, 3)
        if self._fade.isActive() and duration("slow"):
            left = max(0.0, 1 - self._flash.elapsed() / duration("slow"))
            white = QColor(theme.color("surface"))
            white.setAlphaF(left)
            painter.fillRect(plate, white)


class PhotoPage(ApplicantPage):
    """The live portrait, mirrored as people know themselves; what was taken is shown as it will be on the card."""

    def __init__(self, tongue: Tongue | None = None) -> None:
        super().__init__(tongue, centred=True)
        w = self.tongue
        self.head(w("foto_judul"), w("foto_kecil"))
        self.view = Mirror(w("tunggu_judul"))
        self.frame.addWidget(self.view, 1, Qt.AlignmentFlag.AlignHCenter)
        self._back = QTimer(self)
        self._back.setSingleShot(True)
        self._back.setInterval(SHOW_MS)
        self._back.timeout.connect(self.mirror_again)
        self._said: tuple[str, bool] = ("", False)

    def show_frame(self, image: QImage | None, hint: str) -> None:
        """A still frame as the camera saw it."""
        self.view.set_frame(image)
        self.show_state(hint)

    def show_state(self, hint: str, countdown: float | None = None, seconds: str = "") -> None:
        """One hint; or how much of the time until the automatic picture is over. Comes with every frame; unchanged, it costs nothing."""
        counting = countdown is not None
        if counting and self.view.taken is not None:
            self.mirror_again()
        self.view.set_countdown(countdown, seconds)
        if self.view.taken is not None or (hint, counting) == self._said:
            return
        self._said = (hint, counting)
        text = self.tongue("foto_siap") if counting else self.tongue.hint(hint) if hint else ""
        self.subtitle.setText(text or self.tongue("foto_kecil"))
        set_tone(self.subtitle, "muted" if counting or not text else "attention")
        if text:
            self.told.emit(text)

    def show_taken(self, image: QImage, good: bool) -> None:
        """``image`` as it was taken (not mirrored); ``good``: it need not be taken again."""
        self.view.set_countdown(None)
        self.view.show_taken(image if good else None)
        self.title.setText(self.tongue("foto_selesai" if good else "foto_lagi"))
        self.subtitle.setText(self.tongue("foto_selesai_kecil" if good else "foto_lagi_kecil"))
        set_tone(self.subtitle, "muted" if good else "attention")
        self._back.start()
        self.told.emit(self.spoken())

    def mirror_again(self) -> None:
        """Back from the picture that was taken to the live one."""
        self._back.stop()
        self.view.show_taken(None)
        self._said = ("", False)
        self.title.setText(self.tongue("foto_judul"))
        self.subtitle.setText(self.tongue("foto_kecil"))
        set_tone(self.subtitle, "muted")

    def forget(self) -> None:
        self.mirror_again()
        self.view.forget()
