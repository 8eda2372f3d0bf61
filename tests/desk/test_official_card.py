"""A desk that makes no cards records those of the official machine: the blank, the books, the report, the way to the hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk_office import PASSWORD, PUBLIC

from ktpel_kiosk.desk import blangko, books, handover, official_card, printing, reconcile, reports, spoiled
from ktpel_kiosk.domain.cards import BlangkoState, CardJob, JobState
from ktpel_kiosk.domain.errors import BadInput, CardRemoved, DuplicateRequest, KioskError, NotFound, SopViolation
from ktpel_kiosk.domain.permohonan import Keadaan, Permohonan, TahapState
from ktpel_kiosk.domain.sop import Peran, Stage

INK = b"\x89PNG tanda tangan"
SECOND = {"second_username": "kasi", "second_password": PASSWORD}


@pytest.fixture
def elsewhere(office):
    """Tempeh as it is in production: no chips are written here."""
    office.desk = replace(office.desk, no_cards="card.no_sam", specimen=False)
    return office


def made(office, serial: str = "00004", uid: str = "", index: int = 0) -> tuple[Permohonan, CardJob]:
    p = office.prr(office.sealed(index), sequence=index + 1)
    job = official_card.record_made(office.desk, office.actor(Peran.OPERATOR), p.id, serial, looked_at=True, chip_uid=uid)
    return office.read(p), job


def refused(office, pid: str, serial: str = "00004", **options: object) -> str:
    before = office.desk.register.read(lambda v: (v.blangko_balance(), len(v.card_jobs(pid))))
    with pytest.raises(KioskError) as caught:
        official_card.record_made(office.desk, office.actor(Peran.OPERATOR), pid, serial, **{"looked_at": True, **options})
    assert office.desk.register.read(lambda v: (v.blangko_balance(), len(v.card_jobs(pid)))) == before
    assert "{" not in office.desk.sentences.of(caught.value)
    return caught.value.message_key


def test_the_card_is_in_every_book_as_what_it_is(elsewhere) -> None:
    desk = elsewhere.desk
    p, job = made(elsewhere, "00004")
    assert (job.state, job.official, job.written, job.chip_uid) == (JobState.CONFIRMED, True, False, "")
    assert p.current().stage is Stage.AKTIVASI and "CardMadeElsewhere" in elsewhere.events(p)
    blank, balance = desk.register.read(lambda v: (v.blangko("00004"), v.blangko_balance()))
    assert (blank.state, blank.job_id) == (BlangkoState.BAIK, job.id)
    assert (balance.stok, balance.baik, balance.balanced) == (9, 1, True)
    assert (blangko.today_so_far(desk).baik, blangko.today_so_far(desk).closing) == (1, 9)
    assert reconcile.open_questions(desk) == () and desk.register.read(lambda v: v.live_card_job(p.id)).id == job.id
    page = books.preview(desk, elsewhere.actor(Peran.KASI), books.Want("pencetakan", 2026, 11))
    row = next(line.cells for line in page.rows if "00004" in line.cells)
    assert "baik" in row and row[-1] == "dibuat di mesin resmi"
    assert reports.send_reports(desk) >= 1
    event, facts = next(e for e in elsewhere.line.events if e[1].get("job") == job.id)
    assert (event, facts["blangko"], facts["source"]) == ("printed", "00004", "mesin_resmi") and "chip_uid" not in facts


def test_what_cannot_be_recorded_changes_nothing(elsewhere) -> None:
    p, job = made(elsewhere, "00004", "04A1B2C3")
    q = elsewhere.prr(elsewhere.sealed(1), sequence=2)
    assert refused(elsewhere, q.id, looked_at=False, serial="00005") == "official.looked"
    assert refused(elsewhere, q.id, "") == "official.serial"
    assert refused(elsewhere, q.id, "99999") == "blangko.unknown"
    assert refused(elsewhere, q.id, "00004") == "blangko.gone"
    assert refused(elsewhere, q.id, "00005", chip_uid="04A1B2C3") == "chip.bound"
    with pytest.raises(SopViolation):  # it left the printing step
        official_card.record_made(elsewhere.desk, elsewhere.actor(Peran.OPERATOR), p.id, "00005", looked_at=True)
    with pytest.raises(DuplicateRequest, match=r"chip\.bound"):
        official_card.read_card(elsewhere.desk, elsewhere.actor(Peran.OPERATOR), q.id)
    assert PUBLIC.uid == "04A1B2C3" == job.chip_uid


def test_a_desk_that_makes_its_cards_offers_nothing_of_this(office) -> None:
    p = office.prr(office.sealed())
    assert not official_card.offered(office.desk) and refused(office, p.id) == "official.own_cards"
    with pytest.raises(SopViolation, match="own_cards"):
        official_card.record_spoiled(office.desk, office.actor(Peran.OPERATOR), p.id, "00001", "macet", **SECOND)


@pytest.mark.gate
def test_spoiled_there_before_two_officers_and_made_once_more(elsewhere) -> None:
    desk, operator = elsewhere.desk, elsewhere.actor(Peran.OPERATOR)
    p = elsewhere.prr(elsewhere.sealed())
    with pytest.raises(BadInput, match="spoil_reason"):
        official_card.record_spoiled(desk, operator, p.id, "00002", " ", **SECOND)
    with pytest.raises(KioskError):
        official_card.record_spoiled(desk, operator, p.id, "00002", "macet", second_username="operator", second_password=PASSWORD)
    waste = official_card.record_spoiled(desk, operator, p.id, "00002", "Cetakan cacat", **SECOND)
    assert (waste.state, waste.official) == (JobState.SPOILED, True)
    assert elsewhere.read(p).current().stage is Stage.CETAK_ENCODE and elsewhere.read(p).current().state is TahapState.AKTIF
    assert [a.kind for a in desk.register.read(lambda v: v.approvals(p.id))][-1] == "kartu_rusak"
    assert refused(elsewhere, p.id, "00002") == "blangko.gone"
    job = official_card.record_made(desk, operator, p.id, "00003", looked_at=True)
    balance = desk.register.read(lambda v: v.blangko_balance())
    assert (balance.stok, balance.baik, balance.rusak, balance.balanced) == (8, 1, 1, True)
    assert [c.job.id for c in spoiled.cards(desk, elsewhere.actor(Peran.KASI))] == [waste.id]
    # a finished one that proves dead goes back to print as any card does
    printing.spoil_card(desk, operator, job.id, "Chip tidak terbaca", **SECOND)
    assert elsewhere.read(p).current().stage is Stage.CETAK_ENCODE
    assert official_card.record_made(desk, operator, p.id, "00001", looked_at=True).state is JobState.CONFIRMED


@pytest.mark.gate
def test_the_last_blank_pauses_whoever_waits_and_no_blank_is_said(elsewhere) -> None:
    desk, boss = elsewhere.desk, elsewhere.actor(Peran.SUPERVISOR)
    blangko.return_blangko(desk, boss, 9, "BAST-2", "sisa")
    p, q = (elsewhere.prr(elsewhere.sealed(i), sequence=i + 1) for i in (0, 1))
    assert official_card.blank_in_stock(desk, elsewhere.actor(Peran.OPERATOR), p.id, " 00001 ").serial == "00001"
    official_card.record_made(desk, elsewhere.actor(Peran.OPERATOR), p.id, "00001", looked_at=True)
    assert elsewhere.read(q).current().pause_reason == "blangko_kosong"
    assert refused(elsewhere, q.id, "00001") == "blangko.empty"
    printing.receive_blangko(desk, boss, ["00020"], "BAST-3")
    assert elsewhere.read(q).current().pause_reason == ""
    with pytest.raises(NotFound, match="unknown"):
        official_card.blank_in_stock(desk, elsewhere.actor(Peran.OPERATOR), q.id, "00021")


@pytest.mark.parametrize("uid", ["", b"UID00001".hex()])
def test_all_the_way_to_the_hand(elsewhere, uid: str) -> None:
    """The finger is compared with this application's recording; the card by its UID where that was read, by eye otherwise."""
    desk, operator = elsewhere.desk, elsewhere.actor(Peran.OPERATOR)
    p, job = made(elsewhere, uid=uid)
    if uid:
        elsewhere.bench.chip = b"UID99999"
        with pytest.raises(SopViolation, match=r"chip\.foreign"):
            handover.activate(desk, operator, p.id)
        elsewhere.bench.chip = b"UID00001"
    elsewhere.judge.activation_score = 0.1
    assert not handover.activate(desk, operator, p.id).matched
    with pytest.raises(SopViolation, match="fingers_first"):
        handover.activate_by_sight(desk, operator, p.id, "jari luka", "kasi", PASSWORD)
    elsewhere.judge.activation_score = 0.9
    assert handover.activate(desk, operator, p.id).matched
    handover.move_to_counter(desk, operator, p.id)
    prompt = desk.register.read(lambda v: handover.signing_prompt(v, p.id))
    assert (uid[-6:] if uid else "nomor 00004") in prompt
    done = handover.hand_over(desk, elsewhere.actor(Peran.LOKET), p.id, INK)
    proof = desk.register.read(lambda v: v.handover(p.id))
    assert done.keadaan is Keadaan.SELESAI and (proof.card_uid, proof.card_read, proof.activated) == (uid, bool(uid), True)
    reports.send_reports(desk)
    told = [e for e in elsewhere.line.events if e[1].get("job") == job.id]
    assert [e[0] for e in told] == ["printed", "activated", "handed_over"]
    assert all(facts.get("chip_uid", "") == uid for _event, facts in told)


@pytest.mark.gate
def test_two_officers_where_no_finger_can_do_it(elsewhere) -> None:
    desk, operator = elsewhere.desk, elsewhere.actor(Peran.OPERATOR)
    p, _job = made(elsewhere)
    desk.register.write(lambda tx: (tx.drop_documents(p.id, "kartu.minutiae."), tx.log("DocumentStored", p.id, "-")))
    done = handover.activate_by_sight(desk, operator, p.id, "direkam di kantor lain", "kasi", PASSWORD)
    assert done.matched and done.permohonan.current().stage is not Stage.AKTIVASI


@pytest.mark.gate
def test_a_card_taken_off_the_reader_too_early_is_a_sentence(elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    p = elsewhere.prr(elsewhere.sealed())

    def gone(_reader: object) -> object:
        raise CardRemoved("card.removed", device_kind="card_reader", operation="read")

    desk = replace(elsewhere.desk, read_public_card=gone)
    with pytest.raises(CardRemoved):
        official_card.read_card(desk, elsewhere.actor(Peran.OPERATOR), p.id)
    found = official_card.read_card(elsewhere.desk, elsewhere.actor(Peran.OPERATOR), p.id)
    assert found.uid == PUBLIC.uid and desk.register.read(lambda v: v.card_jobs(p.id)) == []
