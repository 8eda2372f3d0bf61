"""SIGKILL at random moments of intake -> sealed -> sent -> handed over (RELIABILITY.md, threat 11).

After every kill the desk starts again on what is on disk. Promise: no acknowledged step lost, no packet twice at the
gateway, no packet without a row, never two live cards, numbers without gaps, the audit chain whole.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from forked import Template

SHORTEST_S, LONGEST_S = 0.05, 3.5
QUICK_S, QUICK_KILLS = 2.3, 15
"""Longest life of a desk in the quick test: long enough for a recording and a card, short enough for fifteen of them."""
RECOVERY_S = 120.0


@pytest.fixture
def gateway(tmp_path):
    """The gateway simulator in a process of its own: it survives every kill."""
    process = subprocess.Popen(
        [sys.executable, "-m", "ktpel_kiosk.app.cli", "gateway", "--data", str(tmp_path / "office" / "kantor"), "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    url = next(word for word in process.stdout.readline().split() if word.startswith("http"))
    yield url
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    process.stdout.close()


def stored_at_gateway(folder: Path) -> list[tuple[str, str]]:
    """(packet id, SHA-256) of every packet the gateway holds, straight from its store."""
    from ktpel_kiosk.siak.simulator.store import GatewayStore

    store = GatewayStore(folder)
    try:
        return [(h.packet_id, h.sha256) for h in store.holdings() if h.complete]
    finally:
        store.close()


def kill_many(folder: Path, url: str, kills: int, applicants: int, seed: int, longest_s: float = LONGEST_S) -> dict[str, object]:
    rng = random.Random(seed)
    template = Template("template.py", folder, url, str(applicants))
    done = 0
    try:
        template.start("first 0")
        assert template.wait(RECOVERY_S) == 0, _tail(folder)
        while done < kills:
            pid = template.start(f"run {done}")
            status = template.wait(rng.uniform(SHORTEST_S, longest_s))
            if status is None:
                os.kill(pid, signal.SIGKILL)
                template.wait(20)
                done += 1
            else:
                assert status == 0, f"desk ended with {status}: {_tail(folder)}"
                raise AssertionError("all applicants were finished before the last kill: raise `applicants`")
        pid = template.start(f"finish {done}")
        status = template.wait(RECOVERY_S)
        if status is None:
            os.kill(pid, signal.SIGKILL)
        assert status == 0, f"the desk did not recover: {status}: {_tail(folder)}"
        template.start("describe")
        assert template.wait(60) == 0, _tail(folder)
    finally:
        template.close()
    return pickle.loads((folder / "end.pickle").read_bytes())


def _tail(folder: Path) -> str:
    lost = folder / "lost"
    return (lost.read_text() if lost.exists() else "") + (folder / "stderr.log").read_text()[-3000:]


def check(folder: Path, end: dict) -> None:
    print(f"{len(end['states'])} applications, {len(end['packets'])} packets")
    assert end["lost"] == []
    assert set(end["states"]) == {"selesai"}
    assert end["received"]
    assert end["balanced"]
    assert end["files"] == end["paths"], "packet files and rows differ"
    assert end["counters"] == list(range(1, len(end["counters"]) + 1))
    assert [n.split("/")[0] for n in end["numbers"]] == [f"{i:04d}" for i in range(1, len(end["numbers"]) + 1)]
    for states in end["cards"].values():
        assert sum(s == "confirmed" for s in states) == 1
        assert set(states) <= {"confirmed", "spoiled", "cancelled"}
    held = stored_at_gateway(folder / "kantor" / "gateway")
    assert len(held) == len(set(held)) == len(end["packets"])
    assert dict(held) == end["packets"]


@pytest.mark.timeout(600)
def test_some_kills_lose_nothing_and_double_nothing(tmp_path, gateway, reached):
    folder = tmp_path / "office"
    folder.mkdir(exist_ok=True)
    check(folder, kill_many(folder, gateway, kills=QUICK_KILLS, applicants=90, seed=1, longest_s=QUICK_S))
    reached(11, asked=QUICK_KILLS, got=QUICK_KILLS, what="kills from intake to handover that lost and doubled nothing")


@pytest.mark.gate
@pytest.mark.timeout(7200)
def test_thousand_kills_lose_nothing_and_double_nothing(tmp_path, gateway, reached):
    folder = tmp_path / "office"
    folder.mkdir(exist_ok=True)
    check(folder, kill_many(folder, gateway, kills=1000, applicants=1500, seed=2))
    reached(11, asked=1000, got=1000, what="kills from intake to handover that lost and doubled nothing")
