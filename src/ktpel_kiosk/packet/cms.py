"""The two CMS layers of a packet, built and opened so that ``openssl cms`` alone can do the same.

Inside: SignedData (RFC 5652) by the station. Outside: AuthEnvelopedData (RFC 5083, 5084), AES-256-GCM, one RSA-OAEP
SHA-256 recipient per central key. Everything is DER with definite lengths, and only the bytes this module itself would have written
for what it read are accepted: no room for a second reading. The station also signs whom it sealed the packet to (a signed attribute
with the SHA-256 of the RecipientInfos), so nobody can add, take away or spoil a recipient unnoticed. No I/O; any thread.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding

from ktpel_kiosk.domain.errors import BadInput, SecurityRefusal
from ktpel_kiosk.packet.keys import RSA_BITS, SigningKey

NONCE_BYTES = 12
TAG_BYTES = 16
RECIPIENTS_OID = f"2.25.{uuid.uuid5(uuid.NAMESPACE_URL, 'ktpel-packet/recipients').int}"
"""Signed attribute: SHA-256 of the DER of the envelope's RecipientInfos. Packets sealed before it existed do not have it."""
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)


class GcmParameters(core.Sequence):  # type: ignore[misc]
    """GCMParameters of RFC 5084, which asn1crypto does not define."""

    _fields: ClassVar[list[Any]] = [("nonce", core.OctetString), ("icv_length", core.Integer, {"default": 12})]


@dataclass(frozen=True, slots=True)
class Signed:
    """A verified SignedData. ``certificate`` is the signer's, taken from the message; ``recipients`` the signed SHA-256 of the
    RecipientInfos, empty where the signer named none."""

    content: bytes
    certificate: x509.Certificate
    signed_at: datetime
    recipients: bytes = b""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who can open it: certificate issuer and serial number (hex)."""

    issuer: str
    serial: str


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the outer layer shows without any key."""

    recipients: tuple[Recipient, ...]
    algorithm: str
    key_algorithm: str
    ciphertext_bytes: int


def seal(content: bytes, key: SigningKey, certificate: x509.Certificate, signed_at: datetime,
         recipients: Sequence[x509.Certificate]) -> bytes:
    """Both layers: ``content`` signed together with whom it is for, and encrypted for them.

    Raises:
        BadInput: ``packet.recipient``, see :func:`encrypt`.
    """
    content_key, infos = _recipient_infos(recipients)
    return _encrypted(sign(content, key, certificate, signed_at, hashlib.sha256(infos).digest()), content_key, infos)


def unseal(untrusted: bytes, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> Signed:
    """Both layers opened and verified.

    Raises:
        BadInput, SecurityRefusal: as :func:`decrypt` and :func:`verify`; ``packet.altered`` too for other recipients than were signed.
    """
    plain, infos = _decrypted(untrusted, key, certificate)
    signed = verify(plain)
    if signed.recipients and signed.recipients != hashlib.sha256(infos).digest():
        raise SecurityRefusal("packet.altered")
    return signed


def sign(content: bytes, key: SigningKey, certificate: x509.Certificate, signed_at: datetime, recipients: bytes = b"") -> bytes:
    """ContentInfo(SignedData) with ``content`` inside and the signer's certificate.

    Args:
        recipients: SHA-256 of the RecipientInfos it will be sealed with.
    """
    attributes = [
        {"type": "content_type", "values": ["data"]},
        {"type": "signing_time", "values": [cms.Time({"utc_time": signed_at.replace(microsecond=0)})]},
        {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
    ]
    if recipients:
        attributes.append({"type": RECIPIENTS_OID, "values": [core.OctetString(recipients)]})
    to_sign = cms.CMSAttributes([cms.CMSAttribute(a) for a in attributes]).dump()
    if isinstance(key, ec.EllipticCurvePrivateKey):
        signature, algorithm = key.sign(to_sign, ec.ECDSA(hashes.SHA256())), "sha256_ecdsa"
    else:
        signature, algorithm = key.sign(to_sign, padding.PKCS1v15(), hashes.SHA256()), "sha256_rsa"
    return _signed_data(content, _asn1(certificate), to_sign, algorithm, signature)


def _signed_data(content: bytes, own: asn1_x509.Certificate, attributes: bytes, algorithm: str, signature: bytes) -> bytes:
    """The one way this module writes a SignedData; ``attributes`` is the DER of the signed ones as a SET."""
    signer = cms.SignerInfo({
        "version": "v1", "sid": _issuer_and_serial(cms.SignerIdentifier, own), "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": cms.CMSAttributes.load(attributes), "signature_algorithm": {"algorithm": algorithm}, "signature": signature,
    })
    version, digests = cms.CMSVersion("v1").dump(), cms.DigestAlgorithms([{"algorithm": "sha256"}]).dump()
    inner = _tlv(0x30, [cms.ContentType("data").dump(), *_tlv(0xA0, _tlv(0x04, [content]))])
    certificates = _tlv(0xA0, [own.dump()])
    return _content_info("signed_data", _tlv(0x30, [version, digests, *inner, *certificates, cms.SignerInfos([signer]).dump()]))


def encrypt(content: bytes, recipients: Sequence[x509.Certificate]) -> bytes:
    """ContentInfo(AuthEnvelopedData) that any of ``recipients`` can open.

    Raises:
        BadInput: ``packet.recipient`` when there is none, or one is not RSA of at least 3072 bits.
    """
    return _encrypted(content, *_recipient_infos(recipients))


def _recipient_infos(recipients: Sequence[x509.Certificate]) -> tuple[bytes, bytes]:
    """A fresh content key, and the RecipientInfos (DER) that carry it."""
    content_key = os.urandom(32)
    infos = [_recipient_info(certificate, content_key).dump() for certificate in recipients]
    if not infos:
        raise BadInput("packet.recipient")
    return content_key, b"".join(_tlv(0x31, sorted(infos)))  # a SET in DER, each written once: the library writes each many times


def _encrypted(content: bytes, content_key: bytes, infos: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    encryptor = Cipher(algorithms.AES256(content_key), modes.GCM(nonce)).encryptor()
    ciphertext = encryptor.update(content)
    encryptor.finalize()
    return _envelope(infos, nonce, ciphertext, encryptor.tag)


def _envelope(infos: bytes, nonce: bytes, ciphertext: bytes, tag: bytes) -> bytes:
    """The one way this module writes an AuthEnvelopedData."""
    algorithm = cms.EncryptionAlgorithm({
        "algorithm": "aes256_gcm", "parameters": GcmParameters({"nonce": nonce, "icv_length": TAG_BYTES}),
    })
    inner = _tlv(0x30, [cms.ContentType("data").dump(), algorithm.dump(), *_tlv(0x80, [ciphertext])])
    body = [cms.CMSVersion("v0").dump(), infos, *inner, *_tlv(0x04, [tag])]
    return _content_info("authenticated_enveloped_data", _tlv(0x30, body))


def _tlv(tag: int, parts: Sequence[bytes]) -> list[bytes]:
    """DER header and parts, not yet joined: the megabytes inside are copied once, at the very end."""
    length = sum(map(len, parts))
    if length < 0x80:
        return [bytes((tag, length)), *parts]
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return [bytes((tag, 0x80 | len(size))) + size, *parts]


def _content_info(content_type: str, content: Sequence[bytes]) -> bytes:
    return b"".join(_tlv(0x30, [cms.ContentType(content_type).dump(), *_tlv(0xA0, content)]))


def _recipient_info(certificate: x509.Certificate, content_key: bytes) -> cms.RecipientInfo:
    public = certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size < RSA_BITS:
        raise BadInput("packet.recipient")
    sha256 = {"algorithm": "sha256"}
    info = cms.KeyTransRecipientInfo({
        "version": "v0", "rid": _issuer_and_serial(cms.RecipientIdentifier, _asn1(certificate)),
        "key_encryption_algorithm": {
            "algorithm": "rsaes_oaep",
            "parameters": {"hash_algorithm": sha256, "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": sha256}},
        },
        "encrypted_key": public.encrypt(content_key, OAEP),
    })
    return cms.RecipientInfo(name="ktri", value=info)


def _asn1(certificate: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))


def _issuer_and_serial(kind: type, certificate: asn1_x509.Certificate) -> object:
    value = cms.IssuerAndSerialNumber({"issuer": certificate.issuer, "serial_number": certificate.serial_number})
    return kind(name="issuer_and_serial_number", value=value)


def _load(untrusted: bytes, content_type: str) -> core.Sequence:
    """The content of a ContentInfo of the given type, or SecurityRefusal ``packet.structure``."""
    try:
        info = cms.ContentInfo.load(untrusted, strict=True)
        found = info["content_type"].native
        content = info["content"] if found == content_type else None
    except (ValueError, TypeError, KeyError, OverflowError) as e:
        raise SecurityRefusal("packet.structure", expected=content_type) from e
    if content is None:
        raise SecurityRefusal("packet.structure", expected=content_type, found=str(found)[:60])
    return content


def describe(untrusted: bytes) -> Envelope:
    """Recipients, algorithms and sizes of an envelope. Raises SecurityRefusal ``packet.structure``."""
    data = _load(untrusted, "authenticated_enveloped_data")
    try:
        infos = [r.chosen for r in data["recipient_infos"]]
        content = data["auth_encrypted_content_info"]
        names = [i["rid"].chosen for i in infos]
        return Envelope(
            tuple(Recipient(n["issuer"].human_friendly, f"{n['serial_number'].native:x}") for n in names),
            str(content["content_encryption_algorithm"]["algorithm"].native),
            ",".join(sorted({str(i["key_encryption_algorithm"]["algorithm"].native) for i in infos})),
            len(content["encrypted_content"].contents),
        )
    except (ValueError, TypeError, KeyError, AttributeError) as e:
        raise SecurityRefusal("packet.structure", expected="recipients") from e


def decrypt(untrusted: bytes, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> bytes:
    """Open the envelope.

    Raises:
        BadInput: ``packet.not_recipient`` when it is not sealed to this certificate, ``packet.key_pair`` when the key
            does not belong to the certificate.
        SecurityRefusal: ``packet.structure``, or ``packet.altered`` when the authentication tag does not fit.
    """
    return _decrypted(untrusted, key, certificate)[0]


def _decrypted(untrusted: bytes, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> tuple[bytes, bytes]:
    """The content, and the RecipientInfos (DER) as they stood in the envelope."""
    if key.public_key().public_numbers() != _numbers(certificate):
        raise BadInput("packet.key_pair")
    data = _load(untrusted, "authenticated_enveloped_data")
    try:
        nonce, ciphertext, tag = _content_parts(data)
        wrapped = _wrapped_key(data, certificate)
        infos = bytes(data["recipient_infos"].dump())
        same = _envelope(infos, nonce, ciphertext, tag) == untrusted
    except (ValueError, TypeError, KeyError, AttributeError) as e:
        raise SecurityRefusal("packet.structure", expected="AES-256-GCM") from e
    if not same:
        raise SecurityRefusal("packet.structure", expected="DER")
    if wrapped is None:
        raise BadInput("packet.not_recipient")
    try:
        content_key = key.decrypt(wrapped, OAEP)
        decryptor = Cipher(algorithms.AES256(content_key), modes.GCM(nonce, tag)).decryptor()
        plain = decryptor.update(ciphertext)
        decryptor.finalize()
    except (InvalidTag, ValueError) as e:
        raise SecurityRefusal("packet.altered") from e
    return plain, infos


def _numbers(certificate: x509.Certificate) -> object:
    public = certificate.public_key()
    return public.public_numbers() if isinstance(public, rsa.RSAPublicKey) else None


def _content_parts(data: core.Sequence) -> tuple[bytes, bytes, bytes]:
    info = data["auth_encrypted_content_info"]
    algorithm = info["content_encryption_algorithm"]
    parameters = GcmParameters.load(algorithm["parameters"].dump(), strict=True)
    nonce, tag = parameters["nonce"].native, data["mac"].native
    if algorithm["algorithm"].native != "aes256_gcm" or parameters["icv_length"].native != TAG_BYTES:
        raise ValueError("algorithm")
    if len(nonce) != NONCE_BYTES or len(tag) != TAG_BYTES or len(data["auth_attrs"]):
        raise ValueError("parameters")
    return nonce, info["encrypted_content"].native, tag


def _wrapped_key(data: core.Sequence, certificate: x509.Certificate) -> bytes | None:
    own = _asn1(certificate)
    for recipient in data["recipient_infos"]:
        info = recipient.chosen
        name = info["rid"].chosen
        if name["serial_number"].native == own.serial_number and name["issuer"] == own.issuer:
            if info["key_encryption_algorithm"]["algorithm"].native != "rsaes_oaep":
                raise ValueError("key algorithm")
            return bytes(info["encrypted_key"].native)
    return None


def verify(untrusted: bytes) -> Signed:
    """Check digest and signature of a SignedData with exactly one signer whose certificate is inside.

    Trust in the certificate is the caller's business. Raises SecurityRefusal ``packet.structure`` or ``packet.signature``.
    """
    data = _load(untrusted, "signed_data")
    try:
        (signer,) = data["signer_infos"]
        (embedded,) = data["certificates"]
        content = data["encap_content_info"]["content"].native
        attributes = {a["type"].native: a["values"] for a in signer["signed_attrs"]}
        digest = attributes["message_digest"][0].native
        signed_at = attributes["signing_time"][0].native
        covered = signer["signed_attrs"].untag().dump()
        signature, algorithm = signer["signature"].native, signer["signature_algorithm"]["algorithm"].native
        plain_data = attributes["content_type"][0].native == "data" and signer["digest_algorithm"]["algorithm"].native == "sha256"
        recipients = attributes[RECIPIENTS_OID].contents if RECIPIENTS_OID in attributes else b""
        certificate = x509.load_der_x509_certificate(embedded.chosen.dump())
        certificate.public_key(), certificate.subject.rfc4514_string()  # read only when asked for: a damaged one shows here
        same = isinstance(content, bytes) and _signed_data(content, _asn1(certificate), covered, algorithm, signature) == untrusted
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, UnsupportedAlgorithm, x509.InvalidVersion) as e:
        raise SecurityRefusal("packet.structure", expected="signed_data") from e
    if not same or len(attributes) != len(signer["signed_attrs"]):
        raise SecurityRefusal("packet.structure", expected="DER")
    if not plain_data or not isinstance(content, bytes) or digest != hashlib.sha256(content).digest():
        raise SecurityRefusal("packet.signature", reason="digest")
    _check_signature(certificate, algorithm, signature, covered)
    if recipients and (recipients[:2] != b"\x04\x20" or len(recipients) != 34):
        raise SecurityRefusal("packet.structure", expected="signed_data")
    return Signed(content, certificate, signed_at, recipients[2:])


def _check_signature(certificate: x509.Certificate, algorithm: str, signature: bytes, covered: bytes) -> None:
    public = certificate.public_key()
    try:
        if isinstance(public, ec.EllipticCurvePublicKey) and algorithm == "sha256_ecdsa":
            public.verify(signature, covered, ec.ECDSA(hashes.SHA256()))
            return
        if isinstance(public, rsa.RSAPublicKey) and algorithm in ("sha256_rsa", "rsassa_pkcs1v15"):
            public.verify(signature, covered, padding.PKCS1v15(), hashes.SHA256())
            return
    except InvalidSignature as e:
        raise SecurityRefusal("packet.signature", reason="signature") from e
    raise SecurityRefusal("packet.signature", reason="algorithm")
