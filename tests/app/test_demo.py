"""Whole days with everything real but the devices and the centre: offices one by one, no network, real images, bad arguments."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import openpyxl
import pytest

from ktpel_kiosk.app import sops
from ktpel_kiosk.app.demo import DemoOptions, run_demo
from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.domain.permohonan import plan_tahap
from ktpel_kiosk.packet.keys import make_demo_keys
from ktpel_kiosk.packet.open import open_packet

pytestmark = pytest.mark.timeout(600)  # a day takes 10 s of processor time, more on a busy machine
OFFICES = ("tempeh", *(pytest.param(office, marks=pytest.mark.gate) for office in ("pronojiwo", "kebakkramat", "palaran", "tapin")))
"""Kebakkramat, which ends in letters, has its short day in test_day; the way through every SOP with doubles is in tests/desk."""
Played = tuple[Path, dict]


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Played]:
    """One applicant at an office, played once for all tests of this file."""
    @cache
    def played(office: str) -> Played:
        out = tmp_path_factory.mktemp("demo") / office
        return out, run_demo(DemoOptions(office, 1, out, seed=5))

    return played


@pytest.mark.slow
@pytest.mark.parametrize("office", OFFICES)
def test_office_ends_as_its_sop_says(day, office):
    out, summary = day(office)
    assert summary["all_as_sop_says"], summary["failures"]
    assert json.loads((out / "summary.json").read_text())["office"] == office
    (row,) = summary["applicants"]
    assert "••••••" in row["nik"]
    assert summary["audit"]["whole"]
    assert summary["gateway"]["complete"] == summary["queue"]["packets"] == 1
    cards = sorted(p.name for p in (out / "cards").glob("*.png")) if (out / "cards").exists() else []
    papers = {p.name.rsplit("-", 1)[-1] for p in (out / "documents").glob("*.pdf")}
    if office == "kebakkramat":
        assert not cards
        assert {"surat_pengantar.pdf", "surat_keterangan_perekaman.pdf"} <= papers
    else:
        assert len(cards) == 2
        assert summary["gateway"]["card_events"][-1] == "handed_over"
    assert {"tanda_terima.pdf", "bukti_pengambilan.pdf"} <= papers


@pytest.mark.slow
@pytest.mark.parametrize(("office", "numbers"), [
    ("tempeh", None), pytest.param("palaran", [1, 2, 3, 4, 6, 7], marks=pytest.mark.gate)])
def test_printed_numbers_are_kept(day, office, numbers):
    """Palaran's paper has no step 5 for the office."""
    steps = sorted({s["step"] for s in day(office)[1]["applicants"][0]["stages"]})
    assert steps == sorted({t.nomor for t in plan_tahap(sops.load(office))})
    assert numbers is None or steps == numbers


@pytest.mark.gate
def test_half_minutes_are_kept(day):
    tapin = {s["step"]: s["active_s"] for s in day("tapin")[1]["applicants"][0]["stages"]}
    assert 10 < tapin[10] < 45


@pytest.mark.slow
def test_openssl_alone_opens_a_packet(day, tmp_path):
    out, _ = day("tempeh")
    packet = next((out / "packets").glob("*.ktpelpkt"))
    keys = out / "keys"
    subprocess.run(["openssl", "cms", "-decrypt", "-binary", "-inform", "DER", "-in", packet, "-inkey", keys / "central.key.pem",
                    "-recip", keys / "central.cert.pem", "-out", tmp_path / "s.p7s"], check=True, capture_output=True)
    station = keys / "station.cert.pem"
    subprocess.run(["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", tmp_path / "s.p7s", "-CAfile", station,
                    "-certfile", station, "-purpose", "any", "-out", tmp_path / "p.zip"], check=True, capture_output=True)
    assert (tmp_path / "p.zip").read_bytes()[:2] == b"PK"
    assert packet.stat().st_size < 1_000_000


@pytest.mark.slow
def test_own_reader_checks_every_hash_and_refuses_a_wrong_key(day, tmp_path):
    out, _ = day("tempeh")
    packet = next((out / "packets").glob("*.ktpelpkt"))
    key, cert = (out / "keys" / "central.key.pem").read_bytes(), (out / "keys" / "central.cert.pem").read_bytes()
    opened = open_packet(packet, key, cert, tmp_path / "x", (out / "keys" / "station.cert.pem").read_bytes())
    assert opened.signer_known
    assert {"manifest.json", "biodata.json", "biometrics.xml", "signature.png", "audit.jsonl"} <= set(opened.entries)
    manifest = json.loads((tmp_path / "x" / "manifest.json").read_text())
    assert len(manifest["samples"]) == 14
    other = make_demo_keys(tmp_path / "lain", datetime(2026, 11, 1, tzinfo=UTC), "lain")
    with pytest.raises(KioskError):
        open_packet(packet, other.central_key.read_bytes(), other.central_cert.read_bytes(), tmp_path / "y")
    assert not (tmp_path / "y").exists()


@pytest.mark.slow
def test_books_agree_and_keep_nik_as_text(day):
    out, summary = day("tempeh")
    sheet = openpyxl.load_workbook(out / "books" / "permohonan.xlsx").active
    cells = [c for row in sheet.iter_rows() for c in row if c.value == summary["applicants"][0]["register_number"]]
    assert cells
    assert cells[0].data_type == "s"
    rows = list(csv.reader((out / "books" / "permohonan.csv").read_text("utf-8-sig").splitlines(), delimiter=";"))
    assert any(summary["applicants"][0]["register_number"] in row for row in rows)
    assert (out / "books" / "permohonan.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.gate
def test_a_day_without_network_drains_oldest_first(tmp_path):
    summary = run_demo(DemoOptions("kebakkramat", 2, tmp_path / "d", offline_until_end=True, seed=8))
    assert summary["all_as_sop_says"], summary["failures"]
    assert summary["queue"]["order"] == [1, 2]


def test_corrupt_image_in_the_source_is_one_error_and_nothing_is_made(tmp_path):
    source = tmp_path / "gambar"
    source.mkdir()
    (source / "face.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"rusak" * 10)
    with pytest.raises(BadInput) as caught:
        run_demo(DemoOptions("tempeh", 1, tmp_path / "d", source=source))
    assert caught.value.message_key == "source.corrupt"
    assert "face.png" in str(caught.value.facts["path"])
    assert not (tmp_path / "d").exists()


@pytest.mark.parametrize("make", ["missing", "empty", "twice"])
def test_unusable_source_folder(tmp_path, make):
    source = tmp_path / "gambar"
    if make != "missing":
        source.mkdir()
    if make == "twice":
        for name in ("face.png", "face.jpg"):
            (source / name).write_bytes(b"x")
    with pytest.raises(BadInput):
        run_demo(DemoOptions("tempeh", 1, tmp_path / "d", source=source))
    assert not (tmp_path / "d").exists()


def test_output_folder_with_foreign_files_is_left_alone(tmp_path):
    (tmp_path / "skripsi.docx").write_text("penting")
    with pytest.raises(BadInput) as caught:
        run_demo(DemoOptions("tempeh", 1, tmp_path))
    assert caught.value.facts["found"] == "skripsi.docx"
    assert [p.name for p in tmp_path.iterdir()] == ["skripsi.docx"]


def test_unwritable_output_is_one_error(tmp_path):
    (tmp_path / "berkas").write_text("x")
    with pytest.raises(KioskError) as caught:
        run_demo(DemoOptions("tempeh", 1, tmp_path / "berkas" / "d"))
    assert caught.value.message_key == "storage.unwritable"
