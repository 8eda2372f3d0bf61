"""The pinned TLS of this station, and what a refused handshake means."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ktpel_kiosk.domain.errors import BadInput

CIPHERS = "@SECLEVEL=2:ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:DHE+CHACHA20"
"""TLS 1.2 suites with forward secrecy; level 2 refuses RSA below 2048 bits and SHA-1 signatures on certificates."""
_NO_CHECK_TIME = 0x200000   # X509_V_FLAG_NO_CHECK_TIME; Python has no name for it


class PinnedContext(ssl.SSLContext):
    """A client context that trusts one authority only and can make a copy of itself that does not look at dates."""

    ca_file: Path
    client_cert: Path | None
    client_key: Path | None
    crl_file: Path | None

    def without_dates(self) -> ssl.SSLContext:
        """The same authority, host name and purpose, but certificates count at any time. Only for asking what time it is there."""
        made = tls_context(self.ca_file, self.client_cert, self.client_key)
        made.verify_flags |= _NO_CHECK_TIME
        return made


def tls_context(ca_file: Path, client_cert: Path | None = None, client_key: Path | None = None, *,
                crl_file: Path | None = None) -> PinnedContext:
    """Context that trusts only the pinned authority; with the station's certificate for mutual TLS.

    Args:
        crl_file: revocation list (PEM) of the authority. With it every server certificate is looked up there, and an outdated list
            refuses all: an office that uses one must renew it in time. Without it nothing is known about revocation.

    Raises:
        BadInput: ``gateway.tls_files``.
    """
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.ca_file, context.client_cert, context.client_key, context.crl_file = ca_file, client_cert, client_key, crl_file
    try:
        context.set_ciphers(CIPHERS)
        context.load_verify_locations(cafile=str(ca_file))
        if crl_file is not None:
            context.load_verify_locations(cafile=str(crl_file))
            context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
        if client_cert is not None:
            context.load_cert_chain(str(client_cert), str(client_key) if client_key else None)
    except (OSError, ssl.SSLError) as e:
        raise BadInput("gateway.tls_files") from e
    return context


_VERIFY: Mapping[int, str] = MappingProxyType({   # X509_V_ERR_* of OpenSSL
    9: "gateway.tls_not_yet_valid", 10: "gateway.tls_expired",
    **dict.fromkeys((2, 7, 18, 19, 20, 21), "gateway.tls_unknown"),
    62: "gateway.tls_host", 64: "gateway.tls_host",
    24: "gateway.tls_purpose", 26: "gateway.tls_purpose", 32: "gateway.tls_purpose", 79: "gateway.tls_purpose",
    66: "gateway.tls_weak", 67: "gateway.tls_weak", 68: "gateway.tls_weak",
    3: "gateway.tls_crl", 11: "gateway.tls_crl", 12: "gateway.tls_crl", 23: "gateway.tls_revoked",
})
_ALERTS_ABOUT_US = (
    "CERTIFICATE_REQUIRED", "ALERT_UNKNOWN_CA", "ALERT_BAD_CERTIFICATE", "ALERT_CERTIFICATE_EXPIRED", "ALERT_CERTIFICATE_REVOKED",
    "ALERT_CERTIFICATE_UNKNOWN", "ALERT_UNSUPPORTED_CERTIFICATE", "ALERT_ACCESS_DENIED",
)
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
_OLD = ("UNSUPPORTED_PROTOCOL", "ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE", "HANDSHAKE_FAILURE", "NO_SHARED_CIPHER",
        "DH_KEY_TOO_SMALL", "WRONG_SIGNATURE_TYPE", "WRONG_CIPHER_RETURNED",
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED", "INSUFFICIENT_SECURITY")


def tls_key(error: ssl.SSLError) -> str:
    """Message key of a TLS error: who is refused, and why."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFY.get(error.verify_code, "gateway.tls")
    reason = error.reason or ""
    if any(part in reason for part in _ALERTS_ABOUT_US):
        return "gateway.station_certificate"
    if any(part in reason for part in _NOT_TLS):
        return "gateway.tls_none"
    if any(part in reason for part in _OLD):
        return "gateway.tls_old"
    return "gateway.tls"


def tls_cause(trouble: BaseException) -> ssl.SSLError | None:
    """The TLS error behind it. A connection that merely ended while TLS ran is a cut line, not a rejection."""
    seen: BaseException | None = trouble
    while seen is not None:
        if isinstance(seen, ssl.SSLError) and not isinstance(seen, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return seen
        seen = seen.__cause__ or seen.__context__
    return None
