"""Which cards are in a device's hands at this moment, so that nobody else says meanwhile what became of them. Memory only.

After a crash it is empty, as it should be: then nobody works on a card, and its row tells how far it got.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ktpel_kiosk.domain.errors import DuplicateRequest


class CardActs:
    """Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_work: set[str] = set()

    @contextmanager
    def working(self, job_id: str) -> Iterator[None]:
        """Held while a printer or reader works on the card.

        Raises:
            DuplicateRequest: ``card.at_work``: somebody else's click got there first.
        """
        with self._lock:
            if job_id in self._at_work:
                raise DuplicateRequest("card.at_work", job=job_id)
            self._at_work.add(job_id)
        try:
            yield
        finally:
            with self._lock:
                self._at_work.discard(job_id)

    def busy(self, job_id: str) -> bool:
        with self._lock:
            return job_id in self._at_work
