"""The recipe of the frozen desk carries what the sources run or read by name (tools/freeze.py builds and tries it)."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SRC = ROOT / "src" / "ktpel_kiosk"
SPEC = (ROOT / "installer" / "windows" / "ktpel-kiosk.spec").read_text("utf-8")
CHILD = ROOT / "installer" / "windows" / "child_python.py"


def test_every_program_a_child_runs_is_carried_as_a_file() -> None:
    """A frozen module has no file; what is started by its path must lie there."""
    missing = []
    for path in SRC.rglob("*.py"):
        for name in re.findall(r"""Path\(__file__\)\.with_name\(["'](\w+\.py)["']\)""", path.read_text("utf-8")):
            if f'"{path.with_name(name).relative_to(SRC).as_posix()}"' not in SPEC:
                missing.append(f"{path.relative_to(SRC)}: {name}")
    assert not missing
    assert '"hal/worker", "hal/drivers/workers"' in SPEC


def test_every_folder_of_data_in_the_package_is_carried() -> None:
    code = (".py", ".pyc", ".typed", ".md")
    folders = {p.parent.relative_to(SRC).as_posix() for p in SRC.rglob("*") if p.is_file() and p.suffix not in code}
    assert folders and all(f"ktpel_kiosk/{folder}" in SPEC for folder in folders), folders


def test_no_child_is_started_with_the_program_itself() -> None:
    """``sys.executable`` of a frozen desk is the desk: starting it again for a decoder opens another desk."""
    allowed = {"child.py", "hal/drivers/worker_device.py", "hal/drivers/fargo_sdk.py"}
    found = {path.relative_to(SRC).as_posix() for path in SRC.rglob("*.py") if "sys.executable" in path.read_text("utf-8")}
    assert found - allowed - ELSEWHERE == set()


ELSEWHERE = {"biometrics/face/ofiq_plugin.py", "app/update_launch.py", "app/update_pack.py"}
"""Not in a frozen desk: an optional part (it looks for the package ``ofiq`` first), and the trees of versions of an installation with a
Python of its own; a frozen desk is updated by its installer."""


@pytest.mark.parametrize(("arguments", "says"), [
    (["-I", "-B", "@", "satu", "dua"], "satu dua"), (["-m", "contoh", "x"], "x"), (["-I"], None), ([], None), (["-c", "print(1)"], None)])
def test_the_interpreter_of_children_runs_files_and_modules_only(tmp_path: Path, arguments: list[str], says: str | None) -> None:
    (tmp_path / "contoh.py").write_text("import sys\nif __name__ == '__main__':\n    print(*sys.argv[1:])\n")
    command = [sys.executable, str(CHILD), *(str(tmp_path / "contoh.py") if a == "@" else a for a in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env={"PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stdout.strip()) == ((0, says) if says is not None else (2, ""))


def test_the_icon_has_the_sizes_windows_asks_for() -> None:
    from PIL import Image

    with Image.open(ROOT / "installer" / "windows" / "kiosk.ico") as icon:
        assert icon.info["sizes"] >= {(16, 16), (32, 32), (48, 48), (256, 256)}
    assert callable(runpy.run_path(str(ROOT / "tools" / "windows_icon.py"))["drawn"])
