"""``ktpel-kiosk gateway``: the gateway simulator on loopback, for practice and for other developers."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path


def serve(data: Path, port: int, say: Callable[[str], None], step_s: float = 0.0, while_stdin: bool = False) -> None:
    """Serve until SIGINT or SIGTERM; ``while_stdin``: also until standard input closes, so that no parent leaves it behind."""
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.app.office import open_central_keys
    from ktpel_kiosk.app.simulation import practice_gateway

    simulator = practice_gateway(data / "gateway", open_central_keys(data), SystemClock(), port=port, step_s=step_s)
    simulator.start()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    say(f"Gateway simulasi di {simulator.base_url} (Ctrl+C untuk berhenti)")
    if while_stdin:
        threading.Thread(target=_stop_with_stdin, args=(stop,), daemon=True).start()
    stop.wait()
    simulator.stop()


def _stop_with_stdin(stop: threading.Event) -> None:
    sys.stdin.read()
    stop.set()
