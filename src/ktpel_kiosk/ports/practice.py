"""Practice mode: what a trainer may do to the simulated desk while the kiosk runs. No production desk has this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

LINE = "line"
"""Name of the network line among the devices of the fault script."""


@dataclass(frozen=True, slots=True)
class FaultChoice:
    """One thing that can go wrong. ``lasting``: it stays until it is ended; otherwise it strikes once, at the next chance."""

    device: str
    fault: str
    lasting: bool


@dataclass(frozen=True, slots=True)
class PracticeState:
    """``faults``: (device, fault) of what is on or waits for its chance; ``condition``: of the sitter's skin, empty when nobody sits;
    ``card``: what lies on the reader: ``none``, ``printed``, ``blank``, ``foreign``."""

    faults: tuple[tuple[str, str], ...]
    condition: str
    card: str


class PracticeControls(Protocol):
    """Any thread; answers at once. Raises BadInput ``faults.unknown`` for what is not offered."""

    def choices(self) -> Sequence[FaultChoice]: ...
    def conditions(self) -> Sequence[str]:
        """What the skin of the person at the desk can be like."""
        ...

    def state(self) -> PracticeState: ...
    def start(self, device: str, fault: str) -> None: ...
    def stop(self, device: str, fault: str) -> None: ...
    def stop_all(self) -> None: ...
    def set_condition(self, condition: str) -> None: ...
    def lay_card(self, what: str) -> None:
        """``printed``: the card the printer dropped last; ``blank``: one that was never written; ``foreign``: a card of another system;
        ``none``: take it away. NotFound ``simulator.no_card`` when nothing was printed yet."""
        ...

    def scan(self, code: str) -> None:
        """Hold a code before the barcode scanner."""
        ...

    def service_printer(self) -> None:
        """Open the card printer, remove what is stuck, refill card and ribbon."""
        ...
