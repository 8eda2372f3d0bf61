"""A question put together as text is compiled once, however often it is asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ktpel_kiosk.ports.alerts import Overdue
from ktpel_kiosk.ports.outbox import StatusWanted
from ktpel_kiosk.register import session
from ktpel_kiosk.register.store import SqlRegister

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def test_asking_again_keeps_nothing_more(register: SqlRegister) -> None:
    def ask(n: int) -> None:
        wanted = Overdue(NOW + timedelta(minutes=n), NOW, ("serah_loket",), {"sop": 900.0 + n})
        status = StatusWanted(("PRINT_READY_RECORD",), stages=("menunggu_prr",))
        register.read(lambda v: (v.overdue_list(wanted, 5), v.overdue_count(wanted), v.status_list(status, 5 + n), v.status_count(status)))

    ask(0)
    before = len(session._compiled)
    for n in range(1, 4):
        ask(n)
    assert len(session._compiled) == before
