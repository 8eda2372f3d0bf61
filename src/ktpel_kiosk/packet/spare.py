"""Spare contents: the inner container of a packet, encrypted for this register alone, until the receipt is safe.

The desk cannot open its own packets, so without this a packet file that is lost before it was received would cost the applicant a
second visit. Each file has its own AES-256 key, which lives in the encrypted register only; forgetting that key is what destroys
the contents, whatever the disk still holds.
"""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ktpel_kiosk.domain.errors import Corrupt, IoFailure
from ktpel_kiosk.domain.retention import Spare
from ktpel_kiosk.packet.folder import PacketFolder

SPARE_SUFFIX = ".isi"
MAGIC = b"ktpel-isi-1\n"
KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 12, 16
OVERHEAD_BYTES = len(MAGIC) + NONCE_BYTES + TAG_BYTES


class SpareFolder(PacketFolder):
    """``<packet_id>.isi``: magic, nonce, AES-256-GCM ciphertext and tag; the packet id is bound as associated data."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, SPARE_SUFFIX)

    def keep(self, packet_id: str, container: bytes, at: datetime) -> Spare:
        """Write durably under a fresh key. Raises DiskFull, IoFailure."""
        key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
        data = MAGIC + nonce + AESGCM(key).encrypt(nonce, container, _bound(packet_id))
        return Spare(packet_id, self.write(packet_id, data), len(data), hashlib.sha256(data).hexdigest(), at, key)

    def open(self, spare: Spare) -> bytes:
        """The container. Raises Corrupt ``packet.spare_damaged``: missing, altered, or another packet's."""
        try:
            data = self.read(spare.path)
            if not data.startswith(MAGIC) or hashlib.sha256(data).hexdigest() != spare.sha256:
                raise Corrupt("packet.spare_damaged", packet_id=spare.packet_id)
            body = data[len(MAGIC):]
            return AESGCM(spare.key).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], _bound(spare.packet_id))
        except (InvalidTag, ValueError, IoFailure) as e:
            raise Corrupt("packet.spare_damaged", packet_id=spare.packet_id) from e


def _bound(packet_id: str) -> bytes:
    return MAGIC + packet_id.encode()
