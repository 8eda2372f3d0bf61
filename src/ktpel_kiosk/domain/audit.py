"""The hash-chained audit: one link per stored change, written in the same transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class AuditLink:
    """One link. ``facts`` never hold names, NIK in clear or pixels: ids, numbers, hashes, codes."""

    sequence: int
    at: datetime
    actor: str
    event: str
    subject: str
    facts: dict[str, str | int | float | bool | None]
    previous: str
    digest: str


def link_digest(sequence: int, at: datetime, actor: str, event: str, subject: str,
                facts: dict[str, str | int | float | bool | None], previous: str) -> str:
    """SHA-256 (hex) over the canonical JSON of everything but the digest itself."""
    body = json.dumps(
        [sequence, at.isoformat(), actor, event, subject, facts, previous],
        sort_keys=True, separators=(",", ":"), ensure_ascii=False,
    )
    return hashlib.sha256(body.encode()).hexdigest()


def first_broken(links: Iterable[AuditLink], *, start: str = GENESIS, first: int = 1) -> int | None:
    """Sequence number of the first link that does not fit, or ``None`` when the chain is whole."""
    previous, expected = start, first
    for link in links:
        good = link_digest(link.sequence, link.at, link.actor, link.event, link.subject, link.facts, previous)
        if link.sequence != expected or link.previous != previous or link.digest != good:
            return expected
        previous, expected = link.digest, expected + 1
    return None
