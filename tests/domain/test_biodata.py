"""Making and storing biodata, and age."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.domain.biodata import (
    BiodataInvalid,
    age_at,
    birthday_in,
    card_from,
    check_field,
    make_penduduk,
    may_have_card,
    may_record,
    notes_on,
    penduduk_from_dict,
    penduduk_to_dict,
    problems_of,
)
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.penduduk import JenisKelamin

TODAY = date(2026, 11, 20)
GOOD: dict[str, object] = {
    "nik": "3508054502080001", "nama": "Siti Contoh", "tempat_lahir": "Lumajang", "tanggal_lahir": "05-02-2008",
    "jenis_kelamin": "PEREMPUAN", "golongan_darah": "TIDAK TAHU",
    "alamat": "Dusun Krajan No. 12-A", "rt": "3", "rw": "007", "desa": "Tempeh Lor", "kecamatan": "Tempeh",
    "kabupaten": "Lumajang", "provinsi": "Jawa Timur", "agama": 1, "status_perkawinan": "1", "pekerjaan": "PELAJAR/MAHASISWA",
    "no_kk": "3508 0501 0115 0003", "kode_pos": "67371",
}


def make(**changes: object):  # type: ignore[no-untyped-def]
    return make_penduduk(today=TODAY, **{**GOOD, **changes})


def rules(**changes: object) -> dict[str, str]:
    return {p.field: p.rule for p in problems_of(today=TODAY, **{**GOOD, **changes})}


def test_typed_values_become_the_official_form() -> None:
    p = make()
    assert (p.nama, p.tempat_lahir, p.rt, p.rw, p.tanggal_lahir) == ("SITI CONTOH", "LUMAJANG", "003", "007", date(2008, 2, 5))
    assert (p.jenis_kelamin, p.golongan_darah, p.pekerjaan, p.status_perkawinan) == (JenisKelamin.PEREMPUAN, 13, 3, 1)
    assert (p.no_kk, p.kewarganegaraan, p.berlaku_hingga) == ("3508050101150003", "WNI", "SEUMUR HIDUP")
    assert make_penduduk(today=TODAY, **penduduk_to_dict(p)) == p, "normalising twice changes nothing"


@pytest.mark.parametrize("name", ["M. MUT'ROF", "NUR’AINI", "Ny. ANNE-MARIE, S.Pd", "SUPARDI", "A" * 60])
def test_real_names_are_accepted(name: str) -> None:
    assert make(nama=name).nama == name.upper().replace("’", "'")


@pytest.mark.parametrize(("name", "rule"), [
    ("A" * 61, "length"), ("SITI 2", "characters"), ("", "empty"), ("   ", "empty"), ("RENÉ", "characters"), ("...", "letters"),
    (None, "empty"), (42, "empty"), ("SITI\u202eCONTOH", "characters"),
])
def test_other_names_are_refused(name: object, rule: str) -> None:
    assert rules(nama=name) == {"nama": rule}


def test_a_single_word_is_a_note_not_a_problem() -> None:
    assert notes_on(make(nama="SUPARDI"))[0].level == "INFO"
    assert notes_on(make()) == ()


def test_all_problems_come_at_once() -> None:
    with pytest.raises(BiodataInvalid) as caught:
        make(nama="", nik="123", tanggal_lahir="30-02-2008", agama=9, rt="1234", kode_pos="1")
    error = caught.value
    assert isinstance(error, BadInput)
    assert [p.field for p in error.problems] == ["nik", "nama", "tanggal_lahir", "rt", "agama", "kode_pos"]
    assert error.facts == {"field": "nik", "key": "NIK", "count": 6}
    assert all(len(p.text) > 10 and p.level == "ERROR" for p in error.problems)
    assert "123" not in str(error)


def test_an_empty_form_names_every_obligatory_field() -> None:
    wrong = {p.field for p in problems_of(today=TODAY)}
    assert wrong == set(GOOD) - {"no_kk", "kode_pos", "rt", "rw"}


@pytest.mark.parametrize(("changes", "expected"), [
    ({"tanggal_lahir": "21-11-2026"}, {"tanggal_lahir": "future"}), ({"tanggal_lahir": "01-01-1890"}, {"tanggal_lahir": "too_old"}),
    ({"tanggal_lahir": 20080205}, {"tanggal_lahir": "empty"}), ({"jenis_kelamin": "X"}, {"jenis_kelamin": "sex"}),
    ({"jenis_kelamin": True}, {"jenis_kelamin": "sex"}), ({"agama": True}, {"agama": "code"}), ({"agama": ""}, {"agama": "empty"}),
    ({"pekerjaan": "ASTRONAUT"}, {"pekerjaan": "code"}), ({"no_kk": "3508054502080001"}, {"no_kk": "K02"}),
    ({"no_kk": "12"}, {"no_kk": "K01"}), ({"rw": "A"}, {"rw": "digits"}), ({"alamat": "JL. <script>"}, {"alamat": "characters"}),
    ({"kode_pos": "07371"}, {"kode_pos": "digits"}),
    ({"berlaku_hingga": "01-01-2030"}, {"berlaku_hingga": "wni_lifelong"}), ({"kewarganegaraan": "JEPANG"}, {"berlaku_hingga": "oa_date"}),
    ({"warna": "merah"}, {"warna": "unknown"}), ({"nik": "3508054002080001"}, {"nik": "N03"}),
])
def test_each_field_has_its_rule(changes: dict[str, object], expected: dict[str, str]) -> None:
    assert rules(**changes) == expected


def test_a_foreigner_has_an_end_date() -> None:
    p = make(kewarganegaraan="Jepang", berlaku_hingga="31-12-2030")
    assert (p.kewarganegaraan, p.berlaku_hingga) == ("JEPANG", "2030-12-31")


def test_only_a_zero_date_in_the_nik_can_be_overridden() -> None:
    allowed = frozenset({"N03", "N01"})
    assert make_penduduk(today=TODAY, override=allowed, **{**GOOD, "nik": "3508054002080001"}).nik == "3508054002080001"
    for nik in ("3508057102080001", "350805"):
        with pytest.raises(BiodataInvalid):
            make_penduduk(today=TODAY, override=allowed, **{**GOOD, "nik": nik})


def test_empty_rt_rw_is_000() -> None:
    assert (make(rt="", rw="-").rt, make(rt="", rw="-").rw) == ("000", "000")


def test_one_field_on_its_own() -> None:
    assert check_field("nama", "SITI") is None
    problem = check_field("nama", "S1TI")
    assert problem is not None
    assert "1" in problem.text


def test_stored_form_is_exact_and_json_safe() -> None:
    p = make()
    assert penduduk_from_dict(json.loads(json.dumps(penduduk_to_dict(p)))) == p
    old = replace(p, nama="nama lama 1")
    assert penduduk_from_dict(penduduk_to_dict(old)) == old, "rows written under older rules stay readable"


@pytest.mark.parametrize("spoil", [
    {"nik": 5}, {"tanggal_lahir": "05-02-2008"}, {"agama": "1"}, {"agama": True}, {"jenis_kelamin": "X"}, {"lain": "x"},
])
def test_a_spoilt_stored_form_names_the_field(spoil: dict[str, object]) -> None:
    with pytest.raises(BadInput, match=r"biodata\.stored") as caught:
        penduduk_from_dict({**penduduk_to_dict(make()), **spoil})
    assert caught.value.facts["field"] == next(iter(spoil))


def test_a_missing_stored_field_is_named() -> None:
    data = dict(penduduk_to_dict(make()))
    del data["alamat"]
    with pytest.raises(BadInput) as caught:
        penduduk_from_dict(data)
    assert caught.value.facts["field"] == "alamat"


def test_age_and_the_29th_of_february() -> None:
    born = date(2008, 2, 29)
    assert [age_at(born, d) for d in (date(2025, 2, 28), date(2025, 3, 1), date(2024, 2, 28), date(2024, 2, 29))] == [16, 17, 15, 16]
    assert birthday_in(born, 2025) == date(2025, 3, 1)
    assert age_at(date(2008, 2, 5), date(2025, 2, 4)) == 16
    assert age_at(date(2030, 1, 1), TODAY) < 0


def test_recording_from_16_card_from_17_or_married() -> None:
    born = date(2010, 11, 20)
    assert may_record(born, 1, TODAY)
    assert not may_record(born, 1, date(2026, 11, 19))
    assert not may_have_card(born, 1, TODAY)
    assert all(may_have_card(born, status, TODAY) for status in (2, 3, 4))
    assert may_record(date(2011, 1, 1), 2, TODAY), "married at 15 must hold a card"
    assert card_from(born, 1, TODAY) == date(2027, 11, 20)
    assert card_from(born, 2, TODAY) == TODAY
    assert card_from(date(2008, 2, 29), 1, date(2025, 1, 1)) == date(2025, 3, 1)


@given(st.dictionaries(st.sampled_from([*GOOD, "x"]), st.one_of(st.text(max_size=80), st.integers(), st.none(), st.booleans(), st.dates())))
def test_any_input_is_refused_cleanly_or_made_stable(values: dict[str, object]) -> None:
    try:
        p = make_penduduk(today=TODAY, **{**GOOD, **values})
    except BiodataInvalid:
        assert problems_of(today=TODAY, **{**GOOD, **values})
    else:
        assert make_penduduk(today=TODAY, **penduduk_to_dict(p)) == p
        assert penduduk_from_dict(penduduk_to_dict(p)) == p


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.dates(date(2026, 1, 1), date(2100, 1, 1)))
def test_age_grows_exactly_on_the_birthday(born: date, on: date) -> None:
    years = age_at(born, on)
    assert birthday_in(born, born.year + years) <= on < birthday_in(born, born.year + years + 1)
