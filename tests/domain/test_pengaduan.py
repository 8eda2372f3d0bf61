from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.app import sops
from ktpel_kiosk.domain import pengaduan
from ktpel_kiosk.domain.errors import BadInput, SopViolation
from ktpel_kiosk.domain.kalender import is_working_day, working_days_between
from ktpel_kiosk.domain.pengaduan import (
    DEADLINE_DAYS,
    ENDED,
    NEXT,
    NOTE_NEEDED,
    Kanal,
    KategoriPengaduan,
    LangkahPengaduan,
    Pengaduan,
    StatusPengaduan,
    Tenggat,
)
from ktpel_kiosk.domain.text import to_local

KANTOR = sops.load("tempeh").kantor
LEBARAN = frozenset(date(2026, 3, d) for d in (18, 19, 20, 21, 22, 23, 24)) | frozenset(
    date(2026, m, d) for m, d in ((4, 3), (4, 5), (5, 1), (5, 14), (5, 15), (5, 27), (5, 28), (5, 31), (6, 1), (6, 16)))
"""Nyepi, Idul Fitri 2026 and what follows until June (DOMAIN.md 8)."""


def local(year: int, month: int, day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour - 7, minute, tzinfo=UTC)


MARCH_17 = local(2026, 3, 17)


def made(received: datetime = MARCH_17, kategori: KategoriPengaduan = KategoriPengaduan.NORMATIF) -> Pengaduan:
    due = pengaduan.deadline(received, DEADLINE_DAYS[kategori], KANTOR, LEBARAN)
    return Pengaduan("k1", "0001/PGD/III/2026", received, Kanal.LANGSUNG, "Antrean lama", kategori, "rina", due, "SITI")


@pytest.mark.parametrize(("received", "kategori", "due"), [
    (local(2026, 3, 17), "ringan", date(2026, 3, 26)), (local(2026, 3, 17), "normatif", date(2026, 3, 31)),
    (local(2026, 3, 17), "non_pengawasan", date(2026, 4, 14)), (local(2026, 3, 17), "pengawasan", date(2026, 6, 26)),
    (local(2026, 3, 17, 16), "ringan", date(2026, 3, 27)),  # after closing: as if received on 25 March
    (local(2026, 3, 21), "ringan", date(2026, 3, 27)),  # on Idul Fitri itself
    (local(2026, 3, 16), "ringan", date(2026, 3, 25)),
])
def test_deadlines_over_idul_fitri(received: datetime, kategori: str, due: date) -> None:
    at = pengaduan.deadline(received, DEADLINE_DAYS[KategoriPengaduan(kategori)], KANTOR, LEBARAN)
    shown = to_local(at, KANTOR.zona_waktu)
    assert (shown.date(), shown.time()) == (due, KANTOR.jam_tutup)


def test_a_day_the_office_opened_counts() -> None:
    opened = frozenset({date(2026, 3, 18)})
    at = pengaduan.deadline(local(2026, 3, 17), 2, KANTOR, LEBARAN, opened)
    assert to_local(at, KANTOR.zona_waktu).date() == date(2026, 3, 25)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 6, 1)), st.sampled_from(list(KategoriPengaduan)),
       st.frozensets(st.dates(date(2026, 1, 1), date(2027, 12, 31)), max_size=40))
def test_deadline_is_that_many_working_days_later(at: datetime, kategori: KategoriPengaduan, holidays: frozenset[date]) -> None:
    received = at.replace(tzinfo=UTC)
    due = to_local(pengaduan.deadline(received, DEADLINE_DAYS[kategori], KANTOR, holidays), KANTOR.zona_waktu)
    assert is_working_day(due.date(), holidays) and due > received
    start = to_local(received, KANTOR.zona_waktu).date()
    count = working_days_between(start, due.date(), holidays)
    assert count in (DEADLINE_DAYS[kategori], DEADLINE_DAYS[kategori] + 1)


def test_first_response_within_three_days_or_the_deadline() -> None:
    assert to_local(pengaduan.response_due(made(), KANTOR, LEBARAN), "WIB").date() == date(2026, 3, 27)
    short = made(kategori=KategoriPengaduan.RINGAN)
    assert pengaduan.response_due(short, KANTOR, LEBARAN) == short.due_at
    receipt = LangkahPengaduan("k1", local(2026, 3, 17), "rina", StatusPengaduan.DITERIMA)
    taken = LangkahPengaduan("k1", local(2026, 3, 25), "kasi", StatusPengaduan.DIVERIFIKASI)
    assert pengaduan.responded_at([receipt]) is None and pengaduan.responded_at([receipt, taken]) == taken.at


def test_standing_over_the_days() -> None:
    p = made()  # due 31 March
    days = {17: Tenggat.AMAN, 26: Tenggat.AMAN, 30: Tenggat.DEKAT, 31: Tenggat.DEKAT}
    assert {d: pengaduan.standing(p, local(2026, 3, d), KANTOR, LEBARAN) for d in days} == days
    late = p.due_at + timedelta(seconds=1)
    assert pengaduan.standing(p, late, KANTOR, LEBARAN) is Tenggat.LEWAT
    assert pengaduan.standing(replace(p, status=StatusPengaduan.SELESAI), late, KANTOR, LEBARAN) is Tenggat.SELESAI
    assert pengaduan.days_left(p.due_at, local(2026, 3, 17), KANTOR, LEBARAN) == 5
    assert pengaduan.days_left(p.due_at, local(2026, 4, 2), KANTOR, LEBARAN) == -2


@given(st.lists(st.sampled_from(list(StatusPengaduan)), max_size=30), st.booleans())
def test_random_walks_stay_on_the_paths(targets: list[StatusPengaduan], noted: bool) -> None:
    p = made()
    for to in targets:
        allowed = to in NEXT[p.status] and (noted or to not in NOTE_NEEDED)
        try:
            pengaduan.check_move(p, to, "sudah ditangani" if noted else "  ")
        except SopViolation:
            assert to not in NEXT[p.status]
            continue
        except BadInput:
            assert to in NEXT[p.status] and not noted
            continue
        assert allowed and p.status not in ENDED
        p = replace(p, status=to)


def test_every_status_can_be_reached_and_every_open_one_can_end() -> None:
    reached, edge = {StatusPengaduan.DITERIMA}, [StatusPengaduan.DITERIMA]
    while edge:
        for to in NEXT[edge.pop()]:
            if to not in reached:
                reached.add(to)
                edge.append(to)
    assert reached == set(StatusPengaduan)
    assert {s for s in StatusPengaduan if not NEXT[s]} == ENDED
    assert NEXT[StatusPengaduan.DITERIMA][0] not in ENDED


@given(st.text(alphabet=st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), min_size=1, max_size=200))
def test_text_is_kept_exactly(text: str) -> None:
    assert pengaduan.clean_text(text, "Uraian", 200) == text


@pytest.mark.parametrize(("value", "key"), [
    ("a\0b", "complaint.unreadable"), ("\ud83d", "complaint.unreadable"), ("x" * 21, "complaint.too_long"), (" \n", "complaint.empty"),
])
def test_text_that_cannot_be_kept_is_refused(value: str, key: str) -> None:
    with pytest.raises(BadInput, match=key):
        pengaduan.clean_text(value, "Uraian", 20, required=True)
