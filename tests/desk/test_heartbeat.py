"""The desk's daily sign of life: made once a day, only the newest waits, and nothing of the people in the register is in it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from ktpel_kiosk.desk import heartbeat
from ktpel_kiosk.domain.errors import BadInput, Offline, ServerRefused
from ktpel_kiosk.domain.heartbeat import Heartbeat, payload_of
from ktpel_kiosk.domain.sop import Peran


class Wire:
    """Signs by writing down; ``trouble`` is what sending meets."""

    def __init__(self) -> None:
        self.signed: list[Heartbeat] = []
        self.sent: list[str] = []
        self.trouble: Exception | None = None
        self.unready = False

    def sign(self, beat: Heartbeat) -> str:
        if self.unready:
            raise BadInput("keys.courier_missing", expected="sertifikat")
        self.signed.append(beat)
        return json.dumps(payload_of(beat))

    def send(self, token: str) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.sent.append(token)


@pytest.fixture
def desk_and_wire(office):
    wire = Wire()
    return replace(office.desk, heartbeat=wire), wire, office


def waiting(desk):
    return desk.register.read(lambda v: v.drafts(heartbeat.WAITING))


def test_one_a_day_and_after_weeks_without_a_line_only_the_newest_goes_out(desk_and_wire):
    desk, wire, office = desk_and_wire
    wire.trouble = Offline("gateway.offline")
    for _ in range(9):
        assert heartbeat.make_due(desk)
        assert not heartbeat.make_due(desk)
        assert not heartbeat.send_waiting(desk)
        office.clock.advance(timedelta(days=1).total_seconds())
    assert len(waiting(desk)) == 1
    wire.trouble = None
    assert heartbeat.send_waiting(desk)
    assert [json.loads(t)["day"] for t in wire.sent] == [wire.signed[-1].day.isoformat()]
    assert waiting(desk) == {}
    assert not heartbeat.send_waiting(desk)
    numbers = [b.sequence for b in wire.signed]
    assert numbers == sorted(set(numbers))
    events = [link.event for link in desk.register.read(lambda v: v.audit(after=0))]
    assert (events.count("HeartbeatMade"), events.count("HeartbeatSent")) == (9, 1)


def test_numbers_grow_although_the_clock_was_set_back(desk_and_wire):
    desk, wire, office = desk_and_wire
    heartbeat.make_due(desk)

    class Back:
        def now(self):
            return office.clock.now() - timedelta(days=3)

        def __getattr__(self, name):
            return getattr(office.clock, name)

    assert heartbeat.make_due(replace(desk, clock=Back()))
    assert wire.signed[1].sequence == wire.signed[0].sequence + 1


def test_it_says_how_the_desk_fares_and_nothing_of_the_people(desk_and_wire):
    desk, wire, office = desk_and_wire
    p = office.sealed()
    office.clock.advance(timedelta(hours=30).total_seconds())
    who = p.penduduk
    assert heartbeat.make_due(desk)
    beat = wire.signed[0]
    assert (beat.station, beat.running, beat.centre, beat.blangko, beat.blangko_days) == (desk.station, 1, 1, 10, None)
    assert beat.backlog["sealed"].count == 1
    assert beat.backlog["sealed"].oldest_h >= 29
    assert beat.devices["card_printer"] == "ready"
    assert beat.audit_length == desk.register.read(lambda v: v.audit_length()) - 1, "its own entry came after"
    token = next(iter(waiting(desk).values()))
    names = {w for w in who.nama.split() if len(w) > 2} | {who.nik, p.nomor_register, office.actor(Peran.OPERATOR).username}
    assert [n for n in names if n.casefold() in token.casefold()] == []


def test_without_a_certificate_none_is_made_and_it_is_tried_again(desk_and_wire):
    desk, wire, _office = desk_and_wire
    wire.unready = True
    assert not heartbeat.make_due(desk)
    wire.unready = False
    assert heartbeat.make_due(desk)
    assert not heartbeat.make_due(replace(desk, heartbeat=None))


def test_one_the_gateway_will_never_take_is_dropped(desk_and_wire):
    desk, wire, _office = desk_and_wire
    heartbeat.make_due(desk)
    wire.trouble = ServerRefused("gateway.packet_invalid", operation="heartbeat")
    assert not heartbeat.send_waiting(desk)
    assert waiting(desk) == {}
