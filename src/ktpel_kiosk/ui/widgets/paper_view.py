"""Looking at scanned papers: fits the room, zooms by wheel, keys and buttons, turns, is drawn by hand across; several pages."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QTransform, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.ui.widgets.base import KeyboardRing, Painted, label
from ktpel_kiosk.ui.widgets.buttons import IconButton

STEP = 1.25
MOST = 8.0
K = Qt.Key


class PaperSheet(KeyboardRing, Painted):
    """One page. ``zoom`` 1 fits it into the room."""

    ROLE = "Graphic"
    changed = Signal()
    turned_page = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._page = self._small = QImage()
        self._small_at = 0.0
        self.zoom = 1.0
        self.angle = 0
        self._middle = QPointF(0.5, 0.5)
        self._grabbed: QPointF | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(320), self.theme.px(320))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 120)

    def show_page(self, page: QImage, angle: int = 0) -> None:
        self._page, self.angle, self._small_at = page, angle, 0.0
        self.fit()

    def fit(self) -> None:
        """The whole page again."""
        self.zoom, self._middle = 1.0, QPointF(0.5, 0.5)
        self._changed()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Larger or smaller around a point of the widget (its middle without one)."""
        before = self.zoom
        self.zoom = min(max(self.zoom * factor, 1.0), MOST)
        box = self._box()
        if at is not None and box.width() > 0 and self.zoom != before:
            away = at - QPointF(self.rect().center())
            k = self.zoom / before - 1
            self._middle += QPointF(away.x() * k / box.width(), away.y() * k / box.height())
        self._changed()

    def turn(self, by: int = 90) -> None:
        self.angle = (self.angle + by) % 360
        self.fit()

    def _changed(self) -> None:
        room = 0.5 / self.zoom
        self._middle = QPointF(min(max(self._middle.x(), room), 1 - room), min(max(self._middle.y(), room), 1 - room))
        self.update()
        self.changed.emit()

    def _natural(self) -> QSize:
        size = self._page.size()
        return size.transposed() if self.angle % 180 else size

    def _box(self) -> QRectF:
        """Where the whole page lies at this zoom, in widget pixels."""
        size = self._natural()
        if size.isEmpty():
            return QRectF()
        k = min(self.width() / size.width(), self.height() / size.height()) * self.zoom
        wide, high = size.width() * k, size.height() * k
        left = self.width() / 2 - (self._middle.x() if wide > self.width() else 0.5) * wide
        top = self.height() / 2 - (self._middle.y() if high > self.height() else 0.5) * high
        return QRectF(left, top, wide, high)

    def paintEvent(self, event: QEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.theme.color("soft"))
        box = self._box()
        if box.isEmpty():
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.save()
        page = self._sharp(box.width() / self._natural().width())
        painter.setTransform(self._onto(box, page), combine=True)
        painter.drawImage(0, 0, page)
        painter.restore()
        self.ring(painter, QRectF(self.rect()), self.theme.px(8), self.theme)

    def _sharp(self, k: float) -> QImage:
        """The page, averaged down where it is drawn much smaller: thin lines and small print would vanish otherwise. Kept per ``k``."""
        if k >= 0.75:
            return self._page
        if self._small_at != k:
            self._small = self._page.scaled(self._page.size() * k, Qt.AspectRatioMode.IgnoreAspectRatio,
                                            Qt.TransformationMode.SmoothTransformation)
            self._small_at = k
        return self._small

    def _onto(self, box: QRectF, drawn: QImage) -> QTransform:
        """From pixels of what is drawn to the widget."""
        page = drawn.size()
        made = QTransform()
        made.translate(box.center().x(), box.center().y())
        made.rotate(self.angle)
        k = box.width() / max(1, page.height() if self.angle % 180 else page.width())
        made.scale(k, k)
        made.translate(-page.width() / 2, -page.height() / 2)
        return made

    # -- input --------------------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom_by(STEP if event.angleDelta().y() > 0 else 1 / STEP, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grabbed = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grabbed is None:
            return
        moved, box = event.position() - self._grabbed, self._box()
        self._grabbed = event.position()
        if not box.isEmpty():
            self._middle -= QPointF(moved.x() / box.width(), moved.y() / box.height())
            self._changed()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grabbed = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.zoom > 1:
            self.fit()
        else:
            self.zoom_by(3.0, event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = K(event.key())
        if key in (K.Key_Plus, K.Key_Equal):
            self.zoom_by(STEP)
        elif key == K.Key_Minus:
            self.zoom_by(1 / STEP)
        elif key == K.Key_0:
            self.fit()
        elif key == K.Key_R:
            self.turn()
        elif key in (K.Key_PageDown, K.Key_PageUp):
            self.turned_page.emit(1 if key == K.Key_PageDown else -1)
        elif key in (K.Key_Left, K.Key_Right, K.Key_Up, K.Key_Down) and self.zoom > 1:
            step = 0.15 / self.zoom
            self._middle += QPointF(step * ((key == K.Key_Right) - (key == K.Key_Left)), step * ((key == K.Key_Down) - (key == K.Key_Up)))
            self._changed()
        else:
            super().keyPressEvent(event)


class PaperView(QWidget):
    """A paper with its title, the page count, and the buttons to zoom and turn. ``titled`` False: its name stands elsewhere."""

    def __init__(self, *, titled: bool = True) -> None:
        super().__init__()
        self._pages: list[QImage] = []
        self._angles: list[int] = []
        self._at = 0
        self.sheet = PaperSheet()
        self.title = label("", "strong", weight="semibold", wrap=True)
        self.count = label("", "small", tone="muted")
        self.earlier, self.later = IconButton("Halaman sebelumnya", "chevron-left"), IconButton("Halaman berikutnya", "chevron-right")
        self.smaller, self.larger = IconButton("Perkecil (-)", "zoom-out"), IconButton("Perbesar (+)", "zoom-in")
        self.turner = IconButton("Putar (R)", "rotate-cw")
        line = QHBoxLayout()
        line.setSpacing(0)
        self.title.setMinimumWidth(1)
        if titled:
            line.addWidget(self.title, 1)
        else:
            self.title.setParent(self)
            self.title.hide()
            line.addStretch(1)
        for item in (self.earlier, self.count, self.later, self.smaller, self.larger, self.turner):
            line.addWidget(item)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(4)
        box.addLayout(line)
        box.addWidget(self.sheet, 1)
        self.earlier.clicked.connect(lambda: self.go(-1))
        self.later.clicked.connect(lambda: self.go(1))
        self.smaller.clicked.connect(lambda: self.sheet.zoom_by(1 / STEP))
        self.larger.clicked.connect(lambda: self.sheet.zoom_by(STEP))
        self.turner.clicked.connect(self.turn)
        self.sheet.turned_page.connect(self.go)

    def show_paper(self, title: str, pages: Sequence[QImage]) -> None:
        self.title.setText(title)
        self._pages, self._angles, self._at = list(pages), [0] * len(pages), 0
        self._show()

    def go(self, by: int) -> None:
        if self._pages:
            self._at = min(max(self._at + by, 0), len(self._pages) - 1)
            self._show()

    def turn(self) -> None:
        """Turn this page; it stays turned while it is looked at."""
        self.sheet.turn()
        if self._pages:
            self._angles[self._at] = self.sheet.angle

    def _show(self) -> None:
        n = len(self._pages)
        self.show_at(self._pages[self._at] if n else QImage(), self._at, n)

    def show_at(self, page: QImage, at: int, n: int) -> None:
        """Page ``at`` of ``n``."""
        several = n > 1
        for item in (self.earlier, self.later, self.count):
            item.setVisible(several)
        self.count.setText(f"{at + 1}/{n}")
        self.earlier.setEnabled(at > 0)
        self.later.setEnabled(at < n - 1)
        self.sheet.show_page(page, self._angles[at] if n else 0)
        self.sheet.setAccessibleName(f"{self.title.text()}, halaman {at + 1} dari {n}" if n else self.title.text())
