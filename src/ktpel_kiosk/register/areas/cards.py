"""Card jobs and the ledger of blank cards. Two live cards of one credential cannot exist: a unique index says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.cards import RECONCILE, Blangko, BlangkoBalance, BlangkoState, CardJob, JobState
from ktpel_kiosk.domain.errors import DuplicateRequest, NotFound
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.rows import BlangkoRow, CardJobRow, table_of
from ktpel_kiosk.register.session import ConstraintBroken, Session

JOBS: Final = table_of(CardJobRow)
BLANKS: Final = table_of(BlangkoRow)

_FIXED: Final = frozenset({"id", "permohonan_id", "credential", "nik", "blangko", "created_at"})
_IS_LIVE = text("card_job.is_live = 1")  # literal: only so does SQLite use the partial index
_JOB = select(JOBS).where(JOBS.c.id == bindparam("wanted"))
_JOBS_OF = select(JOBS).where(JOBS.c.permohonan_id == bindparam("wanted")).order_by(JOBS.c.created_at, JOBS.c.id)
_LIVE = select(JOBS).where(JOBS.c.credential == bindparam("wanted"), _IS_LIVE)
_ON_BLANK = select(JOBS.c.id).where(JOBS.c.blangko == bindparam("wanted"), _IS_LIVE)
_OPEN_QUESTIONS = select(JOBS).where(JOBS.c.state.in_(sorted(s.value for s in RECONCILE))).order_by(JOBS.c.created_at, JOBS.c.id)
_IN_STATE = select(JOBS).where(JOBS.c.state == bindparam("wanted")).order_by(JOBS.c.created_at, JOBS.c.id)
_OF_CHIP = select(JOBS).where(text("card_job.chip_uid <> ''"), JOBS.c.chip_uid == bindparam("wanted"))
_OF_CHIP = _OF_CHIP.order_by(JOBS.c.created_at, JOBS.c.id)
_BLANK = select(BLANKS).where(BLANKS.c.serial == bindparam("wanted"))
_NEXT_BLANK = select(BLANKS).where(BLANKS.c.state == BlangkoState.STOK.value).order_by(BLANKS.c.no).limit(1)
_LAST_BLANKS = select(BLANKS).where(BLANKS.c.state == BlangkoState.STOK.value).order_by(BLANKS.c.no.desc()).limit(bindparam("most"))
_EVERY_BLANK = select(func.coalesce(func.max(BLANKS.c.no), 0))  # numbered without gaps, and none ever leaves
_NOT_GOOD = select(BLANKS.c.state, func.count().label("count")).where(
    BLANKS.c.state.in_([s.value for s in BlangkoState if s is not BlangkoState.BAIK])).group_by(BLANKS.c.state)
_KNOWN_BLANK = select(BLANKS.c.no).where(BLANKS.c.serial == bindparam("wanted"))
_ADD_JOB, _ADD_BLANK = insert(JOBS), insert(BLANKS)
_SAVE_JOB = update(JOBS).where(JOBS.c.id == bindparam("k_id"))
_SAVE_BLANK = update(BLANKS).where(BLANKS.c.serial == bindparam("k_serial")).values(
    state=bindparam("now_state"), job_id=bindparam("of_job"))


class CardView(Session):
    def card_job(self, id: str) -> CardJob | None:
        found = self.one(_JOB, wanted=id)
        return mappers.CARD_JOB.value(found) if found else None

    def card_jobs(self, permohonan_id: str) -> Sequence[CardJob]:
        return [mappers.CARD_JOB.value(r) for r in self.all(_JOBS_OF, wanted=permohonan_id)]

    def live_card_job(self, credential: str) -> CardJob | None:
        found = self.one(_LIVE, wanted=credential)
        return mappers.CARD_JOB.value(found) if found else None

    def jobs_to_reconcile(self) -> Sequence[CardJob]:
        return [mappers.CARD_JOB.value(r) for r in self.all(_OPEN_QUESTIONS)]

    def card_jobs_in_state(self, *states: JobState) -> Sequence[CardJob]:
        found = [mappers.CARD_JOB.value(r) for s in states for r in self.all(_IN_STATE, wanted=s.value)]
        return sorted(found, key=lambda job: (job.created_at, job.id))

    def card_jobs_of_chip(self, chip_uid: str) -> Sequence[CardJob]:
        return [mappers.CARD_JOB.value(r) for r in self.all(_OF_CHIP, wanted=chip_uid)]

    def blangko(self, serial: str) -> Blangko | None:
        found = self.one(_BLANK, wanted=serial)
        return mappers.BLANGKO.value(found) if found else None

    def next_blangko(self) -> Blangko | None:
        found = self.one(_NEXT_BLANK)
        return mappers.BLANGKO.value(found) if found else None

    def last_blangko(self, limit: int) -> Sequence[Blangko]:
        return [mappers.BLANGKO.value(r) for r in self.all(_LAST_BLANKS, most=limit)]

    def blangko_balance(self) -> BlangkoBalance:
        """The good ones, most of all there ever were, are what remains; only the others are counted."""
        counts, every = {r["state"]: int(r["count"]) for r in self.all(_NOT_GOOD)}, int(self.scalar(_EVERY_BLANK))
        counts[BlangkoState.BAIK.value] = every - sum(counts.values())
        return BlangkoBalance(every, *(counts.get(s.value, 0) for s in BlangkoState))


class CardWrites(CardView):
    def add_card_job(self, job: CardJob) -> None:
        self._put(job, lambda: self.attempt(_ADD_JOB, mappers.card_job_values(job)).rowcount)

    def save_card_job(self, job: CardJob) -> None:
        values = {k: v for k, v in mappers.card_job_values(job).items() if k not in _FIXED}
        if self._put(job, lambda: self.attempt(_SAVE_JOB, {**values, "k_id": job.id}).rowcount) != 1:
            raise NotFound("card.job", job=job.id)

    def _put(self, job: CardJob, store: Callable[[], int]) -> int:
        try:
            return store()
        except ConstraintBroken as error:
            live = self.live_card_job(job.credential)
            if live is not None and live.id != job.id:
                raise DuplicateRequest("card.live", job=live.id) from error
            user = self.scalar(_ON_BLANK, wanted=job.blangko)
            if user is not None and user != job.id:
                raise DuplicateRequest("card.blangko_taken", blangko=job.blangko) from error
            if self.card_job(job.id) is not None:
                raise DuplicateRequest("card.job_exists", job=job.id) from error
            raise

    def add_blangko(self, serials: Iterable[str], batch: str, at: datetime) -> int:
        received, added = micros(at), 0
        for serial in serials:
            try:
                self.attempt(_ADD_BLANK, {"serial": serial, "state": BlangkoState.STOK.value, "batch": batch, "job_id": "",
                                      "received_at": received})
            except ConstraintBroken as error:
                if self.scalar(_KNOWN_BLANK, wanted=serial) is None:
                    raise
                raise DuplicateRequest("blangko.known", blangko=serial) from error
            added += 1
        return added

    def save_blangko(self, blangko: Blangko) -> None:
        done = self.run(_SAVE_BLANK, {"k_serial": blangko.serial, "now_state": blangko.state.value, "of_job": blangko.job_id})
        if done.rowcount != 1:
            raise NotFound("blangko.not_found", blangko=blangko.serial)
