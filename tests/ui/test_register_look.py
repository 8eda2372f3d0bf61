"""The dossier of Register: NIK and phone stand masked, papers and whole values want a reason, and who looked is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import audit
import pytest
from pagekit import PageBench, bench
from PySide6.QtWidgets import QLabel

from ktpel_kiosk.desk import viewing
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.domain.text import group_nik, mask_nik, mask_phone, phone_local
from ktpel_kiosk.domain.viewing import AlasanLihat, Lihat
from ktpel_kiosk.ui.pages.register import RegisterPage
from ktpel_kiosk.ui.pages.register_look import SHOWN_MS
from ktpel_kiosk.ui.presenters.printing_queue import mask_pair
from ktpel_kiosk.ui.presenters.privacy import REASONS


@pytest.fixture
def kit(qtbot, monkeypatch: pytest.MonkeyPatch) -> Iterator[PageBench]:  # type: ignore[no-untyped-def]
    monkeypatch.setattr("ktpel_kiosk.ui.pages.register_parts.open_outside", lambda _parent, path: OPENED.append(path) or True)
    OPENED.clear()
    yield from bench(qtbot)


OPENED: list[Any] = []


def dossier(kit: PageBench, actor: Any) -> Any:
    kit.p = kit.office.to_stage(1, Stage.CETAK_ENCODE)  # type: ignore[attr-defined]
    return kit.open("register", RegisterPage, actor, id=kit.p.id).dossier  # type: ignore[attr-defined]


def boss(kit: PageBench) -> Any:
    return kit.office.actors[Peran.CAMAT]


def shown(pane: Any) -> dict[str, str]:
    return {field: value.text() for field, value in pane.facts._values.items()}


def looks(kit: PageBench) -> list[Any]:
    found = kit.office.register.read(lambda v: v.viewings_of(kit.p.id))  # type: ignore[attr-defined]
    return [v for v in found if v.officer == boss(kit).username]


def test_who_serves_nobody_sees_it_masked_and_picks_a_reason_with_one_press(kit: PageBench) -> None:
    pane = dossier(kit, boss(kit))
    p = kit.p  # type: ignore[attr-defined]
    masked = {"nik": mask_nik(p.penduduk.nik), "nomor_hp": mask_phone(p.nomor_hp)}
    assert shown(pane) == masked and looks(kit) == [], "the masked dossier itself asks nothing"
    pane.facts.buttons["nik"].click()
    kit.wait()
    assert [*audit.names_and_roles(pane.window()), *audit.touch_targets(pane.window()), *audit.focus_seen(pane.window())] == []
    assert pane.look.reasons.isVisible() and not pane.papers_card.isVisible() and shown(pane) == masked
    assert [b.text() for b in pane.look.reasons.buttons.values()] == [title for _r, title in REASONS]
    pane.look.reasons.buttons["pertanyaan"].click()
    kit.wait()
    assert shown(pane) == {**masked, "nik": group_nik(p.penduduk.nik)}, "what was asked for, and no more"
    assert not pane.look.isVisible() and pane.papers_card.isVisible()
    assert pane.facts.buttons["nik"].hasFocus() and not pane.facts.buttons["nik"].visibleRegion().isEmpty(), "in sight"
    assert [(v.what, v.reason) for v in looks(kit)] == [(Lihat.NIK, AlasanLihat.PERTANYAAN)]
    assert "PersonDataViewed" in [link.event for link in kit.office.register.read(lambda v: v.audit(subject=p.id))]
    pane.facts.buttons["nomor_hp"].click()
    kit.wait()
    assert shown(pane)["nomor_hp"] == phone_local(p.nomor_hp), "the reason holds for the next look"
    kit.office.clock.advance((viewing.HOLDS + timedelta(minutes=1)).total_seconds())
    pane.facts.cover()
    pane.facts.buttons["nik"].click()
    kit.wait()
    assert pane.look.reasons.isVisible() and shown(pane) == masked


def test_what_is_shown_is_masked_again_by_itself_and_when_it_leaves_the_sight(kit: PageBench) -> None:
    pane = dossier(kit, kit.office.rina)  # she prints it: she serves
    masked = shown(pane)
    for cover in (pane.facts._timer.timeout.emit, lambda: pane.page.shell.go("beranda"), pane.facts.buttons["nik"].click):
        pane.page.shell.go("register", id=kit.p.id)  # type: ignore[attr-defined]
        kit.wait()
        pane.facts.buttons["nik"].click()
        kit.wait()
        assert shown(pane) != masked and not pane.look.isVisible(), "serving asks nothing"
        assert pane.facts._timer.isActive() and pane.facts._timer.interval() == SHOWN_MS <= 30_000
        cover()
        kit.wait()
        assert shown(pane) == masked


def test_a_refresh_leaves_what_is_shown_and_another_person_gets_nothing_of_it(kit: PageBench) -> None:
    pane = dossier(kit, kit.office.rina)
    other = kit.office.to_stage(2, Stage.VERIFIKASI)
    pane.facts.buttons["nik"].click()
    kit.wait()
    pane.page.refresh()
    kit.wait()
    assert pane.facts.shown("nik")
    pane.page.open_dossier(other.id)
    kit.wait()
    pane.facts.reveal(kit.p.id, "nik", "too late")  # type: ignore[attr-defined]
    assert shown(pane)["nik"] == mask_nik(other.penduduk.nik)


def test_papers_want_the_reason_too_and_escape_goes_back_without_one(kit: PageBench) -> None:
    pane = dossier(kit, boss(kit))
    paper = pane._view.papers[0]
    pane._open_paper(paper.id)
    kit.wait()
    assert not OPENED and pane.look.reasons.isVisible()
    kit.press("Esc")
    assert not pane.look.isVisible() and pane.isVisible() and pane.papers_card.isVisible() and looks(kit) == []
    pane._save_paper(paper.id)
    kit.wait()
    assert pane.look.reasons.isVisible(), "the reason comes before a place is chosen"
    pane._open_paper(paper.id)
    kit.wait()
    pane.look.reasons.buttons["lain"].click()
    assert pane.look.reasons.writing and not pane.look.reasons.go_button.isEnabled()
    pane.look.reasons.note.set_value("a\u202eb")
    kit.press("F9")
    assert pane.look.reasons.note.message() and not OPENED, "refused words are told beside the field"
    pane.look.reasons.note.set_value("Ditanya Dinas lewat telepon")
    kit.press("F9")
    assert len(OPENED) == 1 and [(v.what, v.reason) for v in looks(kit)] == [(Lihat.BERKAS, AlasanLihat.LAIN)]


def test_work_at_the_desk_asks_nothing_also_after_the_step_of_today(kit: PageBench) -> None:
    p = kit.office.to_stage(1, Stage.REKAM)
    checker = kit.office.actors[Peran.KASI]  # verified it today; it stands with the operator now
    only = replace(checker, peran=frozenset({Peran.VERIFIKATOR}))
    assert not viewing.needs_reason(kit.office.desk, only, p.id)
    kit.office.clock.advance(24 * 3600)
    assert viewing.needs_reason(kit.office.desk, only, p.id)


def test_the_superior_sees_who_looked_and_an_officer_has_no_such_button(kit: PageBench) -> None:
    pane = dossier(kit, kit.office.rina)
    assert pane.who_button.isHidden()
    viewing.look(kit.office.desk, boss(kit), kit.p.id, Lihat.NIK, "aparat", "surat 12")  # type: ignore[attr-defined]
    pane = dossier_again(kit)
    pane.who_button.click()
    kit.wait()
    words = [x.text() for x in pane.look.lookers.findChildren(QLabel)]
    assert any("surat 12" in w for w in words) and pane.look.lookers.isVisible()
    assert [*audit.names_and_roles(pane.window()), *audit.touch_targets(pane.window()), *audit.focus_seen(pane.window())] == []
    kit.press("Esc")
    assert not pane.look.isVisible() and pane.isVisible()


def dossier_again(kit: PageBench) -> Any:
    return kit.open("register", RegisterPage, boss(kit), id=kit.p.id).dossier  # type: ignore[attr-defined]


@pytest.mark.parametrize(("one", "other", "shown_as"), [
    ("3508054502080001", "3508054502080001", ("350805••••••0001",) * 2),
    ("3508054502080001", "3508054602080001", ("350805•5••••0001", "350805•6••••0001")),
    ("", "3508054502080001", ("", "350805••••••0001")),
])
def test_two_nik_side_by_side_show_only_what_differs(one: str, other: str, shown_as: tuple[str, str]) -> None:
    assert mask_pair(one, other) == shown_as
