"""The client against a real server, against wrong identities, and against answers nobody should send."""

from __future__ import annotations

import base64
import hashlib
import socket
import threading
from dataclasses import replace

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.biodata import make_penduduk
from ktpel_kiosk.domain.errors import (
    AnnounceAgain,
    BadInput,
    Offline,
    ReceiptInvalid,
    SecurityRefusal,
    ServerRefused,
    ServerTrouble,
)
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.siak.answers import LineCut, OffsetMoved, PortalSeen, ProxyTrouble, StationRefused
from ktpel_kiosk.siak.http_gateway import GatewayTimeouts, HttpGateway, receipt_keys, tls_context
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys

PERSON = {
    "nik": "3508051002900003", "nama": "BUDI CONTOH", "tempat_lahir": "LUMAJANG", "tanggal_lahir": "1990-02-10", "jenis_kelamin": "L",
    "golongan_darah": 13, "alamat": "DUSUN KRAJAN", "rt": "001", "rw": "002", "desa": "TEMPEH LOR", "kecamatan": "TEMPEH",
    "kabupaten": "KABUPATEN LUMAJANG", "provinsi": "JAWA TIMUR", "agama": 1, "status_perkawinan": 1, "pekerjaan": 9,
}


def test_announcing_twice_answers_the_same_url(office, simulator, connect):
    gateway, packet = connect(simulator.port), office.add(100)
    first = gateway.announce(packet)
    assert gateway.announce(packet) == first
    with pytest.raises(ServerRefused) as refused:
        gateway.announce(replace(packet, sha256="f" * 64))
    assert refused.value.message_key == "gateway.packet_conflict"


def test_the_announcement_says_whose_place_a_packet_takes(office, simulator, connect):
    gateway, old, new = connect(simulator.port), office.add(100), office.add(100)
    gateway.announce(old)
    gateway.announce(replace(new, replaces=old.packet_id))
    assert {h.packet_id: h.replaces for h in simulator.holdings()} == {old.packet_id: "", new.packet_id: old.packet_id}


def test_a_counter_is_used_once_per_station(office, simulator, connect):
    gateway, packet = connect(simulator.port), office.add(100)
    gateway.announce(packet)
    with pytest.raises(ServerRefused):
        gateway.announce(replace(packet, packet_id="0195a1b2-0000-7000-8000-ffffffffffff"))


def test_wrong_offset_and_damaged_chunk_do_not_count(office, simulator, connect):
    gateway, packet = connect(simulator.port), office.add(100)
    url = gateway.announce(packet).upload_url
    with pytest.raises(OffsetMoved):
        gateway.send_chunk(url, 50, b"x" * 10)
    damaged = httpx.patch(simulator.base_url + url, content=b"x" * 10, trust_env=False, headers={
        "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream",
        "Upload-Checksum": "sha256 " + base64.b64encode(hashlib.sha256(b"y" * 10).digest()).decode(),
    })
    assert damaged.status_code == 460
    assert gateway.offset(url) == 0


def test_bytes_other_than_announced_are_dropped(office, simulator, connect):
    gateway, packet = connect(simulator.port), office.add(100)
    url = gateway.announce(packet).upload_url
    with pytest.raises(ServerRefused):
        gateway.send_chunk(url, 0, b"y" * 100)
    with pytest.raises(AnnounceAgain):
        gateway.offset(url)
    assert gateway.announce(packet).offset == 0
    assert simulator.receipts() == []


def test_receipt_before_the_end_and_for_an_unknown_packet(office, simulator, connect):
    gateway, packet = connect(simulator.port), office.add(100)
    gateway.announce(packet)
    with pytest.raises(ServerTrouble) as waiting:
        gateway.receipt(packet.packet_id)
    assert waiting.value.message_key == "gateway.receipt_not_ready"
    with pytest.raises(AnnounceAgain):
        gateway.receipt("0195a1b2-0000-7000-8000-00000000abcd")


def test_receipt_by_another_key_is_invalid(office, simulator, connect):
    gateway, packet = connect(simulator.port), office.add(100)
    url = gateway.announce(packet).upload_url
    assert gateway.send_chunk(url, 0, office.sealer.files[packet.path]) == 100
    assert gateway.receipt(packet.packet_id).sha256 == packet.sha256
    stranger = HttpGateway(simulator.base_url, "desk-1", receipt_keys={"receipt-1": ec.generate_private_key(ec.SECP256R1()).public_key()})
    with pytest.raises(ReceiptInvalid):
        stranger.receipt(packet.packet_id)
    stranger.close()


def test_long_poll_returns_as_soon_as_something_happens(simulator, connect):
    gateway = connect(simulator.port)
    timer = threading.Timer(0.3, simulator.tell, ("pkt", "", StatusSiak.CARD_ISSUED))
    simulator._store.announce("pkt", "desk-1", 1, "0" * 64, 1, "0" * 64)
    timer.start()
    events = gateway.statuses(0, 5.0)
    timer.join()
    assert [e.status for e in events] == [StatusSiak.CARD_ISSUED]


def test_statuses_belong_to_the_station(simulator, connect):
    simulator._store.announce("pkt", "desk-1", 1, "0" * 64, 1, "0" * 64)
    simulator.tell("pkt", "", StatusSiak.CARD_ISSUED)
    assert connect(simulator.port, station="desk-2").statuses(0, 0) == []


def test_lookup_and_card_events(tmp_path, demo_keys):
    person = make_penduduk(**PERSON)
    keys = SimulatorKeys(demo_keys.receipt_key.read_bytes())
    with GatewaySimulator(tmp_path, clock=SystemClock(), keys=keys, people={person.nik: person}) as simulator:
        gateway = HttpGateway(simulator.base_url, "desk-1", receipt_keys={})
        assert gateway.lookup(person.nik) == person
        assert gateway.lookup("3508051002900004") is None
        for _ in range(2):
            gateway.report_card("printed", {"event_id": "e1", "nik": person.nik})
        assert simulator.cards() == [("e1", "printed")]
        with pytest.raises(ServerRefused):
            gateway.report_card("eaten", {"event_id": "e2"})
        gateway.close()


def test_no_listener_is_offline_and_silence_is_not(simulator, connect):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        with pytest.raises(LineCut) as slow:
            connect(port, timeouts=GatewayTimeouts(1.0, 0.2, 1.0, 1.0)).offset("/v1/uploads/x")
        assert slow.value.message_key == "gateway.slow"
    with pytest.raises(Offline):
        connect(port).offset("/v1/uploads/x")


class OneAnswer:
    """A server that answers every request with the same bytes."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(2.0)
                try:
                    peer.recv(65536)
                    peer.sendall(self.raw)
                    peer.shutdown(socket.SHUT_WR)
                    peer.recv(65536)
                except OSError:
                    continue

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(3.0)


def _http(status: str, body: bytes, extra: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{extra}Connection: close\r\n\r\n".encode() + body


@pytest.mark.parametrize(("raw", "kind", "key"), [
    (_http("200 OK", b"<html>Masuk Wi-Fi</html>"), PortalSeen, "gateway.portal"),
    (_http("302 Found", b"", "Location: http://portal.example/\r\n"), PortalSeen, "gateway.portal"),
    (_http("200 OK", b"[]"), ServerTrouble, "gateway.not_the_gateway"),
    (_http("200 OK", b'{"events": [{"sequence": 1}]}'), ServerTrouble, "gateway.not_the_gateway"),
    (_http("200 OK", b'{"events": [7]}'), ServerTrouble, "gateway.not_the_gateway"),
    (_http("200 OK", b"[" * 100_000), ServerTrouble, "gateway.not_the_gateway"),
    (_http("200 OK", b"x" * 1_200_000), ServerTrouble, "gateway.not_the_gateway"),
    (_http("401 Unauthorized", b""), ServerRefused, "gateway.not_authorised"),
    (_http("407 Proxy", b""), ProxyTrouble, "gateway.proxy"),
    (_http("429 Slow", b"", "Retry-After: 7\r\n"), ServerTrouble, "gateway.busy"),
    (_http("500 Oops", b""), ServerTrouble, "gateway.server_error"),
    (_http("418 Teapot", b""), ServerRefused, "gateway.refused"),
    (_http("507 Full", b""), ServerTrouble, "gateway.server_full"),
    (_http("511 Sign in", b""), PortalSeen, "gateway.portal"),
    (b"SSH-2.0-OpenSSH_9\r\n", LineCut, "gateway.cut"),
    (b"SSH-2.0-OpenSSH_9\r\n\r\n", ServerTrouble, "gateway.not_the_gateway"),
    (b"", LineCut, "gateway.cut"),
])
def test_answers_are_classed_in_one_table(connect, raw, kind, key):
    server = OneAnswer(raw)
    try:
        with pytest.raises(kind) as caught:
            connect(server.port).statuses(0, 0)
        assert caught.value.message_key == key
        assert not isinstance(caught.value, Offline)
    finally:
        server.close()


def test_events_out_of_order_are_not_taken(connect):
    event = '{"sequence": %d, "packet_id": "p", "nik": "", "status": "CARD_ISSUED", "at": "2026-01-01T00:00:00Z", "reason": ""}'
    server = OneAnswer(_http("200 OK", f'{{"events": [{event % 5}, {event % 4}]}}'.encode()))
    try:
        with pytest.raises(ServerTrouble):
            connect(server.port).statuses(0, 0)
    finally:
        server.close()


def test_uploads_are_not_led_to_a_foreign_host(office, connect):
    server = OneAnswer(_http("201 Created", b'{"upload_url": "http://evil.example/u/1", "offset": 0}'))
    try:
        with pytest.raises(ServerRefused) as refused:
            connect(server.port).announce(office.add(10))
        assert refused.value.message_key == "gateway.foreign_upload"
    finally:
        server.close()


@pytest.mark.parametrize("url", ["http://gateway.example", "ftp://127.0.0.1", "https://gateway.example", "gateway.example", ""])
def test_plain_http_beyond_this_machine_and_https_without_a_pinned_authority_are_refused(url):
    with pytest.raises(BadInput):
        HttpGateway(url, "desk-1", receipt_keys={})


def test_the_simulator_refuses_production(tmp_path, demo_keys):
    with pytest.raises(SecurityRefusal):
        GatewaySimulator(tmp_path, clock=SystemClock(), keys=SimulatorKeys(demo_keys.receipt_key.read_bytes()), production=True)


def _tls_simulator(tmp_path, demo_keys, **files):
    keys = SimulatorKeys(demo_keys.receipt_key.read_bytes(), server_cert=files.get("cert", demo_keys.server_cert),
                         server_key=files.get("key", demo_keys.server_key), client_ca=demo_keys.ca_cert)
    return GatewaySimulator(tmp_path / "tls", clock=SystemClock(), keys=keys)


def test_mutual_tls_round_trip(tmp_path, demo_keys, office):
    with _tls_simulator(tmp_path, demo_keys) as simulator:
        gateway = HttpGateway(
            simulator.base_url, "desk-1", tls=tls_context(demo_keys.ca_cert, demo_keys.client_cert, demo_keys.client_key),
            receipt_keys=receipt_keys({demo_keys.receipt_kid: demo_keys.receipt_cert.read_bytes()}),
        )
        packet = office.add(100)
        gateway.send_chunk(gateway.announce(packet).upload_url, 0, office.sealer.files[packet.path])
        assert gateway.receipt(packet.packet_id).server_sequence == 1
        gateway.close()


def test_without_a_client_certificate_the_server_hangs_up_and_it_is_not_called_offline(tmp_path, demo_keys):
    with _tls_simulator(tmp_path, demo_keys) as simulator:
        gateway = HttpGateway(simulator.base_url, "desk-1", tls=tls_context(demo_keys.ca_cert), receipt_keys={})
        with pytest.raises((StationRefused, LineCut)) as refused:  # the alert and the hang-up race each other
            gateway.statuses(0, 0)
        assert refused.value.message_key in ("gateway.station_certificate", "gateway.cut")
        gateway.close()
