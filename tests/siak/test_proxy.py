"""Through a real HTTP proxy (tinyproxy): with and without a password, changed while requests run, refusing, absent."""

from __future__ import annotations

import logging
import shutil
import socket
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

import pytest
from bad_certificates import authority, issued, server_context
from hostile_server import HostileServer, date, http

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.errors import BadInput, KioskError, Offline, TlsRejected
from ktpel_kiosk.domain.line import LineRules
from ktpel_kiosk.domain.outbox import PacketState, WaitCause
from ktpel_kiosk.siak.answers import ProxyTrouble, action_for
from ktpel_kiosk.siak.http_gateway import GatewayTimeouts, HttpGateway, receipt_keys, tls_context
from ktpel_kiosk.siak.simulator.server import GatewaySimulator, SimulatorKeys

sys.path.append(str(Path(__file__).parents[1] / "contract"))
from fixed_port import fixed_port

QUICK = GatewayTimeouts(3.0, 10.0, 10.0, 20.0)
WORD = "kata-sandi-R4hasia"
pytestmark = pytest.mark.skipif(shutil.which("tinyproxy") is None, reason="the program tinyproxy is not installed")


class Tinyproxy:
    """The program on a port of its own; ``lines`` of its configuration beside the usual."""

    def __init__(self, folder: Path, *lines: str) -> None:
        self.port = fixed_port()
        self.log = folder / "proxy.log"
        usual = (f"Port {self.port}", "Listen 127.0.0.1", "Allow 127.0.0.1", "Timeout 60", "MaxClients 50", f'LogFile "{self.log}"',
                 "LogLevel Connect", "DisableViaHeader Yes")
        (folder / "proxy.conf").write_text("\n".join([*usual, *lines, ""]))
        self.process = subprocess.Popen(["tinyproxy", "-d", "-c", str(folder / "proxy.conf")], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1.0).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    self.stop()
                    raise
                time.sleep(0.02)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    proxy = Tinyproxy(tmp_path_factory.mktemp("plain"))
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    proxy = Tinyproxy(tmp_path_factory.mktemp("locked"), f"BasicAuth kiosk {WORD}")
    yield proxy
    proxy.stop()


@pytest.fixture
def tls_gateway(tmp_path, demo_keys):
    keys = SimulatorKeys(demo_keys.receipt_key.read_bytes(), server_cert=demo_keys.server_cert, server_key=demo_keys.server_key,
                         client_ca=demo_keys.ca_cert)
    with GatewaySimulator(tmp_path / "tls", clock=SystemClock(), keys=keys) as simulator:
        yield simulator


@pytest.fixture
def through(demo_keys):
    opened = []

    def make(url, proxy, **options):
        tls = tls_context(demo_keys.ca_cert, demo_keys.client_cert, demo_keys.client_key) if url.startswith("https") else None
        opened.append(HttpGateway(url, "desk-1", tls=tls, proxy=proxy, timeouts=QUICK, **{
            "receipt_keys": receipt_keys({demo_keys.receipt_kid: demo_keys.receipt_cert.read_bytes()}), **options}))
        return opened[-1]

    yield make
    for gateway in opened:
        gateway.close()


def with_word(proxy: Tinyproxy, word: str = WORD) -> str:
    return f"http://kiosk:{word}@127.0.0.1:{proxy.port}"


@pytest.mark.parametrize("word", [False, True])
def test_a_packet_and_its_receipt_through_connect(plain, locked, tls_gateway, through, office, uploader_for, word):
    proxy = locked if word else plain
    packet = office.add(30_000)
    uploader_for(through(tls_gateway.base_url, with_word(proxy) if word else proxy.url)).run_once()
    assert office.state(packet).state is PacketState.RECEIVED
    assert f"CONNECT 127.0.0.1:{tls_gateway.port}" in proxy.log.read_text()


def test_plain_http_goes_through_the_proxy_too(plain, simulator, through):
    assert through(simulator.base_url, plain.url, receipt_keys={}).statuses(0, 0) == []
    assert f"GET http://127.0.0.1:{simulator.port}/v1/status" in plain.log.read_text()


@pytest.mark.parametrize("secret", ["", "salah-kata"])
def test_a_proxy_that_wants_another_password(locked, tls_gateway, through, office, uploader_for, secret):
    gateway, packet = through(tls_gateway.base_url, with_word(locked, secret) if secret else locked.url), office.add(3000)
    up = uploader_for(gateway)
    up.run_once(5.0)
    assert (office.state(packet).state, up.line().cause, up.line().detail) == (PacketState.SEALED, WaitCause.PROXY, "gateway.proxy")
    gateway.use_proxy(with_word(locked))   # the administrator fills it in; nothing is restarted
    up.probe_now()
    up.run_once()
    assert office.state(packet).state is PacketState.RECEIVED


def test_a_proxy_that_refuses_the_way(tmp_path, tls_gateway, through):
    strict = Tinyproxy(tmp_path, "ConnectPort 1")
    try:
        with pytest.raises(ProxyTrouble) as refused:
            through(tls_gateway.base_url, strict.url).statuses(0, 0)
    finally:
        strict.stop()
    assert (refused.value.message_key, action_for(refused.value)[1]) == ("gateway.proxy_refused", WaitCause.PROXY)
    with pytest.raises(ProxyTrouble) as gone:
        through(tls_gateway.base_url, strict.url).statuses(0, 0)
    assert (gone.value.message_key, action_for(gone.value)[1]) == ("gateway.proxy_unreachable", WaitCause.PROXY)


def test_the_proxy_stands_but_the_server_behind_it_does_not(plain, through):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(Offline) as down:
        through(f"https://127.0.0.1:{port}", plain.url).statuses(0, 0)
    assert down.value.message_key == "gateway.proxy_no_way"


def test_a_false_identity_behind_the_proxy_is_still_refused(tmp_path, plain, through):
    with HostileServer(http("200 OK", b"{}", date()), server_context(tmp_path, issued(authority()))) as server, \
            pytest.raises(TlsRejected) as refused:
        through(server.url, plain.url).statuses(0, 0)
    assert refused.value.message_key == "gateway.tls_unknown"


def test_the_proxy_changes_while_requests_run(plain, locked, tls_gateway, through):
    gateway, stop, troubles, done = through(tls_gateway.base_url, ""), threading.Event(), [], [0, 0, 0]

    def work(number: int) -> None:
        while not stop.is_set():
            try:
                gateway.statuses(0, 0)
                done[number] += 1
            except Exception as e:  # whatever it is, it is a failure of this test
                troubles.append(repr(e))
                return

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(12):
        before = sum(done)
        gateway.use_proxy(("", plain.url, with_word(locked))[turn % 3])
        deadline = time.monotonic() + 20
        while sum(done) < before + 4 and time.monotonic() < deadline and not troubles:
            time.sleep(0.005)
    stop.set()
    for thread in threads:
        thread.join(20)
    assert troubles == []
    assert min(done) > 0
    connections = gateway._exchange._connections
    assert list(connections._users) == []


def test_the_password_is_nowhere(plain, locked, tls_gateway, through, caplog):
    caplog.set_level(logging.DEBUG)
    url = with_word(locked)
    gateway = through(tls_gateway.base_url, url)
    assert gateway.statuses(0, 0) == []
    seen = [repr(gateway), str(vars(gateway)), repr(vars(gateway._exchange)), repr(LineRules(proxy=url))]
    for bad in (with_word(locked, f"{WORD}x"), f"http://kiosk:{WORD}@127.0.0.1:1", f"ftp://kiosk:{WORD}@x", f"http://kiosk:{WORD}@x:99999",
                f"http://kiosk:{WORD}@[::/", f"http://kiosk:{WORD}@h:3128/path", f"http://kiosk:{WORD}@"):
        try:
            gateway.use_proxy(bad)
            gateway.statuses(0, 0)
        except KioskError as e:
            seen += [str(e), repr(e), "".join(traceback.format_exception(e)), str(e.facts)]
    assert len(seen) >= 4 + 4 * 6
    assert not any(WORD in text for text in seen)
    assert WORD not in caplog.text
    assert WORD.encode().hex() not in caplog.text


@pytest.mark.parametrize("url", ["ftp://x", "socks5://127.0.0.1:1", "https://127.0.0.1:3128", "proxy.kantor:3128", "http://", "http://x:99999",
                                 "http://a:3128/path", "http://a:3128?x=1", "http://[::"])
def test_addresses_that_are_no_proxy(url):
    gateway = HttpGateway("http://127.0.0.1:9", "desk-1", receipt_keys={})
    with pytest.raises(BadInput) as refused:
        gateway.use_proxy(url)
    assert refused.value.message_key == "gateway.proxy_url"
    assert refused.value.facts == {}
    with pytest.raises(BadInput):
        HttpGateway("http://127.0.0.1:9", "desk-1", receipt_keys={}, proxy=url)
    gateway.close()
