"""Capture, best of N, force, exceptions, same finger twice; each accepted sample durable at once."""

from __future__ import annotations

import pytest
from desk_office import PASSWORD, Office

from ktpel_kiosk.desk import recording, verification
from ktpel_kiosk.desk.intake import assign_number
from ktpel_kiosk.domain.biometric import FINGERS, RIGHT_FOUR, ExceptionKind, Position
from ktpel_kiosk.domain.errors import NotAllowed, NotConnected, QualityTooLow, SignInRefused, SopViolation
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ports.devices import DeviceKind


@pytest.fixture
def seated(office: Office) -> Permohonan:
    """An application at recording whose data the applicant confirmed."""
    p = office.begun()
    assign_number(office.desk, office.actor(Peran.LOKET), p.id)
    verification.verify(office.desk, office.actor(Peran.KASI), p.id)
    verification.validate(office.desk, office.actor(Peran.KASI), p.id)
    p = recording.confirm_data(office.desk, p.id)
    assert p.current().stage is Stage.REKAM
    return p


def test_nothing_is_captured_before_the_applicant_confirmed(office):
    p = office.begun()
    assign_number(office.desk, office.actor(Peran.LOKET), p.id)
    verification.verify(office.desk, office.actor(Peran.KASI), p.id)
    verification.validate(office.desk, office.actor(Peran.KASI), p.id)
    with pytest.raises(SopViolation) as caught:
        recording.capture_face(office.desk, office.actor(Peran.OPERATOR), p.id)
    assert caught.value.message_key == "recording.data_not_confirmed"


def test_pointed_at_field_blocks_until_corrected(office, seated):
    from ktpel_kiosk.desk.correction import correct_biodata

    operator = office.actor(Peran.OPERATOR)
    recording.confirm_data(office.desk, seated.id, ("golongan_darah",))
    with pytest.raises(SopViolation):
        recording.capture_face(office.desk, operator, seated.id)
    fixed = correct_biodata(office.desk, operator, seated.id, golongan_darah=2)
    assert fixed.penduduk.golongan_darah == 2
    assert not fixed.corrections
    recording.confirm_data(office.desk, seated.id)
    assert recording.capture_face(office.desk, operator, seated.id).stored


def test_sample_is_in_the_register_when_the_call_returns(office, seated):
    result = recording.capture_face(office.desk, office.actor(Peran.OPERATOR), seated.id)
    kept = office.desk.register.read(lambda v: v.samples(seated.id))
    assert [s.id for s in kept] == [result.stored[0].id]
    assert kept[0].best
    assert "SampleAccepted" in office.events(seated)


def test_best_of_n_keeps_the_highest_score(office, seated):
    office.judge.scores[Position.FACE] = [50, 90, 70]
    for _ in range(3):
        recording.capture_face(office.desk, office.actor(Peran.OPERATOR), seated.id)
    samples = office.desk.register.read(lambda v: v.samples(seated.id))
    assert [(s.quality.score, s.best) for s in samples] == [(50, False), (90, True), (70, False)]


def test_score_at_the_threshold_passes(office, seated):
    office.judge.scores[Position.RIGHT_INDEX] = [office.desk.thresholds.index]
    result = recording.capture_fingers(office.desk, office.actor(Peran.OPERATOR), seated.id, (Position.RIGHT_INDEX,))
    assert result.status.of(Position.RIGHT_INDEX).state == "captured"


def test_force_only_after_all_tries(office, seated):
    operator = office.actor(Peran.OPERATOR)
    office.judge.scores[Position.FACE] = [10]
    recording.capture_face(office.desk, operator, seated.id)
    with pytest.raises(QualityTooLow) as caught:
        recording.force_position(office.desk, operator, seated.id, Position.FACE, "cahaya kurang")
    assert caught.value.facts["limit"] == 3
    recording.capture_face(office.desk, operator, seated.id)
    recording.capture_face(office.desk, operator, seated.id)
    status = recording.force_position(office.desk, operator, seated.id, Position.FACE, "cahaya kurang")
    assert status.of(Position.FACE).state == "forced"
    forced = [s for s in office.desk.register.read(lambda v: v.samples(seated.id)) if s.forced]
    assert len(forced) == 1
    assert len(office.desk.register.read(lambda v: v.samples(seated.id))) == 3


def test_same_finger_twice_is_refused_and_nothing_stored(office, seated):
    operator = office.actor(Peran.OPERATOR)
    recording.capture_fingers(office.desk, operator, seated.id, (Position.RIGHT_INDEX,))
    office.judge.same.add(frozenset({Position.RIGHT_MIDDLE, Position.RIGHT_INDEX}))
    result = recording.capture_fingers(office.desk, operator, seated.id, (Position.RIGHT_MIDDLE,))
    assert result.refused == ("finger.same_as",)
    assert dict(result.refused_facts)["found"] == "right_index"
    assert result.status.of(Position.RIGHT_MIDDLE).state == "missing"


def test_exception_needs_another_officer_who_may_approve(office, seated):
    operator = office.actor(Peran.OPERATOR)
    arguments = (office.desk, operator, seated.id, Position.LEFT_LITTLE, ExceptionKind.BANDAGED, "dibalut")
    with pytest.raises(SignInRefused) as same:
        recording.record_exception(*arguments, "operator", PASSWORD)
    assert same.value.message_key == "sign_in.same_person"
    with pytest.raises(SignInRefused):
        recording.record_exception(*arguments, "kasi", "salah")
    with pytest.raises(NotAllowed):
        recording.record_exception(*arguments, "loket", PASSWORD)
    status = recording.record_exception(*arguments, "kasi", PASSWORD)
    assert status.of(Position.LEFT_LITTLE).done
    assert Position.LEFT_LITTLE not in status.next_slap()


def test_slaps_come_in_4_4_2_and_skip_what_is_done(office, seated):
    operator = office.actor(Peran.OPERATOR)
    asked = []
    while slap := recording.recording_status(office.desk, seated.id).next_slap():
        asked.append(slap)
        recording.capture_fingers(office.desk, operator, seated.id, slap)
    assert asked[0] == RIGHT_FOUR
    assert [len(s) for s in asked] == [4, 4, 2]
    assert {f for s in asked for f in s} == set(FINGERS)


def test_finish_names_what_is_missing(office, seated):
    with pytest.raises(SopViolation) as caught:
        recording.finish_recording(office.desk, office.actor(Peran.OPERATOR), seated.id)
    assert caught.value.facts == {"count": 14, "position": "face"}


def test_missing_device_is_said_and_other_work_goes_on(office, seated):
    operator = office.actor(Peran.OPERATOR)
    office.bench.trouble[DeviceKind.FINGERPRINT] = NotConnected("device.not_connected", device_kind="fingerprint")
    with pytest.raises(NotConnected):
        recording.capture_fingers(office.desk, operator, seated.id, RIGHT_FOUR)
    assert recording.capture_face(office.desk, operator, seated.id).stored


def test_session_reopens_at_the_next_missing_position(office, seated):
    operator = office.actor(Peran.OPERATOR)
    recording.capture_face(office.desk, operator, seated.id)
    recording.capture_fingers(office.desk, operator, seated.id, RIGHT_FOUR)
    status = recording.recording_status(office.desk, seated.id)
    assert status.missing[0] is Position.RIGHT_THUMB
    assert status.next_slap()[0] is Position.LEFT_INDEX


def test_counter_may_not_record(office, seated):
    with pytest.raises(NotAllowed):
        recording.capture_face(office.desk, office.actor(Peran.LOKET), seated.id)
