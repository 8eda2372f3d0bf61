"""However the news of an application arrives - lost and sent again, doubled, out of order, by courier, around a crash, with officers
reading SIAK in between - it ends as if all had come in order."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from desk_office import Office, build

from ktpel_kiosk.desk import statuses
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.domain.status import OtherStatus, Status, StatusEvent, StatusSiak

S = StatusSiak
WORDS: tuple[Status, ...] = (
    S.SENT_FOR_ENROLLMENT, S.RECEIVED_AT_CENTRAL, S.PRINT_READY_RECORD, S.PRINT_READY_RECORD, S.DUPLICATE_RECORD, S.ADJUDICATE_RECORD,
    S.ENROLL_FAILURE_AT_CENTRAL, S.SEARCH_FAILURE_AT_CENTRAL, S.REQUEST_VALIDATION, S.BIO_CAPTURED, S.CARD_PRINTED,
    OtherStatus("PACKET_RETRY"))


class PowerCut(Exception):
    """The machine went off before the commit."""


class Cut:
    """A register whose next write is lost at the very end, when told so."""

    def __init__(self, inner: Any) -> None:
        self.inner, self.armed = inner, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def write(self, work: Callable[[Any], Any]) -> Any:
        if not self.armed:
            return self.inner.write(work)
        self.armed = False

        def cut(tx: Any) -> None:
            work(tx)
            raise PowerCut

        return self.inner.write(cut)


@dataclass(frozen=True)
class Fact:
    """One thing that is said at ``at``; ``packet`` 0 or 1 with its sequence, or -1 for what an officer reads."""

    packet: int
    sequence: int
    status: Status
    at: datetime


def draw(rng: random.Random, start: datetime, most: int) -> list[Fact]:
    """What truly happened, in order: the feed of one or two packets and up to three looks into SIAK."""
    moments = sorted(rng.sample(range(1, 4000), rng.randint(2, most)))
    facts = []
    for n, minute in enumerate(moments, 1):
        packet = rng.choice((-1, 0, 0, 1, 1))
        facts.append(Fact(packet, n, rng.choice(WORDS), start + timedelta(minutes=minute)))
    return facts


class World:
    """Applications cloned from one that waits for the centre, each with a packet that another one replaced."""

    def __init__(self, office: Office) -> None:
        self.office, self.cut = office, Cut(office.desk.register)
        self.desk: Desk = replace(office.desk, register=self.cut)  # type: ignore[arg-type]
        self.model = office.sealed()
        self.packet = office.desk.register.read(lambda v: v.packet_of(self.model.id))
        self.operator: Actor = office.actor(Peran.OPERATOR)
        self.made = 0

    def clone(self) -> Permohonan:
        self.made += 1
        n = self.made
        p = replace(self.model, id=f"clone-{n}", nomor_register=f"K{n}", version=0,
                    penduduk=replace(self.model.penduduk, nik=f"{3508054502080000 + n}"))
        old = replace(self.packet, packet_id=f"{p.id}-0", permohonan_id=p.id, counter=1000 + 2 * n, state=PacketState.RECEIVED,
                      replaced_by=f"{p.id}-1")
        new = replace(old, packet_id=f"{p.id}-1", counter=old.counter + 1, replaced_by="", replaces=old.packet_id,
                      sealed_at=old.sealed_at + timedelta(minutes=1500))
        self.office.desk.register.write(lambda tx: (
            tx.save_permohonan(p), tx.add_packet(old), tx.add_packet(new), tx.log("PacketSealed", p.id, "-")))
        return p

    def tell(self, p: Permohonan, fact: Fact, source: str) -> None:
        if fact.packet < 0:
            statuses.enter_status(self.desk, self.operator, p.id, fact.status, "dibaca", at=fact.at)
            return
        statuses.apply_status(self.desk, StatusEvent(
            fact.sequence, f"{p.id}-{fact.packet}", p.penduduk.nik, fact.status, fact.at, source=source))

    def end(self, p: Permohonan) -> tuple[Any, ...]:
        now, shown = self.desk.register.read(lambda v: (v.permohonan(p.id), v.shown_status(p.id)))
        tahap = now.current()
        told = [(s.status, s.at, s.sequence, s.source.replace("courier", "gateway")) for s in statuses.history(self.desk, p.id)]
        return now.keadaan, tahap.stage if tahap else "", tahap.state if tahap else "", shown, told

    def run(self, seed: int, most: int = 9) -> None:
        rng = random.Random(seed)
        start = self.packet.sealed_at
        facts = draw(rng, start, most)
        self.office.clock.advance(max(0.0, (start + timedelta(minutes=4001) - self.office.clock.now()).total_seconds()))
        ordered, mixed = self.clone(), self.clone()
        for fact in facts:
            self.tell(ordered, fact, "gateway")
        schedule = [(f, "gateway") for f in facts] + [(f, "courier") for f in facts if f.packet >= 0 and rng.random() < 0.5]
        schedule += rng.sample(schedule, rng.randint(0, len(schedule)))
        rng.shuffle(schedule)
        for fact, source in schedule:
            self.cut.armed = rng.random() < 0.2
            if self.cut.armed:
                with pytest.raises(PowerCut):
                    self.tell(mixed, fact, source)
            self.tell(mixed, fact, source)
        assert self.end(mixed) == self.end(ordered), f"schedule {seed}"


def test_any_schedule_ends_as_if_in_order(tmp_path):
    world = World(build(tmp_path, "tempeh"))
    for seed in range(60):
        world.run(seed, most=5)


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_two_thousand_schedules_end_as_if_in_order(tmp_path, reached):
    world, done = World(build(tmp_path, "tempeh")), 0
    for seed in range(2000):
        world.run(10_000 + seed)
        done += 1
    reached(5, asked=2000, got=done, what="status schedules that end as if in order")
