"""Population list, calendar and SOP versions from the console, on an office folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.wiring import open_practice_kiosk

sys.path.insert(0, str(Path(__file__).parents[1] / "desk"))
from population_files import resident, write

runner = CliRunner()


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("kantor") / "data"
    open_practice_kiosk(folder, "tempeh").close()
    return folder


def call(data: Path, *arguments: str):
    return runner.invoke(app, [*arguments, "--data", str(data)])


def test_a_list_is_checked_imported_and_listed(data, tmp_path):
    file = write(tmp_path / "penduduk.csv", [resident(1), resident(2, AGAMA="X"), resident(3)])
    looked = json.loads(call(data, "population", "import", str(file), "--check", "--json").output)
    assert (looked["good"], looked["refused"], looked["problems"][0]["line"]) == (2, 1, 3)
    refused = call(data, "population", "import", str(file), "--strict")
    assert refused.exit_code == 1
    assert "population.strict" in refused.stderr
    assert json.loads(call(data, "population", "show", "--json").output)["count"] == 0
    listed = tmp_path / "salah.csv"
    done = call(data, "population", "import", str(file), "--problems", str(listed))
    assert done.exit_code == 0
    assert "2 baru" in done.output
    assert "baris 3, AGAMA" in done.output
    assert listed.read_text("utf-8-sig").startswith("baris;kolom;alasan")
    shown = json.loads(call(data, "population", "show", "--json").output)
    assert (shown["count"], shown["batches"][0]["added"]) == (2, 2)


def test_calendar_days_from_the_console(data, tmp_path):
    assert call(data, "calendar", "set", "29-11-2026", "buka", "Pilkada").exit_code == 0
    days = {d["on"]: d for d in json.loads(call(data, "calendar", "show", "--year", "2026", "--json").output)}
    assert days["2026-11-29"] == {"on": "2026-11-29", "name": "Pilkada", "open": True, "own": "buka"}
    assert len(days) == 26
    assert call(data, "calendar", "set", "29-11-2026", "hapus").exit_code == 0
    assert "Pilkada" not in call(data, "calendar", "show", "--year", "2026").output
    wrong = tmp_path / "libur.csv"
    wrong.write_text("tanggal;jenis;nama\n99-11-2026;libur;A\n", "utf-8")
    result = call(data, "calendar", "import", str(wrong))
    assert result.exit_code == 1
    assert "baris 2, tanggal" in result.stderr
    assert call(data, "calendar", "set", "29-11-2026", "pesta", "A").exit_code == 1


def test_a_sop_is_compared_adopted_and_stays_in_force(data, tmp_path):
    text = sops.load("tempeh").source_text.replace('judul = "', 'judul = "Edisi Dua: ', 1)
    file = tmp_path / "baru.toml"
    file.write_text(text, "utf-8")
    assert "Naskah: judul berubah" in call(data, "sop", "diff", str(file)).output
    adopted = call(data, "sop", "adopt", str(file))
    assert adopted.exit_code == 0
    assert call(data, "sop", "adopt", str(file)).exit_code == 1
    history = json.loads(call(data, "sop", "history", "--json").output)
    assert [h["in_force"] for h in history] == [True, False]
    with open_practice_kiosk(data, "tempeh", settle=False) as kiosk:
        assert kiosk.desk.sop.judul.startswith("Edisi Dua: ")
    (data / sops.IN_FORCE_FILE).write_text("rusak", "utf-8")
    with open_practice_kiosk(data, "tempeh") as kiosk:
        assert kiosk.desk.sop.judul.startswith("Edisi Dua: ")
    assert (data / sops.IN_FORCE_FILE).read_text("utf-8") == text
