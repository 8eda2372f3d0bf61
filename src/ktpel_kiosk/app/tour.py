"""``ktpel-kiosk tour``: the real windows driven through one whole applicant, one PNG per screen."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.demo import connect, day_start
from ktpel_kiosk.app.office import PRACTICE_PASSWORD
from ktpel_kiosk.app.practice import Seating, furnish_morning
from ktpel_kiosk.app.sops import load
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.hal.simulators.world import SimulatedWorld


def run_tour(office: str, out: Path, size: str, data: Path | None = None) -> list[Path]:
    """Drive the windows headless at ``size`` (``1366x768``) and save the pictures; returns their paths in order.

    Raises:
        BadInput: ``tour.size``.
    """
    found = re.fullmatch(r"(\d{3,4})x(\d{3,4})", size)
    if not found or not (1024 <= int(found[1]) <= 3840 and 640 <= int(found[2]) <= 2160):
        raise BadInput("tour.size", value=size, expected="1366x768, 1920x1080")
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # pictures need no screen
    from ktpel_kiosk.ui.tour import drive_tour

    sop = load(office)
    with tempfile.TemporaryDirectory() as scratch:
        folder = data or Path(scratch) / "kantor"
        world = SimulatedWorld(seed=4, out_dir=folder / "perangkat", hands_free=True)
        with open_practice_kiosk(folder, office, clock=PracticeClock(day_start(sop.kantor)), world=world) as kiosk:
            connect(kiosk)
            seating = Seating(kiosk)
            try:
                furnish_morning(kiosk)
                kiosk.start_network()
                kiosk.devices.settle(10.0)
                return drive_tour(kiosk.desk, out, (int(found[1]), int(found[2])), password=PRACTICE_PASSWORD,
                                  seated=seating.settled)
            finally:
                seating.close()
