"""The simulated desk: who sits at it, what lies on it, what goes wrong. It ties all simulators together.

Only for demonstrations, training and tests; the app refuses it in production mode. Any thread may act on it.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ktpel_kiosk.domain.errors import BadInput, NotFound
from ktpel_kiosk.hal.simulators.base import SimulatedDriver
from ktpel_kiosk.hal.simulators.faults import Faults
from ktpel_kiosk.ports.devices import DeviceKind, PrintJob

if TYPE_CHECKING:
    from ktpel_kiosk.domain.biometric import PenPoint, Position, RawImage
    from ktpel_kiosk.hal.driver import Driver


class Person(Protocol):
    """The body in front of the devices; the same seed gives the same body, ``impression`` the variation of each touch."""

    def portrait(self, latar: str, jitter: int, *, look: str = "plain") -> RawImage: ...
    def camera_frame(self, latar: str, t: float, *, look: str = "plain") -> RawImage: ...
    def finger(self, position: Position, impression: int, *, condition: str = "normal") -> RawImage: ...
    def slap(self, positions: Sequence[Position], impression: int, *, condition: str = "normal",
             instead: Mapping[Position, Position] | None = None) -> RawImage: ...
    def iris(self, position: Position, impression: int) -> RawImage: ...
    def signature(self, impression: int) -> tuple[PenPoint, ...]: ...


class VirtualCard(Protocol):
    """A chip card as the reader sees it. ``power_cycle()``, when it has one, is called as it is laid on."""

    @property
    def atr(self) -> bytes: ...
    @property
    def uid(self) -> bytes: ...
    def transmit(self, apdu: bytes) -> bytes: ...


PersonFactory = Callable[[int, int, str], Person]
CardFactory = Callable[[], VirtualCard]


@dataclass(slots=True)
class Sitter:
    """The person at the desk: what the body lacks, how the skin is, who may come along, how often each part was captured."""

    person: Person
    latar: str
    missing: frozenset[Position]
    condition: str
    companion: Callable[[], Person]
    taken: Counter[str] = field(default_factory=Counter)

    def impression(self, what: str) -> int:
        self.taken[what] += 1
        return self.taken[what]


@dataclass(frozen=True, slots=True)
class PrintedCard:
    """A card that left the printer."""

    job_id: str
    title: str
    front: RawImage
    back: RawImage | None
    chip: VirtualCard


class SimulatedWorld:
    """One desk with one device of each kind.

    Args:
        seed: of everything random here, and part of the serial numbers.
        people: makes a body from (person seed, birth year, sex "L" or "P"); default the synthetic people.
        faults: the fault script; default an empty one.
        out_dir: where printed cards (PNG) and papers (PDF) go; None keeps them in memory only.
        realtime: let things take their time (demonstrations) instead of happening at once (tests).
        cards: makes the blank card of each print job; default the specimen card.
        hands_free: lay each printed card on the reader by itself, for a demonstration without a second pair of hands.
        chip_printer: the card printer has a chip station inside.
    """

    def __init__(self, seed: int = 1, people: PersonFactory | None = None, faults: Faults | None = None,
                 out_dir: Path | None = None, realtime: bool = False, *, cards: CardFactory | None = None,
                 hands_free: bool = False, chip_printer: bool = False) -> None:
        self.seed = seed
        self.faults = faults or Faults()
        self.out_dir = out_dir
        self.realtime = realtime
        self.hands_free = hands_free
        self.released = threading.Event()
        self.chip_printer = chip_printer
        self._people = people or _synthetic_person
        self._make_card = cards or _specimen_card
        self._changed = threading.Condition()
        self._sitter: Sitter | None = None
        self._printed: dict[str, PrintedCard] = {}
        self._on_reader: VirtualCard | None = None
        self._codes: deque[str] = deque()
        self._papers: deque[str] = deque()
        self.printer_jams = 0
        self._drivers: tuple[Driver, ...] = ()
        self._look_into_hopper: Callable[[], None] = _nothing
        self._change_ribbon: Callable[[], None] = _nothing

    # the person

    def seat(self, person_seed: int, birth_year: int = 1990, sex: str = "L", *, missing: Collection[Position] = (),
             condition: str = "normal") -> None:
        """Somebody sits down. The right cloth hangs behind: red for odd birth years, blue for even ones.

        Args:
            missing: positions the body lacks. condition: of the skin: ``normal``, ``dry``, ``wet``,
                ``worn`` or ``child``.
        """
        if sex not in ("L", "P"):
            raise BadInput("simulator.sex", value=sex, expected="L, P")
        sitter = Sitter(self._people(person_seed, birth_year, sex), "merah" if birth_year % 2 else "biru",
                        frozenset(missing), condition, lambda: self._people(person_seed + 1, birth_year, sex))
        with self._changed:
            self._sitter = sitter
            self._changed.notify_all()

    def leave(self) -> None:
        """The chair is empty."""
        with self._changed:
            self._sitter = None
            self._changed.notify_all()

    def change_condition(self, condition: str) -> None:
        """The skin of whoever sits there. Raises NotFound ``simulator.nobody``."""
        with self._changed:
            if self._sitter is None:
                raise NotFound("simulator.nobody")
            self._sitter.condition = condition
            self._changed.notify_all()

    @property
    def sitter(self) -> Sitter | None:
        with self._changed:
            return self._sitter

    # cards

    def blank_card(self) -> VirtualCard:
        return self._make_card()

    def card_printed(self, card: PrintedCard) -> None:
        """The printer drops a card into its hopper."""
        with self._changed:
            self._printed[card.job_id] = card
            if self.hands_free:
                self._on_reader = card.chip
            self._changed.notify_all()

    def printed(self) -> Sequence[PrintedCard]:
        """What lies in the printer's hopper or has left it, oldest first."""
        self._look_into_hopper()
        with self._changed:
            return tuple(self._printed.values())

    def card_in_reader(self, job: PrintJob | str | VirtualCard) -> VirtualCard:
        """Lay a printed card (by its job or job id) or any other card on the reader, replacing the one there.

        Raises:
            NotFound: ``simulator.no_card``, that job has printed none.
        """
        self._look_into_hopper()
        with self._changed:
            if isinstance(job, PrintJob | str):
                job_id = job if isinstance(job, str) else job.job_id
                if job_id not in self._printed:
                    raise NotFound("simulator.no_card", job=job_id)
                card = self._printed[job_id].chip
            else:
                card = job
            self._on_reader = card
            self._changed.notify_all()
        return card

    def take_card(self) -> None:
        """Nothing lies on the reader."""
        with self._changed:
            self._on_reader = None
            self._changed.notify_all()

    @property
    def card_on_reader(self) -> VirtualCard | None:
        if self.hands_free:
            self._look_into_hopper()
        with self._changed:
            return self._on_reader

    def service(self, device: str = "card_printer") -> None:
        """The operator opens the printer, removes jammed cards, refills: its conditions are cleared."""
        for fault in ("media_empty", "ribbon_empty", "cover"):
            self.faults.clear(device, fault)
        with self._changed:
            if device == "card_printer":
                self.printer_jams = 0
            self._changed.notify_all()
        if device == "card_printer":
            self._change_ribbon()

    # papers and codes

    def scan_code(self, text: str) -> None:
        """Somebody holds a code before the barcode scanner."""
        with self._changed:
            self._codes.append(text)
            self._changed.notify_all()

    def next_code(self) -> str | None:
        with self._changed:
            return self._codes.popleft() if self._codes else None

    def feed_paper(self, *titles: str) -> None:
        """Put pages into the document scanner; an empty feeder scans one page of its own."""
        with self._changed:
            self._papers.extend(titles)

    def take_papers(self) -> Sequence[str]:
        with self._changed:
            titles = tuple(self._papers)
            self._papers.clear()
            return titles

    def wait_change(self, seconds: float) -> None:
        """Wait until somebody acts on the world, at most ``seconds``."""
        with self._changed:
            self._changed.wait(seconds)

    # wiring

    def drivers(self) -> tuple[Driver, ...]:
        """One driver per device kind, for the device manager; the same ones each time, for it is one desk."""
        if self._drivers:
            return self._drivers
        from ktpel_kiosk.hal.simulators import biometric, desk
        from ktpel_kiosk.hal.simulators.card_printer import SimulatedCardPrinter, SimulatedEncodingPrinter, SimulatedPrinterState

        printer = self.printer = SimulatedPrinterState(self)
        make_printer = SimulatedEncodingPrinter if self.chip_printer else SimulatedCardPrinter
        self._look_into_hopper = printer.settle
        self._change_ribbon = printer.change_ribbon
        self._drivers = (
            SimulatedDriver(DeviceKind.CAMERA, self, lambda: biometric.SimulatedCamera(self)),
            SimulatedDriver(DeviceKind.FINGERPRINT, self, lambda: biometric.SimulatedFingerprintScanner(self)),
            SimulatedDriver(DeviceKind.IRIS, self, lambda: biometric.SimulatedIrisCamera(self)),
            SimulatedDriver(DeviceKind.SIGNATURE, self, lambda: biometric.SimulatedSignaturePad(self)),
            SimulatedDriver(DeviceKind.SCANNER, self, lambda: desk.SimulatedDocumentScanner(self)),
            SimulatedDriver(DeviceKind.CARD_READER, self, lambda: desk.SimulatedCardReader(self)),
            SimulatedDriver(DeviceKind.CARD_PRINTER, self, lambda: make_printer(self, printer)),
            SimulatedDriver(DeviceKind.DOCUMENT_PRINTER, self, lambda: desk.SimulatedDocumentPrinter(self)),
            SimulatedDriver(DeviceKind.RECEIPT_PRINTER, self, lambda: desk.SimulatedReceiptPrinter(self)),
            SimulatedDriver(DeviceKind.BARCODE, self, lambda: desk.SimulatedBarcodeScanner(self)),
        )
        return self._drivers

    def close(self) -> None:
        """Let go of everything that hangs on purpose; call it before closing the manager."""
        self.released.set()


def _nothing() -> None:
    return None


def _synthetic_person(seed: int, birth_year: int, sex: str) -> Person:
    from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson

    return SyntheticPerson(seed, birth_year, sex)


def _specimen_card() -> VirtualCard:
    from ktpel_kiosk.hal.simulators.specimen_card import SpecimenCard

    return SpecimenCard()
