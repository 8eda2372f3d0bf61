"""Fargo card printers through the vendor's library on Windows: what they say about themselves, and moving cards to the chip station.

The library is .NET and may hang for many seconds when the printer is off, so it lives in a program of its own (``drivers/fargo/bridge``,
compiled at installation) that speaks the wire of :mod:`ktpel_kiosk.hal.worker.serve`. Printing itself goes through the print queue.
Names of activities and errors are those of the library's enumerations without their type (``CurrentActivityReady`` is ``Ready``).
"""

from __future__ import annotations

import re
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble, Jammed, MediaEmpty, NotConnected, Stalled
from ktpel_kiosk.hal.drivers.card_status import CardPrinterStatus, TimedStatus
from ktpel_kiosk.hal.drivers.fargo_usb import ERRORS
from ktpel_kiosk.hal.worker.client import WorkerProcess
from ktpel_kiosk.ports.devices import PrinterSupplies

BRIDGE = Path("drivers", "fargo", "bridge", "FargoBridge.exe")
LIBRARY = "Fargo.PrinterSDK.dll"
ANSWER_S = 22.0
"""Of one call into the library: 8 to 20 seconds are usual while the printer is off."""
QUIET_S = 30.0
"""How long a printer that hung is not asked for its state again."""
MOVE_S, FEED_S = 15.0, 100.0
AT_STATION = frozenset({"EncodeContact", "EncodeContactless", "WaitingForEject"})

_NAMED: tuple[tuple[str, type[DeviceTrouble], str], ...] = (
    (r"jam", Jammed, "card_printer.jam"), (r"card.*feed|feed.*card|multifeed", Jammed, "card_printer.feed"),
    (r"(cover|door|lid|hood|drawer)", DeviceTrouble, "card_printer.cover"),
    (r"(card|hopper|cartridge).*(out|empty)|outofcards|nocard", MediaEmpty, "card_printer.media_empty"),
    (r"ribbon.*(out|empty|end)", MediaEmpty, "card_printer.ribbon_empty"),
    (r"ribbon.*(miss|notinst|none)|noribbon", MediaEmpty, "card_printer.ribbon_missing"),
    (r"ribbon.*(wrong|invalid|mismatch|type|unknown)|wrongribbon", DeviceTrouble, "card_printer.ribbon_wrong"),
    (r"ribbon.*br[eo]a?k", DeviceTrouble, "card_printer.ribbon_broken"),
    (r"ribbon.*(search|find|sync)", DeviceTrouble, "card_printer.ribbon_search"),
    (r"film.*(out|empty|end|miss|none)|nofilm", MediaEmpty, "card_printer.film_empty"),
)
"""Patterns for names of ``PrinterError``; only the feed and jam ones are publicly known by their exact names."""


def bridge_command(library: str = "") -> Sequence[str]:
    """The installed bridge and where it looks for the library: ``library``, else beside itself.

    Raises:
        NotConnected: ``card_printer.bridge_missing``.
    """
    roots = [Path(sys.executable).parent, Path(__file__).resolve().parents[4]]
    found = next((root / BRIDGE for root in roots if (root / BRIDGE).is_file()), None)
    if found is None:
        raise NotConnected("card_printer.bridge_missing", device_kind="card_printer", operation="open")
    return (str(found), library or str(found.parent / LIBRARY))


class FargoSdk(TimedStatus):
    """One printer: a status source that can also feed and eject.

    Args:
        queue: name of the print queue, which is how the library knows a printer.
        command: of the bridge; empty: the installed one.
        station: of the chip, as the library names it (``MIFARE``, ``iCLASS``); ``hopper``: 0 the first that has cards.
        deadline_s: what a caller waits for the printer's state.
        pace_s: between two looks while a card is on its way.
    """

    def __init__(self, queue: str, command: Sequence[str] = (), *, station: str = "MIFARE", hopper: int = 0, deadline_s: float = 0.8,
                 pace_s: float = 1.0) -> None:
        super().__init__(self._look, deadline_s=deadline_s, let_go=self._end)
        self._queue, self._station, self._hopper, self._pace_s = queue, station, hopper, pace_s
        self._worker = WorkerProcess(command or bridge_command(), "Fargo SDK")
        self._asking = threading.Lock()
        self._cut = threading.Event()
        self._quiet_until = 0.0
        self._fed = False

    # the state

    def read(self) -> CardPrinterStatus:
        """Ask at once; may take :data:`ANSWER_S`. Raises DeviceTrouble."""
        return judge(self._call("status", ANSWER_S, {"printer": self._queue, "station": self._station}))

    def _look(self) -> CardPrinterStatus:
        if time.monotonic() < self._quiet_until:
            raise Stalled("device.no_answer", device="Fargo SDK", operation="status", deadline_s=ANSWER_S)
        try:
            return self.read()
        except Stalled:
            self._quiet_until = time.monotonic() + QUIET_S
            raise

    # cards

    def feed(self, timeout_s: float = FEED_S) -> None:
        """Take a blank card from the hopper to the chip station and wait until it is there.

        Raises:
            MediaEmpty, Jammed, DeviceTrouble: the printer's own word. Stalled ``card_printer.feed_slow``. CaptureFailed
            ``device.interrupted``. NotConnected: the bridge or the library is not there.
        """
        self._cut.clear()
        until = time.monotonic() + timeout_s
        now = self._state(until, "feed")
        if now.trouble is not None:
            raise now.trouble
        if now.card_at_station:
            self._fed = True
            return
        self._move(self._station, self._hopper, until)
        self._fed = True  # from here on a card is on its way: eject() must be able to put it out
        while True:
            if self._cut.wait(max(0.0, min(self._pace_s, until - time.monotonic()))):
                raise CaptureFailed("device.interrupted", device_kind="card_printer", operation="feed")
            now = self._state(until, "feed")
            if now.trouble is not None:
                raise now.trouble
            if now.card_at_station:
                return
            if time.monotonic() >= until:
                raise Stalled("card_printer.feed_slow", device_kind="card_printer", operation="feed", deadline_s=timeout_s)

    def eject(self, good: bool) -> None:
        """Put the card at the station out: into the output, or the reject bin. Nothing there: nothing happens. Raises DeviceTrouble."""
        self._cut.clear()
        until = time.monotonic() + MOVE_S + ANSWER_S
        now = self._state(until, "eject")
        if not self._fed and not now.card_at_station:  # without a card inside, the same order would feed a blank one through
            return
        self._move("Eject" if good else "Reject", 0, until)
        self._fed = False

    def interrupt(self) -> None:
        """A feed that waits ends soon, even while the library hangs."""
        self._cut.set()
        if not self._asking.acquire(blocking=False):
            self._worker.close()  # nothing else ends a call into the library
        else:
            self._asking.release()

    def _state(self, until: float, operation: str) -> CardPrinterStatus:
        left = until - time.monotonic()
        if left <= 0:
            raise Stalled("card_printer.feed_slow", device_kind="card_printer", operation=operation, deadline_s=0)
        return judge(self._call("status", min(ANSWER_S, left), {"printer": self._queue, "station": self._station}))

    def _move(self, station: str, hopper: int, until: float) -> None:
        self._call("move", min(MOVE_S, max(0.1, until - time.monotonic())), {"printer": self._queue, "station": station, "hopper": hopper})

    def _call(self, operation: str, timeout_s: float, args: Mapping[str, Any]) -> Mapping[str, Any]:
        """One call into the library at a time; whoever waits for another's call waits ``timeout_s`` at most."""
        if not self._asking.acquire(timeout=timeout_s):
            raise Stalled("device.no_answer", device="Fargo SDK", operation=operation, deadline_s=timeout_s)
        try:
            return self._worker.call(operation, timeout_s, args).data
        except NotConnected:
            if self._cut.is_set():
                raise CaptureFailed("device.interrupted", device_kind="card_printer", operation=operation) from None
            raise
        finally:
            self._asking.release()

    def _end(self) -> None:
        self._cut.set()
        self._worker.close()


class FargoSdkFor:
    """Makes :class:`FargoSdk` from the queue's name; what a card printer's driver takes as ``status``. Arguments as there."""

    def __init__(self, command: Sequence[str] = (), station: str = "MIFARE", hopper: int = 0) -> None:
        self._command, self._station, self._hopper = command, station, hopper

    def __call__(self, queue: str) -> FargoSdk | None:
        """``None`` where the bridge is not installed: printing goes on without the printer's own word."""
        try:
            return FargoSdk(queue, self._command or bridge_command(), station=self._station, hopper=self._hopper)
        except NotConnected:
            return None


def judge(said: Mapping[str, Any]) -> CardPrinterStatus:
    """What the bridge's answer means for printing."""
    activity, error, number = _word(said.get("activity")), _word(said.get("error")), said.get("error_number")
    trouble: DeviceTrouble | None = None
    if activity == "Exception":
        trouble = _named(error, number if isinstance(number, int) else 0)
    elif activity in ("Unknown", ""):
        trouble = NotConnected("printer.offline", device_kind="card_printer")
    there = _word(said.get("station")) == "CardPresent" or activity in AT_STATION
    reasons = (trouble.message_key,) if trouble is not None else ()
    supplies = PrinterSupplies(_percent(said.get("ribbon")), _percent(said.get("film")), None, reasons)
    return CardPrinterStatus(supplies, trouble, activity == "Ready", there)


def _named(error: str, number: int) -> DeviceTrouble:
    name = error.lower()
    for pattern, made, key in _NAMED:
        if re.search(pattern, name):
            return made(key, device_kind="card_printer", status=error)
    made, key = ERRORS.get(number, (DeviceTrouble, "card_printer.error"))
    return made(key, device_kind="card_printer", status=error if error and error != "None" else str(number))


def _word(value: Any) -> str:
    """A name of the library's enumerations, or empty; anything else is not passed on."""
    return value if isinstance(value, str) and re.fullmatch(r"\w{1,60}", value, re.ASCII) else ""


def _percent(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= 100 else None
