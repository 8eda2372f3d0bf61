"""The parts of a recording session, each built when it is first asked for: all at once would hold the first click for 100 ms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QStackedWidget

from ktpel_kiosk.ui.pages.rekam_fingers import FingersPart
from ktpel_kiosk.ui.pages.rekam_iris import IrisPart
from ktpel_kiosk.ui.pages.rekam_part import Part
from ktpel_kiosk.ui.pages.rekam_photo import PhotoPart
from ktpel_kiosk.ui.pages.rekam_review import DataPart
from ktpel_kiosk.ui.pages.rekam_seal import ReviewPart
from ktpel_kiosk.ui.pages.rekam_signature import SignaturePart

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.perekaman import PerekamanPage

KINDS: tuple[type[Part], ...] = (DataPart, PhotoPart, FingersPart, IrisPart, SignaturePart, ReviewPart)


class Parts(dict[str, Part]):
    """Key to part; ``in`` and ``values`` ask for nothing, indexing builds. A part built late knows the session that is open."""

    def __init__(self, page: PerekamanPage, stack: QStackedWidget) -> None:
        super().__init__()
        self._page, self._stack = page, stack

    def __missing__(self, key: str) -> Part:
        made = self.make(key)
        view = self._page.view
        if view is not None and key in view.parts():
            made.show_view(view)
        return made

    def make(self, key: str) -> Part:
        """The part alone; it has seen no session yet."""
        made = self[key] = next(k for k in KINDS if k.key == key)(self._page)
        self._stack.addWidget(made)
        return made

    @property
    def data(self) -> DataPart:
        part = self["data"]
        assert isinstance(part, DataPart)
        return part

    def begin(self) -> None:
        """Another session: nothing of the former one stays in the fields, and the applicant is shown the own data."""
        review = self.get("tinjau")
        if isinstance(review, ReviewPart):
            review.reset()
        if "data" in self:
            self.data.show_to_applicant = True
