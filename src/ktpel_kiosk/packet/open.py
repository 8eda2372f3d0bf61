"""Looking at a packet without a key, and opening it with the central one: all of it is right, or nothing is written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa

from ktpel_kiosk.domain.errors import BadInput, SecurityRefusal
from ktpel_kiosk.durable import storage_trouble
from ktpel_kiosk.packet import cms
from ktpel_kiosk.packet.certificates import vouched
from ktpel_kiosk.packet.checks import check_entries
from ktpel_kiosk.packet.container import read_container
from ktpel_kiosk.packet.keys import load_certificate, load_certificates, load_rsa_key
from ktpel_kiosk.packet.seal import PACKET_LIMIT_BYTES


@dataclass(frozen=True, slots=True)
class OpenedPacket:
    """A packet whose signature and every hash were checked.

    Attributes:
        signer: SHA-256 fingerprint (hex) of the station certificate inside; ``signer_known`` when the caller named whom to
            expect.
        entries: names in stored order; ``folder`` is where they were written, ``None`` when only checked.
    """

    packet_id: str
    station: str
    counter: int
    manifest: Mapping[str, Any]
    entries: tuple[str, ...]
    signer: str
    signer_subject: str
    signer_known: bool
    signed_at: datetime
    folder: Path | None


def _read(path: Path) -> bytes:
    """At most one byte more than a packet may have. Raises IoFailure or BadInput."""
    try:
        with path.open("rb") as f:
            data = f.read(PACKET_LIMIT_BYTES + 1)
    except OSError as e:
        raise storage_trouble(e, path) from e
    if len(data) > PACKET_LIMIT_BYTES:
        raise BadInput("packet.too_large", path=path.name, limit=PACKET_LIMIT_BYTES)
    return data


def inspect_packet(path: Path) -> dict[str, Any]:
    """What is readable without the key: structure, recipients, sizes, hash. Raises SecurityRefusal ``packet.structure``."""
    data = _read(path)
    envelope = cms.describe(data)
    return {
        "file": path.name, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(),
        "structure": "CMS AuthEnvelopedData (RFC 5083)", "content_encryption": envelope.algorithm,
        "key_transport": envelope.key_algorithm, "ciphertext_bytes": envelope.ciphertext_bytes,
        "recipients": [{"issuer": r.issuer, "serial": r.serial} for r in envelope.recipients],
    }


def open_packet(path: Path, key_pem: bytes, cert_pem: bytes, out_dir: Path, station_cert: bytes | None = None, *,
                password: bytes | None = None) -> OpenedPacket:
    """Decrypt, verify and write the entries into ``out_dir``, which must be new or empty.

    Args:
        key_pem, cert_pem: central RSA key and its certificate. station_cert: expected signers, or authorities that issue
            their certificates (PEM, one or several); without it any station is accepted and ``signer_known`` is False.

    Raises:
        BadInput: wrong key, not sealed for it, ``out_dir`` not empty. SecurityRefusal: the first thing that is wrong
            (``entry`` names it). IoFailure. In every case nothing was written.
    """
    if out_dir.exists() and (not out_dir.is_dir() or any(out_dir.iterdir())):
        raise BadInput("packet.out_not_empty", path=out_dir.name)
    opened, entries = _check(_read(path), load_rsa_key(key_pem, password), load_certificate(cert_pem),
                             load_certificates(station_cert) if station_cert else (), out_dir)
    _extract(entries, out_dir)
    return opened


def packet_checker(key_pem: bytes, cert_pem: bytes, station_cert: bytes | None = None) -> Callable[[bytes], dict[str, str]]:
    """A function for the receiving side: packet bytes to a short summary (packet_id, station, counter, nik, ...).

    It raises the same errors as :func:`open_packet` and keeps nothing. The gateway simulator is given one.
    """
    key, certificate = load_rsa_key(key_pem), load_certificate(cert_pem)
    expected = load_certificates(station_cert) if station_cert else ()

    def check(untrusted: bytes) -> dict[str, str]:
        opened, entries = _check(untrusted, key, certificate, expected, None)
        biodata = json.loads(entries["biodata.json"])
        m = opened.manifest
        return {
            "packet_id": opened.packet_id, "station": opened.station, "counter": str(opened.counter),
            "previous_hash": str(m["previous_hash"]), "created_at": str(m["created_at"]), "process": str(m["process"]),
            "nik": str(biodata["nik"]), "entries": str(len(entries)),
        }

    return check


def packet_reader(key_pem: bytes, cert_pem: bytes, station_cert: bytes | None = None) -> Callable[[bytes], Mapping[str, bytes]]:
    """A function for the receiving side: packet bytes to its checked entries by name. Raises as :func:`open_packet`; keeps nothing."""
    key, certificate = load_rsa_key(key_pem), load_certificate(cert_pem)
    expected = load_certificates(station_cert) if station_cert else ()
    return lambda untrusted: _check(untrusted, key, certificate, expected, None)[1]


def _check(untrusted: bytes, key: rsa.RSAPrivateKey, certificate: x509.Certificate, expected: Sequence[x509.Certificate],
           folder: Path | None) -> tuple[OpenedPacket, Mapping[str, bytes]]:
    signed = cms.unseal(untrusted, key, certificate)
    if expected and not vouched(signed.certificate, expected, signed.signed_at):
        raise SecurityRefusal("packet.signer")
    entries = read_container(signed.content)
    manifest = check_entries(entries)
    opened = OpenedPacket(
        packet_id=str(manifest["packet_id"]), station=str(manifest["station"]), counter=int(manifest["counter"]),
        manifest=manifest, entries=tuple(entries), signer=signed.certificate.fingerprint(hashes.SHA256()).hex(),
        signer_subject=signed.certificate.subject.rfc4514_string(), signer_known=bool(expected),
        signed_at=signed.signed_at, folder=folder,
    )
    return opened, entries


def _extract(entries: Mapping[str, bytes], out_dir: Path) -> None:
    """All entries into a temporary sibling, then one rename. Names were checked against the container's pattern."""
    temp: Path | None = None
    try:
        out_dir.parent.mkdir(parents=True, exist_ok=True)
        temp = Path(tempfile.mkdtemp(prefix=".ktpel-open-", dir=out_dir.parent))
        for name, data in entries.items():
            target = temp / name
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(data)
        if out_dir.exists():
            out_dir.rmdir()
        os.replace(temp, out_dir)
    except OSError as e:
        if temp is not None:
            shutil.rmtree(temp, ignore_errors=True)
        raise storage_trouble(e, out_dir) from e
