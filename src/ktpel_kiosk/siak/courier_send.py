"""Sending a courier's bundle from any computer with a line: no office folder, no register, no key of the station.

The server's offset rules; a run that was cut off goes on where it stopped. Packets go oldest first, each with its receipt, then the
station's statuses come as pages the gateway signed. Nothing here is believed: signatures are checked at the office.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from ktpel_kiosk.domain.courier import BundleItem, Refused
from ktpel_kiosk.domain.errors import (
    AnnounceAgain,
    BadInput,
    ClockTrouble,
    KioskError,
    Offline,
    ReceiptInvalid,
    SecurityRefusal,
    ServerRefused,
    ServerTrouble,
    TransportTrouble,
)
from ktpel_kiosk.domain.outbox import Packet, PacketState, backoff_s
from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.ports.courier import SendingBundle
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.answers import (
    LineCut,
    NameNotFound,
    OffsetMoved,
    Operation,
    PortalSeen,
    ProxyTrouble,
    StationRefused,
)
from ktpel_kiosk.siak.courier_wire import BUNDLES_PATH, STATUS_PATH
from ktpel_kiosk.siak.http_gateway import HttpGateway

T = TypeVar("T")
NO_COUNTER = frozenset({404, 405, 501})
"""A gateway without the courier's calls: packets go their usual way, statuses come back by another one."""
KEY_PAGES = 20
_PASSES = (Offline, NameNotFound, PortalSeen, ProxyTrouble, ServerTrouble)
"""Trouble that may pass while somebody waits, or signs in to the Wi-Fi."""


@dataclass(frozen=True, slots=True)
class SendPolicy:
    """``patience_s``: how long nothing may move before the run ends with the reason; it can be started again at any time."""

    first_chunk: int = 128 * 1024
    smallest_chunk: int = 8 * 1024
    largest_chunk: int = 1024 * 1024
    quick_s: float = 2.0
    slow_s: float = 8.0
    patience_s: float = 120.0
    wait_base_s: float = 2.0
    wait_cap_s: float = 30.0
    tries: int = 5


@dataclass(slots=True)
class SendReport:
    """What came of it. ``had``: receipts from before; ``refused``: packets the disk or the gateway would not give or take, by name."""

    packets: int = 0
    had: int = 0
    received: int = 0
    statuses: int = 0
    refused: tuple[Refused, ...] = ()
    trouble: KioskError | None = None

    @property
    def missing(self) -> int:
        """Packets without a receipt."""
        return self.packets - self.had - self.received


class CourierLine(HttpGateway):
    """The gateway as a courier meets it: in the name of the station whose bundle it carries."""

    def introduce(self, manifest: str, digest: str) -> bool:
        """Show the bundle's manifest; from now on its digest goes with every call. False where the gateway has no courier's counter.

        Raises:
            ServerRefused ``courier.not_known``: the gateway does not know who signed it. TransportTrouble.
        """
        try:
            self._call(Operation.ANNOUNCE, "POST", BUNDLES_PATH, json_body={"manifest": manifest}, success=frozenset({200, 201}))
        except ServerRefused as e:
            if e.facts.get("status") in NO_COUNTER:
                return False
            if isinstance(e, StationRefused):
                raise StationRefused("courier.not_known", status=e.facts.get("status")) from e
            raise
        self.say(wire.COURIER_HEADER, digest)
        return True

    def receipt_text(self, packet_id: str) -> str:
        """The receipt as it came, unverified."""
        answer = self._call(Operation.RECEIPT, "GET", f"/v1/packets/{quote(packet_id, safe='')}/receipt")
        return _text(answer.data, "receipt", Operation.RECEIPT)

    def signed_statuses(self, digest: str, after: int) -> tuple[str, int]:
        """A signed page of the station's statuses above ``after`` and the sequence it reaches; empty text when there are none."""
        answer = self._call(Operation.STATUS, "POST", STATUS_PATH, json_body={"bundle": digest, "after": after})
        upto = answer.data.get("upto") if isinstance(answer.data, dict) else None
        if not isinstance(upto, int) or isinstance(upto, bool) or upto < after:
            raise ServerTrouble("gateway.not_the_gateway", operation=Operation.STATUS.value)
        return (_text(answer.data, "signed", Operation.STATUS), upto) if upto > after else ("", after)


def _text(data: object, name: str, operation: Operation) -> str:
    value = data.get(name) if isinstance(data, dict) else None
    if not isinstance(value, str) or not value.isascii():
        raise ServerTrouble("gateway.not_the_gateway", operation=operation.value)
    return value


class Sender:
    """One run. ``on_progress(packet number, packet id, offset, size)`` after each chunk; ``on_wait(trouble, seconds)`` before each wait."""

    def __init__(self, bundle: SendingBundle, line: CourierLine, clock: Clock, *, policy: SendPolicy | None = None, host: str = "",
                 on_progress: Callable[[int, str, int, int], object] = lambda number, packet_id, offset, size: None,
                 on_wait: Callable[[KioskError, float], object] = lambda trouble, seconds: None) -> None:
        manifest = bundle.manifest
        if manifest is None:
            raise BadInput("courier.incomplete", path=str(bundle.folder))
        self._bundle, self._manifest, self._line, self._clock, self._host = bundle, manifest, line, clock, host
        self._policy = policy or SendPolicy()
        self._on_progress, self._on_wait = on_progress, on_wait
        self._chunk = self._policy.first_chunk
        self._moved_at = clock.monotonic()
        self._waits = 0
        self._refused: list[Refused] = []

    def run(self) -> SendReport:
        """Send what has no receipt yet. Trouble of the line ends the run and stands in the report.

        Raises:
            DiskFull, IoFailure: the disk takes nothing more, or is gone. What it holds is whole.
        """
        report = SendReport(packets=len(self._manifest.items))
        self._bundle.keep_state(self._clock.now(), self._host, "")   # a disk that takes no receipts is found before anything is sent
        try:
            counter = self._patiently(lambda: self._line.introduce(self._bundle.text, self._manifest.digest))
            for number, item in enumerate(self._manifest.items, 1):
                if self._bundle.receipt_of(item):
                    report.had += 1
                elif self._packet(number, item):
                    report.received += 1
            if counter:
                report.statuses = self._statuses()
            self._key_statements()
        except (TransportTrouble, ClockTrouble) as trouble:
            report.trouble = trouble
        report.refused = tuple(self._refused)
        self._bundle.keep_state(self._clock.now(), self._host, report.trouble.message_key if report.trouble else "")
        return report

    # -- one packet

    def _packet(self, number: int, item: BundleItem) -> bool:
        """False when disk or gateway refuse this one; the others go on."""
        try:
            data = self._bundle.packet(item)
        except (SecurityRefusal, BadInput) as e:
            self._refused.append(Refused(f"packets/{item.packet_id}", e.message_key))
            return False
        try:
            for _ in range(self._policy.tries):
                try:
                    self._upload(number, item, data)
                    jws = self._patiently(lambda: self._line.receipt_text(item.packet_id))
                    break
                except AnnounceAgain:
                    continue
            else:
                raise ServerTrouble("gateway.packet_forgotten", packet_id=item.packet_id)
            self._bundle.keep_receipt(item, jws)
        except StationRefused:
            raise
        except (ServerRefused, ReceiptInvalid) as e:
            self._refused.append(Refused(f"packets/{item.packet_id}", e.message_key))
            return False
        self._progressed()
        return True

    def _upload(self, number: int, item: BundleItem, data: bytes) -> None:
        announced = self._patiently(lambda: self._line.announce(self._as_packet(item)))
        offset, cuts = announced.offset, 0
        self._on_progress(number, item.packet_id, offset, item.size)
        while offset < item.size:
            try:
                reached = self._timed_chunk(announced.upload_url, offset, data)
            except (LineCut, OffsetMoved) as e:
                cuts += 1
                self._chunk = max(self._policy.smallest_chunk, self._chunk // 2)
                reached = self._patiently(lambda: self._line.offset(announced.upload_url))
                if reached <= offset:
                    self._wait_or_end(e)
            except _PASSES as e:
                self._wait_or_end(e)
                reached = self._patiently(lambda: self._line.offset(announced.upload_url))
            if not 0 <= reached <= item.size:
                raise ServerTrouble("gateway.not_the_gateway", packet_id=item.packet_id)
            if reached > offset:
                self._progressed()
            offset = reached
            self._on_progress(number, item.packet_id, offset, item.size)

    def _timed_chunk(self, url: str, offset: int, data: bytes) -> int:
        began = self._clock.monotonic()
        reached = self._line.send_chunk(url, offset, data[offset:offset + self._chunk])
        took = self._clock.monotonic() - began
        if took < self._policy.quick_s:
            self._chunk = min(self._policy.largest_chunk, self._chunk * 2)
        elif took > self._policy.slow_s:
            self._chunk = max(self._policy.smallest_chunk, self._chunk // 2)
        return reached

    def _as_packet(self, item: BundleItem) -> Packet:
        return Packet(
            packet_id=item.packet_id, permohonan_id="", station=self._manifest.station, counter=item.counter,
            previous_hash=item.previous_hash, sha256=item.sha256, size=item.size, path="", state=PacketState.SEALED,
            sealed_at=self._manifest.created_at, replaces=item.replaces,
        )

    # -- statuses

    def _statuses(self) -> int:
        pages, after = 0, self._bundle.statuses_to()
        while True:
            jws, upto = self._patiently(lambda at=after: self._line.signed_statuses(self._manifest.digest, at))  # type: ignore[misc]
            if not jws:
                return pages
            self._bundle.keep_statuses(after, upto, jws)
            pages, after = pages + 1, upto
            self._progressed()

    def _key_statements(self) -> None:
        """How the keys of receipts changed: a desk without a line has no other way to hear of it."""
        after = 0
        for _ in range(KEY_PAGES):
            found = self._patiently(lambda at=after: self._line.key_statements(at))  # type: ignore[misc]
            reached = max((self._bundle.keep_key_statement(s) for s in found), default=0)
            if reached <= after:
                return
            after = reached

    # -- patience

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Ask until there is an answer, or nothing has moved for too long."""
        while True:
            try:
                return ask()
            except _PASSES as e:
                self._wait_or_end(e)

    def _wait_or_end(self, trouble: TransportTrouble) -> None:
        asked = trouble.facts.get("wait_s")
        self._waits += 1
        wait = backoff_s(self._waits, 0.5, base_s=self._policy.wait_base_s, cap_s=self._policy.wait_cap_s)
        wait = max(wait, float(asked)) if isinstance(asked, int | float) else wait
        if self._clock.monotonic() + wait - self._moved_at > self._policy.patience_s:
            raise trouble
        self._on_wait(trouble, wait)
        self._clock.sleep(wait)

    def _progressed(self) -> None:
        self._moved_at, self._waits = self._clock.monotonic(), 0

