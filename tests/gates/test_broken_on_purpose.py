"""The lines that are broken on purpose still stand where they are looked for, and the list of them is published whole."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MUTATIONS = sorted((ROOT / "tools" / "mutations").glob("*.toml"))


@pytest.mark.parametrize("path", MUTATIONS, ids=lambda p: p.stem)
def test_each_can_be_made_and_is_published(path: Path) -> None:
    mutation = tomllib.loads(path.read_text("utf-8"))
    assert (ROOT / mutation["file"]).read_text("utf-8").count(mutation["before"]) == 1, mutation["file"]
    where, _, test = mutation["test"].split()[0].partition("::")
    name = re.escape(test.partition("[")[0])
    assert re.search(rf"^def {name}\(" if name else "^def test_", (ROOT / where).read_text("utf-8"), re.MULTILINE), mutation["test"]
    row = f"| {mutation['row']} | {mutation['promise']} | `{mutation['file']}` | `{mutation['test']}` | red |"
    assert row in (ROOT / "docs" / "reliability.md").read_text("utf-8")


def test_every_promise_is_broken_once() -> None:
    assert {tomllib.loads(p.read_text("utf-8"))["row"] for p in MUTATIONS} == set(range(1, 19))
