"""Long files first: two workers are done at the same time only if neither begins a long one at the end."""

from __future__ import annotations

import pytest

LONG_FIRST = ("crash/test_kill.py", "ui/test_windows.py", "app/test_demo.py", "app/test_acceptance.py", "app/test_day.py",
              "documents/test_", "register/test_register_crash.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        name = item.nodeid.split("::")[0]
        return next((i for i, long in enumerate(LONG_FIRST) if long in name), len(LONG_FIRST))

    items.sort(key=rank)
