"""Capture, best of N, force, exceptions, same finger twice; each accepted sample durable at once."""

from __future__ import annotations

import doubles
import pytest
from desk_office import PASSWORD, Office

from ktpel_kiosk.desk import capture_rules, recording, refusals, verification
from ktpel_kiosk.desk.intake import assign_number
from ktpel_kiosk.domain.biometric import (
    EYES,
    FINGERS,
    LEFT_FOUR,
    RIGHT_FOUR,
    THUMBS,
    ExceptionKind,
    Position,
    SignatureKind,
)
from ktpel_kiosk.domain.capture_rules import BestOf, CaptureRules, Limit
from ktpel_kiosk.domain.errors import (
    BadInput,
    CaptureFailed,
    EnvironmentTrouble,
    NotAllowed,
    NotConnected,
    QualityTooLow,
    SignInRefused,
    SopViolation,
)
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
    p = recording.confirm_data(office.desk, office.actor(Peran.OPERATOR), p.id)
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
    recording.confirm_data(office.desk, operator, seated.id, ("golongan_darah",))
    with pytest.raises(SopViolation):
        recording.capture_face(office.desk, operator, seated.id)
    fixed = correct_biodata(office.desk, operator, seated.id, golongan_darah=2)
    assert fixed.penduduk.golongan_darah == 2
    assert not fixed.corrections
    recording.confirm_data(office.desk, operator, seated.id)
    assert recording.capture_face(office.desk, operator, seated.id).stored


def test_answers_of_the_applicant_are_taken_by_the_officer_of_the_step(office):
    """"Sudah benar" pressed at the applicant's screen while a head sits at the desk: nobody recorded it, so it counts for nothing."""
    from ktpel_kiosk.desk import sealing

    asked, ready = office.at(Stage.REKAM, 1), office.at(Stage.KIRIM, 2)
    length = office.desk.register.read(lambda v: v.audit_length())
    for peran in (Peran.KASI, Peran.LOKET):
        for answer, p in ((recording.confirm_data, asked), (sealing.applicant_confirms, ready)):
            with pytest.raises(NotAllowed) as refused:
                answer(office.desk, office.actor(peran), p.id)
            assert refused.value.message_key == "access.stage"
    assert office.desk.register.read(lambda v: v.permohonan(asked.id)).confirmed_at is None
    assert office.desk.register.read(lambda v: v.audit_length()) == length


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
    office.judge.scores[Position.RIGHT_INDEX] = [office.desk.capture_rules.minimum(Position.RIGHT_INDEX)]
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


# -- the wrong finger, hand or eye ------------------------------------------------------------------------------------


def alike(office, *pairs):
    office.judge.same |= {frozenset(p) for p in pairs}


def best_of(office, p):
    return {s.position: s for s in office.desk.register.read(lambda v: v.samples(p.id)) if s.best}


def refused_until_kept(office, p, positions):
    """The same refused touch as often as it may be tried."""
    operator = office.actor(Peran.OPERATOR)
    return [recording.capture_fingers(office.desk, operator, p.id, positions) for _ in range(3)][-1]


def test_same_finger_twice_in_one_touch(office, seated):
    alike(office, (Position.RIGHT_INDEX, Position.RIGHT_MIDDLE))
    result = recording.capture_fingers(office.desk, office.actor(Peran.OPERATOR), seated.id, RIGHT_FOUR)
    assert result.refused == ("finger.same_twice",)
    assert dict(result.refused_facts) == {"position": "right_middle", "found": "right_index"}
    assert not result.stored
    assert {a.position for a in result.shown} == set(RIGHT_FOUR)
    assert best_of(office, seated) == {}


def test_the_other_hand_on_the_glass(office, seated):
    operator = office.actor(Peran.OPERATOR)
    recording.capture_fingers(office.desk, operator, seated.id, RIGHT_FOUR)
    alike(office, *zip(LEFT_FOUR, reversed(RIGHT_FOUR), strict=True))  # the right hand as it lies when the left one is asked
    result = recording.capture_fingers(office.desk, operator, seated.id, LEFT_FOUR)
    assert result.refused == ("finger.other_hand",)
    assert not result.may_keep
    alike(office, (Position.LEFT_INDEX, Position.RIGHT_INDEX))
    single = recording.capture_fingers(office.desk, operator, seated.id, (Position.LEFT_INDEX,))
    assert single.refused == ("finger.other_hand",)


def test_one_finger_of_the_other_hand_is_a_finger_already_taken(office, seated):
    """As in the sample valid1.8: the left thumb is the right index."""
    operator = office.actor(Peran.OPERATOR)
    recording.capture_fingers(office.desk, operator, seated.id, RIGHT_FOUR)
    alike(office, (Position.LEFT_THUMB, Position.RIGHT_INDEX))
    result = recording.capture_fingers(office.desk, operator, seated.id, THUMBS)
    assert result.refused == ("finger.same_as",)
    assert dict(result.refused_facts) == {"position": "left_thumb", "found": "right_index"}
    facts = office.desk.register.read(lambda v: v.audit(subject=seated.id))[-1]
    assert (facts.event, facts.facts["reason"], facts.facts["found"], facts.facts["attempt"]) == (
        "CaptureRefused", "finger.same_as", "right_index", 1)


def test_wrong_hand_by_shape_is_refused_until_a_second_officer_agrees(office, seated):
    operator = office.actor(Peran.OPERATOR)
    office.judge.hints[Position.RIGHT_INDEX] = ("finger.wrong_hand",)
    last = refused_until_kept(office, seated, RIGHT_FOUR)
    assert last.refused == ("finger.wrong_hand",)
    assert last.may_keep
    kept = recording.keep_refused(office.desk, operator, seated.id, "jari bengkok sejak lahir", "kasi", PASSWORD)
    assert {s.position for s in kept.stored} == set(RIGHT_FOUR)
    assert kept.status.of(Position.RIGHT_INDEX).state == "captured"


def test_a_repeated_conflict_does_not_trap_the_citizen(office, seated):
    """Kept with a second officer's signature after the tries, or excused; the pair is not asked about again."""
    operator = office.actor(Peran.OPERATOR)
    recording.capture_fingers(office.desk, operator, seated.id, RIGHT_FOUR)
    alike(office, (Position.LEFT_THUMB, Position.RIGHT_INDEX))
    recording.capture_fingers(office.desk, operator, seated.id, THUMBS)
    with pytest.raises(QualityTooLow) as early:
        recording.keep_refused(office.desk, operator, seated.id, "luka", "kasi", PASSWORD)
    assert (early.value.message_key, early.value.facts["attempt"], early.value.facts["limit"]) == ("recording.refusals_left", 1, 3)
    for _ in range(2):
        result = recording.capture_fingers(office.desk, operator, seated.id, THUMBS)
    assert result.may_keep
    assert result.status.of(Position.LEFT_THUMB).refused == 3
    with pytest.raises(SignInRefused):
        recording.keep_refused(office.desk, operator, seated.id, "luka", "operator", PASSWORD)
    with pytest.raises(BadInput):
        recording.keep_refused(office.desk, operator, seated.id, "  ", "kasi", PASSWORD)
    kept = recording.keep_refused(office.desk, operator, seated.id, "bekas luka", "kasi", PASSWORD)
    assert set(THUMBS) == {s.position for s in kept.stored}
    approvals = office.desk.register.read(lambda v: v.approvals(seated.id))
    assert [(a.kind, a.officer) for a in approvals][-1] == ("tetap_pakai", "kasi")
    from ktpel_kiosk.desk.approvals import states
    assert states(office.desk, seated.id)[approvals[-1].id] == "sah"
    again = recording.capture_fingers(office.desk, operator, seated.id, THUMBS)
    assert again.stored
    with pytest.raises(SopViolation) as gone:
        recording.keep_refused(office.desk, operator, seated.id, "lagi", "kasi", PASSWORD)
    assert gone.value.message_key == "recording.nothing_refused"


def test_excusing_the_conflicting_finger_lets_the_others_go_on(office, seated):
    operator = office.actor(Peran.OPERATOR)
    recording.capture_fingers(office.desk, operator, seated.id, RIGHT_FOUR)
    recording.capture_fingers(office.desk, operator, seated.id, LEFT_FOUR)
    alike(office, (Position.LEFT_THUMB, Position.RIGHT_INDEX))
    refused_until_kept(office, seated, THUMBS)
    status = recording.record_exception(
        office.desk, operator, seated.id, Position.LEFT_THUMB, ExceptionKind.UNREADABLE, "sama dengan telunjuk", "kasi", PASSWORD)
    assert status.next_slap() == (Position.RIGHT_THUMB,)
    assert recording.capture_fingers(office.desk, operator, seated.id, status.next_slap()).stored


def test_the_accepted_finger_was_the_wrong_one(office, seated):
    operator = office.actor(Peran.OPERATOR)
    office.judge.scores = {Position.RIGHT_INDEX: [90, 40]}
    recording.capture_fingers(office.desk, operator, seated.id, (Position.RIGHT_INDEX,))  # really the middle finger
    alike(office, (Position.RIGHT_INDEX, Position.RIGHT_MIDDLE))
    assert recording.capture_fingers(office.desk, operator, seated.id, (Position.RIGHT_MIDDLE,)).refused
    office.judge.same.clear()
    recording.capture_fingers(office.desk, operator, seated.id, (Position.RIGHT_INDEX,), instead=True)
    assert best_of(office, seated)[Position.RIGHT_INDEX].quality.score == 40
    assert office.desk.register.read(lambda v: v.audit(subject=seated.id))[-1].facts["instead"] is True


def test_refusals_are_counted_from_the_audit(office, seated):
    alike(office, (Position.RIGHT_INDEX, Position.RIGHT_MIDDLE))
    refused_until_kept(office, seated, RIGHT_FOUR)
    office.desk.held.drop(seated.id)  # as after a power cut
    with pytest.raises(SopViolation) as caught:
        recording.keep_refused(office.desk, office.actor(Peran.OPERATOR), seated.id, "luka", "kasi", PASSWORD)
    assert caught.value.message_key == "recording.nothing_refused"
    result = recording.capture_fingers(office.desk, office.actor(Peran.OPERATOR), seated.id, RIGHT_FOUR)
    assert (result.refusals, result.may_keep) == (4, True)


def test_a_missing_finger_is_audited_and_named(office, seated):
    office.judge.failures = [CaptureFailed("finger.count", device_kind="fingerprint", expected=4, found=3, position="right_little")]
    with pytest.raises(CaptureFailed):
        recording.capture_fingers(office.desk, office.actor(Peran.OPERATOR), seated.id, RIGHT_FOUR)
    seen = office.desk.register.read(lambda v: refusals.caught(v, seated.id))
    assert seen == [{"reason": "finger.count", "asked": "right_index,right_middle,right_ring,right_little", "position": "right_little",
                     "found": "3", "expected": "4"}]
    assert recording.recording_status(office.desk, seated.id).of(Position.RIGHT_LITTLE).refused == 0


def test_one_eye_twice_and_eyes_swapped_between_attempts(office, seated):
    operator = office.actor(Peran.OPERATOR)
    right, left = EYES
    alike(office, EYES)
    twice = recording.capture_irises(office.desk, operator, seated.id)
    assert twice.refused == ("iris.same_twice",)
    office.judge.same.clear()
    office.judge.scores = {right: [20], left: [20]}
    assert recording.capture_irises(office.desk, operator, seated.id).stored
    crossed = EyesCrossed()
    office.judge.iris_conflicts = crossed  # type: ignore[method-assign]
    assert recording.capture_irises(office.desk, operator, seated.id).refused == ("iris.swapped",)
    assert recording.capture_irises(office.desk, operator, seated.id, (left,)).refused == ("iris.same_as",)
    assert recording.capture_irises(office.desk, operator, seated.id, instead=True).stored
    assert crossed.accepted[-1] == ()


def test_eyes_that_look_like_the_other_side_are_kept_with_the_hint_first(office, seated, monkeypatch):
    monkeypatch.setattr(office.judge, "iris_hints", lambda eyes: ("iris.maybe_swapped",) if len(eyes) == 2 else ())
    stored = recording.capture_irises(office.desk, office.actor(Peran.OPERATOR), seated.id).stored
    assert [s.quality.hints[0] for s in stored] == ["iris.maybe_swapped"] * 2
    (left,) = recording.capture_irises(office.desk, office.actor(Peran.OPERATOR), seated.id, (Position.LEFT_EYE,)).stored
    assert "iris.maybe_swapped" not in left.quality.hints


class EyesCrossed:
    """Every new eye is the accepted one of the other side."""

    def __init__(self) -> None:
        self.accepted: list[tuple[Position, ...]] = []

    def __call__(self, new, accepted):
        from ktpel_kiosk.ports.services import Conflict
        self.accepted.append(tuple(p for p, _ in accepted))
        return [Conflict(p, q, 0.8) for p, _ in new for q, _ in accepted if p is not q]


# -- which attempt counts ---------------------------------------------------------------------------------------------


def set_rules(office, rules):
    return capture_rules.change(office.desk, office.actor(Peran.SUPERVISOR), rules)


def four(office, p, *scores):
    office.judge.scores = {f: [s] for f, s in zip(RIGHT_FOUR, scores, strict=True)}
    return recording.capture_fingers(office.desk, office.actor(Peran.OPERATOR), p.id, RIGHT_FOUR)


def test_bsi_keeps_the_slap_whole_and_asks_for_it_whole(office, seated):
    first = four(office, seated, 40, 12, 30, 30)
    assert first.status.of(Position.RIGHT_MIDDLE).state == "low"
    assert first.status.next_slap() == RIGHT_FOUR
    four(office, seated, 35, 50, 50, 5)
    assert {s.attempt for s in best_of(office, seated).values()} == {1}
    done = four(office, seated, 31, 21, 11, 11)
    assert {s.attempt for s in best_of(office, seated).values()} == {3}
    assert done.status.next_slap() == LEFT_FOUR
    groups = recording.touches(office.desk.register.read(lambda v: v.samples(seated.id)))
    assert [len(g) for g in groups] == [4, 4, 4]


def test_highest_asks_only_for_the_finger_below_and_takes_each_at_its_best(office, seated):
    set_rules(office, CaptureRules(best_of=BestOf.TERTINGGI))
    first = four(office, seated, 40, 12, 30, 30)
    assert first.status.next_slap() == (Position.RIGHT_MIDDLE,)
    four(office, seated, 35, 50, 50, 5)
    assert [best_of(office, seated)[f].quality.score for f in RIGHT_FOUR] == [40, 50, 50, 30]


def test_thresholds_and_tries_are_per_finger(office, seated):
    set_rules(office, CaptureRules().with_limits({Position.RIGHT_LITTLE: Limit(60, 1), Position.RIGHT_INDEX: Limit(10, 5)}))
    result = four(office, seated, 12, 40, 40, 40)
    assert result.status.of(Position.RIGHT_INDEX).state == "captured"
    little = result.status.of(Position.RIGHT_LITTLE)
    assert (little.state, little.tries_left) == ("low", 0)
    status = recording.force_position(office.desk, office.actor(Peran.OPERATOR), seated.id, Position.RIGHT_LITTLE, "jari kasar")
    assert status.of(Position.RIGHT_LITTLE).state == "forced"
    assert status.next_slap() == LEFT_FOUR


def test_without_nfiq2_an_office_may_ask_for_force(office, seated):
    set_rules(office, CaptureRules(tanpa_nfiq2=False))
    assert four(office, seated, 80, 80, 80, 80).status.of(Position.RIGHT_INDEX).state == "low"
    office.judge.algorithm = "NFIQ2 2.3.0"
    assert four(office, seated, 80, 80, 80, 80).status.of(Position.RIGHT_INDEX).state == "captured"


def test_a_session_keeps_the_rules_it_began_with(office, seated):
    four(office, seated, 35, 35, 35, 35)
    office.clock.advance(1.0)
    set_rules(office, CaptureRules().with_limits({Position.RIGHT_INDEX: Limit(80, 3)}))
    assert recording.recording_status(office.desk, seated.id).of(Position.RIGHT_INDEX).state == "captured"
    assert capture_rules.current(office.desk).minimum(Position.RIGHT_INDEX) == 80


def test_rules_are_set_by_who_may_and_audited(office, seated):
    with pytest.raises(NotAllowed):
        capture_rules.change(office.desk, office.actor(Peran.OPERATOR), CaptureRules())
    set_rules(office, CaptureRules(best_of=BestOf.TERTINGGI))
    link = office.desk.register.read(lambda v: v.audit(subject=capture_rules.SETTING))[-1]
    assert link.facts["value"] == "pilih bsi > tertinggi"
    for _ in range(capture_rules.KEPT_VERSIONS + 3):
        set_rules(office, CaptureRules())
    assert capture_rules.current(office.desk) == CaptureRules()


# -- background and thumb print ---------------------------------------------------------------------------------------


def test_background_is_replaced_only_where_the_office_allows_it(office, seated):
    operator = office.actor(Peran.OPERATOR)
    with pytest.raises(SopViolation) as caught:
        recording.capture_face(office.desk, operator, seated.id, replace_background=True)
    assert caught.value.message_key == "recording.background_fixed"
    set_rules(office, CaptureRules(ganti_latar=True))
    recording.capture_face(office.desk, operator, seated.id)
    recording.capture_face(office.desk, operator, seated.id, replace_background=True)
    assert office.judge.replaced == [False, True]
    links = [link for link in office.desk.register.read(lambda v: v.audit(subject=seated.id)) if link.event == "SampleAccepted"]
    assert [link.facts.get("replaced_background") for link in links] == [None, True]


def test_thumb_print_comes_from_the_scanner_of_a_finger_that_is_there(office, seated):
    operator = office.actor(Peran.OPERATOR)
    office.bench.trouble[DeviceKind.SIGNATURE] = NotConnected("device.not_connected", device_kind="signature")
    result = recording.capture_signature(office.desk, operator, seated.id, SignatureKind.CAP_JEMPOL)
    assert office.bench.touches[-1] == (Position.LEFT_THUMB,)
    assert (result.stored[0].position, result.stored[0].signature_kind) == (Position.SIGNATURE, SignatureKind.CAP_JEMPOL)
    for finger in THUMBS:
        recording.record_exception(office.desk, operator, seated.id, finger, ExceptionKind.BANDAGED, "dibalut", "kasi", PASSWORD)
    recording.capture_signature(office.desk, operator, seated.id, SignatureKind.CAP_JEMPOL)
    assert office.bench.touches[-1] == (Position.RIGHT_INDEX,)
    del office.bench.trouble[DeviceKind.SIGNATURE]
    pen = recording.capture_signature(office.desk, operator, seated.id, SignatureKind.GARIS)
    assert best_of(office, seated)[Position.SIGNATURE].id == pen.stored[0].id


def stamp(office, p):
    return recording.capture_signature(office.desk, office.actor(Peran.OPERATOR), p.id, SignatureKind.CAP_JEMPOL)


def test_thumb_print_of_somebody_else_is_refused(office, seated):
    office.judge.print_of_another = True
    assert stamp(office, seated).stored, "no thumb was recorded yet, so that there is nothing to compare with"
    recording.capture_fingers(office.desk, office.actor(Peran.OPERATOR), seated.id, THUMBS)
    before = best_of(office, seated)[Position.SIGNATURE].id
    result = stamp(office, seated)
    assert (result.stored, result.refused) == ((), ("signature.other_finger",))
    assert dict(result.refused_facts) == {"position": "signature", "found": "left_thumb"}
    assert best_of(office, seated)[Position.SIGNATURE].id == before
    link = office.desk.register.read(lambda v: v.audit(subject=seated.id))[-1]
    assert (link.event, link.facts["reason"], link.facts["asked"]) == ("CaptureRefused", "signature.other_finger", "signature")
    office.judge.print_of_another = False
    assert stamp(office, seated).stored


def test_thumb_print_is_not_compared_with_a_finger_below_its_threshold(office, seated):
    office.judge.scores[Position.LEFT_THUMB] = [1]
    recording.capture_fingers(office.desk, office.actor(Peran.OPERATOR), seated.id, THUMBS)
    office.judge.print_of_another = True
    assert stamp(office, seated).stored


def test_thumb_print_is_taken_where_fingers_cannot_be_compared(office, seated, monkeypatch):
    recording.capture_fingers(office.desk, office.actor(Peran.OPERATOR), seated.id, THUMBS)

    def missing(probe, reference):
        raise EnvironmentTrouble("biometrics.nbis_missing", cause="uji")

    monkeypatch.setattr(office.judge, "compare_fingers", missing)
    assert stamp(office, seated).stored


def test_a_thumb_print_that_never_matches_does_not_trap_the_citizen(office, seated):
    operator = office.actor(Peran.OPERATOR)
    recording.capture_fingers(office.desk, operator, seated.id, THUMBS)
    office.judge.print_of_another = True
    tries = [stamp(office, seated) for _ in range(3)]
    assert [t.may_keep for t in tries] == [False, False, True]
    kept = recording.keep_refused(office.desk, operator, seated.id, "ibu jari tergores, dilihat berdua", "kasi", PASSWORD)
    assert [(s.position, s.signature_kind) for s in kept.stored] == [(Position.SIGNATURE, SignatureKind.CAP_JEMPOL)]
    assert kept.status.of(Position.SIGNATURE).state == "captured"
    assert [(a.kind, a.officer) for a in office.desk.register.read(lambda v: v.approvals(seated.id))][-1] == ("tetap_pakai", "kasi")
    assert stamp(office, seated).stored, "agreed once, not asked again"


def test_no_sample_of_an_excused_position_is_sealed(office):
    p = office.at(Stage.KIRIM)
    from ktpel_kiosk.desk import sealing
    operator = office.actor(Peran.OPERATOR)
    office.desk.register.write(lambda tx: (
        tx.put_exception(p.id, recording.BiometricException(Position.LEFT_THUMB, ExceptionKind.UNREADABLE, "sama", "kasi", "operator")),
        tx.log("ExceptionRecorded", p.id, "operator")))
    sealing.applicant_confirms(office.desk, operator, p.id)
    sealing.sign_off(office.desk, operator, p.id, PASSWORD)
    sealing.seal_packet(office.desk, operator, p.id)
    assert Position.LEFT_THUMB not in {s.position for s in office.vault.contents[-1].samples}


def test_what_the_face_camera_signed_is_kept_with_the_portrait(office, seated, monkeypatch):
    monkeypatch.setattr(doubles._Device, "evidence", b"signed answer", raising=False)
    recording.capture_face(office.desk, office.actor(Peran.OPERATOR), seated.id)
    (sample,) = [s for s in office.desk.register.read(lambda v: v.samples(seated.id)) if s.position is Position.FACE]
    assert sample.device_payload == b"signed answer"
