"""The gateway over HTTP: malformed requests, full servers, plain tus clients, the feed, another tus server for the bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import threading
import time

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from gateway_fakes import HandClock
from tus_elsewhere import OtherTus

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.siak.simulator.places import TusPlace
from ktpel_kiosk.siak.simulator.scenarios import SCENARIOS, Choices, read_scenarios
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys

DATA = bytes(range(256)) * 20
TUS = {"Tus-Resumable": "1.0.0", "Content-Type": "application/offset+octet-stream"}
GOOD = {"packet_id": "p1", "station": "desk-1", "counter": 1, "previous_hash": "0" * 64, "size": len(DATA),
        "sha256": hashlib.sha256(DATA).hexdigest()}


@pytest.fixture
def http(simulator):
    with httpx.Client(base_url=simulator.base_url, trust_env=False, headers={"Ktpel-Station": "desk-1"},
                      limits=httpx.Limits(max_connections=50)) as client:
        yield client


def signer_keys(receipt_signer) -> SimulatorKeys:
    return SimulatorKeys(receipt_signer.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def put(http, url, data=DATA, offset=0, **headers):
    return http.patch(url, content=data, headers={**TUS, "Upload-Offset": str(offset), **headers})


def test_a_packet_comes_in(http, simulator):
    announced = http.post("/v1/packets", json={**GOOD, "replaces": None, "colour": "red"})
    assert announced.status_code == 201
    assert put(http, announced.json()["upload_url"]).headers["Upload-Offset"] == str(len(DATA))
    first = http.get("/v1/packets/p1/receipt").json()
    again = http.post("/v1/packets", json=GOOD)
    assert (again.status_code, again.json()["complete"], http.get("/v1/packets/p1/receipt").json()) == (200, True, first)
    assert simulator.content("p1") == DATA


def test_what_a_packet_replaces_is_kept(http, simulator):
    assert http.post("/v1/packets", json={**GOOD, "replaces": "p0"}).status_code == 201
    assert simulator.holdings()[0].replaces == "p0"


JSON_HOLES = [b"", b"{", b"[]", b"7", b"\xff", b'{"a":' * 20_000, b'{"packet_id": "\\ud800"}', b"x" * 70_000]
FIELD_HOLES = [("packet_id", ""), ("packet_id", "a/b"), ("packet_id", "x" * 65), ("packet_id", 7), ("station", "\ud800"), ("station", None),
               ("counter", 0), ("counter", True), ("counter", 1.5), ("counter", 1e300), ("counter", 2**63),
               ("counter", "1"), ("previous_hash", "A" * 64),
               ("previous_hash", ""), ("size", 0), ("size", -1), ("size", 10**30), ("sha256", "z" * 64), ("replaces", "../x"),
               ("replaces", 5), ("replaces", {"a": 1}), ("replaces", {})]


@pytest.mark.parametrize("path", ["/v1/packets", "/v1/lookups/biodata", "/v1/lookups/status", "/v1/lookups/card-material", "/v1/cards"])
def test_malformed_json_is_the_senders_fault(http, path):
    for hole in JSON_HOLES:
        answer = http.post(path, content=hole, headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 413, 422), hole[:20]
        assert answer.json()["error"]
    assert http.post(path, content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415


def test_malformed_announcements_are_the_senders_fault(http, simulator):
    for name, value in FIELD_HOLES:
        answer = http.post("/v1/packets", content=json.dumps({**GOOD, name: value}).encode(), headers={"Content-Type": "application/json"})
        assert answer.status_code == 422, (name, value)
    for name in GOOD:
        answer = http.post("/v1/packets", json={k: v for k, v in GOOD.items() if k != name})
        assert (answer.status_code, answer.json()) == (422, {"error": "missing_field", "field": name})
    big = http.post("/v1/packets", json={**GOOD, "size": 5 * 1024 * 1024 + 1})
    assert (big.status_code, big.json()) == (413, {"error": "too_large", "limit": 5 * 1024 * 1024})
    assert simulator.holdings() == []


@pytest.mark.parametrize(("query", "status"), [
    ("after=x", 400), ("after=-1", 400), ("after=" + "9" * 40, 400), ("after=0&wait=nan", 400), ("after=0&wait=-1", 400),
    ("after=0&wait=z", 400), ("after=%00", 400), ("after=0&wait=0", 200), ("", 200),
])
def test_status_questions(http, query, status):
    assert http.get(f"/v1/status?{query}").status_code == status


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/", 404), ("GET", "/v1/packets", 405), ("DELETE", "/v1/uploads/x", 405), ("GET", "/v1/packets/%00/receipt", 404),
    ("GET", "/v1/packets//receipt", 404), ("GET", "/v1/packets/%ff/receipt", 404), ("PUT", "/v1/status", 405),
    ("GET", "/v1/uploads/a/b", 404),
])
def test_outside_the_contract(http, method, path, status):
    answer = http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert "Date" in answer.headers


def test_tus_rules(http):
    url = http.post("/v1/packets", json=GOOD).json()["upload_url"]
    assert http.head(url).status_code == 412
    assert put(http, url, **{"Tus-Resumable": "0.2.2"}).status_code == 412
    assert put(http, url, **{"Content-Type": "text/plain"}).status_code == 415
    assert put(http, url, offset="x").status_code == 400
    assert put(http, url, offset=3).status_code == 409
    assert put(http, url, DATA + b"!").status_code == 409
    assert put(http, url, **{"Upload-Checksum": "md5 eA=="}).status_code == 400
    assert put(http, url, **{"Upload-Checksum": "sha256 ???"}).status_code == 400
    assert put(http, url, **{"Upload-Checksum": f"sha256 {base64.b64encode(b'x' * 32).decode()}"}).status_code == 460
    assert put(http, "/v1/uploads/unknown").status_code == 404
    assert http.head(url, headers=TUS).headers["Upload-Offset"] == "0"
    named = f"packet_id {base64.b64encode(b'p1').decode()}"
    created = {"Tus-Resumable": "1.0.0", "Upload-Length": str(len(DATA)), "Upload-Metadata": named}
    assert http.post("/v1/uploads", headers=created).headers["Location"] == url
    for wrong, status in (({"Upload-Length": "7"}, 409), ({"Upload-Length": "x"}, 400), ({"Upload-Metadata": "packet_id eA=="}, 403),
                          ({"Upload-Length": "9999999"}, 413), ({"Tus-Resumable": "2"}, 412)):
        assert http.post("/v1/uploads", headers={**created, **wrong}).status_code == status


def _cut_after_1000(port: int, url: str, extra: str, patience_s: float) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(f"PATCH {url} HTTP/1.1\r\nHost: g\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\n{extra}"
                     f"Content-Type: application/offset+octet-stream\r\nContent-Length: {len(DATA)}\r\n\r\n".encode() + DATA[:1000])
        time.sleep(patience_s)
        line.shutdown(socket.SHUT_WR)
        line.recv(100)


def test_a_cut_chunk_without_checksum_is_kept_as_far_as_it_came_and_with_one_not_at_all(http, simulator):
    """Bytes that come together with the end of the connection never reach the application, so more than one cut may be needed."""
    url = http.post("/v1/packets", json=GOOD).json()["upload_url"]
    checksum = f"Upload-Checksum: sha256 {base64.b64encode(hashlib.sha256(DATA).digest()).decode()}\r\n"
    for patience_s in (0.01, 0.05):
        _cut_after_1000(simulator.port, url, checksum, patience_s)
    for patience_s in (0.02, 0.1, 0.5, 2.0, 5.0):
        _cut_after_1000(simulator.port, url, "", patience_s)
        if http.head(url, headers=TUS).headers["Upload-Offset"] != "0":
            break
    assert http.head(url, headers=TUS).headers["Upload-Offset"] == "1000"
    assert put(http, url, DATA[1000:], 1000).status_code == 204
    assert simulator.content("p1") == DATA


def test_a_server_without_room_says_so_and_still_takes_what_it_promised(http, behaviour):
    behaviour.quota_bytes, behaviour.retry_after_s = len(DATA) + 10, 60
    url = http.post("/v1/packets", json=GOOD).json()["upload_url"]
    refused = http.post("/v1/packets", json={**GOOD, "packet_id": "p2", "counter": 2})
    assert (refused.status_code, refused.json()) == (507, {"error": "storage_full", "held_bytes": len(DATA), "quota_bytes": len(DATA) + 10})
    assert put(http, url).status_code == 204
    assert http.get("/v1/packets/p1/receipt").status_code == 200


def test_a_packet_whose_last_byte_came_right_before_a_crash_gets_its_receipt(http, simulator):
    url = http.post("/v1/packets", json=GOOD).json()["upload_url"]
    simulator._store.add_chunk(url.rsplit("/", 1)[-1], 0, DATA)
    simulator.stop()
    simulator.start()
    assert http.get("/v1/packets/p1/receipt").status_code == 200
    assert [p for _, p in simulator.receipts()] == ["p1"]


@pytest.mark.parametrize(("kind", "value", "check"), [
    ("html", 0, lambda a: (a.status_code, a.headers["Content-Type"][:9]) == (200, "text/html")),
    ("redirect", 0, lambda a: a.status_code == 302),
    ("empty", 0, lambda a: (a.status_code, a.json()) == (200, {})),
    ("full", 0, lambda a: a.status_code == 507),
    ("status", 503, lambda a: a.status_code == 503),
    ("lose", 0, lambda a: a.status_code == 500),
    ("clock", -3 * 365 * 86400, lambda a: "2023" in a.headers["Date"] or "2022" in a.headers["Date"]),
])
def test_faults_play_once(http, behaviour, kind, value, check):
    behaviour.faults.add("status", kind, value)
    assert check(http.get("/v1/status"))
    assert http.get("/v1/status").json() == {"events": []}


def test_a_lying_offset_and_a_hanging_answer(http, behaviour):
    url = http.post("/v1/packets", json=GOOD).json()["upload_url"]
    behaviour.faults.add("offset", "lie", 99)
    assert http.head(url, headers=TUS).headers["Upload-Offset"] == "99"
    behaviour.faults.add("status", "hang", 0.0)
    with pytest.raises(httpx.RemoteProtocolError):
        http.get("/v1/status")
    assert http.get("/v1/status").status_code == 200


def test_card_events_are_stored_once_in_order_per_packet(http, simulator):
    for event_id, event, packet in (("e1", "printed", "p1"), ("e2", "printed", "p2"), ("e3", "handed_over", "p1"), ("e1", "spoiled", "p1")):
        http.post("/v1/cards", json={"event": event, "facts": {"event_id": event_id, "packet_id": packet}})
    events = simulator._store.ledger.card_events("p1")
    assert [(c.event_id, c.event, c.station) for c in events] == [("e1", "printed", "desk-1"), ("e3", "handed_over", "desk-1")]
    assert simulator.cards() == [("e1", "printed"), ("e2", "printed"), ("e3", "handed_over")]
    assert http.post("/v1/cards", json={"event": "printed", "facts": {"event_id": "e9", "note": "\x00"}}).status_code == 422


def test_nobody_is_polled_while_many_wait(http, simulator, monkeypatch):
    """Many kiosks wait; the store is asked once when each comes and once when its news is there."""
    core = simulator._running[1].core
    asked, waiting = [], 30
    real = core.store.events
    monkeypatch.setattr(core.store, "events", lambda *a: asked.append(a[0]) or real(*a))
    for n in range(waiting):
        core.store.announce(f"p{n}", f"s{n}", 1, "0" * 64, 1, "0" * 64)
    answers = []

    def listen(n):
        found = http.get("/v1/status?after=0&wait=50", headers={"Ktpel-Station": f"s{n}"}, timeout=60)
        answers.append((n, [e["packet_id"] for e in found.json()["events"]]))

    threads = [threading.Thread(target=listen, args=(n,)) for n in range(waiting)]
    for t in threads:
        t.start()
    deadline = time.monotonic() + 30
    while core.listeners < waiting and time.monotonic() < deadline:
        time.sleep(0.01)
    assert core.listeners == waiting
    assert len(asked) == waiting
    for n in range(waiting):
        simulator.tell(f"p{n}", "", StatusSiak.RECEIVED_AT_CENTRAL)
    for t in threads:
        t.join(30)
    assert sorted(answers) == [(n, [f"p{n}"]) for n in range(waiting)]
    assert len(asked) == 2 * waiting
    assert core.listeners == 0


def test_each_scenario_is_played_in_order_with_its_own_delays(tmp_path, receipt_signer):
    clock = HandClock()
    behaviour = Behaviour(realistic=True, seed=5, choices=Choices(chosen={f"p{n}": name for n, name in enumerate(SCENARIOS)}))
    simulator = GatewaySimulator(tmp_path, clock=clock, keys=signer_keys(receipt_signer), behaviour=behaviour)
    with simulator, httpx.Client(base_url=simulator.base_url, trust_env=False) as http:
        for n, _ in enumerate(SCENARIOS):
            body = {**GOOD, "packet_id": f"p{n}", "station": f"s{n}"}
            put(http, http.post("/v1/packets", json=body).json()["upload_url"])
        assert all(http.get("/v1/status", headers={"Ktpel-Station": f"s{n}"}).json() == {"events": []} for n in range(len(SCENARIOS)))
        for _ in range(20):
            clock.advance(36 * 3600)
            http.get("/v1/status")
        for n, (name, stages) in enumerate(SCENARIOS.items()):
            events = http.get("/v1/status", headers={"Ktpel-Station": f"s{n}"}).json()["events"]
            assert [e["status"] for e in events] == [s.status.value for s in stages], name
            assert [e["sequence"] for e in events] == sorted({e["sequence"] for e in events})


def test_scenarios_are_drawn_with_a_seed_and_read_from_a_file(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text('default = "stuck"\nseed = 9\n[shares]\nduplicate = 0.25\nadjudicate-ready = 0.25\n'
                    '[chosen]\n"3508051002900003" = "reprocess"\n')
    found = read_scenarios(path)
    names = [found.choices.name_for(f"p{n}", "", found.seed) for n in range(2000)]
    assert names == [found.choices.name_for(f"p{n}", "", found.seed) for n in range(2000)]
    assert 430 < names.count("duplicate") < 570
    assert 900 < names.count("stuck") < 1100
    assert found.choices.name_for("p1", "3508051002900003", 9) == "reprocess"
    for bad in ('default = "x"', "shares = 3", "[shares]\nduplicate = 2", "[chosen]\np = 1", "speed = -1", "colour = 1", "["):
        path.write_text(bad)
        with pytest.raises(BadInput):
            read_scenarios(path)


@pytest.mark.parametrize("shared", [False, True])
def test_another_tus_server_takes_the_bytes(tmp_path, receipt_signer, shared):
    other = OtherTus()
    folder = tmp_path / "shared"
    folder.mkdir()
    place = TusPlace(f"{other.origin}/files", folder if shared else None)
    simulator = GatewaySimulator(tmp_path / "g", clock=SystemClock(), keys=signer_keys(receipt_signer), place=place)
    try:
        with simulator, httpx.Client(base_url=simulator.base_url, trust_env=False) as http:
            url = http.post("/v1/packets", json=GOOD).json()["upload_url"]
            assert url.startswith(f"{other.origin}/files/u1")
            put(http, url, DATA[:1000])
            assert http.post("/v1/packets", json=GOOD).json() == {"upload_url": url, "offset": 1000, "complete": False}
            assert http.get("/v1/packets/p1/receipt").json() == {"error": "not_complete"}
            put(http, url, DATA[1000:], 1000)
            (folder / "u1").write_bytes(other.uploads["u1"])
            assert http.get("/v1/packets/p1/receipt").status_code == 200
            assert simulator.content("p1") == DATA
            assert other.dropped == ["u1"]
            assert base64.b64encode(b"p1").decode() in other.metadata[0]
    finally:
        place.close()
        other.close()


def test_another_tus_server_with_wrong_bytes_or_gone(tmp_path, receipt_signer):
    other = OtherTus()
    place = TusPlace(f"{other.origin}/files")
    simulator = GatewaySimulator(tmp_path / "g", clock=SystemClock(), keys=signer_keys(receipt_signer), place=place)
    try:
        with simulator, httpx.Client(base_url=simulator.base_url, trust_env=False) as http:
            url = http.post("/v1/packets", json=GOOD).json()["upload_url"]
            put(http, url, b"x" * len(DATA))
            assert http.get("/v1/packets/p1/receipt").status_code == 404
            fresh = http.post("/v1/packets", json=GOOD).json()
            assert (fresh["upload_url"] == url, fresh["offset"]) == (False, 0)
            put(http, fresh["upload_url"], b"y" * len(DATA))
            again = http.post("/v1/packets", json=GOOD).json()
            assert (again["upload_url"].endswith("u3"), again["offset"]) == (True, 0)
            del other.uploads["u3"]
            assert http.post("/v1/packets", json=GOOD).json()["upload_url"].endswith("u4")
            other.broken = True
            late = http.post("/v1/packets", json=GOOD)
            assert (late.status_code, late.json(), late.headers["Retry-After"]) == (503, {"error": "upload_place"}, "10")
            assert simulator.receipts() == []
    finally:
        place.close()
        other.close()
