"""Row 16 in the program's own windows: a copy put back by a supervisor and a second officer, and the desk goes on with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.gate
def test_the_windows_open_again_with_the_restored_register(tmp_path: Path, reached: Callable[..., None]) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    run = subprocess.run([sys.executable, str(HERE / "windows_office.py"), str(tmp_path)], capture_output=True, text=True, timeout=170,
                         env=environment, check=False)
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout.splitlines()[-1])
    assert "trouble" not in seen, seen
    assert (seen["before"], seen["after"], seen["goes_on"]) == ("sesudah", None, "lanjut"), "what came after the copy is gone, work goes on"
    assert seen["events"].count("RegisterRestored") == 1 and seen["whole"] and not seen["pending"] and len(seen["old"]) == 1
    assert seen["windows"] == ["OperatorWindow"] and seen["watches"] == 1, "the first windows are gone with all they had running"
    assert "Traceback" not in run.stderr and seen["code"] == 0
    reached(16, asked=1, got=1, what="restores agreed in the real windows that opened again with the restored register")
