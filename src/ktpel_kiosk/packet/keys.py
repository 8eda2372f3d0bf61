"""Keys and certificates: loading them with clear errors, and making a complete set for demonstration and tests.

Demonstration keys are for simulators only; an office gets its certificates from its own authority (docs/packet.md).
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ktpel_kiosk.domain.errors import BadInput

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
RSA_BITS = 3072
DEMO_YEARS = 10


def load_signing_key(pem: bytes, password: bytes | None = None) -> SigningKey:
    """A P-256 or RSA (at least 3072 bits) private key. Raises BadInput ``packet.key``."""
    try:
        key = serialization.load_pem_private_key(pem, password)
    except (ValueError, TypeError) as e:
        raise BadInput("packet.key", reason="unreadable") from e
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= RSA_BITS:
        return key
    raise BadInput("packet.key", reason="P-256 or RSA 3072 expected")


def load_rsa_key(pem: bytes, password: bytes | None = None) -> rsa.RSAPrivateKey:
    """The central RSA private key that opens packets. Raises BadInput ``packet.key``."""
    try:
        key = serialization.load_pem_private_key(pem, password)
    except (ValueError, TypeError) as e:
        raise BadInput("packet.key", reason="unreadable") from e
    if not isinstance(key, rsa.RSAPrivateKey):
        raise BadInput("packet.key", reason="RSA expected")
    return key


_UNREADABLE = (ValueError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType, UnsupportedAlgorithm)
"""What the parser raises for a damaged certificate; most are no ValueError."""


def _whole(certificate: x509.Certificate) -> x509.Certificate:
    """The parser reads key and extensions when they are asked for: they are asked for here, where a refusal is expected."""
    certificate.public_key()
    tuple(certificate.extensions)
    return certificate


def load_certificate(pem: bytes) -> x509.Certificate:
    """One X.509 certificate (PEM). Raises BadInput ``packet.certificate``."""
    try:
        return _whole(x509.load_pem_x509_certificate(pem))
    except _UNREADABLE as e:
        raise BadInput("packet.certificate") from e


def load_certificates(pem: bytes) -> list[x509.Certificate]:
    """One or more X.509 certificates (PEM). Raises BadInput ``packet.certificate``."""
    try:
        return [_whole(c) for c in x509.load_pem_x509_certificates(pem)]
    except _UNREADABLE as e:
        raise BadInput("packet.certificate") from e


def public_bytes(key: object) -> bytes:
    """SubjectPublicKeyInfo (DER) for comparing keys."""
    assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True, slots=True)
class DemoKeys:
    """Files of a demonstration set, all PEM in one folder.

    Attributes:
        central_key, central_cert, next_key, next_cert: recipients now in force and next (RSA-3072).
        station_key, station_cert: signs packets (P-256, self-signed).
        ca_key, ca_cert: authority of the loopback TLS; signs server and client certificates.
        server_key, server_cert, client_key, client_cert: both ends of the mutual TLS.
        receipt_key, receipt_cert: signs receipts (P-256, ES256); ``receipt_kid`` is its key id.

    A production station has the same layout with its own private keys only (:mod:`ktpel_kiosk.packet.station_keys`); ``central-next`` may
    be missing there.
    """

    folder: Path
    receipt_kid: str = "receipt-1"

    def _file(self, name: str) -> Path:
        return self.folder / name

    @property
    def central_key(self) -> Path:
        return self._file("central.key")

    @property
    def central_cert(self) -> Path:
        return self._file("central.crt")

    @property
    def next_key(self) -> Path:
        return self._file("central-next.key")

    @property
    def next_cert(self) -> Path:
        return self._file("central-next.crt")

    @property
    def station_key(self) -> Path:
        return self._file("station.key")

    @property
    def station_cert(self) -> Path:
        return self._file("station.crt")

    @property
    def ca_key(self) -> Path:
        return self._file("gateway-ca.key")

    @property
    def ca_cert(self) -> Path:
        return self._file("gateway-ca.crt")

    @property
    def ca_crl(self) -> Path | None:
        """Revocation list of the authority, where the office keeps one (``gateway-ca.crl``, PEM)."""
        path = self._file("gateway-ca.crl")
        return path if path.exists() else None

    @property
    def server_key(self) -> Path:
        return self._file("gateway-server.key")

    @property
    def server_cert(self) -> Path:
        return self._file("gateway-server.crt")

    @property
    def client_key(self) -> Path:
        return self._file("gateway-client.key")

    @property
    def client_cert(self) -> Path:
        return self._file("gateway-client.crt")

    @property
    def receipt_key(self) -> Path:
        return self._file("receipt.key")

    @property
    def receipt_cert(self) -> Path:
        return self._file("receipt.crt")


def make_demo_keys(folder: Path, now: datetime, station: str, hosts: Sequence[str] = ("127.0.0.1", "localhost")) -> DemoKeys:
    """Make the whole set in ``folder``, or return the one already there (complete sets are never replaced)."""
    demo = DemoKeys(folder)
    done = folder / "complete"
    if done.exists():
        return demo
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for key_file, cert_file, name in (
        (demo.central_key, demo.central_cert, "Pusat DEMO kunci 1"), (demo.next_key, demo.next_cert, "Pusat DEMO kunci 2"),
    ):
        _save(key_file, cert_file, *_self_signed(name, rsa.generate_private_key(65537, RSA_BITS), now, encrypts=True))
    station_key = ec.generate_private_key(ec.SECP256R1())
    _save(demo.station_key, demo.station_cert, *_self_signed(f"Stasiun DEMO {station}", station_key, now))
    receipt_key = ec.generate_private_key(ec.SECP256R1())
    # a receipt counts only in the time of its key, and practice may be played on any day
    long_ago = timedelta(days=365 * DEMO_YEARS)
    _save(demo.receipt_key, demo.receipt_cert, *_self_signed("Tanda terima DEMO", receipt_key, now, since=long_ago))
    ca_key, ca = _self_signed("CA gateway DEMO", ec.generate_private_key(ec.SECP256R1()), now, authority=True)
    _save(demo.ca_key, demo.ca_cert, ca_key, ca)
    _save(demo.server_key, demo.server_cert, *_issued("Gateway DEMO", ca, ca_key, now, hosts=hosts))
    _save(demo.client_key, demo.client_cert, *_issued(station, ca, ca_key, now))
    done.write_text("demo\n", "ascii")
    return demo


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "ID"), x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(subject: str, issuer: x509.Name, key: SigningKey, now: datetime,
             since: timedelta = timedelta(days=1)) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder().subject_name(_name(subject)).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - since)
        .not_valid_after(now + timedelta(days=365 * DEMO_YEARS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )


def _usage(*, sign: bool = False, encipher: bool = False, certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign, content_commitment=False, key_encipherment=encipher, data_encipherment=False,
        key_agreement=False, key_cert_sign=certificates, crl_sign=certificates, encipher_only=False, decipher_only=False,
    )


def _self_signed(name: str, key: SigningKey, now: datetime, *, encrypts: bool = False,
                 authority: bool = False, since: timedelta = timedelta(days=1)) -> tuple[SigningKey, x509.Certificate]:
    builder = _builder(name, _name(name), key, now, since)
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), True)
    builder = builder.add_extension(_usage(sign=not encrypts and not authority, encipher=encrypts, certificates=authority), True)
    return key, builder.sign(key, hashes.SHA256())


def _issued(name: str, ca: x509.Certificate, ca_key: SigningKey, now: datetime, *,
            hosts: Sequence[str] = ()) -> tuple[SigningKey, x509.Certificate]:
    """A TLS certificate: for a server when ``hosts`` are given, else for a client."""
    key = ec.generate_private_key(ec.SECP256R1())
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if hosts else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = (
        _builder(name, ca.subject, key, now).add_extension(x509.BasicConstraints(False, None), True)
        .add_extension(_usage(sign=True), True).add_extension(x509.ExtendedKeyUsage([purpose]), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), False)
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(h) for h in hosts]), False)
    return key, builder.sign(ca_key, hashes.SHA256())


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _save(key_file: Path, cert_file: Path, key: SigningKey, cert: x509.Certificate) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    descriptor = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as f:
        f.write(pem)
    cert_file.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
