"""Practice mode: what a trainer may do to the simulated desk while the kiosk runs. No production desk has this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.sop import Layanan

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


@dataclass(frozen=True, slots=True)
class Trainee:
    """An invented applicant to practise on.

    Attributes:
        key: of the case (``baru``, ``hilang``, ...); the same office and round always bring the same person.
        title, says: the case in a word, and what the applicant says at the counter.
        layanan: the right service. papers, lacking: what lies on the counter, and what is missing there.
        body: positions that cannot be captured (a bandaged hand).
        turned_away: right is that nothing is recorded now.
    """

    key: str
    title: str
    says: str
    layanan: Layanan
    person: Penduduk
    phone: str
    papers: tuple[str, ...]
    lacking: tuple[str, ...] = ()
    body: frozenset[Position] = frozenset()
    turned_away: bool = False


@dataclass(frozen=True, slots=True)
class Lesson:
    """One thing to get right. ``state``: ``done``, ``todo``, ``wrong``; ``text`` says what, or what went wrong."""

    text: str
    state: str


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

    def trainees(self) -> Sequence[Trainee]:
        """Who waits to be served, one per case this office's SOP has; empty where no register is at hand."""
        ...

    def another(self, key: str) -> Trainee:
        """The next person of this case. NotFound ``simulator.no_trainee``."""
        ...

    def lessons(self, key: str) -> Sequence[Lesson]:
        """How the trainee did with the present person of this case; reads the register. NotFound."""
        ...
