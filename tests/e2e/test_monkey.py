"""A monkey before the screen of a real kiosk: no way out, no crash, no memory that only grows (row 18 of the threats); afterwards the
register is whole and nobody's application is lost.

``KTPEL_MONKEY_S`` seconds instead of 600 (row 18 asks for 3600); ``KTPEL_MONKEY_SEED`` plays the same deeds again.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest
from monkey_outside import Broken, OutsideMonkey, Run
from one_applicant import applicant, register_of, verified
from person import EDITORS, one
from stage import Stage, missing

from ktpel_kiosk.ports.register import Query

SECONDS = float(os.environ.get("KTPEL_MONKEY_S", "600"))
GROWTH_PERCENT = 5.0
LEAST_LIFE_S = 1200.0
"""A window process that lived shorter still opens pages, sizes of screen and devices for the first time: its memory is judged in the
hour's run (``KTPEL_MONKEY_S=3600``), and to the percent by ``benchmarks/run.py soak``."""
OFFICE = "tempeh"

pytestmark = [pytest.mark.gate, pytest.mark.timeout(int(SECONDS) + 1200), pytest.mark.skipif(bool(missing()), reason=missing())]


def test_a_monkey_finds_no_way_out(tmp_path: Path, reached: Callable[..., None]) -> None:
    seed = int(os.environ.get("KTPEL_MONKEY_SEED", "") or int.from_bytes(os.urandom(3), "big"))
    data = tmp_path / "data"
    print(f"\nseed {seed}, {SECONDS:.0f} s", flush=True)
    with Stage(tmp_path) as stage:
        begun = time.monotonic()
        stage.open_kiosk("--office", OFFICE, "--data", str(data))
        stage.wait("sign-in page", lambda seen: one(seen, "Nama pengguna", EDITORS), 300.0)
        monkey = OutsideMonkey(stage, data, seed, time.monotonic() - begun)
        monkey.person.sign_in("rina")
        who = applicant(OFFICE)
        monkey.person.intake(who)
        broken: Broken | None = None
        try:
            monkey.play(SECONDS)
        except Broken as found:
            broken = found
        run = monkey.run
        print(told(run), flush=True)
        reached(18, asked=0, got=int(broken is not None), at_most=True, size=run.deeds,
                what=f"exits and crashes in {SECONDS:.0f} s of random keys and touches")
        if broken is not None:
            raise broken
        stage.end_kiosk()
    assert verified(data)
    with register_of(data) as register:
        assert register.read(lambda v: v.open_for_nik(who.nik)) is not None
        kept = {i.nomor_register for i in register.read(lambda v: v.list(Query(limit=10_000)))}
    assert run.registered <= kept
    grown = growth(run.rss)
    if grown is not None:
        reached(18, asked=GROWTH_PERCENT, got=round(grown, 1), at_most=True, what="% growth of memory under the monkey")
        assert grown < GROWTH_PERCENT, f"memory grew by {grown:.1f} %: {[(round(at), round(m)) for at, m in run.rss][::10]}"


def growth(rss: list[tuple[float, float]]) -> float | None:
    """Percent between the middle of the last window process's life, when its pages stand, and its end; None: it lived too short."""
    if not rss or rss[-1][0] < LEAST_LIFE_S:
        return None
    life = rss[-1][0]
    middle, end = ([m for at, m in rss if a * life <= at <= b * life] for a, b in ((0.5, 0.65), (0.85, 1.0)))
    return (median(end) / median(middle) - 1) * 100 if middle and end else None


def told(run: Run) -> str:
    looks = sorted(run.looks) or [0.0]
    memory = f"{run.rss[0][1]:.0f} to {run.rss[-1][1]:.0f} MiB in {run.rss[-1][0]:.0f} s" if run.rss else "not seen"
    return (f"{run.deeds} deeds {dict(run.kinds)}\npages {dict(run.pages)}\nanswers: median {looks[len(looks) // 2] * 1000:.0f} ms, "
            f"longest {looks[-1]:.1f} s; back after {[round(b, 1) for b in run.back]} s; memory {memory}\n"
            f"blocks of a second and more: {run.blocks[:10]}")
