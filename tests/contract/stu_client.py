"""The signature pad driver in a process of its own, so that umockdev can be laid under its libusb; obeys over the worker's wire."""

from __future__ import annotations

import sys
import threading
import time

from ktpel_kiosk.domain.biometric import PenPoint
from ktpel_kiosk.domain.errors import DeviceTrouble
from ktpel_kiosk.hal.drivers.wacom_stu import WacomStuDriver
from ktpel_kiosk.hal.worker.serve import Answer, Call, Refusal, serve

driver = WacomStuDriver(idle_s=float(sys.argv[1]), picture_s=float(sys.argv[2]))
pads = {}


def discover(call: Call) -> Answer:
    return {"found": [[f.key, f.label, f.serial] for f in driver.discover()]}, ()


def open_(call: Call) -> Answer:
    found = next((f for f in driver.discover() if f.key == call.args["key"]), None)
    assert found is not None
    pads["open"] = driver.open(found)
    return {}, ()


def identity(call: Call) -> Answer:
    who = pads["open"].identity()
    return {"identity": [who.make, who.model, who.serial, who.driver, who.simulated]}, ()


def healthy(call: Call) -> Answer:
    pads["open"].healthy()
    return {}, ()


def close(call: Call) -> Answer:
    pads.pop("open").close()
    return {}, ()


def capture(call: Call) -> Answer:
    """``stall_s``: the caller's thread sleeps so long at its tenth point, as a busy program would."""
    done = threading.Event()
    seen: list[PenPoint] = []

    def on_point(point: PenPoint) -> None:
        if seen and point.t_ms < seen[-1].t_ms:
            seen.clear()  # begun anew on the pad
        seen.append(point)
        if len(seen) == 1:
            call.event("first", {})
        if len(seen) == 10:
            time.sleep(call.args["stall_s"])

    def watch() -> None:
        while not done.wait(0.01):
            if call.cut.is_set():
                pads["open"].interrupt()

    threading.Thread(target=watch, daemon=True).start()
    try:
        got = pads["open"].capture(call.args["prompt"], call.args["timeout_s"], on_point)
    finally:
        done.set()
    return {"points": [[p.x, p.y, p.pressure, p.t_ms] for p in got.points], "size": [got.width, got.height], "lost": got.lost,
            "units_per_mm": got.units_per_mm, "live": tuple(seen) == got.points}, ()


def guarded(work):
    def run(call: Call) -> Answer:
        try:
            return work(call)
        except DeviceTrouble as error:
            raise Refusal(type(error).__name__, error.message_key, **error.facts) from error

    return run


if __name__ == "__main__":
    serve({name: guarded(work) for name, work in {
        "discover": discover, "open": open_, "identity": identity, "healthy": healthy, "close": close, "capture": capture}.items()})
