"""Real networks that do not work, made in a network namespace of their own; prints what the kiosk says of each, as JSON.

Run as ``unshare -rnm python network_scenes.py FOLDER`` (tests/siak/test_diagnose.py). Loopback is there only from the fourth scene on;
names are answered by a name server on port 53 of this very namespace.
"""

from __future__ import annotations

import json
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path

from bad_certificates import authority, issued, server_context
from hostile_server import Answer, HostileServer, date, http

from ktpel_kiosk.app.clock import SystemClock
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.siak.answers import action_for
from ktpel_kiosk.siak.http_gateway import GatewayTimeouts, HttpGateway, tls_context

HOST = "gateway.kantor.test"
PAGE = http("200 OK", b"<!DOCTYPE html><html><title>Hotspot</title></html>" + b" " * 80, "Content-Type: text/html")
LOGIN = http("302 Found", b"", "Location: http://login.hotspot.example/?next=x")
OWN = http("301 Moved", b"", f"Location: https://{HOST}/")


def answer() -> Answer:
    """With a clock that is ours now."""
    return http("200 OK", b'{"events": []}', date())


class NameServer(threading.Thread):
    """Answers every question with ``mode``: an address, ``unknown``, ``broken`` or ``silent``."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.mode = "unknown"
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))

    def run(self) -> None:
        while True:
            question, peer = self._socket.recvfrom(2048)
            if self.mode == "silent":
                continue
            end = question.index(b"\0", 12) + 5
            kind = struct.unpack(">H", question[end - 4:end - 2])[0]
            code = {"unknown": 3, "broken": 2}.get(self.mode, 0)
            has = code == 0 and kind == 1
            answer = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, int(has), 0, 0) + question[12:end]
            if has:
                answer += b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + socket.inet_aton(self.mode)
            self._socket.sendto(answer, peer)


def sh(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def said(tls: object, url: str = f"https://{HOST}", proxy: str = "") -> list[str]:
    """[cause, message key] of one question to the gateway."""
    gateway = HttpGateway(url, "desk-1", receipt_keys={}, tls=tls, timeouts=GatewayTimeouts(1.0, 3.0, 3.0, 6.0),  # type: ignore[arg-type]
                          now=SystemClock().now, proxy=proxy)
    try:
        gateway.statuses(0, 0)
    except KioskError as e:
        return [action_for(e)[1].value, e.message_key]
    finally:
        gateway.close()
    return ["none", ""]


def main(folder: Path) -> dict[str, list[str]]:
    ca = authority()
    (folder / "ca.pem").write_bytes(ca.pem)
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    sh("mount", "--bind", str(folder / "resolv.conf"), "/etc/resolv.conf")
    tls = tls_context(folder / "ca.pem")
    real = server_context(folder, issued(ca, hosts=(HOST,)))
    (folder / "portal").mkdir()
    theirs = server_context(folder / "portal", issued(None, hosts=(HOST,)))
    found = {"no network, by name": said(tls), "no network, by address": said(tls, "https://192.0.2.10"),
             "no network, proxy by address": said(tls, proxy="http://192.0.2.9:3128")}
    sh("ip", "link", "set", "lo", "up")
    names = NameServer()
    names.start()
    found["loopback only, name unknown"] = said(tls)
    # a way out that leads nowhere: what goes to strangers is lost behind the loopback (kernels in containers know no other interface)
    sh("ip", "addr", "add", "192.0.2.1/32", "dev", "lo")
    sh("ip", "route", "add", "default", "dev", "lo")
    for mode in ("unknown", "broken", "silent"):
        names.mode = mode
        found[f"name service {mode}"] = said(tls)
    found["proxy's name unknown"] = said(tls, proxy="http://proksi.kantor.test:3128")
    found["nobody there"] = said(tls, "https://192.0.2.77")
    names.mode = "127.0.0.1"
    found["server down"] = said(tls)
    sh("ip", "route", "add", "unreachable", "198.51.100.0/24")
    found["no way to that network"] = said(tls, "https://198.51.100.7")
    with HostileServer(LOGIN, port=80):
        found["portal, 443 closed"] = said(tls)
        with HostileServer(answer(), theirs, port=443):
            found["portal takes 443 with its own certificate"] = said(tls)
    with HostileServer(PAGE, port=80), HostileServer(answer(), theirs, port=443):
        found["portal shows its page at once"] = said(tls)
    with HostileServer(answer(), theirs, port=443):
        found["foreign certificate, no portal to be seen"] = said(tls)
    with HostileServer(OWN, port=80), HostileServer(answer(), theirs, port=443):
        found["foreign certificate, port 80 leads to itself"] = said(tls)
    with HostileServer(http("404 Not Found", PAGE, "Content-Type: text/html"), port=80), HostileServer(answer(), theirs, port=443):
        found["foreign certificate, a web server on port 80"] = said(tls)
    with HostileServer(LOGIN, port=80), HostileServer(answer(), real, port=443):
        found["all well, whatever port 80 says"] = said(tls)
    return found


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))
