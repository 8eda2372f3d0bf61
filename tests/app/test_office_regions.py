"""Regions of an office: the shipped table with the office's own lines."""

from __future__ import annotations

import pytest

from ktpel_kiosk.app.niks import check, check_own_regions, office_regions, region_table
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.wilayah import HEADER


@pytest.mark.parametrize(("code", "count", "one"), [
    ("35.08.02", 6, "Supiturang"), ("35.08.05", 13, "Tempeh Lor"), ("33.13.14", 10, "Kaliwuluh"), ("64.72.01", 5, "Bukuan"),
])
def test_every_office_knows_its_villages(code, count, one):
    found = region_table().villages(code)
    assert len(found) == count
    assert one in found


def test_tapin_has_twelve_districts_with_all_their_villages():
    districts = region_table().children("63.05")
    assert len(districts) == 12
    assert all(region_table().villages(d.code) for d in districts)


def test_the_offices_own_lines_come_on_top(tmp_path):
    (tmp_path / "wilayah.csv").write_text(f"{HEADER}\n3508052014,Tempeh Baru,4,\n6599,Kabupaten Contoh,2,\n", "utf-8-sig")
    table = office_regions(tmp_path)
    assert "Tempeh Baru" in table.villages("350805")
    assert len(table.villages("350805")) == 14
    assert table.village("35.08.05.2007") == "Tempeh Lor"
    assert "N04" not in {i.rule for i in check("6599010101900001", tmp_path).issues}
    assert "N04" in {i.rule for i in check("6599010101900001").issues}


def test_a_mistake_in_the_own_file_is_named_by_its_line(tmp_path):
    (tmp_path / "wilayah.csv").write_text(f"{HEADER}\n3508052014,Tempeh Baru,4,\n35080520,Salah,4,\n", "utf-8")
    for read in (office_regions, check_own_regions):
        with pytest.raises(BadInput) as caught:
            read(tmp_path)
        assert caught.value.message_key == "wilayah.own_format"
        assert caught.value.facts["line"] == 3


def test_an_own_file_that_is_no_text(tmp_path):
    (tmp_path / "wilayah.csv").write_bytes(b"\xff\xfe\x00kode")
    with pytest.raises(BadInput) as caught:
        office_regions(tmp_path)
    assert caught.value.message_key == "wilayah.own_unreadable"
