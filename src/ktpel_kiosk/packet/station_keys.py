"""The keys of a production station: own private keys made here, requests for their certificates, certificates taken back.

The folder is laid out as :class:`ktpel_kiosk.packet.keys.DemoKeys`, without any private key of somebody else. Certificates come in all
at once or not at all: what is to be installed is written down first (``pasang.json``) and then done; whoever opens the folder after a cut
finishes it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.durable import make_folder, storage_trouble, write_durably
from ktpel_kiosk.packet.keys import DemoKeys, SigningKey, load_certificate, load_certificates, load_signing_key

STATION, CENTRE, RECEIPT, LINE_CA, LINE = "station", "centre", "receipt", "line_ca", "line"
ROLES = (STATION, CENTRE, RECEIPT, LINE_CA, LINE)
WORDS: Mapping[str, str] = {
    STATION: "sertifikat stasiun", CENTRE: "sertifikat pusat", RECEIPT: "sertifikat tanda terima", LINE_CA: "sertifikat otoritas sambungan",
    LINE: "sertifikat sambungan",
}
OWN = "stasiun-sendiri"
"""Marks a folder of own keys, so that no demonstration keys are ever made over them."""
JOURNAL = "pasang.json"
KID = "receipt.kid"
INSTALLABLE = frozenset({"station.crt", "central.crt", "central-next.crt", "receipt.crt", KID, "gateway-ca.crt", "gateway-client.crt"})

README = """Permintaan sertifikat KTP-el Kiosk, stasiun {station}

{station}-stasiun.csr    menandatangani paket: sertifikat dengan digitalSignature
{station}-sambungan.csr  sambungan ke gateway (mTLS): sertifikat dengan digitalSignature dan clientAuth

Kembalikan dalam satu folder, semuanya PEM (.pem, .crt atau .cer):
1. sertifikat stasiun dan sertifikat sambungan untuk kedua permintaan ini,
2. sertifikat otoritas (CA) yang menerbitkan sertifikat sambungan dan sertifikat gateway,
3. sertifikat pusat untuk enkripsi (RSA 3072 atau lebih, keyEncipherment); boleh dua: yang berlaku dan berikutnya,
4. sertifikat tanda terima (P-256); nama berkasnya nama kunci menurut pusat, misalnya receipt-1.crt.

Kunci rahasia stasiun tidak ada di folder ini dan tidak pernah keluar dari komputer meja.
"""


@dataclass(frozen=True, slots=True)
class StationKeys:
    """Keys of the station in ``folder``. Any thread; one administrator at a time."""

    folder: Path

    @property
    def files(self) -> DemoKeys:
        """The layout, with the receipt key's own name."""
        try:
            kid = (self.folder / KID).read_text("utf-8").strip()
        except OSError:
            kid = ""
        return DemoKeys(self.folder, kid) if kid else DemoKeys(self.folder)

    def make(self) -> None:
        """Both private keys (P-256, 0600) where there are none; a key is never replaced. Raises DiskFull, IoFailure."""
        try:
            make_folder(self.folder, mode=0o700)
            self.folder.chmod(0o700)
        except OSError as error:
            raise storage_trouble(error, self.folder) from error
        if not self.is_own():
            write_durably(self.folder / OWN, b"Kunci stasiun ini dibuat di komputer ini. Jangan disalin ke mana pun.\n", mode=0o644)
        for path in (self.files.station_key, self.files.client_key):
            if not path.exists():
                write_durably(path, _pem(ec.generate_private_key(ec.SECP256R1())), mode=0o600)
            elif os.name == "posix" and path.stat().st_mode & 0o077:
                path.chmod(0o600)

    def is_own(self) -> bool:
        """Keys of a production station are here, or were begun; never a demonstration set."""
        return (self.folder / OWN).exists()

    def own(self) -> tuple[SigningKey, SigningKey] | None:
        """The private keys of packets and of the line; ``None`` before :meth:`make`. Raises BadInput ``packet.key``."""
        files = self.files
        if not files.station_key.exists() or not files.client_key.exists():
            return None
        return load_signing_key(files.station_key.read_bytes()), load_signing_key(files.client_key.read_bytes())

    def certificates(self) -> Mapping[str, tuple[x509.Certificate, ...]]:
        """What is installed and readable, by role; ``centre``: the one in force first."""
        self.settle()
        files = self.files
        places = {STATION: (files.station_cert,), CENTRE: (files.central_cert, files.next_cert), RECEIPT: (files.receipt_cert,),
                  LINE_CA: (files.ca_cert,), LINE: (files.client_cert,)}
        return {role: found for role, paths in places.items() if (found := tuple(c for path in paths for c in _read(path)))}

    def missing(self) -> tuple[str, ...]:
        """Roles that have no readable certificate, in the order of ``ROLES``."""
        found = self.certificates()
        return tuple(role for role in ROLES if role not in found)

    def lacking(self, *roles: str) -> str:
        """Which of these roles have no certificate, in words; empty when all have."""
        absent = [WORDS[role] for role in self.missing() if role in roles]
        return " dan ".join([", ".join(absent[:-1]), absent[-1]] if len(absent) > 1 else absent)

    def write_requests(self, station: str, office: str, folder: Path) -> Path:
        """Both requests (PEM) and what to do with them into ``<folder>/permintaan-<station>``; returns that folder.

        Raises:
            DiskFull, IoFailure. BadInput ``packet.key``: a private key is damaged.
        """
        self.make()
        keys = self.own()
        assert keys is not None
        place = folder / request_name(station)
        for key, name, client in ((keys[0], "stasiun", False), (keys[1], "sambungan", True)):
            write_durably(place / f"{station}-{name}.csr", _request(key, station, office, client), mode=0o644)
        write_durably(place / "BACA-SAYA.txt", README.format(station=station).encode(), mode=0o644)
        return place

    def install(self, files: Mapping[str, bytes]) -> None:
        """Put these files (names of the layout) in place, all or none, also over a cut. Raises DiskFull, IoFailure."""
        if unknown := set(files) - INSTALLABLE:
            raise ValueError(f"not to be installed: {sorted(unknown)}")
        write_durably(self.folder / JOURNAL, json.dumps({name: data.decode("ascii") for name, data in files.items()}).encode())
        self.settle()

    def settle(self) -> None:
        """Finish an installation that was cut off; costs one look for a file otherwise. Raises DiskFull, IoFailure."""
        journal = self.folder / JOURNAL
        try:
            wanted = json.loads(journal.read_text("ascii"))
        except FileNotFoundError:
            return
        except (OSError, ValueError, RecursionError) as error:  # written in one piece: a disk fault, and nothing of it was done yet
            raise BadInput("keys.journal", path=str(journal)) from error
        for name, text in wanted.items():
            if name in INSTALLABLE:
                write_durably(self.folder / name, text.encode("ascii"), mode=0o644)
        journal.unlink()


def request_name(station: str) -> str:
    return f"permintaan-{station}"


def _read(path: Path) -> list[x509.Certificate]:
    try:
        return load_certificates(path.read_bytes()) if path.name == "gateway-ca.crt" else [load_certificate(path.read_bytes())]
    except (OSError, KioskError):
        return []


def _pem(key: SigningKey) -> bytes:
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _request(key: SigningKey, station: str, office: str, client: bool) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "ID"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, office[:64] or "-"),
                      x509.NameAttribute(NameOID.COMMON_NAME, station[:64])])
    usage = x509.KeyUsage(digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
                          key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False)
    builder = x509.CertificateSigningRequestBuilder().subject_name(name).add_extension(usage, True)
    if client:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
