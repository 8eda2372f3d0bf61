"""The key that turns a shown card over."""

from __future__ import annotations

from ktpel_kiosk.ports.services import CardFace
from ktpel_kiosk.ui.widgets.buttons import Button
from ktpel_kiosk.ui.widgets.capture import CardPreview, to_qimage


class CardFlip(Button):
    """Stands beside a preview and says which side comes next; off while there is no card."""

    def __init__(self, preview: CardPreview) -> None:
        super().__init__("", icon="rotate-ccw", key="F8")
        self._preview, self._front = preview, True
        self._card: CardFace | None = None
        self.clicked.connect(lambda: self._show(not self._front))
        self.show_card(None)

    def show_card(self, card: CardFace | None) -> None:
        """Its front, whichever side of the one before was seen."""
        self._card = card
        self.setEnabled(card is not None)
        self._show(front=True)

    def _show(self, front: bool) -> None:
        self._front = front
        card = self._card
        self._preview.set_image(to_qimage(card.front if front else card.back) if card is not None else None)
        self.set_text("Lihat belakang" if front else "Lihat depan")
