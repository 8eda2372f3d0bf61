"""The signed manifest of a courier's bundle: a JWS (RFC 7515) by the station, ES256 or PS256, its certificate inside (``x5c``)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from ktpel_kiosk.domain.courier import BundleItem, BundleManifest, BundlePlan
from ktpel_kiosk.domain.errors import SecurityRefusal
from ktpel_kiosk.jose import decode, encode, strict_object
from ktpel_kiosk.packet.canonical import SAFE_INTEGER, JsonValue, canonical
from ktpel_kiosk.packet.keys import RSA_BITS, SigningKey
from ktpel_kiosk.packet.manifest import stamp

TYPE = "ktpel-courier+jwt"
MAX_MANIFEST_BYTES = 4 * 1024 * 1024
MAX_PACKETS = 10_000
MAX_PACKET_BYTES = 64 * 1024 * 1024
"""What a reader believes of a size in a manifest; the gateway's own limit is lower."""
_ID = re.compile(r"(?!(?i:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[0-9A-Za-z](?:[0-9A-Za-z._-]{0,62}[0-9A-Za-z])?")
"""Harmless as a file name also where ``con`` is a device and a last dot is dropped."""
_SHA = re.compile(r"[0-9a-f]{64}")
_P256 = 32
_PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, hex."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def sign_manifest(plan: BundlePlan, readme: str, key: SigningKey, certificate: x509.Certificate) -> str:
    """Compact JWS. ``readme``: SHA-256 (hex) of README.txt."""
    packets: list[JsonValue] = [
        {"id": i.packet_id, "counter": i.counter, "previous_hash": i.previous_hash, "size": i.size, "sha256": i.sha256,
         "replaces": i.replaces} for i in plan.items
    ]
    payload: dict[str, JsonValue] = {
        "bundle": plan.bundle_id, "station": plan.station, "created_at": stamp(plan.created_at), "count": len(packets),
        "status_after": plan.status_after, "readme": readme, "packets": packets,
    }
    header: dict[str, JsonValue] = {
        "alg": "ES256" if isinstance(key, ec.EllipticCurvePrivateKey) else "PS256", "kid": fingerprint(certificate), "typ": TYPE,
        "x5c": [base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()],
    }
    signed = f"{encode(canonical(header))}.{encode(canonical(payload))}"
    return f"{signed}.{encode(_signature(key, signed.encode()))}"


def _signature(key: SigningKey, data: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_P256) + s.to_bytes(_P256)
    return key.sign(data, _PSS, hashes.SHA256())


def read_manifest(untrusted: str, trusted: Collection[str] | None) -> BundleManifest:
    """The manifest, if its signature holds.

    Args:
        trusted: fingerprints of station certificates that count; ``None`` only proves that nothing was changed after signing, not by whom.

    Raises:
        SecurityRefusal: ``courier.manifest_altered`` (fact ``reason``), ``courier.manifest_foreign``.
    """
    return _read(untrusted, lambda c: trusted is None or fingerprint(c) in trusted)


def manifest_checker(stations: Mapping[str, x509.Certificate]) -> Callable[[str], BundleManifest]:
    """For the receiving side: a function from a manifest's text to the manifest, if the named station's own certificate signed it.

    The function raises SecurityRefusal as :func:`read_manifest`.
    """
    known = {name: fingerprint(certificate) for name, certificate in stations.items()}

    def check(untrusted: str) -> BundleManifest:
        found = read_manifest(untrusted, set(known.values()))
        if known.get(found.station) != found.signer:
            raise SecurityRefusal("courier.manifest_foreign")
        return found

    return check


def _read(untrusted: str, believed: Callable[[x509.Certificate], bool]) -> BundleManifest:
    if len(untrusted) > MAX_MANIFEST_BYTES or untrusted.count(".") != 2 or not untrusted.isascii():
        raise _altered("shape")
    head, body, signature = untrusted.split(".")
    header = _object(head)
    certificate = _certificate(header)
    if not believed(certificate):
        raise SecurityRefusal("courier.manifest_foreign")
    _verify(certificate, header.get("alg"), f"{head}.{body}".encode(), _decode(signature))
    try:
        return _manifest(_object(body), hashlib.sha256(untrusted.encode()).hexdigest(), fingerprint(certificate))
    except (KeyError, TypeError, ValueError) as e:
        raise _altered("fields") from e


def _certificate(header: Mapping[str, Any]) -> x509.Certificate:
    if header.get("typ") != TYPE or "crit" in header:
        raise _altered("header")
    try:
        (text,) = header["x5c"]
        certificate = x509.load_der_x509_certificate(base64.b64decode(text, validate=True))
    except (KeyError, TypeError, ValueError, binascii.Error, x509.InvalidVersion) as e:
        raise _altered("certificate") from e
    if header.get("kid") != fingerprint(certificate):
        raise _altered("kid")
    return certificate


def _verify(certificate: x509.Certificate, algorithm: object, data: bytes, signature: bytes) -> None:
    try:
        public = certificate.public_key()
        if algorithm == "ES256" and isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1):
            if len(signature) != 2 * _P256:
                raise _altered("signature")
            dss = encode_dss_signature(int.from_bytes(signature[:_P256]), int.from_bytes(signature[_P256:]))
            public.verify(dss, data, ec.ECDSA(hashes.SHA256()))
        elif algorithm == "PS256" and isinstance(public, rsa.RSAPublicKey) and public.key_size >= RSA_BITS:
            public.verify(signature, data, _PSS, hashes.SHA256())
        else:
            raise _altered("algorithm")
    except (InvalidSignature, ValueError) as e:
        raise _altered("signature") from e


def _manifest(payload: Mapping[str, Any], digest: str, signer: str) -> BundleManifest:
    items = tuple(_item(p) for p in payload["packets"])
    order = [i.counter for i in items]
    if not 1 <= len(items) <= MAX_PACKETS or payload["count"] != len(items) or order != sorted(set(order)):
        raise ValueError("packets")
    if len({i.packet_id.lower() for i in items}) != len(items):   # FAT makes no difference between a and A
        raise ValueError("packets")
    created = datetime.fromisoformat(payload["created_at"])
    if created.tzinfo is None:
        raise ValueError("created_at")
    return BundleManifest(
        _match(_ID, payload["bundle"]), _match(_ID, payload["station"]), created.astimezone(UTC), items,
        _whole(payload["status_after"], 0), _match(_SHA, payload["readme"]), digest, signer,
    )


def _item(p: Mapping[str, Any]) -> BundleItem:
    replaces = p["replaces"]
    return BundleItem(
        _match(_ID, p["id"]), _whole(p["counter"], 1), _match(_SHA, p["previous_hash"]), _whole(p["size"], 1, MAX_PACKET_BYTES),
        _match(_SHA, p["sha256"]), _match(_ID, replaces) if replaces else "",
    )


def _match(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("text")
    return value


def _whole(value: object, least: int, most: int = SAFE_INTEGER) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError("number")
    return value


def _altered(reason: str) -> SecurityRefusal:
    return SecurityRefusal("courier.manifest_altered", reason=reason)


def _decode(text: str) -> bytes:
    try:
        return decode(text)
    except ValueError as e:
        raise _altered("base64") from e


def _object(text: str) -> dict[str, Any]:
    data = _decode(text)
    try:
        return strict_object(data)
    except ValueError as e:
        raise _altered("json") from e
