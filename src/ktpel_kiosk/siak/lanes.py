"""Where the two lanes meet: nobody touches a packet that the other lane works on."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from ktpel_kiosk.domain.outbox import Packet


class Claims:
    """Packets somebody works on now, in memory only: a new process finds none. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: set[str] = set()

    def take(self, packet_id: str) -> bool:
        with self._lock:
            if packet_id in self._taken:
                return False
            self._taken.add(packet_id)
            return True

    def free(self, packet_id: str) -> None:
        with self._lock:
            self._taken.discard(packet_id)

    def taken(self, packet_id: str) -> bool:
        with self._lock:
            return packet_id in self._taken

    @contextmanager
    def only(self, packet_id: str) -> Iterator[bool]:
        """Whether the packet is ours for the block."""
        mine = self.take(packet_id)
        try:
            yield mine
        finally:
            if mine:
                self.free(packet_id)


class Finished:
    """Packets whose bytes are all at the server, on their way from the main to the small lane, claim included.

    Nothing is lost with this memory: the row still says ANNOUNCED, and the server says that it has every byte.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: deque[Packet] = deque()

    def give(self, packet: Packet) -> bool:
        """False when the small lane is behind."""
        if len(self._waiting) >= self._most:
            return False
        self._waiting.append(packet)
        return True

    def next(self) -> Packet | None:
        return self._waiting.popleft() if self._waiting else None
