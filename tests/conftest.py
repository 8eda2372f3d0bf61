"""Long files first: two workers are done at the same time only if neither begins a long one at the end."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

import gate_report
import ready_made
from gate_report import pytest_runtest_logreport, reached

__all__ = ["pytest_runtest_logreport", "reached"]

# How long an example takes is the machine's matter: 200 ms, the library's default, is nothing on two busy cores.
settings.register_profile("rumah", deadline=None)
settings.load_profile("rumah")

# The card library looks up its service's socket once a process: it must be the tests' own from the first call of whichever test is first.
os.environ["PCSCLITE_CSOCK_NAME"] = str(Path(tempfile.mkdtemp(prefix="ktpel-pcsc-")) / "pcscd.comm")

LONG_FIRST = ("crash/test_kill.py", "app/test_day.py", "app/test_demo.py", "ui/test_tour.py", "crash/test_three_months.py",
              "hal/synth/test_synthetic_fingers.py", "app/test_acceptance.py", "crash/test_cards_kill.py", "hal/synth/", "documents/test_",
              "register/test_register_")

LONG_GATES_FIRST = ("gates/month/", "gates/storage/test_power_cuts.py", "gates/storage/test_disk_faults.py", "desk/test_access_machine.py",
                    "crash/test_kill.py", "people/test_sign_in_limits.py", "installer/linux/", "crash/", "siak/test_schedules.py", "gates/",
                    "e2e/", "desk/")
"""Of ``make gates``: an hour at the head, so that no worker ends alone with it; everything else after them."""

HERE = Path(__file__).parent
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 4 * 1024**3


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    first = LONG_GATES_FIRST if config.getoption("markexpr") == "gate" else LONG_FIRST

    def rank(item: pytest.Item) -> int:
        name = item.nodeid.split("::")[0]
        return next((i for i, long in enumerate(first) if long in name), len(first))

    items.sort(key=rank)
    gate_report.pytest_collection_modifyitems(config, items)


def pytest_configure(config: pytest.Config) -> None:
    """Folders of quick tests lie in memory where there is room: a hundred thousand times "durable" waits for a disk otherwise.

    None of them cuts the power, only processes, and what a killed process has written is there on either. The gates use the disk.
    """
    if config.getoption("markexpr") == "not gate" and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > MEMORY_NEEDED:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture(scope="session", autouse=True)
def rsa_keys_once() -> None:
    ready_made.keys_once()
    ready_made.sops_once()
    ready_made.printers_asked_often()


@pytest.fixture(scope="module", autouse=True)
def new_registers(request: pytest.FixtureRequest) -> None:
    ready_made.use_for(request.path.relative_to(HERE).as_posix())
