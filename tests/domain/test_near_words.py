"""Search in code lists: words anywhere, codes, accents, one letter off, used ones first."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktpel_kiosk.domain.codes import PEKERJAAN
from ktpel_kiosk.domain.near_words import Entry, find_entries, fold, one_off

JOBS = [Entry.of(code, text.title()) for code, text in PEKERJAAN]


def first(query: str, used: tuple[str, ...] = ()) -> str:
    return find_entries(query, JOBS, used)[0].text


@pytest.mark.parametrize(("query", "found"), [
    ("wiras", "Wiraswasta"), ("petani", "Petani/Pekebun"), ("kebun buruh", "Buruh Tani/Perkebunan"), ("88", "Wiraswasta"),
    ("pns", "Pegawai Negeri Sipil (Pns)"),
    ("wirasvasta", "Wiraswasta"), ("pelajr", "Pelajar/Mahasiswa"), ("nelyaan", "Nelayan/Perikanan"), ("mahasiswa", "Pelajar/Mahasiswa"),
    ("gurù", "Guru"),
])
def test_found_as_people_type(query: str, found: str) -> None:
    assert first(query) == found


def test_what_was_used_stands_first_but_never_before_a_better_hit() -> None:
    assert [e.value for e in find_entries("", JOBS, ("88", "3"))[:3]] == ["88", "3", "1"]
    assert first("buruh", ("21",)) == "Buruh Nelayan/Perikanan"
    assert first("guru", ("88",)) == "Guru"


def test_nothing_fits_nothing() -> None:
    assert find_entries("zzzz", JOBS) == [] and find_entries("xq", JOBS) == []


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(JOBS), st.data())
def test_any_word_of_an_entry_finds_it(entry: Entry, data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(entry.words))
    assert entry in find_entries(word, JOBS)
    assert entry in find_entries(entry.value, JOBS)


@settings(max_examples=100, deadline=None)
@given(st.text("abc", min_size=1, max_size=6), st.integers(0, 5), st.sampled_from("abcx"))
def test_one_off_is_one_edit(word: str, at: int, letter: str) -> None:
    at = min(at, len(word) - 1)
    for changed in (word[:at] + letter + word[at + 1:], word[:at] + letter + word[at:], word[:at] + word[at + 1:]):
        assert one_off(word, changed) == (word != changed) and one_off(changed, word) == (word != changed)


def test_fold() -> None:
    assert fold("  Bedéng–Kulon (lama) ") == "bedeng kulon lama"
