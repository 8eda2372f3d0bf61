"""The simulated desk under a trainer's hand: by file and command line, and the line to the centre."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ktpel_kiosk.app.cli import app
from ktpel_kiosk.app.practice_controls import CONDITIONS, PracticeLine, WorldControls, script_of
from ktpel_kiosk.domain.errors import BadInput, NotFound
from ktpel_kiosk.hal.simulators.faults import Faults, is_lasting
from ktpel_kiosk.hal.simulators.world import SimulatedWorld
from ktpel_kiosk.siak.simulator.tcp_line import BadLine


def run(*args: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["simulate", *args])
    assert result.exit_code == code, result.output
    return result.output


def test_a_running_world_follows_the_command_line(tmp_path: Path) -> None:
    world = SimulatedWorld(faults=Faults(script_of(tmp_path)))
    run("add", "card_printer", "power", "--set", "printed=true", "--data", str(tmp_path))
    run("add", "fingerprint", "dry", "--times", "2", "--data", str(tmp_path))
    assert world.faults.waiting() == [("card_printer", "power"), ("fingerprint", "dry")]
    struck = world.faults.strikes("card_printer", "power")
    assert struck is not None and struck.params == {"printed": True}
    assert json.loads(run("show", "--json", "--data", str(tmp_path)))[1]["times"] == 2
    assert run("clear", "fingerprint", "--data", str(tmp_path)).startswith("1 ")
    run("clear", "--data", str(tmp_path))
    assert world.faults.waiting() == []


@pytest.mark.parametrize("args", [("add", "camera", "jam"), ("add", "toaster", "hot"), ("add", "camera", "black", "--set", "x")])
def test_what_is_not_known_is_refused_and_nothing_written(tmp_path: Path, args: tuple[str, ...]) -> None:
    run(*args, "--data", str(tmp_path), code=1)
    assert not script_of(tmp_path).exists()


def test_a_damaged_script_is_named_and_stays(tmp_path: Path) -> None:
    path = script_of(tmp_path)
    path.parent.mkdir()
    path.write_text("[[fault]]\ndevice = 7")
    assert "gangguan.toml" in run("add", "camera", "black", "--data", str(tmp_path), code=1)
    assert path.read_text() == "[[fault]]\ndevice = 7"


def test_controls_refuse_what_they_do_not_offer() -> None:
    controls = WorldControls(SimulatedWorld())
    offered = controls.choices()
    assert {c.device for c in offered} >= {"camera", "card_reader", "card_printer", "line"} and tuple(controls.conditions()) == CONDITIONS
    assert all(c.lasting == is_lasting(c.device, c.fault) for c in offered)
    for work, error in ((lambda: controls.start("line", "busy"), BadInput), (lambda: controls.lay_card("gold"), BadInput),
                        (lambda: controls.set_condition("blue"), BadInput), (lambda: controls.set_condition("dry"), NotFound)):
        with pytest.raises(error):
            work()


def echo(listener: socket.socket) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            while data := client.recv(1000):
                client.sendall(data)


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as probe:
            probe.sendall(b"x")
            return probe.recv(1) == b"x"
    except OSError:
        return False


def test_the_line_dies_and_comes_back_as_the_script_says() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    server = threading.Thread(target=echo, args=(listener,), daemon=True)
    server.start()
    script = Faults()
    line = BadLine(listener.getsockname()[1])
    practice = PracticeLine(line, script)
    try:
        assert answers(line.port)
        script.add("line", "dead")
        practice.settle()
        assert not answers(line.port)
        script.clear("line")
        until = time.monotonic() + 5
        while not answers(line.port) and time.monotonic() < until:
            time.sleep(0.05)
        assert answers(line.port), "its own thread looks at the script"
    finally:
        practice.close()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        server.join(2)
