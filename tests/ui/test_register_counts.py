"""The count beside the search says when it stopped counting."""

from __future__ import annotations

import pytest

from ktpel_kiosk.ui.presenters.register import COUNT_LIMIT, Found


@pytest.mark.parametrize(("count", "total", "line"), [
    (3, 3, "3 permohonan"), (12, 500_000, "12 dari 500.000"), (COUNT_LIMIT, 500_000, "1.000 dari 500.000"),
    (COUNT_LIMIT + 1, 500_000, "lebih dari 1.000 dari 500.000")])
def test_the_line_is_honest(count: int, total: int, line: str) -> None:
    assert Found(count, total, ()).line == line
