"""Who asks: the station of the client's certificate where there is mutual TLS, the header where there is none."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from ktpel_kiosk.siak import wire

_STATE = "ktpel_station"


class StationProtocol(H11Protocol):
    """Remembers the name in a connection's client certificate with each of its requests."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        tls = transport.get_extra_info("ssl_object")
        der = tls.getpeercert(binary_form=True) if tls is not None else None
        if der is not None:
            self.app_state = {**self.app_state, _STATE: _name_in(der)}


@lru_cache(maxsize=16_384)
def _name_in(der: bytes) -> str:
    """The common name of a certificate TLS has verified; empty when it has none."""
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    try:
        names = x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        return ""
    return str(names[0].value) if len(names) == 1 else ""


def certified(request: Request) -> str | None:
    """The station of the client's certificate; ``None`` where the connection has no such certificate."""
    found = request.scope.get("state", {}).get(_STATE)
    return found if isinstance(found, str) else None


def station_of(request: Request) -> str:
    """The station that asks; what a header says counts only where nothing better is known: practice, tests, or a balancer that
    ends TLS itself and writes the header from the certificate, whatever came in."""
    known = certified(request)
    return request.headers.get(wire.STATION_HEADER, "") if known is None else known
