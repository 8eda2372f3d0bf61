"""Rules of recording from the console, on an office folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.desk import capture_rules
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.capture_rules import BestOf

runner = CliRunner()


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("kantor") / "data"
    open_practice_kiosk(folder, "tempeh").close()
    return folder


def call(data: Path, *arguments: str):
    return runner.invoke(app, ["capture", *arguments, "--data", str(data)])


def test_rules_are_shown_changed_and_found_by_the_next_start(data):
    shown = json.loads(call(data, "show", "--json").output)
    assert (shown["best_of"], shown["limits"]["right_thumb"]) == ("bsi", {"minimum": 30, "tries": 3})
    changed = call(data, "set", "--minimum", "right_thumb=35", "--tries", "face=4", "--rule", "tertinggi", "--ganti-latar")
    assert changed.exit_code == 0
    assert "Nilai tertinggi tiap jari (tertinggi)" in changed.output
    with open_practice_kiosk(data, "tempeh") as kiosk:
        rules = capture_rules.current(kiosk.desk)
        assert (rules.minimum(Position.RIGHT_THUMB), rules.tries(Position.FACE), rules.best_of) == (35, 4, BestOf.TERTINGGI)
        assert rules.ganti_latar
    back = json.loads(call(data, "set", "--defaults", "--json").output)
    assert (back["best_of"], back["ganti_latar"], back["limits"]["face"]["tries"]) == ("bsi", False, 3)


@pytest.mark.parametrize(("arguments", "key"), [
    (("--minimum", "right_thumb=0"), "rules.minimum"), (("--minimum", "right_thumb=x"), "rules.minimum"),
    (("--minimum", "third_thumb=30"), "rules.position"), (("--tries", "face=10"), "rules.tries"), (("--rule", "acak"), "rules.best_of"),
])
def test_what_cannot_be_is_one_clear_error(data, arguments, key):
    result = call(data, "set", *arguments)
    assert result.exit_code == 1
    assert key in result.stderr
