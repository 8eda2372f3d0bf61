"""Papers on request: what they are filled with, who may ask, and that asking changes nothing."""

from __future__ import annotations

import pytest

from ktpel_kiosk.desk import forms, handover, notices, returns
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, NotAllowed, NotFound
from ktpel_kiosk.domain.sop import Peran, Stage


def test_f102_is_filled_from_the_application(office):
    p = office.begun()
    before = office.events(p)
    text = forms.f102(office.desk, office.actor(Peran.LOKET), p.id).decode()
    assert p.penduduk.nik in text and "baru_wni" in text and "Kartu Keluarga" in text and "F-1.02" not in text
    assert office.events(p) == before and office.read(p) == p


def test_roll_slips_follow_the_application(office):
    p = office.at(Stage.SERAH_PEMOHON)
    asks = office.actor(Peran.LOKET)
    assert p.nomor_register in forms.roll_slip(office.desk, asks, p.id, "tanda_terima").decode()
    with pytest.raises(NotFound, match=r"form\.not_handed_over"):
        forms.roll_slip(office.desk, asks, p.id, "bukti_pengambilan")
    with pytest.raises(NotFound, match=r"form\.not_returned"):
        forms.roll_slip(office.desk, asks, p.id, "pengembalian")
    with pytest.raises(BadInput, match=r"form\.slip"):
        forms.roll_slip(office.desk, asks, p.id, "karcis")
    handover.hand_over(office.desk, office.actor(Peran.PENYERAH), p.id, b"\x89PNG")
    text = forms.roll_slip(office.desk, asks, p.id, "bukti_pengambilan").decode()
    assert "/BP/2026" in text and text.endswith("November 2026"), "the day it was printed is named"


def test_a_return_slip_once_more(office):
    p = office.at(Stage.VERIFIKASI)
    returns.return_application(office.desk, office.actor(Peran.VERIFIKATOR), p.id, ("berkas_tidak_benar",), "Foto KK buram")
    text = forms.roll_slip(office.desk, office.actor(Peran.LOKET), p.id, "pengembalian").decode()
    assert "berkas_tidak_benar,Foto KK buram" in text


def test_the_poster_says_what_the_office_promises(office):
    notices.set_maklumat(office.desk, office.actor(Peran.SUPERVISOR), "Kami melayani dengan jujur.")
    text = forms.standard_poster(office.desk, office.actor(Peran.KASI)).decode()
    assert text.endswith("Kami melayani dengan jujur.") and str(len(notices.service_standard(office.desk.sop))) in text


def test_admin_sees_no_papers(office):
    nobody = Actor("mesin", "Mesin", frozenset({Peran.ADMIN}))
    p = office.begun()
    for ask in (lambda: forms.f102(office.desk, nobody, p.id), lambda: forms.roll_slip(office.desk, nobody, p.id, "tanda_terima"),
                lambda: forms.standard_poster(office.desk, nobody)):
        with pytest.raises(NotAllowed):
            ask()
