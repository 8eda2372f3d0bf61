"""Bits that turned on the disk (RELIABILITY.md, threat 16), and older states put back.

Promise: every turned byte of register, journal, packets and their spare contents is found by the check of that file, or lies where
nothing is stored; never is another answer given than the one that was written.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from packets_desk import DAY, Life, open_desk
from storage_story import Story

from ktpel_kiosk.app.wiring import Kiosk
from ktpel_kiosk.desk import packet_files
from ktpel_kiosk.domain.errors import KioskError
from ktpel_kiosk.packet.keys import make_demo_keys

PAGE = 4096
FRAME, HEADER = PAGE + 24, 32
Content = dict[str, Any]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An office closed by a cut: some of its work stands in the journal alone. Only copies of it are touched."""
    tmp_path = tmp_path_factory.mktemp("kept")
    folder = tmp_path / "kantor"
    make_demo_keys(folder / "keys", DAY - timedelta(days=1), "tempeh-meja-1")
    with open_desk(folder, 0) as kiosk:
        story = Story(kiosk, tmp_path, 3)
        for step in ("sample", "seal", "sample", "seal", "receive", "sample"):
            getattr(story, step)()
        kiosk.register.read(lambda v: v.packets())
        kiosk.register._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        for step in ("sample", "seal"):
            getattr(story, step)()
        shutil.copytree(folder, tmp_path / "cut", ignore=shutil.ignore_patterns("*-shm"))
    return tmp_path / "cut"


def content(kiosk: Kiosk) -> Content:
    """Everything that could be answered wrongly."""
    def look(view: Any) -> Content:
        packets = list(view.packets())
        return {"packets": packets, "audit": [(x.sequence, x.event, x.subject, dict(x.facts)) for x in view.audit(limit=10_000)],
                "samples": [(s.id, s.data) for p in packets for s in view.samples(p.permohonan_id)],
                "spares": [view.spare(p.packet_id) for p in packets], "users": [u.username for u in view.users()]}

    return kiosk.register.read(look)


def found(folder: Path, whole: Content) -> tuple[str, str]:
    """Where the damage was noticed, empty when nowhere; and what was answered wrongly without its being noticed."""
    try:
        with open_desk(folder, 1) as kiosk:
            try:
                kiosk.register.integrity_check()
            except KioskError:
                return "check", ""
            if not kiosk.register.check_audit().whole:
                return "audit", ""
            damaged = [s for s in packet_files._states(kiosk.desk) if s.file == "damaged" or s.spare == "damaged"]
            if damaged:
                return "packets", ""
            after = content(kiosk)
            return "", ",".join(k for k in whole if after[k] != whole[k])
    except KioskError:
        return "opening", ""


def journalled(wal: Path) -> list[int]:
    """Page numbers of the journal's frames of this generation, one after another."""
    data, pages = wal.read_bytes(), []
    while data[(at := HEADER + len(pages) * FRAME) + 8:at + 16] == data[16:24]:
        pages.append(int.from_bytes(data[at:at + 4], "big"))
    return pages


def turn(path: Path, at: int, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ (1 << bit)]))


def turned(kept: Path, tmp_path: Path, count: int, seed: int) -> Counter[str]:
    rng, done = random.Random(seed), Counter[str]()
    folder = tmp_path / "turned"
    shutil.copytree(kept, folder)
    with open_desk(folder, 1) as kiosk:
        whole = content(kiosk)
    shutil.rmtree(folder)
    register, wal = kept / "register" / "register.sqlite", kept / "register" / "register.sqlite-wal"
    pages = journalled(wal)
    newer = set(pages)
    """These the journal holds anew: what stands in the register is read no more, and overwritten at the start."""
    assert len(pages) > 2
    files = [(register, register.stat().st_size), (wal, HEADER + len(pages) * FRAME)]
    files += [(p, p.stat().st_size) for f in ("packets", "simpanan") for p in sorted((kept / f).iterdir())]
    for number in range(count):
        path, length = files[number % 2] if number % 4 < 3 else rng.choice(files[2:])
        shutil.copytree(kept, folder)
        at = rng.randrange(length)
        while path == register and at // PAGE + 1 in newer:
            at = rng.randrange(length)
        turn(folder / path.relative_to(kept), at, rng.randrange(8))
        where, wrong = found(folder, whole)
        shutil.rmtree(folder)
        kind = path.suffix.lstrip(".")
        done[f"{kind}: {where or 'nothing wrong' if not wrong else 'WRONG'}"] += 1
        done["silent"] += bool(wrong) or not where
        if wrong or not where:
            print(f"{path.name} at {at} of {length}: {wrong or 'unseen'}")
    return done


def test_turned_bits_are_found(kept: Path, tmp_path: Path, reached: Any) -> None:
    silent = turned(kept, tmp_path, 12, 1)["silent"]
    reached(16, asked=12, got=12 - silent, what="turned bits of register, journal, packets and spare contents found")
    assert silent == 0


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_a_thousand_turned_bits_are_found(kept: Path, tmp_path: Path, reached: Any) -> None:
    done = turned(kept, tmp_path, 1000, 2)
    print(dict(done))
    reached(16, asked=1000, got=1000 - done["silent"], what="turned bits of register, journal, packets and spare contents found")
    assert done["silent"] == 0


def put_back(kept: Path, folder: Path, rng: random.Random, pages: int) -> bool:
    """Pages of the register as they were before the last work stand again in its place: is it noticed?"""
    shutil.copytree(kept, folder)
    register = folder / "register" / "register.sqlite"
    before = register.read_bytes()
    with open_desk(folder, 1) as kiosk:  # the journal is written back, and more work done
        story = Life(kiosk, folder.parent / "more", 9)
        story.seal()
        story.receive()
    now = bytearray(register.read_bytes())
    changed = [n for n in range(len(before) // PAGE) if before[n * PAGE:(n + 1) * PAGE] != now[n * PAGE:(n + 1) * PAGE]]
    for n in rng.sample(changed, min(pages, len(changed))) if pages else changed:
        now[n * PAGE:(n + 1) * PAGE] = before[n * PAGE:(n + 1) * PAGE]
    register.write_bytes(now if pages else before)
    try:
        with open_desk(folder, 1) as kiosk:
            kiosk.register.integrity_check()
            return not kiosk.register.check_audit().whole
    except KioskError:
        return True
    finally:
        shutil.rmtree(folder)


def test_yesterdays_register_put_back_is_found(kept: Path, tmp_path: Path) -> None:
    assert put_back(kept, tmp_path / "old", random.Random(1), pages=0)


@pytest.mark.gate
@pytest.mark.timeout(3600)
def test_older_pages_put_back_are_found(kept: Path, tmp_path: Path, reached: Any) -> None:
    rng = random.Random(4)
    seen = sum(put_back(kept, tmp_path / "old", rng, pages=1 + n % 3) for n in range(100))
    reached(16, asked=100, got=seen, what="older copies of single pages put back")
    assert seen == 100


