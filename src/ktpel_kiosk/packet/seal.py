"""Sealing: content to a durable, signed and encrypted file that this station cannot open again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.domain.packet import PacketContent, SealedPacket
from ktpel_kiosk.durable import storage_trouble, sync_directory, write_durably
from ktpel_kiosk.packet import cms
from ktpel_kiosk.packet.build import build_entries
from ktpel_kiosk.packet.container import write_container
from ktpel_kiosk.packet.keys import SigningKey, public_bytes

SUFFIX = ".ktpelpkt"
PACKET_LIMIT_BYTES = 5 * 1024 * 1024
"""A packet of exactly this size is still allowed (PACKET.md, limits)."""
_NAME = re.compile(r"\.?[0-9A-Za-z][0-9A-Za-z._-]{0,120}")
_OURS = re.compile(r"[^.].*\.ktpelpkt|\..*\.ktpelpkt\.\d+\.tmp")


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
            DiskFull: ``storage.disk_full``. IoFailure: ``storage.*``.
            BadInput: ``packet.too_large``, a document or a sample that cannot be encoded.
        """
        entries = build_entries(content)
        signed = cms.sign(write_container(entries), self._key, self._certificate, content.created_at)
        sealed = cms.encrypt(signed, self._recipients)
        if len(sealed) > self._limit:
            raise BadInput("packet.too_large", found=len(sealed), limit=self._limit, packet_id=content.packet_id)
        path = self._path(content.packet_id + SUFFIX)
        write_durably(path, sealed)
        return SealedPacket(
            content.packet_id, path.name, hashlib.sha256(sealed).hexdigest(), len(sealed), tuple(name for name, _ in entries),
        )

    def read(self, path: str) -> bytes:
        """Bytes of a sealed file. Raises IoFailure."""
        try:
            return self._path(path).read_bytes()
        except OSError as e:
            raise storage_trouble(e, self._folder / path) from e

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
            raise storage_trouble(e, self._folder) from e
        return [n for n in names if _OURS.fullmatch(n) and n not in known]

    def remove(self, path: str) -> None:
        """Delete a file; one already gone is fine. Raises IoFailure."""
        try:
            self._path(path).unlink(missing_ok=True)
            sync_directory(self._folder)
        except OSError as e:
            raise storage_trouble(e, self._folder) from e

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise BadInput("packet.file_name")
        return self._folder / name
