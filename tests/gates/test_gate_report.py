"""The table of the gates counts what a gate says, and a gate that fell short stays visible."""

from __future__ import annotations

import json

import pytest

pytest_plugins = ["pytester"]

INNER = """
from gate_report import pytest_runtest_logreport, reached

def test_enough(reached):
    reached(3, asked=10, got=10, what="edits found")

def test_short(reached):
    reached(17, asked=0, got=2, what="names in logs", at_most=True)
    assert False
"""


def test_each_gate_leaves_its_number_even_when_it_falls_short(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    target = pytester.path / "gates.jsonl"
    monkeypatch.setenv("KTPEL_GATE_REPORT", str(target))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    tests, _, text = INNER.partition("\ndef ")
    pytester.makeconftest(tests)
    pytester.makepyfile("def " + text)
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1, failed=1)
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert [(x["outcome"], x["reached"][0]["kept"], x["reached"][0]["row"]) for x in lines] == [("passed", True, 3), ("failed", False, 17)]
