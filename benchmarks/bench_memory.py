"""Resident memory of the running kiosk against its budget of 250 MB.

The kiosk is as an operator has it after the morning's first minute: both windows, 10,000 applications in the register, devices,
network thread, NFIQ2 and OpenCV loaded and used on one slap, a card rendered. The gateway simulator runs in a process of its own,
as the real gateway does.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from office_fixture import office_with

BUDGET_MB = 250.0
KIOSK = """
import os, sys, threading, time
from pathlib import Path
from ktpel_kiosk.app.practice import Seating
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.domain.biometric import RIGHT_FOUR
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.app import start_windows

kiosk = open_practice_kiosk(Path(sys.argv[1]), "tempeh")

def resident_mb():
    for line in open("/proc/self/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024

def work():
    desk = kiosk.desk
    kiosk.devices.settle(10)
    kiosk.start_network()
    kiosk.world.seat(7, 1990, "P")
    desk.biometrics.ready()
    touch = lambda scanner: scanner.capture(RIGHT_FOUR, 30, lambda _f: None)
    capture = desk.devices.call(DeviceKind.FINGERPRINT, "fingerprint.capture", touch, 60).result()
    desk.biometrics.assess_fingers(capture, RIGHT_FOUR)
    frame = desk.devices.call(DeviceKind.CAMERA, "camera.still", lambda camera: camera.still(), 30).result()
    desk.biometrics.assess_face(frame, "biru")
    time.sleep(2)
    print(f"{resident_mb():.1f}", flush=True)
    os._exit(0)

start_windows(kiosk.desk, on_ready=threading.Thread(target=work, daemon=True).start)
"""


def run() -> tuple[float, float, str]:
    environment = {**os.environ}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "kantor"
        office_with(data, 10_000)
        done = subprocess.run([sys.executable, "-c", KIOSK, str(data)], env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr[-2000:]
    used = float(done.stdout.split()[-1])
    return used / BUDGET_MB, 1.0, f"{used:.0f} MB resident, budget {BUDGET_MB:.0f} MB"
