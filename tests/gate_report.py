"""What each gate promised and what it reached, as lines of JSON in ``KTPEL_GATE_REPORT`` (the table of ``make gates``).

Tests named in the lines of ``KTPEL_GATE_DONE`` are not run: a run that was cut off or fell short goes on where it was.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

KEY = "gate"
THREATS = range(1, 19)
"""Rows of the threat table (docs/reliability.md)."""


@pytest.fixture
def reached(request: pytest.FixtureRequest) -> Callable[..., None]:
    """``reached(3, asked=1000, got=n, what="manipulations found")``: this test's number for row 3 of the threats.

    Call it before the assert of the number, so that a shortfall is in the table too. ``got`` below ``asked`` falls short;
    with ``at_most=True`` ``asked`` is a ceiling (0 leaks) and ``size`` says how much was searched or tried.
    """
    def note(row: int, *, asked: float, got: float, what: str, at_most: bool = False, size: float | None = None) -> None:
        assert row in THREATS, row
        kept = got <= asked if at_most else got >= asked
        request.node.user_properties.append((KEY, {"row": row, "asked": asked, "got": got, "what": what, "at_most": at_most,
                                                   "size": size, "kept": kept}))

    return note


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    listed = os.environ.get("KTPEL_GATE_DONE")
    if listed:
        done = set(Path(listed).read_text("utf-8").splitlines())
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in done])
        items[:] = [item for item in items if item.nodeid not in done]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    target = os.environ.get("KTPEL_GATE_REPORT")
    if not target or "PYTEST_XDIST_WORKER" in os.environ or (report.when != "call" and not report.failed and not report.skipped):
        return
    notes: list[dict[str, Any]] = [value for key, value in report.user_properties if key == KEY]
    line = {"test": report.nodeid, "outcome": report.outcome, "when": report.when, "seconds": round(report.duration, 1), "reached": notes}
    with Path(target).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
