"""Which certificates a packet is sealed to, signed with and trusted by.

The beginning of a validity is never asked for: the next central key is sealed to before it is in force, and a desk whose clock stands in
the past must not lose a session over it. No I/O; any thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ktpel_kiosk.domain.errors import BadInput
from ktpel_kiosk.packet.keys import RSA_BITS


def check_recipient(certificate: x509.Certificate) -> None:
    """A central certificate as such.

    Raises:
        BadInput: ``packet.recipient``: not RSA of at least 3072 bits. ``packet.recipient_usage``: made for something else.
    """
    public = certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey) or public.key_size < RSA_BITS:
        raise BadInput("packet.recipient")
    usage = _usage(certificate)
    if usage is not None and not usage.key_encipherment:
        raise BadInput("packet.recipient_usage")


def in_force(recipients: Sequence[x509.Certificate], at: datetime) -> tuple[x509.Certificate, ...]:
    """Those not expired at ``at`` (aware). One expired of two costs nothing: the other opens the packet.

    Raises:
        BadInput: ``packet.recipient_expired`` (fact at: the last day) when none is left.
    """
    found = tuple(c for c in recipients if at <= c.not_valid_after_utc)
    if not found:
        last = max((c.not_valid_after_utc for c in recipients), default=at)
        raise BadInput("packet.recipient_expired", at=last.astimezone(UTC).strftime("%d-%m-%Y"))
    return found


def check_station(certificate: x509.Certificate) -> None:
    """A station certificate as such.

    Raises:
        BadInput: ``packet.station_certificate`` (fact reason): weak key, or not made for signing.
    """
    if not _strong(certificate):
        raise BadInput("packet.station_certificate", reason="P-256 / RSA 3072")
    usage = _usage(certificate)
    if usage is not None and not usage.digital_signature:
        raise BadInput("packet.station_certificate", reason="digitalSignature")


def check_not_expired(certificate: x509.Certificate, at: datetime) -> None:
    """Raises BadInput ``packet.station_expired`` (fact at: the last day)."""
    if at > certificate.not_valid_after_utc:
        raise BadInput("packet.station_expired", at=certificate.not_valid_after_utc.strftime("%d-%m-%Y"))


def vouched(signer: x509.Certificate, anchors: Sequence[x509.Certificate], at: datetime) -> bool:
    """``signer`` is one of ``anchors``, or one of them is the authority that issued it for signing and it had not expired at ``at``."""
    if signer in anchors:
        return True
    if not any(_may_issue(a) and at <= a.not_valid_after_utc and _issued(signer, a) for a in anchors):
        return False
    usage = _usage(signer)  # only now: what the authority signed can be read
    return _strong(signer) and (usage is None or usage.digital_signature) and at <= signer.not_valid_after_utc


def _strong(certificate: x509.Certificate) -> bool:
    public = certificate.public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        return isinstance(public.curve, ec.SECP256R1)
    return isinstance(public, rsa.RSAPublicKey) and public.key_size >= RSA_BITS


def _usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def _may_issue(authority: x509.Certificate) -> bool:
    try:
        basic = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    usage = _usage(authority)
    return basic.ca and (usage is None or usage.key_cert_sign)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # another name, another signature, an algorithm not known: it did not issue it
        return False
    return True
