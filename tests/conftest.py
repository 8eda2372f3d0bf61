"""Long files first: two workers are done at the same time only if neither begins a long one at the end."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

# The card library looks up its service's socket once a process: it must be the tests' own from the first call of whichever test is first.
os.environ["PCSCLITE_CSOCK_NAME"] = str(Path(tempfile.mkdtemp(prefix="ktpel-pcsc-")) / "pcscd.comm")

LONG_FIRST = ("crash/test_kill.py", "ui/test_windows.py", "app/test_demo.py", "app/test_acceptance.py", "app/test_day.py",
              "documents/test_", "register/test_register_crash.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        name = item.nodeid.split("::")[0]
        return next((i for i, long in enumerate(LONG_FIRST) if long in name), len(LONG_FIRST))

    items.sort(key=rank)
