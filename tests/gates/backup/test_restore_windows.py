"""Row 16 in the program's own windows: a copy put back by a supervisor and a second officer, and the desk goes on with it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def played(folder: Path, *more: str) -> dict[str, Any]:
    """What the script saw."""
    run = subprocess.run([sys.executable, str(HERE / "windows_office.py"), str(folder), *more], capture_output=True, text=True, timeout=170,
                         env={**os.environ, "QT_QPA_PLATFORM": "offscreen"}, check=False)
    assert run.returncode == 0 and "Traceback" not in run.stderr, run.stderr
    seen: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    assert "trouble" not in seen, seen
    return seen


@pytest.mark.gate
def test_the_windows_open_again_with_the_restored_register(tmp_path: Path, reached: Callable[..., None]) -> None:
    seen = played(tmp_path)
    assert (seen["before"], seen["after"], seen["goes_on"]) == ("sesudah", None, "lanjut"), "what came after the copy is gone, work goes on"
    assert seen["events"].count("RegisterRestored") == 1 and seen["whole"] and not seen["pending"] and len(seen["old"]) == 1
    assert seen["windows"] == ["OperatorWindow"] and seen["watches"] == 1, "the first windows are gone with all they had running"
    assert seen["code"] == 0
    reached(16, asked=1, got=1, what="restores agreed in the real windows that opened again with the restored register")


@pytest.mark.gate
def test_the_assistant_brings_an_office_back_and_the_desk_opens(tmp_path: Path, reached: Callable[..., None]) -> None:
    seen = played(tmp_path, "baru")
    assert "Kecamatan Rowokangkung · 3508080-meja-1" in seen["facts"], seen
    assert seen["events"].count("RegisterRestored") == 1 and seen["events"].count("UserSaved") == 3 and seen["whole"]
    assert seen["code"] == 0 and not seen["pending"]
    reached(16, asked=1, got=1, what="offices brought back by the assistant on a new machine that opened at the sign-in page")
