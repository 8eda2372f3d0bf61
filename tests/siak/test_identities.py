"""Servers that are not the gateway, by their TLS: refused before a byte of a packet goes out, and the packet stays queued (threat 6)."""

from __future__ import annotations

import random
import shutil
import socket
import ssl
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from bad_certificates import (
    CLIENT,
    NOW,
    authority,
    issued,
    no_signing,
    revocation_list,
    server_context,
    signed_with_sha1,
)
from cryptography.hazmat.primitives.asymmetric import rsa
from gateway_fakes import Office
from hostile_server import HostileServer, date, http

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.app.sentences import load_sentences
from ktpel_kiosk.domain.errors import BadInput, KioskError, TlsRejected
from ktpel_kiosk.domain.outbox import PacketState, WaitCause
from ktpel_kiosk.siak.answers import LineCut, StationRefused, action_for
from ktpel_kiosk.siak.http_gateway import GatewayTimeouts, HttpGateway, tls_context
from ktpel_kiosk.siak.uploader import Uploader

OFFICE_CA, STRANGER = authority(), authority("CA lain")
STATION = issued(OFFICE_CA, name="desk-1", purpose=CLIENT)
QUICK = GatewayTimeouts(3.0, 5.0, 5.0, 10.0)


def agreed():
    """The server's clock is ours: asked anew each time, for the whole suite takes longer than the tolerance."""
    return http("200 OK", b'{"events": []}', date())


def _port_nobody_has() -> int:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        return closed.getsockname()[1]


@pytest.fixture
def pinned(tmp_path):
    (tmp_path / "ca.pem").write_bytes(OFFICE_CA.pem)
    (tmp_path / "station.pem").write_bytes(STATION.pem + STATION.key_pem)

    def make(**options):
        return tls_context(tmp_path / "ca.pem", tmp_path / "station.pem", **options)

    return make


def ask(tls, server, host="127.0.0.1") -> KioskError:
    """The error of one question; the same server must not get a byte of a packet either."""
    gateway = HttpGateway(f"https://{host}:{server.port}", "desk-1", receipt_keys={}, tls=tls, timeouts=QUICK, now=SystemClock().now,
                          portal_port=_port_nobody_has())
    office = Office()
    packet = office.add(3000)
    uploader = Uploader(office.register, gateway, office.sealer, office.clock, random.Random(1))
    uploader.run_once(5.0)
    state = office.state(packet)
    assert (state.state, state.receipt) == (PacketState.SEALED, "")
    with pytest.raises(KioskError) as refused:
        gateway.statuses(0, 0)
    gateway.close()
    assert server.bodies == 0
    assert not any(line.startswith(("POST", "PATCH")) or "/v1/" in line for line in server.requests)
    line = uploader.line()
    if not isinstance(refused.value, LineCut):
        assert (line.up, line.cause) == (False, action_for(refused.value)[1])
    assert load_sentences().text(refused.value.message_key).endswith(".")
    return refused.value


def _weak():
    return issued(OFFICE_CA, key=rsa.generate_private_key(65537, 1024))


LEAF = issued(OFFICE_CA, name="seorang", purpose=None)
BAD = {
    "expired": (lambda f: server_context(f, issued(OFFICE_CA, start=-20, end=-10)), "gateway.tls_expired"),
    "not yet valid": (lambda f: server_context(f, issued(OFFICE_CA, start=10, end=20)), "gateway.tls_too_early"),
    "self-signed": (lambda f: server_context(f, issued(None)), "gateway.tls_unknown"),
    "unknown authority": (lambda f: server_context(f, issued(STRANGER)), "gateway.tls_unknown"),
    "unknown authority of the same name": (lambda f: server_context(f, issued(authority())), "gateway.tls_unknown"),
    "other address": (lambda f: server_context(f, issued(OFFICE_CA, hosts=("127.0.0.2",))), "gateway.tls_host"),
    "other name": (lambda f: server_context(f, issued(OFFICE_CA, hosts=("other.example",))), "gateway.tls_host"),
    "issued by one that is no authority": (lambda f: server_context(f, issued(LEAF), LEAF), "gateway.tls_purpose"),
    "a station's certificate": (lambda f: server_context(f, issued(OFFICE_CA, purpose=CLIENT)), "gateway.tls_purpose"),
    "key not for signing": (lambda f: server_context(f, issued(OFFICE_CA, usage=no_signing())), "gateway.tls_purpose"),
    "weak key": (lambda f: server_context(f, _weak(), weak=True), "gateway.tls_weak"),
    "signed with SHA-1": (lambda f: server_context(f, signed_with_sha1(f, OFFICE_CA), weak=True), "gateway.tls_weak"),
    "TLS 1.1 only": (lambda f: server_context(f, issued(OFFICE_CA), newest=ssl.TLSVersion.TLSv1_1), "gateway.tls_old"),
    "TLS 1.0 only": (lambda f: server_context(f, issued(OFFICE_CA), newest=ssl.TLSVersion.TLSv1), "gateway.tls_old"),
}


@pytest.mark.parametrize("name", list(BAD))
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_refused(tmp_path, pinned, name):
    make, key = BAD[name]
    with HostileServer(agreed(), make(tmp_path)) as server:
        error = ask(pinned(), server)
    assert (type(error), error.message_key) == (TlsRejected, key)
    assert action_for(error)[1] is WaitCause.TLS


def test_there_are_twelve_of_them():
    assert len(BAD) >= 12


@pytest.mark.gate
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_every_bad_identity_is_refused(tmp_path, pinned, reached):
    refused = 0
    for name, (make, key) in BAD.items():
        (tmp_path / name).mkdir()
        with HostileServer(agreed(), make(tmp_path / name)) as server:
            refused += ask(pinned(), server).message_key == key
    reached(6, asked=len(BAD), got=refused, what="bad identities refused, the packet stays queued")
    assert refused == len(BAD)


def test_other_host_name(tmp_path, pinned):
    with HostileServer(agreed(), server_context(tmp_path, issued(OFFICE_CA, hosts=("gateway.example",)))) as server:
        assert ask(pinned(), server, "localhost").message_key == "gateway.tls_host"


def test_the_good_one_is_taken(tmp_path, pinned):
    with HostileServer(agreed(), server_context(tmp_path, issued(OFFICE_CA), clients=OFFICE_CA)) as server:
        gateway = HttpGateway(server.url, "desk-1", receipt_keys={}, tls=pinned(), timeouts=QUICK)
        assert gateway.statuses(0, 0) == []
        gateway.close()


def test_no_tls_at_all(pinned):
    """A web server that says 400 to what is no HTTP."""
    with HostileServer(http("400 Bad Request"), impatient=True) as server:
        assert ask(pinned(), server).message_key == "gateway.tls_none"


def test_our_own_certificate_is_foreign_to_the_server(tmp_path, pinned):
    with HostileServer(agreed(), server_context(tmp_path, issued(OFFICE_CA), clients=STRANGER)) as server:
        error = ask(pinned(), server)
    assert isinstance(error, StationRefused | LineCut)   # the alert and the hang-up race each other
    if isinstance(error, StationRefused):
        assert (error.message_key, action_for(error)[1]) == ("gateway.station_certificate", WaitCause.STATION)


@pytest.mark.parametrize(("revoked", "end", "key"), [(True, 30, "gateway.tls_revoked"), (False, -5, "gateway.tls_crl"), (False, 30, "")])
def test_revocation_where_the_office_keeps_a_list(tmp_path, pinned, revoked, end, key):
    identity = issued(OFFICE_CA)
    (tmp_path / "crl.pem").write_bytes(revocation_list(OFFICE_CA, *([identity] if revoked else []), end=end))
    tls = pinned(crl_file=tmp_path / "crl.pem")
    with HostileServer(agreed(), server_context(tmp_path, identity)) as server:
        if key:
            assert ask(tls, server).message_key == key
        else:
            gateway = HttpGateway(server.url, "desk-1", receipt_keys={}, tls=tls, timeouts=QUICK)
            assert gateway.statuses(0, 0) == []
            gateway.close()


def test_without_a_list_revocation_is_not_known(tmp_path, pinned):
    """Said here because it is a limit: a revoked certificate is taken until it expires, unless the office keeps ``gateway-ca.crl``."""
    with HostileServer(agreed(), server_context(tmp_path, issued(OFFICE_CA))) as server:
        gateway = HttpGateway(server.url, "desk-1", receipt_keys={}, tls=pinned(), timeouts=QUICK)
        assert gateway.statuses(0, 0) == []
        gateway.close()


def test_files_that_are_no_certificates(tmp_path):
    (tmp_path / "ca.pem").write_text("rubbish")
    with pytest.raises(BadInput):
        tls_context(tmp_path / "ca.pem")
    with pytest.raises(BadInput):
        tls_context(tmp_path / "none.pem")


# -- a wrong clock, or a wrong certificate?


@pytest.mark.parametrize(("start", "end", "shift_days", "key", "cause"), [
    (10, 20, 15, "gateway.clock", WaitCause.CLOCK),                     # this machine lives in the past
    (-20, -10, -15, "gateway.clock", WaitCause.CLOCK),                  # this machine lives in the future
    (10, 20, 0, "gateway.tls_too_early", WaitCause.TLS),                # both agree: the certificate is wrong
    (-20, -10, 0, "gateway.tls_expired", WaitCause.TLS),
    (-20, -10, 4 / 1440, "gateway.tls_expired", WaitCause.TLS),         # four minutes are no wrong clock
    (-20, -10, 6 / 1440, "gateway.clock", WaitCause.CLOCK),
    (10, 20, None, "gateway.tls_not_yet_valid", WaitCause.CLOCK),       # nobody says what time it is: most likely ours
    (-20, -10, None, "gateway.tls_expired", WaitCause.TLS),
])
def test_out_of_time(tmp_path, pinned, start, end, shift_days, key, cause):
    answer = http("404 Not Found", b"", *([] if shift_days is None else [date(shift_days * 86400)]))
    with HostileServer(answer, server_context(tmp_path, issued(OFFICE_CA, start=start, end=end))) as server:
        error = ask(pinned(), server)
    assert (error.message_key, action_for(error)[1]) == (key, cause)


def test_a_stranger_is_not_asked_for_the_time(tmp_path, pinned):
    """Out of its time, but also of another authority: its word about the time counts nothing."""
    with HostileServer(http("200 OK", b"", date(15 * 86400)), server_context(tmp_path, issued(STRANGER, start=10, end=20))) as server:
        assert ask(pinned(), server).message_key == "gateway.tls_unknown"
        assert server.requests == []


def test_what_the_gateway_last_said_is_a_second_hint(tmp_path, pinned):
    """The clock jumps while the kiosk runs; the server closes after its handshake, so it cannot be asked again."""
    clock = [NOW]
    with HostileServer(http("200 OK", b'{"events": []}', date()), server_context(tmp_path, issued(OFFICE_CA))) as server:
        gateway = HttpGateway(server.url, "desk-1", receipt_keys={}, tls=pinned(), timeouts=QUICK, now=lambda: clock[0])
        assert gateway.statuses(0, 0) == []
        port = server.port
    clock[0] = NOW + timedelta(days=400)
    silent = HostileServer(lambda peer, head: peer.close(), server_context(tmp_path, issued(OFFICE_CA, start=-20, end=-10)), port=port)
    with silent, pytest.raises(TlsRejected) as refused:
        gateway.statuses(0, 0)
    assert refused.value.message_key == "gateway.clock"
    gateway.close()


@pytest.mark.gate
@pytest.mark.skipif(shutil.which("faketime") is None, reason="the program faketime is not installed")
def test_a_kiosk_whose_clock_stands_in_2019(tmp_path, pinned):
    """The whole process lives in 2019, OpenSSL included; the server lives now."""
    pinned()
    script = (
        "import sys; from pathlib import Path\n"
        "from ktpel_kiosk.app.clock import SystemClock\n"
        "from ktpel_kiosk.siak.answers import action_for\n"
        "from ktpel_kiosk.siak.http_gateway import HttpGateway, tls_context\n"
        "from ktpel_kiosk.domain.errors import KioskError\n"
        "g = HttpGateway(sys.argv[1], 'desk-1', receipt_keys={}, tls=tls_context(Path(sys.argv[2])), now=SystemClock().now)\n"
        "try:\n    g.statuses(0, 0)\n"
        "except KioskError as e:\n    print(e.message_key, action_for(e)[1].value, SystemClock().now().year)\n"
    )
    with HostileServer(agreed(), server_context(tmp_path, issued(OFFICE_CA))) as server:
        ran = subprocess.run(["faketime", "-f", "@2019-03-01 08:00:00", sys.executable, "-c", script, server.url, str(tmp_path / "ca.pem")],
                             capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[2])
    assert ran.stdout.split() == ["gateway.clock", "clock", "2019"], ran.stderr
