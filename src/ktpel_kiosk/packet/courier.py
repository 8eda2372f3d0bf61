"""Bundles of packets for a courier's USB disk (PACKET.md, "No line at all: the courier").

``ktpel-kurir-<station>-<date>-<id>/`` holds ``packets/*.ktpelpkt``, ``README.txt`` and, written last, the signed ``manifest.jws``: a disk
pulled out at any moment carries either a whole bundle or one without a manifest, marked by ``BELUM-LENGKAP.txt``. What comes back lies
in ``receipts/`` and ``status/``. Names fit FAT32 and exFAT.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from cryptography import x509

from ktpel_kiosk.domain.courier import BundleItem, BundlePlan
from ktpel_kiosk.domain.errors import BadInput, DiskFull, IoFailure, KioskError, StorageTrouble
from ktpel_kiosk.durable import sync_directory, write_durably
from ktpel_kiosk.packet.courier_manifest import fingerprint, read_manifest, sign_manifest
from ktpel_kiosk.packet.courier_read import INCOMPLETE, MANIFEST, PACKETS, PREFIX, README, SUFFIX, Bundle, find_bundles, real_folder
from ktpel_kiosk.packet.keys import SigningKey
from ktpel_kiosk.ports.courier import Written

CLUSTER = 64 * 1024
"""The largest piece a FAT disk gives to a file; each file may waste almost one."""
SPARE_BYTES = 1024 * 1024
"""Left free for receipts and statuses on the way back, beside the room for the manifest."""
_ITEM_BYTES = 400
FILE_MODE = 0o644

Reader = Callable[[BundleItem], bytes]
Progress = Callable[[int, int], object]


def open_any(folder: Path) -> Bundle:
    """For a computer without any key: proves that nothing was changed after signing; the gateway decides whether it knows the signer."""
    return Bundle(folder, None)


class CourierBundles:
    """Implements :class:`ktpel_kiosk.ports.courier.CourierDisk` for one station.

    Args:
        also: earlier certificates of this station; bundles signed by them still come back.
    """

    def __init__(self, key: SigningKey, certificate: x509.Certificate, also: Collection[x509.Certificate] = ()) -> None:
        self._key, self._certificate = key, certificate
        self._trusted = frozenset(map(fingerprint, (certificate, *also)))

    def find(self, root: Path) -> Sequence[Path]:
        return find_bundles(root)

    def open(self, folder: Path) -> Bundle:
        return Bundle(folder, self._trusted)

    def write(self, root: Path, plan: BundlePlan, read: Reader, *, limit_bytes: int = 0,
              on_progress: Progress = lambda done, planned: None) -> Written:
        room = _room(root)
        fitting = _fitting(plan.items, min(room, limit_bytes) if limit_bytes else room)
        if not fitting:
            raise DiskFull("courier.no_room", path=str(root), free_bytes=room, need_bytes=plan.items[0].size if plan.items else 0)
        return _Writing(root, replace(plan, items=fitting), plan.items[len(fitting):], read, on_progress,
                        self._key, self._certificate).run()


def bundle_name(station: str, local_date: str, bundle_id: str) -> str:
    """Folder name: small letters, digits and dashes only, so that every file system keeps it."""
    plain = re.sub(r"[^0-9a-z]+", "-", station.lower()).strip("-")[:40] or "stasiun"
    return f"{PREFIX}{plain}-{local_date}-{re.sub('[^0-9a-z]', '', bundle_id.lower())[-8:]}"


def _room(root: Path) -> int:
    """Bytes a bundle may take of this disk. Raises IoFailure."""
    try:
        if not root.is_dir():
            raise IoFailure("courier.disk_gone", path=str(root))
        if not os.access(root, os.W_OK):
            raise IoFailure("courier.read_only", path=str(root))
        return shutil.disk_usage(root).free
    except OSError as e:
        raise trouble_of(e, root) from e


def _fitting(items: Sequence[BundleItem], room: int) -> tuple[BundleItem, ...]:
    """The first items that surely fit, whole pieces of the disk counted."""
    left = room - SPARE_BYTES - 3 * CLUSTER
    chosen = 0
    for item in items:
        left -= -(-item.size // CLUSTER) * CLUSTER + 2 * _ITEM_BYTES
        if left < 0:
            break
        chosen += 1
    return tuple(items[:chosen])


def trouble_of(error: OSError, path: Path) -> StorageTrouble:
    """What an error of the disk means to whoever holds it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFull("courier.no_room", path=str(path))
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return IoFailure("courier.read_only", path=str(path), errno=error.errno)
    return IoFailure("courier.disk_gone", path=str(path), errno=error.errno)


def storage_of(trouble: StorageTrouble, path: Path) -> StorageTrouble:
    """The same trouble, told as one of the courier's disk."""
    if trouble.message_key.startswith("courier."):
        return trouble
    number = errno.ENOSPC if isinstance(trouble, DiskFull) else int(trouble.facts.get("errno") or errno.EIO)
    return trouble_of(OSError(number, ""), path)


class _Writing:
    """One bundle on its way to a disk."""

    def __init__(self, root: Path, plan: BundlePlan, left: tuple[BundleItem, ...], read: Reader, on_progress: Progress,
                 key: SigningKey, certificate: x509.Certificate) -> None:
        self._root, self._plan, self._left, self._read, self._progress = root, plan, list(left), read, on_progress
        self._key, self._certificate = key, certificate
        self._folder = root / bundle_name(plan.station, plan.local_date, plan.bundle_id)
        self._device = os.stat(root).st_dev
        self._written: list[BundleItem] = []
        self._damaged: list[BundleItem] = []

    def run(self) -> Written:
        try:
            self._begin()
            self._packets()
            text = self._finish()
        except BaseException as error:
            self._clear()
            if isinstance(error, OSError):
                raise trouble_of(error, self._root) from error
            raise
        manifest = read_manifest(text, {fingerprint(self._certificate)})
        return Written(self._folder, manifest, tuple(self._damaged), tuple(self._left))

    def _begin(self) -> None:
        (self._folder / PACKETS).mkdir(parents=True)
        self._put(INCOMPLETE, b"Bundel ini belum selesai ditulis. Jangan dibawa; ulangi dari komputer kantor.\r\n")
        sync_directory(self._root)

    def _packets(self) -> None:
        total, done = sum(i.size for i in self._plan.items), 0
        for number, item in enumerate(self._plan.items):
            try:
                data = self._read(item)
            except KioskError:   # the file on the kiosk's own disk is missing or unreadable
                data = b""
            if len(data) != item.size or hashlib.sha256(data).hexdigest() != item.sha256:
                self._damaged.append(item)
                continue
            try:
                self._put(f"{PACKETS}/{item.packet_id}{SUFFIX}", data)
            except DiskFull:   # somebody else wrote there meanwhile: what fits is a bundle of its own
                self._left[:0] = self._plan.items[number:]
                break
            self._written.append(item)
            done += item.size
            self._progress(done, total)
        if not self._written and self._damaged and not self._left:
            raise BadInput("courier.nothing", count=len(self._damaged))

    def _finish(self) -> str:
        """README and manifest; on a disk that is full meanwhile the last packets give way."""
        while self._written:
            plan = replace(self._plan, items=tuple(self._written))
            readme = _readme(plan, self._folder.name)
            text = sign_manifest(plan, hashlib.sha256(readme).hexdigest(), self._key, self._certificate)
            try:
                self._put(README, readme)
                self._put(MANIFEST, text.encode())
            except DiskFull:
                last = self._written.pop()
                self._left.insert(0, last)
                (self._folder / PACKETS / (last.packet_id + SUFFIX)).unlink(missing_ok=True)
                continue
            (self._folder / INCOMPLETE).unlink()
            sync_directory(self._folder)
            return text
        raise DiskFull("courier.no_room", path=str(self._root), free_bytes=_room(self._root))

    def _put(self, name: str, data: bytes) -> None:
        """A whole file, or none. A disk that was pulled out must not turn into a folder of the same name on the machine's own disk."""
        path = self._folder / name
        try:
            if os.stat(path.parent).st_dev != self._device:
                raise IoFailure("courier.disk_gone", path=str(self._root))
            write_durably(path, data, mode=FILE_MODE)
        except OSError as e:
            raise trouble_of(e, self._root) from e
        except StorageTrouble as e:
            raise storage_of(e, self._root) from e

    def _clear(self) -> None:
        """Leave nothing that looks like a bundle; a disk that is gone keeps its mark of incompleteness."""
        with suppress(OSError):
            (self._folder / MANIFEST).unlink(missing_ok=True)
        if real_folder(self._folder):
            shutil.rmtree(self._folder, ignore_errors=True)


def _readme(plan: BundlePlan, name: str) -> bytes:
    """For the person who carries it; CRLF, so that any editor shows it."""
    size = sum(i.size for i in plan.items) / 1_000_000
    lines = [
        "PAKET PEREKAMAN KTP-el",
        "",
        f"Bundel   : {name}",
        f"Stasiun  : {plan.station}",
        f"Isi      : {len(plan.items)} paket, {size:.1f} MB".replace(".", ","),
        *plan.notes,
        "",
        "Apa ini?",
        "Hasil perekaman KTP-el yang sudah disegel dan dienkripsi. Hanya pusat yang dapat membukanya; Anda yang membawa pun tidak.",
        "Jangan membuka, mengubah, atau menghapus berkas di dalamnya: setiap perubahan ketahuan dan ditolak.",
        "",
        "Cara mengirim (di komputer mana pun yang tersambung dan sudah dipasangi program KTP-el Kiosk):",
        "  1. Pasang USB ini.",
        f"  2. Jalankan:  ktpel-kiosk courier send {name} --gateway ALAMAT --ca BERKAS_CA",
        "     (alamat dan berkas CA diberikan oleh dinas bersama izin kurir).",
        "  3. Tunggu sampai tertulis \"Semua paket sudah diterima\". Bila terputus, jalankan lagi: pengiriman dilanjutkan.",
        "  4. Bawa USB ini kembali ke kantor. Tanda terima ada di dalamnya dan harus dibaca di kantor.",
        "",
        "Bila USB hilang atau rusak, segera beri tahu kantor di atas. Data tidak dapat dibaca orang lain dan dapat disalin ulang.",
        f"Bila ada berkas {INCOMPLETE}, penyalinan belum selesai: kembalikan ke kantor.",
    ]
    return "\r\n".join([*lines, ""]).encode("utf-8")
