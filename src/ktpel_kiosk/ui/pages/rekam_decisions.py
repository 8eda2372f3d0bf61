"""Panels of the recording session that stand over a part until something is decided: an exception, a refused capture that counts."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.ui.pages.base import Page
from ktpel_kiosk.ui.pages.rekam_refused import KeepPanel
from ktpel_kiosk.ui.pages.rekam_review import ExceptionPanel

if TYPE_CHECKING:
    from ktpel_kiosk.ui.pages.rekam_alike import AlikeNotice
    from ktpel_kiosk.ui.pages.rekam_footer import SessionFooter
    from ktpel_kiosk.ui.pages.rekam_part import Part
    from ktpel_kiosk.ui.presenters.record_view import RecordView, Rejected
    from ktpel_kiosk.ui.widgets.front import FrontStack


class DecisionPage(Page):
    """The part of the recording page that opens and closes them; :mod:`ktpel_kiosk.ui.pages.perekaman` has the rest."""

    view: RecordView | None
    part: Part | None
    stack: FrontStack
    foot: SessionFooter
    alike: AlikeNotice

    def buttons(self) -> None:
        raise NotImplementedError

    @cached_property
    def exception(self) -> ExceptionPanel:
        panel = ExceptionPanel(self)  # type: ignore[arg-type]
        self.stack.addWidget(panel)
        return panel

    @cached_property
    def keeping(self) -> KeepPanel:
        panel = KeepPanel(self)  # type: ignore[arg-type]
        self.stack.addWidget(panel)
        return panel

    def _deciding(self) -> bool:
        """A panel with a decision stands over the part."""
        return isinstance(self.stack.currentWidget(), ExceptionPanel | KeepPanel)

    def ask_exception(self, position: Position | None) -> None:
        """Open the exception panel for a finger, an eye or the signature."""
        if self.view is None or self.part is None or not self.foot.excuse.isVisible():
            return
        missing = [s.position for s in self.view.of_part(self.part.key) if not s.done]
        default = {"jari": Position.RIGHT_THUMB, "iris": Position.RIGHT_EYE}.get(self.part.key, Position.SIGNATURE)
        self.exception.ask(position or self.part.excusable() or (missing[0] if missing else default))
        self._open_panel(self.exception, "Simpan pengecualian")

    def ask_keep(self, rejected: Rejected | None) -> None:
        """A second officer is asked to let a refused capture count."""
        if self.view is not None and rejected is not None:
            self.keeping.ask(rejected)
            self._open_panel(self.keeping, "Pakai hasil ini")

    def _open_panel(self, panel: ExceptionPanel | KeepPanel, act: str) -> None:
        self.stack.setCurrentWidget(panel)
        self.alike.hide()  # the panel needs the room, and one thing is decided at a time
        self.foot.show_panel(act, panel.save)

    def close_panel(self, *, settled: bool = False) -> None:
        """Back to the part; ``settled``: what the panel was about is done."""
        self.foot.hide_panel()
        if self.part is not None:
            if settled:
                self.part.forget_refused()
            self.stack.setCurrentWidget(self.part)
        if self.view is not None:
            self.alike.show_view(self.view)
        self.buttons()
