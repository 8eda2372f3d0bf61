"""A production desk at work: signs in, records, waits for its certificates, seals for the centre; what it cannot do it says."""

from __future__ import annotations

import io
import json
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from setup_office import PASSWORDS, Authority, another_disk, answered, answers_of
from typer.testing import CliRunner

from desk.doubles import Bench, Judge
from ktpel_kiosk.app import doctor, practice, run, sops
from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.demo import day_start
from ktpel_kiosk.app.kiosk import Kiosk
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.setup import FolderSetup
from ktpel_kiosk.app.walk import Officers, Walk
from ktpel_kiosk.app.wiring import open_office
from ktpel_kiosk.desk import handover, intake, official_card, packet_files, printing, sign_in, statuses
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.errors import BadInput, IoFailure, SopViolation
from ktpel_kiosk.domain.outbox import WaitCause
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.domain.status import StatusEvent, StatusSiak
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.packet.keys import DemoKeys
from ktpel_kiosk.packet.open import open_packet
from ktpel_kiosk.ports.services import Assessed


class Pictures(Judge):
    """The judge of the desk's tests, with samples that can really be put into a packet."""

    def _assessed(self, position: Position, mime: str = "image/png") -> Assessed:
        found = super()._assessed(position)
        image = Image.effect_noise((96, 128), 40.0)
        out = io.BytesIO()
        (image.convert("RGB") if position is Position.FACE else image).save(out, "PNG", dpi=(500, 500))
        return replace(found, data=out.getvalue(), width=96, height=128)

    def compare_fingers(self, _probe: bytes, _reference: bytes) -> float:
        return 0.0

    def signature_png(self, data: bytes) -> bytes:
        return data


Made = tuple[Path, FolderSetup, Authority, PracticeClock]
SEED = 7


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """An office whose authority has answered, but nothing is installed yet."""
    folder = tmp_path_factory.mktemp("kantor")
    clock = PracticeClock(day_start(sops.load("tempeh").kantor))
    setup = FolderSetup(folder / "data", clock=clock, same_disk=another_disk)
    answers = answers_of(setup, folder / "usb")
    authority = answered(setup, folder, answers)
    setup.finish(answers, PASSWORDS, lambda _t: None)
    return folder, setup, authority, clock


@pytest.fixture
def kiosk(template: Made) -> Iterator[Kiosk]:
    folder, _setup, _authority, clock = template
    with open_office(folder / "data", clock=clock) as made:
        yield made


def officers(kiosk: Kiosk) -> Officers:
    actors = {role: actor for name, password in PASSWORDS.items()
              for actor in [sign_in.sign_in(kiosk.desk, name, password)] for role in actor.peran}
    return Officers(actors, PASSWORDS)


def to_sealing(kiosk: Kiosk, desk: Any, seat: Any = lambda _p: None) -> tuple[Walk, Permohonan]:
    """An application led by hand to the point where only the packet is missing."""
    who = invent(3, SEED, desk.sop.kantor, ("ROWOKANGKUNG",), intake.today(desk))
    walk = Walk(desk, officers(kiosk), seat, lambda _j: None, rng=random.Random(1))
    p = walk.intake(who, Layanan.BARU_WNI)
    with pytest.raises(BadInput) as caught:
        walk.advance(p.id)
    assert caught.value.message_key == "keys.missing"
    sentence = desk.sentences.of(caught.value)
    assert "sertifikat stasiun dan sertifikat pusat" in sentence and "tetap tersimpan" in sentence and "{" not in sentence
    return walk, p


def current(kiosk: Kiosk, p: Permohonan) -> Stage | None:
    tahap = kiosk.register.read(lambda v: v.permohonan(p.id)).current()
    return tahap.stage if tahap else None


def test_recorded_without_certificates_sealed_when_they_came(template: Made, tmp_path: Path) -> None:
    folder, setup, authority, clock = template
    with open_office(folder / "data", clock=clock) as kiosk:
        assert kiosk.settings.production and kiosk.world is None
        desk = kiosk.desk
        assert (desk.practice, desk.practice_hint, desk.specimen) == (None, "", False)
        desk = replace(desk, devices=Bench(), biometrics=Pictures())
        packet_files.clear_leftovers(desk)
        walk, p = to_sealing(kiosk, desk)
        assert current(kiosk, p) is Stage.KIRIM
        assert len(kiosk.register.read(lambda v: v.samples(p.id))) >= 14, "what was recorded waits in the register"
    with open_office(folder / "data", clock=clock) as kiosk:  # the next morning
        desk = replace(kiosk.desk, devices=Bench(), biometrics=Pictures())
        walk = Walk(desk, officers(kiosk), lambda _p: None, lambda _j: None, rng=random.Random(1))
        assert kiosk.key_keeper.ring.keys.keys == {}
        state = setup.take_certificates("3508080-meja-1", authority.back)  # while the desk runs
        assert state.complete and "3508080-meja-1, berlaku sampai" in state.found["station"]
        walk.advance(p.id)
        assert current(kiosk, p) is Stage.MENUNGGU_PRR
        packet = kiosk.register.read(lambda v: v.packet_of(p.id))
        assert packet is not None and set(kiosk.key_keeper.ring.keys.keys) == {"receipt-1"}
        centre = DemoKeys(authority.centre)
        for key, cert in ((centre.central_key, centre.central_cert), (centre.next_key, centre.next_cert)):
            opened = open_packet(folder / "data" / "packets" / packet.path, key.read_bytes(), cert.read_bytes(),
                                 tmp_path / key.stem, centre.station_cert.read_bytes())
            assert opened.packet_id == packet.packet_id and "biometrics.xml" in str(opened.entries)
        manifest = json.loads((tmp_path / "central" / "manifest.json").read_text())
        assert manifest["station"] == "3508080-meja-1" and manifest["office_code"] == "35.08.08"
        the_line_says_what_is_missing(kiosk, p)
        no_card_is_made(kiosk, desk, p, packet.packet_id)


def the_line_says_what_is_missing(kiosk: Kiosk, p: Permohonan) -> None:
    kiosk.uploader.run_once()
    waiting = kiosk.register.read(lambda v: v.packet_of(p.id))
    assert waiting is not None and (waiting.wait_cause, waiting.wait_detail) == (WaitCause.SETUP, "keys.no_gateway")
    assert kiosk.uploader.line().cause is WaitCause.SETUP, "the whole line waits, no packet is set aside"


def no_card_is_made(kiosk: Kiosk, desk: Any, p: Permohonan, packet_id: str) -> None:
    """A production desk has no SAM: it says so before a blank card is taken."""
    nik = kiosk.register.read(lambda v: v.permohonan(p.id)).penduduk.nik
    statuses.apply_status(desk, StatusEvent(1, packet_id, nik, StatusSiak.PRINT_READY_RECORD, desk.clock.now()))
    operator = sign_in.sign_in(desk, "siti", PASSWORDS["siti"])
    with pytest.raises(SopViolation) as caught:
        printing.start_card(desk, operator, p.id)
    assert caught.value.message_key == "card.no_sam" and "SAM" in desk.sentences.of(caught.value)
    assert kiosk.register.read(lambda v: v.card_jobs(p.id)) == []
    made_elsewhere_and_handed_over(kiosk, desk, p)


def made_elsewhere_and_handed_over(kiosk: Kiosk, desk: Any, p: Permohonan) -> None:
    """The card of the official machine is recorded, activated against this office's own recording, and given to the holder."""
    acting = officers(kiosk).actors
    operator, boss = acting[Peran.OPERATOR], acting[Peran.SUPERVISOR]
    printing.receive_blangko(desk, boss, ["A-0001", "A-0002"], "BAST-1")
    official_card.record_spoiled(desk, operator, p.id, "A-0001", "Cetakan cacat", second_username="joko", second_password=PASSWORDS["joko"])
    job = official_card.record_made(desk, operator, p.id, "A-0002", looked_at=True)
    assert job.official and current(kiosk, p) is Stage.AKTIVASI
    assert handover.activate(desk, operator, p.id).matched
    while current(kiosk, p) is Stage.SERAH_LOKET:
        handover.move_to_counter(desk, operator, p.id)
    done = handover.hand_over(desk, acting[Peran.PENYERAH], p.id, handover.sign_for_card(desk, p.id))
    proof, balance = kiosk.register.read(lambda v: (v.handover(p.id), v.blangko_balance()))
    assert done.keadaan is Keadaan.SELESAI and proof is not None and proof.activated and proof.card_uid == ""
    assert (balance.baik, balance.rusak, balance.stok, balance.balanced) == (1, 1, 0, True)
    assert kiosk.register.read(lambda v: v.jobs_to_reconcile()) == []


def test_real_drivers_only(kiosk: Kiosk) -> None:
    from ktpel_kiosk.app.devices import compose_office

    drivers = compose_office(kiosk.data, production=True).drivers
    assert drivers and not [d for d in drivers if "simulators" in type(d).__module__]
    (kiosk.data / "devices.toml").write_text('[camera]\ndrivers = ["simulated"]\n')
    try:
        refused = compose_office(kiosk.data, production=True)
        assert {d.trouble.message_key for d in refused.disabled} == {"devices.simulated"}
    finally:
        (kiosk.data / "devices.toml").unlink()


def test_the_windows_run_nothing_of_practice(template: Made, kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("furnish_morning", "Seating"):
        monkeypatch.setattr(practice, name, lambda *_a: pytest.fail("practice in a production office"))
    monkeypatch.setattr(run, "start_gateway_process", lambda *_a: pytest.fail("a practice gateway"))
    monkeypatch.setattr(run, "warm", lambda _k: None)
    behind = run.Behind(kiosk)
    behind.start()
    behind.stop()
    assert kiosk.gateway_url == ""


def test_what_runs_behind_the_windows_is_begun_again_after_a_busy_moment(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch,
                                                                         capsys: pytest.CaptureFixture[str]) -> None:
    there, busy = threading.Event(), [IoFailure("register.busy", path="register.sqlite")] * 2

    def settle(_kiosk: Kiosk) -> None:
        if busy:
            raise busy.pop()

    monkeypatch.setattr(run, "AGAIN_S", (0.01,))
    monkeypatch.setattr(run, "settle_sop", settle)
    monkeypatch.setattr(run, "warm", lambda _k: there.set())
    behind = run.Behind(kiosk)
    behind.start()
    assert there.wait(60)
    behind.stop()
    assert capsys.readouterr().out.count(kiosk.desk.sentences.of(IoFailure("register.busy", path="register.sqlite"))) == 2
    busy = [IoFailure("register.busy", path="register.sqlite")] * 100
    monkeypatch.setattr(run, "AGAIN_S", (600.0,))
    behind = run.Behind(kiosk)
    behind.start()
    behind.stop()  # whoever closes the windows waits for no second try
    assert not behind._thread.is_alive()


def test_run_without_office_opens_what_is_there_or_sets_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(run, "first_run", lambda data, windowed: asked.append(data))
    assert run.run_windows("", tmp_path / "kosong") == 0 and asked == [tmp_path / "kosong"]
    monkeypatch.setattr(run, "open_office", lambda data, office, **_k: (_ for _ in ()).throw(BadInput("office.other", found=str(data))))
    monkeypatch.setattr(run, "first_run", lambda data, windowed: tmp_path / "latihan")
    with pytest.raises(BadInput) as caught:
        run.run_windows("", tmp_path / "kosong")
    assert caught.value.facts["found"] == str(tmp_path / "latihan")


# -- command line ----------------------------------------------------------------------------------------------------------

runner = CliRunner()
ANSWERS = """
sop = "tempeh"
station = "3508080-meja-2"
[office]
nama = "Kecamatan Rowokangkung"
kode_wilayah = "35.08.08"
kecamatan = "ROWOKANGKUNG"
[[officers]]
username = "dewi"
nama = "Dewi"
peran = ["loket", "verifikator", "validator", "operator", "penyerah", "kasi", "camat", "supervisor", "admin"]
"""


def call(*arguments: object) -> Any:
    return runner.invoke(app, [str(a) for a in arguments])


def test_set_up_without_windows_asks_for_passwords(tmp_path: Path) -> None:
    data, file = tmp_path / "data", tmp_path / "jawaban.toml"
    file.write_text(ANSWERS, "utf-8")
    refused = call("setup", "--answers", file, "--data", data)
    assert refused.exit_code == 1 and "KTPEL_SANDI_DEWI" in refused.stderr and not (data / "office.json").exists()
    assert "latihan" in call("keys", "state", "--data", data).stderr


@pytest.mark.gate
def test_set_up_without_windows_and_keys_by_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data, file = tmp_path / "data", tmp_path / "jawaban.toml"
    file.write_text(ANSWERS, "utf-8")
    monkeypatch.setenv("KTPEL_SANDI_DEWI", "sepeda di bawah hujan")
    done = call("setup", "--answers", file, "--data", data)
    assert done.exit_code == 0 and "Akun dewi dibuat." in done.output, done.output
    state = json.loads(call("keys", "state", "--json", "--data", data).output)
    assert state["found"] == {} and len(state["missing"]) == 5
    found = {c.name: c for c in [*doctor._register(data)]}
    assert found["kunci stasiun"].state == "peringatan" and "belum dapat disegel" in found["kunci stasiun"].text
    assert (found["SOP"].state, found["petugas"].state, found["register"].state) == ("baik", "baik", "baik")
    assert "belum dipilih" in found["tempat cadangan"].text and "gateway-address" in found["alamat gateway"].text
    requested = call("keys", "request", "--out", tmp_path / "usb", "--data", data)
    assert requested.exit_code == 0, requested.output
    assert call("keys", "demo-authority", tmp_path / "usb" / "permintaan-3508080-meja-2", "--out", tmp_path / "ca").exit_code == 0
    assert "lengkap" in call("keys", "take", tmp_path / "ca" / "kembalikan", "--data", data).output
    assert call("keys", "state", "--data", data).exit_code == 0
    assert call("gateway-address", "http://x", "--data", data).exit_code == 1
    assert call("gateway-address", "https://gateway.contoh.go.id", "--data", data).exit_code == 0
    copied = call("register", "backup", "--to", tmp_path / "usb", "--data", data)
    assert copied.exit_code == 0 and len(list((tmp_path / "usb").glob("register-*.key"))) == 1
    found = {c.name: c for c in [*doctor._register(data)]}
    assert found["kunci stasiun"].text == "lengkap" and found["alamat gateway"].state == "baik"
    assert "diska yang sama" in found["tempat cadangan"].text
    for command in (("gateway", "--while-stdin"), ("keys", "practice-rotate"), ("demo", "--out", tmp_path / "demo")):
        assert "latihan" in call(*command, "--data", data).stderr.lower(), command


@pytest.mark.gate
def test_every_command_of_an_office_folder_works_on_it(kiosk: Kiosk, template: Made) -> None:
    data = template[0] / "data"
    for command in (("register", "verify"), ("register", "books"), ("blangko", "stock"), ("keys", "receipts"), ("sop", "history"),
                    ("population", "show"), ("calendar", "show"), ("devices", "list", "--json"), ("packet", "list"), ("packet", "check")):
        result = call(*command, "--data", data)
        assert result.exit_code == 0, (command, result.output, result.stderr)


@pytest.mark.parametrize(("text", "word"), [
    ("x =", "TOML"), ('sop = "atlantis"', "atlantis"), ('sop = "tempeh"\npassword = "x"', "password"),
    ('sop = "tempeh"\n[office]\nnama = 3', "nama"), ('sop = "tempeh"\n[[officers]]\nusername = "a"\nnama = "A"\nperan = ["raja"]', "raja")])
def test_a_file_of_answers_that_cannot_be_used(tmp_path: Path, text: str, word: str) -> None:
    file = tmp_path / "jawaban.toml"
    file.write_text(text, "utf-8")
    refused = call("setup", "--answers", file, "--data", tmp_path / "data")
    assert refused.exit_code == 1 and word in refused.stderr and len(refused.stderr.strip().splitlines()) == 1


# -- with the simulated world's drivers, given by the test only -----------------------------------------------------------


@pytest.mark.gate
def test_a_whole_recording_by_given_drivers(tmp_path: Path) -> None:
    clock = PracticeClock(day_start(sops.load("tempeh").kantor))
    setup = FolderSetup(tmp_path / "data", clock=clock, same_disk=another_disk)
    answers = answers_of(setup, tmp_path / "usb")
    authority = answered(setup, tmp_path, answers)
    setup.finish(answers, PASSWORDS, lambda _t: None)
    world = SimulatedWorld(seed=5, out_dir=tmp_path / "perangkat", hands_free=True)
    with open_office(tmp_path / "data", clock=clock, given=world.drivers()) as kiosk:
        kiosk.devices.settle(10.0)
        person = invent(3, SEED, kiosk.desk.sop.kantor, ("ROWOKANGKUNG",), intake.today(kiosk.desk)).penduduk
        walk, p = to_sealing(kiosk, kiosk.desk,
                             lambda _p: world.seat(SEED, person.tanggal_lahir.year, person.jenis_kelamin.value))
        setup.take_certificates(answers.station, authority.back)
        walk.advance(p.id)
        packet = kiosk.register.read(lambda v: v.packet_of(p.id))
        centre = DemoKeys(authority.centre)
        assert packet is not None
        opened = open_packet(tmp_path / "data" / "packets" / packet.path, centre.central_key.read_bytes(),
                             centre.central_cert.read_bytes(), tmp_path / "isi", centre.station_cert.read_bytes())
        assert opened.packet_id == packet.packet_id
        assert Peran.ADMIN in sign_in.sign_in(kiosk.desk, "camat", PASSWORDS["camat"]).peran
    world.close()
