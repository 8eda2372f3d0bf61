"""The signed manifest of a courier's bundle: a JWS (RFC 7515) by the station, ES256 or PS256, its certificate inside (``x5c``)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography import x509

from ktpel_kiosk.domain.courier import BundleItem, BundleManifest, BundlePlan
from ktpel_kiosk.domain.errors import SecurityRefusal
from ktpel_kiosk.packet.canonical import SAFE_INTEGER, JsonValue
from ktpel_kiosk.packet.keys import SigningKey
from ktpel_kiosk.packet.manifest import stamp
from ktpel_kiosk.packet.station_jws import Altered, Foreign, fingerprint, opened, sign

__all__ = ["fingerprint", "manifest_checker", "read_manifest", "sign_manifest"]

TYPE = "ktpel-courier+jwt"
MAX_MANIFEST_BYTES = 4 * 1024 * 1024
MAX_PACKETS = 10_000
MAX_PACKET_BYTES = 64 * 1024 * 1024
"""What a reader believes of a size in a manifest; the gateway's own limit is lower."""
_ID = re.compile(r"(?!(?i:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[0-9A-Za-z](?:[0-9A-Za-z._-]{0,62}[0-9A-Za-z])?")
"""Harmless as a file name also where ``con`` is a device and a last dot is dropped."""
_SHA = re.compile(r"[0-9a-f]{64}")


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
    return sign(TYPE, payload, key, certificate)


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
    try:
        payload, certificate = opened(untrusted, TYPE, believed, MAX_MANIFEST_BYTES)
    except Altered as e:
        raise _altered(str(e)) from e
    except Foreign as e:
        raise SecurityRefusal("courier.manifest_foreign") from e
    try:
        return _manifest(payload, hashlib.sha256(untrusted.encode()).hexdigest(), fingerprint(certificate))
    except (KeyError, TypeError, ValueError) as e:
        raise _altered("fields") from e


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
