"""Offices of these tests have quick secrets, but for the test that is about their real costs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import quick_secrets


@pytest.fixture(scope="module", autouse=True)
def cheap_secrets(request: pytest.FixtureRequest) -> Iterator[None]:
    if request.path.name != "test_secrets.py":
        quick_secrets.use()
    yield
    quick_secrets.back()
