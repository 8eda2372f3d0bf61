"""What the panels of Tindak lanjut are built of: the card of a task, and answers to choose from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ktpel_kiosk.ui.pages.base import scroll
from ktpel_kiosk.ui.widgets.base import Card, label
from ktpel_kiosk.ui.widgets.buttons import Chip, ChoiceChip
from ktpel_kiosk.ui.widgets.flow import Flow


@dataclass(frozen=True)
class TaskCard:
    """Title and kind stand on top; what follows goes into ``box``, which scrolls."""

    card: Card
    box: QVBoxLayout
    title: QLabel
    kind: Chip


def task_card() -> TaskCard:
    card = Card(0, 0)
    card.body.setContentsMargins(24, 12, 10, 12)
    inner = QWidget()
    box = QVBoxLayout(inner)
    box.setContentsMargins(0, 12, 14, 12)
    box.setSpacing(12)
    card.body.addWidget(scroll(inner))
    head = QHBoxLayout()
    title = label("", "strong", weight="semibold", wrap=True)
    kind = Chip("", "attention")
    head.addWidget(title, 1)
    head.addWidget(kind)
    box.addLayout(head)
    return TaskCard(card, box, title, kind)


def choices(group: QButtonGroup, answers: Iterable[tuple[str, str]], clicked: Callable[[], object]) -> tuple[QWidget, QVBoxLayout,
                                                                                                        dict[str, ChoiceChip]]:
    """(area, its layout with the chips on top, chip by value); ``answers`` are (value, text)."""
    area, holder, chips = QWidget(), QWidget(), Flow(8)
    box = QVBoxLayout(area)
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(10)
    holder.setLayout(chips)
    made: dict[str, ChoiceChip] = {}
    for value, text in answers:
        chip = made[value] = ChoiceChip(text, value)
        chip.clicked.connect(lambda _on=False: clicked())
        group.addButton(chip)
        chips.addWidget(chip)
    box.addWidget(holder)
    return area, box, made
