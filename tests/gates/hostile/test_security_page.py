"""docs/security.md names tests that exist."""

from __future__ import annotations

import re

from hostile_walk import SRC

ROOT = SRC.parents[1]


def test_every_test_that_is_named_exists() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    rows = [line for line in text.splitlines() if re.match(r"\| (DA\d|V\d)", line)]
    assert len(rows) == 24
    for row in rows:
        named = re.findall(r"`(tests/[^`]+)`", row)
        assert named, row
        assert all((ROOT / n).exists() for n in named), row
