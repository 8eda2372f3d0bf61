"""A power cut in the middle of storing a population list: nothing of it is there afterwards, and it can be imported again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "desk"))
from population_files import resident, write

from ktpel_kiosk.app.maintenance import CONSOLE
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.desk import population

CHILD = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
from ktpel_kiosk.app.maintenance import CONSOLE
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.desk import population

class Dying(tuple):
    def __iter__(self):
        for number, entry in enumerate(super().__iter__()):
            if number == int(sys.argv[3]):
                os.kill(os.getpid(), signal.SIGKILL)
            yield entry

with open_practice_kiosk(Path(sys.argv[1]), "tempeh") as kiosk:
    plan = population.examine(kiosk.desk, CONSOLE, Path(sys.argv[2]))
    population.adopt(kiosk.desk, CONSOLE, replace(plan, entries=Dying(plan.entries)))
"""


def check_empty(data: Path) -> None:
    with open_practice_kiosk(data, "tempeh") as kiosk:
        assert kiosk.desk.register.read(lambda v: (v.population_count(), len(v.population_batches()))) == (0, 0)
        assert kiosk.register.check_audit().whole


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_kill_in_the_middle_stores_nothing(tmp_path):
    """Cut at the first row, cut near the end, imported whole: one after another in the same office."""
    data, file = tmp_path / "kantor", write(tmp_path / "x.csv", [resident(n) for n in range(1, 801)])
    open_practice_kiosk(data, "tempeh").close()
    for at in (1, 790):
        done = subprocess.run([sys.executable, "-c", CHILD, str(data), str(file), str(at)], capture_output=True, text=True, timeout=120)
        assert done.returncode == -9, done.stderr
        check_empty(data)
    with open_practice_kiosk(data, "tempeh") as kiosk:
        plan = population.examine(kiosk.desk, CONSOLE, file)
        assert population.adopt(kiosk.desk, CONSOLE, plan).added == 800
