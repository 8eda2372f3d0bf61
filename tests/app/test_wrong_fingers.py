"""A simulated sitter at the real desk, judged by the real biometrics: what the issue wants caught is caught, and nobody is trapped."""

from __future__ import annotations

import pytest

from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.demo import Day, DemoOptions, day_start
from ktpel_kiosk.app.population import invent
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.desk import intake, recording, refusals, verification
from ktpel_kiosk.domain.biometric import EYES, LEFT_FOUR, RIGHT_FOUR, Modality, Position, SignatureKind
from ktpel_kiosk.domain.errors import CaptureFailed
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.hal.simulators.world import SimulatedWorld


@pytest.mark.gate
def test_swapped_duplicated_and_missing_fingers_and_eyes_are_caught(tmp_path):
    from ktpel_kiosk.app import sops

    clock = PracticeClock(day_start(sops.load("tempeh").kantor))
    world = SimulatedWorld(seed=5, out_dir=tmp_path / "perangkat")
    with open_practice_kiosk(tmp_path / "data", "tempeh", clock=clock, world=world) as kiosk:
        kiosk.devices.settle(10.0)
        day = Day(kiosk, clock, DemoOptions("tempeh", 1, tmp_path / "out"), lambda _t: None)
        desk, walk = kiosk.desk, day.walk
        who = invent(3, 7, desk.sop.kantor, ("TEMPEH LOR",), intake.today(desk))
        p = walk.intake(who, Layanan.BARU_WNI)
        day.people[p.id] = who
        officers = day.officers
        operator = officers.actors[Peran.OPERATOR]
        intake.assign_number(desk, officers.actors[Peran.LOKET], p.id)
        verification.verify(desk, officers.actors[Peran.KASI], p.id)
        while (tahap := desk.register.read(lambda v: v.permohonan(p.id)).current()) is not None and tahap.stage is Stage.VALIDASI:
            verification.validate(desk, officers.actors[Peran.KASI], p.id)
        recording.confirm_data(desk, operator, p.id)
        kiosk.seat(p.id, who.seed, who.penduduk)

        def touch(fault: str, asked=RIGHT_FOUR):
            if fault:
                world.faults.add("fingerprint", fault)
            try:
                return recording.capture_fingers(desk, operator, p.id, asked).refused
            except CaptureFailed as error:
                return (error.message_key,)

        def look(fault: str):
            if fault:
                world.faults.add("iris", fault)
            try:
                return recording.capture_irises(desk, operator, p.id).refused
            except CaptureFailed as error:
                return (error.message_key,)

        assert touch("same_finger_twice") == ("finger.same_twice",)
        assert touch("missing_finger") == ("finger.count",)
        assert touch("six_tips") == ("finger.count",)
        assert touch("") == ()
        assert touch("wrong_hand", LEFT_FOUR)[0] in ("finger.other_hand", "finger.wrong_hand")
        assert touch("", LEFT_FOUR) == ()
        assert look("same_eye_twice") == ("iris.same_twice",)
        assert look("") == ()
        assert look("swapped")[0] in ("iris.swapped", "iris.same_as")
        stamp = recording.capture_signature(desk, operator, p.id, SignatureKind.CAP_JEMPOL)
        assert stamp.stored[0].position.modality is Modality.SIGNATURE
        caught = desk.register.read(lambda v: refusals.caught(v, p.id))
        assert [c["reason"] for c in caught][:3] == ["finger.same_twice", "finger.count", "finger.count"]
        best = {s.position for s in desk.register.read(lambda v: v.samples(p.id, with_data=False)) if s.best}
        assert best >= {*RIGHT_FOUR, *LEFT_FOUR, *EYES}
        assert Position.SIGNATURE in best
