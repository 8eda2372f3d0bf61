"""Paraf and approvals are signatures over exactly what was approved; changes, forgeries and swapped keys are noticed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from desk_office import PASSWORD

from ktpel_kiosk.app.officer_keys import QUICK_KEYS, Ed25519Keys
from ktpel_kiosk.desk import approvals, correction, printing, recording, sealing, sign_in, users, verification
from ktpel_kiosk.desk.approvals import approval_state
from ktpel_kiosk.domain.approval import ApprovalState, approval_message, fingerprint
from ktpel_kiosk.domain.biometric import ExceptionKind, Position
from ktpel_kiosk.domain.errors import NotAllowed, SecurityRefusal, SopViolation
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ports.register import Approval


def stored(office, p, kind):
    return [a for a in office.desk.register.read(lambda v: v.approvals(p.id)) if a.kind == kind][-1]


def state(office, p, kind):
    return approval_state(office.desk, stored(office, p, kind), office.read(p))


def verified(office, index=0):
    """An application that ``periksa`` gave the paraf to."""
    p = office.at(Stage.VERIFIKASI, index)
    return verification.verify(office.desk, office.actor(Peran.VERIFIKATOR), p.id)


def forge(office, approval):
    """Put an approval into the register from the side, as somebody with the register's key could."""
    office.desk.register.write(lambda tx: (tx.add_approval(replace(approval, id=office.desk.ids.new())), tx.log("ParafGiven", "-", "-")))


# -- the keys themselves ----------------------------------------------------------------------------------------------


def test_key_opens_with_its_password_only():
    signer, sealed = QUICK_KEYS.create("rahasia")
    assert QUICK_KEYS.unlock(sealed, signer.public_key, "rahasia").public_key == signer.public_key
    assert "rahasia" not in sealed
    mine = signer.public_key
    for text, public, secret in ((sealed, mine, "Rahasia"), (sealed, "00" * 32, "rahasia"), (sealed[:-9], mine, "rahasia"),
                                 ("", mine, "rahasia"), (sealed.replace("1,64,1", "9999999,64,1"), mine, "rahasia"),
                                 (sealed.replace("1,64,1", "1,99999999,1"), mine, "rahasia")):
        with pytest.raises(SecurityRefusal):
            QUICK_KEYS.unlock(text, public, secret)


def test_keys_sealed_cheaply_open_in_the_real_office_and_the_other_way_round():
    signer, sealed = QUICK_KEYS.create("rahasia")
    real = Ed25519Keys()
    assert real.unlock(sealed, signer.public_key, "rahasia").sign(b"x") == signer.sign(b"x")
    resealed = real.seal(signer, "kata lain")
    assert "$3,65536,4$" in resealed
    assert QUICK_KEYS.unlock(resealed, signer.public_key, "kata lain").public_key == signer.public_key


def test_verify_never_raises():
    signer, _ = QUICK_KEYS.create("x")
    good = signer.sign(b"pesan")
    assert QUICK_KEYS.verify(signer.public_key, b"pesan", good)
    for public, message, signature in ((signer.public_key, b"lain", good), ("", b"pesan", good), ("zz", b"pesan", good),
                                       (signer.public_key, b"pesan", ""), (signer.public_key, b"pesan", "00"), ("00" * 32, b"pesan", good)):
        assert not QUICK_KEYS.verify(public, message, signature)


def test_every_part_of_the_message_counts():
    from datetime import UTC, datetime

    facts = {"permohonan_id": "p", "stage": "verifikasi", "kind": "paraf", "officer": "anton", "role": "verifikator",
             "content_hash": "ab", "note": "", "at": datetime(2026, 11, 20, tzinfo=UTC)}
    other = {**{k: str(v) + "x" for k, v in facts.items()}, "at": facts["at"] + timedelta(microseconds=1)}
    messages = {approval_message(**{**facts, name: other[name]}) for name in facts} | {approval_message(**facts)}
    assert len(messages) == len(facts) + 1


# -- what is stored ---------------------------------------------------------------------------------------------------


def test_every_officers_approval_of_a_whole_way_is_signed_and_holds(any_office):
    office = any_office
    p = office.sealed()
    if office.desk.sop.akhir == "kartu":
        p = office.walk().advance(office.prr(p).id)
    for a in office.desk.register.read(lambda v: v.approvals(p.id)):
        assert approval_state(office.desk, a, p) is ApprovalState.SAH, a.kind
        assert bool(a.signature) is (a.kind != "tanda_tangan_pemohon")
    found = approvals.check_all(office.desk, office.actor(Peran.SUPERVISOR))
    assert found.whole
    assert (found.changed, found.unsigned) == (0, 0)
    assert found.count >= 2


def test_a_correction_after_the_paraf_shows(office):
    p = office.at(Stage.REKAM)
    assert state(office, p, "paraf") is ApprovalState.SAH
    correction.correct_biodata(office.desk, office.actor(Peran.OPERATOR), p.id, nama="SITI DIPERBAIKI")
    assert state(office, p, "paraf") is ApprovalState.ISI_BERUBAH
    assert approvals.check_all(office.desk, office.actor(Peran.SUPERVISOR)).changed >= 1


def test_forged_moved_or_unsigned_approvals_do_not_hold(office):
    p, q = verified(office), verified(office, 1)
    good = stored(office, p, "paraf")
    stranger, _ = QUICK_KEYS.create("x")

    def message(a: Approval) -> bytes:
        return approval_message(permohonan_id=a.permohonan_id, stage=a.stage, kind=a.kind, officer=a.officer, role=a.role,
                                content_hash=a.content_hash, note=a.note, at=a.at)

    own_key = replace(good, public_key=stranger.public_key, signature=stranger.sign(message(good)))
    for forged in (replace(good, permohonan_id=q.id), replace(good, officer="kasi"), replace(good, role="validator"),
                   replace(good, kind="validasi", stage=Stage.VALIDASI), replace(good, note="setuju semua"),
                   replace(good, at=good.at + timedelta(hours=1)), replace(good, signature=""), replace(good, signature="ab" * 64),
                   replace(good, content_hash="0" * 64), own_key):
        assert approval_state(office.desk, forged, office.read(p)) is ApprovalState.TIDAK_SAH
    forge(office, own_key)
    found = approvals.check_all(office.desk, office.actor(Peran.SUPERVISOR))
    assert not found.whole
    assert [pid for pid, _ in found.invalid] == [p.id]


def test_a_key_swapped_in_the_register_signs_nothing(office):
    p = office.at(Stage.VERIFIKASI)
    stranger, sealed = QUICK_KEYS.create(PASSWORD)
    account = office.desk.register.read(lambda v: v.user("periksa"))
    office.desk.register.write(lambda tx: (
        tx.save_user(replace(account, public_key=stranger.public_key, sealed_key=sealed)), tx.log("UserSaved", "periksa", "-")))
    actor = sign_in.sign_in(office.desk, "periksa", PASSWORD)
    with pytest.raises(SecurityRefusal) as caught:
        verification.verify(office.desk, actor, p.id)
    assert caught.value.message_key == "approval.untrusted_key"
    assert office.read(p).current().stage is Stage.VERIFIKASI


def test_approvals_from_before_keys_are_told_apart_from_stripped_ones(office):
    p = verified(office)
    good = stored(office, p, "paraf")
    old = replace(good, signature="", public_key="", at=good.at - timedelta(days=400))
    assert approval_state(office.desk, old, office.read(p)) is ApprovalState.TANPA_TANDA
    assert approval_state(office.desk, replace(good, signature="", public_key=""), office.read(p)) is ApprovalState.TIDAK_SAH


def test_old_approvals_survive_a_new_key(office):
    p = verified(office)
    old = stored(office, p, "paraf")
    users.reset_password(office.desk, office.actor(Peran.ADMIN), "periksa", "kata baru")
    assert approval_state(office.desk, old, office.read(p)) is ApprovalState.SAH
    again = sign_in.sign_in(office.desk, "periksa", "kata baru")
    q = office.at(Stage.VERIFIKASI, 1)
    verification.verify(office.desk, again, q.id)
    new = stored(office, q, "paraf")
    assert fingerprint(new.public_key) != fingerprint(old.public_key)
    assert state(office, q, "paraf") is ApprovalState.SAH


def test_exception_force_sign_off_and_spoil_are_bound_to_their_content(office):
    desk, operator = office.desk, office.actor(Peran.OPERATOR)
    office.judge.scores[Position.RIGHT_THUMB] = [10]
    p = office.at(Stage.REKAM)
    recording.confirm_data(desk, operator, p.id)
    recording.record_exception(desk, operator, p.id, Position.LEFT_THUMB, ExceptionKind.BANDAGED, "dibalut", "kasi", PASSWORD)
    assert stored(office, p, "pengecualian").officer == "kasi"
    assert state(office, p, "pengecualian") is ApprovalState.SAH
    recording.withdraw_exception(desk, operator, p.id, Position.LEFT_THUMB)
    assert state(office, p, "pengecualian") is ApprovalState.ISI_BERUBAH
    recording.record_exception(desk, operator, p.id, Position.LEFT_THUMB, ExceptionKind.BANDAGED, "masih dibalut", "kasi", PASSWORD)
    p = office.walk().advance(p.id)
    assert state(office, p, "paksa") is ApprovalState.SAH
    assert state(office, p, "pengesahan_operator") is ApprovalState.SAH
    p = office.prr(p)
    while p.current().stage is Stage.CEK_CETAK:
        printing.check_before_print(desk, operator, p.id)
        p = office.read(p)
    job = printing.start_card(desk, operator, p.id)
    with pytest.raises(NotAllowed):
        printing.spoil_card(desk, operator, job.id, "macet", second_username="loket", second_password=PASSWORD)
    printing.spoil_card(desk, operator, job.id, "macet", second_username="kasi", second_password=PASSWORD)
    assert stored(office, p, "kartu_rusak").officer == "kasi"
    assert state(office, p, "kartu_rusak") is ApprovalState.SAH
    assert "kasi" not in str(approvals.check_all(desk, office.actor(Peran.SUPERVISOR)).invalid)


# -- a fresh paraf ----------------------------------------------------------------------------------------------------


def finish_refused(office, p):
    with pytest.raises(SopViolation) as caught:
        office.walk().advance(p.id)
    return caught.value.message_key


def test_corrected_card_elements_need_a_fresh_paraf_before_the_recording_ends(office):
    p = office.at(Stage.REKAM)
    operator = office.actor(Peran.OPERATOR)
    correction.correct_biodata(office.desk, operator, p.id, alamat="JALAN YANG BENAR 9")
    assert office.desk.register.read(lambda v: verification.renewal_due(v, v.permohonan(p.id))).stage is Stage.VERIFIKASI
    assert finish_refused(office, p) == "approval.stale"
    with pytest.raises(NotAllowed):
        verification.renew(office.desk, operator, p.id, username="loket", password=PASSWORD)
    with pytest.raises(NotAllowed):
        verification.renew(office.desk, operator, p.id)
    verification.renew(office.desk, operator, p.id, username="periksa", password=PASSWORD)
    assert state(office, p, "paraf") is ApprovalState.SAH
    assert office.walk().advance(p.id).current().stage is Stage.MENUNGGU_PRR


def test_other_fields_and_corrections_taken_back_need_none(office):
    p = office.at(Stage.REKAM)
    operator = office.actor(Peran.OPERATOR)
    correction.correct_biodata(office.desk, operator, p.id, kode_pos="67371")
    assert state(office, p, "paraf") is ApprovalState.ISI_BERUBAH
    with pytest.raises(SopViolation):
        verification.renew(office.desk, office.actor(Peran.VERIFIKATOR), p.id)
    name = p.penduduk.nama
    correction.correct_biodata(office.desk, operator, p.id, nama="SALAH KETIK", kode_pos=p.penduduk.kode_pos)
    correction.correct_biodata(office.desk, operator, p.id, nama=name)
    assert state(office, p, "paraf") is ApprovalState.SAH
    assert office.walk().advance(p.id).current().stage is Stage.MENUNGGU_PRR


def test_a_later_correction_asks_once_more(office):
    p = office.at(Stage.REKAM)
    operator, checker = office.actor(Peran.OPERATOR), office.actor(Peran.VERIFIKATOR)
    correction.correct_biodata(office.desk, operator, p.id, alamat="JALAN YANG BENAR 9")
    verification.renew(office.desk, checker, p.id)
    correction.correct_biodata(office.desk, operator, p.id, agama=2)
    assert finish_refused(office, p) == "approval.stale"
    verification.renew(office.desk, checker, p.id, note="agama cocok dengan KK")
    assert office.walk().advance(p.id).current().stage is Stage.MENUNGGU_PRR


def test_sealing_refuses_a_stale_paraf_even_if_everybody_signed(office, monkeypatch):
    p = office.at(Stage.REKAM)
    correction.correct_biodata(office.desk, office.actor(Peran.OPERATOR), p.id, alamat="JALAN YANG BENAR 9")
    monkeypatch.setattr(recording, "require_fresh", lambda *_a: None)
    with pytest.raises(SopViolation) as caught:
        office.walk().advance(p.id)
    assert caught.value.message_key == "approval.stale"
    assert sealing.review_hash is approvals.review_hash
