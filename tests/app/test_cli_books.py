"""Books on the command line: listed, exported, closed only when over, checked; one clear line otherwise."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.desk import intake, sign_in
from ktpel_kiosk.domain.sop import Layanan
from ktpel_kiosk.ports.ledgers import BOOKS

runner = CliRunner()
PAST = datetime(2025, 3, 12, 2, 0, tzinfo=UTC)


class Quick:
    """Argon2 is not what is tested here."""

    def hash(self, password):
        return password

    def verify(self, hashed, password):
        return hashed == password


@pytest.fixture
def folder(tmp_path):
    """An office with one application of March 2025."""
    data = tmp_path / "kantor"
    with open_practice_kiosk(data, "tempeh", clock=PracticeClock(PAST), hasher=Quick()) as kiosk:
        desk = kiosk.desk
        rina = sign_in.sign_in(desk, "rina", "praktik")
        who = invent(0, 7, desk.sop.kantor, ("TEMPEH LOR",), PAST.date()).penduduk
        have = frozenset(i.kode for i in intake.checklist(desk, Layanan.BARU_WNI, who))
        intake.register_intake(desk, rina, Layanan.BARU_WNI, who, have)
    return data


def call(*arguments):
    return runner.invoke(app, [str(a) for a in arguments])


def test_books_are_listed_with_their_rows_and_months(folder):
    found = json.loads(call("register", "books", "--data", folder, "--year", 2025, "--json").output)
    assert [b["book"] for b in found["books"]] == list(BOOKS)
    assert {b["book"]: b["rows"] for b in found["books"]}["permohonan"] == 1
    assert {m["month"]: m["state"] for m in found["months"]}[3] == "terbuka"
    text = call("register", "books", "--data", folder, "--year", 2025).output
    assert "2025-03" in text
    assert "belum ditutup" in text


def test_export_close_check(folder, tmp_path):
    out = tmp_path / "b.pdf"
    assert call("register", "export", "--book", "permohonan", "--format", "pdf", "--out", out, "--data", folder, "--year", 2025,
                "--month", 3).exit_code == 0
    assert out.read_bytes().startswith(b"%PDF")
    closed = json.loads(call("register", "close", "--year", 2025, "--month", 3, "--data", folder, "--json").output)
    assert {b["book"]: b["rows"] for b in closed["books"]}["permohonan"] == 1
    assert len(list((folder / "documents" / "arsip" / "2025-03").glob("*.pdf"))) == 8
    checked = call("register", "check", "--year", 2025, "--month", 3, "--data", folder)
    assert checked.exit_code == 0
    assert "sama persis" in checked.output
    again = call("register", "close", "--year", 2025, "--month", 3, "--data", folder)
    assert again.exit_code == 1
    assert "sudah ditutup" in again.stderr
    assert len(again.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(("arguments", "word"), [
    (("export", "--book", "apa", "--out", "x"), "apa"), (("export", "--book", "permohonan", "--format", "doc", "--out", "x"), "doc"),
    (("close", "--year", 2999, "--month", 1), "2999"), (("check", "--year", 2025, "--month", 3), "belum ditutup"),
])
def test_wrong_input_is_one_line(folder, arguments, word):
    result = call("register", *arguments, "--data", folder)
    assert result.exit_code == 1
    assert word in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_blank_card_stock(folder):
    stock = json.loads(call("blangko", "stock", "--data", folder, "--json").output)
    assert stock["balanced"]
    assert stock["stok"] == 200
