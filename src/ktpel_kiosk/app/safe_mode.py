"""When the desk's windows died several times in a row: a plain window that says so, with the doctor's findings. Opens no register."""

from __future__ import annotations

import json
import subprocess

from ktpel_kiosk.child import NO_WINDOW, python

DOCTOR_S = 90.0
HOW = {"macet": "tidak bergerak lagi", "sinyal": "terhenti mendadak", "selesai": "berhenti dengan kesalahan"}


def run_safe_mode(data: str) -> int:
    """Show the window until somebody chooses; returns the watchdog's exit code."""
    from ktpel_kiosk.app.watchdog_life import deaths, diagnostics
    from ktpel_kiosk.ui.kiosk_safe import show_safe_window

    happened = [f"{d.get('pada', '')[11:16].replace(':', '.')} {HOW.get(str(d.get('cara')), 'berhenti')} (kode {d.get('kode')})"
                for d in deaths(data, 3)]
    return show_safe_window(happened, str(diagnostics(data)), lambda: findings(data))


def findings(data: str) -> list[tuple[str, str, str]]:
    """(state, name, text) of what the doctor finds wrong, asked in a process of its own: what broke the desk may break it too."""
    command = [*python("-m"), "ktpel_kiosk.app.cli", "doctor", "--json", *(["--data", data] if data else [])]
    try:
        done = subprocess.run(command, capture_output=True, timeout=DOCTOR_S, check=False, stdin=subprocess.DEVNULL,
                              creationflags=NO_WINDOW)
        found = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError, RecursionError):
        return [("gagal", "pemeriksaan", "Pemeriksaan komputer tidak selesai.")]
    return [(str(c["state"]), str(c["name"]), str(c["text"])) for c in found if c.get("state") != "baik"]
