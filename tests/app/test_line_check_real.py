"""Periksa sambungan against the real client and the reference gateway: each cause made for real, the office's rules applied at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from ktpel_kiosk.app.demo import connect
from ktpel_kiosk.app.wiring import open_practice_kiosk
from ktpel_kiosk.desk import line_check, line_rules
from ktpel_kiosk.desk.line_check import Step
from ktpel_kiosk.domain.actor import Actor
from ktpel_kiosk.domain.line import LineRules
from ktpel_kiosk.domain.outbox import WaitCause
from ktpel_kiosk.domain.sop import Peran

BOSS = Actor("camat", "Bambang", frozenset({Peran.ADMIN, Peran.SUPERVISOR}))


@pytest.mark.gate
def test_a_good_line_a_dead_proxy_and_a_server_that_is_gone(tmp_path: Path) -> None:
    with open_practice_kiosk(tmp_path / "kantor", "tempeh") as kiosk:
        connect(kiosk)
        desk = kiosk.desk
        assert desk.gateway_address() == kiosk.gateway_url
        good = line_check.check_line(desk, BOSS)
        assert (good.cause, good.failed, good.passed) == (WaitCause.NONE, None, tuple(Step))
        line_rules.set_line_rules(desk, BOSS, LineRules("http://127.0.0.1:9"))  # nobody listens there
        dead = line_check.check_line(desk, BOSS)
        assert (dead.cause, dead.failed) == (WaitCause.PROXY, Step.PROXY)
        line_rules.set_line_rules(desk, BOSS, LineRules())
        assert line_check.check_line(desk, BOSS).failed is None, "the rules are applied at once"
        assert kiosk.simulator is not None
        kiosk.simulator.stop()
        gone = line_check.check_line(desk, BOSS)
        assert gone.failed in (Step.NETWORK, Step.SERVER) and gone.cause in (WaitCause.OFFLINE, WaitCause.SERVER)
        kiosk.simulator = None
