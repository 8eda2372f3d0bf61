"""The command line: one clear line on bad input, JSON where a machine reads it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ktpel_kiosk.app.cli import app

runner = CliRunner()


def call(*arguments: str):
    return runner.invoke(app, list(arguments))


@pytest.mark.parametrize(("nik", "code"), [
    ("3508054502080001", 0), ("350805450208000", 1), ("3508057102080001", 1), ("3508050502080000", 1), ("9101010101900001", 0),
])
def test_nik_check_says_whether_it_may_be_used(nik, code):
    result = call("nik", "check", nik)
    assert result.exit_code == code
    assert result.output.strip()


def test_nik_check_json_names_the_rule():
    report = json.loads(call("nik", "check", "3508057102080001", "--json").output)
    assert report["usable"] is False
    assert "N03" in {i["rule"] for i in report["issues"]}


def test_five_sops_are_listed_and_shown():
    listed = json.loads(call("sop", "list", "--json").output)
    assert {s["id"] for s in listed} == {"pronojiwo", "kebakkramat", "tempeh", "palaran", "tapin"}
    for s in listed:
        shown = call("sop", "show", s["id"])
        assert shown.exit_code == 0
        assert s["judul"] in shown.output
        assert call("sop", "check", s["id"]).exit_code == 0


def test_palaran_and_tapin_keep_what_is_printed():
    palaran = json.loads(call("sop", "show", "palaran", "--json").output)
    assert [x["nomor"] for x in palaran["langkah"]] == [1, 2, 3, 4, 6, 7]
    tapin = json.loads(call("sop", "show", "tapin", "--json").output)
    assert [x["detik"] for x in tapin["langkah"]][-2:] == [30, 30]
    assert sum(x["detik"] for x in tapin["langkah"]) == 36 * 60


def test_unknown_office_is_one_line():
    result = call("sop", "show", "atlantis")
    assert result.exit_code == 1
    assert "atlantis" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_sop_file_with_unknown_stage_names_the_line(tmp_path: Path):
    from ktpel_kiosk.app.sops import folder

    text = (folder() / "tempeh.toml").read_text("utf-8").replace('"cetak_encode"', '"cetak_kilat"', 1)
    line = next(i for i, row in enumerate(text.splitlines(), 1) if "cetak_kilat" in row)
    bad = tmp_path / "kantor.toml"
    bad.write_text(text, "utf-8")
    result = call("sop", "check", str(bad))
    assert result.exit_code == 1
    assert f"{line}" in result.stderr
    assert "cetak_kilat" in result.stderr


def test_packet_commands_on_missing_or_foreign_files(tmp_path: Path):
    missing = call("packet", "inspect", str(tmp_path / "tidak-ada.ktpelpkt"))
    assert missing.exit_code == 1
    foreign = tmp_path / "x.ktpelpkt"
    foreign.write_bytes(b"bukan paket")
    result = call("packet", "inspect", str(foreign))
    assert result.exit_code == 1
    assert len(result.stderr.strip().splitlines()) == 1


def test_an_office_may_keep_its_own_sop_and_regions(tmp_path: Path):
    from ktpel_kiosk.app.sops import folder

    (tmp_path / "sop").mkdir()
    text = (folder() / "tempeh.toml").read_text("utf-8").replace('id = "tempeh"', 'id = "kantorku"', 1)
    (tmp_path / "sop" / "kantorku.toml").write_text(text, "utf-8")
    listed = json.loads(call("sop", "list", "--json", "--data", str(tmp_path)).output)
    assert "kantorku" in {s["id"] for s in listed}
    assert call("sop", "show", "kantorku", "--data", str(tmp_path)).exit_code == 0
    assert call("sop", "show", "kantorku").exit_code == 1
    rules = {i["rule"] for i in json.loads(call("nik", "check", "3508990101900001", "--json").output)["issues"]}
    (tmp_path / "wilayah.csv").write_text("kode,nama,level,historis\n350899,Kecamatan Lama,3,\n", "utf-8")
    again = {i["rule"] for i in json.loads(call("nik", "check", "3508990101900001", "--json", "--data", str(tmp_path)).output)["issues"]}
    assert "N05" in rules
    assert "N05" not in again


def test_every_command_takes_data():
    commands = [["run"], ["demo"], ["tour"], ["doctor"], ["gateway"], ["packet", "inspect"], ["packet", "open"], ["register", "export"],
                ["register", "verify"], ["sop", "list"], ["sop", "show"], ["sop", "check"], ["nik", "check"]]
    for command in commands:
        assert "--data" in call(*command, "--help").output, command


def test_register_verify_reports_audit_and_approvals(tmp_path: Path):
    from ktpel_kiosk.app.wiring import open_practice_kiosk

    with open_practice_kiosk(tmp_path, "tempeh"):
        pass
    found = json.loads(call("register", "verify", "--json", "--data", str(tmp_path)).output)
    assert (found["whole"], found["approvals"], found["approvals_invalid"]) == (True, 0, [])
    assert "tanda tangan sah" in call("register", "verify", "--data", str(tmp_path)).output


def test_register_commands_need_an_office(tmp_path: Path):
    for arguments in (["register", "verify"], ["register", "export", "--book", "permohonan", "--out", str(tmp_path / "b.xlsx")]):
        result = call(*arguments, "--data", str(tmp_path / "kosong"))
        assert result.exit_code == 1
        assert "kosong" in result.stderr
    assert not (tmp_path / "b.xlsx").exists()
