"""Three months without a line, then a bad one for an hour a day, with both sides killed at random: everything arrives, once.

The desk and the gateway are processes of their own; a line between them is slow, is cut, swallows answers, is nobody's, or is a Wi-Fi
sign-in page. In the end register, queue, packet folder and gateway agree exactly (PACKET.md; RELIABILITY.md threats 5, 11 and 15).
"""

from __future__ import annotations

import os
import pickle
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from forked import Template

from ktpel_kiosk.siak.simulator.tcp_line import BadLine

END = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
"""The first morning with a line; three months lie before it."""
DAYS = 91
HOUR_S = 3600.0
START_S = 60.0
PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 27\r\n\r\n<html>Masuk Wi-Fi</html>   "


@dataclass(frozen=True)
class Plan:
    """``speed``: simulated seconds a second; ``kills``: of the desk; ``server_kills``: of the gateway; ``mean_life_s``: real seconds."""

    packets: int
    kills: int
    server_kills: int
    speed: float
    mean_life_s: float
    bytes_per_s: float
    seed: int


SMALL = Plan(packets=60, kills=6, server_kills=2, speed=60.0, mean_life_s=0.8, bytes_per_s=1_500_000, seed=6)
GATE = Plan(packets=5000, kills=200, server_kills=40, speed=30.0, mean_life_s=3.0, bytes_per_s=6_000_000, seed=66)


class Gateway:
    """The reference gateway as the process it is; a kill is a power cut of its machine's program."""

    def __init__(self, data: Path, port: int) -> None:
        self._command = [sys.executable, "-m", "ktpel_kiosk.app.cli", "gateway", "--data", str(data), "--port", str(port)]
        self._log = (data.parent / "gateway.log").open("ab")
        self._process: subprocess.Popen[str] | None = None
        self.port = port
        self.start()

    def start(self) -> None:
        deadline = time.monotonic() + START_S
        while True:
            self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=self._log, text=True)
            assert self._process.stdout is not None
            line = self._process.stdout.readline()
            found = [w for w in line.split() if w.startswith("http")]
            if found:
                self.port = int(found[0].rsplit(":", 1)[1])
                self._command[-1] = str(self.port)
                return
            self._process.wait(10)
            assert time.monotonic() < deadline, "the gateway does not start again"

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)
        self._log.close()

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None and self._process.stdout is not None
        self._process.send_signal(how)
        self._process.wait(30)
        self._process.stdout.close()


class Weather:
    """What happens on the line, and to the gateway, one thing after another until stopped."""

    def __init__(self, line: BadLine, gateway: Gateway, plan: Plan) -> None:
        self.line, self.gateway, self.plan = line, gateway, plan
        self.rng = random.Random(plan.seed)
        self.killed = 0
        self.seen: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._blow)

    def __enter__(self) -> Weather:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._calm()

    def _blow(self) -> None:
        kinds = ["cuts", "dead", "lost", "portal", "slow", "fine", "fine", "power"]
        while not self._stop.is_set():
            kind = self.rng.choice(kinds)
            if kind == "power" and self.killed >= self.plan.server_kills:
                kind = "cuts"
            self.seen.append(kind)
            self._one(kind)
            self._calm()

    def _one(self, kind: str) -> None:
        last = self.rng.uniform(0.1, 0.5) * min(2.0, self.plan.mean_life_s)
        self.line.slow(self.plan.bytes_per_s)
        if kind == "cuts":
            self.line.cut_each_after(self.rng.randint(3_000, 200_000))
        elif kind == "lost":
            self.line.lose_answers(self.rng.randint(1, 3))
        elif kind == "slow":
            self.line.slow(self.plan.bytes_per_s / 20)
        elif kind == "dead":
            self.line.down()
            last /= 2
        elif kind == "portal":
            self.line.down()
            _sign_in_page(self.line.port, last / 2)
            return
        elif kind == "power":
            self.killed += 1
            self.gateway.kill()
            self.gateway.start()
            return
        self._stop.wait(last)

    def _calm(self) -> None:
        self.line.cut_each_after(None)
        self.line.lose_answers(0)
        self.line.slow(self.plan.bytes_per_s)
        while not self.line.listening:
            try:
                self.line.up()
            except OSError:  # a connection to the sign-in page still lingers on the port
                time.sleep(0.05)


def _sign_in_page(port: int, seconds: float) -> None:
    """Somebody else answers at the gateway's address: HTML, whatever is asked."""
    try:
        listener = socket.create_server(("127.0.0.1", port))
    except OSError:
        return
    listener.settimeout(0.05)
    until = time.monotonic() + seconds
    with listener:
        while time.monotonic() < until:
            try:
                client, _ = listener.accept()
            except TimeoutError:
                continue
            with client:
                client.settimeout(0.2)
                try:
                    client.recv(4096)
                    client.sendall(PAGE)
                except OSError:
                    continue


def tell(folder: Path, plan: Plan) -> tuple[dict[str, Any], Weather]:
    """The whole story; (what the register holds at the end, what the line did)."""
    template = Template("story_desk.py", folder)
    try:
        template.start(f"prepare {plan.packets} {DAYS} {plan.seed} {END.isoformat()}")
        assert template.wait(1800) == 0, _tail(folder)
        gateway = Gateway(folder / "kantor", 0)
        try:
            line = BadLine(gateway.port)
            weather = Weather(line, gateway, plan)
            moment = _months_later(template, weather, line, plan, folder)
            template.start(f"describe {moment.isoformat()}")
            assert template.wait(600) == 0, _tail(folder)
            line.close()
        finally:
            gateway.stop()
    finally:
        template.close()
    return pickle.loads((folder / "end.pickle").read_bytes()), weather


def _months_later(template: Template, weather: Weather, line: BadLine, plan: Plan, folder: Path) -> datetime:
    """An hour of line a day, lives of the desk that end by SIGKILL, then one quiet life to the end."""
    rng = random.Random(plan.seed + 1)
    url = f"https://127.0.0.1:{line.port}"
    moment, used = END, 0.0
    with weather:
        for _ in range(plan.kills):
            pid = template.start(f"live {url} {moment.isoformat()} {plan.speed}")
            lived = rng.expovariate(1 / plan.mean_life_s) + 0.2
            status = template.wait(lived)
            if status is not None:
                assert status == 0, f"the desk ended with {status}: {_tail(folder)}"
                break
            os.kill(pid, signal.SIGKILL)
            template.wait(30)
            moment += timedelta(seconds=lived * plan.speed)
            used += lived * plan.speed
            if used >= HOUR_S:  # the line is gone until tomorrow
                moment, used = moment + timedelta(days=1) - timedelta(seconds=used), 0.0
    pid = template.start(f"live {url} {moment.isoformat()} {plan.speed}")
    status = template.wait(3600)
    if status is None:
        os.kill(pid, signal.SIGKILL)
    assert status == 0, f"the queue does not empty: {status}: {_tail(folder)}"
    return moment + timedelta(days=1)


def _tail(folder: Path) -> str:
    return (folder / "stderr.log").read_text()[-3000:]


def at_the_gateway(folder: Path) -> dict[str, Any]:
    """What the gateway holds, straight from its store."""
    from ktpel_kiosk.siak.simulator.store import GatewayStore

    store = GatewayStore(folder / "kantor" / "gateway")
    try:
        held = store.holdings()
        return {
            "packets": {h.packet_id: h.sha256 for h in held if h.complete}, "counters": [h.counter for h in held],
            "receipts": {p: (n, store.receipt(p)) for n, p in store.receipts()}, "cards": store.cards(),
            "events": {h.packet_id: [(e.sequence, e.status.value) for e in store.events(h.station, 0, 10_000_000)
                                     if e.packet_id == h.packet_id] for h in held[:50]},
        }
    finally:
        store.close()


def agree(end: dict[str, Any], server: dict[str, Any], count: int) -> None:
    """Register, queue, folder and gateway say the same."""
    assert end["whole"], "the audit chain is broken"
    assert len(end["packets"]) == count and {k[2] for k in end["packets"]} == {"received"}
    assert {k[0]: k[3] for k in end["packets"]} == server["packets"], "register and gateway hold other packets"
    assert sorted(server["counters"]) == list(range(1, count + 1))
    assert {k[0]: (k[5], k[4]) for k in end["packets"]} == server["receipts"], "receipts differ"
    assert sorted(n for n, _ in server["receipts"].values()) == list(range(1, count + 1)), "a receipt twice or none"
    assert end["received"] == sorted(k[0] for k in end["packets"]), "received more or less than once"
    assert end["notes"] == [] and end["reports"] == []
    cards = [event_id for event_id, _ in server["cards"]]
    assert len(cards) == len(set(cards)) == count // 10
    for packet_id, events in server["events"].items():
        assert end["events"][packet_id] == events, "statuses differ"
    for packet_id, (stage, keadaan) in end["stages"].items():
        last = end["events"][packet_id][-1][1]
        assert (stage, keadaan) == EXPECTED[last], f"{packet_id}: {last} left {stage} {keadaan}"
    assert oldest_first([k[1] for k in sorted(end["packets"], key=lambda k: k[5])]), "not oldest first"


EXPECTED = {"PRINT_READY_RECORD": ("cetak_encode", "berjalan"), "DUPLICATE_RECORD": ("menunggu_prr", "ganda")}


def oldest_first(counters: list[int]) -> bool:
    """Arrival follows age, but for packets that had to wait for their own next try."""
    late = sum(1 for i, c in enumerate(counters) if c < max(counters[:i], default=0) - 20)
    return late <= len(counters) * 0.1


def test_a_small_story_ends_with_everything_there_once(tmp_path: Path) -> None:
    end, weather = tell(tmp_path, SMALL)
    agree(end, at_the_gateway(tmp_path), SMALL.packets)
    assert {"cuts", "dead"} & set(weather.seen)


@pytest.mark.gate
@pytest.mark.timeout(7200)
def test_three_months_and_five_thousand_packets_end_with_everything_there_once(tmp_path: Path) -> None:
    end, weather = tell(tmp_path, GATE)
    agree(end, at_the_gateway(tmp_path), GATE.packets)
    assert set(weather.seen) >= {"cuts", "dead", "lost", "portal", "slow", "power"}
    assert weather.killed == GATE.server_kills
