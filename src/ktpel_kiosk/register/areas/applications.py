"""Applications: stored whole, found by NIK and number. Lists and searches are in :mod:`search`, over what is written here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.errors import DuplicateRequest, NotFound, StaleView
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.areas.search import SearchView, chapter_of
from ktpel_kiosk.register.codecs import micros, moment
from ktpel_kiosk.register.ledger_tables import PAUSE
from ktpel_kiosk.register.rows import PacketRow, PermohonanRow, SearchRow, SearchWordRow, TahapRow, table_of
from ktpel_kiosk.register.session import ConstraintBroken
from ktpel_kiosk.register.words import words_of

P: Final = table_of(PermohonanRow)
T: Final = table_of(TahapRow)
S: Final = table_of(SearchRow)
W: Final = table_of(SearchWordRow)
PACKETS: Final = table_of(PacketRow)
UNNUMBERED: Final = "(belum bernomor)"
_FOUND_BY: Final = ("nama", "nik", "nomor_register", "nomor_hp", "desa", "created_at")

_IS_OPEN = text("permohonan.is_open = 1")  # literal: only so does SQLite use the partial index
_JOINED = select(P, *(c.label(mappers.STEP_PREFIX + c.name) for c in T.columns)).select_from(
    P.outerjoin(T, T.c.permohonan_id == P.c.id)).order_by(T.c.idx)
_BY_ID = _JOINED.where(P.c.id == bindparam("wanted"))
_BY_NUMBER = _JOINED.where(P.c.nomor_register == bindparam("wanted"), P.c.nomor_register != "", text("permohonan.nomor_register <> ''"))
_OPEN_FOR = _JOINED.where(P.c.nik == bindparam("wanted"), _IS_OPEN)
_OPEN_NUMBER = select(P.c.id, P.c.nomor_register).where(P.c.nik == bindparam("wanted"), _IS_OPEN)
_RECORDED = select(func.max(PACKETS.c.sealed_at)).select_from(PACKETS.join(P, P.c.id == PACKETS.c.permohonan_id)).where(
    P.c.nik == bindparam("wanted"))
_VERSION = select(P.c.version).where(P.c.id == bindparam("wanted"))
_FOUND_AS = select(S.c.no).where(S.c.permohonan_id == bindparam("wanted"))

_INSERT, _INSERT_TAHAP, _INSERT_PAUSE = insert(P), insert(T), insert(PAUSE)
_INSERT_SEARCH = insert(S).returning(S.c.no)
_UPDATE = update(P).where(P.c.id == bindparam("k_id"), P.c.version == bindparam("k_version"))
_UPDATE_TAHAP = update(T).where(T.c.permohonan_id == bindparam("k_id"), T.c.idx == bindparam("k_idx"))
_UPDATE_SEARCH = update(S).where(S.c.permohonan_id == bindparam("k_id"))
_DROP_TAHAP = delete(T).where(T.c.permohonan_id == bindparam("k_id"), T.c.idx >= bindparam("k_count"))
_PUT_WORD = insert(W)
_PUT_WORD = _PUT_WORD.on_conflict_do_update(
    index_elements=[W.c.chapter, W.c.word, W.c.no], set_={"created_at": _PUT_WORD.excluded.created_at},
    where=W.c.created_at != _PUT_WORD.excluded.created_at)
_DROP_WORD = delete(W).where(W.c.chapter == bindparam("k_chapter"), W.c.word == bindparam("k_word"), W.c.no == bindparam("k_no"))


class ApplicationView(SearchView):
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


class Known:
    """Applications as they were last committed, so that saving one again writes only what changed without reading it first.

    Used by the writer thread alone. A version counts up with every stored change, so an entry that another process has
    overtaken is noticed by its version and never trusted.
    """

    def __init__(self, limit: int = 64) -> None:
        self._limit = limit
        self._by_id: dict[str, Permohonan] = {}

    def get(self, id: str) -> Permohonan | None:
        return self._by_id.get(id)

    def learn(self, committed: Mapping[str, Permohonan]) -> None:
        for id, p in committed.items():
            self._by_id.pop(id, None)
            self._by_id[id] = p
        while len(self._by_id) > self._limit:
            del self._by_id[next(iter(self._by_id))]


class ApplicationWrites(ApplicationView):
    def __init__(self, connection: Any, known: Known) -> None:
        super().__init__(connection)
        self._known = known
        self.stored: dict[str, Permohonan] = {}
        """As read or saved in this transaction."""

    def permohonan(self, id: str) -> Permohonan:
        if id not in self.stored:
            self.stored[id] = super().permohonan(id)
        return self.stored[id]

    def save_permohonan(self, p: Permohonan) -> Permohonan:
        new = replace(p, version=p.version + 1)
        old = self._before(p) if p.version else None
        try:
            self._put_application(old, new)
        except ConstraintBroken as error:
            self._refuse_duplicate(p, error)
        self._put_tahap(old, new)
        self._put_search(old, new)
        self.stored[p.id] = new
        return new

    def _before(self, p: Permohonan) -> Permohonan:
        """What is stored now, which has to be what ``p`` was made from."""
        old = self.stored.get(p.id) or self._known.get(p.id)
        if old is None or old.version != p.version:
            old = self.permohonan(p.id)
        if old.version != p.version:
            raise StaleView("permohonan.stale", found=old.version, expected=str(p.version))
        return old

    def _put_application(self, old: Permohonan | None, new: Permohonan) -> None:
        if old is None:
            self.attempt(_INSERT, mappers.permohonan_values(new))
            return
        changed = mappers.permohonan_changes(old, new)
        if self.attempt(_UPDATE, {**changed, "k_id": new.id, "k_version": old.version}).rowcount != 1:
            found = self.scalar(_VERSION, wanted=new.id)
            raise StaleView("permohonan.stale", found=found, expected=str(old.version))

    def _refuse_duplicate(self, p: Permohonan, error: Exception) -> None:
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

    def _put_tahap(self, old: Permohonan | None, new: Permohonan) -> None:
        before = old.tahap if old else ()
        for was, now in zip(before, new.tahap, strict=False):
            if was is not now and was != now:
                self.run(_UPDATE_TAHAP, {**mappers.TAHAP.changes(was, now), "k_id": new.id, "k_idx": was.index})
                self._keep_pause(mappers.finished_pause(was, now, new))
        if len(new.tahap) > len(before):
            self.run_each(_INSERT_TAHAP, mappers.tahap_values(new, len(before)))
        elif len(new.tahap) < len(before):
            for gone in before[len(new.tahap):]:
                self._keep_pause(mappers.finished_pause(gone, None, new))
            self.run(_DROP_TAHAP, {"k_id": new.id, "k_count": len(new.tahap)})

    def _keep_pause(self, pause: mappers.Stored | None) -> None:
        if pause is not None:
            self.run(_INSERT_PAUSE, pause)

    def _put_search(self, old: Permohonan | None, new: Permohonan) -> None:
        self._counted_as = None
        if old is None:
            no = self.scalar(_INSERT_SEARCH, **mappers.search_values(new), status_siak="")
            self._put_words(int(no), None, new)
            return
        changed = mappers.search_changes(old, new)
        if changed:
            self.run(_UPDATE_SEARCH, changed | {"k_id": new.id})
        if not changed.keys().isdisjoint(_FOUND_BY):
            self._put_words(int(self.scalar(_FOUND_AS, wanted=new.id)), old, new)

    def _put_words(self, no: int, old: Permohonan | None, p: Permohonan) -> None:
        """Words lie in the chapter of the day the application came; they move with it."""
        created_at = micros(p.created_at)
        chapter, words = chapter_of(created_at), _words(p)
        if old is not None:
            before = chapter_of(micros(old.created_at))
            for word in sorted(_words(old) if before != chapter else _words(old) - words):
                self.run(_DROP_WORD, {"k_chapter": before, "k_word": word, "k_no": no})
        for word in sorted(words):
            self.run(_PUT_WORD, {"chapter": chapter, "word": word, "no": no, "created_at": created_at})


def _words(p: Permohonan) -> frozenset[str]:
    return words_of(p.penduduk.nama, p.penduduk.nik, p.nomor_register, p.nomor_hp, p.penduduk.desa)
