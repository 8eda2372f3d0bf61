"""A Fargo printer behind the wire of the bridge, for tests of the client; run as a worker: ``fargo_worker.py SCRIPT.json``.

The script is read at each question: ``activity``, ``error``, ``error_number``, ``station``, ``ribbon``, ``film``, ``block`` (seconds a call
hangs), ``refuse`` ([kind, key]), ``arrives`` (looks after a move until the card is at the station).
Moves are appended to SCRIPT.json.moves.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "src"))

from ktpel_kiosk.hal.worker.serve import Call, Refusal, serve

SCRIPT = Path(sys.argv[1])
coming = -1


def script() -> dict:
    return json.loads(SCRIPT.read_text())


def status(call: Call) -> tuple[dict, list[bytes]]:
    global coming
    now = script()
    time.sleep(now.get("block", 0))
    if "refuse" in now:
        raise Refusal(*now["refuse"])
    if coming > 0:
        coming -= 1
    there = coming == 0
    return {"activity": now.get("activity", "EncodeContactless" if there else "Ready"), "error": now.get("error", "None"),
            "error_number": now.get("error_number", 0), "station": now.get("station", "CardPresent" if there else "CardNotPresent"),
            "ribbon": now.get("ribbon", 63), "film": now.get("film", 40)}, []


def move(call: Call) -> tuple[dict, list[bytes]]:
    global coming
    with Path(f"{SCRIPT}.moves").open("a") as log:
        log.write(json.dumps([call.args["printer"], call.args["station"], call.args["hopper"]]) + "\n")
    coming = script().get("arrives", 2) if call.args["station"] not in ("Eject", "Reject") else -1
    return {}, []


serve({"status": status, "move": move})
