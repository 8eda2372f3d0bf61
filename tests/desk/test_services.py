"""Every service at every office: papers, who may ask, what is recorded or skipped, what is withdrawn, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from desk_office import NOW, Office
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.app import sops
from ktpel_kiosk.desk import intake, material, statuses
from ktpel_kiosk.domain.biodata import age_at, birthday_in
from ktpel_kiosk.domain.eligibility import refusal
from ktpel_kiosk.domain.errors import BadInput, Offline, SopViolation
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.permohonan import Keadaan, TahapState
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.domain.status import StatusSiak

TODAY = date(2026, 11, 20)
OFFICES = ("pronojiwo", "kebakkramat", "tempeh", "palaran", "tapin")
EVERY = [(s.layanan, v) for s in sops.load("tapin").layanan for v in ([k.kode for k in s.varian] or [""])]
LAW = {
    (Layanan.BARU_WNI, ""): {"f102", "kk"}, (Layanan.PEMULA, ""): {"f102", "kk"},
    (Layanan.HILANG, ""): {"f102", "surat_hilang", "kk"}, (Layanan.RUSAK, ""): {"f102", "ktp_rusak", "kk"},
    (Layanan.PERUBAHAN_DATA, ""): {"f102", "f106", "kk", "ktp_lama", "bukti_perubahan"},
    (Layanan.PINDAH_DATANG, "nkri"): {"f102", "skp", "kk"}, (Layanan.PINDAH_DATANG, "ln"): {"f102", "skp_ln", "kk"},
    (Layanan.LUAR_DOMISILI, "rekam"): {"f102", "kk"}, (Layanan.LUAR_DOMISILI, "hilang"): {"f102", "kk", "surat_hilang"},
    (Layanan.LUAR_DOMISILI, "rusak"): {"f102", "kk", "ktp_rusak"},
    (Layanan.BARU_OA, ""): {"f102", "kk", "paspor", "itap"},
    (Layanan.PERPANJANGAN_OA, ""): {"f102", "kk", "ktp_lama", "paspor", "itap"},
}
"""Obligatory papers of an adult (Perpres 96/2018 Ps 14-22; DOMAIN.md 4.2)."""
WITHDRAWN = {(Layanan.RUSAK, ""), (Layanan.PERUBAHAN_DATA, ""), (Layanan.PINDAH_DATANG, "nkri"), (Layanan.PERPANJANGAN_OA, ""),
             (Layanan.LUAR_DOMISILI, "rusak")}
OA = {Layanan.BARU_OA, Layanan.PERPANJANGAN_OA}


def person_for(office: Office, layanan: Layanan, index: int = 0) -> Penduduk:
    foreign = {"kewarganegaraan": "JEPANG", "berlaku_hingga": "2030-01-31"} if layanan in OA else {}
    return office.person(index, **foreign)


def take_in(office: Office, layanan: Layanan, varian: str, person: Penduduk, **facts):
    items = intake.checklist(office.desk, layanan, person, varian)
    p = intake.receive_papers(office.desk, office.actor(Peran.LOKET), layanan, person, frozenset(i.kode for i in items if i.wajib),
                              varian=varian, **facts)
    return intake.assign_number(office.desk, office.actor(Peran.LOKET), p.id)


@pytest.mark.parametrize("name", OFFICES)
def test_papers_are_those_of_the_law(name):
    sop = sops.load(name)
    for s in sop.layanan:
        for kind in [k.kode for k in s.varian] or [""]:
            asked = {p.kode for p in s.syarat if p.wajib and not p.kondisi and not p.lokal and (not p.varian or kind in p.varian)}
            assert asked == LAW[s.layanan, kind], (name, s.layanan, kind)
            assert s.tarik_of(kind) == ((s.layanan, kind) in WITHDRAWN), (name, s.layanan, kind)
    national = set(Layanan) - OA
    assert national <= {s.layanan for s in sop.layanan}


@pytest.mark.parametrize(("layanan", "varian"), EVERY)
def test_every_service_ends_as_the_sop_says(any_office, layanan, varian):
    office = any_office
    if office.desk.sop.layanan_of(layanan) is None:
        pytest.skip("not offered here")
    person = person_for(office, layanan)
    office.line.statuses[person.nik] = StatusSiak.PRINT_READY_RECORD
    office.line.biodata[person.nik] = person
    offered = office.desk.sop.layanan_of(layanan)
    recorded = offered.rekam_of(varian) != "ya"
    p = take_in(office, layanan, varian, person, sudah_rekam="kartu" if recorded else "")
    skipped = {t.stage for t in p.tahap if t.state is TahapState.DILEWATI}
    assert skipped == ({Stage.REKAM, Stage.KIRIM} if recorded else set())
    walk = office.walk()
    p = walk.advance(p.id)
    if not recorded and office.desk.sop.akhir == "kartu":
        p = office.prr(p)
    statuses.poll_skipped(office.desk)
    p = walk.advance(p.id)
    assert p.keadaan is Keadaan.SELESAI
    handed = office.desk.register.read(lambda v: v.handover(p.id))
    assert handed.kind == office.desk.sop.akhir
    if office.desk.sop.akhir == "kartu":
        assert handed.old_card_withdrawn == ((layanan, varian) in WITHDRAWN)
    assert not [d for d in office.desk.register.read(lambda v: v.documents(p.id)) if d.kind.startswith("kartu.")]
    assert office.desk.register.check_audit().whole


def test_conditional_papers_follow_the_person(any_office):
    desk = any_office.desk
    young = replace(any_office.person(), tanggal_lahir=date(2010, 3, 1), status_perkawinan=2)
    assert "buku_nikah" in {i.kode for i in intake.checklist(desk, Layanan.BARU_WNI, young)}
    assert "buku_nikah" not in {i.kode for i in intake.checklist(desk, Layanan.BARU_WNI, any_office.person())}
    foreign = any_office.person(kewarganegaraan="JEPANG", berlaku_hingga="2030-01-31")
    assert {"paspor", "itap"} <= {i.kode for i in intake.checklist(desk, Layanan.HILANG, foreign)}


def test_local_extras_only_where_the_office_turned_them_on(tmp_path):
    from desk_office import build

    from ktpel_kiosk.desk.sop_versions import turn_local_extras
    office = build(tmp_path, "palaran")
    try:
        assert "pengantar_rt" not in {i.kode for i in intake.checklist(office.desk, Layanan.BARU_WNI, None)}
        turn_local_extras(office.desk, office.actor(Peran.SUPERVISOR), True)
        assert "pengantar_rt" in {i.kode for i in intake.checklist(office.desk, Layanan.BARU_WNI, None)}
    finally:
        office.desk.register.close()


@pytest.mark.parametrize(("layanan", "changes", "key"), [
    (Layanan.BARU_WNI, {"kewarganegaraan": "JEPANG", "berlaku_hingga": "2030-01-31"}, "eligibility.wni_only"),
    (Layanan.BARU_OA, {}, "eligibility.oa_only"),
    (Layanan.PERPANJANGAN_OA, {"kewarganegaraan": "JEPANG", "berlaku_hingga": "2026-11-20"}, "eligibility.itap_over"),
    (Layanan.BARU_OA, {"kewarganegaraan": "JEPANG", "berlaku_hingga": "SEUMUR HIDUP"}, "eligibility.itap_date"),
    (Layanan.BARU_WNI, {"tanggal_lahir": date(2010, 3, 1), "status_perkawinan": 1}, "eligibility.use_pemula"),
    (Layanan.PEMULA, {"tanggal_lahir": date(2010, 12, 1), "status_perkawinan": 1}, "eligibility.under_16"),
    (Layanan.RUSAK, {"tanggal_lahir": date(2010, 3, 1), "status_perkawinan": 1}, "eligibility.no_card_yet"),
])
def test_refused_with_the_reason(tmp_path, layanan, changes, key):
    found = refusal(layanan, replace(_somebody(), **changes), TODAY)
    assert found is not None
    assert found.key == key


def _somebody() -> Penduduk:
    from ktpel_kiosk.app.population import invent
    return invent(0, 7, sops.load("tempeh").kantor, ("TEMPEH LOR",), TODAY).penduduk


def test_too_young_is_told_from_when(office):
    child = office.person(tanggal_lahir=date(2010, 12, 1), status_perkawinan=1)
    with pytest.raises(SopViolation) as caught:
        take_in(office, Layanan.PEMULA, "", child)
    assert "1 Desember 2026" in office.desk.sentences.of(caught.value)


BORN = st.one_of(st.dates(date(2006, 1, 1), date(2013, 12, 31)), st.sampled_from([date(2008, 2, 29), date(2012, 2, 29)]))


@given(born=BORN, on=st.dates(date(2026, 1, 1), date(2030, 12, 31)), married=st.booleans())
def test_ages_around_birthdays(born, on, married):
    person = replace(_somebody(), tanggal_lahir=born, status_perkawinan=2 if married else 1)
    baru, pemula, rusak = (refusal(x, person, on) for x in (Layanan.BARU_WNI, Layanan.PEMULA, Layanan.RUSAK))
    sixteen, seventeen = birthday_in(born, born.year + 16), birthday_in(born, born.year + 17)
    assert (baru is None) == (married or on >= seventeen)
    assert (rusak is None) == (married or on >= seventeen)
    assert (pemula is None) == (married or on >= sixteen)
    if born == date(2008, 2, 29):
        assert (sixteen, seventeen) == (date(2024, 2, 29), date(2025, 3, 1))
    assert age_at(born, seventeen - timedelta(days=1)) == 16


def test_unknown_kind_is_refused(office):
    with pytest.raises(BadInput) as caught:
        take_in(office, Layanan.PINDAH_DATANG, "mars", office.person())
    assert caught.value.message_key == "service.variant"


def test_pemula_is_recorded_and_waits_for_the_birthday(office):
    from ktpel_kiosk.desk import daily, followups
    born = date(2010, 1, 15)
    p = office.prr(office.walk().advance(take_in(office, Layanan.PEMULA, "", office.person(tanggal_lahir=born, status_perkawinan=1)).id))
    assert (p.keadaan, p.menunggu_hingga) == (Keadaan.MENUNGGU_USIA, date(2027, 1, 15))
    assert daily.run_due(office.desk).woken == 0
    assert daily.run_due(office.desk) is None
    assert followups.tasks(office.desk) == ()
    office.clock.advance((date(2027, 1, 10) - NOW.date()).days * 86400)
    assert [t.kind for t in followups.tasks(office.desk)] == [followups.TaskKind.ULANG_TAHUN]
    office.clock.advance(5 * 86400)
    assert daily.run_due(office.desk).woken == 1
    assert office.read(p).keadaan is Keadaan.BERJALAN
    assert office.walk().advance(p.id).keadaan is Keadaan.SELESAI
    assert "NightlyDone" in [x.event for x in office.desk.register.read(lambda v: v.audit(subject="-", limit=100_000))]


def test_proxy_brings_papers_only_where_the_sop_lets_him(tmp_path):
    from desk_office import build
    office = build(tmp_path / "a", "tempeh")
    tapin = build(tmp_path / "b", "tapin")
    try:
        papers = intake.checklist(office.desk, Layanan.RUSAK, office.person(), kuasa=True)
        assert papers[-1].kode == "f107"
        p = intake.receive_papers(office.desk, office.actor(Peran.LOKET), Layanan.RUSAK, office.person(), frozenset(i.kode for i in papers),
                                  kuasa="BUDI CONTOH")
        assert "kuasa" in {w.rule for w in p.warnings}
        for desk_office, layanan in ((office, Layanan.BARU_WNI), (tapin, Layanan.RUSAK)):
            loket, other = desk_office.actor(Peran.LOKET), desk_office.person(3)
            with pytest.raises(SopViolation) as caught:
                intake.receive_papers(desk_office.desk, loket, layanan, other, frozenset(), kuasa="X")
            assert caught.value.message_key == "papers.proxy"
    finally:
        office.desk.register.close()
        tapin.desk.register.close()


def test_jemput_bola_keeps_the_place(office):
    p = take_in(office, Layanan.BARU_WNI, "", office.person(), mobile_place="SMAN 1 Tempeh")
    assert office.read(p).mobile_place == "SMAN 1 Tempeh"


def test_perubahan_data_prints_the_new_biodata(office):
    person = office.person()
    office.line.statuses[person.nik] = StatusSiak.PRINT_READY_RECORD
    office.line.biodata[person.nik] = replace(person, nama="NAMA LAMA", status_perkawinan=1)
    p = office.walk().advance(take_in(office, Layanan.PERUBAHAN_DATA, "", replace(person, status_perkawinan=2)).id)
    statuses.poll_skipped(office.desk)
    p = office.walk().advance(p.id)
    assert p.keadaan is Keadaan.SELESAI
    assert (p.penduduk.nama, p.penduduk.status_perkawinan) == (person.nama, 2)
    assert material.differences(person, office.line.biodata[person.nik])


def test_another_name_at_the_centre_stops_the_card_until_an_officer_decided(office):
    person = office.person()
    office.line.statuses[person.nik] = StatusSiak.PRINT_READY_RECORD
    office.line.biodata[person.nik] = replace(person, nama="ORANG LAIN", alamat="JALAN BARU")
    p = office.walk().advance(take_in(office, Layanan.HILANG, "", person, sudah_rekam="kartu").id)
    statuses.poll_skipped(office.desk)
    operator = office.actor(Peran.OPERATOR)
    from ktpel_kiosk.desk import printing
    with pytest.raises(SopViolation) as caught:
        printing.start_card(office.desk, operator, p.id)
    assert (caught.value.message_key, caught.value.facts["field"]) == ("material.differs", "nama")
    assert office.desk.register.read(lambda v: v.blangko_balance()).dipakai == 0
    material.take_centre_biodata(office.desk, operator, p.id)
    assert office.walk().advance(p.id).penduduk.nama == "ORANG LAIN"


def differing(office, index=0, nama="ORANG LAIN"):
    """A replacement at print whose fetched material names another person."""
    person = office.person(index)
    office.line.statuses[person.nik] = StatusSiak.PRINT_READY_RECORD
    office.line.biodata[person.nik] = replace(person, nama=nama, alamat="JALAN BARU")
    p = office.walk().advance(take_in(office, Layanan.HILANG, "", person, sudah_rekam="kartu").id)
    statuses.poll_skipped(office.desk)
    return office.read(p)


def test_what_differs_is_shown_whole_and_names_what_stops(office):
    p = differing(office)
    seen = office.desk.register.read(lambda v: material.comparison(v, p))
    assert (seen.differing, seen.stopping) == (("nama", "alamat"), ("nama",))
    assert (seen.ours.nama, seen.theirs.nama) == (p.penduduk.nama, "ORANG LAIN")


def test_a_record_mended_at_the_centre_is_fetched_anew_and_lets_the_card_through(office):
    p = differing(office)
    operator = office.actor(Peran.OPERATOR)
    from ktpel_kiosk.desk import printing
    office.line.trouble = Offline("gateway.offline", host="gateway")
    with pytest.raises(SopViolation) as caught:  # without a line what is known still stops it
        printing.start_card(office.desk, operator, p.id)
    assert caught.value.message_key == "material.differs"
    office.line.trouble = None
    office.line.biodata[p.penduduk.nik] = p.penduduk
    office.line.portrait = b"portrait"
    assert printing.start_card(office.desk, operator, p.id)
    kinds = [d.kind for d in office.desk.register.read(lambda v: v.documents(p.id))]
    assert kinds.count("kartu.portret") == kinds.count(material.BIODATA) == 1


def test_papers_go_back_from_the_printing_desk_but_not_with_a_card_under_way(office):
    from ktpel_kiosk.desk import printing, returns
    p, operator = differing(office), office.actor(Peran.OPERATOR)
    back = returns.return_application(office.desk, operator, p.id, ("data_invalid",), "Nama di pusat lain")
    assert back.keadaan is Keadaan.DIKEMBALIKAN
    assert "pengembalian" in {d.kind for d in office.desk.register.read(lambda v: v.documents(p.id))}
    again = returns.resubmit(office.desk, office.actor(Peran.LOKET), p.id)
    assert (again.keadaan, again.current().stage) == (Keadaan.BERJALAN, Stage.CETAK_ENCODE)
    material.take_centre_biodata(office.desk, operator, p.id)
    printing.start_card(office.desk, operator, p.id)
    with pytest.raises(SopViolation) as caught:
        returns.return_application(office.desk, operator, p.id, ("data_invalid",))
    assert caught.value.message_key == "card.live"


def test_somebody_recorded_here_whom_siak_knows_otherwise_waits_for_a_decision(tmp_path):
    from desk_office import build

    from ktpel_kiosk.desk import printing
    office = build(tmp_path, "tapin")
    try:
        p, operator = office.at(Stage.CEK_CETAK), office.actor(Peran.OPERATOR)
        office.line.biodata[p.penduduk.nik] = replace(p.penduduk, nama="ORANG LAIN")
        assert printing.check_before_print(office.desk, operator, p.id) == ("nama",)
        office.line.trouble = Offline("gateway.offline", host="gateway")
        assert printing.check_before_print(office.desk, operator, p.id) == ("nama",)
        assert office.read(p).current().stage is Stage.CEK_CETAK
        material.take_centre_biodata(office.desk, operator, p.id)
        office.line.trouble = None
        assert printing.check_before_print(office.desk, operator, p.id) == ()
        assert (office.read(p).penduduk.nama, office.read(p).current().stage) == ("ORANG LAIN", Stage.CETAK_ENCODE)
    finally:
        office.desk.register.close()
