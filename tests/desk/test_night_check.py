"""The register is checked once a night by itself; missed nights are made up for, and the result is kept."""

from __future__ import annotations

import os
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from desk_office import Office

from ktpel_kiosk.app import night_check as nightly
from ktpel_kiosk.app.night_check import NightWatch
from ktpel_kiosk.desk import night_check
from ktpel_kiosk.ports.night_check import Checked, Fault


@pytest.mark.parametrize(("last", "fault", "now", "due"), [
    ("2026-11-02 16:00", Fault.NONE, "2026-11-02 17:01", True),     # the office closed at 15, its night began at 17
    ("2026-11-02 17:30", Fault.NONE, "2026-11-03 16:59", False),    # looked at in this night already
    ("2026-11-02 16:00", Fault.NONE, "2026-11-03 08:05", True),     # switched off at night: made up for in the morning
    ("2026-10-01 18:00", Fault.NONE, "2026-11-03 08:05", True),
    ("2026-11-03 17:30", Fault.NONE, "2026-11-02 09:00", True),     # the clock went back
    ("2026-11-02 17:30", Fault.DAMAGED, "2026-11-02 18:00", False), ("2026-11-02 17:30", Fault.DAMAGED, "2026-11-02 18:31", True)])
def test_once_a_night_and_missed_nights_are_made_up_for(office: Office, last: str, fault: Fault, now: str, due: bool) -> None:
    at, then = (datetime.fromisoformat(text).replace(tzinfo=UTC) - timedelta(hours=7) for text in (last, now))
    assert night_check.due(office.desk, then), "never checked"
    assert night_check.keep(office.desk, Checked(at, fault))
    assert night_check.due(office.desk, then) is due
    assert night_check.latest(office.desk) == Checked(at, fault)
    links = office.desk.register.read(lambda v: v.audit(subject="register"))
    assert (links[-1].event, links[-1].facts["status"]) == ("RegisterChecked", fault.value)


def test_the_watch_leaves_a_start_alone_then_checks_by_itself(office: Office) -> None:
    desk = office.desk
    watch = NightWatch(desk, desk.register)
    watch.look()
    assert not watch.busy and night_check.latest(desk) is None
    office.clock.advance(nightly.FIRST_S + 1)
    watch.look()
    watch.stop()
    assert night_check.latest(desk) is None, "a kiosk that closes at once says nothing of its register"
    watch = NightWatch(desk, desk.register)
    office.clock.advance(nightly.FIRST_S + 1)
    watch.look()
    assert watch._thread is not None
    watch._thread.join(60)
    found = night_check.latest(desk)
    assert found is not None and found.fault is Fault.NONE
    watch.stop()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="threads have no priority of their own elsewhere")
def test_only_the_thread_of_the_check_stands_back() -> None:
    before = os.getpriority(os.PRIO_PROCESS, 0)
    seen: list[int] = []

    def work() -> None:
        nightly._stand_back()
        seen.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [19] and os.getpriority(os.PRIO_PROCESS, threading.main_thread().native_id or 0) == before


def test_a_result_the_register_does_not_take_is_known_all_the_same(office: Office) -> None:
    now = office.desk.clock.now()
    office.desk.register.freeze()
    assert not night_check.keep(office.desk, Checked(now, Fault.DAMAGED))
    assert night_check.latest(office.desk) == Checked(now, Fault.DAMAGED)
