"""The Linux package on a clean Debian 12: installed and provisioned by the technicians' pages word for word, an applicant served. An update
through it: test_deb_update.py; a newer package, removing: test_deb_upgrade.py.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from clean_root import DATA, MEDIA, CleanRoot, missing
from provisioning import Office

ROOT = Path(__file__).parents[3]
MOST_MB = 150
Note = Callable[[str, object], None]
pytestmark = [pytest.mark.gate, pytest.mark.timeout(7200), pytest.mark.skipif(bool(missing()), reason=missing() or "-")]


def test_the_package_is_small_and_tells_nothing_of_its_builder(package: Path, root: CleanRoot, record_property: Note) -> None:
    size = package.stat().st_size / 1e6
    record_property("package_mb", round(size, 1))
    assert size < MOST_MB
    tree = root.path / "usr/lib/ktpel-kiosk"
    words = f"{re.escape(str(ROOT))}/|/root/\\.pyenv|ktpel-deb-"
    found = subprocess.run(["grep", "-rlE", words, str(tree)], capture_output=True, text=True, timeout=300)
    assert found.stdout == ""
    command = ["find", str(tree), "!", "-type", "l", "(", "-perm", "/022", "-o", "!", "-user", "root", ")"]
    writable = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert writable.stdout == ""


def test_the_examination_after_installing_found_nothing_broken(root: CleanRoot) -> None:
    said = (root.path / "said").read_text()
    assert "Pemeriksaan setelah pemasangan" in said and "Hasil: tidak ada yang gagal" in said
    assert "[gagal" not in said and "$ ktpel-kiosk doctor\n" in said
    assert root.done(f"stat -c '%U %a' {DATA}").split() == ["ktpel", "700"]


def test_every_library_is_there(root: CleanRoot) -> None:
    """What the loader cannot find, of every library that is loaded by itself (``*.libs`` are found by those that load them)."""
    lost = root.done("find /usr/lib/ktpel-kiosk -name '*.so*' -type f ! -path '*.libs/*' -exec sh -c 'ldd \"$1\" 2>/dev/null | "
                     "grep -q \"not found\" && echo \"$1\" || true' - {} ';'")
    assert lost == ""


def test_a_day_is_served_under_the_packaged_runtime(root: CleanRoot) -> None:
    said = (root.path / "said").read_text()
    assert f"$ ktpel-kiosk demo --out {DATA}/coba\n" in said and "Selesai:" in said
    assert not (root.path / DATA.lstrip("/") / "coba").exists()


def test_a_stick_is_mounted_for_the_kiosk_and_let_go(root: CleanRoot) -> None:
    """As ktpel-media@.service does it; udev and systemd are not running here."""
    assert root.done(f"{MEDIA} mount sda1").split() == ["/media/USB"]
    options = root.done("findmnt -no OPTIONS /media/USB").strip().split(",")
    assert {"rw", "nosuid", "nodev", "noexec", "dirsync"} <= set(options)
    root.done("setpriv --reuid=ktpel --regid=ktpel --init-groups sh -c 'echo x >/media/usb/coba && rm /media/usb/coba'")
    assert root.done(f"{MEDIA} mount sda1") == ""
    root.done(f"{MEDIA} unmount sda1")
    assert root.done("ls -A /media") == ""


def test_from_nothing_to_a_served_applicant_by_the_pages_alone(root: CleanRoot, office: Office, record_property: Note) -> None:
    """penyediaan.md on the side of the Dinas and at the desk (:mod:`provisioning`); then somebody comes to the counter."""
    served = _somebody_comes(root, office.centre, office.passwords)
    record_property("minutes_from_key_to_card", round((time.monotonic() - office.begun) / 60, 1))
    assert served == {"production": True, "station": "3508080-meja-1", "knows_residents": True, "opened": True,
                      "samples_left": 0, "matched": True, "state": "selesai", "handed_over": True, "audit_whole": True}
    assert root.done(f"find {DATA} ! -user ktpel") == ""


def _somebody_comes(root: CleanRoot, centre: str, passwords: dict[str, str]) -> dict[str, object]:
    """tests/installer/linux/serve_one.py under the packaged Python, as the kiosk's user."""
    place = root.path / "srv/layanan"
    shutil.copytree(root.path / centre.lstrip("/"), place / "pusat")
    shutil.copyfile(Path(__file__).with_name("serve_one.py"), place / "serve_one.py")
    (place / "sandi.json").write_text(json.dumps(passwords))
    root.done("chown -R ktpel: /srv/layanan")
    said = root.run("cd /srv/layanan && umask 077 && setpriv --reuid=ktpel --regid=ktpel --init-groups env HOME=/var/lib/ktpel-kiosk "
                    f"XDG_DATA_HOME=/var/lib /usr/lib/ktpel-kiosk/runtime/bin/python3.11 -P serve_one.py {DATA} pusat sandi.json")
    shutil.rmtree(place)
    assert said.returncode == 0, said.stderr[-3000:]
    found: dict[str, object] = json.loads(said.stdout.splitlines()[-1])
    return found


def test_the_windows_open(root: CleanRoot) -> None:
    said = root.done(f"setpriv --reuid=ktpel --regid=ktpel --init-groups ktpel-kiosk run --office tempeh --windowed --data {DATA}/latihan",
                     QT_QPA_PLATFORM="offscreen", KTPEL_EXIT_WHEN_READY="1")
    assert "ready" in said


def test_the_packaged_start_is_no_slower_than_from_source(root: CleanRoot, tmp_path: Path, record_property: Note) -> None:
    """To the usable window of the same practice office, in turns; processor time is compared, for other work shares this machine."""
    place = "/srv/mulai"
    root.done(f"mkdir -p {place} && chown ktpel: {place}")
    packaged = root.command("exec setpriv --reuid=ktpel --regid=ktpel --init-groups ktpel-kiosk run --office tempeh --windowed "
                            f"--data {place}/kantor")
    source = [sys.executable, "-P", "-m", "ktpel_kiosk.app.entry", "run", "--office", "tempeh", "--windowed",
              "--data", str(tmp_path / "kantor")]
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "QT_QPA_PLATFORM": "offscreen", "KTPEL_EXIT_WHEN_READY": "1"}
    from_source = {**env, "PYTHONPATH": str(ROOT / "src"), "HOME": str(tmp_path)}
    found: dict[str, list[tuple[float, float]]] = {"packaged": [], "source": []}
    for turn in range(8):
        for name, command, environment in (("packaged", packaged, env), ("source", source, from_source)):
            figures = _start(command, environment)
            if turn:  # the first makes the office, and compiles
                found[name].append(figures)
    for name, figures in found.items():
        record_property(f"start_{name}_ms", round(min(wall for wall, _cpu in figures) * 1000))
        record_property(f"start_{name}_cpu_ms", round(min(cpu for _wall, cpu in figures) * 1000))
    assert min(cpu for _w, cpu in found["packaged"]) <= 1.05 * min(cpu for _w, cpu in found["source"]), found


def _start(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Seconds on the wall, and of the processor, of a process with all that it waited for."""
    begun = time.monotonic()
    child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdout is not None
    with child.stdout:
        assert b"ready" in child.stdout.read()
    _pid, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    assert child.returncode == 0
    return time.monotonic() - begun, used.ru_utime + used.ru_stime
