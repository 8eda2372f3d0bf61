"""No core dump, no memory for other programs, no values in the words of an uncaught error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

CODE = """
import os, resource, sys, threading, time
from ktpel_kiosk.app.hidden import hide_process
{hide}
secret = "RAHASIA" + "SEKALI"
print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)
{then}
"""


def run(then: str, tmp_path: Path, hide: str = "hide_process()") -> tuple[int, str, str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", CODE.format(hide=hide, then=then)], cwd=tmp_path, env=environment, capture_output=True,
                          text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def test_a_crash_leaves_no_core(tmp_path: Path, reached: Callable[..., None]) -> None:
    code, out, _err = run("os.abort()", tmp_path)
    assert code == -signal.SIGABRT and "(0, 0)" in out
    reached(17, asked=0, got=len(list(tmp_path.iterdir())), at_most=True, what="core files after a crash")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="prctl is Linux's")
def test_other_programs_do_not_read_its_memory(tmp_path: Path) -> None:
    """``dumpable`` as the kernel says it; inherited by a fork, as the watchdog makes one."""
    ask = ("import ctypes\nif os.fork() == 0:\n    os._exit(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
           "print(os.waitstatus_to_exitcode(os.wait()[1]), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))")
    assert "0 0" in run(ask, tmp_path)[1]
    assert "1 1" in run(ask, tmp_path, hide="")[1], "without it the memory is open: the test can fail"


@pytest.mark.parametrize("then", [
    "raise KeyError(secret)",
    "threading.Thread(target=lambda: {}[secret]).start(); time.sleep(0)",
    "class X:\n    def __del__(self):\n        raise ValueError(secret)\nX()",
    "try:\n    {}[secret]\nexcept KeyError as error:\n    raise RuntimeError(secret) from error",
])
def test_an_uncaught_error_is_told_by_type_and_place_only(then: str, tmp_path: Path) -> None:
    _code, out, err = run(then, tmp_path)
    assert "RAHASIASEKALI" not in out + err
    assert "Error di " in err and "<string>" in err
    assert "RAHASIASEKALI" in "".join(run(then, tmp_path, hide="")[1:]), "without it the value is told: the test can fail"


def test_the_program_hides_itself_before_it_reads_anything() -> None:
    import inspect

    from ktpel_kiosk.app import entry
    body = inspect.getsource(entry.main).splitlines()
    assert body[1].strip() == "hide_process()", "the first thing of all"
