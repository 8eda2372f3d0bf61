"""The chain of a station's packets: each carries its number and the hash of the one before, so that a missing one shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

FIRST = "0" * 64


class Break(StrEnum):
    """What can be wrong with a chain.

    TWICE: the same packet lies there under two names. SAME_NUMBER: two packets of one number. FORK: two packets follow the same one.
    GAP: packets are missing before this one. OTHER: the one before is there, but is not the one this packet speaks of. ORDER: it follows
    a packet of a later time or a wrong number. UNREADABLE: the file is no packet that opens with the keys given.
    """

    TWICE = "twice"
    SAME_NUMBER = "same_number"
    FORK = "fork"
    GAP = "gap"
    OTHER = "other"
    ORDER = "order"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Link:
    """One packet of a chain. ``sha256`` is that of its file, ``created_at`` RFC 3339 in UTC as its manifest says."""

    file: str
    packet_id: str
    station: str
    counter: int
    previous_hash: str
    sha256: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Finding:
    """``what`` is wrong at ``file``; ``other`` names the second file where there is one; ``missing`` the numbers nobody has."""

    what: Break
    file: str
    station: str = ""
    counter: int = 0
    other: str = ""
    missing: tuple[int, int] = (0, 0)


def verify_chain(links: Iterable[Link]) -> list[Finding]:
    """Everything that is wrong with the chains in ``links``, by station and number. Pure; the order of ``links`` does not matter.

    The last packet of a station cannot be missed here: only the register or the gateway knows that there should be one.
    """
    stations: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        stations[link.station].append(link)
    return [finding for station in sorted(stations) for finding in _chain(sorted(stations[station], key=lambda x: (x.counter, x.file)))]


def _chain(links: Sequence[Link]) -> list[Finding]:
    found: list[Finding] = []
    by_hash: dict[str, Link] = {}
    followers: dict[str, Link] = {}
    before: Link | None = None
    for link in links:
        if (same := by_hash.get(link.sha256)) is not None:
            found.append(_at(Break.TWICE, link, same))
            continue
        by_hash[link.sha256] = link
        found += _step(before, link)
        if (rival := followers.get(link.previous_hash)) is not None:
            found.append(_at(Break.FORK, link, rival))
        followers.setdefault(link.previous_hash, link)
        if before is None or link.counter > before.counter:
            before = link
    return found + [_at(Break.ORDER, x, by_hash[x.previous_hash]) for x in by_hash.values() if _backwards(x, by_hash)]


def _step(before: Link | None, link: Link) -> list[Finding]:
    """How ``link`` fits behind the packet with the next lower number."""
    last = before.counter if before else 0
    if before and link.counter == before.counter:
        return [_at(Break.SAME_NUMBER, link, before)]
    if link.counter > last + 1:
        return [Finding(Break.GAP, link.file, link.station, link.counter, before.file if before else "", (last + 1, link.counter - 1))]
    if link.previous_hash != (before.sha256 if before else FIRST):
        return [_at(Break.OTHER, link, before)]
    return []


def _backwards(link: Link, by_hash: dict[str, Link]) -> bool:
    """The packet it names as the one before has a later time, or is not the next lower number."""
    named = by_hash.get(link.previous_hash)
    return named is not None and (named.created_at > link.created_at or named.counter + 1 != link.counter)


def _at(what: Break, link: Link, other: Link | None) -> Finding:
    return Finding(what, link.file, link.station, link.counter, other.file if other else "")
