"""Linux tells of links, addresses and routes through a routing socket (rtnetlink(7)); no privilege is needed to listen."""

from __future__ import annotations

import errno
import socket
import struct
import threading
from collections.abc import Callable, Iterator

from ktpel_kiosk.siak.watcher import SETTLE_S, Debounce

_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400   # RTMGRP_LINK, IPV4_IFADDR, IPV4_ROUTE, IPV6_IFADDR, IPV6_ROUTE
_NEW_LINK, _NEW_ADDRESS, _NEW_ROUTE = 16, 20, 24
_DELETED_LINK = 17
_HEADER = struct.Struct("=IHHII")             # nlmsghdr: length, type, flags, sequence, port
_LINK = struct.Struct("=BxHiII")              # ifinfomsg: family, type, index, flags, change
_RUNNING = 0x40                               # IFF_RUNNING: up, and the cable or the radio has its peer
_BLOCK = 64 * 1024


class Arrivals:
    """Picks what may mean that the network is back from what the kernel tells; what went away is no reason to try again."""

    def __init__(self) -> None:
        self._running: dict[int, bool] = {}

    def in_block(self, block: bytes) -> bool:
        """Whether one of the messages tells of an address, a route or a link that came. A broken block tells nothing."""
        return sum(self._is_one(kind, body) for kind, body in _messages(block)) > 0   # all of them: each may change what is known

    def _is_one(self, kind: int, body: bytes) -> bool:
        if kind in (_NEW_ADDRESS, _NEW_ROUTE):
            return True
        if kind not in (_NEW_LINK, _DELETED_LINK) or len(body) < _LINK.size:
            return False
        _, _, index, flags, _ = _LINK.unpack_from(body)
        running = kind == _NEW_LINK and bool(flags & _RUNNING)
        before = self._running.get(index, False)   # a radio tells of every change of its signal: only the first "running" counts
        self._running[index] = running
        return running and not before


def _messages(block: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _HEADER.size <= len(block):
        length, kind, _, _, _ = _HEADER.unpack_from(block, at)
        if length < _HEADER.size or at + length > len(block):
            return
        yield kind, block[at + _HEADER.size:at + length]
        at += (length + 3) & ~3


class LinuxWatcher:
    """A :class:`~ktpel_kiosk.siak.watcher.NetworkWatcher`. Where the socket is refused (a strict sandbox) it tells nothing."""

    def __init__(self, settle_s: float = SETTLE_S) -> None:
        self._settle_s = settle_s
        self._stopped = threading.Event()
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._debounce: Debounce | None = None

    def start(self, on_change: Callable[[], object]) -> None:
        try:
            listening = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
            listening.bind((0, _GROUPS))
        except OSError:
            return
        listening.settimeout(0.5)   # how soon the thread sees that it is to stop
        self._socket, self._debounce = listening, Debounce(on_change, self._settle_s)
        self._thread = threading.Thread(target=self._listen, args=(listening, self._debounce), name="network-watcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._debounce is not None:
            self._debounce.stop()
        if self._thread is not None and threading.current_thread() is not self._thread:
            self._thread.join(5.0)

    def _listen(self, listening: socket.socket, debounce: Debounce) -> None:
        arrivals = Arrivals()
        with listening:
            while not self._stopped.is_set():
                try:
                    block = listening.recv(_BLOCK)
                except TimeoutError:
                    continue
                except OSError as e:
                    if e.errno != errno.ENOBUFS:
                        return
                    debounce.note()   # more happened than the kernel could keep for us
                    continue
                if arrivals.in_block(block):
                    debounce.note()
