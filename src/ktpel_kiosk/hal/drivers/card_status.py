"""What a card printer says about itself on a way beside its print queue: its own words over raw USB, or the vendor's library.

A print queue only knows that a job was handed over. A :class:`StatusSource` is the printer's own word; it is a help and never a
condition: whatever it cannot say in time is not said, and printing goes on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ktpel_kiosk.domain.errors import DeviceTrouble
from ktpel_kiosk.ports.devices import PrinterSupplies

T = TypeVar("T")


class StatusSource(Protocol):
    """Neither method raises, and both return within the source's own deadline (half a second by default)."""

    def trouble(self) -> DeviceTrouble | None:
        """What keeps the printer from printing now; ``None``: nothing, or it does not say."""
        ...

    def supplies(self) -> PrinterSupplies | None:
        """What is left; ``None``: it does not say."""
        ...

    def close(self) -> None:
        """Let go of the printer. Idempotent."""
        ...


@dataclass(frozen=True, slots=True)
class CardPrinterStatus:
    """One answer of a printer. ``idle`` and ``card_at_station`` are ``None`` where it does not say."""

    supplies: PrinterSupplies
    trouble: DeviceTrouble | None = None
    idle: bool | None = None
    card_at_station: bool | None = None


class TimedStatus:
    """A :class:`StatusSource` over a reader that may be slow or hang.

    The reader runs on a thread of its own, at most one at a time. A caller waits ``deadline_s`` for it at most; an answer that
    comes later serves the next caller while it is not older than ``fresh_s``. A reader that raises has said nothing.

    Args:
        read: asks the printer; may block as long as it likes, may raise DeviceTrouble.
        let_go: called once by :meth:`close`.
    """

    def __init__(self, read: Callable[[], CardPrinterStatus], deadline_s: float = 0.5, fresh_s: float = 2.0,
                 let_go: Callable[[], None] | None = None) -> None:
        self._read, self._deadline_s, self._fresh_s, self._let_go = read, deadline_s, fresh_s, let_go
        self._cond = threading.Condition()
        self._reading = False
        self._closed = False
        self._rounds = 0
        self._answer: CardPrinterStatus | None = None
        self._at = 0.0

    def status(self) -> CardPrinterStatus | None:
        """The newest answer that came in time."""
        until = time.monotonic() + self._deadline_s
        with self._cond:
            if self._closed or (fresh := self._fresh()) is not None:
                return None if self._closed else fresh
            rounds = self._rounds
            if not self._reading:
                self._reading = True
                threading.Thread(target=self._ask, daemon=True, name="card-printer-status").start()
            while self._rounds == rounds and not self._closed and (left := until - time.monotonic()) > 0:
                self._cond.wait(left)
            return self._fresh()

    def trouble(self) -> DeviceTrouble | None:
        status = self.status()
        return status.trouble if status is not None else None

    def supplies(self) -> PrinterSupplies | None:
        status = self.status()
        return status.supplies if status is not None else None

    def close(self) -> None:
        with self._cond:
            if self._closed:
                return
            self._closed = True
            self._answer = None
            self._cond.notify_all()
        if self._let_go is not None:
            self._let_go()

    def _fresh(self) -> CardPrinterStatus | None:
        return self._answer if self._answer is not None and time.monotonic() - self._at < self._fresh_s else None

    def _ask(self) -> None:
        answer: CardPrinterStatus | None = None
        try:
            answer = self._read()
        except Exception:  # whatever a library throws here, the printer has merely said nothing
            answer = None
        finally:
            with self._cond:
                self._reading, self._rounds = False, self._rounds + 1
                self._answer, self._at = (None if self._closed else answer), time.monotonic()
                self._cond.notify_all()
