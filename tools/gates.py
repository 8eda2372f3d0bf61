"""``make gates``: every gate, unattended, then the table of the eighteen promises; exits non-zero when one falls short.

``--quick`` runs the same code in the sizes of ``make test`` (numbers asked are not held against the table then), ``--row 3`` the gates
of a row only, ``--table FILE`` prints the table of an earlier run again, ``--again FILE`` runs what failed, was skipped or never
came in an earlier run and prints the table of both.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ROOT / "var" / "gates"


MOST_CRASHES = 10
"""So often a run goes on after a worker died."""


@dataclass
class Row:
    """One promise and what its gates said."""

    number: int
    promise: str
    asked: float
    notes: list[dict[str, object]] = field(default_factory=list)
    seconds: float = 0.0

    def short(self, quick: bool) -> str:
        """Why this row falls short; empty when it holds."""
        if not self.notes:
            return "" if quick else "no gate said anything"
        missed = [n for n in self.notes if not n["kept"]]
        if missed:
            return f"{missed[0]['what']}: {number(missed[0]['got'])} of {number(missed[0]['asked'])}"
        if not quick and max(size_of(n) for n in self.notes) < self.asked:
            return f"only {number(max(size_of(n) for n in self.notes))} of {number(self.asked)} tried"
        return ""


def size_of(note: dict[str, object]) -> float:
    """How much was tried: of a ceiling its search, of a count what was asked."""
    size = note.get("size") or note["asked"]
    return float(size) if isinstance(size, int | float) else 0.0


def number(value: object) -> str:
    return f"{value:,.0f}" if isinstance(value, int) or (isinstance(value, float) and value == int(value)) else f"{value:.2f}"


def rows() -> list[Row]:
    table = tomllib.loads((ROOT / "tools" / "gates.toml").read_text("utf-8"))
    return [Row(r["row"], r["promise"], r["number"]) for r in table["row"]]


def files_of(numbers: set[int]) -> list[str]:
    """Test files whose code says ``reached(N, ...)`` for one of these rows."""
    found = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text("utf-8")
        if "reached(" not in text:
            continue
        calls = (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "reached")
        if any(c.args and isinstance(c.args[0], ast.Constant) and c.args[0].value in numbers for c in calls):
            found.append(path.relative_to(ROOT).as_posix())
    return found


def keep_passed(report: Path, targets: Sequence[str] = ()) -> Path:
    """Takes out of an earlier report what is to be run again: tests that did not pass (of the files ``targets``, where some are named; of
    others they stay and count as they ended), and a last line that was cut off. Lists what stayed."""
    lines: list[dict[str, object]] = []
    for text in report.read_text("utf-8").splitlines():
        try:
            lines.append(json.loads(text))
        except ValueError:
            continue
    bad = {line["test"] for line in lines
           if line["outcome"] != "passed" and (not targets or str(line["test"]).partition("::")[0] in targets)}
    kept = report.with_suffix(".kept")
    kept.write_text("".join(json.dumps(line) + "\n" for line in lines if line["test"] not in bad), encoding="utf-8")
    kept.replace(report)
    return listed(report)


def listed(report: Path) -> Path:
    """Every test the report names, a line each."""
    names = {json.loads(line)["test"] for line in report.read_text("utf-8").splitlines()} if report.exists() else set()
    done = report.with_suffix(".done")
    done.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")
    return done


def crashes(report: Path) -> int:
    """Tests that took their worker with them: xdist does not know in which part of the test."""
    return report.read_text("utf-8").count('"when": "???"') if report.exists() else 0


def run(report: Path, quick: bool, targets: list[str], done: Path | None) -> int:
    """Tests listed in ``done`` are passed over (tests/gate_report.py).

    A test that takes its worker with it counts as failed, and the rest is run by new workers: xdist, left to replace the one, waits for
    ever for the other.
    """
    report.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "KTPEL_GATE_REPORT": str(report)}
    if done is not None:
        environment["KTPEL_GATE_DONE"] = str(done)
    environment.setdefault("KTPEL_KILLS", "60" if quick else "1000")
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not gate" if quick else "gate", "--timeout=9000",
               "-n", "2", "--dist", "loadfile", "--no-loadscope-reorder",
               "--max-worker-restart=0", *targets]
    scratch = tempfile.mkdtemp(prefix="gates-")  # pytest keeps but three runs in its common place, whoever still runs
    environment.setdefault("PYTEST_DEBUG_TEMPROOT", scratch)
    died = crashes(report)
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    while died < crashes(report) <= MOST_CRASHES:
        died = crashes(report)
        environment["KTPEL_GATE_DONE"] = str(listed(report))
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    if code == 0:
        shutil.rmtree(scratch, ignore_errors=True)
    return code


def filled(report: Path) -> tuple[list[Row], list[str]]:
    """The rows with their notes, and the tests that failed or were skipped."""
    table = {row.number: row for row in rows()}
    trouble = []
    for line in report.read_text("utf-8").splitlines() if report.exists() else []:
        test = json.loads(line)
        if test["outcome"] != "passed":
            trouble.append(f"{test['outcome']}: {test['test']}")
        for note in test["reached"] if test["when"] == "call" else []:
            row = table[note["row"]]
            row.notes.append({**note, "test": test["test"]})
        for hit in {note["row"] for note in test["reached"]} if test["when"] == "call" else ():
            table[hit].seconds += test["seconds"]
    return list(table.values()), trouble


def table_text(table: list[Row], quick: bool) -> str:
    """Markdown: a line a promise (the note that says most), below it what else its gates counted."""
    lines = ["| # | promise | counted | asked | reached | seconds | |", "|--:|---|---|--:|--:|--:|---|"]
    more = []
    for row in table:
        notes = sorted(row.notes, key=lambda n: (bool(n["kept"]), -size_of(n)))
        short = row.short(quick)
        if notes:
            first = notes[0]
            ceiling = "≤ " if first["at_most"] else ""
            lines.append(f"| {row.number} | {row.promise} | {first['what']} | {ceiling}{number(first['asked'])} | {number(first['got'])} "
                         f"| {row.seconds:.0f} | {'**short**' if short else 'kept'} |")
        else:
            lines.append(f"| {row.number} | {row.promise} | | {number(row.asked)} | | | {'in full size only' if quick else '**short**'} |")
        more += [f"- {row.number}: {n['what']}: {number(n['got'])} ({'at most' if n['at_most'] else 'asked'} {number(n['asked'])})"
                 for n in notes[1:]]
    return "\n".join([*lines, "", *more]).rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="sizes of make test")
    parser.add_argument("--row", type=int, action="append", default=[], help="only the gates of this promise")
    parser.add_argument("--table", type=Path, help="print the table of this report again")
    parser.add_argument("--again", type=Path, help="go on with the run of this report")
    asked = parser.parse_args()
    began = time.monotonic()
    wanted = set(asked.row)
    targets = files_of(wanted or set(range(1, 19))) if wanted or asked.quick else []
    earlier = asked.again.resolve() if asked.again else None
    done = keep_passed(earlier, targets) if earlier else None
    report = asked.table or earlier or REPORTS / f"{datetime.now():%Y%m%d-%H%M%S}{'-quick' if asked.quick else ''}.jsonl"
    code = 0 if asked.table else run(report, asked.quick, targets, done)
    table, trouble = filled(report)
    table = [row for row in table if not wanted or row.number in wanted]
    text = table_text(table, asked.quick)
    print(f"\n{text}")
    for line in trouble:
        print(line)
    short = [(row.number, why) for row in table if (why := row.short(asked.quick))]
    for row_number, why in short:
        print(f"promise {row_number} falls short: {why}")
    if not asked.table:
        report.with_suffix(".md").write_text(text, encoding="utf-8")
        print(f"{time.monotonic() - began:.0f} s; {report}")
    failed = any(line.startswith(("failed", "error")) for line in trouble)
    return 1 if short or failed or code not in (0, 5) else 0


if __name__ == "__main__":
    raise SystemExit(main())
