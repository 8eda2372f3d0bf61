"""While nobody is served: welcome, standar pelayanan, maklumat, ways to complain, one after the other; a touch lets people read.

Permenpan RB 15/2014 and UU 25/2009 ask offices to publish these; the screen does it all day.
"""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QShowEvent
from PySide6.QtWidgets import QGraphicsOpacityEffect, QHBoxLayout, QLabel, QSizePolicy, QWidget

from ktpel_kiosk.desk.notices import channels, service_standard
from ktpel_kiosk.domain.sop import Sop
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.applicant.idle_slides import ChannelsSlide, MaklumatSlide, Slide, StandardSlide, WelcomeSlide
from ktpel_kiosk.ui.applicant.look import touch_of
from ktpel_kiosk.ui.applicant.paging import font_measure, pages
from ktpel_kiosk.ui.applicant.parts import ApplicantPage
from ktpel_kiosk.ui.motion import animation
from ktpel_kiosk.ui.theme import Theme, theme_of
from ktpel_kiosk.ui.widgets.base import Painted, label
from ktpel_kiosk.ui.widgets.buttons import Pressable
from ktpel_kiosk.ui.widgets.front import FrontStack
from ktpel_kiosk.ui.words import word

TURN_S, READ_S = 14.0, 45.0
"""Seconds a page stands by itself, and after a touch."""
MORE_MS = 30
"""Between two pages that are laid out behind the first."""
SWIPE = 80
LOW, WIDE = 600, 1100
"""Pixels of the page under which there is no room for explanations."""


def _w(key: str) -> str:
    return word("siaga", key)


class Turn(Pressable):
    """A large round button to the page before or after."""

    def __init__(self, name: str, icon: str) -> None:
        super().__init__(name)
        self._icon = icon
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(touch_of(self), touch_of(self))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.color("field_line"), 2))
        painter.setBrush(theme.color("soft" if self.isDown() else "surface"))
        painter.drawEllipse(QRectF(self.rect()).adjusted(2, 2, -2, -2))
        side = theme.px(28)
        icons.draw(painter, self._icon, theme.color("ink"), (self.width() - side) / 2, (self.height() - side) / 2, side)


class SlideDots(Painted):
    """Which page of the round is shown."""

    def __init__(self) -> None:
        super().__init__()
        self._count, self._at = 0, 0
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    def set(self, count: int, at: int) -> None:
        self._count, self._at = count, at
        self.setAccessibleName(f"Halaman {at + 1} dari {count}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._count * self.theme.px(26) + self.theme.px(20), self.theme.px(14))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        x, side = theme.px(6), theme.px(12)
        for i in range(self._count):
            wide = theme.px(32) if i == self._at else side
            painter.setBrush(theme.color("accent" if i == self._at else "field_line"))
            painter.drawRoundedRect(QRectF(x, 1, wide, side), side / 2, side / 2)
            x += wide + theme.px(14)


class IdlePage(ApplicantPage):
    """The round. ``turn_s`` and ``read_s`` are for tests and patient offices. Laid out anew when the screen or the letters change."""

    margins = (56, 30, 56, 22)

    def __init__(self, sop: Sop, maklumat: str, *, turn_s: float = TURN_S, read_s: float = READ_S) -> None:
        super().__init__()
        self.sop, self.turn_s, self.read_s = sop, turn_s, read_s
        self.frame.setSpacing(16)
        self._built: tuple[object, ...] = ()
        self.stack = FrontStack()
        self.frame.addWidget(self.stack, 1)
        self.before, self.after = Turn("Halaman sebelumnya", "chevron-left"), Turn("Halaman berikutnya", "chevron-right")
        self.before.clicked.connect(lambda: self.turn(-1, touched=True))
        self.after.clicked.connect(lambda: self.turn(1, touched=True))
        self.dots = SlideDots()
        self.hint = label(_w("sentuh"), "applicant_small", tone="muted", wrap=True)
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        foot = QHBoxLayout()
        foot.setSpacing(22)
        foot.addWidget(self.hint, 1)
        for item in (self.before, self.dots, self.after):
            foot.addWidget(item, 0, Qt.AlignmentFlag.AlignVCenter)
        foot.addStretch(1)
        self.frame.addLayout(foot)
        self._clock = QTimer(self)
        self._clock.setSingleShot(True)
        self._clock.timeout.connect(self._turned)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self._lay_again)
        self._overlay: QLabel | None = None
        self._pressed_x: int | None = None
        self._slides: list[Slide] = []
        self._rest: Iterator[Slide] = iter(())
        self._more = QTimer(self)
        self._more.setSingleShot(True)
        self._more.timeout.connect(self._next_slide)
        self._maklumat = maklumat

    def show_maklumat(self, text: str) -> None:
        """Build the round anew with the office's words; while nobody sees it, when it is shown."""
        self._maklumat, self._built = text, ()
        if not self.isVisible():
            return
        self._more.stop()
        while self.stack.count():
            old = self.stack.widget(self.stack.count() - 1)  # from the end: each removal of the one shown would show another
            if old is not None:
                self.stack.removeWidget(old)
                old.deleteLater()
        self._built = self._shape()
        self._slides, self._rest = [], self._lay(text, theme_of(self))
        self._next_slide()
        self._show(0)

    def _lay(self, text: str, theme: Theme) -> Iterator[Slide]:
        """The round, page by page."""
        low, (width, high) = self.height() < LOW, self._column()
        yield WelcomeSlide(self.sop, theme, upright=self.upright, low=low)
        measure = font_measure(theme.font("applicant_body", 700), theme.font("applicant_body"))
        found = pages(service_standard(self.sop), measure, width, high)
        title = self.sop.judul if len(self.sop.judul) <= 56 and self.width() >= WIDE else self.sop.kantor.nama
        for i, page in enumerate(found, 1):
            yield StandardSlide(page, title, i, len(found))
        yield MaklumatSlide(text, self.sop.kantor, theme)
        yield ChannelsSlide(channels(self.sop.kantor), theme, low=low, across=2 if self.upright else 3)

    def _next_slide(self) -> bool:
        """The welcome is there at once; each further page in a turn of its own, long before its time comes."""
        slide = next(self._rest, None)
        if slide is None:
            self._more.stop()
            self.dots.set(len(self._slides), max(0, self.at))
            return False
        self._slides.append(slide)
        self.stack.addWidget(slide)
        for inner in (slide, *slide.findChildren(QWidget)):
            inner.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._more.start(MORE_MS)
        return True

    @property
    def slides(self) -> list[Slide]:
        """The whole round; what was not laid out yet is now."""
        while self._next_slide():
            pass
        return self._slides

    def _shape(self) -> tuple[object, ...]:
        """What the round is laid out for."""
        return (self.width(), self.height(), theme_of(self))

    def _column(self) -> tuple[int, int]:
        """Width and height of one of two columns, pixels."""
        theme = theme_of(self)
        left, top, right, bottom = (theme.px(m) for m in self.margins)
        head = QFontMetrics(theme.font("applicant_heading", 700)).height() + 14 + 8 + 14
        return (self.width() - left - right - 64) // 2, self.height() - top - bottom - touch_of(self) - 16 - head - 8

    def fit(self) -> None:
        self.hint.setVisible(self.width() >= WIDE)
        if self.isVisible() and self._built != self._shape():
            if self._slides:
                self._later.start()  # a window that comes up is resized several times
            else:
                self._lay_again()

    def _lay_again(self) -> None:
        if self.isVisible() and self._built != self._shape():
            self.show_maklumat(self._maklumat)

    @property
    def at(self) -> int:
        return self.stack.currentIndex()

    @property
    def resting(self) -> bool:
        """Somebody touched it: it waits longer."""
        return self._clock.interval() == round(self.read_s * 1000)

    def restart(self) -> None:
        """From the welcome."""
        self._show(0)

    def turn(self, by: int, *, touched: bool = False) -> None:
        self._show((self.at + by) % max(1, len(self.slides)), touched=touched, fade=not touched)

    def _turned(self) -> None:
        if self.resting:
            self._show(0, fade=True)
        else:
            self.turn(1)

    def _show(self, at: int, *, touched: bool = False, fade: bool = False) -> None:
        if fade and self.isVisible() and at != self.at:
            self._fade()
        self.stack.setCurrentIndex(at)
        self.dots.set(len(self._slides), at)
        self._wait(touched)

    def _wait(self, touched: bool) -> None:
        self.hint.setText(_w("baca") if touched else _w("sentuh"))
        self._clock.setInterval(round((self.read_s if touched else self.turn_s) * 1000))
        if self.isVisible():
            self._clock.start()

    def _fade(self) -> None:
        """The old page, as a picture, dissolves over the new one."""
        if self._overlay is not None:
            self._overlay.deleteLater()
        cover = QLabel(self.stack)
        cover.setPixmap(self.stack.grab())
        cover.setGeometry(self.stack.rect())
        cover.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        effect = QGraphicsOpacityEffect(cover)
        cover.setGraphicsEffect(effect)
        cover.show()
        cover.raise_()
        dissolve = animation(effect, b"opacity", 1.0, 0.0, last="slow", along="dissolve", parent=cover)
        dissolve.finished.connect(lambda: self._gone(cover))
        self._overlay = cover
        dissolve.start()

    def _gone(self, cover: QObject) -> None:
        if self._overlay is cover:
            self._overlay = None
        cover.deleteLater()

    # -- people --------------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.fit()
        self._clock.start()

    def hideEvent(self, event: QHideEvent) -> None:
        self._clock.stop()
        super().hideEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed_x = round(event.position().x())
        self._wait(True)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._pressed_x is None:
            return
        moved = round(event.position().x()) - self._pressed_x
        self._pressed_x = None
        if abs(moved) >= SWIPE:
            self.turn(-1 if moved > 0 else 1, touched=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.turn(step, touched=True)

    def focus_first(self) -> None:
        self.setFocus()
