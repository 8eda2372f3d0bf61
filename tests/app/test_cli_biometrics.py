"""``biometrics inspect`` and ``export`` from the command line: a table, JSON, a file; otherwise one clear line."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import nistitl
import pytest
from typer.testing import CliRunner

sys.path.append(str(Path(__file__).parents[1] / "biometrics"))
import bio_synth
from bio_samples import stored

from ktpel_kiosk.app import maintenance
from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.office import PRACTICE_PASSWORD
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.wiring import open_office, open_practice_kiosk
from ktpel_kiosk.biometrics import cbeff, codecs, images
from ktpel_kiosk.desk import intake, sign_in
from ktpel_kiosk.domain.biometric import Position, Quality
from ktpel_kiosk.domain.sop import Layanan

runner = CliRunner()
NOW = datetime(2026, 11, 20, 1, 5, tzinfo=UTC)


def call(*arguments: object):
    return runner.invoke(app, ["biometrics", *(str(a) for a in arguments)])


class Quick:
    """Argon2 is not what is tested here."""

    def hash(self, password):
        return password

    def verify(self, hashed, password):
        return hashed == password


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    """An office with one application, one finger of it taken; its folder and the application's number."""
    data = tmp_path_factory.mktemp("kantor")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(maintenance, "open_office", partial(open_office, hasher=Quick()))
        yield data, furnish(data)


def furnish(data):
    with open_practice_kiosk(data, "tempeh", clock=PracticeClock(NOW), hasher=Quick()) as kiosk:
        desk = kiosk.desk
        rina = sign_in.sign_in(desk, "rina", PRACTICE_PASSWORD)
        who = invent(0, 7, desk.sop.kantor, ("TEMPEH LOR",), NOW.date()).penduduk
        have = frozenset(i.kode for i in intake.checklist(desk, Layanan.BARU_WNI, who))
        p = intake.register_intake(desk, rina, Layanan.BARU_WNI, who, have)
        finger = stored(Position.RIGHT_INDEX, images.encode_png(images.from_array(bio_synth.finger(1), 500)),
                        Quality("NFIQ2 2.3.0", 61, 0x0101, 0x39), ppi=500)

        def work(tx):
            tx.add_sample(replace(finger, permohonan_id=p.id))
            tx.log("SampleAccepted", p.id, "rina")

        desk.register.write(work)
    return p.nomor_register


def export(office, out, *more, second="kasi", password=PRACTICE_PASSWORD, number=None):
    data, own = office
    return call("export", number or own, "--out", out, "--reason", "permintaan pusat", "--second", second,
                "--second-password", password, "--data", data, *more)


def test_export_writes_an2k_and_says_so(office, tmp_path):
    out = tmp_path / "orang.an2"
    result = export(office, out, "--json")
    assert result.exit_code == 0, result.output
    said = json.loads(result.output)
    assert (said["samples"], said["exceptions"], len(said["sha256"])) == (1, 0, 64)
    message = nistitl.Message()
    message.parse(out.read_bytes())
    assert [(r.type) for r in message] == [1, 2, 14]
    assert message[2].FQM == [["2", "61", "0101", "57"]]
    table = call("inspect", out).output
    assert "telunjuk kanan" in table
    assert "300x420" in table


def test_export_writes_cbeff(office, tmp_path):
    assert export(office, tmp_path / "x.xml", "--format", "cbeff").exit_code == 0
    (bir,) = cbeff.parse((tmp_path / "x.xml").read_bytes())
    assert (bir.position, bir.score) == (Position.RIGHT_INDEX, 61)


@pytest.mark.parametrize(("changes", "word"), [
    ({"number": "9999/KTP/I/2026"}, "permohonan"), ({"password": "salah"}, "sandi"), ({"second": "rina"}, "berwenang"),
])
def test_refused_export_is_one_line_and_no_file(office, tmp_path, changes, word):
    result = export(office, tmp_path / "x.an2", **changes)
    assert result.exit_code == 1
    assert word in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_inspect_as_table_and_json(tmp_path):
    file = tmp_path / "mata.jp2"
    file.write_bytes(codecs.encode_jp2(images.from_array(bio_synth.eye(1))))
    assert call("inspect", file).output.splitlines()[0] == "JPEG 2000"
    (record,) = json.loads(call("inspect", file, "--json").output)["records"]
    assert (record["size"], record["coding"]) == ("640x480", "JPEG 2000")


@pytest.mark.parametrize("content", [b"", b"apa saja", b"1.001:99\x1d", None])
def test_inspect_of_anything_else_is_one_line(tmp_path, content):
    file = tmp_path / "berkas.bin"
    if content is not None:
        file.write_bytes(content)
    result = call("inspect", file)
    assert result.exit_code == 1
    assert "berkas.bin" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
