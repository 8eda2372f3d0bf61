"""Kept fingers and the searches over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import NotFound, StaleView
from ktpel_kiosk.domain.ganda import DuplicateCheck, KeptFinger, Putusan
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.ledger_tables import DUPLICATE_CHECK as CHECKS
from ktpel_kiosk.register.ledger_tables import FINGER_TEMPLATE as FINGERS
from ktpel_kiosk.register.session import Session

_OF: Final = "of_id"
_AT = select(FINGERS).where(FINGERS.c.position == bindparam("at_position")).order_by(FINGERS.c.no)
_KEPT_OF = select(FINGERS).where(FINGERS.c.permohonan_id == bindparam(_OF)).order_by(FINGERS.c.no)
_PEOPLE = select(func.count(func.distinct(FINGERS.c.permohonan_id)))
_BEFORE = select(func.count(func.distinct(FINGERS.c.permohonan_id))).where(FINGERS.c.kept_at < bindparam("before"))
_CHECKS_OF = select(CHECKS).where(CHECKS.c.permohonan_id == bindparam(_OF)).order_by(CHECKS.c.no)
_CHECK = select(CHECKS).where(CHECKS.c.id == bindparam("wanted"))
_OPEN = select(CHECKS).where(text("duplicate_check.decision = '' AND duplicate_check.hits <> '[]'")).order_by(CHECKS.c.at)

_KEEP = insert(FINGERS)
_DROP_OF = delete(FINGERS).where(FINGERS.c.permohonan_id == bindparam(_OF))
_DROP_BEFORE = delete(FINGERS).where(FINGERS.c.kept_at < bindparam("before"))
_ADD_CHECK = insert(CHECKS)
_DECIDE = update(CHECKS).where(CHECKS.c.id == bindparam("k_id"), CHECKS.c.decision == "")


class DuplicateView(Session):
    def kept_fingers(self, position: Position) -> Iterator[KeptFinger]:
        return (mappers.FINGER_TEMPLATE.value(r) for r in self.stream(_AT, at_position=position.value))

    def kept_fingers_of(self, permohonan_id: str) -> Sequence[KeptFinger]:
        return [mappers.FINGER_TEMPLATE.value(r) for r in self.all(_KEPT_OF, of_id=permohonan_id)]

    def kept_people(self) -> int:
        return int(self.scalar(_PEOPLE))

    def duplicate_checks(self, permohonan_id: str) -> Sequence[DuplicateCheck]:
        return [mappers.DUPLICATE_CHECK.value(r) for r in self.all(_CHECKS_OF, of_id=permohonan_id)]

    def duplicate_check(self, id: str) -> DuplicateCheck:
        found = self.one(_CHECK, wanted=id)
        if found is None:
            raise NotFound("ganda.not_found")
        return mappers.DUPLICATE_CHECK.value(found)

    def duplicate_checks_open(self) -> Sequence[DuplicateCheck]:
        return [mappers.DUPLICATE_CHECK.value(r) for r in self.all(_OPEN)]


class DuplicateWrites(DuplicateView):
    purged: bool

    def keep_fingers(self, fingers: Sequence[KeptFinger]) -> None:
        for finger in fingers:
            self.run(_KEEP, mappers.FINGER_TEMPLATE.values(finger))

    def drop_fingers_of(self, permohonan_id: str) -> int:
        return self._dropped(int(self.run(_DROP_OF, {_OF: permohonan_id}).rowcount))

    def drop_fingers_before(self, before: datetime) -> tuple[int, int]:
        people = int(self.scalar(_BEFORE, before=micros(before)))
        return people, self._dropped(int(self.run(_DROP_BEFORE, {"before": micros(before)}).rowcount)) if people else 0

    def _dropped(self, count: int) -> int:
        self.purged = self.purged or count > 0
        return count

    def add_duplicate_check(self, check: DuplicateCheck) -> None:
        self.run(_ADD_CHECK, mappers.DUPLICATE_CHECK.values(check))

    def decide_duplicate(self, id: str, decision: Putusan, by: str, at: datetime, note: str) -> DuplicateCheck:
        told = {"decision": decision.value, "decided_by": by, "decided_at": micros(at), "note": note}
        if self.run(_DECIDE, {**told, "k_id": id}).rowcount != 1:
            found = self.duplicate_check(id)
            raise StaleView("ganda.decided", username=found.decided_by)
        return self.duplicate_check(id)
