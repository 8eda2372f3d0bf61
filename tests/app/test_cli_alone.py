"""The command line of signing in without the centre: looked at by anybody, changed only by an officer who may, with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.wiring import open_practice_kiosk

runner = CliRunner()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:  # type: ignore[no-untyped-def]
    made: Path = tmp_path_factory.mktemp("kantor") / "tempeh"
    with open_practice_kiosk(made, "tempeh"):
        pass
    return made


def run(folder: Path, *more: str, password: str = "praktik") -> tuple[int, str]:
    done = runner.invoke(app, ["station", "sign-in-bound", "--data", str(folder), *more], input=f"{password}\n")
    return done.exit_code, done.output


def test_looked_at_set_and_extended(folder: Path) -> None:
    assert run(folder) == (0, "Kantor latihan: masuk tanpa pusat tidak dibatasi.\n")
    code, text = run(folder, "--days", "14", "--extend", "banjir", "--officer", "camat", "--json")
    found = json.loads(text[text.index("{"):])
    assert code == 0 and (found["days"], found["days_left"], found["over"]) == (14, 14, False)
    assert (found["extended"]["officer"], found["extended"]["reason"]) == ("camat", "banjir")
    assert "14 hari lagi" in run(folder)[1]


@pytest.mark.parametrize(("more", "password", "says"), [
    (("--extend", "banjir"), "praktik", "--officer"), (("--extend", "banjir", "--officer", "camat"), "salah", "kata sandi salah"),
    (("--extend", "banjir", "--officer", "rina"), "praktik", "tidak"), (("--days", "2", "--officer", "camat"), "praktik", "3–365")])
def test_refused_in_one_sentence(folder: Path, more: tuple[str, ...], password: str, says: str) -> None:
    code, text = run(folder, *more, password=password)
    assert code and says in text
