"""Which services answer in the port range, and which devices they have: looked at again and again, compared, never forgotten first.

One scanner serves the finger, iris and face driver; their three scouts share each look. Thread-safe.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from ktpel_kiosk.domain.errors import DeviceTrouble, NotConnected
from ktpel_kiosk.hal.drivers.sbi import wire
from ktpel_kiosk.hal.drivers.sbi.messages import FAMILIES, DeviceInfo, Family, Reading
from ktpel_kiosk.hal.drivers.sbi.wire import Address, BodyReader, Link, pump
from ktpel_kiosk.ports.devices import DeviceKind

MAX_INFO = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Timing:
    """Waits in seconds.

    Attributes:
        connect: to be connected; the loopback answers at once or not at all.
        probe: for the whole answer of a service in a scan; ``check``: before a capture and when health is asked.
        busy: how long a device that calls itself busy is waited for.
        fresh: a look so young is shared instead of repeated.
        foreign: how long a port that speaks something else is left alone.
        margin: what an answer may take beyond the device's own timeout; under the five seconds the desk adds to its deadline.
        first_frame: how long a capture waits for the preview to begin.
        frame: for one preview frame of a camera; ``idle``: an unused preview is closed after this.
        still: the device's own timeout for a portrait.
    """

    connect: float = 0.3
    probe: float = 5.0
    check: float = 1.5
    busy: float = 1.0
    fresh: float = 1.0
    foreign: float = 10.0
    margin: float = 3.0
    first_frame: float = 1.5
    frame: float = 1.5
    idle: float = 3.0
    still: float = 10.0


@dataclass(slots=True)
class _Port:
    """What one port said at the last look. ``devices`` stay until a later look says otherwise."""

    family: Family | None = None
    devices: tuple[DeviceInfo, ...] = ()
    foreign_until: float = 0.0


class Scanner:
    """Args: ports is first and last, inclusive."""

    def __init__(self, reading: Reading, host: str, ports: tuple[int, int], app_name: str, timing: Timing) -> None:
        self.reading = reading
        self.timing = timing
        self.app_name = app_name
        self._host = host
        self._range = range(ports[0], ports[1] + 1)
        self._looking = threading.Lock()
        self._lock = threading.Lock()
        self._ports: dict[int, _Port] = {}
        self._homes: dict[str, int] = {}
        self._looked_from = -1.0

    def devices(self, kind: DeviceKind) -> tuple[DeviceInfo, ...]:
        """Look, unless somebody just did."""
        self.look()
        with self._lock:
            found = [self._best(key) for key in self._homes]
        return tuple(d for d in found if d is not None and d.kind is kind)

    def look(self, *, now: bool = False) -> None:
        """Ask every port of the range at once. ``now``: also when the last look is young."""
        asked = time.monotonic()
        with self._looking:
            if self._looked_from > (asked if now else asked - self.timing.fresh):
                return
            started = time.monotonic()
            self._scan(self._range)
            self._looked_from = started

    def current(self, key: str, wake: wire.Wake | None = None) -> DeviceInfo:
        """The device as its service describes it this moment; a service that moved to another port is found there.

        Raises:
            NotConnected: ``sbi.gone``. Stalled: ``sbi.silent``. DeviceTrouble: it answers, but may not be used.
        """
        with self._lock:
            port = self._homes.get(key)
        device = self._ask(port, key, wake) if port is not None else None
        if device is None:
            self.look(now=True)
            with self._lock:
                device = self._best(key)
        if device is None:
            raise NotConnected("sbi.gone", cause="unknown")
        if device.trouble is not None:
            raise type(device.trouble)(device.trouble.message_key, **device.trouble.facts)
        return device

    def _ask(self, port: int, key: str, wake: wire.Wake | None) -> DeviceInfo | None:
        """One service alone; None when it is not there any more, or no longer has the device."""
        with self._lock:
            known = self._ports.get(port, _Port())
            family = known.family or FAMILIES[0]
        address = (self._host, port)
        try:
            answer = wire.exchange(address, self._request(family, address), self.timing.connect, self.timing.check, MAX_INFO, wake)
        except NotConnected:
            return None
        devices = self.reading.devices(answer.body, address)
        with self._lock:
            known.devices = devices
        return next((d for d in devices if d.key == key), None)

    def _scan(self, ports: Sequence[int]) -> None:
        """Both verb families in turn, the one that answered before first. What does not answer in time stays as it was known."""
        with self._lock:
            due = [p for p in ports if not (p in self._ports and self._ports[p].foreign_until > time.monotonic())]
            order = {p: self._families(p) for p in due}
        strange: set[int] = set()
        for turn in range(len(FAMILIES)):
            links = {p: self._probe(p, order[p][turn]) for p in due}
            try:
                pump(list(links.values()), time.monotonic() + self.timing.probe)
                due = [p for p in due if self._judge(p, links[p], order[p][turn], strange)]
            finally:
                for link in links.values():
                    link.close()
        with self._lock:
            for port in strange:
                known = self._ports.setdefault(port, _Port())
                if known.family is None:
                    known.foreign_until = time.monotonic() + self.timing.foreign
            self._settle()

    def _families(self, port: int) -> tuple[Family, ...]:
        known = self._ports.get(port)
        return FAMILIES if known is None or known.family is None else (known.family, *(f for f in FAMILIES if f is not known.family))

    def _request(self, family: Family, address: Address) -> bytes:
        return wire.request(family.info, address, "/info", family.probe, self.app_name)

    def _probe(self, port: int, family: Family) -> Link:
        address = (self._host, port)
        return Link(address, self._request(family, address), BodyReader(MAX_INFO), self.timing.connect)

    def _judge(self, port: int, link: Link, family: Family, strange: set[int]) -> bool:
        """Take over what a port said; True when the other family is worth a try. ``strange`` are those that speak something else."""
        if link.done and isinstance(link.reader, BodyReader):
            try:
                devices = self.reading.devices(link.reader.body, (self._host, port))
            except DeviceTrouble:
                strange.add(port)
                return True
            strange.discard(port)
            with self._lock:
                known = self._ports.get(port)
                if not devices and (known is None or known.family is None):
                    return True  # no device yet, or the answer to a verb it does not know
                self._ports[port] = _Port(family, devices)
            return False
        if link.failure in ("refused", "timeout"):
            with self._lock:
                self._ports.pop(port, None)
            return False
        strange.add(port)
        return bool(link.failure)

    def _settle(self) -> None:
        """Each device's home: the port it had, if it is still there and usable, else the first usable one. Under the lock."""
        offers: dict[str, list[int]] = {}
        for port in sorted(self._ports):
            for device in self._ports[port].devices:
                offers.setdefault(device.key, []).append(port)
        homes = {}
        for key, ports in offers.items():
            usable = [p for p in ports if self._has(p, key).trouble is None] or ports
            homes[key] = self._homes[key] if self._homes.get(key) in usable else usable[0]
        self._homes = homes

    def _has(self, port: int, key: str) -> DeviceInfo:
        return next(d for d in self._ports[port].devices if d.key == key)

    def _best(self, key: str) -> DeviceInfo | None:
        port = self._homes.get(key)
        known = self._ports.get(port) if port is not None else None
        return next((d for d in known.devices if d.key == key), None) if known is not None else None
