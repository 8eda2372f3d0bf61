"""Cards: intent, sent, unknown, confirmed or spoiled; never two live cards; chip bound to the job; handover closes."""

from __future__ import annotations

import threading

import pytest
from desk_office import PASSWORD

from ktpel_kiosk.desk import approvals, handover, printing, reconcile, reports
from ktpel_kiosk.domain.cards import JobState
from ktpel_kiosk.domain.errors import (
    BadInput,
    CardRemoved,
    DuplicateRequest,
    MediaEmpty,
    NotAllowed,
    Offline,
    OutcomeUnknown,
    ServerRefused,
    SignInRefused,
    SopViolation,
)
from ktpel_kiosk.domain.permohonan import Keadaan
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.domain.status import StatusSiak
from ktpel_kiosk.ports.devices import DeviceKind


@pytest.fixture
def ready(office):
    """An application whose card may be printed."""
    p = office.prr(office.sealed())
    assert p.current().stage is Stage.CETAK_ENCODE
    return p


def balance(office):
    return office.desk.register.read(lambda v: v.blangko_balance())


def test_ribbon_empty_puts_the_blank_back(office, ready):
    office.bench.trouble[DeviceKind.CARD_PRINTER] = MediaEmpty("printer.ribbon", device_kind="card_printer")
    with pytest.raises(MediaEmpty):
        printing.start_card(office.desk, office.actor(Peran.OPERATOR), ready.id)
    assert balance(office).stok == 10
    assert balance(office).balanced
    office.bench.trouble.clear()
    assert printing.start_card(office.desk, office.actor(Peran.OPERATOR), ready.id).state is JobState.SENT


def test_lost_answer_is_unknown_and_the_operator_decides(office, ready):
    operator = office.actor(Peran.OPERATOR)
    office.bench.trouble[DeviceKind.CARD_PRINTER] = OutcomeUnknown("printer.unknown", device_kind="card_printer")
    job = printing.start_card(office.desk, operator, ready.id)
    assert job.state is JobState.UNKNOWN
    office.bench.trouble.clear()
    assert [q.job.id for q in reconcile.open_questions(office.desk)] == [job.id]
    with pytest.raises(DuplicateRequest):
        printing.start_card(office.desk, operator, ready.id)
    again = reconcile.answer(office.desk, operator, job.id, "not_printed")
    assert again.state is JobState.CANCELLED
    assert balance(office).stok == 10


def test_two_hundred_clicks_make_one_card(office, ready):
    made, refused = [], []

    def click():
        try:
            made.append(printing.start_card(office.desk, office.actor(Peran.OPERATOR), ready.id))
        except DuplicateRequest as error:
            refused.append(error)

    threads = [threading.Thread(target=click) for _ in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert (len(made), len(refused)) == (1, 19)
    assert balance(office).dipakai == 1


def test_chip_is_bound_written_read_back_and_confirmed(office, ready):
    operator = office.actor(Peran.OPERATOR)
    job = printing.confirm_print(office.desk, operator, printing.start_card(office.desk, operator, ready.id).id)
    written = printing.encode_card(office.desk, operator, job.id)
    assert written.job.state is JobState.CONFIRMED
    assert written.content.credential == ready.id
    assert balance(office).baik == 1
    assert office.read(ready).current().stage is Stage.AKTIVASI


def test_torn_chip_can_be_written_again(office, ready):
    operator = office.actor(Peran.OPERATOR)
    job = printing.confirm_print(office.desk, operator, printing.start_card(office.desk, operator, ready.id).id)
    office.chips.tear = CardRemoved("card.removed", device_kind="card_reader")
    with pytest.raises(CardRemoved):
        printing.encode_card(office.desk, operator, job.id)
    assert office.desk.register.read(lambda v: v.card_job(job.id)).state is JobState.PRINTED
    assert printing.encode_card(office.desk, operator, job.id).job.state is JobState.CONFIRMED


def test_wrong_read_back_never_confirms(office, ready):
    operator = office.actor(Peran.OPERATOR)
    job = printing.confirm_print(office.desk, operator, printing.start_card(office.desk, operator, ready.id).id)
    office.chips.corrupt = True
    with pytest.raises(SopViolation) as caught:
        printing.encode_card(office.desk, operator, job.id)
    assert caught.value.message_key == "chip.readback"
    spoiled = printing.spoil_card(office.desk, operator, job.id, "chip rusak", second_username="kasi", second_password=PASSWORD)
    assert spoiled.state is JobState.SPOILED
    assert balance(office).rusak == 1
    assert printing.start_card(office.desk, operator, ready.id).blangko != spoiled.blangko


def test_card_of_somebody_else_does_not_activate(office, ready):
    operator = office.actor(Peran.OPERATOR)
    job = printing.confirm_print(office.desk, operator, printing.start_card(office.desk, operator, ready.id).id)
    printing.encode_card(office.desk, operator, job.id)
    office.bench.chip = b"UID00002"
    office.chips.written[office.bench.chip.hex()] = next(iter(office.chips.written.values()))
    with pytest.raises(SopViolation) as caught:
        handover.activate(office.desk, operator, ready.id)
    assert caught.value.message_key == "chip.foreign"


def test_activation_allows_four_tries(office, ready):
    operator = office.actor(Peran.OPERATOR)
    job = printing.confirm_print(office.desk, operator, printing.start_card(office.desk, operator, ready.id).id)
    printing.encode_card(office.desk, operator, job.id)
    office.judge.activation_score = 0.1
    tries = [handover.activate(office.desk, operator, ready.id) for _ in range(4)]
    assert [t.attempt for t in tries] == [1, 2, 3, 4]
    assert not any(t.matched for t in tries)
    with pytest.raises(SopViolation):
        handover.activate(office.desk, operator, ready.id)


def test_two_officers_activate_where_fingers_cannot(office, ready):
    operator = office.actor(Peran.OPERATOR)
    job = printing.confirm_print(office.desk, operator, printing.start_card(office.desk, operator, ready.id).id)
    printing.encode_card(office.desk, operator, job.id)
    by_sight = lambda *second, reason="sidik jari aus": handover.activate_by_sight(office.desk, operator, ready.id, reason, *second)  # noqa: E731
    with pytest.raises(SopViolation) as caught:
        by_sight("kasi", PASSWORD)
    assert caught.value.message_key == "activation.fingers_first"
    office.judge.activation_score = 0.1
    for _ in range(4):
        handover.activate(office.desk, operator, ready.id)
    for wrong in (("operator", PASSWORD), ("kasi", "salah"), ("loket", PASSWORD)):
        with pytest.raises((SignInRefused, NotAllowed)):
            by_sight(*wrong)
    with pytest.raises(BadInput):
        by_sight("kasi", PASSWORD, reason=" ")
    done = by_sight("kasi", PASSWORD)
    assert done.matched and done.permohonan.current().stage is not Stage.AKTIVASI
    (signed,) = [a for a in office.desk.register.read(lambda v: v.approvals(ready.id)) if a.kind == "aktivasi"]
    assert (signed.officer, signed.note) == ("kasi", "sidik jari aus")
    assert approvals.approval_state(office.desk, signed, office.read(ready)) is approvals.ApprovalState.SAH


def test_a_chip_without_minutiae_needs_no_finger(office, ready, monkeypatch):
    operator = office.actor(Peran.OPERATOR)
    office.desk.register.write(lambda tx: (tx.drop_documents(ready.id, "kartu.minutiae."), tx.log("DocumentStored", ready.id, "-")))
    job = printing.confirm_print(office.desk, operator, printing.start_card(office.desk, operator, ready.id).id)
    printing.encode_card(office.desk, operator, job.id)
    assert handover.activate_by_sight(office.desk, operator, ready.id, "tanpa jari", "kasi", PASSWORD).matched


def test_handover_closes_and_purges_card_material(office, ready):
    p = office.walk().advance(ready.id)
    assert p.keadaan is Keadaan.SELESAI
    kinds = {d.kind for d in office.desk.register.read(lambda v: v.documents(p.id))}
    assert not any(k.startswith("kartu.") for k in kinds)
    assert "bukti_pengambilan" in kinds
    with pytest.raises(SopViolation):
        handover.hand_over(office.desk, office.actor(Peran.LOKET), p.id, b"ink")


def test_card_events_wait_for_the_line_and_arrive_once(office, ready):
    office.line.trouble = Offline("line.offline", host="gateway")
    office.walk().advance(ready.id)
    assert reports.send_reports(office.desk) == 0
    office.line.trouble = None
    assert reports.send_reports(office.desk) == 3
    assert reports.send_reports(office.desk) == 0
    assert [e for e, _ in office.line.events] == ["encoded", "activated", "handed_over"]


def test_a_report_the_centre_refuses_does_not_hold_up_the_others(office):
    keys = waiting_reports(office, 3)
    office.line.refuses = {keys[0]: ServerRefused("gateway.packet_invalid", operation="card", status=422)}
    assert reports.send_reports(office.desk) == 2
    (aside,) = reports.refused_reports(office.desk, office.actor(Peran.ADMIN))
    assert (aside.event, aside.reason, aside.id) == ("spoiled", "gateway.packet_invalid", keys[0])
    assert reports.send_reports(office.desk) == 0 and waiting_reports(office, 0) == []


def test_refused_reports_go_again_under_their_own_id_when_an_officer_says_so(office):
    keys, actor = waiting_reports(office, 2), office.actor(Peran.SUPERVISOR)
    office.line.refuses = {k: ServerRefused("gateway.refused", operation="card", status=422) for k in keys}
    assert reports.send_reports(office.desk) == 0 and len(reports.refused_reports(office.desk, actor)) == 2
    with pytest.raises(NotAllowed):
        reports.send_refused_again(office.desk, office.actor(Peran.LOKET))
    assert reports.send_refused_again(office.desk, actor) == 2
    assert waiting_reports(office, 0) == keys and reports.refused_reports(office.desk, actor) == ()
    assert office.desk.register.read(lambda v: v.audit(subject="-"))[-1].facts["count"] == 2
    office.line.refuses = {}
    assert reports.send_reports(office.desk) == 2
    assert all(facts == {"event_id": facts["event_id"], "credential": "x"} for _event, facts in office.line.events[-2:])


def test_a_station_the_centre_refuses_keeps_its_reports(office):
    keys = waiting_reports(office, 2)
    office.line.refuses = {k: ServerRefused("gateway.not_authorised", operation="card", status=403) for k in keys}
    assert reports.send_reports(office.desk) == 0
    assert waiting_reports(office, 0) == keys and reports.refused_reports(office.desk, office.actor(Peran.ADMIN)) == ()


def waiting_reports(office, more):
    """Event ids on their way, after ``more`` new ones."""
    def spoil(tx):
        reports.queue_report(office.desk, tx, "spoiled", credential="x")
        tx.log("CardSpoiled", "-", "-")

    for _ in range(more):
        office.desk.register.write(spoil)
    return sorted(k.removeprefix(reports.PREFIX) for k in office.desk.register.read(lambda v: v.drafts(reports.PREFIX)))


def test_late_or_repeated_status_changes_nothing(office):
    p = office.sealed()
    p = office.prr(p, StatusSiak.RECEIVED_AT_CENTRAL, sequence=5)
    assert office.prr(p, StatusSiak.SEARCH_FAILURE_AT_CENTRAL, sequence=4).current().stage is Stage.MENUNGGU_PRR
    assert office.desk.register.read(lambda v: v.shown_status(p.id)) == "RECEIVED_AT_CENTRAL"
    p = office.prr(p, StatusSiak.PRINT_READY_RECORD, sequence=6)
    assert p.current().stage is Stage.CETAK_ENCODE
    assert office.prr(p, StatusSiak.DUPLICATE_RECORD, sequence=6).keadaan is Keadaan.BERJALAN


def test_duplicate_record_stops_the_application_with_a_reason(office):
    p = office.prr(office.sealed(), StatusSiak.DUPLICATE_RECORD)
    assert p.keadaan is Keadaan.GANDA
    assert p.current().pause_reason == "data_ganda_di_pusat"
