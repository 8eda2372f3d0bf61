"""Threat 8: ten thousand mutated files and bombs. The desk lives, and none takes more than 2 s of processor or 512 MB.

Every decoder of ``hostile_targets`` gets its bombs, what once broke it, and mutated seeds; each in a forked process that is measured. A
part goes the whole way, through the child processes that the desk starts. Seconds are processor seconds: this machine may be busy.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hostile_targets
import pytest

from ktpel_kiosk.app import population_file
from ktpel_kiosk.biometrics.sandbox import DECODE_CPU_S, DECODE_MEMORY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="fork and resource limits are POSIX; the decoders are the same")

HERE = Path(__file__).parent
SEED = 20261126
WHOLE_WAY = 200


def program(name: str, *arguments: object) -> list[dict[str, Any]]:
    """The lines of JSON that a program beside this file prints."""
    done = subprocess.run([sys.executable, str(HERE / name), *map(str, arguments)], capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def run(count: int, folder: Path, *names: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(what was reached, files that broke something). The folder keeps those files for the corpus."""
    *broken, total = program("hostile_forks.py", SEED, count, folder, *names)
    return total, broken


def test_some_hundred_mutated_files(tmp_path: Path) -> None:
    total, broken = run(300, tmp_path, "-quick")
    assert not broken, broken[:3]
    assert total["survived"] == total["asked"] >= 300
    assert set(total["targets"]) == set(hostile_targets.TARGETS)


def test_the_limits_of_the_children_are_those_that_are_promised() -> None:
    assert DECODE_CPU_S <= 2
    assert DECODE_MEMORY <= 512 * 1024 * 1024
    memory, cpu, _ = population_file.limits(100_000)
    assert cpu <= 2
    assert memory <= 512 * 1024 * 1024


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_ten_thousand_mutated_files_and_bombs(tmp_path: Path, reached: Callable[..., None]) -> None:
    asked = 10_000
    total, broken = run(asked - WHOLE_WAY, tmp_path)
    (children,) = program("hostile_children.py", SEED, WHOLE_WAY, tmp_path)
    survived, memory = total["survived"] + children["survived"], max(total["memory_mb"], children["memory_mb"])
    reached(8, asked=asked, got=survived, what="mutated files and bombs survived")
    reached(8, asked=512, got=memory, what="MB that one of them took", at_most=True)
    reached(8, asked=2.5, got=total["cpu_s"], what="processor seconds that one of them took (its child is stopped at 2)", at_most=True)
    assert not broken, broken[:5]
    assert survived >= asked
    assert memory <= 512
