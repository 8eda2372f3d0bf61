"""The books that stand for themselves: withdrawn cards, blank-card moves, letters, calls, closed months, pauses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BindParameter, bindparam, case, func, select, text, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.errors import DuplicateRequest, NotFound
from ktpel_kiosk.domain.ledgers import (
    BlangkoDay,
    BlangkoMove,
    BlangkoMoveKind,
    ContactAttempt,
    Destruction,
    Letter,
    MonthLock,
    Pause,
    WithdrawnCard,
)
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.ledger_tables import BLANGKO_DAY as DAYS
from ktpel_kiosk.register.ledger_tables import BLANGKO_MOVE as MOVES
from ktpel_kiosk.register.ledger_tables import CONTACT as CONTACTS
from ktpel_kiosk.register.ledger_tables import DESTRUCTION as BURNED
from ktpel_kiosk.register.ledger_tables import LETTER as LETTERS
from ktpel_kiosk.register.ledger_tables import MONTH_LOCK as LOCKS
from ktpel_kiosk.register.ledger_tables import PAUSE as PAUSES
from ktpel_kiosk.register.ledger_tables import WITHDRAWN_CARD as WITHDRAWN
from ktpel_kiosk.register.session import ConstraintBroken, Session, paged

SINCE: Final[BindParameter[Any]] = bindparam("since")
UNTIL: Final[BindParameter[Any]] = bindparam("until")
_ONE: Final[BindParameter[Any]] = bindparam("wanted")
_OF: Final[BindParameter[Any]] = bindparam("of_id")

_WITHDRAWN_IN = select(WITHDRAWN).where(WITHDRAWN.c.received_at >= SINCE, WITHDRAWN.c.received_at < UNTIL).order_by(
    WITHDRAWN.c.received_at, WITHDRAWN.c.no)
_WAITING = select(WITHDRAWN).where(text("withdrawn_card.destruction_id = ''")).order_by(WITHDRAWN.c.received_at, WITHDRAWN.c.no)
_BURNED_AS = select(WITHDRAWN.c.destruction_id).where(WITHDRAWN.c.id == _ONE)
_DESTRUCTIONS = select(BURNED).order_by(BURNED.c.at.desc(), BURNED.c.nomor.desc()).limit(bindparam("most"))
_DESTRUCTION = select(BURNED).where(BURNED.c.id == _ONE)
_DESTRUCTION_NUMBER = select(BURNED.c.nomor).where(BURNED.c.nomor == _ONE)
_LETTERS_IN = select(LETTERS).where(LETTERS.c.at >= SINCE, LETTERS.c.at < UNTIL).order_by(LETTERS.c.at, LETTERS.c.no)
_LETTERS_OF = select(LETTERS).where(LETTERS.c.permohonan_id == _OF, text("letter.permohonan_id <> ''")).order_by(LETTERS.c.no)
_LETTER = select(LETTERS).where(LETTERS.c.nomor == _ONE)
_MOVES_IN = select(MOVES).where(MOVES.c.at >= SINCE, MOVES.c.at < UNTIL).order_by(MOVES.c.at, MOVES.c.no)
_STOCK = select(func.coalesce(func.sum(case((MOVES.c.kind == BlangkoMoveKind.MASUK.value, MOVES.c.count), else_=-MOVES.c.count)), 0)).where(
    MOVES.c.at < UNTIL)
_DAYS = select(DAYS).where(DAYS.c.day >= SINCE, DAYS.c.day < UNTIL).order_by(DAYS.c.day)
_CONTACTS = select(CONTACTS).where(CONTACTS.c.permohonan_id == _OF).order_by(CONTACTS.c.no)
_LOCKS = select(LOCKS).order_by(LOCKS.c.no)
_LOCKS_OF_YEAR = _LOCKS.where(LOCKS.c.year == bindparam("of_year"))
_LAST_ACT = select(LOCKS.c.action).where(LOCKS.c.year == bindparam("of_year"), LOCKS.c.month == bindparam("of_month")).order_by(
    LOCKS.c.no.desc()).limit(1)
_PAUSES = select(PAUSES).where(PAUSES.c.permohonan_id == _OF).order_by(PAUSES.c.no)

_ADD_WITHDRAWN, _ADD_BURNED, _ADD_LETTER, _ADD_MOVE = insert(WITHDRAWN), insert(BURNED), insert(LETTERS), insert(MOVES)
_ADD_DAY, _ADD_CONTACT, _ADD_LOCK = insert(DAYS), insert(CONTACTS), insert(LOCKS)
_BURN = update(WITHDRAWN).where(WITHDRAWN.c.id == bindparam("k_id"), WITHDRAWN.c.destruction_id == "").values(
    destruction_id=bindparam("burned_as"))
_VOID = update(LETTERS).where(LETTERS.c.nomor == bindparam("k_nomor"), LETTERS.c.void_reason == "").values(void_reason=bindparam("because"))


COUNTS: Final = {
    "ktp_ditarik": select(func.count()).where(WITHDRAWN.c.received_at >= SINCE, WITHDRAWN.c.received_at < UNTIL),
    "blangko": select(func.count()).where(MOVES.c.at >= SINCE, MOVES.c.at < UNTIL),
    "agenda_surat": select(func.count()).where(LETTERS.c.at >= SINCE, LETTERS.c.at < UNTIL),
}


class BookView(Session):
    def withdrawn_in(self, since: datetime, until: datetime) -> Iterator[tuple[WithdrawnCard, Destruction | None]]:
        for page in paged(self.stream(_WITHDRAWN_IN, since=micros(since), until=micros(until))):
            cards = [mappers.WITHDRAWN.value(r) for r in page]
            burned = {id: self._destruction(id) for id in {c.destruction_id for c in cards} if id}
            yield from ((c, burned.get(c.destruction_id)) for c in cards)

    def _destruction(self, id: str) -> Destruction | None:
        found = self.one(_DESTRUCTION, wanted=id)
        return mappers.DESTRUCTION.value(found) if found else None

    def blangko_moves_in(self, since: datetime, until: datetime) -> Iterator[BlangkoMove]:
        return (mappers.BLANGKO_MOVE.value(r) for r in self.stream(_MOVES_IN, since=micros(since), until=micros(until)))

    def letters_in(self, since: datetime, until: datetime) -> Iterator[Letter]:
        return (mappers.LETTER.value(r) for r in self.stream(_LETTERS_IN, since=micros(since), until=micros(until)))

    def blangko_stock_at(self, at: datetime) -> int:
        return int(self.scalar(_STOCK, until=micros(at)))

    def withdrawn_waiting(self) -> Sequence[WithdrawnCard]:
        return [mappers.WITHDRAWN.value(r) for r in self.all(_WAITING)]

    def destructions(self, limit: int = 100) -> Sequence[Destruction]:
        return [mappers.DESTRUCTION.value(r) for r in self.all(_DESTRUCTIONS, most=max(0, limit))]

    def letters_of(self, permohonan_id: str) -> Sequence[Letter]:
        return [mappers.LETTER.value(r) for r in self.all(_LETTERS_OF, of_id=permohonan_id)]

    def letter(self, nomor: str) -> Letter | None:
        found = self.one(_LETTER, wanted=nomor)
        return mappers.LETTER.value(found) if found else None

    def blangko_days(self, since: date, until: date) -> Sequence[BlangkoDay]:
        return [mappers.BLANGKO_DAY.value(r) for r in self.all(_DAYS, since=since.isoformat(), until=until.isoformat())]

    def contacts(self, permohonan_id: str) -> Sequence[ContactAttempt]:
        return [mappers.CONTACT.value(r) for r in self.all(_CONTACTS, of_id=permohonan_id)]

    def month_locks(self, year: int | None = None) -> Sequence[MonthLock]:
        found = self.all(_LOCKS) if year is None else self.all(_LOCKS_OF_YEAR, of_year=year)
        return [mappers.MONTH_LOCK.value(r) for r in found]

    def month_closed(self, year: int, month: int) -> bool:
        return bool(self.scalar(_LAST_ACT, of_year=year, of_month=month) == "tutup")

    def pauses(self, permohonan_id: str) -> Sequence[Pause]:
        return [mappers.PAUSE.value(r) for r in self.all(_PAUSES, of_id=permohonan_id)]


class BookWrites(BookView):
    def add_withdrawn(self, card: WithdrawnCard) -> None:
        try:
            self.attempt(_ADD_WITHDRAWN, mappers.WITHDRAWN.values(card))
        except ConstraintBroken as error:
            if self.scalar(_BURNED_AS, wanted=card.id) is None:
                raise
            raise DuplicateRequest("ledger.withdrawn_exists", entry=card.id) from error

    def add_destruction(self, destruction: Destruction, card_ids: Iterable[str]) -> None:
        try:
            self.attempt(_ADD_BURNED, mappers.DESTRUCTION.values(destruction))
        except ConstraintBroken as error:
            if self.scalar(_DESTRUCTION_NUMBER, wanted=destruction.nomor) is None and self._destruction(destruction.id) is None:
                raise
            raise DuplicateRequest("ledger.destruction_exists", number=destruction.nomor) from error
        for id in card_ids:
            if self.run(_BURN, {"k_id": id, "burned_as": destruction.id}).rowcount != 1:
                if self.scalar(_BURNED_AS, wanted=id) is None:
                    raise NotFound("ledger.withdrawn_not_found", entry=id)
                raise DuplicateRequest("ledger.withdrawn_destroyed", entry=id)

    def add_letter(self, letter: Letter) -> None:
        try:
            self.attempt(_ADD_LETTER, mappers.LETTER.values(letter))
        except ConstraintBroken as error:
            if self.letter(letter.nomor) is None:
                raise
            raise DuplicateRequest("ledger.letter_taken", number=letter.nomor) from error

    def void_letter(self, nomor: str, reason: str) -> None:
        if self.run(_VOID, {"k_nomor": nomor, "because": reason}).rowcount == 1:
            return
        if self.letter(nomor) is None:
            raise NotFound("ledger.letter_not_found", number=nomor)
        raise DuplicateRequest("ledger.letter_void", number=nomor)

    def add_blangko_move(self, move: BlangkoMove) -> None:
        self.run(_ADD_MOVE, mappers.BLANGKO_MOVE.values(move))

    def put_blangko_day(self, day: BlangkoDay) -> None:
        try:
            self.attempt(_ADD_DAY, mappers.BLANGKO_DAY.values(day))
        except ConstraintBroken as error:
            if not self.all(_DAYS, since=day.day.isoformat(), until=day.day.isoformat() + "~"):
                raise
            raise DuplicateRequest("ledger.day_closed", entry=day.day.isoformat()) from error

    def add_contact(self, attempt: ContactAttempt) -> None:
        self.run(_ADD_CONTACT, mappers.CONTACT.values(attempt))

    def add_month_lock(self, lock: MonthLock) -> None:
        self.run(_ADD_LOCK, mappers.MONTH_LOCK.values(lock))
