"""JWS compact serialisation (RFC 7515) with ES256 (RFC 7518) and nothing else: what receipts are made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from ktpel_kiosk.jose import decode, encode, strict_object

MAX_TOKEN_CHARS = 8192
_P256 = 32


class BadToken(Exception):
    """The token does not verify; the text says why, without quoting it."""


class UnknownKey(BadToken):
    """Well formed, but signed with a key this machine does not have: it may have been changed meanwhile."""


def sign_jws(payload: Mapping[str, Any], key: ec.EllipticCurvePrivateKey, kid: str, typ: str) -> str:
    """Compact JWS over ``payload``."""
    head = encode(json.dumps({"alg": "ES256", "kid": kid, "typ": typ}, sort_keys=True, separators=(",", ":")).encode())
    body = encode(json.dumps(payload, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
    r, s = decode_dss_signature(key.sign(f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256())))
    return f"{head}.{body}.{encode(r.to_bytes(_P256) + s.to_bytes(_P256))}"


def verify_jws(untrusted: str, keys: Mapping[str, ec.EllipticCurvePublicKey], typ: str, limit: int = MAX_TOKEN_CHARS) -> dict[str, Any]:
    """Payload of a token signed by the key its ``kid`` names. Raises BadToken; UnknownKey when only that key is missing."""
    head, body, signature = _parts(untrusted, limit)
    header = _object(head)
    kid = header.get("kid")
    if header.get("alg") != "ES256" or header.get("typ") != typ or "crit" in header or not isinstance(kid, str):
        raise BadToken("header")
    raw = _decode(signature)
    if len(raw) != 2 * _P256:
        raise BadToken("signature")
    key = keys.get(kid)
    if key is None:
        raise UnknownKey("key")
    dss = encode_dss_signature(int.from_bytes(raw[:_P256]), int.from_bytes(raw[_P256:]))
    try:
        key.verify(dss, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as e:
        raise BadToken("signature") from e
    return _object(body)


def key_id(untrusted: str, limit: int = MAX_TOKEN_CHARS) -> str:
    """The key a token says it is signed with; nothing is verified. Raises BadToken."""
    kid = _object(_parts(untrusted, limit)[0]).get("kid")
    if not isinstance(kid, str):
        raise BadToken("header")
    return kid


def _parts(untrusted: str, limit: int) -> tuple[str, str, str]:
    if len(untrusted) > limit or untrusted.count(".") != 2:
        raise BadToken("shape")
    head, body, signature = untrusted.split(".")
    return head, body, signature


def _decode(text: str) -> bytes:
    try:
        return decode(text)
    except ValueError as e:
        raise BadToken("base64") from e


def _object(text: str) -> dict[str, Any]:
    data = _decode(text)
    try:
        return strict_object(data)
    except ValueError as e:
        raise BadToken("json") from e
