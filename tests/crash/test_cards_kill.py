"""SIGKILL at random moments of printing and encoding, from several threads in two programs at once over one register (threat 13).

Promise: never two live cards of one credential, no card without a job, no blank lost, every chip holds the person of its own card.
"""

from __future__ import annotations

import os
import pickle
import random
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
KILLS = int(os.environ.get("KTPEL_KILLS", "60"))
PROGRAMS = 2


class Template:
    def __init__(self, folder: Path, people: int) -> None:
        self.log = (folder / "stderr.log").open("wb")
        self.process = subprocess.Popen([sys.executable, str(HERE / "cards_template.py"), str(folder), str(people)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
        assert self.answer() == "ready"

    def answer(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, line: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.answer()

    def start(self, command: str) -> int:
        return int(self.ask(command).removeprefix("pid "))

    def wait(self, pid: int) -> int:
        return os.waitstatus_to_exitcode(int(self.ask(f"wait {pid}").split()[2]))

    def do(self, command: str) -> None:
        assert self.wait(self.start(command)) == 0, command

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()
        self.log.close()


def kill_many(folder: Path, kills: int, seed: int) -> dict[str, Any]:
    rng = random.Random(seed)
    template = Template(folder, min(300, max(40, kills)))
    import threading
    pause = threading.Event()
    try:
        assert template.ask("prepare") == "ok"
        done, number = 0, 0
        while done < kills:
            pids = []
            for _ in range(PROGRAMS):
                pids.append(template.start(f"run {number}"))
                number += 1
            for pid in pids:
                pause.wait(rng.uniform(0.05, 0.25))
                os.kill(pid, signal.SIGKILL)
            for pid in pids:
                assert template.wait(pid) == -signal.SIGKILL, "a desk ended by itself"
                done += 1
        handed = len(list((folder / "dunia" / "queue").iterdir())) if (folder / "dunia").exists() else 0
        print(f"{handed} cards were handed over between the kills")
        template.do("finish")
        template.do("describe")
    except AssertionError as error:
        raise AssertionError(f"{error}: {(folder / 'stderr.log').read_text()[-3000:]}") from error
    finally:
        template.close()
    return pickle.loads((folder / "end.pickle").read_bytes())


def check(end: dict[str, Any], kills: int) -> None:
    jobs = {job[0]: job for job in end["jobs"]}
    states = Counter(job[2] for job in jobs.values())
    print(f"{kills} kills: {dict(states)}, {len(end['chips'])} cards")
    assert end["audit"]
    assert set(states) <= {"confirmed", "spoiled", "cancelled"}
    confirmed = [job[1] for job in jobs.values() if job[2] == "confirmed"]
    assert sorted(confirmed) == sorted(end["people"]), "everybody has exactly one live card"
    came, stock, used, good, spoiled = end["balance"]
    assert (used, came) == (0, stock + good + spoiled)
    assert (good, spoiled) == (states["confirmed"], states["spoiled"])
    assert max(Counter(end["handed"]).values()) == 1, "one intent was printed twice"
    assert {jobs[title][2] for title in end["handed"]} <= {"confirmed", "spoiled"}, "a printed card counts as a blank"
    assert len(end["chips"]) == good + spoiled
    for name, chip in end["chips"].items():
        _id, credential, state, uid, digest, face = jobs[name.split(".")[0]]
        if "digest" in chip:
            assert (chip["credential"], chip["face"]) == (credential, face), "a chip of somebody else"
        if state == "confirmed":
            assert (chip["uid"], chip["digest"]) == (uid, digest)


@pytest.mark.timeout(600)
def test_kills_while_printing_never_make_two_live_cards(tmp_path: Path, reached: Any) -> None:
    kills = min(KILLS, 60)
    check(kill_many(tmp_path, kills, seed=3), kills)
    reached(13, asked=kills, got=kills, what="kills while printing without a second live card")


@pytest.mark.gate
@pytest.mark.timeout(7200)
def test_a_thousand_kills_while_printing_never_make_two_live_cards(tmp_path: Path, reached: Any) -> None:
    kills = max(KILLS, 1000)
    check(kill_many(tmp_path, kills, seed=4), kills)
    reached(13, asked=1000, got=kills, what="kills while printing without a second live card")
