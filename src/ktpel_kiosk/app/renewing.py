"""A client of the gateway that is made anew when what it was made of changed: the address, the certificates and the key of the line.

Every call takes the client there is at its beginning and ends with it: a chunk under way is never cut, the next one goes over the new
client. An old one is closed when its last call came back.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ktpel_kiosk.siak.http_gateway import HttpGateway


class RenewingGateway:
    """Behaves like the client ``make()`` gives. Any thread.

    Args:
        stamp: what the client is made of, compared by ``==`` before every call; cheap.

    Raises:
        whatever ``make`` raises, at the call that needs the client; the next call tries again.
    """

    def __init__(self, make: Callable[[], HttpGateway], stamp: Callable[[], object]) -> None:
        self._make, self._stamp = make, stamp
        self._lock = threading.Lock()
        self._client: HttpGateway | None = None
        self._made_of: object = None
        self._users: dict[int, tuple[HttpGateway, int]] = {}

    @property
    def made(self) -> bool:
        """A client is open."""
        return self._client is not None

    def use_proxy(self, url: str) -> None:
        """For the open client; one that is made later asks for the proxy itself."""
        client = self._client
        if client is not None:
            client.use_proxy(url)

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
            old = [c for c, _ in self._users.values() if c is not client]
        for one in (*old, *([client] if client is not None else ())):
            one.close()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._using() as client:
                return getattr(client, name)(*args, **kwargs)

        return call

    @contextmanager
    def _using(self) -> Iterator[HttpGateway]:
        with self._lock:
            client = self._current()
            self._users[id(client)] = (client, self._users.get(id(client), (client, 0))[1] + 1)
        try:
            yield client
        finally:
            with self._lock:
                count = self._users[id(client)][1] - 1
                if count:
                    self._users[id(client)] = (client, count)
                else:
                    del self._users[id(client)]
                over = not count and client is not self._client
            if over:
                client.close()

    def _current(self) -> HttpGateway:
        now = self._stamp()
        if self._client is None or now != self._made_of:
            made = self._make()
            old, self._client, self._made_of = self._client, made, now
            if old is not None and id(old) not in self._users:
                old.close()
        return self._client


def stamps(files: Sequence[Path]) -> tuple[tuple[int, int] | None, ...]:
    """(time of change in ns, size) of each file; ``None`` for one that is not there."""
    found: list[tuple[int, int] | None] = []
    for path in files:
        try:
            state = path.stat()
            found.append((state.st_mtime_ns, state.st_size))
        except OSError:
            found.append(None)
    return tuple(found)
