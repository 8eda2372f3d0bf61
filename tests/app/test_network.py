"""The network part of a kiosk: two clients, the rules of the office in force at once, card reports on their way."""

from __future__ import annotations

from datetime import time
from types import SimpleNamespace
from typing import Any

from ktpel_kiosk.app.network import Network
from ktpel_kiosk.app.wiring import beside_feed
from ktpel_kiosk.desk import line_rules, reports
from ktpel_kiosk.desk.seats import Seats
from ktpel_kiosk.domain.line import LineReport, LineRules
from ktpel_kiosk.domain.outbox import WaitCause


class Client:
    def __init__(self, proxy: str) -> None:
        self.proxies, self.closed, self.sent = [proxy], False, []

    def use_proxy(self, url: str) -> None:
        self.proxies.append(url)

    def statuses(self, after: int, wait_s: float) -> list[Any]:
        return []

    def report_card(self, event: str, facts: Any) -> None:
        self.sent.append((event, dict(facts)))

    def close(self) -> None:
        self.closed = True


class Register:
    """Settings, and an outbox where nothing waits."""

    def __init__(self) -> None:
        self.settings: dict[str, str] = {}
        self.drafts_kept: dict[str, str] = {}
        self.reads = 0
        self.events: list[str] = []

    def read(self, work: Any) -> Any:
        self.reads += 1
        return work(self)

    def write(self, work: Any) -> Any:
        return work(self)

    def setting(self, key: str) -> str:
        return self.settings.get(key, "")

    def drafts(self, prefix: str) -> dict[str, str]:
        return {k: v for k, v in self.drafts_kept.items() if k.startswith(prefix)}

    def put_draft(self, key: str, text: str) -> None:
        self.drafts_kept[key] = text

    def drop_draft(self, key: str) -> None:
        del self.drafts_kept[key]

    def put_setting(self, key: str, value: str) -> None:
        self.settings[key] = value

    def log(self, event: str, *_: Any, **__: Any) -> None:
        self.events.append(event)

    def packets_received(self, since: Any) -> int:
        return 0

    def due_packets(self, now: Any, limit: int) -> list[Any]:
        return []

    def status_cursor(self) -> int:
        return 0


def network(clock: Any) -> tuple[Network, Register, list[Client]]:
    register, clients = Register(), []

    def connect(proxy: str) -> Any:
        clients.append(Client(proxy))
        return clients[-1]

    desk = SimpleNamespace(register=register, sealer=None, sop=SimpleNamespace(kantor=SimpleNamespace(zona_waktu="WIB")), clock=clock,
                           seats=Seats(), specimen=False)
    return Network(register, clock, connect, lambda: desk), register, clients


class Clock:
    def now(self) -> Any:
        from datetime import UTC, datetime
        return datetime(2026, 11, 2, 1, 0, tzinfo=UTC)

    def monotonic(self) -> float:
        return 5.0

    def running(self) -> tuple[str, float]:
        return "", 5.0


def test_nothing_is_connected_before_it_is_used_and_everything_is_closed():
    net, register, clients = network(Clock())
    assert net.report() == LineReport()
    net.wake()
    net.close()
    assert clients == []
    net.uploader.pull_statuses()
    assert len(clients) == 1, "questions go over the small lane's client"
    assert net.report().up is True
    assert register.events == ["CentreAnswered"], "officers may go on signing in: the centre was heard, though it had no news"
    net.close()
    assert clients[0].closed


def test_the_rules_of_the_office_count_at_once_and_are_read_once():
    net, register, clients = network(Clock())
    net.uploader.pull_statuses()
    reads = register.reads
    for _ in range(10):
        assert net.rules() == LineRules()
    assert register.reads == reads
    register.settings[line_rules.SETTING] = '{"proksi": "http://proxy.example:3128", "batas": 16000, "jam": ["18:00", "06:00"]}'
    assert net.rules() == LineRules(), "nobody said that they changed"
    net.changed()
    assert net.rules() == LineRules("http://proxy.example:3128", 16000, (time(18, 0), time(6, 0)))
    assert clients[0].proxies == ["", "http://proxy.example:3128"]
    assert (net.report().cause, net.report().next_probe_s) == (WaitCause.HOURS, 10 * 3600)


def test_card_reports_leave_with_what_is_asked_beside_the_feed(monkeypatch):
    net, register, clients = network(Clock())
    desk: Any = SimpleNamespace(register=register, gateway=net.gateway, ids=SimpleNamespace(new=lambda: "e-1"), heartbeat=None)
    monkeypatch.setattr("ktpel_kiosk.desk.statuses.poll_skipped", lambda desk: 0)
    reports.queue_report(desk, register, "printed", card="K1")  # type: ignore[arg-type]
    beside_feed(desk)
    assert clients[0].sent == [("printed", {"event_id": "e-1", "card": "K1"})]
    assert register.drafts_kept == {}
