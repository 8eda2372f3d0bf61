"""Card readers through PC/SC (WinSCard, pcscd), on the plain C interface that pyscard wraps.

The plain interface and not pyscard's classes: those keep one context for the whole process, which is dead for good once the
service was restarted, and poll for readers in threads of their own.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from smartcard import scard

from ktpel_kiosk.domain.biometric import DeviceIdentity
from ktpel_kiosk.domain.errors import Busy, CaptureFailed, CardRemoved, DeviceTrouble, NotConnected, Stalled
from ktpel_kiosk.hal.driver import Found
from ktpel_kiosk.ports.devices import DeviceKind

REMOVED = frozenset({
    0x80100016,  # SCARD_E_NOT_TRANSACTED: what a card pulled away during an APDU gives
    0x80100069, 0x80100068, 0x8010000C, 0x80100067,  # removed, reset by another, no card, unpowered
    0x8010002F, 0x8010000F,  # communication lost, protocol mismatch after a re-insertion
})
MUTE = frozenset({0x80100066, 0x80100065})
READER_GONE = frozenset({0x80100017, 0x80100009, 0x8010002E, 0x80100006, 6, 31, 1117, 1167})
"""Reader unavailable, unknown, none; invalid handle; the plain Windows codes for a vanished USB device."""
SERVICE_GONE = frozenset({0x8010001D, 0x8010001E, 0x80100003, 0x80100013})
SHARING = 0x8010000B
TIMEOUT, CANCELLED = 0x8010000A, 0x80100002
SLICE_S = 0.5
"""A wait for a card is cut into slices, so that a reader unplugged meanwhile is noticed on every platform."""


class PcscReaderDriver:
    """Finds readers.

    Args:
        wanted: only readers whose name contains one of these; all when empty.
        unwanted: never readers whose name contains one of these (the SAM slot of a two-slot reader).
    """

    kind = DeviceKind.CARD_READER
    name = "pcsc"

    def __init__(self, wanted: Sequence[str] = (), unwanted: Sequence[str] = ("SAM",)) -> None:
        self._wanted = tuple(w.lower() for w in wanted)
        self._unwanted = tuple(u.lower() for u in unwanted)

    def discover(self) -> Sequence[Found]:
        with _context("discover") as context:
            result, readers = scard.SCardListReaders(context, [])
        if _code(result) == 0x8010002E:  # the service runs, no reader is plugged in
            return ()
        _check(result, "discover")
        return [Found(name, name) for name in readers if self._accepts(name.lower())]

    def _accepts(self, name: str) -> bool:
        wanted = not self._wanted or any(w in name for w in self._wanted)
        return wanted and not any(u in name for u in self._unwanted)

    def open(self, found: Found) -> PcscReader:
        return PcscReader(found.key)


class PcscReader:
    """One reader; holds its own context, so a hang or restart of one reader does not touch another."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._card: int | None = None
        self._protocol = 0
        self._cut = False
        self._torn = False
        result, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        _check(result, "open", name)

    def identity(self) -> DeviceIdentity:
        return DeviceIdentity("", self._name, "", "PC/SC")

    def healthy(self) -> None:
        self._state(0.0, scard.SCARD_STATE_UNAWARE)

    def close(self) -> None:
        self.disconnect()
        scard.SCardReleaseContext(self._context)

    def interrupt(self) -> None:
        self._cut = True
        scard.SCardCancel(self._context)

    def connect(self, timeout_s: float) -> bytes:
        self.disconnect()
        self._cut = False
        until = time.monotonic() + timeout_s
        while True:
            self._wait_for_card(until, timeout_s)
            code = self._take_card()
            if code == 0:
                break
            # Windows looks at each fresh card itself for a moment, and a card still being laid down comes and goes
            if (code == SHARING or code in REMOVED | MUTE) and time.monotonic() < until:
                time.sleep(0.05)
                continue
            _check(code, "connect", self._name)
        result, _, _, _, atr = scard.SCardStatus(self._card)
        _check(result, "connect", self._name)
        return bytes(atr)

    def _take_card(self) -> int:
        """Connect; the result code. After a torn card it is reset first: the service may not have noticed the change of cards."""
        protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        result, card, protocol = scard.SCardConnect(self._context, self._name, scard.SCARD_SHARE_EXCLUSIVE, protocols)
        if _code(result) == 0 and self._torn:
            result, protocol = scard.SCardReconnect(card, scard.SCARD_SHARE_EXCLUSIVE, protocols, scard.SCARD_RESET_CARD)
            if _code(result) != 0:
                scard.SCardDisconnect(card, scard.SCARD_LEAVE_CARD)
        if _code(result) == 0:
            self._card, self._protocol, self._torn = card, protocol, False
        return _code(result)

    def transmit(self, apdu: bytes) -> bytes:
        if self._card is None:
            raise CardRemoved("card_reader.removed", operation="transmit", device=self._name)
        header = scard.SCARD_PCI_T0 if self._protocol == scard.SCARD_PROTOCOL_T0 else scard.SCARD_PCI_T1
        result, answer = scard.SCardTransmit(self._card, header, list(apdu))
        if _code(result) != 0:
            # powering down a card that is gone makes pcscd blind to one laid on at once
            self._let_go(scard.SCARD_LEAVE_CARD)
            _check(result, "transmit", self._name)
        if len(answer) < 2:  # "success" without even a status word: some drivers report a card torn away like this
            self._let_go(scard.SCARD_LEAVE_CARD)
            raise CardRemoved("card_reader.removed", operation="transmit", device=self._name)
        return bytes(answer)

    def disconnect(self) -> None:
        self._let_go(scard.SCARD_UNPOWER_CARD)

    def _let_go(self, disposition: int) -> None:
        self._torn = self._torn or disposition == scard.SCARD_LEAVE_CARD
        if self._card is not None:
            scard.SCardDisconnect(self._card, disposition)
            self._card = None

    def _wait_for_card(self, until: float, timeout_s: float) -> None:
        state = scard.SCARD_STATE_UNAWARE
        while True:
            left = until - time.monotonic()
            state = self._state(max(0.0, min(left, SLICE_S)), state)
            if self._cut:
                raise CaptureFailed("device.interrupted", operation="connect", device=self._name)
            if state & scard.SCARD_STATE_PRESENT and not state & scard.SCARD_STATE_MUTE:
                return
            if left <= 0:
                if state & scard.SCARD_STATE_PRESENT:
                    raise CaptureFailed("card_reader.mute", operation="connect", device=self._name)
                raise Stalled("card_reader.no_card", operation="connect", deadline_s=timeout_s, device=self._name)

    def _state(self, wait_s: float, known: int) -> int:
        """The reader's state once it differs from ``known``, or ``known`` after ``wait_s``."""
        result, states = scard.SCardGetStatusChange(self._context, int(wait_s * 1000), [(self._name, known)])
        if _code(result) in (TIMEOUT, CANCELLED):
            return known
        _check(result, "status", self._name)
        state = int(states[0][1])
        if state & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE):
            raise NotConnected("device.unplugged", operation="status", device=self._name)
        return state & ~scard.SCARD_STATE_CHANGED


@contextmanager
def _context(operation: str) -> Iterator[int]:
    result, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    _check(result, operation)
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)


def _code(result: int) -> int:
    return result & 0xFFFFFFFF


def _check(result: int, operation: str, device: str = "") -> None:
    """Turn a PC/SC result into the house's errors."""
    code = _code(result)
    if code == 0:
        return
    facts = {"operation": operation, "device": device, "status": f"{code:08X}"}
    if code in REMOVED:
        raise CardRemoved("card_reader.removed", **facts)
    if code in MUTE:
        raise CaptureFailed("card_reader.mute", **facts)
    if code in READER_GONE:
        raise NotConnected("device.unplugged", **facts)
    if code in SERVICE_GONE:
        raise NotConnected("card_reader.service", **facts)
    if code == SHARING:
        raise Busy("device.busy_elsewhere", **facts)
    raise DeviceTrouble("card_reader.failed", **facts)
