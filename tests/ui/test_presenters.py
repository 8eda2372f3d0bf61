"""Presenters against a fake desk: no Qt, the words and states people read."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import PASSWORD, FakeOffice

from ktpel_kiosk.desk.handover import Receiver
from ktpel_kiosk.domain.biometric import FINGERS, ExceptionKind, Position
from ktpel_kiosk.domain.certificates import CertificateEnd, Holder
from ktpel_kiosk.domain.errors import KioskError, MediaEmpty, SignInRefused, SopViolation
from ktpel_kiosk.domain.sop import Layanan, Peran, Stage
from ktpel_kiosk.ports.devices import DeviceKind
from ktpel_kiosk.ui.presenters.board import BoardPresenter
from ktpel_kiosk.ui.presenters.cards import CardPresenter, HandoverPresenter
from ktpel_kiosk.ui.presenters.intake import IntakePresenter, Wanted
from ktpel_kiosk.ui.presenters.record_view import finger_states
from ktpel_kiosk.ui.presenters.recording import RecordingPresenter
from ktpel_kiosk.ui.presenters.session import Session


@pytest.fixture
def session(office: FakeOffice) -> Session:
    return Session(office.desk, office.rina)


def _values(office: FakeOffice, index: int = 60) -> dict[str, str]:
    from ktpel_kiosk.domain.biodata import penduduk_to_dict
    return {k: str(v) for k, v in penduduk_to_dict(office.person(index).penduduk).items() if k != "berlaku_hingga"}


def test_presenters_are_qt_free() -> None:
    folder = Path(sys.modules["ktpel_kiosk.ui.presenters.board"].__file__ or "").parent
    assert all("PySide6" not in p.read_text("utf-8") for p in folder.glob("*.py"))


@pytest.mark.parametrize(("days", "role", "expected"), [
    (61, Peran.ADMIN, []), (45, Peran.ADMIN, ["info"]), (45, Peran.OPERATOR, []), (20, Peran.OPERATOR, ["attention"]),
    (-1, Peran.OPERATOR, ["trouble"])])
def test_the_end_of_a_certificate_is_told_first_to_whoever_can_act_then_to_all(office: FakeOffice, days: int, role: Peran,
                                                                               expected: list[str]) -> None:
    end = CertificateEnd(Holder.STATION, office.clock.now() + timedelta(days=days))
    later = CertificateEnd(Holder.LINE, office.clock.now() + timedelta(days=days + 1))
    session = Session(replace(office.desk, certificate_ends=lambda: (later, end)), office.actors[role])
    notices = BoardPresenter(session).load().notices
    assert [n.tone for n in notices] == expected
    assert all("Sertifikat stasiun" in n.bold and "administrator" in n.text and dict(n.args) == {"section": "sambungan"} for n in notices)


def test_board_counts_and_clock(office: FakeOffice, session: Session) -> None:
    p = office.to_stage(1, Stage.VERIFIKASI)
    board = BoardPresenter(session).load()
    column = next(c for c in board.columns if c.title == "Periksa & validasi")
    assert (column.count, column.cards[0].id, column.cards[0].page) == (1, p.id, "verifikasi")
    assert board.greeting.endswith("Rina") and "2026" in board.subtitle
    assert BoardPresenter(session).counters()["verifikasi"] == 1


def test_nik_feedback(office: FakeOffice, session: Session) -> None:
    presenter = IntakePresenter(session)
    assert presenter.check_nik("350805").line == "Tempeh, Lumajang · 10 angka lagi"
    good = presenter.check_nik("3508054502080001")
    assert good.state == "good" and "Tempeh" in good.line and good.sex == "P" and good.born == "05-02-2008"
    assert presenter.check_nik("3508059902080001").state == "trouble"
    p = office.begun(3)
    again = presenter.check_nik(p.penduduk.nik)
    assert again.blocked and "berjalan" in again.warning_bold


def test_problems_name_each_field(office: FakeOffice, session: Session) -> None:
    values = {**_values(office), "nama": "", "nomor_hp": "12"}
    problems = IntakePresenter(session).problems(values)
    assert set(problems) == {"nama", "nomor_hp"}
    assert IntakePresenter(session).problems({**_values(office), "nomor_hp": "081234567890"}) == {}


def test_register_numbers_and_prints(office: FakeOffice, session: Session) -> None:
    presenter = IntakePresenter(session)
    values = _values(office)
    ada = frozenset(line.kode for line in presenter.checklist(Layanan.BARU_WNI, values) if not line.fixed)
    result = presenter.register(Wanted(Layanan.BARU_WNI, values, ada, presenter.new_draft()))
    assert result.numbered and result.printed and result.permohonan.nomor_register.startswith("0001/")


def test_drafts_that_overtake_each_other_keep_what_was_typed_last(office: FakeOffice, session: Session) -> None:
    presenter, key = IntakePresenter(session), IntakePresenter(session).new_draft()
    assert presenter.keep(key, {"nama": "SITI CONTOH"}, session.actor, 2)
    assert not presenter.keep(key, {"nama": "SITI"}, session.actor, 1)
    presenter.open_draft(key, session.actor)
    assert presenter.drafts()[key]["nama"] == "SITI CONTOH"


def test_a_draft_saved_late_does_not_come_back(office: FakeOffice, session: Session) -> None:
    """Its papers are taken in already; where that was refused it is a draft as before."""
    presenter, values = IntakePresenter(session), _values(office)
    ada = frozenset(line.kode for line in presenter.checklist(Layanan.BARU_WNI, values) if not line.fixed)
    key = presenter.new_draft()
    with pytest.raises(SopViolation, match=r"papers\.missing"):
        presenter.register(Wanted(Layanan.BARU_WNI, values, frozenset(), key))
    assert presenter.keep(key, values, session.actor, 1) and list(presenter.drafts()) == [key]
    presenter.register(Wanted(Layanan.BARU_WNI, values, ada, key))
    assert not presenter.keep(key, values, session.actor, 2)
    presenter.open_draft(key, session.actor)
    assert presenter.drafts() == {}


def test_a_missing_printer_does_not_stop_the_counter(office: FakeOffice, session: Session) -> None:
    office.devices.trouble[DeviceKind.DOCUMENT_PRINTER] = MediaEmpty("device.not_connected", device_kind="document_printer")
    presenter, values = IntakePresenter(session), _values(office)
    ada = frozenset(line.kode for line in presenter.checklist(Layanan.BARU_WNI, values) if not line.fixed)
    result = presenter.register(Wanted(Layanan.BARU_WNI, values, ada))
    assert result.numbered and not result.printed and result.print_trouble


def test_recording_view_walks_the_parts(office: FakeOffice, session: Session) -> None:
    p = office.to_stage(1, Stage.REKAM)
    presenter = RecordingPresenter(session)
    view = presenter.load(p.id)
    assert view.parts() == ("data", "foto", "jari", "iris", "tanda_tangan", "tinjau") and view.next_part() == "data"
    view = presenter.confirm(p.id)
    assert view.next_part() == "foto"
    _result, view = presenter.face(p.id)
    assert view.part_done("foto") and view.next_part() == "jari"
    slap = view.status.next_slap()
    office.judge.scores[slap[-1]] = [3]
    _result, view = presenter.fingers(p.id, slap)
    states = finger_states(view, slap)
    assert [states[f] for f in slap[:-1]] == ["good"] * 3 and states[slap[-1]] == "target"
    assert len(states) == len(FINGERS)


def test_exception_needs_another_officer(office: FakeOffice, session: Session) -> None:
    p = office.to_stage(1, Stage.REKAM)
    presenter = RecordingPresenter(session)
    presenter.confirm(p.id)
    args = (p.id, Position.LEFT_LITTLE, ExceptionKind.BANDAGED, "diperban")
    with pytest.raises(SignInRefused):
        presenter.excuse(*args, session.actor.username, PASSWORD)
    view = presenter.excuse(*args, "kasi", PASSWORD)
    assert view.status.of(Position.LEFT_LITTLE).state == "exception"


def test_print_steps_tell_where_the_card_is(office: FakeOffice, session: Session) -> None:
    p = office.to_stage(1, Stage.CETAK_ENCODE)
    presenter = CardPresenter(session)
    assert presenter.load(p.id).action == "send"
    office.devices.trouble[DeviceKind.CARD_PRINTER] = MediaEmpty("printer.ribbon", device_kind="card_printer")
    with pytest.raises(KioskError):
        presenter.send(p.id)
    assert presenter.load(p.id).blangko.stok == 143
    office.devices.trouble.clear()
    view = presenter.send(p.id)
    assert view.action == "good" and [s.state for s in view.steps] == ["done", "done", "done", "active", "todo"]
    assert view.job is not None
    presenter.good(p.id, view.job.id)
    presenter.encode(p.id, view.job.id)
    assert office.read(p.id).current().stage is Stage.AKTIVASI  # type: ignore[union-attr]


def test_handover_closes_the_row(office: FakeOffice, session: Session) -> None:
    p = office.to_stage(1, Stage.SERAH_PEMOHON)
    presenter = HandoverPresenter(session)
    assert presenter.find(p.nomor_register) == p.id and presenter.find("9999/KTP/I/2020") == ""
    closed = presenter.give(p.id, presenter.sign(p.id, None), Receiver(), False)
    assert closed.current() is None
