"""One office with the real register and doubles for everything else around the desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from desk_office import Office, build


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = build(tmp_path / "tempeh", "tempeh")
    yield made
    made.desk.register.close()


@pytest.fixture(params=["pronojiwo", "kebakkramat", "tempeh", "palaran", "tapin"])
def any_office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    made = build(tmp_path / request.param, request.param)
    yield made
    made.desk.register.close()
