"""NIK and No. KK against the vectors of DOMAIN.md 2.1 and open input."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.domain.biodata import make_penduduk
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.nik import (
    Nik,
    check_nik,
    check_no_kk,
    normalise_nik,
    open_application_issue,
    parse_nik,
    parse_no_kk,
    recorded_before_issue,
)
from ktpel_kiosk.domain.penduduk import JenisKelamin, Penduduk
from ktpel_kiosk.domain.wilayah import RegionTable, parse_region_table

TODAY = date(2026, 11, 20)
RESOURCES = Path(__file__).parents[2] / "resources" / "wilayah"


@pytest.fixture(scope="module")
def regions() -> RegionTable:
    return parse_region_table((RESOURCES / "wilayah.csv").read_text("utf-8"),
                              village_text=lambda p: (RESOURCES / "desa" / f"{p}.csv").read_text("utf-8"))


def person(**changes: object) -> Penduduk:
    values: dict[str, object] = {
        "nik": "3508054502080001", "nama": "SITI CONTOH", "tempat_lahir": "LUMAJANG", "tanggal_lahir": "05-02-2008",
        "jenis_kelamin": "P", "golongan_darah": 4, "alamat": "DUSUN KRAJAN", "rt": "3", "rw": "7", "desa": "TEMPEH LOR",
        "kecamatan": "TEMPEH", "kabupaten": "LUMAJANG", "provinsi": "JAWA TIMUR", "agama": 1, "status_perkawinan": 1, "pekerjaan": 3,
    }
    return make_penduduk(today=TODAY, **{**values, **changes})


@pytest.mark.parametrize(("nik", "rule"), [
    ("3508057102080001", "N03"), ("3508054002080001", "N03"), ("3508053202080001", "N03"), ("3508056902070001", "N03"),
    ("3508050502080000", "N02"), ("3508058002080001", "N03"), ("3508057202080001", "N03"), ("3508050513080001", "N03"),
    ("350805450208000", "N01"), ("35080545020800011", "N01"), ("", "N01"), ("35080545020８0001", "N01"), ("350805450208000A", "N01"),
])
def test_impossible_niks_are_refused_with_their_rule(nik: str, rule: str, regions: RegionTable) -> None:
    report = check_nik(nik, regions=regions, today=TODAY)
    assert not report.usable
    assert rule in [i.rule for i in report.errors]
    assert report.sex is None
    with pytest.raises(BadInput) as caught:
        parse_nik(nik)
    assert caught.value.message_key == f"nik.{rule}"
    assert caught.value.facts["rule"] == rule
    assert "350805" not in str(caught.value)


@pytest.mark.parametrize(("nik", "sex", "born"), [
    ("3508054502080001", "P", date(2008, 2, 5)), ("3508050502080001", "L", date(2008, 2, 5)),
    ("3508056902080001", "P", date(2008, 2, 29)), ("3508052902000001", "L", date(2000, 2, 29)),
])
def test_good_niks_say_who_they_hint_at(nik: str, sex: str, born: date, regions: RegionTable) -> None:
    report = check_nik(nik, regions=regions, today=TODAY, office_code="35.08.05")
    assert report.usable
    assert report.issues == ()
    assert (report.sex, report.birth_hint, report.place) == (JenisKelamin(sex), born, "Tempeh, Lumajang")


def test_summary_is_the_line_under_the_field(regions: RegionTable) -> None:
    report = check_nik("350805 450208 0001", regions=regions, today=TODAY)
    assert report.nik == "3508054502080001"
    assert report.summary == "Tempeh, Lumajang · perempuan · lahir 5 Februari 2008"


def test_historic_merauke_is_information_only(regions: RegionTable) -> None:
    report = check_nik("9101010101900001", regions=regions, today=TODAY)
    assert report.usable
    assert [i.rule for i in report.issues] == ["N09"]
    assert "Papua Selatan" in report.infos[0].text


def test_an_office_of_the_successor_sees_no_stranger_in_a_historic_nik(regions: RegionTable) -> None:
    assert "N08" not in [i.rule for i in check_nik("9101010101900001", regions=regions, today=TODAY, office_code="93.01.01").issues]
    assert "N08" in [i.rule for i in check_nik("9101010101900001", regions=regions, today=TODAY, office_code="35.08.05").infos]


def test_kemendagri_not_bps(regions: RegionTable) -> None:
    report = check_nik("1101010101900001", regions=regions, today=TODAY)
    assert report.issues == ()
    assert report.place.endswith("Aceh Selatan")


def test_unknown_regions_warn_and_do_not_refuse(regions: RegionTable) -> None:
    regency = check_nik("9901010101900001", regions=regions, today=TODAY)
    district = check_nik("3508990101900001", regions=regions, today=TODAY)
    assert regency.usable
    assert district.usable
    assert [i.rule for i in regency.warnings] == ["N04"]
    assert [i.rule for i in district.warnings] == ["N05"]
    assert check_nik("9901010101900001", regions=None, today=TODAY).issues == ()


def test_contradictions_with_the_biodata_warn(regions: RegionTable) -> None:
    report = check_nik("3508054502080001", regions=regions, today=TODAY, biodata=person(jenis_kelamin="L", tanggal_lahir="06-02-2008"))
    assert report.usable
    assert [i.rule for i in report.warnings] == ["N06", "N07"]


def test_the_biodatas_century_is_believed(regions: RegionTable) -> None:
    report = check_nik("3508054502080001", regions=regions, today=TODAY, biodata=person(tanggal_lahir="05-02-1908"))
    assert report.issues == ()


def test_day_zero_may_be_overridden_but_not_other_impossible_dates() -> None:
    assert check_nik("3508054002080001", regions=None, today=TODAY).errors[0].overridable
    assert check_nik("3508050500080001", regions=None, today=TODAY).errors[0].overridable
    assert not check_nik("3508057102080001", regions=None, today=TODAY).errors[0].overridable
    assert not check_nik("3508058002080001", regions=None, today=TODAY).errors[0].overridable


def test_birth_hint_prefers_an_age_that_may_record() -> None:
    assert Nik("3508050502150001").birth_hint(TODAY) == date(1915, 2, 5)
    assert Nik("3508052011100001").birth_hint(TODAY) == date(2010, 11, 20)
    assert Nik("3508052111100001").birth_hint(TODAY) == date(1910, 11, 21)
    assert Nik("3508052902000001").birth_hint(date(1970, 1, 1)) == date(2000, 2, 29)


def test_views() -> None:
    nik = parse_nik("35.08.05-450208 0001")
    assert (nik.region, nik.masked, nik.grouped, str(nik)) == (
        "350805", "350805••••••0001", "350805 450208 0001", "3508054502080001")


def test_register_findings_make_the_report_unusable_or_warn(regions: RegionTable) -> None:
    report = check_nik("3508054502080001", regions=regions, today=TODAY)
    assert not report.with_issues(open_application_issue("0041/KTP/XI/2026")).usable
    again = report.with_issues(recorded_before_issue(date(2026, 8, 12)))
    assert again.usable
    assert "12 Agustus 2026" in again.warnings[0].text


@given(st.text(max_size=30))
def test_any_text_gives_a_report_or_a_nik(text: str) -> None:
    report = check_nik(text, regions=None, today=TODAY)
    if report.usable:
        nik = parse_nik(text)
        assert nik.value == normalise_nik(text) == report.nik
    else:
        with pytest.raises(BadInput):
            parse_nik(text)


@given(st.dates(date(1930, 1, 1), date(2009, 12, 31)), st.sampled_from("LP"), st.integers(1, 9999))
def test_sex_and_date_come_back_out(born: date, sex: str, serial: int) -> None:
    nik = Nik(f"350805{born.day + (40 if sex == 'P' else 0):02d}{born:%m%y}{serial:04d}")
    assert nik.sex == sex
    assert nik.birth_hint(TODAY).strftime("%d%m%y") == born.strftime("%d%m%y")
    assert nik.birth_hint(TODAY) <= TODAY


def test_no_kk() -> None:
    assert parse_no_kk("3508 0501 0115 0003") == "3508050101150003"
    for text, rule in (("35080501011500", "K01"), ("3508054502080001", "K02")):
        with pytest.raises(BadInput) as caught:
            parse_no_kk(text, nik="3508054502080001")
        assert caught.value.message_key == f"no_kk.{rule}"
    assert [i.rule for i in check_no_kk("3508054502150003")] == ["K03"], "the KK date has no +40 for women"
    assert check_no_kk("3508050101150003") == ()


def test_no_kk_region(regions: RegionTable) -> None:
    assert [i.rule for i in check_no_kk("9908050101150003", regions=regions)] == ["K04"]
