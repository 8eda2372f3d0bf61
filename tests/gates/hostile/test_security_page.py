"""docs/security.md names tests that exist: file and function."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
from hostile_walk import SRC

ROOT = SRC.parents[1]
PAGE = ROOT / "docs" / "security.md"
CHAPTERS = 24
"""Ten rows of OWASP, and the chapters of ASVS that apply."""


@cache
def defined_in(file: str) -> frozenset[str]:
    path = ROOT / file
    tree = ast.parse(path.read_text("utf-8")) if path.is_file() else ast.Module([], [])
    return frozenset(n.name for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_"))


def wrong(text: str) -> list[str]:
    """Rows that name no test, and names that are no test of their file."""
    found = []
    for row in (line for line in text.splitlines() if re.match(r"\| (DA\d|V\d)", line)):
        named = re.findall(r"`(tests/[^`]+)`", row)
        found += [] if named else [row]
        found += [n for n in named if n.partition("::")[2] not in defined_in(n.partition("::")[0])]
    return found


def test_every_test_that_is_named_exists() -> None:
    text = PAGE.read_text("utf-8")
    assert len(re.findall(r"^\| (?:DA\d|V\d)", text, re.MULTILINE)) == CHAPTERS
    assert wrong(text) == []


@pytest.mark.parametrize("row", [
    "| V1 x | y | |", "| V1 x | y | `tests/gates/hostile/test_security_page.py` |",
    "| DA1 x | y | `tests/none.py::test_a` |", "| V1 x | y | `tests/gates/hostile/test_security_page.py::test_gone` |",
])
def test_a_row_that_promises_what_is_not_there_is_seen(row: str) -> None:
    assert wrong(row)
