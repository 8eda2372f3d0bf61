"""Certificates that come back to a station: which is which, and everything that can be wrong with one, before any is taken.

A certificate is known by its key (ours), by what it may do, or by its name; where that leaves a doubt it is refused with its file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Never

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ktpel_kiosk.domain.errors import BadInput, KioskError
from ktpel_kiosk.durable import storage_trouble
from ktpel_kiosk.packet.certificates import check_recipient
from ktpel_kiosk.packet.keys import load_certificates, public_bytes
from ktpel_kiosk.packet.station_keys import CENTRE, KID, LINE, LINE_CA, RECEIPT, STATION, StationKeys

SUFFIXES = frozenset({".pem", ".crt", ".cer", ".cert"})
MAX_FILES, MAX_BYTES = 200, 1 << 20
EARLY = timedelta(days=1)
"""Clocks of desk and authority may differ by so much at the beginning of a validity."""
_KID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_RECEIPT_NAMES = re.compile(r"receipt|tanda.?terima", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Offered:
    """One certificate with the file it came in."""

    file: Path
    certificate: x509.Certificate

    @property
    def name(self) -> str:
        return common_name(self.certificate)

    def refuse(self, rule: str, **facts: str) -> Never:
        raise BadInput(f"keys.{rule}", path=self.file.name, value=self.name, **facts)


def common_name(certificate: x509.Certificate) -> str:
    found = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value)[:64] if found else "-"


def take(keys: StationKeys, source: Path, now: datetime) -> None:
    """Check every certificate in ``source`` (a folder or one PEM file) and install them all, or none.

    Raises:
        BadInput: ``keys.<rule>`` with the file and whose certificate it is; nothing was taken. IoFailure, DiskFull.
    """
    offered = tuple(read_offered(source))
    if not offered:
        raise BadInput("keys.none_found", path=str(source))
    keys.install(checked(keys, offered, now))


def read_offered(source: Path) -> Iterator[Offered]:
    """Certificates of a folder (not of folders in it) or of one file, by name. Raises BadInput ``keys.unreadable``, IoFailure."""
    try:
        paths = sorted(p for p in source.iterdir() if p.suffix.lower() in SUFFIXES)[:MAX_FILES] if source.is_dir() else [source]
        for path in paths:
            if path.stat().st_size > MAX_BYTES:
                raise BadInput("keys.unreadable", path=path.name)
            pem = path.read_bytes()
            if b"PRIVATE KEY" in pem:
                raise BadInput("keys.private", path=path.name)
            try:
                yield from (Offered(path, c) for c in load_certificates(pem))
            except KioskError as error:
                raise BadInput("keys.unreadable", path=path.name) from error
    except FileNotFoundError as error:
        raise BadInput("keys.none_found", path=str(source)) from error
    except OSError as error:
        raise storage_trouble(error, source) from error


def checked(keys: StationKeys, offered: Sequence[Offered], now: datetime) -> dict[str, bytes]:
    """File name of the layout -> PEM, after every check."""
    own = keys.own()
    if own is None:
        raise BadInput("keys.no_request")
    station, line = (public_bytes(k.public_key()) for k in own)
    by_role: dict[str, list[Offered]] = {}
    for one in offered:
        role = _role_of(one, station, line)
        _in_time(one, role, now)
        if all(one.certificate != other.certificate for other in by_role.setdefault(role, [])):
            by_role[role].append(one)
    installed = keys.certificates()
    files: dict[str, bytes] = {}
    for role, name, check in ((STATION, "station.crt", _check_signs), (LINE, "gateway-client.crt", _check_client),
                              (RECEIPT, "receipt.crt", _check_receipt)):
        if role in by_role:
            one = _only(by_role[role])
            check(one)
            files[name] = _pem(one.certificate)
            if role == RECEIPT:
                files[KID] = receipt_kid(one).encode("ascii")
    files |= _line_authority(by_role, installed)
    if CENTRE in by_role:
        files |= _centres(by_role[CENTRE], installed.get(CENTRE, ()), now)
    return files


def receipt_kid(one: Offered) -> str:
    """Name of the receipt key as the centre says it: the certificate's own name where it can be one, else the file's."""
    return next((text for text in (one.name, one.file.stem) if _KID.fullmatch(text)), "receipt-1")


def _role_of(one: Offered, station: bytes, line: bytes) -> str:
    public = one.certificate.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        one.refuse("stranger")
    own = {station: STATION, line: LINE}.get(public_bytes(public))
    if own is not None:
        return own
    if _is_authority(one.certificate):
        return LINE_CA
    purposes = _purposes(one.certificate)
    if isinstance(public, rsa.RSAPublicKey) and not purposes & {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}:
        try:
            check_recipient(one.certificate)
        except BadInput as error:
            one.refuse("centre_weak" if error.message_key == "packet.recipient" else "centre_usage")
        return CENTRE
    if isinstance(public, ec.EllipticCurvePublicKey) and not purposes and (
            _RECEIPT_NAMES.search(one.name) or _RECEIPT_NAMES.search(one.file.stem)):
        return RECEIPT
    one.refuse("stranger")


def _in_time(one: Offered, role: str, now: datetime) -> None:
    """None may have ended; where TLS or the centre would look at it, it must have begun. The next central key may begin later."""
    certificate = one.certificate
    if now > certificate.not_valid_after_utc:
        one.refuse("ended", at=_day(certificate.not_valid_after_utc))
    if role in (STATION, LINE, LINE_CA) and now + EARLY < certificate.not_valid_before_utc:
        one.refuse("not_begun", at=_day(certificate.not_valid_before_utc))


def _day(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%d-%m-%Y")


def _only(found: list[Offered]) -> Offered:
    if len(found) > 1:
        found[1].refuse("twice", entry=found[0].file.name)
    return found[0]


def _check_signs(one: Offered) -> None:
    usage = _usage(one.certificate)
    if usage is not None and not usage.digital_signature:
        one.refuse("station_usage")


def _check_client(one: Offered) -> None:
    usage, purposes = _usage(one.certificate), _purposes(one.certificate)
    if (usage is not None and not usage.digital_signature) or (purposes and ExtendedKeyUsageOID.CLIENT_AUTH not in purposes):
        one.refuse("line_usage")


def _check_receipt(one: Offered) -> None:
    public, usage = one.certificate.public_key(), _usage(one.certificate)
    if not (isinstance(public, ec.EllipticCurvePublicKey) and isinstance(public.curve, ec.SECP256R1)) or (
            usage is not None and not usage.digital_signature):
        one.refuse("receipt_usage")


def _line_authority(by_role: Mapping[str, list[Offered]], installed: Mapping[str, tuple[x509.Certificate, ...]]) -> dict[str, bytes]:
    """The authority file when one came; the certificate of the line, new or old, must lead to it."""
    offered = by_role.get(LINE_CA, [])
    client = by_role[LINE][0] if LINE in by_role else None
    certificate = client.certificate if client is not None else next(iter(installed.get(LINE, ())), None)
    known = [o.certificate for o in offered] or list(installed.get(LINE_CA, ()))
    if certificate is None or not known:
        return {"gateway-ca.crt": _pem(*(o.certificate for o in offered))} if offered else {}
    chain = _chain(certificate, known)
    if not chain:
        (client or offered[0]).refuse("chain", expected=", ".join(common_name(c) for c in known)[:80])
    return {"gateway-ca.crt": _pem(*chain)} if offered else {}


def _chain(certificate: x509.Certificate, authorities: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Issuers of ``certificate`` up to the last that is known; empty when nobody here issued it."""
    found: list[x509.Certificate] = []
    below = certificate
    while issuer := next((a for a in authorities if a not in found and _issued(below, a)), None):
        found.append(issuer)
        below = issuer
    return found


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # another name, another signature, an algorithm not known: it did not issue it
        return False
    return True


def _centres(offered: Sequence[Offered], installed: Sequence[x509.Certificate], now: datetime) -> dict[str, bytes]:
    """The one in force and the next: of all known ones the two that begin last, a renewed certificate in the place of the old one."""
    by_key: dict[bytes, x509.Certificate] = {}
    for certificate in (*installed, *(o.certificate for o in offered)):
        if now > certificate.not_valid_after_utc:
            continue
        key = public_bytes(certificate.public_key())
        if key not in by_key or by_key[key].not_valid_after_utc <= certificate.not_valid_after_utc:
            by_key[key] = certificate
    names = ("central.crt", "central-next.crt")
    latest = sorted(by_key.values(), key=lambda c: c.not_valid_before_utc)[-len(names):]
    return {name: _pem(c) for name, c in zip(names, latest, strict=False)}


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _purposes(certificate: x509.Certificate) -> frozenset[x509.ObjectIdentifier]:
    try:
        return frozenset(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        return frozenset()


def _pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates)
