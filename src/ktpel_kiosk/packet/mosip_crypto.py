"""Encryption, signature and hashes of a MOSIP registration packet (docs/mosip.md). No I/O; any thread."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.jose import encode

NONCE_BYTES, AAD_BYTES, KEY_BYTES = 12, 32, 32
SPLITTER = b"#KEY_SPLITTER#"
RECIPIENT_BITS = 2048
"""The wrapped key stands in the layout with exactly 256 bytes, so the recipient's key has exactly this length."""
LEAST_SIGNER_BITS = 2048
_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)

Random = Callable[[int], bytes]


def encrypt(plain: bytes, recipient: x509.Certificate, random: Random = os.urandom) -> bytes:
    """nonce(12) | AAD(32) | SHA-256 of the certificate(32) | wrapped key(256) | ``#KEY_SPLITTER#`` | AES-256-GCM ciphertext and tag.

    Each call has a key, a nonce and an AAD of its own.

    Raises:
        BadInput: ``packet.mosip_recipient``.
    """
    public = recipient_key(recipient)
    key, nonce, aad = random(KEY_BYTES), random(NONCE_BYTES), random(AAD_BYTES)
    thumbprint, ciphertext = recipient.fingerprint(hashes.SHA256()), AESGCM(key).encrypt(nonce, plain, aad)
    return b"".join((nonce, aad, thumbprint, public.encrypt(key, _OAEP), SPLITTER, ciphertext))


def recipient_key(recipient: x509.Certificate) -> rsa.RSAPublicKey:
    """The public key of the receiving platform. Raises BadInput ``packet.mosip_recipient``."""
    public = recipient.public_key()
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size != RECIPIENT_BITS:
        raise BadInput("packet.mosip_recipient", expected=RECIPIENT_BITS)
    return public


def sign(plain: bytes, key: rsa.RSAPrivateKey) -> str:
    """SHA256withRSA over the plain bytes, base64url.

    Raises:
        BadInput: ``packet.key``: shorter than 2048 bits.
    """
    if key.key_size < LEAST_SIGNER_BITS:
        raise BadInput("packet.key", reason="RSA 2048 expected")
    return encode(key.sign(plain, padding.PKCS1v15(), hashes.SHA256()))


def hex_hash(*parts: bytes) -> str:
    """Upper-case hex SHA-256 of the concatenation."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest().upper()
