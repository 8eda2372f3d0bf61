"""Ten minutes of a monkey before the screen of a real kiosk; afterwards the register is whole and nobody's application is lost.

``KTPEL_MONKEY_S`` seconds instead of 600; ``KTPEL_MONKEY_SEED`` plays the same deeds again.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from monkey_outside import OutsideMonkey, Run
from one_applicant import applicant, register_of, verified
from person import EDITORS, one
from stage import Stage, missing

from ktpel_kiosk.ports.register import Query

SECONDS = float(os.environ.get("KTPEL_MONKEY_S", "600"))
SETTLED_S = 90.0
GROWTH, GROWTH_MIB = 1.35, 120.0
OFFICE = "tempeh"

pytestmark = [pytest.mark.gate, pytest.mark.timeout(int(SECONDS) + 1200), pytest.mark.skipif(bool(missing()), reason=missing())]


def test_ten_minutes_of_a_monkey(tmp_path: Path) -> None:
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
        run = monkey.play(SECONDS)
        print(told(run), flush=True)
        stage.end_kiosk()
    assert verified(data)
    with register_of(data) as register:
        assert register.read(lambda v: v.open_for_nik(who.nik)) is not None
        kept = {i.nomor_register for i in register.read(lambda v: v.list(Query(limit=10_000)))}
    assert run.registered <= kept
    settled = [m for at, m in run.rss if at > SETTLED_S]
    if len(settled) > 20:
        first, last = settled[0], settled[-1]
        assert last < max(first * GROWTH, first + GROWTH_MIB), f"memory grew from {first:.0f} to {last:.0f} MiB"


def told(run: Run) -> str:
    looks = sorted(run.looks)
    memory = f"{run.rss[0][1]:.0f} to {run.rss[-1][1]:.0f} MiB in {run.rss[-1][0]:.0f} s" if run.rss else "not seen"
    return (f"{run.deeds} deeds {dict(run.kinds)}\npages {dict(run.pages)}\nanswers: median {looks[len(looks) // 2] * 1000:.0f} ms, "
            f"longest {looks[-1]:.1f} s; back after {[round(b, 1) for b in run.back]} s; memory {memory}\n"
            f"blocks of a second and more: {run.blocks[:10]}")
