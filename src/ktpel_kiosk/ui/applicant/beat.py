"""A slow clock for pictures that show what to do; it stands still when nobody sees them or less motion is wanted."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from ktpel_kiosk.ui.motion import less_motion

STEP_MS = 50


class Beat(QObject):
    """Repaints ``widget`` while it is visible. ``at`` runs from 0 to ``phases`` and begins anew.

    Args:
        phase_ms: how long one phase lasts.
        still: what ``at`` says while nothing moves.
    """

    stepped = Signal()

    def __init__(self, widget: QWidget, phases: int, phase_ms: int, still: float) -> None:
        super().__init__(widget)
        self._widget, self.phases, self.phase_ms, self.still = widget, phases, phase_ms, still
        self._since = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(STEP_MS)
        self._timer.timeout.connect(self._step)
        self._wanted = True
        widget.installEventFilter(self)

    @property
    def moving(self) -> bool:
        return self._timer.isActive()

    @property
    def at(self) -> float:
        if not self.moving:
            return self.still
        return (self._since.elapsed() / self.phase_ms) % self.phases

    def want(self, on: bool) -> None:
        """Whether there is anything to show now."""
        if on and not self._wanted:
            self._since.restart()
        self._wanted = on
        self._settle()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._settle(event.type() == QEvent.Type.Show)
        return False

    def _settle(self, visible: bool | None = None) -> None:
        on = self._wanted and (self._widget.isVisible() if visible is None else visible) and not less_motion()
        if on and not self._timer.isActive():
            self._since.restart()
            self._timer.start()
        elif not on and self._timer.isActive():
            self._timer.stop()
            self._widget.update()

    def _step(self) -> None:
        if less_motion():
            self._settle()
        else:
            self._widget.update()
            self.stepped.emit()
