"""Sealing: content to a durable, signed and encrypted file that this station cannot open again."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from ktpel_kiosk.domain.errors import BadInput, DiskFull, IoFailure
from ktpel_kiosk.domain.packet import PacketContent, SealedPacket
from ktpel_kiosk.packet import cms
from ktpel_kiosk.packet.build import build_entries
from ktpel_kiosk.packet.container import write_container
from ktpel_kiosk.packet.keys import SigningKey, public_bytes

SUFFIX = ".ktpelpkt"
TEMP_SUFFIX = ".ktpelpkt.tmp"
PACKET_LIMIT_BYTES = 5 * 1024 * 1024
"""A packet of exactly this size is still allowed (PACKET.md, limits)."""
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,120}")
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class PacketSealer:
    """Implements :class:`ktpel_kiosk.ports.services.Sealer` in one folder. Any thread.

    Args:
        folder: packet folder; made when missing. Paths in results are file names relative to it.
        station_key, station_cert: signer; they must belong together.
        recipients: certificates of the central key now in force and the next one (RSA-3072 or longer).
        limit_bytes: largest sealed file.

    Raises:
        BadInput: ``packet.key_pair`` or ``packet.recipient``.
    """

    def __init__(self, folder: Path, station_key: SigningKey, station_cert: x509.Certificate,
                 recipients: Sequence[x509.Certificate], *, limit_bytes: int = PACKET_LIMIT_BYTES) -> None:
        if public_bytes(station_key.public_key()) != public_bytes(station_cert.public_key()):
            raise BadInput("packet.key_pair")
        if not recipients:
            raise BadInput("packet.recipient")
        cms.encrypt(b"", recipients)
        self._folder = folder
        self._key = station_key
        self._certificate = station_cert
        self._recipients = tuple(recipients)
        self._limit = limit_bytes
        folder.mkdir(parents=True, exist_ok=True)

    def seal(self, content: PacketContent) -> SealedPacket:
        """Build, sign, encrypt and write durably: temp file, fsync, rename, directory fsync.

        Raises:
            DiskFull: ``packet.disk_full``. IoFailure: ``packet.write``.
            BadInput: ``packet.too_large``, a document or a sample that cannot be encoded.
        """
        entries = build_entries(content)
        signed = cms.sign(write_container(entries), self._key, self._certificate, content.created_at)
        sealed = cms.encrypt(signed, self._recipients)
        if len(sealed) > self._limit:
            raise BadInput("packet.too_large", found=len(sealed), limit=self._limit, packet_id=content.packet_id)
        path = self._path(content.packet_id + SUFFIX)
        self._write(path, sealed)
        return SealedPacket(
            content.packet_id, path.name, hashlib.sha256(sealed).hexdigest(), len(sealed), tuple(name for name, _ in entries),
        )

    def read(self, path: str) -> bytes:
        """Bytes of a sealed file. Raises IoFailure ``packet.read``."""
        try:
            return self._path(path).read_bytes()
        except OSError as e:
            raise IoFailure("packet.read", path=path, errno=e.errno) from e

    def exists(self, path: str, sha256: str) -> bool:
        """The file is there and has this SHA-256 (hex)."""
        try:
            with self._path(path).open("rb") as f:
                return hashlib.file_digest(f, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def leftovers(self, known: frozenset[str]) -> Sequence[str]:
        """Packet and temp files of this folder that are not in ``known``; files of other kinds are nobody's leftovers."""
        try:
            names = sorted(p.name for p in self._folder.iterdir() if p.is_file())
        except OSError as e:
            raise IoFailure("packet.read", path=self._folder.name, errno=e.errno) from e
        return [n for n in names if n.endswith((SUFFIX, TEMP_SUFFIX)) and n not in known]

    def remove(self, path: str) -> None:
        """Delete a file; one already gone is fine. Raises IoFailure ``packet.write``."""
        try:
            self._path(path).unlink(missing_ok=True)
            _sync_folder(self._folder)
        except OSError as e:
            raise IoFailure("packet.write", path=path, errno=e.errno) from e

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise BadInput("packet.file_name")
        return self._folder / name

    def _write(self, path: Path, data: bytes) -> None:
        temp = path.with_name(path.name.removesuffix(SUFFIX) + TEMP_SUFFIX)
        try:
            with temp.open("wb") as f:
                f.write(data)
                f.flush()
                os.fsync(f.fileno())
            temp.replace(path)
            _sync_folder(self._folder)
        except OSError as e:
            self._drop_quietly(temp)
            if e.errno in _FULL:
                raise DiskFull("packet.disk_full", need_bytes=len(data), free_bytes=self._free()) from e
            raise IoFailure("packet.write", path=path.name, errno=e.errno) from e

    def _drop_quietly(self, temp: Path) -> None:
        try:
            temp.unlink(missing_ok=True)
        except OSError:
            return  # start-up clears leftovers anyway; the first error is the one to report

    def _free(self) -> int:
        try:
            return shutil.disk_usage(self._folder).free
        except OSError:
            return 0


def _sync_folder(folder: Path) -> None:
    """Make a rename durable. Windows has no directory handles to sync; NTFS journals the rename itself."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
