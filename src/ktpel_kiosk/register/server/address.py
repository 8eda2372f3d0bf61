"""``register.url`` of a station: where the office server is, and how it is spoken to.

No secret stands in it: a desk shows a certificate of its own (or is a local user of the server itself, over a socket). Over a network the
server proves who it is as well, always.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from ktpel_kiosk.domain.errors import BadInput

SCHEME: Final = "postgresql+psycopg"
VERIFIED: Final = "verify-full"
CERTIFICATES: Final = "office-server"
"""Folder below the station's keys: ``ca.pem``, ``client.pem``, ``client.key``."""
_FILES: Final = {"sslrootcert": "ca.pem", "sslcert": "client.pem", "sslkey": "client.key"}
_ALLOWED: Final = frozenset({"host", "port", "sslmode", *_FILES})


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """``host``: name for sentences, a folder for a socket; ``conninfo``: what libpq is told."""

    url: str
    host: str
    conninfo: str


def server_address(url: str, certificates: Path | None = None) -> ServerAddress:
    """Judge a ``register.url``.

    Args:
        certificates: folder that holds the station's certificate for the office server, where it has one.

    Raises:
        BadInput: ``office_server.url`` (not such an address), ``office_server.password`` (a secret stands in it),
            ``office_server.unproved`` (a network, and the server would not have to prove who it is).
    """
    try:
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)) if parts.query else {}
        port = parts.port
    except ValueError as error:
        raise BadInput("office_server.url") from error
    name = parts.path.strip("/")
    if parts.scheme != SCHEME or not name or "/" in name or not parts.username or parts.fragment:
        raise BadInput("office_server.url")
    if parts.password is not None or "password" in asked or "passfile" in asked:
        raise BadInput("office_server.password")
    if not asked.keys() <= _ALLOWED:
        raise BadInput("office_server.url")
    host = parts.hostname or asked.pop("host", "")
    if not host or (port is not None and not 0 < port < 65536):
        raise BadInput("office_server.url")
    asked = _proved(host, asked, certificates)
    where = asked | ({"host": host} if host.startswith("/") else {})
    netloc = unquote(parts.username) if host.startswith("/") else f"{parts.username}@{host}" + (f":{port}" if port else "")
    netloc = f"{netloc}@" if host.startswith("/") else netloc
    return ServerAddress(url, host, urlunsplit(("postgresql", netloc, f"/{name}", urlencode(where), "")))


def _proved(host: str, asked: Mapping[str, str], certificates: Path | None) -> dict[str, str]:
    if host.startswith("/"):
        return {k: v for k, v in asked.items() if k == "port"}
    if asked.get("sslmode", VERIFIED) != VERIFIED:
        raise BadInput("office_server.unproved", host=host)
    files = {setting: str(certificates / file) for setting, file in _FILES.items()} if certificates is not None else {}
    return {**files, **asked, "sslmode": VERIFIED}
