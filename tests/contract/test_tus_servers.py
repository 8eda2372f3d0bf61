"""The kiosk's upload against tus servers nobody here wrote, ``@tus/server`` (Node) and ``tuspyserver`` (Python): bad lines and kills."""

from __future__ import annotations

import hashlib
import http.server
import json
import random
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tus_standins import TusServer, node_server, python_server

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.errors import AnnounceAgain, KioskError
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.siak.answers import LineCut, OffsetMoved
from ktpel_kiosk.siak.http_gateway import GatewayTimeouts, HttpGateway
from ktpel_kiosk.siak.simulator.places import TusPlace
from ktpel_kiosk.siak.simulator.script import Behaviour
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys
from ktpel_kiosk.siak.simulator.tcp_line import BadLine

PATIENT = GatewayTimeouts(connect_s=10.0, read_s=20.0, write_s=20.0, answer_s=60.0)
CONTENT = random.Random(6).randbytes(300_000)
CHUNK = 40_000
SERVERS: dict[str, Callable[[Path], TusServer]] = {"@tus/server": node_server, "tuspyserver": python_server}


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TusServer]:
    found = SERVERS[request.param](tmp_path_factory.mktemp("uploads"))
    found.start()
    yield found
    found.kill()


@pytest.fixture
def line(server: TusServer) -> Iterator[BadLine]:
    made = BadLine(server.port)
    yield made
    made.close()


@pytest.fixture
def gateway(server: TusServer, line: BadLine) -> Iterator[HttpGateway]:
    """The gateway itself is nobody; uploads may go to the tus server, directly or over the bad line."""
    signer = ec.generate_private_key(ec.SECP256R1())
    origins = frozenset({server.origin, f"http://127.0.0.1:{line.port}"})
    made = HttpGateway("http://127.0.0.1:9", "desk-1", receipt_keys={"k": signer.public_key()}, timeouts=PATIENT, upload_origins=origins)
    yield made
    made.close()


def over(line: BadLine, server: TusServer, url: str) -> str:
    return url.replace(f":{server.port}/", f":{line.port}/")


def send(gateway: HttpGateway, url: str, content: bytes = CONTENT, chunk: int = CHUNK) -> tuple[int, int]:
    """(bytes handed to the line, troubles) until the server holds everything."""
    handed = troubles = 0
    offset = gateway.offset(url)
    while offset < len(content):
        part = content[offset:offset + chunk]
        handed += len(part)
        try:
            offset = gateway.send_chunk(url, offset, part)
        except (LineCut, OffsetMoved):
            troubles += 1
            assert troubles < 200
            offset = gateway.offset(url)
    return handed, troubles


def test_a_whole_upload(server: TusServer, gateway: HttpGateway) -> None:
    url = server.create("whole", len(CONTENT))
    assert send(gateway, url) == (len(CONTENT), 0)
    assert gateway.offset(url) == len(CONTENT)
    assert server.content(url) == CONTENT


def test_cuts_cost_at_most_the_chunk_under_way(server: TusServer, gateway: HttpGateway, line: BadLine) -> None:
    url = over(line, server, server.create("cuts", len(CONTENT)))
    line.cut_each_after(70_000)
    handed, troubles = send(gateway, url)
    line.cut_each_after(None)
    assert troubles >= 3
    assert handed <= len(CONTENT) + troubles * CHUNK
    assert server.content(url) == CONTENT


def test_a_lost_answer_doubles_nothing(server: TusServer, gateway: HttpGateway, line: BadLine) -> None:
    url = over(line, server, server.create("lost", len(CONTENT)))
    offset = gateway.send_chunk(url, 0, CONTENT[:CHUNK])
    line.lose_answers(1)
    with pytest.raises(KioskError):
        gateway.send_chunk(url, offset, CONTENT[offset:offset + CHUNK])
    assert gateway.offset(url) in (offset, offset + CHUNK)
    send(gateway, url)
    assert server.content(url) == CONTENT


def test_a_server_that_is_killed_goes_on_where_it_was(server: TusServer, gateway: HttpGateway) -> None:
    url = server.create("killed", len(CONTENT))
    offset = 0
    for _ in range(3):
        offset = gateway.send_chunk(url, offset, CONTENT[offset:offset + CHUNK])
    server.kill()
    with pytest.raises(KioskError):
        gateway.offset(url)
    server.start()
    assert gateway.offset(url) == offset
    send(gateway, url)
    assert server.content(url) == CONTENT


def test_another_offset_than_the_servers_is_a_question_not_a_failure(server: TusServer, gateway: HttpGateway) -> None:
    url = server.create("moved", len(CONTENT))
    gateway.send_chunk(url, 0, CONTENT[:CHUNK])
    with pytest.raises(OffsetMoved):
        gateway.send_chunk(url, 2 * CHUNK, CONTENT[2 * CHUNK:3 * CHUNK])
    assert gateway.offset(url) == CHUNK


def test_an_unknown_upload_is_announced_again(server: TusServer, gateway: HttpGateway) -> None:
    with pytest.raises(AnnounceAgain):
        gateway.offset(f"{server.origin}/files/nobody-knows-this-one")


# -- the reference gateway with such a server in front of it ---------------------------------------------------------------------


@pytest.fixture
def reference(server: TusServer, tmp_path: Path) -> Iterator[tuple[GatewaySimulator, HttpGateway]]:
    """A gateway that sends its kiosks to the tus server, and a kiosk's client that was told of both. Neither server offers downloads, so
    the gateway reads finished uploads from their folder."""
    signer = ec.generate_private_key(ec.SECP256R1())
    pem = signer.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    place = TusPlace(f"{server.origin}/files", server.files)
    with GatewaySimulator(tmp_path / "gateway", clock=SystemClock(), keys=SimulatorKeys(pem), behaviour=Behaviour(step_s=0.0),
                          place=place) as simulator:
        client = HttpGateway(simulator.base_url, "desk-1", receipt_keys={"receipt-1": signer.public_key()}, timeouts=PATIENT,
                             upload_origins=frozenset({server.origin}))
        yield simulator, client
        client.close()
    place.close()


def packet(number: int, content: bytes) -> Packet:
    sha256 = hashlib.sha256(content).hexdigest()
    return Packet(f"packet-{number}-{sha256[:8]}", "p1", "desk-1", number, "0" * 64, sha256, len(content), "x", PacketState.SEALED,
                  SystemClock().now())


def test_a_packet_goes_to_the_other_server_and_the_receipt_comes_from_ours(
        reference: tuple[GatewaySimulator, HttpGateway], server: TusServer, request: pytest.FixtureRequest) -> None:
    simulator, client = reference
    content = random.Random(request.node.name).randbytes(150_000)
    sent = packet(1, content)
    announced = client.announce(sent)
    assert announced.upload_url.startswith(server.origin)
    offset = client.send_chunk(announced.upload_url, 0, content[:CHUNK])
    with pytest.raises(KioskError):
        client.receipt(sent.packet_id)
    server.kill()
    server.start()
    assert client.announce(sent).upload_url == announced.upload_url, "announcing again answers the same upload"
    assert client.offset(announced.upload_url) == offset
    send(client, announced.upload_url, content)
    receipt = client.receipt(sent.packet_id)
    assert (receipt.packet_id, receipt.sha256, receipt.server_sequence) == (sent.packet_id, sent.sha256, 1)
    assert simulator.content(sent.packet_id) == content
    assert client.receipt(sent.packet_id).jws == receipt.jws


def test_other_bytes_than_announced_get_no_receipt(reference: tuple[GatewaySimulator, HttpGateway], request: pytest.FixtureRequest) -> None:
    simulator, client = reference
    content = random.Random(request.node.name).randbytes(50_000)
    sent = packet(1, content)
    announced = client.announce(sent)
    send(client, announced.upload_url, content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(KioskError):
        client.receipt(sent.packet_id)
    assert simulator.content(sent.packet_id) is None and simulator.receipts() == []


def test_where_the_gateway_only_names_the_server_the_kiosk_creates_the_upload_itself(server: TusServer) -> None:
    answer = json.dumps({"create_url": f"{server.origin}/files", "offset": 0}).encode()
    signer = ec.generate_private_key(ec.SECP256R1())
    content = random.Random(server.origin).randbytes(60_000)
    with socketserver.TCPServer(("127.0.0.1", 0), _answering(answer)) as naming:
        threading.Thread(target=naming.serve_forever, daemon=True).start()
        client = HttpGateway(f"http://127.0.0.1:{naming.server_address[1]}", "desk-1", receipt_keys={"k": signer.public_key()},
                             timeouts=PATIENT, upload_origins=frozenset({server.origin}))
        announced = client.announce(packet(1, content))
        assert (announced.offset, announced.upload_url.startswith(server.origin)) == (0, True)
        send(client, announced.upload_url, content)
        client.close()
        naming.shutdown()
    assert server.content(announced.upload_url) == content


def _answering(body: bytes) -> type[http.server.BaseHTTPRequestHandler]:
    """A gateway that says the same to every announcement."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(201)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
