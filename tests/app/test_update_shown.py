"""What a trial tells its picture: numbers into a pipe; a picture that cannot be, or is gone, changes nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ktpel_kiosk.app import update_shown, update_trial

WRITES = "import sys; open(sys.argv[-1] + '/said', 'w').write(sys.stdin.read())"


@pytest.fixture(autouse=True)
def a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")


def test_the_picture_hears_of_its_steps_and_ends_with_the_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(update_shown, "python", lambda *_options: [sys.executable, "-c", WRITES])
    with update_shown.shown(tmp_path) as tell:
        for name in ("try.begin", "settle.done", "try.health"):
            tell(name)
    assert (tmp_path / "said").read_text() == "1\n4\n"


@pytest.mark.parametrize("command", [["/nonexistent"], [sys.executable, "-c", "raise SystemExit(3)"]])
def test_without_a_picture_the_trial_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    monkeypatch.setattr(update_shown, "python", lambda *_options: command)
    monkeypatch.setattr(update_shown, "GOES_S", 60.0)
    monkeypatch.setattr(update_trial, "try_wanted", lambda data: data == tmp_path)
    assert update_trial._try_in_sight(tmp_path)
    with update_shown.shown(tmp_path) as tell:
        for _ in range(3):
            tell("try.begin")


def test_without_a_screen_no_picture_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(update_shown.sys, "platform", "linux")
    monkeypatch.setattr(update_shown, "_started", lambda _data: pytest.fail("started"))
    with update_shown.shown(tmp_path) as tell:
        tell("try.begin")
