"""A desk with the real register, the real device manager, the simulated printer and reader and real specimen chips, and an operator
with honest hands: looks at what really lies in the hopper and says so."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from desk_office import PASSWORD, Office, build
from PIL import Image

from ktpel_kiosk.cards.chip import SpecimenPersonaliser
from ktpel_kiosk.desk import encoding, printing, reconcile
from ktpel_kiosk.desk.card_acts import CardActs
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.biometric import RawImage
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.domain.ledgers import BlangkoMoveKind
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.hal.deadlines import Deadlines
from ktpel_kiosk.hal.manager import DeviceManager
from ktpel_kiosk.hal.simulators.faults import Faults
from ktpel_kiosk.hal.simulators.world import PrintedCard, SimulatedWorld
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ports.services import CardFace

SECOND = {"second_username": "kasi", "second_password": PASSWORD}
STEPS = 25


class Crash(BaseException):
    """The power goes: nothing after this point runs."""


class CrashingDevices:
    """The manager, with the power going before or after one call of a name."""

    def __init__(self, real: DeviceManager) -> None:
        self._real = real
        self.at: tuple[str, str] | None = None

    def call(self, kind: DeviceKind, operation: str, work: Any, deadline_s: float) -> Any:
        if self.at == (operation, "before"):
            raise Crash
        future = self._real.call(kind, operation, work, deadline_s)
        if self.at == (operation, "after"):
            future.exception(60)
            raise Crash
        return future

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def face(person: Any, portrait: bytes, *_a: Any, **_k: Any) -> CardFace:
    """A picture that is different for everybody."""
    pixels = hashlib.sha256(person.nik.encode() + portrait).digest() * 6
    front = RawImage(8, 8, 3, pixels)
    return CardFace(front, RawImage(8, 8, 3, bytes(192)), hashlib.sha256(pixels).hexdigest())


@dataclass
class CardBench:
    office: Office
    world: SimulatedWorld
    devices: CrashingDevices
    manager: DeviceManager
    people: list[Permohonan] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        return self.office.desk

    @property
    def operator(self) -> Any:
        return self.office.actor(Peran.OPERATOR)

    def next_person(self) -> Permohonan:
        """Somebody new whose card may be printed. The first one comes all the way; the others are copied from there."""
        if not self._pattern:
            self._pattern.append(self.office.prr(self.office.sealed(0)))
        pattern, index = self._pattern[0], len(self.people) + 1
        papers = self.desk.register.read(lambda v: [d for d in v.documents(pattern.id) if d.kind.startswith("kartu.")])
        person = self.office.person(index)
        fresh = replace(pattern, id=self.desk.ids.new(), version=0, nomor_register=f"{index + 1:04d}/KTP/XI/2026", penduduk=person)

        def work(tx: Any) -> Permohonan:
            p = tx.save_permohonan(fresh)
            for paper in papers:
                tx.add_document(replace(paper, id=self.desk.ids.new(), permohonan_id=p.id))
            tx.log("IntakeRegistered", p.id, "-")
            return p

        self.people.append(self.desk.register.write(work))
        return self.people[-1]

    def live(self, p: Permohonan) -> CardJob | None:
        return self.desk.register.read(lambda v: v.live_card_job(p.id))

    def jobs(self) -> list[CardJob]:
        return self.desk.register.read(lambda v: [j for p in self.people for j in v.card_jobs(p.id)])

    def restart(self) -> None:
        """After a crash: the register as it is on disk, nothing in memory, printer and cards where they were."""
        self.devices.at = None
        self.office.desk = replace(self.office.desk, card_acts=CardActs())

    def card_of(self, job_id: str) -> PrintedCard | None:
        return next((c for c in reversed(self.world.printed()) if c.title == job_id), None)

    def stranger(self) -> Any:
        """A finished card of another office: no row of ours knows its chip."""
        if not self._strangers:
            p, now = self.next_person(), self.office.clock.now()
            job = CardJob("lain", p.id, credential="kantor-lain", nik=p.penduduk.nik, blangko="", state=JobState.CONFIRMED,
                          created_at=now, updated_at=now, face_hash=hashlib.sha256(b"lain").hexdigest())
            card = self.world.blank_card()
            SpecimenPersonaliser().write(_Direct(card), encoding._chip_data(self.desk, job))
            self._strangers.append(card)
        return self._strangers[0]

    def settle(self, p: Permohonan) -> CardJob | None:
        """Go on with somebody's card as an honest operator would until it is made; at most :data:`STEPS` acts."""
        for _ in range(STEPS):
            job = self.live(p)
            if job is not None and job.state is JobState.CONFIRMED:
                return job
            try:
                self._act(p, job)
            except KioskError as trouble:
                self.told.append(trouble.message_key)
                self.world.service()
                threading.Event().wait(0.07)  # the manager opens a device again after a while
                self.world.faults.clear("card_printer", "wrong_media")
        raise AssertionError(f"not settled: {self.live(p)}, told {self.told}")

    _pattern: list[Permohonan] = field(default_factory=list)
    _strangers: list[Any] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    def _act(self, p: Permohonan, job: CardJob | None) -> None:
        if job is None:
            self._say("start")
            printing.start_card(self.desk, self.operator, p.id)
        elif job.state is JobState.PRINTED:
            card = self.card_of(job.id)
            assert card is not None, "called good, and there is no card"
            self.world.card_in_reader(card.chip)
            printing.encode_card(self.desk, self.operator, job.id)
        else:
            self.world.printer.fate(job.id)  # waits for a card that is being printed
            question = reconcile.question_of(self.desk, job.id)
            if question is None:
                return
            verdict = self._truth(job, question)
            if verdict:
                assert verdict in question.answers, (verdict, question)
                self._say(verdict)
                reconcile.answer(self.desk, self.operator, job.id, verdict, **(SECOND if verdict in question.second else {}))

    def _say(self, what: str) -> None:
        """Trying the same again is one answer."""
        if self.answers[-1:] != [what]:
            self.answers.append(what)

    def _truth(self, job: CardJob, question: reconcile.OpenQuestion) -> str:
        """What an honest person who looks would say."""
        fate = self.world.printer.fate(job.id)
        if fate == "printing":
            return ""
        if job.state is JobState.ENCODING and not job.at_station:
            card = self.card_of(job.id)
            assert card is not None
            self.world.card_in_reader(card.chip)
            return "printed"
        if fate == "printed":
            return "printed"
        if question.hint == "station":
            there = self.world.printer.station is not None
            return "resume" if there or not job.chip_uid else "spoiled"
        if fate == "ruined" or job.chip_uid:
            return "spoiled"
        return "not_printed"


@contextmanager
def card_bench(folder: Path, *, chip_printer: bool = False, blanks: int = 60, print_timeout_s: float = 8.0) -> Iterator[CardBench]:
    faults = Faults()
    world = SimulatedWorld(seed=7, faults=faults, chip_printer=chip_printer)
    manager = DeviceManager(world.drivers(), Deadlines({"actor.reopen": 0.05, "discovery.interval": 0.05, "actor.gone": 0.3}))
    office = build(folder / "tempeh", "tempeh")
    ink = io.BytesIO()
    Image.new("RGB", (20, 10), "white").save(ink, "PNG")
    office.judge.signature_png = lambda _data: ink.getvalue()
    office.press.render = face
    devices = CrashingDevices(manager)
    # the applicants are recorded with the doubles; cards go through the real things
    bench = office.bench

    class Both:
        def call(self, kind: DeviceKind, *args: Any) -> Any:
            real = kind in (DeviceKind.CARD_PRINTER, DeviceKind.CARD_READER)
            return (devices if real else bench).call(kind, *args)

        def __getattr__(self, name: str) -> Any:
            return getattr(devices, name)

    office.desk = replace(office.desk, devices=Both(), personaliser=SpecimenPersonaliser(), print_timeout_s=print_timeout_s,
                          capture_timeout_s=1.0)
    made = CardBench(office, world, devices, manager)
    try:
        printing.receive_blangko(office.desk, office.actor(Peran.SUPERVISOR), [f"G{n:05d}" for n in range(blanks)], "BAST-2")
        assert manager.settle(5.0)
        yield made
        check_chips(made, 10_000)
    finally:
        world.close()
        manager.close()
        office.desk.register.close()


def check_ledger(kit: CardBench) -> None:
    """Table, moves and the drawer agree: every blank is good, spoiled or in stock, and the real cards say the same."""
    since, until = kit.office.clock.now() - timedelta(days=400), kit.office.clock.now() + timedelta(days=1)
    table = kit.desk.register.read(lambda v: v.blangko_balance())
    sums = dict.fromkeys(BlangkoMoveKind, 0)
    for move in kit.desk.register.read(lambda v: list(v.blangko_moves_in(since, until))):
        sums[move.kind] += move.count
    assert table.balanced and table.dipakai == 0, table
    assert (sums[BlangkoMoveKind.MASUK], sums[BlangkoMoveKind.BAIK], sums[BlangkoMoveKind.RUSAK]) == (table.masuk, table.baik, table.rusak)
    jobs = kit.jobs()
    assert {j.state for j in jobs} <= {JobState.CONFIRMED, JobState.SPOILED, JobState.CANCELLED}
    assert all(kit.world.printer.fate(j.id) == "whole" for j in jobs if j.state is JobState.CANCELLED), "a printed card counts as a blank"
    live = [j.credential for j in jobs if j.state is JobState.CONFIRMED]
    assert len(live) == len(set(live)) == table.baik
    check_chips(kit)


def check_chips(kit: CardBench, recent: int = 6) -> None:
    """No chip holds a person whose face is not printed on that very card; no confirmed job names another card's chip."""
    jobs = {j.id: j for j in kit.jobs()}
    for card in kit.world.printed()[-recent:]:
        chip: Any = card.chip
        chip.power_cycle()
        try:
            content = SpecimenPersonaliser().read(_Direct(chip))
        except KioskError as empty:
            assert empty.message_key == "chip.empty", empty
            content = None
        printed = hashlib.sha256(card.front.data).hexdigest()
        job = jobs[card.title]
        if content is not None:
            assert content.face_hash == printed == job.face_hash and content.credential == job.credential, "a chip of somebody else"
        if job.state is JobState.CONFIRMED:
            assert content is not None and content.uid == job.chip_uid and content.digest == job.readback_hash


class _Direct:
    def __init__(self, card: Any) -> None:
        self._card = card

    def transmit(self, apdu: bytes) -> bytes:
        return self._card.transmit(apdu)
