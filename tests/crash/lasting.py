"""A simulated world that outlives the process, as a hopper full of cards and their chips do."""

from __future__ import annotations

import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ktpel_kiosk.hal.simulators.specimen_card import SpecimenCard
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson
from ktpel_kiosk.hal.simulators.world import PrintedCard, SimulatedWorld


def remember(folder: Path, key: object, work: Callable[[], Any]) -> Any:
    """``work()`` once for all processes: the answer is kept on disk under its key."""
    path = folder / hashlib.sha256(pickle.dumps(key)).hexdigest()
    if path.exists():
        return pickle.loads(path.read_bytes())
    answer = work()
    folder.mkdir(parents=True, exist_ok=True)
    temp = path.with_suffix(f".{os.getpid()}")
    temp.write_bytes(pickle.dumps(answer))
    temp.replace(path)
    return answer


class RememberedPerson:
    """A synthetic person whose every impression is drawn once for all desks."""

    def __init__(self, folder: Path, seed: int, birth_year: int, sex: str) -> None:
        self._folder, self._key = folder, (seed, birth_year % 2, sex)
        self._make = lambda: SyntheticPerson(seed, 1990 + birth_year % 2, sex, cache_dir=str(folder))

    def __getattr__(self, name: str) -> Any:
        return lambda *a, **k: remember(self._folder, (self._key, name, a, sorted(k.items())), lambda: getattr(self._make(), name)(*a, **k))


class LastingCard:
    """A specimen card whose EEPROM is a file, written after every command that could have changed it."""

    def __init__(self, path: Path, card: SpecimenCard | None = None) -> None:
        self._path = path
        self._card = card or SpecimenCard()
        self._kept = b""
        self.keep()

    @classmethod
    def load(cls, path: Path) -> LastingCard:
        return cls(path, SpecimenCard.restore(path.read_bytes()))

    def keep(self) -> None:
        dump = self._card.dump()
        if dump != self._kept:
            temp = self._path.with_suffix(f".{os.getpid()}")
            temp.write_bytes(dump)
            temp.replace(self._path)
            self._kept = dump

    def move(self, path: Path) -> None:
        self._path.replace(path)
        self._path = path

    def transmit(self, apdu: bytes) -> bytes:
        try:
            return self._card.transmit(apdu)
        finally:
            self.keep()

    def __getattr__(self, name: str) -> object:
        return getattr(self._card, name)


class LastingWorld(SimulatedWorld):
    """Printed cards lie in ``folder`` under the title they were printed with (the kiosk's own job id)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._serial = 0
        bodies = folder.parent.parent / "badan"
        super().__init__(seed=os.getpid(), cards=self._blank, people=lambda seed, year, sex: RememberedPerson(bodies, seed, year, sex))
        self._hopper = {p.stem: LastingCard.load(p) for p in folder.glob("*.card")}

    def _blank(self) -> LastingCard:
        self._serial += 1
        return LastingCard(self._folder / f"blank-{os.getpid()}-{self._serial}.blank")

    def card_printed(self, card: PrintedCard) -> None:
        assert isinstance(card.chip, LastingCard)
        card.chip.move(self._folder / f"{card.title}.card")
        self._hopper[card.title] = card.chip
        super().card_printed(card)

    def holds(self, title: str) -> bool:
        """Is this card in the hopper? (Jobs still in the printer are finished first.)"""
        self.printed()
        return title in self._hopper

    def lay_on_reader(self, title: str) -> None:
        self.printed()
        self.card_in_reader(self._hopper[title])
