"""Reading a courier's bundle with suspicion: sizes are known before a byte is read, links are not followed, no name leaves the folder.

Everything is copied into memory within its limit, checked, and only then used; nothing is ever written by reading.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

from ktpel_kiosk.domain.courier import BundleItem, BundleManifest, Refused
from ktpel_kiosk.domain.errors import BadInput, KioskError, SecurityRefusal
from ktpel_kiosk.packet.courier_manifest import MAX_MANIFEST_BYTES, read_manifest

PREFIX = "ktpel-kurir-"
MANIFEST, README, INCOMPLETE = "manifest.jws", "README.txt", "BELUM-LENGKAP.txt"
PACKETS, RECEIPTS, STATUS, KEYS, SENDING = "packets", "receipts", "status", "keys", "kirim.json"
SUFFIX = ".ktpelpkt"
MAX_README_BYTES = 64 * 1024
MAX_RECEIPT_BYTES = 8 * 1024
MAX_STATUS_BYTES = 512 * 1024
MAX_KEYS_BYTES = 64 * 1024
MAX_STATE_BYTES = 2 * 1024 * 1024
MAX_FILES = 20_000
"""Entries of one folder that are looked at; a bundle has no reason for more."""
_RECEIPT_NAME = re.compile(r"[0-9a-z][0-9a-z._-]{0,63}\.jws", re.IGNORECASE)
_KEYS_NAME = re.compile(r"(\d{1,9})\.jws", re.IGNORECASE)
STATUS_NAME = re.compile(r"(\d{1,15})-(\d{1,15})\.jws", re.IGNORECASE)


class Unreadable(Exception):
    """A file that is not taken up; the text is the message key of the reason."""


def read_within(folder: Path, name: str, limit: int) -> bytes:
    """A regular file directly inside ``folder``, at most ``limit`` bytes. Raises Unreadable."""
    if Path(name).name != name or name in ("", ".", ".."):
        raise Unreadable("courier.file_foreign")
    path = folder / name
    try:
        _regular(os.lstat(path), limit)
        fd = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(fd, "rb") as file:
            _regular(os.fstat(fd), limit)
            data = file.read(limit + 1)
    except FileNotFoundError as e:
        raise Unreadable("courier.file_missing") from e
    except (OSError, ValueError) as e:
        raise Unreadable("courier.file_unreadable") from e
    if len(data) > limit:
        raise Unreadable("courier.file_too_large")
    return data


def _regular(found: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(found.st_mode) or _reparse(found):
        raise Unreadable("courier.file_link")
    if found.st_size > limit:
        raise Unreadable("courier.file_too_large")


def _reparse(found: os.stat_result) -> bool:
    """A link or junction of Windows."""
    return bool(getattr(found, "st_file_attributes", 0) & getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0))


def real_folder(path: Path) -> bool:
    """A directory that is no link."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return False
    return stat.S_ISDIR(found.st_mode) and not _reparse(found)


def find_bundles(root: Path) -> Sequence[Path]:
    """``root`` itself, or the bundles directly below it, by name. Raises BadInput ``courier.none``."""
    if not real_folder(root) and not root.is_dir():   # a folder the user named may well be reached by a link
        raise BadInput("courier.none", path=str(root))
    if root.name.lower().startswith(PREFIX) or (root / MANIFEST).is_file():
        return [root]
    try:
        names = sorted(n for n in os.listdir(root) if n.lower().startswith(PREFIX))[:MAX_FILES]
    except OSError as e:
        raise BadInput("courier.none", path=str(root)) from e
    found = [root / n for n in names if real_folder(root / n)]
    if not found:
        raise BadInput("courier.none", path=str(root))
    return found


class Bundle:
    """Implements :class:`ktpel_kiosk.ports.courier.OpenBundle`.

    Args:
        trusted: see :func:`ktpel_kiosk.packet.courier_manifest.read_manifest`.
    """

    def __init__(self, folder: Path, trusted: Collection[str] | None) -> None:
        self.folder = folder
        self._refused: list[Refused] = []
        self.text = ""
        """The signed manifest as it lies there; empty when it cannot be read."""
        self.manifest: BundleManifest | None = None
        try:
            self.text = _ascii(read_within(folder, MANIFEST, MAX_MANIFEST_BYTES))
            self.manifest = read_manifest(self.text, trusted)
        except Unreadable as e:
            missing = str(e) == "courier.file_missing"
            self._refuse(MANIFEST, "courier.incomplete" if missing else str(e))
        except KioskError as e:
            self._refuse(MANIFEST, e.message_key)
        if self.manifest is not None:
            self._check_readme(self.manifest.readme)

    @property
    def refused(self) -> tuple[Refused, ...]:
        return tuple(self._refused)

    def _refuse(self, entry: str, key: str) -> None:
        self._refused.append(Refused(entry, key))

    def _check_readme(self, wanted: str) -> None:
        """Whoever carries the disk acts on it: a number to call must not have been changed on the way."""
        try:
            found = hashlib.sha256(read_within(self.folder, README, MAX_README_BYTES)).hexdigest()
        except Unreadable as e:
            self._refuse(README, str(e))
            return
        if found != wanted:
            self._refuse(README, "courier.readme_altered")

    def packet(self, item: BundleItem) -> bytes:
        """The sealed file, exactly as the manifest lists it. Raises SecurityRefusal or BadInput."""
        name = item.packet_id + SUFFIX
        try:
            if not real_folder(self.folder / PACKETS):
                raise Unreadable("courier.file_missing")
            data = read_within(self.folder / PACKETS, name, item.size)
        except Unreadable as e:
            if str(e) == "courier.file_missing":
                raise BadInput("courier.packet_missing", packet_id=item.packet_id) from e
            raise SecurityRefusal("courier.packet_altered", packet_id=item.packet_id) from e
        if len(data) != item.size or hashlib.sha256(data).hexdigest() != item.sha256:
            raise SecurityRefusal("courier.packet_altered", packet_id=item.packet_id)
        return data

    def receipts(self) -> Iterator[tuple[str, str]]:
        return self._texts(RECEIPTS, _RECEIPT_NAME, MAX_RECEIPT_BYTES, str.lower)

    def statuses(self) -> Iterator[tuple[str, str]]:
        return self._texts(STATUS, STATUS_NAME, MAX_STATUS_BYTES, _first_number)

    def key_statements(self) -> Iterator[tuple[str, int, str]]:
        for name, text in self._texts(KEYS, _KEYS_NAME, MAX_KEYS_BYTES, _first_number):
            yield name, _first_number(name.rsplit("/", 1)[1]), text

    def _texts(self, sub: str, pattern: re.Pattern[str], limit: int, order: Callable[[str], object]) -> Iterator[tuple[str, str]]:
        """Names that start with a dot are somebody's temporary files and are passed over."""
        folder = self.folder / sub
        if not os.path.lexists(folder):
            return
        if not real_folder(folder):
            self._refuse(sub, "courier.file_link")
            return
        names, more = _names(folder)
        if more:
            self._refuse(sub, "courier.too_many_files")
        fitting = [n for n in names if pattern.fullmatch(n)]
        for foreign in sorted(set(names) - set(fitting)):
            self._refuse(f"{sub}/{_shown(foreign)}", "courier.file_foreign")
        for name in sorted(fitting, key=lambda n: (order(n), n)):
            try:
                text = _ascii(read_within(folder, name, limit))
            except Unreadable as e:
                self._refuse(f"{sub}/{name}", str(e))
                continue
            yield f"{sub}/{name}", text


def _names(folder: Path) -> tuple[list[str], bool]:
    found: list[str] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if len(found) >= MAX_FILES:
                    return found, True
                if not entry.name.startswith("."):
                    found.append(entry.name)
    except OSError:
        return found, False
    return found, False


def _first_number(name: str) -> int:
    found = STATUS_NAME.fullmatch(name) or _KEYS_NAME.fullmatch(name)
    return int(found[1]) if found else 0


def _shown(name: str) -> str:
    """A foreign name, fit for a line of text."""
    plain = name[:60].encode("ascii", "replace").decode()
    return "".join(c if c.isprintable() and c not in "\\/{}" else "?" for c in plain)


def _ascii(data: bytes) -> str:
    try:
        return data.decode("ascii").strip()
    except UnicodeDecodeError as e:
        raise Unreadable("courier.file_unreadable") from e
