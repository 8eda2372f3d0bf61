"""``ktpel-kiosk tour``: the real windows driven through one whole applicant, one PNG per screen."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from pathlib import Path

from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.demo import connect, day_start, sign_everybody_in
from ktpel_kiosk.app.office import PRACTICE_PASSWORD
from ktpel_kiosk.app.practice import Seating, furnish_morning
from ktpel_kiosk.app.residents import person_seed
from ktpel_kiosk.app.sops import load
from ktpel_kiosk.app.walk import Walk
from ktpel_kiosk.app.wiring import Kiosk, open_practice_kiosk
from ktpel_kiosk.desk.access import stage_roles
from ktpel_kiosk.desk.progress import open_work
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.penduduk import JenisKelamin
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Stage
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.ports.register import Query


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
    from ktpel_kiosk.ui.tour import drive_tour, invented_applicant

    sop = load(office)
    with tempfile.TemporaryDirectory() as scratch:
        folder = data or Path(scratch) / "kantor"
        world = SimulatedWorld(seed=4, out_dir=folder / "perangkat", hands_free=True)
        with open_practice_kiosk(folder, office, clock=PracticeClock(day_start(sop.kantor)), world=world) as kiosk:
            connect(kiosk)
            furnish_morning(kiosk)
            record_earlier(kiosk, person_seed(invented_applicant(kiosk.desk).nik))
            seating = Seating(kiosk)
            try:
                kiosk.start_network()
                kiosk.devices.settle(10.0)
                return drive_tour(kiosk.desk, out, (int(found[1]), int(found[2])), password=PRACTICE_PASSWORD,
                                  seated=seating.settled, mishap=lambda part: slip(world, part))
            finally:
                seating.close()


def slip(world: SimulatedWorld, part: str) -> None:
    """The applicant places one finger twice at the first touch; the manual shows what the desk says then."""
    if part == "jari":
        world.faults.add("fingerprint", "same_finger_twice")


def record_earlier(kiosk: Kiosk, seed: int) -> None:
    """Record somebody of the morning with the body of the tour's applicant, so that the office's own search finds the two.

    Does nothing when nobody waits to be recorded.
    """
    desk = kiosk.desk
    officers = sign_everybody_in(kiosk)
    items = desk.register.read(lambda v: [v.permohonan(item.id) for item in v.list(Query(keadaan=(Keadaan.BERJALAN,), limit=50))])
    for p in sorted(items, key=lambda p: p.penduduk.jenis_kelamin is not JenisKelamin.PEREMPUAN):  # as the tour's applicant
        tahap = p.current()
        if tahap is not None and tahap.stage is Stage.REKAM:
            actor = officers.for_roles(stage_roles(desk.sop, tahap))
            kiosk.seat(p.id, seed, p.penduduk)
            open_work(desk, actor, p.id)
            Walk(desk, officers, seat=lambda _p: None, card_to_reader=lambda _job: None).do(actor, p)
            kiosk.stood_up()
            return
