"""What other desks changed: each commit says which subjects it touched, and every desk's screens hear of it.

A hint only: nothing is decided by it. While the connection is away nothing is heard; when it is back, one empty set says "look again".
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterable
from typing import Final

import psycopg
from sqlcipher3 import dbapi2

from ktpel_kiosk.register.server.connection import ServerConnection

CHANNEL: Final = "ktpel"
MOST_BYTES: Final = 7000
"""PostgreSQL carries up to 8000; a transaction with more subjects says only that there were many."""
LISTEN_S: Final = 0.5
AGAIN_S: Final = 5.0
log = logging.getLogger("ktpel_kiosk.register")


def said(who: str, subjects: Iterable[str]) -> str:
    """The message of one commit."""
    text = json.dumps([who, sorted(subjects)])
    return text if len(text.encode()) <= MOST_BYTES else json.dumps([who, []])


def heard(who: str, text: str) -> frozenset[str] | None:
    """Subjects that another desk touched; ``None`` for what this one said itself, or for no message of ours."""
    try:
        speaker, subjects = json.loads(text)
        return None if speaker == who else frozenset(str(s) for s in subjects)
    except (ValueError, TypeError):
        return None


class Ears(threading.Thread):
    """Listens on a connection of its own until :meth:`stop`."""

    def __init__(self, connect: Callable[[], ServerConnection], tell: Callable[[frozenset[str]], None]) -> None:
        super().__init__(name="register-ears", daemon=True)
        self.who = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._connect, self._tell = connect, tell
        self._end = threading.Event()
        self.listening = threading.Event()

    def run(self) -> None:
        again = False
        while not self._end.is_set():
            try:
                self._listen(again)
            except (dbapi2.Error, psycopg.Error):
                self.listening.clear()
                again = True
                self._end.wait(AGAIN_S)

    def _listen(self, again: bool) -> None:
        connection = self._connect()
        try:
            connection.raw.execute(f"LISTEN {CHANNEL}")
            self.listening.set()
            if again:
                self._tell(frozenset())
            while not self._end.is_set():
                for message in connection.raw.notifies(timeout=LISTEN_S, stop_after=1):
                    subjects = heard(self.who, message.payload)
                    if subjects is not None:
                        self._tell(subjects)
        finally:
            connection.close()

    def stop(self) -> None:
        self._end.set()
        if self.is_alive() and threading.current_thread() is not self:
            self.join(4 * LISTEN_S)
