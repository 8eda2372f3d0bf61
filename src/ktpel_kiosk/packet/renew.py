"""The same session under a new name: when a packet has to be made once more, nothing of it changes but who it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ktpel_kiosk.packet.canonical import canonical
from ktpel_kiosk.packet.checks import check_entries
from ktpel_kiosk.packet.container import Entry
from ktpel_kiosk.packet.manifest import MANIFEST, stamp


@dataclass(frozen=True, slots=True)
class NewIdentity:
    """What is new about a packet that takes the place of another.

    Attributes:
        packet_id, counter, previous_hash, created_at: as in :class:`~ktpel_kiosk.domain.packet.PacketContent`.
        replaces: packet id of the one whose place it takes.
    """

    packet_id: str
    counter: int
    previous_hash: str
    created_at: datetime
    replaces: str


def renew(entries: Mapping[str, bytes], identity: NewIdentity) -> list[Entry]:
    """The entries of the new packet, in order: the manifest with ``identity`` in it, everything else byte for byte.

    Raises:
        SecurityRefusal: ``packet.entry_wrong``: the entries handed in do not belong together (see :mod:`~ktpel_kiosk.packet.checks`).
    """
    manifest: dict[str, Any] = check_entries(entries) | {
        "packet_id": identity.packet_id, "counter": identity.counter, "previous_hash": identity.previous_hash,
        "created_at": stamp(identity.created_at), "replaces": identity.replaces,
    }
    return [(MANIFEST, canonical(manifest)), *((name, data) for name, data in entries.items() if name != MANIFEST)]
