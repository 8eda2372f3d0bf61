"""Applications: stored whole, found by NIK, number and words, listed without their biodata."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, bindparam, delete, func, or_, select, text, update
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.sql.elements import ColumnElement

from ktpel_kiosk.domain.errors import DuplicateRequest, NotFound, StaleView
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.ports.register import ListItem, Query
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.codecs import micros, moment
from ktpel_kiosk.register.rows import PacketRow, PermohonanRow, SearchRow, SearchWordRow, SopStepRow, TahapRow, table_of
from ktpel_kiosk.register.session import ConstraintBroken, Row, Session
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
_STORED = select(P).where(P.c.id == bindparam("wanted"))
_STAGES = select(T).where(T.c.permohonan_id == bindparam("wanted")).order_by(T.c.idx)
_FOUND_AS = select(S).where(S.c.permohonan_id == bindparam("wanted"))

_INSERT, _INSERT_TAHAP, _INSERT_SEARCH = insert(P), insert(T), insert(S)
_UPDATE = update(P).where(P.c.id == bindparam("k_id"))
_UPDATE_TAHAP = update(T).where(T.c.permohonan_id == bindparam("k_id"), T.c.idx == bindparam("k_idx"))
_UPDATE_SEARCH = update(S).where(S.c.no == bindparam("k_no"))
_DROP_TAHAP = delete(T).where(T.c.permohonan_id == bindparam("k_id"), T.c.idx >= bindparam("k_count"))
_ADD_WORD = insert(W).on_conflict_do_nothing()
_DROP_WORD = delete(W).where(W.c.no == bindparam("k_no"), W.c.word == bindparam("k_word"))


def _changes(old: Row, new: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that differ: an index on a column that stays is then not rewritten."""
    return {name: value for name, value in new.items() if old[name] != value}


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
        return [mappers.LIST_ITEM.value(r) for r in self.query(list_statement(query))]

    def count(self, query: Query) -> int:
        return int(self.query(select(func.count().label("count")).select_from(S).where(*_conditions(query)))[0]["count"])

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
            else:
                self.run(_UPDATE, {**_changes(self._current(p), values), "k_id": p.id})
        except ConstraintBroken as error:
            self._refuse_duplicate(p, error)
        self._put_tahap(p)
        self._put_search(p)
        return stored

    def _current(self, p: Permohonan) -> Row:
        found = self.one(_STORED, wanted=p.id)
        if found is None:
            raise NotFound("permohonan.not_found")
        if found["version"] != p.version:
            raise StaleView("permohonan.stale", found=found["version"], expected=str(p.version))
        return found

    def _refuse_duplicate(self, p: Permohonan, error: Exception) -> None:
        """Name what stands in the way; anything else is a bug and goes on as it is."""
        found = self.one(_OPEN_NUMBER, wanted=p.penduduk.nik)
        if found is not None and found["id"] != p.id:
            raise DuplicateRequest("nik.open_application", number=found["nomor_register"] or UNNUMBERED) from error
        if p.version == 0 and self.one(_STORED, wanted=p.id) is not None:
            raise StaleView("permohonan.stale", expected="0") from error
        taken = self.by_number(p.nomor_register) if p.nomor_register else None
        if taken is not None and taken.id != p.id:
            raise DuplicateRequest("register.number_taken", number=p.nomor_register) from error
        raise error

    def _put_tahap(self, p: Permohonan) -> None:
        stages = mappers.tahap_values(p)
        old = self.all(_STAGES, wanted=p.id) if p.version else ()
        for before, after in zip(old, stages, strict=False):
            if before != after:
                self.run(_UPDATE_TAHAP, {**_changes(before, after), "k_id": p.id, "k_idx": after["idx"]})
        if len(stages) > len(old):
            self.run_each(_INSERT_TAHAP, stages[len(old):])
        elif len(stages) < len(old):
            self.run(_DROP_TAHAP, {"k_id": p.id, "k_count": len(stages)})

    def _put_search(self, p: Permohonan) -> None:
        values = mappers.search_values(p)
        before = self.one(_FOUND_AS, wanted=p.id)
        if before is None:
            no = int(self.run(_INSERT_SEARCH, values | {"status_siak": ""}).lastrowid)
            self._put_words(no, frozenset(), _words(values))
            return
        changed = _changes(before, values)
        if changed:
            self.run(_UPDATE_SEARCH, changed | {"k_no": before["no"]})
        if not changed.keys().isdisjoint(("nama", "nik", "nomor_register")):
            self._put_words(before["no"], _words(before), _words(values))

    def _put_words(self, no: int, old: frozenset[str], new: frozenset[str]) -> None:
        for word in sorted(old - new):
            self.run(_DROP_WORD, {"k_no": no, "k_word": word})
        for word in sorted(new - old):
            self.run(_ADD_WORD, {"no": no, "word": word})


def _words(row: Row) -> frozenset[str]:
    return words_of(row["nama"], row["nik"], row["nomor_register"])
