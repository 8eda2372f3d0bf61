"""A small authority, and servers' certificates with one thing wrong each."""

from __future__ import annotations

import ipaddress
import ssl
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(UTC).replace(microsecond=0)
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, sign: bool = True, certificates: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(digital_signature=sign, content_commitment=False, key_encipherment=False, data_encipherment=False,
                         key_agreement=False, key_cert_sign=certificates, crl_sign=certificates, encipher_only=False, decipher_only=False)


@dataclass(frozen=True)
class Identity:
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def authority(name: str = "CA kantor") -> Identity:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder().subject_name(_name(name)).issuer_name(_name(name)).public_key(key.public_key()).serial_number(1)
        .not_valid_before(NOW - timedelta(days=3650)).not_valid_after(NOW + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(True, None), True).add_extension(_usage(certificates=True), True).sign(key, hashes.SHA256())
    )
    return Identity(key, certificate)


def issued(by: Identity | None, *, name: str = "server", hosts: tuple[str, ...] = ("127.0.0.1",), start: float = -1, end: float = 30,
           purpose: x509.ObjectIdentifier | None = SERVER, usage: x509.KeyUsage | None = None,
           key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None) -> Identity:
    """A certificate signed by ``by`` (``None``: by itself); ``start`` and ``end`` in days from now."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    signer, issuer = (by.key, by.certificate.subject) if by else (key, _name(name))
    builder = (
        x509.CertificateBuilder().subject_name(_name(name)).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(NOW + timedelta(days=start))
        .not_valid_after(NOW + timedelta(days=end)).add_extension(x509.BasicConstraints(False, None), True)
        .add_extension(usage or _usage(), True)
        .add_extension(x509.SubjectAlternativeName([_host(h) for h in hosts]), False)
    )
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), False)
    return Identity(key, builder.sign(signer, hashes.SHA256()))


def no_signing() -> x509.KeyUsage:
    return _usage(sign=False, certificates=True)


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def signed_with_sha1(folder: Path, by: Identity) -> Identity:
    """``cryptography`` no longer signs so; OpenSSL does."""
    (folder / "ca.key").write_bytes(by.key_pem)
    (folder / "ca.crt").write_bytes(by.pem)
    (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n")
    request = ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "s.key", "-subj", "/CN=server", "-out", "s.csr"]
    subprocess.run(request, cwd=folder, check=True, capture_output=True)
    sign = ["openssl", "x509", "-req", "-in", "s.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-set_serial", "5", "-sha1", "-days", "9",
            "-extfile", "ext", "-out", "s.crt"]
    subprocess.run(sign, cwd=folder, check=True, capture_output=True)
    key = serialization.load_pem_private_key((folder / "s.key").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return Identity(key, x509.load_pem_x509_certificate((folder / "s.crt").read_bytes()))


def revocation_list(by: Identity, *revoked: Identity, end: float = 30) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(by.certificate.subject).last_update(NOW - timedelta(days=40))
    builder = builder.next_update(NOW + timedelta(days=end))
    for identity in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(identity.certificate.serial_number).revocation_date(NOW - timedelta(days=1))
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(by.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def server_context(folder: Path, identity: Identity, *chain: Identity, clients: Identity | None = None,
                   newest: ssl.TLSVersion | None = None, weak: bool = False) -> ssl.SSLContext:
    (folder / "server.pem").write_bytes(identity.key_pem + identity.pem + b"".join(c.pem for c in chain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if weak or newest is not None:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if newest is not None:
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = newest
    context.load_cert_chain(str(folder / "server.pem"))
    if clients is not None:
        (folder / "clients.pem").write_bytes(clients.pem)
        context.load_verify_locations(str(folder / "clients.pem"))
        context.verify_mode = ssl.CERT_REQUIRED
    return context
