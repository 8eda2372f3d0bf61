"""A resident recorded years ago gets a new card: real gateway, signed material, and the finger that fits it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.demo import connect, day_start, sign_everybody_in
from ktpel_kiosk.app.office import village_names
from ktpel_kiosk.app.practice import seat
from ktpel_kiosk.app.residents import recorded_earlier, residents
from ktpel_kiosk.app.sops import load
from ktpel_kiosk.app.walk import Walk
from ktpel_kiosk.app.wiring import open_practice_kiosk, pump
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Layanan, Stage
from ktpel_kiosk.hal.simulators.world import SimulatedWorld


def _recorded_today_and_lost(kiosk, walk, permohonan_id, who) -> None:
    """Recorded at this desk, the card lost the same day: the centre makes the material out of the packet it opened."""
    walk.advance(permohonan_id)
    for _ in range(4):
        pump(kiosk)
        kiosk.clock.advance(30)
    first = walk.advance(permohonan_id)
    assert first.keadaan is Keadaan.SELESAI
    again = walk.advance(walk.intake(who, Layanan.HILANG).id)
    assert again.sudah_rekam == "register"
    pump(kiosk)
    assert walk.advance(again.id).keadaan is Keadaan.SELESAI
    assert len(kiosk.register.read(lambda v: v.packets())) == 1


@pytest.mark.gate
@pytest.mark.timeout(240)
def test_lost_card_of_a_resident_is_replaced_and_activated(tmp_path: Path) -> None:
    kantor = load("tempeh").kantor
    people = list(enumerate(residents(kantor, village_names(kantor.kode_wilayah), 12)))
    earlier = next(w for i, w in people if recorded_earlier(i))
    never = next(w for i, w in people if not recorded_earlier(i))
    clock = PracticeClock(day_start(kantor))
    world = SimulatedWorld(seed=1, out_dir=tmp_path / "perangkat")
    with open_practice_kiosk(tmp_path / "kantor", "tempeh", clock=clock, world=world) as kiosk:
        kiosk.devices.settle(10.0)
        connect(kiosk)

        def card_to_reader(job_id: str) -> None:
            job = kiosk.register.read(lambda v: v.card_job(job_id))
            world.card_in_reader(job.printer_job)

        walk = Walk(kiosk.desk, sign_everybody_in(kiosk), seat=lambda p: seat(kiosk, p), card_to_reader=card_to_reader,
                    work_for=clock.advance, rng=random.Random(1))
        lost = walk.advance(walk.intake(earlier, Layanan.HILANG, sudah_rekam="kartu").id)
        assert lost.current().stage is Stage.MENUNGGU_PRR
        kiosk.simulator.stop()
        pump(kiosk)
        assert kiosk.register.read(lambda v: v.permohonan(lost.id)).current().pause_reason == "jaringan"
        kiosk.simulator.start()
        mistaken = walk.advance(walk.intake(never, Layanan.HILANG, sudah_rekam="kartu").id)
        pump(kiosk)
        done = walk.advance(lost.id)
        assert done.keadaan is Keadaan.SELESAI
        assert any(t.stage is Stage.AKTIVASI and t.outcome == "aktif" for t in done.tahap)
        assert kiosk.register.read(lambda v: v.permohonan(mistaken.id)).current().stage is Stage.REKAM
        _recorded_today_and_lost(kiosk, walk, mistaken.id, never)
        assert kiosk.register.check_audit().whole
