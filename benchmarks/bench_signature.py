"""A signature of 200 points a second while the user interface is busy: the pad driver against a bare read loop in the busy thread.

Both talk to the same emulated STU-430 over real hidapi and libusb (``tests/contract/umock_stu.py``), one after the other, in one run. The
busy thread computes for 0.4 s between two breaths, as a window does that draws a long page; the bare loop reads what waits at each breath.
The ratio is the driver's lost points plus one against the bare loop's lost points plus one; the driver must lose none.

``python benchmarks/bench_signature.py --seconds 30`` writes for 30 s; ``run.py`` for ten.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

LIMIT = 0.1
RATE = 200
SECONDS = 10.0
BUSY_S = 0.4
CONTRACT = Path(__file__).resolve().parents[1] / "tests" / "contract"


def run(seconds: float = SECONDS) -> tuple[float, float, str]:
    """((driver lost + 1) / (bare loop lost + 1), limit, both counts)."""
    sys.path.insert(0, str(CONTRACT))
    import umock_usb

    reason = umock_usb.missing()
    if reason:
        raise SystemExit(f"signature: {reason}")
    standin = umock_usb.Standin(CONTRACT / "umock_stu.py", "a4")
    try:
        counted = {}
        for way in ("driver", "bare"):
            standin.ask("forget")
            standin.ask("write", reports=_written(seconds))
            done = subprocess.run([sys.executable, __file__, "--client", way, "--seconds", str(seconds)], env=standin.env,
                                  stdout=subprocess.PIPE, check=True, timeout=seconds + 60)
            counted[way] = json.loads(done.stdout)
    finally:
        standin.stop()
    sent = round(seconds * RATE)
    ours, bare = sent - counted["driver"]["points"], sent - counted["bare"]["points"]
    told = counted["driver"]["lost"]
    detail = (f"{sent} points in {seconds:g} s, interface busy {BUSY_S:g} s at a time: driver lost {ours} (says {told}), "
              f"bare loop in the busy thread lost {bare}")
    return (ours + 1) / (bare + 1) if not ours else 1.0 + ours, LIMIT, detail


def _written(seconds: float) -> list[list[int]]:
    ink = [[1, 1, 300 + i % 200, 1000 + i * 7 % 7000, 1000 + i * 3 % 2500] for i in range(round(seconds * RATE))]
    return [*ink, [1, 0, 0, 5000, 2000], [0, 0, 0, 0, 0]]


# -- the client, under umockdev ------------------------------------------------------------------------------------------------------


def _busy() -> None:
    """What a window does that draws: work in Python, which also holds the interpreter."""
    end = time.perf_counter() + BUSY_S
    total = 0
    while time.perf_counter() < end:
        total += sum(i * i for i in range(2000))


def _driver(seconds: float) -> dict[str, int]:
    from ktpel_kiosk.hal.drivers.wacom_stu import WacomStuDriver

    driver = WacomStuDriver(idle_s=1.0)
    pad = driver.open(driver.discover()[0])
    found = []
    actor = threading.Thread(target=lambda: found.append(pad.capture("Saya setuju.", seconds + 20, lambda point: None)))
    actor.start()
    while actor.is_alive():
        _busy()
        time.sleep(0.002)
    pad.close()
    return {"points": sum(p.down for p in found[0].points), "lost": found[0].lost}


def _bare(seconds: float) -> dict[str, int]:
    import hid

    device = hid.device()
    device.open(0x056A, 0x00A4)
    device.set_nonblocking(1)
    device.send_feature_report([0x32, 3])
    device.send_feature_report([0x21, 0])
    device.send_feature_report([0x21, 1])
    points, until = 0, time.monotonic() + seconds + 2.0
    while time.monotonic() < until:
        while report := device.read(64):
            points += report[0] == 0x34 and bool(report[1] & 0x70)
        _busy()
        time.sleep(0.002)
    device.close()
    return {"points": points, "lost": 0}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--client", choices=("driver", "bare"))
    args = parser.parse_args()
    if args.client:
        print(json.dumps((_driver if args.client == "driver" else _bare)(args.seconds)))
        return
    ratio, limit, detail = run(args.seconds)
    print(f"signature ratio={ratio:.3f} limit={limit:g}  # {detail}")
    raise SystemExit(ratio > limit)


if __name__ == "__main__":
    main()
