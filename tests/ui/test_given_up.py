"""A page whose building is given up in the middle leaves nothing behind."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

KEYS = ("loket", "cetak", "penyerahan", "pengaduan", "register", "pengaturan")


@pytest.fixture
def operator(windows: Any, settle: Any) -> Any:
    settle(windows)
    return windows.operator


def loose() -> int:
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    return len(QApplication.topLevelWidgets())


@pytest.mark.parametrize("key", KEYS)
def test_no_part_of_it_stays(operator: Any, key: str) -> None:
    before = loose()
    for given_up_at in range(1, 9):
        steps = operator.build(key)
        met = [next(steps, steps) for _ in range(given_up_at)]
        if met[-1] is steps:  # nothing was left to give up: the page is whole, in our hands
            met[-2].deleteLater()
            assert given_up_at > 1
            return
        steps.close()
        del steps, met
        assert loose() == before, given_up_at
    raise AssertionError("it never comes to an end")
