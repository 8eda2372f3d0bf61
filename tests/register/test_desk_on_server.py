"""The desk's own tests once more, with the register on an office server: what an officer does works the same on either."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from register_makers import ROOT

import postgres_server

PARTS = ("whole_way", "branches", "intake", "agenda", "recording", "sealing", "queue", "statuses", "duplicates", "closing", "approvals",
         "handover")
"""From the counter to the handover, with the queue and the books. About six minutes on a busy machine."""
MANY = 190
"""Fewer would say that the files moved, or that much is skipped."""
SKIPPED_AT_MOST = 8
"""Query plans of SQLite, and what this machine lacks."""


@pytest.mark.gate
@pytest.mark.timeout(2700)
def test_the_desks_own_tests_pass_on_an_office_server() -> None:
    postgres_server.require()
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line", "-m", "not gate",
         *(f"tests/desk/test_{part}.py" for part in PARTS)],
        cwd=ROOT, env={**os.environ, "KTPEL_TEST_REGISTER": "postgresql"}, capture_output=True, text=True, timeout=2400)
    last = run.stdout.strip().splitlines()[-1] if run.stdout.strip() else run.stderr[-500:]
    assert run.returncode == 0, run.stdout[-3000:]
    passed, skipped = (int(found[1]) if (found := re.search(rf"(\d+) {word}", last)) else 0 for word in ("passed", "skipped"))
    assert passed >= MANY, last
    assert skipped <= SKIPPED_AT_MOST, last
