"""The queue's use cases over the real register: why something waits, trying again, what happened, who sees names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ktpel_kiosk.desk import queries, queue
from ktpel_kiosk.domain.errors import NotFound
from ktpel_kiosk.domain.line import LineReport
from ktpel_kiosk.domain.outbox import Packet, PacketState, WaitCause
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.queue import QueueQuery


def put(office, packet: Packet) -> Packet:
    office.desk.register.write(lambda tx: (tx.save_packet(packet), tx.log("PacketDelayed", packet.permohonan_id, "-", cause="server",
                                                                          packet_id=packet.packet_id)))
    return packet


def one(office, index=0) -> Packet:
    p = office.sealed(index)
    found = office.desk.register.read(lambda v: v.packet_of(p.id))
    assert found is not None
    return found


def stored(office, packet: Packet) -> Packet:
    return office.desk.register.read(lambda v: v.packet(packet.packet_id))


def test_own_reason_first_then_the_line():
    packet = Packet("p", "a", "s", 1, "0" * 64, "0" * 64, 1, "p", PacketState.SEALED, datetime(2026, 11, 20, tzinfo=UTC))
    down = LineReport(False, WaitCause.PORTAL, "gateway.portal")
    assert queue.why(packet, LineReport(True)) == queue.Wait(WaitCause.NONE)
    assert queue.why(packet, down) == queue.Wait(WaitCause.PORTAL, "gateway.portal", of_line=True)
    own = replace(packet, wait_cause=WaitCause.SERVER, wait_detail="gateway.busy")
    assert queue.why(own, down) == queue.Wait(WaitCause.SERVER, "gateway.busy")
    assert not queue.why(replace(packet, state=PacketState.REFUSED), down).of_line


def test_pages_figures_and_board_agree_and_trying_again_puts_a_refused_packet_back(office):
    woken = []
    first, second = one(office), one(office, 1)
    admin, operator = office.actor(Peran.ADMIN), office.actor(Peran.OPERATOR)
    only_admin = replace(admin, peran=frozenset({Peran.ADMIN}))
    assert [line.packet for line in queue.page(office.desk, operator, QueueQuery())] == [first, second]
    assert all(line.nama for line in queue.page(office.desk, operator, QueueQuery()))
    hidden = queue.page(office.desk, only_admin, QueueQuery(text="zzz"))
    assert [line.nama for line in hidden] == ["", ""] and all(line.nomor_register for line in hidden)
    figures = queue.figures(office.desk, office.clock.now() - timedelta(hours=1))
    board = queries.board(office.desk, office.clock.now() - timedelta(hours=1))
    assert (figures.count, figures.oldest) == (board.unsent, board.oldest_unsent) == (2, first.sealed_at)
    assert figures.left == first.size + second.size
    office.desk = replace(office.desk, wake_uploader=lambda: woken.append(1))
    later = office.clock.now() + timedelta(hours=1)
    put(office, replace(first, state=PacketState.REFUSED, wait_cause=WaitCause.DATA, wait_detail="gateway.packet_invalid", attempts=2))
    put(office, replace(second, next_try_at=later, wait_cause=WaitCause.SERVER, attempts=4))
    assert queue.try_all(office.desk, operator) == 1
    assert stored(office, second).next_try_at is None and stored(office, second).attempts == 4
    assert stored(office, first).state is PacketState.REFUSED
    queue.try_one(office.desk, operator, first.packet_id)
    again = stored(office, first)
    assert (again.state, again.wait_cause, again.wait_detail, again.attempts) == (PacketState.SEALED, WaitCause.NONE, "", 0)
    assert woken == [1, 1]
    told = [a.event for a in queue.history(office.desk, again)]
    assert told[:3] == ["PacketRetried", "PacketDelayed", "PacketSealed"]
    with pytest.raises(NotFound, match=r"packet\.not_waiting"):
        queue.try_one(office.desk, operator, "x")


def test_all_refused_go_again_by_one_act_but_not_those_with_a_damaged_file(office):
    first, second, third = (one(office, n) for n in range(3))
    operator = office.actor(Peran.OPERATOR)
    put(office, replace(first, state=PacketState.REFUSED, wait_cause=WaitCause.DATA, wait_detail="gateway.packet_invalid", attempts=2))
    put(office, replace(second, state=PacketState.REFUSED, wait_cause=WaitCause.FILE, wait_detail="packet.file_damaged"))
    put(office, replace(third, wait_cause=WaitCause.SERVER, attempts=4))
    assert queue.try_refused(office.desk, operator) == 1
    assert (stored(office, first).state, stored(office, first).attempts) == (PacketState.SEALED, 0)
    assert stored(office, second).state is PacketState.REFUSED and stored(office, third).attempts == 4
    assert [a.event for a in queue.history(office.desk, stored(office, first))][0] == "PacketRetried"
    assert queue.try_refused(office.desk, operator) == 0


@pytest.mark.parametrize(("age", "expected"), [
    (timedelta(hours=24) - timedelta(seconds=1), ""), (timedelta(hours=24), "warn"), (timedelta(days=7) - timedelta(seconds=1), "warn"),
    (timedelta(days=7), "alarm"),
])
def test_late_from_the_limit_itself(age, expected):
    packet = Packet("p", "a", "s", 1, "0" * 64, "0" * 64, 1, "p", PacketState.SEALED, datetime(2026, 11, 20, tzinfo=UTC))
    assert queue.overdue(packet, packet.sealed_at + age) == expected
