"""The gateway over HTTP: announce, resumable upload (tus 1.0.0), receipts, statuses, lookups, card events.

Everything the server says is untrusted until checked; answers are bounded in size and time.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ktpel_kiosk.domain.errors import BadInput, KioskError, ReceiptInvalid, ServerRefused, ServerTrouble
from ktpel_kiosk.domain.outbox import Packet, Receipt
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.status import StatusEvent
from ktpel_kiosk.ports.services import Announced, CardMaterial, RecordStatus
from ktpel_kiosk.siak import wire
from ktpel_kiosk.siak.answers import UPLOAD, Operation, error_for, error_of
from ktpel_kiosk.siak.jws import BadToken, verify_jws

MAX_ANSWER_BYTES = 1024 * 1024
RETRY_AFTER_CAP_S = 3600


@dataclass(frozen=True, slots=True)
class GatewayTimeouts:
    """Seconds. ``answer_s`` bounds one whole exchange beyond the long poll's own wait."""

    connect_s: float = 10.0
    read_s: float = 30.0
    write_s: float = 60.0
    answer_s: float = 120.0


def tls_context(ca_file: Path, client_cert: Path | None = None, client_key: Path | None = None) -> ssl.SSLContext:
    """Context that trusts only the pinned authority; with the station's certificate for mutual TLS.

    Raises:
        BadInput: ``gateway.tls_files``.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca_file))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if client_cert is not None:
            context.load_cert_chain(str(client_cert), str(client_key) if client_key else None)
    except (OSError, ssl.SSLError) as e:
        raise BadInput("gateway.tls_files") from e
    return context


def receipt_keys(certificates: Mapping[str, bytes]) -> dict[str, ec.EllipticCurvePublicKey]:
    """Key id to public key, from PEM certificates of the receipt signer. Raises BadInput ``gateway.receipt_key``."""
    keys: dict[str, ec.EllipticCurvePublicKey] = {}
    for kid, pem in certificates.items():
        try:
            public = x509.load_pem_x509_certificate(pem).public_key()
        except ValueError as e:
            raise BadInput("gateway.receipt_key", key=kid) from e
        if not isinstance(public, ec.EllipticCurvePublicKey) or not isinstance(public.curve, ec.SECP256R1):
            raise BadInput("gateway.receipt_key", key=kid)
        keys[kid] = public
    return keys


class HttpGateway:
    """Implements :class:`ktpel_kiosk.ports.services.Gateway`. Meant for the one network thread; safe from others too.

    Args:
        base_url: ``https://host[:port]``; plain ``http`` only to a loopback address.
        station: id sent with every request; with mutual TLS the server takes it from the certificate.
        tls: from :func:`tls_context`; needed for https.
        receipt_keys: from :func:`receipt_keys`.
        upload_origins: further origins (``https://host:port``) the server may direct uploads to.

    Raises:
        BadInput: ``gateway.url``.
    """

    def __init__(self, base_url: str, station: str, *, receipt_keys: Mapping[str, ec.EllipticCurvePublicKey],
                 tls: ssl.SSLContext | None = None, timeouts: GatewayTimeouts | None = None,
                 upload_origins: frozenset[str] = frozenset(), proxy: str | None = None) -> None:
        self._timeouts = timeouts or GatewayTimeouts()
        self._base = _checked_base(base_url, tls)
        self._origins = {_origin(self._base), *upload_origins}
        self._keys = dict(receipt_keys)
        t = self._timeouts
        self._client = httpx.Client(
            verify=tls if tls is not None else True, trust_env=False, proxy=proxy, follow_redirects=False,
            timeout=httpx.Timeout(t.read_s, connect=t.connect_s, write=t.write_s),
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=2, keepalive_expiry=20.0),
            headers={wire.STATION_HEADER: station, "Accept": "application/json", "Accept-Encoding": "identity",
                     "User-Agent": "ktpel-kiosk"},
        )

    def close(self) -> None:
        self._client.close()

    def announce(self, packet: Packet) -> Announced:
        """Tell the server what will come. Announcing again answers the same upload."""
        answer = self._call(Operation.ANNOUNCE, "POST", "/v1/packets", json_body={
            "packet_id": packet.packet_id, "station": packet.station, "counter": packet.counter,
            "previous_hash": packet.previous_hash, "size": packet.size, "sha256": packet.sha256,
        }, success=frozenset({200, 201}))
        try:
            url, offset = str(answer.data["upload_url"]), int(answer.data.get("offset", 0))
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise _unreadable(Operation.ANNOUNCE) from e
        if not 0 <= offset <= packet.size:
            raise _unreadable(Operation.ANNOUNCE)
        self._absolute(url, Operation.ANNOUNCE)
        return Announced(url, offset)

    def offset(self, upload_url: str) -> int:
        answer = self._call(Operation.OFFSET, "HEAD", upload_url, success=frozenset({200, 204}))
        return _offset_of(answer.headers, Operation.OFFSET)

    def send_chunk(self, upload_url: str, offset: int, chunk: bytes) -> int:
        checksum = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
        answer = self._call(Operation.CHUNK, "PATCH", upload_url, body=chunk, success=frozenset({204, 200}), headers={
            "Upload-Offset": str(offset), "Content-Type": wire.UPLOAD_TYPE, "Upload-Checksum": f"sha256 {checksum}",
        })
        return _offset_of(answer.headers, Operation.CHUNK)

    def receipt(self, packet_id: str) -> Receipt:
        """Verified against the receipt keys and the packet id; the caller compares hash and station with its register."""
        answer = self._call(Operation.RECEIPT, "GET", f"/v1/packets/{quote(packet_id, safe='')}/receipt")
        try:
            token = str(answer.data["receipt"])
            receipt = wire.receipt_of(verify_jws(token, self._keys, wire.RECEIPT_TYPE), token)
        except BadToken as e:
            raise ReceiptInvalid("gateway.receipt", reason=str(e), packet_id=packet_id) from e
        except (KeyError, TypeError, ValueError) as e:
            raise ReceiptInvalid("gateway.receipt", reason="fields", packet_id=packet_id) from e
        if receipt.packet_id != packet_id:
            raise ReceiptInvalid("gateway.receipt", reason="packet", packet_id=packet_id)
        return receipt

    def statuses(self, after: int, wait_s: float) -> Sequence[StatusEvent]:
        """Events after ``after`` in order; waits up to ``wait_s`` for the first. Words this version does not know are skipped."""
        while True:
            answer = self._call(Operation.STATUS, "GET", f"/v1/status?after={after:d}&wait={max(0.0, wait_s):g}", extra_s=wait_s)
            try:
                raw = list(answer.data["events"])
                events = [wire.event_of(e) for e in raw]
                numbers = [int(e["sequence"]) for e in raw]
            except (KeyError, TypeError, ValueError, AttributeError) as e:
                raise _unreadable(Operation.STATUS) from e
            if numbers != sorted(set(numbers)) or (numbers and numbers[0] <= after):
                raise _unreadable(Operation.STATUS)
            known = [e for e in events if e is not None]
            if known or not raw:
                return known
            after, wait_s = numbers[-1], 0.0

    def lookup(self, nik: str) -> Penduduk | None:
        """Biodata of a NIK, ``None`` when the server has none."""
        answer = self._call(Operation.LOOKUP, "POST", "/v1/lookups/biodata", json_body={"nik": nik},
                            success=frozenset({200, 404}))
        if answer.status == 404:
            return None
        try:
            found = wire.biodata_from_json(answer.data["biodata"])
        except (KeyError, TypeError, ValueError, AttributeError, KioskError) as e:
            raise _unreadable(Operation.LOOKUP) from e
        if found.nik != nik:
            raise _unreadable(Operation.LOOKUP)
        return found

    def record_status(self, nik: str) -> RecordStatus | None:
        """Where the centre's record of a NIK stands. A word this version does not know counts as not readable."""
        answer = self._call(Operation.RECORD, "POST", "/v1/lookups/status", json_body={"nik": nik}, success=frozenset({200, 404}))
        if answer.status == 404:
            return None
        try:
            found = wire.record_status_of(answer.data)
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise _unreadable(Operation.RECORD) from e
        if found.nik != nik:
            raise _unreadable(Operation.RECORD)
        return found

    def card_material(self, nik: str) -> CardMaterial | None:
        """Signature, hashes, sizes and NIK are checked here; what is inside the pictures is not."""
        answer = self._call(Operation.MATERIAL, "POST", "/v1/lookups/card-material", json_body={"nik": nik},
                            success=frozenset({200, 404}))
        if answer.status == 404:
            return None
        try:
            payload = verify_jws(str(answer.data["material"]), self._keys, wire.MATERIAL_TYPE)
            return wire.material_of(payload, answer.data["parts"], nik)
        except BadToken as e:
            raise ReceiptInvalid("gateway.material", reason=str(e)) from e
        except wire.WrongPart as e:
            raise ReceiptInvalid("gateway.material", reason=str(e)) from e
        except (KeyError, TypeError, ValueError, AttributeError, KioskError) as e:
            raise ReceiptInvalid("gateway.material", reason="fields") from e

    def report_card(self, event: str, facts: Mapping[str, str]) -> None:
        if "event_id" not in facts:
            raise ServerRefused("gateway.packet_invalid", operation=Operation.CARD.value, key="event_id")
        self._call(Operation.CARD, "POST", "/v1/cards", json_body={"event": event, "facts": dict(facts)},
                   success=frozenset({200, 201, 204}))

    def _absolute(self, url: str, operation: Operation) -> httpx.URL:
        """The URL inside an allowed origin; a relative one belongs to the gateway."""
        try:
            absolute = self._base.join(url)
        except (httpx.InvalidURL, ValueError) as e:
            raise _unreadable(operation) from e
        if _origin(absolute) not in self._origins:
            raise ServerRefused("gateway.foreign_upload", operation=operation.value, host=absolute.host)
        return absolute

    def _call(self, operation: Operation, method: str, url: str, *, json_body: Mapping[str, Any] | None = None, body: bytes = b"",
              headers: Mapping[str, str] | None = None, success: frozenset[int] = frozenset({200}),
              extra_s: float = 0.0) -> _Answer:
        """One exchange. A connection the server had already closed is tried once more, except for chunks."""
        content = json.dumps(json_body).encode() if json_body is not None else body
        head = dict(headers or {})
        if json_body is not None:
            head["Content-Type"] = "application/json"
        if operation in UPLOAD:
            head["Tus-Resumable"] = wire.TUS_VERSION
        t = self._timeouts
        request = self._client.build_request(
            method, self._absolute(url, operation), content=content or None, headers=head,
            timeout=httpx.Timeout(t.read_s + extra_s, connect=t.connect_s, write=t.write_s),
        )
        again = operation is not Operation.CHUNK
        while True:
            try:
                return self._exchange(operation, request, success, extra_s)
            except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as e:
                if not again:
                    raise error_of(operation, e, request.url.host) from e
                again = False
            except httpx.TransportError as e:
                raise error_of(operation, e, request.url.host) from e
            except httpx.HTTPError as e:
                raise _unreadable(operation) from e

    def _exchange(self, operation: Operation, request: httpx.Request, success: frozenset[int], extra_s: float) -> _Answer:
        deadline = time.monotonic() + self._timeouts.answer_s + extra_s
        response = self._client.send(request, stream=True)
        try:
            data = bytearray()
            for part in response.iter_raw(64 * 1024):
                data += part
                if len(data) > MAX_ANSWER_BYTES or time.monotonic() > deadline:
                    raise _unreadable(operation)
        finally:
            response.close()
        if response.status_code not in success:
            raise error_for(operation, response.status_code, _retry_after(response.headers))
        if operation in UPLOAD:
            return _Answer(response.status_code, response.headers, None)
        return _Answer(response.status_code, response.headers, _json(bytes(data), response.status_code, operation))


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: httpx.Headers
    data: Any


def _json(data: bytes, status: int, operation: Operation) -> Any:
    if status == 204:
        return None
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as e:
        raise _unreadable(operation) from e


def _unreadable(operation: Operation) -> ServerTrouble:
    return ServerTrouble("gateway.not_the_gateway", operation=operation.value)


def _offset_of(headers: httpx.Headers, operation: Operation) -> int:
    text = headers.get("Upload-Offset", "")
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise _unreadable(operation)
    return int(text)


def _retry_after(headers: httpx.Headers) -> int | None:
    text = headers.get("Retry-After", "")
    return min(int(text), RETRY_AFTER_CAP_S) if text.isascii() and text.isdigit() and len(text) < 8 else None


def _origin(url: httpx.URL) -> str:
    port = url.port or {"https": 443, "http": 80}.get(url.scheme, 0)
    return f"{url.scheme}://{url.host}:{port}"


def _checked_base(base_url: str, tls: ssl.SSLContext | None) -> httpx.URL:
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError) as e:
        raise BadInput("gateway.url") from e
    if url.scheme == "https" and url.host and tls is not None:
        return url
    if url.scheme == "http" and _loopback(url.host):
        return url
    raise BadInput("gateway.url", host=url.host)


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
