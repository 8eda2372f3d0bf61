"""Which keys receipts may be signed with, and how the next key comes in (docs/adr/0022-receipt-keys.md).

A key counts from and until the times of its certificate, unless revoked. The centre announces the keys in force with a statement
(JWS ``ktpel-keys+jwt``) signed by a key this machine already trusts; statements are numbered and only ever go forward. A key that a
newer statement no longer lists is retired: it still verifies receipts of its own time, but signs no statement.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ktpel_kiosk.domain.errors import BadInput, ReceiptInvalid
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.jws import MAX_TOKEN_CHARS, BadToken, key_id, verify_jws

TOLERANCE = timedelta(minutes=5)
"""Clocks of centre and authority may differ by this much."""
MAX_STATEMENT_CHARS = 64 * 1024
MAX_KEYS = 50
_TIME_OF: Mapping[str, str] = MappingProxyType({
    wire.RECEIPT_TYPE: "received_at", wire.MATERIAL_TYPE: "issued_at", wire.KEYS_TYPE: "issued_at",
    wire.STATUS_TYPE: "issued_at",
})
_EVER = (datetime.min.replace(tzinfo=UTC) + TOLERANCE, datetime.max.replace(tzinfo=UTC) - TOLERANCE)


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """A P-256 key with the time in which it may sign. ``pem``: its certificate, empty for a bare key (tests)."""

    kid: str
    public: ec.EllipticCurvePublicKey
    start: datetime
    end: datetime
    pem: str = ""
    retired: bool = False

    def covers(self, at: datetime) -> bool:
        return self.start - TOLERANCE <= at <= self.end + TOLERANCE


def key_from_certificate(kid: str, pem: bytes, start: datetime | None = None, end: datetime | None = None) -> ReceiptKey:
    """The key of a PEM certificate; ``start`` and ``end`` may narrow its time. Raises BadInput ``gateway.receipt_key``."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        public = certificate.public_key()
    except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm) as e:  # neither of the two is a ValueError
        raise BadInput("gateway.receipt_key", key=kid[:64]) from e
    since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    start, end = start or since, end or until
    p256 = isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1)
    if not p256 or not 0 < len(kid) <= 64 or not since <= start < end <= until:
        raise BadInput("gateway.receipt_key", key=kid[:64])
    assert isinstance(public, ec.EllipticCurvePublicKey)
    return ReceiptKey(kid, public, start, end, certificate.public_bytes(serialization.Encoding.PEM).decode("ascii"))


@dataclass(frozen=True)
class KeySet:
    """Keys by id, the number of the last statement adopted (0: none yet), and what was revoked when."""

    keys: Mapping[str, ReceiptKey] = field(default_factory=dict)
    sequence: int = 0
    revoked: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def pinned(cls, certificates: Mapping[str, bytes]) -> KeySet:
        """Keys installed with this machine: key id to PEM certificate. Raises BadInput ``gateway.receipt_key``."""
        return cls({kid: key_from_certificate(kid, pem) for kid, pem in certificates.items()})

    @classmethod
    def bare(cls, keys: Mapping[str, ec.EllipticCurvePublicKey]) -> KeySet:
        """Public keys without certificates; they count at any time."""
        return cls({kid: ReceiptKey(kid, key, *_EVER) for kid, key in keys.items()})

    def verify(self, untrusted: str, typ: str, limit: int = MAX_TOKEN_CHARS) -> dict[str, Any]:
        """Payload of a receipt, of card material or of statuses, by a key that could sign at the time the payload names.

        Raises:
            BadToken: the text says why; UnknownKey when the key is not known here (it may be new).
        """
        return self._verified(untrusted, typ, limit)[0]

    def _verified(self, untrusted: str, typ: str, limit: int) -> tuple[dict[str, Any], ReceiptKey]:
        payload = verify_jws(untrusted, {k.kid: k.public for k in self.keys.values()}, typ, limit)
        key = self.keys[key_id(untrusted, limit)]
        if key.kid in self.revoked:
            raise BadToken("key_revoked")
        try:
            at = wire.moment(payload[_TIME_OF[typ]])
        except (KeyError, ValueError) as e:
            raise BadToken("time") from e
        if not key.covers(at):
            raise BadToken("key_time")
        return payload, key

    def with_key(self, key: ReceiptKey) -> KeySet:
        """A key somebody installed by hand. Raises BadInput when its id is taken by another key or revoked."""
        known = self.keys.get(key.kid)
        if key.kid in self.revoked or (known is not None and not _same(known, key)):
            raise BadInput("gateway.receipt_key_taken", key=key.kid)
        return replace(self, keys={**self.keys, key.kid: key})

    def adopt(self, untrusted: str) -> KeySet:
        """The set after the centre's next statement.

        Raises:
            ReceiptInvalid: ``gateway.keys`` with the reason: what is wrong with the token, ``signer`` (retired), ``sequence`` (not newer),
                ``key_changed`` (a known id with another key), ``revived`` (a revoked key listed), ``signer_revoked``, ``no_key_left``,
                ``fields``.
        """
        try:
            payload, signer = self._verified(untrusted, wire.KEYS_TYPE, MAX_STATEMENT_CHARS)
            if signer.retired:
                raise BadToken("signer")
            return self._after(payload, signer)
        except BadToken as e:
            raise ReceiptInvalid("gateway.keys", reason=str(e)) from e
        except (BadInput, KeyError, TypeError, ValueError, AttributeError) as e:
            raise ReceiptInvalid("gateway.keys", reason="fields") from e

    def _after(self, payload: Mapping[str, Any], signer: ReceiptKey) -> KeySet:
        sequence, at = wire.sequence_of(payload["sequence"]), wire.moment(payload["issued_at"])
        if sequence <= self.sequence:
            raise BadToken("sequence")
        listed = _listed(payload["keys"])
        revoked = {**_revoked(payload.get("revoked", [])), **self.revoked}
        if signer.kid in revoked:
            raise BadToken("signer_revoked")
        if set(listed) & set(revoked):
            raise BadToken("revived")
        if any(kid in self.keys and not _same(self.keys[kid], key) for kid, key in listed.items()):
            raise BadToken("key_changed")
        if not any(key.covers(at) for key in listed.values()):
            raise BadToken("no_key_left")
        old = {kid: replace(key, retired=True) for kid, key in self.keys.items() if kid not in listed}
        return KeySet({**old, **{kid: self._never_shorter(key) for kid, key in listed.items()}}, sequence, revoked)

    def _never_shorter(self, key: ReceiptKey) -> ReceiptKey:
        """A statement may end a key early, but not take back the past: old receipts stay verifiable."""
        known = self.keys.get(key.kid)
        return key if known is None else replace(key, start=min(key.start, known.start))

    def to_json(self) -> dict[str, Any]:
        return {
            "sequence": self.sequence, "revoked": {kid: wire.stamp(at) for kid, at in self.revoked.items()},
            "keys": [{"kid": k.kid, "certificate": k.pem, "from": wire.stamp(k.start), "until": wire.stamp(k.end), "retired": k.retired}
                     for k in self.keys.values()],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> KeySet:
        """What :meth:`to_json` made. Raises BadInput ``gateway.receipt_key``."""
        try:
            # times are the ones agreed on; they may reach back further than the newest certificate of the key
            keys = {str(k["kid"]): replace(key_from_certificate(str(k["kid"]), str(k["certificate"]).encode()), retired=bool(k["retired"]),
                                           start=wire.moment(k["from"]), end=wire.moment(k["until"])) for k in stored["keys"]}
            return cls(keys, int(stored["sequence"]), {kid: wire.moment(at) for kid, at in stored["revoked"].items()})
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise BadInput("gateway.receipt_key", key="-") from e


class KeyRing:
    """The set in force, shared by threads: readers get a whole set, old or new."""

    def __init__(self, keys: KeySet) -> None:
        self._lock = threading.Lock()
        self._keys = keys

    @property
    def keys(self) -> KeySet:
        with self._lock:
            return self._keys

    def replace(self, keys: KeySet) -> None:
        with self._lock:
            self._keys = keys


def statement(keys: KeySet, sequence: int, at: datetime) -> dict[str, Any]:
    """Payload of the centre's statement: every key in force, and what is revoked."""
    return {
        "sequence": sequence, "issued_at": wire.stamp(at), "revoked": [{"kid": k, "at": wire.stamp(t)} for k, t in keys.revoked.items()],
        "keys": [{"kid": k.kid, "certificate": k.pem, "from": wire.stamp(k.start), "until": wire.stamp(k.end)}
                 for k in keys.keys.values() if not k.retired and k.kid not in keys.revoked],
    }


def _listed(untrusted: Any) -> dict[str, ReceiptKey]:
    if not isinstance(untrusted, list) or len(untrusted) > MAX_KEYS:
        raise ValueError("keys")
    found = [key_from_certificate(_str(k["kid"]), _str(k["certificate"]).encode(), wire.moment(k["from"]), wire.moment(k["until"]))
             for k in untrusted]
    by_id = {key.kid: key for key in found}
    if len(by_id) != len(found):
        raise ValueError("kid twice")
    return by_id


def _revoked(untrusted: Any) -> dict[str, datetime]:
    if not isinstance(untrusted, list) or len(untrusted) > MAX_KEYS * 20:
        raise ValueError("revoked")
    return {_str(r["kid"]): wire.moment(r["at"]) for r in untrusted}


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text expected")
    return value


def _same(a: ReceiptKey, b: ReceiptKey) -> bool:
    """The same public key (dates may change: a statement can shorten or renew them)."""
    return a.public == b.public
