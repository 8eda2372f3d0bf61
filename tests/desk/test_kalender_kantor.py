"""The office's calendar: the list of 2026, the worked examples of the domain, own days, files with mistakes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from desk_office import Office
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ktpel_kiosk.app.office import public_holidays
from ktpel_kiosk.app.population_file import open_table
from ktpel_kiosk.desk import kalender_kantor
from ktpel_kiosk.desk.context import Desk
from ktpel_kiosk.desk.kalender_kantor import BadCalendar, Jenis, OfficeDay
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput, KioskError, NotAllowed
from ktpel_kiosk.domain.kalender import due_at, is_working_day
from ktpel_kiosk.domain.sop import Peran

WIB = ZoneInfo("Asia/Jakarta")
DAYS_2026 = [  # DOMAIN.md 8
    (1, 1), (1, 16), (2, 16), (2, 17), (3, 18), (3, 19), (3, 20), (3, 21), (3, 22), (3, 23), (3, 24), (4, 3), (4, 5), (5, 1), (5, 14),
    (5, 15), (5, 27), (5, 28), (5, 31), (6, 1), (6, 16), (8, 17), (8, 25), (12, 24), (12, 25),
]
PILKADA = date(2026, 11, 29)  # a Sunday


@pytest.fixture
def desk(office: Office) -> Desk:
    made: list[Desk] = []
    made.append(replace(office.desk, read_table=open_table, public_holidays=public_holidays,
                        holidays=lambda: kalender_kantor.days_off(made[0]), extra_open=lambda: kalender_kantor.open_days(made[0])))
    return made[0]


@pytest.fixture
def chief(office: Office) -> Actor:
    return office.actor(Peran.SUPERVISOR)


def test_holidays_and_cuti_bersama_of_2026():
    names = public_holidays(2026)
    assert sorted(names) == [date(2026, m, d) for m, d in DAYS_2026]
    assert names[date(2026, 3, 18)].startswith("Cuti Bersama")
    assert names[date(2026, 8, 17)] == "Hari Kemerdekaan Republik Indonesia"


@pytest.mark.parametrize(("complete", "due"), [
    ((3, 13, 14, 30), (3, 16)),  # Friday afternoon -> Monday closing
    ((3, 17, 9, 0), (3, 25)),    # over cuti bersama, Nyepi and Idul Fitri
])
def test_the_worked_examples_of_one_working_day(desk, complete, due):
    month, day, hour, minute = complete
    kantor = desk.sop.kantor
    begun = datetime(2026, month, day, hour, minute, tzinfo=WIB)
    found = due_at(desk.sop.mutu, begun, desk.holidays(), kantor, extra_open=desk.extra_open())
    assert found == datetime.combine(date(2026, *due), kantor.jam_tutup, WIB).astimezone(UTC)


def test_own_days_count_and_can_be_taken_back(desk, chief):
    fair, nyepi = date(2026, 12, 15), date(2026, 3, 19)
    assert is_working_day(fair, desk.holidays())
    put = kalender_kantor.set_days(desk, chief, [
        OfficeDay(fair, Jenis.LIBUR, "Hari Jadi Lumajang"), OfficeDay(nyepi, Jenis.BUKAN_LIBUR, "Layanan tetap"),
        OfficeDay(PILKADA, Jenis.BUKA, "Pemungutan suara"),
    ])
    assert put == 3
    off, extra = desk.holidays(), desk.extra_open()
    assert not is_working_day(fair, off, extra)
    assert is_working_day(nyepi, off, extra)
    assert is_working_day(PILKADA, off, extra)
    year = {d.on: d for d in kalender_kantor.year(desk, 2026)}
    assert (year[fair].open, year[nyepi].open, year[PILKADA].open, year[date(2026, 8, 17)].open) == (False, True, True, False)
    assert year[fair].nama == "Hari Jadi Lumajang"
    assert year[nyepi].state == "Hari Suci Nyepi"
    assert kalender_kantor.drop_day(desk, chief, PILKADA)
    assert not kalender_kantor.drop_day(desk, chief, PILKADA)
    assert desk.extra_open() == frozenset()
    assert [link.event for link in desk.register.read(lambda v: v.audit(subject=kalender_kantor.SETTING))] == ["CalendarChanged"] * 2


def test_who_may_change_it(desk, office):
    for act in (lambda: kalender_kantor.set_days(desk, office.actor(Peran.OPERATOR), []),
                lambda: kalender_kantor.drop_day(desk, office.actor(Peran.LOKET), PILKADA),
                lambda: kalender_kantor.import_file(desk, office.actor(Peran.OPERATOR), Path("x"))):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize(("day", "key"), [
    (OfficeDay(date(2026, 12, 1), Jenis.LIBUR, ""), "calendar.name"),
    (OfficeDay(date(2026, 12, 1), Jenis.LIBUR, "x" * 81), "calendar.name"),
    (OfficeDay(date(1999, 12, 1), Jenis.LIBUR, "Lama"), "calendar.year"),
    (OfficeDay(date(2026, 12, 1), Jenis.BUKAN_LIBUR, "Biasa"), "calendar.no_holiday"),
])
def test_days_that_say_nothing_are_refused(desk, chief, day, key):
    with pytest.raises(BadInput) as caught:
        kalender_kantor.set_days(desk, chief, [OfficeDay(PILKADA, Jenis.BUKA, "Pilkada"), day])
    assert caught.value.message_key == key
    assert desk.extra_open() == frozenset()


def test_a_file_is_taken_whole(desk, chief, tmp_path):
    path = tmp_path / "libur.csv"
    path.write_text("Tanggal;Jenis;Nama\n15-12-2026;libur;Hari Jadi\n\n29/11/2026;BUKA;Pilkada\n"
                    "2026-03-19;bukan_libur;Layanan tetap\n", "utf-8-sig")
    assert kalender_kantor.import_file(desk, chief, path) == 3
    assert len(kalender_kantor.entries(desk)) == 3
    path.write_text("tanggal;jenis;nama\n15-12-2026;libur;Hari Jadi Lumajang\n", "utf-8")
    kalender_kantor.import_file(desk, chief, path)
    assert kalender_kantor.entries(desk)[date(2026, 12, 15)].nama == "Hari Jadi Lumajang"
    assert len(kalender_kantor.entries(desk)) == 3


def test_a_file_with_mistakes_names_every_line_and_changes_nothing(desk, chief, tmp_path):
    path = tmp_path / "libur.csv"
    path.write_text("tanggal,jenis,nama\n31-02-2026,libur,Salah\n15-12-2026,cuti,Kata\n16-12-2026,libur,\n17-12-2026,libur,Satu\n"
                    "17-12-2026,libur,Dua\n18-12-2026,bukan libur,Biasa\n", "utf-8")
    with pytest.raises(BadCalendar) as caught:
        kalender_kantor.import_file(desk, chief, path)
    assert [(p.line, p.column) for p in caught.value.problems] == [
        (2, "tanggal"), (3, "jenis"), (4, "nama"), (6, "tanggal"), (7, "tanggal")]
    assert "baris 5" in caught.value.problems[3].text
    assert kalender_kantor.entries(desk) == {}
    assert "{" not in desk.sentences.of(caught.value)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.tuples(
    st.sampled_from(["15-12-2026", "31-02-2026", "", "29-11-2026", "x", "01-01-0001", "01-01-9999"]) | st.text(max_size=12),
    st.sampled_from(["libur", "buka", "bukan libur", "LIBUR", ""]) | st.text(max_size=6), st.text(max_size=90)), max_size=6),
    sep=st.sampled_from(",;\t"), tail=st.binary(max_size=12))
def test_any_file_is_taken_whole_or_not_at_all(desk, chief, tmp_path, lines, sep, tail):
    path = tmp_path / "libur.csv"
    path.write_bytes("\n".join([sep.join(("tanggal", "jenis", "nama")), *(sep.join(x) for x in lines)]).encode("utf-8", "replace") + tail)
    kalender_kantor.set_days(desk, chief, [], replace_year=2026)
    before = kalender_kantor.entries(desk)
    try:
        count = kalender_kantor.import_file(desk, chief, path)
    except KioskError as error:
        assert "{" not in desk.sentences.of(error)
        assert kalender_kantor.entries(desk) == before
        return
    assert len(set(kalender_kantor.entries(desk)) | set(before)) >= count > 0
