"""RFC 8785: the same value always gives the same bytes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.domain.errors import BugError
from ktpel_kiosk.packet.canonical import SAFE_INTEGER, canonical

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-SAFE_INTEGER, SAFE_INTEGER) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4),
    max_leaves=20,
)


def test_example_of_the_rfc_section_3_2_3_sorts_by_utf16():
    value = {"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
             "\U0001f600": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"}
    order = list(json.loads(canonical(value)))
    assert order == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_escapes_of_the_rfc():
    assert canonical("\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/\u007f") == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u007f"'.encode()


@given(VALUES)
def test_reads_back_and_is_stable(value):
    text = canonical(value)
    assert json.loads(text) == value
    assert canonical(json.loads(text)) == text


@pytest.mark.parametrize("bad", [1.5, float("nan"), 2**53, "\ud800", b"x", {1: 2}, {"\ud800": 1}, object()])
def test_surprises_are_refused(bad):
    with pytest.raises(BugError):
        canonical(bad)
