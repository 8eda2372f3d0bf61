"""A fresh register per test, closed at its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from register_makers import give_back, open_register

from ktpel_kiosk.register.store import SqlRegister


@pytest.fixture
def register(tmp_path: Path) -> Iterator[SqlRegister]:
    made = open_register(tmp_path)
    yield made
    made.close()
    give_back(tmp_path)
