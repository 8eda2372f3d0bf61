"""Compact JWS (RFC 7515) with RS256 (RFC 7518) and a certificate chain in ``x5c``: how devices sign.

``cryptography`` is loaded when the first token is verified. Errors: DeviceTrouble ``sbi.*``; nothing of a token is quoted.
"""

from __future__ import annotations

import base64
import binascii
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ktpel_kiosk.domain.errors import DeviceTrouble

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MAX_CHAIN = 5
MAX_CERTIFICATE = 16 * 1024
MAX_HEADER = 64 * 1024
LEAST_BITS = 2048
CERTIFICATE_NAMES = (".pem", ".crt", ".cer", ".der")


def decode64(text: str) -> bytes:
    """base64url with or without its padding. Raises ValueError."""
    bare = text.rstrip("=")
    if len(text) - len(bare) > 2 or "+" in bare or "/" in bare:
        raise ValueError("padding")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("base64") from error


def strict_json(data: bytes) -> Any:
    """JSON without duplicate names, NaN and bottomless nesting. Raises ValueError."""
    def no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ValueError("duplicate name")
        return found

    def no_constant(_name: str) -> Any:
        raise ValueError("constant")

    try:
        return json.loads(data.decode("utf-8"), object_pairs_hook=no_twice, parse_constant=no_constant)
    except RecursionError as error:
        raise ValueError("nesting") from error


def _object(data: bytes) -> dict[str, Any]:
    found = strict_json(data)
    if not isinstance(found, dict):
        raise ValueError("object")
    return found


@dataclass(frozen=True, slots=True)
class Token:
    """A verified token, or an unsigned one where that is allowed (``signed`` False)."""

    payload: dict[str, Any]
    signed: bool


class Trust:
    """The configured trust anchors: device provider and foundational trust certificates.

    Args:
        anchors: each a PEM or DER certificate (several in one PEM), as bytes, as a file or as a folder of such files. An anchor may be
            the device's own certificate.
        allow_unsigned: take tokens without signature, and, without any anchor, tokens of unknown signers. For practice only.
        now: aware time, for the certificates' validity.
    """

    def __init__(self, anchors: Sequence[bytes | str | Path], allow_unsigned: bool, now: Callable[[], datetime]) -> None:
        self._sources = tuple(anchors)
        self._allow_unsigned = allow_unsigned
        self._now = now
        self._lock = threading.Lock()
        self._loaded: list[Certificate] | None = None

    def read(self, token: object) -> Token:
        """Verify ``token`` and give its payload.

        Raises:
            DeviceTrouble: ``sbi.answer`` (no token at all), ``sbi.unsigned``, ``sbi.signature``, ``sbi.certificate`` (fact reason),
                ``sbi.certificate_expired``, ``sbi.no_trust``, ``sbi.trust_file``.
        """
        if isinstance(token, dict):
            return self._unsigned(token)
        if not isinstance(token, str):
            raise DeviceTrouble("sbi.answer", cause="token")
        parts = token.split(".")
        try:
            if len(parts) == 1 or (len(parts) == 3 and not parts[2]):
                return self._unsigned(_object(decode64(parts[0] if len(parts) == 1 else parts[1])))
            if len(parts) != 3 or len(parts[0]) > MAX_HEADER:
                raise ValueError("parts")
            header, payload, signature = _object(decode64(parts[0])), decode64(parts[1]), decode64(parts[2])
        except ValueError as error:
            raise DeviceTrouble("sbi.answer", cause="token") from error
        self._verify(header, f"{parts[0]}.{parts[1]}".encode("ascii", "replace"), signature)
        try:
            return Token(_object(payload), True)
        except ValueError as error:
            raise DeviceTrouble("sbi.answer", cause="token") from error

    def _unsigned(self, payload: dict[str, Any]) -> Token:
        if not self._allow_unsigned:
            raise DeviceTrouble("sbi.unsigned")
        return Token(payload, False)

    def _verify(self, header: dict[str, Any], signed: bytes, signature: bytes) -> None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        from cryptography.hazmat.primitives.hashes import SHA256

        if header.get("alg") != "RS256" or "crit" in header:
            raise DeviceTrouble("sbi.signature", reason="alg")
        chain = _chain(header.get("x5c"))
        key = chain[0].public_key()
        if not isinstance(key, rsa.RSAPublicKey) or key.key_size < LEAST_BITS:
            raise DeviceTrouble("sbi.certificate", reason="key")
        try:
            key.verify(signature, signed, padding.PKCS1v15(), SHA256())
        except InvalidSignature as error:
            raise DeviceTrouble("sbi.signature", reason="value") from error
        self._trusted(chain)

    def _trusted(self, chain: list[Certificate]) -> None:
        anchors = self._anchors()
        if not anchors:
            if self._allow_unsigned:
                return
            raise DeviceTrouble("sbi.no_trust")
        now = self._now()
        if not _valid(chain[0], now):
            raise DeviceTrouble("sbi.certificate_expired")
        if not _leads_to(chain[0], chain[1:], anchors, now, 0):
            raise DeviceTrouble("sbi.certificate", reason="unknown")

    def _anchors(self) -> list[Certificate]:
        with self._lock:
            if self._loaded is None:
                self._loaded = [c for source in self._sources for c in _load(source)]
            return self._loaded


def _chain(x5c: object) -> list[Certificate]:
    from cryptography.x509 import load_der_x509_certificate

    if not isinstance(x5c, list) or not 1 <= len(x5c) <= MAX_CHAIN or not all(isinstance(c, str) for c in x5c):
        raise DeviceTrouble("sbi.certificate", reason="missing")
    try:
        ders = [base64.b64decode("".join(c.split()), validate=True) for c in x5c]
        if any(len(der) > MAX_CERTIFICATE for der in ders):
            raise ValueError("size")
        chain = [load_der_x509_certificate(der) for der in ders]
        for certificate in chain:
            certificate.public_key()
        return chain
    except Exception as error:  # the parser raises several kinds, and UnsupportedAlgorithm is no ValueError
        raise DeviceTrouble("sbi.certificate", reason="damaged") from error


def _valid(certificate: Certificate, now: datetime) -> bool:
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def _leads_to(leaf: Certificate, between: Sequence[Certificate], anchors: Sequence[Certificate], now: datetime, below: int) -> bool:
    """Whether a path of signatures, all valid today, leads from ``leaf`` to an anchor. ``below`` counts the CAs under this one."""
    if leaf in anchors:
        return True
    if any(_issued(leaf, anchor) and _valid(anchor, now) and _may_issue(anchor, below) for anchor in anchors):
        return True
    return below < MAX_CHAIN and any(
        _issued(leaf, issuer) and _valid(issuer, now) and _may_issue(issuer, below)
        and _leads_to(issuer, [c for c in between if c is not issuer], anchors, now, below + 1) for issuer in between)


def _issued(certificate: Certificate, issuer: Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # wrong name, wrong signature, algorithm not known: it did not issue it
        return False
    return True


def _may_issue(issuer: Certificate, below: int) -> bool:
    from cryptography.x509 import BasicConstraints, ExtensionNotFound, KeyUsage

    try:
        extensions = issuer.extensions
        basic = extensions.get_extension_for_class(BasicConstraints).value
    except (ExtensionNotFound, ValueError):
        return False
    try:
        signs = extensions.get_extension_for_class(KeyUsage).value.key_cert_sign
    except ExtensionNotFound:
        signs = True
    return basic.ca and signs and (basic.path_length is None or basic.path_length >= below)


def _load(source: bytes | str | Path) -> list[Certificate]:
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate, load_pem_x509_certificates

    where = "" if isinstance(source, bytes) else str(source)
    try:
        if isinstance(source, bytes):
            contents = [source]
        else:
            path = Path(source)
            files = sorted(f for f in path.iterdir() if f.suffix.lower() in CERTIFICATE_NAMES) if path.is_dir() else [path]
            contents = [file.read_bytes() for file in files]
        return [c for data in contents for c in
                (load_pem_x509_certificates(data) if b"-----BEGIN" in data else [load_der_x509_certificate(data)])]
    except (OSError, ValueError, InvalidVersion) as error:
        raise DeviceTrouble("sbi.trust_file", path=where) from error
