"""Every wheel of the runtime for Windows is known by its hash, and a list that is not right is told."""

from __future__ import annotations

import importlib.util
import struct
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_SPEC = importlib.util.spec_from_file_location("windows_wheels", ROOT / "tools" / "windows_wheels.py")
assert _SPEC and _SPEC.loader
tool = importlib.util.module_from_spec(_SPEC)
sys.modules["windows_wheels"] = tool
_SPEC.loader.exec_module(tool)

WHEELS = tool.listed(tool.LIST.read_text("utf-8"))
LOCKED = tool.locked(tool.LOCK.read_text("utf-8"))


def test_the_list_is_whole_of_the_locked_versions_and_for_windows() -> None:
    assert list(tool.shortfalls(WHEELS, LOCKED)) == [], "run python tools/windows_wheels.py lock"


def test_everything_the_wheels_need_on_windows_is_in_the_list() -> None:
    """By what the packages say that are installed here; those for Windows alone need nothing but pywin32."""
    from importlib import metadata

    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    have = {w.name for w in WHEELS}
    missing = set()
    for wheel in WHEELS:
        try:
            needs = metadata.requires(wheel.name) or ()
        except metadata.PackageNotFoundError:
            assert wheel.name in ("pywin32", "colorama"), wheel.name
            continue
        for needed in map(Requirement, needs):
            if (needed.marker is None or needed.marker.evaluate(tool.WINDOWS)) and canonicalize_name(needed.name) not in have:
                missing.add(f"{wheel.name} needs {needed}")
    assert not missing
    assert "python-sane" not in have and "pywin32" in have


def test_no_address_of_an_index_stands_in_it() -> None:
    text = tool.LIST.read_text("utf-8") + (ROOT / "requirements" / "freeze.txt").read_text("utf-8")
    assert "://" not in text and "--index" not in text and "--find-links" not in text


@pytest.mark.parametrize(("change", "said"), [
    ({"version": "0.0.1"}, "here"), ({"sha256": "0" * 64}, "hash"),
    ({"file": "numpy-2.4.6-cp311-cp311-manylinux_2_17_x86_64.whl"}, "not for"),
    ({"file": "numpy-2.4.6-cp312-cp312-win_amd64.whl"}, "not for"), ({"file": "lxml-6.1.3-cp311-cp311-win_amd64.whl"}, "is not numpy"),
])
def test_a_wrong_line_is_told(change: dict[str, str], said: str) -> None:
    numpy = next(w for w in WHEELS if w.name == "numpy")
    wrong = [replace(w, **change) if w is numpy else w for w in WHEELS]
    told = list(tool.shortfalls(wrong, LOCKED))
    assert told and all("numpy" in line for line in told) and any(said in line for line in told)
    assert any("numpy" in line for line in tool.shortfalls([w for w in WHEELS if w is not numpy], LOCKED))
    assert any("twice" in line for line in tool.shortfalls([*WHEELS, numpy], LOCKED))


def test_wheels_in_a_folder_are_judged_by_their_bytes(tmp_path: Path) -> None:
    def library(machine: int) -> bytes:
        return b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + struct.pack("<H", machine) + bytes(20)

    made = []
    for name, machine in (("baik", 0x8664), ("lain", 0x14C)):
        path = tmp_path / f"{name}-1-cp311-cp311-win_amd64.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}/inti.pyd", library(machine))
            archive.writestr(f"{name}/gui-32.exe", library(0x14C))
        made.append(tool.Wheel(name, "1", tool.hashlib.sha256(path.read_bytes()).hexdigest(), path.name, path.stat().st_size))
    assert list(tool.bad_files(made, tmp_path)) == [f"{made[1].file}: lain/inti.pyd is not for 64-bit Windows"]
    (tmp_path / made[0].file).write_bytes(b"x")
    (tmp_path / made[1].file).unlink()
    assert [line.split(": ")[1] for line in tool.bad_files(made, tmp_path)] == ["other bytes than listed", f"not in {tmp_path}"]
