"""Every answer of the assistant: what cannot stand is said at its own field, in a whole sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from setup_office import OFFICERS, PASSWORDS, another_disk, answers_of

from ktpel_kiosk.app import backup_places, setup_answers, sops
from ktpel_kiosk.app.setup import FolderSetup
from ktpel_kiosk.app.setup_sop import office_sop, own_id
from ktpel_kiosk.domain.courier import Disk
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.setup import NewOfficer, SetupAnswers, SetupStage


@pytest.fixture
def setup(tmp_path: Path) -> FolderSetup:
    return FolderSetup(tmp_path / "data", same_disk=another_disk)


def test_the_five_sops_are_offered_with_their_steps(setup: FolderSetup) -> None:
    choices = {c.id: c for c in setup.sops()}
    assert set(choices) == {"pronojiwo", "kebakkramat", "tempeh", "palaran", "tapin"}
    assert choices["tempeh"].ends == "kartu" and choices["kebakkramat"].ends == "surat" and all(c.steps for c in choices.values())
    for choice in choices.values():
        proposal = setup.proposal(choice.text)
        assert setup.check_office(choice.text, proposal) == {}, choice.id
        assert office_sop(choice.text, proposal).source_text == choice.text, "a proposal that is taken as it is changes nothing"


def test_an_own_file_is_read_and_a_fault_named_by_its_line(setup: FolderSetup, tmp_path: Path) -> None:
    own = tmp_path / "kami.toml"
    text = sops.load("tempeh").source_text
    own.write_text(text, "utf-8")
    assert setup.read_sop(own).id == "tempeh"
    own.write_text(text.replace('tahap = ["', 'tahap = ["x', 1), "utf-8")
    with pytest.raises(BadInput) as caught:
        setup.read_sop(own)
    assert caught.value.facts["line"] == next(n for n, line in enumerate(text.splitlines(), 1) if 'tahap = ["' in line)


@pytest.mark.parametrize(("change", "field"), [
    ({"nama": " "}, "nama"), ({"nama": "A\u202eB"}, "nama"), ({"pemda": ""}, "pemda"), ({"kode_wilayah": "99.99.99"}, "kode_wilayah"),
    ({"kode_wilayah": "35.08"}, "kode_wilayah"), ({"kode_wilayah": "abc"}, "kode_wilayah"), ({"provinsi": "BALI"}, "provinsi"),
    ({"kabupaten": "JEMBER"}, "kabupaten"), ({"kecamatan": "TEMPEH"}, "kecamatan"), ({"kecamatan": ""}, "kecamatan"),
    ({"zona_waktu": "WIS"}, "zona_waktu"), ({"kop": ()}, "kop"), ({"kop": ("a",) * 6}, "kop"), ({"kop": ("x" * 90,)}, "kop"),
    ({"email": "kantor"}, "email"), ({"telepon": "nol tiga"}, "telepon"), ({"jam_buka": "8"}, "jam_buka"),
    ({"jam_tutup": "07.00"}, "jam_tutup"),
    ({"penandatangan_nip": "123"}, "penandatangan_nip"),
])
def test_an_answer_that_cannot_stand(setup: FolderSetup, change: dict[str, object], field: str) -> None:
    answers = answers_of(setup)
    found = setup.check_office(answers.sop_text, replace(answers.office, **change))  # type: ignore[arg-type]
    assert set(found) == {field} and found[field].endswith(".") and "{" not in found[field]


def test_a_sop_that_numbers_letters_by_unit_needs_one(setup: FolderSetup) -> None:
    text = sops.load("pronojiwo").source_text
    assert set(setup.check_office(text, replace(setup.proposal(text), unit_surat=""))) == {"unit_surat"}


def test_another_office_keeps_nothing_only_the_old_one_can_say(setup: FolderSetup) -> None:
    answers = answers_of(setup)
    sop = office_sop(answers.sop_text, answers.office)
    assert (sop.id, sop.kantor.nama, sop.kantor.situs, sop.nomor) == ("rowokangkung", "Kecamatan Rowokangkung", "", "")
    assert sop.kantor.pengaduan == ("Langsung di loket kantor", "Telepon: (0334) 390001")
    assert sop.kantor.header_kartu == ("PROVINSI JAWA TIMUR", "KABUPATEN LUMAJANG")
    assert sop.langkah == sops.load("tempeh").langkah and sop.source_text.splitlines()[0] == answers.sop_text.splitlines()[0]
    elsewhere = replace(answers.office, kode_wilayah="64.72.01", provinsi="Kalimantan Timur", kabupaten="Kota Samarinda",
                        kecamatan="Palaran")
    assert office_sop(answers.sop_text, elsewhere).kantor.header_kartu == ("PROVINSI KALIMANTAN TIMUR", "KOTA SAMARINDA")


@pytest.mark.parametrize(("nama", "expected"), [("Kecamatan Sumber Rejo", "sumber-rejo"), ("7 Ulu", "kantor-7-ulu"), ("Ω", "kantor")])
def test_an_office_gets_its_own_id(nama: str, expected: str) -> None:
    assert own_id(nama) == expected


def test_the_desk_and_its_line(setup: FolderSetup) -> None:
    answers = answers_of(setup)
    assert setup.check_desk(answers) == {}
    assert setup.propose_station(answers.office, "Meja 2 (kiri)") == "3508080-meja-2-kiri"
    for change, field in (({"station": "Meja 1"}, "station"), ({"place": ""}, "place"), ({"gateway_url": "http://x"}, "gateway_url"),
                          ({"gateway_url": "https://a:b@x"}, "gateway_url"), ({"gateway_url": "https://x:99999999"}, "gateway_url")):
        assert set(setup.check_desk(replace(answers, **change))) == {field}
    assert setup.check_desk(replace(answers, gateway_url="https://gateway.contoh.go.id:8443/v1")) == {}


def test_roles_the_sop_needs(setup: FolderSetup) -> None:
    text = sops.load("tempeh").source_text
    assert setup.missing_roles(text, ())[:2] == (Peran.SUPERVISOR, Peran.ADMIN)
    assert {Peran.LOKET, Peran.OPERATOR, Peran.VERIFIKATOR} <= set(setup.missing_roles(text, ()))
    assert setup.missing_roles(text, OFFICERS) == ()
    alone = NewOfficer("ani", "Ani", "", "", tuple(Peran))
    for choice in setup.sops():
        assert setup.missing_roles(choice.text, [alone]) == ()
        proposed: list[NewOfficer] = []
        while missing := setup.missing_roles(choice.text, proposed):  # whoever follows the advice is done
            proposed.append(NewOfficer(f"p{len(proposed)}", "P", "", "", missing[:1]))
        assert len(proposed) <= len(Peran)


@pytest.mark.parametrize(("change", "password", "field"), [
    ({"username": "Siti Aminah"}, "kereta hijau", "username"), ({"username": "joko"}, "kereta hijau", "username"),
    ({"nama": ""}, "kereta hijau", "nama"), ({"nip": "12"}, "kereta hijau", "nip"), ({"peran": ()}, "kereta hijau", "peran"),
    ({}, "pendek", "password"), ({}, "password1", "password"), ({}, "", "password"), ({"username": "kecamatan"}, "kecamatan", "password"),
])
def test_an_officer_who_cannot_stand(setup: FolderSetup, change: dict[str, object], password: str, field: str) -> None:
    found = setup.check_officer(replace(OFFICERS[0], **change), password, OFFICERS[1:])  # type: ignore[arg-type]
    assert set(found) == {field}
    assert setup.check_officer(OFFICERS[0], PASSWORDS["siti"], OFFICERS[1:]) == {}


def test_answers_come_back_and_never_hold_a_password(setup: FolderSetup) -> None:
    answers = replace(answers_of(setup), stage=SetupStage.KEYS)
    assert setup.load() == SetupAnswers()
    setup.data.mkdir()
    setup.keep(answers)
    assert FolderSetup(setup.data).load() == answers
    path = setup.data / setup_answers.FILE
    assert path.stat().st_mode & 0o077 == 0
    assert not any(p in path.read_text() for p in PASSWORDS.values())


@pytest.mark.parametrize("text", [
    "", "[]", "{", '{"stage": "x"}', '{"officers": [3]}', '{"place": 4}', '{"password": "x"}', '{"office": {"kop": "x"}}'])
def test_answers_that_cannot_be_read_are_none(setup: FolderSetup, text: str) -> None:
    setup.data.mkdir()
    (setup.data / setup_answers.FILE).write_text(text)
    assert setup.load() == SetupAnswers()


def test_answers_of_a_file_leave_out_what_is_not_said() -> None:
    plain = json.loads('{"sop_id": "tempeh", "officers": [{"username": "a", "nama": "A", "peran": ["admin"]}]}')
    assert setup_answers.from_plain(plain) == SetupAnswers(sop_id="tempeh", officers=(NewOfficer("a", "A", "", "", (Peran.ADMIN,)),))


def test_backup_places_are_other_disks_with_room(tmp_path: Path) -> None:
    usb, full, locked = (Disk(str(tmp_path / n), n.upper(), free, 64 * 10**9, write) for n, free, write in (
        ("usb", 32 * 10**9, True), ("penuh", 10**6, True), ("kunci", 32 * 10**9, False)))
    own = Disk(str(tmp_path / "sendiri"), "SENDIRI", 32 * 10**9, 64 * 10**9)
    found = backup_places.places(tmp_path / "sendiri" / "data", [usb, full, locked], [own],
                                 lambda a, b: a.name == "sendiri" and "sendiri" in b.parts)
    assert [(p.title, p.removable, bool(p.problem)) for p in found] == [("USB", True, False), ("PENUH", True, True), ("KUNCI", True, True)]


def test_a_place_is_tried_by_writing(setup: FolderSetup, tmp_path: Path) -> None:
    place = setup.try_backup_place(tmp_path / "usb" / "salinan")
    assert place.problem == "" and place.free_bytes > 0 and list((tmp_path / "usb" / "salinan").iterdir()) == []
    (tmp_path / "berkas").write_text("x")
    assert "tidak dapat ditulis" in setup.try_backup_place(tmp_path / "berkas" / "y").problem
    assert "diska yang sama" in FolderSetup(tmp_path / "data").try_backup_place(tmp_path / "usb").problem


def test_the_letterhead_is_a_sheet_to_look_at(setup: FolderSetup) -> None:
    import io

    from PIL import Image

    answers = answers_of(setup)
    with Image.open(io.BytesIO(setup.letterhead(answers.sop_text, answers.office))) as sheet:
        assert sheet.format == "PNG" and abs(sheet.width - 8.27 * 120) < 3 and abs(sheet.height - 11.69 * 120) < 3
        assert sheet.convert("L").crop((200, 60, 800, 160)).getextrema()[0] < 80, "there is ink where the letterhead stands"
    empty = replace(answers.office, kop=(), nama="", penandatangan_jabatan="")
    assert setup.letterhead(answers.sop_text, empty).startswith(b"\x89PNG")


def test_region_names(setup: FolderSetup) -> None:
    assert setup.region_name("35.08.05") == setup.region_name("350805") == "Tempeh, Lumajang, Jawa Timur"
    assert setup.region_name("64.72") == "Kota Samarinda, Kalimantan Timur" and setup.region_name("x") == ""
