"""A disk that fails or is full at any call of the desk's way (RELIABILITY.md, threats 10 and 11).

Promise: one clear sentence within two seconds, nothing acknowledged is lost, nothing is corrupt, and the same step succeeds once
the disk does. Faults are made by libfiu in the C library, by RLIMIT_FSIZE, and by a small tmpfs that is full.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import storage_story
from packets_desk import DAY, open_desk
from storage_story import Story

from ktpel_kiosk.packet.keys import make_demo_keys

HERE = Path(__file__).parent
WAIT_S = 2.0
"""The longest a clerk waits for the sentence, on a machine that is the clerk's alone."""
needs_fiu = pytest.mark.skipif(shutil.which("fiu-run") is None, reason="fiu-utils is not installed (tools/setup.sh)")
EVERY = int(os.environ.get("KTPEL_EVERY", "0"))
"""Only every so manieth point, for a trial of the gates."""
PLAIN = ("env",)
"""Nothing wraps the desk where the system itself makes the fault."""
NEEDED = 1_000_000
"""Bytes the story needs beside what is there; LARGEST_FILE: of its largest file."""
LARGEST_FILE = 1_500_000
Point = tuple[str, str, str, int, str]


class Warmed:
    """The warmed desk, asked for one point after another."""

    def __init__(self, start: Path, folder: Path, wrapped: tuple[str, ...] = ("fiu-run", "-x")) -> None:
        self.log = (start.parent / "faults.log").open("wb")
        self.process = subprocess.Popen(
            [*wrapped, sys.executable, str(HERE / "storage_faults.py"), str(start), str(folder)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.log, text=True, env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"})
        self.tail = start.parent / "faults.log"
        assert self._line() == "ready", self.tail.read_text()[-3000:]

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def ask(self, point: Point) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(map(str, point)) + "\n")
        self.process.stdin.flush()
        assert self._line() == f"{point[0]} 0", f"{point}: {self.tail.read_text()[-3000:]}"

    def close(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()
        self.log.close()


@contextmanager
def warmed(start: Path, folder: Path, *wrapped: str) -> Iterator[Warmed]:
    desk = Warmed(start, folder, *([wrapped] if wrapped else []))
    try:
        yield desk
    finally:
        desk.close()


@pytest.fixture
def start(started: Path, tmp_path: Path) -> Path:
    """An office in use, closed for the night."""
    return Path(shutil.copytree(started, tmp_path / "awal"))


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("started")
    folder = tmp_path / "awal"
    make_demo_keys(folder / "keys", DAY - timedelta(days=1), "tempeh-meja-1")
    with open_desk(folder, 0) as kiosk:
        Story(kiosk, tmp_path, 0).seal()
    (tmp_path / "acks").unlink()
    return folder


def patience_s() -> float:
    """:data:`WAIT_S`, times how many wait for each core: where others work, a desk gets its share only. Trials and ``make test`` are
    not about speed."""
    if "KTPEL_GATE_REPORT" not in os.environ:
        return 20.0
    return WAIT_S * max(1.0, 1.5 * os.getloadavg()[0] / (os.cpu_count() or 1))


def judge(office: Path, said: Path, kinds: frozenset[str]) -> list[str]:
    """What is wrong with how this story went, and with the office the next morning."""
    result = json.loads((said / "result.json").read_text())
    wrong = [f"{e['step']}: {e['kind']} {e['key']}" for e in result["errors"] if e["kind"] not in kinds]
    wrong += [f"{e['step']}: no sentence" for e in result["errors"] if not e["said"].endswith(".") or e["key"] in e["said"]]
    wrong += [f"{e['step']}: {e['seconds']} s" for e in result["errors"] if e["seconds"] > patience_s()]
    acks = [a for a in storage_story.acknowledged(said / "acks") if a != "!sync"]
    if len(acks) < 7:
        wrong.append(f"only {acks}")
    try:
        with open_desk(office / "kantor", 2) as kiosk:
            wrong += storage_story.missing(kiosk, office / "usb", acks)
            kiosk.register.write(lambda tx: tx.log("DraftSaved", "x", "rina"))
    except Exception as error:
        wrong.append(f"does not open: {error!r}")
    return wrong


def tell(desk: Warmed, folder: Path, point: Point, kinds: frozenset[str], said: Path | None = None) -> tuple[list[str], bool | None]:
    """Run one point, judge it, clear it away: what was wrong, and whether its fault was told, or at least logged where the work stands
    all the same; None where the way had a call less."""
    desk.ask(point)
    office = folder / point[0]
    said = said or office
    wrong = [f"{point}: {w}" for w in judge(office, said, kinds)]
    result = json.loads((said / "result.json").read_text())
    shutil.rmtree(office)
    said_so = bool(result["errors"] or result["logged"])
    if result["hits"] > 0 and not said_so:
        print(f"{point} was told to nobody; it failed at {result['where']}")
    return wrong, None if result["hits"] == 0 else said_so


def counted(desk: Warmed, folder: Path) -> dict[str, int]:
    desk.ask(("hitung", "count", "EIO", 0, "once"))
    calls: dict[str, int] = json.loads((folder / "hitung" / "result.json").read_text())["calls"]
    assert not judge(folder / "hitung", folder / "hitung", frozenset())
    return calls


FAILING, FULL = frozenset({"IoFailure"}), frozenset({"DiskFull"})


def faults_at(desk: Warmed, folder: Path, number: str, every: int, hows: tuple[str, ...],
              kinds: frozenset[str]) -> tuple[int, int, list[str]]:
    """A fault at every ``every``-th call of each kind: points tried, points that told an error, everything that was wrong."""
    points, silent, wrong = 0, 0, list[str]()
    for call, count in counted(desk, folder).items():
        if number == "ENOSPC" and call in ("fsync", "fdatasync", "ftruncate", "rename"):
            continue
        for nth in range(1 + (points % every), count + 1, every):
            for how in hows:
                point = (f"{call}-{nth}-{how}", call, number, nth, how)
                bad, told = tell(desk, folder, point, kinds)
                points, silent, wrong = points + (told is not None), silent + (told is False), wrong + bad
    for line in wrong[:10]:
        print(line)
    print(f"{points} points of {number}, {silent} told to nobody, {len(wrong)} wrong")
    return points, points - silent, wrong


@needs_fiu
def test_a_failing_disk_is_told_and_loses_nothing(one_desk: tuple[Warmed, Path, Path]) -> None:
    points, told, wrong = faults_at(one_desk[0], one_desk[1], "EIO", 150, ("once",), FAILING)
    assert not wrong and points >= 4 and told


@needs_fiu
@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_every_call_of_a_failing_disk_is_told_and_loses_nothing(start: Path, tmp_path: Path, reached: Any) -> None:
    with warmed(start, folder_in(tmp_path)) as desk:
        points, told, wrong = faults_at(desk, tmp_path / "faults", "EIO", EVERY or 6, ("once", "stay"), FAILING)
    reached(11, asked=points, got=points - spoiled(wrong), what="calls of the disk that fail (EIO)")
    assert not wrong and told == points > 50


@needs_fiu
@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_full_at_every_call(start: Path, tmp_path: Path, reached: Any) -> None:
    with warmed(start, folder_in(tmp_path)) as desk:
        points, told, wrong = faults_at(desk, tmp_path / "faults", "ENOSPC", EVERY or 1, ("stay",), FULL)
    reached(10, asked=points, got=points - spoiled(wrong), what="write calls that find the disk full (ENOSPC)")
    assert not wrong and told == points > 50


def spoiled(wrong: list[str]) -> int:
    """Points something was wrong at."""
    return len({line.split("'")[1] for line in wrong})


def folder_in(tmp_path: Path) -> Path:
    (tmp_path / "faults").mkdir()
    return tmp_path / "faults"


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"no small tmpfs here (needs root): {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def one_desk(started: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Warmed, Path, Path]]:
    """A warmed desk, its small disk, and the office it begins with; to make one costs more than the few points of the quick tests."""
    place = tmp_path_factory.mktemp("satu")
    start = Path(shutil.copytree(started, place / "awal"))
    with small_disk(place / "kecil", 24) as disk, warmed(start, disk, *([] if shutil.which("fiu-run") else PLAIN)) as desk:
        yield desk, disk, start


def rooms_at(desk: Warmed, disk: Path, start: Path, count: int) -> tuple[int, int, list[str]]:
    """Between nothing and what the story needs, ``count`` sizes of what is left on a real small disk."""
    told, wrong = 0, []
    for n in range(count):
        name = f"room-{n}"
        bad, errors = tell(desk, disk, (name, "room", "ENOSPC", n * NEEDED // count // 4096 * 4096, "stay"), FULL,
                           start.parent / "said" / name)
        told, wrong = told + bool(errors), wrong + bad
    for line in wrong[:10]:
        print(line)
    print(f"{count} sizes, {told} told an error, {len(wrong)} wrong")
    return count, told, wrong


def test_a_small_disk_that_is_full_is_told_and_loses_nothing(one_desk: tuple[Warmed, Path, Path], reached: Any) -> None:
    points, told, wrong = rooms_at(*one_desk, 2)
    reached(10, asked=points, got=points - spoiled(wrong), what="sizes of a small disk (tmpfs)")
    assert not wrong and told == 2


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_a_small_disk_full_at_every_page(start: Path, tmp_path: Path, reached: Any) -> None:
    with small_disk(tmp_path / "kecil", 24) as disk, warmed(start, disk, *PLAIN) as desk:
        points, told, wrong = rooms_at(desk, disk, start, NEEDED // 4096 // (EVERY or 1))
    reached(10, asked=points, got=points - spoiled(wrong), what="sizes of a small disk (tmpfs), page by page")
    assert not wrong and told > 0.9 * points


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_FSIZE")
@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_files_that_may_not_grow(start: Path, tmp_path: Path, reached: Any) -> None:
    folder, told, wrong, points = tmp_path / "faults", 0, [], 0
    folder.mkdir()
    with warmed(start, folder, *PLAIN) as desk:
        for limit in range(4096, LARGEST_FILE, 4096 * (EVERY or 2)):
            bad, errors = tell(desk, folder, (f"size-{limit}", "size", "EFBIG", limit + points % 4096, "stay"), FAILING | FULL)
            points, told, wrong = points + 1, told + bool(errors), wrong + bad
    print(f"{points} limits, {told} told an error", *wrong[:10], sep="\n")
    reached(10, asked=points, got=points - spoiled(wrong), what="limits of the size of a file (RLIMIT_FSIZE)")
    assert not wrong and told > 10
