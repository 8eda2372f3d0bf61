"""``make run``: the two windows in the demonstration office, or the same day headless where there is no display."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KIOSK = Path(sys.executable).with_name("ktpel-kiosk")


def has_display() -> bool:
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def main() -> int:
    office = os.environ.get("KTPEL_OFFICE", "tempeh")
    if has_display():
        print("Practice desk. The set-up assistant of a real office: .venv/bin/ktpel-kiosk run --windowed --data var/kantor")
        return subprocess.call([str(KIOSK), "run", "--office", office, "--data", str(ROOT / "var" / "praktik")])
    out = ROOT / "var" / "demo"
    print("No display found: running the same day without windows.")
    code = subprocess.call([str(KIOSK), "demo", "--office", office, "--applicants", "2", "--out", str(out)])
    if code == 0:
        print(f"Results: {out} (packets, books, documents, cards, summary.json)")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
