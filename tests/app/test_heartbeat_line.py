"""The station's own heartbeat, from its key files over its own client to a gateway that checks it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from cryptography import x509

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.app.heartbeat_line import StationHeartbeat
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.heartbeat import Heartbeat, Waiting
from ktpel_kiosk.packet.heartbeat_seal import heartbeat_checker
from ktpel_kiosk.packet.keys import make_demo_keys
from ktpel_kiosk.packet.station_keys import StationKeys
from ktpel_kiosk.siak.answers import StationRefused
from ktpel_kiosk.siak.http_gateway import HttpGateway, tls_context
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys

NOW = datetime.now(UTC)
BEAT = Heartbeat("meja-1", "350801", 7, NOW, NOW.date(), "0.1.0", {"sealed": Waiting(1, 2)}, {}, {}, 5, None, 1, 0, 0, 0, None, None, None,
                 "belum", 3, "0" * 64, 10)


def test_from_the_key_files_to_the_gateway(tmp_path):
    demo = make_demo_keys(tmp_path / "keys", NOW, "meja-1")
    certificate = x509.load_pem_x509_certificate(demo.station_cert.read_bytes())
    keys = SimulatorKeys(demo.receipt_key.read_bytes(), demo.receipt_kid, demo.server_cert, demo.server_key, demo.ca_cert)
    kiosk = SimpleNamespace(station_keys=StationKeys(tmp_path / "keys"), clock=SystemClock(), network=SimpleNamespace(first=None))
    line = StationHeartbeat(kiosk)
    token = line.sign(BEAT)
    with pytest.raises(StationRefused):
        line.send(token)
    check = heartbeat_checker({"meja-1": certificate})
    with GatewaySimulator(tmp_path / "gateway", clock=SystemClock(), keys=keys, heartbeats=check) as made:
        kiosk.network.first = HttpGateway(made.base_url, "meja-1", receipt_keys={},
                                          tls=tls_context(demo.ca_cert, demo.client_cert, demo.client_key))
        line.send(token)
        kiosk.network.first.close()
        assert [(k.station, k.sequence) for k in made._opened().ledger.heartbeats()] == [("meja-1", 7)]


def test_a_station_without_a_certificate_signs_nothing_and_a_broken_schema_is_said(tmp_path):
    line = StationHeartbeat(SimpleNamespace(station_keys=StationKeys(tmp_path / "none")))
    with pytest.raises(BadInput, match=r"keys\.courier_missing"):
        line.sign(BEAT)
    make_demo_keys(tmp_path / "keys", NOW, "meja-1")
    with pytest.raises(BadInput, match=r"heartbeat\.schema"):
        StationHeartbeat(SimpleNamespace(station_keys=StationKeys(tmp_path / "keys"))).sign(replace(BEAT, check="Budi"))
