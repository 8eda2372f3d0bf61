"""Resident memory of the running kiosk against its budget of 250 MB.

The kiosk is as it runs at the counter: windows, 10,000 applications in the register, all devices, network thread. What the first
recording adds (NFIQ2, its models, one slap and one portrait judged) is measured too and stands in the detail.

Devices serve stored images; the invented people of
the simulators are not counted, and the practice gateway is a process of its own, as the real one is a computer of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from office_fixture import office_with

from ktpel_kiosk.biometrics.images import encode_png
from ktpel_kiosk.domain.biometric import EYES, FINGERS
from ktpel_kiosk.hal.simulators.synth.person import SyntheticPerson

BUDGET_MB = 250.0
KIOSK = """
from ktpel_kiosk.app.memory import tame_allocator
tame_allocator()
import os, sys, threading, time
from pathlib import Path
from ktpel_kiosk.app.source import load_source
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.domain.biometric import RIGHT_FOUR
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ports.register import Query
from ktpel_kiosk.ui.app import start_windows

kiosk = open_practice_kiosk(Path(sys.argv[1]), "tempeh", source=load_source(Path(sys.argv[2])))

def resident_mb():
    for line in open("/proc/self/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024

def work():
    desk = kiosk.desk
    kiosk.devices.settle(10)
    kiosk.start_network()
    kiosk.register.read(lambda v: v.list(Query()))
    time.sleep(2)
    running = resident_mb()
    desk.biometrics.ready()
    touch = lambda scanner: scanner.capture(RIGHT_FOUR, 30, lambda _f: None)
    capture = desk.devices.call(DeviceKind.FINGERPRINT, "fingerprint.capture", touch, 60).result()
    desk.biometrics.assess_fingers(capture, RIGHT_FOUR)
    frame = desk.devices.call(DeviceKind.CAMERA, "camera.still", lambda camera: camera.still(), 30).result()
    desk.biometrics.assess_face(frame, "biru")
    time.sleep(2)
    print(f"{running:.1f} {resident_mb():.1f}", flush=True)
    os._exit(0)

start_windows(kiosk.desk, on_ready=threading.Thread(target=work, daemon=True).start)
"""


def draw_person(folder: Path) -> None:
    """One invented person as image files: on a real desk the devices, not this process, hold the person."""
    person = SyntheticPerson(7, 1990, "P")
    folder.mkdir()
    (folder / "face.png").write_bytes(encode_png(person.portrait("biru")))
    for position in FINGERS:
        (folder / f"{position.value}.png").write_bytes(encode_png(person.finger(position)))
    for eye in EYES:
        (folder / f"{eye.value}.png").write_bytes(encode_png(person.iris(eye)))


def run() -> tuple[float, float, str]:
    environment = {**os.environ}
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "kantor"
        office_with(data, 10_000)
        images = Path(scratch) / "gambar"
        draw_person(images)
        command = [sys.executable, "-c", KIOSK, str(data), str(images)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr[-2000:]
    running, recorded = map(float, done.stdout.split()[-2:])
    return running / BUDGET_MB, 1.0, f"{running:.0f} MB resident, budget {BUDGET_MB:.0f} MB; {recorded:.0f} MB after the first recording"
