"""The monkey inside the program finds nothing that breaks: no exception, no complaint of Qt, no bug behind a desk call."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from monkey_inside import play

QUICK_DEEDS, QUICK_S = 60, 60.0
LONG_S = 20.0


def test_a_handful_of_deeds(qapp: object, tmp_path: Path) -> None:
    """The same seed each time; a real register, for the one in memory has no figures for reports."""
    found = play(20, QUICK_S, QUICK_DEEDS, tmp_path)
    assert not found.broken, found.text()
    assert found.deeds > 5


@pytest.mark.gate
@pytest.mark.parametrize("turn", range(6))
def test_long(tmp_path: Path, qapp: object, turn: int) -> None:
    """``KTPEL_MONKEY_SEED`` plays a run again, ``KTPEL_MONKEY_INSIDE_S`` makes it longer."""
    seed = int(os.environ.get("KTPEL_MONKEY_SEED", "") or int.from_bytes(os.urandom(3), "big")) + turn
    print("seed", seed)
    with (tmp_path / "buku-harian.txt").open("w", encoding="utf-8") as diary:
        found = play(seed, float(os.environ.get("KTPEL_MONKEY_INSIDE_S", str(LONG_S))), folder=tmp_path, diary=diary)
    print(f"{found.deeds} deeds in {found.seconds:.0f} s")
    assert not found.broken, f"seed {seed}\n{found.text()}"
