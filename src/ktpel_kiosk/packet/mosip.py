"""The second encoding: the same session as a MOSIP registration packet (docs/mosip.md, ADR 0028). No I/O; any thread."""

from __future__ import annotations

import hashlib
import io
import os
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.jose import encode
from ktpel_kiosk.packet.container import EPOCH
from ktpel_kiosk.packet.keys import public_bytes
from ktpel_kiosk.packet.mosip_crypto import Random, encrypt, hex_hash, sign
from ktpel_kiosk.packet.mosip_files import Files, json_bytes, sub_packets
from ktpel_kiosk.packet.mosip_profile import Profile
from ktpel_kiosk.packet.mosip_session import Session, read_session
from ktpel_kiosk.packet.seal import PACKET_LIMIT_BYTES

ACCOUNT = "PACKET_MANAGER_ACCOUNT"
"""Folder below which registration packets lie on the other side."""
_FIVE = re.compile(r"[0-9]{5}")
_REQUEST = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{0,63}")


@dataclass(frozen=True, slots=True)
class MosipDesk:
    """This desk in the other system.

    Attributes:
        centre, machine: five digits each.
        recipient: the platform's packet certificate (RSA-2048). signer: the machine's private key (RSA, at least 2048 bits).
    """

    centre: str
    machine: str
    recipient: x509.Certificate
    signer: rsa.RSAPrivateKey

    @property
    def reference(self) -> str:
        return f"{self.centre}_{self.machine}"


@dataclass(frozen=True, slots=True)
class MosipPacket:
    """``data`` is the file ``<packet_id>.zip`` (ciphertext); ``announcement`` its item in the RID sync request that goes before it."""

    registration_id: str
    packet_id: str
    process: str
    data: bytes
    announcement: Mapping[str, Any]

    @property
    def path(self) -> str:
        """Where it belongs, relative to the output folder."""
        return f"{ACCOUNT}/{self.packet_id}.zip"


def export(entries: Mapping[str, bytes], profile: Profile, desk: MosipDesk, *, request: str = "",
           random: Random = os.urandom) -> MosipPacket:
    """The packet of an opened ``.ktpelpkt`` or of spare contents.

    Everything but keys, nonces, AADs and the padding of wrapped keys follows from the arguments.

    Args:
        request: the additional-information request this answers; then the process is CORRECTION.

    Raises:
        SecurityRefusal: the entries do not belong together.
        BadInput: ``packet.mosip_*``, ``packet.key``, ``packet.too_large``.
    """
    for field, value in (("center", desk.centre), ("machine", desk.machine)):
        if not _FIVE.fullmatch(value):
            raise BadInput("packet.mosip_number", field=field)
    if request and not _REQUEST.fullmatch(request):
        raise BadInput("packet.mosip_number", field="request")
    session = read_session(entries, profile)
    at = datetime.fromisoformat(session.manifest["created_at"]).astimezone(UTC).strftime("%Y%m%d%H%M%S")
    registration_id = f"{desk.centre}{desk.machine}{session.manifest['counter'] % 100_000:05d}{at}"
    packet_id = f"{request or registration_id}-{desk.reference}-{at}"
    process = _process(session, profile, request)
    names = {
        "registrationId": registration_id, "centerId": desk.centre, "machineId": desk.machine, "process": process,
        "keyIndex": hashlib.sha256(public_bytes(desk.signer.public_key())).hexdigest(),
    }
    outer: Files = {}
    for name, files in sub_packets(session, profile, names).items():
        plain = _zip(files)
        sealed = encrypt(plain, desk.recipient, random)
        stem = f"{registration_id}_{name}"
        outer[f"{profile.source}/{process}/{stem}.zip"] = sealed
        outer[f"{profile.source}/{process}/{stem}.json"] = json_bytes({
            "id": registration_id, "packetname": stem, "source": profile.source, "process": process, "schemaversion": profile.version,
            "signature": sign(plain, desk.signer), "encryptedhash": encode(hashlib.sha256(sealed).digest()),
            "providername": "PacketWriterImpl", "providerversion": "v1.0", "creationdate": session.manifest["created_at"],
            "refid": desk.reference,
        })
    data = encrypt(_zip(outer, compress=False), desk.recipient, random)
    if len(data) > PACKET_LIMIT_BYTES:
        raise BadInput("packet.too_large", found=len(data), limit=PACKET_LIMIT_BYTES)
    announcement = _announcement(registration_id, packet_id, process, data, profile.language)
    return MosipPacket(registration_id, packet_id, process, data, announcement)


def _process(session: Session, profile: Profile, request: str) -> str:
    if request:
        return "CORRECTION"
    service = str(session.manifest["process"])
    if service not in profile.processes:
        raise BadInput("packet.mosip_process", found=service[:40])
    return profile.processes[service]


def _announcement(registration_id: str, packet_id: str, process: str, data: bytes, language: str) -> dict[str, Any]:
    """What the receiver is told before the bytes come; a name, telephone or address is nobody's business at that stage."""
    return {
        "registrationId": registration_id, "packetId": packet_id, "registrationType": process, "packetHashValue": hex_hash(data),
        "packetSize": len(data), "supervisorStatus": "APPROVED", "supervisorComment": "", "name": "", "phone": "", "email": "",
        "langCode": language,
    }


def _zip(files: Files, *, compress: bool = True) -> bytes:
    """Entries in the given order with one date. Base64 shrinks by a quarter; ciphertext does not."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, EPOCH)
            info.create_system = 3
            info.external_attr = 0o100600 << 16
            info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
            archive.writestr(info, data)
    return buffer.getvalue()
