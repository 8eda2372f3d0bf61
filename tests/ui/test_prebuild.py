"""Pages made ready behind the officer's back, and the sweeping of garbage on the windows' thread."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from fakes import FakeOffice
from pytestqt.qtbot import QtBot

from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ui import prebuild
from ktpel_kiosk.ui.app import Windows
from ktpel_kiosk.ui.garbage import Sweeper
from ktpel_kiosk.ui.prebuild import Prebuilder
from ktpel_kiosk.ui.theme import Theme

FEW = ("verifikasi", "pengaduan")


@pytest.fixture
def builder(windows: Windows, settle: Callable[[Windows], None], monkeypatch: pytest.MonkeyPatch) -> Prebuilder:
    monkeypatch.setattr(prebuild, "AFTER_MS", 1)
    monkeypatch.setattr(prebuild, "BETWEEN_MS", 1)
    settle(windows)
    made = Prebuilder(windows.operator, warm=False)
    made._paths = {k: p for k, p in made._paths.items() if k in FEW}
    for path in made._paths.values():
        import_module(path.split(":")[0])
    return made


def test_pages_are_ready_and_nothing_is_seen_of_it(builder: Prebuilder, windows: Windows, qtbot: QtBot) -> None:
    operator = windows.operator
    qtbot.waitUntil(lambda: builder.done, timeout=20_000)
    assert operator.current == "beranda" and set(FEW) <= set(operator._pages)
    ready = {key: operator._pages[key] for key in FEW}
    assert all(page.accessibleName() for page in ready.values())
    assert all(not page.isVisible() and page.size() == operator.stack.size() for page in ready.values())
    for key in FEW:
        operator.go(key)
        assert operator._pages[key] is ready[key] and ready[key].isVisible()


def test_a_page_opened_meanwhile_is_the_one_that_stays(builder: Prebuilder, windows: Windows, qtbot: QtBot) -> None:
    steps = builder._build("verifikasi")
    next(steps)  # made, not yet in the window
    windows.operator.go("verifikasi")
    opened = windows.operator._pages["verifikasi"]
    assert list(steps) == [] and windows.operator._pages["verifikasi"] is opened


def test_pages_of_the_next_officer_are_built_anew(builder: Prebuilder, windows: Windows, office: FakeOffice, qtbot: QtBot) -> None:
    operator = windows.operator
    qtbot.waitUntil(lambda: builder.done, timeout=20_000)
    before = {key: id(operator._pages[key]) for key in FEW}
    operator.sign_out()
    assert builder.done, "nobody is signed in: nothing is built"
    operator.signed_in(office.actors[Peran.KASI])
    qtbot.waitUntil(lambda: builder.done and set(FEW) <= set(operator._pages), timeout=20_000)
    assert {key: id(operator._pages[key]) for key in FEW} != before


def test_another_look_styles_only_what_was_opened(builder: Prebuilder, windows: Windows, qtbot: QtBot) -> None:
    operator = windows.operator
    qtbot.waitUntil(lambda: builder.done, timeout=20_000)
    operator.go(FEW[0])
    opened = operator._pages[FEW[0]]
    operator.apply_theme(Theme("contrast"))
    assert operator._pages[FEW[0]] is opened and FEW[1] not in operator._pages
    qtbot.waitUntil(lambda: FEW[1] in operator._pages and builder.done, timeout=20_000)


def test_who_sees_no_applications_gets_no_such_pages(builder: Prebuilder, windows: Windows, qtbot: QtBot) -> None:
    operator = windows.operator
    operator.signed_in(Actor("adm", "Admin", frozenset({Peran.ADMIN})))
    qtbot.waitUntil(lambda: builder.done, timeout=20_000)
    assert not set(FEW) & set(operator._pages)


@pytest.fixture
def collector() -> Iterator[None]:
    yield
    gc.enable()
    gc.unfreeze()


@pytest.mark.usefixtures("collector")
def test_the_sweeper_alone_sweeps_and_gives_the_work_back(windows: Windows, qtbot: QtBot) -> None:
    sweeper = Sweeper(windows.operator)
    assert not gc.isenabled()
    for _ in range(4_000):
        knot: list[object] = []
        knot.append(knot)
    sweeper._sweep_young()
    assert sweeper.swept == 1
    sweeper.sweep()
    assert sweeper.swept == 2 and sweeper.longest_ms > 0
    windows.operator.sign_out()
    assert sweeper._old.remainingTime() <= 6_000, "swept soon after the desk was locked"
    sweeper.deleteLater()
    qtbot.waitUntil(gc.isenabled, timeout=8_000)
