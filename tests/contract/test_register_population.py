"""The population list of every register: replaced in bulk, all or nothing, and asked by NIK."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "register"))

from register_makers import BOTH, NOW, give_back, logged, nik, open_register, person

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.population import PopulationBatch, PopulationEntry
from ktpel_kiosk.ports.register import Register


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fresh")
    open_register(folder, on="sqlite").close()
    return folder


@pytest.fixture(params=[BOTH[0], pytest.param(BOTH[1], marks=pytest.mark.gate)])
def register(request: pytest.FixtureRequest, tmp_path: Path, fresh: Path) -> Iterator[Register]:
    if request.param == "sqlite":
        shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    made = open_register(tmp_path, on=request.param)
    yield made
    made.close()
    give_back(tmp_path)


def entry(n: int, status: str = "BELUM REKAM", **changes: Any) -> PopulationEntry:
    return PopulationEntry(person(n, **changes), status, "KRAJAN")


def batch(n: int = 1, rows: int = 0) -> PopulationBatch:
    return PopulationBatch(f"i{n}", "penduduk.csv", "0" * 64, NOW, "rina", rows, 0, 0, 0, 2)


def put(register: Register, entries: list[PopulationEntry], n: int = 1) -> PopulationBatch:
    done: PopulationBatch = logged(register, lambda tx: tx.put_population(iter(entries), batch(n, len(entries))))
    return done


def test_added_changed_and_unchanged_are_told_apart(register: Register) -> None:
    assert put(register, [entry(n) for n in (1, 2, 3)]) == replace(batch(1, 3), added=3)
    again = put(register, [entry(1), entry(2, "PRINT READY RECORD"), entry(3, nama="DEWI"), entry(4)], 2)
    assert again == replace(batch(2, 4), added=1, changed=2, unchanged=1)
    assert register.read(lambda v: v.population(nik(2))) == entry(2, "PRINT READY RECORD")
    assert register.read(lambda v: v.population(nik(3))) == entry(3, nama="DEWI")
    assert register.read(lambda v: (v.population(nik(9)), v.population_count())) == (None, 4)
    assert [b.id for b in register.read(lambda v: v.population_batches())] == ["i2", "i1"]


def test_villages_and_figures(register: Register) -> None:
    put(register, [entry(1, "A", desa="PULO"), entry(2, "B", desa="BESUK"), entry(3, "", desa="PULO"), entry(4, "B", desa="")])
    assert register.read(lambda v: v.population_villages()) == ["BESUK", "PULO"]
    assert register.read(lambda v: dict(v.population_figures())) == {"A": 1, "B": 2, "": 1}


def test_an_import_that_breaks_leaves_nothing(register: Register) -> None:
    put(register, [entry(1)])

    def broken() -> Iterator[PopulationEntry]:
        yield from (entry(n, nama="LAIN") for n in range(1, 900))
        raise BadInput("x")

    with pytest.raises(BadInput):
        logged(register, lambda tx: tx.put_population(broken(), batch(2)))
    with pytest.raises(BadInput):
        put(register, [entry(1, nama="LAIN"), entry(2, nama="\ud800")], 2)
    assert register.read(lambda v: (v.population_count(), v.population(nik(1)))) == (1, entry(1))
    assert len(register.read(lambda v: v.population_batches())) == 1
    put(register, [entry(2)], 2)


def test_nothing_to_put_is_an_import_too(register: Register) -> None:
    assert put(register, []) == batch()


def test_a_large_list_is_stored_in_moments_and_unchanged_it_is_not_written_again(register: Register, tmp_path: Path) -> None:
    """100,000 rows in well under 10 s: here 10,000 within a second of CPU time, so that a busy machine does not fail it."""
    people = [entry(n) for n in range(10_000)]
    begun = time.process_time()
    assert put(register, people).added == 10_000
    assert time.process_time() - begun < 1.0
    if not (tmp_path / "register.sqlite-wal").exists():
        return  # what a server writes is its own affair
    size = (tmp_path / "register.sqlite-wal").stat().st_size
    assert put(register, people, 2).unchanged == 10_000
    assert (tmp_path / "register.sqlite-wal").stat().st_size <= size + 200_000
