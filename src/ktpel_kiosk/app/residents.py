"""Invented residents of the practice world: who lives here, who was recorded earlier, and what the centre keeps of them.

The same office always has the same residents, so that the population list, the simulated centre and the simulated devices agree:
whoever was recorded earlier shows the same face and fingers when sitting down at the desk.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from ktpel_kiosk.app.population import Invented, invent
from ktpel_kiosk.domain.biodata import penduduk_from_dict
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.population import PopulationEntry
from ktpel_kiosk.domain.sop import Kantor
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.ports.services import CardMaterial

RESIDENTS = 400
SEED = 4713
BORN_BEFORE = date(2026, 1, 2)
"""Ages are counted from here, whatever day it is, so that nobody is born anew tomorrow."""
UNRECORDED_EVERY = 5
"""Every fifth resident was never recorded."""
FOREIGN_EVERY, FOREIGN_FIRST = 40, 7
"""One in forty is a foreigner with a permanent stay permit (orang asing, ITAP)."""
ITAP_UNTIL = "2031-06-30"
FOREIGN_NAMES = ("HIROSHI TANAKA", "MARIA GONZALEZ", "CHEN WEI", "FATIMA AL SAYED", "JOHN O'CONNOR")
FINGERS = (Position.RIGHT_INDEX, Position.LEFT_INDEX)
PORTRAIT_RATIO = 14.0
"""JPEG 2000 compression of the centre's portraits: about 100 KB."""


def person_seed(nik: str) -> int:
    """The invented body that belongs to a NIK: the same on every day and in every process."""
    return int(nik) % 2**31


@lru_cache(maxsize=2)
def residents(kantor: Kantor, villages: tuple[str, ...], count: int = RESIDENTS) -> tuple[Invented, ...]:
    """The office's residents in order; ``seed`` is the body that belongs to the NIK."""
    found: dict[str, Invented] = {}
    index = 0
    while len(found) < count:
        who = invent(index, SEED, kantor, villages, BORN_BEFORE)
        person = who.penduduk
        if index % FOREIGN_EVERY == FOREIGN_FIRST:
            person = replace(person, nama=FOREIGN_NAMES[index // FOREIGN_EVERY % len(FOREIGN_NAMES)], kewarganegaraan="WNA",
                             berlaku_hingga=ITAP_UNTIL)
        found.setdefault(person.nik, replace(who, penduduk=person, seed=person_seed(person.nik)))
        index += 1
    return tuple(found.values())


def recorded_earlier(index: int) -> bool:
    return index % UNRECORDED_EVERY != 0


def population_entries(kantor: Kantor, villages: tuple[str, ...], count: int = RESIDENTS) -> tuple[PopulationEntry, ...]:
    """The residents as a SIAK population list names them."""
    return tuple(
        PopulationEntry(who.penduduk, "PRINT READY RECORD" if recorded_earlier(i) else "BELUM REKAM")
        for i, who in enumerate(residents(kantor, villages, count))
    )


@dataclass
class PracticeResidents:
    """What the simulated centre knows of people (:class:`ktpel_kiosk.siak.simulator.script.Residents`).

    Attributes:
        kantor: gives the residents; made when first asked.
        read_packet: entries of a packet, with the central key.
    """

    kantor: Callable[[], tuple[Kantor, tuple[str, ...]]]
    read_packet: Callable[[bytes], Mapping[str, bytes]]

    @cached_property
    def _people(self) -> dict[str, tuple[int, Invented]]:
        return {who.penduduk.nik: (i, who) for i, who in enumerate(residents(*self.kantor()))}

    @cached_property
    def _made(self) -> dict[str, CardMaterial]:
        return {}

    @cached_property
    def _service(self) -> Any:
        from ktpel_kiosk.biometrics.service import BiometricService
        return BiometricService()

    def biodata(self, nik: str) -> Penduduk | None:
        found = self._people.get(nik)
        return found[1].penduduk if found is not None else None

    def status(self, nik: str) -> StatusSiak | None:
        """A replacement is always free to be printed here; the unrecorded are UNREGISTERED, strangers unknown."""
        found = self._people.get(nik)
        if found is None:
            return None
        return StatusSiak.PRINT_READY_RECORD if recorded_earlier(found[0]) else StatusSiak.UNREGISTERED

    def material(self, nik: str) -> CardMaterial | None:
        found = self._people.get(nik)
        if found is None or not recorded_earlier(found[0]):
            return None
        if nik not in self._made:
            self._made[nik] = self._synthesize(found[1].penduduk)
        return self._made[nik]

    def _synthesize(self, person: Penduduk) -> CardMaterial:
        """Recorded years ago by the same kind of desk: the same body, the same quality rules."""
        from ktpel_kiosk.domain.biometric import SignatureKind
        from ktpel_kiosk.hal.simulators.synth import pen
        from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson
        from ktpel_kiosk.ports.devices import FingerCapture, SignatureCapture

        body = SyntheticPerson(person_seed(person.nik), person.tanggal_lahir.year, person.jenis_kelamin.value)
        portrait = self._service.assess_face(body.portrait(person.latar_foto), person.latar_foto).data
        ink = SignatureCapture(body.signature(), pen.PAD_WIDTH, pen.PAD_HEIGHT)
        series = self._service.assess_signature(ink, SignatureKind.TANDA_TANGAN).data
        minutiae = []
        for position in FINGERS:
            touch = FingerCapture(None, ((position, body.finger(position, impression=7)),))
            minutiae.append((position, self._service.template(self._service.assess_fingers(touch, (position,))[0].data)))
        return CardMaterial(person, _jp2(portrait), "image/jp2", self._service.signature_png(series), "image/png", tuple(minutiae))

    def of_packet(self, content: bytes) -> CardMaterial | None:
        """Portrait, ink and two fingers out of a packet, the index fingers first."""
        try:
            return self._opened(self.read_packet(content))
        except (KioskError, KeyError, ValueError):
            return None

    def _opened(self, entries: Mapping[str, bytes]) -> CardMaterial:
        from ktpel_kiosk.biometrics import cbeff, images
        from ktpel_kiosk.biometrics.records.read import read_record, to_raw

        birs = {b.position: b for b in cbeff.parse(entries["biometrics.xml"]) if b.bdb is not None}
        face = read_record(birs[Position.FACE].bdb or b"")
        order = [*FINGERS, *sorted((p for p in birs if p.iso_finger_code and p not in FINGERS), key=lambda p: -(birs[p].score or 0))]
        chosen = [p for p in order if p in birs][:2]
        prints = {p: images.encode_png(to_raw(read_record(birs[p].bdb or b""), trusted=True)) for p in chosen}
        minutiae = tuple((p, self._service.template(png)) for p, png in prints.items())
        ink = entries.get("signature.png", b"")
        if ink and "signature.isf" not in entries:  # a thumb print, as the scanner gave it
            ink = self._service.signature_png(ink)
        return CardMaterial(_person(entries["biodata.json"]), face.image, face.media_type, ink, "image/png", minutiae)


def _person(biodata: bytes) -> Penduduk:
    """The packet's biodata; code-list values carry their text beside the code."""
    fields = json.loads(biodata)
    return penduduk_from_dict({k: v["code"] if isinstance(v, dict) else v for k, v in fields.items()})


def _jp2(png: bytes) -> bytes:
    from ktpel_kiosk.biometrics import codecs, images
    return codecs.encode_jp2(images.decode_png(png, entry="face"), PORTRAIT_RATIO)
