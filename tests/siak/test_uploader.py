"""The queue: nothing lost, nothing doubled, oldest first, and every waiting packet says why."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from gateway_fakes import Office

from ktpel_kiosk.domain.errors import Offline, ReceiptInvalid, ServerTrouble, TlsRejected
from ktpel_kiosk.domain.outbox import PacketState, Receipt, WaitCause, tried_anew
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.siak.simulator.tcp_line import BadLine
from ktpel_kiosk.siak.uploader import Uploader, UploadPolicy


def test_a_packet_arrives_whole_and_its_receipt_is_kept(office, simulator, connect, uploader_for):
    packet = office.add(50_000)
    heard, progress = [], []
    up = uploader_for(connect(simulator.port), on_received=heard.append, on_progress=lambda *a: progress.append(a))
    result = up.run_once()
    done = office.state(packet)
    assert (result.received, done.state, done.server_sequence) == (1, PacketState.RECEIVED, 1)
    assert simulator.content(packet.packet_id) == office.sealer.files[packet.path]
    assert heard == [packet.packet_id]
    assert progress[-1] == (packet.packet_id, 50_000, 50_000)
    assert office.register.draft_table == {}
    assert next(e for e, _, _ in office.register.audit) == "PacketAnnounced"
    assert len(office.register.events("PacketProgress")) <= 5
    assert up.run_once().tried == 0


@pytest.mark.parametrize("size", [1, 8192, 8193])
def test_sizes_around_the_chunk(office, simulator, connect, uploader_for, size):
    packet = office.add(size)
    uploader_for(connect(simulator.port)).run_once()
    assert simulator.content(packet.packet_id) == office.sealer.files[packet.path]


@pytest.mark.parametrize("kilobytes", [48, pytest.param(128, marks=[pytest.mark.gate, pytest.mark.timeout(1800)])])
def test_connection_cut_after_every_4_kb_stores_exactly_one_and_resends_at_most_one_chunk(
        office, simulator, connect, uploader_for, kilobytes, reached):
    size, kept = kilobytes * 1024, 0
    line = BadLine(simulator.port)
    try:
        for cut in range(0, size + 4096, 4096):
            packet = office.add(size)
            gateway = connect(line.port)
            line.cut_once_at(cut)
            up = uploader_for(gateway)
            for _ in range(4):
                up.run_once()
                up.probe_now()
                office.clock.advance(1000)
            assert office.state(packet).state is PacketState.RECEIVED, cut
            assert simulator.content(packet.packet_id) == office.sealer.files[packet.path]
            assert gateway.resent(size) <= 8192, cut
            kept += 1
    finally:
        line.close()
    asked = size // 4096 + 1
    reached(15, asked=asked, got=kept, what="cuts, one every 4 kB: one packet stored, at most one chunk again")
    assert kept == asked
    complete = [h for h in simulator.holdings() if h.complete]
    assert len(complete) == len(office.register.table) == len(simulator.receipts())


def test_a_line_that_cuts_every_connection_after_4_kb_still_gets_there(office, simulator, connect, uploader_for):
    packet = office.add(30_000)
    line = BadLine(simulator.port)
    line.cut_each_after(4096)
    try:
        up = uploader_for(connect(line.port))
        for _ in range(20):
            up.run_once()
            up.probe_now()
            office.clock.advance(1000)
            if office.state(packet).state is PacketState.RECEIVED:
                break
    finally:
        line.close()
    assert office.state(packet).state is PacketState.RECEIVED
    assert simulator.content(packet.packet_id) == office.sealer.files[packet.path]


def test_lost_acknowledgements_change_nothing(office, simulator, connect, uploader_for):
    packet = office.add(40_000)
    line = BadLine(simulator.port)
    try:
        gateway = connect(line.port)
        up = uploader_for(gateway)
        for _ in range(12):
            line.lose_answers(1)
            up.run_once()
            up.probe_now()
            office.clock.advance(1000)
    finally:
        line.close()
    assert office.state(packet).state is PacketState.RECEIVED
    assert len(simulator.receipts()) == 1
    assert len(simulator.holdings()) == 1


def test_server_restart_in_mid_upload_goes_on_from_its_offset(office, simulator, connect, uploader_for):
    packet = office.add(64 * 1024)
    gateway = connect(simulator.port)
    up = uploader_for(gateway)

    def stop_half_way(packet_id, offset, size):
        if offset == 32 * 1024:
            simulator.stop()

    up.on_progress = stop_half_way
    up.run_once()
    assert office.state(packet).state is PacketState.ANNOUNCED
    assert up.line().up is False
    simulator.start()
    assert simulator.holdings()[0].received == 32 * 1024
    up.on_progress = lambda *a: None
    up.probe_now()
    office.clock.advance(1000)
    up.run_once()
    assert office.state(packet).state is PacketState.RECEIVED
    assert gateway.resent(packet.size) <= 8192


def test_a_new_process_continues_where_the_server_stands(office, simulator, connect, uploader_for):
    packet = office.add(64 * 1024)
    first = uploader_for(connect(simulator.port))
    first.on_progress = lambda packet_id, offset, size: first.request_stop() if offset >= 40_000 else None
    first.run_once()
    assert office.state(packet).state is PacketState.ANNOUNCED
    office.register = office.register.crash()
    gateway = connect(simulator.port)
    second = uploader_for(gateway)
    second.run_once()
    assert office.state(packet).state is PacketState.RECEIVED
    assert gateway.chunks[0][0] >= 40_000


def test_oldest_first(office, simulator, connect, uploader_for):
    packets = [office.add(100) for _ in range(5)]
    order = []
    uploader_for(connect(simulator.port), on_received=order.append).run_once()
    assert order == [p.packet_id for p in packets]
    assert [p for _, p in simulator.receipts()] == order


def test_offline_pauses_all_asks_once_per_probe_and_drains_afterwards(office, simulator, connect, uploader_for):
    packets = [office.add(100) for _ in range(4)]
    line = BadLine(simulator.port)
    try:
        line.down()
        up = uploader_for(connect(line.port))
        assert up.run_once().tried == 1
        assert up.run_once().tried == 0
        state = up.line()
        assert (state.up, state.cause, state.detail) == (False, WaitCause.OFFLINE, "gateway.offline")
        assert [office.state(p).wait_cause for p in packets] == [WaitCause.OFFLINE] + [WaitCause.NONE] * 3, "the line tells"
        assert [office.state(p).attempts for p in packets] == [0, 0, 0, 0]
        office.clock.advance(500)
        assert up.run_once().tried == 1
        assert len(office.register.events("PacketDelayed")) == 1
        line.up()
        office.clock.advance(500)
        assert up.run_once().received == 4
        assert up.line().up
    finally:
        line.close()


def test_one_bad_packet_never_blocks_the_others(office, simulator, connect, uploader_for):
    lost, good, odd, last = office.add(100), office.add(100), office.add(100), office.add(100)
    del office.sealer.files[lost.path]
    office.sealer.files[odd.path] = b"other bytes"
    result = uploader_for(connect(simulator.port)).run_once()
    assert (result.received, result.refused) == (2, 2)
    assert office.state(lost).state is office.state(odd).state is PacketState.REFUSED
    assert [office.state(p).wait_detail for p in (lost, odd)] == ["packet.file_missing", "packet.file_damaged"]
    assert office.state(lost).wait_cause is office.state(odd).wait_cause is WaitCause.FILE
    assert [f["reason"] for f in office.register.events("PacketFileDamaged")] == ["packet.file_missing", "packet.file_damaged"]
    assert office.state(good).state is office.state(last).state is PacketState.RECEIVED


def test_a_refused_packet_is_sent_when_a_person_says_so(office, simulator, connect, uploader_for):
    packet = office.add(100)
    kept = office.sealer.files.pop(packet.path)
    up = uploader_for(connect(simulator.port))
    up.run_once()
    office.sealer.files[packet.path] = kept
    assert up.run_once().tried == 0
    office.register.table[packet.packet_id] = tried_anew(office.state(packet))  # as the desk does
    assert up.run_once().received == 1


def test_duplicate_announce_of_a_received_packet_gets_the_first_receipt(office, simulator, connect, uploader_for):
    packet = office.add(9000)
    gateway = connect(simulator.port)
    uploader_for(gateway).run_once()
    first = office.state(packet).receipt
    office.change(packet, state=PacketState.SEALED, upload_url="", receipt="", offset=0)
    sent = len(gateway.chunks)
    uploader_for(gateway).run_once()
    assert office.state(packet).receipt == first
    assert len(gateway.chunks) == sent
    assert len(simulator.receipts()) == 1


def test_a_known_id_with_another_hash_is_refused_and_the_first_stays(office, simulator, connect, uploader_for):
    packet = office.add(100)
    up = uploader_for(connect(simulator.port))
    up.run_once()
    impostor = Office()
    other = impostor.add(data=b"x" * 100)
    assert other.packet_id == packet.packet_id
    Uploader(impostor.register, connect(simulator.port), impostor.sealer, impostor.clock, random.Random(1)).run_once()
    refused = impostor.state(other)
    assert (refused.state, refused.wait_cause, refused.wait_detail) == (PacketState.REFUSED, WaitCause.DATA, "gateway.packet_conflict")
    assert simulator.content(packet.packet_id) == office.sealer.files[packet.path]


def test_forged_receipt_keeps_the_packet_queued(office, simulator, behaviour, connect, uploader_for):
    packet = office.add(100)
    behaviour.faults.add("receipt", "forge")
    up = uploader_for(connect(simulator.port))
    up.run_once()
    waiting = office.state(packet)
    assert (waiting.state, waiting.wait_cause, waiting.receipt) == (PacketState.UPLOADED, WaitCause.RECEIPT, "")
    assert waiting.next_try_at is not None
    office.clock.advance(1000)
    up.run_once()
    assert office.state(packet).state is PacketState.RECEIVED


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"station": "desk-2"}])
def test_a_genuine_receipt_for_other_bytes_is_not_accepted(office, simulator, connect, uploader_for, wrong):
    packet = office.add(100)
    gateway = connect(simulator.port)

    class Swapped:
        def __getattr__(self, name):
            return getattr(gateway, name)

        def receipt(self, packet_id: str) -> Receipt:
            return replace(gateway.receipt(packet_id), **wrong)

    uploader_for(Swapped()).run_once()
    assert office.state(packet).state is PacketState.UPLOADED
    assert office.state(packet).wait_cause is WaitCause.RECEIPT


def test_a_forgotten_upload_is_announced_again_at_once(office, simulator, behaviour, connect, uploader_for):
    packet = office.add(40_000)
    gateway = connect(simulator.port)
    behaviour.faults.add("offset", "forget")
    up = uploader_for(gateway)
    up.on_progress = lambda packet_id, offset, size: up.request_stop() if offset >= 16_000 else None
    up.run_once()
    up = uploader_for(gateway)
    up.run_once()
    assert office.state(packet).state is PacketState.RECEIVED
    assert len(office.register.events("PacketAnnounced")) == 2


def test_server_trouble_backs_off_per_packet_then_pauses_the_line(office, simulator, behaviour, connect, uploader_for):
    packets = [office.add(100) for _ in range(6)]
    behaviour.faults.add("announce", "status", 503, times=100)
    up = uploader_for(connect(simulator.port))
    assert up.run_once().delayed == 3
    assert up.line().cause is WaitCause.SERVER
    assert [office.state(p).attempts for p in packets] == [1, 1, 1, 0, 0, 0]
    assert [office.state(p).wait_cause for p in packets] == [WaitCause.SERVER] * 3 + [WaitCause.NONE] * 3
    office.clock.advance(1000)
    assert up.run_once().tried == 1
    behaviour.faults.clear()
    office.clock.advance(1000)
    assert up.run_once().received == 6


def test_retry_after_is_respected(office, simulator, behaviour, connect, uploader_for):
    object.__setattr__(behaviour, "retry_after_s", 1200)
    packet = office.add(100)
    behaviour.faults.add("announce", "status", 429)
    uploader_for(connect(simulator.port)).run_once()
    assert (office.state(packet).next_try_at - office.clock.now()).total_seconds() >= 1200


class Failing:
    """A gateway that always raises the same."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, name):
        def fail(*_):
            raise self.error
        return fail


@pytest.mark.parametrize(("error", "cause", "state"), [
    (Offline("gateway.offline"), WaitCause.OFFLINE, PacketState.SEALED),
    (TlsRejected("gateway.tls"), WaitCause.TLS, PacketState.SEALED),
    (TlsRejected("gateway.tls_not_yet_valid"), WaitCause.CLOCK, PacketState.SEALED),
    (ServerTrouble("gateway.server_error"), WaitCause.SERVER, PacketState.SEALED),
    (ReceiptInvalid("gateway.receipt"), WaitCause.RECEIPT, PacketState.SEALED),
    (ZeroDivisionError(), WaitCause.DATA, PacketState.SEALED),
])
def test_every_trouble_has_its_own_cause(office, uploader_for, error, cause, state):
    packet = office.add(100)
    uploader_for(Failing(error)).run_once()
    assert (office.state(packet).wait_cause, office.state(packet).state) == (cause, state)


def test_back_off_grows_to_its_cap_and_stays_there(office, uploader_for):
    packet = office.add(100)
    up = uploader_for(Failing(ServerTrouble("gateway.server_error")), policy=UploadPolicy(server_troubles_in_a_row=10**6))
    waits = []
    for _ in range(14):
        up.run_once()
        waits.append((office.state(packet).next_try_at - office.clock.now()).total_seconds())
        office.clock.advance(waits[-1] + 1)
    assert 3.7 <= waits[0] <= 6.3
    assert max(waits) <= 900 * 1.25
    assert min(waits[-3:]) >= 900 * 0.75


def test_the_desk_hears_of_a_receipt_even_when_it_failed_the_first_time(office, simulator, connect, uploader_for):
    packet = office.add(100)
    calls = []

    def stumbling(packet_id):
        calls.append(packet_id)
        if len(calls) == 1:
            raise RuntimeError

    up = uploader_for(connect(simulator.port), on_received=stumbling)
    up.run_once()
    assert office.state(packet).state is PacketState.RECEIVED
    up.run_once()
    up.run_once()
    assert calls == [packet.packet_id] * 2


def test_courier_receipt_in_between_is_left_alone(office, simulator, connect, uploader_for):
    packet = office.add(100)
    up = uploader_for(connect(simulator.port))
    up.on_progress = lambda *a: office.change(packet, state=PacketState.RECEIVED, receipt="courier")
    up.run_once()
    assert office.state(packet).receipt == "courier"


def test_statuses_flow_in_order_and_repeats_are_not_asked_again(office, simulator, behaviour, connect, uploader_for):
    packet = office.add(100)
    seen: list[StatusEvent] = []

    def apply(event):
        seen.append(event)
        office.register.statuses.append(event)

    up = uploader_for(connect(simulator.port), on_status=apply)
    up.run_once()
    assert up.pull_statuses() == 2
    assert [e.status for e in seen] == [StatusSiak.RECEIVED_AT_CENTRAL, StatusSiak.PRINT_READY_RECORD]
    assert up.pull_statuses() == 0
    simulator.tell(packet.packet_id, "", StatusSiak.DUPLICATE_RECORD, "satu banding banyak")
    assert up.pull_statuses() == 1
    assert seen[-1].reason == "satu banding banyak"


def test_every_answer_of_the_feed_is_told_also_without_news(office, simulator, behaviour, connect, uploader_for):
    told: list[int] = []
    up = uploader_for(connect(simulator.port), on_answer=lambda: told.append(1))
    assert [up.pull_statuses(), up.pull_statuses(), len(told)] == [0, 0, 2]
    port = simulator.port
    gone = uploader_for(connect(port + 1), on_answer=lambda: told.append(2))
    gone.pull_statuses()
    assert told == [1, 1]


def test_an_indigestible_status_is_skipped_after_a_few_tries_and_audited(office, simulator, connect, uploader_for):
    packet = office.add(100)
    seen = []

    def apply(event):
        if event.sequence == 1:
            raise ValueError
        seen.append(event.sequence)
        office.register.statuses.append(event)

    up = uploader_for(connect(simulator.port), on_status=apply)
    up.run_once()
    assert [up.pull_statuses() for _ in range(4)] == [0, 0, 0, 2]
    assert seen == [2]
    assert office.register.events("StatusSkipped") == [{"sequence": 1, "reason": "ValueError"}]
    assert office.state(packet).state is PacketState.RECEIVED
