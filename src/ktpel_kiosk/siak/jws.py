"""JWS compact serialisation (RFC 7515) with ES256 (RFC 7518) and nothing else: what receipts are made of."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

MAX_TOKEN_CHARS = 8192
_P256 = 32


class BadToken(Exception):
    """The token does not verify; the text says why, without quoting it."""


def sign_jws(payload: Mapping[str, Any], key: ec.EllipticCurvePrivateKey, kid: str, typ: str) -> str:
    """Compact JWS over ``payload``."""
    head = _encode(json.dumps({"alg": "ES256", "kid": kid, "typ": typ}, sort_keys=True, separators=(",", ":")).encode())
    body = _encode(json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
    r, s = decode_dss_signature(key.sign(f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256())))
    return f"{head}.{body}.{_encode(r.to_bytes(_P256) + s.to_bytes(_P256))}"


def verify_jws(untrusted: str, keys: Mapping[str, ec.EllipticCurvePublicKey], typ: str) -> dict[str, Any]:
    """Payload of a token signed by the key its ``kid`` names. Raises BadToken."""
    if len(untrusted) > MAX_TOKEN_CHARS or untrusted.count(".") != 2:
        raise BadToken("shape")
    head, body, signature = untrusted.split(".")
    header = _object(head)
    if header.get("alg") != "ES256" or header.get("typ") != typ or "crit" in header:
        raise BadToken("header")
    key = keys.get(str(header.get("kid")))
    raw = _decode(signature)
    if key is None or len(raw) != 2 * _P256:
        raise BadToken("key")
    dss = encode_dss_signature(int.from_bytes(raw[:_P256]), int.from_bytes(raw[_P256:]))
    try:
        key.verify(dss, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as e:
        raise BadToken("signature") from e
    return _object(body)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as e:
        raise BadToken("base64") from e
    if _encode(data) != text:
        raise BadToken("base64")
    return data


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(_decode(text))
    except (ValueError, RecursionError) as e:
        raise BadToken("json") from e
    if not isinstance(value, dict):
        raise BadToken("json")
    return value
