"""The trainer's hand on a running practice desk: faults, the person's skin, cards, codes, the line to the centre."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.errors import BadInput, NotFound
from ktpel_kiosk.hal.simulators import faults
from ktpel_kiosk.hal.simulators.foreign_card import ForeignCard
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ports.practice import LINE, FaultChoice, Lesson, PracticeState, Trainee

if TYPE_CHECKING:
    from ktpel_kiosk.app.practice_trainees import Trainees
    from ktpel_kiosk.hal.simulators.world import SimulatedWorld
    from ktpel_kiosk.siak.simulator.tcp_line import BadLine

SCRIPT = "gangguan.toml"
"""Below the folder of the simulated devices: a fault script that a running kiosk reads again whenever it changes."""
CONDITIONS = ("normal", "dry", "wet", "worn", "child")
CARDS = ("printed", "blank", "foreign", "none")
SLOW, CUT_AFTER = 2000.0, 20_000
LOOK_S = 1.0


def script_of(data: Path) -> Path:
    """Where the fault script of an office folder stands."""
    return data / "perangkat" / SCRIPT


class WorldControls:
    """Implements ports.practice.PracticeControls over a simulated world."""

    def __init__(self, world: SimulatedWorld, trainees: Trainees | None = None) -> None:
        self._world, self._trainees = world, trainees
        self._lying = "printed"

    def choices(self) -> Sequence[FaultChoice]:
        kinds = [*(str(k) for k in DeviceKind), LINE]
        return tuple(FaultChoice(device, fault, faults.is_lasting(device, fault))
                     for device in kinds for fault in sorted(faults.names(device)))

    def conditions(self) -> Sequence[str]:
        return CONDITIONS

    def state(self) -> PracticeState:
        sitter = self._world.sitter
        lying = self._lying if self._world.card_on_reader is not None else "none"
        return PracticeState(tuple(self._world.faults.waiting()), sitter.condition if sitter is not None else "", lying)

    def start(self, device: str, fault: str) -> None:
        self._world.faults.add(device, fault)

    def stop(self, device: str, fault: str) -> None:
        self._world.faults.clear(device, fault)
        if (device, fault) == (DeviceKind.CARD_PRINTER, "jam"):
            self._world.service()

    def stop_all(self) -> None:
        self._world.faults.clear()
        self._world.service()

    def set_condition(self, condition: str) -> None:
        if condition not in CONDITIONS:
            raise BadInput("faults.unknown", device="fingerprint", value=condition[:40])
        self._world.change_condition(condition)

    def lay_card(self, what: str) -> None:
        if what == "printed":
            made = self._world.printed()
            if not made:
                raise NotFound("simulator.nothing_printed")
            self._world.card_in_reader(made[-1].job_id)
        elif what == "blank":
            self._world.card_in_reader(self._world.blank_card())
        elif what == "foreign":
            self._world.card_in_reader(ForeignCard())
        elif what == "none":
            self._world.take_card()
        else:
            raise BadInput("faults.unknown", device="card_reader", value=what[:40])
        self._lying = what

    def scan(self, code: str) -> None:
        self._world.scan_code(code)

    def service_printer(self) -> None:
        self._world.service()

    def trainees(self) -> Sequence[Trainee]:
        return self._trainees.all() if self._trainees is not None else ()

    def another(self, key: str) -> Trainee:
        return self._of_desk(key).another(key)

    def lessons(self, key: str) -> Sequence[Lesson]:
        return self._of_desk(key).lessons(key)

    def _of_desk(self, key: str) -> Trainees:
        if self._trainees is None:
            raise NotFound("simulator.no_trainee", value=key[:40])
        return self._trainees


class PracticeLine:
    """The line between kiosk and practice centre, as bad as the fault script says. Looks at the script once a second."""

    def __init__(self, line: BadLine, script: faults.Faults) -> None:
        self._line = line
        self._script = script
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="practice-line", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._leaving.is_set():
            self.settle()
            self._leaving.wait(LOOK_S)

    def settle(self) -> None:
        """Make the line what the script says now."""
        dead = self._script.active(LINE, "dead")
        if dead and self._line.listening:
            self._line.down()
        elif not dead and not self._line.listening:
            self._line.up()
        self._line.slow(SLOW if self._script.active(LINE, "slow") else 0.0)
        self._line.cut_each_after(CUT_AFTER if self._script.active(LINE, "cuts") else None)

    def close(self) -> None:
        self._leaving.set()
        self._thread.join(3.0)
        self._line.close()
