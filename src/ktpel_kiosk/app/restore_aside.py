"""The note a register leaves behind when a copy takes its place: packets it knew and the copy does not, with their place in the chain.

With it :mod:`ktpel_kiosk.app.rescue` makes a courier's bundle of what was sealed since; without it they go to the centre as they lie.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from ktpel_kiosk.app import copy_sets
from ktpel_kiosk.app.office import settings_of
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.durable import write_durably

if TYPE_CHECKING:
    from ktpel_kiosk.register.backup import CopyFacts

NOTE = f"tanpa-catatan{copy_sets.INFO}"


def note_unknown(data: Path, key: bytes, facts: CopyFacts, known: Collection[str], at: str) -> bool:
    """Into the folder of the present register, whose ``facts`` these are, for its packets on this disk that are not ``known`` to the
    copy. False: there are none, or the register does not tell. Raises DiskFull, IoFailure."""
    here = data / "packets"
    names = {p.name for p in here.glob("*.ktpelpkt")} - set(known) if here.is_dir() else set()
    rows = [row for row in _rows(data, key) if row[0] in names]
    if not rows:
        return False
    settings = settings_of(data)
    info = copy_sets.CopyInfo(
        at, settings.station if settings else "", settings.office if settings else "", facts.register_id, facts.version, facts.length,
        facts.head, facts.applied, facts.sealed, facts.last_counter, facts.last_sha256, 0, "",
        packets={path: sha256 for path, sha256, _c, _p, _r in rows},
        links={path: (counter, previous, replaces) for path, _s, counter, previous, replaces in rows})
    write_durably(data / "register" / NOTE, copy_sets.info_bytes(info, key), mode=0o600)
    return True


def _rows(data: Path, key: bytes) -> list[tuple[str, str, int, str, str]]:
    from ktpel_kiosk.register.backup import packet_places

    try:
        return packet_places(data / "register" / "register.sqlite", key)
    except KioskError:
        return []
