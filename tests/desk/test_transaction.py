"""One recording handed out as a file: a reason, two officers, one audit link before the file; never after sealing."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from desk_office import PASSWORD, Office

from ktpel_kiosk.desk import recording, transaction
from ktpel_kiosk.domain.biometric import EYES, RIGHT_FOUR, ExceptionKind, Position
from ktpel_kiosk.domain.errors import BadInput, KioskError, NotAllowed, SignInRefused, SopViolation
from ktpel_kiosk.domain.permohonan import Permohonan
from ktpel_kiosk.domain.sop import Peran, Stage


@pytest.fixture
def recorded(office: Office) -> Permohonan:
    """Four fingers and both eyes taken, one thumb excused."""
    operator = office.actor(Peran.OPERATOR)
    p = office.at(Stage.REKAM)
    recording.confirm_data(office.desk, operator, p.id)
    recording.capture_fingers(office.desk, operator, p.id, RIGHT_FOUR)
    recording.capture_irises(office.desk, operator, p.id, EYES)
    recording.record_exception(office.desk, operator, p.id, Position.RIGHT_THUMB, ExceptionKind.MISSING, "amputasi", "kasi", PASSWORD)
    return p


def export(office: Office, p: Permohonan, path: Path, **changes: Any) -> transaction.Exported:
    values = {"reason": "permintaan pusat", "second_username": "camat", "second_password": PASSWORD, "format": "an2k"} | changes
    return transaction.export_recording(office.desk, office.actor(Peran.KASI), p.id, values.pop("format"), path, **values)


def test_file_holds_what_was_taken_and_the_audit_knows_it(office: Office, recorded: Permohonan, tmp_path: Path) -> None:
    seen = []
    office.desk = replace(office.desk, write_transaction=lambda content, format: seen.append(content) or b"berkas")
    made = export(office, recorded, tmp_path / "x.an2")
    assert (made.samples, made.exceptions, made.digest) == (6, 1, hashlib.sha256(b"berkas").hexdigest())
    assert (tmp_path / "x.an2").read_bytes() == b"berkas"
    (content,) = seen
    assert {s.position for s in content.samples} == {*RIGHT_FOUR, *EYES}
    assert (content.register_number, content.penduduk) == (recorded.nomor_register, recorded.penduduk)
    assert str(content.local_date) == "2026-11-20"
    (link,) = [a for a in office.desk.register.read(lambda v: v.audit(subject=recorded.id)) if a.event == "RecordingExported"]
    assert link.facts["digest"] == made.digest
    assert (link.actor, link.facts["second"], link.facts["reason"], link.facts["count"]) == ("kasi", "camat", "permintaan pusat", 6)


REFUSALS: tuple[tuple[dict[str, str], type[KioskError], str], ...] = (
    ({"format": "zip"}, BadInput, "export.format"), ({"reason": "  "}, BadInput, "transaction.reason"),
    ({"second_username": "kasi"}, SignInRefused, "sign_in.same_person"), ({"second_password": "salah"}, SignInRefused, "sign_in.wrong"),
    ({"second_username": "operator"}, NotAllowed, "access.use_case"),
)


def _broken(content: object, format: str) -> bytes:
    raise BadInput("image.damaged", entry="right_index")


def test_refusals_leave_no_file_and_no_link(office: Office, recorded: Permohonan, tmp_path: Path) -> None:
    """One office for all: refused calls change nothing."""
    for changes, error, key in REFUSALS:
        with pytest.raises(error) as caught:
            export(office, recorded, tmp_path / "x.an2", **changes)
        assert caught.value.message_key == key
    office.desk = replace(office.desk, write_transaction=_broken)
    with pytest.raises(BadInput, match="damaged"):
        export(office, recorded, tmp_path / "x.an2")
    assert not list(tmp_path.glob("x*"))
    assert "RecordingExported" not in office.events(recorded)


def test_nothing_recorded_and_sealed_are_said(office: Office, tmp_path: Path) -> None:
    for p, key in ((office.at(Stage.REKAM, 1), "transaction.nothing"), (office.sealed(2), "transaction.sealed")):
        with pytest.raises(SopViolation) as caught:
            export(office, p, tmp_path / "x.an2")
        assert caught.value.message_key == key
        assert p.nomor_register in office.desk.sentences.of(caught.value)
