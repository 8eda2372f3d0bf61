"""Pictures of samples: decoded once, on the worker that read them, forgotten with their session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage

from ktpel_kiosk.ui import decoded


def sample(id: str, kind: str = "image/png", data: bytes | None = None) -> Any:
    if data is None:
        image = QImage(4, 3, QImage.Format.Format_RGB32)
        image.fill(QColor("red"))
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        image.save(buffer, "PNG")  # type: ignore[call-overload]
        data = bytes(buffer.data().data())
    return SimpleNamespace(id=id, media_type=kind, data=data, captured_at=datetime(2026, 11, 26, tzinfo=UTC))


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    decoded.forget()
    yield
    decoded.forget()


def test_what_a_worker_decoded_is_not_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    one = sample("a")
    decoded.decode([one, None])  # type: ignore[list-item]
    monkeypatch.setattr(decoded.QImage, "fromData", lambda _d: pytest.fail("decoded twice"))
    found = decoded.picture_of(one)
    assert found is not None and (found.width(), found.height()) == (4, 3)


def test_what_is_no_picture_is_none() -> None:
    assert decoded.picture_of(None) is None
    assert decoded.picture_of(sample("p", "application/x-ktpel-pen")) is None
    assert decoded.picture_of(sample("b", data=b"no image")) is None
    assert decoded.picture_of(sample("c", data=b"")) is None


def test_the_oldest_are_let_go_of_and_all_with_the_session() -> None:
    for n in range(decoded.KEPT + 5):
        decoded.picture_of(sample(f"s{n}"))
    assert len(decoded._kept) == decoded.KEPT and "s0" not in decoded._kept and f"s{decoded.KEPT + 4}" in decoded._kept
    decoded.forget()
    assert not decoded._kept
