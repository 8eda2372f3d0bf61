"""Which cards are in a device's hands at this moment, so that nobody else says meanwhile what became of them.

Within one program memory tells; between programs on the same register a byte of a lock file does, which the system lets go of when its
program dies. After a crash nobody holds anything, as it should be: then the card's row tells how far it got.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ktpel_kiosk.domain.errors import DuplicateRequest, IoFailure

SPAN = 1 << 30


class CardActs:
    """Any thread.

    Args:
        lock_file: shared by all programs on one register, made at the first use; without one only this program is asked.
    """

    def __init__(self, lock_file: Path | None = None) -> None:
        self._path = lock_file
        self._handle: int | None = None
        self._lock = threading.Lock()
        self._at_work: set[str] = set()

    @contextmanager
    def working(self, job_id: str) -> Iterator[None]:
        """Held while a printer or reader works on the card, or its outcome is written down.

        Raises:
            DuplicateRequest: ``card.at_work``: somebody else's click got there first. IoFailure: no lock file can be made.
        """
        with self._lock:
            if job_id in self._at_work or not self._take(job_id):
                raise DuplicateRequest("card.at_work", job=job_id)
            self._at_work.add(job_id)
        try:
            yield
        finally:
            with self._lock:
                self._at_work.discard(job_id)
                self._give_back(job_id)

    def busy(self, job_id: str) -> bool:
        with self._lock:
            if job_id in self._at_work:
                return True
            if not self._take(job_id):
                return True
            self._give_back(job_id)
            return False

    def close(self) -> None:
        """Let go of the lock file; where a device still works on a card it stays open, as closing it would let others at that card."""
        with self._lock:
            if self._handle is not None and not self._at_work:
                os.close(self._handle)
                self._handle = None

    def _take(self, job_id: str) -> bool:
        if self._path is None:
            return True
        if self._handle is None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                raise IoFailure("storage.io", path=str(self._path)) from error
        return _byte(self._handle, job_id, True)

    def _give_back(self, job_id: str) -> None:
        if self._handle is not None:
            _byte(self._handle, job_id, False)


def _byte(handle: int, job_id: str, take: bool) -> bool:
    """Lock or let go of the byte of this job; False when another program has it."""
    place = int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:8], "big") % SPAN
    try:
        if os.name == "nt":
            import msvcrt

            os.lseek(handle, place, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK if take else msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB if take else fcntl.LOCK_UN, 1, place)
    except OSError:
        return not take
    return True
