"""The office of the desk's tests, on a memory disk where there is one: thousands of transactions, none of which has to survive."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "desk")]

from access_office import Prepared, prepare  # noqa: E402

ROOM = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@pytest.fixture(scope="module")
def prepared() -> Iterator[Prepared]:
    folder = Path(tempfile.mkdtemp(dir=ROOM))
    made = prepare(folder)
    yield made
    made.office.desk.register.close()
    shutil.rmtree(folder, ignore_errors=True)
