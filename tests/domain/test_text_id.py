"""Indonesian writing of values."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.domain import text
from ktpel_kiosk.domain.errors import BadInput

D = date(2025, 1, 2)
T = datetime(2025, 1, 2, 2, 15, tzinfo=UTC)


def test_dates() -> None:
    assert text.date_long(D) == "2 Januari 2025"
    assert text.date_short(D) == "2 Jan 2025"
    assert text.date_card(D) == "02-01-2025"
    assert text.date_form(D) == "02/01/2025"
    assert text.date_full(date(2026, 11, 20)) == "Jumat, 20 November 2026"
    assert text.month_year(D) == "Januari 2025"
    assert text.date_in_words(date(2026, 3, 13)) == "Jumat, tanggal tiga belas, bulan Maret, tahun dua ribu dua puluh enam"


def test_times_in_the_offices_zone() -> None:
    assert text.time_text(T, "WIB") == "09.15 WIB"
    assert text.time_text(T, "WITA") == "10.15 WITA"
    assert text.time_text(T, "WIT") == "11.15 WIT"
    assert text.datetime_long(T, "WIB") == "2 Januari 2025, 09.15 WIB"
    assert text.datetime_long(text.to_local(T, "WIB"), "WIB") == "2 Januari 2025, 09.15 WIB"
    assert text.datetime_long(datetime(2025, 1, 2, 9, 15), "WIB") == "2 Januari 2025, 09.15 WIB"
    assert text.datetime_long(datetime(2025, 1, 1, 18, 0, tzinfo=UTC), "WIB") == "2 Januari 2025, 01.00 WIB"
    assert text.hours_text(time(8), time(15), "WITA") == "08.00–15.00 WITA"
    with pytest.raises(BadInput):
        text.zone("UTC")


@pytest.mark.parametrize("typed", ["05-02-2008", "5/2/2008", "5.2.2008", "05022008", "2008-02-05", "5 Februari 2008", "5 feb 2008"])
def test_dates_as_people_type_them(typed: str) -> None:
    assert text.parse_date(typed) == date(2008, 2, 5)


@pytest.mark.parametrize("typed", ["", "30-02-2008", "5-2-08", "kemarin", "2008", "5 Foobar 2008", "00-00-0000", "31/11/2020"])
def test_what_is_not_a_date_is_refused(typed: str) -> None:
    with pytest.raises(BadInput, match=r"text\.date"):
        text.parse_date(typed)


def test_numbers() -> None:
    assert text.number_text(1234.5, 1) == "1.234,5"
    assert text.number_text(1234567) == "1.234.567"
    assert text.number_text(-1234.5, 2) == "-1.234,50"
    assert text.number_text(-0.001, 1) == "0,0"
    assert text.percent_text(0.92) == "92 %"


def test_durations() -> None:
    assert [text.duration_text(s) for s in (190, 0, 59.9, 3723, -5)] == ["3:10", "0:00", "0:59", "1:02:03", "0:00"]
    assert text.duration_words(7800) == "2 jam 10 menit"
    assert text.duration_words(7200) == "2 jam"
    assert text.duration_words(3 * 86400 + 4 * 3600 + 60) == "3 hari 4 jam"
    assert text.duration_words(310) == "5 menit"
    assert text.duration_words(0) == "0 detik"
    assert [text.minutes_text(s) for s in (30, 300, 90, 45, None)] == ["0,5 menit", "5 menit", "1,5 menit", "0,75 menit", "-"]


def test_roman_months() -> None:
    assert [text.roman_month(m) for m in (1, 4, 9, 11, 12)] == ["I", "IV", "IX", "XI", "XII"]
    with pytest.raises(BadInput):
        text.roman_month(13)


def test_masks() -> None:
    assert text.mask_nik("3508054502080001") == "350805••••••0001"
    assert text.mask_nik("35080") == "•••••"
    assert text.group_nik("35080545") == "350805 45"
    assert text.mask_phone("+6281234567890") == "0812••••7890"
    assert text.phone_local("+6281234567890") == "0812 3456 7890"


@pytest.mark.parametrize(("typed", "stored"), [
    ("0812 3456 7890", "+6281234567890"), ("+62 812-3456-7890", "+6281234567890"), ("62812 3456 7890", "+6281234567890"),
    ("81234567890", "+6281234567890"), ("(0334) 520003", "+62334520003"), ("+62 (0)812 3456 789", "+628123456789"),
])
def test_phones(typed: str, stored: str) -> None:
    assert text.phone_e164(typed) == stored


@pytest.mark.parametrize("typed", ["", "12345", "+1 202 555 0100", "0812", "0812345678901234", "08x2 3456 7890", "0012345678", "08123456"])
def test_wrong_phones_are_refused_without_repeating_them(typed: str) -> None:
    with pytest.raises(BadInput) as caught:
        text.phone_e164(typed)
    assert typed == "" or typed not in str(caught.value)


@given(st.from_regex(r"\A8[1-9][0-9]{7,10}\Z"))
def test_mobile_numbers_round_trip(rest: str) -> None:
    stored = text.phone_e164("0" + rest)
    assert stored == "+62" + rest
    assert text.phone_e164(text.phone_local(stored)) == stored
    assert text.mask_phone(stored).count("•") == len(rest) + 1 - 8


@pytest.mark.parametrize(("number", "words"), [
    (0, "nol"), (11, "sebelas"), (12, "dua belas"), (20, "dua puluh"), (21, "dua puluh satu"), (100, "seratus"),
    (115, "seratus lima belas"),
    (1000, "seribu"), (1999, "seribu sembilan ratus sembilan puluh sembilan"), (2026, "dua ribu dua puluh enam"),
    (11000, "sebelas ribu"), (100000, "seratus ribu"), (1000000, "satu juta"), (1001001, "satu juta seribu satu"),
])
def test_terbilang(number: int, words: str) -> None:
    assert text.terbilang(number) == words


def test_terbilang_limits() -> None:
    for number in (-1, 10**15):
        with pytest.raises(BadInput):
            text.terbilang(number)
