"""Two lanes over one judgement of the line: who does what, what the office's rules change, and what never happens twice."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import time as clock_time
from datetime import timedelta, timezone
from typing import Any

import pytest
from gateway_fakes import Office
from schedule_kit import Direct

from ktpel_kiosk.domain.errors import AnnounceAgain, Offline, ServerRefused, ServerTrouble
from ktpel_kiosk.domain.line import LineReport, LineRules
from ktpel_kiosk.domain.outbox import PacketState, WaitCause
from ktpel_kiosk.siak.line import Line
from ktpel_kiosk.siak.simulator.store import GatewayStore
from ktpel_kiosk.siak.uploader import Uploader, UploadPolicy

WIB = timezone(timedelta(hours=7))
POLICY = UploadPolicy(first_chunk=8192, largest_chunk=8192)


class Server(Direct):
    """Perfect luck, and troubles on request: ``trouble(name)`` raises what is to happen at that call."""

    def __init__(self, store: GatewayStore, office: Office) -> None:
        super().__init__(store, random.Random(1), 0.0, office.clock.now)
        self.trouble: Any = lambda name: None

    def _called(self, name: str, work: Any) -> Any:
        self.calls.append(name)
        self.trouble(name)
        return work()

    def statuses(self, after: int, wait_s: float) -> list[Any]:
        return self._called("statuses", list)


@pytest.fixture
def server(tmp_path, office):
    store = GatewayStore(tmp_path / "store")
    yield Server(store, office)
    store.close()


@pytest.fixture
def make(office, server):
    def uploader(**options: Any) -> Uploader:
        options.setdefault("policy", POLICY)
        options.setdefault("pause", office.clock.advance)
        return Uploader(office.register, server, office.sealer, office.clock, random.Random(1), zone=lambda: WIB, **options)
    return uploader


def states(office: Office) -> list[PacketState]:
    return [office.state(p).state for p in office.register.table.values()]


def test_the_main_lane_sends_bytes_and_the_small_lane_fetches_receipts(office, server, make):
    packets = [office.add(20_000) for _ in range(3)]
    told: list[int] = []
    up = make(on_received=told.append)
    up.on_finished = lambda: told.append(0)
    up.send_due()
    assert "receipt" not in server.calls
    assert states(office) == [PacketState.ANNOUNCED] * 3, "nothing more is written while the small lane has it"
    assert up.send_due().tried == 0, "what the small lane has is left alone"
    assert up.run_small().received == 3
    assert told == [0, 0, 0, *[p.packet_id for p in packets]]
    assert states(office) == [PacketState.RECEIVED] * 3


def test_with_a_small_lane_that_is_behind_the_main_lane_fetches_receipts_itself(office, server, make):
    for _ in range(5):
        office.add(100)
    up = make(policy=replace(POLICY, handed=2))
    assert up.send_due().received == 3
    assert up.run_small().received == 2


def test_a_few_are_announced_ahead_and_then_sent_without_asking_where_the_server_stands(office, server, make):
    for _ in range(8):
        office.add(9000)
    up = make()
    up.run_small()
    assert server.calls == ["announce"] * POLICY.ahead
    assert states(office) == [PacketState.ANNOUNCED] * POLICY.ahead + [PacketState.SEALED] * 4
    up.send_due()
    up.run_small()
    assert "offset" not in server.calls
    assert states(office) == [PacketState.RECEIVED] * 8
    assert office.sealer.reads == 8, "each file is read once"


def test_only_a_new_process_asks_where_the_server_stands(office, server, make):
    office.add(20_000)
    first = make()
    first.on_progress = lambda *_: first.request_stop()
    first.run_once()
    make().run_once()
    assert server.calls.count("offset") == 1
    assert states(office) == [PacketState.RECEIVED]


def test_a_packet_the_server_has_needs_no_file(office, server, make):
    packet = office.add(5000)
    make().send_due()
    del office.sealer.files[packet.path]
    make().run_once()
    assert states(office) == [PacketState.RECEIVED]


def test_a_receipt_that_does_not_come_is_waited_for_and_holds_nobody_up(office, server, make):
    late, other = office.add(5000), office.add(5000)
    failed: list[str] = []

    def trouble(name: str) -> None:
        if name == "receipt" and not failed:
            failed.append(name)
            raise ServerTrouble("gateway.receipt_not_ready")

    server.trouble = trouble
    up = make()
    up.send_due()
    assert up.run_small().received == 1
    waiting = office.state(late)
    assert (waiting.state, waiting.wait_cause, waiting.offset) == (PacketState.UPLOADED, WaitCause.SERVER, 5000)
    assert office.state(other).state is PacketState.RECEIVED
    office.clock.advance(60)
    assert up.run_small().received == 1


def test_a_server_that_forgot_a_packet_hears_of_it_again_from_the_beginning(office, server, make):
    packet = office.add(5000)
    forgot: list[str] = []

    def trouble(name: str) -> None:
        if name == "receipt" and len(forgot) < 1:
            forgot.append(name)
            raise AnnounceAgain("gateway.packet_forgotten")

    server.trouble = trouble
    up = make()
    up.send_due()
    up.run_small()
    assert (office.state(packet).state, office.state(packet).upload_url) == (PacketState.SEALED, "")
    assert office.state(packet).next_try_at is not None, "not at once: a server that always forgets must not be hammered"
    office.clock.advance(60)
    up.send_due()
    up.run_small()
    assert states(office) == [PacketState.RECEIVED]


def test_the_line_that_breaks_under_the_small_lane_leaves_the_row_truthful(office, server, make):
    office.add(5000)
    up = make()
    up.send_due()
    server.trouble = lambda name: (_ for _ in ()).throw(Offline("gateway.offline"))
    up.pull_statuses()
    assert up.line().up is False
    up.run_small()
    assert states(office) == [PacketState.UPLOADED]
    server.trouble = lambda name: None
    up.probe_now()
    assert up.run_small().received == 1


def test_a_line_that_goes_down_and_up_rewrites_one_row_however_long_the_queue(office, server, make):
    for _ in range(5000):
        office.add(data=b"x")
    up = make()
    server.trouble = lambda name: (_ for _ in ()).throw(Offline("gateway.offline"))
    for _ in range(5):
        up.send_due()
        up.run_small()
        office.clock.advance(100)
    assert len(office.register.audit) == 1
    assert sum(p.wait_cause is WaitCause.OFFLINE for p in office.register.table.values()) == 1
    assert (up.line().cause, up.line().detail) == (WaitCause.OFFLINE, "gateway.offline")
    server.trouble = lambda name: None
    up.probe_now()
    up.send_due(budget_s=0.0)
    assert up.pull_statuses() == 0
    assert up.line() == LineReport(True)
    assert len(office.register.audit) == 1


def test_while_the_line_is_down_one_lane_at_a_time_may_ask(office):
    line = Line(office.clock, random.Random(1), 3.0, 60.0)
    assert line.report().up is None
    with line.attempt() as first, line.attempt() as second:
        assert first
        assert second, "nothing is known against it"
    line.went_down(WaitCause.OFFLINE, "gateway.offline")
    with line.attempt() as may:
        assert not may
    office.clock.advance(100)
    with line.attempt() as probe:
        assert probe
        with line.attempt() as other:
            assert not other
    with line.attempt() as again:
        assert again, "the first probe proved nothing"
        line.went_up()
        with line.attempt() as free:
            assert free


HOURS = LineRules(hours=(clock_time(18, 0), clock_time(6, 0)))


def test_outside_the_hours_of_the_office_nothing_big_is_sent_and_small_things_are(office, server, make):
    sent = office.add(5000)
    make().send_due()
    office.change(sent, state=PacketState.UPLOADED)
    waiting = office.add(5000)
    server.calls.clear()
    up = make(rules=lambda: HOURS)   # it is 8 in the morning at the office
    up.run_small()
    up.send_due()
    up.pull_statuses()
    assert server.calls == ["receipt", "announce", "statuses"]
    assert office.state(waiting).wait_cause is WaitCause.NONE
    report = up.line()
    assert (report.up, report.cause, report.next_probe_s) == (True, WaitCause.HOURS, 10 * 3600.0)
    office.clock.advance(10 * 3600 - 1)
    up.send_due()
    assert "chunk" not in server.calls
    office.clock.advance(1)
    assert up.line().cause is WaitCause.NONE
    assert up.run_once().received == 1


def test_hours_that_end_under_a_packet_end_it_between_two_chunks(office, server, make):
    packet = office.add(50_000)
    office.clock.advance(22 * 3600 - 5)   # five seconds before six
    up = make(rules=lambda: HOURS)
    up.on_progress = lambda *_: office.clock.advance(2)
    up.send_due()
    assert up.line().cause is WaitCause.HOURS
    assert server.calls == ["announce", "chunk", "chunk", "chunk"]
    office.clock.advance(12 * 3600)
    up.on_progress = lambda *_: None
    assert up.run_once().received == 1
    assert server.calls.count("offset") == 0
    assert office.state(packet).state is PacketState.RECEIVED


def test_the_ceiling_of_the_office_is_kept(office, server, make):
    for _ in range(4):
        office.add(50_000)
    began = office.clock.mono
    assert make(rules=lambda: LineRules(max_bytes_per_s=10_000)).run_once(1e9).received == 4
    assert 19.0 <= office.clock.mono - began <= 21.0


def test_no_rate_above_the_ceiling_is_shown(office, server, make):
    office.add(30_000)
    rules = [LineRules()]
    up = make(rules=lambda: rules[0])
    server.trouble = lambda name: office.clock.advance(0.1) if name == "chunk" else None
    up.run_once()
    assert up.line().bytes_per_s > 60_000
    rules[0] = LineRules(max_bytes_per_s=10_000)
    assert up.line().bytes_per_s == 10_000


def test_a_lifted_ceiling_counts_from_the_next_chunk(office, server, make):
    office.add(50_000)
    rules = [LineRules(max_bytes_per_s=1000)]
    up = make(rules=lambda: rules[0])
    up.on_progress = lambda *_: rules.__setitem__(0, LineRules())
    began = office.clock.mono
    up.run_once(1e9)
    assert office.clock.mono - began <= 1.0


def test_the_report_tells_what_is_under_way_and_how_fast(office, server, make):
    packet = office.add(30_000)
    up = make()
    seen: list[LineReport] = []
    server.trouble = lambda name: office.clock.advance(1.0) if name == "chunk" else None
    up.on_progress = lambda *_: seen.append(up.line())
    up.run_once()
    assert [(r.packet_id, r.offset, r.size) for r in seen] == [(packet.packet_id, n, 30_000) for n in (8192, 16384, 24576, 30_000)]
    assert seen[0].bytes_per_s == pytest.approx(8192)
    assert (up.line().packet_id, up.line().up) == ("", True)


def test_a_clock_set_back_by_years_keeps_nothing_waiting(office, server, make):
    office.add(100)
    server.trouble = lambda name: (_ for _ in ()).throw(ServerTrouble("gateway.busy"))
    up = make()
    up.run_once()
    assert up.run_once().tried == 0
    server.trouble = lambda name: None
    office.clock.wall -= timedelta(days=7 * 365)
    assert up.run_once().received == 1


def test_a_clock_set_back_while_the_line_is_down_keeps_the_probes(office, server, make):
    office.add(100)
    server.trouble = lambda name: (_ for _ in ()).throw(Offline("gateway.offline"))
    up = make()
    up.run_once()
    office.clock.wall -= timedelta(days=3000)
    server.trouble = lambda name: None
    office.clock.mono += up.line().next_probe_s
    assert up.run_once().received == 1


def test_a_clock_that_jumps_ahead_tries_each_packet_once_more_and_no_more(office, server, make):
    for _ in range(6):
        office.add(100)
    server.trouble = lambda name: (_ for _ in ()).throw(ServerTrouble("gateway.busy"))
    up = make(policy=replace(POLICY, server_troubles_in_a_row=100))
    up.run_once()
    assert len(server.calls) == 6
    office.clock.wall += timedelta(days=3000)
    for _ in range(50):
        up.run_once()
    assert len(server.calls) == 12


def test_a_server_that_asks_for_a_wait_of_days_gets_two_hours(office, server, make):
    packet = office.add(100)
    server.trouble = lambda name: (_ for _ in ()).throw(ServerTrouble("gateway.busy", wait_s=10**6))
    make().run_once()
    assert office.state(packet).next_try_at - office.clock.now() == timedelta(hours=2)


def test_an_offset_beyond_what_was_sent_is_a_lie_and_nothing_is_skipped(office, server, make):
    packet = office.add(30_000)
    true = server.send_chunk
    server.send_chunk = lambda url, offset, chunk: true(url, offset, chunk) + 10_000
    up = make()
    up.run_once()
    assert (office.state(packet).wait_detail, office.state(packet).wait_cause) == ("gateway.not_the_gateway", WaitCause.SERVER)
    server.send_chunk = true
    office.clock.advance(60)
    assert up.run_once().received == 1


def test_a_packet_that_is_replaced_while_it_is_sent_is_left(office, server, make):
    packet, other = office.add(80_000), office.add(100)
    up = make()
    up.on_progress = lambda *_: office.change(packet, replaced_by="other")
    up.run_once()
    assert office.state(packet).receipt == ""
    assert office.state(other).state is PacketState.RECEIVED
    assert server.calls.count("chunk") < 10


def test_what_only_a_person_can_help_stops_nobody(office, server, make):
    bad, good = office.add(100), office.add(100)
    true = server.announce

    def refuse(packet: Any) -> Any:
        if packet.packet_id == bad.packet_id:
            raise ServerRefused("gateway.packet_invalid")
        return true(packet)

    server.announce = refuse
    up = make()
    up.run_small()
    up.send_due()
    up.run_small()
    assert (office.state(bad).state, office.state(bad).wait_cause) == (PacketState.REFUSED, WaitCause.DATA)
    assert office.state(good).state is PacketState.RECEIVED
