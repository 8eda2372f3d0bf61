"""Pengaturan, at the printers of papers: which paper the applicant's slips come out on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout

from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.ui.widgets.base import Card, column, label
from ktpel_kiosk.ui.widgets.buttons import ChoiceChip
from ktpel_kiosk.ui.widgets.extra import chosen_value

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage

MEDIA: tuple[tuple[str, str, str], ...] = (
    ("a4", "A4", "Slip untuk pemohon dicetak di printer dokumen."),
    ("80mm", "Struk 80 mm", "Slip untuk pemohon dicetak di printer struk, dan di A4 bila printer struk gagal."),
)


class SlipChoice(Card):
    """Two chips; applied at once by whoever may change settings."""

    def __init__(self, page: PengaturanPage) -> None:
        super().__init__(18, 8)
        self._page = page
        self.group = QButtonGroup(self)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addLayout(column(label("Kertas slip", "body", weight="semibold"),
                              label("Tanda terima, lembar pengembalian dan bukti pengambilan.", "small", tone="muted", wrap=True),
                              spacing=2), 1)
        for value, text, _said in MEDIA:
            chip = ChoiceChip(text, value)
            chip.setEnabled(page.presenter.may("change_settings"))
            self.group.addButton(chip)
            line.addWidget(chip, 0, Qt.AlignmentFlag.AlignVCenter)
        self.body.addLayout(line)
        self.group.buttonClicked.connect(lambda _b: self._choose())

    def opened(self) -> None:
        self._page.ask(self._page.presenter.slip_medium, self._show)

    def _show(self, medium: str) -> None:
        for button in self.group.buttons():
            if isinstance(button, ChoiceChip):
                button.setChecked(button.value == medium)

    def _choose(self) -> None:
        medium = chosen_value(self.group)
        if medium:
            self._page.act(lambda: self._page.presenter.choose_slip_medium(medium), self._chosen, self._refused)

    def _refused(self, trouble: KioskError) -> None:
        self._page.trouble(trouble)
        self.opened()

    def _chosen(self, medium: str) -> None:
        self._show(medium)
        self._page.shell.tell("good", next(said for value, _text, said in MEDIA if value == medium), bold="Tersimpan.")
