"""``ktpel-kiosk gateway``: the gateway simulator on loopback, for practice and for other developers."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from pathlib import Path


def serve(data: Path, port: int, say: Callable[[str], None], step_s: float = 0.0) -> None:
    """Serve until SIGINT or SIGTERM."""
    from ktpel_kiosk.app.clock import SystemClock
    from ktpel_kiosk.app.office import open_central_keys
    from ktpel_kiosk.app.simulation import practice_gateway

    simulator = practice_gateway(data / "gateway", open_central_keys(data), SystemClock(), port=port, step_s=step_s)
    simulator.start()
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    say(f"Gateway simulasi di {simulator.base_url} (Ctrl+C untuk berhenti)")
    stop.wait()
    simulator.stop()
