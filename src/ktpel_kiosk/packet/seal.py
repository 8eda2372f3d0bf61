"""Sealing: content to a durable, signed and encrypted file that this station cannot open again, and the spare contents beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from itertools import chain
from pathlib import Path

from cryptography import x509

from ktpel_kiosk.domain.errors import BadInput, Corrupt, IoFailure, SecurityRefusal, StorageTrouble
from ktpel_kiosk.domain.packet import PacketContent, SealedPacket
from ktpel_kiosk.domain.retention import Spare
from ktpel_kiosk.packet import cms
from ktpel_kiosk.packet.build import build_entries
from ktpel_kiosk.packet.certificates import check_not_expired, check_recipient, check_station, in_force
from ktpel_kiosk.packet.container import Entry, read_container, write_container
from ktpel_kiosk.packet.folder import PacketFolder
from ktpel_kiosk.packet.keys import SigningKey, public_bytes
from ktpel_kiosk.packet.renew import NewIdentity, renew
from ktpel_kiosk.packet.spare import SpareFolder

SUFFIX = ".ktpelpkt"
PACKET_LIMIT_BYTES = 5 * 1024 * 1024
"""A packet of exactly this size is still allowed (PACKET.md, limits)."""


class PacketFiles:
    """The two folders of sealed packets and their spare contents: everything that needs no key. Any thread.

    Args:
        folder: packet folder; made when missing. Paths are file names relative to it.
        spares: folder of the spare contents; default ``simpanan`` beside the packet folder.
    """

    def __init__(self, folder: Path, *, spares: Path | None = None) -> None:
        self._packets = PacketFolder(folder, SUFFIX)
        self._spares = SpareFolder(spares or folder.parent / "simpanan")

    def read(self, path: str) -> bytes:
        """Bytes of a sealed file. Raises IoFailure."""
        return self._packets.read(path)

    def exists(self, path: str, sha256: str) -> bool:
        """The file is there and has this SHA-256 (hex)."""
        return self._packets.matches(path, sha256)

    def size(self, path: str) -> int:
        """Bytes of a packet or spare file; -1 when it is not there."""
        return self._of(path).size(path)

    def spare_opens(self, spare: Spare) -> bool:
        """The spare is there, unaltered, and opens with its key."""
        try:
            return bool(self._spares.open(spare))
        except Corrupt:
            return False

    def leftovers(self, known: frozenset[str]) -> Iterator[str]:
        """Packet, spare and temp files that are not in ``known``; files of other kinds are nobody's leftovers."""
        return chain(self._packets.others(known), self._spares.others(known))

    def free_bytes(self) -> int:
        """Room left on the disk of the packet folder. Raises IoFailure."""
        return self._packets.free_bytes()

    def remove(self, *paths: str) -> None:
        """Delete files; those already gone are fine. Raises IoFailure."""
        for folder in (self._packets, self._spares):
            folder.remove([p for p in paths if self._of(p) is folder])

    def _of(self, name: str) -> PacketFolder:
        return self._spares if self._spares.holds(name) else self._packets


class PacketSealer(PacketFiles):
    """Implements :class:`ktpel_kiosk.ports.services.Sealer` in two folders. Any thread.

    Args:
        folder: packet folder; made when missing. Paths in results are file names relative to it.
        station_key, station_cert: signer; they must belong together.
        recipients: certificates of the central key now in force and the next one (RSA-3072 or longer).
        limit_bytes: largest sealed file.
        spares: folder of the spare contents; default ``simpanan`` beside the packet folder.

    Raises:
        BadInput: ``packet.key_pair``, ``packet.recipient``, ``packet.recipient_usage``, ``packet.station_certificate``.
    """

    def __init__(self, folder: Path, station_key: SigningKey, station_cert: x509.Certificate,
                 recipients: Sequence[x509.Certificate], *, limit_bytes: int = PACKET_LIMIT_BYTES, spares: Path | None = None) -> None:
        super().__init__(folder, spares=spares)
        if public_bytes(station_key.public_key()) != public_bytes(station_cert.public_key()):
            raise BadInput("packet.key_pair")
        if not recipients:
            raise BadInput("packet.recipient")
        for certificate in recipients:
            check_recipient(certificate)
        check_station(station_cert)
        self._key = station_key
        self._certificate = station_cert
        self._recipients = tuple(recipients)
        self._limit = limit_bytes

    def seal(self, content: PacketContent) -> SealedPacket:
        """Build, sign, encrypt and write durably: temp file, fsync, rename, directory fsync; the spare contents likewise.

        Raises:
            DiskFull: ``storage.disk_full``. IoFailure: ``storage.*``.
            BadInput: ``packet.too_large``, a document or a sample that cannot be encoded; ``packet.recipient_expired`` (none of the
                recipients is in force), ``packet.station_expired``.
        """
        return self._finish(content.packet_id, build_entries(content), content.created_at)

    def reseal(self, spare: Spare, *, packet_id: str, counter: int, previous_hash: str, created_at: datetime) -> SealedPacket:
        """See the port: the same entries under a new manifest, signed and encrypted for today's recipients."""
        identity = NewIdentity(packet_id, counter, previous_hash, created_at, spare.packet_id)
        try:
            entries = renew(read_container(self._spares.open(spare)), identity)
        except SecurityRefusal as e:  # it decrypted, yet is no packet: a defect of then, not an attack of now
            raise Corrupt("packet.spare_damaged", packet_id=spare.packet_id) from e
        return self._finish(packet_id, entries, created_at)

    def _finish(self, packet_id: str, entries: Sequence[Entry], at: datetime) -> SealedPacket:
        """Two files, each durable. The spare's flushes wait for the disk while the packet is signed and encrypted."""
        container = write_container(entries)
        check_not_expired(self._certificate, at)
        with ThreadPoolExecutor(1, "spare") as beside:
            keeping = beside.submit(self._spares.keep, packet_id, container, at)
            try:
                name, sealed = self._packet(packet_id, container, at)
            except BaseException:
                with suppress(StorageTrouble):
                    self._spares.remove([keeping.result().path])
                raise
            try:
                spare = keeping.result()
            except BaseException:  # a full disk: the next try has another name and needs the room
                with suppress(IoFailure):
                    self._packets.remove([name])
                raise
        return SealedPacket(packet_id, name, hashlib.sha256(sealed).hexdigest(), len(sealed), tuple(n for n, _ in entries), spare)

    def _packet(self, packet_id: str, container: bytes, at: datetime) -> tuple[str, bytes]:
        sealed = cms.seal(container, self._key, self._certificate, at, in_force(self._recipients, at))
        if len(sealed) > self._limit:
            raise BadInput("packet.too_large", found=len(sealed), limit=self._limit, packet_id=packet_id)
        return self._packets.write(packet_id, sealed), sealed
