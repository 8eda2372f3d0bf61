"""The table of the gates counts what a gate says, and a gate that fell short stays visible."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

TOOL = importlib.util.spec_from_file_location("tool_gates", Path(__file__).parents[2] / "tools" / "gates.py")
assert TOOL is not None and TOOL.loader is not None
gates = importlib.util.module_from_spec(TOOL)  # not by its name: a folder of tests is called so too
sys.modules["tool_gates"] = gates
TOOL.loader.exec_module(gates)

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


def test_a_run_that_goes_on_runs_what_failed_or_never_came(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that begins like a done one is not taken for it; a line the power cut off counts as nothing."""
    target = pytester.path / "gates.jsonl"
    monkeypatch.setenv("KTPEL_GATE_REPORT", str(target))
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    pytester.makeconftest("from gate_report import pytest_collection_modifyitems, pytest_runtest_logreport, reached")
    pytester.makepyfile(test_it="def test_a(): pass\ndef test_ab(): pass\ndef test_b(): pass\ndef test_c(): pass\n")
    done = [{"test": f"test_it.py::{name}", "outcome": outcome, "when": "call", "seconds": 1.0, "reached": []}
            for name, outcome in (("test_a", "passed"), ("test_b", "failed"), ("test_c", "passed"), ("test_c", "failed"))]
    target.write_text("".join(json.dumps(line) + "\n" for line in done) + '{"test": "test_it.py::te')
    monkeypatch.setenv("KTPEL_GATE_DONE", str(gates.keep_passed(target)))
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=3, deselected=1)
    lines = [json.loads(line) for line in target.read_text().splitlines()]
    assert sorted((x["test"], x["outcome"]) for x in lines) == [(f"test_it.py::test_{n}", "passed") for n in ("a", "ab", "b", "c")]


def test_a_row_that_is_run_again_forgets_no_failure_of_another(tmp_path: Path) -> None:
    report = tmp_path / "gates.jsonl"
    report.write_text("".join(json.dumps({"test": f"tests/{name}.py::test_it", "outcome": "failed"}) + "\n" for name in ("here", "there")))
    assert gates.keep_passed(report, ["tests/here.py"]).read_text().split() == ["tests/there.py::test_it"]
    assert "there.py" in report.read_text() and "here.py" not in report.read_text().replace("there.py", "")


def test_a_test_that_takes_its_worker_with_it_is_failed_and_the_rest_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = gate\n")
    (tmp_path / "conftest.py").write_text(
        f"import sys\nsys.path.insert(0, {str(Path(__file__).parents[1])!r})\n"
        "from gate_report import pytest_collection_modifyitems, pytest_runtest_logreport\n")
    (tmp_path / "test_it.py").write_text(
        "import os, signal, pytest\npytestmark = pytest.mark.gate\n"
        "def test_a(): pass\ndef test_b(): os.kill(os.getpid(), signal.SIGKILL)\ndef test_c(): pass\ndef test_d(): pass\n")
    monkeypatch.setattr(gates, "ROOT", tmp_path)
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)
    report = tmp_path / "gates.jsonl"
    gates.run(report, quick=False, targets=[str(tmp_path)], done=None)
    lines = [json.loads(line) for line in report.read_text().splitlines()]
    assert sorted((x["test"][-1], x["outcome"]) for x in lines) == [("a", "passed"), ("b", "failed"), ("c", "passed"), ("d", "passed")]
