"""What drivers/ lays into the operating system: the script that does it, and the syntax of every rule."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tools" / "install_drivers.sh"
RULES = sorted((ROOT / "drivers").glob("*/*.rules"))
HWDB = sorted((ROOT / "drivers").glob("*/*.hwdb"))
MODPROBE = sorted(p for pattern in ("blacklist-*.conf", "modprobe-*.conf") for p in (ROOT / "drivers").glob(f"*/{pattern}"))

needs_sh = pytest.mark.skipif(sys.platform == "win32" or shutil.which("sh") is None, reason="needs a POSIX shell")


# -- the script -----------------------------------------------------------------------------------------------------------


def run(*arguments: str, script: Path = SCRIPT, **environment: str | Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], **{k: str(v) for k, v in environment.items()}}
    return subprocess.run(["sh", str(script), *arguments], capture_output=True, text=True, env=env, timeout=30)


def files(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@needs_sh
def test_installs_everything_once_and_removes_it_again(tmp_path: Path) -> None:
    first = run(DESTDIR=tmp_path)
    assert first.returncode == 0, first.stderr
    laid = files(tmp_path)
    for path in RULES:
        assert laid[f"etc/udev/rules.d/{path.name}"] == path.read_bytes()
    for path in HWDB:
        assert laid[f"etc/udev/hwdb.d/{path.name}"] == path.read_bytes()
    for path in MODPROBE:
        assert laid[f"etc/modprobe.d/{path.name}"] == path.read_bytes()
    assert len(laid) == len(RULES) + len(HWDB) + len(MODPROBE) + 1
    assert all((tmp_path / name).stat().st_mode & 0o777 == 0o644 for name in laid if name.startswith("etc"))
    again = run(DESTDIR=tmp_path)
    assert (again.returncode, again.stdout) == (0, "")
    assert files(tmp_path) == laid
    (tmp_path / "etc/udev/rules.d/99-local.rules").write_text("# not ours\n")
    removed = run("--remove", DESTDIR=tmp_path)
    assert removed.returncode == 0
    assert list(files(tmp_path)) == ["etc/udev/rules.d/99-local.rules"]
    assert run("--remove", DESTDIR=tmp_path).returncode == 0


@needs_sh
def test_an_update_replaces_what_changed_and_drops_what_is_gone(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "tools").mkdir(parents=True)
    (tree / "drivers" / "a b").mkdir(parents=True)
    shutil.copy(SCRIPT, tree / "tools")
    rules, old = tree / "drivers" / "a b" / "70-x.rules", tree / "drivers" / "a b" / "71-old.rules"
    rules.write_text("one\n")
    old.write_text("old\n")
    (tree / "drivers" / "a b" / "dll.conf").write_text("not for modprobe\n")
    script, dest = tree / "tools" / SCRIPT.name, tmp_path / "dest"
    assert run(script=script, DESTDIR=dest).returncode == 0
    rules.write_text("two\n")
    old.unlink()
    (dest / "etc/udev/rules.d/71-mine.rules").write_text("mine\n")
    assert "would install /etc/udev/rules.d/70-x.rules" in run("--dry-run", script=script, DESTDIR=dest).stdout
    assert (dest / "etc/udev/rules.d/70-x.rules").read_text() == "one\n"
    told = run(script=script, DESTDIR=dest)
    assert set(told.stdout.splitlines()) == {"installed /etc/udev/rules.d/70-x.rules", "removed /etc/udev/rules.d/71-old.rules"}
    assert {p.name for p in (dest / "etc/udev/rules.d").iterdir()} == {"70-x.rules", "71-mine.rules"}
    assert not (dest / "etc/modprobe.d").exists()


@needs_sh
def test_a_list_somebody_changed_removes_nothing_else(tmp_path: Path) -> None:
    assert run(DESTDIR=tmp_path).returncode == 0
    victim = tmp_path / "etc" / "passwd"
    victim.write_text("x")
    listed = tmp_path / "var/lib/ktpel-kiosk/drivers.list"
    listed.write_text(listed.read_text() + "/etc/passwd\n/etc/udev/rules.d/../../passwd\n")
    assert run("--remove", DESTDIR=tmp_path).returncode == 0
    assert victim.exists()


@needs_sh
def test_folders_of_a_package(tmp_path: Path) -> None:
    assert run(DESTDIR=tmp_path, UDEV_DIR="/usr/lib/udev", MODPROBE_DIR="/usr/lib/modprobe.d").returncode == 0
    assert {p.name for p in (tmp_path / "usr/lib/udev/rules.d").iterdir()} == {p.name for p in RULES}
    assert not (tmp_path / "etc").exists()


@needs_sh
@pytest.mark.parametrize("arguments", [("--wrong",), ("--remove", "x")])
def test_wrong_usage(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert run(*arguments, DESTDIR=tmp_path).returncode == 2
    assert files(tmp_path) == {}


@needs_sh
def test_two_families_may_not_want_the_same_file(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "tools").mkdir(parents=True)
    shutil.copy(SCRIPT, tree / "tools")
    for family in ("a", "b"):
        (tree / "drivers" / family).mkdir(parents=True)
        (tree / "drivers" / family / "70-x.rules").write_text(family)
    told = run(script=tree / "tools" / SCRIPT.name, DESTDIR=tmp_path / "dest")
    assert told.returncode == 1
    assert "70-x.rules" in told.stderr
    assert not (tmp_path / "dest").exists()


# -- the rules (udev(7); `udevadm verify` is younger than Debian 12) ----------------------------------------------------------

MATCH_ONLY = {"KERNEL", "SUBSYSTEM", "DRIVER", "ACTION", "DEVPATH", "KERNELS", "SUBSYSTEMS", "DRIVERS", "CONST", "RESULT", "TEST"}
SET_ONLY = {"MODE", "OWNER", "GROUP", "LABEL", "GOTO", "OPTIONS", "RUN"}
BOTH = {"NAME", "SYMLINK", "TAG", "PROGRAM", "IMPORT"}
WITH_NAME = {"ATTR", "ATTRS", "ENV", "SYSCTL"}
PART = re.compile(r'([A-Z]+)(?:\{([^{}"]+)\})?\s*(==|!=|:=|\+=|-=|=)\s*"((?:[^"\\]|\\.)*)"')


def check_rule(line: str) -> list[str]:
    """What is wrong with one rule."""
    wrong, place, keys = [], 0, []
    while place < len(line):
        part = PART.match(line, place)
        if part is None:
            return [*wrong, f"not a key, operator and quoted value: {line[place:place + 30]}"]
        key, name, operator, value = part.groups()
        keys.append((key, name, operator, value))
        if key not in MATCH_ONLY | SET_ONLY | BOTH | WITH_NAME | {"TAGS"}:
            wrong.append(f"unknown key {key}")
        if (key in WITH_NAME) != (name is not None) and key not in ("TEST", "RUN", "IMPORT"):
            wrong.append(f"{key} and its name")
        matching = operator in ("==", "!=")
        must_match = key in MATCH_ONLY or key in ("ATTRS", "TAGS")
        if (must_match and not matching) or (key in SET_ONLY and matching):
            wrong.append(f"{key}{operator}")
        if key == "MODE" and not re.fullmatch(r"0?[0-7]{3}", value):
            wrong.append("MODE is octal")
        elif key == "MODE" and int(value, 8) & 0o006 == 0o006:
            wrong.append("writable by everybody")
        if name in ("idVendor", "idProduct") and not all(re.fullmatch(r"[0-9a-f*?\[\]-]{1,12}", v) for v in value.split("|")):
            wrong.append(f"{name} is four small hex digits")
        if key == "RUN":
            wrong.append("no programs are run from rules here")
        place = part.end()
        rest = line[place:]
        if rest:
            comma = re.match(r"\s*,\s*", rest)
            if comma is None or comma.end() == len(rest):
                return [*wrong, f"a comma between two keys: {rest[:20]}"]
            place += comma.end()
    if not any(operator in ("==", "!=") for _, _, operator, _ in keys) and not any(k == "LABEL" for k, *_ in keys):
        wrong.append("holds for every device")
    return wrong


def rule_lines(path: Path) -> list[str]:
    text = path.read_text("utf-8").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("path", RULES, ids=[p.name for p in RULES])
def test_rules_are_well_formed(path: Path) -> None:
    lines = rule_lines(path)
    assert lines
    wrong = [f"{line}: {fault}" for line in lines for fault in check_rule(line)]
    assert not wrong, "\n".join(wrong)
    labels = {m for line in lines for m in re.findall(r'LABEL="([^"]+)"', line)}
    assert {m for line in lines for m in re.findall(r'GOTO="([^"]+)"', line)} <= labels
    number = re.match(r"(\d\d)-ktpel-[a-z0-9-]+\.rules$", path.name)
    assert number, "NN-ktpel-name.rules"
    if any("uaccess" in line for line in lines):
        assert int(number[1]) < 73, "uaccess is acted upon by 73-seat-late.rules"
    assert path.read_bytes().endswith(b"\n")


@pytest.mark.parametrize(("line", "fault"), [
    ('SUBSYSTEM=="usb", ATTR{idVendor}=="056a", TAG+="uaccess"', ""), ('SUBSYSTEM="usb", TAG+="uaccess"', "SUBSYSTEM="),
    ('SUBSYSTEM=="usb" TAG+="uaccess"', "comma"), ('SUBSYSTEM=="usb", TAG+=uaccess', "quoted"), ('SUBSYSTEM=="usb",', "comma"),
    ('SUBSYSTEMM=="usb", MODE="0660"', "unknown key"), ('ATTR=="056a", MODE="0660"', "its name"), ('KERNEL=="x", MODE="0666"', "everybody"),
    ('KERNEL=="x", MODE="rw"', "octal"), ('ATTR{idVendor}=="056A", MODE="0660"', "hex"), ('TAG+="uaccess"', "every device"),
    ('KERNEL=="x", RUN+="/bin/sh"', "programs"),
])
def test_the_check_itself(line: str, fault: str) -> None:
    assert (fault in " ".join(check_rule(line))) if fault else check_rule(line) == []


def test_hwdb_entries_are_well_formed() -> None:
    for path in HWDB:
        matched = False
        for line in path.read_text("utf-8").splitlines():
            if not line.strip() or line.startswith("#"):
                matched = matched and bool(line.strip())
                continue
            if line.startswith(" "):
                assert matched, f"{path.name}: a property without a match: {line}"
                assert re.fullmatch(r" [A-Z0-9_]+=\S.*", line), f"{path.name}: {line}"
            else:
                assert re.fullmatch(r"[a-z0-9-]+:\S+", line), f"{path.name}: {line}"
                matched = True


def test_modprobe_files_are_well_formed() -> None:
    for path in MODPROBE:
        for line in path.read_text("utf-8").splitlines():
            assert not line.strip() or re.fullmatch(r"#.*|(blacklist|options|install|softdep|alias) \S.*", line), f"{path.name}: {line}"
