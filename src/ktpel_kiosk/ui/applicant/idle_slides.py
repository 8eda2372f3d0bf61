"""The pages of the idle round: welcome, standar pelayanan, maklumat, ways to complain."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout

from ktpel_kiosk.desk.notices import Channel, duration
from ktpel_kiosk.domain.sop import Kantor, Sop
from ktpel_kiosk.domain.text import hours_text
from ktpel_kiosk.ui.applicant.paging import Block, StandardPage
from ktpel_kiosk.ui.applicant.parts import CENTER, IconLabel, fact, qr_image
from ktpel_kiosk.ui.theme import Theme
from ktpel_kiosk.ui.widgets.base import Card, Painted, column, label
from ktpel_kiosk.ui.widgets.capture import Picture
from ktpel_kiosk.ui.widgets.front import BehindSilent
from ktpel_kiosk.ui.words import word

TOP = Qt.AlignmentFlag.AlignTop
CHANNEL_ICONS = {"kotak_saran": "inbox", "situs": "globe", "email": "mail", "telepon": "phone", "lapor": "megaphone",
                 "langsung": "users", "lain": "message-square"}

_code_of = lru_cache(maxsize=8)(qr_image)
"""The office's own addresses for complaints: drawn once, however often the round is laid out anew."""


def _w(key: str) -> str:
    return word("siaga", key)


class Slide(BehindSilent):
    """One page of the round; ``name`` is spoken."""

    def __init__(self, name: str, theme: Theme | None = None) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.name = name
        self.px = (theme or Theme()).px
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

    def __init__(self, sop: Sop, theme: Theme | None = None, *, upright: bool = False, low: bool = False) -> None:
        super().__init__(word("pemohon", "sapa"), theme)
        px = self.px
        kantor = sop.kantor
        self.box.addLayout(column(label(word("pemohon", "sapa"), "applicant_title", weight="bold"),
                                  label(word("pemohon", "sapa_kecil"), "applicant_body", tone="muted", wrap=True), spacing=6))
        line = QVBoxLayout() if upright else QHBoxLayout()
        line.setSpacing(px(32))
        left, right = Card(px(32), px(24), radius="applicant"), Card(px(32), px(18), radius="applicant")
        if not low:
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
        self.setAccessibleName(self._text)
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

    def __init__(self, text: str, kantor: Kantor, theme: Theme | None = None) -> None:
        super().__init__(_w("maklumat"), theme)
        px = self.px
        card = Card(0, 0, radius="applicant")
        card.body.setContentsMargins(px(88), px(30), px(88), px(30))
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

    def __init__(self, found: Sequence[Channel], theme: Theme | None = None, *, low: bool = False, across: int = 3) -> None:
        super().__init__(word("pemohon", "aduan"), theme)
        self._low = low
        self.heading(word("pemohon", "aduan"))
        if not low:
            self.box.addWidget(label(_w("aduan_kecil"), "applicant_body", tone="muted", wrap=True))
            self.box.addSpacing(8)
        coded = [c for c in found if c.link]
        plain = [c for c in found if not c.link]
        if len(coded) == 1:
            self._side_by_side(coded[0], plain)
        else:
            self._rows([found[i:i + across] for found in (coded, plain) for i in range(0, len(found), across)])
        self.box.addStretch(1)

    def _rows(self, rows: Sequence[Sequence[Channel]]) -> None:
        grid = QGridLayout()
        grid.setSpacing(self.px(24))
        for y, line in enumerate(rows):
            span = 6 // len(line)
            for x, channel in enumerate(line):
                card = self._coded(channel, 150 if self._low else 168) if channel.link else self._plain(channel)
                grid.addWidget(card, y, x * span, 1, span)
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

    def _coded(self, channel: Channel, side: int) -> Card:
        card = Card(self.px(20), self.px(8), radius="applicant")
        code = Picture(QSize(side, side), fill=False)
        code.set_image(_code_of(channel.link))
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

    def _plain(self, channel: Channel) -> Card:
        card = Card(self.px(22), 0, radius="applicant")
        card.body.addLayout(fact(CHANNEL_ICONS[channel.kind], channel.name, channel.value or _w("tanya_petugas")))
        return card
