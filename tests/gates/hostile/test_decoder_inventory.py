"""Every decoder of foreign bytes stands in ``decoders.toml`` with its process, its limits and its fuzz test."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import hostile_targets
from hostile_walk import SRC, parsers

HERE, ROOT = Path(__file__).parent, SRC.parents[1]
TABLE: dict[str, list[dict[str, Any]]] = tomllib.loads((HERE / "decoders.toml").read_text("utf-8"))


def places() -> list[str]:
    return [place for rows in TABLE.values() for row in rows for place in row["where"]]


def test_every_parser_in_the_sources_stands_in_the_table_and_nothing_else_does() -> None:
    found, listed = {f"{module} {kind}": lines for (module, kind), lines in parsers().items()}, places()
    new = {place: lines for place, lines in found.items() if place not in listed}
    assert not new, f"a new decoder: say in decoders.toml what it reads, where, with which limits and which fuzz test: {new}"
    assert not [p for p in listed if p not in found], "places that are gone"
    assert len(listed) == len(set(listed))


def test_every_row_says_where_it_runs_what_bounds_it_and_who_attacks_it() -> None:
    attacked = set()
    for row in TABLE["decoder"]:
        assert row["process"] in ("child", "driver", "desk"), row
        assert row["limits"], row
        assert row["process"] == "child" or row["why"], row["what"]
        assert row["fuzz"], row["what"]
        for test in row["fuzz"]:
            attacked.add(test)
            assert test in hostile_targets.TARGETS or (ROOT / test).exists(), (row["what"], test)
    assert set(hostile_targets.TARGETS) - attacked == {"own paper"}
    for row in TABLE["own"]:
        assert len(row["reason"]) > 20, row


def test_foreign_pictures_and_workbooks_are_parsed_in_children_only() -> None:
    children = {place for row in TABLE["decoder"] if row["process"] == "child" for place in row["where"]}
    assert {"biometrics/sandbox_worker.py picture", "app/xlsx_worker.py workbook"} <= children
    for worker in ("biometrics/sandbox_worker.py", "app/xlsx_worker.py"):
        text = (SRC / worker).read_text("utf-8")
        assert all(f"RLIMIT_{what}" in text for what in ("AS", "CPU", "CORE")), worker


def test_every_target_has_seeds_of_our_own() -> None:
    for name in hostile_targets.TARGETS:
        seeds = hostile_targets.seeds_of(name)
        assert seeds, name
        assert max(map(len, seeds)) < 64_000, name
