"""Applications: stored whole, found by NIK, number and words, listed without their biodata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement

from ktpel_kiosk.domain.errors import DuplicateRequest, NotFound, StaleView
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.ports.register import ListItem, Query
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros, moment
from ktpel_kiosk.register.rows import PacketRow, PermohonanRow, SearchRow, SearchWordRow, SopStepRow, TahapRow, table_of
from ktpel_kiosk.register.session import Session
from ktpel_kiosk.register.words import LAST, terms, words_of

P: Final = table_of(PermohonanRow)
T: Final = table_of(TahapRow)
S: Final = table_of(SearchRow)
W: Final = table_of(SearchWordRow)
LIMITS: Final = table_of(SopStepRow)
PACKETS: Final = table_of(PacketRow)
UNNUMBERED: Final = "(belum bernomor)"

_IS_OPEN = text("permohonan.is_open = 1")  # literal: only so does SQLite use the partial index
_JOINED = select(P, *(c.label(mappers.STEP_PREFIX + c.name) for c in T.columns)).select_from(
    P.outerjoin(T, T.c.permohonan_id == P.c.id)).order_by(T.c.idx)
_BY_ID = _JOINED.where(P.c.id == bindparam("wanted"))
_BY_NUMBER = _JOINED.where(P.c.nomor_register == bindparam("wanted"), P.c.nomor_register != "", text("permohonan.nomor_register <> ''"))
_OPEN_FOR = _JOINED.where(P.c.nik == bindparam("wanted"), _IS_OPEN)
_OPEN_NUMBER = select(P.c.id, P.c.nomor_register).where(P.c.nik == bindparam("wanted"), _IS_OPEN)
_RECORDED = select(func.max(PACKETS.c.sealed_at)).select_from(PACKETS.join(P, P.c.id == PACKETS.c.permohonan_id)).where(
    P.c.nik == bindparam("wanted"))
_COUNTS = select(S.c.stage, func.count().label("count")).where(S.c.keadaan == Keadaan.BERJALAN.value).group_by(S.c.stage)
_FOUND_AS = select(S.c.no, S.c.nama, S.c.nik, S.c.nomor_register).where(S.c.permohonan_id == bindparam("wanted"))
_VERSION = select(P.c.version).where(P.c.id == bindparam("wanted"))

_INSERT = insert(P)
_UPDATE = update(P).where(P.c.id == bindparam("k_id"), P.c.version == bindparam("k_version"))
_INSERT_SEARCH = insert(S)
_UPDATE_SEARCH = update(S).where(S.c.no == bindparam("k_no"))
_ADD_WORD = insert(W).on_conflict_do_nothing()
_DROP_WORD = delete(W).where(W.c.no == bindparam("k_no"), W.c.word == bindparam("k_word"))
_DROP_TAHAP = delete(T).where(T.c.permohonan_id == bindparam("k_id"), T.c.idx >= bindparam("k_count"))


def _tahap_upsert() -> Any:
    """Writes only the stages that changed: an unchanged row costs no page of the journal."""
    made = insert(T)
    changing = [c.name for c in T.columns if not c.primary_key]
    return made.on_conflict_do_update(
        index_elements=[T.c.permohonan_id, T.c.idx], set_={n: made.excluded[n] for n in changing},
        where=or_(*(T.c[n].is_distinct_from(made.excluded[n]) for n in changing)),
    )


_PUT_TAHAP = _tahap_upsert()


class ApplicationView(Session):
    def permohonan(self, id: str) -> Permohonan:
        found = self.all(_BY_ID, wanted=id)
        if not found:
            raise NotFound("permohonan.not_found")
        return mappers.permohonan_from(found)

    def by_number(self, nomor_register: str) -> Permohonan | None:
        return self._maybe(_BY_NUMBER, nomor_register)

    def open_for_nik(self, nik: str) -> Permohonan | None:
        return self._maybe(_OPEN_FOR, nik)

    def _maybe(self, statement: Select[Any], wanted: str) -> Permohonan | None:
        found = self.all(statement, wanted=wanted)
        return mappers.permohonan_from(found) if found else None

    def recorded_before(self, nik: str) -> datetime | None:
        sealed = self.scalar(_RECORDED, wanted=nik)
        return None if sealed is None else moment(sealed)

    def list(self, query: Query) -> Sequence[ListItem]:
        return [mappers.LIST_ITEM.value(r) for r in self.all(list_statement(query))]

    def count(self, query: Query) -> int:
        return int(self.scalar(select(func.count()).select_from(S).where(*_conditions(query))))

    def counts_by_stage(self) -> Mapping[str, int]:
        return {r["stage"]: int(r["count"]) for r in self.all(_COUNTS) if r["stage"]}


def list_statement(query: Query) -> Select[Any]:
    """The one statement behind a list; ties of the clock are broken by the order of arrival."""
    order = (S.c.created_at.desc(), S.c.no.desc()) if query.newest_first else (S.c.created_at, S.c.no)
    joined = S.outerjoin(LIMITS, and_(LIMITS.c.sop_digest == S.c.sop_digest, LIMITS.c.nomor == S.c.step_no))
    return select(S, LIMITS.c.limit_s).select_from(joined).where(*_conditions(query)).order_by(*order).limit(
        max(0, query.limit)).offset(max(0, query.offset))


def _conditions(query: Query) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, wanted in ((S.c.keadaan, query.keadaan), (S.c.stage, query.stages), (S.c.layanan, query.layanan)):
        if wanted:
            found.append(column.in_([str(w) for w in wanted]))
    if query.since is not None:
        found.append(S.c.created_at >= micros(query.since))
    if query.until is not None:
        found.append(S.c.created_at <= micros(query.until))
    if query.desa:
        found.append(S.c.desa == query.desa)
    if query.text.strip():
        wanted_terms = terms(query.text)
        found.extend(S.c.no.in_(select(W.c.no).where(_begins(alternatives))) for alternatives in wanted_terms)
        if not wanted_terms:
            found.append(S.c.no.in_([]))
    return found


def _begins(alternatives: tuple[str, ...]) -> ColumnElement[bool]:
    return or_(*(and_(W.c.word >= a, W.c.word < a + LAST) for a in alternatives))


class ApplicationWrites(ApplicationView):
    def save_permohonan(self, p: Permohonan) -> Permohonan:
        stored = replace(p, version=p.version + 1)
        values = mappers.permohonan_values(stored)
        try:
            if p.version == 0:
                self.run(_INSERT, values)
            elif self.run(_UPDATE, {**values, "k_id": p.id, "k_version": p.version}).rowcount != 1:
                self._refuse_stale(p)
        except IntegrityError as error:
            self._refuse_duplicate(p, error)
        self._put_tahap(p)
        self._put_search(p)
        return stored

    def _refuse_stale(self, p: Permohonan) -> None:
        found = self.scalar(_VERSION, wanted=p.id)
        if found is None:
            raise NotFound("permohonan.not_found")
        raise StaleView("permohonan.stale", found=int(found), expected=str(p.version))

    def _refuse_duplicate(self, p: Permohonan, error: IntegrityError) -> None:
        """Name what stands in the way; anything else is a bug and goes on as it is."""
        found = self.one(_OPEN_NUMBER, wanted=p.penduduk.nik)
        if found is not None and found["id"] != p.id:
            raise DuplicateRequest("nik.open_application", number=found["nomor_register"] or UNNUMBERED) from error
        if p.version == 0 and self.scalar(_VERSION, wanted=p.id) is not None:
            raise StaleView("permohonan.stale", expected="0") from error
        taken = self.by_number(p.nomor_register) if p.nomor_register else None
        if taken is not None and taken.id != p.id:
            raise DuplicateRequest("register.number_taken", number=p.nomor_register) from error
        raise error

    def _put_tahap(self, p: Permohonan) -> None:
        stages = mappers.tahap_values(p)
        if stages:
            self.run(_PUT_TAHAP, stages)
        self.run(_DROP_TAHAP, {"k_id": p.id, "k_count": len(stages)})

    def _put_search(self, p: Permohonan) -> None:
        values = mappers.search_values(p)
        words = words_of(p.penduduk.nama, p.penduduk.nik, p.nomor_register)
        before = self.one(_FOUND_AS, wanted=p.id)
        if before is None:
            result = self.run(_INSERT_SEARCH, values | {"status_siak": ""})
            no, old = int(result.lastrowid), frozenset[str]()
        else:
            no, old = int(before["no"]), words_of(before["nama"], before["nik"], before["nomor_register"])
            self.run(_UPDATE_SEARCH, values | {"k_no": no})
        if old - words:
            self.run(_DROP_WORD, [{"k_no": no, "k_word": w} for w in old - words])
        if words - old:
            self.run(_ADD_WORD, [{"no": no, "word": w} for w in sorted(words - old)])
