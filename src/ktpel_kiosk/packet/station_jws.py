"""What a station signs beside packets: compact JWS (RFC 7515), ES256 or PS256, its certificate inside (``x5c``)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from ktpel_kiosk.jose import decode, encode, strict_object
from ktpel_kiosk.packet.canonical import JsonValue, canonical
from ktpel_kiosk.packet.keys import RSA_BITS, SigningKey

_P256 = 32
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


class Altered(Exception):
    """The text does not verify; says why without quoting it."""


class Foreign(Exception):
    """Signed by somebody who does not count here."""


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def sign(typ: str, payload: Mapping[str, JsonValue], key: SigningKey, certificate: x509.Certificate) -> str:
    """Compact JWS over the payload's canonical JSON."""
    header: dict[str, JsonValue] = {
        "alg": "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "PS256", "kid": fingerprint(certificate), "typ": typ,
        "x5c": [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()],
    }
    signed = f"{encode(canonical(header))}.{encode(canonical(dict(payload)))}"
    return f"{signed}.{encode(_signature(key, signed.encode()))}"


def _signature(key: SigningKey, data: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_P256) + s.to_bytes(_P256)
    return key.sign(data, _PSS, hashes.SHA256())


def opened(untrusted: str, typ: str, believed: Callable[[x509.Certificate], bool], limit: int) -> tuple[dict[str, Any], x509.Certificate]:
    """(payload, certificate) of a text of at most ``limit`` characters whose signature holds. Raises Altered, Foreign."""
    if len(untrusted) > limit or untrusted.count(".") != 2 or not untrusted.isascii():
        raise Altered("shape")
    head, body, signature = untrusted.split(".")
    header = _object(head)
    certificate = _certificate(header, typ)
    if not believed(certificate):
        raise Foreign
    _verify(certificate, header.get("alg"), f"{head}.{body}".encode(), _decode(signature))
    return _object(body), certificate


def _certificate(header: Mapping[str, Any], typ: str) -> x509.Certificate:
    if header.get("typ") != typ or "crit" in header:
        raise Altered("header")
    try:
        (text,) = header["x5c"]
        certificate = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    except (KeyError, TypeError, ValueError, binascii.Error, x509.InvalidVersion) as e:
        raise Altered("certificate") from e
    if header.get("kid") != fingerprint(certificate):
        raise Altered("kid")
    return certificate


def _verify(certificate: x509.Certificate, algorithm: object, data: bytes, signature: bytes) -> None:
    try:
        public = certificate.public_key()
        if algorithm == "ES256" and isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1):
            if len(signature) != 2 * _P256:
                raise Altered("signature")
            dss = encode_dss_signature(int.from_bytes(signature[:_P256]), int.from_bytes(signature[_P256:]))
            public.verify(dss, data, ec.ECDSA(hashes.SHA256()))
        elif algorithm == "PS256" and isinstance(public, rsa.RSAPublicKey) and public.key_size >= RSA_BITS:
            public.verify(signature, data, _PSS, hashes.SHA256())
        else:
            raise Altered("algorithm")
    except (InvalidSignature, ValueError) as e:
        raise Altered("signature") from e


def _decode(text: str) -> bytes:
    try:
        return decode(text)
    except ValueError as e:
        raise Altered("base64") from e


def _object(text: str) -> dict[str, Any]:
    data = _decode(text)
    try:
        return strict_object(data)
    except ValueError as e:
        raise Altered("json") from e
