"""The audit chain: read in order, extended inside the transaction whose change it records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.audit import AuditLink, link_digest
from ktpel_kiosk.domain.errors import BugError
from ktpel_kiosk.ports.clock import Clock
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.anchor import Anchor
from ktpel_kiosk.register.codecs import micros, moment
from ktpel_kiosk.register.rows import AuditHeadRow, AuditRow, table_of
from ktpel_kiosk.register.session import Row, Session

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


class JournalWrites(JournalView):
    """Links are stored as they are logged; :meth:`finish_journal` moves the head once, right before the commit."""

    _clock: Clock
    _events: Mapping[str, str]
    _head: Anchor | None = None

    def begin_journal(self, clock: Clock, events: Mapping[str, str]) -> None:
        """Say once, before the first :meth:`log`, whose time and which events count."""
        self._clock, self._events = clock, events
        self._subjects: set[str] = set()

    def log(self, event: str, subject: str, actor: str, **facts: str | int | float | bool | None) -> None:
        """Raises BugError: ``register.unknown_event``, ``register.audit_fact``."""
        if event not in self._events:
            raise BugError("register.unknown_event", entry=event[:40])
        text = mappers.facts_text(facts)
        head = self._head or self.audit_head()
        at = micros(self._clock.now())
        sequence = head.length + 1
        digest = link_digest(sequence, moment(at), actor, event, subject, dict(facts), head.head)
        self.run(_ADD, {"sequence": sequence, "at": at, "actor": actor, "event": event, "subject": subject, "facts": text,
                        "previous": head.head, "digest": digest})
        self._head = Anchor(head.register_id, sequence, digest)
        self._subjects.add(subject)

    def finish_journal(self) -> tuple[Anchor, frozenset[str]]:
        """Store the new head; returns it and the subjects touched. Raises BugError ``register.no_audit``."""
        if self._head is None:
            raise BugError("register.no_audit")
        self.run(_MOVE, {"to_length": self._head.length, "to_head": self._head.head})
        return self._head, frozenset(self._subjects)
