"""What Python has on Windows: every use of something it has not is behind a guard we know."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUARDED = {
    "app/clock.py": "getattr of CLOCK_BOOTTIME",
    "app/desk_lock.py": "os.name",
    "desk/card_acts.py": "os.name",
    "app/hidden.py": "ImportError of resource; sys.platform",
    "app/memory.py": "sys.platform",
    "app/xlsx_worker.py": "ImportError of resource; a job object instead",
    "biometrics/sandbox_worker.py": "ImportError of resource; a job object instead",
    "app/watchdog.py": "hasattr(os, 'fork') before anything of it is called",
    "app/watchdog_life.py": "called by the watchdog alone",
    "hal/drivers/camera_list.py": "sys.platform",
    "hal/drivers/ipp/client.py": "ImportError of pwd",
    "siak/watcher_linux.py": "imported on Linux alone",
    "ui/kiosk.py": "hasattr",
    "ui/kiosk_sleep.py": "hasattr",
}
"""Files that use what Windows has not, and what keeps it from being reached there."""


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_what_windows_has_not_is_used_behind_a_known_guard(tmp_path: Path) -> None:
    """mypy with the type stubs of Windows names every attribute that is not there."""
    command = [sys.executable, "-m", "mypy", "--platform", "win32", "--cache-dir", str(tmp_path), str(ROOT / "src" / "ktpel_kiosk")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1700)
    missing = re.findall(r"^src/ktpel_kiosk/(\S+?):\d+: error: Module has no attribute .*$", done.stdout, re.M)
    assert missing, done.stdout[-2000:] + done.stderr[-2000:]  # a run that finds nothing has not looked
    assert set(missing) - set(GUARDED) == set()


def test_modules_windows_has_not_are_never_imported_on_the_way_in() -> None:
    """``fcntl`` and its like are imported inside the function that needs them, after its guard."""
    never = re.compile(r"^(?:import|from) (?:fcntl|resource|pwd|grp|termios|pty|tty|syslog|posix|sane|gphoto2|gi)\b", re.M)
    beside = {"hal/drivers/workers"}
    sources = ROOT / "src" / "ktpel_kiosk"
    found = [p.relative_to(sources).as_posix() for p in sources.rglob("*.py") if never.search(p.read_text("utf-8"))]
    assert [f for f in found if f.rsplit("/", 1)[0] not in beside] == []
