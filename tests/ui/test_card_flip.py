"""A shown card and the key that turns it over."""

from __future__ import annotations

from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.ports.services import CardFace
from ktpel_kiosk.ui.widgets.capture import CardPreview
from ktpel_kiosk.ui.widgets.card_flip import CardFlip

RED, BLUE = (200, 20, 20), (20, 20, 200)


def side(colour: tuple[int, int, int]) -> RawImage:
    return RawImage(1013, 638, 3, bytes(colour) * (1013 * 638))


def test_each_press_shows_the_other_side_and_a_new_card_its_front(qtbot: QtBot) -> None:
    preview = CardPreview()
    qtbot.addWidget(preview)
    preview.resize(428, 270)
    flip = CardFlip(preview)
    qtbot.addWidget(flip)

    def seen() -> tuple[int, int, int]:
        at = QColor(preview.grab().toImage().pixel(214, 135))
        return at.red(), at.green(), at.blue()

    assert not flip.isEnabled() and seen() not in (RED, BLUE)
    flip.show_card(CardFace(side(RED), side(BLUE), ""))
    assert (flip.isEnabled(), flip.text(), seen()) == (True, "Lihat belakang", RED)
    flip.click()
    assert (flip.text(), seen()) == ("Lihat depan", BLUE)
    flip.click()
    assert (flip.text(), seen()) == ("Lihat belakang", RED)
    flip.click()
    flip.show_card(CardFace(side(BLUE), side(RED), ""))
    assert (flip.text(), seen()) == ("Lihat belakang", BLUE)
    flip.show_card(None)
    assert not flip.isEnabled() and seen() not in (RED, BLUE)
