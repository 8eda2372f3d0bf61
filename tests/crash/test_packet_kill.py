"""SIGKILL while packets are sealed, lost, mended, sent again and purged: afterwards rows, files and acknowledgements agree."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from packets_desk import DAY, Life, open_desk

from ktpel_kiosk.desk import packet_files, resend
from ktpel_kiosk.domain.audit import GENESIS
from ktpel_kiosk.packet.keys import make_demo_keys

HERE = Path(__file__).parent


def killed_life(data: Path, day: int, rng: random.Random) -> None:
    with (data.parent / "stderr.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, str(HERE / "packets_desk.py"), str(data), str(day), str(rng.randrange(10**6))],
                                   stdout=subprocess.PIPE, stderr=log, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n", (data.parent / "stderr.log").read_text()[-2000:]
    time.sleep(rng.uniform(0.02, 2.0))
    assert process.poll() is None, (data.parent / "stderr.log").read_text()[-2000:]
    os.kill(process.pid, signal.SIGKILL)
    process.wait(20)
    process.stdout.close()


def check(data: Path, day: int) -> int:
    """What a start finds; returns how many packets there are."""
    with open_desk(data, day) as kiosk:
        packet_files.clear_leftovers(kiosk.desk)
        rows = kiosk.register.read(lambda v: list(v.packets()))
        by = {p.packet_id: p for p in rows}
        assert [p.counter for p in rows] == list(range(1, len(rows) + 1))
        for before, p in zip([None, *rows], rows, strict=False):
            assert p.previous_hash == (before.sha256 if before else GENESIS)
        live = [p.permohonan_id for p in rows if p.unsent]
        assert len(live) == len(set(live))
        for line in (data.parent / "acks").read_text("ascii").splitlines():
            what, packet_id = line.split()
            assert packet_id in by and (what == "sealed" or by[packet_id].receipt), f"{line} was acknowledged and is lost"
        for p in rows:
            end = p
            while end.replaced_by:
                end = by[end.replaced_by]
            if p.purged_at is not None:
                assert kiosk.desk.receipt_holds(end), "purged without a receipt"
                assert kiosk.register.read(lambda v, p=p: v.spare(p.packet_id)) is None
            else:
                spare = kiosk.register.read(lambda v, p=p: v.spare(p.packet_id))
                assert spare is not None and kiosk.desk.sealer.spare_opens(spare), "nothing is ever left without its contents"
        on_disk = {f.name for folder in ("packets", "simpanan") for f in (data / folder).iterdir()}
        assert on_disk <= kiosk.register.read(lambda v: v.packet_paths() | v.spare_paths()), "files nobody knows"
        assert kiosk.register.check_audit().whole
        return len(rows)


@pytest.mark.gate
@pytest.mark.timeout(1800)
def test_kills_between_any_two_steps(tmp_path):
    data, rng = tmp_path / "kantor", random.Random(5)
    make_demo_keys(data / "keys", DAY - timedelta(days=1), "tempeh-meja-1")
    with open_desk(data, 0) as kiosk:
        Life(kiosk, tmp_path / "acks", 0).seal()
    for life in range(25):
        killed_life(data, life * 9, rng)
        check(data, life * 9)
    with open_desk(data, 400) as kiosk:
        end = Life(kiosk, tmp_path / "acks", 1)
        packet_files.clear_leftovers(kiosk.desk)
        for _ in range(60):
            packet_files.check_sizes(kiosk.desk)
            resend.repair_damaged(kiosk.desk, 100)
            end.receive()
        assert end.unsent() == []
        purged = sum(p.purged_at is not None for p in kiosk.register.read(lambda v: v.packets()))
    count = check(data, 400)
    print(f"{count} packets, {purged} purged")
    assert purged > 10 and count > 40
