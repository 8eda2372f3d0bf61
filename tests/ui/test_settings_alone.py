"""Signing in without the centre: warned a week before, refused in words, the supervisor led to the one screen that helps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import PASSWORD
from pagekit import PageBench, bench

from ktpel_kiosk.desk import sign_in_bound, users
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ui.pages.masuk import MasukPage
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage
from ktpel_kiosk.ui.presenters.board import BoardPresenter

GIVEN = "kuda lewat pagar biru"


@pytest.fixture
def kit(qtbot, tmp_path: Path) -> Iterator[PageBench]:  # type: ignore[no-untyped-def]
    for made in bench(qtbot, folder=tmp_path / "kantor"):  # a real register: its audit runs on the office's clock
        made.office.desk = replace(made.office.desk, specimen=False)
        made.office.register.write(lambda tx, made=made: (sign_in_bound.count(made.office.desk, tx), tx.log("SettingChanged", "x", "-")))
        yield made


def later(kit: PageBench, days: float) -> None:
    kit.office.clock.advance(days * sign_in_bound.DAY_S)
    for actor in kit.office.actors.values():
        kit.office.desk.seats.leave(actor.username)


def section(kit: PageBench, role: Peran = Peran.SUPERVISOR) -> Any:
    page = kit.open("pengaturan", PengaturanPage, actor=Actor(role, role.title(), frozenset({role})), section="masuk")
    return page.section("masuk")


def sign_in_page(kit: PageBench, username: str = "", password: str = PASSWORD) -> Any:
    page = kit.open("masuk", MasukPage)
    if username:
        page.username.set_value(username)
        page.password.set_value(password)
        page._enter()
        kit.wait()
    return page


def test_the_sign_in_page_and_beranda_warn_a_week_before(kit: PageBench) -> None:
    page = kit.open("masuk", MasukPage)
    for days, says, tone in ((22.5, "", ""), (1, "Tinggal 7 hari lagi", "attention"), (6, "Tinggal 1 hari lagi", "attention"),
                             (1.5, "Sudah 30 hari", "trouble")):
        later(kit, days)
        page.opened()
        kit.wait()
        assert page.alone.text().startswith(says) and page.alone.isHidden() == (not says)
        told = [n.tone for n in BoardPresenter(kit.session()).load().notices if dict(n.args).get("section") == "masuk"]
        assert told == ([tone] if tone else [])


def test_a_practice_office_is_not_bound_and_has_no_such_section(kit: PageBench) -> None:
    kit.office.desk = replace(kit.office.desk, specimen=True)
    later(kit, 400)
    assert sign_in_page(kit).alone.isHidden()
    page = kit.open("pengaturan", PengaturanPage, actor=kit.office.actors[Peran.SUPERVISOR])
    assert not page.tabs.has("masuk")


def test_the_supervisor_is_led_to_the_panel_and_extends(kit: PageBench) -> None:
    later(kit, 31)
    boss = kit.office.actors[Peran.SUPERVISOR]
    sign_in_page(kit, boss.username)
    window = kit.windows[-1][0]
    assert (window._page, window._pages["pengaturan"].tabs.current) == ("pengaturan", "masuk")
    panel = window._pages["pengaturan"].section("masuk")
    assert panel.left.value == "Habis" and not panel.go.isEnabled()
    panel.reason.set_value("menara roboh")
    kit.press("F9")
    assert "Diperpanjang" in kit.notice() and panel.left.value == "30 hari"
    assert panel.last.text().endswith(f"oleh {boss.username}: menara roboh") and panel.reason.value() == ""
    assert not sign_in_bound.bound(kit.office.desk).over


def test_a_password_that_was_given_is_to_be_changed_first(kit: PageBench) -> None:
    officer, desk = kit.office.actors[Peran.LOKET], kit.office.desk
    sign_in_page(kit, officer.username)
    assert kit.windows[-1][0]._page != "pengaturan", "nobody gave it"
    users.reset_password(desk, Actor("a", "A", frozenset({Peran.ADMIN})), officer.username, GIVEN)
    sign_in_page(kit, officer.username, GIVEN)
    window = kit.windows[-1][0]
    assert window._page == "pengaturan" and "pemberian" in kit.notice()
    panel = window._pages["pengaturan"].section("petugas").secret
    assert panel.isVisible()
    fields = panel.fields.values()
    for field, value in zip(fields, (GIVEN, "sapi lewat pagar merah", "sapi lewat pagar merah"), strict=True):
        field.set_value(value)
    kit.press("F9")
    kit.wait()
    assert not users.password_was_given(desk, officer) and panel.isHidden()


def test_others_are_refused_in_one_sentence_and_sit_nowhere(kit: PageBench) -> None:
    later(kit, 31)
    page = sign_in_page(kit, kit.office.actors[Peran.LOKET].username)
    assert "lebih dari 30 hari tidak berhubungan dengan pusat" in page.message.plain()
    assert kit.windows[-1][0]._page == "masuk"


@pytest.mark.parametrize(("role", "may"), [(Peran.SUPERVISOR, True), (Peran.ADMIN, True), (Peran.KASI, False)])
def test_who_extends_and_sets_the_days(kit: PageBench, role: Peran, may: bool) -> None:
    panel = section(kit, role)
    panel.reason.set_value("banjir")
    assert (panel.go.isEnabled(), panel.days.isEnabled(), panel.reason.isEnabled()) == (may, may, may)


def test_the_days_are_kept_and_refused_in_words(kit: PageBench) -> None:
    panel = section(kit)
    for text, good in (("2", False), ("", False), ("x", False), ("366", False), ("90", True)):
        panel.days.setText(text)
        panel._touched()
        panel.save.click()
        kit.wait()
        assert (sign_in_bound.bound(kit.office.desk).days == 90) == good
        assert panel.message.isHidden() == good
