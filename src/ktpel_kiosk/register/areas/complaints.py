"""Complaints with their steps, and the filled survey forms that lead back to nobody."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.errors import DuplicateRequest, NotFound, StaleView
from ktpel_kiosk.domain.ikm import SurveyAnswer
from ktpel_kiosk.domain.pengaduan import LangkahPengaduan, Pengaduan
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.ledger_tables import COMPLAINT as COMPLAINTS
from ktpel_kiosk.register.ledger_tables import COMPLAINT_STEP as STEPS
from ktpel_kiosk.register.ledger_tables import SURVEY as SURVEYS
from ktpel_kiosk.register.session import ConstraintBroken, Session

KEY_BYTES: Final = 16

_FIXED: Final = frozenset({"id", "nomor", "received_at"})
_PERIOD = COMPLAINTS.c.received_at >= bindparam("since"), COMPLAINTS.c.received_at < bindparam("until")
_IN = select(COMPLAINTS).where(*_PERIOD).order_by(COMPLAINTS.c.received_at, COMPLAINTS.c.id)
_ONE = select(COMPLAINTS).where(COMPLAINTS.c.id == bindparam("wanted"))
_NUMBERED = select(COMPLAINTS.c.id).where(COMPLAINTS.c.nomor == bindparam("wanted"))
_NOT_ENDED = text("complaint.status NOT IN ('selesai', 'ditolak', 'diteruskan')")  # literal: only so is the partial index used
_OPEN = select(COMPLAINTS).where(_NOT_ENDED).order_by(COMPLAINTS.c.due_at, COMPLAINTS.c.nomor)
_STEPS = select(STEPS).where(STEPS.c.pengaduan_id == bindparam("of_id")).order_by(STEPS.c.no)
_SURVEYS = select(SURVEYS).where(SURVEYS.c.month >= bindparam("first"), SURVEYS.c.month <= bindparam("last")).order_by(SURVEYS.c.key)
_ADD, _ADD_STEP, _ADD_SURVEY = insert(COMPLAINTS), insert(STEPS), insert(SURVEYS)
_SAVE = update(COMPLAINTS).where(COMPLAINTS.c.id == bindparam("k_id"), COMPLAINTS.c.version == bindparam("k_version"))

COUNT_COMPLAINTS: Final = select(func.count()).select_from(COMPLAINTS).where(*_PERIOD)


class ComplaintView(Session):
    def complaints_in(self, since: datetime, until: datetime) -> Iterator[Pengaduan]:
        return (mappers.COMPLAINT.value(r) for r in self.stream(_IN, since=micros(since), until=micros(until)))

    def complaint(self, id: str) -> Pengaduan:
        found = self.one(_ONE, wanted=id)
        if found is None:
            raise NotFound("complaint.not_found")
        return mappers.COMPLAINT.value(found)

    def complaints_open(self) -> Sequence[Pengaduan]:
        return [mappers.COMPLAINT.value(r) for r in self.all(_OPEN)]

    def complaint_steps(self, id: str) -> Sequence[LangkahPengaduan]:
        return [mappers.COMPLAINT_STEP.value(r) for r in self.all(_STEPS, of_id=id)]

    def surveys(self, since_month: str, until_month: str) -> Iterator[SurveyAnswer]:
        return (mappers.survey_from(r) for r in self.stream(_SURVEYS, first=since_month, last=until_month))


class ComplaintWrites(ComplaintView):
    def save_complaint(self, complaint: Pengaduan) -> Pengaduan:
        new = replace(complaint, version=complaint.version + 1)
        values = mappers.COMPLAINT.values(new)
        if complaint.version == 0:
            self._add(new, values)
            return new
        changes = {k: v for k, v in values.items() if k not in _FIXED}
        if self.run(_SAVE, {**changes, "k_id": complaint.id, "k_version": complaint.version}).rowcount != 1:
            found = self.complaint(complaint.id).version
            raise StaleView("ledger.complaint_stale", found=found, expected=str(complaint.version))
        return new

    def _add(self, new: Pengaduan, values: mappers.Stored) -> None:
        try:
            self.attempt(_ADD, values)
        except ConstraintBroken as error:
            if self.one(_ONE, wanted=new.id) is not None:
                raise StaleView("ledger.complaint_stale", expected="0") from error
            if self.scalar(_NUMBERED, wanted=new.nomor) is not None:
                raise DuplicateRequest("register.number_taken", number=new.nomor) from error
            raise

    def add_complaint_step(self, step: LangkahPengaduan) -> None:
        if self.one(_ONE, wanted=step.pengaduan_id) is None:
            raise NotFound("complaint.not_found")
        self.run(_ADD_STEP, mappers.COMPLAINT_STEP.values(step))

    def add_survey(self, answer: SurveyAnswer) -> None:
        self.run(_ADD_SURVEY, mappers.survey_values(answer) | {"key": secrets.token_bytes(KEY_BYTES)})
