from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from pagekit import PageBench, bench

from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.errors import NotAllowed
from ktpel_kiosk.domain.outbox import PacketState, WaitCause
from ktpel_kiosk.domain.sop import Peran, Stage
from ktpel_kiosk.ui.pages.antrean import AntreanPage
from ktpel_kiosk.ui.presenters.queue import FIXERS, REASONS, QueuePresenter


@pytest.fixture
def kit(qtbot) -> Iterator[PageBench]:
    yield from bench(qtbot)


@pytest.fixture
def packets(kit, monkeypatch):
    office = kit.office
    for i in range(4):
        office.to_stage(i, Stage.MENUNGGU_PRR)
    now = office.clock.now()
    monkeypatch.setattr(office.clock, "now", lambda: now)  # ages and next tries to the minute
    changes = (
        {"wait_cause": WaitCause.DATA, "state": PacketState.REFUSED, "sealed_at": now - timedelta(days=8)},
        {"wait_cause": WaitCause.SERVER, "attempts": 3, "next_try_at": now + timedelta(minutes=7),
         "sealed_at": now - timedelta(hours=25)},
        {"wait_cause": WaitCause.OFFLINE, "sealed_at": now - timedelta(hours=2)},
        {"wait_cause": WaitCause.OFFLINE, "state": PacketState.ANNOUNCED, "offset": 206_000, "sealed_at": now - timedelta(minutes=5)},
    )
    for packet, change in zip(office.register.packets(), changes, strict=True):
        office.register._packets[packet.packet_id] = replace(packet, **change)
    return office.register.packets()


def test_every_cause_has_words_and_somebody_who_can_help():
    assert set(REASONS) == set(FIXERS) == set(WaitCause)


def test_oldest_first_with_age_reason_and_next_try(kit, packets):
    rows = QueuePresenter(kit.session()).load().rows
    assert [r.id for r in rows] == [p.packet_id for p in packets]
    assert [r.age_tone for r in rows] == ["trouble", "attention", "neutral", "neutral"]
    assert [r.fixer for r in rows] == ["Disdukcapil", "Disdukcapil", "Operator", "Operator"]
    assert [r.next_try for r in rows] == ["tidak dicoba lagi", "7 menit lagi", "begitu tersambung", "begitu tersambung"]
    assert [r.can_retry for r in rows] == [False, True, True, True]
    assert rows[3].progress == 0.5


def test_line_and_alarm(kit, packets):
    view = QueuePresenter(kit.session()).load()
    assert view.line[:2] == ("attention", "Luring.")
    assert "1 paket" in view.alarm
    figures = {f[0]: f for f in view.figures}
    assert figures["Belum terkirim"][1] == "4"
    assert figures["Tertua"][1] == "8 hari"
    assert figures["Tertua"][3] == "trouble"
    assert figures["Perlu tindakan"][1] == "1"


def test_nothing_waits(kit):
    page = kit.open("antrean", AntreanPage)
    assert not page.empty.isHidden()
    assert page.detail.isHidden()
    assert not page.try_button.isEnabled()


def test_f9_wakes_the_sender(kit, packets):
    woken = []
    kit.office.desk = replace(kit.office.desk, wake_uploader=lambda: woken.append(1))
    page = kit.open("antrean", AntreanPage)
    kit.press("F9")
    assert woken == [1]
    assert "Dicoba sekarang" in kit.notice()
    page.rows.choose(packets[1].packet_id)
    page.retry.click()
    kit.wait()
    assert woken == [1, 1]


def test_only_some_roles_may_try(kit, packets):
    kasi = Actor("kasi", "K", frozenset({Peran.KASI}))
    with pytest.raises(NotAllowed):
        QueuePresenter(kit.session(kasi)).try_now()
    assert kit.open("antrean", AntreanPage, kasi).try_button.isHidden()


def test_a_refused_packet_says_who_to_call_and_is_not_retried(kit, packets):
    page = kit.open("antrean", AntreanPage)
    assert page.rows.current_key() == packets[0].packet_id
    assert page.fixer.text() == "Disdukcapil"
    assert page.retry.isHidden()
    assert not page.alarm.isHidden()


def test_a_commit_keeps_the_chosen_row(kit, packets):
    page = kit.open("antrean", AntreanPage)
    page.rows.choose(packets[2].packet_id)
    kit.office.register._packets[packets[0].packet_id] = replace(packets[0], state=PacketState.RECEIVED)
    page.refresh()
    kit.wait()
    assert page.rows.current_key() == packets[2].packet_id
    assert page.rows.rows.rowCount() == 3
