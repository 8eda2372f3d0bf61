"""The office's own search for double recordings: found, shown, decided by an officer, kept as long as the rule says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from desk_office import Office

from ktpel_kiosk.desk import capture_rules, daily, duplicates, recording, returns
from ktpel_kiosk.domain.biometric import EYES, Position, SignatureKind
from ktpel_kiosk.domain.capture_rules import CaptureRules
from ktpel_kiosk.domain.desk_return import FINGERS
from ktpel_kiosk.domain.errors import BadInput, EnvironmentTrouble, StaleView
from ktpel_kiosk.domain.ganda import Putusan
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ports.register import Tx


def recorded(office: Office, index: int) -> Permohonan:
    p = office.at(Stage.REKAM, index)
    operator = office.actor(Peran.OPERATOR)
    recording.confirm_data(office.desk, operator, p.id)
    recording.capture_face(office.desk, operator, p.id)
    while slap := recording.recording_status(office.desk, p.id).next_slap():
        recording.capture_fingers(office.desk, operator, p.id, slap)
    recording.capture_irises(office.desk, operator, p.id, EYES)
    recording.capture_signature(office.desk, operator, p.id, SignatureKind.TANDA_TANGAN)
    return office.read(p)


def found(office: Office) -> tuple[Permohonan, Permohonan, str]:
    """Two applicants under two NIK whose fingers are alike; the finding's id."""
    office.judge.all_alike = True
    first, second = recorded(office, 0), recorded(office, 1)
    assert duplicates.search(office.desk, first.id).hits == ()  # type: ignore[union-attr]
    check = duplicates.search(office.desk, second.id)
    assert check is not None
    return first, second, check.id


def test_the_same_fingers_under_another_nik_are_a_warning_and_block_nobody(office: Office) -> None:
    first, second, check_id = found(office)
    check = duplicates.open_check(office.desk, second.id)
    assert check is not None and check.id == check_id
    (hit,) = check.hits
    assert hit.permohonan_id == first.id and check.people == 1 and len(hit.fingers) == 4
    recording.finish_recording(office.desk, office.actor(Peran.OPERATOR), second.id)
    assert office.read(second).keadaan is Keadaan.BERJALAN
    assert duplicates.open_check(office.desk, first.id) is None
    assert {"TemplatesKept", "DuplicateSearched"} <= set(office.events(second))


def test_different_fingers_find_nobody(office: Office) -> None:
    first, second = recorded(office, 0), recorded(office, 1)
    duplicates.search(office.desk, first.id)
    check = duplicates.search(office.desk, second.id)
    assert check is not None and check.hits == () and check.people == 1


def test_who_was_recorded_alone_is_compared_once_the_desk_is_back(office: Office) -> None:
    """What the desk knew and said already is not asked again; who is at the office is found."""
    first, second, third = (recorded(office, n) for n in range(3))
    for p in (first, second):
        duplicates.search(office.desk, p.id)
    office.judge.all_alike = True
    duplicates.search(office.desk, third.id)
    known = len(office.desk.register.read(lambda v: v.duplicate_checks(third.id)))

    def joined(tx: Tx) -> None:
        tx.log("DeskReturnNoted", "x", "-")
        tx.put_setting(FINGERS, f"{second.id} {third.id}")

    office.desk.register.write(joined)
    assert duplicates.search_joined(office.desk, lambda: True) == 0, "cut off: nothing is lost"
    assert duplicates.search_joined(office.desk) == 1
    check = duplicates.open_check(office.desk, second.id)
    assert check is not None and {h.permohonan_id for h in check.hits} == {first.id, third.id} and check.people == 2
    assert len(office.desk.register.read(lambda v: v.duplicate_checks(third.id))) == known
    assert office.desk.register.read(lambda v: v.setting(FINGERS)) == ""
    assert duplicates.search_joined(office.desk) == 0


def test_the_same_nik_is_no_double(office: Office) -> None:
    """A recording made anew after the centre refused the first one."""
    office.judge.all_alike = True
    first, second = recorded(office, 0), recorded(office, 1)
    p = office.read(first)
    duplicates.search(office.desk, first.id)
    office.desk.register.write(lambda tx: (
        tx.log("SettingChanged", "-", "-"), tx.save_permohonan(replace(tx.permohonan(first.id), keadaan=Keadaan.SELESAI)),
        tx.save_permohonan(replace(tx.permohonan(second.id), penduduk=replace(second.penduduk, nik=p.penduduk.nik)))))
    check = duplicates.search(office.desk, second.id)
    assert check is not None and check.hits == () and check.people == 1


def test_asked_again_it_answers_from_the_register_until_a_finger_is_taken_anew(office: Office) -> None:
    p = recorded(office, 0)
    one = duplicates.search(office.desk, p.id)
    assert duplicates.search(office.desk, p.id) == one
    office.clock.advance(5)
    recording.capture_fingers(office.desk, office.actor(Peran.OPERATOR), p.id, [Position.RIGHT_INDEX])
    again = duplicates.search(office.desk, p.id)
    assert again is not None and one is not None and again.id != one.id
    assert len(office.desk.register.read(lambda v: v.kept_fingers_of(p.id))) == 4


def test_both_records_side_by_side(office: Office) -> None:
    first, second, check_id = found(office)
    both = duplicates.side_by_side(office.desk, office.actor(Peran.OPERATOR), check_id)
    assert both.new.permohonan.id == second.id and both.new.portrait and both.new.recorded_by == "operator"
    ((hit, other),) = both.hits
    assert other.permohonan.id == first.id == hit.permohonan_id and other.portrait


def test_another_person_goes_on_and_it_is_said_once(office: Office) -> None:
    _first, second, check_id = found(office)
    done = duplicates.decide(office.desk, office.actor(Peran.OPERATOR), check_id, Putusan.ORANG_LAIN, "saudara kembar, wajah beda")
    assert not done.open and done.decided_by == "operator"
    assert office.read(second).keadaan is Keadaan.BERJALAN
    with pytest.raises(StaleView):
        duplicates.decide(office.desk, office.actor(Peran.KASI), check_id, Putusan.ORANG_SAMA, "sama")
    assert office.read(second).keadaan is Keadaan.BERJALAN


def test_the_same_person_is_held_for_the_sop_data_ganda_and_may_come_back(office: Office) -> None:
    _first, second, check_id = found(office)
    duplicates.decide(office.desk, office.actor(Peran.OPERATOR), check_id, Putusan.ORANG_SAMA, "mengaku punya NIK lama")
    assert office.read(second).keadaan is Keadaan.GANDA
    returns.resolve_duplicate(office.desk, office.actor(Peran.KASI), second.id, "lanjut", "NIK lama sudah dihapus")
    assert office.read(second).keadaan is Keadaan.BERJALAN


def test_a_sealed_application_is_left_to_the_centre(office: Office) -> None:
    office.judge.all_alike = True
    first = recorded(office, 0)
    duplicates.search(office.desk, first.id)
    second = recorded(office, 1)
    check = duplicates.search(office.desk, second.id)
    assert check is not None
    recording.finish_recording(office.desk, office.actor(Peran.OPERATOR), second.id)
    office.walk().advance(second.id)
    duplicates.decide(office.desk, office.actor(Peran.OPERATOR), check.id, Putusan.ORANG_SAMA, "sama")
    assert office.read(second).keadaan is Keadaan.BERJALAN


@pytest.mark.parametrize(("decision", "reason"), [(Putusan.BELUM, "x"), (Putusan.ORANG_LAIN, "  ")])
def test_a_word_needs_a_choice_and_a_reason(office: Office, decision: Putusan, reason: str) -> None:
    _, _, check_id = found(office)
    with pytest.raises(BadInput):
        duplicates.decide(office.desk, office.actor(Peran.OPERATOR), check_id, decision, reason)


def test_fingers_go_when_their_time_is_over_and_with_a_void_application(office: Office) -> None:
    first, second, _ = found(office)
    kept = lambda p: len(office.desk.register.read(lambda v: v.kept_fingers_of(p.id)))  # noqa: E731
    returns.void_application(office.desk, office.actor(Peran.KASI), second.id, "salah orang")
    assert (kept(first), kept(second)) == (4, 0)
    office.clock.advance(timedelta(days=CaptureRules().keep_days - 1).total_seconds())
    done = daily.run_due(office.desk)
    assert done is not None and done.purged == 0 and kept(first) == 4
    office.clock.advance(timedelta(days=1, seconds=60).total_seconds())
    done = daily.run_due(office.desk)
    assert done is not None and done.purged == 4 and kept(first) == 0


def test_an_office_that_keeps_nothing_searches_nothing(office: Office) -> None:
    first, _second, _ = found(office)
    with pytest.raises(BadInput):
        capture_rules.change(office.desk, office.actor(Peran.SUPERVISOR), CaptureRules(simpan_hari=366))
    capture_rules.change(office.desk, office.actor(Peran.SUPERVISOR), CaptureRules(cari_ganda=False))
    assert duplicates.search(office.desk, first.id) is None
    assert office.desk.register.read(lambda v: v.kept_people()) == 0


def test_without_minutiae_the_applicant_goes_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    p = recorded(office, 0)

    def missing(png: bytes) -> bytes:
        raise EnvironmentTrouble("biometrics.nbis_missing", cause="x")

    monkeypatch.setattr(office.judge, "retained_form", missing)
    assert duplicates.search(office.desk, p.id) is None


def test_a_cancelled_search_leaves_nothing(office: Office) -> None:
    p = recorded(office, 0)
    assert duplicates.search(office.desk, p.id, lambda: True) is None
    assert office.desk.register.read(lambda v: (v.kept_people(), v.duplicate_checks(p.id))) == (0, [])
