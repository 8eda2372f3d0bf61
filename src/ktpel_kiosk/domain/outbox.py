"""A sealed packet in the outbox: what is due, why it waits, when it is tried next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

FARTHEST_TRY = timedelta(hours=2)
"""No packet waits longer for its next try; a moment further ahead was written before the clock went back, and counts as due."""


class PacketState(StrEnum):
    SEALED = "sealed"
    ANNOUNCED = "announced"
    UPLOADED = "uploaded"
    RECEIVED = "received"
    REFUSED = "refused"   # needs a person


class WaitCause(StrEnum):
    """Why an item waits; decides the sentence and who can fix it."""

    NONE = "none"
    OFFLINE = "offline"    # no way out at all
    DNS = "dns"            # a line, but the server's name is not found
    PORTAL = "portal"      # somebody else answers: a Wi-Fi sign-in page
    PROXY = "proxy"        # the office's own proxy refuses
    TLS = "tls"
    CLOCK = "clock"
    SERVER = "server"
    STATION = "station"    # the server does not know or accept this station
    DATA = "data"
    RECEIPT = "receipt"
    FILE = "file"          # the packet file on this disk is missing or damaged
    SETUP = "setup"        # this station was not told where to send, or has no certificate for the line yet
    HOURS = "hours"        # outside the hours the office allows for sending


CONTENTS_GONE = "packet.contents_gone"
"""``wait_detail`` of a packet whose file and spare contents are both lost: only a new recording helps."""


CHAIN_END = "paket.ujung"
"""Setting of a restored register: counter and SHA-256 of the last packet of this station, which may stand in no row any more."""


def chain_end_text(counter: int, sha256: str) -> str:
    return f"{counter} {sha256}"


def chain_end(last: Packet | None, setting: str | None, genesis: str) -> tuple[int, str]:
    """Counter and hash of the packet the next one follows: the last row's, or what a restore left as the end where that is later."""
    counter, digest = (last.counter, last.sha256) if last is not None else (0, genesis)
    number, _, text = (setting or "").partition(" ")
    if number.isdecimal() and int(number) > counter:
        return int(number), text or digest
    return counter, digest


@dataclass(frozen=True, slots=True)
class Packet:
    """Register row of one sealed packet. ``path`` is relative to the packet folder.

    Attributes:
        replaces, replaced_by: packet ids; a replaced packet is no longer sent.
        purged_at, purge_id: when and by which run file and spare contents were removed; only after a verified receipt or once replaced.
        courier_at, courier_id: the last bundle that carried it; it goes on waiting for the line all the same.
    """

    packet_id: str
    permohonan_id: str
    station: str
    counter: int
    previous_hash: str
    sha256: str
    size: int
    path: str
    state: PacketState
    sealed_at: datetime
    upload_url: str = ""
    offset: int = 0
    attempts: int = 0
    next_try_at: datetime | None = None
    wait_cause: WaitCause = WaitCause.NONE
    wait_detail: str = ""
    receipt: str = ""
    received_at: datetime | None = None
    server_sequence: int = 0
    replaces: str = ""
    replaced_by: str = ""
    purged_at: datetime | None = None
    purge_id: str = ""
    courier_at: datetime | None = None
    courier_id: str = ""

    @property
    def unsent(self) -> bool:
        """Still to be sent: no receipt yet, and no other packet took its place."""
        return self.state is not PacketState.RECEIVED and not self.replaced_by


def tried_anew(p: Packet) -> Packet:
    """The packet as if it had never failed: due now, also when it was refused."""
    state = PacketState.SEALED if p.state is PacketState.REFUSED else p.state
    return replace(p, state=state, next_try_at=None, wait_cause=WaitCause.NONE, wait_detail="", attempts=0)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Contents of a verified receipt."""

    packet_id: str
    sha256: str
    station: str
    server_sequence: int
    received_at: datetime
    jws: str


def backoff_s(attempts: int, jitter: float, *, base_s: float = 5.0, cap_s: float = 900.0) -> float:
    """Wait before try ``attempts + 1``: doubling from ``base_s``, capped, spread by ``jitter`` in 0..1 (±25 %)."""
    raw = min(cap_s, base_s * 2.0 ** max(0, min(attempts - 1, 20)))
    return raw * (0.75 + 0.5 * min(1.0, max(0.0, jitter)))
