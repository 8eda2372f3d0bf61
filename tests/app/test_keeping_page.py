"""The chapter on people's data says what the program does: it is made from the tables the program works with."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from ktpel_kiosk.app.manual import START, names, parser, source
from ktpel_kiosk.domain.keeping import SIMPANAN
from ktpel_kiosk.domain.viewing import ALASAN_NAMES, CHOSEN

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("keeping_page", ROOT / "tools" / "keeping_page.py")
    assert spec is not None and spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_the_chapter_is_current_and_linked_from_the_first_one(tool: ModuleType) -> None:
    assert tool.PAGE.read_text("utf-8") == tool.page(), "python tools/keeping_page.py"
    assert tool.PAGE.stem in names() and f"({tool.PAGE.name})" in (source() / f"{START}.md").read_text("utf-8")


def test_every_row_and_reason_stands_in_it_as_a_table(tool: ModuleType) -> None:
    text = tool.page()
    cells = [t.content for t in parser().parse(text) if t.type == "inline"]
    for row in SIMPANAN:
        at = cells.index(row.judul)
        assert cells[at:at + 5] == [row.judul, row.isi, row.basis, row.lama, row.akhir]
    assert all(ALASAN_NAMES[a][1:] in text for a in CHOSEN)
