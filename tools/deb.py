"""``make deb``: the Linux package, complete, in ``var/deb``. The same commit on the same Debian gives the same file.

    python tools/deb.py [--out FOLDER] [--version X] [--fast]

``--fast`` compresses lightly (tests that only install). Needs Debian 12 with dpkg-deb, binutils, patchelf, and what compiles pyscard and
python-sane (tools/setup.sh). See docs/adr/0040 and installer/README.md.
"""

from __future__ import annotations

import argparse
import email.utils
import hashlib
import os
import re
import shutil
import stat
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from deb_payload import HOME, ROOT, BuildError, call, lay_tree

DEB = ROOT / "installer" / "deb"
SCRIPTS = ("config", "preinst", "postinst", "prerm", "postrm")
PLACES: dict[str, tuple[str, int]] = {
    "ktpel-kiosk.sh": ("usr/bin/ktpel-kiosk", 0o755),
    "kiosk-session": (f"{HOME}/session/kiosk-session", 0o755),
    "screens": (f"{HOME}/session/screens", 0o755),
    "media": (f"{HOME}/session/media", 0o755),
    "media.rules": ("lib/udev/rules.d/79-ktpel-media.rules", 0o644),
    "screens.conf": ("etc/ktpel-kiosk/screens.conf", 0o644),
    "openbox.xml": ("etc/ktpel-kiosk/openbox.xml", 0o644),
    "xorg.conf": ("etc/X11/ktpel-kiosk.conf", 0o644),
    "ktpel-kiosk.service": ("lib/systemd/system/ktpel-kiosk.service", 0o644),
    "ktpel-kiosk-night.service": ("lib/systemd/system/ktpel-kiosk-night.service", 0o644),
    "ktpel-kiosk-night.timer": ("lib/systemd/system/ktpel-kiosk-night.timer", 0o644),
    "ktpel-update.service": ("lib/systemd/system/ktpel-update.service", 0o644),
    "ktpel-update.path": ("lib/systemd/system/ktpel-update.path", 0o644),
    "ktpel-media@.service": ("lib/systemd/system/ktpel-media@.service", 0o644),
    "watchdog.conf": ("lib/systemd/system.conf.d/50-ktpel-kiosk.conf", 0o644),
    "ktpel-kiosk.pam": ("etc/pam.d/ktpel-kiosk", 0o644),
    "polkit.rules": ("usr/share/polkit-1/rules.d/50-ktpel-kiosk.rules", 0o644),
    "apparmor": ("etc/apparmor.d/ktpel-kiosk", 0o644),
}
"""Files of installer/deb/files: where each lies in the package, and its mode."""


def version_of(epoch: int) -> str:
    """pyproject's version; while CHANGELOG calls it unreleased, one that sorts before the release and grows with the commits."""
    version: str = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    if re.search(rf"^## {re.escape(version)} \(unreleased\)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE):
        import time
        return f"{version}~{time.strftime('%Y%m%d%H%M', time.gmtime(epoch))}"
    return version


def epoch_of() -> int:
    """Seconds of the last commit, or of SOURCE_DATE_EPOCH."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or call("git", "log", "-1", "--format=%ct", cwd=ROOT))


def lay_system(package: Path) -> None:
    """Everything beside the tree: the command, the session, units, rules of devices."""
    for name, (place, mode) in PLACES.items():
        target = package / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(DEB / "files" / name, target)
        target.chmod(mode)
    env = {**os.environ, "DESTDIR": str(package), "UDEV_DIR": "/lib/udev", "MODPROBE_DIR": "/lib/modprobe.d", "STATE_DIR": "/tmp-state"}
    call("sh", ROOT / "tools" / "install_drivers.sh", env=env)
    shutil.rmtree(package / "tmp-state")
    local = package / "etc/apparmor.d/local"
    local.mkdir()


def lay_papers(package: Path, version: str, epoch: int, made: list[str]) -> None:
    """Licences, the change log, what the runtime is made of, the technician's page, the manual page, lintian's exceptions."""
    doc = package / "usr/share/doc/ktpel-kiosk"
    doc.mkdir(parents=True)
    shutil.copyfile(DEB / "copyright", doc / "copyright")
    for source in ("docs/licences.md", "docs/sbom.cdx.json", "docs/teknisi/pemasangan.md"):
        if (ROOT / source).exists():
            shutil.copyfile(ROOT / source, doc / Path(source).name)
    (doc / "runtime.txt").write_text("\n".join(made) + "\n", "utf-8")
    for file in sorted((ROOT / "drivers").glob("*/README.md")):
        (doc / "drivers").mkdir(exist_ok=True)
        shutil.copyfile(file, doc / "drivers" / f"{file.parent.name}.md")
    _gzip((ROOT / "CHANGELOG.md").read_bytes(), doc / "CHANGELOG.md.gz")
    entry = f"ktpel-kiosk ({version}) bookworm; urgency=medium\n\n  * What changed: CHANGELOG.md.gz beside this file.\n\n"
    maker = re.search(r"(?m)^Maintainer: (.*)$", (DEB / "control.in").read_text("utf-8"))
    made_at = email.utils.formatdate(epoch)
    _gzip(f"{entry} -- {maker[1] if maker else '-'}  {made_at}\n".encode(), doc / "changelog.gz")
    _gzip((DEB / "ktpel-kiosk.1").read_bytes(), package / "usr/share/man/man1/ktpel-kiosk.1.gz")
    overrides = package / "usr/share/lintian/overrides/ktpel-kiosk"
    overrides.parent.mkdir(parents=True)
    shutil.copyfile(DEB / "lintian-overrides", overrides)


def _gzip(content: bytes, into: Path) -> None:
    import gzip

    into.parent.mkdir(parents=True, exist_ok=True)
    with into.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(content)


def lay_control(package: Path, version: str) -> None:
    """Control information; sums of every file."""
    control = package / "DEBIAN"
    control.mkdir()
    files = sorted(_files(package))
    size = sum((f.lstat().st_size + 1023) // 1024 for f in files)
    text = (DEB / "control.in").read_text("utf-8").replace("@VERSION@", version).replace("@SIZE@", str(size))
    (control / "control").write_text(re.sub(r",\n (?=[a-z])", ", ", text), "utf-8")  # one line a field, as in every binary package
    (control / "conffiles").write_text("".join(f"/{f.relative_to(package)}\n" for f in files if f.is_relative_to(package / "etc")), "ascii")
    sums = (f"{hashlib.md5(f.read_bytes(), usedforsecurity=False).hexdigest()}  {f.relative_to(package)}\n" for f in files
            if not f.is_symlink() and not f.is_relative_to(package / "etc"))
    (control / "md5sums").write_text("".join(sums), "utf-8")
    shutil.copyfile(DEB / "templates", control / "templates")
    for script in SCRIPTS:
        shutil.copyfile(DEB / script, control / script)
        (control / script).chmod(0o755)


def _files(package: Path) -> Iterator[Path]:
    for path in package.rglob("*"):
        if (path.is_symlink() or path.is_file()) and not path.is_relative_to(package / "DEBIAN"):
            yield path


def settle_modes(package: Path, epoch: int) -> None:
    """Modes and times that do not depend on who built it: readable by all, writable by root alone."""
    for path in sorted(package.rglob("*"), reverse=True):
        if path.is_symlink():
            os.utime(path, (epoch, epoch), follow_symlinks=False)
            continue
        runs = path.is_dir() or (path.stat().st_mode & stat.S_IXUSR and _is_program(path))
        path.chmod(0o755 if runs else 0o644)
        os.utime(path, (epoch, epoch))
    package.chmod(0o755)


def _is_program(path: Path) -> bool:
    """What can be called: no library, no module, no text that a wheel marks as executable."""
    if path.name.endswith((".so", ".py")) or ".so." in path.name:
        return False
    with path.open("rb") as file:
        return file.read(4).startswith((b"\x7fELF", b"#!"))


def build(out: Path, *, version: str = "", fast: bool = False) -> Path:
    """The package's file. Raises BuildError."""
    epoch = epoch_of()
    version = version or version_of(epoch)
    out.mkdir(parents=True, exist_ok=True)
    cache = ROOT / "var" / "deb" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="ktpel-deb-", dir=out) as folder:
        work = Path(folder)
        package = work / "package"
        made = lay_tree(package / HOME, cache, work, version)
        lay_system(package)
        lay_papers(package, version, epoch, made)
        settle_modes(package, epoch)
        lay_control(package, version)
        settle_modes(package, epoch)
        file = out / f"ktpel-kiosk_{version}_amd64.deb"
        compression = ["-Zzstd", "-z3"] if fast else ["-Zxz", "-z6"]
        env = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
        call("dpkg-deb", "--root-owner-group", *compression, "-b", package, file, env=env)
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description="Builds the Linux package.")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "deb")
    parser.add_argument("--version", default="")
    parser.add_argument("--fast", action="store_true")
    options = parser.parse_args()
    missing = [tool for tool in ("dpkg-deb", "readelf", "strip", "patchelf", "git") if shutil.which(tool) is None]
    if missing:
        raise BuildError(f"not here: {', '.join(missing)}; install: apt-get install dpkg binutils patchelf git")
    file = build(options.out, version=options.version, fast=options.fast)
    print(f"{file} {file.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
