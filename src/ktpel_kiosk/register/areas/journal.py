"""The audit chain: read in order, extended inside the transaction whose change it records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.audit import AuditLink, link_digest
from ktpel_kiosk.domain.errors import BugError
from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.ports.register import RowFault
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.anchor import Anchor
from ktpel_kiosk.register.codecs import micros, moment
from ktpel_kiosk.register.rows import AuditHeadRow, AuditRow, table_of
from ktpel_kiosk.register.seals import BIRTH, ROWS, KnownSeals, RowsChecked, RowSeals, Sealer, check_rows
from ktpel_kiosk.register.session import Row, Session
from ktpel_kiosk.register.word_check import check_words

Fact = str | int | float | bool | None
LINKS: Final = table_of(AuditRow)
HEAD: Final = table_of(AuditHeadRow)

_AFTER = select(LINKS).where(LINKS.c.sequence > bindparam("after")).order_by(LINKS.c.sequence).limit(bindparam("most"))
_ABOUT = _AFTER.where(LINKS.c.subject == bindparam("about"))
_EVERY = select(LINKS).order_by(LINKS.c.sequence)
_DIGEST = select(LINKS.c.digest).where(LINKS.c.sequence == bindparam("wanted"))
_HEAD = select(HEAD.c.register_id, HEAD.c.length, HEAD.c.head)
_ADD = insert(LINKS)
_MOVE = update(HEAD).values(length=bindparam("to_length"), head=bindparam("to_head"))


class JournalView(Session):
    def audit(self, *, subject: str = "", after: int = 0, limit: int = 1000) -> Sequence[AuditLink]:
        statement, about = (_ABOUT, {"about": subject}) if subject else (_AFTER, {})
        return [mappers.AUDIT.value(r) for r in self.all(statement, after=after, most=max(0, limit), **about)]

    def audit_length(self) -> int:
        return self.audit_head().length

    def audit_head(self) -> Anchor:
        """What the register itself says of its chain; a table without its row speaks of an empty chain."""
        found = self.one(_HEAD)
        return Anchor(found["register_id"], int(found["length"]), found["head"]) if found else Anchor("", 0, "")

    def audit_digest(self, sequence: int) -> str | None:
        found = self.scalar(_DIGEST, wanted=sequence)
        return found if isinstance(found, str) else None

    def audit_rows(self) -> Iterator[Row]:
        """All links as stored, streamed."""
        return self.stream(_EVERY)

    def check_rows(self, key: bytes, known: KnownSeals, rest: Callable[[], object] = lambda: None) -> RowsChecked:
        """Every sealed row against ``known``; ``key`` is the register's own, ``rest`` is called before each."""
        return check_rows(self._connection, Sealer(key), known, rest)

    def check_words(self, rest: Callable[[], object] = lambda: None) -> list[RowFault]:
        """Applications that are not found by exactly the words their rows hold."""
        return check_words(self._connection, rest)


class JournalWrites(JournalView):
    """Links are stored as they are logged, except the last: it waits for the rows it has to seal.

    :meth:`finish_journal` stores it and moves the head once, right before the commit.
    """

    _clock: Clock
    _events: Mapping[str, str]
    _seals: RowSeals | None
    _head: Anchor | None = None
    _waiting: tuple[int, str, str, str, dict[str, Fact]] | None = None

    def begin_journal(self, clock: Clock, events: Mapping[str, str], seals: RowSeals | None = None) -> None:
        """Say once, before the first :meth:`log`, whose time and which events count."""
        self._clock, self._events, self._seals = clock, events, seals
        self._subjects: set[str] = set()
        if seals is not None:
            seals.begin()

    def log(self, event: str, subject: str, actor: str, **facts: Fact) -> None:
        """Raises BugError: ``register.unknown_event``, ``register.audit_fact``."""
        if event not in self._events or ROWS in facts:
            raise BugError("register.unknown_event", entry=event[:40])
        mappers.facts_text(facts)  # refused here, where the mistake is
        self._store_waiting()
        self._waiting = (micros(self._clock.now()), event, subject, actor, dict(facts))
        self._subjects.add(subject)

    def audit(self, *, subject: str = "", after: int = 0, limit: int = 1000) -> Sequence[AuditLink]:
        self._store_waiting()
        return super().audit(subject=subject, after=after, limit=limit)

    def _store_waiting(self, rows: str | None = None) -> None:
        if self._waiting is None:
            return
        at, event, subject, actor, facts = self._waiting
        self._waiting = None
        if rows is not None:
            facts[ROWS] = rows
        head = self._head or self.audit_head()
        sequence = head.length + 1
        digest = link_digest(sequence, moment(at), actor, event, subject, facts, head.head)
        self.run(_ADD, {"sequence": sequence, "at": at, "actor": actor, "event": event, "subject": subject,
                        "facts": mappers.facts_text(facts), "previous": head.head, "digest": digest})
        self._head = Anchor(head.register_id, sequence, digest)

    def finish_journal(self) -> tuple[Anchor, frozenset[str]]:
        """Seal the rows in the last link, store it and the new head; returns it and the subjects touched.

        Raises BugError ``register.no_audit``.
        """
        rows = self._seals.text() if self._seals is not None else ""
        if self._seals is not None and self.audit_length() == 0:
            rows = f"{BIRTH} {rows}".rstrip()
        if self._waiting is None and self._head is not None and rows:  # somebody asked for the audit after the last log
            self.log("RowsSealed", "register", "-")
        self._store_waiting(rows or None)
        if self._head is None:
            raise BugError("register.no_audit")
        self.run(_MOVE, {"to_length": self._head.length, "to_head": self._head.head})
        return self._head, frozenset(self._subjects)
