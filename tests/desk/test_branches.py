"""Where an application leaves the straight way: returned, refused, double, recorded before, closed, no blanks, no line, another SOP."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from desk_office import PASSWORD, build

from ktpel_kiosk.desk import blangko, followups, intake, material, printing, statuses, verification, waiting
from ktpel_kiosk.desk.progress import open_work, pause_work
from ktpel_kiosk.domain.errors import BadInput, DuplicateRequest, NotAllowed, Offline, SignInRefused, SopViolation
from ktpel_kiosk.domain.ledgers import Pause
from ktpel_kiosk.domain.permohonan import Keadaan, TahapState
from ktpel_kiosk.domain.population import PopulationBatch, PopulationEntry
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.domain.sop_file import parse_sop
from ktpel_kiosk.domain.status import StatusSiak


def all_papers(office, layanan=Layanan.BARU_WNI, person=None):
    return frozenset(i.kode for i in intake.checklist(office.desk, layanan, person or office.person()))


def returned(office, ada=frozenset({"f102"}), **facts):
    loket = office.actor(Peran.LOKET)
    return intake.return_at_counter(office.desk, loket, Layanan.BARU_WNI, office.person(), ada, note="KK menyusul", **facts)


def documents(office, p):
    return office.desk.register.read(lambda v: {d.kind: d for d in v.documents(p.id)})


def list_says(office, person, status):
    batch = PopulationBatch("b1", "uji.csv", "0" * 64, office.clock.now(), "admin", 1, 0, 0, 0, 0)

    def work(tx):
        tx.put_population([PopulationEntry(person, status)], batch)
        tx.log("PopulationImported", "b1", "admin")

    office.desk.register.write(work)


# -- returned at the counter -------------------------------------------------------------------------------------------


def test_incomplete_papers_are_kept_and_complete_later(any_office):
    office = any_office
    p = returned(office)
    assert (p.keadaan, p.nomor_register, p.complete_at, p.due_at) == (Keadaan.DIKEMBALIKAN, "", None, None)
    assert (p.current().stage, p.current().pause_reason) == (Stage.TERIMA_BERKAS, "berkas_dikembalikan")
    assert [i.kode for i in p.missing_papers()] == ["kk"]
    assert "pengembalian" in documents(office, p)
    assert "ReturnedAtCounter" in office.events(p)
    with pytest.raises(SopViolation) as caught:
        intake.resubmit(office.desk, office.actor(Peran.LOKET), p.id)
    assert caught.value.message_key == "papers.missing"
    office.clock.advance(3 * 86400)
    complete = office.clock.now()
    p = intake.resubmit(office.desk, office.actor(Peran.LOKET), p.id, frozenset({"kk"}))
    assert abs((p.complete_at - complete).total_seconds()) < 2
    assert p.current().stage is Stage.AGENDA_REGISTER
    received = [t for t in p.tahap if t.stage is Stage.TERIMA_BERKAS]
    assert received[0].paused_s == pytest.approx(3 * 86400, abs=2)
    assert sum(t.active_s for t in received) < 5
    p = intake.assign_number(office.desk, office.actor(Peran.LOKET), p.id)
    assert p.nomor_register.startswith("0001/")
    assert office.walk().advance(p.id).nomor_register == p.nomor_register


def test_tempeh_counts_its_working_day_from_declared_complete(office):
    p = returned(office)
    office.clock.advance(24 * 3600)  # saturday
    p = intake.resubmit(office.desk, office.actor(Peran.LOKET), p.id, frozenset({"kk"}))
    assert p.due_at == datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # complete on Saturday: runs from Monday, due Tuesday 15.00 WIB
    p = intake.assign_number(office.desk, office.actor(Peran.LOKET), p.id)
    p = intake.return_application(office.desk, office.actor(Peran.KASI), p.id, ("berkas_tidak_lengkap",), kurang=frozenset({"kk"}))
    office.clock.advance(5 * 86400)
    p = intake.resubmit(office.desk, office.actor(Peran.LOKET), p.id, frozenset({"kk"}))
    assert p.due_at == datetime(2026, 11, 27, 8, 0, tzinfo=UTC)


def test_slips_are_numbered_and_say_what_is_missing(office, monkeypatch):
    slips = []
    monkeypatch.setattr(office.press, "return_slip", lambda paper, reasons: slips.append((paper, tuple(reasons))) or b"%PDF")
    p = returned(office)
    q = intake.return_at_counter(office.desk, office.actor(Peran.LOKET), Layanan.RUSAK, office.person(2), frozenset(), ("lain",), "-")
    paper, reasons = slips[0]
    assert (paper.nomor_lembar, slips[1][0].nomor_lembar) == ("0001/PB/2026", "0002/PB/2026")
    assert paper.kekurangan == ("Fotokopi Kartu Keluarga",)
    assert (paper.qr_text, paper.nomor_register, paper.dapat_diajukan) == (p.id, "", True)
    assert reasons == ("berkas_tidak_lengkap", "KK menyusul")
    assert len(slips[1][0].kekurangan) == 3
    assert q.keadaan is Keadaan.DIKEMBALIKAN


def test_the_slip_of_an_unnumbered_application_opens_it(office):
    from ktpel_kiosk.desk import queries
    p = returned(office)
    assert queries.find_scanned(office.desk, f" {p.id} ").id == p.id
    assert queries.find_scanned(office.desk, "bukan nomor") is None


def test_a_returned_person_is_opened_again_not_filed_twice(office):
    p = returned(office)
    check = intake.check_nik_at_desk(office.desk, office.person().nik)
    assert (check.open_id, check.open_number) == (p.id, "(belum bernomor)")
    with pytest.raises(DuplicateRequest):
        returned(office)


def test_nothing_is_kept_of_an_impossible_return(office):
    for reasons in ((), ("tidak_suka",)):
        with pytest.raises(BadInput):
            returned(office, reasons=reasons)
    with pytest.raises(NotAllowed):
        intake.return_at_counter(office.desk, office.actor(Peran.OPERATOR), Layanan.BARU_WNI, office.person(), frozenset())
    assert office.desk.register.read(lambda v: v.open_for_nik(office.person().nik)) is None


# -- invalid and ganda ------------------------------------------------------------------------------------------------


def test_invalid_data_ends_the_application_with_reason_and_slip(office):
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, office.person(), all_papers(office))
    p = verification.reject(office.desk, office.actor(Peran.KASI), p.id, "NIK tidak ada di SIAK")
    assert (p.keadaan, p.return_reasons, p.note) == (Keadaan.DITOLAK, ("data_invalid",), "NIK tidak ada di SIAK")
    assert p.current().running_since is None
    assert "penolakan" in documents(office, p)
    with pytest.raises(BadInput):
        verification.reject(office.desk, office.actor(Peran.KASI), p.id, "  ")
    assert office.desk.register.read(lambda v: v.open_for_nik(p.penduduk.nik)) is None


@pytest.mark.parametrize(("decision", "state"), [("lanjut", Keadaan.BERJALAN), ("tolak", Keadaan.DITOLAK)])
def test_ganda_is_a_task_until_it_is_decided(office, decision, state):
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, office.person(), all_papers(office))
    p = verification.reject(office.desk, office.actor(Peran.KASI), p.id, "NIK dipakai orang lain", duplicate=True)
    assert p.keadaan is Keadaan.GANDA
    assert [t.kind for t in followups.tasks(office.desk)] == [followups.TaskKind.DATA_GANDA]
    with pytest.raises(NotAllowed):
        intake.resolve_duplicate(office.desk, office.actor(Peran.LOKET), p.id, decision, "sudah dicek")
    with pytest.raises(BadInput):
        intake.resolve_duplicate(office.desk, office.actor(Peran.KASI), p.id, decision, "")
    office.clock.advance(3600)
    p = intake.resolve_duplicate(office.desk, office.actor(Peran.KASI), p.id, decision, "sudah dicek")
    assert p.keadaan is state
    assert followups.tasks(office.desk) == ()
    assert "DuplicateResolved" in office.events(p)
    if decision == "lanjut":
        assert p.current().active_s < 5  # the hour was a wait, not work
        assert office.walk().advance(p.id).current().stage is Stage.MENUNGGU_PRR
    with pytest.raises(SopViolation):
        intake.resolve_duplicate(office.desk, office.actor(Peran.KASI), p.id, decision, "lagi")


def test_duplicate_at_the_centre_is_decided_the_same_way(office):
    p = office.prr(office.sealed(), StatusSiak.DUPLICATE_RECORD)
    assert p.keadaan is Keadaan.GANDA
    assert "pusat" in followups.tasks(office.desk)[0].text
    p = intake.resolve_duplicate(office.desk, office.actor(Peran.OPERATOR), p.id, "lanjut", "hapus duplikat disetujui pusat")
    assert (p.keadaan, p.current().pause_reason) == (Keadaan.BERJALAN, "menunggu_prr")
    p = office.prr(p, sequence=9)
    assert p.current().stage is Stage.CETAK_ENCODE


# -- recorded before --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["daftar", "kartu", "siak"])
def test_whoever_is_recorded_is_not_recorded_again(office, source):
    person = office.person()
    if source == "daftar":
        list_says(office, person, "PRINT READY RECORD")
    statement = source if source != "daftar" else ""
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, person, all_papers(office), sudah_rekam=statement)
    assert p.sudah_rekam == source
    assert {t.stage for t in p.tahap if t.state is TahapState.DILEWATI} == {Stage.REKAM, Stage.KIRIM}
    assert "N11" in {w.rule for w in p.warnings}
    assert "RecordedElsewhere" in office.events(p)


def test_list_that_says_not_recorded_changes_nothing(office):
    list_says(office, office.person(), "BELUM REKAM")
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, office.person(), all_papers(office))
    assert p.sudah_rekam == ""
    assert not [t for t in p.tahap if t.state is TahapState.DILEWATI]


def test_second_application_of_our_own_recording_prints_from_the_centre(office):
    first = office.walk().advance(office.prr(office.sealed()).id)
    assert first.keadaan is Keadaan.SELESAI
    person = first.penduduk
    office.line.statuses[person.nik], office.line.biodata[person.nik] = StatusSiak.PRINT_READY_RECORD, person
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.HILANG, person, all_papers(office, Layanan.HILANG))
    assert p.sudah_rekam == "register"
    p = office.walk().advance(p.id)
    assert statuses.poll_skipped(office.desk) == 1
    assert "MaterialFetched" in office.events(p)
    assert office.walk().advance(p.id).keadaan is Keadaan.SELESAI
    assert len(office.vault.contents) == 1


def test_where_the_sop_knows_no_way_around_recording_only_a_superior_lets_it_happen_again(tmp_path):
    office = build(tmp_path, "tapin")
    try:
        person = office.person()
        with pytest.raises(SopViolation) as caught:
            intake.receive_papers(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, person, all_papers(office), sudah_rekam="kartu")
        assert caught.value.message_key == "recorded.before"
        back = intake.return_at_counter(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, person, all_papers(office),
                                        ("sudah_rekam",), sudah_rekam="kartu")
        with pytest.raises(SopViolation):
            intake.resubmit(office.desk, office.actor(Peran.LOKET), back.id)
        intake.void_application(office.desk, office.actor(Peran.KASI), back.id, "salah layanan")
        p = intake.receive_papers(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, person, all_papers(office), sudah_rekam="kartu",
                                  override=intake.Override("rekaman lama dihapus pusat", "kasi", PASSWORD))
        assert p.sudah_rekam == ""
        assert [(w.rule, w.by) for w in p.warnings] == [("N11", "kasi")]
        assert intake.assign_number(office.desk, office.actor(Peran.LOKET), p.id).current().stage is Stage.VERIFIKASI
    finally:
        office.desk.register.close()


def test_centre_that_knows_no_recording_sends_the_person_to_be_recorded(office):
    person = office.person()
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.HILANG, person, all_papers(office, Layanan.HILANG),
                               sudah_rekam="kartu")
    p = office.walk().advance(p.id)
    office.line.statuses[person.nik] = StatusSiak.UNREGISTERED
    statuses.poll_skipped(office.desk)
    p = office.read(p)
    assert (p.current().stage, p.sudah_rekam) == (Stage.REKAM, "")
    assert "RecordingNeeded" in office.events(p)
    p = office.prr(office.walk().advance(p.id))
    assert office.walk().advance(p.id).keadaan is Keadaan.SELESAI


# -- the line, the material, the blanks -------------------------------------------------------------------------------


@pytest.fixture
def replacement(office):
    person = office.person()
    office.line.statuses[person.nik], office.line.biodata[person.nik] = StatusSiak.PRINT_READY_RECORD, person
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.HILANG, person, all_papers(office, Layanan.HILANG),
                               sudah_rekam="kartu")
    return office.walk().advance(p.id)


def test_everybody_is_asked_in_turn_however_many_wait():
    ids = [f"p{n}" for n in range(173)]
    turns = [statuses._next_of(ids, 50, statuses.ASKED_EVERY_S * turn) for turn in range(8)]
    assert all(len(set(t)) == 50 for t in turns)
    assert set(ids) == {i for t in turns[:4] for i in t}
    assert statuses._next_of(ids[:50], 50, 1e9) == ids[:50]


def test_who_has_a_packet_is_not_asked_for(office):
    sealed = office.sealed()
    person = office.person(1)
    office.line.statuses[person.nik] = StatusSiak.RECEIVED_AT_CENTRAL
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.HILANG, person, all_papers(office, Layanan.HILANG),
                               sudah_rekam="kartu")
    p = office.walk().advance(p.id)
    both = office.desk.register.read(lambda v: v.running_without_packet(["menunggu_prr"]))
    assert both == [p.id] and sealed.current().stage is Stage.MENUNGGU_PRR


def test_without_a_line_the_wait_says_so_and_goes_on_by_itself(office, replacement):
    office.line.trouble = Offline("gateway.offline", host="gateway")
    assert statuses.poll_skipped(office.desk) == 0
    assert office.read(replacement).current().pause_reason == "jaringan"
    office.line.trouble = None
    assert statuses.poll_skipped(office.desk) == 1
    p = office.read(replacement)
    assert p.current().stage is Stage.CETAK_ENCODE
    assert office.desk.register.read(lambda v: material.has_material(v, p.id))
    assert statuses.poll_skipped(office.desk) == 0


def test_asking_by_hand_says_what_the_centre_said(office, replacement):
    office.line.trouble = Offline("gateway.offline", host="gateway")
    with pytest.raises(Offline):
        statuses.ask_status(office.desk, replacement.id)
    office.line.trouble, nik = None, replacement.penduduk.nik
    office.line.statuses[nik], office.line.biodata = StatusSiak.PROCESSING, {}
    assert statuses.ask_status(office.desk, replacement.id) == statuses.Answer(False, StatusSiak.PROCESSING)
    assert office.read(replacement).current().pause_reason == "menunggu_prr"
    office.line.statuses[nik], office.line.biodata[nik] = StatusSiak.PRINT_READY_RECORD, replacement.penduduk
    assert statuses.ask_status(office.desk, replacement.id) == statuses.Answer(True, StatusSiak.PRINT_READY_RECORD)
    assert office.read(replacement).current().stage is Stage.CETAK_ENCODE


def test_line_lost_before_the_material_came(office, replacement):
    statuses.enter_status(office.desk, office.actor(Peran.OPERATOR), replacement.id, StatusSiak.PRINT_READY_RECORD)
    office.line.trouble = Offline("gateway.offline", host="gateway")
    with pytest.raises(Offline):
        printing.start_card(office.desk, office.actor(Peran.OPERATOR), replacement.id)
    assert office.read(replacement).current().pause_reason == "jaringan"
    assert office.desk.register.read(lambda v: v.blangko_balance()).dipakai == 0
    office.line.trouble = None
    statuses.poll_skipped(office.desk)
    assert office.read(replacement).current().state is TahapState.BELUM
    assert printing.start_card(office.desk, office.actor(Peran.OPERATOR), replacement.id)


def test_damaged_picture_from_the_centre_is_not_kept(office, replacement):
    office.line.portrait = b"bad"
    assert statuses.poll_skipped(office.desk) == 0
    with pytest.raises(BadInput) as caught:
        material.ensure_material(office.desk, replacement.id)
    assert caught.value.message_key == "card.material_wrong"
    assert not office.desk.register.read(lambda v: material.has_material(v, replacement.id))


def test_late_duplicate_found_by_nik(office, replacement):
    office.line.statuses[replacement.penduduk.nik] = StatusSiak.DUPLICATE_RECORD
    statuses.poll_skipped(office.desk)
    assert office.read(replacement).keadaan is Keadaan.GANDA


def test_out_of_blanks_the_clocks_stop_and_go_on_when_blanks_come(office):
    operator = office.actor(Peran.OPERATOR)
    stock = office.desk.register.read(lambda v: v.blangko_balance()).stok
    first, second = office.prr(office.sealed(0)), None
    blangko.return_blangko(office.desk, office.actor(Peran.SUPERVISOR), stock, "BAST-K", "rusak semua")
    with pytest.raises(SopViolation) as caught:
        printing.start_card(office.desk, operator, first.id)
    assert caught.value.message_key == "blangko.empty"
    assert office.read(first).current().pause_reason == "blangko_kosong"
    person = office.person(1)
    office.line.statuses[person.nik], office.line.biodata[person.nik] = StatusSiak.PRINT_READY_RECORD, person
    second = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.RUSAK, person, all_papers(office, Layanan.RUSAK))
    office.walk().advance(second.id)
    statuses.poll_skipped(office.desk)
    assert office.read(second).current().pause_reason == "blangko_kosong"
    third = office.sealed(2)
    packet = office.desk.register.read(lambda v: v.packet_of(third.id))
    from ktpel_kiosk.domain.status import StatusEvent
    ready = StatusEvent(7, packet.packet_id, third.penduduk.nik, StatusSiak.PRINT_READY_RECORD, office.clock.now())
    statuses.apply_status(office.desk, ready)
    assert [i.id for i in waiting.waiting_list(office.desk)] == [first.id, third.id, second.id]  # first cards before replacements
    office.clock.advance(7200)
    printing.receive_blangko(office.desk, office.actor(Peran.SUPERVISOR), ["90001"], "BAST-2")
    p = office.read(first)
    assert (p.current().state, p.current().pause_reason) == (TahapState.BELUM, "")
    assert 7200 <= p.current().paused_s < 8000
    assert printing.start_card(office.desk, operator, first.id)
    assert office.read(third).current().pause_reason == "blangko_kosong"
    assert office.read(first).current().state is TahapState.AKTIF


def test_put_off_with_a_reason_and_resumed_on_opening(office):
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, office.person(), all_papers(office))
    kasi = office.actor(Peran.KASI)
    open_work(office.desk, kasi, p.id)
    office.clock.advance(30)
    pause_work(office.desk, kasi, p.id, "listrik")
    office.clock.advance(3600)
    p = open_work(office.desk, kasi, p.id)
    assert p.current().state is TahapState.AKTIF
    assert (p.current().active_s, p.current().paused_s) == (pytest.approx(30, abs=2), pytest.approx(3600, abs=2))
    with pytest.raises(SopViolation):
        pause_work(office.desk, kasi, p.id, "malas")
    kept = office.desk.register.read(lambda v: v.pauses(p.id))
    assert [x.reason for x in kept if isinstance(x, Pause)] == ["listrik"]
    assert (kept[0].ended_at - kept[0].began_at).total_seconds() == pytest.approx(3600, abs=2)


# -- follow-ups -------------------------------------------------------------------------------------------------------


def test_overrun_makes_a_task_to_call(tmp_path):
    office = build(tmp_path, "pronojiwo")
    try:
        p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, office.person(), all_papers(office),
                                   nomor_hp="081234567890")
        open_work(office.desk, office.actor(Peran.KASI), p.id)
        office.clock.advance(51 * 60)
        (task,) = followups.tasks(office.desk)
        assert (task.kind, task.phone) == (followups.TaskKind.LEWAT_WAKTU, "0812 3456 7890")
        assert "50 menit" in task.text
        loket = office.actor(Peran.LOKET)
        followups.log_contact(office.desk, loket, p.id, "lewat_waktu", "tidak_diangkat")
        assert [t.calls for t in followups.tasks(office.desk)] == [1]
        followups.log_contact(office.desk, loket, p.id, "lewat_waktu", "tersambung", "akan datang besok")
        assert followups.tasks(office.desk) == ()
        office.clock.advance(86400)
        assert len(followups.tasks(office.desk)) == 1
        with pytest.raises(BadInput):
            followups.log_contact(office.desk, loket, p.id, "lewat_waktu", "entah")
        assert "ContactLogged" in office.events(p)
    finally:
        office.desk.register.close()


def test_card_nobody_fetches_becomes_a_task_after_three_working_days(office):
    p = office.prr(office.sealed())
    operator = office.actor(Peran.OPERATOR)
    printing.encode_card(office.desk, operator, printing.confirm_print(
        office.desk, operator, printing.start_card(office.desk, operator, p.id).id).id)
    assert [t.permohonan_id for t in followups.uncollected(office.desk)] == [p.id]
    kinds = lambda: [t.kind for t in followups.tasks(office.desk) if t.kind is followups.TaskKind.BELUM_DIAMBIL]  # noqa: E731
    office.clock.advance(4 * 86400)  # friday to tuesday: two working days
    assert kinds() == []
    office.clock.advance(86400)
    assert kinds() == [followups.TaskKind.BELUM_DIAMBIL]
    followups.log_contact(office.desk, office.actor(Peran.PENYERAH), p.id, "kartu_siap", "pesan")
    assert kinds() == []
    assert followups.uncollected(office.desk)[0].calls == 1


def test_papers_returned_long_ago(office):
    returned(office)
    assert followups.tasks(office.desk) == ()
    office.clock.advance(15 * 86400)
    assert [t.kind for t in followups.tasks(office.desk)] == [followups.TaskKind.DIKEMBALIKAN]


# -- hours, NIK, SOP versions -----------------------------------------------------------------------------------------


def test_outside_hours_is_noted_where_the_sop_is_silent(office):
    office.clock.advance(9 * 3600)  # 17.05 WIB
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, office.person(), all_papers(office))
    assert "di_luar_jam" in {w.rule for w in p.warnings}
    assert "17.05" in next(w.text for w in p.warnings if w.rule == "di_luar_jam")


def test_a_day_off_and_a_day_opened_by_decision(office):
    object.__setattr__(office.desk, "holidays", lambda: frozenset({date(2026, 11, 20)}))
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, office.person(), all_papers(office))
    assert "di_luar_jam" in {w.rule for w in p.warnings}
    object.__setattr__(office.desk, "extra_open", lambda: frozenset({date(2026, 11, 20)}))
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, office.person(1), all_papers(office))
    assert "di_luar_jam" not in {w.rule for w in p.warnings}


def test_tapin_takes_nothing_in_after_three_without_a_superior(tmp_path):
    office = build(tmp_path, "tapin")
    try:
        office.clock.advance(6 * 3600)  # 15.05 WITA
        loket, person = office.actor(Peran.LOKET), office.person()
        with pytest.raises(SopViolation) as caught:
            intake.receive_papers(office.desk, loket, Layanan.BARU_WNI, person, all_papers(office))
        assert caught.value.message_key == "hours.closed"
        for override in (intake.Override("mendesak", "loket", PASSWORD), intake.Override("mendesak", "kasi", "salah")):
            with pytest.raises((NotAllowed, SignInRefused)):
                intake.receive_papers(office.desk, loket, Layanan.BARU_WNI, person, all_papers(office), override=override)
        with pytest.raises(BadInput):
            intake.receive_papers(office.desk, loket, Layanan.BARU_WNI, person, all_papers(office),
                                  override=intake.Override(" ", "kasi", PASSWORD))
        p = intake.receive_papers(office.desk, loket, Layanan.BARU_WNI, person, all_papers(office),
                                  override=intake.Override("antre sejak pagi", "kasi", PASSWORD))
        warned = next(w for w in p.warnings if w.rule == "di_luar_jam")
        assert warned.by == "kasi"
        assert "antre sejak pagi" in warned.text
        assert "NikOverridden" in office.events(p)
    finally:
        office.desk.register.close()


def test_nik_with_day_zero_needs_a_superior(office):
    odd = office.person(nik="3508050002080001")
    assert not intake.check_nik_at_desk(office.desk, odd.nik).report.usable
    with pytest.raises(BadInput):
        intake.receive_papers(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, odd, all_papers(office))
    p = intake.receive_papers(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, odd, all_papers(office),
                              override=intake.Override("sesuai Kartu Keluarga", "camat", PASSWORD))
    assert ("N03", "camat") in {(w.rule, w.by) for w in p.warnings}
    with pytest.raises(BadInput):
        intake.receive_papers(office.desk, office.actor(Peran.LOKET), Layanan.BARU_WNI, office.person(1, nik="3508050502080000"),
                              all_papers(office), override=intake.Override("tidak bisa", "camat", PASSWORD))


def test_an_application_finishes_under_the_sop_it_began_with(office):
    begun = office.begun(0)
    text = office.desk.sop.source_text
    second = parse_sop(text.replace('kop = ["PEMERINTAH KABUPATEN LUMAJANG"', 'kop = ["PEMERINTAH KABUPATEN BARU"')
                       .replace('format_nomor = "{urut:04d}/KTP/', 'format_nomor = "{urut:03d}/V2/'), name="v2.toml")
    without = tuple(replace(s, stages=tuple(x for x in s.stages if x is not Stage.AKTIVASI)) for s in second.langkah)
    second = replace(second, langkah=without)
    office.desk.put_in_force(second)
    new = office.begun(1)
    old_done = office.walk().advance(office.prr(office.walk().advance(begun.id)).id)
    assert old_done.nomor_register.endswith("/KTP/XI/2026")
    assert Stage.AKTIVASI in {t.stage for t in old_done.tahap if t.outcome == "aktif"}
    assert old_done.keadaan is Keadaan.SELESAI
    new = intake.assign_number(office.desk, office.actor(Peran.LOKET), new.id)
    assert "/V2/" in new.nomor_register
    assert Stage.AKTIVASI not in {t.stage for t in new.tahap}
    assert office.clock.now() - begun.created_at < timedelta(days=1)
