"""The counter: NIK, papers, drafts, returns."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ktpel_kiosk.desk import intake, verification
from ktpel_kiosk.domain.errors import BadInput, NotAllowed, SopViolation
from ktpel_kiosk.domain.penduduk import JenisKelamin
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Layanan, Peran


def papers(office, layanan=Layanan.BARU_WNI):
    return frozenset(i.kode for i in intake.checklist(office.desk, layanan, None) if i.wajib)


def test_contradiction_with_the_nik_is_a_recorded_warning(office):
    person = office.person()
    other = JenisKelamin.LAKI_LAKI if person.jenis_kelamin is JenisKelamin.PEREMPUAN else JenisKelamin.PEREMPUAN
    contradicting = replace(person, jenis_kelamin=other)
    p = intake.receive_papers(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, contradicting, papers(office))
    assert "N06" in {w.rule for w in p.warnings}
    assert p.keadaan is Keadaan.BERJALAN


@pytest.mark.parametrize(("nik", "rule"), [("350805450208000", "N01"), ("3508057102080001", "N03"), ("3508050502080000", "N02")])
def test_impossible_nik_is_refused_with_its_rule(office, nik, rule):
    check = intake.check_nik_at_desk(office.desk, nik)
    assert not check.report.usable
    assert rule in {i.rule for i in check.report.errors}
    with pytest.raises(BadInput) as caught:
        intake.receive_papers(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, replace(office.person(), nik=nik), papers(office))
    assert caught.value.facts["rule"] == rule
    assert "belum dikenal" not in office.desk.sentences.of(caught.value)


def test_missing_paper_is_named_and_nothing_is_stored(office):
    with pytest.raises(SopViolation) as caught:
        intake.receive_papers(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, office.person(), frozenset())
    assert caught.value.message_key == "papers.missing"
    assert office.desk.register.read(lambda v: v.open_for_nik(office.person().nik)) is None


def test_fifteen_year_old_is_too_young(office):
    child = replace(office.person(), tanggal_lahir=date(2011, 6, 1), status_perkawinan=1)
    with pytest.raises(SopViolation) as caught:
        intake.receive_papers(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, child, papers(office))
    assert caught.value.message_key == "eligibility.under_16"


def test_draft_survives_and_its_start_counts(office):
    loket = office.actor(Peran.LOKET)
    key = intake.begin_intake(office.desk, loket)
    intake.save_draft(office.desk, loket, key, {"nama": "SITI"})
    office.clock.advance(40)
    assert intake.drafts(office.desk, loket)[key]["nama"] == "SITI"
    p = intake.receive_papers(office.desk, loket, Layanan.BARU_WNI, office.person(), papers(office), draft_key=key)
    assert sum(t.active_s for t in p.tahap) == pytest.approx(40, abs=1)
    assert not intake.drafts(office.desk, loket)


def test_return_keeps_the_number_and_goes_on_where_it_stood(office):
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, office.person(), papers(office))
    kasi = office.actor(Peran.KASI)
    back = intake.return_application(office.desk, kasi, p.id, ("berkas_tidak_benar",), "KK buram")
    assert back.keadaan is Keadaan.DIKEMBALIKAN
    with pytest.raises(SopViolation):
        verification.verify(office.desk, kasi, p.id)
    again = intake.resubmit(office.desk, office.actor(Peran.LOKET), p.id)
    assert (again.nomor_register, again.current().stage) == (p.nomor_register, p.current().stage)
    kinds = [d.kind for d in office.desk.register.read(lambda v: v.documents(p.id))]
    assert kinds == ["tanda_terima", "lembar_ceklis", "pengembalian"]


def test_unknown_return_reason_is_refused(office):
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, office.person(), papers(office))
    with pytest.raises(BadInput):
        intake.return_application(office.desk, office.actor(Peran.KASI), p.id, ("tidak_suka",))


def test_operator_may_not_take_in_papers(office):
    with pytest.raises(NotAllowed):
        intake.receive_papers(office.desk, office.actor(Peran.OPERATOR), Layanan.BARU_WNI, office.person(), papers(office))


def test_service_without_recording_skips_it(office):
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.RUSAK, office.person(), papers(office, Layanan.RUSAK))
    from ktpel_kiosk.domain.permohonan import TahapState
    skipped = {t.stage.value for t in p.tahap if t.state is TahapState.DILEWATI}
    assert skipped == {"rekam", "kirim"}
