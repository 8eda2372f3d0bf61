"""One click a card, and a lock file that is let go of when the office closes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ktpel_kiosk.desk.card_acts import CardActs
from ktpel_kiosk.domain.errors import DuplicateRequest

OTHER = """
import sys, pathlib
from ktpel_kiosk.desk.card_acts import CardActs
print("busy" if CardActs(pathlib.Path(sys.argv[1])).busy("kartu-1") else "free")
"""


def other_program(lock: Path) -> str:
    return subprocess.run([sys.executable, "-c", OTHER, str(lock)], capture_output=True, text=True, check=True).stdout.strip()


def test_one_act_at_a_time_for_every_program(tmp_path: Path) -> None:
    acts = CardActs(tmp_path / "kartu.lock")
    with acts.working("kartu-1"):
        assert other_program(tmp_path / "kartu.lock") == "busy"
        with pytest.raises(DuplicateRequest), acts.working("kartu-1"):
            pass
        assert not acts.busy("kartu-2")
    assert other_program(tmp_path / "kartu.lock") == "free"
    acts.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="this system does not list a process's open files")
def test_closed_it_leaves_no_file_open_and_serves_again(tmp_path: Path) -> None:
    lock = tmp_path / "kartu.lock"
    acts = CardActs(lock)

    def opened() -> int:
        return sum(link.resolve() == lock for link in Path("/proc/self/fd").iterdir() if link.is_symlink())

    with acts.working("kartu-1"):
        acts.close()
        assert opened() == 1, "the lock of a card that is being written must not go"
        assert other_program(lock) == "busy"
    assert opened() == 1
    acts.close()
    assert opened() == 0
    assert not acts.busy("kartu-1")
    acts.close()
