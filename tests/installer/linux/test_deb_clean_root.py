"""The Linux package on a clean Debian 12: installed, examined, a day served, windows opened, upgraded, removed, purged."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from clean_root import CleanRoot, missing, next_version

ROOT = Path(__file__).parents[3]
MOST_MB = 150
DATA = "/var/lib/ktpel-kiosk"
pytestmark = [pytest.mark.gate, pytest.mark.timeout(7200), pytest.mark.skipif(bool(missing()), reason=missing() or "-")]


@pytest.fixture(scope="module")
def package() -> Path:
    """``KTPEL_DEB`` names one that is built already."""
    given = os.environ.get("KTPEL_DEB")
    if given:
        return Path(given)
    said = subprocess.run([sys.executable, str(ROOT / "tools/deb.py")], capture_output=True, text=True, timeout=3600, check=False)
    assert said.returncode == 0, said.stderr
    return Path(said.stdout.split()[0])


@pytest.fixture(scope="module")
def root(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CleanRoot]:
    made = CleanRoot.unpacked(tmp_path_factory.mktemp("deb") / "root")
    (made.path / "mnt/usb").mkdir(parents=True)
    shutil.copyfile(package, made.path / "mnt/usb" / package.name)
    made.done("apt-get update -q")
    said = made.done("apt-get install -y -q --no-install-recommends /mnt/usb/ktpel-kiosk_*_amd64.deb")
    (made.path / "said").write_text(said)
    yield made
    subprocess.run(["rm", "-rf", "--one-file-system", str(made.path)], check=False, timeout=300)


def test_the_package_is_small_and_tells_nothing_of_its_builder(package: Path, root: CleanRoot, reached: Callable[..., None]) -> None:
    size = package.stat().st_size / 1e6
    reached(package_mb=round(size, 1))
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
    assert "[gagal" not in root.done("ktpel-kiosk doctor")
    assert root.done(f"stat -c '%U %a' {DATA}").split() == ["ktpel", "700"]


def test_every_library_is_there(root: CleanRoot) -> None:
    """What the loader cannot find, of every library that is loaded by itself (``*.libs`` are found by those that load them)."""
    lost = root.done("find /usr/lib/ktpel-kiosk -name '*.so*' -type f ! -path '*.libs/*' -exec sh -c 'ldd \"$1\" 2>/dev/null | "
                     "grep -q \"not found\" && echo \"$1\" || true' - {} ';'")
    assert lost == ""


def test_a_day_is_served_under_the_packaged_runtime(root: CleanRoot) -> None:
    said = root.done(f"ktpel-kiosk demo --out {DATA}/coba")
    assert "Selesai:" in said
    assert root.done(f"find {DATA}/coba ! -user ktpel") == ""


def test_the_windows_open(root: CleanRoot) -> None:
    said = root.done(f"setpriv --reuid=ktpel --regid=ktpel --init-groups ktpel-kiosk run --office tempeh --windowed --data {DATA}/latihan",
                     QT_QPA_PLATFORM="offscreen", KTPEL_EXIT_WHEN_READY="1")
    assert "ready" in said


def test_an_upgrade_keeps_the_data_and_removing_too(root: CleanRoot, package: Path, tmp_path: Path) -> None:
    mark = root.path / DATA.lstrip("/") / "kantor-ini"
    mark.write_text("register")
    newer = next_version(package, tmp_path, "99.1")
    (root.path / "mnt/usb" / newer.name).write_bytes(newer.read_bytes())
    root.done(f"dpkg -i /mnt/usb/{newer.name}")
    assert (root.path / "usr/lib/ktpel-kiosk/VERSION").read_text() == "99.1\n"
    assert mark.read_text() == "register"
    root.done("apt-get remove -y -q ktpel-kiosk")
    assert mark.exists() and not (root.path / "usr/lib/ktpel-kiosk").exists()
    said = root.done("apt-get purge -y -q ktpel-kiosk")  # nobody there to answer
    assert mark.exists() and "Data kantor tetap ada" in said
    root.done(f"dpkg -i /mnt/usb/{newer.name}")
    assert root.done(f"stat -c %U {DATA}/kantor-ini").strip() in ("ktpel", "root") and mark.exists()
    root.done("echo 'ktpel-kiosk ktpel-kiosk/purge_data boolean true' | debconf-set-selections && apt-get purge -y -q ktpel-kiosk")
    assert not mark.exists()
    assert root.run("getent passwd ktpel").returncode != 0
