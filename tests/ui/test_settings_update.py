"""Pengaturan, Pembaruan: found, agreed by a supervisor only, begun; what was refused stands in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pagekit import PageBench, bench

from desk.doubles import NewVersions
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ports.updates import UpdateEvent, When
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage, sections

AT = datetime(2026, 11, 12, 15, 0, tzinfo=UTC)


@pytest.fixture
def versions() -> NewVersions:
    return NewVersions()


@pytest.fixture
def serving(qtbot: Any, versions: NewVersions) -> Iterator[PageBench]:
    for made in bench(qtbot):
        made.office.desk = replace(made.office.desk, updates=versions)
        yield made


def open_section(made: PageBench, actor: Actor | None = None) -> Any:
    page: PengaturanPage = made.open("pengaturan", PengaturanPage, actor or made.office.actors[Peran.SUPERVISOR], section="pembaruan")
    return page.section("pembaruan")


def test_a_version_is_found_agreed_for_the_night_called_off_and_begun(serving: PageBench, versions: NewVersions) -> None:
    section = open_section(serving)
    assert section.search.isVisible()
    assert not section.night.isVisible()
    serving.press("F9")
    assert section.title.text() == "Versi 1.4.0"
    assert section.source.text() == "dari USB"
    assert section.notes.count() == 2
    serving.press("F9")
    assert (versions.brought, versions.kept.wanted, versions.kept.when) == (["1.4.0"], "1.4.0", When.NIGHT)
    assert "malam ini" in section.facts.text()
    assert section.off.isVisible()
    assert not section.begin.isVisible()
    section.off.click()
    serving.wait()
    assert versions.kept.wanted == ""
    assert section.search.isVisible()
    section.search.click()
    serving.wait()
    section.soon.click()
    serving.wait()
    assert versions.kept.when is When.NOW
    assert section.begin.isVisible()
    assert versions.restarts == 0
    serving.press("F9")
    assert versions.restarts == 1


def test_what_was_refused_is_said_and_nothing_waits(serving: PageBench, versions: NewVersions) -> None:
    section = open_section(serving)
    versions.trouble["look"] = BadInput("update.unsigned")
    section.search.click()
    serving.wait()
    assert "tidak ditandatangani" in section.message.plain()
    assert section.search.isVisible()
    section.search.click()
    serving.wait()
    versions.trouble["bring_in"] = BadInput("update.mismatch")
    section.night.click()
    serving.wait()
    assert "tidak sama dengan yang ditandatangani" in section.message.plain()
    assert versions.kept.wanted == ""
    versions.found = None
    section.opened()
    serving.wait()
    section.search.click()
    serving.wait()
    assert "Tidak ada versi" in section.facts.text()


def test_an_admin_may_look_and_only_a_supervisor_installs(serving: PageBench, versions: NewVersions) -> None:
    section = open_section(serving, Actor("teknisi", "Teknisi", frozenset({Peran.ADMIN})))
    section.search.click()
    serving.wait()
    assert section.only.isVisible()
    assert not section.night.isVisible()
    assert not section.soon.isVisible()


def test_the_history_and_a_machine_that_knows_no_maker(serving: PageBench, versions: NewVersions) -> None:
    versions.kept = replace(versions.kept, trusted=False, events=(
        UpdateEvent(AT, "dipasang", "1.3.0", ""), UpdateEvent(AT, "gagal", "1.3.1", "update.lost_audit")))
    section = open_section(serving)
    assert section.rows.count() == 2
    assert "update trust" in section.message.plain()
    assert not section.search.isEnabled()


def test_a_practice_desk_has_no_such_section(qtbot: Any) -> None:
    for made in bench(qtbot):
        page: PengaturanPage = made.open("pengaturan", PengaturanPage, made.office.actors[Peran.SUPERVISOR])
        assert "pembaruan" not in dict(sections(page.session))
