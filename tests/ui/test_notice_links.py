"""Every notice and first step of Beranda leads to something there is: page, section of Pengaturan, tab."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pagekit import PageBench, bench

from ktpel_kiosk.desk import room
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ui.page_table import PAGES
from ktpel_kiosk.ui.pages import pengaduan, tugas
from ktpel_kiosk.ui.pages.beranda import BerandaPage
from ktpel_kiosk.ui.pages.pengaturan import BOUND, LATE, MAKERS, SECTIONS, SERVING, SHARED
from ktpel_kiosk.ui.presenters import alone, away, board

THERE = {"section": {key for key, _title in (*SECTIONS, *SERVING, *SHARED, *BOUND)}, "tab": {pengaduan.COMPLAINTS, pengaduan.REQUESTS},
         "which": {tugas.ALL, tugas.CENTRE, tugas.UNCOLLECTED}, "about": {key for key, *_rest in PAGES}}

NAMED = {"alone.SECTION": alone.SECTION, "SECTION": away.SECTION}


def links() -> Iterator[tuple[str, str]]:
    """(kind, value) of every link written in presenters/board.py; a name stands for each constant of the loop that gives it."""
    tree = ast.parse(inspect.getsource(board))
    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        for node in ast.walk(function):
            if not (isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Constant)
                    and node.elts[0].value in THERE):
                continue
            kind, value = str(node.elts[0].value), node.elts[1]
            if isinstance(value, ast.Constant):
                yield kind, str(value.value)
            elif (named := ast.unparse(value)) in NAMED:
                yield kind, NAMED[named]
            else:
                found = [given for loop in ast.walk(function) if isinstance(loop, ast.For) and isinstance(loop.target, ast.Tuple)
                         for at, name in enumerate(loop.target.elts) if ast.unparse(name) == ast.unparse(value)
                         for row in loop.iter.elts  # type: ignore[attr-defined]
                         for given in [row.elts[at].value]]
                assert found, ast.unparse(node)
                yield from ((kind, str(x)) for x in found)


def test_every_link_leads_to_something_there_is() -> None:
    found = set(links())
    assert {("section", "simpanan"), ("section", "cadangan"), ("tab", "permintaan"), ("which", "pusat")} <= found and len(found) >= 8
    assert not {(kind, value) for kind, value in found if value not in THERE[kind]}
    assert THERE["section"] <= {*MAKERS, *LATE}


@pytest.fixture
def kit(qtbot: Any) -> Iterator[PageBench]:
    yield from bench(qtbot)


def test_the_notice_of_the_full_disk_opens_the_section_on_what_is_kept(kit: PageBench, monkeypatch: pytest.MonkeyPatch) -> None:
    full = replace(room.left(kit.office.desk, kit.office.rina), free_bytes=1000, recordings=0, state=room.State.NONE)
    monkeypatch.setattr(room, "left", lambda _desk, _actor: full)
    boss = replace(kit.office.rina, peran=frozenset(Peran))
    notice = next(n for n in board.BoardPresenter(kit.session(boss)).load().notices if n.page == "pengaturan")
    page = kit.open("beranda", BerandaPage, boss)
    page.shell.go(notice.page, **dict(notice.args))
    kit.wait()
    assert page.shell.page("pengaturan").tabs.current == "simpanan"
