"""Checking the whole audit: each link, the register's own head, and the anchor kept outside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ktpel_kiosk.domain.audit import GENESIS, AuditLink, first_broken
from ktpel_kiosk.domain.errors import Corrupt
from ktpel_kiosk.ports.register import AuditCheck, RowFault
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import moment
from ktpel_kiosk.register.seals import KnownSeals

if TYPE_CHECKING:
    from ktpel_kiosk.register.anchor import Anchor
    from ktpel_kiosk.register.session import Row
    from ktpel_kiosk.register.tx import SqlView


class _Reader:
    """Streams links and remembers what the checks after the stream need."""

    def __init__(self, view: SqlView, anchored: int, rest: Callable[[], object]) -> None:
        self._view, self._anchored, self._rest = view, anchored, rest
        self.length, self.head = 0, GENESIS
        self.at_anchor = GENESIS if anchored == 0 else ""
        self.seals = KnownSeals()

    def links(self) -> Iterator[AuditLink]:
        for row in self._view.audit_rows():
            self._rest()
            link = self._link(row)
            if link.sequence == self._anchored:
                self.at_anchor = link.digest
            self.length, self.head = self.length + 1, link.digest
            self.seals.learn(link.facts)
            yield link

    @staticmethod
    def _link(row: Row) -> AuditLink:
        """A row that is no link any more, or whose text was touched without changing its meaning, gets a digest that cannot fit."""
        try:
            link = mappers.AUDIT.value(row)
        except Corrupt:
            return AuditLink(0, moment(0), "", "", "", {}, "", "")
        canonical = mappers.facts_text(link.facts) == row["facts"]
        return link if canonical else AuditLink(0, link.at, "", "", "", {}, "", "")


def check_chain(view: SqlView, anchor: Anchor | None, key: bytes | None = None, rest: Callable[[], object] = lambda: None) -> AuditCheck:
    """First thing that does not fit, by sequence number; with the register's ``key`` also every row that differs from its seal.

    A chain that is whole in itself but shorter than its head or anchor is broken after its last link; one that differs from
    the anchor is broken where the anchor points. Without an anchor nothing proves the end: broken after the last link.
    """
    reader = _Reader(view, anchor.length if anchor else 0, rest)
    links = reader.links()
    broken = first_broken(links)
    for _ in links:  # past the broken link the seals are still the best witness of which row is another
        pass
    chain = _judged(view, anchor, reader, broken)
    if key is None:
        return chain
    rows = view.check_rows(key, reader.seals, rest)
    words = _unexplained(rows.different, view.check_words(rest))
    return replace(chain, rows=rows.rows, unsealed=rows.unsealed, faults=(*rows.different, *words))


def _unexplained(rows: Sequence[RowFault], words: Sequence[RowFault]) -> list[RowFault]:
    """``words`` but for those of applications whose own row of ``search`` is another: they fit a row that nobody has any more."""
    named = {fault.key for fault in rows if fault.table == "search"}
    return [fault for fault in words if fault.key not in named]


def _judged(view: SqlView, anchor: Anchor | None, reader: _Reader, broken: int | None) -> AuditCheck:
    own = view.audit_head()
    length, head = reader.length, reader.head
    if broken is not None:
        return AuditCheck(own.length, own.head, broken)
    if (own.length, own.head) != (length, head):
        return AuditCheck(length, head, min(length, own.length) + 1)
    if anchor is None:
        return AuditCheck(length, head, length + 1 if length else None)
    if anchor.register_id != own.register_id:
        return AuditCheck(length, head, 1)
    if reader.at_anchor != anchor.head:
        return AuditCheck(length, head, min(anchor.length, length + 1))
    return AuditCheck(length, head, None)
