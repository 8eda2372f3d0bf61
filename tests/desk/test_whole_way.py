"""Every office's whole way through the real use cases and the real register."""

from __future__ import annotations

import pytest

from ktpel_kiosk.domain.errors import DuplicateRequest, SopViolation
from ktpel_kiosk.domain.permohonan import Keadaan, TahapState
from ktpel_kiosk.domain.sop import Stage


def test_each_office_ends_as_its_sop_says(any_office):
    office = any_office
    p = office.sealed()
    if office.desk.sop.akhir == "kartu":
        assert p.current().stage is Stage.MENUNGGU_PRR
        p = office.walk().advance(office.prr(p).id)
    assert p.keadaan is Keadaan.SELESAI
    last = p.tahap[-1]
    assert (last.stage, last.outcome) == (Stage.SERAH_SURAT if office.desk.sop.akhir == "surat" else Stage.SERAH_PEMOHON, "diserahkan")
    assert all(t.state in (TahapState.SELESAI, TahapState.DILEWATI) for t in p.tahap)
    assert [t.nomor for t in p.tahap] == sorted(t.nomor for t in p.tahap)
    assert office.desk.register.check_audit().whole


def test_card_offices_leave_the_ledger_balanced(any_office):
    office = any_office
    p = office.sealed()
    if office.desk.sop.akhir == "kartu":
        office.walk().advance(office.prr(p).id)
    balance = office.desk.register.read(lambda v: v.blangko_balance())
    assert balance.balanced
    assert balance.baik == (1 if office.desk.sop.akhir == "kartu" else 0)


def test_letter_office_hands_out_two_numbered_letters(tmp_path):
    from desk_office import build

    office = build(tmp_path / "k", "kebakkramat")
    try:
        p = office.sealed()
        kinds = {d.kind: d.data for d in office.desk.register.read(lambda v: v.documents(p.id))}
        assert b"surat_pengantar" in kinds["surat_pengantar"]
        assert kinds["surat_pengantar"] != kinds["surat_keterangan_perekaman"]
        proof = office.desk.register.read(lambda v: v.handover(p.id))
        assert proof.kind == "surat"
        assert not proof.card_uid
    finally:
        office.desk.register.close()


def test_printed_step_numbers_of_palaran_keep_their_gap(tmp_path):
    from desk_office import build

    office = build(tmp_path / "p", "palaran")
    try:
        assert sorted({t.nomor for t in office.begun().tahap}) == [1, 2, 3, 4, 6, 7]
    finally:
        office.desk.register.close()


def test_active_time_is_work_and_waiting_is_paused(office):
    p = office.sealed()
    worked = sum(t.active_s for t in p.tahap)
    assert worked > 60
    office.clock.advance(7200)
    p = office.prr(p)
    waiting = next(t for t in p.tahap if t.stage is Stage.MENUNGGU_PRR)
    assert waiting.active_s == pytest.approx(0, abs=1)
    assert waiting.paused_s >= 7200


def test_second_open_application_is_refused_with_the_number(office):
    from ktpel_kiosk.desk import intake

    p = office.walk().advance(office.begun().id)
    assert p.nomor_register
    with pytest.raises(DuplicateRequest) as caught:
        office.begun()
    assert caught.value.facts["number"] == p.nomor_register
    assert p.nomor_register in office.desk.sentences.of(caught.value)
    assert intake.check_nik_at_desk(office.desk, p.penduduk.nik).open_number == p.nomor_register


def test_numbers_are_without_gaps_and_never_reused(office):
    from ktpel_kiosk.desk import intake
    from ktpel_kiosk.domain.sop import Peran

    numbers = [office.walk().advance(office.begun(i).id).nomor_register for i in range(3)]
    assert [n.split("/")[0] for n in numbers] == ["0001", "0002", "0003"]
    fourth = office.begun(3)
    numbered = intake.assign_number(office.desk, office.actor(Peran.LOKET), fourth.id)
    intake.void_application(office.desk, office.actor(Peran.SUPERVISOR), fourth.id, "salah orang")
    fifth = intake.assign_number(office.desk, office.actor(Peran.LOKET), office.begun(4).id)
    assert (numbered.nomor_register.split("/")[0], fifth.nomor_register.split("/")[0]) == ("0004", "0005")


def test_stage_out_of_order_is_refused(office):
    from ktpel_kiosk.desk import verification
    from ktpel_kiosk.domain.sop import Peran

    p = office.begun()
    with pytest.raises(SopViolation):
        verification.validate(office.desk, office.actor(Peran.VALIDATOR), p.id)
    assert office.read(p).current() == p.current()
