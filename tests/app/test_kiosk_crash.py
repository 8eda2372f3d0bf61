"""kill -9 during intake, a complaint and a recording: the same officer finds page, application, part and typing again within 5 s."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ktpel_kiosk.app.watchdog_life import deaths

pytestmark = [pytest.mark.gate, pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX only")]
LIFE = Path(__file__).with_name("kiosk_life.py")
USABLE_S = 5.0
MOMENTS = (0.0, 0.4, 1.5)
"""Seconds after what was typed is kept."""


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice office with applications to record; copied for each story."""
    from ktpel_kiosk.app.practice import furnish_morning
    from ktpel_kiosk.app.wiring import open_practice_kiosk

    folder = tmp_path_factory.mktemp("kantor")
    with open_practice_kiosk(folder, "tempeh") as kiosk:
        assert furnish_morning(kiosk, 4)
    return folder


class Life:
    """The watched program and what it says."""

    def __init__(self, data: Path, story: str) -> None:
        self.data = data
        environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
        self.process = subprocess.Popen([sys.executable, str(LIFE), str(data), story], stdout=subprocess.PIPE, text=True, env=environment,
                                        stderr=(data / "stderr.log").open("a"))

    def until(self, what: str) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                said: dict[str, Any] = json.loads(line)
                if said["what"] == what:
                    return said
        raise AssertionError(f"ended before {what}")


@contextmanager
def living(furnished: Path, data: Path, story: str) -> Iterator[Life]:
    import shutil

    shutil.copytree(furnished, data, dirs_exist_ok=True)
    life = Life(data, story)
    try:
        yield life
    finally:
        if life.process.poll() is None:
            life.process.terminate()
            life.process.wait(90)
        assert life.process.stdout is not None
        life.process.stdout.close()


def crash(life: Life, moment: float) -> dict[str, Any]:
    """Let it type, kill it, wait for the next sign-in page; returns what the second life said, with ``took`` seconds."""
    life.until("typed")
    life.until("kept")
    kept_until = time.monotonic() + moment
    while time.monotonic() < kept_until:
        time.sleep(0.02)
    children = Path(f"/proc/{life.process.pid}/task/{life.process.pid}/children").read_text("ascii").split()
    place = json.loads((life.data / "tempat.json").read_text("utf-8"))["isi"] if (life.data / "tempat.json").exists() else {}
    killed = time.monotonic()
    os.kill(int(children[0]), signal.SIGKILL)
    began = life.until("began")
    usable = life.until("usable")
    assert usable["again"]
    assert "setelah terhenti" in usable["told"]
    assert began["pid"] == usable["pid"] != int(children[0])
    return {**usable, "took": usable["at"] - killed, "place": place}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("story", ["loket", "rekam", "pengaduan"])
def test_killed_at_work_everything_is_there_again(furnished: Path, tmp_path: Path, story: str, moment: float) -> None:
    with living(furnished, tmp_path, story) as life:
        usable = crash(life, moment)
        found = life.until("found")
        print(f"{story}: sign-in page {usable['took']:.2f} s after kill -9, work back {found['at'] - usable['at']:.2f} s after that")
        if story == "loket":
            assert (found["nik"], found["nama"]) == ("3508050101900001", "SITI AMINAH")
        elif story == "pengaduan":
            assert found["text"] == "Antre dua jam, loket hanya satu."
        else:
            assert found["part"] == "foto"
            assert found["id"] == usable["place"]["id"]
        assert life.process.wait(90) == 0
    assert usable["took"] < USABLE_S * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # the promise is made for a desk of its own
    assert [(d["cara"], d["kode"]) for d in deaths(str(tmp_path))] == [("sinyal", 9)]
    plain = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and p.suffix in (".json", ".jsonl", ".txt", ".log"))
    for typed in (b"SITI AMINAH", b"3508050101900001", b"Antre dua jam"):
        assert typed not in plain


def test_nothing_is_left_running_after_a_kill_and_the_register_opens(furnished: Path, tmp_path: Path) -> None:
    with living(furnished, tmp_path, "loket") as life:
        crash(life, 2.0)
        life.until("found")
        assert life.process.wait(90) == 0
    left = [p for p in Path("/proc").glob("[0-9]*") if str(tmp_path).encode() in _command(p)]
    assert left == []
    from ktpel_kiosk.app.wiring import open_practice_kiosk
    with open_practice_kiosk(tmp_path, "tempeh") as kiosk:
        assert kiosk.register.check_audit().whole


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""
