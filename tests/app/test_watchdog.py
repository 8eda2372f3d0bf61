"""The small process that keeps the windows alive, with real processes in the place of the window process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from ktpel_kiosk.app import watchdog
from ktpel_kiosk.app.watchdog import Limits, limits_from
from ktpel_kiosk.app.watchdog_life import deaths, journal

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked on POSIX only")

RUN = """
import os, sys, time, signal
from ktpel_kiosk.app.watchdog import Watchdog, limits_from
from ktpel_kiosk.app.watchdog_life import catch_stacks, journal
data, story = sys.argv[1], sys.argv[2]
powers = []
dog = Watchdog(limits_from(dict(os.environ)), lambda death: journal(data, death), lambda how: powers.append(how) or data.endswith("daya"))
code = dog.run()
if code is not None:
    print("end", code, powers, flush=True)
    sys.exit(code)
catch_stacks(data)
lives = os.path.join(data, "lives")
with open(lives, "a") as f:
    f.write((os.environ["KTPEL_AFTER"] or "pertama") + (" aman" if dog.safe_mode else "") + "\\n")
count = len(open(lives).readlines())
beat = int(os.environ["KTPEL_BEAT_FD"])
def working(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        os.write(beat, b"."); time.sleep(0.05)
def standing_still():
    os.write(beat, b".")
    while True: time.sleep(60)
exec(story)
"""


def play(folder: Path, story: str, watch: str = "pause:0.01", wait: float = 60.0) -> tuple[int, list[str], str]:
    """(exit code, why each life began, what was printed) of a watched program."""
    made = subprocess.run([sys.executable, "-c", RUN, str(folder), textwrap.dedent(story)], capture_output=True, text=True, timeout=wait,
                          env={**os.environ, "KTPEL_WATCH": watch}, check=False)
    return made.returncode, (folder / "lives").read_text("utf-8").splitlines(), made.stdout


def test_a_wanted_end_is_an_end(tmp_path: Path) -> None:
    code, lives, _ = play(tmp_path, "sys.exit(0)")
    assert (code, lives) == (0, ["pertama"])
    assert deaths(str(tmp_path)) == []


def test_killed_aborted_and_failed_programs_start_again(tmp_path: Path) -> None:
    code, lives, _ = play(tmp_path, """
        working(0.1)
        if count == 1: os.kill(os.getpid(), signal.SIGKILL)
        if count == 2: os.abort()
        if count == 3: sys.exit(3)
        sys.exit(0)""", "pause:0.01,quick:0")
    assert code == 0
    assert lives == ["pertama", "henti", "henti", "henti"]
    assert [(d["cara"], d["kode"]) for d in deaths(str(tmp_path))] == [("selesai", 3), ("sinyal", 6), ("sinyal", 9)]
    assert "Aborted" in (tmp_path / "diagnostik" / "jendela.txt").read_text("utf-8")


def test_a_hang_leaves_its_stacks_without_values_and_is_ended(tmp_path: Path) -> None:
    code, lives, _ = play(tmp_path, """
        name = "SITI CONTOH"
        standing_still() if count == 1 else sys.exit(0)""", "hang:0.3,pause:0.01")
    assert code == 0
    assert lives == ["pertama", "macet"]
    stacks = (tmp_path / "diagnostik" / "jendela.txt").read_text("utf-8")
    assert "in standing_still" in stacks
    assert "SITI" not in stacks
    assert deaths(str(tmp_path))[0]["cara"] == "macet"


def test_three_quick_deaths_end_in_the_safe_window_not_in_a_loop(tmp_path: Path) -> None:
    code, lives, _ = play(tmp_path, """
        if dog.safe_mode: working(0.1); sys.exit(75 if count < 5 else 1)
        working(0.05); os.kill(os.getpid(), signal.SIGSEGV)""")
    assert lives == ["pertama", "henti", "henti", "henti aman", "pertama", "henti", "henti", "henti aman"]
    assert code == 1  # the safe window itself gave up


def test_an_error_before_the_first_window_goes_to_the_safe_window_at_once(tmp_path: Path) -> None:
    code, lives, _ = play(tmp_path, "sys.exit(0 if dog.safe_mode else 1)")
    assert lives == ["pertama", "henti aman"]
    assert code == 0


def test_switching_off_is_done_by_the_watchdog_and_said_when_it_fails(tmp_path: Path) -> None:
    works = tmp_path / "daya"
    works.mkdir()
    code, lives, said = play(works, "sys.exit(91)")
    assert (code, lives) == (0, ["pertama"])
    assert said.strip() == "end 0 [91]"
    refused = tmp_path / "tanpa"
    refused.mkdir()
    assert play(refused, "sys.exit(90 if count == 1 else 0)")[:2] == (0, ["pertama", "daya"])


def test_what_a_dead_program_left_running_is_ended(tmp_path: Path) -> None:
    if not Path(f"/proc/self/task/{os.getpid()}/children").exists():
        pytest.skip("this kernel lists no children")
    code, _, _ = play(tmp_path, """
        import subprocess
        if count == 1:
            held = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
            open(os.path.join(data, "orphan"), "w").write(str(held.pid))
            working(0.1)
            os.kill(os.getpid(), signal.SIGKILL)
        sys.exit(0)""")
    assert code == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "orphan").read_text("ascii")), 0)


def test_systemd_s_sigterm_ends_both_cleanly(tmp_path: Path) -> None:
    story = """
        ended = []
        signal.signal(signal.SIGTERM, lambda *_: ended.append(1))
        print("up", flush=True)
        while not ended: working(0.05)
        open(os.path.join(data, "clean"), "w").close()
        sys.exit(0)"""
    process = subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path), textwrap.dedent(story)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert (tmp_path / "clean").exists()


def test_the_window_process_hears_that_the_watchdog_is_gone(tmp_path: Path) -> None:
    story = """
        print(os.getpid(), flush=True)
        try:
            working(120)
        except BrokenPipeError:
            open(os.path.join(data, "heard"), "w").close()"""
    process = subprocess.Popen([sys.executable, "-c", RUN, str(tmp_path), textwrap.dedent(story)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        process.kill()
        process.wait(60)
        process.stdout.read()  # ends with the last holder of the pipe: the window process
    assert (tmp_path / "heard").exists()


def test_limits_from_the_environment_pass_over_nonsense() -> None:
    assert limits_from({}) == Limits()
    assert limits_from({"KTPEL_WATCH": "hang:5,deaths:2,start:x,evil:1,,"}) == Limits(hang=5.0, deaths=2)


def test_only_the_full_screen_kiosk_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    assert watchdog.watched(["run"])
    assert watchdog.watched(["run", "--office", "tempeh", "--data", "x"])
    for other in ([], ["doctor"], ["run", "--windowed"], ["run", "--help"]):
        assert not watchdog.watched(other)
    for screen in watchdog.SCREENS:
        monkeypatch.delenv(screen, raising=False)
    assert watchdog.watched(["run"]) == (sys.platform == "darwin")
    assert watchdog.data_option(["run", "--data", "x"]) == "x"
    assert watchdog.data_option(["run", "--data=y"]) == "y"
    assert watchdog.data_option(["run"]) == ""


def test_the_journal_is_one_line_a_death_and_does_not_grow_for_ever(tmp_path: Path) -> None:
    folder = tmp_path / "diagnostik"
    folder.mkdir()
    (folder / "henti.jsonl").write_text("x" * 300_000, "utf-8")
    journal(str(tmp_path), watchdog.Death("sinyal", 11, 4.2, True))
    lines = (folder / "henti.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 1
    assert set(json.loads(lines[0])) == {"pada", "cara", "kode", "hidup_detik", "jendela"}
    assert (folder / "henti.lama.jsonl").exists()


def test_the_watching_process_stays_small() -> None:
    """What it imports before the fork is what the window process needs anyway, and nothing of Qt or the register."""
    heavy = ("PySide6", "typer", "numpy", "sqlmodel", "ctypes")
    code = f"import sys; import ktpel_kiosk.app.entry; print([m for m in sys.modules if m.split('.')[0] in {heavy}])"
    started = time.perf_counter()
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    print(f"entry imported in {time.perf_counter() - started:.3f} s")
