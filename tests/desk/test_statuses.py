"""Statuses at the desk: entered by hand, answered, told apart from late news; what they ask of somebody, and the acts that settle it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from desk_office import Office, build

from ktpel_kiosk.desk import followups, status_acts, status_tasks, statuses
from ktpel_kiosk.desk.followups import TaskKind
from ktpel_kiosk.domain.errors import BadInput, NotAllowed, SopViolation
from ktpel_kiosk.domain.outbox import PacketState
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.domain.status import OtherStatus, StatusEvent, StatusSiak
from ktpel_kiosk.ports.outbox import StatusWanted

S = StatusSiak


def shown(office: Office, p: Permohonan) -> str:
    return office.desk.register.read(lambda v: v.shown_status(p.id))


def received(office: Office, index: int = 0) -> Permohonan:
    """An application whose packet the centre has."""
    p = office.sealed(index)
    packet = office.desk.register.read(lambda v: v.packet_of(p.id))
    office.desk.register.write(lambda tx: (tx.save_packet(replace(
        packet, state=PacketState.RECEIVED, receipt="jws", received_at=office.clock.now())), tx.log("PacketReceived", p.id, "-")))
    statuses.note_receipt(office.desk, packet.packet_id)
    return office.read(p)


def kinds(office: Office, p: Permohonan) -> list[TaskKind]:
    """Tasks of one application; the summary counts what is listed."""
    found = followups.tasks(office.desk)
    assert followups.summary(office.desk) == {k: n for k in TaskKind if (n := sum(t.kind is k for t in found))}
    return [t.kind for t in found if t.permohonan_id == p.id and t.kind is not TaskKind.LEWAT_WAKTU]


def task(office: Office, p: Permohonan, kind: TaskKind) -> followups.Task:
    return next(t for t in followups.tasks(office.desk) if (t.permohonan_id, t.kind) == (p.id, kind))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all: every test has its own applicants, and time only goes on."""
    made = build(tmp_path_factory.mktemp("kantor"), "tempeh")
    yield made
    made.desk.register.close()


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Office]:
    """An office with nobody else in it."""
    made = build(tmp_path / "sendiri", "tempeh")
    yield made
    made.desk.register.close()


def test_an_entry_moves_the_application_as_the_feed_would_and_says_who_read_it_where(office):
    p, operator = office.sealed(0), office.actor(Peran.OPERATOR)
    made = statuses.record_entry(office.desk, operator, p.id, S.PRINT_READY_RECORD, "cek ulang", where="SIAK Terpusat")
    assert made.shown and made.permohonan.current().stage is not Stage.MENUNGGU_PRR
    (said,) = statuses.history(office.desk, p.id)
    assert (said.source, said.officer, said.reason) == ("manual", "operator", "dibaca di SIAK Terpusat; cek ulang")
    assert shown(office, p) == "PRINT_READY_RECORD" and "StatusEntered" in office.events(p)
    with pytest.raises(NotAllowed):
        statuses.enter_status(office.desk, office.actor(Peran.LOKET), p.id, S.SENT_FOR_ENROLLMENT)


def test_an_unusual_step_needs_a_reason_and_the_future_is_refused(office):
    p, operator = office.prr(office.sealed(1), S.SENT_FOR_ENROLLMENT), office.actor(Peran.OPERATOR)
    assert statuses.unusual_step(office.desk, p.id, S.CARD_ISSUED) is S.SENT_FOR_ENROLLMENT
    assert statuses.unusual_step(office.desk, p.id, S.RECEIVED_AT_CENTRAL) is None
    with pytest.raises(BadInput) as caught:
        statuses.enter_status(office.desk, operator, p.id, S.CARD_ISSUED)
    assert caught.value.message_key == "status.unusual"
    statuses.enter_status(office.desk, operator, p.id, S.CARD_ISSUED, "kartu lama")
    assert shown(office, p) == "CARD_ISSUED"
    with pytest.raises(BadInput) as caught:
        statuses.enter_status(office.desk, operator, p.id, S.CARD_ISSUED, at=office.clock.now() + timedelta(hours=1))
    assert caught.value.message_key == "status.future"


def test_what_the_gateway_says_late_is_kept_but_moves_nothing_back(office):
    p, operator = office.sealed(2), office.actor(Peran.OPERATOR)
    packet = office.desk.register.read(lambda v: v.packet_of(p.id))
    begun = office.clock.now()
    office.clock.advance(7200)
    statuses.enter_status(office.desk, operator, p.id, S.PRINT_READY_RECORD)
    late = StatusEvent(4, packet.packet_id, p.penduduk.nik, S.DUPLICATE_RECORD, begun + timedelta(hours=1))
    assert statuses.apply_status(office.desk, late) is True and statuses.apply_status(office.desk, late) is False
    assert shown(office, p) == "PRINT_READY_RECORD" and office.read(p).keadaan is Keadaan.BERJALAN
    assert [s.status for s in statuses.history(office.desk, p.id)] == [S.DUPLICATE_RECORD, S.PRINT_READY_RECORD]
    made = statuses.record_entry(office.desk, operator, p.id, S.SENT_FOR_ENROLLMENT, "catatan lama", at=begun)
    assert not made.shown and shown(office, p) == "PRINT_READY_RECORD"


def test_a_word_nobody_knows_is_shown_and_moves_nothing(office):
    p = office.sealed(3)
    packet = office.desk.register.read(lambda v: v.packet_of(p.id))
    statuses.apply_status(office.desk, StatusEvent(1, packet.packet_id, "", OtherStatus("PACKET_RETRY"), office.clock.now()))
    assert shown(office, p) == "PACKET_RETRY" and office.read(p).current().stage is Stage.MENUNGGU_PRR
    assert kinds(office, p) == [TaskKind.STATUS_LAIN]
    assert "belum dikenal" in task(office, p, kinds(office, p)[0]).text


def test_print_ready_is_taken_back_unless_a_card_is_under_way(office):
    p = office.prr(office.sealed(4))
    assert office.prr(p, S.ADJUDICATE_RECORD, 2).current().stage is Stage.MENUNGGU_PRR
    assert "PrintReadyTakenBack" in office.events(p)
    assert office.prr(p, S.DUPLICATE_RECORD, 3).keadaan is Keadaan.GANDA
    p = office.prr(p, sequence=4)
    assert p.keadaan is Keadaan.BERJALAN and p.current().stage is not Stage.MENUNGGU_PRR
    from ktpel_kiosk.desk import printing
    printing.start_card(office.desk, office.actor(Peran.OPERATOR), p.id)
    stays = office.prr(p, S.DUPLICATE_RECORD, 5)
    assert stays.keadaan is Keadaan.BERJALAN and stays.current().stage is Stage.CETAK_ENCODE
    assert kinds(office, p) == [TaskKind.DITARIK_PUSAT] and "Tahan kartunya" in task(office, p, kinds(office, p)[0]).text


def test_an_officers_decision_stands_until_the_centre_says_something_new(office):
    from ktpel_kiosk.desk import intake
    p = office.prr(office.sealed(5), S.DUPLICATE_RECORD, 5)
    intake.resolve_duplicate(office.desk, office.actor(Peran.OPERATOR), p.id, "lanjut", "duplikat dihapus")
    assert office.prr(p, S.SENT_FOR_ENROLLMENT, 2).keadaan is Keadaan.BERJALAN, "older news"
    assert office.prr(p, S.DUPLICATE_RECORD, 9).keadaan is Keadaan.GANDA


AGAIN = {"kirim_ulang", "rekam_ulang"}
TROUBLE: tuple[tuple[StatusSiak, TaskKind, set[str]], ...] = (
    (S.ENROLL_FAILURE_AT_REGIONAL, TaskKind.GAGAL_REKAM, AGAIN), (S.ENROLL_FAILURE_AT_CENTRAL, TaskKind.GAGAL_REKAM, AGAIN),
    (S.SEARCH_FAILURE_AT_CENTRAL, TaskKind.GAGAL_CARI, {"kirim_ulang"}), (S.ADJUDICATE_RECORD, TaskKind.PUTUSAN_PUSAT, set()),
    (S.REQUEST_VALIDATION, TaskKind.VALIDASI_PUSAT, set()))


def test_trouble_makes_its_task_until_somebody_asked_or_it_is_over(office):
    p, operator = received(office, 6), office.actor(Peran.OPERATOR)
    for number, (status, kind, acts) in enumerate(TROUBLE, 1):
        office.prr(p, status, number)
        office.clock.advance(3 * 86_400 + 60)
        assert kind in kinds(office, p)
        assert office.desk.register.read(lambda v: status_acts.may(v, v.permohonan(p.id))) == acts
        followups.log_contact(office.desk, operator, p.id, "pusat", "tersambung", "menunggu")
        assert kind not in kinds(office, p), "asked: it rests"
    office.clock.advance(3 * 86_400 + 60)
    assert TaskKind.VALIDASI_PUSAT in kinds(office, p), "nothing changed: it comes back"
    office.prr(p, S.DUPLICATE_RECORD, 8)
    assert TaskKind.DATA_GANDA in kinds(office, p)
    with pytest.raises(SopViolation) as caught:
        status_acts.record_again(office.desk, operator, p.id, "coba")
    assert caught.value.message_key == "status.duplicate_never"
    office.prr(p, sequence=9)
    assert not {k for _, k, _ in TROUBLE} & set(kinds(office, p))


def test_recorded_again_the_old_packet_stays_and_the_task_goes(office):
    p = office.prr(received(office, 7), S.ENROLL_FAILURE_AT_CENTRAL)
    with pytest.raises(BadInput):
        status_acts.record_again(office.desk, office.actor(Peran.OPERATOR), p.id, " ")
    again = status_acts.record_again(office.desk, office.actor(Peran.OPERATOR), p.id, "iris tertutup kelopak")
    assert again.current().stage is Stage.REKAM and kinds(office, p) == []
    assert office.desk.register.read(lambda v: len(v.packets_of(p.id))) == 1
    office.walk().advance(p.id)
    old, new = office.desk.register.read(lambda v: v.packets_of(p.id))
    assert (old.replaced_by, new.replaces) == (new.packet_id, old.packet_id)
    assert shown(office, p) == "BIO_CAPTURED" and kinds(office, p) == []
    statuses.apply_status(office.desk, StatusEvent(3, old.packet_id, "", S.ENROLL_FAILURE_AT_CENTRAL, office.clock.now()))
    assert shown(office, p) == "BIO_CAPTURED", "a replaced packet's failure is history"
    statuses.apply_status(office.desk, StatusEvent(4, old.packet_id, "", S.PRINT_READY_RECORD, office.clock.now()))
    assert office.read(p).current().stage is not Stage.MENUNGGU_PRR, "accepted after all"


def test_nothing_is_sent_or_recorded_again_while_the_centre_is_content(office):
    p = office.prr(received(office, 8), S.RECEIVED_AT_CENTRAL)
    for act in (status_acts.send_again, status_acts.record_again):
        with pytest.raises(SopViolation) as caught:
            act(office.desk, office.actor(Peran.OPERATOR), p.id, "coba")
        assert caught.value.message_key == "status.not_failed"


def test_sfe_warns_after_three_days_and_presses_after_seven(alone):
    p = alone.prr(received(alone), S.SENT_FOR_ENROLLMENT)
    alone.clock.advance(3 * 86_400 - 60)
    assert kinds(alone, p) == [] and status_tasks.alerts(alone.desk) == status_tasks.Alerts()
    alone.clock.advance(120)
    alone.prr(p, S.SENT_FOR_ENROLLMENT, 2)
    assert TaskKind.SFE_LAMA in kinds(alone, p), "said again, it holds since the first time"
    assert task(alone, p, TaskKind.SFE_LAMA).tone == "attention"
    alone.clock.advance(4 * 86_400)
    assert task(alone, p, TaskKind.SFE_LAMA).tone == "trouble"
    found = status_tasks.alerts(alone.desk)
    assert (found.sfe_warn, found.sfe_alarm, found.trouble) == (1, 1, 0)


def test_unsent_and_silent_ones_are_told_apart(alone):
    alone.sealed(0)
    silent = received(alone, 1)
    alone.clock.advance(86_400 + 60)
    assert (status_tasks.alerts(alone.desk).unsent, status_tasks.alerts(alone.desk).silent) == (1, 0)
    alone.clock.advance(2 * 86_400)
    assert status_tasks.alerts(alone.desk).silent == 1
    assert [t.permohonan_id for t in followups.tasks(alone.desk) if t.kind is TaskKind.TANPA_KABAR] == [silent.id]


def test_an_answer_about_a_nik_is_kept_only_when_it_says_something_new(office):
    from ktpel_kiosk.desk import intake
    from ktpel_kiosk.domain.sop import Layanan
    person = office.person(40)
    papers = frozenset(i.kode for i in intake.checklist(office.desk, Layanan.RUSAK, person))
    p = intake.register_intake(office.desk, office.actor(Peran.LOKET), Layanan.RUSAK, person, papers)
    office.line.statuses[person.nik], office.line.biodata = S.PROCESSING, {}
    p = office.walk().advance(p.id)
    assert p.current().stage is Stage.MENUNGGU_PRR
    for _ in range(3):
        statuses.poll_skipped(office.desk)
        office.clock.advance(60)
    office.line.statuses[person.nik] = S.ADJUDICATE_RECORD
    statuses.poll_skipped(office.desk)
    assert [(s.status, s.source) for s in statuses.history(office.desk, p.id)] == [
        (S.PROCESSING, "lookup"), (S.ADJUDICATE_RECORD, "lookup")]


def test_questions_to_the_register_use_the_index_of_statuses(office):
    if os.environ.get("KTPEL_TEST_REGISTER") == "postgresql":
        pytest.skip("plans of SQLite")
    plans = office.desk.register.read(lambda v: [
        row["detail"] for kind in status_tasks.StatusTask for row in _plan(v, status_tasks.wanted(kind, office.clock.now()))])
    assert plans and all("SCAN s" not in d or "COVERING INDEX search_status" in d for d in plans), plans
    assert any("SEARCH s USING COVERING INDEX search_status" in d for d in plans)


def _plan(view, wanted: StatusWanted):
    from sqlalchemy import text

    from ktpel_kiosk.register.areas import status_entries
    where, given = status_entries._where(wanted)
    return view.all(text(f"EXPLAIN QUERY PLAN SELECT count(*) FROM {status_entries._FROM} WHERE {where}"), **given)
