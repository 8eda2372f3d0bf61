"""The simulated centre opens what it gets, and says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.errors import SecurityRefusal
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.siak.http_gateway import HttpGateway, receipt_keys
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys

NIK = "3508051002900003"


def _checker(packet_id):
    def check(content: bytes):
        if content.startswith(b"bad"):
            raise SecurityRefusal("packet.entry_wrong", entry="biodata.json", reason="hash")
        return {"packet_id": packet_id, "nik": NIK}
    return check


@pytest.mark.parametrize(("data", "behaviour", "expected"), [
    (b"good", Behaviour(step_s=0.0), ["RECEIVED_AT_CENTRAL", "PRINT_READY_RECORD"]),
    (b"good", Behaviour(step_s=0.0, regional=True), ["SENT_FOR_ENROLLMENT", "RECEIVED_AT_CENTRAL", "PRINT_READY_RECORD"]),
    (b"good", Behaviour(step_s=0.0, outcomes={NIK: StatusSiak.DUPLICATE_RECORD}), ["RECEIVED_AT_CENTRAL", "DUPLICATE_RECORD"]),
    (b"good", Behaviour(step_s=0.0, duplicate_share=1.0), ["RECEIVED_AT_CENTRAL", "DUPLICATE_RECORD"]),
    (b"bad", Behaviour(step_s=0.0), ["RECEIVED_AT_CENTRAL", "ENROLL_FAILURE_AT_CENTRAL"]),
])
def test_progress(tmp_path: Path, demo_keys, office, data, behaviour, expected):
    packet = office.add(data=data)
    keys = SimulatorKeys(demo_keys.receipt_key.read_bytes())
    with GatewaySimulator(tmp_path, clock=SystemClock(), keys=keys, behaviour=behaviour, opener=_checker(packet.packet_id)) as simulator:
        gateway = HttpGateway(simulator.base_url, "desk-1", receipt_keys=receipt_keys({"receipt-1": demo_keys.receipt_cert.read_bytes()}))
        gateway.send_chunk(gateway.announce(packet).upload_url, 0, data)
        events = gateway.statuses(0, 1.0)
        gateway.close()
    assert [e.status.value for e in events] == expected
    if data == b"bad":
        assert "biodata.json" in events[-1].reason
    else:
        assert events[-1].nik == NIK


def test_statuses_keep_their_pace_and_survive_a_restart(tmp_path, demo_keys, office):
    from gateway_fakes import HandClock

    clock, packet = HandClock(), office.add(10)
    keys = SimulatorKeys(demo_keys.receipt_key.read_bytes())
    simulator = GatewaySimulator(tmp_path, clock=clock, keys=keys, behaviour=Behaviour(step_s=60.0))
    simulator.start()
    gateway = HttpGateway(simulator.base_url, "desk-1", receipt_keys={})
    gateway.send_chunk(gateway.announce(packet).upload_url, 0, office.sealer.files[packet.path])
    assert gateway.statuses(0, 0) == []
    clock.advance(61)
    assert [e.status for e in gateway.statuses(0, 0)] == [StatusSiak.RECEIVED_AT_CENTRAL]
    simulator.stop()
    simulator.start()
    clock.advance(61)
    assert [e.sequence for e in gateway.statuses(1, 0)] == [2]
    gateway.close()
    simulator.stop()
