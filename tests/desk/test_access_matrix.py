"""Who may do what, asserted for every use case of the desk, every single role, and nobody (RELIABILITY.md threat 2).

``TABLE`` is written by hand from the offices' SOPs and Permendagri 102/2019, not derived from the permission table: a change there
has to be made here as well, on purpose. Tempeh's SOP decides the stages.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from access_office import CALLS, LETTER_CALLS, Prepared, prepare

import ktpel_kiosk.desk
from ktpel_kiosk.domain.errors import KioskError, NotAllowed, SignInRefused
from ktpel_kiosk.domain.sop import Peran

EVERYBODY = "loket verifikator validator operator penyerah kasi camat supervisor admin"
COUNTERS_AND_HEADS = "loket verifikator validator operator penyerah kasi camat supervisor"
HEADS = "kasi camat supervisor"
CHECKERS = "verifikator validator kasi"

TABLE: dict[str, str] = {
    # loket
    "intake.begin_intake": "loket",
    "intake.save_draft": "loket",
    "intake.drafts": "loket",
    "intake.drop_draft": "loket",
    "intake.receive_papers": "loket",
    "intake.register_intake": "loket",
    "intake.return_at_counter": "loket",
    "intake.assign_number": "loket penyerah",
    "paper_scans.scan_paper": "loket",
    "paper_scans.keep_pages": "loket",
    "paper_scans.counts": "loket",
    "paper_scans.pages_of_draft": "loket",
    "paper_scans.drop_pages": "loket",
    "paper_scans.pictures": COUNTERS_AND_HEADS,
    # verifikasi, validasi, pengembalian
    "verification.verify": CHECKERS,
    "verification.validate": CHECKERS,
    "verification.renew": CHECKERS,
    "returns.return_application": CHECKERS,
    "returns.reject": CHECKERS,
    "returns.resubmit": COUNTERS_AND_HEADS,
    "returns.resolve_duplicate": "operator validator kasi camat supervisor",
    "returns.void_application": "kasi supervisor",
    "duplicates.side_by_side": "operator validator kasi camat supervisor",
    "duplicates.decide": "operator validator kasi camat supervisor",
    "progress.open_work": CHECKERS,
    "progress.pause_work": "operator",
    # perekaman
    "correction.correct_biodata": "operator",
    "recording.confirm_data": "operator",
    "recording.capture_face": "operator",
    "recording.capture_fingers": "operator",
    "recording.capture_irises": "operator",
    "recording.capture_signature": "operator",
    "recording.record_exception": "operator",
    "recording.withdraw_exception": "operator",
    "recording.force_position": "operator",
    "recording.keep_refused": "operator",
    "recording.finish_recording": "operator",
    "capture_rules.change": "supervisor admin",
    "sealing.applicant_confirms": "operator",
    "sealing.sign_off": "operator",
    "sealing.seal_packet": "operator",
    "statuses.enter_status": "operator supervisor",
    "statuses.record_entry": "operator supervisor",
    "status_acts.record_again": "operator supervisor",
    "status_acts.send_again": "operator supervisor",
    "status_list.adopt": "operator kasi supervisor",
    "status_list.examine": "operator kasi supervisor",
    "status_list.import_list": "operator kasi supervisor",
    "courier.disks": "operator supervisor admin",
    "courier.waiting": "operator supervisor admin",
    "courier.export_bundle": "operator supervisor admin",
    "courier.import_bundles": "operator supervisor admin",
    "courier.bundles": "operator supervisor admin",
    # cetak
    "printing.check_before_print": "operator",
    "printing.start_card": "operator",
    "printing.confirm_print": "operator",
    "encoding.encode_card": "operator",
    "encoding.reread_chip": "operator",
    "encoding.set_chip_place": "supervisor admin",
    "printing.pause_for_blangko": "operator",
    "printing.spoil_card": "operator supervisor",
    "official_card.blank_in_stock": "operator",
    "official_card.read_card": "operator",
    "official_card.record_made": "operator",
    "official_card.record_spoiled": "operator",
    "reconcile.answer": "operator supervisor",
    "material.take_centre_biodata": "operator",
    # blangko
    "blangko.receive_blangko": "operator kasi supervisor",
    "blangko.return_blangko": "kasi supervisor",
    "blangko.close_day": "kasi supervisor",
    "spoiled.cards": COUNTERS_AND_HEADS,
    "spoiled.send_back": "kasi supervisor",
    "spoiled.destroy": "kasi supervisor",
    "blangko.set_threshold": "supervisor admin",
    # penyerahan dan surat
    "handover.activate": "loket operator penyerah",
    "handover.activate_by_sight": "loket operator penyerah",
    "handover.activate_by_iris": "loket operator penyerah",
    "handover.move_to_counter": "operator",
    "handover.hand_over": "loket penyerah",
    "letters.issue_letter": "loket operator kasi supervisor",
    "letters.reprint": "loket operator kasi supervisor",
    "withdrawn.surrender": "loket operator penyerah supervisor",
    "withdrawn.destroy": "kasi supervisor",
    "withdrawn.paper_again": "kasi supervisor",
    "agenda.void_letter": "kasi supervisor",
    "agenda.set_setting": "supervisor admin",
    "followups.log_contact": COUNTERS_AND_HEADS,
    # buku
    "books.preview": COUNTERS_AND_HEADS,
    "books.export_register": "loket operator kasi camat supervisor",
    "books.export_register full_nik": HEADS,
    "audit_code.holds": "kasi camat supervisor admin",
    "books.verify_register": "kasi camat supervisor admin",
    "approvals.check_all": "kasi camat supervisor admin",
    "closing.check": "kasi camat supervisor admin",
    "closing.close_month": "kasi supervisor",
    "closing.reopen_month": "supervisor",
    "transaction.export_recording": "kasi supervisor",
    # pelindungan data pribadi
    "viewing.look": COUNTERS_AND_HEADS,
    "viewing.needs_reason": COUNTERS_AND_HEADS,
    "viewing.who_looked": HEADS,
    "viewing.looked_on": HEADS,
    "keeping.disposals": "kasi camat supervisor admin",
    "keeping.record": "kasi camat supervisor admin",
    "subject_requests.receive": COUNTERS_AND_HEADS,
    "subject_requests.prove_identity": COUNTERS_AND_HEADS,
    "subject_requests.open_request": COUNTERS_AND_HEADS,
    "subject_requests.requests": COUNTERS_AND_HEADS,
    "subject_requests.move": "validator kasi camat supervisor",
    "subject_requests.copy_of_data": "validator kasi camat supervisor",
    "breach.concerned": "kasi supervisor",
    "breach.notice": "kasi supervisor",
    "breach.notices": "kasi supervisor",
    "breach.papers": "kasi supervisor",
    # laporan, survei, pengaduan
    "forms.f102": COUNTERS_AND_HEADS,
    "forms.quick_card": EVERYBODY,
    "slips.print_quick_card": EVERYBODY,
    "paper_look.page": EVERYBODY,
    "paper_look.print_again": EVERYBODY,
    "forms.roll_slip": COUNTERS_AND_HEADS,
    "slips.print_paper": COUNTERS_AND_HEADS,
    "slips.choose_medium": "supervisor admin",
    "line_rules.set_line_rules": "supervisor admin",
    "line_check.check_line": "operator supervisor admin",
    "queue.page": EVERYBODY,
    "reports.refused_reports": EVERYBODY,
    "reports.send_refused_again": "operator supervisor admin",
    "queue.try_all": "operator supervisor admin",
    "queue.try_refused": "operator supervisor admin",
    "queue.try_one": "operator supervisor admin",
    "forms.standard_poster": COUNTERS_AND_HEADS,
    "laporan.laporan": COUNTERS_AND_HEADS,
    "laporan.waktu": COUNTERS_AND_HEADS,
    "laporan.tertunda": COUNTERS_AND_HEADS,
    "laporan_paper.gather": COUNTERS_AND_HEADS,
    "laporan_paper.survey": COUNTERS_AND_HEADS,
    "laporan_paper.export": "loket operator kasi camat supervisor",
    "ikm.summary": COUNTERS_AND_HEADS,
    "ikm.export_rows": "loket operator kasi camat supervisor",
    "ikm.set_weight": "supervisor admin",
    "complaints.receive": COUNTERS_AND_HEADS,
    "complaints.receipt": COUNTERS_AND_HEADS,
    "complaints.open_complaint": COUNTERS_AND_HEADS,
    "complaints.open_ones": COUNTERS_AND_HEADS,
    "complaints.in_period": COUNTERS_AND_HEADS,
    "complaints.figures": COUNTERS_AND_HEADS,
    "complaints.move": "verifikator validator kasi camat supervisor",
    "complaints.add_note": "verifikator validator kasi camat supervisor",
    "complaints.recategorise": "verifikator validator kasi camat supervisor",
    "complaints.set_number_template": "supervisor admin",
    # pengaturan
    "kalender_kantor.set_days": "supervisor admin",
    "kalender_kantor.drop_day": "supervisor admin",
    "kalender_kantor.import_file": "supervisor admin",
    "notices.set_maklumat": "supervisor admin",
    "population.examine": "supervisor admin",
    "population.adopt": "supervisor admin",
    "provision.check_trust": "admin",
    "provision.take": "admin",
    "provision.bundles": "admin",
    "provision.look": "admin",
    "provision.take_from": "admin",
    "population.save_problems": "supervisor admin",
    "sop_versions.adopt": "kasi supervisor",
    "sop_versions.turn_local_extras": "supervisor admin",
    # paket: disegel ulang, disimpan, dimusnahkan
    "packet_files.check_all": "kasi camat supervisor admin",
    "purge_paper.place_again": "kasi supervisor",
    "resend.record_again": "operator supervisor",
    "resend.repair": "operator supervisor",
    "resend.resend": "operator supervisor",
    "retention.overview": "kasi camat supervisor admin",
    "retention.purge": "kasi supervisor",
    "retention.set_days": "supervisor admin",
    # perangkat
    "device_tests.history": EVERYBODY,
    "device_tests.camera_still": EVERYBODY,
    "device_tests.finger_touch": EVERYBODY,
    "device_tests.iris_look": EVERYBODY,
    "device_tests.pad_ink": EVERYBODY,
    "device_tests.scan_page": EVERYBODY,
    "device_tests.read_code": EVERYBODY,
    "device_tests.card_apdu": EVERYBODY,
    "device_tests.card_printer_look": EVERYBODY,
    "device_tests.print_page": EVERYBODY,
    "device_tests.read_public": COUNTERS_AND_HEADS,
    "device_tests.print_test_card": "operator kasi supervisor",
    "device_tests.prefer_device": "supervisor admin",
    "damage.report": EVERYBODY,
    "damage.reports": EVERYBODY,
    "damage.paper_again": EVERYBODY,
    "damage.place_again": EVERYBODY,
    # stasiun
    "restore.copies": "supervisor admin",
    "restore.examine": "supervisor",
    "restore.restore": "supervisor",
    "restore.drill": "supervisor admin",
    "restore.read_sheet": "supervisor admin",
    "restore.sheets": "supervisor admin",
    "restore.make_sheets": "supervisor",
    "night_check.standing": EVERYBODY,
    "station_care.standing": EVERYBODY,
    "station_care.write_request": "supervisor admin",
    "station_care.take_certificates": "supervisor admin",
    "station_care.set_gateway_address": "supervisor admin",
    "station_care.backup_places": "supervisor admin",
    "station_care.choose_place": "supervisor admin",
    "station_care.copy_now": "supervisor admin",
    "station_care.new_code": "supervisor admin",
    "station_care.adopt_code": "supervisor admin",
    "station_care.prove_code": "supervisor admin",
    "away.returns": COUNTERS_AND_HEADS,
    "away.settle_returns": HEADS,
    "updates.standing": EVERYBODY,
    "updates.look": "supervisor admin",
    "updates.agree": "supervisor",
    "updates.begin": "supervisor",
    "updates.call_off": "supervisor",
    # kiosk
    "leaving.leave": "supervisor admin",
    "places.disks": EVERYBODY,
    "room.left": EVERYBODY,
    "typed.keep": EVERYBODY,
    "typed.kept": EVERYBODY,
    # petugas
    "sign_in_bound.extend": "supervisor admin",
    "sign_in_bound.set_days": "supervisor admin",
    "users.users": "admin",
    "users.save_user": "admin",
    "users.change_user": "admin",
    "users.set_active": "admin",
    "users.reset_password": "admin",
    "users.change_own_password": EVERYBODY,
    "users.password_was_given": EVERYBODY,
}
LETTER_TABLE: dict[str, str] = {  # Kebakkramat ends with letters
    "letters.issue_letters": "operator",
    "handover.hand_over letters": "loket penyerah",
}

AFTERWARDS: dict[str, str] = {
    "away.settle_returns": "office_server.return_read",
    "paper_look.page": "document.not_pdf",
    "queue.try_one": "packet.not_waiting", "status_list.adopt": "status.list_nothing", "status_list.examine": "status.list_header",
    "status_list.import_list": "status.list_header", "status_acts.record_again": "status.not_failed",
    "status_acts.send_again": "status.not_failed",
    "purge_paper.place_again": "retention.none", "resend.record_again": "packet.record_needless",
    "complaints.receive": "complaint.not_found", "intake.register_intake": "permohonan.not_found",
    "printing.start_card": "card.finish_first", "encoding.encode_card": "card.transition", "encoding.reread_chip": "card.transition",
    "letters.reprint": "permohonan.not_found", "material.take_centre_biodata": "card.material", "population.adopt": "population.nothing",
    "population.examine": "population.no_header", "handover.activate": "chip.foreign", "handover.activate_by_sight": "chip.foreign",
    "handover.activate_by_iris": "chip.foreign", "handover.hand_over": "chip.foreign",
    "courier.export_bundle": "courier.not_here", "courier.import_bundles": "courier.not_here",
}
"""What an allowed call meets in a rehearsal whose first write is rolled back, or on purpose; past the permission all the same."""

HELPERS: frozenset[str] = frozenset({
    "access.require", "access.require_receiver", "access.require_roles", "access.require_stage",  # the checks themselves
    "drafts.require_own",
    "approvals.require_signer", "approvals.required", "eligible.may_override", "eligible.superior",
    "sign_in_bound.may_pass", "sign_in.second_person", "sign_in.second_signer", "sign_in.lock", "sign_in.sign_out",  # about the own seat
    "printing.may_judge_card", "encoding.encode_inside", "papers.receipt_paper",
    "laporan_paper.report_paper",  # make a paper from values at hand
    "paper_scans.returned_key",  # a name; whoever uses it is asked
    "books.build_book",  # pages and exports go through preview and export_register
})


@pytest.fixture(scope="module")
def tempeh() -> Iterator[Prepared]:
    with tempfile.TemporaryDirectory() as folder:
        made = prepare(Path(folder))
        yield made
        made.office.desk.register.close()


@pytest.fixture(scope="module")
def kebakkramat() -> Iterator[Prepared]:
    with tempfile.TemporaryDirectory() as folder:
        made = prepare(Path(folder), "kebakkramat")
        yield made
        made.office.desk.register.close()


def length(made: Prepared) -> int:
    return int(made.office.desk.register.read(lambda v: v.audit_length()))


def assert_pair(made: Prepared, name: str, call: object, role: str, allowed: set[str]) -> None:
    """Allowed: rehearsed to the end. Refused: on the real register, which afterwards holds not one link more."""
    actor, before = made.actors[role], length(made)
    if role in allowed:
        try:
            call(made, made.dry(), actor)  # type: ignore[operator]
        except KioskError as error:
            assert error.message_key == AFTERWARDS.get(name), f"{name} by {role}: {error}"
    else:
        with pytest.raises(NotAllowed):
            call(made, made.office.desk, actor)  # type: ignore[operator]
    assert length(made) == before


@pytest.mark.parametrize("name", TABLE)
def test_every_role_and_use_case(tempeh: Prepared, name: str) -> None:
    allowed = set(TABLE[name].split())
    assert allowed <= set(Peran)
    for role in ("", *Peran):
        assert_pair(tempeh, name, CALLS[name], role, allowed)


@pytest.mark.parametrize("name", LETTER_TABLE)
def test_letters_in_an_office_that_ends_with_them(kebakkramat: Prepared, name: str) -> None:
    for role in ("", *Peran):
        assert_pair(kebakkramat, name, LETTER_CALLS[name], role, set(LETTER_TABLE[name].split()))


def use_cases() -> set[str]:
    """Every public function of the desk that takes an Actor and opens its own transaction."""
    found = set()
    for info in pkgutil.iter_modules(ktpel_kiosk.desk.__path__):
        module = importlib.import_module(f"ktpel_kiosk.desk.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            parameters = inspect.signature(function).parameters
            own = function.__module__ == module.__name__ and not name.startswith("_")
            inside = {"tx", "view"} & set(parameters)
            if own and not inside and any("Actor" in str(p.annotation) for p in parameters.values()):
                found.add(f"{info.name}.{name}")
    return found


def test_no_use_case_is_left_out() -> None:
    listed = {name.split()[0] for name in (*TABLE, *LETTER_TABLE)}
    assert set(CALLS) == set(TABLE)
    assert set(LETTER_CALLS) == set(LETTER_TABLE)
    assert use_cases() - HELPERS - listed == set(), "a use case without a line in TABLE: say here who may do it"
    assert listed - use_cases() == set(), "a line without a use case"
    assert use_cases() >= HELPERS


def test_the_second_person_needs_the_role_and_another_name(tempeh: Prepared) -> None:
    """Approving exceptions and spoiled cards, per role of the second officer; reopening and full NIK have the same guard."""
    from desk_office import PASSWORD

    from ktpel_kiosk.desk import closing, printing, recording
    from ktpel_kiosk.domain.biometric import ExceptionKind, Position

    may = {"exception": "validator kasi camat supervisor", "spoil": "validator kasi camat supervisor", "reopen": "kasi camat"}
    operator, boss = tempeh.actors["operator"], tempeh.actors["supervisor"]
    for role in Peran:
        name, desk = f"hanya_{role}", tempeh.dry()
        acts = {
            "exception": lambda n=name, d=desk: recording.record_exception(
                d, operator, tempeh.p["rekam"], Position.LEFT_LITTLE, ExceptionKind.MISSING, "sejak lahir", n, PASSWORD),
            "spoil": lambda n=name, d=desk: printing.spoil_card(
                d, operator, tempeh.jobs["terkirim"], "macet", second_username=n, second_password=PASSWORD),
            "reopen": lambda n=name, d=desk: closing.reopen_month(d, boss, 2026, 9, "salah", n, PASSWORD),
        }
        for what, act in acts.items():
            if role in may[what].split():
                act()
            else:
                with pytest.raises((NotAllowed, SignInRefused)):
                    act()


def test_the_admin_sees_no_register(tempeh: Prepared) -> None:
    """Permendagri 102/2019: access per task; whoever looks after the machine looks into no application."""
    may = {name for name, roles in TABLE.items() if "admin" in roles.split()}
    assert not {n for n in may if n.split(".")[0] in ("intake", "verification", "recording", "sealing", "printing", "handover", "returns")}
    assert "books.preview" not in may
    assert "books.export_register" not in may
