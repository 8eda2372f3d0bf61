"""``ktpel-kiosk tour``: the real windows driven through one whole applicant, one PNG per screen."""

from __future__ import annotations

import html
import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from ktpel_kiosk.ui.app import Windows


def run_tour(office: str, out: Path, sizes: Sequence[str] = (), themes: Sequence[str] = (), data: Path | None = None, *,
             pictures: bool = True, begin: Callable[[Windows], None] = lambda _windows: None) -> list[Path]:
    """Drive the windows headless and save the pictures with a page that shows them all; returns their paths in order.

    Args:
        sizes: ``1366x768`` and so on; empty: the three of :data:`ktpel_kiosk.ui.tour.SIZES`.
        themes: ``light``, ``contrast``; empty: both.
        pictures: off when only the walk counts. begin: called with the windows before the first screen.

    Raises:
        BadInput: ``tour.size``, ``tour.theme``.
    """
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # pictures need no screen
    from ktpel_kiosk.ui.tour import SIZES, THEMES, drive_tour, invented_applicant, looks_of

    unknown = next((t for t in themes if t not in THEMES), "")
    if unknown:
        raise BadInput("tour.theme", value=unknown, expected=", ".join(THEMES))
    looks = looks_of([_size(size) for size in sizes] or SIZES, themes or THEMES)
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
                files = drive_tour(kiosk.desk, out, looks, password=PRACTICE_PASSWORD, seated=seating.settled,
                                   mishap=lambda part: slip(world, part), pictures=pictures, begin=begin)
            finally:
                seating.close()
    if pictures:
        write_index(out, files, office)
    return files


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{3,4})x(\d{3,4})", text)
    if not found or not (1024 <= int(found[1]) <= 3840 and 640 <= int(found[2]) <= 2160):
        raise BadInput("tour.size", value=text[:20], expected="1366x768, 1280x720, 1920x1080")
    return int(found[1]), int(found[2])


def write_index(out: Path, files: Sequence[Path], office: str) -> Path:
    """``index.html``: every screen in all its looks side by side, to be looked through in one go."""
    screens: dict[str, list[Path]] = {}
    for file in sorted(files):
        name = re.sub(r"-\d{3,4}x\d{3,4}(-kontras)?$", "", file.stem)
        screens.setdefault(name, []).append(file)
    rows = []
    for name, pictures in screens.items():
        cells = "".join(f'<a href="{p.name}"><img loading="lazy" src="{p.name}" alt="{html.escape(p.stem)}"></a>' for p in pictures)
        rows.append(f"<h2>{html.escape(name)}</h2><div>{cells}</div>")
    page = out / "index.html"
    style = "body{font:15px sans-serif;margin:24px}div{display:flex;flex-wrap:wrap;gap:8px}img{width:440px;border:1px solid #ccc}"
    page.write_text(f'<!doctype html><html lang="id"><meta charset="utf-8"><title>Tur {html.escape(office)}</title>'
                    f"<style>{style}</style><h1>Tur {html.escape(office)}</h1>{''.join(rows)}</html>\n", "utf-8")
    return page


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
