"""The Linux package over an older one, removed, purged: what becomes of the data. Last of all: afterwards nothing is installed."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import booted
import pytest
from clean_root import DATA, CleanRoot, missing, next_version

pytestmark = [pytest.mark.gate, pytest.mark.timeout(7200), pytest.mark.skipif(bool(missing()), reason=missing() or "-")]


def test_an_upgrade_closes_the_windows_in_order_and_opens_them_again(root: CleanRoot, package: Path, tmp_path: Path) -> None:
    """By dpkg's own scripts on a machine that is switched on, with the kiosk on its screen."""
    newer = next_version(package, tmp_path, "99.0")
    shutil.copyfile(newer, root.path / "root" / newer.name)
    root.done("apt-get install -y -q --no-install-recommends xvfb")
    with booted.booted(root), booted.session_on_xvfb(root, "/srv/layar"):
        assert root.done("systemctl get-default") == "graphical.target\n"
        root.done("systemctl start graphical.target")  # where switching on leads: the kiosk comes without being asked for
        before = booted.facts(root, "ktpel-kiosk", "ActiveState", "MainPID")
        assert before["ActiveState"] == "active"
        root.done(f"dpkg -i /root/{newer.name}")
        assert (root.path / "usr/lib/ktpel-kiosk/VERSION").read_text() == "99.0\n"
        end = time.monotonic() + 120.0
        while (after := booted.facts(root, "ktpel-kiosk", "ActiveState", "MainPID", "NRestarts"))["ActiveState"] != "active":
            assert time.monotonic() < end, after
            time.sleep(0.5)
        assert after["MainPID"] not in ("0", before["MainPID"]) and after["NRestarts"] == "0", "closed and opened, not crashed"
        root.done("systemctl stop ktpel-kiosk")
    assert root.done(f"rm /root/{newer.name}") == ""


def test_an_upgrade_keeps_the_data_and_removing_too(root: CleanRoot, package: Path, tmp_path: Path) -> None:
    mark = root.path / DATA.lstrip("/") / "kantor-ini"
    mark.write_text("register")
    newer = next_version(package, tmp_path, "99.1")
    shutil.copyfile(newer, root.path / "root" / newer.name)
    root.done(f"dpkg -i /root/{newer.name}")
    assert (root.path / "usr/lib/ktpel-kiosk/VERSION").read_text() == "99.1\n"
    assert mark.read_text() == "register"
    root.done("apt-get remove -y -q ktpel-kiosk")
    assert mark.exists() and not (root.path / "usr/lib/ktpel-kiosk").exists()
    said = root.done("apt-get purge -y -q ktpel-kiosk")  # nobody there to answer
    assert mark.exists() and "Data kantor tetap ada" in said
    root.done(f"dpkg -i /root/{newer.name}")
    assert root.done(f"stat -c %U {DATA}/kantor-ini").strip() in ("ktpel", "root") and mark.exists()
    root.done("echo 'ktpel-kiosk ktpel-kiosk/purge_data boolean true' | debconf-set-selections && apt-get purge -y -q ktpel-kiosk")
    assert not mark.exists()
    assert root.run("getent passwd ktpel").returncode != 0
