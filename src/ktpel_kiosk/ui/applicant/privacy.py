"""Pemberitahuan pemrosesan data (UU 27/2022 Ps 21): four pictures first, the whole text one touch away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QScroller,
    QSizePolicy,
    QStackedWidget,
    QWidget,
)

from ktpel_kiosk.domain.sop import Sop
from ktpel_kiosk.ui import icons
from ktpel_kiosk.ui.applicant.lang import Tongue, languages
from ktpel_kiosk.ui.applicant.look import touch_of
from ktpel_kiosk.ui.applicant.parts import ApplicantPage, BigButton
from ktpel_kiosk.ui.theme import theme_of
from ktpel_kiosk.ui.widgets.base import Painted, clear_layout, column, label
from ktpel_kiosk.ui.widgets.buttons import ChoiceChip

FOUR = (("fingerprint-pattern", "privasi_apa"), ("id-card", "privasi_untuk"), ("lock", "privasi_siapa"), ("shield-check", "privasi_hak"))
ROOMY = 700
"""Design pixels of a window from which the four stand apart; large letters on a low screen need the room for their lines."""
WHOLE = ("apa", "dasar", "siapa", "lama", "hak", "kontak")


class LanguageChip(ChoiceChip):
    """A language by its own name, as large as a finger needs."""

    def __init__(self, text: str, value: object) -> None:
        super().__init__(text, value, large=True)

    def sizeHint(self) -> QSize:
        hint = super().sizeHint()
        return QSize(hint.width() + self.theme.px(16), max(touch_of(self), hint.height()))


class Medallion(Painted):
    """A large icon on a soft disc; an ornament."""

    ROLE = ""

    def __init__(self, icon: str, side: int = 92) -> None:
        super().__init__()
        self._icon, self._side = icon, side
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(self.theme.px(self._side), self.theme.px(self._side))

    minimumSizeHint = sizeHint

    def paintEvent(self, event: QEvent) -> None:
        theme = self.theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen if theme.contrast == "light" else QPen(theme.color("accent"), 2))
        painter.setBrush(theme.color("accent_soft"))
        painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        side = round(self.width() * 0.52)
        icons.draw(painter, self._icon, theme.color("accent"), (self.width() - side) / 2, (self.height() - side) / 2, side)


def _scrolled(holder: QWidget) -> QScrollArea:
    """The whole text scrolls under a finger where letters are large and the screen is small."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(holder)
    area.viewport().setAutoFillBackground(False)
    QScroller.grabGesture(area.viewport(), QScroller.ScrollerGestureType.TouchGesture)
    return area


class PrivacyPage(ApplicantPage):
    """What is taken, for what, who gets it, which rights. ``language`` carries another language's code."""

    understood = Signal()
    language = Signal(str)
    asks = True

    def __init__(self, sop: Sop, tongue: Tongue | None = None) -> None:
        super().__init__(tongue)
        w = self.tongue
        self._contact = sop.kantor.dpo_kontak or sop.kantor.telepon or sop.kantor.nama
        self.head(w("privasi_judul"), w("privasi_kecil"), place=False)
        self._chips = QButtonGroup(self)
        top = QHBoxLayout()
        top.setSpacing(12)
        top.addLayout(column(self.title, self.subtitle, spacing=6), 1)
        for chip in self._languages():
            top.addWidget(chip, 0, Qt.AlignmentFlag.AlignTop)
        self.frame.addLayout(top)
        self.layers = QStackedWidget()
        self._four, self._whole = QGridLayout(), QGridLayout()
        for grid in (self._four, self._whole):
            holder = QWidget()
            holder.setProperty("surface", "plain")
            grid.setContentsMargins(0, 0, 0, 0)
            holder.setLayout(grid)
            self.layers.addWidget(_scrolled(holder) if grid is self._whole else holder)
        self.frame.addWidget(self.layers, 1)
        self.more = BigButton(w("privasi_lengkap"), icon="file-text")
        self.more.clicked.connect(self._turn)
        self.go = BigButton(w("mengerti"), "primary", icon="arrow-right", icon_after=True)
        self.go.clicked.connect(self.understood)
        self.foot([self.more], [self.go])
        self._gap = 20
        self._shape: tuple[bool, int, int] | None = None
        self._whole_of: tuple[bool, int, int] | None = None

    def _languages(self) -> list[LanguageChip]:
        made = []
        for code in languages() if len(languages()) > 1 else ():
            chip = LanguageChip(Tongue(code).name, code)
            chip.setChecked(code == self.tongue.code)
            chip.clicked.connect(lambda _on=False, code=code: self.language.emit(code))
            self._chips.addButton(chip)
            made.append(chip)
        return made

    @property
    def whole(self) -> bool:
        """The full text is shown."""
        return self.layers.currentIndex() == 1

    def show_whole(self, on: bool) -> None:
        if on:
            self._lay_whole()
        self.layers.setCurrentIndex(1 if on else 0)
        self.subtitle.setVisible(not on)
        self.more.set_text(self.tongue("privasi_ringkas" if on else "privasi_lengkap"))

    def _turn(self) -> None:
        self.show_whole(not self.whole)
        self.told.emit(self.spoken())

    def fit(self) -> None:
        theme = theme_of(self)
        self._gap = 20 if self.window().height() >= theme.px(ROOMY) else 4
        shape = (self.upright, round(theme.scale * 100), self._gap)
        if shape != self._shape:
            self._shape = shape
            self._lay()

    def _begin(self, grid: QGridLayout, gap: int) -> int:
        """Empty; how many stand side by side."""
        px, across = theme_of(self).px, 1 if self.upright else 2
        clear_layout(grid)
        grid.setHorizontalSpacing(px(44))
        grid.setVerticalSpacing(px(gap))
        for x in range(2):
            grid.setColumnStretch(x, 1 if x < across else 0)
        return across

    def _lay(self) -> None:
        w, px = self.tongue, theme_of(self).px
        across = self._begin(self._four, self._gap)
        for i, (icon, key) in enumerate(FOUR):
            line = QHBoxLayout()
            line.setSpacing(px(24))
            line.addWidget(Medallion(icon), 0, Qt.AlignmentFlag.AlignVCenter)
            text = column(label(w(key), "applicant_button", weight="bold", wrap=True),
                          label(w(f"{key}_teks", kontak=self._contact), "applicant_body", wrap=True), spacing=4)
            text.insertStretch(0, 1)
            text.addStretch(1)
            line.addLayout(text, 1)
            self._four.addLayout(line, i // across, i % across)
        if self.whole:
            self._lay_whole()

    def _lay_whole(self) -> None:
        """The full text, once somebody wants to read it."""
        if self._whole_of == self._shape:
            return
        self._whole_of = self._shape
        w, across = self.tongue, self._begin(self._whole, 14)
        for i, key in enumerate(WHOLE):
            box = column(label(w(f"lengkap_{key}"), "applicant_body", weight="bold", wrap=True),
                         label(w(f"lengkap_{key}_teks", kontak=self._contact), "applicant_body", wrap=True), spacing=2)
            box.addStretch(1)
            self._whole.addLayout(box, i // across, i % across)

    def spoken(self) -> str:
        keys = [f"lengkap_{k}" for k in WHOLE] if self.whole else [k for _i, k in FOUR]
        return ". ".join([self.title.text(), *(f"{self.tongue(k)}: {self.tongue(f'{k}_teks', kontak=self._contact)}" for k in keys)])

    def forget(self) -> None:
        self.show_whole(False)

    def focus_first(self) -> None:
        self.go.setFocus()
