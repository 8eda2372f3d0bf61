"""Practice mode with windows: who sits at the simulated desk, and a morning's worth of applications on the board."""

from __future__ import annotations

import hashlib
import random
import threading
from contextlib import suppress

from ktpel_kiosk.app import residents
from ktpel_kiosk.app.demo import sign_everybody_in
from ktpel_kiosk.app.office import village_names
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.walk import Walk
from ktpel_kiosk.app.wiring import Kiosk, warm
from ktpel_kiosk.desk import handover, intake, verification
from ktpel_kiosk.desk.access import stage_roles
from ktpel_kiosk.domain.errors import KioskError, NotFound
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson
from ktpel_kiosk.ports.register import Tx

SEATED_AT: frozenset[Stage] = frozenset({Stage.REKAM, Stage.KIRIM, Stage.AKTIVASI, Stage.SERAH_PEMOHON, Stage.SERAH_SURAT})
"""Stages at which the applicant is present: the simulated devices then show this person."""


def person_seed(p: Permohonan) -> int:
    """The invented body that belongs to an application: the same on every day."""
    return residents.person_seed(p.penduduk.nik)


class Seating:
    """Seats the applicant whose application was last worked on, before the writing caller is answered; warms up behind it."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk
        self._cold = self._warming = False
        self._wake = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._warm_up, name="practice-seating", daemon=True)
        self._thread.start()
        self._leave = kiosk.register.subscribe(self._changed)

    def _changed(self, subjects: frozenset[str]) -> None:
        for permohonan_id in sorted(subjects):
            try:
                p = self._kiosk.register.read(lambda v, i=permohonan_id: v.permohonan(i))  # type: ignore[misc]
            except NotFound:
                continue
            tahap = p.current()
            if tahap is not None and tahap.stage in SEATED_AT:
                seat(self._kiosk, p)
                with self._wake:
                    self._cold = True
                    self._wake.notify()

    def _warm_up(self) -> None:
        """Painting a body and loading the biometric libraries takes seconds; nobody at the window waits for it."""
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._cold or self._closed)
                if self._closed:
                    return
                self._cold, self._warming = False, True
            warm(self._kiosk)
            sitter = self._kiosk.world.sitter if self._kiosk.world is not None else None
            if sitter is not None and isinstance(sitter.person, SyntheticPerson):
                sitter.person.warm()
            with self._wake:
                self._warming = False

    def settled(self) -> bool:
        """Whoever should sit at the devices does, and is painted."""
        with self._wake:
            return not (self._cold or self._warming)

    def close(self) -> None:
        self._leave()
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join(10.0)


def seat(kiosk: Kiosk, p: Permohonan) -> None:
    """Let the simulated devices show this applicant; who comes to fetch a card finds it on the reader."""
    kiosk.seat(p.id, person_seed(p), p.penduduk)
    tahap = p.current()
    if tahap is not None and tahap.stage in (Stage.AKTIVASI, Stage.SERAH_PEMOHON):
        made = kiosk.register.read(lambda v: handover.finished_job(v, p.id))
        with suppress(NotFound):  # printed before the last start: the simulated hopper is empty then
            if made is not None:
                kiosk.card_to_reader(made.id)


def furnish_population(kiosk: Kiosk) -> int:
    """Give a practice office without a population list its invented residents, so that a NIK at the loket prefills the form."""
    from ktpel_kiosk.domain.population import PopulationBatch

    desk = kiosk.desk
    if kiosk.register.read(lambda v: v.population_count()):
        return 0
    kantor = desk.sop.kantor
    entries = residents.population_entries(kantor, village_names(kantor.kode_wilayah))
    digest = hashlib.sha256("".join(e.penduduk.nik for e in entries).encode()).hexdigest()
    batch = PopulationBatch(desk.ids.new(), "penduduk-latihan", digest, desk.clock.now(), "-", len(entries), 0, 0, 0, 0)

    def work(tx: Tx) -> int:
        stored = tx.put_population(entries, batch)
        tx.log("PopulationImported", batch.id, "-", count=stored.added)
        return stored.added

    return kiosk.register.write(work)


def furnish_morning(kiosk: Kiosk, count: int = 6) -> int:
    """Put invented applications on the board of an empty practice office: some at verification, some ready to be recorded.

    Returns how many were made; an office that has any is left alone.
    """
    from ktpel_kiosk.ports.register import Query

    furnish_population(kiosk)
    if kiosk.register.read(lambda v: v.count(Query())):
        return 0
    desk = kiosk.desk
    officers = sign_everybody_in(kiosk)
    villages = village_names(desk.sop.kantor.kode_wilayah)
    walk = Walk(desk, officers, seat=lambda p: seat(kiosk, p), card_to_reader=lambda _job: None, rng=random.Random(3))
    made = 0
    for index in range(count):
        who = invent(index, 2026, desk.sop.kantor, villages, intake.today(desk))
        try:
            p = walk.intake(who, Layanan.BARU_WNI)
            while (tahap := p.current()) is not None and tahap.stage in (Stage.AGENDA_REGISTER, Stage.VERIFIKASI, Stage.VALIDASI):
                if tahap.stage is not Stage.AGENDA_REGISTER and index % 2:
                    break
                actor = officers.for_roles(stage_roles(desk.sop, tahap))
                act = {Stage.AGENDA_REGISTER: intake.assign_number, Stage.VERIFIKASI: verification.verify,
                       Stage.VALIDASI: verification.validate}[tahap.stage]
                p = act(desk, actor, p.id)
            made += 1
        except KioskError:
            continue
    return made
