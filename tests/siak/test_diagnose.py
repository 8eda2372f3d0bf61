"""Causes that look alike, told apart: each is made for real, in a network of its own where the machine allows that."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from hostile_server import HostileServer, http

from ktpel_kiosk.domain.errors import KioskError, Offline
from ktpel_kiosk.siak import connections
from ktpel_kiosk.siak.answers import Operation, ProxyTrouble, error_of
from ktpel_kiosk.siak.connections import ResolverSilent, resolve
from ktpel_kiosk.siak.diagnose import ask_head, has_route, is_portal
from ktpel_kiosk.siak.http_gateway import HttpGateway

HERE = Path(__file__).parent


def _namespaces() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None or sys.platform != "linux":
        return False
    return subprocess.run(["unshare", "-rnm", "true"], capture_output=True, check=False).returncode == 0


SCENES = {
    "no network, by name": ["offline", "gateway.no_network"],
    "no network, by address": ["offline", "gateway.no_network"],
    "no network, proxy by address": ["offline", "gateway.no_network"],
    "loopback only, name unknown": ["offline", "gateway.no_network"],
    "name service unknown": ["dns", "gateway.dns_unknown"],
    "name service broken": ["dns", "gateway.dns_silent"],
    "name service silent": ["dns", "gateway.dns_silent"],
    "proxy's name unknown": ["proxy", "gateway.proxy_unreachable"],
    "nobody there": ["offline", "gateway.offline"],
    "server down": ["offline", "gateway.offline"],
    "no way to that network": ["offline", "gateway.offline"],
    "portal, 443 closed": ["portal", "gateway.portal"],
    "portal takes 443 with its own certificate": ["portal", "gateway.portal"],
    "portal shows its page at once": ["portal", "gateway.portal"],
    "foreign certificate, no portal to be seen": ["tls", "gateway.tls_unknown"],
    "foreign certificate, port 80 leads to itself": ["tls", "gateway.tls_unknown"],
    "foreign certificate, a web server on port 80": ["tls", "gateway.tls_unknown"],
    "all well, whatever port 80 says": ["none", ""],
}


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    if not _namespaces():
        pytest.skip("network namespaces (unshare -rnm, ip) are not allowed on this machine")
    command = ["unshare", "-rnm", sys.executable, str(HERE / "network_scenes.py"), str(tmp_path_factory.mktemp("scenes"))]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=150, check=False, env={**os.environ, "PYTHONPATH": str(HERE)})
    assert ran.returncode == 0, ran.stderr
    found: dict[str, list[str]] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize("scene", list(SCENES))
def test_a_real_network_that_does_not_work(scenes, scene):
    assert scenes[scene] == SCENES[scene]


def test_every_scene_was_played(scenes):
    assert set(scenes) == set(SCENES)


@pytest.mark.parametrize(("status", "location", "page", "portal"), [
    (511, "", False, True), (302, "http://login.example/", False, True), (302, "/login", False, False),
    (301, "https://pusat.example/", True, False),
    (301, "https://www.pusat.example/", False, False), (308, "http://[bad", False, True), (200, "", True, True), (200, "", False, False),
    (204, "", False, False), (404, "", True, False), (503, "", True, False),
])
def test_what_counts_as_a_sign_in_page(status, location, page, portal):
    assert is_portal(status, location, page, "pusat.example") is portal


@pytest.mark.parametrize("answer", [
    b"", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"\xff" * 20_000,
])
def test_looking_at_something_that_is_no_web_server(answer):
    def once(peer: socket.socket, _head: bytes) -> None:
        peer.sendall(answer)
        peer.close()

    with HostileServer(once) as server:
        assert ask_head(("127.0.0.1", server.port), "127.0.0.1", "/x") is None


def test_looking_ends_in_time_at_one_that_says_nothing():
    with HostileServer(lambda peer, head: server.stalls(20)) as server:
        began = time.monotonic()
        assert ask_head(("127.0.0.1", server.port), "127.0.0.1", "/x", limit_s=0.2) is None
        assert time.monotonic() - began < 10
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert ask_head(("127.0.0.1", nobody.getsockname()[1]), "127.0.0.1", "/x") is None


def test_routes():
    assert has_route("127.0.0.1")
    assert not has_route("255.255.255.255")   # nobody may be asked so


def test_a_name_service_that_hangs_does_not_hang_the_kiosk(monkeypatch):
    """The system's own resolver has no limit that a program could set; what hangs here is a real call on a thread that is left behind."""
    gate = threading.Event()

    def hang(*_question, **_options):
        gate.wait(30)
        return []

    monkeypatch.setattr(connections.socket, "getaddrinfo", hang)
    with pytest.raises(ResolverSilent):
        resolve("gateway.example", 443, 0.05)
    gate.set()


def test_names_no_name_service_is_asked_for():
    assert resolve("127.0.0.1", 80, 1.0) == ["127.0.0.1"]
    assert resolve("::1", 80, 1.0) == ["::1"]
    with pytest.raises(socket.gaierror):
        resolve("a" * 70 + ".example", 80, 5.0)


@pytest.mark.parametrize(("text", "kind", "key"), [
    ("407 Proxy Authentication Required", ProxyTrouble, "gateway.proxy"), ("403 Filtered", ProxyTrouble, "gateway.proxy_refused"),
    ("302 Found", ProxyTrouble, "gateway.proxy_refused"), ("", ProxyTrouble, "gateway.proxy_refused"),
    ("503 no", Offline, "gateway.proxy_no_way"),
])
def test_what_a_proxy_may_answer(text, kind, key):
    error = error_of(Operation.STATUS, httpx.ProxyError(text), "h", proxied=True)
    assert (type(error), error.message_key) == (kind, key)


def test_a_portal_in_front_of_a_practice_gateway_on_plain_http(connect):
    with HostileServer(http("511 Network Authentication Required")) as server, pytest.raises(KioskError) as seen:
        connect(server.port).statuses(0, 0)
    assert seen.value.message_key == "gateway.portal"


def test_a_host_name_that_cannot_be_is_a_name_trouble_or_no_network(tmp_path):
    from bad_certificates import authority

    from ktpel_kiosk.siak.http_gateway import tls_context
    (tmp_path / "ca.pem").write_bytes(authority().pem)
    gateway = HttpGateway("https://gateway.invalid", "desk-1", receipt_keys={}, tls=tls_context(tmp_path / "ca.pem"))
    with pytest.raises(KioskError) as unknown:
        gateway.statuses(0, 0)
    assert unknown.value.message_key in ("gateway.dns_unknown", "gateway.dns_silent", "gateway.no_network")
    gateway.close()
