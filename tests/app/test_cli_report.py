from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.office import create_practice_office


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    folder = tmp_path_factory.mktemp("office")
    create_practice_office(folder, "kebakkramat")
    return folder


def run(*words: str):
    return CliRunner().invoke(app, ["report", *words])


def test_month_as_json_on_the_screen(office):
    result = run("month", "--data", str(office), "--year", "2026", "--month", "11")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["judul"], found["masa"].split(" (")[0]) == ("Laporan Bulanan Pelayanan KTP-el", "November 2026")
    assert [s["judul"] for s in found["bagian"]][:2] == ["Ringkasan", "Angka pelayanan"]


def test_year_and_sla_as_files(office, tmp_path):
    pdf, csv = tmp_path / "l.pdf", tmp_path / "w.csv"
    assert run("month", "--data", str(office), "--year", "2026", "--format", "pdf", "--out", str(pdf)).exit_code == 0
    assert pdf.read_bytes().startswith(b"%PDF")
    result = run("sla", "--data", str(office), "--format", "csv", "--out", str(csv))
    assert "SHA-256" in result.stdout
    assert "Waktu per langkah" in csv.read_text("utf-8-sig")


@pytest.mark.parametrize(("words", "said"), [
    (("--format", "docx"), "Format laporan tidak dikenal: docx"), (("--format", "pdf"), "--out")])
def test_bad_words_are_one_clear_line(office, words, said):
    result = run("month", "--data", str(office), *words)
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_no_office_in_the_folder(tmp_path):
    result = run("month", "--data", str(tmp_path))
    assert result.exit_code == 1
    assert "office.none" in result.stderr
