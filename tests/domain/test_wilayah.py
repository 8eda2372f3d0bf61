"""The shipped region tables and the parser."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.wilayah import Region, RegionTable, dotted_code, parse_region_table, plain_code

RESOURCES = Path(__file__).parents[2] / "resources" / "wilayah"
HISTORIC_PAPUA = [
    *(f"91{n:02d}" for n in (1, 2, 4, 7, 8, 9, 12, 13, 14, 16, 17, 18, 21, 22, 23, 24, 25, 26, 27, 28)),
    *(f"92{n:02d}" for n in (1, 4, 5, 9, 10, 71)),
]


@pytest.fixture(scope="module")
def table() -> RegionTable:
    return parse_region_table((RESOURCES / "wilayah.csv").read_text("utf-8"),
                              village_text=lambda p: (RESOURCES / "desa" / f"{p}.csv").read_text("utf-8"))


def test_seed_offices_are_found_under_their_kemendagri_codes(table: RegionTable) -> None:
    assert table.describe("35.08.02") == "Pronojiwo, Lumajang"
    assert table.describe("33.13.14") == "Kebakkramat, Karanganyar"
    assert table.describe("35.08.05") == "Tempeh, Lumajang"
    assert table.describe("64.72.01") == "Palaran, Kota Samarinda"
    assert table.describe("63.05") == "Tapin"
    assert table.province("6305") == "Kalimantan Selatan"
    assert table.regency("1101") == "Kabupaten Aceh Selatan"


def test_counts_of_districts(table: RegionTable) -> None:
    assert len(table.children()) == 38
    assert [len(table.children(c)) for c in ("35.08", "33.13", "64.72", "63.05")] == [21, 17, 10, 12]


def test_villages(table: RegionTable) -> None:
    assert table.village("35.08.02.2005") == "Oro-oro Ombo"
    assert table.villages("64.72.01") == ("Bantuas", "Bukuan", "Handil Bakti", "Rawa Makmur", "Simpang Pasir")
    assert len(table.villages("350805")) == 13
    assert "Tempeh Lor" in table.villages("350805")
    assert len(table.villages("331314")) == 10
    assert len(table.villages("350802")) == 6
    assert sum(len(table.villages(d.code)) for d in table.children("6305")) == 135
    assert table.district("3508052001") == "Tempeh"


def test_all_historic_papua_codes_have_a_successor(table: RegionTable) -> None:
    for code in HISTORIC_PAPUA:
        region = table.region(code)
        assert region is not None
        assert region.historic
        assert table.regency(region.successor) == region.name
    assert len(table.children("91")) == 9
    assert len(table.children("91", historic=True)) == 29
    assert (table.successor("9609"), table.region("960901").successor) == ("9604", "960401")
    assert table.successor("9101") == "9301"
    assert table.successor("3508") == "3508"


def test_search(table: RegionTable) -> None:
    assert table.search("tempeh", level=3)[0] == Region("350805", "Tempeh", 3)
    assert "3508" in [r.code for r in table.search("lumajang", level=2)]
    assert table.search("", level=3) == ()


def test_unknown_codes_are_empty_not_errors(table: RegionTable) -> None:
    assert (table.region("999999"), table.describe("9999"), table.district("35"), table.village("350805")) == (None, "", "", "")
    assert "9999" not in table


def test_codes() -> None:
    assert plain_code("35.08.05.2001") == "3508052001"
    assert dotted_code("3508052001") == "35.08.05.2001"
    assert dotted_code("35") == "35"


def test_loading_is_fast() -> None:
    texts = [(RESOURCES / n).read_text("utf-8") for n in ("wilayah.csv", "desa/35.csv")]
    best = min(_timed(texts) for _ in range(5))
    assert best < 0.06, "budget 20 ms on a quiet office PC; tripled for a busy test machine"


def _timed(texts: list[str]) -> float:
    start = time.process_time()
    parse_region_table(*texts)
    return time.process_time() - start


@pytest.mark.parametrize(("text", "line"), [
    ("code,name\n", 1), ("kode,nama,level,historis\n35,Jawa Timur,1\n", 2), ("kode,nama,level,historis\n\n35,Jawa Timur,2,\n", 3),
    ("kode,nama,level,historis\n3x,Jawa Timur,1,\n", 2), ("kode,nama,level,historis\n35,,1,\n", 2),
    ("kode,nama,level,historis\n9101,Merauke,2,93\n", 2), ("", 1),
])
def test_a_broken_table_names_its_line(text: str, line: int) -> None:
    with pytest.raises(BadInput) as caught:
        parse_region_table(text)
    assert caught.value.message_key == "wilayah.format"
    assert caught.value.facts["line"] == line


def test_an_offices_addition_wins() -> None:
    head = "kode,nama,level,historis\n"
    table = parse_region_table(head + "6473,Kota Tarakan,2,\n", head + "6473,Kota Tarakan,2,1\r\n")
    assert table.is_historic("647301")
    assert table.successor("6473") == "6473"
