"""requirements/windows.txt: every wheel of the runtime for 64-bit Windows and CPython 3.11, one hash each, from the versions of dev.txt.

    python tools/windows_wheels.py lock              resolves (uv), downloads each wheel once and writes the list
    python tools/windows_wheels.py fetch DIR         downloads the wheels of the list into DIR, by hash, for a build without a network
    python tools/windows_wheels.py check [DIR]       the list against pyproject.toml and dev.txt; with DIR also each wheel there

The indexes are those pip and uv are set up with; nothing here or in the list names one. Exit code 1 and a line for each shortfall.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import struct
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import canonicalize_name, parse_wheel_filename

ROOT = Path(__file__).resolve().parents[1]
LOCK, LIST = ROOT / "requirements" / "dev.txt", ROOT / "requirements" / "windows.txt"
PYTHON, PLATFORM = "3.11", "win_amd64"
WINDOWS = {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64", "python_version": "3.11",
           "python_full_version": "3.11.9", "implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": ""}
X64 = 0x8664
HEAD = """# Every wheel of the runtime for Windows (CPython 3.11, win_amd64), made by: python tools/windows_wheels.py lock
# Versions are those of dev.txt; each line has the one file that is installed, its SHA-256 and its size in bytes.
"""
LINE = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+) --hash=sha256:(?P<hash>[0-9a-f]{64})  # (?P<file>\S+\.whl) (?P<size>\d+)$")


@dataclass(frozen=True)
class Wheel:
    """One line of the list."""

    name: str
    version: str
    sha256: str
    file: str
    size: int

    def line(self) -> str:
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256}  # {self.file} {self.size}"


def listed(text: str) -> list[Wheel]:
    """Raises ValueError: a line that is none of ours."""
    wheels = []
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        found = LINE.match(line)
        if found is None:
            raise ValueError(line)
        wheels.append(Wheel(found["name"], found["version"], found["hash"], found["file"], int(found["size"])))
    return wheels


def locked(text: str) -> dict[str, tuple[str, frozenset[str]]]:
    """Name -> version and hashes of a lock file of uv, for Windows alone."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for block in re.split(r"\n(?=[A-Za-z0-9])", text):
        head = block.split(" \\", 1)[0].strip()
        if "==" not in head or head.startswith("#"):
            continue
        needed = Requirement(head)
        if needed.marker is None or needed.marker.evaluate(WINDOWS):
            version = next(iter(needed.specifier)).version
            found[canonicalize_name(needed.name)] = (version, frozenset(re.findall(r"sha256:([0-9a-f]{64})", block)))
    return found


def tags() -> frozenset[Tag]:
    """What a 64-bit CPython 3.11 on Windows installs."""
    return frozenset([*cpython_tags((3, 11), platforms=[PLATFORM]), *compatible_tags((3, 11), "cp311", [PLATFORM])])


def direct() -> list[str]:
    """The runtime dependencies that pyproject.toml names for Windows."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [Requirement(text) for text in project["dependencies"]]
    return [canonicalize_name(r.name) for r in needed if r.marker is None or r.marker.evaluate(WINDOWS)]


def shortfalls(wheels: list[Wheel], lock: dict[str, tuple[str, frozenset[str]]]) -> Iterator[str]:
    """What is wrong with the list, beside pyproject.toml and the lock."""
    names = [w.name for w in wheels]
    yield from (f"{name}: named by pyproject.toml, not in the list" for name in direct() if name not in names)
    yield from (f"{name}: twice" for name in sorted({n for n in names if names.count(n) > 1}))
    fits = tags()
    for wheel in wheels:
        version, hashes = lock.get(wheel.name, ("", frozenset()))
        name, filed, _build, has = parse_wheel_filename(wheel.file)
        if (name, str(filed)) != (wheel.name, wheel.version):
            yield f"{wheel.file}: is not {wheel.name} {wheel.version}"
        if wheel.version != version:
            yield f"{wheel.name}: {wheel.version} here, {version or 'nothing'} in {LOCK.name}"
        elif wheel.sha256 not in hashes:
            yield f"{wheel.name}: its hash is not among those of {LOCK.name}"
        if not has & fits:
            yield f"{wheel.file}: not for {PLATFORM} and CPython {PYTHON}"


def foreign(path: Path) -> list[str]:
    """Programs and libraries in a wheel that a 64-bit Windows cannot load: nothing, or their names."""
    strange = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.lower().endswith((".dll", ".pyd", ".exe")):
                continue
            with archive.open(name) as file:
                head = file.read(4096)
            at = struct.unpack_from("<I", head, 60)[0] if head[:2] == b"MZ" else 0
            machine = struct.unpack_from("<H", head, at + 4)[0] if at and head[at:at + 4] == b"PE\0\0" else 0
            if machine != X64 and not by_design(name):
                strange.append(name)
    return strange


def by_design(name: str) -> bool:
    """Starters for other machines that some packages carry and never run here."""
    return bool(re.search(r"(?:32|arm64|-arm|setuptools/(?:cli|gui))\.exe$", name.lower()))


def bad_files(wheels: list[Wheel], folder: Path) -> Iterator[str]:
    for wheel in wheels:
        path = folder / wheel.file
        if not path.is_file():
            yield f"{wheel.file}: not in {folder}"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != wheel.sha256:
            yield f"{wheel.file}: other bytes than listed"
        else:
            yield from (f"{wheel.file}: {name} is not for 64-bit Windows" for name in foreign(path))


def download(requirements: Path, folder: Path) -> None:
    subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--platform", PLATFORM,
                    "--python-version", "311", "--implementation", "cp", "--only-binary", ":all:", "--no-deps", "--require-hashes",
                    "-r", str(requirements), "-d", str(folder)], check=True)


def lock() -> None:
    """Resolve for Windows within dev.txt, download, write the list."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        resolved = folder / "resolved.txt"
        subprocess.run(["uv", "pip", "compile", "--python-version", PYTHON, "--python-platform", "x86_64-pc-windows-msvc",
                        "--only-binary", ":all:", "--generate-hashes", "--no-emit-index-url",
                        "--no-emit-find-links", "-c", str(LOCK), "-q", "-o", str(resolved),
                        str(ROOT / "pyproject.toml")], check=True)
        download(resolved, folder)
        wheels = []
        for path in sorted(folder.glob("*.whl")):
            name, version, _build, _tags = parse_wheel_filename(path.name)
            wheels.append(Wheel(name, str(version), hashlib.sha256(path.read_bytes()).hexdigest(), path.name, path.stat().st_size))
        LIST.write_text(HEAD + "\n".join(w.line() for w in sorted(wheels, key=lambda w: w.name)) + "\n", "utf-8")
        problems = list(bad_files(wheels, folder))
    print(f"{len(wheels)} wheels, {sum(w.size for w in wheels) / 1e6:.0f} MB", *problems, sep="\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("lock", "fetch", "check"))
    parser.add_argument("folder", nargs="?", type=Path)
    given = parser.parse_args()
    if given.what == "lock":
        lock()
    wheels = listed(LIST.read_text("utf-8"))
    if given.what == "fetch":
        if given.folder is None:
            parser.error("fetch needs a folder")
        download(LIST, given.folder)
    problems = [*shortfalls(wheels, locked(LOCK.read_text("utf-8"))), *(bad_files(wheels, given.folder) if given.folder else ())]
    print("\n".join(problems) or f"{len(wheels)} wheels: complete, of the locked versions, each for Windows")
    return 1 if problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
