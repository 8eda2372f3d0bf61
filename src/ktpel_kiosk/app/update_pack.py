"""One version as one file: the code tree and a manifest with the digest of each file, made at the maker's, unpacked beside the others.

The file is verified by its signed length and digest before :func:`unpack` sees it; the limits below are for the day somebody signs a
wrong file. Only plain files and folders go in or come out.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ktpel_kiosk.app import update_layout as layout
from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.durable import make_folder, storage_trouble, sync_directory, sync_tree, write_durably

TREE_FOLDERS = ("src/ktpel_kiosk", "resources", "migrations", "docs/manual")
MAX_FILES, MAX_BYTES, MAX_MANIFEST = 60_000, 1_500_000_000, 24 * 1024 * 1024
_SCHEMA = re.compile(r"^SCHEMA_VERSION: Final = (\d+)$", re.MULTILINE)
_CODE = re.compile(r'^__version__ = "([\d.]+)"$', re.MULTILINE)
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Release:
    """What a version says of itself.

    Attributes:
        schema: of the register it writes. platform: ``linux-x86_64``, or ``any`` for code without a runtime of its own.
        python: interpreter inside the tree; empty: that of the installed package. packages: name -> version it needs there.
        files: path in the tree -> (SHA-256, bytes, executable).
    """

    version: str
    schema: int
    platform: str = "any"
    python: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, tuple[str, int, bool]] = field(default_factory=dict)

    def as_bytes(self) -> bytes:
        body = {"version": self.version, "schema": self.schema, "platform": self.platform, "python": self.python,
                "packages": dict(self.packages), "files": {name: list(facts) for name, facts in self.files.items()}}
        return json.dumps(body, indent=0, sort_keys=True).encode()


def read_release(found: Mapping[str, Any]) -> Release:
    """Raises BadInput ``update.payload``."""
    try:
        files = {str(name): (str(sha), int(size), bool(runs)) for name, (sha, size, runs) in found["files"].items()}
        made = Release(str(found["version"]), int(found["schema"]), str(found["platform"]), str(found["python"]),
                       {str(k): str(v) for k, v in found["packages"].items()}, files)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadInput("update.payload", reason="manifest") from error
    if not layout.parts(made.version) or len(files) > MAX_FILES or not all(_plain(name) for name in (*files, made.python or "x")):
        raise BadInput("update.payload", reason="manifest")
    if sum(size for _sha, size, _runs in files.values()) > MAX_BYTES or any(size < 0 for _sha, size, _runs in files.values()):
        raise BadInput("update.payload", reason="size")
    return made


def _plain(name: str) -> bool:
    """A relative path without tricks, on every system."""
    return 0 < len(name) <= 300 and "\\" not in name and ":" not in name and name.isprintable() and all(
        part not in ("", ".", "..") for part in name.split("/"))


# -- at the maker's -----------------------------------------------------------------------------------------------------------


def describe(tree: Path, packages: Mapping[str, str], *, platform: str = "any", python: str = "") -> Release:
    """Of a code tree (:data:`TREE_FOLDERS`). Raises BadInput ``update.tree``."""
    try:
        version = _CODE.search((tree / "src/ktpel_kiosk/__init__.py").read_text("utf-8"))
        schema = _SCHEMA.search((tree / "src/ktpel_kiosk/register/driver.py").read_text("utf-8"))
    except OSError as error:
        raise BadInput("update.tree", path=str(tree)) from error
    if version is None or schema is None or not layout.parts(version[1]):
        raise BadInput("update.tree", path=str(tree))
    files = {}
    for path in sorted(_code_files(tree, bool(python))):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        facts = path.stat()
        files[path.relative_to(tree).as_posix()] = (digest, facts.st_size, bool(facts.st_mode & 0o100))
    return Release(version[1], int(schema[1]), platform, python, packages, files)


def _code_files(tree: Path, everything: bool) -> Iterator[Path]:
    """``everything``: a tree that brings its own interpreter is taken as it is."""
    for top in ((tree,) if everything else (tree / name for name in TREE_FOLDERS)):
        for path in top.rglob("*"):
            if path.is_file() and not path.is_symlink() and "__pycache__" not in path.parts and path.suffix != ".pyc":
                yield path


def pack(tree: Path, release: Release, out: Path) -> Path:
    """``out`` as ``.tar.gz``: the same tree gives the same bytes. Raises DiskFull, IoFailure."""
    import gzip

    from ktpel_kiosk.durable import durable_file

    with durable_file(out, mode=0o644) as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed, \
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        manifest = release.as_bytes()
        archive.addfile(_entry(layout.MANIFEST, len(manifest), False), io.BytesIO(manifest))
        for name, (_sha, size, runs) in release.files.items():
            with (tree / name).open("rb") as file:
                archive.addfile(_entry(f"{layout.TREE}/{name}", size, runs), file)
    if describe(tree, release.packages, platform=release.platform, python=release.python) != release:
        raise BadInput("update.tree_changed", path=str(tree))
    return out


def _entry(name: str, size: int, runs: bool) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size, made.mode = size, 0o755 if runs else 0o644
    return made


def locked_packages(lock: Path) -> dict[str, str]:
    """``name==version`` lines of a requirements file."""
    found = re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([A-Za-z0-9.+!-]+)", lock.read_text("utf-8"), re.MULTILINE)
    return {name.lower().replace("_", "-"): version for name, version in found}


# -- at the desk --------------------------------------------------------------------------------------------------------------


def unpack(archive: Path, version: str, store: Path, *, machine: str, has: Mapping[str, str]) -> Release:
    """Beside the other versions: read whole into a folder that does not count, synced, then renamed. An unpacked one stays as it is.

    Args:
        machine: this machine's platform. has: name -> version of the packages installed here.

    Raises:
        BadInput: ``update.payload``, ``update.platform``, ``update.runtime``. DiskFull, IoFailure. Nothing counts that was unpacked.
    """
    final = store / layout.VERSIONS / version
    known = layout.manifest_of(store, version)
    if known is not None and whole(final, found := read_release(known)):
        return found
    part = final.with_name(f".{version}.part")
    try:
        for leftover in (part, final):
            if leftover.exists():
                shutil.rmtree(leftover)
        make_folder(part, mode=0o755)
        layout.step("unpack.begin")
        release = _members(archive, part, version, machine, has)
        layout.step("unpack.files")
        _compile(part, release)
        sync_tree(part)
        layout.step("unpack.synced")
        os.replace(part, final)
        sync_directory(final.parent)
        layout.step("unpack.named")
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise storage_trouble(error, part) from error
    except BadInput:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return release


def _members(archive: Path, part: Path, version: str, machine: str, has: Mapping[str, str]) -> Release:
    try:
        with tarfile.open(archive, mode="r|gz") as packed:
            first = packed.next()
            if first is None or first.name != layout.MANIFEST or not first.isreg() or first.size > MAX_MANIFEST:
                raise BadInput("update.payload", reason="manifest")
            text = packed.extractfile(first)
            release = read_release(json.loads(text.read() if text is not None else b""))
            _require(release, version, machine, has)
            left = dict(release.files)
            while (member := packed.next()) is not None:
                _member(packed, member, part, left)
    except (tarfile.TarError, EOFError, ValueError, RecursionError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's trouble; gzip's own has no number
        raise BadInput("update.payload", reason="archive") from error
    except Exception as error:
        if type(error).__module__ == "zlib":
            raise BadInput("update.payload", reason="archive") from error
        raise
    if left:
        raise BadInput("update.payload", reason="missing")
    write_durably(part / layout.MANIFEST, release.as_bytes(), mode=0o644)
    return release


def _require(release: Release, version: str, machine: str, has: Mapping[str, str]) -> None:
    if release.version != version:
        raise BadInput("update.payload", reason="version")
    if release.platform not in ("any", machine):
        raise BadInput("update.platform", found=release.platform, expected=machine)
    lacking = sorted(name for name, wanted in release.packages.items() if has.get(name) != wanted)
    if lacking and not release.python:
        raise BadInput("update.runtime", found=f"{len(lacking)}", entry=lacking[0])


def _member(packed: tarfile.TarFile, member: tarfile.TarInfo, part: Path, left: dict[str, tuple[str, int, bool]]) -> None:
    """One file the manifest names, once, with its size and digest."""
    name = member.name.removeprefix(f"{layout.TREE}/")
    if member.name == name or name not in left or not member.isreg() or member.size != left[name][1]:
        raise BadInput("update.payload", reason="entry")
    sha, _size, runs = left.pop(name)
    source = packed.extractfile(member)
    target = part / layout.TREE / name
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755 if runs else 0o644), "wb") as out:
        while source is not None and (chunk := source.read(_CHUNK)):
            digest.update(chunk)
            out.write(chunk)
    if digest.hexdigest() != sha:
        raise BadInput("update.payload", reason="digest")


def _compile(part: Path, release: Release) -> None:
    """Compiled now, for whoever starts it later may not write here: a start would compile a thousand files again and again. By the hash
    of the source, unchecked: the tree is never written again, and no copy's time stamps matter."""
    import subprocess
    import sys

    tree = part / layout.TREE
    python = str(tree / release.python) if release.python else sys.executable
    tops = (tree,) if release.python else (tree / "src", tree / "migrations")  # its own interpreter has a library to be compiled too
    with suppress(OSError, subprocess.TimeoutExpired):  # without it the version starts slowly, and starts
        subprocess.run([python, "-P", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", "-s", str(part), "-p",
                        str(part.with_name(release.version)), *(str(top) for top in tops if top.is_dir())], timeout=900, check=False,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def whole(folder: Path, release: Release) -> bool:
    """Each file of an unpacked version is there, as it was signed."""
    for name, (sha, size, _runs) in release.files.items():
        path = folder / layout.TREE / name
        try:
            if path.is_symlink() or path.stat().st_size != size:
                return False
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != sha:
                    return False
        except OSError:
            return False
    return True


def installed_packages() -> dict[str, str]:
    from importlib.metadata import distributions

    return {str(d.metadata["Name"]).lower().replace("_", "-"): d.version for d in distributions() if d.metadata["Name"]}


def this_machine() -> str:
    import platform
    import sys

    return f"{'windows' if sys.platform == 'win32' else sys.platform}-{platform.machine().lower()}"


def drop(store: Path, keep: Sequence[str]) -> list[str]:
    """Remove versions nobody may go back to, and what was left half unpacked."""
    gone = []
    folder = store / layout.VERSIONS
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in keep and path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
            gone.append(path.name)
    return gone
