"""A second look after a failed attempt: which of the causes that look alike is it?

Runs on the thread whose request failed and takes at most about two seconds. Nothing here decides whether anything is sent; it only decides
which sentence people read. Evidence that others can forge (a page on port 80) never makes a refused identity acceptable.
"""

from __future__ import annotations

import secrets
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from urllib.parse import urlsplit

import httpx

from ktpel_kiosk.domain.errors import Offline, TlsRejected, TransportTrouble
from ktpel_kiosk.siak.answers import NameNotFound, Operation, PortalSeen, ProxyTrouble, error_of
from ktpel_kiosk.siak.connections import resolve
from ktpel_kiosk.siak.tls import PinnedContext

CLOCK_LIMIT = timedelta(minutes=5)
LOOK_S = 1.5
HTTP_PORT = 80
MAX_HEAD = 8 * 1024
_SOMEWHERE = (("192.0.2.1", socket.AF_INET), ("2001:db8::1", socket.AF_INET6))   # documentation addresses; nothing is sent to them


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers (lower-case names) of an answer nobody vouches for."""

    status: int
    headers: Mapping[str, str]
    page: bool

    def date(self) -> datetime | None:
        with suppress(ValueError, TypeError, OverflowError):
            at = parsedate_to_datetime(self.headers.get("date", ""))
            return at.astimezone(UTC) if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return None


def has_route(address: str | None = None) -> bool:
    """Whether this machine has a way out: to ``address``, or to anywhere. Asks the routing table; sends nothing."""
    ends = [(address, socket.AF_INET6 if ":" in address else socket.AF_INET)] if address else list(_SOMEWHERE)
    for host, family in ends:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((host, 9))
            return True
    return False


def ask_head(address: tuple[str, int], host: str, path: str, context: ssl.SSLContext | None = None, limit_s: float = LOOK_S) -> Head | None:
    """GET over a connection of its own; ``None`` when nothing that looks like HTTP came in time."""
    end = time.monotonic() + limit_s
    try:
        with socket.create_connection((resolve(address[0], address[1], limit_s)[0], address[1]), limit_s) as plain:
            plain.settimeout(max(0.1, end - time.monotonic()))
            with (context.wrap_socket(plain, server_hostname=host) if context else plain) as stream:
                stream.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nAccept: */*\r\n\r\n".encode("ascii"))
                return _read_head(stream, end)
    except (OSError, ValueError, IndexError):
        return None


def _read_head(stream: socket.socket, end: float) -> Head | None:
    data = b""
    while len(data) < MAX_HEAD and time.monotonic() < end:
        stream.settimeout(max(0.05, end - time.monotonic()))
        try:
            part = stream.recv(MAX_HEAD)
        except OSError:
            break
        if not part:
            break
        data += part
        if _enough(data):
            break
    return _parsed(data)


def _enough(data: bytes) -> bool:
    """All headers, and so much of the body that a page is recognised; or all of it."""
    head, end, body = data.partition(b"\r\n\r\n")
    length = next((line[15:].strip() for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b"64")
    return bool(end) and len(body) >= min(64, int(length) if length.isdigit() else 64)


def _parsed(data: bytes) -> Head | None:
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if not words[0].startswith("HTTP/1.") or len(words) < 2 or not words[1].isascii() or not words[1].isdigit():
        return None
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Head(int(words[1]), headers, looks_like_a_page(headers.get("content-type", ""), body))


def looks_like_a_page(content_type: str, body: bytes) -> bool:
    """Something for eyes, not for this program."""
    if content_type.lower().startswith(("text/html", "application/xhtml")):
        return True
    return body[:512].lstrip()[:16].lower().startswith((b"<!doctype", b"<html"))


def is_portal(status: int, location: str, page: bool, host: str) -> bool:
    """Whether an answer over plain HTTP is a sign-in page in the place of ``host``: 511, a redirect away, or a page where none can be."""
    if status == 511:
        return True
    if 300 <= status < 400:
        with suppress(ValueError):
            target = urlsplit(location).hostname
            return target is not None and target != host and not target.endswith("." + host) and not host.endswith("." + target)
        return True
    return status == 200 and page


class ServerTime:
    """What time it is according to the last answer of the real gateway. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: tuple[datetime, float] | None = None

    def note(self, date: str | None) -> None:
        at = Head(0, {"date": date or ""}, False).date()
        if at is not None:
            with self._lock:
                self._seen = (at, time.monotonic())

    def now(self) -> datetime | None:
        with self._lock:
            return self._seen[0] + timedelta(seconds=time.monotonic() - self._seen[1]) if self._seen is not None else None


@dataclass(frozen=True, slots=True)
class _Peer:
    url: httpx.URL
    proxy: str
    tls: ssl.SSLContext | None


class Diagnosis:
    """Turns a failed exchange into the error with the right cause.

    Args:
        now: this machine's clock, aware.
        tls: context of the gateway; with a :class:`PinnedContext` the server can be asked for its time although its dates are refused.
        http_port: where a portal shows itself.
    """

    def __init__(self, now: Callable[[], datetime] | None, tls: ssl.SSLContext | None, http_port: int = HTTP_PORT) -> None:
        self._now, self._tls, self._http_port = now, tls, http_port
        self.server_time = ServerTime()

    def of(self, operation: Operation, trouble: httpx.TransportError, url: httpx.URL, *, proxy: str = "",
           tls: ssl.SSLContext | None = None) -> TransportTrouble:
        """``proxy``: host of the proxy the request went through; ``tls``: the context it used, where it is not the gateway's."""
        first = error_of(operation, trouble, url.host, proxied=bool(proxy))
        look = _LOOKS.get(first.message_key)
        return first if look is None else look(self, first, _Peer(url, proxy, tls or self._tls))

    def _way_out(self, first: TransportTrouble, peer: _Peer) -> TransportTrouble:
        """No connection, or no name: is there a network at all? Is somebody holding the door?"""
        there = None if isinstance(first, NameNotFound) else _address_of(peer.proxy or peer.url.host)
        if not has_route(there) and not has_route():
            return Offline("gateway.no_network", **first.facts)
        if first.message_key == "gateway.no_network":   # no way to that address, but to others
            return ProxyTrouble("gateway.proxy_unreachable", **first.facts) if peer.proxy else Offline("gateway.offline", **first.facts)
        known = isinstance(first, NameNotFound | ProxyTrouble)
        return first if known or not self._portal(peer) else PortalSeen("gateway.portal", **first.facts)

    def _who_is_it(self, first: TransportTrouble, peer: _Peer) -> TransportTrouble:
        """Not the gateway's identity: a sign-in page that took the connection, or something worse?"""
        return PortalSeen("gateway.portal", **first.facts) if self._portal(peer) else first

    def _which_clock(self, first: TransportTrouble, peer: _Peer) -> TransportTrouble:
        """A certificate out of its time: ours is the wrong clock, or theirs is the wrong certificate."""
        there = self._time_there(peer) if self._now is not None else None
        if there is None or self._now is None:
            return first
        if abs(there - self._now()) > CLOCK_LIMIT:
            return TlsRejected("gateway.clock", **first.facts)
        return TlsRejected("gateway.tls_too_early", **first.facts) if first.message_key == "gateway.tls_not_yet_valid" else first

    def _time_there(self, peer: _Peer) -> datetime | None:
        """By the gateway's own certificate but for its dates; else by what it last said."""
        if isinstance(peer.tls, PinnedContext) and not peer.proxy:
            head = ask_head((peer.url.host, peer.url.port or 443), peer.url.host, "/", peer.tls.without_dates())
            if head is not None and head.date() is not None:
                return head.date()
        return self.server_time.now()

    def _portal(self, peer: _Peer) -> bool:
        """A path nobody has: a web server says no, a portal shows its page."""
        if peer.proxy:
            return False
        host = peer.url.host
        head = ask_head((host, self._http_port), host, f"/{secrets.token_hex(8)}")
        return head is not None and is_portal(head.status, head.headers.get("location", ""), head.page, host)


_Look = Callable[[Diagnosis, TransportTrouble, _Peer], TransportTrouble]
_LOOKS: Mapping[str, _Look] = MappingProxyType({
    **dict.fromkeys(("gateway.no_network", "gateway.offline", "gateway.dns_unknown", "gateway.dns_silent", "gateway.proxy_unreachable"),
                    Diagnosis._way_out),
    **dict.fromkeys(("gateway.tls", "gateway.tls_unknown", "gateway.tls_host", "gateway.tls_none", "gateway.tls_weak",
                     "gateway.tls_purpose", "gateway.tls_old"), Diagnosis._who_is_it),
    **dict.fromkeys(("gateway.tls_expired", "gateway.tls_not_yet_valid"), Diagnosis._which_clock),
})


def _address_of(host: str) -> str | None:
    with suppress(OSError, IndexError):
        return resolve(host, 443, LOOK_S)[0]
    return None
