"""Spoiled cards leave the office once, with a number, signed; the blank-card ledger keeps its balance."""

from __future__ import annotations

from dataclasses import replace

import pytest
from desk_office import PASSWORD
from test_blangko import agree

from ktpel_kiosk.desk import approvals, printing, spoiled, withdrawn
from ktpel_kiosk.desk.spoiled import Place
from ktpel_kiosk.domain.errors import BadInput, DuplicateRequest, NotAllowed, NotFound
from ktpel_kiosk.domain.ledgers import Pejabat
from ktpel_kiosk.domain.sop import Peran

BURNING = withdrawn.Burning((Pejabat("Rina"),), (Pejabat("Anton"), Pejabat("Sri")), place="halaman kantor")


@pytest.fixture
def waste(office):
    """Two spoiled cards of one applicant."""
    operator = office.actor(Peran.OPERATOR)
    p = office.prr(office.sealed())
    made = []
    for reason in ("macet", "warna salah"):
        job = printing.start_card(office.desk, operator, p.id)
        made.append(printing.spoil_card(office.desk, operator, job.id, reason, second_username="kasi", second_password=PASSWORD))
    return made


def places(office):
    return [c.place for c in spoiled.cards(office.desk, office.actor(Peran.SUPERVISOR))]


def test_back_to_the_dinas_or_destroyed_each_once(office, waste):
    boss = office.actor(Peran.SUPERVISOR)
    assert places(office) == [Place.KANTOR] * 2
    assert spoiled.send_back(office.desk, boss, [waste[0].id], "BAST/7/2026") == 1
    number = spoiled.destroy(office.desk, boss, [waste[1].id], BURNING)
    assert places(office) == [Place.DIKEMBALIKAN, Place.DIMUSNAHKAN]
    back, burned = spoiled.cards(office.desk, boss)
    assert (back.number, burned.number, burned.officer) == ("BAST/7/2026", number, boss.username)
    (paper,) = office.press.burned
    assert paper.nomor == number and [c.nik for c in paper.cards] == [waste[1].nik] and waste[1].blangko in paper.cards[0].kondisi
    assert office.desk.spool.place(spoiled.paper_name(number)).exists()
    assert office.desk.register.read(lambda v: v.letter(number)).kind == withdrawn.KIND
    for job in waste:
        with pytest.raises(DuplicateRequest) as caught:
            spoiled.send_back(office.desk, boss, [job.id], "BAST/8/2026")
        assert caught.value.message_key == "spoiled.gone"
    agree(office)
    assert office.desk.register.read(lambda v: v.blangko_balance()).rusak == 2


def test_leaving_is_signed_and_a_changed_number_is_found(office, waste):
    boss = office.actor(Peran.SUPERVISOR)
    spoiled.send_back(office.desk, boss, [j.id for j in waste], "BAST/7/2026")
    signed = [a for a in office.desk.register.read(lambda v: v.approvals(waste[0].permohonan_id)) if a.kind == "rusak_kembali"]
    p = office.desk.register.read(lambda v: v.permohonan(waste[0].permohonan_id))
    assert len(signed) == 2
    assert {approvals.approval_state(office.desk, a, p) for a in signed} == {approvals.ApprovalState.SAH}
    assert approvals.approval_state(office.desk, replace(signed[0], note="BAST/9/2026"), p) is approvals.ApprovalState.TIDAK_SAH


def test_nothing_half_done(office, waste):
    boss = office.actor(Peran.SUPERVISOR)
    spoiled.send_back(office.desk, boss, [waste[0].id], "BAST/7/2026")
    good = printing.start_card(office.desk, office.actor(Peran.OPERATOR), waste[0].permohonan_id)
    for ids, error in (([], BadInput), ([waste[1].id] * 2, BadInput), ([waste[1].id, good.id], NotFound), ([waste[1].id, "x"], NotFound),
                       ([waste[1].id, waste[0].id], DuplicateRequest)):
        with pytest.raises(error):
            spoiled.send_back(office.desk, boss, ids, "BAST/8/2026")
        with pytest.raises(error):
            spoiled.destroy(office.desk, boss, ids, BURNING)
    with pytest.raises(BadInput):
        spoiled.send_back(office.desk, boss, [waste[1].id], "  ")
    with pytest.raises(BadInput):
        spoiled.destroy(office.desk, boss, [waste[1].id], replace(BURNING, witnesses=(Pejabat("Anton"),)))
    with pytest.raises(NotAllowed):
        spoiled.send_back(office.desk, office.actor(Peran.OPERATOR), [waste[1].id], "BAST/8/2026")
    assert places(office) == [Place.DIKEMBALIKAN, Place.KANTOR]
    assert not office.press.burned
