"""Who looked at what, requests of data subjects, notices of failed protection, and what was removed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.errors import NotFound, StaleView
from ktpel_kiosk.domain.kegagalan import Kegagalan, Terdampak
from ktpel_kiosk.domain.permintaan import LangkahPermintaan, PermintaanData
from ktpel_kiosk.domain.retention import Disposal
from ktpel_kiosk.domain.viewing import Viewing
from ktpel_kiosk.register import ledger_tables as tables
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros
from ktpel_kiosk.register.session import Session

V, R, S, B, D = tables.VIEWING, tables.SUBJECT_REQUEST, tables.SUBJECT_REQUEST_STEP, tables.BREACH, tables.DISPOSAL

_FIXED: Final = frozenset({"id", "nomor", "received_at", "due_at", "jenis"})
"""What was received stays as received, its deadline too."""
_VIEWINGS_OF = select(V).where(V.c.permohonan_id == bindparam("wanted")).order_by(V.c.at.desc(), V.c.no.desc())
_VIEWINGS = select(V).where(V.c.at >= bindparam("since"), V.c.at < bindparam("until")).order_by(V.c.at.desc(), V.c.no.desc())
_VIEWINGS_BY = _VIEWINGS.where(V.c.officer == bindparam("officer"))
_IDS_OF = text("SELECT id FROM permohonan WHERE nik = :nik ORDER BY created_at, id")
_REQUEST = select(R).where(R.c.id == bindparam("wanted"))
_REQUESTS_OPEN = select(R).where(  # literal: only so is the partial index used
    text("subject_request.status NOT IN ('dipenuhi', 'sebagian', 'ditolak')")).order_by(R.c.due_at, R.c.nomor)
_REQUESTS_IN = select(R).where(R.c.received_at >= bindparam("since"), R.c.received_at < bindparam("until")).order_by(
    R.c.received_at, R.c.id)
_STEPS = select(S).where(S.c.request_id == bindparam("wanted")).order_by(S.c.no)
_SAVE = update(R).where(R.c.id == bindparam("k_id"), R.c.version == bindparam("k_version"))
_BREACH = select(B).where(B.c.id == bindparam("wanted"))
_BREACHES = select(B).order_by(B.c.made_at.desc(), B.c.id.desc())
_PEOPLE = text("""SELECT b.permohonan_id AS id FROM breach_person AS b JOIN permohonan AS p ON p.id = b.permohonan_id
    WHERE b.breach_id = :wanted ORDER BY p.created_at, p.id""")
_TOUCHED = text("""SELECT p.id AS id FROM permohonan AS p WHERE p.id IN (
    SELECT subject FROM audit WHERE at >= :since AND at < :until AND (:officer = '' OR actor = :officer)
    UNION SELECT permohonan_id FROM viewing WHERE at >= :since AND at < :until AND (:officer = '' OR officer = :officer))
    ORDER BY p.created_at, p.id""")
_DISPOSALS = select(D).order_by(D.c.at.desc(), D.c.id.desc()).limit(bindparam("most"))
_ADD_VIEWING, _ADD_REQUEST, _ADD_STEP = insert(V), insert(R), insert(S)
_ADD_BREACH, _ADD_PERSON, _ADD_DISPOSAL = insert(B), insert(tables.BREACH_PERSON), insert(D)


class PrivacyView(Session):
    def viewings_of(self, permohonan_id: str) -> Sequence[Viewing]:
        return [mappers.VIEWING.value(r) for r in self.all(_VIEWINGS_OF, wanted=permohonan_id)]

    def viewings_in(self, since: datetime, until: datetime, officer: str = "") -> Sequence[Viewing]:
        period = {"since": micros(since), "until": micros(until)}
        found = self.all(_VIEWINGS_BY, **period, officer=officer) if officer else self.all(_VIEWINGS, **period)
        return [mappers.VIEWING.value(r) for r in found]

    def ids_of_nik(self, nik: str) -> Sequence[str]:
        return [str(r["id"]) for r in self.all(_IDS_OF, nik=nik)]

    def subject_request(self, id: str) -> PermintaanData:
        found = self.one(_REQUEST, wanted=id)
        if found is None:
            raise NotFound("subject.not_found")
        return mappers.SUBJECT_REQUEST.value(found)

    def subject_requests_open(self) -> Sequence[PermintaanData]:
        return [mappers.SUBJECT_REQUEST.value(r) for r in self.all(_REQUESTS_OPEN)]

    def subject_requests_in(self, since: datetime, until: datetime) -> Sequence[PermintaanData]:
        return [mappers.SUBJECT_REQUEST.value(r) for r in self.all(_REQUESTS_IN, since=micros(since), until=micros(until))]

    def subject_request_steps(self, id: str) -> Sequence[LangkahPermintaan]:
        return [mappers.SUBJECT_REQUEST_STEP.value(r) for r in self.all(_STEPS, wanted=id)]

    def breach(self, id: str) -> Kegagalan:
        found = self.one(_BREACH, wanted=id)
        if found is None:
            raise NotFound("breach.not_found")
        return mappers.BREACH.value(found)

    def breaches(self) -> Sequence[Kegagalan]:
        return [mappers.BREACH.value(r) for r in self.all(_BREACHES)]

    def breach_people(self, id: str) -> Sequence[str]:
        return [str(r["id"]) for r in self.all(_PEOPLE, wanted=id)]

    def touched_between(self, since: datetime, until: datetime, officer: str = "") -> Sequence[str]:
        return [str(r["id"]) for r in self.all(_TOUCHED, since=micros(since), until=micros(until), officer=officer)]

    def disposals(self, limit: int = 200) -> Sequence[Disposal]:
        return [mappers.DISPOSAL.value(r) for r in self.all(_DISPOSALS, most=max(0, limit))]


class PrivacyWrites(PrivacyView):
    def add_viewing(self, viewing: Viewing) -> None:
        self.run(_ADD_VIEWING, mappers.VIEWING.values(viewing))

    def save_subject_request(self, request: PermintaanData) -> PermintaanData:
        new = replace(request, version=request.version + 1)
        values = mappers.SUBJECT_REQUEST.values(new)
        if request.version == 0:
            self.run(_ADD_REQUEST, values)
            return new
        changes = {k: v for k, v in values.items() if k not in _FIXED}
        if self.run(_SAVE, {**changes, "k_id": request.id, "k_version": request.version}).rowcount != 1:
            raise StaleView("subject.stale", found=self.subject_request(request.id).version, expected=str(request.version))
        return new

    def add_subject_request_step(self, step: LangkahPermintaan) -> None:
        self.run(_ADD_STEP, mappers.SUBJECT_REQUEST_STEP.values(step))

    def add_breach(self, breach: Kegagalan, permohonan_ids: Iterable[str]) -> None:
        self.run(_ADD_BREACH, mappers.BREACH.values(breach))
        for one in dict.fromkeys(permohonan_ids):
            self.run(_ADD_PERSON, mappers.BREACH_PERSON.values(Terdampak(breach.id, one)))

    def add_disposal(self, disposal: Disposal) -> None:
        self.run(_ADD_DISPOSAL, mappers.DISPOSAL.values(disposal))
