"""One exchange with the gateway or an upload server: bounded in size and time, inside known origins, never redirected."""

from __future__ import annotations

import ipaddress
import json
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from ktpel_kiosk.domain.errors import BadInput, ServerRefused
from ktpel_kiosk.jose import strict_object
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.answers import TUS, Operation, PortalSeen, error_for, unreadable
from ktpel_kiosk.siak.connections import BoundedTransport, Budget, Connections, checked_proxy
from ktpel_kiosk.siak.diagnose import HTTP_PORT, Diagnosis, is_portal, looks_like_a_page

MAX_ANSWER_BYTES = 1024 * 1024
RETRY_AFTER_CAP_S = 3600
_LIMITS = httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=20.0)


@dataclass(frozen=True, slots=True)
class GatewayTimeouts:
    """Seconds. ``answer_s`` bounds one whole answer, from the last byte we could send on, beyond the long poll's own wait."""

    connect_s: float = 10.0
    read_s: float = 30.0
    write_s: float = 60.0
    answer_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Answer:
    """``data``: the JSON object of an answer that has one, else ``None``. ``url``: whom it came from."""

    status: int
    headers: httpx.Headers
    data: Any
    url: httpx.URL


class Exchange:
    """Requests to the gateway and to the upload origins. Any thread.

    Args:
        tls: context of the gateway.
        origins: further upload origins (``https://host:port``) with their own context, or ``None`` for the gateway's.
        now: this machine's clock, to tell a wrong clock from a wrong certificate.
        portal_port: where a sign-in page would show itself.

    Raises:
        BadInput: ``gateway.url``, ``gateway.proxy_url``.
    """

    def __init__(self, base_url: str, station: str, *, tls: ssl.SSLContext | None, timeouts: GatewayTimeouts,
                 origins: Mapping[str, ssl.SSLContext | None], proxy: str, now: Callable[[], datetime] | None,
                 portal_port: int = HTTP_PORT) -> None:
        self.base = _checked(base_url, tls)
        self._timeouts, self._station, self._budget = timeouts, station, Budget()
        self._extra: Mapping[str, str] = {}
        self._tls = {origin_of(_checked(origin, context or tls)): context or tls for origin, context in origins.items()}
        self._tls[origin_of(self.base)] = tls
        self._diagnosis = Diagnosis(now, tls, portal_port)
        self._connections = Connections(self._client, checked_proxy(proxy))

    def close(self) -> None:
        self._connections.close()

    def use_proxy(self, url: str) -> None:
        self._connections.use_proxy(checked_proxy(url))

    def _client(self, proxy: str | None) -> httpx.Client:
        def transport(tls: ssl.SSLContext | None) -> BoundedTransport:
            trusting_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)   # plain http speaks no TLS
            return BoundedTransport(self._budget, verify=tls or trusting_nobody, proxy=proxy, limits=_LIMITS)

        t, own = self._timeouts, self._tls[origin_of(self.base)]
        return httpx.Client(
            transport=transport(own), mounts={origin: transport(tls) for origin, tls in self._tls.items() if tls is not own},
            trust_env=False, follow_redirects=False, timeout=httpx.Timeout(t.read_s, connect=t.connect_s, write=t.write_s),
            headers={wire.STATION_HEADER: self._station, "Accept": "application/json", "Accept-Encoding": "identity",
                     "User-Agent": "ktpel-kiosk"},
        )

    def absolute(self, url: str | httpx.URL, operation: Operation, base: httpx.URL | None = None) -> httpx.URL:
        """The URL inside an allowed origin; a relative one belongs to ``base``, or the gateway."""
        try:
            absolute = (base or self.base).join(url)
        except (httpx.InvalidURL, ValueError) as e:
            raise unreadable(operation) from e
        if origin_of(absolute) not in self._tls:
            raise ServerRefused("gateway.foreign_upload", operation=operation.value, host=absolute.host)
        return absolute

    def say(self, name: str, value: str) -> None:
        """A header that goes with every request from now on."""
        self._extra = {**self._extra, name: value}

    def call(self, operation: Operation, method: str, url: str | httpx.URL, *, json_body: Mapping[str, Any] | None = None,
             body: bytes = b"", headers: Mapping[str, str] | None = None, success: frozenset[int] = frozenset({200}),
             extra_s: float = 0.0) -> Answer:
        """One exchange. A connection the server had already closed is tried once more, except for chunks."""
        head = {**self._extra, **(headers or {})}
        if json_body is not None:
            body = json.dumps(json_body).encode()
            head["Content-Type"] = "application/json"
        if operation in TUS and operation is not Operation.ABILITIES:
            head["Tus-Resumable"] = wire.TUS_VERSION
        target = self.absolute(url, operation)
        again = operation is not Operation.CHUNK
        with self._connections.client() as client:
            proxy = self._connections.proxy_host
            t = self._timeouts
            request = client.build_request(method, target, content=body or None, headers=head,
                                           timeout=httpx.Timeout(t.read_s + extra_s, connect=t.connect_s, write=t.write_s))
            while True:
                try:
                    return self._once(client, operation, request, success, extra_s)
                except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as e:
                    if not again:
                        raise self._diagnosis.of(operation, e, target, proxy=proxy, tls=self._tls[origin_of(target)]) from e
                    again = False
                except httpx.TransportError as e:
                    raise self._diagnosis.of(operation, e, target, proxy=proxy, tls=self._tls[origin_of(target)]) from e
                except httpx.HTTPError as e:
                    raise unreadable(operation) from e

    def _once(self, client: httpx.Client, operation: Operation, request: httpx.Request, success: frozenset[int], extra_s: float) -> Answer:
        deadline = time.monotonic() + self._timeouts.answer_s + extra_s
        self._budget.start(self._timeouts.answer_s + extra_s)
        try:
            response = client.send(request, stream=True)
            try:
                data = bytearray()
                for part in response.iter_raw(64 * 1024):
                    data += part
                    if len(data) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                        raise unreadable(operation)
            finally:
                response.close()
        finally:
            self._budget.start(None)
        self._judge(operation, response, bytes(data), success)
        no_json = operation in TUS or response.status_code == 204
        return Answer(response.status_code, response.headers, None if no_json else _json(bytes(data), operation), request.url)

    def stream(self, operation: Operation, url: str, *, start: int = 0) -> Iterator[bytes]:
        """A file of the gateway, from byte ``start`` on where it can do that, else from the beginning with what was asked to be left out
        read over. Bounded in time between two pieces; how much it may be is the caller's matter.

        Raises:
            FileNotFoundError: it is not there. As :meth:`call`.
        """
        target = self.absolute(url, operation)
        headers = {**self._extra, "Accept": "application/octet-stream", **({"Range": f"bytes={start}-"} if start else {})}
        with self._connections.client() as client:
            try:
                with client.stream("GET", target, headers=headers) as response:
                    if response.status_code in (404, 410):
                        raise FileNotFoundError(url)
                    if start and response.status_code == 416:
                        return
                    self._judge(operation, response, b"", frozenset({200, 206}))
                    skip = start if response.status_code == 200 else 0
                    for part in response.iter_raw():  # as it comes: what is there when the line breaks off is kept
                        if len(part) > skip:
                            yield part[skip:]
                        skip = max(0, skip - len(part))
            except httpx.TransportError as e:
                raise self._diagnosis.of(operation, e, target, proxy=self._connections.proxy_host,
                                         tls=self._tls[origin_of(target)]) from e
            except httpx.HTTPError as e:
                raise unreadable(operation) from e

    def _judge(self, operation: Operation, response: httpx.Response, data: bytes, success: frozenset[int]) -> None:
        """Raises what the status means. Over plain HTTP a page or a redirect is a portal's; over TLS it is the gateway's own."""
        status, headers = response.status_code, response.headers
        if response.url.scheme == "https":
            self._diagnosis.server_time.note(headers.get("Date"))
        elif is_portal(status, headers.get("Location", ""), looks_like_a_page(headers.get("Content-Type", ""), data), response.url.host):
            raise PortalSeen("gateway.portal", operation=operation.value, status=status)
        if status not in success:
            raise error_for(operation, status, _retry_after(headers))


def origin_of(url: httpx.URL) -> str:
    port = url.port or {"https": 443, "http": 80}.get(url.scheme, 0)
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{url.scheme}://{host}:{port}"


def _json(data: bytes, operation: Operation) -> Any:
    try:
        return strict_object(data)
    except ValueError as e:
        raise unreadable(operation) from e


def _retry_after(headers: httpx.Headers) -> int | None:
    text = headers.get("Retry-After", "")
    return min(int(text), RETRY_AFTER_CAP_S) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _checked(base_url: str, tls: ssl.SSLContext | None) -> httpx.URL:
    """https with a pinned context, or plain http to this machine. Raises BadInput ``gateway.url``."""
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError) as e:
        raise BadInput("gateway.url") from e
    if not 0 < (url.port or 443) < 65536:
        raise BadInput("gateway.url", host=url.host)
    if url.scheme == "https" and url.host and tls is not None:
        return url
    if url.scheme == "http" and _loopback(url.host):
        return url
    raise BadInput("gateway.url", host=url.host)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
