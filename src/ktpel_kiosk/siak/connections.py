"""Connections to the gateway: names resolved in bounded time, answers read in bounded time, a proxy that may change meanwhile."""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpcore
import httpx

from ktpel_kiosk.domain.errors import BadInput


class ResolverSilent(OSError):
    """The name service gave no answer in time."""


class Budget(threading.local):
    """How long the other side may still take to answer this thread's request. Bytes that we get rid of start it anew."""

    seconds: float | None = None
    _end: float = 0.0

    def start(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.progress()

    def progress(self) -> None:
        if self.seconds is not None:
            self._end = time.monotonic() + self.seconds

    def left(self, otherwise: float | None) -> float | None:
        """Seconds for the next read. Raises httpcore.ReadTimeout when none are left."""
        if self.seconds is None:
            return otherwise
        left = self._end - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the whole answer takes too long")
        return left if otherwise is None else min(left, otherwise)


def resolve(host: str, port: int, timeout: float) -> list[str]:
    """Addresses of a name. Raises socket.gaierror, or ResolverSilent after ``timeout`` seconds (the system may take half a minute)."""
    with suppress(ValueError):
        return [str(ipaddress.ip_address(host))]
    box: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            box.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except OSError as e:
            box.put(e)
        except UnicodeError:   # a label no name can have
            box.put(socket.gaierror(socket.EAI_NONAME, "not a host name"))

    threading.Thread(target=ask, name="siak-resolve", daemon=True).start()
    try:
        answer = box.get(timeout=timeout)
    except queue.Empty as e:
        raise ResolverSilent("name service") from e
    if isinstance(answer, OSError):
        raise answer
    return answer


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream, budget: Budget) -> None:
        self._inner, self._budget = inner, budget

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._budget.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout)
        self._budget.progress()

    def close(self) -> None:
        self._inner.close()

    def start_tls(self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
                  timeout: float | None = None) -> httpcore.NetworkStream:
        """A handshake that was cut or fell silent is a cut line: there was a connection."""
        try:
            return _Stream(self._inner.start_tls(ssl_context, server_hostname, timeout), self._budget)
        except httpcore.ConnectTimeout as e:
            raise httpcore.ReadTimeout("handshake") from e
        except httpcore.ConnectError as e:
            if isinstance(e.__cause__, ssl.SSLError) and not isinstance(e.__cause__, ssl.SSLEOFError | ssl.SSLZeroReturnError):
                raise
            raise httpcore.ReadError("handshake") from e

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self, budget: Budget) -> None:
        self._budget, self._inner = budget, httpcore.SyncBackend()

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
                    socket_options: Iterable[Any] | None = None) -> httpcore.NetworkStream:
        """The first address that answers; all of them share ``timeout``."""
        end = time.monotonic() + (timeout or 10.0)
        try:
            addresses = resolve(host, port, timeout or 10.0)
        except ResolverSilent as e:
            raise httpcore.ConnectTimeout("name service") from e
        except OSError as e:
            raise httpcore.ConnectError(str(e)) from e
        trouble: Exception = httpcore.ConnectError("no address")
        for n, address in enumerate(addresses):
            share = max(0.5, (end - time.monotonic()) / (len(addresses) - n))
            try:
                stream = self._inner.connect_tcp(address, port, share, local_address, socket_options)
                return _Stream(stream, self._budget)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as e:
                trouble = e
        raise trouble

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class BoundedTransport(httpx.HTTPTransport):
    """httpx's own transport over sockets that keep to the budget; it has no public way to pass them in (tests/siak/test_hostile.py)."""

    def __init__(self, budget: Budget, *, verify: ssl.SSLContext, proxy: str | None, limits: httpx.Limits) -> None:
        super().__init__(verify=verify, trust_env=False, proxy=proxy, limits=limits)
        self._pool._network_backend = _Backend(budget)


def checked_proxy(url: str) -> str | None:
    """``http://[user:password@]host:port`` or, empty, none. Raises BadInput ``gateway.proxy_url``, which quotes nothing of it."""
    if not url:
        return None
    with suppress(httpx.InvalidURL, ValueError):
        parsed = httpx.URL(url)
        bare = parsed.path in ("", "/") and not parsed.query and not parsed.fragment
        if parsed.scheme == "http" and parsed.host and bare and 0 < (parsed.port or 80) < 65536:
            return url
    raise BadInput("gateway.proxy_url") from None


class Connections:
    """The client in use. :meth:`use_proxy` exchanges it; requests under way finish on the old one, which closes behind the last of them."""

    def __init__(self, make: Callable[[str | None], httpx.Client], proxy: str | None) -> None:
        self._make, self._lock = make, threading.Lock()
        self._proxy, self._client = proxy, make(proxy)
        self._users: dict[httpx.Client, int] = {}

    @property
    def proxy_host(self) -> str:
        """Host of the proxy in use, empty when there is none."""
        return httpx.URL(self._proxy).host if self._proxy is not None else ""

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        with self._lock:
            client = self._client
            self._users[client] = self._users.get(client, 0) + 1
        try:
            yield client
        finally:
            with self._lock:
                self._users[client] -= 1
                idle = not self._users[client]
                if idle:
                    del self._users[client]
                done = idle and client is not self._client
            if done:
                client.close()

    def use_proxy(self, proxy: str | None) -> None:
        with self._lock:
            if proxy == self._proxy:
                return
            old, self._client, self._proxy = self._client, self._make(proxy), proxy
            idle = old not in self._users
        if idle:
            old.close()

    def close(self) -> None:
        self._client.close()
