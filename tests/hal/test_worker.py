"""Device code in a process of its own: answers, events, refusals, interrupt, crash, hang, nonsense on the wire."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ktpel_kiosk.domain.errors import CaptureFailed, DeviceTrouble, NotConnected, Stalled
from ktpel_kiosk.hal.worker import client, serve
from ktpel_kiosk.hal.worker.client import WorkerProcess

SERVE = Path(serve.__file__)
WORKER = f"""
import os, sys, time
sys.path.insert(0, {str(SERVE.parent)!r})
from serve import Refusal, serve

def echo(call):
    print("a library that prints")
    for blob in call.blobs:
        call.event("seen", {{"size": len(blob)}}, [blob[:2]])
    return call.args, call.blobs

def refuse(call):
    raise Refusal("CaptureFailed", "device.interrupted", position="right_thumb", secret="3508050101900001")

def wait(call):
    if call.cut.wait(20):
        raise Refusal("CaptureFailed", "device.interrupted")
    return {{}}, []

def hang(call):
    time.sleep(60)

def crash(call):
    os._exit(3)

def bug(call):
    raise KeyError("3508050101900001")

def babble(call):
    os.write(call._out.fileno(), b"\\xff\\xff\\xff\\xffno message")
    time.sleep(60)

serve({{"echo": echo, "refuse": refuse, "wait": wait, "hang": hang, "crash": crash, "bug": bug, "babble": babble}})
"""


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    made = WorkerProcess([sys.executable, "-c", WORKER], "alat uji")
    yield made
    made.close()


def test_answers_with_blobs_and_events_though_the_library_prints(worker: WorkerProcess) -> None:
    seen: list[tuple[str, int, bytes]] = []
    big = bytes(range(256)) * 8000
    reply = worker.call("echo", 5, {"finger": "é"}, [b"ab", big], lambda name, data, blobs: seen.append((name, data["size"], blobs[0])))
    assert reply.data == {"finger": "é"}
    assert reply.blobs == (b"ab", big)
    assert seen == [("seen", 2, b"ab"), ("seen", len(big), big[:2])]


def test_refusal_becomes_the_named_error_with_allowed_facts_only(worker: WorkerProcess) -> None:
    with pytest.raises(CaptureFailed) as raised:
        worker.call("refuse", 5)
    assert raised.value.facts == {"position": "right_thumb", "device": "alat uji", "operation": "refuse"}
    assert "3508" not in str(raised.value)
    with pytest.raises(DeviceTrouble) as bug:
        worker.call("bug", 5)
    assert bug.value.facts["cause"] == "KeyError"
    assert worker.call("echo", 5).data == {}


def test_interrupt_ends_a_waiting_operation(worker: WorkerProcess) -> None:
    worker.call("echo", 5)
    threading.Timer(0.1, worker.interrupt).start()
    started = time.monotonic()
    with pytest.raises(CaptureFailed):
        worker.call("wait", 10)
    assert time.monotonic() - started < 3
    assert worker.call("echo", 5, {"again": True}).data == {"again": True}


@pytest.mark.parametrize("how", ["crash", "babble"])
def test_a_worker_that_dies_or_talks_nonsense_is_replaced_at_the_next_call(worker: WorkerProcess, how: str) -> None:
    with pytest.raises(NotConnected) as raised:
        worker.call(how, 5)
    assert raised.value.message_key == "device.process"
    assert worker.call("echo", 5, {"new": 1}).data == {"new": 1}


def test_a_worker_that_hangs_is_ended(worker: WorkerProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.call("echo", 5)
    monkeypatch.setattr(client, "PATIENCE_S", 0.1)
    with pytest.raises(Stalled):
        worker.call("hang", 0.2)
    assert not worker.alive
    assert worker.call("echo", 5).data == {}


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(NotConnected) as raised:
        WorkerProcess(["/nowhere/driver"], "alat uji").call("echo", 1)
    assert raised.value.message_key == "device.process"


def test_worker_ends_with_its_caller() -> None:
    process = subprocess.Popen([sys.executable, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(5) == 0
    assert process.stdout is not None
    process.stdout.close()
