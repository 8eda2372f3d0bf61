"""Power cuts at any moment of the desk's way, replayed from a trace of its writes (RELIABILITY.md, threat 11).

Promise: nothing that was acknowledged is lost, the register opens whole, packets are whole, no half file is believed, and the
desk goes on.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import storage_story
from packets_desk import DAY, open_desk
from powercut import MODES, Call, Disk, moments, record
from storage_story import Story
from test_kill import gateway  # noqa: F401  a fixture

from ktpel_kiosk.packet.keys import make_demo_keys

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed (tools/setup.sh)")
ENV = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def trace_of(folder: Path, start: Path, kind: str, *arguments: str) -> list[Call]:
    if folder.exists():
        shutil.copytree(folder, start, ignore=shutil.ignore_patterns("gateway"))
    else:
        start.mkdir()
    command = [sys.executable, str(HERE / "storage_story.py"), kind, str(folder), *arguments]
    calls = record(command, folder.parent / f"{kind}.trace", folder, ENV)
    (folder.parent / f"{kind}.trace").unlink()
    return [c for c in calls if not c.path.startswith((f"{folder}/dunia", f"{folder}/kantor/gateway"))]


def small_trace(folder: Path, *, ready: bool) -> tuple[list[Call], Path]:
    """The small story in an office that is ``ready``, or made from nothing while it is watched."""
    kantor = folder / "office" / "kantor"
    make_demo_keys(kantor / "keys", DAY - timedelta(days=1), "tempeh-meja-1")
    if ready:
        with open_desk(kantor, 0) as kiosk:
            Story(kiosk, folder, 0).seal()
        (folder / "acks").unlink()
    return trace_of(folder / "office", folder / "start", "small"), folder / "start"


def replay(calls: list[Call], start: Path, origin: Path, target: Path, cuts: int, seed: int,
           judge: Callable[[Path, list[str]], list[str]]) -> Counter[str]:
    """Cut ``cuts`` times, in every mode in turn; what was wrong after a cut is raised with its moment, the rest is counted."""
    rng = random.Random(seed)
    disk, at, done = Disk(start, origin), 0, Counter[str]()
    for number, moment in enumerate(moments(calls, cuts, rng)):
        for call in calls[at:moment]:
            disk.apply(call)
        at, mode = moment, MODES[number % len(MODES)]
        target.mkdir()
        disk.cut(target, mode, rng)
        wrong = judge(target, disk.acks)
        shutil.rmtree(target)
        done["cuts"] += 1
        done["wrong"] += bool(wrong)
        if wrong and done["wrong"] <= 5:
            last = calls[moment - 1] if moment else None
            print(f"cut {number} ({mode}) after call {moment} {last and (last.name, last.path)}: {wrong[:5]}")
    done["acks"] = len(disk.acks)
    return done


def judge_small(target: Path, acks: list[str]) -> list[str]:
    """Start as an office does in the morning, look, go on, and start again."""
    try:
        with open_desk(target / "kantor", 1) as kiosk:
            wrong = storage_story.missing(kiosk, target / "usb", acks)
            if "lost" not in " ".join(acks):
                wrong += storage_story.lost_files(kiosk, acks)
            kiosk.register.write(lambda tx: tx.log("DraftSaved", "x", "rina"))
    except Exception as error:
        return [f"does not open: {error!r}"]
    return wrong


def judge_whole(target: Path, acks: list[str]) -> list[str]:
    from template import Acks, lost

    said = [a for a in acks if "copy:" not in a]
    try:
        with open_desk(target / "kantor", 260) as kiosk:
            known = Acks(target / "acks")
            (target / "acks").write_text("".join(f"{a}\n" for a in said), "ascii")
            wrong = lost(kiosk, known) + storage_story.wrong(kiosk, target / "usb") + storage_story.lost_files(kiosk, said)
            wrong += [a for a in acks if "copy:" in a and not (target / "usb" / a.split("copy:")[1]).is_file()]
            kiosk.register.write(lambda tx: tx.log("DraftSaved", "x", "rina"))
    except Exception as error:
        return [f"does not open: {error!r}"]
    return wrong


def test_twenty_power_cuts_lose_nothing_acknowledged(tmp_path: Path, reached: Any) -> None:
    calls, start = small_trace(tmp_path, ready=True)
    done = replay(calls, start, tmp_path / "office", tmp_path / "after", 20, 1, judge_small)
    reached(11, asked=20, got=done["cuts"] - done["wrong"], what="power cuts replayed over sealing, receipts, purge and copies")
    assert done["acks"] >= 7 and done["cuts"] == 20
    assert done["wrong"] == 0


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_power_cuts_of_the_small_story(tmp_path: Path, reached: Any) -> None:
    calls, start = small_trace(tmp_path, ready=False)
    done = replay(calls, start, tmp_path / "office", tmp_path / "after", 2000, 2, judge_small)
    reached(11, asked=2000, got=done["cuts"] - done["wrong"], what="power cuts replayed over sealing, receipts, purge and copies")
    assert done["wrong"] == 0


@pytest.mark.gate
@pytest.mark.timeout(7200)
def test_power_cuts_of_the_whole_way(tmp_path: Path, gateway: str, reached: Any) -> None:  # noqa: F811
    cuts, folder = int(os.environ.get("KTPEL_CUTS", "2000")), tmp_path / "office"
    calls = trace_of(folder, tmp_path / "start", "whole", gateway, "1")
    done = replay(calls, tmp_path / "start", folder, tmp_path / "after", cuts, 3, judge_whole)
    print(f"{len(calls)} calls, {dict(done)}")
    reached(11, asked=2000, got=done["cuts"] - done["wrong"], what="power cuts replayed over intake -> handover, with packets and copies")
    assert done["wrong"] == 0 and done["acks"] > 20


