"""From an empty folder and one bundle to an applicant who leaves with the card: nothing else is brought to the desk."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
import test_setup_desk
from provision_office import bundle, signer
from setup_office import another_disk
from test_setup_desk import SEED, Pictures, current, no_card_is_made, officers

from desk.doubles import Bench
from ktpel_kiosk.app import provision, sops
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.demo import day_start
from ktpel_kiosk.app.maintenance import CONSOLE
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.setup import FolderSetup
from ktpel_kiosk.app.walk import Walk
from ktpel_kiosk.app.wiring import open_office
from ktpel_kiosk.desk import intake, population
from ktpel_kiosk.domain.errors import IoFailure
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.packet import demo_authority
from ktpel_kiosk.packet.keys import DemoKeys
from ktpel_kiosk.packet.open import open_packet
from ktpel_kiosk.packet.station_keys import StationKeys

STATION = "3508080-meja-1"
pytestmark = pytest.mark.gate


def test_one_stick_and_a_served_applicant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = PracticeClock(day_start(sops.load("tempeh").kantor))
    keys = tmp_path / "rencana" / "kunci" / STATION
    requests = StationKeys(keys).write_requests(STATION, "Kecamatan Rowokangkung", tmp_path)
    back = demo_authority.answer_requests(requests, tmp_path / "otoritas", clock.now())
    for file in back.iterdir():
        (keys / file.name).write_bytes(file.read_bytes())
    made = bundle(tmp_path, [signer()], at=clock.now(), more='keys = "kunci"', people=50)

    setup = FolderSetup(tmp_path / "data", clock=clock, same_disk=another_disk)
    setup.data.mkdir()
    setup.finish(setup.open_bundle(made.file, made.phrase).answers, {}, lambda _t: None)
    monkeypatch.setattr(test_setup_desk, "PASSWORDS", made.passwords)
    with open_office(setup.data, clock=clock) as kiosk:
        desk = replace(kiosk.desk, devices=Bench(), biometrics=Pictures())
        assert population.find(desk, "3508080201900001") is not None, "the loket knows the residents"
        walk = Walk(desk, officers(kiosk), lambda _p: None, lambda _j: None, rng=random.Random(1))
        p = walk.intake(invent(3, SEED, desk.sop.kantor, ("ROWOKANGKUNG",), intake.today(desk)), Layanan.BARU_WNI)
        walk.advance(p.id)
        assert current(kiosk, p) is Stage.MENUNGGU_PRR, "sealed on the first day"
        packet = kiosk.register.read(lambda v: v.packet_of(p.id))
        centre = DemoKeys(tmp_path / "otoritas" / demo_authority.CENTRE)
        opened = open_packet(setup.data / "packets" / packet.path, centre.central_key.read_bytes(), centre.central_cert.read_bytes(),
                             tmp_path / "dibuka", centre.station_cert.read_bytes())
        assert opened.packet_id == packet.packet_id
        no_card_is_made(kiosk, desk, p, packet.packet_id)  # the official machine makes it; recorded, activated, handed over
        assert kiosk.register.check_audit().whole


def test_cut_off_between_register_and_files_the_same_bundle_finishes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dinas, clock = signer(), PracticeClock(day_start(sops.load("tempeh").kantor))
    first = bundle(tmp_path / "a", [dinas], at=clock.now())
    setup = FolderSetup(tmp_path / "data", clock=clock, same_disk=another_disk)
    setup.data.mkdir()
    setup.finish(setup.open_bundle(first.file, first.phrase).answers, {}, lambda _t: None)
    requests = StationKeys(setup.data / "keys").write_requests(STATION, "Kantor", tmp_path)
    back = demo_authority.answer_requests(requests, tmp_path / "otoritas", clock.now())
    clock.advance(120)
    later = bundle(tmp_path / "b", [dinas], at=clock.now(), officers="",
                   more=f'follow_up = true\ncertificates = ["{back}"]\ngateway_url = "https://gateway.contoh.go.id"')
    with open_office(setup.data, clock=clock) as kiosk:
        content = provision.opened(later.file, later.phrase)

        def cut(_self: object) -> None:
            raise IoFailure("storage.io", path="x", errno=5)

        with monkeypatch.context() as broken:
            broken.setattr(provision.Files, "put", cut)
            with pytest.raises(IoFailure):
                provision.take_into(kiosk, CONSOLE, content)
        assert len(StationKeys(setup.data / "keys").missing()) == 5
        assert provision.take_into(kiosk, CONSOLE, content).again
    assert StationKeys(setup.data / "keys").missing() == ()
    with open_office(setup.data, clock=clock) as kiosk:
        assert kiosk.settings.gateway_url == "https://gateway.contoh.go.id"
