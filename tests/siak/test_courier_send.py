"""A courier's bundle over real HTTP to the simulator: from a computer that knows nothing of the office."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from gateway_fakes import HandClock

sys.path.insert(0, str(Path(__file__).parents[1] / "packet"))
from courier_makers import courier, item, plan, read

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.errors import IoFailure, Offline, ReceiptInvalid
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.packet.courier_manifest import manifest_checker
from ktpel_kiosk.packet.courier_return import ReturningBundle, payload_unverified
from ktpel_kiosk.packet.keys import DemoKeys, _save, _self_signed, load_certificate
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.courier_send import CourierLine, Sender, SendPolicy
from ktpel_kiosk.siak.courier_tokens import GatewayTokens
from ktpel_kiosk.siak.http_gateway import GatewayTimeouts
from ktpel_kiosk.siak.jws import sign_jws
from ktpel_kiosk.siak.receipt_keys import KeySet
from ktpel_kiosk.siak.simulator.script import Behaviour, FaultKind
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys
from ktpel_kiosk.siak.simulator.tcp_line import BadLine

QUICK = GatewayTimeouts(connect_s=2.0, read_s=5.0, write_s=5.0, answer_s=10.0)
POLICY = SendPolicy(first_chunk=8192, smallest_chunk=1024, largest_chunk=8192, patience_s=30.0)


@pytest.fixture(scope="module")
def station_keys(tmp_path_factory) -> DemoKeys:
    return _station(tmp_path_factory.mktemp("station"), "Stasiun")


def _station(folder: Path, name: str) -> DemoKeys:
    keys = DemoKeys(folder)
    _save(keys.station_key, keys.station_cert, *_self_signed(name, ec.generate_private_key(ec.SECP256R1()), SystemClock().now()))
    return keys


@pytest.fixture
def gateway(tmp_path, receipt_signer, station_keys) -> Iterator[GatewaySimulator]:
    pem = receipt_signer.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    checker = manifest_checker({"desk-1": load_certificate(station_keys.station_cert.read_bytes())})
    with GatewaySimulator(tmp_path / "gateway", clock=SystemClock(), keys=SimulatorKeys(pem), behaviour=Behaviour(step_s=0.0),
                          manifests=checker) as simulator:
        yield simulator


@pytest.fixture
def tokens(receipt_signer) -> GatewayTokens:
    return GatewayTokens(lambda: KeySet.bare({"receipt-1": receipt_signer.public_key()}))


def bundle_at(folder: Path, keys: DemoKeys, count: int = 3, size: int = 30_000, **options: object) -> Path:
    folder.mkdir(exist_ok=True)
    return courier(keys).write(folder, plan(count, size=size, **options), read).folder


def send(folder: Path, port: int, clock: object = None, **options: object):
    bundle = ReturningBundle(folder)
    line = CourierLine(f"http://127.0.0.1:{port}", bundle.listed.station, receipt_keys={}, timeouts=QUICK)
    try:
        return Sender(bundle, line, clock or HandClock(), policy=options.pop("policy", POLICY), host="127.0.0.1", **options).run()
    finally:
        line.close()


def test_packets_receipts_and_signed_statuses(tmp_path, gateway, station_keys, tokens):
    folder = bundle_at(tmp_path / "usb", station_keys)
    report = send(folder, gateway.port)
    assert (report.packets, report.received, report.missing, report.trouble, report.refused) == (3, 3, 0, None, ())
    bundle = courier(station_keys).open(folder)
    receipts = [tokens.receipt(text) for _, text in bundle.receipts()]
    assert [(r.packet_id, r.sha256, r.station) for r in receipts] == [(i.packet_id, i.sha256, "desk-1") for i in bundle.manifest.items]
    pages = [tokens.statuses(text) for _, text in bundle.statuses()]
    assert [p.station for p in pages] == ["desk-1"] * len(pages)
    assert {e.packet_id for p in pages for e in p.events} == {i.packet_id for i in bundle.manifest.items}
    assert all(not e.nik for p in pages for e in p.events)
    assert "nik" not in str(payload_unverified(next(bundle.statuses())[1]))
    assert bundle.refused == ()
    # once more: nothing is sent, only news would be fetched
    again = send(folder, gateway.port)
    assert (again.had, again.received, again.statuses) == (3, 0, 0)
    gateway.tell(item(1).packet_id, "3508050101010001", StatusSiak.PRINT_READY_RECORD)
    assert send(folder, gateway.port).statuses == 1


@pytest.mark.parametrize("cut", [20_000, *(pytest.param(n, marks=pytest.mark.gate) for n in (1, 9_000, 45_000, 80_000))])
def test_a_line_that_breaks_costs_the_chunk_under_way_and_nothing_else(tmp_path, gateway, station_keys, cut):
    folder = bundle_at(tmp_path / "usb", station_keys)
    line = BadLine(gateway.port)
    try:
        line.cut_once_at(cut)
        report = send(folder, line.port)
        assert (report.received, report.trouble) == (3, None)
        assert [h.complete for h in gateway.holdings()] == [True] * 3
        assert line.sent < 90_000 + POLICY.largest_chunk + 20_000
    finally:
        line.close()


def test_stopped_by_the_line_it_says_why_and_goes_on_later_from_there(tmp_path, gateway, station_keys):
    folder = bundle_at(tmp_path / "usb", station_keys)
    line = BadLine(gateway.port)
    try:
        def fall(number: int, packet_id: str, offset: int, size: int) -> None:
            if number == 2 and offset >= 16_000:
                line.down()
        waits = []
        report = send(folder, line.port, on_progress=fall, on_wait=lambda trouble, seconds: waits.append(seconds))
        assert isinstance(report.trouble, Offline)
        assert (report.received, report.missing) == (1, 2)
        assert 2 <= len(waits) <= 8
        assert waits == sorted(waits)
        held = [h.received for h in gateway.holdings()]
        line.up()
        seen = []
        again = send(folder, line.port, on_progress=lambda number, packet_id, offset, size: seen.append((number, offset)))
        assert (again.had, again.received, again.trouble) == (1, 2, None)
        assert seen[0] == (2, held[1])
        assert held[1] >= 16_000
    finally:
        line.close()


def test_altered_and_missing_packets_are_named_and_the_rest_goes(tmp_path, gateway, station_keys):
    folder = bundle_at(tmp_path / "usb", station_keys, count=4)
    packets = folder / "packets"
    (packets / f"{item(2).packet_id}.ktpelpkt").write_bytes(b"x" * 30_000)
    (packets / f"{item(3).packet_id}.ktpelpkt").unlink()
    report = send(folder, gateway.port)
    assert {(r.entry, r.key) for r in report.refused} == {
        (f"packets/{item(2).packet_id}", "courier.packet_altered"), (f"packets/{item(3).packet_id}", "courier.packet_missing")}
    assert (report.received, report.missing, report.trouble) == (2, 2, None)
    assert {h.counter for h in gateway.holdings()} == {1, 4}


def test_a_station_the_gateway_does_not_know_sends_nothing(tmp_path, gateway, tmp_path_factory):
    stranger = _station(tmp_path_factory.mktemp("lain"), "Lain")
    report = send(bundle_at(tmp_path / "usb", stranger), gateway.port)
    assert report.trouble.message_key == "courier.not_known"
    assert gateway.holdings() == []


def test_a_courier_may_only_bring_what_the_manifest_lists(tmp_path, gateway, station_keys):
    folder = bundle_at(tmp_path / "usb", station_keys, count=2)
    bundle = ReturningBundle(folder)
    line = CourierLine(gateway.base_url, "desk-1", receipt_keys={}, timeouts=QUICK)
    sender = Sender(bundle, line, HandClock())
    try:
        assert line.introduce(bundle.text, bundle.listed.digest)
        first, second = bundle.listed.items
        for wrong in (item(9), replace(first, counter=7), replace(first, sha256="0" * 64)):
            with pytest.raises(Exception, match="not_authorised"):
                line.announce(sender._as_packet(wrong))
        line.announce(sender._as_packet(first))
        line.say(wire.COURIER_HEADER, "f" * 64)   # a bundle that was never shown
        with pytest.raises(Exception, match="not_authorised"):
            line.announce(sender._as_packet(second))
        with pytest.raises(Exception, match="not_authorised"):
            line.signed_statuses("f" * 64, 0)
    finally:
        line.close()
    assert [h.counter for h in gateway.holdings()] == [1]


def test_a_bundle_shown_before_a_restart_is_still_known(tmp_path, gateway, station_keys):
    bundle = ReturningBundle(bundle_at(tmp_path / "usb", station_keys, count=1))
    for after_restart in (False, True):
        line = CourierLine(gateway.base_url, "desk-1", receipt_keys={}, timeouts=QUICK)
        try:
            if after_restart:
                gateway.stop()
                gateway.start()
                line.say(wire.COURIER_HEADER, bundle.listed.digest)
            else:
                line.introduce(bundle.text, bundle.listed.digest)
            assert line.signed_statuses(bundle.listed.digest, 0) == ("", 0)
        finally:
            line.close()


def test_a_gateway_without_a_counter_takes_the_packets_all_the_same(tmp_path, gateway, station_keys):
    folder = bundle_at(tmp_path / "usb", station_keys)
    gateway.behaviour.faults.add("announce", FaultKind.STATUS, 404)
    report = send(folder, gateway.port)
    assert (report.received, report.statuses, report.trouble) == (3, 0, None)


@pytest.mark.parametrize(("operation", "kind", "value"), [
    ("chunk", FaultKind.LOSE, 0), ("receipt", FaultKind.STATUS, 404),
    *(pytest.param(*fault, marks=pytest.mark.gate) for fault in (
        ("announce", FaultKind.STATUS, 503), ("chunk", FaultKind.STATUS, 500), ("offset", FaultKind.FORGET, 0),
        ("chunk", FaultKind.FORGET, 0), ("receipt", FaultKind.STATUS, 409), ("status", FaultKind.LOSE, 0))),
])
def test_a_server_that_stumbles_is_asked_again(tmp_path, gateway, station_keys, operation, kind, value):
    folder = bundle_at(tmp_path / "usb", station_keys)
    gateway.behaviour.faults.add(operation, kind, value, times=2)
    report = send(folder, gateway.port)
    assert (report.received, report.trouble, report.refused) == (3, None, ())
    assert [h.complete for h in gateway.holdings()] == [True] * 3


def test_a_refused_packet_is_named_and_the_others_go(tmp_path, gateway, station_keys):
    folder = bundle_at(tmp_path / "usb", station_keys)
    send(folder, gateway.port)
    other = bundle_at(tmp_path / "usb2", station_keys, size=31_000, count=4, bundle="b2")   # the same ids and other bytes: a conflict
    report = send(other, gateway.port)
    assert [r.key for r in report.refused] == ["gateway.packet_conflict"] * 3
    assert report.received == 1


def test_a_disk_pulled_out_while_sending_ends_with_its_own_words(tmp_path, gateway, station_keys):
    folder = bundle_at(tmp_path / "usb", station_keys)

    def pulled(number: int, packet_id: str, offset: int, size: int) -> None:
        if number == 2:
            shutil.rmtree(folder, ignore_errors=True)
    with pytest.raises(IoFailure) as error:
        send(folder, gateway.port, on_progress=pulled)
    assert error.value.message_key == "courier.disk_gone"
    assert not folder.exists()


def test_a_forged_receipt_is_carried_but_never_believed(tmp_path, gateway, station_keys, tokens):
    folder = bundle_at(tmp_path / "usb", station_keys, count=1)
    gateway.behaviour.faults.add("receipt", FaultKind.FORGE)
    assert send(folder, gateway.port).received == 1
    ((_, text),) = courier(station_keys).open(folder).receipts()
    with pytest.raises(ReceiptInvalid) as error:
        tokens.receipt(text)
    assert error.value.message_key == "courier.receipt_unsigned"


@pytest.mark.parametrize("change", [
    {"events": []}, {"from": -1}, {"from": True}, {"upto": 1}, {"station": ""}, {"issued_at": "gestern"}, {"from": 5}, {"events": {}},
])
def test_a_signed_page_that_makes_no_sense_is_refused(tokens, receipt_signer, change):
    event = {"packet_id": "p", "status": "PROCESSING", "at": "2026-03-02T00:00:00Z", "reason": ""}
    payload = {"station": "desk-1", "from": 0, "upto": 4, "events": [event | {"sequence": 3}, event | {"sequence": 4}],
               "issued_at": "2026-03-02T00:00:00Z"}
    assert tokens.statuses(sign_jws(payload, receipt_signer, "receipt-1", wire.STATUS_TYPE)).upto == 4
    for token in (sign_jws({**payload, **change}, receipt_signer, "receipt-1", wire.STATUS_TYPE),
                  sign_jws(payload, receipt_signer, "receipt-1", wire.RECEIPT_TYPE), "x.y.z", ""):
        with pytest.raises(ReceiptInvalid) as error:
            tokens.statuses(token)
        assert error.value.message_key == "courier.status_unsigned"


def test_the_station_itself_may_ask_for_signed_statuses_too(tmp_path, gateway, station_keys, tokens, connect):
    import httpx

    folder = bundle_at(tmp_path / "usb", station_keys, count=1)
    send(folder, gateway.port)
    answer = httpx.get(f"{gateway.base_url}/v1/status?after=0&signed=true", headers={wire.STATION_HEADER: "desk-1"}).json()
    assert tokens.statuses(answer["signed"]).upto == answer["upto"]
    foreign = httpx.get(f"{gateway.base_url}/v1/status?after=0&signed=true", headers={wire.STATION_HEADER: "desk-2"}).json()
    assert foreign == {"signed": "", "upto": 0}
