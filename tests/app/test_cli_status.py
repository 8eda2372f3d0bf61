"""Statuses on the command line: explained, entered, shown, imported; one clear line otherwise. The manual says the same of each."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.desk import intake, sign_in
from ktpel_kiosk.domain.sop import Layanan
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.domain.status_guide import guide

runner = CliRunner()
MANUAL = Path(__file__).parents[2] / "docs" / "manual" / "status.md"


class Quick:
    """Argon2 is not what is tested here."""

    def hash(self, password):
        return password

    def verify(self, hashed, password):
        return hashed == password


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """(folder, NIK, register number) of an office with one application."""
    data = tmp_path_factory.mktemp("kantor") / "data"
    with open_practice_kiosk(data, "tempeh", clock=PracticeClock(datetime(2026, 1, 12, 2, 0, tzinfo=UTC)), hasher=Quick()) as kiosk:
        desk = kiosk.desk
        rina = sign_in.sign_in(desk, "rina", "praktik")
        who = replace(invent(0, 7, desk.sop.kantor, ("TEMPEH LOR",), datetime(2026, 1, 12).date()).penduduk)
        have = frozenset(i.kode for i in intake.checklist(desk, Layanan.BARU_WNI, who))
        p = intake.register_intake(desk, rina, Layanan.BARU_WNI, who, have)
        p = intake.assign_number(desk, rina, p.id) if not p.nomor_register else p
    return data, who.nik, p.nomor_register


def call(*arguments):
    return runner.invoke(app, ["status", *(str(a) for a in arguments)])


def test_every_status_is_explained_and_the_manual_says_the_same():
    text = MANUAL.read_text("utf-8")
    for status in StatusSiak:
        g = guide(status)
        assert f"| {status.value} | {g.title} | {g.operator} | {g.who.value} | {g.next} |" in text
    found = json.loads(call("explain", "prr", "--json").output)
    assert found["status"] == "PRINT_READY_RECORD" and found["known"] and "CARD_PRINTED" in found["follows"]
    assert "belum dikenal" in call("explain", "PACKET_RETRY").output
    refused = call("explain", "...")
    assert refused.exit_code == 1 and "Status tidak terbaca" in refused.stderr


@pytest.mark.gate
def test_entered_shown_and_imported(office, tmp_path):
    data, nik, number = office
    assert "belum ada kabar" in call("show", number, "--data", data).output
    done = call("set", number, "sfe", "--where", "SIAK Terpusat", "--at", "2026-01-13T09:15", "--data", data)
    assert done.exit_code == 0 and "SENT_FOR_ENROLLMENT tercatat." in done.output
    odd = call("set", number, "CARD_ISSUED", "--data", data)
    assert odd.exit_code == 1 and "tuliskan alasannya" in odd.stderr
    path = tmp_path / "dinas.csv"
    path.write_text(f"NIK;STATUS;TANGGAL\n{nik};RECEIVED_AT_CENTRAL;14-01-2026\n{nik};PRR;kemarin\n")
    looked = call("import", path, "--dry-run", "--data", data, "--json")
    assert looked.exit_code == 1 and json.loads(looked.output)["stored"] == 0
    taken = json.loads(call("import", path, "--data", data, "--json").output)
    assert (taken["stored"], [p["line"] for p in taken["problems"]]) == (1, [3])
    again = json.loads(call("import", path, "--data", data, "--json").output)
    assert (again["stored"], again["known"]) == (0, 1)
    rows = json.loads(call("show", number, "--data", data, "--json").output)["statuses"]
    assert [(r["status"], r["source"]) for r in rows] == [("SENT_FOR_ENROLLMENT", "manual"), ("RECEIVED_AT_CENTRAL", "csv")]
    assert nik not in looked.output
    missing = call("show", "0009/X", "--data", data)
    assert missing.exit_code == 1 and "{" not in missing.stderr
