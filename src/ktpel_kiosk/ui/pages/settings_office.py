"""Sections of Pengaturan: office with letterhead, look."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ktpel_kiosk.ui import motion
from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.screen_keyboard import MODES
from ktpel_kiosk.ui.widgets.base import Card, Line, column, label
from ktpel_kiosk.ui.widgets.buttons import Button, ChoiceChip
from ktpel_kiosk.ui.widgets.extra import chosen_value
from ktpel_kiosk.ui.widgets.status import NoticeBar
from ktpel_kiosk.ui.words import word

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

SIZES: tuple[tuple[str, str], ...] = (("normal", "Normal"), ("besar", "Besar"), ("lebih_besar", "Lebih besar"), ("terbesar", "Terbesar"))
CONTRASTS: tuple[tuple[str, str], ...] = (("light", "Terang"), ("contrast", "Kontras tinggi"))


class Section(QWidget):
    """One tab. ``primary`` is its F9 button."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__()
        self.page = page
        self.primary: Button | None = None
        self.rest: Iterator[None] = iter(())
        """As :attr:`Page.rest`."""
        self.frame = QVBoxLayout(self)
        self.frame.setContentsMargins(0, 0, 0, 0)
        self.frame.setSpacing(16)

    @classmethod
    def in_turns(cls, page: PengaturanPage) -> Iterator[Section | None]:
        """As :meth:`Page.in_turns`."""
        yield cls(page)

    def opened(self) -> None:
        """Shown."""

    def closed(self) -> None:
        """Left."""

    def refresh(self) -> None:
        """The register changed."""

    def back(self) -> bool:
        return False


def breakable(text: str) -> str:
    """Addresses and patterns without a space may break after their signs; a label would be as wide as the longest word otherwise."""
    return re.sub(r"(?<=[@/._}])(?=\S)", "\u200b", text)


class OfficeSection(Section):
    """Letterhead as papers show it, and what else the SOP says of the office."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        self.frame.addWidget(self._letterhead())
        self.frame.addWidget(self._facts(), 1)

    def _letterhead(self) -> Card:
        card = Card(24, 10)
        card.body.addWidget(label("Kop surat", "strong", weight="semibold"))
        card.body.addWidget(label("Seperti tercetak di tanda terima, surat dan buku register.", "small", tone="muted"))
        paper = Card(28, 2)
        center = Qt.AlignmentFlag.AlignCenter
        kop = self.page.presenter.letterhead()
        for i, line in enumerate(kop):
            big = i == len(kop) - 1
            step, weight = "strong" if big or i == 0 else "body", "bold" if big else "semibold"
            paper.body.addWidget(label(line, step, weight=weight, align=center, wrap=True))
        for line in self.page.presenter.address().splitlines():
            paper.body.addWidget(label(line, "small", tone="muted", align=center, wrap=True))
        paper.body.addSpacing(8)
        for thick in (2, 1):
            rule = Line()
            rule.setFixedHeight(thick)
            paper.body.addWidget(rule)
        card.body.addWidget(paper)
        card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        return card

    def _facts(self) -> Card:
        card = Card(24, 0)
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(20)
        grid.setVerticalSpacing(11)
        grid.setColumnStretch(1, 1)
        grid.addWidget(label("Kantor", "strong", weight="semibold"), 0, 0, 1, 2)
        for i, (title, value) in enumerate(self.page.presenter.office(), 1):
            grid.addWidget(label(title, "small", tone="muted"), i, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label(breakable(value), "body", weight="medium", wrap=True), i, 1)
        note = label("Data kantor berasal dari SOP. Ubah di berkas SOP, lalu berlakukan berkas itu di bagian SOP.", "small",
                     tone="muted", wrap=True)
        grid.addWidget(note, 98, 0, 1, 2)
        card.body.addLayout(grid)
        card.body.addStretch(1)
        return card


class LookSection(Section):
    """Contrast, text size and the screen keyboard; applied at once."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(page)
        inner = QWidget()
        body = column(spacing=18, margins=(28, 28, 28, 28))
        inner.setLayout(body)
        self.contrast, one = _choices(CONTRASTS, self)
        self.text_size, two = _choices(SIZES, self)
        self.sample = NoticeBar(closable=False)
        body.addLayout(column(label("Warna", "strong", weight="semibold"),
                                   label("Kontras tinggi memakai garis tebal dan warna pekat, untuk ruang yang sangat terang.", "body",
                                         tone="muted", wrap=True), one, spacing=8))
        body.addSpacing(8)
        body.addLayout(column(label("Ukuran tulisan", "strong", weight="semibold"),
                                   label("Berlaku untuk jendela petugas. Layar pemohon selalu memakai tulisan besar.", "body", tone="muted",
                                         wrap=True), two, spacing=8))
        self.motion, four = _choices(motion.CHOICES, self)
        body.addSpacing(8)
        body.addLayout(column(label("Gerak", "strong", weight="semibold"),
                              label("Tanpa gerak: halaman berganti seketika; bagi yang pusing oleh gerak dan untuk PC yang lambat.", "body",
                                    tone="muted", wrap=True), four, spacing=8))
        self.keyboard, three = _choices(MODES, self)
        body.addSpacing(8)
        body.addLayout(column(label("Papan ketik layar", "strong", weight="semibold"),
                                   label("Otomatis: muncul bila isian disentuh dengan jari, di jendela petugas dan layar pemohon.",
                                         "body", tone="muted", wrap=True), three, spacing=8))
        body.addSpacing(8)
        self.screens_title = label(word("kiosk", "layar"), "strong", weight="semibold")
        self.screens_text = label("", "body", tone="muted", wrap=True)
        self.swap = Button(word("kiosk", "tukar"))
        self.swap.clicked.connect(self._swap)
        for item in (self.screens_title, self.screens_text):
            body.addWidget(item)
        body.addWidget(self.swap, 0, Qt.AlignmentFlag.AlignLeft)
        body.addSpacing(8)
        body.addWidget(label("Contoh", "strong", weight="semibold"))
        body.addWidget(self.sample)
        body.addStretch(1)
        card = Card(0, 0)
        card.body.addWidget(scroll(inner))
        self.frame.addWidget(card, 1)
        self.motion.buttonClicked.connect(lambda b: self._moves(str(b.value)))
        self.contrast.buttonClicked.connect(lambda _b: self._changed())
        self.text_size.buttonClicked.connect(lambda _b: self._changed())
        self.keyboard.buttonClicked.connect(lambda b: self.page.shell.keyboard.set_mode(str(b.value)))

    def opened(self) -> None:
        contrast, size = self.current()
        moves = motion.STILL if motion.less_motion() else motion.CALM
        for group, value in ((self.contrast, contrast), (self.text_size, size), (self.motion, moves),
                             (self.keyboard, self.page.shell.keyboard.mode)):
            for button in group.buttons():
                if isinstance(button, ChoiceChip):
                    button.setChecked(button.value == value)
        self._show_sample()
        self._show_screens()

    def refresh(self) -> None:
        self._show_screens()

    def _show_screens(self) -> None:
        """Which screen is whose; only a desk with two has a choice."""
        screens = self.page.shell.screens
        two = screens is not None and screens.count > 1
        first, second = ("2", "1") if screens is not None and screens.swapped else ("1", "2")
        text = word("kiosk", "dua_layar" if two else "satu_layar")
        self.screens_text.setText(text.format(petugas=first, pemohon=second))
        self.swap.setVisible(two)

    def _swap(self) -> None:
        screens = self.page.shell.screens
        if screens is not None:
            screens.swap(not screens.swapped)
            self._show_screens()

    def _moves(self, choice: str) -> None:
        motion.set_less_motion(choice == motion.STILL)
        self.page.shell.memory.put(motion.KEPT_AS, choice)

    def current(self) -> tuple[str, str]:
        """Contrast and text size in force."""
        return self.page.shell.theme.contrast, self.page.shell.text_size

    def _changed(self) -> None:
        contrast, size = chosen_value(self.contrast), chosen_value(self.text_size)
        if contrast and size:
            self.page.shell.choose_look(contrast, size)
            self._show_sample()

    def _show_sample(self) -> None:
        self.sample.show_text("attention", "Printer kartu kehabisan pita. Permohonan lain tetap bisa dilayani.",
                              bold="0042 SITI CONTOH LESTARI.")


def _choices(items: tuple[tuple[str, str], ...], parent: QWidget) -> tuple[QButtonGroup, QWidget]:
    group, holder = QButtonGroup(parent), QWidget()
    line = QHBoxLayout(holder)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(8)
    for value, text in items:
        chip = ChoiceChip(text, value)
        group.addButton(chip)
        line.addWidget(chip)
    line.addStretch(1)
    return group, holder
