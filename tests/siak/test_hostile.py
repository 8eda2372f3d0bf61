"""Whatever a server answers: nothing is lost, nothing counts as sent, and one clear sentence says why it waits."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from hostile_server import HostileServer, http, tus

from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.errors import AnnounceAgain, KioskError, ReceiptInvalid, ServerRefused, ServerTrouble
from ktpel_kiosk.domain.outbox import PacketState, WaitCause
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.answers import Action, ChunkTooLarge, LineCut, OffsetMoved, PortalSeen, StationRefused, action_for
from ktpel_kiosk.siak.http_gateway import GatewayTimeouts
from ktpel_kiosk.siak.jws import sign_jws

ANNOUNCED = http("201 Created", b'{"upload_url": "/v1/uploads/u1", "offset": 0}')
ABLE = tus("204 No Content", "Tus-Version: 1.0.0", "Tus-Extension: creation,checksum", "Tus-Checksum-Algorithm: sha256")
SHORT = GatewayTimeouts(connect_s=1.0, read_s=0.3, write_s=1.0, answer_s=0.8)
UPLOAD = "/v1/uploads/u1"


def waits(office, packet, up) -> tuple[WaitCause, str]:
    """Runs the uploader; the packet must be whole, unsent and explained by a sentence without gaps."""
    up.run_once(2.0)
    now = office.state(packet)
    assert now.receipt == ""
    assert now.unsent
    assert now.state is not PacketState.RECEIVED
    assert office.sealer.exists(now.path, now.sha256)
    line = up.line()
    cause, detail = (now.wait_cause, now.wait_detail) if now.wait_detail else (line.cause, line.detail)
    sentence = load_sentences().text(detail)
    assert sentence.endswith(".")
    assert " - " not in sentence
    assert "belum dikenal" not in sentence
    return cause, detail


def slowly(peer: socket.socket, _head: bytes) -> None:
    """A header byte now and then, for ever."""
    peer.sendall(b"HTTP/1.1 200 OK\r\nX: ")
    for _ in range(400):
        time.sleep(0.05)
        peer.sendall(b"x")


def endlessly(peer: socket.socket, _head: bytes) -> None:
    peer.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(4000):
        peer.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")


def then_silence(first: bytes):
    def play(peer: socket.socket, _head: bytes) -> None:
        peer.sendall(first)
        peer.settimeout(5.0)
        peer.recv(1)   # until the client goes

    return play


PAGE = b"<!DOCTYPE html><html><body>Masuk Wi-Fi</body></html>"
BOMB = gzip.compress(b"[" * 20_000_000, 5)


@pytest.mark.parametrize(("answer", "cause", "key"), [
    (http("200 OK", PAGE, "Content-Type: text/html"), WaitCause.PORTAL, "gateway.portal"),
    (http("301 Moved", b"", "Location: https://evil.example/"), WaitCause.PORTAL, "gateway.portal"),
    (http("302 Found", b"", "Location: http://login.hotel.example/"), WaitCause.PORTAL, "gateway.portal"),
    (http("307 Temporary", b"", "Location: //evil.example/v1/packets"), WaitCause.PORTAL, "gateway.portal"),
    (http("308 Permanent", b"", "Location: http://evil.example/v1/packets"), WaitCause.PORTAL, "gateway.portal"),
    (http("307 Temporary", b"", "Location: /v1/packets"), WaitCause.SERVER, "gateway.not_the_gateway"),
    (http("200 OK", b"", "Content-Type: application/json"), WaitCause.SERVER, "gateway.not_the_gateway"),
    (http("201 Created", b'{"upload_url": "/v1/uploads/u1", "upload_url": "/v1/uploads/u2"}'), WaitCause.SERVER, "gateway.not_the_gateway"),
    (http("201 Created", b'{"upload_url": 5}'), WaitCause.SERVER, "gateway.not_the_gateway"),
    (http("201 Created", b'{"upload_url": "/u", "offset": -1}'), WaitCause.SERVER, "gateway.not_the_gateway"),
    (http("201 Created", b'{"upload_url": "/u", "offset": 99999999}'), WaitCause.SERVER, "gateway.not_the_gateway"),
    (http("201 Created", b'{"upload_url": "/u", "offset": NaN}'), WaitCause.SERVER, "gateway.not_the_gateway"),
    (http("201 Created", b'{"upload_url": "https://evil.example/u/1"}'), WaitCause.SERVER, "gateway.foreign_upload"),
    (http("201 Created", b'{"upload_url": "//evil.example/u/1"}'), WaitCause.SERVER, "gateway.foreign_upload"),
    (http("201 Created", b'{"upload_url": "http://127.0.0.1:1/u/1"}'), WaitCause.SERVER, "gateway.foreign_upload"),
    (http("201 Created", b'{"upload_url": "file:///etc/passwd"}'), WaitCause.SERVER, "gateway.foreign_upload"),
    (http("200 OK", BOMB, "Content-Encoding: gzip"), WaitCause.SERVER, "gateway.not_the_gateway"),
    (http("200 OK", b"", *[f"X-{n}: {'y' * 900}" for n in range(400)]), WaitCause.SERVER, "gateway.not_the_gateway"),
    (http("200 OK", b'{"upload', length=5000), WaitCause.SERVER, "gateway.cut"),
    (http("500 Oops"), WaitCause.SERVER, "gateway.server_error"),
    (http("503 Busy", b"", "Retry-After: 99999999999"), WaitCause.SERVER, "gateway.server_error"),
    (http("507 Full"), WaitCause.SERVER, "gateway.server_full"),
    (http("413 Large"), WaitCause.DATA, "gateway.too_large"),
    (http("401 Who"), WaitCause.STATION, "gateway.not_authorised"),
    (http("403 No"), WaitCause.STATION, "gateway.not_authorised"),
    (http("422 Wrong"), WaitCause.DATA, "gateway.packet_invalid"),
])
def test_announcing(office, connect, uploader_for, answer, cause, key):
    packet = office.add(5000)
    with HostileServer({"POST": lambda peer, head: (peer.sendall(answer), peer.shutdown(socket.SHUT_WR))}) as server:
        assert waits(office, packet, uploader_for(connect(server.port))) == (cause, key)
        assert server.bodies < 2000   # the announcement; not a byte of the packet
        assert not any("evil" in line or "hotel" in line for line in server.requests)


@pytest.mark.parametrize(("play", "key"), [
    (slowly, "gateway.slow"), (endlessly, "gateway.not_the_gateway"), (then_silence(b""), "gateway.slow"),
    (then_silence(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"), "gateway.slow"),
])
def test_answers_that_never_end(office, connect, uploader_for, play, key):
    packet = office.add(5000)
    with HostileServer({"POST": play}) as server:
        began = time.monotonic()
        assert waits(office, packet, uploader_for(connect(server.port, timeouts=SHORT))) == (WaitCause.SERVER, key)
        assert time.monotonic() - began < 30.0   # each attempt ends after 0.8 s; a busy machine may need longer


@pytest.mark.parametrize("told", [9001, 5001, 99999, -1, "nothing", "1e3", "٣", ""])
def test_a_chunk_that_went_further_than_it_can_have(connect, told):
    header = (f"Upload-Offset: {told}",) if told != "nothing" else ()
    answer = tus("204 No Content", *(h.encode().decode("latin-1") for h in header))
    with HostileServer({"OPTIONS": ABLE, "PATCH": answer}) as server, pytest.raises(ServerTrouble) as lie:
        connect(server.port).send_chunk(UPLOAD, 1000, b"x" * 4000)
    assert lie.value.message_key == ("gateway.offset_lie" if str(told).isascii() and str(told).isdigit() else "gateway.not_the_gateway")


def test_a_chunk_that_went_backwards(connect):
    with HostileServer({"OPTIONS": ABLE, "PATCH": tus("204 No Content", "Upload-Offset: 999")}) as server, \
            pytest.raises(ServerTrouble) as lie:
        connect(server.port).send_chunk(UPLOAD, 1000, b"x" * 4000)
    assert lie.value.message_key == "gateway.offset_lie"


@pytest.mark.parametrize("told", ["6000", "-1", "99999999999999", "", "0x10"])
def test_the_servers_offset_is_impossible(office, connect, uploader_for, told):
    packet = office.add(5000)
    office.change(packet, state=PacketState.ANNOUNCED, upload_url=UPLOAD)
    with HostileServer({"OPTIONS": ABLE, "HEAD": tus("200 OK", f"Upload-Offset: {told}"), "PATCH": tus("500 no")}) as server:
        assert waits(office, packet, uploader_for(connect(server.port)))[0] is WaitCause.SERVER


@pytest.mark.parametrize(("status", "kind"), [
    ("404 Not Found", AnnounceAgain), ("410 Gone", AnnounceAgain), ("403 Forbidden", AnnounceAgain), ("409 Conflict", OffsetMoved),
    ("423 Locked", OffsetMoved), ("460 Checksum Mismatch", OffsetMoved), ("413 Too Large", ChunkTooLarge), ("401 Who", StationRefused),
    ("412 Precondition Failed", ServerTrouble), ("415 Unsupported", ServerTrouble), ("507 Full", ServerTrouble),
    ("302 Found\r\nLocation: http://login.example/", PortalSeen), ("302 Found", ServerTrouble), ("400 Bad", ServerRefused),
])
def test_what_a_tus_server_may_say_to_a_chunk(connect, status, kind):
    with HostileServer({"OPTIONS": ABLE, "PATCH": tus(status)}) as server:
        gateway = connect(server.port)
        with pytest.raises(KioskError) as caught:
            gateway.send_chunk(UPLOAD, 0, b"x" * 8000)
        assert type(caught.value) is kind
        if kind is ChunkTooLarge:   # smaller would not help: the upload as a whole is too large
            with pytest.raises(ServerRefused):
                gateway.send_chunk(UPLOAD, 0, b"x" * 100)


@pytest.mark.parametrize(("status", "kind"), [
    ("404 Not Found", AnnounceAgain), ("410 Gone", AnnounceAgain), ("403 Forbidden", AnnounceAgain), ("423 Locked", ServerTrouble),
    ("412 Precondition Failed", ServerTrouble), ("301 Moved\r\nLocation: //login.example/", PortalSeen),
])
def test_what_a_tus_server_may_say_to_head(connect, status, kind):
    with HostileServer({"HEAD": tus(status)}) as server, pytest.raises(KioskError) as caught:
        connect(server.port).offset(UPLOAD)
    assert type(caught.value) is kind


@pytest.mark.parametrize(("offered", "sent"), [
    (ABLE, b"upload-checksum: sha256 "),
    (tus("204 No Content", "Tus-Version: 1.0.0", "Tus-Extension: creation, checksum", "Tus-Checksum-Algorithm: md5, sha1"),
     b"upload-checksum: sha1 "),
    (tus("200 OK", "Tus-Version: 0.2.2,1.0.0", "Tus-Extension: creation,termination"), None),
    (http("405 Method Not Allowed"), None), (http("200 OK", b"{}"), None),
])
def test_a_checksum_goes_along_only_where_it_is_offered_and_the_origin_is_asked_once(connect, offered, sent):
    with HostileServer({"OPTIONS": offered, "PATCH": tus("204 No Content", "Upload-Offset: 10")}) as server:
        gateway = connect(server.port)
        for _ in range(3):
            assert gateway.send_chunk(UPLOAD, 0, b"x" * 10) == 10
        patches = [head.lower() for head in server.heads if head.startswith(b"PATCH")]
        assert all(b"tus-resumable: 1.0.0" in head for head in patches)
        assert all((sent in head) if sent else (b"upload-checksum" not in head) for head in patches)
        assert sum(line.startswith("OPTIONS") for line in server.requests) <= 2


def test_a_packet_larger_than_the_upload_server_takes_is_refused_before_a_byte(office, connect):
    small = tus("204 No Content", "Tus-Version: 1.0.0", "Tus-Max-Size: 4999")
    with HostileServer({"OPTIONS": small, "POST": ANNOUNCED}) as server, pytest.raises(ServerRefused) as refused:
        connect(server.port).announce(office.add(5000))
    assert refused.value.message_key == "gateway.too_large"


def test_a_tus_server_of_another_maker_at_another_origin(office, connect):
    """Created by the client, absolute and relative places, answers without a body."""
    packet = office.add(10)
    with HostileServer({
        "OPTIONS": tus("200 OK", "Tus-Version: 1.0.0"), "POST /files": tus("201 Created", "Location: abc?x=1"),
        "PATCH /files/abc?x=1": tus("204 No Content", "Upload-Offset: 10"), "HEAD /files/abc?x=1": tus("200 OK", "Upload-Offset: 0"),
    }) as other, HostileServer({"POST": http("201 Created", json.dumps({"create_url": f"{other.url}/files/"}).encode())}) as server:
        gateway = connect(server.port, upload_origins=frozenset({other.url}))
        place = gateway.announce(packet)
        assert (place.upload_url, place.offset) == (f"{other.url}/files/abc?x=1", 0)
        assert gateway.offset(place.upload_url) == 0
        assert gateway.send_chunk(place.upload_url, 0, b"x" * 10) == 10
        created = next(h for h in other.heads if h.startswith(b"POST"))
        assert b"upload-length: 10" in created.lower()
        assert base64.b64encode(packet.packet_id.encode()) in created
        with pytest.raises(ServerRefused):
            connect(server.port).announce(packet)   # an origin nobody configured
    led_away = {"POST": http("201 Created", b'{"create_url": "/files/"}'), "POST /files": tus("201 Created", "Location: http://evil.example/1")}
    with HostileServer(led_away) as server, pytest.raises(ServerRefused) as foreign:
        connect(server.port).announce(packet)
    assert foreign.value.message_key == "gateway.foreign_upload"


# -- receipts


AT = datetime(2026, 3, 1, tzinfo=UTC)


def _b64(value: object) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _forgeries(packet, signer):
    """(name, answer body) of everything that is not the receipt."""
    good = wire.receipt_payload(packet.packet_id, packet.sha256, packet.station, 1, AT)

    def signed(key=signer, kid="receipt-1", typ=wire.RECEIPT_TYPE, **changes):
        return sign_jws(good | changes, key, kid, typ)

    def body(token):
        return json.dumps({"receipt": token}).encode()

    header = {"alg": "ES256", "kid": "receipt-1", "typ": wire.RECEIPT_TYPE}
    none = f"{_b64(header | {'alg': 'none'})}.{_b64(good)}."
    secret = hmac.HMAC(signer.public_key().public_numbers().x.to_bytes(32), hashes.SHA256())
    head = f"{_b64(header | {'alg': 'HS256'})}.{_b64(good)}"
    secret.update(head.encode())
    twice = json.dumps(good)[:-1] + f', "sha256": "{"0" * 64}"}}'
    embedded = header | {"jwk": {"kty": "EC"}, "kid": "mine"}
    return {
        "no receipt": b"{}", "empty": body(""), "number": b'{"receipt": 5}', "null": b'{"receipt": null}', "list": b"[]",
        "forged": body(signed(ec.generate_private_key(ec.SECP256R1()))),
        "another packet": body(signed(packet_id="0195a1b2-0000-7000-8000-0000000000ff")),
        "another hash": body(signed(sha256="0" * 64)), "another station": body(signed(station="desk-9")),
        "an old kid": body(signed(kid="receipt-0")),
        "card material as a receipt": body(signed(typ=wire.MATERIAL_TYPE)), "alg none": body(none),
        "hs256 with the public key": body(f"{head}.{_b64(secret.finalize())}"),
        "own key in the header": body(f"{_b64(embedded)}.{_b64(good)}.{_b64(b'x' * 64)}"),
        "names twice": body(f"{_b64(header)}.{_b64(twice.encode())}.{signed().split('.')[2]}"),
        "two receipts": b'{"receipt": "' + signed().encode() + b'", "receipt": "' + signed(sequence=2).encode() + b'"}',
        "sequence zero": body(signed(sequence=0)), "sequence true": body(signed(sequence=True)),
        "sequence text": body(signed(sequence="1")),
        "no time": body(signed(received_at="soon")), "huge": body("A" * 200_000),
    }


NAMES = ["no receipt", "empty", "number", "null", "list", "forged", "another packet", "another hash", "another station", "an old kid",
         "card material as a receipt", "alg none", "hs256 with the public key", "own key in the header", "names twice", "two receipts",
         "sequence zero", "sequence true", "sequence text", "no time", "huge"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_the_receipt_leaves_the_packet_queued(office, connect, uploader_for, receipt_signer, name):
    packet = office.add(5000)
    office.change(packet, state=PacketState.UPLOADED, upload_url=UPLOAD, offset=5000)
    answer = _forgeries(packet, receipt_signer)[name]
    with HostileServer({"GET /v1/packets": http("200 OK", answer, "Content-Type: application/json")}) as server:
        cause, key = waits(office, packet, uploader_for(connect(server.port)))
    not_json = name in ("list", "two receipts")
    assert (cause, key) == ((WaitCause.SERVER, "gateway.not_the_gateway") if not_json else (WaitCause.RECEIPT, "gateway.receipt"))


def test_the_list_of_forgeries_is_complete_and_the_true_receipt_is_taken(office, connect, uploader_for, receipt_signer):
    packet = office.add(5000)
    assert set(NAMES) == set(_forgeries(packet, receipt_signer))
    office.change(packet, state=PacketState.UPLOADED, upload_url=UPLOAD, offset=5000)
    good = wire.receipt_payload(packet.packet_id, packet.sha256, packet.station, 1, AT)
    token = sign_jws(good, receipt_signer, "receipt-1", wire.RECEIPT_TYPE)
    with HostileServer({"GET /v1/packets": http("200 OK", json.dumps({"receipt": token}).encode())}) as server:
        uploader_for(connect(server.port)).run_once()
    assert office.state(packet).state is PacketState.RECEIVED


def test_an_older_receipt_replayed_for_a_new_packet_is_refused(office, connect, uploader_for, receipt_signer):
    first, second = office.add(5000), office.add(6000)
    office.change(first, state=PacketState.RECEIVED)
    office.change(second, state=PacketState.UPLOADED, upload_url=UPLOAD, offset=6000)
    old = sign_jws(wire.receipt_payload(first.packet_id, first.sha256, first.station, 1, AT - timedelta(days=9)), receipt_signer,
                   "receipt-1", wire.RECEIPT_TYPE)
    with HostileServer({"GET /v1/packets": http("200 OK", json.dumps({"receipt": old}).encode())}) as server:
        assert waits(office, second, uploader_for(connect(server.port))) == (WaitCause.RECEIPT, "gateway.receipt")


@pytest.mark.parametrize("answer", [
    b'{"statements": "x"}', b'{"statements": [5]}', b"{}", b'{"statements": {"a": 1}}', b"[]",
])
def test_statements_about_keys_that_are_none(connect, answer):
    with HostileServer({"GET /v1/keys": http("200 OK", answer)}) as server, pytest.raises((ServerTrouble, ReceiptInvalid)):
        connect(server.port).key_statements(0)


def test_every_error_has_an_action_and_refusals_of_the_server_as_a_whole_stop_the_line():
    for key in ("gateway.foreign_upload", "gateway.tus_version", "gateway.server_full"):
        assert action_for(ServerRefused(key)) == (Action.WAIT_FOR_LINE, WaitCause.SERVER)
    assert action_for(LineCut("gateway.cut")) == (Action.RETRY, WaitCause.SERVER)
    assert action_for(KioskError("packet.file_missing")) == (Action.REFUSE, WaitCause.FILE)
    assert action_for(KioskError("unheard.of")) == (Action.RETRY, WaitCause.DATA)


def test_the_packet_is_the_same_after_all_of_it(office, connect, uploader_for):
    packet = office.add(5000)
    before = replace(office.state(packet))
    with HostileServer({"POST": http("507 Full")}) as server:
        waits(office, packet, uploader_for(connect(server.port)))
    after = office.state(packet)
    assert (after.sha256, after.size, after.path, after.counter) == (before.sha256, before.size, before.path, before.counter)
