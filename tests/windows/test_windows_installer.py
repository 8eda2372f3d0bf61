"""The Windows installer with a payload of a few bytes, under wine64: installed without questions, upgraded, removed; the data stays.

What wine cannot tell (who may read the data folder, the scheduled task, a signature that Windows believes) is said in docs/windows.md.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "installer" / "windows" / "kiosk.nsi"
NAME = "KTP-el Kiosk"
PROGRAMS = ("ktpel-kiosk.exe", "ktpel-kiosk-jendela.exe", "ktpel-python.exe")
needs_nsis = pytest.mark.skipif(shutil.which("makensis") is None, reason="no makensis (Debian: nsis)")
needs_wine = pytest.mark.skipif(shutil.which("wine") is None, reason="no wine (Debian: wine wine64)")


def make(folder: Path, version: str, files: dict[str, str]) -> Path:
    """An installer of ``files`` and the three programs."""
    payload, out = folder / f"isi-{version}", folder / f"setup-{version}.exe"
    for name, text in {**dict.fromkeys(PROGRAMS, version), **files}.items():
        (payload / name).parent.mkdir(parents=True, exist_ok=True)
        (payload / name).write_text(text)
    done = subprocess.run(["makensis", "-V2", "-WX", f"-DPAYLOAD={payload}", f"-DVERSION={version}", f"-DOUT={out}", str(SCRIPT)],
                          capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


@dataclass
class Wine:
    """A Windows of its own in a folder."""

    prefix: Path
    env: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        keep = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        self.env = {**keep, "WINEPREFIX": str(self.prefix), "WINEDEBUG": "-all", "WINEARCH": "win64", "WINEDLLOVERRIDES": "mscoree,mshtml="}

    def run(self, *command: str, timeout: float = 300.0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(["wine", *command], env=self.env, capture_output=True, text=True, errors="replace", check=False,
                              timeout=timeout)

    def value(self, key: str, name: str) -> str | None:
        done = self.run("reg", "query", key, "/v", name, "/reg:64")
        line = next((line for line in done.stdout.splitlines() if line.split()[:1] == [name]), "")
        return line.split(None, 2)[2].strip() if len(line.split(None, 2)) == 3 else None

    def end(self) -> None:
        subprocess.run(["wineserver", "-k"], env=self.env, check=False, timeout=60)
        subprocess.run(["wineserver", "-w"], env=self.env, check=False, timeout=60)

    @property
    def c(self) -> Path:
        return self.prefix / "drive_c"


@pytest.fixture
def wine(tmp_path: Path) -> Iterator[Wine]:
    made = Wine(tmp_path / "wine")
    made.prefix.mkdir()
    server = Path("/usr/lib/wine/wineserver")
    if shutil.which("wineserver") is None and server.exists():
        made.env["PATH"] = f"{made.env['PATH']}:{server.parent}"
    assert made.run("wineboot", "-i").returncode == 0
    try:
        yield made
    finally:
        made.end()


@needs_nsis
def test_the_installer_is_a_64_bit_program_with_its_version(tmp_path: Path) -> None:
    made = make(tmp_path, "1.2.3", {}).read_bytes()
    at = int.from_bytes(made[60:64], "little")
    assert made[at:at + 4] == b"PE\0\0" and int.from_bytes(made[at + 4:at + 6], "little") == 0x8664
    assert "1.2.3.0".encode("utf-16-le") in made or b"\x02\x00\x01\x00\x00\x00\x03\x00" in made  # VS_FIXEDFILEINFO: 1.2, 3.0
    assert b"requireAdministrator" in made and b"longPathAware" in made


@pytest.mark.gate
@pytest.mark.timeout(900)
@needs_nsis
@needs_wine
def test_installed_upgraded_and_removed_without_losing_the_data(tmp_path: Path, wine: Wine) -> None:
    machine, remove = rf"HKLM\Software\{NAME}", rf"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\{NAME}"
    environment = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment"
    program, data = wine.c / "Program Files" / NAME, wine.c / "kios-data"
    menu = wine.c / "ProgramData/Microsoft/Windows/Start Menu/Programs" / NAME

    first = make(tmp_path, "1.0.0", {"_internal/lama.txt": "lama", "_internal/sama.txt": "1"})
    assert wine.run(str(first), "/S", r"/DATA=C:\kios-data").returncode == 0
    assert {p.name for p in program.iterdir()} == {*PROGRAMS, "uninstall.exe", "_internal"}
    assert (wine.value(machine, "Data"), wine.value(machine, "Versi")) == (r"C:\kios-data", "1.0.0")
    assert wine.value(environment, "KTPEL_DATA") == r"C:\kios-data" and data.is_dir()
    assert wine.value(remove, "DisplayVersion") == "1.0.0" and "/S" in (wine.value(remove, "QuietUninstallString") or "")
    assert {p.name for p in menu.iterdir()} == {f"{NAME}.lnk", "Periksa komputer.lnk"}

    (data / "register").mkdir()
    (data / "register" / "register.key").write_text("kunci")
    (program / "catatan pemilik.txt").write_text("bukan milik pemasang")
    second = make(tmp_path, "1.1.0", {"_internal/sama.txt": "2", "_internal/baru.txt": "baru"})
    assert wine.run(str(second), "/S").returncode == 0  # neither place named: those of the first
    assert {p.name: p.read_text() for p in (program / "_internal").iterdir()} == {"sama.txt": "2", "baru.txt": "baru"}
    assert (wine.value(machine, "Data"), wine.value(remove, "DisplayVersion")) == (r"C:\kios-data", "1.1.0")
    assert (data / "register" / "register.key").read_text() == "kunci"
    assert not (wine.c / "ProgramData" / NAME).exists()

    # _?= keeps the uninstaller where it is, so that waiting for it means waiting for the work
    removed = wine.run(str(program / "uninstall.exe"), "/S", rf"_?=C:\Program Files\{NAME}")
    assert removed.returncode == 0
    assert (data / "register" / "register.key").read_text() == "kunci"
    assert {p.name for p in program.iterdir()} - {"uninstall.exe"} == {"catatan pemilik.txt"} and not menu.exists()
    assert wine.value(remove, "DisplayVersion") is None and wine.value(environment, "KTPEL_DATA") is None
    assert wine.value(machine, "Data") == r"C:\kios-data"

    assert wine.run(str(second), "/S").returncode == 0  # back again: finds its data
    assert wine.value(environment, "KTPEL_DATA") == r"C:\kios-data"
    assert wine.run(str(program / "uninstall.exe"), "/S", "/HAPUSDATA", rf"_?=C:\Program Files\{NAME}").returncode == 0
    assert not data.exists() and wine.value(machine, "Data") is None and (program / "catatan pemilik.txt").exists()
