"""From the finished card to the hand: eyes where fingers fail, the right card, the proxy's papers, a signature bound to it all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk_office import PASSWORD

from ktpel_kiosk.desk import handover, printing
from ktpel_kiosk.domain.biometric import Position
from ktpel_kiosk.domain.cards import CardJob, JobState
from ktpel_kiosk.domain.errors import BadInput, CardRefused, NotConnected, SopViolation
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ports.register import Handover

INK = b"\x89PNG tanda tangan"
PROXY = handover.Receiver("kuasa", "Wali Contoh", "3508 0510 0190 0007", "F-1.07/12")


def made(office) -> tuple[Permohonan, CardJob]:
    """An application with a confirmed card."""
    operator = office.actor(Peran.OPERATOR)
    p = office.prr(office.sealed())
    job = printing.confirm_print(office.desk, operator, printing.start_card(office.desk, operator, p.id).id)
    printing.encode_card(office.desk, operator, job.id)
    return office.read(p), office.desk.register.read(lambda v: handover.confirmed_job(v, p.id))


def at_pick_up(office) -> tuple[Permohonan, CardJob]:
    p, job = made(office)
    operator = office.actor(Peran.OPERATOR)
    while (tahap := office.read(p).current()).stage is not Stage.SERAH_PEMOHON:
        if tahap.stage is Stage.AKTIVASI:
            assert handover.activate(office.desk, operator, p.id).matched
        else:
            handover.move_to_counter(office.desk, operator, p.id)
    return office.read(p), job


def give(office, p: Permohonan, **options: object) -> Handover:
    done = handover.hand_over(office.desk, office.actor(Peran.LOKET), p.id, INK, **options)
    assert done.keadaan is Keadaan.SELESAI
    proof = office.desk.register.read(lambda v: v.handover(p.id))
    assert proof is not None
    return proof


def test_eyes_activate_where_fingers_could_not(office) -> None:
    p, _ = made(office)
    operator = office.actor(Peran.OPERATOR)
    assert set(office.desk.register.read(lambda v: handover.iris_material(v, p.id))) == {Position.RIGHT_EYE, Position.LEFT_EYE}
    with pytest.raises(SopViolation, match="fingers_first"):
        handover.activate_by_iris(office.desk, operator, p.id)
    office.judge.activation_score = office.judge.iris_score = 0.1
    for _ in range(handover.ACTIVATION_TRIES):
        handover.activate(office.desk, operator, p.id)
    first = handover.activate_by_iris(office.desk, operator, p.id)
    assert (first.matched, first.attempt) == (False, 1) and handover.eyes_may_help(office.desk, p.id)
    assert handover.activation_attempts(office.desk, p.id) == handover.ACTIVATION_TRIES, "eyes are not counted as fingers"
    office.judge.iris_score = 0.8
    done = handover.activate_by_iris(office.desk, operator, p.id)
    assert done.matched and done.permohonan.current().stage is not Stage.AKTIVASI


def test_eyes_are_tried_twice_and_only_where_they_were_recorded(office) -> None:
    p, _ = made(office)
    operator = office.actor(Peran.OPERATOR)
    office.judge.activation_score = office.judge.iris_score = 0.1
    for _ in range(handover.ACTIVATION_TRIES):
        handover.activate(office.desk, operator, p.id)
    for _ in range(handover.IRIS_TRIES):
        assert not handover.activate_by_iris(office.desk, operator, p.id).matched
    assert not handover.eyes_may_help(office.desk, p.id)
    with pytest.raises(SopViolation, match=r"activation\.tries"):
        handover.activate_by_iris(office.desk, operator, p.id)
    office.desk.register.write(lambda tx: (tx.drop_documents(p.id, "kartu.iris."), tx.log("DocumentStored", p.id, "-")))
    with pytest.raises(SopViolation, match="no_iris"):
        handover.activate_by_iris(office.desk, operator, p.id)


def test_signature_is_bound_to_card_receipt_and_receiver(office) -> None:
    p, job = at_pick_up(office)
    assert job.chip_uid[-6:] in office.desk.register.read(lambda v: handover.signing_prompt(v, p.id))
    proof = give(office, p, ikd="aktif")
    holder = handover.Receiver("ybs", p.penduduk.nama)
    assert proof.binding == handover.binding(p.id, proof.number, job.chip_uid, holder, INK)
    assert (proof.card_uid, proof.card_read, proof.ikd) == (job.chip_uid, True, "aktif")
    mine = {"number": proof.number, "card_uid": job.chip_uid, "receiver": holder, "signature_png": INK}
    changes = ({"card_uid": "04FF"}, {"number": "0009/BP/2026"}, {"receiver": PROXY}, {"signature_png": b"x"})
    others = [handover.binding(p.id, **{**mine, **change}) for change in changes]  # type: ignore[arg-type]
    assert len({proof.binding, *others}) == 5
    (link,) = [x for x in office.desk.register.read(lambda v: v.audit(subject=p.id, limit=1000)) if x.event == "HandedOver"]
    assert (link.facts["digest"], link.facts["status"]) == (proof.binding, "kartu_terbaca")


@pytest.mark.parametrize("why", ["other card", "no chip of ours"])
def test_somebody_elses_card_is_never_handed_over(office, monkeypatch, why: str) -> None:
    p, _ = at_pick_up(office)
    if why == "other card":
        office.bench.chip = b"UID00002"
    else:
        def refuse(reader: object) -> str:
            raise CardRefused("chip.no_uid", device_kind="card_reader")
        monkeypatch.setattr(office.chips, "uid", refuse)
    with pytest.raises(SopViolation, match=r"chip\.foreign"):
        give(office, p)
    assert office.desk.register.read(lambda v: v.handover(p.id)) is None


def test_a_counter_without_reader_hands_over_by_eye_and_says_so(office) -> None:
    p, _ = at_pick_up(office)
    office.bench.trouble[DeviceKind.CARD_READER] = NotConnected("device.not_connected", device_kind="card_reader")
    assert not give(office, p).card_read


def test_proxy_leaves_name_nik_and_letter(office, monkeypatch) -> None:
    p, job = at_pick_up(office)
    assert not office.desk.sop.kuasa_boleh
    with pytest.raises(SopViolation, match=r"handover\.proxy"):
        give(office, p, receiver=PROXY)
    monkeypatch.setattr(office, "desk", replace(office.desk, sop=replace(office.desk.sop, kuasa_boleh=True)))
    for wrong, key in ((handover.Receiver("kuasa", "", "3508051001900007", "1"), "handover.proxy_data"),
                       (handover.Receiver("kuasa", "Wali", "3508051001900007", " "), "handover.proxy_data"),
                       (handover.Receiver("kuasa", "Wali", "35080510019", "1"), "handover.proxy_nik"),
                       (handover.Receiver("kuasa", "Wali", "٣٥٠٨٠٥١٠٠١٩٠٠٠٠٧", "1"), "handover.proxy_nik"),
                       (handover.Receiver("kuasa", "Wali", p.penduduk.nik, "1"), "handover.proxy_self"),
                       (handover.Receiver("tetangga"), "handover.relation")):
        with pytest.raises(BadInput) as caught:
            give(office, p, receiver=wrong)
        assert caught.value.message_key == key
    with pytest.raises(BadInput, match=r"handover\.ikd"):
        give(office, p, ikd="entah")
    proof = give(office, p, receiver=PROXY)
    assert (proof.receiver_relation, proof.receiver_name, proof.receiver_nik, proof.proxy_letter) == (
        "kuasa", "Wali Contoh", "3508051001900007", "F-1.07/12")
    assert proof.binding == handover.binding(p.id, proof.number, job.chip_uid, proof_receiver(proof), INK)
    assert not any(k.startswith("kartu.") for k in (d.kind for d in office.desk.register.read(lambda v: v.documents(p.id))))


def proof_receiver(proof: Handover) -> handover.Receiver:
    return handover.Receiver(proof.receiver_relation, proof.receiver_name, proof.receiver_nik, proof.proxy_letter)


def test_a_finished_card_that_proves_dead_goes_back_to_the_printer(office) -> None:
    p, job = made(office)
    operator = office.actor(Peran.OPERATOR)
    office.judge.activation_score = office.judge.iris_score = 0.1
    for _ in range(handover.ACTIVATION_TRIES):
        handover.activate(office.desk, operator, p.id)
    spent = office.read(p).current().active_now_s(office.desk.clock.now())
    spoiled = printing.spoil_card(office.desk, operator, job.id, "chip mati", second_username="kasi", second_password=PASSWORD)
    again = office.read(p)
    assert spoiled.state is JobState.SPOILED and again.current().stage is Stage.CETAK_ENCODE
    assert [t.stage for t in again.tahap if t.stage is Stage.AKTIVASI and not t.outcome and t.active_s >= spent]
    b = office.desk.register.read(lambda v: v.blangko_balance())
    assert (b.balanced, b.rusak, b.baik, b.dipakai) == (True, 1, 0, 0)
    assert handover.activation_attempts(office.desk, p.id) == handover.ACTIVATION_TRIES, "until there is a new card"

    office.bench.chip = b"UID00009"
    office.judge.activation_score = 0.9
    fresh = printing.confirm_print(office.desk, operator, printing.start_card(office.desk, operator, p.id).id)
    printing.encode_card(office.desk, operator, fresh.id)
    assert handover.activation_attempts(office.desk, p.id) == 0
    assert handover.activate(office.desk, operator, p.id).matched
    assert office.desk.register.read(lambda v: handover.confirmed_job(v, p.id)).blangko != job.blangko


def test_a_card_in_its_holders_hand_is_not_called_spoiled(office) -> None:
    p, job = at_pick_up(office)
    give(office, p)
    with pytest.raises(SopViolation, match="handed_over"):
        printing.spoil_card(office.desk, office.actor(Peran.OPERATOR), job.id, "rusak", second_username="kasi", second_password=PASSWORD)
