"""The imported population list: replaced in bulk, asked by NIK."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import bindparam, func, literal, or_, select
from sqlalchemy.dialects.sqlite import insert

from ktpel_kiosk.domain.population import PopulationBatch, PopulationEntry
from ktpel_kiosk.register import mappers
from ktpel_kiosk.register.ledger_tables import POPULATION as PEOPLE
from ktpel_kiosk.register.ledger_tables import POPULATION_BATCH as BATCHES
from ktpel_kiosk.register.session import Session

_ONE = select(PEOPLE).where(PEOPLE.c.nik == bindparam("wanted"))
_COUNT = select(func.count()).select_from(PEOPLE)
_FIGURES = select(PEOPLE.c.ektp_status, func.count().label("count")).group_by(PEOPLE.c.ektp_status)
_BATCHES = select(BATCHES).order_by(BATCHES.c.no.desc())
# from village to village in the index, instead of over every resident
_FIRST = select(func.min(PEOPLE.c.desa).label("desa")).cte("village", recursive=True)
_VILLAGE = _FIRST.union_all(select(
    select(func.min(PEOPLE.c.desa)).where(PEOPLE.c.desa > _FIRST.c.desa).scalar_subquery()).where(_FIRST.c.desa.is_not(None)))
_VILLAGES = select(_VILLAGE.c.desa).where(_VILLAGE.c.desa > literal("")).order_by(_VILLAGE.c.desa)
_PUT = insert(PEOPLE)
_OTHER = [c for c in PEOPLE.columns if not c.primary_key]
_PUT = _PUT.on_conflict_do_update(
    index_elements=[PEOPLE.c.nik], set_={c.name: _PUT.excluded[c.name] for c in _OTHER},
    where=or_(*(c != _PUT.excluded[c.name] for c in reversed(_OTHER))))
_ADD_BATCH = insert(BATCHES)


class PopulationView(Session):
    def population(self, nik: str) -> PopulationEntry | None:
        found = self.one(_ONE, wanted=nik)
        return mappers.POPULATION.value(found) if found else None

    def population_count(self) -> int:
        return int(self.scalar(_COUNT))

    def population_batches(self) -> Sequence[PopulationBatch]:
        return [mappers.POPULATION_BATCH.value(r) for r in self.all(_BATCHES)]

    def population_villages(self) -> Sequence[str]:
        return [r["desa"] for r in self.all(_VILLAGES)]

    def population_figures(self) -> Mapping[str, int]:
        return {r["ektp_status"]: int(r["count"]) for r in self.all(_FIGURES)}


class PopulationWrites(PopulationView):
    def put_population(self, entries: Iterable[PopulationEntry], batch: PopulationBatch) -> PopulationBatch:
        """Unchanged residents are found by the database itself and not written again."""
        before, changes, seen = self.population_count(), self.changed_rows(), 0

        def counted() -> Iterable[mappers.Stored]:
            nonlocal seen
            for entry in entries:
                seen += 1
                yield mappers.population_values(entry)

        self.run_many(_PUT, iter(counted()))
        added = self.population_count() - before
        changed = self.changed_rows() - changes - added
        done = replace(batch, added=added, changed=changed, unchanged=seen - added - changed)
        self.run(_ADD_BATCH, mappers.POPULATION_BATCH.values(done))
        return done
