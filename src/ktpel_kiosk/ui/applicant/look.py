"""How large the applicant's window draws: after its screen, never under 22 pixels, larger still where the applicant asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from ktpel_kiosk.ui.theme import Theme

LEAST_TEXT = 22
LEAST_TOUCH = 64
LARGER = 1.2
"""Factor of the larger letters."""
SMALLEST, LARGEST = 0.7, 2.0


@dataclass(frozen=True)
class ApplicantTheme(Theme):
    """Letters have a floor of their own, so a small screen draws gaps smaller and not words; ``letters`` multiplies them."""

    letters: float = 1.0

    def size(self, name: str) -> int:
        size = super().size(name)
        return round(max(LEAST_TEXT, size) * self.letters) if name.startswith("applicant_") else size

    def touch(self, design: float = LEAST_TOUCH) -> int:
        """Side of something to be touched, pixels."""
        return max(LEAST_TOUCH, self.px(design))


def scale_for(width: int, height: int) -> float:
    """1.0 at 1366x768 and, stood upright, at 800x1280."""
    room = min(width / 1366, height / 768) if width >= height else min(width / 800, height / 1280)
    return max(SMALLEST, min(LARGEST, round(room, 2)))


def touch_of(widget: QWidget, design: float = LEAST_TOUCH) -> int:
    """Touch side in the window ``widget`` stands in."""
    theme = getattr(widget.window(), "_ktpel_theme", None)
    return theme.touch(design) if isinstance(theme, ApplicantTheme) else max(LEAST_TOUCH, round(design))
