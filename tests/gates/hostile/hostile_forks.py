"""Runs decoders on hostile bytes, each file in a process of its own that is forked, measured and buried.

    python hostile_forks.py <seed> <how many> <folder for what breaks> [targets...]

One line of JSON for each file that breaks its promise, and one at the end: what was asked, what survived, the most that one file took.
A decoder that works inside the desk must come back with a value or with an error of the house: whatever kills it would have killed
the desk. One that works in a limited child may be killed there by its limits; the desk then says "damaged" or "too slow".
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import random
import resource
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

import hostile_bombs
import hostile_targets as targets
from hostile_mutate import damaged

from ktpel_kiosk.biometrics.sandbox import DECODE_CPU_S

CPU_S, MEMORY = 2.0, 512 * 1024 * 1024
KILLED_S = CPU_S + 0.5
"""A child that is stopped at its limit has used a little more."""
SAFETY = 3 * 1024**3
"""Address space above what is loaded: a decoder without limits of its own must not take the machine with it."""
SANDBOX_ROOM = 400 * 1024 * 1024
"""What the product's 512 MB leave a child after its interpreter and libraries."""
BATCH = 10
CHEAP = ("ipp", "apdu", "worker wire")


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _child(target: targets.Target, files: Sequence[bytes], say: int) -> None:
    room = SANDBOX_ROOM if target.sandboxed else SAFETY
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + room, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CPU, (DECODE_CPU_S if target.sandboxed else 60, 61))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    for data in files:
        try:
            target.run(data)
        except target.refusals:
            pass
        except BaseException:
            if target.sandboxed:
                continue  # what its main() does with any complaint
            with contextlib.suppress(OSError):
                os.write(say, traceback.format_exc()[-3000:].encode())
            os._exit(1)
    os._exit(0)


def measured(target: targets.Target, files: Sequence[bytes]) -> tuple[str, float, int]:
    """("" or what went wrong, processor seconds, bytes of memory) of ``files`` read one after the other."""
    hear, say = os.pipe()
    pid = os.fork()
    if pid == 0:
        _child(target, files, say)
    os.close(say)
    with os.fdopen(hear, "rb") as stream:
        told = stream.read()
    _, status, usage = os.wait4(pid, 0)
    cpu, memory = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024
    wrong = ""
    if os.WIFSIGNALED(status):
        wrong = "" if target.sandboxed else f"killed by signal {os.WTERMSIG(status)}"
    elif os.WEXITSTATUS(status):
        wrong = told.decode("utf-8", "replace") or "ended without a word"
    if not wrong and cpu > (KILLED_S if os.WIFSIGNALED(status) else CPU_S):
        wrong = f"took {cpu:.1f} s"
    if not wrong and memory > MEMORY:
        wrong = f"took {memory >> 20} MB"
    return wrong, cpu, memory


class Count:
    def __init__(self, folder: Path) -> None:
        self.folder, self.asked, self.survived, self.cpu, self.memory = folder, 0, 0, 0.0, 0
        self.per_target: dict[str, int] = {}

    def run(self, name: str, files: Sequence[bytes]) -> None:
        """Together first; each alone where something went wrong or the sum was too much."""
        target = targets.TARGETS[name]
        wrong, cpu, memory = measured(target, files)
        if wrong and len(files) > 1:
            for one in files:
                self.run(name, [one])
            return
        self.asked += len(files)
        self.per_target[name] = self.per_target.get(name, 0) + len(files)
        self.cpu, self.memory = max(self.cpu, cpu if len(files) == 1 else cpu / len(files)), max(self.memory, memory)
        if not wrong:
            self.survived += len(files)
            return
        kept = self.folder / f"{name.replace(' ', '-')}-{self.asked}.bin"
        kept.write_bytes(files[0])
        print(json.dumps({"target": name, "wrong": wrong, "file": str(kept), "bytes": len(files[0])}), flush=True)


def mutated(name: str, count: int, rng: random.Random) -> Iterator[list[bytes]]:
    seeds, words = targets.seeds_of(name), targets.TARGETS[name].words
    while count > 0:
        yield [damaged(seeds, rng, words) for _ in range(min(BATCH, count))]
        count -= BATCH


def main(seed: int, wanted: int, folder: Path, names: Sequence[str]) -> None:
    """The bombs of every target first, then the mutated files, shared among the targets. ``-quick``: few bombs, some are slow to make."""
    quick, names = "-quick" in names, [n for n in names if n != "-quick"] or list(targets.TARGETS)
    began = time.monotonic()
    targets.load(names)
    gc.freeze()
    count = Count(folder)
    for name in names:
        for data in targets.found_of(name):  # what once broke something comes first
            count.run(name, [data])
        if not quick or name in CHEAP:
            for data in hostile_bombs.of(name):
                count.run(name, [data])
    left = max(0, wanted - count.asked)
    shares = [left // len(names) + (i < left % len(names)) for i in range(len(names))]
    for name, share in zip(names, shares, strict=True):
        for files in mutated(name, share, random.Random(f"{seed} {name}")):
            count.run(name, files)
    print(json.dumps({"asked": count.asked, "survived": count.survived, "cpu_s": round(count.cpu, 2), "memory_mb": count.memory >> 20,
                      "seconds": round(time.monotonic() - began, 1), "targets": count.per_target}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
