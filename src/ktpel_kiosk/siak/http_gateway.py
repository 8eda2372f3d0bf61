"""The gateway over HTTP: announce, resumable upload (tus 1.0.0), receipts, statuses, lookups, card events, receipt keys.

Everything the server says is untrusted until checked; answers are bounded in size and time (:mod:`ktpel_kiosk.siak.exchange`).
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from ktpel_kiosk.domain.errors import AnnounceAgain, KioskError, ReceiptInvalid, ServerRefused, ServerTrouble, TransportTrouble
from ktpel_kiosk.domain.outbox import Packet, Receipt
from ktpel_kiosk.domain.penduduk import Penduduk
from ktpel_kiosk.domain.status import StatusEvent
from ktpel_kiosk.ports.services import Announced, CardMaterial, RecordStatus
from ktpel_kiosk.siak import tus, wire
from ktpel_kiosk.siak.answers import ChunkTooLarge, Operation, unreadable
from ktpel_kiosk.siak.diagnose import HTTP_PORT
from ktpel_kiosk.siak.exchange import Answer, Exchange, GatewayTimeouts, origin_of
from ktpel_kiosk.siak.jws import MAX_TOKEN_CHARS, BadToken, UnknownKey
from ktpel_kiosk.siak.receipt_keys import KeyRing, KeySet
from ktpel_kiosk.siak.tls import tls_context

__all__ = ["GatewayTimeouts", "HttpGateway", "receipt_keys", "tls_context"]

SMALLEST_CHUNK = 4096
"""A server that finds even this too large means the whole upload."""


def receipt_keys(certificates: Mapping[str, bytes]) -> KeyRing:
    """Ring of the pinned receipt keys, from PEM certificates by key id. Raises BadInput ``gateway.receipt_key``."""
    return KeyRing(KeySet.pinned(certificates))


class HttpGateway:
    """Implements :class:`ktpel_kiosk.ports.services.Gateway`. Meant for the one network thread; safe from others too.

    Args:
        base_url: ``https://host[:port]``; plain ``http`` only to a loopback address.
        station: id sent with every request; with mutual TLS the server takes it from the certificate.
        tls: from :func:`tls_context`; needed for https.
        receipt_keys: a ring, or bare public keys by id, which count at any time.
        upload_origins: further origins (``https://host:port``) the server may direct uploads to; as a mapping, each with its own
            TLS context (``None``: the gateway's).
        proxy: see :meth:`use_proxy`.
        now: this machine's clock; without it a wrong clock is only guessed.
        portal_port: port on which the sign-in page of a network shows itself.

    Raises:
        BadInput: ``gateway.url``, ``gateway.proxy_url``.
    """

    def __init__(self, base_url: str, station: str, *, receipt_keys: KeyRing | Mapping[str, ec.EllipticCurvePublicKey],
                 tls: ssl.SSLContext | None = None, timeouts: GatewayTimeouts | None = None,
                 upload_origins: frozenset[str] | Mapping[str, ssl.SSLContext | None] = frozenset(), proxy: str = "",
                 now: Callable[[], datetime] | None = None, portal_port: int = HTTP_PORT) -> None:
        origins = upload_origins if isinstance(upload_origins, Mapping) else dict.fromkeys(upload_origins)
        self._ring = receipt_keys if isinstance(receipt_keys, KeyRing) else KeyRing(KeySet.bare(receipt_keys))
        self._exchange = Exchange(base_url, station, tls=tls, timeouts=timeouts or GatewayTimeouts(), origins=origins, proxy=proxy, now=now,
                                  portal_port=portal_port)
        self._lock = threading.Lock()
        self._abilities: dict[str, tus.Abilities] = {}
        self.on_unknown_key: Callable[[], bool] | None = None
        """Asks for new receipt keys, when a receipt names one that is not known; True when there are."""

    def close(self) -> None:
        self._exchange.close()

    def use_proxy(self, url: str) -> None:
        """``http://[user:password@]host:port``, or empty for none. Requests under way finish where they are.

        Raises:
            BadInput: ``gateway.proxy_url``.
        """
        self._exchange.use_proxy(url)

    def say(self, name: str, value: str) -> None:
        """A header that goes with every request from now on."""
        self._exchange.say(name, value)

    def update_file(self, place: str, start: int = 0) -> Iterator[bytes]:
        """A file of the mirror of new versions (``metadata/x``, ``targets/y``). Raises FileNotFoundError, TransportTrouble."""
        return self._exchange.stream(Operation.UPDATE, f"/v1/updates/{quote(place)}", start=start)

    def announce(self, packet: Packet) -> Announced:
        """Tell the server what will come. Announcing again answers the same upload.

        A gateway with a tus server of another maker behind it may answer ``create_url`` instead of ``upload_url``: the upload is
        created there (tus creation), and begins at 0.
        """
        told: dict[str, str | int] = {
            "packet_id": packet.packet_id, "station": packet.station, "counter": packet.counter,
            "previous_hash": packet.previous_hash, "size": packet.size, "sha256": packet.sha256,
        }
        if packet.replaces:
            told["replaces"] = packet.replaces
        answer = self._call(Operation.ANNOUNCE, "POST", "/v1/packets", json_body=told, success=frozenset({200, 201}))
        try:
            place, offset = answer.data.get("upload_url"), int(answer.data.get("offset", 0))
            create = answer.data.get("create_url") if place is None else None
        except (TypeError, ValueError, AttributeError) as e:
            raise unreadable(Operation.ANNOUNCE) from e
        where = create if place is None else place
        if not isinstance(where, str) or not where or not 0 <= offset <= packet.size:
            raise unreadable(Operation.ANNOUNCE)
        target = self._exchange.absolute(where, Operation.ANNOUNCE)
        self._not_too_large(target, packet.size)
        return Announced(where, offset) if place is not None else Announced(self._create(target, packet), 0)

    def _create(self, url: httpx.URL, packet: Packet) -> str:
        """tus creation; the new upload's absolute URL."""
        # some servers (tuspyserver) take no upload without the last two
        about = {"packet_id": packet.packet_id, "sha256": packet.sha256, "filename": f"{packet.packet_id}.ktpelpkt",
                 "filetype": "application/octet-stream"}
        answer = self._call(Operation.CREATE, "POST", url, success=frozenset({201}), headers={
            "Upload-Length": str(packet.size), "Upload-Metadata": tus.metadata(about),
        })
        location = answer.headers.get("Location", "")
        if not location:
            raise unreadable(Operation.CREATE)
        return str(self._exchange.absolute(location, Operation.CREATE, url))

    def _not_too_large(self, url: httpx.URL, size: int) -> None:
        """Said before a byte is sent. An upload server that cannot be asked now is asked again at the first chunk."""
        try:
            largest = self._abilities_at(url).max_size
        except TransportTrouble:
            return
        if 0 < largest < size:
            raise ServerRefused("gateway.too_large", operation=Operation.ANNOUNCE.value, limit=largest)

    def _abilities_at(self, url: httpx.URL) -> tus.Abilities:
        """What the upload's origin offers, asked once."""
        origin = origin_of(url)
        with self._lock:
            known = self._abilities.get(origin)
        if known is not None:
            return known
        found = tus.Abilities()
        for place in tus.collection(url):
            answer = self._call(Operation.ABILITIES, "OPTIONS", place, success=frozenset(range(200, 500)))
            if answer.status in (200, 204) and tus.speaks_tus(answer.headers):
                found = tus.abilities_of(answer.headers)
                break
        with self._lock:
            self._abilities[origin] = found
        return found

    def offset(self, upload_url: str) -> int:
        answer = self._call(Operation.OFFSET, "HEAD", self._announced(upload_url, Operation.OFFSET), success=frozenset({200, 204}))
        return tus.offset_of(answer.headers, Operation.OFFSET)

    def send_chunk(self, upload_url: str, offset: int, chunk: bytes) -> int:
        """The server may take less than was sent, never more, and never go back."""
        target = self._announced(upload_url, Operation.CHUNK)
        headers = {"Upload-Offset": str(offset), "Content-Type": wire.UPLOAD_TYPE}
        headers |= tus.checksum(self._abilities_at(target).checksum, chunk)
        try:
            answer = self._call(Operation.CHUNK, "PATCH", target, body=chunk, success=frozenset({204, 200}), headers=headers)
        except ChunkTooLarge as e:
            if len(chunk) <= SMALLEST_CHUNK:
                raise ServerRefused("gateway.too_large", **e.facts) from e
            raise
        reached = tus.offset_of(answer.headers, Operation.CHUNK)
        if not offset <= reached <= offset + len(chunk):
            raise ServerTrouble("gateway.offset_lie", operation=Operation.CHUNK.value)
        return reached

    def _announced(self, upload_url: str, operation: Operation) -> httpx.URL:
        """An upload this gateway gave. One of the gateway that was there before has to be announced here: AnnounceAgain."""
        try:
            return self._exchange.absolute(upload_url, operation)
        except ServerRefused as e:
            raise AnnounceAgain(e.message_key, **e.facts) from e

    def receipt(self, packet_id: str) -> Receipt:
        """Verified against the receipt keys and the packet id; the caller compares hash and station with its register."""
        answer = self._call(Operation.RECEIPT, "GET", f"/v1/packets/{quote(packet_id, safe='')}/receipt")
        try:
            token = wire.text_of(answer.data["receipt"], "receipt", limit=MAX_TOKEN_CHARS)
            receipt = wire.receipt_of(self._verified(token, wire.RECEIPT_TYPE), token)
        except BadToken as e:
            raise ReceiptInvalid("gateway.receipt", reason=str(e), packet_id=packet_id) from e
        except (KeyError, TypeError, ValueError) as e:
            raise ReceiptInvalid("gateway.receipt", reason="fields", packet_id=packet_id) from e
        if receipt.packet_id != packet_id:
            raise ReceiptInvalid("gateway.receipt", reason="packet", packet_id=packet_id)
        return receipt

    def _verified(self, token: str, typ: str) -> dict[str, Any]:
        """An unknown key may be a new one: the gateway is asked once for its statements."""
        try:
            return self._ring.keys.verify(token, typ)
        except UnknownKey:
            if self.on_unknown_key is None or not self.on_unknown_key():
                raise
        return self._ring.keys.verify(token, typ)

    def key_statements(self, after: int) -> Sequence[str]:
        """Statements about receipt keys above number ``after``, oldest first, unverified; none from a gateway that keeps no such place."""
        answer = self._call(Operation.KEYS, "GET", f"/v1/keys?after={after:d}", success=frozenset({200, 404}))
        if answer.status == 404:
            return []
        try:
            found = answer.data["statements"]
        except (KeyError, TypeError) as e:
            raise unreadable(Operation.KEYS) from e
        if not isinstance(found, list) or not all(isinstance(s, str) for s in found):
            raise unreadable(Operation.KEYS)
        return found

    def statuses(self, after: int, wait_s: float) -> Sequence[StatusEvent]:
        """Events after ``after`` in order; waits up to ``wait_s`` for the first. Words this version does not know come along as text."""
        while True:
            answer = self._call(Operation.STATUS, "GET", f"/v1/status?after={after:d}&wait={max(0.0, wait_s):g}", extra_s=wait_s)
            try:
                raw = list(answer.data["events"])
                events = [wire.event_of(e) for e in raw]
                numbers = [int(e["sequence"]) for e in raw]
            except (KeyError, TypeError, ValueError, AttributeError) as e:
                raise unreadable(Operation.STATUS) from e
            if numbers != sorted(set(numbers)) or (numbers and numbers[0] <= after):
                raise unreadable(Operation.STATUS)
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
            raise unreadable(Operation.LOOKUP) from e
        if found.nik != nik:
            raise unreadable(Operation.LOOKUP)
        return found

    def record_status(self, nik: str) -> RecordStatus | None:
        """Where the centre's record of a NIK stands. A word this version does not know comes along as text."""
        answer = self._call(Operation.RECORD, "POST", "/v1/lookups/status", json_body={"nik": nik}, success=frozenset({200, 404}))
        if answer.status == 404:
            return None
        try:
            found = wire.record_status_of(answer.data)
        except (KeyError, TypeError, ValueError, AttributeError) as e:
            raise unreadable(Operation.RECORD) from e
        if found.nik != nik:
            raise unreadable(Operation.RECORD)
        return found

    def card_material(self, nik: str) -> CardMaterial | None:
        """Signature, hashes, sizes and NIK are checked here; what is inside the pictures is not."""
        answer = self._call(Operation.MATERIAL, "POST", "/v1/lookups/card-material", json_body={"nik": nik},
                            success=frozenset({200, 404}))
        if answer.status == 404:
            return None
        try:
            payload = self._verified(str(answer.data["material"]), wire.MATERIAL_TYPE)
            return wire.material_of(payload, answer.data["parts"], nik)
        except BadToken as e:
            raise ReceiptInvalid("gateway.material", reason=str(e)) from e
        except wire.WrongPart as e:
            raise ReceiptInvalid("gateway.material", reason=str(e)) from e
        except (KeyError, TypeError, ValueError, AttributeError, KioskError) as e:
            raise ReceiptInvalid("gateway.material", reason="fields") from e

    def send_heartbeat(self, token: str, sent_at: datetime) -> None:
        """The desk's signed sign of life. A gateway of an earlier version that has no such place is as good as one that took it."""
        self._call(Operation.HEARTBEAT, "POST", "/v1/heartbeats", json_body={"heartbeat": token, "sent_at": wire.stamp(sent_at)},
                   success=frozenset({200, 201, 204, 404, 405}))

    def report_card(self, event: str, facts: Mapping[str, str]) -> None:
        if "event_id" not in facts:
            raise ServerRefused("gateway.packet_invalid", operation=Operation.CARD.value, key="event_id")
        self._call(Operation.CARD, "POST", "/v1/cards", json_body={"event": event, "facts": dict(facts)},
                   success=frozenset({200, 201, 204}))

    @property
    def _call(self) -> Callable[..., Answer]:
        return self._exchange.call
