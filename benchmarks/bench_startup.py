"""Time from process start to a usable operator window, 10,000 applications in the register.

Baseline: a bare PySide6 window with one label, same interpreter, same platform plugin, runs interleaved.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from office_fixture import office_with

RUNS = 7
LIMIT = 3.0
BARE = """
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow
app = QApplication([])
window = QMainWindow()
window.setCentralWidget(QLabel("KTP-el"))
window.showFullScreen()
app.processEvents()
print("ready", flush=True)
"""


def until_ready(command: list[str], environment: dict[str, str]) -> float:
    """Seconds from spawning the process to its line ``ready``."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    assert process.stdout is not None
    line = process.stdout.readline()
    taken = time.perf_counter() - started
    process.wait(30)
    process.stdout.close()
    assert line.strip() == "ready", "the window did not become ready"
    return taken


def run() -> tuple[float, float, str]:
    environment = {**os.environ, "KTPEL_EXIT_WHEN_READY": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an office's start finds its modules compiled, from the second one on
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "kantor"
        office_with(data, 10_000)
        kiosk = [str(Path(sys.executable).with_name("ktpel-kiosk")), "run", "--data", str(data)]
        bare = [sys.executable, "-c", BARE]
        for command in (kiosk, bare):
            until_ready(command, environment)
        pairs = [(until_ready(kiosk, environment), until_ready(bare, environment)) for _ in range(RUNS)]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return ours / theirs, LIMIT, f"kiosk {ours * 1000:.0f} ms, bare window {theirs * 1000:.0f} ms, median of {RUNS}"
