"""Everything said about one application's recording, in the one order that counts, and where it stands after that.

Where an application stands is a function of the set of what was said: in whatever order facts arrive, are repeated or come by courier,
it ends the same. Within a packet the gateway's sequence decides; between packets, officers' eyes, lists and answers, the moment does.
A packet that was replaced speaks for the time before the newest one was sealed, except when it says that the recording is accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ktpel_kiosk.domain.outbox import Packet
from ktpel_kiosk.domain.status import BEYOND, PRINTABLE, TROUBLE, Status, StatusEntry, StatusEvent, StatusSiak

KIOSK = "kiosk"
_OLD_PACKET, _SEALED, _ENTRY, _EVENT = range(4)
"""Which comes first at the same moment."""


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said. ``source``: gateway, courier, manual, csv, lookup, or ``kiosk`` for a packet sealed in place of another."""

    status: Status
    at: datetime
    source: str
    reason: str = ""
    officer: str = ""
    packet_id: str = ""
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What it comes to.

    ``ready``: a card may be made. ``duplicate``: the centre holds the person under another NIK. ``because``: what decided that;
    ``last``: the status to show.
    """

    ready: bool = False
    duplicate: bool = False
    because: Said | None = None
    last: Said | None = None


def story(packets: Iterable[Packet], events: Mapping[str, Sequence[StatusEvent]], entries: Iterable[StatusEntry]) -> tuple[Said, ...]:
    """Everything said, oldest first. ``events`` by packet id."""
    known = sorted(packets, key=lambda p: p.counter)
    newest = known[-1] if known else None
    lines: list[tuple[tuple[datetime, int, int, int, str], Said]] = []
    for packet in known:
        old = newest if newest is not None and packet.packet_id != newest.packet_id else None
        lines += _of_packet(packet, events.get(packet.packet_id, ()), old.sealed_at if old else None)
        if packet.replaces:
            lines.append(((packet.sealed_at, _SEALED, packet.counter, 0, ""),
                          Said(StatusSiak.BIO_CAPTURED, packet.sealed_at, KIOSK, packet_id=packet.packet_id)))
    for place, e in enumerate(sorted(entries, key=lambda e: (e.entered_at, e.id))):
        lines.append(((e.at, _ENTRY, place, 0, e.id), Said(e.status, e.at, e.source, e.reason, e.officer)))
    return tuple(said for _, said in sorted(lines, key=lambda line: line[0]))


def _of_packet(packet: Packet, events: Sequence[StatusEvent], replaced_at: datetime | None,
               ) -> list[tuple[tuple[datetime, int, int, int, str], Said]]:
    """Lines of one packet's events; a server clock that goes back does not change their order."""
    lines = []
    reached: datetime | None = None
    for e in sorted(events, key=lambda e: e.sequence):
        reached = e.at if reached is None else max(reached, e.at)
        moment, rank = reached, _EVENT
        if replaced_at is not None and e.status not in BEYOND:
            moment, rank = min(reached, replaced_at), _OLD_PACKET
        said = Said(e.status, e.at, e.source, e.reason, "", e.packet_id, e.sequence)
        lines.append(((moment, rank, packet.counter, e.sequence, ""), said))
    return lines


def standing(said: Iterable[Said]) -> Standing:
    """Where it stands after all of ``said`` (oldest first)."""
    ready = duplicate = False
    because: Said | None = None
    last: Said | None = None
    for line in said:
        last = line
        if line.status in PRINTABLE:
            ready, duplicate, because = True, False, line
        elif line.status is StatusSiak.DUPLICATE_RECORD:
            ready, duplicate, because = False, True, line
        elif line.status in TROUBLE and ready:
            ready, because = False, line
    return Standing(ready, duplicate, because, last)
