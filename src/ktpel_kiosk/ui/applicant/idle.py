"""While nobody is served: welcome, standar pelayanan, maklumat, ways to complain, one after the other; a touch lets people read.

Permenpan RB 15/2014 and UU 25/2009 ask offices to publish these; the screen does it all day.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeyEvent, QMouseEvent, QPainter, QPen, QShowEvent
from PySide6.QtWidgets import QGraphicsOpacityEffect, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from ktpel_kiosk.desk.notices import Channel, channels, duration, service_standard
from ktpel_kiosk.domain.sop import Kantor, Sop
from ktpel_kiosk.domain.text import hours_text
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.applicant.paging import Block, StandardPage, font_measure, pages
from ktpel_kiosk.ui.applicant.parts import CENTER, ApplicantPage, IconLabel, fact, qr_image
from ktpel_kiosk.ui.motion import animation
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import Card, Painted, column, label
from ktpel_kiosk.ui.widgets.buttons import Pressable
from ktpel_kiosk.ui.widgets.capture import Picture
from ktpel_kiosk.ui.words import word

TURN_S, READ_S = 14.0, 45.0
"""Seconds a page stands by itself, and after a touch."""
SWIPE = 80
TOP = Qt.AlignmentFlag.AlignTop
CHANNEL_ICONS = {"kotak_saran": "inbox", "situs": "globe", "email": "mail", "telepon": "phone", "lapor": "megaphone",
                 "langsung": "users", "lain": "message-square"}


def _w(key: str) -> str:
    return word("siaga", key)


class Slide(QWidget):
    """One page of the round; ``name`` is spoken."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.name = name
        self.box = QVBoxLayout(self)
        self.box.setContentsMargins(0, 0, 0, 0)
        self.box.setSpacing(14)

    def heading(self, title: str, subtitle: str = "", right: str = "") -> None:
        line = QHBoxLayout()
        line.setSpacing(20)
        line.addWidget(label(title, "applicant_heading", weight="bold"))
        if subtitle:
            line.addWidget(label(subtitle, "applicant_fact", tone="muted"), 1, Qt.AlignmentFlag.AlignBottom)
        else:
            line.addStretch(1)
        if right:
            line.addWidget(label(right, "applicant_fact", tone="muted"), 0, Qt.AlignmentFlag.AlignBottom)
        self.box.addLayout(line)


class WelcomeSlide(Slide):
    """Welcome, what it costs, how long it takes, what to bring."""

    def __init__(self, sop: Sop) -> None:
        super().__init__(word("pemohon", "sapa"))
        kantor = sop.kantor
        self.box.addLayout(column(label(word("pemohon", "sapa"), "applicant_title", weight="bold"),
                                  label(word("pemohon", "sapa_kecil"), "applicant_body", tone="muted", wrap=True), spacing=6))
        self.box.addSpacing(6)
        line = QHBoxLayout()
        line.setSpacing(32)
        left, right = Card(34, 28, radius="applicant"), Card(34, 20, radius="applicant")
        left.body.addWidget(label(_w("pelayanan"), "applicant_button", weight="bold"))
        time = duration(sop)
        hours = f"Senin–Jumat, {hours_text(kantor.jam_buka, kantor.jam_tutup, kantor.zona_waktu)}"
        for icon, title, text in (("clock", word("pemohon", "waktu"), time[:1].upper() + time[1:]),
                                  ("shield-check", word("pemohon", "gratis"), _w("jangan_imbalan")),
                                  ("calendar", word("pemohon", "jam"), hours)):
            left.body.addLayout(fact(icon, title, text, large=True))
        left.body.addStretch(1)
        first = sop.layanan[0] if sop.layanan else None
        right.body.addWidget(label(_w("syarat").format(layanan=first.nama if first else "KTP-el"), "applicant_button", weight="bold",
                                   wrap=True))
        for text in [s.umum for s in first.syarat if not s.lokal][:6] if first else []:
            right.body.addLayout(_bullet(text, "check", "good"))
        right.body.addStretch(1)
        line.addWidget(left, 1)
        line.addWidget(right, 1)
        self.box.addLayout(line, 1)


def _bullet(text: str, icon: str, tone: str) -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(12)
    line.addWidget(IconLabel(icon, tone, 28), 0, TOP)
    line.addWidget(label(text, "applicant_body", wrap=True), 1)
    return line


class NumberDisc(Painted):
    """The component's number."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._text = str(number)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(32), self.theme.px(32))

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else QPen(theme.color("accent"), 2))
        painter.setBrush(theme.color("accent_soft"))
        painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.setFont(theme.font("applicant_small", 700))
        painter.setPen(theme.color("accent"))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._text)


class StandardSlide(Slide):
    """Some components of the Standar Pelayanan, in two columns."""

    def __init__(self, page: StandardPage, subtitle: str, at: int, count: int) -> None:
        super().__init__(f"{word('pemohon', 'standar')} {at} dari {count}")
        self.heading(word("pemohon", "standar"), subtitle, f"{at} / {count}" if count > 1 else "")
        self.box.addSpacing(8)
        line = QHBoxLayout()
        line.setSpacing(64)
        for side in (page.left, page.right):
            line.addLayout(self._column(side), 1)
        self.box.addLayout(line, 1)

    def _column(self, side: Sequence[Block]) -> QVBoxLayout:
        box = QVBoxLayout()
        box.setSpacing(20)
        for block in side:
            box.addLayout(self._block(block))
        box.addStretch(1)
        return box

    @staticmethod
    def _block(block: Block) -> QHBoxLayout:
        lines = QVBoxLayout()
        lines.setSpacing(5)
        title = label(block.title, "applicant_body", weight="bold", wrap=True)
        lines.addWidget(title)
        for text in block.lines:
            if len(block.lines) == 1:
                lines.addWidget(label(text, "applicant_body", wrap=True))
                continue
            line = QHBoxLayout()
            line.setSpacing(0)
            dot = label("•", "applicant_body", tone="muted")
            dot.setFixedWidth(26)
            line.addWidget(dot, 0, TOP)
            line.addWidget(label(text, "applicant_body", wrap=True), 1)
            lines.addLayout(line)
        whole = QHBoxLayout()
        whole.setSpacing(12)
        whole.addWidget(NumberDisc(block.number), 0, TOP)
        whole.addLayout(lines, 1)
        return whole


class MaklumatSlide(Slide):
    """The promise, signed."""

    def __init__(self, text: str, kantor: Kantor) -> None:
        super().__init__(_w("maklumat"))
        card = Card(0, 0, radius="applicant")
        card.body.setContentsMargins(88, 30, 88, 30)
        card.body.addStretch(1)
        card.body.addWidget(IconLabel("shield-check", "accent", 60), 0, CENTER)
        card.body.addSpacing(10)
        card.body.addWidget(label(_w("maklumat"), "applicant_heading", weight="bold", align=CENTER))
        card.body.addSpacing(18)
        step = "applicant_large" if len(text) <= 340 else "applicant_button" if len(text) <= 460 else "applicant_body"
        self.text = label(text, step, wrap=True, align=CENTER)
        card.body.addWidget(self.text)
        card.body.addSpacing(22)
        if kantor.penandatangan_jabatan:
            card.body.addWidget(label(kantor.penandatangan_jabatan, "applicant_fact", tone="muted", align=CENTER))
        card.body.addWidget(label(kantor.penandatangan_nama or kantor.nama, "applicant_body", weight="bold", align=CENTER))
        card.body.addStretch(1)
        self.box.addWidget(card, 1)


class ChannelsSlide(Slide):
    """Where to complain or suggest; what a telephone can scan has its code."""

    def __init__(self, found: Sequence[Channel]) -> None:
        super().__init__(word("pemohon", "aduan"))
        self.heading(word("pemohon", "aduan"))
        self.box.addWidget(label(_w("aduan_kecil"), "applicant_body", tone="muted", wrap=True))
        self.box.addSpacing(8)
        coded = [c for c in found if c.link]
        plain = [c for c in found if not c.link]
        if len(coded) == 1:
            self._side_by_side(coded[0], plain)
        else:
            self._rows([coded[i:i + 3] for i in range(0, len(coded), 3)] + [plain[i:i + 3] for i in range(0, len(plain), 3)])
        self.box.addStretch(1)

    def _rows(self, rows: Sequence[Sequence[Channel]]) -> None:
        grid = QGridLayout()
        grid.setSpacing(24)
        for y, line in enumerate(rows):
            span = 6 // len(line)
            for x, channel in enumerate(line):
                grid.addWidget(self._coded(channel, 168) if channel.link else self._plain(channel), y, x * span, 1, span)
        for x in range(6):
            grid.setColumnStretch(x, 1)
        self.box.addLayout(grid)

    def _side_by_side(self, channel: Channel, plain: Sequence[Channel]) -> None:
        line = QHBoxLayout()
        line.setSpacing(24)
        line.addWidget(self._coded(channel, 230), 1, TOP)
        others = QVBoxLayout()
        others.setSpacing(24)
        for other in plain:
            others.addWidget(self._plain(other))
        others.addStretch(1)
        line.addLayout(others, 1)
        self.box.addLayout(line)

    @staticmethod
    def _coded(channel: Channel, side: int) -> Card:
        card = Card(22, 8, radius="applicant")
        code = Picture(QSize(side, side), fill=False)
        code.set_image(qr_image(channel.link))
        code.setAccessibleName(f"Kode QR {channel.value}")
        top = QHBoxLayout()
        top.setSpacing(14)
        top.addStretch(1)
        top.addWidget(IconLabel(CHANNEL_ICONS[channel.kind], "accent", 32))
        top.addWidget(label(channel.name, "applicant_body", weight="bold"))
        top.addStretch(1)
        card.body.addLayout(top)
        card.body.addWidget(code, 0, CENTER)
        card.body.addWidget(label(channel.value, "applicant_fact", align=CENTER, wrap=True))
        return card

    @staticmethod
    def _plain(channel: Channel) -> Card:
        card = Card(24, 0, radius="applicant")
        card.body.addLayout(fact(CHANNEL_ICONS[channel.kind], channel.name, channel.value or _w("tanya_petugas")))
        return card


class Turn(Pressable):
    """A large round button to the page before or after."""

    def __init__(self, name: str, icon: str) -> None:
        super().__init__(name)
        self._icon = icon
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(64), self.theme.px(64))

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
    """The round. ``turn_s`` and ``read_s`` are for tests and patient offices."""

    def __init__(self, sop: Sop, maklumat: str, *, turn_s: float = TURN_S, read_s: float = READ_S) -> None:
        super().__init__()
        self.sop, self.turn_s, self.read_s = sop, turn_s, read_s
        self.frame.setContentsMargins(56, 30, 56, 22)
        self.frame.setSpacing(16)
        self.stack = QStackedWidget()
        self.frame.addWidget(self.stack, 1)
        self.before, self.after = Turn("Halaman sebelumnya", "chevron-left"), Turn("Halaman berikutnya", "chevron-right")
        self.before.clicked.connect(lambda: self.turn(-1, touched=True))
        self.after.clicked.connect(lambda: self.turn(1, touched=True))
        self.dots = SlideDots()
        self.hint = label(_w("sentuh"), "applicant_small", tone="muted")
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
        self._overlay: QLabel | None = None
        self._pressed_x: int | None = None
        self.slides: list[Slide] = []
        self.show_maklumat(maklumat)

    def show_maklumat(self, text: str) -> None:
        """Build the round anew with the office's words."""
        while self.stack.count():
            old = self.stack.widget(0)
            if old is not None:
                self.stack.removeWidget(old)
                old.deleteLater()
        plain = Theme()
        measure = font_measure(plain.font("applicant_body", 700), plain.font("applicant_body"))
        found = pages(service_standard(self.sop), measure)
        title = self.sop.judul if len(self.sop.judul) <= 56 else self.sop.kantor.nama
        self.slides = [WelcomeSlide(self.sop)]
        self.slides += [StandardSlide(p, title, i, len(found)) for i, p in enumerate(found, 1)]
        self.slides += [MaklumatSlide(text, self.sop.kantor), ChannelsSlide(channels(self.sop.kantor))]
        for slide in self.slides:
            self.stack.addWidget(slide)
            for inner in (slide, *slide.findChildren(QWidget)):
                inner.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._show(0)

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
        self._show((self.at + by) % len(self.slides), touched=touched, fade=not touched)

    def _turned(self) -> None:
        if self.resting:
            self._show(0, fade=True)
        else:
            self.turn(1)

    def _show(self, at: int, *, touched: bool = False, fade: bool = False) -> None:
        if fade and self.isVisible() and at != self.at:
            self._fade()
        self.stack.setCurrentIndex(at)
        self.dots.set(len(self.slides), at)
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
