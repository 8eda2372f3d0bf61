"""Another office in an SOP text: what was answered changes, every other byte stays."""

from __future__ import annotations

import tomllib
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop_edit import proved, with_values
from ktpel_kiosk.domain.sop_file import parse_sop

SOPS = sorted((Path(__file__).parents[2] / "resources" / "sop").glob("*.toml"))
TEXT = SOPS[-1].read_text("utf-8")
SMALL = """# kantor uji
id = "a"  # nama pendek
[kantor]  # data kantor
nama = "Lama"   # diganti
kop = [
    "A",  # baris pertama
    "B",
]
jam_buka = 08:00:00
[lain]
nama = "tetap"
"""


@pytest.mark.parametrize("path", SOPS, ids=lambda p: p.stem)
def test_only_the_lines_of_changed_keys_differ(path: Path) -> None:
    text = path.read_text("utf-8")
    new = with_values(text, "kantor", {"nama": "Kecamatan Baru", "alamat": "Jalan 1", "jam_buka": "07.30", "unit_surat": "X"})
    sop = proved(new, {"nama": "Kecamatan Baru", "jam_buka": "07.30"})
    assert (sop.kantor.alamat, sop.kantor.jam_buka) == ("Jalan 1", time(7, 30))
    keys = ("nama", "alamat", "jam_buka", "unit_surat")
    kept = [line for line in text.splitlines(True) if not line.startswith(tuple(f"{k} =" for k in keys))]
    assert kept == [line for line in new.splitlines(True) if not line.startswith(tuple(f"{k} =" for k in keys))]
    before, after = tomllib.loads(text), tomllib.loads(new)
    assert {k: v for k, v in before.items() if k != "kantor"} == {k: v for k, v in after.items() if k != "kantor"}


def test_comments_blanks_and_other_tables_stay() -> None:
    new = with_values(SMALL, "kantor", {"nama": 'Baru "dua"', "kop": ("C",), "telepon": "1"})
    assert new == SMALL.replace('"Lama"', '"Baru \\"dua\\""').replace(SMALL[SMALL.index("[\n"):SMALL.index("]\njam") + 1], '["C"]').replace(
        "jam_buka = 08:00:00\n", 'jam_buka = 08:00:00\ntelepon = "1"\n')


def test_what_says_so_already_is_not_touched() -> None:
    assert with_values(SMALL, "kantor", {"nama": "Lama", "kop": ("A", "B"), "jam_buka": "08.00", "email": ""}) == SMALL
    assert with_values(SMALL, "", {"id": "a", "nomor": ""}) == SMALL


def test_a_table_that_is_no_table_cannot_grow() -> None:
    with pytest.raises(BadInput) as caught:
        with_values('kantor = { nama = "x" }\n', "kantor", {"alamat": "y"})
    assert caught.value.message_key == "sop.no_table"
    assert tomllib.loads(with_values('kantor = { nama = "x" }\n', "kantor", {"nama": "y"})) == {"kantor": {"nama": "y"}}


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=40).filter(str.strip))
def test_any_text_comes_back_as_it_was(value: str) -> None:
    new = with_values(TEXT, "kantor", {"nama": value, "penandatangan_nama": value})
    kantor = tomllib.loads(new)["kantor"]
    assert kantor["nama"] == kantor["penandatangan_nama"] == value
    assert parse_sop(new).kantor.nama == value
