"""What the Linux package is made of, looked at without building it: scripts, units, profile, the parts of the lock, the trimming."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DEB = ROOT / "installer" / "deb"
FILES = DEB / "files"
sys.path.insert(0, str(ROOT / "tools"))
deb = pytest.importorskip("deb")
payload = pytest.importorskip("deb_payload")

SCRIPTS = [*(DEB / name for name in deb.SCRIPTS), FILES / "ktpel-kiosk.sh", FILES / "kiosk-session", FILES / "screens", FILES / "media"]
UNITS = sorted(p for p in FILES.iterdir() if p.suffix in (".service", ".timer", ".path"))


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.name)
def test_every_script_parses_and_stops_at_errors(script: Path) -> None:
    assert subprocess.run(["sh", "-n", str(script)], capture_output=True, timeout=60).returncode == 0
    assert re.search(r"^set -e?u?e?", script.read_text("utf-8"), re.MULTILINE)


def test_every_file_has_a_place_and_every_place_a_file() -> None:
    assert {p.name for p in FILES.iterdir()} == set(deb.PLACES)
    units = {Path(place).name for place, _ in deb.PLACES.values() if "systemd/system/" in place}
    assert units == {p.name for p in UNITS}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_the_units_are_what_systemd_understands(tmp_path: Path) -> None:
    """Programs are those of a desk, so their absence here is no finding; anything else is."""
    for unit in UNITS:
        text = re.sub(r"(?m)^(ExecStart=)\S+", r"\1/bin/true", unit.read_text("utf-8"))
        (tmp_path / unit.name).write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / u.name) for u in UNITS)]
    env = {"PATH": "/usr/bin:/bin", "SYSTEMD_UNIT_PATH": f"{tmp_path}:"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env)
    ours = [line for line in done.stderr.splitlines() if any(u.name in line for u in UNITS) and "Failed to connect" not in line]
    assert not ours, ours


@pytest.mark.skipif(shutil.which("apparmor_parser") is None, reason="needs apparmor_parser")
def test_the_profile_parses() -> None:
    done = subprocess.run(["apparmor_parser", "-Q", "-T", "-K", str(FILES / "apparmor")], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def _rules(profile: str) -> list[tuple[str, str]]:
    """(path, modes) of one profile of ours, with the ones inside it."""
    text = (FILES / "apparmor").read_text("utf-8")
    part = text[text.index(f"\nprofile {profile} "):].split("\n}\n")[0]
    return re.findall(r"(?m)^\s+(?:owner )?(/\S+) ([a-zA-Z]+),", part)


def test_the_profile_lets_nobody_write_code_and_guards_the_program_that_runs() -> None:
    assert f"/{payload.HOME}/runtime/bin/{payload.PYTHON} flags" in (FILES / "apparmor").read_text("utf-8")
    written = {path: modes for path, modes in _rules("ktpel-kiosk") if {"w", "a"} & set(modes)}
    wish = "/var/lib/ktpel-update/minta/**"
    assert [p for p in written if p.startswith(("/usr", "/etc", "/var/lib/ktpel-update"))] == [wish]
    for place in ("/media/**", "/run/media/**", "/mnt/**"):  # sticks are written, and nothing of them is ever run
        assert {"r", "w", "k"} <= set(written[place]) and not {"x", "m"} & set(written[place])


def test_the_update_service_is_kept_from_the_office_and_stays_with_the_packages_code() -> None:
    unit = (FILES / "ktpel-update.service").read_text("utf-8")
    assert "\nEnvironment=KTPEL_LAUNCHED=1\n" in unit and "\nAppArmorProfile=-ktpel-update\n" in unit
    written = [path for path, modes in _rules("ktpel-update") if "w" in modes]
    assert written and all(path.startswith(("/var/lib/ktpel-update/", "/tmp/", "/var/tmp/")) for path in written)
    assert "deny /var/lib/ktpel-kiosk/** rwxlk," in (FILES / "apparmor").read_text("utf-8")
    assert re.findall(r"(?m)^(?:Ambient|Bounding|Capability)\w*=(.*)$", unit) == ["", ""], "no capability at all"


def test_what_the_package_carries_of_the_code_an_update_carries_too() -> None:
    from ktpel_kiosk.app.update_pack import TREE_FOLDERS

    assert all(any(f"{folder}/".startswith(f"{top}/") for top in payload.APP) for folder in TREE_FOLDERS)
    assert all(any(f"{folder}/".startswith(f"{top}/") for folder in TREE_FOLDERS) for top in payload.APP)


def test_sticks_are_mounted_by_a_rule_that_names_the_unit() -> None:
    rules = (FILES / "media.rules").read_text("utf-8")
    lines = [line for line in rules.splitlines() if line and not line.startswith("#")]
    one = r'[A-Z]+(?:\{\w+\})?(?:==|!=|=|\+=)"[^"]*"'
    assert all(re.fullmatch(rf"{one}(?:, {one})*", line) for line in lines), lines
    jumps, labels = (set(re.findall(rf'{word}="(\w+)"', rules)) for word in ("GOTO", "LABEL"))
    assert jumps == labels
    assert 'TAG+="systemd", ENV{SYSTEMD_WANTS}+="ktpel-media@%k.service"' in lines
    unit = (FILES / "ktpel-media@.service").read_text("utf-8")
    assert "BindsTo=dev-%i.device" in unit
    assert not re.search(r"(?m)^(Private|Protect|ReadOnly|ReadWrite|Inaccessible)\w+=", unit), "a mount of its own namespace is nobody's"


MEDIA_DOUBLES = {
    "blkid": 'case "$*" in *TYPE*) echo "$KIND" ;; *) [ -z "$NAME" ] || printf "%s\\n" "$NAME" ;; esac',
    "findmnt": 'case "$*" in *TARGET*) cat "$TOLD" ;; *) [ -n "$BUSY" ] ;; esac', "mountpoint": "false", "id": "echo 4711",
    "mount": 'echo "mount $*" >>"$LOG"; case "$*" in *ro,*) ;; *) [ -z "$LOCKED" ] ;; esac',
    "umount": 'echo "umount $*" >>"$LOG"', "stat": "echo 0", "chown": 'echo "chown $*" >>"$LOG"'}


def _media(tmp_path: Path, act: str, device: str = "sdb1", **said: str) -> tuple[int, str]:
    """Exit code and what was called, with doubles for the system's programs."""
    tools, log, told = tmp_path / "tools", tmp_path / "log", tmp_path / "told"
    tools.mkdir(exist_ok=True)
    for name, body in MEDIA_DOUBLES.items():
        (tools / name).write_text(f"#!/bin/sh\n{body}\n")
        (tools / name).chmod(0o755)
    log.write_text("")
    told.touch()
    env = {"PATH": f"{tools}:/usr/bin:/bin", "KTPEL_MEDIA": str(tmp_path / "media"), "LOG": str(log), "TOLD": str(told), "KIND": "vfat",
           "NAME": "", "BUSY": "", "LOCKED": "", **said}
    done = subprocess.run(["sh", str(FILES / "media"), act, device], env=env, capture_output=True, text=True, timeout=30)
    return done.returncode, log.read_text().replace(str(tmp_path), "")


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
@pytest.mark.parametrize(("label", "folder"), [
    ("KTPEL", "KTPEL"), ("", "usb-sdb1"), ("../../etc", "etc"), ("USB BARU é", "USB_BARU___"), ("..", "usb-sdb1"), ("-rf", "rf"),
    ("usb", "usb"), ("a" * 80, "a" * 32), ("x\n/etc", "x")])
def test_a_stick_lies_under_its_name_whatever_it_calls_itself(tmp_path: Path, label: str, folder: str) -> None:
    code, log = _media(tmp_path, "mount", NAME=label)
    safe = "nosuid,nodev,noexec,noatime,flush,utf8,shortname=mixed,uid=4711,gid=4711,fmask=0133,dmask=0022"
    assert (code, log) == (0, f"mount -t vfat -o {safe} /dev/sdb1 /media/{folder}\n")
    assert (tmp_path / "media/usb").resolve() == tmp_path / "media" / folder


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
def test_kinds_of_sticks_and_what_is_left_alone(tmp_path: Path) -> None:
    for kind, options in (("exfat", "uid=4711"), ("ntfs", "uid=4711"), ("ext4", "errors=remount-ro")):
        code, log = _media(tmp_path, "mount", KIND=kind)
        assert code == 0 and options in log and "nosuid,nodev,noexec" in log and f"-t {kind}{'3' * (kind == 'ntfs')} " in log
        assert ("chown ktpel: /media/usb-sdb1" in log) is kind.startswith("ext")
    assert _media(tmp_path, "mount", KIND="crypto_LUKS") == _media(tmp_path, "mount", BUSY="x") == (0, "")
    assert _media(tmp_path, "mount", device="../sda")[0] == 2
    code, log = _media(tmp_path, "mount", LOCKED="x")
    assert code == 0 and "-o ro,nosuid,nodev,noexec" in log.splitlines()[1], "what cannot be written can be read"


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
def test_pulled_out_leaves_nothing_behind(tmp_path: Path) -> None:
    _media(tmp_path, "mount", NAME="KTPEL")
    (tmp_path / "told").write_text(f"{tmp_path}/media/KTPEL\n/srv/lain\n")
    assert _media(tmp_path, "unmount") == (0, "umount /media/KTPEL\n")
    assert list((tmp_path / "media").iterdir()) == []


def test_the_window_user_owns_no_code() -> None:
    """ADR 0041: the update service alone writes versions, under another user, without a network, without the register in sight."""
    unit = (FILES / "ktpel-update.service").read_text("utf-8")
    for line in ("User=ktpel-update", "PrivateNetwork=yes", "NoNewPrivileges=yes", "ProtectSystem=strict",
                 "ReadWritePaths=/var/lib/ktpel-update"):
        assert re.search(rf"(?m)^{re.escape(line)}$", unit), line
    hidden = re.search(r"(?m)^InaccessiblePaths=(.*)$", unit)
    assert hidden is not None and "-/var/lib/ktpel-kiosk" in hidden[1].split()
    assert "User=ktpel\n" in (FILES / "ktpel-kiosk.service").read_text("utf-8")


def test_a_purge_deletes_only_after_a_yes() -> None:
    text = (DEB / "postrm").read_text("utf-8")
    assert re.search(r'db_get ktpel-kiosk/purge_data.*?if \[ "\$RET" = true \]; then\s+delete_data', text, re.DOTALL)
    assert text.count("delete_data") == 2  # its definition, and this one call
    assert 'Template: ktpel-kiosk/purge_data\nType: boolean\nDefault: false' in (DEB / "templates").read_text("utf-8")


def test_every_question_is_asked_in_both_languages() -> None:
    for block in (DEB / "templates").read_text("utf-8").split("\n\n"):
        assert {"Description", "Description-id.UTF-8"} <= {line.split(":")[0] for line in block.splitlines() if line[:1] != " "}


def test_the_control_file_has_its_fields() -> None:
    text = (DEB / "control.in").read_text("utf-8")
    assert {line.split(":")[0] for line in text.splitlines() if line[:1] != " "} >= {
        "Package", "Version", "Architecture", "Maintainer", "Installed-Size", "Depends", "Description", "Section", "Priority"}
    assert all(len(line) <= 82 for line in text.split("Description:")[1].splitlines()[1:])


def test_the_runtime_gets_what_the_kiosk_needs_and_nothing_of_the_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = payload.needed((ROOT / "requirements" / "dev.txt").read_text("utf-8"), project["dependencies"])
    names = set(re.findall(r"(?m)^([a-z0-9-]+)==", wanted))
    assert {"pyside6-essentials", "shiboken6", "sqlalchemy", "pydantic-core", "psycopg-binary", "tuf", "cffi"} <= names
    assert not names & {"pytest", "mypy", "ruff", "hypothesis", "openpyxl", "boto3", "gphoto2", "coverage", "setuptools", "pip"}
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z])", wanted.strip()))


def test_a_dependency_that_is_not_locked_stops_the_build() -> None:
    with pytest.raises(SystemExit, match="does not lock nonesuch"):
        payload.needed("a==1 \\\n    --hash=sha256:00\n    # via x\n", ["a", "nonesuch>=3"])


def test_trimming_keeps_what_opens_and_drops_what_does_not(tmp_path: Path) -> None:
    kept = ["PySide6/QtCore.abi3.so", "PySide6/Qt/lib/libQt6Gui.so.6", "PySide6/Qt/lib/libicuuc.so.73",
            "PySide6/Qt/plugins/platforms/libqxcb.so", "cv2/data/haarcascade_frontalface_alt2.xml", "x-1.dist-info/METADATA",
            "x-1.dist-info/licenses/LICENSE", "numpy/testing/__init__.py"]
    gone = ["PySide6/QtQml.abi3.so", "PySide6/designer", "PySide6/Qt/qml/a", "PySide6/Qt/lib/libQt6Quick.so.6",
            "PySide6/Qt/plugins/platforms/libqvnc.so", "PySide6/QtCore.pyi", "cv2/data/haarcascade_smile.xml",
            "reportlab/fonts/_a______.pfb", "x/.gitignore",
            "x-1.dist-info/RECORD", "x-1.dist-info/direct_url.json", "x/tests/test_a.py", "bin/alembic",
            "lxml/etree.h"]
    for name in kept + gone:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    payload.trim_wheels(tmp_path)
    assert [n for n in kept if not (tmp_path / n).exists()] == []
    assert [n for n in gone if (tmp_path / n).exists()] == []


def test_nothing_of_this_machine_stands_in_the_recipe() -> None:
    for path in [*DEB.rglob("*"), ROOT / "tools/deb.py", ROOT / "tools/deb_payload.py"]:
        if path.is_file():
            text = path.read_text("utf-8")
            assert not re.search(r"/work/|/root/\.|pypi\.org|deb\.debian\.org|localhost:", text), path


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
@pytest.mark.parametrize(("seen", "conf", "said"), [
    ("DP-1 HDMI-1", "", "--output DP-1 --auto --primary --pos 0x0\n--output HDMI-1 --auto --right-of DP-1 --rotate normal\n"),
    ("DP-1 HDMI-1 VGA-1", "OFFICER=HDMI-1\nAPPLICANT=VGA-1\nAPPLICANT_ROTATE=left\n",
     "--output HDMI-1 --auto --primary --pos 0x0\n--output VGA-1 --auto --right-of HDMI-1 --rotate left\n--output DP-1 --off\n"),
    ("eDP-1", "APPLICANT=eDP-1\n", "--output eDP-1 --auto --primary --pos 0x0\n"),
    ("DP-1 HDMI-1", "OFFICER=DP-9\n", "--output DP-1 --auto --primary --pos 0x0\n--output HDMI-1 --auto --right-of DP-1 --rotate normal\n"),
    ("DP-1", "OFFICER=$(touch hacked)\n", "--output DP-1 --auto --primary --pos 0x0\n"),
    ("", "", ""),
])
def test_two_screens_are_laid_side_by_side(tmp_path: Path, seen: str, conf: str, said: str) -> None:
    log, tool = tmp_path / "log", tmp_path / "xrandr"
    shown = "".join(f"{name} connected 1920x1080+0+0\n" for name in seen.split()) + "DP-8 disconnected (normal)\n"
    tool.write_text(f'#!/bin/sh\nif [ "$1" = --query ]; then cat <<END\n{shown}END\nelse echo "$@" >>"{log}"; fi\n')
    tool.chmod(0o755)
    (tmp_path / "screens.conf").write_text(conf)
    log.touch()
    command = ["sh", str(FILES / "screens"), str(tmp_path / "screens.conf")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert done.returncode == 0, done.stderr
    assert log.read_text() == said
    assert not (tmp_path / "hacked").exists()
