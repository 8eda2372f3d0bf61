"""Breaks each promise on purpose, one line at a time, in a copy, and sees that its gate turns red.

Every ``tools/mutations/NN-name.toml`` says which line of which file is changed and which test has to fail then::

    row = 3
    promise = "what is broken"
    file = "src/..."
    before = "the line as it is, found once"
    after = "what stands there instead"
    test = "tests/...::test_name"   # arguments of pytest

Prints a table for docs/reliability.md; exits non-zero when a mutation lives or cannot be applied. ``--row N`` runs those of one row.
"""

from __future__ import annotations

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FAILED = 1
"""pytest: tests ran and some failed; anything else (nothing collected, a usage error) does not count as red."""


@dataclass(frozen=True)
class Mutation:
    name: str
    row: int
    promise: str
    file: str
    before: str
    after: str
    test: str


def mutations() -> list[Mutation]:
    found = []
    for path in sorted((ROOT / "tools" / "mutations").glob("*.toml")):
        data = tomllib.loads(path.read_text("utf-8"))
        found.append(Mutation(path.stem, *(data[key] for key in ("row", "promise", "file", "before", "after", "test"))))
    return found


def seen_red(mutation: Mutation, copy: Path) -> tuple[bool, str]:
    """Whether the test fails with the change; the second value says what happened."""
    target = copy / mutation.file
    text = target.read_text("utf-8")
    if text.count(mutation.before) != 1:
        return False, f"found {text.count(mutation.before)} times"
    target.write_text(text.replace(mutation.before, mutation.after), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(copy / "src"), "QT_QPA_PLATFORM": "offscreen", "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-x", "--timeout=900", *shlex.split(mutation.test)], cwd=copy,
                              env=environment, capture_output=True, text=True, check=False)
    finally:
        target.write_text(text, encoding="utf-8")
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr.strip()[-200:]
    return done.returncode == FAILED, last


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--row", type=int, action="append", default=[])
    asked = parser.parse_args()
    alive = 0
    with tempfile.TemporaryDirectory(prefix="ktpel-mutations-") as folder:
        copy = Path(folder) / "copy"
        subprocess.run(["git", "worktree", "add", "-q", "--detach", str(copy), "HEAD"], cwd=ROOT, check=True)
        try:
            for other in (".venv", ".venv-peers", ".venv-net", ".venv-node"):
                if (ROOT / other).exists():
                    (copy / other).symlink_to(ROOT / other)
            (Path(folder) / "shared").symlink_to((ROOT.parent / "shared").resolve())
            print("| # | broken on purpose | file | turns red | |\n|--:|---|---|---|---|")
            for mutation in mutations():
                if asked.row and mutation.row not in asked.row:
                    continue
                began = time.monotonic()
                red, said = seen_red(mutation, copy)
                alive += not red
                print(f"| {mutation.row} | {mutation.promise} | `{mutation.file}` | `{mutation.test}` | "
                      f"{'red' if red else f'**ALIVE**: {said}'} ({time.monotonic() - began:.0f} s) |", flush=True)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(copy)], cwd=ROOT, check=False)
    return 1 if alive else 0


if __name__ == "__main__":
    raise SystemExit(main())
