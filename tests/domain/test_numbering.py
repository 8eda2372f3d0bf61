"""Register and letter numbers."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.numbering import check_template, format_number

ON = date(2026, 11, 20)


def test_register_and_letters() -> None:
    assert format_number("{urut:04d}/KTP/{bulan_romawi}/{tahun}", urut=42, on=ON) == "0042/KTP/XI/2026"
    assert format_number("{kode}/{urut:03d}/{unit}/{tahun}", urut=15, on=ON, kode="400.8.1.2", unit="427.82") == "400.8.1.2/015/427.82/2026"
    assert format_number("{jenis}-{bulan:02d}-{urut}-{tahun}", urut=12345, on=date(2026, 2, 1), jenis="SP") == "SP-02-12345-2026"
    assert format_number("{{x}}{urut}/{tahun}", urut=1, on=ON) == "{x}1/2026"


@pytest.mark.parametrize(("template", "key", "value"), [
    ("{nomor}/{tahun}", "numbering.unknown_token", "nomor"), ("{urut.__class__}/{tahun}", "numbering.unknown_token", "urut.__class__"),
    ("{urut[0]}/{tahun}", "numbering.unknown_token", "urut[0]"), ("{}/{tahun}", "numbering.unknown_token", ""),
    ("{urut!r}/{tahun}", "numbering.format", "urut:"), ("{urut:>9999999}/{tahun}", "numbering.format", "urut:>9999999"),
    ("{urut:0{tahun}d}/{tahun}", "numbering.format", "urut:0{tahun}d"), ("{urut/{tahun}", "numbering.format", None),
    ("{tahun:04d}/{urut}", "numbering.format", "tahun:04d"), ("KTP/{tahun}", "numbering.missing_token", "urut"),
    ("{urut}/KTP", "numbering.missing_token", "tahun"),
])
def test_bad_templates_name_what_is_wrong(template: str, key: str, value: str | None) -> None:
    with pytest.raises(BadInput) as caught:
        check_template(template)
    assert caught.value.message_key in (key, "numbering.unknown_token")
    if value is not None:
        assert (caught.value.message_key, caught.value.facts["value"]) == (key, value)


def test_an_empty_part_or_a_sequence_below_one_is_refused() -> None:
    with pytest.raises(BadInput, match=r"numbering\.empty_token"):
        format_number("{kode}/{urut}/{tahun}", urut=1, on=ON)
    with pytest.raises(BadInput, match=r"numbering\.sequence"):
        format_number("{urut}/{tahun}", urut=0, on=ON)


@given(st.text(max_size=40))
def test_any_template_is_refused_cleanly_or_works(template: str) -> None:
    try:
        check_template(template)
    except BadInput:
        return
    assert "2026" in format_number(template, urut=7, on=ON, kode="k", unit="u", jenis="j")


@given(st.integers(1, 99999), st.integers(1, 99999))
def test_different_sequences_give_different_numbers(a: int, b: int) -> None:
    template = "{urut:04d}/KTP/{bulan_romawi}/{tahun}"
    assert (format_number(template, urut=a, on=ON) == format_number(template, urut=b, on=ON)) == (a == b)
