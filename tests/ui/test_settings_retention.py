"""Pengaturan, Simpanan: what is kept and why, the time, the purge in two steps, the papers again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pagekit import PageBench, bench

from ktpel_kiosk.desk import retention
from ktpel_kiosk.domain.outbox import Packet, PacketState
from ktpel_kiosk.domain.sop import Peran
from ktpel_kiosk.ui.pages.pengaturan import PengaturanPage
from ktpel_kiosk.ui.presenters.retention import round_down, size_text


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:  # type: ignore[no-untyped-def]
    yield from bench(qtbot)


def seal(kit: PageBench, counter: int, days_ago: int = 0, **changes: object) -> None:
    """A packet in the register. The desk takes the receipt ``sah`` for verified."""
    office = kit.office
    object.__setattr__(office.desk, "receipt_holds", lambda p: p.receipt == "sah")
    at = office.desk.clock.now() - timedelta(days=days_ago)
    made = Packet(f"p-{counter}", f"a-{counter}", "tempeh-meja-1", counter, "0" * 64, "ab" * 32, 450_000, f"p-{counter}.ktpelpkt",
                  PacketState.SEALED, at)
    office.register.write(lambda tx: (tx.add_packet(replace(made, **changes)), tx.log("PacketSealed", made.permohonan_id, "-")))


def receive(kit: PageBench, days_ago: int, *, receipt: str = "sah") -> None:
    """One more packet, received that long ago."""
    at = kit.office.desk.clock.now() - timedelta(days=days_ago)
    seal(kit, len(kit.office.register.packets()) + 1, days_ago, state=PacketState.RECEIVED, receipt=receipt, received_at=at)


def show(kit: PageBench, role: Peran = Peran.SUPERVISOR):  # type: ignore[no-untyped-def]
    page = kit.open("pengaturan", PengaturanPage, actor=kit.office.actors[role], section="simpanan")
    return page.section("simpanan")


def test_what_is_kept_and_why(kit: PageBench) -> None:
    seal(kit, 1, 9)
    seal(kit, 2)
    receive(kit, 3)
    section = show(kit)
    assert [t.title for t in section.figures] == ["Menunggu dikirim", "Dalam masa simpan", "Siap dimusnahkan", "Ruang kosong"]
    assert [t.value for t in section.figures] == ["2", "1", "0", "50,0 GB"]
    assert section.figures[0].detail == "900 kB, tertua 11 Nov 2026"
    assert section.figures[3].detail == "± 110.000 paket"
    assert section.next.text().startswith("Berikutnya: ")
    assert not section.go.isEnabled() and not section.empty.isHidden()


def test_destroying_asks_once_more_and_leaves_a_record(kit: PageBench) -> None:
    receive(kit, 31)
    section = show(kit)
    assert section.figures[2].value == "1" and section.go.isEnabled()
    kit.press("F9")
    assert not section.sure.isHidden() and "Musnahkan 1 paket?" in section.sure.text()
    assert kit.office.register.purges() == [], "asked, not done"
    assert section.back() and section.sure.isHidden()
    kit.press("F9")
    kit.press("F9")
    (run,) = kit.office.register.purges()
    assert (run.packets, run.officer) == (1, kit.office.actors[Peran.SUPERVISOR].username)
    assert run.number in kit.notice()
    assert section.runs.isVisible() and not section.go.isEnabled()
    assert not section.look.isEnabled()
    opened = []
    section._opened = opened.append
    section.runs.choose(run.id)
    section.look.click()
    kit.wait()
    assert [p.name for p in opened] == [f"BA-pemusnahan-data-{run.number.replace(chr(47), chr(45))}.pdf"]


def test_a_receipt_that_does_not_verify_is_said(kit: PageBench) -> None:
    receive(kit, 400, receipt="palsu")
    section = show(kit)
    assert "1 paket tidak dimusnahkan" in section.message.plain()
    assert section.figures[2].tone == "attention" and not section.go.isEnabled()


def test_the_time_is_kept_and_refused_in_words(kit: PageBench) -> None:
    section = show(kit)
    for text, good in (("6", False), ("x", False), ("", False), ("366", False), ("90", True)):
        section.days.setText(text)
        section._touched()
        section.save.click()
        kit.wait()
        assert (kit.office.register.read(retention.days) == 90) == good
        assert section.message.isHidden() == good
    assert not section.save.isEnabled()


@pytest.mark.parametrize(("role", "sees", "purges", "changes"), [
    (Peran.OPERATOR, False, False, False), (Peran.KASI, True, True, False), (Peran.ADMIN, True, False, True)])
def test_who_may_do_what(kit: PageBench, role: Peran, sees: bool, purges: bool, changes: bool) -> None:
    from ktpel_kiosk.domain.actor import Actor
    receive(kit, 31)
    page = kit.open("pengaturan", PengaturanPage, actor=Actor("satu", "Satu", frozenset({role})), section="simpanan")
    section = page.section("simpanan")
    assert section.message.isHidden() == sees
    assert (section.go.isEnabled(), section.days.isEnabled()) == (purges, changes)


@pytest.mark.parametrize(("size", "text"), [(0, "0 kB"), (812_400, "812 kB"), (40_500_000, "40,5 MB"), (1_240_000_000, "1,2 GB")])
def test_sizes_in_words(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (7, 7), (99, 99), (25_412, 25_000), (1_999, 1_900)])
def test_a_forecast_has_two_digits(count: int, shown: int) -> None:
    assert round_down(count) == shown
