"""A production kiosk checks its register by itself, shows what was found, and closes in the middle of it."""

from __future__ import annotations

import pytest
from test_folder_care import kiosk  # noqa: F401  a fixture

from ktpel_kiosk.app import night_check as nightly
from ktpel_kiosk.app.clock import PracticeClock
from ktpel_kiosk.app.kiosk import Kiosk
from ktpel_kiosk.desk import night_check
from ktpel_kiosk.ports.night_check import Fault

PAGE = 4096


@pytest.mark.gate
def test_the_night_comes_and_a_page_went_bad(kiosk: Kiosk) -> None:  # noqa: F811
    clock, desk = kiosk.clock, kiosk.desk
    assert isinstance(clock, PracticeClock)
    kiosk._always()
    assert kiosk._night is not None and night_check.latest(desk) is None, "a start is left alone"

    def later(seconds: float) -> Fault:
        if kiosk._copying is not None:
            kiosk._copying.join(120)
        clock.advance(seconds)
        kiosk.check_when_due()
        assert kiosk._night is not None and kiosk._night._thread is not None
        kiosk._night._thread.join(120)
        found = night_check.latest(desk)
        assert found is not None
        return found.fault

    assert later(nightly.FIRST_S) is Fault.NONE
    first = night_check.latest(desk)
    assert later(nightly.LOOK_S) is Fault.NONE and night_check.latest(desk) == first, "once a night"
    kiosk.register._writing.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    number = kiosk.register._writing.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'audit_subject'").fetchone()[0]
    path = kiosk.data / "register" / "register.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[:number * PAGE - 9] + bytes([whole[number * PAGE - 9] ^ 1]) + whole[number * PAGE - 8:])
    assert later(86_400) is Fault.DAMAGED
