"""What the gateway's store speaks of, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Holding:
    """One packet as the server knows it.

    Attributes:
        received: bytes durably stored here; ``complete`` when the receipt exists.
        replaces: packet id this one takes the place of, or empty.
        place_url: where the bytes go when another tus server takes them, or empty.
    """

    packet_id: str
    station: str
    counter: int
    previous_hash: str
    size: int
    sha256: str
    upload_id: str
    received: int
    complete: bool
    replaces: str = ""
    place_url: str = ""

    def at(self, received: int) -> Holding:
        """The same with another number of bytes received."""
        return replace(self, received=received)


@dataclass(frozen=True, slots=True)
class CardEvent:
    """Something that happened to a card, in order of arrival."""

    sequence: int
    event_id: str
    event: str
    station: str
    packet_id: str
    nik: str
    at: str


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A station's signed line of one day, as it came. ``sequence``: the station's own number, growing; ``offset_s``: how many seconds its
    clock was ahead of the gateway's when it was sent."""

    station: str
    day: str
    sequence: int
    received_at: str
    token: str
    offset_s: int = 0


class Conflict(Exception):
    """What was asked contradicts what is stored; the text is the machine-readable reason."""


class HashMismatch(Exception):
    """All bytes came and they are not the announced ones; the upload was dropped."""


class StoreFull(Exception):
    """No room: the quota (``held`` and ``quota`` in bytes), or the disk itself (``quota`` 0)."""

    def __init__(self, held: int = 0, quota: int = 0) -> None:
        super().__init__("storage_full")
        self.held, self.quota = held, quota


class StoreAway(Exception):
    """The database or the object store does not answer now; the text says which. Nothing is lost, the kiosk comes again."""


class OldSchema(Exception):
    """The database was made by a newer gateway than this one; the text says which versions."""
