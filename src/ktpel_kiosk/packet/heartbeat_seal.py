"""The heartbeat's signature: by the station's own packet key, checked with the certificate that opens its packets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID

from ktpel_kiosk.domain.errors import BadInput, SecurityRefusal
from ktpel_kiosk.domain.heartbeat import MAX_TOKEN_CHARS, TYPE, Heartbeat, heartbeat_of, payload_of
from ktpel_kiosk.packet.keys import SigningKey
from ktpel_kiosk.packet.station_jws import Altered, Foreign, fingerprint, opened, sign

HeartbeatChecker = Callable[[str], Heartbeat]


def sign_heartbeat(beat: Heartbeat, key: SigningKey, certificate: x509.Certificate) -> str:
    """Compact JWS. Raises BadInput ``heartbeat.schema`` for one that breaks its schema: nothing of it is signed."""
    try:
        payload = payload_of(beat)
    except ValueError as e:
        raise BadInput("heartbeat.schema", field=str(e)[:40]) from e
    return sign(TYPE, payload, key, certificate)


def heartbeat_checker(stations: Mapping[str, x509.Certificate], authorities: Sequence[x509.Certificate] = ()) -> HeartbeatChecker:
    """For the gateway: from a token to the heartbeat of the station that signed it.

    Args:
        stations: certificates by station. authorities: whose certificates count for the station in their common name.

    The function raises SecurityRefusal ``heartbeat.altered`` (fact ``reason``), ``heartbeat.foreign``.
    """
    known = {name: fingerprint(certificate) for name, certificate in stations.items()}

    def believed(certificate: x509.Certificate) -> bool:
        return fingerprint(certificate) in known.values() or any(_issued(certificate, a) for a in authorities)

    def check(untrusted: str) -> Heartbeat:
        try:
            payload, certificate = opened(untrusted, TYPE, believed, MAX_TOKEN_CHARS)
            beat = heartbeat_of(payload)
        except Foreign as e:
            raise SecurityRefusal("heartbeat.foreign") from e
        except (Altered, ValueError) as e:
            raise SecurityRefusal("heartbeat.altered", reason=str(e)[:40]) from e
        if known.get(beat.station) != fingerprint(certificate) and not (
                any(_issued(certificate, a) for a in authorities) and _name(certificate) == beat.station):
            raise SecurityRefusal("heartbeat.foreign")
        return beat

    return check


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def _name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == 1 else ""
