"""The running windows as a foreign program sees them over AT-SPI, the way a screen reader does: real display, real bus."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SYSTEM_PYTHON = "/usr/bin/python3"
BUS = next((p for p in ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher") if Path(p).exists()), "")
UNNAMED_ALLOWED = {"scroll pane", "viewport", "filler"}
"""Scrolled areas that take a click may go without a name (Qt calls them filler); what has a purpose may not."""


def missing() -> str:
    """Why the test cannot run here; empty when it can."""
    for tool in ("Xvfb", "xvfb-run", "dbus-run-session"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    if not BUS:
        return "at-spi2-core is not installed"
    probe = subprocess.run([SYSTEM_PYTHON, "-c", "import gi; gi.require_version('Atspi', '2.0'); from gi.repository import Atspi"],
                           capture_output=True, check=False)
    return "" if probe.returncode == 0 else "the system's Python has no gi with Atspi (gir1.2-atspi-2.0, python3-gi)"


SCRIPT = f"""
gsettings set org.gnome.desktop.interface toolkit-accessibility true 2>/dev/null
{BUS} --launch-immediately >/dev/null 2>&1 &
bus=$!
mkfifo "$WORK/end"
"$PROGRAM_PYTHON" "{HERE}/atspi_window.py" < "$WORK/end" > "$WORK/window.log" 2>&1 &
window=$!
exec 3> "$WORK/end"
{SYSTEM_PYTHON} "{HERE}/atspi_reader.py" ktpel-atspi "Rusak" > "$WORK/tree.json"
code=$?
exec 3>&-
wait $window
kill $bus
exit $code
"""


@pytest.fixture
def tree(tmp_path: Path) -> dict[str, Any]:
    if why := missing():
        pytest.skip(why)
    env = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "DBUS_SESSION_BUS_ADDRESS", "AT_SPI_BUS_ADDRESS")}
    env |= {"QT_QPA_PLATFORM": "xcb", "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1", "QT_ACCESSIBILITY": "1", "WORK": str(tmp_path),
            "PROGRAM_PYTHON": sys.executable, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path), "NO_AT_BRIDGE": "0",
            "PYTHONPATH": f"{HERE}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    ran = subprocess.run(["xvfb-run", "-a", "-s", "-screen 0 1366x768x24", "dbus-run-session", "--", "bash", "-c", SCRIPT], env=env,
                         capture_output=True, text=True, timeout=120, check=False)
    log = (tmp_path / "window.log").read_text("utf-8") if (tmp_path / "window.log").exists() else ""
    assert ran.returncode == 0, ran.stderr + log
    return json.loads((tmp_path / "tree.json").read_text("utf-8"))


@pytest.mark.gate
@pytest.mark.timeout(180)
def test_a_foreign_program_reads_names_roles_and_presses(tree: dict[str, Any]) -> None:
    shown = [n for n in tree["before"] if n["shown"]]
    there = {(n["name"], n["role"]): n for n in shown}
    assert there["Loket", "page tab"]["checked"] and ("Loket", "panel") in there
    assert there["NIK", "text"]["focusable"]
    assert not there["Rusak", "radio button"]["checked"]
    assert [n for n in shown if n["role"] in ("push button", "button") and n["name"]]
    nameless = [n for n in shown if n["focusable"] and not n["name"] and n["role"] not in UNNAMED_ALLOWED]
    assert not nameless, nameless
    assert tree["pressed"]
    assert tree["after"]["checked"]
