"""The last pages: agree, wait, thanks; and those between people: turn the screen, the officer is away."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeyEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.ui.applicant.beat import Beat
from ktpel_kiosk.ui.applicant.lang import Tongue
from ktpel_kiosk.ui.applicant.parts import CENTER, ApplicantPage, BigButton, IconLabel, qr_image
from ktpel_kiosk.ui.widgets.base import Painted, clear_layout, column, label
from ktpel_kiosk.ui.widgets.capture import Picture


class ReviewPage(ApplicantPage):
    """Everything is there: agree that it is sent."""

    agreed = Signal()
    asks = True

    def __init__(self, tongue: Tongue | None = None) -> None:
        super().__init__(tongue)
        w = self.tongue
        self.head(w("tinjau_judul"), w("tinjau_kecil"))
        self.portrait = Picture(QSize(264, 352))
        self.portrait.setAccessibleName(w("tinjau_foto"))
        self.signature = Picture(QSize(420, 150), fill=False)
        self.signature.setAccessibleName(w("ttd_judul"))
        self.name = label("", "applicant_button", weight="semibold", wrap=True)
        self.lines = QVBoxLayout()
        self.lines.setSpacing(6)
        self._body = QHBoxLayout()
        self._body.setSpacing(32)
        self._body.addWidget(self.portrait, 0, Qt.AlignmentFlag.AlignTop)
        side = column(self.name, spacing=10)
        side.addLayout(self.lines)
        side.addStretch(1)
        self._body.addLayout(side, 1)
        self._body.addWidget(self.signature, 0, Qt.AlignmentFlag.AlignTop)
        self.frame.addLayout(self._body, 1)
        self.go = BigButton(w("setuju"), "primary", icon="check", icon_after=True)
        self.go.clicked.connect(self.agreed)
        self.foot([], [self.go])

    def fit(self) -> None:
        self._body.setDirection(QBoxLayout.Direction.TopToBottom if self.upright else QBoxLayout.Direction.LeftToRight)

    def show_review(self, name: str, portrait: QImage | None, signature: QImage | None, parts: Sequence[tuple[str, int]]) -> None:
        """``parts``: what was recorded, by key, and how many of it."""
        self.name.setText(name)
        self.portrait.set_image(portrait)
        self.signature.set_image(signature)
        clear_layout(self.lines)
        for key, count in parts:
            line = QHBoxLayout()
            line.setSpacing(12)
            line.addWidget(IconLabel("check", "good", 24))
            line.addWidget(label(self.tongue(f"isi_{key}", jumlah=count), "applicant_body", wrap=True), 1)
            self.lines.addLayout(line)

    def forget(self) -> None:
        self.show_review("", None, None, ())

    def focus_first(self) -> None:
        self.go.setFocus()


class WaitPage(ApplicantPage):
    """The officer is busy with something."""

    def __init__(self, tongue: Tongue | None = None) -> None:
        super().__init__(tongue, centred=True)
        self.frame.addStretch(1)
        self.frame.addWidget(IconLabel("clock", "accent", 72), 0, CENTER)
        self.frame.addSpacing(12)
        self.head(self.tongue("tunggu_judul"), self.tongue("tunggu_kecil"))
        self.frame.addStretch(1)


class NeutralPage(ApplicantPage):
    """The officer's window is locked: nothing of anybody is shown."""

    def __init__(self, tongue: Tongue | None = None) -> None:
        super().__init__(tongue, centred=True)
        self.frame.addStretch(1)
        self.frame.addWidget(IconLabel("lock", "accent", 72), 0, CENTER)
        self.frame.addSpacing(12)
        self.head(self.tongue("netral_judul"), self.tongue("netral_kecil"))
        self.frame.addStretch(1)


class WelcomePage(ApplicantPage):
    """An applicant sits down: the number in large figures."""

    def __init__(self, tongue: Tongue | None = None) -> None:
        super().__init__(tongue, centred=True)
        self.frame.addStretch(1)
        self.head(self.tongue("sapa"), self.tongue("sapa_duduk"))
        self.frame.addSpacing(18)
        self.ticket = label("", "applicant_ticket", weight="bold", tone="accent", align=CENTER)
        self.frame.addWidget(self.ticket)
        self.frame.addStretch(2)

    def show_number(self, number: str) -> None:
        self.ticket.setText(number)

    def spoken(self) -> str:
        return f"{super().spoken()} {self.ticket.text()}"

    def forget(self) -> None:
        self.ticket.setText("")


THANKS_MS = 90_000
"""So long the receipt's number stands when nobody does anything."""


class ThanksPage(ApplicantPage):
    """The receipt's number and its QR; ``over`` when it was shown long enough."""

    over = Signal()

    def __init__(self, tongue: Tongue | None = None) -> None:
        super().__init__(tongue, centred=True)
        w = self.tongue
        self.head(w("terima_judul"), w("terima_kecil"))
        self.code = Picture(QSize(250, 250), fill=False)
        self.number = label("", "applicant_title", weight="bold", align=CENTER, wrap=True)
        self.detail = label("", "applicant_body", tone="muted", align=CENTER, wrap=True)
        self.frame.addStretch(1)
        self.frame.addWidget(self.code, 0, CENTER)
        self.frame.addWidget(self.number)
        self.frame.addWidget(self.detail)
        self.frame.addStretch(1)
        self.clock = QTimer(self)
        self.clock.setSingleShot(True)
        self.clock.setInterval(THANKS_MS)
        self.clock.timeout.connect(self.over)

    def show_receipt(self, nomor: str, name: str, estimate: str) -> None:
        self.code.set_image(qr_image(nomor))
        self.code.setAccessibleName(self.tongue("terima_kode", nomor=nomor))
        self.number.setText(nomor)
        self.detail.setText(f"{name}. {estimate}" if estimate else name)
        self.clock.start()

    def spoken(self) -> str:
        return f"{super().spoken()} {self.number.text()}. {self.detail.text()}"

    def forget(self) -> None:
        self.clock.stop()
        self.code.set_image(None)
        self.code.setAccessibleName("QR")
        for text in (self.number, self.detail):
            text.setText("")


class TurnPicture(Painted):
    """A screen that is turned around, to the applicant or back."""

    def __init__(self, *, back: bool) -> None:
        super().__init__()
        self._back = back
        self.beat = Beat(self, 1, 2600, 0.35)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(150)
        self.setAccessibleName("Putar layar")

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(420), self.theme.px(260))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        unit = min(self.width() / 360, self.height() / 230)
        painter.translate(self.width() / 2, self.height() / 2 - 8 * unit)
        line = QPen(theme.color("ink"), 5 * unit, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setPen(line)
        painter.setBrush(theme.color("accent_soft"))
        painter.drawRoundedRect(QRectF(-82 * unit, -88 * unit, 164 * unit, 108 * unit), 12 * unit, 12 * unit)
        painter.drawLine(QPointF(0, 20 * unit), QPointF(0, 44 * unit))
        painter.drawLine(QPointF(-36 * unit, 46 * unit), QPointF(36 * unit, 46 * unit))
        self._arrow(painter, unit, (self.beat.at % 1.0) * 360 if self.beat.moving else 0.0)

    def _arrow(self, painter: QPainter, unit: float, turn: float) -> None:
        """An arrow around the foot, seen from above and flattened; it swings a little."""
        way = -1 if self._back else 1
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(self.theme.color("accent"), 9 * unit, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        shift = 14 * (1 if turn % 360 < 180 else -1) * (abs((turn % 180) - 90) / 90 - 1)
        ring = QRectF(-140 * unit, 14 * unit, 280 * unit, 76 * unit)
        path = QPainterPath()
        start = (200 + shift) if way > 0 else (340 - shift)
        path.arcMoveTo(ring, start)
        path.arcTo(ring, start, way * 132)
        painter.drawPath(path)
        end, before = path.pointAtPercent(1.0), path.pointAtPercent(0.93)
        along = end - before
        length = max(0.001, (along.x() ** 2 + along.y() ** 2) ** 0.5)
        along = QPointF(along.x() / length, along.y() / length)
        across = QPointF(-along.y(), along.x())
        head = QPainterPath(end - along * 22 * unit + across * 18 * unit)
        head.lineTo(end)
        head.lineTo(end - along * 22 * unit - across * 18 * unit)
        painter.drawPath(head)


class TurnPage(ApplicantPage):
    """One screen for two people. To the applicant: a touch begins. Back: only the officer's key, or a long touch and the sign-in.

    ``begun``: the applicant sits before it. ``officer``: the officer's key. ``held``: the long touch.
    """

    begun = Signal()
    officer = Signal()
    held = Signal()
    HOLD_MS = 2500

    def __init__(self, tongue: Tongue | None = None, *, back: bool = False) -> None:
        super().__init__(tongue, centred=True)
        w, key = self.tongue, "putar_kembali" if back else "putar"
        self.head(w(f"{key}_judul"), w(f"{key}_kecil"))
        self.frame.addWidget(TurnPicture(back=back), 1)
        self.key = label(w("putar_tombol"), "applicant_body", tone="muted", align=CENTER, wrap=True)
        self.go: BigButton | None = None
        self._hold = QTimer(self)
        self._hold.setSingleShot(True)
        self._hold.setInterval(self.HOLD_MS)
        self._hold.timeout.connect(self.held)
        if back:
            self.officer_touch = BigButton(w("putar_petugas"), icon="lock")
            self.officer_touch.pressed.connect(self._hold.start)
            self.officer_touch.released.connect(self._hold.stop)
            self.frame.addWidget(self.officer_touch, 0, CENTER)
        else:
            self.go = BigButton(w("putar_mulai"), "primary", icon="arrow-right", icon_after=True)
            self.go.clicked.connect(self.begun)
            self.frame.addWidget(self.go, 0, CENTER)
        self.frame.addWidget(self.key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_F9, Qt.Key.Key_Escape):
            self.officer.emit()
        else:
            super().keyPressEvent(event)

    def focus_first(self) -> None:
        focus: QWidget = self if self.go is None else self.go
        if self.go is None:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        focus.setFocus()
