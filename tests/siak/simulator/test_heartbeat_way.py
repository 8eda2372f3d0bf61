"""A sign of life over mutual TLS: the station is the certificate's, whatever a header says; what does not verify is not kept."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from kecamatan_kit import beat

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.packet.heartbeat_seal import heartbeat_checker, sign_heartbeat
from ktpel_kiosk.packet.keys import make_demo_keys
from ktpel_kiosk.siak.http_gateway import HttpGateway, tls_context
from ktpel_kiosk.siak.simulator.dinas import DinasDoor
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys

STATION = "praktik-1"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return make_demo_keys(tmp_path_factory.mktemp("keys"), SystemClock().now(), STATION)


@pytest.fixture
def gateway(demo, tmp_path):
    certificate = x509.load_pem_x509_certificate(demo.station_cert.read_bytes())
    keys = SimulatorKeys(demo.receipt_key.read_bytes(), demo.receipt_kid, demo.server_cert, demo.server_key, demo.ca_cert)
    with GatewaySimulator(tmp_path, clock=SystemClock(), keys=keys, heartbeats=heartbeat_checker({STATION: certificate}),
                          dinas=DinasDoor(hashlib.sha256(b"x").hexdigest(), frozenset({"dinas"}))) as made:
        yield made


def signed(demo, **changes):
    now = SystemClock().now()
    key = serialization.load_pem_private_key(demo.station_key.read_bytes(), None)
    certificate = x509.load_pem_x509_certificate(demo.station_cert.read_bytes())
    today = beat(STATION, made_at=now, day=now.date(), sequence=int(now.timestamp() * 1000))
    return sign_heartbeat(replace(today, **changes), key, certificate)


def client(demo) -> ssl.SSLContext:
    return tls_context(demo.ca_cert, demo.client_cert, demo.client_key)


def test_it_arrives_once_and_an_older_one_changes_nothing(demo, gateway):
    line = HttpGateway(gateway.base_url, STATION, receipt_keys={}, tls=client(demo))
    try:
        token = signed(demo)
        line.send_heartbeat(token, SystemClock().now() + timedelta(minutes=10))
        line.send_heartbeat(token, SystemClock().now())
        line.send_heartbeat(signed(demo, sequence=3), SystemClock().now())
    finally:
        line.close()
    kept = gateway._opened().ledger.heartbeats()
    assert [(k.station, k.token) for k in kept] == [(STATION, token)]
    assert 590 <= kept[0].offset_s <= 600


def test_what_does_not_verify_is_not_kept(demo, gateway):
    token, now = signed(demo), SystemClock().now()
    far = signed(demo, made_at=now + timedelta(days=3))
    with httpx.Client(base_url=gateway.base_url, verify=client(demo), trust_env=False) as http:
        for body in ({"heartbeat": token[:-8] + "AAAAAAAA"}, {"heartbeat": "a.b.c"}, {"heartbeat": 7}, {"heartbeat": "x" * 20_000},
                     {"heartbeat": token, "sent_at": "gestern"}, {"heartbeat": far}):
            assert http.post("/v1/heartbeats", json={"sent_at": now.isoformat(), **body}).status_code == 422, body
    assert gateway._opened().ledger.heartbeats() == []


def test_the_station_is_the_certificates_not_the_headers(demo, gateway):
    wanted = {"packet_id": "p1", "counter": 1, "previous_hash": "0" * 64, "size": 5, "sha256": hashlib.sha256(b"bytes").hexdigest()}
    gateway.behaviour.stations = frozenset({STATION})
    with httpx.Client(base_url=gateway.base_url, verify=client(demo), trust_env=False, headers={"Ktpel-Station": "somebody-else"}) as http:
        refused = http.post("/v1/packets", json={**wanted, "station": "somebody-else"})
        assert (refused.status_code, refused.json()) == (403, {"error": "foreign_station"})
        assert http.post("/v1/packets", json={**wanted, "station": STATION}).status_code == 201
        assert http.get("/v1/status?wait=0").status_code == 200
        assert http.get("/dinas").status_code == 303, "a station's certificate is no key to the page of the Dinas"
    gateway.behaviour.stations = frozenset({"somebody-else"})
    with httpx.Client(base_url=gateway.base_url, verify=client(demo), trust_env=False, headers={"Ktpel-Station": "somebody-else"}) as http:
        assert http.get("/v1/status?wait=0").json() == {"error": "unknown_station"}


def test_a_certificate_the_dinas_named_opens_the_page(demo, gateway, monkeypatch):
    monkeypatch.setattr(gateway, "_dinas", DinasDoor(certificates=frozenset({STATION})))
    gateway.stop()
    gateway.start()
    assert httpx.get(f"{gateway.base_url}/dinas", verify=client(demo), trust_env=False).status_code == 200
