"""Row 16: a copy that is being made may be killed at any write. No half copy is taken for one, and the last good one stays."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from restore_office import Small

from ktpel_kiosk.app import backup, copy_sets
from ktpel_kiosk.domain.errors import KioskError


def copying(small: Small) -> None:
    """A copy and the thinning after it, as every evening."""
    with small.open() as register:
        made = backup.make_copy(register, small.data, small.usb, "-")
        backup.thin_out(register, small.usb, small.clock.now(), made)


def killed(small: Small, after_s: float) -> bool:
    """``copying`` in a process that a SIGKILL ends ``after_s`` after its first write beside the copies; whether it was still at it."""
    before = names(small)
    child = os.fork()
    if not child:
        try:
            copying(small)
            os._exit(0)
        finally:
            os._exit(1)
    until = time.monotonic() + 60
    while names(small) == before and os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None and time.monotonic() < until:
        time.sleep(0.001)
    time.sleep(after_s)
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


def names(small: Small) -> set[str]:
    return {p.name for p in small.usb.iterdir()}


def good(small: Small, key: bytes) -> list[copy_sets.CopySet]:
    """What counts as a copy; each of them is one."""
    found = small.copies()
    for copy in found:
        try:
            copy_sets.proved(copy, key)
        except KioskError as error:
            raise AssertionError(f"half a copy was believed: {sorted(names(small))}") from error
    return found


def kills(root: Path, count: int) -> int:
    """Of ``count`` kills, after how many the last good copy or a newer one was there, whole, and nothing else was believed."""
    small, chance = Small(root), random.Random(16)
    with small.open() as register:
        small.serve(register, 4)
        backup.set_keep(register, "1,0,0", "konsol")
        register.write(lambda tx: tx.log("SettingChanged", "x", "-"))
    key = small.key
    small.clock.advance(timedelta(hours=1).total_seconds())
    with small.open() as register:
        begun = time.monotonic()
        backup.make_copy(register, small.data, small.usb, "-")
        takes = time.monotonic() - begun
    held, last = 0, small.copies()[-1].at
    done = 0
    while done < count:
        small.clock.advance(timedelta(hours=1).total_seconds())
        done += killed(small, chance.uniform(0, takes))
        found = good(small, key)
        assert found and found[-1].at >= last, "the last good copy is gone"
        last = found[-1].at
        held += 1
        takes *= 0.9 if held > 2 * count else 1.0  # a machine so quick that most copies are done in time
        assert held < 20 * count
    small.clock.advance(timedelta(days=2).total_seconds())
    copying(small)
    assert len(good(small, key)) == 1 and not [n for n in names(small) if n.endswith(".part")], sorted(names(small))
    return done


def test_a_copy_killed_twice(tmp_path: Path) -> None:
    assert kills(tmp_path, 2) == 2


@pytest.mark.gate
def test_a_copy_killed_twenty_times(tmp_path: Path, reached: Callable[..., None]) -> None:
    got = kills(tmp_path, 20)
    reached(16, asked=20, got=got, what="copies killed while they were made: none half believed, the last good one there")
    assert got == 20
